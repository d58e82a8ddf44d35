"""How IAM compares text: `*` and `?`, and the variables that stand for values of the request.

Everything that decides about access rests on this comparison, so it exists once, and it is linear: a pattern is cut at its `*` into pieces,
each looked for once from left to right, so no document from a stranger (`a*a*a*...b`) can make it go back and try again.

Text that is an ARN has a rule of its own: its wildcards stay within their segment (IAM User Guide, "IAM JSON policy elements: Resource" and
"Condition operators", section on ARN operators).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import TypeAlias


class Wildcard(Enum):
    """`MANY` stands for any number of characters, `/` and `:` among them; `ONE` for exactly one."""

    MANY = "*"
    ONE = "?"


@dataclass(frozen=True, slots=True)
class Variable:
    """`${key}`: the value of a condition key of the request, or `default` where the request has none."""

    key: str
    default: str | None


Context: TypeAlias = Mapping[str, tuple[str, ...]]  # condition keys in lower case, as IAM does not tell their case apart
Token: TypeAlias = str | Wildcard
Part: TypeAlias = Token | Variable
Matcher: TypeAlias = Callable[[str], bool]
Test: TypeAlias = Callable[[str, Context], bool]

ARN_SEGMENTS = 6  # arn, partition, service, region, account, resource

_WILDCARDS = re.compile(r"([*?])")
# IAM takes no space within a variable's key. ${key}, ${key, 'default'}, and the three escapes ${*}, ${?}, ${$}
_VARIABLE = re.compile(r"\$\{(?:(?P<plain>[*?$])|(?P<key>[^\s{}$,*?']+)(?:\s*,\s*'(?P<default>[^{}']*)')?)\}")


def parts_of(text: str, *, wildcards: bool, variables: bool) -> tuple[Part, ...]:
    """`text` of a policy taken apart; without `wildcards` or `variables`, what would be one is plain text."""
    if not variables:
        return tuple(_tokens(text, wildcards=wildcards))
    parts: list[Part] = []
    end = 0
    for found in _VARIABLE.finditer(text):
        parts.extend(_tokens(text[end : found.start()], wildcards=wildcards))
        parts.append(found["plain"] or Variable(found["key"], found["default"]))
        end = found.end()
    parts.extend(_tokens(text[end:], wildcards=wildcards))
    return tuple(parts)


def _tokens(text: str, *, wildcards: bool) -> Iterable[Token]:
    if not wildcards:
        return (text,) if text else ()
    return (Wildcard(piece) if piece in ("*", "?") else piece for piece in _WILDCARDS.split(text) if piece)


def resolved(parts: Sequence[Part], context: Context) -> tuple[Token, ...] | None:
    """`parts` with each variable replaced by its value; None where one has no value, or several, and no default.

    A value takes its place as plain text: a `*` in a tag's value is no wildcard.
    """
    tokens: list[Token] = []
    for part in parts:
        if isinstance(part, Variable):
            values = context.get(part.key.lower(), ())
            value = values[0] if len(values) == 1 else part.default
            if value is None:
                return None
            tokens.append(value)
        else:
            tokens.append(part)
    return tuple(tokens)


def arn_test(text: str, *, variables: bool, open_ended: bool) -> Test:
    """The test whether an ARN matches `text`, segment by segment: the colons that cut are those of the policy's own text, the first five.

    What follows the fifth colon is the resource, in which `*` and `?` stand for `/` and `:` too. With `open_ended`, as in Resource elements, the
    segments that `text` lacks are anything, whether it ends in `*` (`arn:aws:s3:*`) or not: AWS completes `arn:aws:sqs` by a `*` for each (IAM User
    Guide, "IAM identifiers", IAM ARNs). ARN operators want all six segments.
    AWS writes that a `*` at the end of any segment "can" reach further; where segments follow it, it does not here: a pattern for an account
    should not take another account's.
    """
    parts = parts_of(text, wildcards=True, variables=variables)
    missing = ARN_SEGMENTS - len(_arn_segments(parts))
    if missing and not open_ended:
        return ignoring_context(lambda _said: False)
    parts += (":", Wildcard.MANY) * missing
    segments = _arn_segments(parts)
    pinned = segments[:-1]
    if all(isinstance(part, str) for segment in pinned for part in segment):
        # Plain text up to the resource pins the colons by itself, and one comparison of the whole is several times faster.
        return value_test(parts)
    tests = [value_test(segment) for segment in segments]

    def matches(said: str, context: Context) -> bool:
        said_segments = said.split(":", ARN_SEGMENTS - 1)
        return len(said_segments) == ARN_SEGMENTS and all(test(value, context) for test, value in zip(tests, said_segments, strict=True))

    return matches


def _arn_segments(parts: Iterable[Part]) -> list[list[Part]]:
    segments: list[list[Part]] = [[]]
    for part in parts:
        if not isinstance(part, str):
            segments[-1].append(part)
            continue
        first, *others = part.split(":", ARN_SEGMENTS - len(segments))
        segments[-1].append(first)
        segments.extend([other] for other in others)
    return segments


def variables_in(parts: Iterable[Part]) -> tuple[Variable, ...]:
    """The variables among `parts`, in their order."""
    return tuple(part for part in parts if isinstance(part, Variable))


def value_test(parts: Sequence[Part]) -> Test:
    """The test whether a value matches `parts`; what holds no variable is prepared once, the rest for each request."""
    fixed = tuple(part for part in parts if not isinstance(part, Variable))
    if len(fixed) == len(parts):
        return ignoring_context(matcher(fixed))

    def matches(value: str, context: Context) -> bool:
        tokens = resolved(parts, context)
        # Many variables and one long value make a text that need not be put together to be known as too long.
        return tokens is not None and length_of(tokens) <= len(value) and matcher(tokens)(value)

    return matches


def length_of(tokens: Iterable[Token]) -> int:
    """How long a text that matches `tokens` is at least."""
    return sum(len(token) if isinstance(token, str) else token is Wildcard.ONE for token in tokens)


def ignoring_context(matches: Matcher) -> Test:
    """`matches` as a test, for what does not depend on the rest of the request."""

    def test(value: str, _context: Context) -> bool:
        return matches(value)

    return test


def wildcard_matcher(pattern: str) -> Matcher:
    """The matcher of a pattern in which `*` and `?` are wildcards and everything else stands for itself."""
    return matcher(tuple(_tokens(pattern, wildcards=True)))


def matcher(tokens: Sequence[Token]) -> Matcher:
    """The matcher of a whole value against `tokens`; it takes time in proportion to the value's length."""
    segments = _segments(tokens)
    if len(segments) == 1:
        return segments[0].whole()
    head, *middle, tail = segments
    if not middle and not tail.length and (text := head.plain) is not None:  # most patterns there are: text and a `*` at its end
        return lambda value: value.startswith(text)
    middle = [segment for segment in middle if segment.length]
    shortest = sum(segment.length for segment in segments)

    def matches(value: str) -> bool:
        end = len(value) - tail.length
        if len(value) < shortest or not head.stands_at(value, 0) or not tail.stands_at(value, end):
            return False
        start = head.length
        for segment in middle:
            # The leftmost place is always right: it leaves the most room for what follows.
            place = segment.find(value, start, end)
            if place < 0:
                return False
            start = place + segment.length
        return True

    return matches


