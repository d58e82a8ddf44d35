"""`check` on a policy: its findings with the lines of the very file, as words and as a document, and the policy with its fixes applied."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import pytest

from ciam_tui.cli import main
from ciam_tui.core.json_patch import Operation, patched
from tests.core.examples import file
from tests.core.policy_rows import ANY_USER, BUCKET, LIST, MAIN, READ, allow, grant, policy, with_sub

if TYPE_CHECKING:
    from pathlib import Path

CRAFTED = policy(with_sub(MAIN.replace(ANY_USER, "*")) | {"Sid": "Jobs"})
TEAM = policy(grant("s3:GetObject", f"{BUCKET}/team*"))


@pytest.fixture
def checked(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Any:
    def check(content: str, *words: str) -> tuple[int, str, str]:
        path = tmp_path / "policy.json"
        path.write_text(content, encoding="utf-8")
        code = main(["check", str(path), *words])
        output = capsys.readouterr()
        return code, output.out, output.err

    return check


def test_a_finding_has_level_place_text_fix_and_id_in_one_line(checked: Any) -> None:
    code, out, err = checked(json.dumps(CRAFTED, indent=2))
    assert (code, err) == (3, "")
    first, *_, counts, fixable = out.splitlines()
    assert first.startswith('error: statement 1 "Jobs", line 15: The * for the user spans slashes')
    assert first.endswith("(crafted-branch)")
    assert counts == "Trust policy. Findings: 1 of level error, 0 of level warning, 0 of level note."
    assert "--fixed" in fixable


def test_a_policy_without_a_finding_of_level_error_passes(checked: Any) -> None:
    assert checked(json.dumps(policy(allow())))[0] == 0
    code, out, _ = checked(json.dumps(TEAM, indent=2))
    assert (code, out.startswith("warning: statement 1, line 7: ")) == (0, True)
    assert (
        checked(json.dumps(policy(READ, LIST)))[1]
        == "Permission policy. Findings: 0 of level error, 0 of level warning, 0 of level note.\n"
    )


@pytest.mark.parametrize(
    "wrap",
    [
        lambda trust: trust,
        lambda trust: {"Role": {"RoleName": "web", "AssumeRolePolicyDocument": trust, "Arn": "x"}},
        lambda trust: {"RoleName": "web", "PolicyName": "s3", "PolicyDocument": trust},
        lambda trust: {"PolicyVersion": {"VersionId": "v1", "Document": trust}},
    ],
)
@pytest.mark.parametrize("indent", [2, 4])
def test_what_the_aws_cli_prints_is_told_by_its_own_lines(checked: Any, wrap: Any, indent: int) -> None:
    text = json.dumps(wrap(CRAFTED), indent=indent)
    code, out, err = checked(text, "--json")
    document = json.loads(out)
    (finding,) = document["findings"]
    assert (code, err, document["kind"], document["ok"]) == (3, "", "trust", False)
    assert "/user/*/" in text.splitlines()[finding["line"] - 1]
    assert (finding["id"], finding["statement"], finding["sid"]) == ("crafted-branch", 1, "Jobs")
    assert finding["leaves_open"]
    assert (
        json.loads(checked(json.dumps(patched(CRAFTED, [Operation(**each) for each in finding["patch"]])), "--json")[1])["findings"] == []
    )


@pytest.mark.parametrize("encode", [lambda text: text, quote])
def test_a_policy_within_a_string_is_told_without_a_line(checked: Any, encode: Any) -> None:
    code, out, _ = checked(json.dumps({"Role": {"AssumeRolePolicyDocument": encode(json.dumps(CRAFTED))}}), "--json")
    (finding,) = json.loads(out)["findings"]
    assert (code, finding["id"], finding["line"]) == (3, "crafted-branch", None)


def test_fixed_prints_the_policy_alone_and_what_was_done_beside_it(checked: Any) -> None:
    code, out, err = checked(json.dumps(policy(with_sub("repo:x"), with_sub(MAIN + "*"))), "--fixed")
    assert json.loads(out)["Statement"][1]["Condition"]["StringLike"] == with_sub(MAIN)["Condition"]["StringLike"]
    assert err.splitlines()[0].startswith("fixed: warning: statement 2")
    assert (code, "sub-matches-no-token" in err) == (3, True)
    code, out, err = checked(json.dumps(CRAFTED), "--fixed")
    assert (code, json.loads(out)["Statement"][0]["Condition"]) == (0, with_sub(MAIN)["Condition"])


def test_a_fix_that_opens_is_told_as_one(checked: Any) -> None:
    _, _, err = checked(json.dumps(policy(allow(Action="sts:AssumeRole"))), "--fixed")
    assert err.startswith("fixed, which opens: error: ")


def test_the_client_ids_of_the_provider_are_held_against_the_audience(checked: Any) -> None:
    code, out, _ = checked(json.dumps(policy(allow())), "--client-id", "sts.amazonaws.com")
    assert (code, "audience-not-in-provider" in out) == (3, True)


@pytest.mark.parametrize(
    "content", ['{"Statement": []}', '{"Statement": [{"Effect": "Maybe"}]}', '{"Statement": [], "Statement": []}', '{"Policy": [']
)
def test_what_aws_would_refuse_is_one_line(checked: Any, content: str) -> None:
    code, out, err = checked(content)
    assert (code, out, len(err.splitlines())) == (1, "", 1)
    assert err.startswith("ciam-tui: ")
    code, out, err = checked(content, "--json")
    assert (code, json.loads(out)["ok"]) == (1, False)


@pytest.mark.parametrize("words", [["--fixed"], ["--client-id", "x"]])
def test_what_is_for_policies_is_refused_for_a_setup(checked: Any, words: list[str]) -> None:
    code, out, err = checked(file(), *words)
    assert (code, out) == (1, "")
    assert "about policies" in err
