"""The export for review, compared with files written by hand from the contract."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from hypothesis import given

from ciam_tui.core.document import Document, canonical, parse_policy
from ciam_tui.core.export.json import export_json
from ciam_tui.core.roles import wanted_roles
from tests.core.asking import everything_setup, example_setup, golden
from tests.core.strategies import setups

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup


@pytest.mark.parametrize(
    ("setup", "folder"), [(example_setup(), "example"), (everything_setup(), "everything")], ids=["the documented Setup", "all there is"]
)
def test_the_export_is_what_the_contract_says_letter_for_letter(setup: Setup, folder: str) -> None:
    assert {file.path: file.text for file in export_json(setup)} == golden(folder)


@given(setups())
def test_every_role_has_its_two_files_and_each_is_a_policy_in_canonical_form(setup: Setup) -> None:
    files = {file.path: file.text for file in export_json(setup)}
    for role in wanted_roles(setup):
        for kind, document in (("permissions", role.permissions), ("trust", role.trust)):
            text = files[f"{role.name}.{kind}.json"]
            assert text == document.text + "\n"
            assert Document(text) == document
    for name, text in files.items():
        assert text.isascii()
        assert text.endswith("}\n")
        if name != "provider.json":
            parse_policy(text)
            assert canonical(json.loads(text)) + "\n" == text


@given(setups())
def test_files_have_distinct_names_even_where_case_does_not_count_and_stay_in_their_folder(setup: Setup) -> None:
    names = [file.path for file in export_json(setup)]
    assert len({name.lower() for name in names}) == len(names)
    assert [name for name in names if set(name) & set("/\\")] == []


@given(setups())
def test_the_provider_is_the_one_that_the_trust_policies_name(setup: Setup) -> None:
    files = {file.path: file.text for file in export_json(setup)}
    provider = json.loads(files["provider.json"])
    host = provider["Url"].removeprefix("https://")
    assert provider["Url"] == f"https://{host}"
    for role in wanted_roles(setup):
        (statement,) = role.trust.policy["Statement"]
        assert statement["Principal"] == {"Federated": f"arn:{setup.partition}:iam::{setup.account_id}:oidc-provider/{host}"}
        assert provider["ClientIDList"] == [statement["Condition"]["StringEquals"][f"{host}:aud"]]


def test_what_other_accounts_must_add_is_there_only_where_there_is_another_account() -> None:
    def owners_files(**changes: object) -> set[str]:
        return {file.path for file in export_json(example_setup(**changes)) if "owner" in file.path}

    key = "arn:aws:kms:us-east-1:{}:key/11111111-2222-3333-4444-555555555555"
    assert owners_files() == set()
    assert owners_files(bucket__owner_account_id="123456789012", bucket__kms_key_arn=key.format("123456789012")) == set()
    assert owners_files(bucket__owner_account_id="999900001111") == {"bucket-owner.policy.json"}
    assert owners_files(bucket__kms_key_arn=key.format("999900001111")) == {"key-owner.policy.json"}
