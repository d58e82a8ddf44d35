"""The file of accepted findings for an auditor: who accepted what, why, until when, and which entries count today."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.assurance.controls import Kind
from ciam_tui.core.assurance.masked import Ours
from ciam_tui.core.assurance.saying import code, prose, rows
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.acceptance.file import AcceptanceFile, AcceptedFinding
    from ciam_tui.core.acceptance.judging import Acceptance
    from ciam_tui.core.assurance.items import Item, Made

_COUNTS = "accepts a finding"
_EXPIRED = "expired"


def accepted_item(made: Made, name: str, sha256: str, file: AcceptanceFile, acceptances: Sequence[Acceptance]) -> Item:
    """The entries of the file called `name`, with what each means for the findings that the `acceptances` were made of."""
    data = {
        "file": name,
        "sha256": Ours(sha256),
        "entries": [{**entry_document(entry), "state": _state(entry, acceptances)} for entry in file.entries],
    }
    return made.item(Kind.ACCEPTED, data, (name,), _told)


def entry_document(entry: AcceptedFinding) -> dict[str, Any]:
    """An entry as it stands in the file."""
    return {**entry.as_json(), "fingerprint": Ours(entry.fingerprint)}


def _state(entry: AcceptedFinding, acceptances: Sequence[Acceptance]) -> str:
    if any(entry is used for each in acceptances for _, used in each.accepted):
        return _COUNTS
    if any(entry is expired for each in acceptances for expired in each.expired):
        return _EXPIRED
    stale = next((stale.why for each in acceptances for stale in each.stale if stale.entry is entry), None)
    return f"accepts nothing: {stale}" if stale else "about something that was not looked at here"


def _told(data: dict[str, Any]) -> tuple[str, Iterator[str]]:
    entries = data["entries"]
    count = sum(entry["state"] == _COUNTS for entry in entries)
    expired = sum(entry["state"] == _EXPIRED for entry in entries)
    noun = "1 entry" if len(entries) == 1 else f"{len(entries)} entries"
    return f"{noun}: {counted(count, 'finding')} accepted today, {expired} expired.", _lines(data)


def _lines(data: dict[str, Any]) -> Iterator[str]:
    yield f"- The file {code(data['file'])} has the SHA-256 {code(data['sha256'])}: it leads to the reviewed commit"
    yield from rows(
        ("Finding", "About", "Reason", "Owner", "Until", "Ticket", "Today"),
        (
            (
                code(entry["finding"]),
                code(entry["about"]),
                prose(entry["reason"]),
                prose(entry["owner"]),
                entry["expires"],
                prose(entry.get("ticket", "")) or "-",
                prose(entry["state"]),
            )
            for entry in data["entries"]
        ),
    )
