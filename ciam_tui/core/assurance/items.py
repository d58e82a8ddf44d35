"""The pieces of evidence as values: each with its whole text, where it comes from, when it was read, and what could not be had.

An item's text is made once, from data without secrets; its digest, its size and its file follow from that text and from nothing else.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, field, replace
from datetime import UTC
from typing import TYPE_CHECKING, Any

from ciam_tui.core.assurance.masked import Masking

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from ciam_tui.core.assurance.controls import Kind

FOLDER = "items"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9._-]+")
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Item:
    """One piece. `lines` tell it in Markdown, `headline` in one sentence; `masked` is how many secrets were taken out of it.

    `sources` are the calls and files that it was read from. `read_at` is None where it was read from no account and no journal.
    """

    kind: Kind
    name: str
    title: str
    text: str
    sources: tuple[str, ...]
    read_at: datetime | None = None
    headline: str = ""
    lines: tuple[str, ...] = ()
    masked: int = 0

    @property
    def file(self) -> str:
        """Where it lies within the folder of a pack."""
        return f"{FOLDER}/{self.name}.json"

    @property
    def sha256(self) -> str:
        """The digest of its text."""
        return sha256_of(self.text.encode())


@dataclass(frozen=True, slots=True)
class NotCollected:
    """A piece that is not there, and why: told where it would stand."""

    kind: Kind
    title: str
    why: str
    sources: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class About:
    """What a whole pack is about. Who collected it, and when, are None where it was made from a Setup alone."""

    version: str
    account_id: str
    bucket: str
    setup_id: str
    at: datetime | None = None
    account_alias: str | None = None
    operator: str | None = None
    region: str | None = None

    @property
    def is_offline(self) -> bool:
        """Whether it was made without an account."""
        return self.at is None

    @property
    def masked(self) -> About:
        """The same without secrets: an account's alias and a session's name are what somebody chose."""
        masking = Masking()
        return replace(
            self,
            bucket=masking.text(self.bucket),
            account_alias=masking.data(self.account_alias),
            operator=masking.data(self.operator),
            region=masking.data(self.region),
        )


@dataclass(frozen=True, slots=True)
class Pack:
    """All of it."""

    about: About
    items: tuple[Item, ...]
    missing: tuple[NotCollected, ...] = ()

    def of(self, kind: Kind) -> tuple[Item, ...]:
        """The items of a kind."""
        return tuple(item for item in self.items if item.kind is kind)

    @property
    def masked(self) -> int:
        """How many secrets were taken out."""
        return sum(item.masked for item in self.items)


@dataclass(slots=True)
class Made:
    """Makes items: names each file once, and takes secrets out of what goes into it."""

    read_at: datetime | None = None
    _names: set[str] = field(default_factory=set)

    def item(
        self,
        kind: Kind,
        data: Mapping[str, Any],
        sources: Iterable[str],
        tell: Callable[[Any], tuple[str, Iterable[str]]],
        *,
        name: str = "",
        title: str = "",
    ) -> Item:
        """An item of `data`. `tell` says, of the data without secrets, its headline and its lines of Markdown."""
        masking = Masking()
        kept = masking.data(dict(data))
        headline, lines = tell(kept)
        return Item(
            kind,
            self._free(masking.text(name or kind.value)),
            masking.text(title or kind.heading),
            json.dumps(kept, indent=2, ensure_ascii=True) + "\n",
            tuple(masking.text(source) for source in sources),
            self.read_at,
            headline,
            tuple(lines),
            masking.count,
        )

    def _free(self, wanted: str) -> str:
        """A name that no other file has, also where a file system does not tell capitals from small letters."""
        base = _NOT_IN_A_NAME.sub("-", wanted).strip(".-")[:_LONGEST_NAME] or "item"
        name, number = base, 2
        while name.lower() in self._names:
            name, number = f"{base}-{number}", number + 1
        self._names.add(name.lower())
        return name


def not_collected(kind: Kind, why: str, *sources: str, title: str = "") -> NotCollected:
    """A piece that could not be had."""
    masking = Masking()
    return NotCollected(kind, masking.text(title or kind.heading), masking.text(why), tuple(masking.text(source) for source in sources))


def sha256_of(content: bytes) -> str:
    """The SHA-256 of `content`, in 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def moment(at: datetime | None) -> str | None:
    """A time as every document of this program tells it, to the second."""
    return None if at is None else f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"
