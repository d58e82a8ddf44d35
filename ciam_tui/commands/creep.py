"""`ciam-tui creep`: what each role for CircleCI may do against what it was seen to do, over time, and a Setup without the rest. Reads only."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ciam_tui.commands.flag_values import days_up_to
from ciam_tui.commands.keeping import add_snapshot_argument

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ciam_tui.core.audit.report import AuditReport, RoleAudit
    from ciam_tui.core.creep.gap import Gap
    from ciam_tui.core.creep.tighten import Tightened
    from ciam_tui.core.setup import Setup

MAY_GO = 3
_MOST_DAYS = 400

_EPILOG = """\
examples:
  ciam-tui creep                                     every role of the account that trusts CircleCI
  ciam-tui creep circleci-web-deploy --cloudtrail
  ciam-tui creep --setup setup.json --logs s3-logs/ --logs trail/ --days 60 --tighten tighter.json
  ciam-tui creep --json | jq '.roles[].rights[] | select(.may_go) | .action'

Each right is used, not seen (some source would have shown it for the whole window, and did not) or unknown. When a role and a service were last
used is always asked of IAM; --cloudtrail adds the event history, which shows what manages buckets, and --logs files of a trail with data
events, or of S3's server access logs, without which the use of objects is unknown. Each look keeps a snapshot of what the roles may do.

Exit codes: 0 nothing was unseen for the whole window; 3 there are rights that may go; 1 a problem; 2 wrong usage; 130 interrupted.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `creep` to the commands."""
    parser = commands.add_parser(
        "creep",
        help="what roles may do against what they were seen to do; reads only",
        description="Holds the rights of roles against the evidence of their use, tells what has come since earlier looks, and proposes a Setup\n"
        "without what was not seen in use. Nothing is applied.",
        epilog=_EPILOG,
    )
    parser.add_argument("roles", metavar="ROLE", nargs="*", help="the name of a role that trusts CircleCI; without one, all of them")
    parser.add_argument("--setup", metavar="SETUP", help="look at the roles of this Setup file, and tighten it; - for standard input")
    parser.add_argument(
        "--logs",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help="a file or folder of CloudTrail's or S3's access logs, packed or not; may be given again",
    )
    parser.add_argument("--cloudtrail", action="store_true", help="read CloudTrail's event history too, which takes a while")
    parser.add_argument(
        "--cloudtrail-region",
        metavar="NAME",
        action="append",
        default=[],
        help="a region whose history is read besides the session's, us-east-1 and those of the buckets; may be given again",
    )
    parser.add_argument(
        "--days",
        metavar="N",
        type=days_up_to(_MOST_DAYS, ", which is how far back AWS tells"),
        default=90,
        help="how far to look back (90): what was last used before is not in use",
    )
    parser.add_argument(
        "--tighten", metavar="FILE", type=Path, help="write a Setup without what was not seen in use to FILE, which must be new"
    )
    add_snapshot_argument(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Tells the gaps; see the exit codes in the help."""
    from ciam_tui.commands.speaking import misused, reported

    if args.setup is not None and args.roles:
        return misused(args, "A Setup names its roles: leave out either --setup or the names.")
    if args.cloudtrail_region and not args.cloudtrail:
        return misused(args, "--cloudtrail-region says where --cloudtrail looks: add --cloudtrail.")
    return reported(args, _run)


def _run(args: argparse.Namespace) -> int:
    from ciam_tui.commands.keeping import keep_snapshot
    from ciam_tui.commands.speaking import fitting, print_document, say
    from ciam_tui.core.creep.report import lines_of_gaps, lines_of_tightened
    from ciam_tui.core.creep.report_json import document_of_gaps

    setup = _setup_of(args)
    if args.tighten is not None:
        _refuse_existing(args.tighten)
    report, gaps = _gaps(args, setup)
    keep_snapshot(args, report, gaps)
    say(args, fitting(lines_of_gaps(gaps, report.unread)))
    found = None
    if args.tighten is not None or setup is not None:
        found = _tightened(setup, report, gaps)
        written = _written(args, found)
        told = lines_of_tightened(found, str(args.tighten) if written else None)
        say(args, ["", "Tightened", *fitting(f"  {line}" for line in told)])
    if args.json:
        print_document(
            document_of_gaps(
                gaps,
                account_id=report.identity.account_id,
                at=report.at,
                days=args.days,
                unread=report.unread,
                tightened=found,
            )
        )
    return MAY_GO if any(gap.may_go for gap in gaps) else 0


def _setup_of(args: argparse.Namespace) -> Setup | None:
    from ciam_tui.commands.setup_source import setup_from

    return None if args.setup is None else setup_from(args.setup).setup


def _gaps(args: argparse.Namespace, setup: Setup | None) -> tuple[AuditReport, tuple[Gap, ...]]:
    from ciam_tui.commands.account import ports_from
    from ciam_tui.commands.keeping import kept_snapshots
    from ciam_tui.commands.progress import progress_line
    from ciam_tui.core.audit.issuers import CircleCiIssuers
    from ciam_tui.runs import history
    from ciam_tui.surveys.audit import audited
    from ciam_tui.surveys.creep import Asked, gaps_of

    ports = ports_from(args)
    with progress_line() as tell:
        issuers = CircleCiIssuers.with_urls([setup.circleci.issuer] if setup is not None and setup.circleci.issuer else [])
        report = audited(ports.aws, history(ports.journals), issuers, at=ports.clock.now(), progress=tell)
    roles = _chosen(args, setup, report)
    snapshots = kept_snapshots(args, report.identity.account_id)
    asked = Asked(days=args.days, files=tuple(args.logs), cloudtrail=args.cloudtrail, regions=tuple(args.cloudtrail_region))
    with progress_line() as tell:
        return report, gaps_of(report, roles, ports.aws, asked, snapshots=snapshots, clock=ports.clock, progress=tell)


