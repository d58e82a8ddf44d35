"""A policy read for its findings: every value with its place in the document, and the few edits that fixes are made of.

A finding points at a value and takes it out, replaces it or moves it. Said once here, each of these gives a patch under which the document
stays one that AWS takes; where that cannot be, there is no patch.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import PolicyDocument, parse_policy
from ciam_tui.core.json_patch import Operation, pointer
from ciam_tui.core.policy_findings.finding import PolicyFinding
from ciam_tui.core.policy_findings.place import Places
from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from ciam_tui.core.document import Document, Statement
    from ciam_tui.core.problems import Level


@dataclass(frozen=True, slots=True)
class Value:
    """A string of the policy and the pointer to it."""

    text: str
    pointer: str


@dataclass(frozen=True, slots=True)
class Test:
    """One operator on one key, with the values it compares; `written` is the operator as the text spells it."""

    operator: str
    key: str
    values: tuple[Value, ...]
    pointer: str
    written: str

    @property
    def base(self) -> str:
        """The operator without quantifier and `IfExists`."""
        return self.operator.rpartition(":")[2].removesuffix("IfExists")

    @property
    def is_negated(self) -> bool:
        """Whether it holds where its values do not match."""
        return "Not" in self.base

    @property
    def takes_wildcards(self) -> bool:
        """Whether `*` in a value stands for any text."""
        return self.base.endswith("Like") or self.base in ("ArnEquals", "ArnNotEquals")

    @property
    def as_condition(self) -> tuple[str, str, tuple[str, ...]]:
        """The test as the evaluator takes it."""
        return self.operator, self.key, tuple(value.text for value in self.values)


@dataclass(frozen=True, slots=True, eq=False)
class Placed:
    """A statement in its place: `number` counts from 1, and `raw` is it as the text has it."""

    statement: Statement
    number: int
    pointer: str
    raw: Mapping[str, Any]
    is_one_of_several: bool
    places: Places
    tests: tuple[Test, ...]

    @property
    def allows(self) -> bool:
        return self.statement.effect == "Allow"

    @property
    def actions(self) -> tuple[Value, ...]:
        return self._values("Action", self.statement.actions)

    @property
    def resources(self) -> tuple[Value, ...]:
        return self._values("Resource", self.statement.resources)

    @property
    def federated(self) -> tuple[Value, ...]:
        """The identity providers that it trusts."""
        raw = self.raw.get("Principal")
        named = raw.get("Federated") if isinstance(raw, dict) else None
        texts = tuple(value for kind, value in self.statement.principals or () if kind == "Federated")
        return _placed_values(texts, named, f"{self.pointer}/Principal/Federated")

    def _values(self, element: str, texts: tuple[str, ...] | None) -> tuple[Value, ...]:
        return _placed_values(texts or (), self.raw.get(element), f"{self.pointer}/{element}")

    def finding(
        self,
        finding_id: str,
        level: Level,
        text: str,
        fix: str,
        leaves_open: str = "",
        *,
        at: Value | Test | str = "",
        patch: tuple[Operation, ...] = (),
        opens: bool = False,
    ) -> PolicyFinding:
        """A finding about this statement, at one of its values, tests or elements."""
        place = at.pointer if isinstance(at, Value | Test) else f"{self.pointer}/{at}" if at else self.pointer
        line = self.places.line(place)
        sid = self.statement.sid
        words = (shown(text), shown(fix), shown(leaves_open))
        return PolicyFinding(finding_id, level, *words, self.number, sid, line, patch, place, opens and bool(patch))

    # --- the edits ----------------------------------------------------------------------------------------------------------------------

    def without(self, element: str, dropped: Collection[Value]) -> tuple[Operation, ...]:
        """The patch that takes values out of a list; with the last of them the statement goes, unless it is the only one."""
        values = self.actions if element == "Action" else self.resources
        gone = set(dropped)
        kept = [value.text for value in values if value not in gone]
        if not kept:
            return (Operation("remove", self.pointer),) if self.is_one_of_several else ()
        return (Operation("replace", f"{self.pointer}/{element}", kept[0] if len(kept) == 1 else kept),)

    def without_value(self, test: Test, dropped: Collection[Value]) -> tuple[Operation, ...]:
        """The patch that takes values out of a test; none where the test would be left without one."""
        gone = set(dropped)
        kept = [value.text for value in test.values if value not in gone]
        if not kept:
            return ()
        return (Operation("replace", test.pointer, kept[0] if len(kept) == 1 else kept),)

    def without_test(self, test: Test) -> tuple[Operation, ...]:
        """The patch that takes a test out, with its operator and the Condition where nothing else is in them."""
        condition = self.raw["Condition"]
        if len(condition[test.written]) > 1:
            return (Operation("remove", test.pointer),)
        where = pointer("Condition", test.written) if len(condition) > 1 else "/Condition"
        return (Operation("remove", self.pointer + where),)

    def with_test(self, operator: str, key: str, value: Any) -> tuple[Operation, ...]:
        """The patch that adds a test; none where the operator tests the key already."""
        condition = self.raw.get("Condition")
        if condition is None:
            return (Operation("add", f"{self.pointer}/Condition", {operator: {key: value}}),)
        spellings = [written for written in condition if written.lower() == operator.lower()]
        if not spellings:
            return (Operation("add", self.pointer + pointer("Condition", operator), {key: value}),)
        if key.lower() in {other.lower() for written in spellings for other in condition[written]}:
            return ()
        return (Operation("add", self.pointer + pointer("Condition", spellings[0], key), value),)

    def moved(self, test: Test, *, operator: str = "", key: str = "") -> tuple[Operation, ...]:
        """The patch that gives a test another operator or key; none where its new place is taken."""
        operator, key = operator or test.operator, key or test.key
        own = self.raw["Condition"][test.written]
        added = self.with_test(operator, key, own[test.key])
        if not added:
            return ()
        # Added first: where the old operator goes with its last test, the Condition is not empty then.
        alone = len(own) == 1 and operator != test.operator
        where = self.pointer + pointer("Condition", test.written) if alone else test.pointer
        return (*added, Operation("remove", where))


def replaced(value: Value, text: str) -> tuple[Operation, ...]:
    """The patch that puts another text in a value's place."""
    return (Operation("replace", value.pointer, text),)


