"""What another account's owner is asked to grant: to the role all that its own policy grants, and to nobody else anything."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ciam_tui.core.document import parse_policy
from ciam_tui.core.draft import BucketDraft, Draft
from ciam_tui.core.owner import bucket_owner_policy, key_owner, key_owner_policy
from ciam_tui.core.roles import wanted_roles
from tests.core.asking import allows, everything_setup, example_setup
from tests.core.examples import answers
from tests.core.strategies import NAME_CHARACTERS, setups
from tests.core.test_permissions import ADMINISTRATION, KEY_ACTIONS, NEVER_ON_KEYS, NEVER_ON_OBJECTS, OBJECT_ACTIONS, bucket_of, keys_for

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.roles import WantedRole
    from ciam_tui.core.setup import Setup

OWNER = "999900001111"
KEY = f"arn:aws:kms:us-east-1:{OWNER}:key/11111111-2222-3333-4444-555555555555"

Call = tuple[str, str, dict[str, str]]


def elsewhere(setup: Setup) -> Setup:
    """`setup` with its bucket, and a key, in another account."""
    key = f"arn:{setup.partition}:kms:{setup.bucket.region}:{OWNER}:key/11111111-2222-3333-4444-555555555555"
    return setup.model_copy(
        update={
            "account_id": "123456789012",
            "bucket": setup.bucket.model_copy(update={"owner_account_id": OWNER, "kms_key_arn": key, "create": False}),
        }
    )


def caller(arn: str) -> tuple[str, dict[str, str]]:
    """The principal and the context key by which a bucket's account knows a session of a role, or a user."""
    partition, account, name = arn.split(":")[1], arn.split(":")[4], arn.rpartition("/")[2]
    principal = f"arn:{partition}:sts::{account}:assumed-role/{name}/job" if ":role/" in arn else arn
    return principal, {"aws:PrincipalArn": arn}


def calls_on_the_bucket(setup: Setup) -> Iterator[Call]:
    bucket = bucket_of(setup)
    for key in dict.fromkeys(key for stage in setup.stages for key in keys_for(stage)):
        for action in (*OBJECT_ACTIONS, *NEVER_ON_OBJECTS[:2]):
            yield action, f"{bucket}/{key}", {}
        yield "s3:ListBucket", bucket, {"s3:prefix": key}
    yield "s3:ListBucket", bucket, {}
    for action in ("s3:GetBucketLocation", *ADMINISTRATION):
        yield action, bucket, {}


def calls_on_the_key(setup: Setup) -> Iterator[Call]:
    bucket, region = bucket_of(setup), setup.bucket.region
    arns = [bucket, *(f"{bucket}/{key}" for stage in setup.stages for key in keys_for(stage))]
    for via in (f"s3.{region}.amazonaws.com", f"sqs.{region}.amazonaws.com"):
        for arn in dict.fromkeys(arns):
            for action in (*KEY_ACTIONS, NEVER_ON_KEYS[0]):
                yield action, str(setup.bucket.kms_key_arn), {"kms:ViaService": via, "kms:EncryptionContext:aws:s3:arn": arn}


def strangers(setup: Setup, role: WantedRole) -> Iterator[str]:
    """Callers who are not the role, as like it as they can be."""
    account = f"arn:{setup.partition}:iam::{setup.account_id}"
    yield from (f"{account}:root", f"{account}:user/{role.name}", f"{role.arn}-x", f"{account}:role/elsewhere/{role.name}")
    yield role.arn.replace(setup.account_id, "000000000000")


def hold_the_owners_side(setup: Setup) -> None:
    """For every call, the owner's policy and the role's own say the same of the role, and the owner's says no to everybody else."""
    for document, calls in (
        (bucket_owner_policy(setup), list(calls_on_the_bucket(setup))),
        (key_owner_policy(setup), list(calls_on_the_key(setup))),
    ):
        if document is None:
            assert not any(
                statement["Sid"].startswith("Kms") for role in wanted_roles(setup) for statement in role.permissions.policy["Statement"]
            )
            continue
        for role in wanted_roles(setup):
            principal, who = caller(role.arn)
            for action, resource, context in calls:
                own = allows(role.permissions, action, resource, context | {"aws:ResourceAccount": OWNER})
                assert allows(document, action, resource, context | who, principal) is own, (role.name, action, resource, context)
            granted = [call for call in calls if allows(role.permissions, call[0], call[1], call[2] | {"aws:ResourceAccount": OWNER})]
            for stranger in strangers(setup, role):
                principal, who = caller(stranger)
                for action, resource, context in granted[:20]:
                    assert not allows(document, action, resource, context | who, principal), (stranger, action)


