"""`check` on a Setup: what is wrong with it, what is risky about it, and what of that a reviewed file accepts.

Only a finding of level error that is new gives exit code 3. What is accepted is shown all the same: a reader should know what a build passes over.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from ciam_tui.commands.accepting import accepting_from
from ciam_tui.commands.access_report import access_document, access_lines
from ciam_tui.commands.circleci import circleci_reading
from ciam_tui.commands.speaking import print_document, say

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ciam_tui.commands.accepting import Accepting
    from ciam_tui.core.acceptance.file import AcceptedFinding
    from ciam_tui.core.acceptance.judging import Acceptance
    from ciam_tui.core.findings import Finding
    from ciam_tui.core.problems import Level
    from ciam_tui.core.setup import SetupFile

FINDINGS_OF_LEVEL_ERROR = 3


@dataclass(frozen=True, slots=True)
class _Told:
    """A finding, and the entry that accepts it."""

    finding: Finding
    entry: AcceptedFinding | None = None

    @property
    def level(self) -> Level:
        return self.finding.level


@dataclass(frozen=True, slots=True)
class _Checked:
    """A Setup with its findings, worst first. `acceptance` is None where no file was named."""

    file: SetupFile
    found: tuple[_Told, ...]
    unread: tuple[str, ...]
    accepting: Accepting
    acceptance: Acceptance | None = None
    added: int | None = None

    @property
    def has_new_errors(self) -> bool:
        from ciam_tui.core.problems import Level

        return any(each.level is Level.ERROR and each.entry is None for each in self.found)


def run_setup(args: argparse.Namespace, content: bytes) -> int:
    """Tells what there is to say about the Setup in `content`.

    Raises:
        SetupInvalid: it is none.
        CiamError: CircleCI, a configuration or the file of accepted findings cannot be read, or the latter cannot be written.
    """
    checked = _checked(args, content)
    if args.markdown:
        from ciam_tui.core.markdown.summary import setup_markdown

        found = [_said_as_accepted(each) for each in checked.found]
        of_accepted = () if checked.acceptance is None else tuple(checked.accepting.lines(checked.acceptance, checked.added))
        print(setup_markdown(checked.file.setup, found, checked.file.notes, of_accepted=of_accepted, unread=checked.unread), end="")
    elif args.json:
        print_document(_document(checked, args))
    else:
        say(args, _lines(checked, with_access=args.access))
    return FINDINGS_OF_LEVEL_ERROR if checked.has_new_errors else 0


def _checked(args: argparse.Namespace, content: bytes) -> _Checked:
    from ciam_tui.core.acceptance.fingerprints import of_setup, place_of_settings, place_of_setup
    from ciam_tui.core.acceptance.judging import accepted
    from ciam_tui.core.findings import findings, worst_first
    from ciam_tui.core.setup import read_setup

    file = read_setup(content)
    accepting = accepting_from(args)
    circleci = circleci_reading(args, file.setup)
    own = findings(file.setup)
    both = (*own, *circleci.findings)
    if accepting.file is None:
        return _Checked(file, worst_first(_Told(finding) for finding in both), circleci.unread, accepting)
    place = place_of_setup(file.setup)
    settings = place_of_settings(place)
    reviewable = (*of_setup(file.setup, own), *of_setup(file.setup, circleci.findings, settings))
    looked_at = (place, settings) if args.circleci or args.config else (place,)
    acceptance = accepted(reviewable, accepting.file, accepting.today, looked_at=looked_at)
    entries = dict(acceptance.accepted)
    found = worst_first(_Told(finding, entries.get(each)) for finding, each in zip(both, reviewable, strict=True))
    return _Checked(file, found, circleci.unread, accepting, acceptance, accepting.write(args, acceptance))


def _said_as_accepted(told: _Told) -> Finding:
    """A finding for a table that has no column for it: one that is accepted says so in its text."""
    if told.entry is None:
        return told.finding
    return replace(told.finding, text=f"Accepted {told.entry.words}. {told.finding.text}")


def _document(checked: _Checked, args: argparse.Namespace) -> dict[str, Any]:
    def as_json(told: _Told) -> dict[str, Any]:
        said = {} if checked.acceptance is None else {"accepted": None if told.entry is None else told.entry.as_json()}
        return asdict(told.finding) | said

    document: dict[str, Any] = {
        "problems": [asdict(problem) for problem in checked.file.notes],
        "findings": [as_json(told) for told in checked.found],
        "unread": list(checked.unread),
        "ok": not checked.has_new_errors,
    }
    if args.access:
        document["access"] = access_document(checked.file.setup)
    if checked.acceptance is not None:
        document["acceptances"] = checked.accepting.document(checked.acceptance, checked.added)
    return document


def _lines(checked: _Checked, *, with_access: bool) -> Iterator[str]:
    from ciam_tui.core.problems import Level

    for note in checked.file.notes:
        yield f"{note.level}: {note}"
    for told in checked.found:
        finding = told.finding
        if told.entry is None:
            yield f"{finding.level}: {finding.field}: {finding.text} {finding.fix} ({finding.id})"
        else:
            yield f"accepted {finding.level}: {finding.field}: {finding.text} ({finding.id}) Accepted {told.entry.words}"
    for sentence in checked.unread:
        yield f"unread: {sentence}"
    if with_access:
        yield from access_lines(checked.file.setup)
    if checked.acceptance is not None:
        yield from checked.accepting.lines(checked.acceptance, checked.added)
    new = [each for each in checked.found if each.entry is None]
    counts = ", ".join(f"{sum(each.level is level for each in new)} of level {level}" for level in Level)
    accepted = f"; {len(checked.found) - len(new)} accepted" if checked.acceptance is not None else ""
    yield f"The Setup is valid. Findings: {counts}{accepted}."
