"""Users with keys for the screen: a row for each, and what is said of the one under the cursor, as lines a tab.

Pure functions from what was read to cells and lines, so that what a person is shown can be tested without a screen.
"""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.app.audit_lines import finding_lines
from ciam_tui.app.document_lines import MARK, Ink, Line
from ciam_tui.core.audit.access import Reach
from ciam_tui.core.audit.words import access_lines
from ciam_tui.core.evidence.report import UNKNOWN_OBJECTS, lines_of_evidence
from ciam_tui.core.proposal.report import lines_of_comparison
from ciam_tui.core.shown import shortened
from ciam_tui.core.users.choosing import Order
from ciam_tui.core.users.report import held_words, is_words, key_words, may_words, sign_words, summary, tags_words
from ciam_tui.core.users.understanding import Kind
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ciam_tui.core.evidence.facts import Evidence
    from ciam_tui.core.problems import CiamError
    from ciam_tui.core.proposal.comparison import Comparison
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.users.listing import Listing, UserRow
    from ciam_tui.core.users.understanding import Understanding

NAME_WIDTH, MAY_WIDTH = 16, 13  # on a narrow terminal there is room for where CircleCI holds a key, too
_LABEL = 10
_ORDERS = {
    Order.WORST: "the riskiest first",
    Order.AGE: "the oldest key first",
    Order.LAST_USED: "the last used first",
    Order.NAME: "by name",
}
_KINDS = {Kind.PERSON: ("! ", Ink.WARNING), Kind.ROBOT: ("✓ ", Ink.ALLOWED), Kind.UNKNOWN: ("? ", Ink.WARNING)}
NO_SETUP = "Nothing to compare with yet: enter opens the user, and ctrl+d there proposes or chooses the Setup that replaces its keys."


class UserTab(StrEnum):
    """The tabs, in their order; the values are what they are called."""

    IS = "What it is"
    MAY = "May do"
    KEYS = "Keys & CircleCI"
    EVIDENCE = "Evidence"
    COMPARE = "Compare"


# The list


def cells_of(row: UserRow, at: datetime) -> tuple[str, ...]:
    """User, keys, last use, the worst that it may do, and where CircleCI holds a key."""
    return (
        shortened(row.user.name, NAME_WIDTH),
        _keys(row, at),
        _used(row, at),
        shortened(_may(row), MAY_WIDTH),
        _held(row),
    )


def _keys(row: UserRow, at: datetime) -> str:
    """`active 1,984 d`, `1/2 active 542 d`: the age is that of the oldest key that AWS takes, else of the oldest."""
    if row.keys is None:
        return "unknown"
    if not row.keys:
        return "none"
    active = [key for key in row.keys if key.is_active]
    made = min((key.created_at for key in active or row.keys if key.created_at is not None), default=None)
    age = "age unknown" if made is None else f"{max(0, (at - made).days):,} d"
    if len(row.keys) == 1:
        return f"{row.keys[0].status.lower()} {age}"
    return f"{len(active)}/{len(row.keys)} active {age}"


def _may(row: UserRow) -> str:
    """As the report has it, with the level of a finding as its sign."""
    if row.worst is None or row.administrator.reach in (Reach.YES, Reach.CONDITIONAL):
        return may_words(row)
    return f"{MARK[row.worst.level]}{row.worst.id}"


def _used(row: UserRow, at: datetime) -> str:
    if row.last_used is not None:
        days = (at - row.last_used).days
        return "today" if days <= 0 else f"{days:,} d ago"
    return "no use" if row.knows_use else "unknown"


def _held(row: UserRow) -> str:
    """The words of the report, the number of places before them where they would be cut."""
    words = held_words(row.held, asked=row.asked)
    return f"{counted(len(row.held), 'place')}: {words}" if row.held and len(row.held) > 1 else words


def copied_of(row: UserRow) -> str:
    """What `y` copies."""
    return row.user.arn


def summary_words(listing: Listing, order: Order, begun: int) -> str:
    """One line about all: how many, in which order, and what the ticks mean."""
    retiring = f" · ✓ {counted(begun, 'retirement')} under way" if begun else ""
    unread = f" · {counted(len(listing.unread), 'thing')} could not be read" if listing.unread else ""
    return f"{_ORDERS[order]}{retiring}{unread} · {summary(listing)}"


def unread_lines(listing: Listing) -> list[Line]:
    """What the list rests on less than it should."""
    return [Line(((f"! {sentence}", Ink.WARNING),), indent=2) for sentence in listing.unread]


# One user


def head_lines(row: UserRow, migration: Migration | None, at: datetime) -> Iterator[Line]:
    """The user whole, and whether its retirement is under way: above every tab."""
    yield Line(((row.user.arn, Ink.HEADING),), indent=2)
    if migration is not None:
        yield Line(((retirement_words(migration, at), Ink.STRING),), indent=2)
    yield Line(())


def retirement_words(migration: Migration, at: datetime) -> str:
    """That it is under way and since when, or how it ended."""
    if migration.ended is None:
        return f"Its retirement is under way since {migration.started.at:%Y-%m-%d} ({counted(max(0, (at - migration.started.at).days), 'day')})."
    word = "finished" if migration.ended.why == "finished" else "given up"
    return f"Its retirement was {word} on {migration.ended.at:%Y-%m-%d}."