def _chosen(args: argparse.Namespace, setup: Setup | None, report: AuditReport) -> Sequence[RoleAudit]:
    """The roles that were asked for; of a Setup those that there are.

    Raises:
        CiamError: `role-unknown`; `account-differs`.
    """
    from ciam_tui.core.problems import CiamError
    from ciam_tui.core.roles import wanted_roles

    by_name = {each.read.role.name.lower(): each for each in report.roles}
    if setup is None:
        names = dict.fromkeys(name.lower() for name in args.roles)
        for name in args.roles:
            if name.lower() not in by_name:
                message = f'The account has no role "{name}" that trusts CircleCI.'
                raise CiamError("role-unknown", "Cannot look at the role", message, ("`ciam-tui audit` lists those that do.",))
        return [by_name[name] for name in names] or report.roles
    if setup.account_id != report.identity.account_id:
        message = f"The Setup is for the account {setup.account_id}, and you are in {report.identity.account_id}."
        raise CiamError("account-differs", "Cannot look at the roles", message, ("Use the profile of the Setup's account.",))
    found = [by_name[role.name.lower()] for role in wanted_roles(setup) if role.name.lower() in by_name]
    if not found:
        message = "The account has none of the Setup's roles."
        raise CiamError("role-unknown", "Cannot look at the roles", message, ("Apply the Setup first, or name roles.",))
    return found


def _tightened(setup: Setup | None, report: AuditReport, gaps: Sequence[Gap]) -> Tightened:
    """The Setup, or the one that the roles are loaded as, without what was not seen.

    Raises:
        CiamError: the roles make no Setup; or what was made would be wider, which is not written.
    """
    from dataclasses import replace

    from ciam_tui.core.creep.tighten import tightened, wider
    from ciam_tui.core.problems import CiamError
    from ciam_tui.core.roles import wanted_roles

    old, notes = (setup, ()) if setup is not None else _loaded(report, gaps)
    by_name = {gap.role.name.lower(): gap for gap in gaps}
    of_stage: dict[str, list[Gap]] = {}
    for role in wanted_roles(old):
        if role.name.lower() in by_name:
            of_stage.setdefault(role.stage, []).append(by_name[role.name.lower()])
    found = tightened(old, of_stage)
    if found.setup is not None and (more := wider(old, found.setup)):
        raise CiamError("not-tighter", "Cannot tighten the Setup", f"The result would allow more: {more[0]}.", ("Please report this.",))
    return replace(found, notes=notes)


def _loaded(report: AuditReport, gaps: Sequence[Gap]) -> tuple[Setup, tuple[str, ...]]:
    """The Setup that the roles are, and what of them it does not say.

    Raises:
        CiamError: they make none, or one that would trust more than they do.
    """
    from ciam_tui.core.creep.tighten import unsaid
    from ciam_tui.core.loading.comparison import compared
    from ciam_tui.core.loading.setup import RoleText, loaded
    from ciam_tui.core.problems import CiamError
    from ciam_tui.core.words import listed

    by_arn = {each.read.role.arn: each for each in report.roles}
    roles = []
    for gap in gaps:
        audit = by_arn[gap.role.arn]
        role = audit.read.role
        roles.append(RoleText(role.name, role.trust, audit.documents, role.path, role.max_session_seconds, role.boundary, role.tags))
    regions = [region for gap in gaps for region in gap.use.regions.values()]
    found = loaded(
        roles, account_id=report.identity.account_id, partition=report.identity.partition, region=regions[0] if regions else None
    )
    told = compared(roles, found.setup)
    for each in told:
        if each.gained_tokens:
            message = f"As one Setup, {each.role} would let in who does not get in today: {each.gained_tokens[0]}."
            raise CiamError(
                "not-loadable", "The roles do not belong into one Setup", message, ("Tighten them one by one, or give --setup.",)
            )
    gained = [
        f"{each.role}: as a Setup says it, it may also {listed(dict.fromkeys(more.partition(' ')[0] for more in each.gained))}."
        for each in told
        if each.gained
    ]
    lost = [unsaid(gap, found.setup, stage) for gap, stage in zip(gaps, found.setup.stages, strict=True)]
    return found.setup, (*found.notes, *gained, *(each for each in lost if each is not None))


def _refuse_existing(path: Path) -> None:
    """Told before the account is read, which takes a while.

    Raises:
        CiamError: `file-exists`; `file-unwritable`.
    """
    from ciam_tui.core.problems import CiamError

    if path.exists():
        raise CiamError("file-exists", "Cannot write the Setup", f'There is a file "{path}" already.', ("Name another, or move it away.",))
    if not path.parent.is_dir():
        fix = "Name a file in a folder that you may write to."
        raise CiamError("file-unwritable", "Cannot write the Setup", f'"{path}" cannot be written: there is no such folder.', (fix,))


def _written(args: argparse.Namespace, found: Tightened) -> bool:
    """Whether the tightened Setup was written."""
    from ciam_tui.commands.load import write_setup
    from ciam_tui.core.setup import to_json

    if args.tighten is None or found.setup is None or not found.changes:
        return False
    write_setup(args.tighten, to_json(found.setup))
    return True
