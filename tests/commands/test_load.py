"""`load` as a person meets it: roles of an account or policies in files in, a Setup and an honest word about it out."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.setup import read_setup
from tests.runs import ACCOUNT, a_setup
from tests.served_account import HAND_MADE_POLICY, HAND_MADE_ROLE, HAND_MADE_TRUST, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.shell import Shell
    from tests.served_account import ServedAccount


@pytest.mark.parametrize("kind", ["inline", "managed"])
def test_roles_of_the_account_become_the_setup_that_made_them(kind: str, account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    setup, out = a_setup(role__policy_kind=kind), tmp_path / "loaded.json"
    assert shell("apply", written(tmp_path, setup), "--yes").code == 0
    said = shell("load", "circleci-web-build", "circleci-web-deploy", "--org-slug", "gh/acme", "--out", str(out))
    assert (said.code, said.out) == (0, "")
    assert said.err.count("the Setup's permissions are equal, as far as was asked, and its trust is equal") == 2
    found = read_setup(out.read_bytes()).setup
    assert (found.stages, found.circleci, found.bucket.name) == (setup.stages, setup.circleci, setup.bucket.name)
    again = shell("load", "circleci-web-build", "--out", str(out))
    assert (again.code, "is there already" in again.err) == (1, True)


def test_policies_in_files_are_loaded_offline_and_what_differs_is_exit_code_3(shell: Shell, tmp_path: Path) -> None:
    trust, policy = tmp_path / "trust.json", tmp_path / "s3.json"
    trust.write_text(HAND_MADE_TRUST, encoding="utf-8")
    policy.write_text(HAND_MADE_POLICY.replace('["*"]', '["arn:aws:s3:::acme-builds/builds/*"]'), encoding="utf-8")
    words = ("load", "--permissions", str(policy), "--trust", str(trust), "--name", "ci-build", "--account", ACCOUNT)
    said = shell(*words)
    assert said.code == 3
    assert read_setup(said.out).setup.stages[0].prefix == "builds/"
    assert "What the Setup does not say:" in said.err
    assert "may today, and not by the Setup:" in said.err
    document = shell(*words, "--json").document
    assert document["setup"] == json.loads(said.out)
    assert document["roles"][0]["permissions"] in ("narrower", "other")


def test_what_cannot_be_loaded_is_one_line(account: ServedAccount, shell: Shell) -> None:
    assert shell("load", "nobody").err.startswith('ciam-tui: Cannot load the role: The account has no role "nobody".')
    account.holds_a_role_made_by_hand()
    said = shell("load", HAND_MADE_ROLE)
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("ciam-tui: This is no role for a Setup: Its policies name no bucket")


@pytest.mark.parametrize("words", [[], ["role", "--trust", "t.json"], ["--trust", "t.json"]])
def test_roles_and_files_do_not_go_together(words: list[str], shell: Shell) -> None:
    assert shell("load", *words).code == 2
