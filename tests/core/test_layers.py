"""All layers together, as AWS documents it: who must allow within an account and across two, what limits what, and what is told of it."""

from __future__ import annotations

import json
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import CompiledPolicy, Outcome, Request, compile_policy
from ciam_tui.core.layers import Layer, Policies, Said, Verdict, decide

MINE, THEIRS = "123456789012", "210987654321"
USER = f"arn:aws:iam::{MINE}:user/anna"
ROLE = f"arn:aws:iam::{MINE}:role/circleci/web-build"
SESSION = f"arn:aws:sts::{MINE}:assumed-role/web-build/job-1"
FEDERATED = f"arn:aws:sts::{MINE}:federated-user/anna"
ROOT = f"arn:aws:iam::{MINE}:root"
LINKED = f"arn:aws:sts::{MINE}:assumed-role/AWSServiceRoleForSupport/x"
PROVIDER = f"arn:aws:iam::{MINE}:oidc-provider/oidc.circleci.com/org/x"
OBJECT = "arn:aws:s3:::acme/builds/a"
KEY = f"arn:aws:kms:eu-west-1:{MINE}:key/1234"
TARGET = f"arn:aws:iam::{MINE}:role/deploy"


def policy(*statements: dict[str, Any], name: str = "p") -> list[CompiledPolicy]:
    whole = [{"Effect": "Allow", "Action": "*", "Resource": "*", **statement} for statement in statements]
    return [compile_policy(parse_policy(json.dumps({"Version": "2012-10-17", "Statement": whole})), name=name)]


ALL, NOTHING, DENY = policy({}), policy({"Action": "ec2:*"}), policy({"Effect": "Deny"})


def bucket(principal: Any, **elements: Any) -> list[CompiledPolicy]:
    return policy({"Principal": principal, **elements})


def asked(caller: str | None = SESSION, action: str = "s3:GetObject", arn: str = OBJECT, *, owner: str = MINE, **policies: Any) -> Verdict:
    return decide(Request(action, arn, {}, caller), Policies(**policies), resource_account=owner)