def all_replaced(pairs: Iterable[tuple[Value, str]]) -> tuple[Operation, ...]:
    """The patch that puts other texts in several places."""
    return tuple(operation for value, text in pairs for operation in replaced(value, text))


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """A whole policy with its places."""

    policy: PolicyDocument
    statements: tuple[Placed, ...]

    @property
    def allows(self) -> tuple[Placed, ...]:
        return tuple(placed for placed in self.statements if placed.allows)


def read_policy(document: Document) -> Reading:
    """The policy of `document` with the place of everything in it.

    Raises:
        CiamError: it is no policy that AWS takes.
    """
    policy = parse_policy(document.text)
    raw = document.policy["Statement"]
    several = isinstance(raw, list)
    places = Places(document.text)
    elements = raw if several else [raw]
    return Reading(
        policy,
        tuple(
            Placed(
                statement,
                number,
                f"/Statement/{number - 1}" if several else "/Statement",
                element,
                len(elements) > 1,
                places,
                _tests(statement, element, f"/Statement/{number - 1}" if several else "/Statement"),
            )
            for number, (statement, element) in enumerate(zip(policy.statements, elements, strict=True), start=1)
        ),
    )


def _tests(statement: Statement, element: Mapping[str, Any], where: str) -> tuple[Test, ...]:
    written = [(spelling, key, raw) for spelling, tests in element.get("Condition", {}).items() for key, raw in tests.items()]
    found = []
    for (operator, _, values), (spelling, key, raw) in zip(statement.conditions, written, strict=True):
        place = where + pointer("Condition", spelling, key)
        found.append(Test(operator, key, _placed_values(values, raw, place), place, spelling))
    return tuple(found)


def _placed_values(texts: Iterable[str], raw: Any, where: str) -> tuple[Value, ...]:
    if isinstance(raw, list):
        return tuple(Value(text, f"{where}/{index}") for index, text in enumerate(texts))
    return tuple(Value(text, where) for text in texts)
