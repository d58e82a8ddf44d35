"""What would refuse the new roles whatever they are granted: policies of the bucket, its key and the organization that were written for the old user.

Each is asked the very requests of each stage, once as the role and once as the user that it replaces: what lets the user in and not the role
is the classic outage of a migration. What could not be read is told as unknown. A statement that mends it is for the policy's owner to add.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import VERSION, Document, parse_policy
from ciam_tui.core.evaluate import compile_policy
from ciam_tui.core.layers import Layer, Policies, decide
from ciam_tui.core.owner import key_owner, owner_statements
from ciam_tui.core.permissions import bucket_owner
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.roles import stage_roles
from ciam_tui.core.shut_out.mending import excepting
from ciam_tui.core.shut_out.requests import kms_requests, s3_requests
from ciam_tui.core.users.naming import names
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from ciam_tui.core.evaluate import CompiledPolicy, CompiledStatement, Request
    from ciam_tui.core.layers import Verdict
    from ciam_tui.core.roles import WantedRole
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.core.shut_out.facts import ControlPolicies
    from ciam_tui.core.users.facts import User

# What a request carries from where it is made: not known before a job runs. Where only these decide, the job's place does.
_OF_THE_PLACE = frozenset(
    {"aws:sourceip", "aws:sourcevpc", "aws:sourcevpce", "aws:vpcsourceip", "aws:sourcevpcarn", "aws:vpceaccount", "aws:vpceorgid"}
    | {"aws:currenttime", "aws:epochtime", "aws:useragent", "aws:referer"}
)
# Only the other policies are asked about here: what the identity may do is the Setup's own affair, which every preview shows.
_MAY_ALL = compile_policy(
    parse_policy('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'), name="all"
)


class Kind(StrEnum):
    """Whose policy it is."""

    BUCKET = "bucket policy"
    KEY = "key policy"
    ORGANIZATION = "service control policy"


@dataclass(frozen=True, slots=True)
class Blocker:
    """One statement, or the lack of one, that stands against the roles.

    `level` is ERROR where the roles are refused, WARNING where that depends on where their jobs run, NOTE for what is unknown or left
    behind. `statement` says which one (`Deny "OnlyNamedPeople"`), with its `number` from 1 and its `sid`. `statements_to_add` go into the
    policy, in the place of statement `replaces` where that is given; `for_owner` is the account, or who else, that has to add it.
    """

    kind: Kind
    what: str
    level: Level
    why: str
    statement: str = ""
    number: int | None = None
    sid: str | None = None
    roles: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    user_passes: bool | None = None
    statements_to_add: tuple[Mapping[str, Any], ...] = ()
    replaces: int | None = None
    for_owner: str = ""

    @property
    def blocks(self) -> bool:
        """Whether the roles are refused for sure."""
        return self.level is Level.ERROR

    @property
    def statement_to_add(self) -> Mapping[str, Any] | None:
        """What its owner is handed: the one statement, several as a policy of their own, None where there is nothing to add."""
        if len(self.statements_to_add) > 1:
            return Document.of({"Version": VERSION, "Statement": list(self.statements_to_add)}).policy
        return next(iter(self.statements_to_add), None)


def shut_out(
    setup: SetupShape,
    user: User,
    *,
    bucket_policy: Document | None,
    key_policies: Mapping[str, Document | None] | None = None,
    scps: ControlPolicies | None = None,
    unread: Sequence[tuple[Kind, str]] = (),
) -> tuple[Blocker, ...]:
    """All that would refuse the roles of `setup`, or was left behind by `user`, worst first.

    `bucket_policy` is None where the bucket has none; `unread` says, with the kind, what could not be read. A key whose policy is not among
    `key_policies` was not read.
    """
    asked = _Asked(setup, user)
    missing = {kind for kind, _ in unread}
    found: list[Blocker] = [Blocker(kind, "", Level.NOTE, f"Unknown: {reason}") for kind, reason in unread]
    if Kind.BUCKET not in missing:
        found += asked.by_resource(Kind.BUCKET, setup.bucket.name, bucket_policy, bucket_owner(setup))
    key = setup.bucket.kms_key_arn
    if key and Kind.KEY not in missing:
        if key_policies is None or key not in key_policies:
            found.append(Blocker(Kind.KEY, key, Level.NOTE, "Unknown: the policy of the key was not read."))
        else:
            found += asked.by_resource(Kind.KEY, key, key_policies[key], key_owner(setup) or "")
    if scps is None or scps.levels is None:
        reason = scps.unread if scps is not None and scps.unread else "they were not read."
        found.append(
            Blocker(Kind.ORGANIZATION, "", Level.NOTE, f"Unknown: whether the organization's policies let the roles do this: {reason}")
        )
    else:
        found += asked.by_organization(scps)
    order = tuple(Level)
    return tuple(sorted(found, key=lambda each: order.index(each.level)))


@dataclass(slots=True)
class _Found:
    """A statement, or None for the lack of one, with whom and what it refuses."""

    statement: CompiledStatement | None
    why: str
    roles: dict[str, None] = field(default_factory=dict)
    arns: dict[str, None] = field(default_factory=dict)
    actions: dict[str, None] = field(default_factory=dict)
    user_passes: bool = True
    depends: bool = True

    def add(self, role: WantedRole, request: Request, *, user_passes: bool, depends: bool) -> None:
        self.roles.setdefault(role.name)
        self.arns.setdefault(role.arn)
        self.actions.setdefault(request.action)
        self.user_passes = self.user_passes and user_passes
        self.depends = self.depends and depends


@dataclass(frozen=True, slots=True)
class _Asked:
    setup: SetupShape
    user: User

    def by_resource(self, kind: Kind, what: str, document: Document | None, owner: str) -> Iterator[Blocker]:
        """What the policy of the bucket or the key says to each request."""
        compiled = _compiled(kind, document)
        if isinstance(compiled, str):
            yield Blocker(kind, what, Level.NOTE, f"Unknown: {compiled}")
            return
        found: dict[int | None, _Found] = {}
        for role, request, of_user in self._requests(kind):
            verdict = self._decided(request, compiled, owner)
            if verdict.allowed:
                continue
            user_passes = self._decided(of_user, compiled, owner).allowed
            denying = [each for policy in compiled for each in policy.denies if each.applies(request)]
            for statement in _or_none(denying):
                number = statement.number if statement is not None else None
                place = found.setdefault(number, _Found(statement, verdict.why))
                place.add(role, request, user_passes=user_passes, depends=_depends(statement, request))
        for each in found.values():
            to_add = self._missing(kind, each) if each.statement is None else _mended(each, document)
            yield _blocker(kind, what, each, to_add, owner)
        yield from self._left_behind(kind, what, document, found)

    def by_organization(self, scps: ControlPolicies) -> Iterator[Blocker]:
        """What the organization's policies say to each request."""
        try:
            levels = [
                [compile_policy(parse_policy(document.text, what=f"the control policy {name}"), name=name) for name, document in level]
                for level in scps.levels or ()
            ]
        except CiamError as error:
            yield Blocker(Kind.ORGANIZATION, "", Level.NOTE, f"Unknown: {error.message}")
            return
        texts = {name: document for level in scps.levels or () for name, document in level}
        found: dict[tuple[str, int | None], _Found] = {}
        for role, request, of_user in (*self._requests(Kind.BUCKET), *self._requests(Kind.KEY)):
            verdict = decide(request, Policies(identity=[_MAY_ALL], resource=[_MAY_ALL_OF_ACCOUNT], scps=levels))
            if verdict.decided_by.layer is not Layer.SCP or verdict.allowed:
                continue
            user = decide(of_user, Policies(identity=[_MAY_ALL], resource=[_MAY_ALL_OF_ACCOUNT], scps=levels))
            denying = [each for level in levels for policy in level for each in policy.denies if each.applies(request)]
            for statement in _or_none(denying):
                key = (statement.policy, statement.number) if statement is not None else (verdict.decided_by.words, None)
                place = found.setdefault(key, _Found(statement, verdict.why))
                place.add(role, request, user_passes=user.allowed, depends=_depends(statement, request))
        for (name, _), each in found.items():
            yield _blocker(Kind.ORGANIZATION, name, each, _mended(each, texts.get(name)), "the organization's administrators")

    def _requests(self, kind: Kind) -> Iterator[tuple[WantedRole, Request, Request]]:
        """Each request of each role, and the same as the user."""
        ask = s3_requests if kind is Kind.BUCKET else kms_requests
        for stage in self.setup.stages:
            for role in stage_roles(self.setup, stage):
                as_user = ask(self.setup, stage, self.user.arn, user=self.user)
                yield from ((role, request, of_user) for request, of_user in zip(ask(self.setup, stage, role.arn), as_user, strict=True))

    def _decided(self, request: Request, resource: Sequence[CompiledPolicy], owner: str) -> Verdict:
        return decide(request, Policies(identity=[_MAY_ALL], resource=resource), account=self.setup.account_id, resource_account=owner)

    def _missing(self, kind: Kind, found: _Found) -> tuple[Mapping[str, Any], ...]:
        """The statements that would let in those who are refused since none does."""
        stages = [stage for stage in self.setup.stages if any(role.name in found.roles for role in stage_roles(self.setup, stage))]
        return tuple(owner_statements(self.setup, kms=kind is Kind.KEY, stages=stages))

    def _left_behind(self, kind: Kind, what: str, document: Document | None, told: Collection[int | None]) -> Iterator[Blocker]:
        """Statements that name the user and stand against nobody: once it is deleted, its name there becomes an id that nobody has."""
        namings = {} if document is None else {each.statement: each for each in names(self.user, what, document)}
        for number, naming in namings.items():
            if number not in told:
                why = f"The {kind}, {naming.words}: take the old user out before it is deleted, since its name then becomes a dead id."
                yield Blocker(kind, what, Level.NOTE, why, number=number, sid=naming.sid)


