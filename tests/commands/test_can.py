"""`ciam-tui can`: the exit code, the words and the JSON document for a request; and a sentence for what cannot be read."""

from __future__ import annotations

import argparse
import io
import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.commands.can import register
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from pathlib import Path

BUCKET = "arn:aws:s3:::acme"
PROVIDER = "arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/x"
ROLE = "arn:aws:iam::123456789012:role/circleci/web-build"
READ = {"Sid": "Read", "Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{BUCKET}/builds/*"}
LIST = {
    "Effect": "Allow",
    "Action": "s3:ListBucket",
    "Resource": BUCKET,
    "Condition": {"StringLike": {"s3:prefix": "builds/*"}},
}
TRUST = {
    "Effect": "Allow",
    "Principal": {"Federated": PROVIDER},
    "Action": "sts:AssumeRoleWithWebIdentity",
    "Condition": {"StringEquals": {"oidc.circleci.com/org/x:aud": "x"}},
}


def written(folder: Path, *statements: Any, name: str = "policy.json") -> str:
    path = folder / name
    path.write_text(json.dumps({"Version": "2012-10-17", "Statement": list(statements)}))
    return str(path)


def can(*words: str) -> int:
    parser = argparse.ArgumentParser()
    register(parser.add_subparsers())
    args = parser.parse_args(["can", *words])
    code = args.run(args)
    assert isinstance(code, int)
    return code


def asked(*policies: str, action: str = "s3:GetObject", resource: str = f"{BUCKET}/builds/a", more: tuple[str, ...] = ()) -> int:
    return can(*policies, "--action", action, "--resource", resource, *more)


