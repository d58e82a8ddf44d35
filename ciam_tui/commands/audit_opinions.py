"""The part of `ciam-tui audit` that asks AWS beside the facts: `--second-opinions` and `--activity`. It grades nothing and ends nothing."""

from __future__ import annotations

import argparse
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ciam_tui.commands.flag_values import days_up_to

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ciam_tui.apply import Ports
    from ciam_tui.core.activity import Activity
    from ciam_tui.core.audit.report import AuditReport
    from ciam_tui.core.opinions import Opinion

_DAYS = 90  # as long as CloudTrail keeps its event history
_REGION = re.compile(r"[a-z]{2,5}(?:-[a-z]+)+-[0-9]{1,2}")


def add_opinion_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--second-opinions`, `--activity` and `--activity-region` to a command's arguments."""
    add_second_opinions_argument(parser)
    parser.add_argument(
        "--activity",
        metavar="DAYS",
        nargs="?",
        type=days_up_to(_DAYS, ", which is how long CloudTrail keeps its history"),
        const=_DAYS,
        help=f"who took each role and who was refused in the last DAYS days ({_DAYS}), by CloudTrail's event history",
    )
    parser.add_argument(
        "--activity-region",
        metavar="NAME",
        action="append",
        default=[],
        type=_region,
        help="a region whose history is read, in place of the session's and us-east-1; may be given again",
    )


def add_second_opinions_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--second-opinions` alone, for a command that looks at no history."""
    parser.add_argument(
        "--second-opinions",
        action="store_true",
        help="ask IAM Access Analyzer about each policy, and IAM's simulator about what it allows, and show where they and we differ; free of charge",
    )


def usage_problem(args: argparse.Namespace, *, sarif_alone: bool) -> str | None:
    """What is wrong with the flags together; `sarif_alone` where a SARIF document, which has no place for these answers, is all that is printed."""
    if args.activity_region and args.activity is None:
        return "--activity-region says where --activity looks: add --activity."
    if sarif_alone and (args.second_opinions or args.activity is not None):
        return "SARIF has no place for --second-opinions and --activity: write it to a file beside them."
    return None


def _region(text: str) -> str:
    if not _REGION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a region, such as eu-west-1")
    return text


@dataclass(frozen=True, slots=True)
class Beside:
    """What was asked beside the facts, by the role's ARN; None where nobody wanted it."""

    opinions: Mapping[str, Opinion] | None = None
    activities: Mapping[str, Activity] | None = field(default=None)

    def lines(self, report: AuditReport) -> Iterator[str]:
        """All of it for people, role by role."""
        from ciam_tui.core import activity, opinions

        if self.opinions is None and self.activities is None:
            return
        yield ""
        yield "What AWS itself says:" if report.roles else "There is no role to ask AWS about."
        for role in report.roles:
            yield ""
            yield f"role {role.read.role.name}"
            if self.opinions is not None and (opinion := self.opinions.get(role.read.role.arn)):
                yield from (f"  {line}" for line in opinions.lines_of(opinion))
            if self.activities is not None and (told := self.activities.get(role.read.role.arn)):
                yield from (f"  {line}" for line in activity.lines_of(told))

    def added_to(self, document: dict[str, Any]) -> dict[str, Any]:
        """The audit's document with `second_opinion` and `activity` in each role, null where nobody asked."""
        from ciam_tui.core import activity, opinions

        for role in document["roles"]:
            opinion = (self.opinions or {}).get(role["arn"])
            told = (self.activities or {}).get(role["arn"])
            role["second_opinion"] = None if opinion is None else opinions.json_of(opinion)
            role["activity"] = None if told is None else activity.json_of(told)
        return document


def read_beside(args: argparse.Namespace, report: AuditReport, ports: Ports, progress: Callable[[str], None]) -> Beside:
    """What the flags of `args` ask for."""
    from ciam_tui.opinions.of_audit import histories_of, opinions_of

    return Beside(
        opinions_of(report, ports.aws, progress=progress) if args.second_opinions else None,
        None
        if args.activity is None
        else histories_of(report, ports.aws, ports.clock, regions=args.activity_region, days=args.activity, progress=progress),
    )
