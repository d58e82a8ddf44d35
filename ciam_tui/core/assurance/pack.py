"""A pack as files, bound so that any byte changed afterwards in any of them is found.

`evidence.json` lists every other file with its size and SHA-256, the page for people among them, and holds its own digest: that of its bytes with
the 64 digits of the digest written as zeros. So the one number stands for all; whoever keeps it elsewhere can tell this pack from any other.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ciam_tui.core.assurance.controls import Control, kinds_for
from ciam_tui.core.assurance.items import moment, sha256_of
from ciam_tui.core.assurance.page import page

if TYPE_CHECKING:
    from ciam_tui.core.assurance.items import Item, NotCollected, Pack

FORMAT = 1
PACK = "ciam-tui evidence"
MANIFEST = "evidence.json"
PAGE = "evidence.md"
ZEROS = "0" * 64


@dataclass(frozen=True, slots=True)
class PackFile:
    """One file of a pack: its path within the folder, and its whole text."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A pack as files, the manifest last, and the digest that stands for all of them."""

    files: tuple[PackFile, ...]
    digest: str


def bound(pack: Pack, *, with_files: bool) -> Bound:
    """`pack` as files. Without files of their own, the items' texts stand within `evidence.json`, line by line, each with its newline."""
    pack = replace(pack, about=pack.about.masked)
    of_items = tuple(PackFile(item.file, item.text) for item in pack.items) if with_files else ()
    files = (PackFile(PAGE, page(pack, with_files=with_files)), *of_items)
    document = _manifest(pack, files, with_files=with_files)
    zeroed = json.dumps(document, indent=2, ensure_ascii=True) + "\n"
    digest = sha256_of(zeroed.encode())
    # The digest is the first key that holds 64 zeros: no other value is written before it.
    return Bound((*files, PackFile(MANIFEST, zeroed.replace(ZEROS, digest, 1))), digest)


def _manifest(pack: Pack, files: tuple[PackFile, ...], *, with_files: bool) -> dict[str, Any]:
    about = pack.about
    return {
        "pack": PACK,
        "format": FORMAT,
        "digest": ZEROS,
        "digest_of": "the SHA-256 of this file, with the 64 digits of `digest` written as zeros",
        "tool": {"name": "ciam-tui", "version": about.version},
        "collected_at": moment(about.at),
        "account_id": about.account_id,
        "account_alias": about.account_alias,
        "operator": about.operator,
        "region": about.region,
        "bucket": about.bucket,
        "setup_id": about.setup_id,
        "masked": pack.masked,
        "controls": [_control(pack, control) for control in Control],
        "items": [_item(item, with_files=with_files) for item in pack.items],
        "not_collected": [_missing(each) for each in pack.missing],
        "files": [{"path": file.path, "size": len(file.text.encode()), "sha256": sha256_of(file.text.encode())} for file in files],
    }


def _control(pack: Pack, control: Control) -> dict[str, Any]:
    kinds = kinds_for(control)
    return {
        "control": control.value,
        "standard": control.standard,
        "about": control.about,
        "items": [item.name for item in pack.items if item.kind in kinds],
        "not_collected": [each.title for each in pack.missing if each.kind in kinds],
    }


def _item(item: Item, *, with_files: bool) -> dict[str, Any]:
    return {
        "name": item.name,
        "kind": item.kind.value,
        "title": item.title,
        "headline": item.headline,
        "supports": [{"control": control.value, "why": why} for control, why in item.kind.serves.items()],
        "sources": list(item.sources),
        "read_at": moment(item.read_at),
        "masked": item.masked,
        "size": len(item.text.encode()),
        "sha256": item.sha256,
        **({"file": item.file} if with_files else {"lines": item.text.removesuffix("\n").split("\n")}),
    }


def _missing(each: NotCollected) -> dict[str, Any]:
    return {
        "kind": each.kind.value,
        "title": each.title,
        "why": each.why,
        "controls": [control.value for control in each.kind.serves],
        "sources": list(each.sources),
    }