def is_lines(found: Understanding) -> Iterator[Line]:
    """Whether it is an administrator, a robot or a person, where it belongs, and who names it."""
    user, admin = found.user, found.administrator
    yield _fact("is", is_words(admin), Ink.ERROR if admin.reach is Reach.YES else Ink.PROSE)
    glyph, ink = _KINDS[found.kind]
    yield _fact("person", f"{glyph}{found.kind}", ink)
    for sign in found.signs:
        yield _fact("", f"{sign.name}: {sign_words(sign)}", Ink.WARNING if sign.found else Ink.NOTE)
    yield from _facts("groups", ["unknown"] if "groups" in user.not_read else user.groups, "none")
    boundary = "unknown" if "boundary" in user.not_read else user.boundary or "none"
    yield _fact("boundary", boundary)
    yield _fact("tags", tags_words(user.tags) or "none")
    yield from _facts("named by", [f"{each.subject}: {each.words}" for each in found.named], "no policy that was read")
    yield from _unread(found.unread)


def may_lines(found: Understanding) -> Iterator[Line]:
    """Where, and what passes there; by which policies; and what is to be thought of those."""
    places = list(access_lines(found.access))
    width = min(44, max((len(where) for where, _ in places), default=0))
    for where, what in places:
        yield Line((("", Ink.PROSE), (f"{where:<{width}}  ", Ink.KEY), (what, Ink.PROSE)), indent=width + 2)
    if not places:
        yield _note("Nothing.")
    yield Line(())
    yield from _facts("policies", [f"{grant.short}, {grant.way}" for grant in found.grants], "none")
    yield Line(())
    yield from finding_lines(found.findings)


def key_lines(found: Understanding, at: datetime) -> Iterator[Line]:
    """The keys, and the variables of CircleCI that hold one, each by name."""
    keys = found.user.keys
    yield from _facts("keys", ["unknown: they could not be read"] if keys is None else [key_words(key, at) for key in keys], "none")
    yield Line(())
    if found.held is None:
        yield _fact("CircleCI", "not asked: there is no token (step 5 of a set-up takes one, and CIRCLE_TOKEN is read)", Ink.WARNING)
        return
    yield from _facts(
        "CircleCI",
        [_held_line(each.place, each.organization, each.variable, each.last_four) for each in found.held],
        "nowhere that was read",
    )
    if found.held:
        yield _note("CircleCI tells the last four characters of a value: that is what places are matched by.")
    alike = [key.key_id for each in found.held for key in each.keys if key.user != found.user.name]
    if alike:
        yield Line(((f"! Keys of others end alike: {listed(dict.fromkeys(alike))}.", Ink.WARNING),), indent=2)


def _held_line(place: str, organization: str, variable: str, end: str) -> str:
    return f"{place} of {organization}: {variable}, ends in {end}"


def evidence_lines(evidence: Evidence) -> Iterator[Line]:
    """What was seen, by whom it was looked for, and of what nobody could have known."""
    for text in lines_of_evidence(evidence):
        is_unknown = text == UNKNOWN_OBJECTS or "Unknown:" in text
        indent = len(text) - len(text.lstrip()) + 2
        yield Line(((f"{'? ' if is_unknown else ''}{text}", Ink.WARNING if is_unknown else Ink.PROSE),), indent=indent)


def comparison_lines(comparison: Comparison, accepted: Sequence[str] = ()) -> Iterator[Line]:
    """The three lists, and what nobody can say."""
    for text in lines_of_comparison(comparison, accepted):
        if not text.startswith(" "):
            yield Line(((text, Ink.HEADING),), indent=2)
            continue
        indent = len(text) - len(text.lstrip()) + 2
        yield Line(((text, Ink.ERROR if "[blocks]" in text else Ink.PROSE),), indent=indent)


def error_lines(error: CiamError) -> list[Line]:
    """What could not be read, and what to do."""
    suggestions = [Line(((f"  · {suggestion}", Ink.PROSE),), indent=4) for suggestion in error.suggestions]
    return [Line(((f"! {error.title}: {error.message}", Ink.WARNING),), indent=2), *suggestions]


def reading_lines(text: str) -> list[Line]:
    """What is being read."""
    return [_note(f"{text} … (esc stops)")]


def _facts(label: str, texts: Sequence[str], none: str) -> Iterator[Line]:
    for number, text in enumerate(texts or [none]):
        yield _fact(label if number == 0 else "", text)


def _fact(label: str, text: str, ink: Ink = Ink.PROSE) -> Line:
    return Line((("", Ink.PROSE), (f"{label:<{_LABEL}}", Ink.NOTE), (text, ink)), indent=_LABEL + 2)


def _unread(sentences: Sequence[str]) -> Iterator[Line]:
    if sentences:
        yield Line(())
        yield Line((("Could not be read, and is unknown:", Ink.HEADING),))
        yield from (Line(((f"! {sentence}", Ink.WARNING),), indent=2) for sentence in sentences)


def _note(text: str) -> Line:
    return Line(((text, Ink.NOTE),), indent=len(text) - len(text.lstrip()))
