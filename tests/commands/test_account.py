"""`plan`, `apply`, `undo` from end to end on a real account over HTTP: what is said, what is done, and that all of it can be taken back."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from ciam_tui.core.setup import to_json
from tests.runs import ACCOUNT, a_setup
from tests.served_account import HAND_MADE_ROLE, written

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.core.setup import Setup
    from tests.commands.shell import Shell
    from tests.served_account import ServedAccount


def new(folder: Path, **changes: Any) -> str:
    return written(folder, a_setup(**changes))


def adopting() -> Setup:
    return a_setup(bucket__create=False, role__tags={"team": "web"})


def test_a_setup_is_planned_applied_verified_and_taken_back(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    setup, before = new(tmp_path), account.shows()

    planned = shell("plan", setup)
    assert planned.code == 3
    assert f"account   {ACCOUNT}" in planned.out
    assert "LIVE" in planned.out
    assert re.search(r"^ +9  Create the role circleci-web-build\n +iam:CreateRole\n", planned.out, flags=re.MULTILINE)
    assert '+           "oidc.circleci.com/org/' in planned.out
    assert "undo: Delete the role circleci-web-build" in planned.out
    assert planned.out.endswith("13 steps, 12 changes to the account.\n")
    assert account.shows() == before

    applied = shell("apply", setup, "--yes")
    assert applied.code == 0
    assert "[ 9/13] done  Create the role circleci-web-build\n" in applied.out
    assert "Verified: " in applied.out
    after = account.shows()
    assert {role["name"] for role in after["roles"]} == {"circleci-web-build", "circleci-web-deploy"}

    again = shell("plan", setup)
    assert again.code == 0
    assert again.out.endswith("Nothing to do: the account is as the Setup wants it.\n")
    assert shell("apply", setup, "--yes").code == 0
    assert account.shows() == after

    run_id = shell("runs", "--json").document["runs"][0]["id"]
    undone = shell("undo", run_id[:-2], "--yes")
    assert undone.code == 0
    assert "made anew it would have another RoleId" in undone.out
    assert account.shows() == before

    once_more = shell("undo", "last", "--yes")
    assert (once_more.code, account.shows()) == (0, before)
    assert once_more.out.startswith(f"Run {run_id} is already undone, by ")


def test_a_role_made_by_hand_is_shown_side_by_side_adopted_and_given_back(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    account.holds_a_role_made_by_hand()
    setup, before = written(tmp_path, adopting()), account.shows()

    refused = shell("plan", setup)
    assert refused.code == 1
    assert f"CONFLICT  {HAND_MADE_ROLE} exists, was not made by this tool for this Setup, and differs." in refused.out
    assert re.search(r"^ +what exists +what is wanted$", refused.out, flags=re.MULTILINE)
    assert f"--adopt {HAND_MADE_ROLE}" in refused.out
    assert shell("apply", setup, "--yes").code == 1
    assert account.shows() == before

    planned = shell("plan", setup, "--adopt", HAND_MADE_ROLE)
    assert planned.code == 3
    assert "CONFLICT" not in planned.out
    assert re.search(r"^ +- tags: team=old$", planned.out, flags=re.MULTILINE)
    assert shell("apply", setup, "--adopt", HAND_MADE_ROLE, "--yes").code == 0
    adopted = next(role for role in account.shows()["roles"] if role["name"] == HAND_MADE_ROLE)
    assert ("managed-by", "ciam-tui") in adopted["tags"]
    assert ("owner", "dana") in adopted["tags"]
    assert shell("plan", setup).code == 0, "once adopted, it needs no adopting"

    assert shell("undo", "last", "--yes").code == 0
    assert account.shows() == before


def test_a_plan_as_a_document_says_all_that_the_words_say(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    account.holds_a_role_made_by_hand()
    said = shell("plan", written(tmp_path, adopting()), "--json", "--adopt", HAND_MADE_ROLE)
    document = said.document
    assert (said.code, said.err) == (3, "")
    assert (document["ok"], document["applyable"], document["complete"], document["changes_nothing"]) == (True, True, True, False)
    assert document["account_id"] == ACCOUNT
    assert re.fullmatch("[0-9a-f]{64}", document["fingerprint"])
    assert document["adopted"] == [HAND_MADE_ROLE]
    trust = next(step for step in document["steps"] if step["kind"] == "set-trust")
    assert trust["call"]["service"] == "iam"
    assert trust["call"]["operation"] == "UpdateAssumeRolePolicy"
    assert json.loads(trust["call"]["params"]["PolicyDocument"]) == json.loads(trust["after"])
    assert json.loads(trust["before"]) != json.loads(trust["after"])
    assert trust["undo"] == f"Replace the trust policy of {HAND_MADE_ROLE}"
    assert {finding["level"] for finding in document["findings"]} >= {"warning", "note"}

    conflicting = shell("plan", written(tmp_path, adopting()), "--json")
    assert conflicting.code == 1
    [conflict] = conflicting.document["conflicts"]
    assert (conflict["name"], conflict["adoptable"]) == (HAND_MADE_ROLE, True)
    assert {difference["field"] for difference in conflict["differences"]} >= {"trust", "inline", "attached", "boundary"}
    assert (conflicting.document["ok"], conflicting.document["applyable"]) == (False, False)


def test_a_run_as_a_document_goes_to_standard_output_and_its_words_to_standard_error(
    account: ServedAccount, shell: Shell, tmp_path: Path
) -> None:
    setup = new(tmp_path)
    applied = shell("apply", setup, "--yes", "--json")
    document = applied.document
    assert (applied.code, document["ok"], document["ending"], document["error"], document["go_on"]) == (0, True, "verified", None, None)
    assert {step["state"] for step in document["steps"]} == {"done"}
    assert document["steps"][0]["request_id"]
    assert document["plan"]["steps"][0]["title"] in applied.err
    assert "Verified: " in applied.err
    assert shell("apply", setup, "--yes", "--json").document["ending"] == "nothing-to-do"

    undone = shell("undo", "last", "--yes", "--json").document
    assert (undone["ending"], undone["undoes"], undone["plan"]["undoes"]) == ("verified", document["run"], document["run"])
    assert shell("undo", "last", "--yes", "--json").document["ending"] == "nothing-to-do"
    assert shell("resume", "--json").document["ending"] == "nothing-to-do"


def test_findings_of_level_error_are_told_before_anything_is_applied(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    account.holds_a_bucket_and_a_provider()
    setup = new(tmp_path, circleci={"org_id": "0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b22", "any_project": True}, stages=[{"name": "build", "prefix": "b/", "access": ["read"]}])  # fmt: skip
    applied = shell("apply", setup, "--yes").out
    assert "1 of level error" in applied
    assert applied.index("(whole-organization-trusted)") < applied.index("[1/")


def test_what_was_read_in_another_way_than_it_is_written_is_told(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    path = tmp_path / "setup.json"
    path.write_text(to_json(a_setup()).replace('"builds/"', '"builds"'), encoding="utf-8")
    said = shell("plan", str(path))
    assert said.code == 3
    assert said.err.startswith('note: stages[0].prefix: The prefix "builds" is read as "builds/"')
