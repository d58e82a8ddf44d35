"""`ciam-tui assume`: the exit code, the words and the document for a token; and the token itself in none of them, whatever goes wrong."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm

from ciam_tui.cli import main
from tests.core.asking import GOLDEN
from tests.core.examples import ORG_ID, PROJECT_ID
from tests.core.jwts import MAIN_SUB, compact, payload
from tests.core.tokens import OTHER_ID, v2

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.commands.shell import Shell

DEPLOY = str(GOLDEN / "example" / "circleci-web-deploy.trust.json")
BUILD = str(GOLDEN / "example" / "circleci-web-build.trust.json")
AT = ("--now", "2027-01-15T08:10:00Z")  # ten minutes after the tokens of `jwts` began
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
DEV = payload(sub=MAIN_SUB.replace("main", "dev"))


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., str]:
    def write(content: object, name: str = "given") -> str:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else (content if isinstance(content, str) else json.dumps(content)).encode())
        return str(path)

    return write


def typed_in(monkeypatch: pytest.MonkeyPatch, content: str) -> None:
    class Input(io.StringIO):
        buffer = io.BytesIO(content.encode())

    monkeypatch.setattr(sys, "stdin", Input())


class TestToken:
    def test_the_jobs_token_is_let_in_with_0(self, shell: Shell, file: Callable[..., str]) -> None:
        said = shell("assume", DEPLOY, "--token", file(compact()), *AT)
        assert (said.code, said.err) == (0, "")
        lines = said.out.splitlines()
        assert lines[0] == f"LET IN  {MAIN_SUB}"
        assert lines[1] == "Decided by Allow statement 1."
        assert any("not checked  signature not checked: " in line for line in lines)
        assert any(line.startswith("  matched      StringLike ") for line in lines)

    def test_another_branchs_is_refused_with_3_and_told_what_to_change_before_the_reasons(
        self, shell: Shell, file: Callable[..., str]
    ) -> None:
        said = shell("assume", DEPLOY, "--token", file(compact(DEV)), *AT)
        assert said.code == 3
        lines = said.out.splitlines()
        assert lines[0].startswith("REFUSED  ")
        assert lines.index("What to change:") < lines.index("Before the policy is asked:")
        assert 'wants "refs/heads/main", another branch' in said.out
        assert any(line.startswith("  not matched  StringLike ") for line in lines)

    def test_an_expired_one_is_refused_before_the_policy_is_asked(self, shell: Shell, file: Callable[..., str]) -> None:
        said = shell("assume", DEPLOY, "--token", file(compact()), "--now", "2027-01-16T00:00:00Z")
        assert said.code == 3
        assert said.out.splitlines()[1].startswith("Refused before the policy is asked: The token expired at 2027-01-15 09:00 UTC")

    def test_the_clock_of_the_machine_is_asked_where_no_time_is_given(self, shell: Shell, file: Callable[..., str]) -> None:
        assert shell("assume", DEPLOY, "--token", file(compact(payload(iat=1000, exp=4600)))).code == 3

    def test_standard_input_is_taken_with_all_that_was_copied(self, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        typed_in(monkeypatch, f"export CIRCLE_OIDC_TOKEN_V2='{compact()}'\n")
        assert shell("assume", DEPLOY, "--token", "-", *AT).code == 0

    def test_at_a_terminal_it_is_asked_for_unseen(self, shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
        asked: list[str] = []

        def typed(prompt: str) -> str:
            asked.append(prompt)
            return compact()

        monkeypatch.setattr("getpass.getpass", typed)
        assert shell("assume", DEPLOY, "--token", "-", *AT, typing="").code == 0
        assert "not shown" in asked[0]

    def test_the_document_says_all_that_the_words_say(self, shell: Shell, file: Callable[..., str]) -> None:
        said = shell("assume", DEPLOY, "--token", file(compact(DEV)), *AT, "--json", "--client-id", ORG_ID)
        document = said.document
        assert (said.code, said.err) == (3, "")
        assert (document["let_in"], document["answer"], document["outcome"], document["deciding"]) == (
            False,
            "refused",
            "implicit-deny",
            None,
        )
        assert document["signature"] == "not checked"
        assert document["claims"]["subject"] == DEV["sub"]
        assert {check["id"]: check["verdict"] for check in document["checks"]} == {
            "signature": "not checked",
            "issuer": "ok",
            "client-ids": "ok",
            "time": "ok",
        }
        assert document["request"]["context"][f"oidc.circleci.com/org/{ORG_ID}:aud"] == [ORG_ID]
        assert [statement["applies"] for statement in document["statements"]] == [False]
        assert len(document["advice"]) == 1

    def test_what_aws_shows_of_a_role_is_taken_for_its_trust_policy(self, shell: Shell, file: Callable[..., str]) -> None:
        policy = json.loads(Path(DEPLOY).read_text())
        token = file(compact(), "token")
        for shown in (
            {"Role": {"RoleName": "x", "AssumeRolePolicyDocument": policy}},
            {"RoleName": "x", "AssumeRolePolicyDocument": policy},
            {"Role": {"AssumeRolePolicyDocument": quote(json.dumps(policy))}},
        ):
            assert shell("assume", file(shown), "--token", token, *AT).code == 0

    def test_provider_client_ids_and_keys_of_the_call_can_be_named(self, shell: Shell, file: Callable[..., str]) -> None:
        token = file(compact(), "token")
        provider = f"arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/{ORG_ID}"
        assert (
            shell("assume", DEPLOY, "--token", token, *AT, "--provider-arn", provider, "--client-id", ORG_ID, "--client-id", "x").code == 0
        )
        assert shell("assume", DEPLOY, "--token", token, *AT, "--provider-arn", provider.replace(ORG_ID, OTHER_ID)).code == 3
        assert shell("assume", DEPLOY, "--token", token, *AT, "--client-id", "sts.amazonaws.com").code == 3
        policy = json.loads(Path(DEPLOY).read_text())
        policy["Statement"][0]["Condition"]["StringEquals"]["aws:SourceVpc"] = "vpc-1"
        trust = file(policy, "trust")
        assert shell("assume", trust, "--token", token, *AT).out.startswith("NOT KNOWN")
        assert shell("assume", trust, "--token", token, *AT, "--context", "aws:SourceVpc=vpc-1").code == 0


class TestClaims:
    @pytest.mark.parametrize("saved", [payload(), {"header": {"alg": "RS256"}, "payload": payload()}, {"token": compact()}, compact()])
    def test_they_are_read_from_what_people_save(self, shell: Shell, file: Callable[..., str], saved: object) -> None:
        said = shell("assume", DEPLOY, "--claims", file(saved), *AT)
        assert said.code == 0
        assert "signature not checked" in said.out

    def test_claims_without_times_are_judged_by_the_policy(self, shell: Shell, file: Callable[..., str]) -> None:
        said = shell("assume", DEPLOY, "--claims", file(payload(iat=None, exp=None)))
        assert said.code == 0
        assert "no exp" in said.out


class TestMadeUp:
    @pytest.mark.parametrize(
        ("words", "code"),
        [
            (("--branch", "main"), 0),
            (("--ref", "refs/heads/main"), 0),
            (("--branch", "main", "--trigger", "schedule"), 0),
            (("--branch", "main", "--trigger", "ssh-rerun"), 0),
            (("--trigger", "push"), 0),
            (("--branch", "dev"), 3),
            (("--tag", "v1"), 3),
            (("--trigger", "fork"), 3),
            (("--trigger", "webhook"), 3),
            (("--trigger", "v1"), 3),
            (("--trigger", "pull-request"), 3),
            (("--org", OTHER_ID), 3),
            (("--project", OTHER_ID), 3),
            (("--origin", "github.com/acme/api"), 3),
            (("--user", "bot"), 3),
            (("--audience", "sts.amazonaws.com"), 3),
            (("--issuer", "https://oidc.circleci.com"), 3),
        ],
    )
    def test_what_is_not_said_is_taken_from_the_policy(self, shell: Shell, words: tuple[str, ...], code: int) -> None:
        said = shell("assume", DEPLOY, *words)
        assert said.code == code
        assert "the token is made up" in said.out

    def test_the_audience_is_the_one_that_circleci_gives_not_the_one_that_the_policy_wants(
        self, shell: Shell, file: Callable[..., str]
    ) -> None:
        policy = json.loads(Path(DEPLOY).read_text())
        policy["Statement"][0]["Condition"]["StringEquals"][f"oidc.circleci.com/org/{ORG_ID}:aud"] = "sts.amazonaws.com"
        said = shell("assume", file(policy), "--branch", "main")
        assert said.code == 3
        assert "the policy wants sts.amazonaws.com: copied from a guide for GitHub" in said.out

    def test_another_organization_has_an_issuer_of_its_own(self, shell: Shell) -> None:
        document = shell("assume", DEPLOY, "--org", OTHER_ID, "--json").document
        assert document["claims"]["issuer"] == f"oidc.circleci.com/org/{OTHER_ID}"
        assert document["claims"]["subject"] == v2(
            OTHER_ID, PROJECT_ID, "github.com/acme/web", "refs/heads/main", document["claims"]["subject"].split("/")[5]
        )


class TestWho:
    @pytest.mark.parametrize("words", [(), ("--who",)])
    def test_the_list_is_told_and_no_stranger_gets_in_with_0(self, shell: Shell, words: tuple[str, ...]) -> None:
        said = shell("assume", DEPLOY, *words)
        assert said.code == 0
        assert "  let in     The project's branch main" in said.out
        assert "  refused    A fork's build" in said.out
        assert said.out.splitlines()[-1] == "No stranger of this list gets in."

    def test_a_stranger_who_gets_in_is_marked_and_the_code_is_3(self, shell: Shell) -> None:
        said = shell("assume", BUILD, "--who")
        assert said.code == 3
        assert "! let in     A fork's build" in said.out
        assert "2 strangers get in, marked by !" in said.out
        assert said.out.count("The policy names no repository. Name the branches") == 1

    def test_the_document_has_a_case_each_with_its_reasons(self, shell: Shell) -> None:
        said = shell("assume", BUILD, "--who", "--json")
        cases = {case["id"]: case for case in said.document["who"]}
        assert (cases["main"]["let_in"], cases["main"]["stranger"]) == (True, False)
        assert (cases["fork"]["let_in"], cases["fork"]["stranger"]) == (True, True)
        assert cases["another-project"]["advice"]
        assert cases["another-project"]["statements"][0]["not_matched"]
        assert said.document["remarks"] == []

    def test_a_policy_about_something_else_has_a_reason_in_place_of_a_list(self, shell: Shell, file: Callable[..., str]) -> None:
        statement = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
        said = shell("assume", file({"Version": "2012-10-17", "Statement": [statement]}))
        assert (said.code, said.out.splitlines()) == (
            0,
            ["The policy is not about CircleCI: it names no issuer of CircleCI's, and no sub or project-id of a job."],
        )


class TestSignature:
    @staticmethod
    def keys(key_id: str = "key-1") -> dict[str, Any]:
        return {"keys": [{**RSAAlgorithm.to_jwk(KEY.public_key(), as_dict=True), "kid": key_id}]}

    def test_one_that_holds_is_said_and_one_that_does_not_refuses(self, shell: Shell, file: Callable[..., str]) -> None:
        signed = jwt.encode(payload(), KEY, algorithm="RS256", headers={"kid": "key-1"})
        token, jwks = file(signed, "token"), file(self.keys(), "jwks")
        said = shell("assume", DEPLOY, "--token", token, *AT, "--jwks", jwks, "--json")
        assert (said.code, said.document["signature"]) == (0, "valid")
        assert shell("assume", DEPLOY, "--claims", token, *AT, "--jwks", jwks).code == 0
        said = shell("assume", DEPLOY, "--token", file(compact()), *AT, "--jwks", jwks, "--json")
        assert (said.code, said.document["signature"], said.document["let_in"]) == (3, "invalid", False)

    def test_a_file_that_is_none_is_told(self, shell: Shell, file: Callable[..., str]) -> None:
        said = shell("assume", DEPLOY, "--token", file(compact(), "token"), "--jwks", file("{}", "jwks"))
        assert said.code == 1
        assert 'Cannot read the JWKS file: It has no list "keys".' in said.err


SECRET = compact(payload(jti="0123456789abcdef"))
PIECES = [piece for piece in SECRET.split(".") if len(piece) > 20]


class TestSecrecy:
    """The token, or a part of it, stands in no output, no `--debug` file and no exception."""

    def tried(self, shell: Shell, tmp_path: Path, *words: str) -> int:
        debug = tmp_path / "debug.txt"
        said = shell("assume", *words, "--debug", str(debug))
        written = debug.read_text() if debug.exists() else ""
        for piece in (*PIECES, SECRET):
            assert piece not in said.out + said.err + written
        return said.code

    def test_a_token_on_the_command_line_is_refused(self, shell: Shell, tmp_path: Path) -> None:
        for words in (
            (DEPLOY, "--token", SECRET),
            (DEPLOY, f"--token={SECRET}"),
            (DEPLOY, "--token", f"Bearer {SECRET}"),
            (DEPLOY, "--token", SECRET[:-5]),
            (DEPLOY, "--claims", SECRET),
            (DEPLOY, "--jwks", SECRET),
            (DEPLOY, "--branch", SECRET),
            (DEPLOY, "--trigger", SECRET),
            (DEPLOY, "--now", SECRET),
            (DEPLOY, "--provider-arn", SECRET),
            (DEPLOY, "--context", SECRET),
            (DEPLOY, "--tokn", SECRET),
            (DEPLOY, SECRET),
            (SECRET,),
        ):
            assert self.tried(shell, tmp_path, *words) == 2

    def test_it_says_why_and_what_to_do(self, shell: Shell) -> None:
        assert "use --token - or a file" in shell("assume", DEPLOY, "--token", SECRET).err

    @pytest.mark.parametrize("words", [(), ("--json",), ("--jwks", "/dev/null"), ("--jwks", "/nowhere"), AT])
    def test_a_token_in_a_file_is_never_repeated(
        self, shell: Shell, tmp_path: Path, file: Callable[..., str], words: tuple[str, ...]
    ) -> None:
        for content in (SECRET, SECRET[:-30], f"{SECRET}.x", f"{SECRET} {compact()}", f"{SECRET}.x.y", SECRET.replace(".", "..")):
            assert self.tried(shell, tmp_path, DEPLOY, "--token", file(content, "token"), *words) in (0, 1, 3)
            assert self.tried(shell, tmp_path, DEPLOY, "--claims", file(content, "token"), *words) in (0, 1, 3)

    def test_not_even_by_a_traceback_of_the_unforeseen(
        self, shell: Shell, tmp_path: Path, file: Callable[..., str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def fails(*_: object, **__: object) -> None:
            raise RuntimeError(f"unforeseen: {SECRET}")

        monkeypatch.setattr("ciam_tui.core.tokens.claims.decode_jwt", fails)
        assert self.tried(shell, tmp_path, DEPLOY, "--token", file(SECRET, "token")) == 1
        assert "RuntimeError" in (tmp_path / "debug.txt").read_text()


class TestUsage:
    @pytest.mark.parametrize(
        "words",
        [
            (),
            (DEPLOY, "--token", "a", "--claims", "b"),
            (DEPLOY, "--token", "a", "--who"),
            (DEPLOY, "--token", "a", "--branch", "main"),
            (DEPLOY, "--who", "--trigger", "push"),
            (DEPLOY, "--branch", "a", "--tag", "b"),
            (DEPLOY, "--trigger", "cron"),
            (DEPLOY, "--jwks", "a"),
            (DEPLOY, "--branch", "a", "--jwks", "b"),
            (DEPLOY, "--token", ""),
            ("-", "--token", "-"),
            (DEPLOY, "--now", "soon"),
            (DEPLOY, "--provider-arn", "x"),
            (DEPLOY, "--context", "x"),
        ],
    )
    def test_what_contradicts_itself_is_wrong_usage(self, shell: Shell, words: tuple[str, ...]) -> None:
        assert shell("assume", *words).code == 2

    def test_decoded_claims_have_no_signature_to_check(self, shell: Shell, file: Callable[..., str]) -> None:
        assert shell("assume", DEPLOY, "--claims", file(payload()), "--jwks", "x").code == 2


class TestUnreadable:
    @pytest.mark.parametrize(
        ("content", "said"),
        [
            (b"", "is empty"),
            (b"[" * 200_000, "has 200000 characters"),
            (b"\xff", "not UTF-8"),
            (b"x" * 700_000, "larger than"),
            (b'{"Role": {}}', "unknown element"),
            (b'{"Role": {"AssumeRolePolicyDocument": 5}}', "unknown element"),
            (b'{"AssumeRolePolicyDocument": {"a": 1, "a": 2}}', "twice"),
        ],
    )
    def test_a_policy_that_cannot_be_read_is_one_sentence_and_1(
        self, shell: Shell, file: Callable[..., str], content: bytes, said: str
    ) -> None:
        path = file(content)
        answer = shell("assume", path)
        assert answer.code == 1
        assert said in answer.err
        assert len(answer.err.splitlines()) == 1

    @pytest.mark.parametrize("content", [b"", b"hello", b"\xff\xfe", b"x" * 900_000, b"{}"])
    @pytest.mark.parametrize("flag", ["--token", "--claims"])
    def test_neither_is_a_token_that_is_none(self, shell: Shell, file: Callable[..., str], content: bytes, flag: str) -> None:
        answer = shell("assume", DEPLOY, flag, file(content), "--json")
        assert answer.code == 1
        assert answer.document["error"]["code"] in ("token-invalid", "claims-invalid", "file-unreadable")
        assert len(answer.err.splitlines()) == 1

    @pytest.mark.parametrize("words", [("missing.json",), (DEPLOY, "--token", "missing"), ("/",), (DEPLOY, "--claims", "/"), ("a\x00b",)])
    def test_nor_a_file_that_is_not_there(self, shell: Shell, words: tuple[str, ...]) -> None:
        answer = shell("assume", *words)
        assert answer.code == 1
        assert len(answer.err.splitlines()) == 1


def test_registering_the_command_loads_neither_core_nor_cryptography() -> None:
    script = "import sys, ciam_tui.commands.assume; print([n for n in sys.modules if n.startswith(('ciam_tui.core', 'pydantic', 'jwt', 'cryptography'))])"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


def test_asking_without_keys_loads_no_cryptography(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(compact())
    script = f"import sys; from ciam_tui.cli import main; main({['assume', DEPLOY, '--token', str(tmp_path / 'token')]!r}); print({{'jwt', 'cryptography', 'boto3', 'textual'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "set()"


def test_help_names_every_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["assume", "--help"]) == 0
    assert "Exit codes: 0 let in; 3 refused or not known" in capsys.readouterr().out
