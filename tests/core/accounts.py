"""Accounts as facts: any, for properties; small ones, for tables; and what a run leaves behind in one, told without an account."""

from __future__ import annotations

import itertools
import json
import string
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import effect
from ciam_tui.core.document import Document
from ciam_tui.core.facts import (
    GROUP,
    Bucket,
    ContextFacts,
    Facts,
    Identity,
    ManagedPolicy,
    PolicyVersion,
    Provider,
    Quotas,
    Role,
    TrustingRole,
)
from ciam_tui.core.journal import Began, Entry, RunStarted, Succeeded, fold, known_ids, known_wiring
from ciam_tui.core.plan import stamped
from ciam_tui.core.planning import make_plan
from ciam_tui.core.setup import Setup
from ciam_tui.core.undo import UndoGround, plan_undo
from tests.core import user_accounts
from tests.core.examples import ORG_ID, answers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from hypothesis.strategies import DrawFn

    from ciam_tui.core.journal import RunState
    from ciam_tui.core.plan import Plan

ACCOUNT = "123456789012"
NOON = datetime(2026, 1, 2, 12, 0, 0, tzinfo=UTC)
IDENTITY = Identity(ACCOUNT, f"arn:aws:iam::{ACCOUNT}:user/dana", "aws")
BUCKET = Bucket("acme-builds", "us-east-1", ACCOUNT, encryption="AES256", public_access_blocked=True, ownership="BucketOwnerEnforced")
ISSUER = f"oidc.circleci.com/org/{ORG_ID}"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/{ISSUER}"
EMPTY = Facts(IDENTITY, Quotas(read=True), BUCKET)

ROLE_NAMES = ("circleci-web-build", "Circleci-Web-Deploy")
POLICY_ARNS = tuple(f"arn:aws:iam::{ACCOUNT}:policy/circleci/{name}" for name in ROLE_NAMES)
OTHER_POLICY = f"arn:aws:iam::{ACCOUNT}:policy/edge"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11"


def a_document(action: str = "s3:GetObject", *resources: str) -> Document:
    """A permission policy in AWS's own spelling: no white space, and lists even for one."""
    statement = {"Effect": "Allow", "Action": [action], "Resource": list(resources) or ["arn:aws:s3:::acme-builds/*"]}
    return Document(json.dumps({"Version": "2012-10-17", "Statement": [statement]}, separators=(",", ":")))


def a_trust(*, audiences: Sequence[str] = (ORG_ID,), provider: str = PROVIDER_ARN, **condition: Any) -> Document:
    """A trust policy for the provider, as somebody else writes it."""
    conditions = condition or {"StringEquals": {f"{ISSUER}:aud": list(audiences)}}
    statement = {
        "Effect": "Allow",
        "Principal": {"Federated": provider},
        "Action": "sts:AssumeRoleWithWebIdentity",
        "Condition": conditions,
    }
    return Document(json.dumps({"Version": "2012-10-17", "Statement": [statement]}))


def a_setup(**changes: Any) -> Setup:
    return Setup.model_validate(answers(**changes))


def respelled(document: Document) -> Document:
    """The same policy in another spelling: keys in reverse, a list where one value will do."""
    return Document(json.dumps(_respelled(document.policy)))


def _respelled(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: [value[key]] if key in ("Action", "Resource") and isinstance(value[key], str) else _respelled(value[key])
            for key in reversed(value)
        }
    return [_respelled(item) for item in value] if isinstance(value, list) and value and isinstance(value[0], dict) else value


