"""The grammar of the `sub` that CircleCI signs, and whether a pattern of a policy can match a token of that grammar.

Sampling shows that somebody gets in; only the grammar shows that nobody can. A form of token is a chain of characters, some of which repeat.
A pattern is run along it with all positions at once, as bits of an integer: exact, and in time proportional to the pattern's length.

The forms: https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from ciam_tui.core.matching import Wildcard, parts_of
from ciam_tui.core.trust import ANY_USER_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# `{uuid}` in lower case as tokens have it; `{name}` anything without a slash; `{path}` anything.
V1 = "org/{uuid}/project/{uuid}/user/{name}"
V2 = V1 + "/vcs-origin/{path}/vcs-ref/refs/{path}"
AUDIT_LOGS = "org/{uuid}/file-streaming/audit-logs"
FORMS = (V1, V2, AUDIT_LOGS)

_PLACEHOLDER = re.compile(r"(\{uuid\}|\{name\}|\{path\})")
_UUID = re.compile(r"[0-9A-Fa-f]{8}(?:-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}")
_HEX = "0123456789abcdef"
_SUBJECT = re.compile(
    r"org/(?P<org>[^/]*)/project/(?P<project>[^/]*)/user/(?P<user>[^/]*)(?:/vcs-origin/(?P<origin>.*?)/vcs-ref/(?P<ref>.*))?", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class SubjectPattern:
    """A pattern that is written as a `sub` is, with wildcards within its parts; `origin` and `ref` are None where it has none."""

    org: str
    project: str
    user: str
    origin: str | None
    ref: str | None

    @property
    def text(self) -> str:
        """The pattern as a policy has it."""
        own = f"org/{self.org}/project/{self.project}/user/{self.user}"
        return own if self.origin is None else f"{own}/vcs-origin/{self.origin}/vcs-ref/{self.ref}"


def subject_pattern(text: str) -> SubjectPattern | None:
    """`text` taken apart; None where it is not written as a `sub` is, as `org/<id>/*`."""
    found = _SUBJECT.fullmatch(text)
    return SubjectPattern(*found.group("org", "project", "user", "origin", "ref")) if found else None


def has_wildcard(text: str | None) -> bool:
    """Whether `text` of a pattern stands for more than itself."""
    return text is not None and ("*" in text or "?" in text)


def is_uuid(text: str) -> bool:
    """Whether `text` is a UUID, in whatever case."""
    return _UUID.fullmatch(text) is not None


def names_a_user(user: str) -> bool:
    """Whether the user's part of a pattern lets certain users in, rather than any."""
    return not (user and set(user) <= {"*"}) and user != ANY_USER_ID


def with_lower_uuids(text: str) -> str:
    """`text` with the letters of its UUIDs as tokens have them."""
    return _UUID.sub(lambda found: found[0].lower(), text)


def admits(pattern: str, form: str, *, wildcards: bool = True) -> bool:
    """Whether some `sub` of `form` matches `pattern`; without `wildcards`, `*` and `?` stand for themselves."""
    chain = _chain(form)
    reached = 1
    for part in parts_of(pattern, wildcards=wildcards, variables=False):
        if part is Wildcard.MANY:
            reached = chain.from_here_on(reached)
        elif part is Wildcard.ONE:
            reached = chain.after_any(reached)
        else:
            for char in str(part):
                reached = chain.after(reached, char)
        if not reached:
            return False
    return bool(reached & chain.whole)


@dataclass(frozen=True, slots=True, eq=False)
class _Chain:
    """Bit i of a set of positions says that the first i characters of the form may have been read."""

    takes: dict[str, int]  # for a character that the form names, the positions from which it leads on
    takes_other: int  # for any other character
    repeats: int  # the positions at which the character before may come again
    repeats_slash: int
    whole: int

    def after(self, reached: int, char: str) -> int:
        repeats = self.repeats_slash if char == "/" else self.repeats
        return (reached & self.takes.get(char, self.takes_other)) << 1 | reached & repeats

    def after_any(self, reached: int) -> int:
        return (reached & (self.whole - 1)) << 1 | reached & self.repeats

    def from_here_on(self, reached: int) -> int:
        return (self.whole << 1) - (reached & -reached) if reached else 0


@lru_cache(maxsize=64)
def _chain(form: str) -> _Chain:
    accepts: list[tuple[Callable[[str], bool], bool]] = []
    named: set[str] = {"/", *_HEX}
    for piece in _PLACEHOLDER.split(form):
        match piece:
            case "{uuid}":
                accepts += [(("-".__eq__ if char == "-" else _HEX.__contains__), False) for char in ANY_USER_ID]
            case "{name}":
                accepts.append((lambda char: char != "/", True))
            case "{path}":
                accepts.append((lambda _char: True, True))
            case _:
                named.update(piece)
                accepts += [(char.__eq__, False) for char in piece]
    named.add("-")
    other = "\x00"  # stands for every character that no form names
    takes = {char: _bits(accept(char) for accept, _ in accepts) for char in (*named, other)}
    return _Chain(
        takes=takes,
        takes_other=takes[other],
        repeats=_bits(repeats for _, repeats in accepts) << 1,
        repeats_slash=_bits(repeats and accept("/") for accept, repeats in accepts) << 1,
        whole=1 << len(accepts),
    )


def _bits(flags: Iterable[bool]) -> int:
    return sum(1 << index for index, flag in enumerate(flags) if flag)