class TestWithinAnAccount:
    """IAM User Guide, "Policy evaluation for requests within a single account" and "How AWS enforcement code logic evaluates requests"."""

    @pytest.mark.parametrize(("identity", "resource"), list(product([ALL, NOTHING, None], [bucket({"AWS": USER}), None])))
    def test_either_the_identity_or_the_resource_suffices(
        self, identity: list[CompiledPolicy] | None, resource: list[CompiledPolicy] | None
    ) -> None:
        assert asked(USER, identity=identity, resource=resource).allowed is (identity is ALL or resource is not None)

    # The table "Resource-based policies and implicit denies in other policy types (same account)" of that page: what the bucket's policy names,
    # who asks, and whether the grant stands although the identity, the boundary, or the session policy does not allow.
    @pytest.mark.parametrize(
        ("named", "caller", "without_identity", "without_boundary", "without_session"),
        [
            ({"AWS": ROLE}, SESSION, True, False, False),
            ({"AWS": SESSION}, SESSION, True, True, True),
            ({"AWS": USER}, USER, True, True, True),
            ({"AWS": FEDERATED}, FEDERATED, True, True, True),
            ("*", SESSION, True, True, True),
            ({"AWS": "*"}, USER, True, True, True),
            ({"AWS": MINE}, SESSION, False, False, False),
            ({"AWS": ROOT}, USER, False, False, False),
            ({"AWS": [ROOT, SESSION]}, SESSION, True, True, True),
            ({"AWS": THEIRS}, SESSION, False, False, False),
        ],
    )
    def test_how_the_resource_names_the_caller_decides_what_limits_the_grant(
        self, named: Any, caller: str, *, without_identity: bool, without_boundary: bool, without_session: bool
    ) -> None:
        resource = bucket(named)
        assert asked(caller, identity=NOTHING, resource=resource).allowed is without_identity
        assert asked(caller, identity=NOTHING, boundary=NOTHING, resource=resource).allowed is without_boundary
        assert asked(caller, identity=NOTHING, session=NOTHING, resource=resource).allowed is without_session

    @pytest.mark.parametrize(("boundary", "session"), list(product([ALL, NOTHING, None], repeat=2)))
    def test_what_the_identity_may_is_cut_by_boundary_and_session_policy(
        self, boundary: list[CompiledPolicy] | None, session: list[CompiledPolicy] | None
    ) -> None:
        verdict = asked(identity=ALL, boundary=boundary, session=session)
        assert verdict.allowed is (NOTHING not in (boundary, session))
        if not verdict.allowed:
            assert verdict.decided_by.layer is (Layer.BOUNDARY if boundary is NOTHING else Layer.SESSION)

    @pytest.mark.parametrize("layer", ["identity", "boundary", "session", "resource", "scps", "rcps"])
    def test_an_explicit_deny_in_any_layer_wins(self, layer: str) -> None:
        denying: dict[str, Any] = {
            "identity": DENY,
            "boundary": DENY,
            "session": DENY,
            "resource": policy({"Effect": "Deny", "Principal": "*"}),
        }
        given: dict[str, Any] = {
            "identity": ALL,
            "boundary": ALL,
            "session": ALL,
            "resource": bucket({"AWS": SESSION}),
            "scps": [ALL],
            "rcps": [bucket("*")],
        }
        assert asked(**given).allowed
        verdict = asked(**{**given, layer: denying.get(layer, [ALL, DENY])})
        assert verdict.outcome is Outcome.EXPLICIT_DENY
        assert verdict.deciding is not None
        assert verdict.deciding.effect == "Deny"

    def test_a_boundary_grants_nothing(self) -> None:
        assert not asked(USER, identity=NOTHING, boundary=ALL).allowed

    def test_the_example_of_a_boundary_without_iam(self) -> None:
        """IAM User Guide, "Permissions boundaries for IAM entities": ShirleyRodriguez may not create a user."""
        boundary = policy({"Action": ["s3:*", "cloudwatch:*", "ec2:*"]})
        identity = policy({"Action": "iam:CreateUser"})
        verdict = asked(USER, "iam:CreateUser", USER, identity=identity, boundary=boundary)
        assert (verdict.outcome, verdict.decided_by.layer) == (Outcome.IMPLICIT_DENY, Layer.BOUNDARY)

    def test_a_denial_by_exclusion_always_meets_a_caller_with_a_boundary(self) -> None:
        """The same page: NotPrincipal with Deny denies any principal with a boundary, whatever it names."""
        resource = policy({"Effect": "Deny", "NotPrincipal": {"AWS": [USER, ROOT]}})
        assert asked(USER, identity=ALL, resource=resource).allowed
        assert asked(USER, identity=ALL, resource=resource, boundary=ALL).outcome is Outcome.EXPLICIT_DENY

    def test_a_denial_by_exclusion_spares_whom_it_names(self) -> None:
        """IAM User Guide, "AWS JSON policy elements: NotPrincipal"."""
        resource = policy({"Effect": "Deny", "NotPrincipal": {"AWS": [SESSION, ROLE, ROOT]}})
        assert asked(SESSION, identity=ALL, resource=resource).allowed
        assert asked(SESSION.replace(MINE, THEIRS), identity=ALL, resource=resource).outcome is Outcome.EXPLICIT_DENY

    @pytest.mark.parametrize("named", [[ROOT], [ROLE, ROOT], [USER, ROOT]])
    def test_a_denial_by_exclusion_spares_nobody_for_the_sake_of_their_account_or_role(self, named: list[str]) -> None:
        """The same page: with a user and its account named, everybody but that user is denied, and with a role named, its sessions are."""
        resource = policy({"Effect": "Deny", "NotPrincipal": {"AWS": named}})
        for caller in (SESSION, ROLE, USER):
            denied = asked(caller, identity=ALL, resource=resource).outcome is Outcome.EXPLICIT_DENY
            assert denied is (caller != USER or USER not in named)

    def test_the_root_user_needs_no_policy_and_organizations_bind_it_all_the_same(self) -> None:
        assert asked(ROOT).allowed
        assert not asked(ROOT, scps=[NOTHING]).allowed
        assert not asked(ROOT, resource=policy({"Effect": "Deny", "Principal": "*"})).allowed