def _or_none(denying: Sequence[CompiledStatement]) -> Sequence[CompiledStatement | None]:
    """The statements that deny, or None for the lack of one that allows."""
    return denying or (None,)


def _mended(found: _Found, document: Document | None) -> tuple[Mapping[str, Any], ...]:
    """The statement with the roles excepted."""
    if found.statement is None or document is None:
        return ()
    return (excepting(document, found.statement.number, tuple(found.arns)),)


def _blocker(kind: Kind, what: str, found: _Found, to_add: tuple[Mapping[str, Any], ...], owner: str) -> Blocker:
    statement = found.statement
    roles, actions = tuple(found.roles), tuple(found.actions)
    of = f"{statement} of the {kind}" if statement is not None else f"The {kind}"
    who = "lets the old user pass, and not" if found.user_passes else "refuses the old user too, and"
    why = f"{of} {who} {listed(roles)}: {listed(actions)} would be refused"
    why += ", unless the jobs run where it lets them pass." if found.depends else f"; {found.why}."
    return Blocker(
        kind=kind,
        what=what,
        level=Level.WARNING if found.depends else Level.ERROR,
        why=why,
        statement=str(statement) if statement is not None else "",
        number=statement.number if statement is not None else None,
        sid=statement.sid if statement is not None else None,
        roles=roles,
        actions=actions,
        user_passes=found.user_passes,
        statements_to_add=to_add,
        replaces=statement.number if statement is not None and to_add else None,
        for_owner=owner,
    )


# In the account of the resource, so that the organization's policies alone decide.
_MAY_ALL_OF_ACCOUNT = compile_policy(
    parse_policy('{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*"}]}'),
    name="all",
)


def _compiled(kind: Kind, document: Document | None) -> tuple[CompiledPolicy, ...] | str:
    """The policy ready to be asked, none where there is none, or why it cannot be read."""
    if document is None:
        return ()
    try:
        return (compile_policy(parse_policy(document.text, what=f"the {kind}"), name=str(kind)),)
    except CiamError as error:
        return error.message


def _depends(statement: CompiledStatement | None, request: Request) -> bool:
    """Whether a Deny applies only since the request does not say where it comes from."""
    if statement is None:
        return False
    present = request.folded_context
    return any(each.folded_key in _OF_THE_PLACE and each.folded_key not in present for each in statement.conditions)
