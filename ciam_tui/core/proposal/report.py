"""A comparison in words and as a document: what breaks first, since it is what somebody has to decide."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.evidence.report import seen_words
from ciam_tui.core.shown import shown
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from ciam_tui.core.proposal.comparison import Comparison, Gained, Lost

_MOST = 40


def lines_of_comparison(comparison: Comparison, accepted: Collection[str] = ()) -> tuple[str, ...]:
    """The lists for a reader, safe to print."""
    return tuple(_lines(comparison, accepted))


def document_of_comparison(comparison: Comparison, accepted: Collection[str] = ()) -> dict[str, Any]:
    """The same for programs; each item has the name by which it is accepted."""
    return {
        "blocks": bool(comparison.blocking(accepted)),
        "will_break": [_lost(each) | {"accepted": each.name in accepted} for each in comparison.will_break],
        "dropped_unseen": [_lost(each) for each in comparison.dropped_unseen],
        "unknown": [_lost(each) for each in comparison.unknown],
        "added": [_gained(each) for each in comparison.added],
        "notes": list(comparison.notes),
    }


def _lines(comparison: Comparison, accepted: Collection[str]) -> Iterator[str]:
    breaking = comparison.will_break
    yield f"Dropped though used, and will break: {len(breaking) or 'nothing that was seen'}"
    for each in breaking[:_MOST]:
        state = "accepted" if each.name in accepted else "blocks"
        yield shown(f"  {each.name} [{state}]{_why(each)}")
        yield from (f"    {seen_words(seen)}" for seen in each.seen[:3])
        if not each.in_policies:
            yield "    The user's policies of today do not allow it: a resource's policy does, or they did."
    yield from _more(len(breaking))
    yield from _section("Dropped, and nobody can say whether it is used: no source shows it", comparison.unknown)
    yield from _section("Dropped and not seen in the evidence", comparison.dropped_unseen)
    yield f"Added: {counted(len(comparison.added), 'thing') if comparison.added else 'nothing'}"
    yield from (shown(f"  {each.name} ({listed(each.roles)})") for each in comparison.added[:_MOST])
    yield from (shown(f"Note: {note}") for note in comparison.notes)


def _section(title: str, lost: tuple[Lost, ...]) -> Iterator[str]:
    yield f"{title}: {len(lost) or 'nothing'}"
    yield from (shown(f"  {each.name}{_why(each)}") for each in lost[:_MOST])
    yield from _more(len(lost))


def _more(count: int) -> Iterator[str]:
    if count > _MOST:
        yield f"  and {count - _MOST} more"


def _why(lost: Lost) -> str:
    return f": {lost.why}" if lost.why else ""


def _lost(lost: Lost) -> dict[str, Any]:
    return {
        "name": lost.name,
        "action": lost.action,
        "resource": lost.resource,
        "count": sum(each.count for each in lost.seen),
        "last": max((each.last.isoformat() for each in lost.seen), default=None),
        "sources": sorted({each.source.value for each in lost.seen}),
        "why": lost.why,
        "in_policies": lost.in_policies,
    }


def _gained(gained: Gained) -> dict[str, Any]:
    return {"name": gained.name, "action": gained.action, "resource": gained.resource, "roles": list(gained.roles)}
