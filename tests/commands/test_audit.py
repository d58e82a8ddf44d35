"""`ciam-tui audit` on a real account over HTTP: what it says, what it writes, and how it ends."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import pytest
from sarif_kit.validate import validation_errors

from ciam_tui.ports.sandbox import account as demo
from ciam_tui.surveys import audit as audit_survey
from tests.runs import ORG, a_setup
from tests.served_account import HAND_MADE_ROLE, PROVIDER_ARN, PROVIDER_URL, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.shell import Shell
    from tests.served_account import ServedAccount

TIGHT_ROLE = {"name_prefix": "circleci-web-", "permissions_boundary": None}


@pytest.fixture(autouse=True)
def _no_circleci_settings_of_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CIRCLECI_CLI_TOKEN", "CIRCLECI_CLI_HOST"):
        monkeypatch.delenv(name, raising=False)


def branch_only() -> Any:
    """A Setup whose one stage nobody has a word against."""
    stage = {"name": "deploy", "prefix": "releases/", "access": ["read"], "branches": ["main"]}
    return a_setup(stages=[stage])


def test_an_account_without_circleci_has_nothing_to_say(account: ServedAccount, shell: Shell) -> None:
    said = shell("audit")
    assert (said.code, said.err) == (0, "")
    assert "0 looked at, 0 for CircleCI" in said.out
    assert said.out.endswith("0 roles and 0 providers of CircleCI: no findings.\n")


def test_a_wide_role_made_by_hand_is_graded_and_is_an_error(account: ServedAccount, shell: Shell) -> None:
    account.holds_a_role_made_by_hand()
    said = shell("audit")
    assert said.code == 3
    assert f"OPEN      role {HAND_MADE_ROLE}" in said.out
    assert "made       not made by ciam-tui" in said.out


def test_reading_changes_nothing_even_where_writes_are_allowed(account: ServedAccount, shell: Shell) -> None:
    account.holds_a_role_made_by_hand()
    before = account.shows()
    shell("audit", "--json")
    assert account.shows() == before


def test_what_this_tool_applied_has_no_error_until_somebody_changes_it(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    assert shell("apply", written(tmp_path, branch_only()), "--yes").code == 0
    audited = shell("audit", "--json")
    (role,) = audited.document["roles"]
    assert (audited.code, role["grade"], role["made_by"], role["drift"]) == (0, "tight", "here", [])
    assert audited.document["providers"][0]["made_by"] == "here"

    role_name = role["name"]
    account.iam.put_role_policy(
        RoleName=role_name,
        PolicyName="sneaked",
        PolicyDocument='{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}',
    )
    account.iam.add_client_id_to_open_id_connect_provider(OpenIDConnectProviderArn=PROVIDER_ARN, ClientID="sts.amazonaws.com")
    account.iam.tag_role(RoleName=role_name, Tags=[{"Key": "team", "Value": "others"}])
    account.iam.update_role(RoleName=role_name, MaxSessionDuration=43200, Description=role["description"])
    changed = shell("audit", "--json").document
    assert {each["field"] for each in changed["roles"][0]["drift"]} == {"inline", "tags", "max_session_seconds"}
    assert [each["field"] for each in changed["providers"][0]["drift"]] == ["client_ids"]
    assert "drifted" in shell("audit").out

    shell("undo", "last", "--yes")
    assert shell("audit", "--state-dir", str(tmp_path / "elsewhere"), "--json").document["roles"][0]["made_by"] == "elsewhere"


def test_one_json_document_and_nothing_else(account: ServedAccount, shell: Shell) -> None:
    account.holds_a_role_made_by_hand()
    said = shell("audit", "--json", "--unused-days", "30")
    assert (said.code, said.err) == (3, "")
    assert (said.document["ok"], said.document["has_errors"], said.document["unused_days"]) == (True, True, 30)


def test_sarif_goes_into_a_file_beside_the_words(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    account.holds_a_role_made_by_hand()
    file = tmp_path / "audit.sarif"
    said = shell("audit", "--sarif", str(file))
    log = json.loads(file.read_text(encoding="utf-8"))
    assert validation_errors(log) == []
    assert said.code == 3
    assert f"role {HAND_MADE_ROLE}" in said.out
    assert {result["ruleId"] for result in log["runs"][0]["results"]} <= {each.split("(")[-1].rstrip(")") for each in said.out.splitlines()}


def test_sarif_on_standard_output_is_alone_there(account: ServedAccount, shell: Shell) -> None:
    said = shell("audit", "--sarif", "-")
    assert said.code == 0
    assert said.document["version"] == "2.1.0"


def test_two_documents_do_not_fit_on_one_standard_output(account: ServedAccount, shell: Shell) -> None:
    said = shell("audit", "--json", "--sarif", "-")
    assert (said.code, said.out) == (2, "")
    assert "--json and --sarif -" in said.err


@pytest.mark.parametrize(("name", "why"), [("no/audit.sarif", "there is no such folder"), ("", "Is a directory")])
def test_a_file_that_cannot_be_written_is_a_problem_and_nothing_is_printed(
    account: ServedAccount, shell: Shell, tmp_path: Path, name: str, why: str
) -> None:
    said = shell("audit", "--sarif", str(tmp_path / name))
    assert (said.code, said.out) == (1, "")
    assert said.err == (
        f'ciam-tui: Cannot write the SARIF file: "{tmp_path / name}" cannot be written: {why}. '
        "Name a file in a folder that you may write to and that has room.\n"
    )


@pytest.mark.parametrize(
    "words", [("--issuer", "circleci.example.com"), ("--unused-days", "0"), ("--unused-days", "soon"), ("--unused-days", "401")]
)
def test_what_makes_no_sense_is_wrong_usage(account: ServedAccount, shell: Shell, words: tuple[str, ...]) -> None:
    said = shell("audit", *words)
    assert (said.code, said.out) == (2, "")


def test_a_server_is_found_by_its_name(account: ServedAccount, shell: Shell) -> None:
    account.iam.create_open_id_connect_provider(Url="https://circleci.acme.example", ClientIDList=["x"])
    assert shell("audit", "--json").document["providers"] == []
    found = shell("audit", "--json", "--issuer", "https://circleci.acme.example").document["providers"]
    assert [provider["url"] for provider in found] == ["circleci.acme.example"]


def test_the_keys_that_circleci_holds_are_found(account: ServedAccount, shell: Shell) -> None:
    said = shell("audit", "--circleci", "--json")
    keys = said.document["keys"]
    ending = demo.LEGACY_ACCESS_KEY_ID[-4:]
    assert ending in {key["last_four"] for key in keys}
    assert {key["findings"][0]["id"] for key in keys if key["last_four"] == ending} == {"key-of-another-account"}, "the account was emptied"
    assert demo.CIRCLECI_TOKEN not in said.out


def test_without_a_token_for_circleci_that_is_a_problem(account: ServedAccount, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CIRCLE_TOKEN", raising=False)
    said = shell("audit", "--circleci", "--json")
    assert (said.code, said.document["ok"]) == (1, False)


def test_credentials_that_open_nothing_are_a_problem_in_both_forms(shell: Shell) -> None:
    said = shell("audit", "--json")
    assert (said.code, said.document["ok"], said.document["error"]["code"]) == (1, False, "no-credentials")
    assert said.err.count("\n") == 1


def test_an_interrupted_audit_prints_nothing(account: ServedAccount, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    account.iam.create_open_id_connect_provider(Url=PROVIDER_URL, ClientIDList=[ORG])

    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(audit_survey, "judged", interrupted)
    said = shell("audit")
    assert (said.code, said.out, said.err) == (130, "", "")


def test_progress_is_one_line_that_is_wiped(account: ServedAccount, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    written_to_terminal: list[str] = []

    class Terminal:
        def isatty(self) -> bool:
            return True

        def write(self, text: str) -> int:
            written_to_terminal.append(text)
            return len(text)

        def flush(self) -> None:
            pass

    monkeypatch.setattr(sys, "stderr", Terminal())
    assert shell("audit").code == 0
    told = "".join(written_to_terminal)
    assert told.startswith("\rWho you are ...")
    assert "\n" not in told
    assert told.endswith("\r")