class TestAnswer:
    def test_an_allowed_request_ends_with_0_and_names_the_statement(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        policy = written(tmp_path, LIST, READ)
        assert asked(policy) == 0
        first, second, *rest = capsys.readouterr().out.splitlines()
        assert first == "ALLOWED  s3:GetObject on arn:aws:s3:::acme/builds/a"
        assert second == f'Decided by Allow "Read" ({policy}, statement 2).'
        assert f"Allow statement 1 ({policy}) does not apply" in rest
        assert '  not matched  Action: "s3:GetObject" does not match "s3:ListBucket"' in rest
        assert f'Allow "Read" ({policy}, statement 2) applies' in rest
        assert '  matched      Action: "s3:GetObject" matches "s3:GetObject"' in rest

    def test_what_nothing_allows_ends_with_3(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert asked(written(tmp_path, READ), resource=f"{BUCKET}/builds-x/a") == 3
        out = capsys.readouterr().out.splitlines()
        assert out[0].startswith("DENIED  ")
        assert out[1] == "Decided by no statement: what none allows is denied."

    def test_a_deny_in_another_file_ends_with_3_and_is_named(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        no = written(tmp_path, {**READ, "Sid": "No", "Effect": "Deny"}, name="no.json")
        assert asked(written(tmp_path, READ), no) == 3
        assert capsys.readouterr().out.splitlines()[1] == f'Decided by Deny "No" ({no}, statement 1).'

    @pytest.mark.parametrize(("prefix", "code"), [("builds/", 0), ("builds", 3), ("builds-x/", 3), ("", 3), ("builds/a=b", 0)])
    def test_the_context_decides(self, tmp_path: Path, prefix: str, code: int) -> None:
        assert asked(written(tmp_path, LIST), action="s3:ListBucket", resource=BUCKET, more=("--context", f"s3:prefix={prefix}")) == code

    def test_a_context_key_given_twice_has_two_values(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        tagged = {**READ, "Condition": {"ForAllValues:StringEquals": {"aws:TagKeys": ["a", "b"]}}}
        policy = written(tmp_path, tagged)
        assert asked(policy, more=("--context", "aws:TagKeys=a", "--context", "aws:TagKeys=b")) == 0
        assert asked(policy, more=("--context", "aws:TagKeys=a", "--context", "aws:TagKeys=c")) == 3
        assert "1 of 2 match" in capsys.readouterr().out

    def test_a_trust_policy_is_asked_with_the_claims_of_a_token(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        policy = written(tmp_path, TRUST)

        def enters(audience: str, *more: str) -> int:
            claims = ("--context", f"oidc.circleci.com/org/x:aud={audience}", *more)
            return asked(policy, action="sts:AssumeRoleWithWebIdentity", resource=ROLE, more=claims)

        assert enters("x", "--principal", PROVIDER) == 0
        assert enters("y", "--principal", PROVIDER) == 3
        assert enters("x", "--principal", PROVIDER.replace("/x", "/y")) == 3
        assert "--principal" not in capsys.readouterr().out
        assert enters("x") == 0
        assert "Callers were not judged: name one with --principal." in capsys.readouterr().out

    def test_the_json_document_says_all_that_the_text_says(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        policy = written(tmp_path, LIST, READ)
        assert asked(policy, more=("--json", "--context", "s3:prefix=a", "--context", "s3:prefix=b")) == 0
        captured = capsys.readouterr()
        answer = json.loads(captured.out)
        assert captured.err == ""
        assert answer["allowed"] is True
        assert answer["outcome"] == "allowed"
        assert answer["deciding"] == {"policy": policy, "statement": 2, "sid": "Read", "effect": "Allow"}
        assert answer["request"] == {
            "action": "s3:GetObject",
            "resource": f"{BUCKET}/builds/a",
            "context": {"s3:prefix": ["a", "b"]},
            "principal": None,
        }
        assert [(each["statement"], each["applies"]) for each in answer["statements"]] == [(1, False), (2, True)]
        assert answer["statements"][1]["not_matched"] == []

    def test_the_json_document_of_a_denial_has_no_deciding_statement(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert asked(written(tmp_path, LIST), more=("--json",)) == 3
        answer = json.loads(capsys.readouterr().out)
        assert (answer["allowed"], answer["outcome"], answer["deciding"]) == (False, "implicit-deny", None)

    def test_text_from_outside_reaches_the_terminal_visible(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        policy = written(tmp_path, {**READ, "Sid": "\x1b[2Jé"}, name="p\x1b[31m.json")
        assert asked(policy, resource=f"{BUCKET}/builds/\x1b]0;x\x07\u202e") == 0
        out = capsys.readouterr().out
        assert not {char for char in out if not char.isprintable()} - {"\n"}
        assert "\\x1b" in out


SESSION = "arn:aws:sts::123456789012:assumed-role/web-build/job-1"
BROAD = {"Effect": "Allow", "Action": "*", "Resource": "*"}
COMPUTE = {"Effect": "Allow", "Action": "ec2:*", "Resource": "*"}
OWN = {**READ, "Sid": "Owner", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}}


class TestLayers:
    def test_each_layer_is_told_in_its_order_and_the_one_that_decides_is_marked(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        policy, limits, broad, owner = (
            written(tmp_path, statement, name=f"{name}.json")
            for name, statement in (("s3", READ), ("limits", COMPUTE), ("broad", BROAD), ("bucket", OWN))
        )
        more = ("--boundary", limits, "--scp", broad, "--scp", f"{limits},{broad}", "--resource-policy", owner, "--principal", SESSION)
        assert asked(policy, more=more) == 3
        out = capsys.readouterr().out.splitlines()
        assert out[:6] == [
            "DENIED  s3:GetObject on arn:aws:s3:::acme/builds/a",
            "Decided by the permissions boundary: it leaves only what it allows itself, and it does not allow this.",
            "Not given, and so not judged: resource control policies, session policy, whether caller and resource are of one account.",
            "",
            "  resource control policies          not given",
            f"  service control policies, level 1  allowed by Allow statement 1 ({broad})",
        ]
        assert f'  identity policies                  allowed by Allow "Read" ({policy}, statement 1)' in out
        assert "> permissions boundary               implicit deny" in out
        assert out.index("permissions boundary:") < out.index(
            f"Allow statement 1 ({limits}) does not apply", out.index("permissions boundary:")
        )

    @pytest.mark.parametrize(
        ("flag", "statement", "code"),
        [
            ("--boundary", BROAD, 0),
            ("--boundary", COMPUTE, 3),
            ("--session-policy", BROAD, 0),
            ("--session-policy", COMPUTE, 3),
            ("--scp", BROAD, 0),
            ("--scp", COMPUTE, 3),
            ("--rcp", {**COMPUTE, "Principal": "*", "Effect": "Deny"}, 0),
            ("--rcp", {**BROAD, "Principal": "*", "Effect": "Deny"}, 3),
            ("--resource-policy", OWN, 0),
            ("--resource-policy", {**OWN, "Effect": "Deny"}, 3),
        ],
    )
    def test_every_kind_of_policy_has_its_word(self, tmp_path: Path, flag: str, statement: dict[str, Any], code: int) -> None:
        given = written(tmp_path, statement, name="given.json")
        assert asked(written(tmp_path, READ), more=(flag, given, "--principal", SESSION)) == code

    def test_another_account_has_to_allow_too(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        more = ("--principal", SESSION, "--resource-account", "210987654321")
        assert asked(written(tmp_path, READ), more=more) == 3
        assert "a request from another account needs the resource policy too, and it was not given." in capsys.readouterr().out
        owner = written(tmp_path, OWN, name="bucket.json")
        assert asked(written(tmp_path, READ), more=(*more, "--resource-policy", owner)) == 0
        assert asked(written(tmp_path, READ), more=("--account", "123456789012", *more[2:], "--resource-policy", owner)) == 0

    def test_the_json_document_has_the_layers(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        policy, broad = written(tmp_path, READ), written(tmp_path, BROAD, name="broad.json")
        assert asked(policy, more=("--json", "--scp", broad, "--principal", SESSION)) == 0
        answer = json.loads(capsys.readouterr().out)
        assert (answer["allowed"], answer["decided_by"], answer["why"]) == (True, "identity", "one allow is enough within an account")
        assert [(layer["layer"], layer["level"], layer["said"]) for layer in answer["layers"]] == [
            ("resource-control", None, "not-given"),
            ("service-control", 1, "allowed"),
            ("resource", None, "not-given"),
            ("identity", None, "allowed"),
            ("boundary", None, "not-given"),
            ("session", None, "not-given"),
        ]
        assert [(each["layer"], each["policy"]) for each in answer["statements"]] == [("service-control", broad), ("identity", policy)]
        assert answer["deciding"] == {"policy": policy, "statement": 1, "sid": "Read", "effect": "Allow"}
        assert "permissions boundary" in answer["not_given"]

    def test_without_a_kind_all_policies_are_one_layer(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert asked(written(tmp_path, LIST), more=("--json",)) == 3
        answer = json.loads(capsys.readouterr().out)
        assert [(layer["layer"], layer["said"], layer["deciding"]) for layer in answer["layers"]] == [("policies", "implicit-deny", None)]

    def test_a_policy_of_another_kind_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(CiamError, match="has a Principal in statement 1, which an identity policy must not have"):
            asked(written(tmp_path, OWN), more=("--scp", written(tmp_path, BROAD, name="broad.json")))

    def test_a_trust_policy_is_read_as_one_and_needs_no_other(self, tmp_path: Path) -> None:
        trust = written(tmp_path, TRUST)
        claims = ("--context", "oidc.circleci.com/org/x:aud=x", "--principal", PROVIDER)
        action = "sts:AssumeRoleWithWebIdentity"
        assert asked(action=action, resource=ROLE, more=("--resource-policy", trust, *claims)) == 0
        with pytest.raises(CiamError, match="has a Resource in statement 1, which a trust policy must not have"):
            asked(action=action, resource=ROLE, more=("--resource-policy", written(tmp_path, OWN), *claims))

    def test_standard_input_is_a_policy_once(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        document = {"Version": "2012-10-17", "Statement": [READ]}
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(json.dumps({"PolicyVersion": {"Document": document}}).encode())))
        assert asked("-") == 0
        assert 'Decided by Allow "Read" (standard input, statement 1).' in capsys.readouterr().out
        with pytest.raises(SystemExit) as leaving:
            asked("-", more=("--scp", "-"))
        assert leaving.value.code == 2
        assert "can be read once" in capsys.readouterr().err


class TestUsage:
    @pytest.mark.parametrize(
        "words",
        [
            ("--action", "s3:*"),
            ("--action", "s3:Get?bject"),
            ("--action", "GetObject"),
            ("--action", "*"),
            ("--action", ""),
            ("--action", "s3:Get:Object"),
            ("--resource", "acme/builds/a"),
            ("--resource", "*"),
            ("--resource", "arn:aws:s3"),
            ("--resource", "arn:aws:s3:::"),
            ("--context", "s3:prefix"),
            ("--context", "prefix=builds/"),
            ("--context", "=builds/"),
            ("--principal", "*"),
            ("--principal", ""),
            ("--account", "12345678901"),
            ("--resource-account", "acme"),
        ],
    )
    def test_a_request_that_is_not_one_call_is_wrong_usage(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], words: tuple[str, str]
    ) -> None:
        whole = ["--action", "s3:GetObject", "--resource", f"{BUCKET}/a", *words]
        with pytest.raises(SystemExit) as leaving:
            can(written(tmp_path, READ), *whole)
        assert leaving.value.code == 2
        assert f"argument {words[0]}: '{words[1]}' is not" in capsys.readouterr().err

    def test_a_policy_is_needed(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit) as leaving:
            asked()
        assert leaving.value.code == 2
        assert "required: POLICY.json, or --resource-policy" in capsys.readouterr().err

    def test_a_level_names_its_files(self, tmp_path: Path) -> None:
        with pytest.raises(SystemExit) as leaving:
            asked(written(tmp_path, READ), more=("--scp", "a.json,"))
        assert leaving.value.code == 2

    @pytest.mark.parametrize("words", [(), ("--action", "s3:GetObject"), ("--resource", BUCKET)])
    def test_action_and_resource_are_needed(self, tmp_path: Path, words: tuple[str, ...]) -> None:
        with pytest.raises(SystemExit) as leaving:
            can(written(tmp_path, READ), *words)
        assert leaving.value.code == 2


class TestUnreadable:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "is empty"),
            (b"{", "is not JSON"),
            (b"\xff\xfe{}", "is not UTF-8 text"),
            (b"\xef\xbb\xbf{}", "begins with a byte order mark"),
            (b'{"Statement": [], "Statement": []}', 'says "Statement" twice'),
            (b'{"Statement": {"Effect": "Allow"}}', "has no Action in statement 1"),
            (b"[" * 200_000, "has 200000 characters"),
            (b"[" * 100_000, "nests deeper"),
            (b" " * 10_000_000, "is larger than 524288 bytes"),
            ("é".encode() * 400_000, "is larger than 524288 bytes"),
        ],
    )
    def test_a_policy_that_cannot_be_read_is_told_in_one_sentence(self, tmp_path: Path, content: bytes, said: str) -> None:
        path = tmp_path / "policy.json"
        path.write_bytes(content)
        with pytest.raises(CiamError) as caught:
            asked(str(path))
        assert said in caught.value.message
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)

    def test_a_program_is_told_in_its_document_too(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(CiamError):
            asked(str(tmp_path / "missing.json"), "--json")
        document = json.loads(capsys.readouterr().out)
        assert (document["ok"], document["error"]["code"]) == (False, "policy-unreadable")

    @pytest.mark.parametrize("name", ["missing.json", ""])
    def test_a_file_that_cannot_be_opened_is_told_with_its_name(self, tmp_path: Path, name: str) -> None:
        with pytest.raises(CiamError) as caught:
            asked(str(tmp_path / name))
        assert caught.value.code == "policy-unreadable"
        assert str(tmp_path) in str(caught.value)


def test_registering_the_command_loads_neither_the_evaluator_nor_anything_heavy() -> None:
    script = (
        "import sys, ciam_tui.commands.can; print([name for name in sys.modules if name.startswith(('ciam_tui.core', 'pydantic', 'json'))])"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
