"""A plan that is reviewed in a file, and applied from it as it was reviewed or not at all."""

from __future__ import annotations

import json
import stat
from typing import TYPE_CHECKING

import pytest

from tests.runs import a_setup
from tests.served_account import HAND_MADE_POLICY, HAND_MADE_ROLE, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.shell import Shell
    from tests.served_account import ServedAccount


@pytest.fixture
def setup(tmp_path: Path) -> str:
    return written(tmp_path, a_setup(stages=[{"name": "build", "prefix": "builds/", "access": ["read", "write"]}]))


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    return tmp_path / "plan.json"


def test_the_plan_that_was_reviewed_is_applied(account: ServedAccount, setup: str, kept: Path, shell: Shell) -> None:
    before = account.shows()
    planned = shell("plan", setup, "--out", str(kept), "--json")
    assert planned.code == 3
    assert f"`ciam-tui apply {kept}` applies it" in planned.err
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    reviewed = json.loads(kept.read_text(encoding="utf-8"))
    assert [step["title"] for step in reviewed["steps"]] == [step["title"] for step in planned.document["steps"]]
    assert account.shows() == before

    applied = shell("apply", str(kept), "--yes")
    assert (applied.code, "Verified: " in applied.out) == (0, True)
    assert [role["name"] for role in account.shows()["roles"]] == ["circleci-web-build"]
    assert shell("plan", setup).code == 0

    again = shell("apply", str(kept), "--yes", "--json")
    assert (again.code, again.document["error"]["code"], again.document["ending"]) == (1, "plan-stale", "not-applied")
    assert "bucket: it is there now" in again.document["differences"]


def test_a_role_that_somebody_has_changed_since_is_told_field_by_field(
    account: ServedAccount, setup: str, kept: Path, shell: Shell, tmp_path: Path
) -> None:
    assert shell("apply", setup, "--yes").code == 0
    wider = written(tmp_path, a_setup(stages=[{"name": "build", "prefix": "builds/", "access": ["read", "write", "delete"]}]))
    assert shell("plan", wider, "--out", str(kept)).code == 3
    account.iam.put_role_policy(RoleName="circleci-web-build", PolicyName="extra", PolicyDocument=HAND_MADE_POLICY)
    account.iam.tag_role(RoleName="circleci-web-build", Tags=[{"Key": "owner", "Value": "dana"}])
    before = account.shows()

    refused = shell("apply", str(kept), "--yes")
    assert (refused.code, refused.out) == (1, "")
    assert "The account changed since the plan was made: role circleci-web-build: " in refused.err
    assert "one more inline policy: extra" in refused.err
    assert "one more tag: owner=dana" in refused.err
    assert '+       "Action": "s3:*",' in refused.err
    document = shell("apply", str(kept), "--yes", "--json").document
    assert {(each["subject"], each["field"]) for each in document["changed"]} == {
        ("role circleci-web-build", "tags"),
        ("role circleci-web-build", "inline"),
    }
    assert account.shows() == before


def test_the_choices_of_a_plan_are_those_it_was_made_with(account: ServedAccount, kept: Path, shell: Shell, tmp_path: Path) -> None:
    account.holds_a_role_made_by_hand()
    setup = written(tmp_path, a_setup(bucket__create=False))
    assert shell("plan", setup, "--out", str(kept)).code == 1
    assert not kept.exists(), "a plan that cannot be applied is not kept"
    assert shell("plan", setup, "--adopt", HAND_MADE_ROLE, "--out", str(kept)).code == 3
    assert shell("apply", str(kept), "--wire", "--yes").code == 2
    assert shell("apply", str(kept), "--yes").code == 0
    assert shell("plan", setup).code == 0


def test_an_edited_file_is_refused_before_the_account_is_asked(
    account: ServedAccount, setup: str, kept: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    shell("plan", setup, "--out", str(kept))
    data = json.loads(kept.read_text(encoding="utf-8"))
    data["setup"]["stages"][0]["access"].append("delete")
    kept.write_text(json.dumps(data), encoding="utf-8")
    before = account.shows()
    said = shell("apply", str(kept), "--yes", "--json")
    assert (said.code, account.shows()) == (1, before)
    # The Setup alone is edited: what it makes now is not what the file shows.
    assert said.document["error"]["code"] == "plan-stale"
    data["steps"][0]["title"] = "Nothing at all"
    kept.write_text(json.dumps(data), encoding="utf-8")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert shell("apply", str(kept), "--yes", "--json").document["error"]["code"] == "plan-edited"


def test_a_plan_never_takes_the_place_of_something_else(setup: str, kept: Path, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    for place, sentence in ((setup, "is there already, and is no saved plan"), (str(kept / "x"), "there is no such folder")):
        said = shell("plan", setup, "--out", place)
        assert (said.code, sentence in said.err) == (1, True)


def test_where_a_setup_belongs_a_saved_plan_is_told_what_takes_it(account: ServedAccount, setup: str, kept: Path, shell: Shell) -> None:
    shell("plan", setup, "--out", str(kept))
    for words in (["plan", str(kept)], ["export", str(kept), "--format", "json", "--out", str(kept.parent / "out")]):
        said = shell(*words)
        assert (said.code, f"`ciam-tui apply {kept}`" in said.err) == (1, True)