class TestForAnySetup:
    @settings(max_examples=20)
    @given(setups())
    def test_the_owner_grants_the_role_exactly_what_its_own_policy_does_and_nobody_else_anything(self, setup: Setup) -> None:
        hold_the_owners_side(elsewhere(setup))

    @given(setups().map(elsewhere))
    def test_the_policies_parse_and_name_the_account_and_never_a_role_as_principal(self, setup: Setup) -> None:
        for document in (bucket_owner_policy(setup), key_owner_policy(setup)):
            if document is None:
                continue
            parse_policy(document.text)
            sids = [statement["Sid"] for statement in document.policy["Statement"]]
            assert len(set(sids)) == len(sids)
            assert all(re.fullmatch("[A-Za-z0-9]+", sid) for sid in sids)
            for statement in document.policy["Statement"]:
                assert statement["Principal"] == {"AWS": f"arn:{setup.partition}:iam::{setup.account_id}:root"}
                assert "aws:PrincipalArn" in statement["Condition"]["ArnEquals"]

    @given(setups())
    def test_nothing_is_asked_of_the_setups_own_account(self, setup: Setup) -> None:
        owner = setup.bucket.owner_account_id or setup.account_id
        assert (bucket_owner_policy(setup) is None) is (owner == setup.account_id)
        if key_owner(setup) in (None, setup.account_id):
            assert key_owner_policy(setup) is None

    @pytest.mark.long
    @settings(max_examples=150)
    @given(setups())
    def test_all_of_it_holds_for_many_more(self, setup: Setup) -> None:
        hold_the_owners_side(elsewhere(setup))


def test_with_a_role_a_project_the_owner_grants_each_of_them() -> None:
    projects = [
        *answers()["circleci"]["projects"],
        answers()["circleci"]["projects"][0] | {"name": "api", "id": answers()["circleci"]["org_id"]},
    ]
    setup = example_setup(circleci__projects=projects, role__per_project=True, bucket__owner_account_id=OWNER, bucket__kms_key_arn=KEY)
    hold_the_owners_side(setup)
    document = bucket_owner_policy(setup)
    assert document is not None
    first = document.policy["Statement"][0]
    assert first["Sid"] == "buildList"
    assert first["Condition"]["ArnEquals"] == {
        "aws:PrincipalArn": [f"arn:aws:iam::123456789012:role/circleci/circleci-web-{project}-build" for project in ("api", "web")]
    }


def test_all_there_is_in_one_setup_is_held_too() -> None:
    hold_the_owners_side(everything_setup())


@given(st.lists(st.text(NAME_CHARACTERS + "0x2D", min_size=1, max_size=6), min_size=2, max_size=2, unique_by=str.lower))
def test_two_stages_never_share_a_sid_whatever_their_names(names: list[str]) -> None:
    stages = [{"name": name, "prefix": "p/", "access": ["read", "write", "delete"], "extras": ["probe"]} for name in names]
    setup = example_setup(stages=stages, bucket__owner_account_id=OWNER, bucket__kms_key_arn=KEY)
    for document in (bucket_owner_policy(setup), key_owner_policy(setup)):
        assert document is not None
        sids = [statement["Sid"] for statement in document.policy["Statement"]]
        assert len(set(sids)) == len(sids)


def test_a_name_that_spells_out_what_another_is_written_as_is_told_apart() -> None:
    stages = [{"name": name, "prefix": "p/", "access": ["read"]} for name in ("a-", "a0x2D")]
    document = bucket_owner_policy(example_setup(stages=stages, bucket__owner_account_id=OWNER))
    assert document is not None
    assert [statement["Sid"] for statement in document.policy["Statement"]] == ["a0x2DList", "a0x2DRead", "a0x30x2DList", "a0x30x2DRead"]


@pytest.mark.parametrize("typed", ["", "arn", "arn:aws:kms", "1234abcd", KEY[:20]])
def test_a_key_that_is_still_half_typed_has_no_owner(typed: str) -> None:
    draft = Draft(account_id="123456789012", bucket=BucketDraft(kms_key_arn=typed))
    assert key_owner(draft) is None
    assert key_owner_policy(draft) is None