class TestAcrossAccounts:
    """IAM User Guide, "Cross-account policy evaluation logic"."""

    @pytest.mark.parametrize("named", ["*", {"AWS": MINE}, {"AWS": ROLE}, {"AWS": SESSION}])
    @pytest.mark.parametrize("identity", [ALL, NOTHING, None])
    def test_both_accounts_must_allow_however_the_caller_is_named(self, named: Any, identity: list[CompiledPolicy] | None) -> None:
        assert asked(owner=THEIRS, identity=identity, resource=bucket(named)).allowed is (identity is ALL)

    @pytest.mark.parametrize("resource", [None, bucket({"AWS": THEIRS})])
    def test_without_a_grant_by_the_other_account_it_is_denied(self, resource: list[CompiledPolicy] | None) -> None:
        verdict = asked(owner=THEIRS, identity=ALL, resource=resource)
        assert (verdict.outcome, verdict.decided_by.layer) == (Outcome.IMPLICIT_DENY, Layer.RESOURCE)
        assert "another account" in verdict.why

    @pytest.mark.parametrize("limit", ["boundary", "session"])
    def test_what_limits_the_identity_limits_it_there_too(self, limit: str) -> None:
        given: dict[str, Any] = {"identity": ALL, "resource": bucket({"AWS": SESSION}), limit: NOTHING}
        assert not asked(owner=THEIRS, **given).allowed

    def test_accounts_are_read_from_the_request(self) -> None:
        request = Request("kms:Decrypt", KEY.replace(MINE, THEIRS), {}, SESSION)
        assert decide(request, Policies(identity=ALL, resource=bucket({"AWS": MINE}))).why == "the policies of both accounts allow it"
        owned = Request("s3:GetObject", OBJECT, {"aws:ResourceAccount": (THEIRS,)}, SESSION)
        assert not decide(owned, Policies(identity=ALL)).allowed
        unknown = decide(Request("s3:GetObject", OBJECT, {}, SESSION), Policies(identity=ALL))
        assert unknown.allowed
        assert unknown.not_given[-1] == "whether caller and resource are of one account"


class TestTrustAndKeys:
    """The same pages: role trust policies and KMS key policies must explicitly allow, or delegate to the account."""

    @pytest.mark.parametrize(("action", "resource"), [("kms:Decrypt", KEY), ("sts:AssumeRole", TARGET), ("STS:assumerole", TARGET)])
    @pytest.mark.parametrize(
        ("named", "identity", "expected"),
        [
            (None, ALL, False),
            ({"AWS": THEIRS}, ALL, False),
            ({"AWS": MINE}, ALL, True),
            ({"AWS": MINE}, NOTHING, False),
            ({"AWS": ROLE}, NOTHING, True),
            ({"AWS": SESSION}, NOTHING, True),
        ],
    )
    def test_the_identity_alone_does_not_suffice(
        self, action: str, resource: str, named: Any, identity: list[CompiledPolicy], *, expected: bool
    ) -> None:
        given = None if named is None else bucket(named)
        verdict = asked(SESSION, action, resource, identity=identity, resource=given)
        assert verdict.allowed is expected
        if named is None:
            assert verdict.why.endswith("policy has to allow it or to delegate, and it was not given")

    @pytest.mark.parametrize("caller", [PROVIDER, None])
    def test_a_token_is_let_in_by_the_trust_policy_alone(self, caller: str | None) -> None:
        trust = policy({"Principal": {"Federated": PROVIDER}, "Action": "sts:AssumeRoleWithWebIdentity"})
        verdict = asked(caller, "sts:AssumeRoleWithWebIdentity", TARGET, resource=trust, scps=[NOTHING])
        assert verdict.allowed
        assert {answer.said for answer in verdict.layers if answer.layer in (Layer.SCP, Layer.IDENTITY, Layer.BOUNDARY)} == {Said.NOT_ASKED}
        assert not asked(caller, "sts:AssumeRoleWithWebIdentity", TARGET, identity=ALL).allowed
        assert not asked(caller, "sts:AssumeRoleWithWebIdentity", TARGET, resource=trust, rcps=[DENY]).allowed

    def test_a_service_is_let_in_by_the_resource_alone(self) -> None:
        resource = bucket({"Service": "logging.s3.amazonaws.com"})
        assert asked("logging.s3.amazonaws.com", resource=resource, owner=THEIRS).allowed
        assert not asked("ec2.amazonaws.com", resource=resource).allowed


