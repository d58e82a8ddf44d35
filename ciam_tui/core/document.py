"""IAM policies as values: read from any source, written in one form, compared by what they say.

Three readers want three things of the same JSON text. Plans and diffs ask whether two policies say the same (`Document`, equal by canonical
form); files and previews want one spelling of it (`canonical`); the evaluator and the findings want its statements with every shape already
checked (`parse_policy`). Stdlib only: the live preview imports this before its first frame.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeAlias

from ciam_tui.core.strict_json import load_json, quoted, unreadable

if TYPE_CHECKING:
    from collections.abc import Iterable

VERSION = "2012-10-17"
TEXT_LIMIT = 131_072  # characters: the API's maximum for any policy document, whitespace included
INVALID = "policy-invalid"

_VERSIONS = ("2008-10-17", VERSION)
_POLICY_KEYS = ("Version", "Id", "Statement")
_STATEMENT_KEYS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
_LIST_KEYS = frozenset({"Action", "NotAction", "Resource", "NotResource"})
_PRINCIPAL_KINDS = ("AWS", "CanonicalUser", "Federated", "Service")
_OPERATORS = frozenset(
    {"Bool", "BinaryEquals", "IpAddress", "NotIpAddress", "Null", "ArnEquals", "ArnNotEquals", "ArnLike", "ArnNotLike"}
    | {f"String{test}" for test in ("Equals", "NotEquals", "EqualsIgnoreCase", "NotEqualsIgnoreCase", "Like", "NotLike")}
    | {
        f"{kind}{test}"
        for kind in ("Numeric", "Date")
        for test in ("Equals", "NotEquals", "LessThan", "LessThanEquals", "GreaterThan", "GreaterThanEquals")
    }
)
_QUANTIFIERS = ("ForAllValues", "ForAnyValue")
# IAM does not tell the case of an operator apart; all who read a parsed policy find the one spelling of AWS's documentation.
_SPELLINGS = {word.lower(): word for word in (*_OPERATORS, *_QUANTIFIERS)}
_CALLERS, _THINGS = ("Principal", "NotPrincipal"), ("Resource", "NotResource")
_STORABLE = re.compile(r"[\t\n\r -\xff]*")  # the pattern that the API model gives for policy documents
# IAM User Guide, "IAM JSON policy elements: Resource": no wildcard in the segment that identifies the service.
_ARN_OF_A_SERVICE = re.compile(r"arn:[^:]*:[^:*?]+(:|\Z)")
_ARN_COLONS = 5
_ACTION = re.compile(r"\*|[A-Za-z0-9.-]+:[A-Za-z0-9*?_.-]+")
# White space outside of strings is free; within a string it is counted, since no source says that AWS does not.
_FREE_WHITESPACE = re.compile(r'"(?:[^"\\]|\\.)*"|([ \t\r\n]+)', re.DOTALL)
_SID = re.compile(r'"Sid"\s*:\s*("(?:[^"\\]|\\.)*")')

Effect: TypeAlias = Literal["Allow", "Deny"]
Condition: TypeAlias = tuple[str, str, tuple[str, ...]]  # operator, key, values
Kind: TypeAlias = Literal["identity", "session", "service-control", "trust", "resource"]
Principal: TypeAlias = tuple[str, str]  # kind and value: ("AWS", arn); the bare "*" is ("*", "*")


# What a statement must not have and what it needs, by the kind of its policy (IAM User Guide, "Grammar of the IAM JSON policy language").
_GRANTS: tuple[Kind, ...] = ("identity", "session", "service-control")
_FORBIDDEN: dict[Kind, tuple[str, ...]] = {**dict.fromkeys(_GRANTS, _CALLERS), "trust": _THINGS, "resource": ()}
_NEEDED: dict[Kind, tuple[str, ...]] = {**dict.fromkeys(_GRANTS, _THINGS), "trust": _CALLERS, "resource": _CALLERS}
_IDENTITY_SID = re.compile(r"[A-Za-z0-9]*")


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement. An element that the statement does not have is None, which says something else than an empty one."""

    sid: str | None
    effect: Effect
    principals: tuple[Principal, ...] | None = None
    not_principals: tuple[Principal, ...] | None = None
    actions: tuple[str, ...] | None = None
    not_actions: tuple[str, ...] | None = None
    resources: tuple[str, ...] | None = None
    not_resources: tuple[str, ...] | None = None
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class PolicyDocument:
    """A policy whose shape has been checked. `version` is None where the text has none, which AWS reads as 2008-10-17."""

    version: str | None
    id: str | None
    statements: tuple[Statement, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Document:
    """A policy's JSON text as it was read or is emitted; two are equal when they say the same."""

    text: str

    @classmethod
    def of(cls, policy: Mapping[str, Any]) -> Document:
        """The document that says `policy`, in canonical form."""
        return cls(canonical(policy))

    @cached_property
    def policy(self) -> dict[str, Any]:
        """The parsed policy; a CiamError where the text is no JSON object."""
        return _policy_object(self.text, "the policy")

    @cached_property
    def canonical(self) -> str:
        """The one spelling of what this document says, by which documents are compared."""
        return canonical(self.policy)

    @property
    def size(self) -> int:
        """The number of characters that AWS holds against its quotas, which leave white space out."""
        free = sum(len(match[1]) for match in _FREE_WHITESPACE.finditer(self.text) if match[1])
        return len(self.text) - free

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Document):
            return NotImplemented
        return self.text == other.text or self.canonical == other.canonical

    def __hash__(self) -> int:
        return hash(self.canonical)

    def __repr__(self) -> str:
        return f"<Document {', '.join(_SID.findall(self.text)) or 'without Sids'}: {self.size} characters>"


