"""Terraform's file makes what the plan makes, as a parser of its language reads it, and `terraform fmt` would change no line of it."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING

import hcl2
import pytest
from hypothesis import given, settings

from ciam_tui.core.changes.effects import effect
from ciam_tui.core.export.terraform import export_terraform
from ciam_tui.core.facts import Bucket, Facts, Identity, Provider
from ciam_tui.core.planning import make_plan
from tests.core.asking import everything_setup, example_setup
from tests.core.strategies import setups
from tests.exports.holdings import planned_holdings, terraform_holdings, unquoted
from tests.exports.test_aws_cli import HOSTILE
from tests.runs import a_setup

if TYPE_CHECKING:
    from typing import Any

    from ciam_tui.core.setup import Setup


def source_of(setup: Setup, facts: Facts | None = None) -> str:
    (file,) = export_terraform(setup, facts)
    assert file.path == "main.tf"
    return file.text


def prove(setup: Setup) -> None:
    source = source_of(setup)
    assert terraform_holdings(source, setup.account_id, setup.partition) == planned_holdings(setup)
    assert misformatted(source) == []
    assert source.isascii()


@pytest.mark.parametrize(
    "setup",
    [example_setup(), everything_setup(), HOSTILE, a_setup(role__policy_kind="managed", bucket__create=False)],
    ids=["the documented Setup", "all there is", "hostile names", "managed policies"],
)
def test_it_makes_what_the_plan_makes(setup: Setup) -> None:
    prove(setup)


@settings(max_examples=10)
@given(setups())
def test_it_makes_what_the_plan_makes_for_any_setup(setup: Setup) -> None:
    prove(setup)


@pytest.mark.long
@settings(max_examples=400)
@given(setups())
def test_it_makes_what_the_plan_makes_for_many_setups(setup: Setup) -> None:
    prove(setup)


class TestWhatExistsAlready:
    def facts_of(self, setup: Setup) -> Facts:
        facts = Facts(Identity(setup.account_id, "", setup.partition))
        for step in make_plan(setup, facts).steps:
            facts = effect(facts, step.change)
        return facts

    def variables(self, source: str) -> dict[str, Any]:
        return {unquoted(name): values["default"] for variable in hcl2.loads(source)["variable"] for name, values in variable.items()}

    def test_is_imported_where_a_variable_names_it_by_an_address_that_the_file_has(self) -> None:
        source = source_of(a_setup(role__policy_kind="managed"))
        resources = {f"{kind}.{name}" for kind, name in re.findall(r'^resource "(\S+)" "(\S+)"', source, re.MULTILINE)}
        blocks = hcl2.loads(source)["import"]
        for each in blocks:
            (address,) = re.findall(r'setintersection\(var\.existing, \["([^"]+)"\]\)', each["for_each"])
            assert each["to"].strip("${}").removesuffix("[0]") == address
            assert address in resources
        assert [unquoted(each["id"]).rpartition("/")[2] for each in blocks] == [
            "acme-run-tests", "0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b22", *(["circleci-web-build"] * 2), *(["circleci-web-deploy"] * 2)
        ]  # fmt: skip
        assert self.variables(source) == {"existing": [], "make_provider": True}

    def test_is_imported_by_itself_where_the_account_was_read(self) -> None:
        setup = a_setup(role__policy_kind="managed")
        facts = self.facts_of(setup)
        assert self.variables(source_of(setup, facts)) == {
            "existing": [
                '"aws_s3_bucket.this"',
                '"aws_iam_role.circleci-web-build"',
                '"aws_iam_policy.circleci-web-build"',
                '"aws_iam_role.circleci-web-deploy"',
                '"aws_iam_policy.circleci-web-deploy"',
            ],
            "make_provider": False,
        }
        assert misformatted(source_of(setup, facts)) == []

    def test_a_provider_without_the_audience_is_imported_and_keeps_those_of_others(self) -> None:
        setup = a_setup(bucket__create=False)
        made = self.facts_of(setup).provider
        assert made is not None
        facts = Facts(Identity(setup.account_id, "", "aws"), provider=Provider(made.arn, made.url, ("theirs",)))
        source = source_of(setup, facts)
        assert self.variables(source) == {"existing": ['"aws_iam_openid_connect_provider.circleci"'], "make_provider": True}
        (provider,) = terraform_holdings(source, setup.account_id, "aws")["providers"].values()
        assert provider["clients"] == [*made.client_ids, "theirs"]

    def test_a_bucket_of_others_is_not_in_the_file(self) -> None:
        setup = a_setup()
        facts = replace(self.facts_of(setup), bucket=Bucket(setup.bucket.name, setup.bucket.region))
        assert "aws_s3_bucket" not in source_of(setup, facts)


_ATTRIBUTE = re.compile(r'^( *)("(?:[^"\\]|\\.)*"|[\w-]+)( *)= (.*)$')


def misformatted(source: str) -> list[str]:
    """The lines that `terraform fmt` would change: indented by two a bracket, one empty line at most, equals signs below each other.

    A line that opens a bracket is aligned with none; the text of a document is left as it is.
    """
    wrong, depth, document_ends, run = [], 0, "", list[re.Match[str]]()

    def ended() -> None:
        columns = {len(each[1]) + len(each[2]) + len(each[3]) for each in run}
        if run and columns != {max(len(each[1]) + len(each[2]) for each in run) + 1}:
            wrong.append(f"not aligned: {run[0][0]}")
        run.clear()

    lines = source.split("\n")
    for number, line in enumerate(lines[:-1]):
        if document_ends:
            document_ends = "" if line.strip() == document_ends else document_ends
            continue
        depth -= line.strip() in {"}", "]"}
        if line != line.rstrip() or (line and len(line) - len(line.lstrip()) != 2 * depth) or (not line and not lines[number + 1]):
            wrong.append(line)
        attribute = _ATTRIBUTE.match(line)
        opens = line.endswith(("{", "["))
        if attribute and not opens:
            run.append(attribute)
        else:
            ended()
            if attribute and attribute[3] != " ":
                wrong.append(line)
        if attribute and attribute[4].startswith(" "):
            wrong.append(line)
        depth += opens
        document_ends = "JSON" if line.endswith("<<-JSON") else ""
    ended()
    return [*wrong, *([] if source.endswith("}\n") and depth == 0 else ["the end"])]


@pytest.mark.parametrize(
    "source",
    [
        "a {\n  b = 1\n  cc = 2\n}\n",
        "a {\n  b  = 1\n}\n",
        "a {\n    b = 1\n}\n",
        "a {\n  b = 1 \n}\n",
        "a {\n}\n\n\nb {\n}\n",
        "a {\n  b =  {\n  }\n}\n",
        "a {\n  bbb = {\n  }\n  b   = 1\n}\n",
    ],
)  # fmt: skip
def test_the_check_of_the_layout_finds_what_is_wrong(source: str) -> None:
    assert misformatted(source)