@dataclass(frozen=True, slots=True)
class _Segment:
    """What stands between two `*`: runs of plain text at their offsets, and `?` everywhere else."""

    runs: tuple[tuple[int, str], ...]
    length: int
    masks: Mapping[str, int]  # for a segment with text and `?`: which positions accept a character, as bits
    any_mask: int  # the positions of `?`, which accept every character

    @property
    def plain(self) -> str | None:
        """The text of a segment without `?`, else None."""
        if not self.length:
            return ""
        return self.runs[0][1] if len(self.runs) == 1 and len(self.runs[0][1]) == self.length else None

    def whole(self) -> Matcher:
        """The matcher of a value that is this segment and nothing else."""
        if (text := self.plain) is not None:
            return lambda value: value == text
        return lambda value: len(value) == self.length and self.stands_at(value, 0)

    def stands_at(self, value: str, start: int) -> bool:
        return all(value.startswith(text, start + offset) for offset, text in self.runs)

    def find(self, value: str, start: int, end: int) -> int:
        """The leftmost place of this segment in `value[start:end]`, or -1."""
        if end - start < self.length:
            return -1
        if not self.runs:
            return start
        if not self.masks:
            return value.find(self.runs[0][1], start, end)
        # Bit i of `reached` says that the first i + 1 positions match what ends at this character: all starts are tried at once.
        reached, whole = 0, 1 << (self.length - 1)
        for place in range(start, end):
            reached = ((reached << 1) | 1) & self.masks.get(value[place], self.any_mask)
            if reached & whole:
                return place - self.length + 1
        return -1


def _segments(tokens: Sequence[Token]) -> list[_Segment]:
    segments: list[_Segment] = []
    current: list[Token] = []
    for token in tokens:
        if token is Wildcard.MANY:
            segments.append(_segment(current))
            current = []
        else:
            current.append(token)
    return [*segments, _segment(current)]


def _segment(tokens: Sequence[Token]) -> _Segment:
    runs: list[tuple[int, str]] = []
    length = 0
    for token in tokens:
        if not isinstance(token, str):
            length += 1
        elif runs and runs[-1][0] + len(runs[-1][1]) == length:
            runs[-1] = (runs[-1][0], runs[-1][1] + token)
            length += len(token)
        elif token:
            runs.append((length, token))
            length += len(token)
    return _Segment(tuple(runs), length, *_masks(runs, length))


def _masks(runs: Sequence[tuple[int, str]], length: int) -> tuple[dict[str, int], int]:
    texts = sum(len(text) for _, text in runs)
    if texts in (0, length):
        return {}, 0
    taken: dict[str, int] = {}
    for offset, text in runs:
        for place, char in enumerate(text, start=offset):
            taken[char] = taken.get(char, 0) | 1 << place
    any_mask = (1 << length) - 1
    for mask in taken.values():
        any_mask &= ~mask
    return {char: mask | any_mask for char, mask in taken.items()}, any_mask
