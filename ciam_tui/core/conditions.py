"""The conditions of a statement: each operator of IAM as a test, and each outcome as a sentence that says why.

A condition fails in ways that look alike (the key is absent, a letter's case differs, `*` under an operator that takes it literally), and
the message of AWS is the same for all of them. So the same object that decides also explains, and the two cannot disagree.
"""

from __future__ import annotations

import binascii
import operator
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import TYPE_CHECKING, Any, TypeVar

from ciam_tui.core.matching import (
    Context,
    Part,
    Test,
    arn_test,
    ignoring_context,
    length_of,
    parts_of,
    resolved,
    value_test,
    variables_in,
    wildcard_matcher,
)
from ciam_tui.core.strict_json import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ciam_tui.core.document import Condition

Value = TypeVar("Value")

SHOWN_LENGTH = 400  # a `sub` with a long branch has some 300 characters, and its end is what decides
SHOWN_VALUES = 3  # of a list in a sentence; a role for 50 projects has 50 values
_NUMBER = re.compile(r"[+-]?[0-9]{1,40}(\.[0-9]{1,40})?")
_EPOCH_SECONDS = re.compile(r"[0-9]{1,18}")
_YEAR_OR_MONTH = re.compile(
    r"(?P<year>[0-9]{4})(-(?P<month>0[1-9]|1[0-2]))?"
)  # the W3C's shortest dates, which the standard library does not read
_BOOLEANS = frozenset({"true", "false"})
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_ORDERS: dict[str, Callable[[Any, Any], bool]] = {
    "Equals": operator.eq,
    "LessThan": operator.lt,
    "LessThanEquals": operator.le,
    "GreaterThan": operator.gt,
    "GreaterThanEquals": operator.ge,
}
_RELATIONS = {
    "LessThan": ("is less than", "is not less than"),
    "LessThanEquals": ("is at most", "is more than"),
    "GreaterThan": ("is greater than", "is not greater than"),
    "GreaterThanEquals": ("is at least", "is less than"),
    "IpAddress": ("is in", "is not in"),
}


class Quantifier(Enum):
    """How many of a key's values in the request a condition is about."""

    ONE = ""
    ALL = "ForAllValues"
    ANY = "ForAnyValue"


@dataclass(frozen=True, slots=True)
class CompiledCondition:
    """One operator on one key. `tests` has a test for each of `values`: does this value of the request match that one of the policy?"""

    operator: str
    key: str
    values: tuple[str, ...]
    folded_key: str
    base: str
    quantifier: Quantifier
    negated: bool
    if_exists: bool
    variables: bool
    tests: tuple[Test, ...]

    def holds(self, context: Context) -> bool:
        """Whether the request meets this condition."""
        present = context.get(self.folded_key, ())
        match self.quantifier:
            case Quantifier.ONE if self.base == "Null":
                return any(value.lower() == ("false" if present else "true") for value in self.values)
            case Quantifier.ONE:
                if not present:
                    return self.negated or self.if_exists
                # Several values want a quantifier; without one AWS compares none of them.
                return len(present) == 1 and self._accepts(present[0], context)
            case Quantifier.ALL:
                # Empty strings alone count as no values at all; a set operator ignores IfExists.
                return not any(present) or all(self._accepts(value, context) for value in present)
            case Quantifier.ANY:
                return any(present) and any(self._accepts(value, context) for value in present)

    def _accepts(self, value: str, context: Context) -> bool:
        return any(test(value, context) for test in self.tests) is not self.negated

    def reason(self, context: Context) -> str:
        """One sentence, without its full stop, that says why this condition holds or does not."""
        present = context.get(self.folded_key, ())
        label = f"{self.operator} {self.key}"
        if self.base == "Null":
            return f"{label} {listed(self.values)}: the request {'has' if present else 'does not have'} the key"
        if not present:
            taken = ", which this operator takes as met" if self.holds(context) else ""
            return f"{label}: the request does not have the key{taken}"
        if self.quantifier is Quantifier.ONE and len(present) > 1:
            return f"{label}: the request has {len(present)} values, and only ForAllValues or ForAnyValue compares several"
        if self.quantifier is not Quantifier.ONE and not any(present):
            return f"{label}: the request has empty values alone, which count as none"
        return f"{label}: {self._compared(present, context)}"

    def _compared(self, present: Sequence[str], context: Context) -> str:
        matching = [value for value in present if any(test(value, context) for test in self.tests)]
        if not self.values:
            return f"{listed(present)} has no value to match"
        if len(present) > 1:
            return f"of {listed(present)} in the request, {len(matching) or 'none'} of {len(present)} match {listed(self.values)}"
        yes, no = next((words for end, words in _RELATIONS.items() if self.base.endswith(end)), ("matches", "does not match"))
        if not matching:
            several = "any of " if len(self.values) > 1 else ""
            return f"{listed(present)} {no} {several}{listed(self.values)}{self._hint(present[0], context)}"
        matched = next(value for value, test in zip(self.values, self.tests, strict=True) if test(matching[0], context))
        return f"{listed(present)} {yes} {quoted(matched, SHOWN_LENGTH)}"

    def _hint(self, value: str, context: Context) -> str:
        """What is nearly right, where it is known: the mistakes that cost people an afternoon."""
        if not self.base.startswith(("String", "Arn")):
            return ""
        if any(wanted.lower() == value.lower() for wanted in self.values):
            return " (they differ in case alone)"
        if self.base == "StringEquals" and any(wildcard_matcher(wanted)(value) for wanted in self.values):
            return f" ({self.operator} takes * and ? as plain characters)"
        for variable in variables_in(part for wanted in self.values for part in self._parts(wanted)):
            if resolved((variable,), context) is None:
                return f" (${{{variable.key}}} has no single value in the request)"
        return ""

    def _parts(self, wanted: str) -> tuple[Part, ...]:
        return parts_of(wanted, wildcards=False, variables=self.variables)


