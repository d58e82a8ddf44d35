"""Whether a folder is a pack as it was written: every file that was changed, added, removed, renamed or replaced by a link, told by its name.

It judges what a port has listed, so that no trick of a file system is followed here. It cannot tell a pack from another whole one that somebody
made in its place: only the digest that was printed at collection can, and it is compared where it is given.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ciam_tui.core.assurance.items import sha256_of
from ciam_tui.core.assurance.pack import FORMAT, MANIFEST, PACK, PAGE, ZEROS
from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import load_json

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MANIFEST_BYTES = 64 * 1024 * 1024
DIGEST = re.compile(r"[0-9a-f]{64}")
# A document that has one of these keys was written as a pack, whatever became of the rest.
_MARKS = ("pack", "digest", "files")


class What(StrEnum):
    """What an entry of a folder is."""

    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry of a folder. Of a plain file `size` and `sha256` are told, or `unread` says why they cannot be."""

    what: What
    size: int = 0
    sha256: str = ""
    unread: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that is not as it was written."""

    path: str
    change: str
    text: str


@dataclass(frozen=True, slots=True)
class Verification:
    """What became of a pack. `digest` is the one that `evidence.json` holds, empty where that cannot be told."""

    digest: str
    files: int
    changes: tuple[Change, ...]
    collected_at: str | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing was changed, as far as the folder itself can show."""
        return not self.changes


def verified(entries: Mapping[str, Entry], manifest: bytes | None, *, wanted: str | None = None) -> Verification:
    """What became of the folder with these `entries`, by path, whose `evidence.json` has the bytes `manifest`.

    Raises:
        CiamError: `no-pack`, where the folder is none.
    """
    if manifest is None:
        if MANIFEST not in entries and PAGE not in entries:
            raise not_a_pack(f"It holds neither {MANIFEST} nor {PAGE}.")
        return Verification("", 0, (_without_manifest(entries.get(MANIFEST)),))
    document, broken = _document(manifest)
    if document is None:
        return Verification("", 0, (Change(MANIFEST, "changed", broken),))
    if not any(mark in document for mark in _MARKS):
        raise not_a_pack(f"Its {MANIFEST} was not written by this tool.")
    digest = str(document.get("digest", ""))
    listed, faults = _listed(document)
    changes = [*_of_manifest(manifest, document, digest), *faults, *_of_files(listed, entries)]
    if wanted is not None and wanted.lower() != digest:
        told = digest if DIGEST.fullmatch(digest) else "none"
        changes.append(
            Change(MANIFEST, "another-pack", f"Its digest is {told}, and not {wanted.lower()}: this is not the pack of that digest.")
        )
    collected = document.get("collected_at")
    return Verification(digest, len(listed) + 1, tuple(changes), collected if isinstance(collected, str) else None)


def was_collected(manifest: bytes) -> bool:
    """Whether these are the bytes of the manifest of a pack that was collected from an account, and so can never be made again."""
    document, _ = _document(manifest)
    return document is not None and document.get("pack") == PACK and document.get("collected_at") is not None


def not_a_pack(why: str) -> CiamError:
    """That a folder is none."""
    return CiamError("no-pack", "This is no evidence that ciam-tui has written", why, ("Name the folder that `evidence collect` made.",))


def _without_manifest(entry: Entry | None) -> Change:
    match entry:
        case None:
            return Change(MANIFEST, "removed", "It is missing, and without it nothing can be said of the rest.")
        case Entry(what=What.FILE):
            why = entry.unread or f"it has {entry.size:,} bytes, more than this tool ever writes"
            return Change(MANIFEST, "unreadable", f"It cannot be read: {why}.")
        case _:
            return Change(MANIFEST, entry.what.value, f"It is a {_WORDS[entry.what]}, and was written as a file.")


