"""Findings held against the file of accepted ones: which are new, which are accepted, and which entries no longer count.

An acceptance counts for the very thing its reviewer saw. It is looked up by equality of what was found, where, about what, and a
fingerprint of that; so there is nothing in the file by which it could accept more.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.acceptance.file import AcceptanceFile, AcceptedFinding
from ciam_tui.core.acceptance.fingerprints import timeless
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence
    from datetime import date

    from ciam_tui.core.acceptance.fingerprints import Reviewable


@dataclass(frozen=True, slots=True)
class Stale:
    """An entry that accepts nothing any more; `why` is a sentence."""

    entry: AcceptedFinding
    why: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What a file means for the findings of one run.

    `new` are those that nothing accepts, `accepted` those that an entry does. `expired` are entries that would accept a finding and have
    come to their end: their findings are among the new ones. `stale` are entries about what was looked at that match no finding.
    """

    new: tuple[Reviewable, ...]
    accepted: tuple[tuple[Reviewable, AcceptedFinding], ...]
    expired: tuple[AcceptedFinding, ...]
    stale: tuple[Stale, ...]

    @property
    def has_new_errors(self) -> bool:
        """Whether a finding of level error is new."""
        return any(each.level is Level.ERROR for each in self.new)

    def of(self, finding: Reviewable) -> AcceptedFinding | None:
        """The entry that accepts `finding`."""
        return next((entry for each, entry in self.accepted if each == finding), None)

    @property
    def notes(self) -> Iterator[str]:
        """What a reader should know of entries that accept nothing, a line each."""
        for entry in self.expired:
            yield f"expired: {entry.about}: the acceptance of {entry.finding} ended on {entry.expires.isoformat()}: {entry.owner} decides anew."
        for stale in self.stale:
            yield f"stale: {stale.entry.about}: {stale.why} ({stale.entry.finding})"


def accepted(findings: Sequence[Reviewable], file: AcceptanceFile, at: date, *, looked_at: Collection[str] | None = None) -> Acceptance:
    """What `file` means for `findings` on the day `at`.

    `looked_at` are the places (`Reviewable.where`) that the findings come from: one file may serve several Setups and accounts, and an entry
    about another place is not stale. Without it they are the places of the findings themselves.
    """
    places = {each.where for each in findings} if looked_at is None else {*looked_at}
    by_key: dict[tuple[str, str, str, str], list[AcceptedFinding]] = {}
    for entry in file.entries:
        by_key.setdefault((entry.finding, entry.where, entry.about, entry.fingerprint), []).append(entry)
    new: list[Reviewable] = []
    taken: list[tuple[Reviewable, AcceptedFinding]] = []
    expired: list[AcceptedFinding] = []
    matched: set[int] = set()
    for each in findings:
        # The text of an entry is what its reviewer reads: one that says something else than the finding accepts nothing.
        entries = [entry for entry in by_key.get(_key(each), ()) if timeless(entry.text) == timeless(each.text)]
        matched |= {id(entry) for entry in entries}
        valid = max((entry for entry in entries if entry.expires >= at), key=lambda entry: entry.expires, default=None)
        if valid is not None:
            taken.append((each, valid))
        else:
            new.append(each)
            expired += entries
    present = {_key(each)[:3] for each in findings}
    stale = [
        Stale(entry, _why_stale(entry, is_present=(entry.finding, entry.where, entry.about) in present))
        for entry in file.entries
        if entry.where in places and id(entry) not in matched
    ]
    return Acceptance(tuple(new), tuple(taken), tuple(expired), tuple(stale))


def with_accepted(
    file: AcceptanceFile,
    acceptance: Acceptance,
    *,
    reason: str,
    owner: str,
    expires: date,
    ticket: str | None = None,
    only: Collection[str] = (),
) -> AcceptanceFile:
    """`file` with an entry more for each new finding whose id is among `only`, or, where that is empty, which is of level error.

    What is in the file stays as it is, expired and stale entries too: taking them out is for those who review it.

    Raises:
        CiamError: none of the new findings has an id of `only`.
    """
    if unknown := [each for each in only if all(finding.finding != each for finding in acceptance.new)]:
        ids = listed(dict.fromkeys(finding.finding for finding in acceptance.new)) if acceptance.new else "none"
        message = f"There is no new finding {unknown[0]} to accept; the new ones are {ids}."
        raise CiamError("finding-unknown", "Nothing was accepted", message, ("Name one of these.",) if acceptance.new else ())
    chosen = [each for each in acceptance.new if (each.finding in only if only else each.level is Level.ERROR)]
    made = (
        AcceptedFinding(each.finding, each.where, each.about, each.text, each.fingerprint, reason, owner, expires, ticket)
        for each in chosen
    )
    return AcceptanceFile((*file.entries, *dict.fromkeys(made)))


def _key(each: Reviewable) -> tuple[str, str, str, str]:
    return each.finding, each.where, each.about, each.fingerprint


def _why_stale(entry: AcceptedFinding, *, is_present: bool) -> str:
    if is_present:
        return "what was accepted has changed since, and is to be looked at anew."
    return f"it matches nothing that was looked at: remove the entry of {entry.owner}, unless this run looked at less."
