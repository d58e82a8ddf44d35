"""Which statements of the policies of buckets and keys name a user, in whatever way: they stop meaning it when the user goes.

A principal may be named in Principal, in NotPrincipal, or in a condition on `aws:PrincipalArn`, `aws:userid` or `aws:username`. What only
means everybody, or the whole account, names nobody.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.core.conditions import compile_condition
from ciam_tui.core.document import VERSION, parse_policy
from ciam_tui.core.problems import CiamError
from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ciam_tui.core.document import Condition, Document, PolicyDocument, Statement
    from ciam_tui.core.users.facts import User


class Meaning(StrEnum):
    """What a statement does with whom it names."""

    GRANTS = "grants"
    DENIES = "denies"
    SPARES = "denies everybody else"
    LEAVES_OUT = "grants everybody else"


@dataclass(frozen=True, slots=True)
class Naming:
    """A statement (from 1) of the policy of `subject`, a bucket's name or a key's ARN, that names the user by the element or key `by`."""

    subject: str
    statement: int
    sid: str | None
    by: str
    value: str
    meaning: Meaning
    actions: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """`statement 1 "OnlyNamedPeople" denies everybody else (StringNotEquals aws:PrincipalArn)`."""
        sid = f' "{shown(self.sid)}"' if self.sid else ""
        return f"statement {self.statement}{sid} {_SAID[self.meaning]} ({self.by})"


_SAID = {
    Meaning.GRANTS: "grants it by name",
    Meaning.DENIES: "denies it by name",
    Meaning.SPARES: "denies everybody but those it names, this user among them",
    Meaning.LEAVES_OUT: "grants everybody but those it names, this user among them",
}
_NOT_THEM = {Meaning.GRANTS: Meaning.LEAVES_OUT, Meaning.DENIES: Meaning.SPARES}


def names(user: User, subject: str, document: Document) -> tuple[Naming, ...]:
    """Every way in which the policy of `subject` names `user`.

    Raises:
        CiamError: the policy cannot be understood.
    """
    policy = parse_policy(document.text, what=f"the policy of {subject}")
    return tuple(
        naming for number, statement in enumerate(policy.statements, start=1) for naming in _of(statement, number, user, subject, policy)
    )


def _of(statement: Statement, number: int, user: User, subject: str, policy: PolicyDocument) -> Iterator[Naming]:
    plain = Meaning.GRANTS if statement.effect == "Allow" else Meaning.DENIES
    actions = statement.actions or ()
    for element, entries, meaning in (
        ("Principal", statement.principals, plain),
        ("NotPrincipal", statement.not_principals, _NOT_THEM[plain]),
    ):
        for kind, value in entries or ():
            # A user that was deleted stands there by its id.
            if kind == "AWS" and value in (user.arn, user.user_id):
                yield Naming(subject, number, statement.sid, element, value, meaning, actions)
    for condition in statement.conditions:
        named = _named(condition, user, variables=policy.version == VERSION)
        if named is not None:
            value, negated = named
            operator, key, _ = condition
            meaning = _NOT_THEM[plain] if negated else plain
            yield Naming(subject, number, statement.sid, f"{operator} {key}", value, meaning, actions)


def _named(condition: Condition, user: User, *, variables: bool) -> tuple[str, bool] | None:
    """The value by which a condition names the user, and whether it is about everybody else."""
    said = _values(user).get(condition[1].lower())
    if said is None:
        return None
    compiled = compile_condition(condition, variables=variables)
    for value, test in zip(compiled.values, compiled.tests, strict=True):
        if value.strip("*") and test(said, {}):
            return value, compiled.negated
    return None


def _values(user: User) -> Mapping[str, str]:
    return {"aws:principalarn": user.arn, "aws:username": user.name, "aws:userid": user.user_id}


def named_in(user: User, policies: Mapping[str, Document | None]) -> tuple[tuple[Naming, ...], tuple[str, ...]]:
    """Where `policies` (of buckets by name, of keys by ARN; None where there is none) name the user, and which cannot be understood."""
    found: list[Naming] = []
    unread: list[str] = []
    for subject, document in policies.items():
        try:
            found += names(user, subject, document) if document is not None else ()
        except CiamError as error:
            unread.append(f"The policy of {shown(subject)} cannot be judged: {error.message}")
    return tuple(found), tuple(unread)
