"""The part of `check` and `audit` that knows of accepted findings: a reviewed file says which, so that only new ones fail a build.

`--write-accepted` adds entries for a review and changes none that is there: accepting is what the review of that change does.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ciam_tui.commands.files import STANDARD_INPUT, content_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.acceptance.file import AcceptanceFile
    from ciam_tui.core.acceptance.judging import Acceptance

_BESIDE_WRITING = ("owner", "reason", "expires")


def add_accepting_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--accepted`, `--write-accepted` and what goes with it to a command's arguments."""
    group = parser.add_argument_group("accepted findings")
    group.add_argument(
        "--accepted",
        metavar="FILE",
        help="a reviewed file of accepted findings: those of level error that it accepts no longer give exit code 3",
    )
    group.add_argument(
        "--write-accepted",
        metavar="FILE",
        type=Path,
        help="add the new findings of level error to FILE for a review, with --owner, --reason and --expires; nothing that is in it changes",
    )
    group.add_argument("--owner", metavar="NAME", help="with --write-accepted: who answers for it")
    group.add_argument("--reason", metavar="TEXT", help="with --write-accepted: why it is accepted")
    group.add_argument(
        "--expires", metavar="DATE", type=_date, help="with --write-accepted: the last day on which it counts, as 2027-03-31"
    )
    group.add_argument("--ticket", metavar="TEXT", help="with --write-accepted: where it was decided")
    group.add_argument(
        "--finding",
        metavar="ID",
        action="append",
        default=[],
        help="with --write-accepted: add the new findings with this id, of any level, in place of all errors; may be given again",
    )


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a date, such as 2027-03-31") from None


def accepting_problem(args: argparse.Namespace) -> str | None:
    """What is wrong with the flags together."""
    if args.write_accepted is None:
        given = [name for name in (*_BESIDE_WRITING, "ticket", "finding") if getattr(args, name)]
        return f"--{given[0]} goes with --write-accepted." if given else None
    if args.accepted is not None:
        return "--write-accepted reads its file too: leave --accepted out."
    if str(args.write_accepted) == STANDARD_INPUT:
        return "--write-accepted wants the name of a file, which it reads and writes."
    if lacking := [name for name in _BESIDE_WRITING if not getattr(args, name) or not str(getattr(args, name)).strip()]:
        return f"--write-accepted wants --{lacking[0]} too."
    return None


def refuse_accepting_of_a_policy(args: argparse.Namespace) -> None:
    """A policy by itself is in no Setup and no account, so nothing says what an entry about it would be about.

    Raises:
        CiamError: one of this module's arguments was given.
    """
    from ciam_tui.core.problems import CiamError

    if args.accepted is not None or args.write_accepted is not None:
        message = "--accepted and --write-accepted are about Setup files, and this file is a policy."
        raise CiamError("no-setup", "Cannot check the file so", message, ("Leave them out; `ciam-tui audit` takes them for a role.",))


@dataclass(frozen=True, slots=True)
class Accepting:
    """What the flags of a command say about accepted findings; `file` is None where they say nothing. `content` is the file's, if there is one."""

    name: str
    file: AcceptanceFile | None
    content: bytes | None
    today: date

    def write(self, args: argparse.Namespace, acceptance: Acceptance) -> int | None:
        """Adds the new findings to the file that `--write-accepted` names, and says how many; None where nothing was to be written.

        Raises:
            CiamError: the file cannot be written, or could not be read again; none of the findings is as `--finding` says.
        """
        from ciam_tui.core.acceptance.file import rereadable
        from ciam_tui.core.acceptance.judging import with_accepted
        from ciam_tui.ports.acceptance_file import write_acceptances

        if args.write_accepted is None or self.file is None:
            return None
        whole = with_accepted(
            self.file,
            acceptance,
            reason=args.reason,
            owner=args.owner,
            expires=args.expires,
            ticket=args.ticket,
            only=args.finding,
        )
        added = len(whole.entries) - len(self.file.entries)
        if added:
            write_acceptances(args.write_accepted, rereadable(whole, self.today), instead_of=self.content)
        return added

    def document(self, acceptance: Acceptance, added: int | None) -> dict[str, Any]:
        """What a command's document says of the file."""
        return {
            "file": self.name,
            "accepted": len(acceptance.accepted),
            "expired": [entry.as_json() for entry in acceptance.expired],
            "stale": [{"entry": stale.entry.as_json(), "why": stale.why} for stale in acceptance.stale],
            "added": added,
        }

    def lines(self, acceptance: Acceptance, added: int | None) -> Iterator[str]:
        """The same for people."""
        yield from acceptance.notes
        if added is not None:
            noun = "entry" if added == 1 else "entries"
            yield f"{added} {noun} added to {self.name}: review the change." if added else f"Nothing to add to {self.name}."


def accepting_from(args: argparse.Namespace) -> Accepting:
    """The file of accepted findings that the flags name, read, and today's date in UTC.

    Raises:
        CiamError: it cannot be read, is no such file, or `--expires` is not a day that it may name.
    """
    from ciam_tui.core.acceptance.file import ACCEPTANCE_BYTES, AcceptanceFile, read_acceptances
    from ciam_tui.ports.clock import SystemClock

    today = SystemClock().now().date()
    if args.accepted is None and args.write_accepted is None:
        return Accepting("", None, None, today)
    name = str(args.write_accepted) if args.accepted is None else args.accepted
    if args.write_accepted is not None:
        _refuse_the_day(args.expires, today)
        if not args.write_accepted.exists() and not args.write_accepted.is_symlink():
            return Accepting(name, AcceptanceFile(), None, today)
    what = "the file of accepted findings"
    content = content_of(name, ACCEPTANCE_BYTES + 1, what=what, missing="Check the path; --write-accepted makes one.")
    return Accepting(name, read_acceptances(content, today, what=what), content, today)


def _refuse_the_day(expires: date, today: date) -> None:
    from ciam_tui.core.acceptance.file import expiry_problem
    from ciam_tui.core.problems import CiamError

    problem = f"{expires.isoformat()}, which is past" if expires < today else expiry_problem(expires, today)
    if problem:
        raise CiamError("expiry-refused", "Nothing was accepted", f"--expires is {problem}.", ("Name a day of the coming year.",))