def canonical(policy: Mapping[str, Any]) -> str:
    """`policy` as canonical JSON: AWS's order of keys, lists sorted and a list of one as its string, ASCII, two spaces, no final newline.

    Takes any policy that AWS may answer with: a single statement becomes a list of one, numbers and booleans in conditions become the
    strings that IAM compares, and a key that is not known to IAM stays, after those that are.
    """
    ordered = _ordered(policy, _POLICY_KEYS)
    if "Statement" in ordered:
        ordered["Statement"] = [
            _canonical_statement(statement) if isinstance(statement, Mapping) else statement for statement in _statements_of(policy)
        ]
    return json.dumps(ordered, indent=2, ensure_ascii=True)


def _statements_of(policy: Mapping[str, Any]) -> list[Any]:
    statements = policy.get("Statement", [])
    return list(statements) if isinstance(statements, list | tuple) else [statements]


def _ordered(element: Mapping[str, Any], known: tuple[str, ...]) -> dict[str, Any]:
    return {key: element[key] for key in (*known, *sorted(set(element).difference(known))) if key in element}


def _canonical_statement(statement: Mapping[str, Any]) -> dict[str, Any]:
    return {key: _canonical_element(key, value) for key, value in _ordered(statement, _STATEMENT_KEYS).items()}


def _canonical_element(key: str, value: Any) -> Any:
    if key in _LIST_KEYS:
        return _one_or_sorted(value)
    if not isinstance(value, Mapping):
        return value
    if key in ("Principal", "NotPrincipal"):
        return {kind: _one_or_sorted(value[kind]) for kind in sorted(value)}
    if key == "Condition":
        return {operator: _canonical_test(value[operator]) for operator in sorted(value)}
    return value


def _canonical_test(test: Any) -> Any:
    if not isinstance(test, Mapping):
        return test
    return {key: _one_or_sorted(test[key]) for key in sorted(test)}


def _one_or_sorted(values: Any) -> Any:
    """A single value as its string, several sorted and each once, as IAM takes them for a set."""
    if not isinstance(values, list | tuple):
        return _as_string(values)
    distinct = sorted({_as_string(value) for value in values})
    return distinct[0] if len(distinct) == 1 else distinct


