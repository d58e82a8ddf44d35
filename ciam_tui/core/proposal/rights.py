"""What the old user may do, as one thing to ask: its own, attached and group policies within its boundary.

Two questions are asked here that look alike and are not. Whether one request passes is the evaluator's answer. Whether *everything* below a
prefix passes is what a role may be given: there one statement must cover the prefix whole, and no Deny may reach into it, since a sample of a
prefix says nothing of the rest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ciam_tui.core.audit.access import SAMPLE, Reach, asking_of, parsed, places_named
from ciam_tui.core.containment import pattern_contains
from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.users.grants import context_of, granted_to

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ciam_tui.core.audit.access import Asking, Place
    from ciam_tui.core.audit.facts import PoliciesRead
    from ciam_tui.core.document import PolicyDocument, Statement
    from ciam_tui.core.evaluate import CompiledStatement
    from ciam_tui.core.matching import Context
    from ciam_tui.core.users.facts import Group, User

_WILDCARDS = ("*", "?")


@dataclass(frozen=True)
class Rights:
    """A user's policies, parsed. `unread` names what could not be read: then nothing that they seem to leave out is proved to be."""

    user: User
    account_id: str
    policies: tuple[PolicyDocument, ...]
    boundary: tuple[PolicyDocument, ...] | None
    unread: tuple[str, ...] = ()

    @property
    def statements(self) -> tuple[Statement, ...]:
        """All that allow something."""
        return tuple(each for policy in self.policies for each in policy.statements if each.effect == "Allow")

    @property
    def places(self) -> tuple[Place, ...]:
        """The buckets and prefixes that the policies name, the user's own name filled in."""
        named = places_named(self.statements)
        found = {replace(each, prefix=self._filled(each.prefix)) for each in named}
        return tuple(sorted(found, key=lambda place: (place.bucket, place.prefix)))

    @cached_property
    def asking(self) -> Asking:
        """All of it, for requests."""
        return self._asking(self.policies)

    @cached_property
    def naming(self) -> Asking:
        """The same without what is allowed on every bucket: what the policies say of the buckets that they name."""
        return self._asking(tuple(replace(policy, statements=tuple(_narrow(policy.statements))) for policy in self.policies))

    def reach(self, action: str, resource: str, context: Mapping[str, tuple[str, ...]]) -> Reach:
        """Whether a request passes."""
        return self.asking.reach(action, resource, context)

    def covers(self, action: str, bucket_arn: str, prefix: str, *, owner: str | None = None) -> bool:
        """Whether the user could do `action` with every object below `prefix`, if its conditions are met. `owner` is the bucket's account."""
        pattern = f"{bucket_arn}/{prefix}*"
        layers = [self.asking.policies, *(() if self.asking.boundary is None else (self.asking.boundary,))]
        known = self._known_of(owner or self.account_id)
        for layer in layers:
            denies = (each for policy in layer.strict for each in policy.denies)
            if any(each.action.holds(action, {}) and _surely_holds(each, known) and self._touches(each, pattern) for each in denies):
                return False
            allows = (each for policy in layer.relaxed for each in policy.allows)
            if not any(each.action.holds(action, {}) and _may_hold(each, known) and self._contains(each, pattern) for each in allows):
                return False
        return self.reach(action, f"{bucket_arn}/{prefix}{SAMPLE}/{SAMPLE}", {}) is not Reach.NO

    def _contains(self, statement: CompiledStatement, pattern: str) -> bool:
        resource = statement.resource
        if resource is None:
            return False
        if resource.negated:
            return not any(_may_meet(self._filled(value), pattern) for value in resource.values)
        return any(pattern_contains(self._filled(value), pattern) for value in resource.values)

    def _touches(self, statement: CompiledStatement, pattern: str) -> bool:
        resource = statement.resource
        if resource is None:
            return True
        if resource.negated:
            return not any(pattern_contains(self._filled(value), pattern) for value in resource.values)
        return any(_may_meet(self._filled(value), pattern) for value in resource.values)

    def _known_of(self, owner: str) -> Context:
        """What a request about an object carries for sure; `s3:prefix` is there too, as what it does not carry."""
        known = {key.lower(): values for key, values in self._known.items()}
        return {**known, "aws:resourceaccount": (owner,), "s3:resourceaccount": (owner,), "s3:prefix": ()}

    @property
    def _known(self) -> Mapping[str, tuple[str, ...]]:
        return {**context_of(self.user), "aws:PrincipalAccount": (self.account_id,)}

    def _asking(self, policies: tuple[PolicyDocument, ...]) -> Asking:
        return asking_of(policies, self.boundary, self.account_id, self.user.arn, is_complete=not self.unread, context=self._known)

    def _filled(self, text: str) -> str:
        return text.replace("${aws:username}", self.user.name)


def rights_of(user: User, groups: Mapping[str, Group], policies: PoliciesRead, account_id: str) -> Rights:
    """What `user` may do by its own policies, those of its groups, and the managed ones that hang on either."""
    granted = granted_to(user, groups, policies)
    read, broken = parsed([grant.document for grant in granted.grants])
    limit, broken_limit = parsed([] if granted.boundary is None else [granted.boundary])
    return Rights(user, account_id, read, limit or None, (*granted.unread, *broken, *broken_limit))


def _surely_holds(statement: CompiledStatement, known: Context) -> bool:
    return all(each.folded_key in known and each.holds(known) for each in statement.conditions)


def _may_hold(statement: CompiledStatement, known: Context) -> bool:
    return all(each.holds(known) for each in statement.conditions if each.folded_key in known)


def _narrow(statements: Sequence[Statement]) -> Iterator[Statement]:
    """The statements without the resources that are every bucket; what denies stays whole."""
    for statement in statements:
        if statement.effect == "Deny":
            yield statement
        elif named := tuple(each for each in statement.resources or () if is_one_bucket(each)):
            yield replace(statement, resources=named)


def is_one_bucket(resource: str) -> bool:
    """Whether the ARN names one bucket, or something in it."""
    bucket = resource.split(":", 5)[-1].partition("/")[0] if ":s3:::" in resource else ""
    return bool(bucket) and not any(mark in bucket for mark in _WILDCARDS)


def is_plain(text: str) -> bool:
    """Whether a bucket or a prefix says what it says, without wildcards and variables."""
    return not any(mark in text for mark in (*_WILDCARDS, "${"))


def _may_meet(value: str, pattern: str) -> bool:
    """Whether some ARN matches both; `pattern` is plain text and a `*` at its end. Sure of a no alone."""
    literal = pattern.removesuffix("*")
    if is_plain(value):
        return value.startswith(literal)
    beginning = value
    for mark in (*_WILDCARDS, "${"):
        beginning = beginning.partition(mark)[0]
    if not (beginning.startswith(literal) or literal.startswith(beginning)):
        return False
    # Where the whole of the pattern's beginning is spanned, what follows may be anything.
    return True if beginning.startswith(literal) else wildcard_matcher(f"{beginning}*")(literal)