@dataclass
class World:
    """An account that is one value, in which runs happen without a call: each change has its effect, and AWS gives its ids."""

    facts: Facts = EMPTY
    runs: list[RunState] = field(default_factory=list)
    numbers: itertools.count[int] = field(default_factory=lambda: itertools.count(1))

    def plan(self, setup: Setup, *, adopt: frozenset[str] = frozenset(), wire: bool = False) -> Plan:
        known = known_ids(self.runs)
        return make_plan(setup, self.facts, known_ids=known, adopt=adopt, wire=wire, known_wiring=known_wiring(self.runs))

    def applied(self, setup: Setup, *, adopt: frozenset[str] = frozenset(), wire: bool = False) -> RunState:
        plan = self.plan(setup, adopt=adopt, wire=wire)
        assert plan.applyable, [str(problem) for problem in plan.problems]
        return self.carried_out(plan, setup)

    def carried_out(self, plan: Plan, setup: Setup, *, steps: int | None = None) -> RunState:
        """The run of `plan`, or of its first `steps`."""
        number = len(self.runs) + 1
        run_id, at = f"run-{number}", NOON + timedelta(hours=number)
        plan = stamped(plan, run_id)
        content = setup.model_dump(mode="json")
        entries: list[Entry] = [
            RunStarted(run_id, at, plan.account_id, plan.setup_id, content, plan.steps, self.facts, IDENTITY.arn, adopted=plan.adopted)
        ]
        for step in plan.steps[:steps]:
            ids = self._ids_for(step.change)
            self.facts = effect(self.facts, step.change, ids)
            entries += [Began(step.id, at), Succeeded(step.id, at, "request", ids)]
        self.runs.append(fold(entries))
        return self.runs[-1]

    def _ids_for(self, change: kinds.Change) -> Mapping[str, str]:
        number = next(self.numbers)
        match change:
            case kinds.CreateRole():
                return {"role_id": f"AROA{number:04}"}
            case kinds.CreatePolicy():
                return {"policy_id": f"ANPA{number:04}", "version_id": "v1"}
            case kinds.CreatePolicyVersion() | kinds.RestorePolicyVersion():
                return {"version_id": f"v{number + 100}"}
            case kinds.CreateContext():
                return {"context_id": f"context-{number:04}"}
            case _:
                return {}

    def trusting(self) -> tuple[TrustingRole, ...]:
        arn = self.facts.provider.arn if self.facts.provider else "nobody"
        return tuple(TrustingRole(role.name, role.arn, role.trust) for role in self.facts.roles.values() if arn in role.trust.text)

    def undo_plan(self, run: RunState, *others: TrustingRole, bucket_is_empty: bool | None = True) -> Plan:
        return plan_undo(run, UndoGround(self.facts, (*self.trusting(), *others), bucket_is_empty))

    def undone(self, run: RunState, setup: Setup) -> RunState:
        plan = self.undo_plan(run)
        assert plan.applyable, [str(problem) for problem in plan.problems]
        return self.carried_out(plan, setup)

    def with_role(self, name: str, **changes: Any) -> None:
        role = self.facts.roles[name.lower()]
        self.facts = replace(self.facts, roles={**self.facts.roles, name.lower(): replace(role, **changes)})

    def with_policy(self, arn: str, **changes: Any) -> None:
        policy = self.facts.policies[arn]
        self.facts = replace(self.facts, policies={**self.facts.policies, arn: replace(policy, **changes)})

    def with_bucket(self, **changes: Any) -> None:
        assert self.facts.bucket
        self.facts = replace(self.facts, bucket=replace(self.facts.bucket, **changes))


def said_by(facts: Facts) -> dict[str, Any]:
    """What the account says, without the ids that AWS gives to the versions of policies."""
    policies = {arn: (_without_ids(policy), policy.document.canonical) for arn, policy in facts.policies.items()}
    contexts = dict(facts.contexts)
    return {
        "bucket": facts.bucket,
        "provider": facts.provider,
        "roles": dict(facts.roles),
        "policies": policies,
        "contexts": contexts,
        "users": dict(facts.users),
        "virtual_mfa": facts.virtual_mfa,
        "project_variables": dict(facts.project_variables),
    }


def _without_ids(policy: ManagedPolicy) -> Any:
    documents = {version.document.canonical for version in policy.versions}
    return documents, policy.policy_id, policy.name, policy.path, policy.description, policy.tags


# Any account that the changes below can be made to: few names, so that a change and what it is about meet often.
documents = st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]).map(a_document)
trusts = st.sampled_from([a_trust(), a_trust(audiences=("sts.amazonaws.com",)), a_trust(audiences=(ORG_ID, "other"))])
_tag_keys = st.one_of(
    st.sampled_from(["team", "Team", "owner", "managed-by", "Managed-By"]), st.text(string.ascii_letters, min_size=1, max_size=3)
)
tags = st.dictionaries(_tag_keys, st.sampled_from(["a", "b", ""]), max_size=4).map(
    lambda found: tuple(sorted({key.lower(): (key, value) for key, value in found.items()}.values()))
)
some_tags = tags.filter(bool)
role_names = st.sampled_from(ROLE_NAMES)
policy_arns = st.sampled_from(POLICY_ARNS)
attachable = st.sampled_from([*POLICY_ARNS, OTHER_POLICY])
inline_names = st.sampled_from(["s3", "other"])
boundaries = st.sampled_from([None, OTHER_POLICY, "arn:aws:iam::aws:policy/PowerUserAccess"])
audiences = st.sampled_from([ORG_ID, "sts.amazonaws.com", "third"])
seconds = st.sampled_from([3600, 7200, 43_200])
keys = st.sampled_from([None, KEY_ARN, KEY_ARN.replace("0c9e", "1d0f")])


