"""The file of accounts is read strictly, and what a rollout does with the accounts it names."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ciam_tui.core.operator import member_audit_policy
from ciam_tui.core.problems import CiamError
from ciam_tui.core.stack_sets.accounts_file import read_accounts
from ciam_tui.core.stack_sets.doubts import doubts
from ciam_tui.core.stack_sets.parameters import setup_in
from ciam_tui.core.stack_sets.rollout import Rollout, default_name, refuse_what_cannot_be
from ciam_tui.core.stack_sets.template import stack_set_template
from tests.core.asking import everything_setup, example_setup
from tests.core.examples import answers

STAGES = answers()["stages"]
A, B = "111122223333", "444455556666"

WRONG: dict[str, tuple[str, str]] = {
    "no JSON": ("{", "is not JSON"),
    "an account twice": (f'{{"{A}": {{}}, "{A}": {{}}}}', "twice"),
    "a list": ("[]", "is no object of accounts"),
    "nobody": ("{}", "names no account"),
    "no id": ('{"1234": {}}', '"1234", which is no account\'s id'),
    "no parameters": (f'{{"{A}": null}}', "no object of parameters"),
    "no text": (f'{{"{A}": {{"MakeProvider": false}}}}', 'Write "false" in quotes'),
    "unknown": (f'{{"{A}": {{"Bucket": "x"}}}}', "BucketName, BucketOwner and MakeProvider"),
    "no choice": (f'{{"{A}": {{"MakeProvider": "no"}}}}', 'Write "true" or "false"'),
    "no bucket": (f'{{"{A}": {{"BucketName": "A_B"}}}}', f"account {A}: The bucket name"),
    "no owner": (f'{{"{A}": {{"BucketOwner": "12"}}}}', f"account {A}: "),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_a_mistake_in_the_file_is_one_sentence_with_what_to_do(text: str, told: str) -> None:
    with pytest.raises(CiamError) as refused:
        read_accounts(text, example_setup())
    assert refused.value.code == "stack-set-invalid"
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_accounts_come_in_order_with_their_parameters() -> None:
    text = json.dumps({B: {}, A: {"BucketName": "acme-dev"}})
    assert list(read_accounts(text, example_setup()).items()) == [(A, {"BucketName": "acme-dev"}), (B, {})]


def test_a_setup_elsewhere_has_that_accounts_boundary_owner_and_bucket() -> None:
    setup = example_setup(role__permissions_boundary="arn:aws:iam::123456789012:policy/edge")
    there = setup_in(setup, A, {"BucketName": "acme-dev", "BucketOwner": B})
    assert (there.account_id, there.bucket.name, there.bucket.owner_account_id) == (A, "acme-dev", B)
    assert there.role.permissions_boundary == f"arn:aws:iam::{A}:policy/edge"
    assert setup_in(setup, A, {}, bucket_per_account=True).bucket.name == f"acme-builds-{A}"


OWNED_KEY = "arn:aws:kms:us-east-1:123456789012:key/11111111-2222-3333-4444-555555555555"
UNIT = ("ou-ab12-cd345678",)


def doubted(overrides: dict[str, dict[str, str]], *, setup: Any = None, **how: Any) -> str:
    model = "service-managed" if "units" in how else "self-managed"
    return " ".join(doubts(setup or example_setup(), Rollout(model, "x", "us-east-1", overrides=overrides, **how)))


def test_one_bucket_cannot_be_every_accounts_own() -> None:
    assert "2 accounts would each own a bucket acme-builds" in doubted({A: {}, B: {}})
    assert "Each account of the units would own" in doubted({}, units=UNIT)
    assert doubted({A: {}, B: {"BucketName": "acme-dev"}}) == ""
    assert doubted({A: {}, B: {}}, units=UNIT, bucket_per_account=True) == ""


def test_the_owner_of_a_shared_bucket_has_to_let_every_accounts_roles_in() -> None:
    told = doubted({A: {}, B: {}}, setup=everything_setup())
    assert told.startswith("Account 999900001111 owns the bucket: its bucket policy has to let in")


def test_a_key_of_one_account_is_no_key_of_every_accounts_bucket() -> None:
    setup = example_setup(bucket__kms_key_arn=OWNED_KEY)
    assert "The key belongs to account 123456789012" in doubted({A: {}}, setup=setup)
    assert doubted({A: {"KmsKeyArn": OWNED_KEY.replace("123456789012", A)}}, setup=setup) == ""


def test_accounts_with_the_same_parameters_are_one_group() -> None:
    rollout = Rollout(
        "self-managed", "x", "us-east-1", accounts=(B,), overrides={A: {"MakeProvider": "false"}, "7" * 12: {"MakeProvider": "false"}}
    )
    assert rollout.groups == (({}, (B,)), ({"MakeProvider": "false"}, (A, "7" * 12)))


def test_more_at_once_than_may_fail_is_asked_for_in_so_many_words() -> None:
    modes = [Rollout("self-managed", "x", "r", max_concurrent=each, failure_tolerance=4).preferences["ConcurrencyMode"] for each in (5, 6)]
    assert modes == ["STRICT_FAILURE_TOLERANCE", "SOFT_FAILURE_TOLERANCE"]


def test_a_bucket_that_is_made_is_made_where_the_setup_has_it() -> None:
    setup = example_setup(bucket__create=True)
    with pytest.raises(CiamError, match="would make the bucket in eu-west-1"):
        refuse_what_cannot_be(setup, Rollout("self-managed", default_name(setup), "eu-west-1"))


def test_a_stack_set_is_in_the_partition_of_the_setup() -> None:
    with pytest.raises(CiamError, match="partition aws-cn"):
        refuse_what_cannot_be(example_setup(), Rollout("self-managed", "x", "cn-north-1"))


def test_the_audit_role_reads_and_nothing_else() -> None:
    actions = [action for statement in member_audit_policy().policy["Statement"] for action in statement["Action"]]
    assert all(action.startswith(("iam:Get", "iam:List")) for action in actions)


def test_a_name_that_gets_too_long_by_the_accounts_id_is_told() -> None:
    setup = example_setup(bucket__name="a" * 51)
    with pytest.raises(CiamError, match="has 64 characters"):
        refuse_what_cannot_be(setup, Rollout("self-managed", "x", "us-east-1", bucket_per_account=True))


def test_more_roles_than_a_template_holds_are_refused() -> None:
    projects = [{"id": f"6b1f1b6e-6f43-4d0f-8f0e-{number:012}", "name": f"p{number}"} for number in range(170)]
    setup = example_setup(circleci__projects=projects, role__per_project=True, stages=[{**stage, "branches": []} for stage in STAGES])
    with pytest.raises(CiamError, match="511 resources"):
        stack_set_template(setup)