def _as_string(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


def parse_policy(text: str, *, what: str = "the policy", kind: Kind | None = None) -> PolicyDocument:
    """The statements of a policy; `what` names it within error messages. With None for `kind` it may be any, and is held to what all share.

    What AWS is not known to refuse is taken, an empty list or a number that is none: it matches nothing, and an account may hold it.

    Raises:
        CiamError: `policy-invalid`, with one sentence that says what AWS would refuse, and where.
    """
    return _Parser(what, kind).document(_policy_object(text, what))


def _policy_object(text: str, what: str) -> dict[str, Any]:
    parser = _Parser(what)
    if len(text) > TEXT_LIMIT:
        parser.refuse(f"has {len(text)} characters, and AWS takes at most {TEXT_LIMIT}")
    policy = load_json(text, what=what, limit_bytes=4 * TEXT_LIMIT, code=INVALID)  # a character has at most 4 bytes in UTF-8
    if not _STORABLE.fullmatch(text):
        stranger = next(char for char in text if not _STORABLE.fullmatch(char))
        parser.refuse(f"holds the character U+{ord(stranger):04X}, and IAM stores U+0020 to U+00FF alone")
    if not isinstance(policy, dict):
        parser.refuse(f"is {_kind_of(policy)}, not a JSON object")
    return policy


def _kind_of(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool():
            return "a boolean"
        case int() | float():
            return "a number"
        case str():
            return "a string"
        case list():
            return "a list"
        case _:
            return "an object"


def _spelled(operator: str) -> str | None:
    """`operator` in AWS's spelling, None where it is none."""
    quantifier, colon, unquantified = operator.lower().rpartition(":")
    base = unquantified.removesuffix("ifexists")
    test = _SPELLINGS.get(base)
    if test not in _OPERATORS or (colon and _SPELLINGS.get(quantifier) not in _QUANTIFIERS):
        return None
    if_exists = "IfExists" if base != unquantified else ""
    spelled = f"{_SPELLINGS[quantifier]}:{test}{if_exists}" if colon else f"{test}{if_exists}"
    return None if test == "Null" and spelled != test else spelled


@dataclass(frozen=True, slots=True)
class _Parser:
    """Checks shapes from the outside in; each method takes an element and the words that say where it stands."""

    what: str
    kind: Kind | None = None

    def refuse(self, reason: str) -> NoReturn:
        raise unreadable(self.what, reason, INVALID)

    def document(self, policy: dict[str, Any]) -> PolicyDocument:
        self._only_known(policy, _POLICY_KEYS, "the policy")
        version = policy.get("Version")
        if version is not None and version not in _VERSIONS:
            self.refuse(f"says Version {quoted(_as_string(version))}, and AWS knows {' and '.join(_VERSIONS)}")
        if "Statement" not in policy:
            self.refuse("has no Statement")
        elements = _statements_of(policy)
        if not elements:
            self.refuse("has an empty Statement")
        statements = tuple(self._statement(element, f"statement {number}") for number, element in enumerate(elements, start=1))
        self._distinct_sids(statements)
        return PolicyDocument(version, self._string(policy, "Id", "the policy"), statements)

    def _statement(self, element: Any, where: str) -> Statement:
        if not isinstance(element, dict):
            self.refuse(f"has {_kind_of(element)} as {where}, not an object")
        self._only_known(element, _STATEMENT_KEYS, where)
        effect = element.get("Effect")
        if effect not in ("Allow", "Deny"):
            self.refuse(f"needs an Effect of Allow or Deny in {where}")
        for key in ("Principal", "Action", "Resource"):
            if key in element and f"Not{key}" in element:
                self.refuse(f"has both {key} and Not{key} in {where}")
        if "Action" not in element and "NotAction" not in element:
            self.refuse(f"has no Action in {where}")
        if not {"Principal", "NotPrincipal", "Resource", "NotResource"}.intersection(element):
            self.refuse(f"has neither Resource nor Principal in {where}")
        if self.kind is not None:
            self._of_kind(element, self.kind, where)
        return Statement(
            sid=self._string(element, "Sid", where),
            effect="Allow" if effect == "Allow" else "Deny",
            principals=self._principals(element, "Principal", where),
            not_principals=self._principals(element, "NotPrincipal", where),
            actions=self._actions(element, "Action", where),
            not_actions=self._actions(element, "NotAction", where),
            resources=self._resources(element, "Resource", where),
            not_resources=self._resources(element, "NotResource", where),
            conditions=self._conditions(element.get("Condition", {}), where),
        )

    def _of_kind(self, element: dict[str, Any], kind: Kind, where: str) -> None:
        article = "an" if kind == "identity" else "a"
        for key in _FORBIDDEN[kind]:
            if key in element:
                self.refuse(f"has a {key} in {where}, which {article} {kind} policy must not have")
        if not set(_NEEDED[kind]).intersection(element):
            self.refuse(f"has no {_NEEDED[kind][0]} in {where}, which {article} {kind} policy needs")
        sid = element.get("Sid", "")
        if kind == "identity" and isinstance(sid, str) and not _IDENTITY_SID.fullmatch(sid):
            self.refuse(f"has the Sid {quoted(sid)} in {where}, and an identity policy takes letters and digits alone")

    def _only_known(self, element: dict[str, Any], known: Iterable[str], where: str) -> None:
        for key in element:
            if key not in known:
                self.refuse(f"has an unknown element {quoted(key)} in {where}")

    def _distinct_sids(self, statements: tuple[Statement, ...]) -> None:
        seen: set[str] = set()
        for statement in statements:
            if statement.sid and statement.sid in seen:
                self.refuse(f"says the Sid {quoted(statement.sid)} twice")
            seen.add(statement.sid or "")

    def _string(self, element: dict[str, Any], key: str, where: str) -> str | None:
        value = element.get(key)
        if key in element and not isinstance(value, str):
            self.refuse(f"has {_kind_of(value)} as {key} of {where}, not a string")
        return value

    def _strings(self, value: Any, where: str) -> tuple[str, ...]:
        values = value if isinstance(value, list) else [value]
        for item in values:
            if not isinstance(item, str):
                self.refuse(f"has {_kind_of(item)} in {where}, not a string")
        return tuple(values)

    def _actions(self, element: dict[str, Any], key: str, where: str) -> tuple[str, ...] | None:
        if key not in element:
            return None
        actions = self._strings(element[key], f"the {key} of {where}")
        for action in actions:
            if not _ACTION.fullmatch(action):
                self.refuse(f"has the {key} {quoted(action)} in {where}, which is not of the form service:Name")
        return actions

    def _resources(self, element: dict[str, Any], key: str, where: str) -> tuple[str, ...] | None:
        if key not in element:
            return None
        resources = self._strings(element[key], f"the {key} of {where}")
        for resource in resources:
            if resource != "*" and not resource.startswith("arn:"):
                self.refuse(f"has the {key} {quoted(resource)} in {where}, which is neither an ARN nor *")
            if resource != "*" and not _ARN_OF_A_SERVICE.match(resource):
                self.refuse(
                    f"has the {key} {quoted(resource)} in {where}, and AWS wants the service in an ARN written out, without * and ?"
                )
            if self.kind == "session" and resource.count(":") < _ARN_COLONS and resource != "*":
                self.refuse(f"has the {key} {quoted(resource)} in {where}, and a session policy takes ARNs of all six fields alone")
        return resources

    def _principals(self, element: dict[str, Any], key: str, where: str) -> tuple[Principal, ...] | None:
        if key not in element:
            return None
        value = element[key]
        if value == "*":
            return (("*", "*"),)
        if not isinstance(value, dict):
            self.refuse(f'has a {key} in {where} that is neither "*" nor an object')
        for kind in value:
            if kind not in _PRINCIPAL_KINDS:
                self.refuse(f"has a {key} of the unknown kind {quoted(kind)} in {where}")
        return tuple((kind, item) for kind in value for item in self._strings(value[kind], f"the {key} of {where}"))

    def _conditions(self, condition: Any, where: str) -> tuple[Condition, ...]:
        if not isinstance(condition, dict):
            self.refuse(f"has {_kind_of(condition)} as Condition of {where}, not an object")
        return tuple(test for operator, tests in condition.items() for test in self._tests(operator, tests, where))

    def _tests(self, operator: str, tests: Any, where: str) -> Iterable[Condition]:
        spelled = _spelled(operator)
        if spelled is None:
            self.refuse(f"has an unknown condition operator {quoted(operator)} in {where}")
        if not isinstance(tests, dict):
            self.refuse(f"has {_kind_of(tests)} under {operator} of {where}, not an object")
        seen: set[str] = set()
        for key, value in tests.items():
            if ":" not in key:
                self.refuse(f"has the condition key {quoted(key)} in {where}, which is not of the form prefix:name")
            if key.lower() in seen:
                self.refuse(f"says the condition key {quoted(key)} twice under {operator} of {where}, in different case")
            seen.add(key.lower())
            yield spelled, key, self._condition_values(value, f"the condition {operator} of {where}")

    def _condition_values(self, value: Any, where: str) -> tuple[str, ...]:
        values = value if isinstance(value, list) else [value]
        for item in values:
            if not isinstance(item, str | bool | int | float):
                self.refuse(f"has {_kind_of(item)} in {where}, not a string, number or boolean")
        return tuple(_as_string(item) for item in values)
