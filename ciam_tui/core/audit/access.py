"""What a role may do, in a few lines: each bucket and prefix that its policies name with the operations that pass there, other services in words.

Every word is the evaluator's answer to a request: the role's policies as one layer, its permissions boundary as another, and what passes must
pass both. Where a statement asks for something that only a real request can tell (an address, a tag), the answer is "in some cases".
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import Request, compile_policy, evaluate
from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ciam_tui.core.document import Document, PolicyDocument, Statement
    from ciam_tui.core.evaluate import CompiledPolicy, CompiledStatement

# What stands for each operation. Of administration any one is enough to call it so.
OPERATIONS: Mapping[str, tuple[str, ...]] = {
    "list": ("s3:ListBucket",),
    "read": ("s3:GetObject",),
    "write": ("s3:PutObject",),
    "delete": ("s3:DeleteObject",),
    "admin": ("s3:PutBucketPolicy", "s3:DeleteBucket", "s3:PutBucketPublicAccessBlock", "s3:PutLifecycleConfiguration", "s3:PutBucketAcl"),
}
_NAMED = tuple(action.lower() for actions in OPERATIONS.values() for action in actions)
_PART_OF_WRITING = frozenset({"s3:abortmultipartupload", "s3:listmultipartuploadparts"})
_ON_BUCKET = frozenset({"list", "admin"})
MOST_PLACES = 60  # a role that names more is summed up; its policies tell the rest
EVERY_BUCKET = "*"
_READING = ("batchget", "decrypt", "describe", "get", "head", "list")  # how the names of actions begin that change nothing
SAMPLE = "ciam-tui-sample"
_OWNER = "aws:ResourceAccount"
_PREFIX = "s3:prefix"


class Reach(StrEnum):
    """Whether something passes. `UNKNOWN` is said where a policy that decides could not be read."""

    YES = "yes"
    CONDITIONAL = "in some cases"
    UNKNOWN = "unknown"
    NO = "no"


@dataclass(frozen=True, slots=True)
class Place:
    """A bucket, or a prefix in it, as policies name it: `*` in either is theirs. The bucket `*` is every bucket."""

    partition: str
    bucket: str
    prefix: str = ""

    def __str__(self) -> str:
        """`bucket/prefix`."""
        bucket = "every bucket" if self.bucket == EVERY_BUCKET else self.bucket
        return f"{bucket}/{self.prefix}" if self.prefix else bucket


@dataclass(frozen=True, slots=True)
class PlaceAccess:
    """What passes at a place, by operation."""

    place: Place
    operations: Mapping[str, Reach]

    @property
    def words(self) -> str:
        """`read write, list in some cases`."""
        passing = [name for name, reach in self.operations.items() if reach is Reach.YES]
        others = [f"{name} {reach}" for name, reach in self.operations.items() if reach in (Reach.CONDITIONAL, Reach.UNKNOWN)]
        return ", ".join(part for part in (" ".join(passing), *others) if part)


@dataclass(frozen=True, slots=True)
class ServiceAccess:
    """What a role may do with another service: actions as its policies name them, of which at least one passes."""

    service: str
    actions: tuple[str, ...]
    reach: Reach

    @property
    def words(self) -> str:
        """`everything, in some cases`."""
        what = "everything" if "*" in self.actions else " ".join(self.actions)
        return what if self.reach is Reach.YES else f"{what}, {self.reach}"


@dataclass(frozen=True, slots=True)
class Access:
    """The summary. `unread` says what of it could not be read: then a `no` in it is no proof. `more` places are not listed."""

    places: tuple[PlaceAccess, ...] = ()
    services: tuple[ServiceAccess, ...] = ()
    unread: tuple[str, ...] = ()
    more: int = 0

    @property
    def is_everything(self) -> bool:
        """Whether it may do everything with every service."""
        return any(each.service == "*" and "*" in each.actions and each.reach is Reach.YES for each in self.services)

    @property
    def changes_something(self) -> bool:
        """Whether anything but listing and reading objects may pass; also where that is not known."""
        if self.unread or self.more:
            return True
        beyond = (name for each in self.places for name, reach in each.operations.items() if reach is not Reach.NO)
        actions = (action for each in self.services for action in each.actions)
        return any(name not in ("list", "read") for name in beyond) or not all(action.lower().startswith(_READING) for action in actions)


@dataclass(frozen=True)
class _Layer:
    """Policies of which any may allow; `relaxed` are the same without what only a real request can tell. None could not be read."""

    policies: tuple[PolicyDocument, ...]

    @cached_property
    def strict(self) -> tuple[CompiledPolicy, ...]:
        return tuple(compile_policy(policy) for policy in self.policies)

    @cached_property
    def relaxed(self) -> tuple[CompiledPolicy, ...]:
        return tuple(compile_policy(_relaxed(policy)) for policy in self.policies)


def access_of(
    documents: Sequence[Document], *, account_id: str, role_arn: str, boundary: Document | None = None, unread: Sequence[str] = ()
) -> Access:
    """What a role with `documents` may do within `boundary`; `unread` names what could not be read of either."""
    asking, missing = _asking(documents, account_id, role_arn, boundary, unread)
    statements = [statement for policy in asking.policies.policies for statement in policy.statements if statement.effect == "Allow"]
    every = sorted(places_named(statements), key=lambda place: (place.bucket != EVERY_BUCKET, place.bucket, place.prefix))
    places = [PlaceAccess(place, asking.at(place)) for place in every[:MOST_PLACES]]
    return Access(
        places=tuple(each for each in places if each.words),
        services=tuple(asking.services(statements)),
        unread=missing,
        more=max(0, len(every) - MOST_PLACES),
    )


def everything_reach(
    documents: Sequence[Document], *, account_id: str, role_arn: str, boundary: Document | None = None, unread: Sequence[str] = ()
) -> Reach:
    """Whether a principal is an administrator: what no statement can have named passes, and so do changes to who may do what."""
    asking, _ = _asking(documents, account_id, role_arn, boundary, unread)
    sample = f"arn:aws:iam::{account_id}:user/{SAMPLE}"
    requests = (("ciam:Sample", "arn:aws:ciam:::sample"), ("iam:AttachUserPolicy", sample), ("iam:CreateUser", sample))
    return max((asking.reach(action, resource, {}) for action, resource in requests), key=tuple(Reach).index)


def _asking(
    documents: Sequence[Document], account_id: str, role_arn: str, boundary: Document | None, unread: Sequence[str]
) -> tuple[Asking, tuple[str, ...]]:
    """Who answers for a principal, and what is missing from what it knows."""
    read, broken = parsed(documents)
    limit, broken_limit = parsed([boundary] if boundary is not None else [])
    missing = (*unread, *broken, *broken_limit)
    return asking_of(read, limit if boundary is not None and limit else None, account_id, role_arn, is_complete=not missing), missing


def asking_of(
    policies: Sequence[PolicyDocument],
    boundary: Sequence[PolicyDocument] | None,
    account_id: str,
    principal_arn: str,
    *,
    is_complete: bool = True,
    context: Mapping[str, tuple[str, ...]] | None = None,
) -> Asking:
    """What asks of a role or a user with `policies` whether a request passes; `context` is what AWS fills into each of its requests besides."""
    limit = None if boundary is None else _Layer(tuple(boundary))
    return Asking(_Layer(tuple(policies)), limit, account_id, principal_arn, is_complete=is_complete, context=context or {})


def parsed(documents: Sequence[Document]) -> tuple[tuple[PolicyDocument, ...], tuple[str, ...]]:
    policies: list[PolicyDocument] = []
    broken: list[str] = []
    for document in documents:
        try:
            policies.append(parse_policy(document.text, what="a policy"))
        except CiamError as error:
            broken.append(error.message)
    return tuple(policies), tuple(broken)


def _relaxed(policy: PolicyDocument) -> PolicyDocument:
    """`policy` as it would be if every request met the conditions that are not known: those of an Allow go, and a Deny that has some goes."""
    return replace(policy, statements=tuple(each for statement in policy.statements if (each := _relaxed_statement(statement)) is not None))


def _relaxed_statement(statement: Statement) -> Statement | None:
    known = tuple(condition for condition in statement.conditions if condition[1].lower() in _KNOWN_KEYS)
    if known == statement.conditions:
        return statement
    return replace(statement, conditions=known) if statement.effect == "Allow" else None


_KNOWN_KEYS = frozenset(
    key.lower() for key in (_OWNER, _PREFIX, "s3:ResourceAccount", "aws:PrincipalArn", "aws:PrincipalAccount", "aws:SecureTransport")
)


@dataclass(frozen=True)
class Asking:
    """Asks of one role or user whether a request passes."""

    policies: _Layer
    boundary: _Layer | None
    account_id: str
    role_arn: str
    is_complete: bool
    context: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @cached_property
    def _owners(self) -> tuple[str, ...]:
        """The accounts that a resource may belong to, as far as the policies name any: the condition is met by the right one."""
        layers = (self.policies, *(() if self.boundary is None else (self.boundary,)))
        named = {
            value
            for layer in layers
            for policy in layer.policies
            for statement in policy.statements
            for _, key, values in statement.conditions
            if key.lower() in (_OWNER.lower(), "s3:resourceaccount")
            for value in values
        }
        return (self.account_id, *sorted(named - {self.account_id})[:5])

    def reach(self, action: str, resource: str, context: Mapping[str, tuple[str, ...]]) -> Reach:
        """Whether the request passes, from whichever account owns the resource."""
        requests = self._requests(action, resource, context)
        if any(self._passes(request, relaxed=False) for request in requests):
            return Reach.YES if self.is_complete else Reach.UNKNOWN
        if any(self._passes(request, relaxed=True) for request in requests):
            return Reach.CONDITIONAL if self.is_complete else Reach.UNKNOWN
        return Reach.NO

    def allowing(self, action: str, resource: str, context: Mapping[str, tuple[str, ...]]) -> tuple[int, CompiledStatement] | None:
        """The statement that lets the request pass, or would if its conditions were met, with the number of its policy; None where none does."""
        for policies in (self.policies.strict, self.policies.relaxed):
            for request in self._requests(action, resource, context):
                deciding = evaluate(request, policies).deciding
                if deciding is not None and deciding.effect == "Allow":
                    return next(number for number, policy in enumerate(policies) if deciding in policy.allows), deciding
        return None

    def _requests(self, action: str, resource: str, context: Mapping[str, tuple[str, ...]]) -> list[Request]:
        return [
            Request(
                action,
                resource,
                {
                    _OWNER: (owner,),
                    "s3:ResourceAccount": (owner,),
                    "aws:PrincipalArn": (self.role_arn,),
                    "aws:PrincipalAccount": (self.account_id,),
                    "aws:SecureTransport": ("true",),
                    **self.context,
                    **context,
                },
            )
            for owner in self._owners
        ]

    def _passes(self, request: Request, *, relaxed: bool) -> bool:
        layers = (self.policies,) if self.boundary is None else (self.policies, self.boundary)
        return all(evaluate(request, layer.relaxed if relaxed else layer.strict).allowed for layer in layers)

    def at(self, place: Place) -> Mapping[str, Reach]:
        """What passes at `place`, by operation. What is asked of a bucket as a whole is asked where the bucket is named as a whole."""
        bucket = f"arn:{place.partition}:s3:::{sampled(place.bucket)}"
        found: dict[str, Reach] = {}
        for name, actions in OPERATIONS.items():
            if name == "admin" and place.prefix:
                continue
            resource = bucket if name in _ON_BUCKET else f"{bucket}/{sampled(place.prefix)}{SAMPLE}"
            context = {_PREFIX: (sampled(place.prefix),)} if name == "list" else {}
            found[name] = _widest(self.reach(action, resource, context) for action in actions)
        return found

    def services(self, statements: Iterable[Statement]) -> Iterator[ServiceAccess]:
        """All services by name; of S3 what the operations on places do not say."""
        found: dict[str, dict[str, Reach]] = {}
        for statement in statements:
            for pattern in statement.actions or ("*",):
                service, _, name = pattern.partition(":")
                if service.lower() == "s3" and _is_told_by_places(pattern, statement):
                    continue
                said = "everything but " + " ".join(statement.not_actions) if statement.not_actions is not None else name or "*"
                reach = self._of_statement(statement, pattern)
                if reach is not Reach.NO:
                    actions = found.setdefault(service.lower(), {})
                    actions[said] = _widest((reach, actions.get(said, Reach.NO)))
        for service, actions in sorted(found.items()):
            yield ServiceAccess(service, tuple(sorted(actions)), _widest(actions.values()))

    def _of_statement(self, statement: Statement, pattern: str) -> Reach:
        """Whether a request that `statement` is about passes. A sample of a wildcard that something narrower stops says nothing of the rest."""
        if "*" not in pattern and "?" not in pattern and self._is_stopped(pattern):
            return Reach.NO
        action = "ciam:Sample" if pattern == "*" else sampled(pattern, "Sample")
        resources = [sampled(each) for each in statement.resources or ("*",)][:5]
        reach = _widest(self.reach(action, resource, {}) for resource in resources)
        is_pattern = any(char in text for text in (pattern, *(statement.resources or ())) for char in "*?")
        return Reach.CONDITIONAL if reach is Reach.NO and is_pattern and self.is_complete else reach

    def _is_stopped(self, action: str) -> bool:
        """Whether no resource at all is left for `action`: the boundary never names it, or a Deny takes all."""
        if self.boundary is not None and not any(
            each.action.holds(action, {}) for policy in self.boundary.strict for each in policy.allows
        ):
            return True
        denies = (
            each for layer in (self.policies, self.boundary) if layer is not None for policy in layer.strict for each in policy.denies
        )
        return any(
            each.action.holds(action, {})
            and not each.conditions
            and each.resource is not None
            and not each.resource.negated
            and "*" in each.resource.values
            for each in denies
        )


def _widest(reaches: Iterable[Reach]) -> Reach:
    order = tuple(Reach)
    return min(reaches, key=order.index, default=Reach.NO)


def sampled(pattern: str, sample: str = "x") -> str:
    """A text that `pattern` matches; a variable stands for itself."""
    return pattern.replace("*", sample).replace("?", "x")


def places_named(statements: Iterable[Statement]) -> set[Place]:
    """The buckets and prefixes that `statements` name, in resources and in conditions on listing."""
    found: set[Place] = set()
    for statement in statements:
        if not _is_about_s3(statement):
            continue
        prefixes = {value for _, key, values in statement.conditions if key.lower() == _PREFIX for value in values}
        for resource, prefix in product(statement.resources or ("*",), prefixes or {""}):
            found.add(_place(resource, prefix))
    return found


def _is_about_s3(statement: Statement) -> bool:
    return any(map(_names_an_operation, statement.actions or ("*",)))


def _names_an_operation(pattern: str) -> bool:
    return any(map(wildcard_matcher(pattern.lower()), _NAMED))


def _is_told_by_places(pattern: str, statement: Statement) -> bool:
    """Access points and the like are no bucket, and are named by an ARN that has a region and an account."""
    is_of_buckets = all(resource == "*" or resource.split(":")[3:5] in (["", ""], ["*", "*"]) for resource in statement.resources or ("*",))
    return is_of_buckets and (_names_an_operation(pattern) or pattern.lower() in _PART_OF_WRITING)


def _place(resource: str, listed: str) -> Place:
    _, partition, _, _, _, path = (resource.split(":", 5) + [""] * 5)[:6]
    bucket, slash, key = path.partition("/")
    if resource == "*" or bucket in ("*", ""):
        bucket = EVERY_BUCKET
    prefix = key.removesuffix("*") if slash else listed.removesuffix("*")
    return Place(partition if partition not in ("", "*") else "aws", bucket, prefix)