def compile_condition(condition: Condition, *, variables: bool) -> CompiledCondition:
    """`condition` of a parsed policy as a test; `variables` says whether the policy's version knows `${...}`."""
    name, key, values = condition
    quantifier, _, unquantified = name.rpartition(":")
    test_name = unquantified.removesuffix("IfExists")
    base = test_name.replace("Not", "", 1)
    return CompiledCondition(
        operator=name,
        key=key,
        values=values,
        folded_key=key.lower(),
        base=base,
        quantifier=Quantifier.ONE if base == "Null" else Quantifier(quantifier),
        negated=base != test_name,
        if_exists=unquantified != test_name,
        variables=variables,
        tests=tuple(_test(base, value, variables=variables) for value in values),
    )


def _test(base: str, value: str, *, variables: bool) -> Test:
    """The test whether a value of the request matches `value` under the positive operator `base`."""
    match base:
        case "StringEquals":
            return value_test(parts_of(value, wildcards=False, variables=variables))
        case "StringEqualsIgnoreCase":
            return _ignoring_case(value, variables=variables)
        case "StringLike":
            return value_test(parts_of(value, wildcards=True, variables=variables))
        case "ArnEquals" | "ArnLike":
            return arn_test(value, variables=variables, open_ended=False)
        case "Bool":
            wanted = value.lower()
            return ignoring_context(lambda said: said.lower() == wanted and wanted in _BOOLEANS)
        case "BinaryEquals":
            return _read_test(value, _bytes, operator.eq)
        case "IpAddress":
            return _address_test(value)
        case "Null":
            return ignoring_context(value.lower().__eq__)
    if base.startswith("Numeric"):
        return _read_test(value, _number, _ORDERS[base.removeprefix("Numeric")])
    return _read_test(value, _moment, _ORDERS[base.removeprefix("Date")])


def _ignoring_case(wanted: str, *, variables: bool) -> Test:
    parts = parts_of(wanted, wildcards=False, variables=variables)
    if not variables_in(parts):
        plain = "".join(str(part) for part in parts).lower()
        return ignoring_context(lambda said: said.lower() == plain)

    def matches(said: str, context: Context) -> bool:
        tokens, folded = resolved(parts, context), said.lower()
        return tokens is not None and length_of(tokens) <= len(folded) and "".join(map(str, tokens)).lower() == folded

    return matches


def _read_test(wanted: str, read: Callable[[str], Value | None], compare: Callable[[Value, Value], bool]) -> Test:
    """The test that reads both sides first; what cannot be read matches nothing."""
    limit = read(wanted)

    def matches(said: str) -> bool:
        value = read(said)
        return limit is not None and value is not None and compare(value, limit)

    return ignoring_context(matches)


def _number(text: str) -> Decimal | None:
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _moment(text: str) -> int | None:
    """Microseconds since 1970 of an ISO 8601 time (in UTC where it names no zone) or of a number of seconds; four digits are a year."""
    if short := _YEAR_OR_MONTH.fullmatch(text):
        text = f"{short['year']}-{short['month'] or '01'}-01"
    if _EPOCH_SECONDS.fullmatch(text):
        return int(text) * 1_000_000
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return ((moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH) // timedelta(microseconds=1)


def _bytes(text: str) -> bytes | None:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return None


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


def _address_test(wanted: str) -> Test:
    try:
        network = ip_network(wanted, strict=False)
    except ValueError:
        return ignoring_context(lambda _said: False)

    def matches(said: str) -> bool:
        address = _address(said)
        return address is not None and address in network

    return ignoring_context(matches)


def listed(values: Sequence[str]) -> str:
    """The first of `values` in quotes, and how many more there are."""
    shown = ", ".join(quoted(value, SHOWN_LENGTH) for value in values[:SHOWN_VALUES])
    more = len(values) - SHOWN_VALUES
    return f"{shown} and {more} more" if more > 0 else shown