@st.composite
def roles(draw: DrawFn, name: str) -> Role:
    last_used = draw(st.one_of(st.none(), st.just(NOON)))
    return Role(
        name=name,
        arn=f"arn:aws:iam::{ACCOUNT}:role/circleci/{name}",
        role_id=f"AROA{draw(st.integers(0, 3))}",
        path="/circleci/",
        trust=draw(trusts),
        description=draw(st.sampled_from(["", "by hand"])),
        max_session_seconds=draw(seconds),
        boundary=draw(boundaries),
        tags=draw(tags),
        inline=tuple(sorted(draw(st.dictionaries(inline_names, documents)).items(), key=lambda each: each[0])),
        attached=tuple(sorted(draw(st.sets(attachable)))),
        last_used=last_used,
        last_used_region="us-east-1" if last_used else None,
    )


@st.composite
def managed_policies(draw: DrawFn, arn: str) -> ManagedPolicy:
    said = draw(st.lists(documents, min_size=1, max_size=4))
    versions = tuple(PolicyVersion(f"v{number}", document) for number, document in enumerate(said, start=1))
    return ManagedPolicy(
        arn=arn,
        policy_id=f"ANPA{draw(st.integers(0, 3))}",
        name=arn.rpartition("/")[2],
        path="/circleci/",
        default_version=draw(st.sampled_from(versions)).id,
        versions=versions,
        description=draw(st.sampled_from(["", "by hand"])),
        attachments=draw(st.integers(0, 2)),
        tags=draw(tags),
    )


@st.composite
def buckets(draw: DrawFn) -> Bucket:
    return Bucket(
        name="acme-builds",
        region=draw(st.sampled_from(["us-east-1", "eu-central-1"])),
        owner_account_id=draw(st.sampled_from([None, ACCOUNT, "999999999999"])),
        kms_key_arn=draw(keys),
        encryption=draw(st.sampled_from([None, "AES256", "aws:kms", "aws:kms:dsse"])),
        public_access_blocked=draw(st.sampled_from([None, False, True])),
        ownership=draw(st.sampled_from([None, "ObjectWriter", "BucketOwnerEnforced"])),
        versioning=draw(st.sampled_from([None, "Suspended", "Enabled"])),
        policy=draw(st.one_of(st.none(), documents)),
        tags=draw(tags),
        unread=draw(st.sampled_from([(), ("policy",), ("encryption", "kms_key_arn"), ("owner",)])),
    )


providers = st.builds(
    lambda clients, tags: Provider(PROVIDER_ARN, ISSUER, tuple(sorted(clients)), tags), st.sets(audiences, min_size=1), tags
)


CONTEXTS = ("circleci-web-build", "shared deploys")
context_names = st.sampled_from(CONTEXTS)
variable_names = st.sampled_from(["AWS_ROLE_ARN", "AWS_DEFAULT_REGION"])
values = st.sampled_from([f"arn:aws:iam::{ACCOUNT}:role/build", f"arn:aws:iam::{ACCOUNT}:role/other", "us-east-1"])
restriction_pairs = st.sampled_from([("project", "6b1f"), ("project", "7c2a"), ("expression", "not job.ssh.enabled"), ("group", ORG_ID)])


@st.composite
def contexts(draw: DrawFn, name: str) -> ContextFacts:
    held = draw(st.dictionaries(variable_names, values.map(lambda value: value[-4:])))
    found = draw(st.sets(restriction_pairs))
    restrictions = tuple(sorted(each for each in found if each[0] != GROUP))
    groups = tuple(value for kind, value in found if kind == GROUP)
    return ContextFacts(name, draw(st.sampled_from(["c1", "c2"])), tuple(sorted(held.items())), restrictions, groups)