class TestOrganizations:
    """Organizations User Guide, "SCP evaluation" and "RCP evaluation"."""

    @pytest.mark.parametrize("levels", list(product(["all", "nothing", "both"], repeat=3)))
    def test_every_level_must_allow_and_one_of_its_policies_is_enough(self, levels: tuple[str, ...]) -> None:
        kinds = {"all": ALL, "nothing": NOTHING, "both": [*NOTHING, *ALL]}
        verdict = asked(identity=ALL, scps=[kinds[level] for level in levels])
        assert verdict.allowed is ("nothing" not in levels)
        if not verdict.allowed:
            assert verdict.decided_by.level == levels.index("nothing") + 1

    def test_resource_control_policies_can_only_deny(self) -> None:
        """ "How AWS enforcement code logic evaluates requests": RCPFullAWSAccess cannot be detached, so there always is an Allow."""
        elsewhere = policy({"Effect": "Deny", "Principal": "*", "Action": "sqs:*"})
        verdict = asked(identity=ALL, rcps=[elsewhere, policy({"Effect": "Deny", "Principal": "*", "Action": "kms:*"})])
        assert verdict.allowed
        assert [answer.said for answer in verdict.layers if answer.layer is Layer.RCP] == [Said.ALLOWED, Said.ALLOWED]
        assert asked(identity=ALL, rcps=[elsewhere, bucket("*", Effect="Deny")]).outcome is Outcome.EXPLICIT_DENY

    def test_they_grant_nothing(self) -> None:
        assert not asked(identity=NOTHING, scps=[ALL], rcps=[bucket("*")]).allowed

    def test_they_limit_what_a_resource_grants_directly(self) -> None:
        assert not asked(USER, resource=bucket({"AWS": USER}), scps=[NOTHING]).allowed

    def test_service_linked_roles_are_not_limited(self) -> None:
        assert asked(LINKED, identity=ALL, scps=[DENY], rcps=[DENY]).allowed


class TestWhatIsTold:
    def test_every_layer_is_told_in_the_order_of_aws(self) -> None:
        verdict = asked(identity=ALL, scps=[ALL, ALL], boundary=NOTHING)
        assert [(answer.words, answer.said.value) for answer in verdict.layers] == [
            ("resource control policies", "not-given"),
            ("service control policies, level 1", "allowed"),
            ("service control policies, level 2", "allowed"),
            ("resource policy", "not-given"),
            ("identity policies", "allowed"),
            ("permissions boundary", "implicit-deny"),
            ("session policy", "not-given"),
        ]
        assert verdict.not_given == ("resource control policies", "resource policy", "session policy")

    def test_a_user_has_no_session_policy_to_be_given(self) -> None:
        assert "session policy" not in asked(USER, identity=ALL).not_given

    def test_without_a_caller_a_resource_policy_only_delegates(self) -> None:
        assert asked(None, identity=ALL, resource=bucket({"AWS": USER})).allowed
        verdict = asked(None, identity=NOTHING, resource=bucket({"AWS": USER}))
        assert not verdict.allowed
        assert "no caller was named" in verdict.why

    def test_the_statement_that_names_the_caller_most_directly_decides(self) -> None:
        resource = policy({"Sid": "Account", "Principal": {"AWS": MINE}}, {"Sid": "Session", "Principal": {"AWS": SESSION}})
        deciding = asked(resource=resource).deciding
        assert deciding is not None
        assert deciding.sid == "Session"

    @given(
        caller=st.sampled_from([USER, SESSION, ROOT, PROVIDER, LINKED, None]),
        owner=st.sampled_from([MINE, THEIRS]),
        given=st.fixed_dictionaries(
            {
                **{name: st.sampled_from([None, ALL, NOTHING, DENY]) for name in ("identity", "boundary", "session")},
                "resource": st.sampled_from([None, bucket("*"), bucket({"AWS": MINE}), bucket({"AWS": ROLE}), bucket("*", Effect="Deny")]),
                "scps": st.none() | st.lists(st.sampled_from([ALL, NOTHING, DENY]), max_size=2),
                "rcps": st.none() | st.lists(st.sampled_from([ALL, NOTHING, DENY]), max_size=2),
            }
        ),
    )
    def test_no_limit_ever_widens_and_the_layer_that_decides_is_one_that_says_so(
        self, caller: str | None, owner: str, given: dict[str, Any]
    ) -> None:
        verdict = asked(caller, owner=owner, **given)
        assert verdict.decided_by in verdict.layers
        if verdict.outcome is Outcome.EXPLICIT_DENY:
            assert verdict.decided_by.said is Said.EXPLICIT_DENY
        else:
            assert Said.EXPLICIT_DENY not in {answer.said for answer in verdict.layers}
        for limit in ("boundary", "session", "scps", "rcps"):
            if verdict.allowed:
                assert asked(caller, owner=owner, **{**given, limit: None}).allowed
