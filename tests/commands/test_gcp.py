"""Google Cloud on the command line: what `export` takes and leaves open, and what `assume` says of a provider, for people and for programs."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.tokens.making import Trigger
from tests.core.examples import PROJECT_ID, answers
from tests.core.jwts import MAIN_SUB, compact, payload
from tests.published_schemas import complaints

if TYPE_CHECKING:
    from tests.commands.shell import Shell

AT = ("--now", "2027-01-15T08:10:00Z")  # ten minutes after the tokens of `jwts` began
GIVEN = ("--gcp-project", "acme-prod", "--gcp-project-number", "123456789012", "--gcp-bucket", "acme-gcs")
FILES = {
    "setup.sh",
    "main.tf",
    "provider.json",
    "config.yml",
    "README.md",
    "audit-logs.md",
    *(f"circleci-web-{stage}.credentials.json" for stage in ("build", "test", "deploy")),
}
EMAIL = "circleci-web-{}@acme-prod.iam.gserviceaccount.com"


def setup_file(folder: Path, **changes: Any) -> str:
    path = folder / "setup.json"
    path.write_text(json.dumps(answers(**changes)))
    return str(path)


@pytest.fixture
def provider(shell: Shell, tmp_path: Path) -> str:
    assert shell("export", setup_file(tmp_path), "--format", "gcp", "--out", str(tmp_path / "gcp"), *GIVEN).code == 0
    return str(tmp_path / "gcp" / "provider.json")


class TestExport:
    def test_writes_the_twin_with_what_was_given_and_asks_for_the_rest(self, shell: Shell, tmp_path: Path) -> None:
        setup = setup_file(tmp_path)
        assert shell("export", setup, "--format", "gcp", "--out", str(tmp_path / "open")).code == 0
        assert shell("export", setup, "--format", "gcp", "--out", str(tmp_path / "given"), *GIVEN).code == 0
        assert {path.name for path in (tmp_path / "open").iterdir()} == FILES
        script = (tmp_path / "open" / "setup.sh").read_text()
        assert 'project="${GCP_PROJECT:-}"' in script
        given = {path.name: path.read_text() for path in (tmp_path / "given").iterdir()}
        assert 'resource.name.startsWith("projects/_/buckets/acme-gcs/objects/releases/")' in given["setup.sh"]
        assert not any("@GCP_" in text for name, text in given.items() if name not in {"setup.sh", "main.tf"})
        assert json.loads(given["circleci-web-deploy.credentials.json"])["type"] == "external_account"
        assert "circleci/gcp-cli@" in given["config.yml"]

    @pytest.mark.parametrize(
        ("flag", "value"),
        [
            ("--gcp-project", "Acme"),
            ("--gcp-project", "x$(id)"),
            ("--gcp-project-number", "12a"),
            ("--gcp-bucket", 'b" || true || "'),
            ("--gcp-bucket", "b\n"),
        ],
    )
    def test_takes_no_place_of_another_form(self, shell: Shell, tmp_path: Path, flag: str, value: str) -> None:
        said = shell("export", setup_file(tmp_path), "--format", "gcp", "--out", str(tmp_path / "out"), flag, value)
        assert (said.code, said.out) == (2, "")
        assert "is not the " in said.err
        assert not (tmp_path / "out").exists()

    def test_a_place_is_for_this_format(self, shell: Shell, tmp_path: Path) -> None:
        said = shell("export", setup_file(tmp_path), "--format", "json", "--out", str(tmp_path / "out"), "--gcp-bucket", "acme-gcs")
        assert said.code == 2
        assert "is for --format gcp" in said.err

    def test_without_a_twin_it_says_why_and_the_other_formats_are_written_all_the_same(self, shell: Shell, tmp_path: Path) -> None:
        setup = setup_file(tmp_path, stages__0__prefix="a[1]/")
        said = shell("export", setup, "--format", "gcp", "--out", str(tmp_path / "gcp"))
        assert (said.code, said.out) == (1, "")
        assert said.err.splitlines() == [
            'ciam-tui: There is no twin on Google Cloud: The prefix "a[1]/" contains [, which gcloud takes for more than text. Choose another prefix.'
        ]
        assert shell("export", setup, "--format", "all", "--out", str(tmp_path / "all")).code == 0
        assert [path.name for path in (tmp_path / "all" / "gcp").iterdir()] == ["README.md"]
        assert "which gcloud takes for more than text" in (tmp_path / "all" / "gcp" / "README.md").read_text()

    def test_the_readme_tells_what_is_otherwise_what_is_left_out_and_what_is_risky(self, shell: Shell, tmp_path: Path) -> None:
        setup = setup_file(tmp_path, stages__0__extras=["tags", "acl"], stages__2__session_seconds=7200)
        assert shell("export", setup, "--format", "gcp", "--out", str(tmp_path / "gcp")).code == 0
        readme = (tmp_path / "gcp" / "README.md").read_text()
        for words in (
            "build may write and not delete, and so makes new objects but replaces none",
            "Listing is granted on managed folders",
            "tags: Cloud Storage has no tags of objects",
            "shall live for more than an hour",
            "can act as that of build too",
        ):
            assert words in readme.replace("\\", "")


class TestAssume:
    def test_a_job_on_its_branch_acts_as_every_account_and_one_elsewhere_does_not(self, shell: Shell, provider: str) -> None:
        said = shell("assume", provider, "--branch", "main")
        assert (said.code, said.err) == (0, "")
        assert said.out.splitlines()[:5] == [
            f"LET IN  {said.out.splitlines()[0].removeprefix('LET IN  ')}",
            "It may act as:",
            *(f"  {EMAIL.format(stage)}" for stage in ("build", "test", "deploy")),
        ]
        elsewhere = shell("assume", provider, "--branch", "develop")
        assert elsewhere.code == 0
        assert EMAIL.format("deploy") not in elsewhere.out

    def test_a_token_is_judged_and_never_printed(self, shell: Shell, provider: str, tmp_path: Path) -> None:
        (tmp_path / "token").write_text(compact())
        said = shell("assume", provider, "--token", str(tmp_path / "token"), "--json", *AT)
        document = json.loads(said.out)
        assert (said.code, said.err, document["answer"]) == (0, "", "let in")
        assert document["attributes"]["attribute.stage_deploy"] == PROJECT_ID
        assert document["service_accounts"][-1] == EMAIL.format("deploy")
        assert document["claims"]["subject"] == MAIN_SUB
        assert complaints("assume", said.out) == []
        assert "eyJ" not in said.out

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"iss": "https://oidc.circleci.com"}, "The token's issuer is"),
            ({"aud": "sts.amazonaws.com"}, 'The token\'s audience is "sts.amazonaws.com", and the provider takes'),
            ({"exp": 1_800_000_001}, "The token expired at"),
            ({"oidc.circleci.com/project-id": None}, "The mapping of google.subject cannot be evaluated: no such key"),
            ({"oidc.circleci.com/project-id": "x"}, "The attribute condition does not hold: attribute.project =="),
        ],
        ids=["issuer", "audience", "time", "mapping", "condition"],
    )
    def test_a_refusal_says_what_refused(self, shell: Shell, provider: str, tmp_path: Path, changes: dict[str, Any], words: str) -> None:
        (tmp_path / "claims").write_text(json.dumps(payload(**changes)))
        said = shell("assume", provider, "--claims", str(tmp_path / "claims"), *AT)
        assert said.code == 3
        assert said.out.startswith("REFUSED  ")
        assert f"refused      {words}" in said.out

    def test_a_provider_as_gcloud_prints_it_says_the_principals_alone(self, shell: Shell, provider: str, tmp_path: Path) -> None:
        described = json.loads(Path(provider).read_text())
        del described["serviceAccounts"]
        (tmp_path / "described").write_text(json.dumps(described))
        said = shell("assume", str(tmp_path / "described"), "--branch", "main", "--json")
        document = json.loads(said.out)
        assert (said.code, document["service_accounts"]) == (0, None)
        lead = "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/circleci-web"
        assert f"principalSet:{lead}/attribute.project/{PROJECT_ID}" in document["principals"]

    def test_who_gets_in_is_the_list_of_every_policy_and_3_where_a_stranger_does(self, shell: Shell, provider: str) -> None:
        said = shell("assume", provider, "--who")
        assert said.code == 3  # build and test have no branches: a fork's build that gets secrets gets in
        assert "! let in      A fork's build, if forks get secrets" in said.out
        listed = shell("assume", provider, "--json")
        assert complaints("assume", listed.out) == []
        told = listed.document
        assert {each["id"] for each in told["who"] if each["open_door"]} == {"fork", Trigger.FORK + "-v1"}

    def test_a_condition_of_nothing_but_true_is_let_through_and_a_missing_one_said(
        self, shell: Shell, provider: str, tmp_path: Path
    ) -> None:
        described = json.loads(Path(provider).read_text())
        (tmp_path / "open").write_text(json.dumps(described | {"attributeCondition": ""}))
        said = shell("assume", str(tmp_path / "open"), "--branch", "main")
        assert "The provider has no condition" in said.out

    @pytest.mark.parametrize("expression", ["1 +", "'x' + 1", "x" * 5000, "1 == 1 ? 'a'"])
    def test_an_expression_that_is_none_refuses_every_token_in_a_sentence(
        self, shell: Shell, provider: str, tmp_path: Path, expression: str
    ) -> None:
        described = json.loads(Path(provider).read_text())
        (tmp_path / "broken").write_text(json.dumps(described | {"attributeCondition": expression}))
        said = shell("assume", str(tmp_path / "broken"), "--branch", "main")
        assert said.code == 3
        assert "The attribute condition cannot be evaluated: " in said.out

    @pytest.mark.parametrize("expression", ["(" * 500, "[" * 90 + "]" * 90, "!" * 90 + "true", "assertion.sub.nothing()"])
    def test_what_is_not_evaluated_here_is_said_to_be_so_and_no_answer(
        self, shell: Shell, provider: str, tmp_path: Path, expression: str
    ) -> None:
        described = json.loads(Path(provider).read_text())
        (tmp_path / "beyond").write_text(json.dumps(described | {"attributeCondition": expression}))
        for words in (("--branch", "main"), ("--who",)):
            said = shell("assume", str(tmp_path / "beyond"), *words)
            assert (said.code, said.out) == (1, "")
            assert said.err.startswith(
                "ciam-tui: Cannot tell what Google would say: An expression of the provider is not evaluated here: it "
            )

    @pytest.mark.parametrize(
        "content",
        [
            '{"oidc": [], "attributeMapping": {}}',
            '{"oidc": {}, "attributeMapping": []}',
            '{"oidc": {"issuerUri": 1}, "attributeMapping": {}}',
            '{"oidc": {}, "attributeMapping": {}, "serviceAccounts": [1]}',
        ],
    )
    def test_what_is_no_provider_is_refused_in_one_line(self, shell: Shell, tmp_path: Path, content: str) -> None:
        (tmp_path / "no.json").write_text(content)
        said = shell("assume", str(tmp_path / "no.json"), "--who")
        assert (said.code, said.out, len(said.err.splitlines())) == (1, "", 1)

    def test_groups_may_be_several(self, shell: Shell, provider: str, tmp_path: Path) -> None:
        described = json.loads(Path(provider).read_text())
        described["attributeMapping"]["google.groups"] = 'assertion.sub.split("/")'
        described["attributeCondition"] = '"org" in google.groups'
        (tmp_path / "groups").write_text(json.dumps(described))
        said = shell("assume", str(tmp_path / "groups"), "--branch", "main", "--json")
        assert said.code == 0
        assert any(each.endswith("/circleci-web/group/project") for each in said.document["principals"])

    def test_without_the_library_it_says_what_to_install(self, shell: Shell, provider: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setitem(sys.modules, "celpy", None)
        said = shell("assume", provider, "--who")
        assert (said.code, said.out) == (1, "")
        (sentence,) = said.err.splitlines()
        assert sentence.endswith(
            "The library that evaluates Google's expressions is not installed. Install it: pip install 'ciam-tui[gcp]'"
        )

    def test_what_is_of_aws_is_refused(self, shell: Shell, provider: str) -> None:
        said = shell("assume", provider, "--who", "--client-id", "x")
        assert (said.code, said.out) == (1, "")
        assert "--client-id is for a trust policy of AWS" in said.err
