"""The gaps in words: what may go, what is unknown and which evidence would tell, what has grown, and what a tightened Setup would change."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

from ciam_tui.core.audit.access import OPERATIONS
from ciam_tui.core.creep.standing import IAM_KEEPS, NotSeen, Unknown, Used
from ciam_tui.core.shown import shown
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from ciam_tui.core.creep.gap import Gap, RightUse
    from ciam_tui.core.creep.growth import Change
    from ciam_tui.core.creep.tighten import Tightened
    from ciam_tui.core.evidence.facts import Coverage

_MOST_LINES = 30
_MOST_ACTIONS = 8
_MAIN = tuple(action for name in ("list", "read", "write", "delete") for action in OPERATIONS[name])
BEST_EFFORT = (
    "S3 delivers access logs as best it can, and a trail may leave out calls or prefixes: what they do not show was not seen, no more."
)


def lines_of_gaps(gaps: Sequence[Gap], unread: Iterable[str] = ()) -> tuple[str, ...]:
    """All gaps for a reader, safe to print."""
    # Files and event histories are read once for all roles, and told once.
    shared = tuple(each for each in gaps[0].use.coverage if all(each in gap.use.coverage for gap in gaps)) if len(gaps) > 1 else ()
    lines = [line for gap in gaps for line in ("", *lines_of_gap(gap, shared))][1:]
    lines += ["", *(f"source     {coverage_words(each)}" for each in shared)] if shared else []
    if not gaps:
        lines.append("No role that trusts CircleCI was found.")
    lines += [shown(f"Not read: {each}") for each in unread]
    return (*lines, "", *_summary(gaps))


def lines_of_gap(gap: Gap, told: Sequence[Coverage] = ()) -> tuple[str, ...]:
    """One role: its window, and its rights by what is known of them, without the sources `told` elsewhere."""
    return tuple(_gap_lines(gap, told))


def _gap_lines(gap: Gap, told: Sequence[Coverage]) -> Iterator[str]:
    role, use = gap.role, gap.use
    yield shown(f"role {role.name}")
    yield f"  window     {_day(use.begins)} to {_day(use.at)}{_young(gap)}"
    yield f"  last used  {_last_used(gap)}"
    yield from _block("used", gap.used, _used_words)
    yield from _block("not seen", gap.not_seen, _not_seen_words)
    yield from _block("unknown", gap.unknown, _unknown_words)
    yield from (f"  {line}" for line in _growth_lines(gap))
    if gap.more:
        yield f"  and {counted(gap.more, 'more place')} that the policies name"
    yield from (shown(f"  not read   {each}") for each in gap.unread)
    yield from (f"  source     {coverage_words(each)}" for each in use.coverage if each not in told)


def _young(gap: Gap) -> str:
    if not gap.use.is_young or gap.use.created is None:
        return ""
    days = (gap.use.at - gap.use.created).days
    return f": the role was made {counted(days, 'day')} ago, within the window, so that nothing of it goes yet"


def _last_used(gap: Gap) -> str:
    if not gap.use.tells_use:
        return "unknown: it could not be read"
    if gap.use.last_used is None:
        return f"never, as far as AWS tells (the past {IAM_KEEPS.days} days)"
    return _day(gap.use.last_used)


def _block(word: str, rights: Sequence[RightUse], words: Callable[[RightUse], str]) -> Iterator[str]:
    """Rights of one kind; those of which the same is told share a line."""
    shared: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for each in rights:
        shared[words(each)][each.right.place].append(each.right.action)
    lines = [
        f"{_actions(actions)}{f' on {place}' if place else ''}: {told}"
        for told, places in shared.items()
        for place, actions in places.items()
    ]
    for number, line in enumerate(lines[:_MOST_LINES]):
        yield shown(f"  {word if number == 0 else '':<10} {line}")
    if len(lines) > _MOST_LINES:
        yield f"  {'':<10} and {len(lines) - _MOST_LINES} more, which --json lists"


def _actions(actions: Sequence[str]) -> str:
    """The actions of one service without saying its name each time."""
    service = actions[0].partition(":")[0]
    # Those that jobs live by come first, whatever else a wildcard stands for.
    ordered = sorted(actions, key=lambda action: (action not in _MAIN, _MAIN.index(action) if action in _MAIN else 0, action))
    names = [each.partition(":")[2] or each if each.startswith(f"{service}:") else each for each in ordered]
    more = f" and {len(names) - _MOST_ACTIONS} more actions" if len(names) > _MOST_ACTIONS + 1 else ""
    told = " ".join(names[:_MOST_ACTIONS] if more else names)
    return f"{told if service == '*' else f'{service}:{told}'}{more}"


def _used_words(each: RightUse) -> str:
    standing = each.standing
    if not isinstance(standing, Used):
        raise TypeError("only what was used is told so")
    count = "" if standing.count is None else f"{counted(standing.count, 'time')}, "
    below = [place for place in standing.places if place != each.right.place]
    where = f", in {listed(below)}" if below else ""
    return f"{count}last {_day(standing.last)}{where} ({', '.join(standing.sources)})"


def _not_seen_words(each: RightUse) -> str:
    standing = each.standing
    if not isinstance(standing, NotSeen):
        raise TypeError("only what was not seen is told so")
    before = "" if standing.last is None else f"; before that on {_day(standing.last)}"
    new = ", since the role has it" if each.is_new else ""
    return f"{_day(standing.since)} to {_day(standing.until)}{new}{before} ({standing.source})"


def _unknown_words(each: RightUse) -> str:
    standing = each.standing
    if not isinstance(standing, Unknown):
        raise TypeError("only what is unknown is told so")
    return standing.why


def _growth_lines(gap: Gap) -> Iterator[str]:
    growth = gap.growth
    if growth.since is None or growth.count < 2:
        yield "growth     no earlier snapshot: each `audit` and `creep` keeps one, and the next can tell what has come"
        return
    if not growth.gained and not growth.lost:
        documents = f"; changed: {listed(growth.changed)}" if growth.changed else ""
        yield f"growth     none in {counted(growth.count, 'snapshot')} since {_day(growth.since)}{documents}"
    yield from (shown(f"gained     {change_words(each)}") for each in growth.gained)
    yield from (
        shown(f"lost       {_place_words(each)}: still there on {_day(each.before)}, gone on {_day(each.after)}") for each in growth.lost
    )


def change_words(change: Change) -> str:
    """`may delete in acme-builds/releases/ since 2026-10-03 (not yet on 2026-10-01), by statement 4 (Delete) of s3`."""
    by = f", by {change.by}" if change.by else ""
    return f"may {_place_words(change)} since {_day(change.after)} (not yet on {_day(change.before)}){by}"


def _place_words(change: Change) -> str:
    grant = change.grant
    bucket = "every bucket" if grant.bucket == "*" else grant.bucket
    place = f"{bucket}/{grant.prefix}" if grant.prefix else bucket
    return f"{grant.what} in {place}" if place else f"do {grant.what}"


def _summary(gaps: Sequence[Gap]) -> Iterator[str]:
    may_go, unknown = (sum(len(found) for found in counts) for counts in ([gap.may_go for gap in gaps], [gap.unknown for gap in gaps]))
    used = sum(len(gap.used) for gap in gaps)
    yield f"{counted(len(gaps), 'role')}: {counted(used, 'right')} used, {may_go} not seen in use for the whole window, {unknown} unknown."
    if any(each.shown for gap in gaps for each in gap.use.coverage):
        yield BEST_EFFORT
    hints = dict.fromkeys(
        each.standing.learn for gap in gaps for each in gap.unknown if isinstance(each.standing, Unknown) and each.standing.learn
    )
    if hints:
        yield "To learn of"
        yield from (f"  {shown(hint)}" for hint in list(hints)[:_MOST_LINES])


def coverage_words(coverage: Coverage) -> str:
    """A source with what it covers and what of it is missing, safe to print."""
    window = ""
    if coverage.since is not None and coverage.until is not None:
        window = f", {_day(coverage.since)} to {_day(coverage.until)}"
    missing = f"; missing: {coverage.missing.rstrip('.')}" if coverage.missing else ""
    return shown(f"{coverage.source}{f', {coverage.about}' if coverage.about else ''}{window}{missing}")


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def lines_of_tightened(found: Tightened, written: str | None) -> tuple[str, ...]:
    """What the tightened Setup drops and keeps, what would break if the evidence were wrong, and the way back."""
    return tuple(shown(line) for line in _tightened_lines(found, written))


def _tightened_lines(found: Tightened, written: str | None) -> Iterator[str]:
    yield from (f"note       {note}" for note in found.notes)
    for stage in found.unused:
        yield f"unused     stage {stage}: nothing of it was seen, so it is not in the Setup. Its role stays until it is removed."
    for each in found.dropped:
        standing = each.standing
        yield f"dropped    {each.stage}: {each.what}, not seen {_day(standing.since)} to {_day(standing.until)} ({standing.source})"
        yield f"           if that is wrong, its jobs get AccessDenied for {listed(each.actions)}"
    why: dict[tuple[str, str], list[str]] = defaultdict(list)
    for kept in found.kept:
        why[kept.stage, kept.why].append(kept.what)
    for (stage, reason), whats in why.items():
        yield f"kept       {stage}: {', '.join(whats)}: unknown, since {reason}"
    if found.setup is None:
        yield "No stage has any use that was seen, and a Setup without stages is none: nothing was written."
    elif not found.changes:
        yield "Nothing goes: the Setup is as tight as the evidence allows to say."
    if written is not None:
        yield f"Written to {written}. Nothing was applied. See what it changes: ciam-tui plan {written}"
        yield f"Apply it with `ciam-tui apply {written}`; if a job breaks, `ciam-tui undo last` takes it back."