@st.composite
def facts(draw: DrawFn) -> Facts:
    return Facts(
        identity=IDENTITY,
        bucket=draw(st.one_of(st.none(), buckets())),
        bucket_taken=draw(st.booleans()),
        provider=draw(st.one_of(st.none(), providers)),
        roles={name.lower(): draw(roles(name)) for name in draw(st.sets(role_names))},
        policies={arn: draw(managed_policies(arn)) for arn in draw(st.sets(policy_arns))},
        contexts={name: draw(contexts(name)) for name in draw(st.sets(context_names))},
        unread=draw(st.sampled_from([(), ("The quotas could not be read.",)])),
        users=draw(user_accounts.all_users),
        virtual_mfa=draw(user_accounts.virtual_mfa),
        project_variables=draw(user_accounts.project_variables),
    )


_versions = st.sampled_from(["v1", "v2", "v3"])
_bucket = st.just("acme-builds")
_tag_names = st.lists(_tag_keys, min_size=1, max_size=2, unique_by=str.lower).map(tuple)
CHANGES = (
    st.builds(kinds.CreateBucket, _bucket, st.sampled_from(["us-east-1", "eu-central-1"])),
    st.builds(kinds.TagBucket, _bucket, some_tags),
    st.builds(kinds.BlockPublicAccess, _bucket),
    st.builds(kinds.EnforceOwnership, _bucket),
    st.builds(kinds.EncryptBucket, _bucket, keys),
    st.builds(kinds.VersionBucket, _bucket),
    st.builds(kinds.SetBucketPolicy, _bucket, documents),
    st.builds(kinds.DeleteBucket, _bucket),
    st.builds(
        kinds.CreateProvider,
        st.just(PROVIDER_ARN),
        st.just(ISSUER),
        st.sets(audiences, min_size=1).map(lambda found: tuple(sorted(found))),
        some_tags,
    ),
    st.builds(kinds.DeleteProvider, st.just(PROVIDER_ARN)),
    st.builds(kinds.AddAudience, st.just(PROVIDER_ARN), audiences),
    st.builds(kinds.RemoveAudience, st.just(PROVIDER_ARN), audiences),
    role_names.flatmap(
        lambda name: st.builds(
            kinds.CreateRole,
            st.just(name),
            st.just(f"arn:aws:iam::{ACCOUNT}:role/circleci/{name}"),
            st.just("/circleci/"),
            trusts,
            st.just("made"),
            seconds,
            boundaries,
            some_tags,
        )
    ),
    st.builds(kinds.DeleteRole, role_names),
    st.builds(kinds.AwaitRoles, st.sets(role_names, min_size=1).map(lambda found: tuple(sorted(found)))),
    st.builds(kinds.SetTrust, role_names, trusts),
    st.builds(kinds.SetRoleSettings, role_names, st.sampled_from(["", "made"]), seconds),
    st.builds(kinds.SetBoundary, role_names, boundaries),
    st.builds(kinds.TagRole, role_names, some_tags),
    st.builds(kinds.UntagRole, role_names, _tag_names),
    st.builds(kinds.PutInlinePolicy, role_names, inline_names, documents),
    st.builds(kinds.DeleteInlinePolicy, role_names, inline_names),
    policy_arns.flatmap(
        lambda arn: st.builds(
            kinds.CreatePolicy,
            st.just(arn),
            st.just(arn.rpartition("/")[2]),
            st.just("/circleci/"),
            documents,
            st.just("made"),
            some_tags,
        )
    ),
    st.builds(kinds.DeletePolicy, policy_arns),
    st.builds(kinds.CreatePolicyVersion, policy_arns, documents),
    st.builds(kinds.DeletePolicyVersion, policy_arns, _versions),
    st.builds(kinds.RestorePolicyVersion, policy_arns, documents),
    st.builds(kinds.SetDefaultVersion, policy_arns, _versions),
    st.builds(kinds.TagPolicy, policy_arns, some_tags),
    st.builds(kinds.UntagPolicy, policy_arns, _tag_names),
    st.builds(kinds.AttachPolicy, role_names, attachable),
    st.builds(kinds.DetachPolicy, role_names, attachable),
    st.builds(kinds.CreateContext, context_names),
    st.builds(kinds.DeleteContext, context_names),
    st.builds(kinds.SetContextVariable, context_names, variable_names, values, st.booleans()),
    st.builds(kinds.DeleteContextVariable, context_names, variable_names),
    st.builds(lambda name, pair: kinds.AddRestriction(name, *pair), context_names, restriction_pairs),
    st.builds(lambda name, pair: kinds.RemoveRestriction(name, *pair), context_names, restriction_pairs),
    *user_accounts.CHANGES,
)
changes: st.SearchStrategy[kinds.Change] = st.one_of(*CHANGES)