def _document(manifest: bytes) -> tuple[dict[str, Any] | None, str]:
    try:
        found = load_json(manifest.decode("utf-8"), what=MANIFEST, limit_bytes=MANIFEST_BYTES)
    except UnicodeDecodeError:
        return None, "It is not UTF-8 text any more."
    except CiamError as error:
        return None, error.message
    return (found, "") if isinstance(found, dict) else (None, "It is no JSON object any more.")


def _of_manifest(manifest: bytes, document: Mapping[str, Any], digest: str) -> Iterator[Change]:
    if document.get("pack") != PACK:
        yield Change(MANIFEST, "changed", "It does not say any more what it is.")
    elif document.get("format") != FORMAT:
        yield Change(MANIFEST, "changed", f"It has a format that this version does not know; this one knows the format {FORMAT}.")
    if not DIGEST.fullmatch(digest):
        yield Change(MANIFEST, "changed", "It holds no digest any more.")
        return
    spelled = digest.encode()
    if manifest.count(spelled) != 1 or sha256_of(manifest.replace(spelled, ZEROS.encode())) != digest:
        yield Change(MANIFEST, "changed", "It is not what its digest stands for.")


def _listed(document: Mapping[str, Any]) -> tuple[dict[str, tuple[int, str]], list[Change]]:
    """The files that a pack has beside its manifest, by path, with size and digest."""
    found: dict[str, tuple[int, str]] = {}
    for each in files if isinstance(files := document.get("files"), list) else ():
        match each:
            case {"path": str(path), "size": int(size), "sha256": str(digest)} if path not in found and path != MANIFEST:
                found[path] = (size, digest)
            case _:
                return found, [Change(MANIFEST, "changed", "Its list of files is not what this tool writes.")]
    return found, ([] if found else [Change(MANIFEST, "changed", "It lists no files any more.")])


_WORDS = {What.FILE: "file", What.FOLDER: "folder", What.LINK: "link", What.OTHER: "device, a pipe or a socket"}


def _of_files(listed: Mapping[str, tuple[int, str]], entries: Mapping[str, Entry]) -> Iterator[Change]:
    folders = {path[:at] for path in listed for at, char in enumerate(path) if char == "/"}
    added = {
        path: entry
        for path, entry in entries.items()
        if path not in listed and path != MANIFEST and not _is_our_folder(path, entry, folders)
    }
    new_names = {
        (entry.size, entry.sha256): path for path, entry in sorted(added.items(), reverse=True) if entry.what is What.FILE and entry.sha256
    }
    # Of equal files the first: a list from a stranger may be long, and is gone through once.
    by_digest = {digest: path for path, (_, digest) in reversed([*listed.items()])}
    for path, (size, digest) in listed.items():
        entry = entries.get(path)
        if entry is None:
            renamed = new_names.get((size, digest))
            if renamed is None:
                yield Change(path, "removed", "It is missing.")
            else:
                added.pop(renamed, None)
                yield Change(path, "renamed", f"It is called {renamed} now.")
        elif entry.what is not What.FILE:
            yield Change(path, entry.what.value, f"It is a {_WORDS[entry.what]} now, and was written as a file.")
        elif entry.unread:
            yield Change(path, "unreadable", f"It cannot be read: {entry.unread}.")
        elif (entry.size, entry.sha256) != (size, digest):
            yield Change(path, "changed", _how_changed(path, entry, size, by_digest.get(entry.sha256, path)))
    for path, entry in sorted(added.items()):
        yield Change(path, "added", f"This {_WORDS[entry.what]} was not written with the pack.")


def _is_our_folder(path: str, entry: Entry, folders: set[str]) -> bool:
    return entry.what is What.FOLDER and path in folders


def _how_changed(path: str, entry: Entry, size: int, other: str) -> str:
    if other != path:
        return f"It has the content of {other} now."
    if entry.size != size:
        return f"It has {entry.size:,} bytes now, and was written with {size:,}."
    return f"Some of its {size:,} bytes are others now."
