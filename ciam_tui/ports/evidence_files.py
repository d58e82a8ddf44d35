"""Files of evidence from the disk: CloudTrail's and S3's access logs, packed or not, alone or in folders, of any size.

Every file is read once, piece by piece, so that a packed file that unpacks to a terabyte takes time and no memory. What cannot be read is
told and ends nothing but itself; a name that does not exist is an error, since whoever typed it meant another.
"""

from __future__ import annotations

import codecs
import gzip
import os
import stat
import zlib
from pathlib import Path
from typing import IO, TYPE_CHECKING, cast

from ciam_tui.core.evidence.reading import FileEvidence
from ciam_tui.core.problems import CiamError
from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ciam_tui.core.evidence.calls import Callers

_CHUNK = 262_144  # bytes
_TOLD_EVERY = 16 * 1_048_576  # bytes unpacked, after which it is said again that it goes on
_PACKED = b"\x1f\x8b"
# Beside the events CloudTrail keeps digests of its files and its own insights, which are no events.
_NO_EVENTS = ("CloudTrail-Digest", "CloudTrail-Insight")


class _Stopped(Exception):
    """Somebody had enough."""


def read_evidence_files(
    paths: Sequence[Path],
    whose: Callers,
    *,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> FileEvidence:
    """What the files, and all files in the folders, tell of `whose` calls. `progress` hears the file and how far it is.

    Raises:
        CiamError: `file-unreadable` where one of `paths` does not exist.
    """
    evidence = FileEvidence(whose)
    stops = should_stop or (lambda: False)
    tell = progress or (lambda _text: None)
    for path in paths:
        if not os.path.lexists(path):
            raise CiamError(
                "file-unreadable", "Cannot read the evidence", f'There is no file or folder "{shown(str(path))}".', ("Check the path.",)
            )
    for number, path in enumerate(_files(_outermost(paths), evidence), start=1):
        if stops():
            evidence.failed("the rest", "it was stopped before they were read")
            return evidence
        try:
            _read(path, number, evidence, tell, stops)
        except _Stopped:
            evidence.failed(path.name, "it was stopped before its end")
            return evidence
        except (EOFError, zlib.error, gzip.BadGzipFile):
            evidence.failed(path.name, "the packed file is cut off or broken")
        except OSError as error:
            evidence.failed(path.name, error.strerror or type(error).__name__)
    return evidence


def _outermost(paths: Sequence[Path]) -> list[Path]:
    """`paths` without those that lie in another: nothing is counted twice."""
    real = dict.fromkeys(Path(os.path.realpath(path)) for path in paths)
    return [path for path in real if not any(other in path.parents for other in real)]


def _files(paths: Sequence[Path], evidence: FileEvidence) -> Iterator[Path]:
    for path in paths:
        if not path.is_dir():
            yield path
            continue

        def unlisted(error: OSError) -> None:
            evidence.failed(str(error.filename), error.strerror or type(error).__name__)

        for folder, names, files in os.walk(path, onerror=unlisted):
            names[:] = sorted(name for name in names if name not in _NO_EVENTS)
            yield from (Path(folder, name) for name in sorted(files))


def _read(path: Path, number: int, evidence: FileEvidence, tell: Callable[[str], None], stops: Callable[[], bool]) -> None:
    # A pipe or a device would be waited for without end.
    if not stat.S_ISREG(path.stat().st_mode):
        evidence.failed(path.name, "it is no file")
        return
    with path.open("rb") as file:
        packed = file.read(len(_PACKED)) == _PACKED
        file.seek(0)
        name = f"{shown(path.name)} (file {number:,})"
        if packed:
            with gzip.GzipFile(fileobj=file) as unpacked:
                evidence.read(_texts(cast("IO[bytes]", unpacked), name, tell, stops))
        else:
            evidence.read(_texts(file, name, tell, stops))


def _texts(file: IO[bytes], name: str, tell: Callable[[str], None], stops: Callable[[], bool]) -> Iterator[str]:
    """The file's text in pieces; bytes that are no UTF-8 become U+FFFD, and spoil no more than their own record."""
    decoder = codecs.getincrementaldecoder("utf-8")(errors="replace")
    read = 0
    while chunk := file.read(_CHUNK):
        if read % _TOLD_EVERY < _CHUNK:
            tell(f"Evidence from {name}" + (f", {read // 1_048_576:,} MB" if read else ""))
        if stops():
            raise _Stopped
        read += len(chunk)
        yield decoder.decode(chunk)
    yield decoder.decode(b"", final=True)
