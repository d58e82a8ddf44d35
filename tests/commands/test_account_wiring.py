"""`--wire` from end to end: the roles in an account and their contexts in a CircleCI over HTTP, made, verified and taken back."""

from __future__ import annotations

import os
import re
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.ports.circleci.client import HttpCircleCi
from ciam_tui.ports.circleci.sources import found_access
from ciam_tui.ports.sandbox.circleci_content import ACME
from tests.runs import ACCOUNT, a_setup
from tests.served_account import written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.shell import Shell
    from tests.served_account import ServedAccount

NAMES = ("circleci-web-build", "circleci-web-deploy")
WEB = ACME.project("web")
PROJECT = {"id": WEB.id, "name": WEB.name, "vcs_origin": WEB.vcs_origin}
SSH = ("expression", "not job.ssh.enabled")
ON_MAIN = ("expression", 'pipeline.git.branch == "main" and not job.ssh.enabled')


@pytest.fixture
def setup(account: ServedAccount, tmp_path: Path) -> str:
    return written(tmp_path, a_setup(circleci={"org_id": ACME.id, "org_slug": ACME.slug, "projects": [PROJECT]}))


def contexts() -> dict[str, Any]:
    """All contexts of the organization, as the program's client reads them."""
    with closing(HttpCircleCi(found_access(os.environ))) as circleci:
        organization = circleci.organization(ACME.id)
        return {
            context.name: (
                {variable.name: variable.last_four for variable in circleci.context_variables(context.id)},
                sorted((str(each.type), each.value) for each in circleci.context_restrictions(context.id)),
            )
            for context in circleci.contexts(organization)
        }


def test_roles_are_wired_verified_and_taken_back_on_both_sides(account: ServedAccount, setup: str, shell: Shell) -> None:
    before = account.shows(), contexts()

    planned = shell("plan", setup, "--wire")
    assert planned.code == 3
    assert re.search(r"^ +14  Create the CircleCI context circleci-web-build\n +circleci:CreateContext\n", planned.out, flags=re.MULTILINE)
    assert planned.out.endswith("25 steps, 12 changes to the account, 12 to CircleCI.\n")
    assert (account.shows(), contexts()) == before

    applied = shell("apply", setup, "--wire", "--yes")
    assert applied.code == 0, applied.err
    assert "Verified: " in applied.out
    values = {"AWS_DEFAULT_REGION": "st-1"}
    found = contexts()
    assert found[NAMES[0]] == (values | {"AWS_ROLE_ARN": "uild"}, [SSH, ("project", WEB.id)])
    assert found[NAMES[1]] == (values | {"AWS_ROLE_ARN": "ploy"}, [ON_MAIN, ("project", WEB.id)])
    assert {name: found[name] for name in before[1]} == before[1]

    again = shell("plan", setup, "--wire")
    assert (again.code, again.out.endswith("Nothing to do: the account is as the Setup wants it.\n")) == (0, True)

    undone = shell("undo", "last", "--yes")
    assert undone.code == 0, undone.err
    assert (account.shows(), contexts()) == before


def test_without_a_token_wiring_is_not_planned_and_a_wired_run_not_taken_back(
    account: ServedAccount, setup: str, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = account.shows(), contexts()
    assert shell("apply", setup, "--wire", "--yes").code == 0
    wired = account.shows()
    with monkeypatch.context() as forgetful:
        forgetful.delenv("CIRCLE_TOKEN")
        for words in (("plan", setup, "--wire"), ("undo", "last", "--yes"), ("apply", setup, "--wire", "--yes")):
            said = shell(*words)
            assert (said.code, "There is no CircleCI token" in said.err) == (1, True), words
        assert shell("plan", setup).code == 0, "which asks CircleCI nothing"
        assert account.shows() == wired
    assert shell("undo", "last", "--yes").code == 0
    assert (account.shows(), contexts()) == before


def test_a_value_is_replaced_only_by_name_and_after_the_account_has_been_typed(account: ServedAccount, setup: str, shell: Shell) -> None:
    with closing(HttpCircleCi(found_access(os.environ))) as circleci:
        made = circleci.create_context(circleci.organization(ACME.id), NAMES[1])
        circleci.set_context_variable(made.id, "AWS_ROLE_ARN", f"arn:aws:iam::{ACCOUNT}:role/legacy")
        try:
            refused = shell("plan", setup, "--wire")
            assert refused.code == 1
            assert f"CONFLICT  AWS_ROLE_ARN in the context {NAMES[1]} exists, and is another." in refused.out
            assert "a value that ends in gacy" in refused.out

            declined = shell("apply", setup, "--wire", "--adopt", NAMES[1], typing="yes\n")
            assert declined.code == 1
            assert f"An undo cannot bring back what AWS_ROLE_ARN in the context {NAMES[1]} is now" in declined.out
            assert f"This plan deletes, detaches or replaces something in account {ACCOUNT} and in CircleCI." in declined.err
            assert contexts()[NAMES[1]] == ({"AWS_ROLE_ARN": "gacy"}, [])

            assert shell("apply", setup, "--wire", "--adopt", NAMES[1], typing=f"{ACCOUNT}\n").code == 0
            assert contexts()[NAMES[1]][0]["AWS_ROLE_ARN"] == "ploy"
            undone = shell("undo", "last", "--yes")
            assert undone.code == 0
            assert "CircleCI never gives back what it replaced" in undone.out
            assert contexts()[NAMES[1]] == ({"AWS_ROLE_ARN": "ploy"}, [])
        finally:
            circleci.delete_context(made.id)


def test_a_wired_plan_as_a_document_names_the_calls_to_circleci(account: ServedAccount, setup: str, shell: Shell) -> None:
    steps = shell("plan", setup, "--wire", "--json").document["steps"]
    variable = next(step for step in steps if step["kind"] == "set-context-variable")
    arn = f"arn:aws:iam::{ACCOUNT}:role/circleci/{NAMES[0]}"
    params = {"context": NAMES[0], "name": "AWS_ROLE_ARN", "value": arn}
    assert variable["call"] == {"service": "circleci", "operation": "SetContextVariable", "params": params}
    assert (variable["before"], variable["after"]) == (None, arn)
    assert variable["undo"] == f"Delete AWS_ROLE_ARN from the context {NAMES[0]}"
