"""Files of evidence read piece by piece: which kind a text is, what in it counts, and what the files cover as a whole.

What is not seen in a file is only worth something where the file would have shown it. So this notes, of everybody's calls and not the user's
alone, from when to when the records reach, and of which buckets they show who reads and who writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ciam_tui.core.evidence.access_log import LONGEST_LINE, read_line
from ciam_tui.core.evidence.facts import Coverage, Shown, Source
from ciam_tui.core.evidence.streams import events_in, lines_in
from ciam_tui.core.evidence.tally import MOST_TREES, Tally
from ciam_tui.core.evidence.trail import EventUnreadable, call_of_event, shown_by_event, time_of_event
from ciam_tui.core.shown import shown
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ciam_tui.core.evidence.calls import Callers
    from ciam_tui.core.evidence.facts import Seen

_MOST_BUCKETS = 1000
_MOST_DAYS = 4000  # of a bucket; a file may say any date
_MOST_SHARES = 20
LONGEST_SILENCE = 7  # days; a bucket in use has a record more often than that, and a file that is missing leaves a longer hole
_TOLD_FILES = 5


@dataclass(slots=True)
class _Times:
    """When there were records of a bucket: the days of them, since what lies between the first and the last may have a hole."""

    first: datetime
    last: datetime
    days: set[int] = field(default_factory=set)

    def add(self, moment: datetime) -> None:
        self.first, self.last = min(self.first, moment), max(self.last, moment)
        if len(self.days) < _MOST_DAYS:
            self.days.add(moment.toordinal())

    def unbroken_since(self) -> datetime:
        """From when on, up to the last record, there is no hole."""
        days = sorted(self.days)
        for earlier, later in zip(reversed(days[:-1]), reversed(days[1:]), strict=True):
            if later - earlier > LONGEST_SILENCE:
                return datetime.fromordinal(later).replace(tzinfo=UTC) + timedelta(days=1)
        return self.first


@dataclass(slots=True)
class _Kind:
    """What was read of one kind of files."""

    tally: Tally
    files: int = 0
    records: int = 0
    unreadable: int = 0
    since: datetime | None = None
    until: datetime | None = None
    buckets: dict[tuple[str, bool], _Times] = field(default_factory=dict)

    @property
    def read_buckets(self) -> set[str]:
        return {bucket for bucket, writing in self.buckets if not writing}

    @property
    def written_buckets(self) -> set[str]:
        return {bucket for bucket, writing in self.buckets if writing}

    def at(self, moment: datetime) -> None:
        self.records += 1
        self.since = moment if self.since is None or moment < self.since else self.since
        self.until = moment if self.until is None or moment > self.until else self.until

    def shows(self, bucket: str, moment: datetime, *, writing: bool) -> None:
        key = (bucket, writing)
        if key not in self.buckets and len(self.buckets) < 2 * _MOST_BUCKETS:
            self.buckets[key] = _Times(moment, moment)
        if key in self.buckets:
            self.buckets[key].add(moment)

    def shown(self) -> Iterator[Shown]:
        for (bucket, writing), times in sorted(self.buckets.items()):
            yield Shown(bucket, writing, min(times.unbroken_since(), times.last), times.last)


@dataclass(slots=True)
class FileEvidence:
    """What files tell of one user, or of some roles, filled by a file after the other; memory does not grow with them."""

    whose: Callers
    _kinds: dict[Source, _Kind] = field(default_factory=dict)
    _failed: list[str] = field(default_factory=list)
    _failures: int = 0

    def read(self, chunks: Iterable[str]) -> None:
        """Take in one file, whichever kind it is. What `chunks` raises passes through: what was read before it stays counted."""
        first, rest = _begun(chunks)
        if first.lstrip("\ufeff \t\r\n")[:1] in ("{", "["):
            self._read_trail(rest)
        elif first.strip():
            self._read_log(rest)

    def failed(self, name: str, reason: str) -> None:
        """Note that a file could not be read, or not to its end."""
        self._failures += 1
        if len(self._failed) < _TOLD_FILES:
            self._failed.append(f"{shown(name)}: {reason}")

    @property
    def records(self) -> int:
        """How many records were read, everybody's."""
        return sum(kind.records for kind in self._kinds.values())

    def seen(self) -> tuple[Seen, ...]:
        """What the user did."""
        return tuple(each for kind in self._kinds.values() for each in kind.tally.seen())

    def coverage(self) -> tuple[Coverage, ...]:
        """What the files cover, and what of them could not be read."""
        found = [self._coverage(source, kind) for source, kind in self._kinds.items()]
        found += (gap for source, kind in self._kinds.items() if (gap := _gap(source, kind)) is not None)
        if self._failures:
            more = self._failures - len(self._failed)
            told = "; ".join(self._failed) + (f"; and {more} more" if more > 0 else "")
            text = f"{counted(self._failures, 'file')} could not be read, or not to the end: {told}"
            found.append(Coverage(Source.TRAIL_FILE, None, None, sees_objects=False, about="files", missing=text))
        return tuple(found)

    def _of(self, source: Source) -> _Kind:
        most = MOST_TREES * min(self.whose.count, _MOST_SHARES)
        kind = self._kinds.setdefault(source, _Kind(Tally(source, self.whose.partition, most=most)))
        kind.files += 1
        return kind

    def _read_trail(self, chunks: Iterable[str]) -> None:
        kind = self._of(Source.TRAIL_FILE)
        for event in events_in(chunks):
            try:
                moment = time_of_event(event)
                kind.at(moment)
                call = call_of_event(event, self.whose)
            except EventUnreadable:
                kind.unreadable += 1
                continue
            if call is not None:
                kind.tally.add(call)
            if (about := shown_by_event(event)) is not None:
                kind.shows(about[0], moment, writing=about[1])

    def _read_log(self, chunks: Iterable[str]) -> None:
        kind = self._of(Source.S3_ACCESS_LOG)
        for line in lines_in(chunks, LONGEST_LINE):
            if line is not None and not line.strip():
                continue
            read = None if line is None else read_line(line, self.whose)
            if read is None:
                kind.unreadable += 1
                continue
            kind.at(read.at)
            kind.shows(read.bucket, read.at, writing=True)
            kind.shows(read.bucket, read.at, writing=False)
            if read.call is not None:
                kind.tally.add(read.call)

    def _coverage(self, source: Source, kind: _Kind) -> Coverage:
        shows_objects = bool(kind.read_buckets or kind.written_buckets)
        about = f"{counted(kind.files, 'file')}, {counted(kind.records, 'record')}"
        if source is Source.TRAIL_FILE and not shows_objects:
            about += ", no event about an object of S3 among them: such a trail does not show them"
        elif shows_objects:
            about += f", objects of {listed(sorted(kind.read_buckets | kind.written_buckets))}"
            if only_written := sorted(kind.written_buckets - kind.read_buckets):
                about += f"; of {listed(only_written)} writing alone"
            if only_read := sorted(kind.read_buckets - kind.written_buckets):
                about += f"; of {listed(only_read)} reading alone"
        return Coverage(
            source,
            kind.since,
            kind.until,
            sees_objects=shows_objects,
            about=about,
            read_buckets=tuple(sorted(kind.read_buckets)),
            written_buckets=tuple(sorted(kind.written_buckets)),
            shown=tuple(kind.shown()),
        )


def _gap(source: Source, kind: _Kind) -> Coverage | None:
    """What is missing of what was read; by itself, since it takes nothing from what the rest shows."""
    gaps = []
    if kind.unreadable:
        gaps.append(f"{counted(kind.unreadable, 'record')} could not be read")
    if kind.tally.uncounted:
        gaps.append(f"{counted(kind.tally.uncounted, 'call')} of yet other actions and buckets were not told apart")
    if not gaps:
        return None
    return Coverage(source, kind.since, kind.until, sees_objects=False, about=counted(kind.files, "file"), missing="; ".join(gaps))


def _begun(chunks: Iterable[str]) -> tuple[str, Iterator[str]]:
    """The first chunk that holds more than white space, and all of them."""
    stream = iter(chunks)
    held: list[str] = []
    for chunk in stream:
        held.append(chunk)
        if chunk.strip("\ufeff \t\r\n"):
            break
    first = "".join(held[-1:])

    def whole() -> Iterator[str]:
        yield from held
        yield from stream

    return first, whole()
