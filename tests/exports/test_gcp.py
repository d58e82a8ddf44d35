"""Script and Terraform make the twin and nothing else, the script twice in a row; names of every kind stay data on the way there.

There is no real gcloud here: a double keeps what it is told, and ends with an error at whatever it does not know.
"""

from __future__ import annotations

import copy
import json
import os
import re
import shutil
import subprocess
from typing import TYPE_CHECKING, Any

import hcl2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ciam_tui.core.export.gcp import export_gcp
from ciam_tui.core.export.gcp_script import quote
from ciam_tui.core.gcp.names import ACCOUNT_ID_LENGTH, NO_TWIN, POOL_ID_LENGTH, account_id, attribute_name, custom_role_id, pool_id
from ciam_tui.core.gcp.notes import notes
from ciam_tui.core.gcp.place import OPEN, WANTED, Place
from ciam_tui.core.gcp.twin import USER_ROLE, twin_of
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.export_folder import write_export
from tests.core.asking import everything_setup, example_setup
from tests.core.strategies import NAME_CHARACTERS, setups
from tests.exports.fake_gcloud import FakeGcloud
from tests.exports.holdings import unquoted
from tests.exports.test_aws_cli import HOSTILE
from tests.exports.test_terraform import misformatted
from tests.runs import a_setup

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ciam_tui.core.gcp.twin import GcpTwin
    from ciam_tui.core.setup import Setup

PLACE = Place("acme-prod", "123456789012", "acme-gcs")
GIVEN = {"GCP_PROJECT": "acme-prod", "GCP_PROJECT_NUMBER": "123456789012", "GCP_BUCKET": "acme-gcs"}
BASH = shutil.which("bash") or "bash"
READS = {"describe", "list", "get-iam-policy"}
PATIENCE_SECONDS = 600  # only against hanging
STAGE: dict[str, Any] = {"name": "build", "prefix": "builds/", "access": ["read", "write"]}
OTHERS = [{"role": "roles/storage.legacyBucketOwner", "members": ["projectOwner:acme-prod"]}]


class Gcloud(FakeGcloud):
    """The double with a project and a bucket in it."""

    def __init__(self, folder: Path) -> None:
        bucket = {"uniform_bucket_level_access": True, "projectNumber": "123456789012", "bindings": copy.deepcopy(OTHERS), "folders": {}}
        things: dict[str, Any] = {kind: {} for kind in ("roles", "pools", "accounts")}
        known = {"projects": {"acme-prod": "123456789012"}, "services": ["iam.googleapis.com"], "buckets": {"acme-gcs": bucket}}
        super().__init__(folder, known | things)

    def run(self, script: Path, **environment: str) -> subprocess.CompletedProcess[str]:
        self.calls.clear()
        given = {"PATH": f"{self.command}:{os.environ['PATH']}", "LC_ALL": "C.UTF-8", **environment}
        return subprocess.run([BASH, script], env=given, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)

    @property
    def changes(self) -> list[list[str]]:
        return [call for call in self.calls if not READS & set(call)]

    def holdings(self) -> Any:
        """What there is, in the words in which `wanted` says what there should be."""
        state = self.state
        bucket = state["buckets"]["acme-gcs"]
        (pool,) = state["pools"].items()
        (provider,) = pool[1]["providers"].items()
        return {
            "services": sorted(state["services"]),
            "roles": {name: role["includedPermissions"] for name, role in state["roles"].items()},
            "pool": pool[0],
            "provider": (provider[0], provider[1]["oidc"], provider[1]["attributeMapping"], provider[1]["attributeCondition"]),
            "actors": sorted(
                (email, each["role"], member)
                for email, account in state["accounts"].items()
                for each in account["bindings"]
                for member in each["members"]
            ),
            "bucket": sorted(bound(bucket["bindings"], OTHERS)),
            "folders": {name: sorted(bound(folder["bindings"], [])) for name, folder in bucket["folders"].items()},
        }


def bound(bindings: list[Any], others: list[Any]) -> Iterator[tuple[str, str, str, str]]:
    for each in bindings:
        if each not in others:
            condition = each.get("condition", {})
            yield from ((member, each["role"], condition.get("title", ""), condition.get("expression", "")) for member in each["members"])


def wanted(twin: GcpTwin, place: Place = PLACE) -> Any:
    """The twin in the same words."""
    filled, provider = place.filled, twin.provider
    role_of = {role.kind: filled(role.name) for role in twin.roles}

    def member(account: Any) -> str:
        return f"serviceAccount:{filled(account.email)}"

    return {
        "services": ["iam.googleapis.com", "iamcredentials.googleapis.com", "storage.googleapis.com", "sts.googleapis.com"],
        "roles": {role.id: list(role.permissions) for role in twin.roles},
        "pool": provider.pool,
        "provider": (
            provider.id,
            {"issuerUri": provider.issuer, "allowedAudiences": [provider.audience]},
            dict(provider.mapping),
            provider.condition,
        ),
        "actors": sorted((filled(account.email), USER_ROLE, filled(each)) for account in twin.accounts for each in account.members),
        "bucket": sorted(
            (member(account), role_of[each.kind], each.title, filled(each.expression))
            for account in twin.accounts
            for each in account.grants.bindings
        ),
        "folders": {
            folder: sorted((member(account), role_of["list"], "", "") for account in twin.accounts if folder in account.grants.folders)
            for folder in twin.folders
        },
    }


@pytest.fixture
def gcloud(tmp_path: Path) -> Iterator[Gcloud]:
    double = Gcloud(tmp_path / "a gcloud")
    yield double
    double.close()


def written(setup: Setup, folder: Path, place: Place = OPEN) -> Path:
    write_export(folder, export_gcp(setup, place))
    return folder / "setup.sh"


def prove_script(setup: Setup, folder: Path) -> None:
    twin = twin_if_any(setup)
    if twin is None:
        return
    gcloud = Gcloud(folder / "double")
    try:
        script = written(setup, folder / "out")
        assert gcloud.run(script, **GIVEN).returncode == 0
        assert gcloud.holdings() == wanted(twin)
        again = gcloud.run(script, **GIVEN)
        assert (again.returncode, gcloud.changes) == (0, [])
    finally:
        gcloud.close()


def twin_if_any(setup: Setup) -> GcpTwin | None:
    try:
        return twin_of(setup)
    except CiamError as error:
        if error.code != NO_TWIN:
            raise
        return None


class TestScript:
    @pytest.mark.parametrize(
        "setup", [example_setup(), pytest.param(HOSTILE, id="hostile names")], ids=["the documented Setup", "hostile names"]
    )
    def test_makes_the_twin_and_changes_nothing_the_second_time(self, setup: Setup, gcloud: Gcloud, tmp_path: Path) -> None:
        script = written(setup, tmp_path / "a folder $(id) 'with' `a` name")
        first = gcloud.run(script, **GIVEN)
        assert (first.returncode, first.stderr) == (0, "")
        assert gcloud.holdings() == wanted(twin_of(setup))
        before = copy.deepcopy(gcloud.state)
        second = gcloud.run(script, **GIVEN)
        assert (second.returncode, second.stdout, second.stderr, gcloud.changes) == (0, "Nothing to change.\n", "", [])
        assert gcloud.state == before
        for account in twin_of(setup).accounts:
            credentials = json.loads((script.parent / f"{account.id}.credentials.json").read_text())
            assert credentials["audience"] == f"//iam.googleapis.com/{PLACE.filled(twin_of(setup).provider.name)}"
            assert PLACE.filled(account.email) in credentials["service_account_impersonation_url"]

    @pytest.mark.long
    @settings(max_examples=60)
    @given(setup=setups())
    def test_makes_the_twin_of_any_setup(self, setup: Setup, tmp_path_factory: pytest.TempPathFactory) -> None:
        prove_script(setup, tmp_path_factory.mktemp("any"))

    @pytest.mark.parametrize("missing", sorted(GIVEN))
    def test_refuses_in_one_sentence_without_what_it_must_know(self, missing: str, gcloud: Gcloud, tmp_path: Path) -> None:
        script = written(example_setup(), tmp_path / "out")
        for value in ("", 'x"; id; "', "-"):
            said = gcloud.run(script, **(GIVEN | {missing: value}))
            assert (said.returncode, said.stdout, gcloud.calls) == (1, "", [])
            (sentence,) = said.stderr.splitlines()
            assert sentence.startswith(f"setup.sh: set {missing} to the ")

    def test_needs_no_environment_where_all_was_given_at_export(self, gcloud: Gcloud, tmp_path: Path) -> None:
        setup = a_setup(stages=[STAGE])
        said = gcloud.run(written(setup, tmp_path / "out", PLACE))
        assert (said.returncode, said.stderr) == (0, "")
        assert gcloud.holdings() == wanted(twin_of(setup))

    def test_takes_away_what_the_setup_no_longer_grants(self, gcloud: Gcloud, tmp_path: Path) -> None:
        wide = a_setup(stages=[{**STAGE, "access": ["read", "delete"], "read_prefixes": ["other/"]}])
        gcloud.run(written(wide, tmp_path / "wide", PLACE))
        state = gcloud.state
        (email,) = state["accounts"]
        state["accounts"][email]["bindings"][0]["members"].append("principalSet://iam.googleapis.com/everybody")
        state["buckets"]["acme-gcs"]["bindings"].append({"role": "roles/storage.admin", "members": [f"serviceAccount:{email}"]})
        state["pools"]["circleci-web"]["providers"]["circleci"]["attributeCondition"] = "true"
        state["roles"]["circleci_web_read"]["includedPermissions"].append("storage.objects.setIamPolicy")
        narrow = a_setup(stages=[{**STAGE, "access": ["read"], "branches": ["main"]}])
        said = gcloud.run(written(narrow, tmp_path / "narrow", PLACE))
        assert (said.returncode, said.stderr) == (0, "")
        found, meant = gcloud.holdings(), wanted(twin_of(narrow))
        assert {key: found[key] for key in ("provider", "actors", "bucket")} == {
            key: meant[key] for key in ("provider", "actors", "bucket")
        }
        assert found["roles"]["circleci_web_read"] == ["storage.objects.get"]

    def test_sets_a_condition_again_whose_text_was_changed_under_its_title(self, gcloud: Gcloud, tmp_path: Path) -> None:
        setup = a_setup(stages=[STAGE])
        script = written(setup, tmp_path / "out", PLACE)
        gcloud.run(script)
        (reading,) = [each for each in gcloud.state["buckets"]["acme-gcs"]["bindings"] if each["role"].endswith("_read")]
        reading["condition"]["expression"] = "true"
        said = gcloud.run(script)
        assert (said.returncode, said.stderr) == (0, "")
        assert gcloud.holdings() == wanted(twin_of(setup))
        again = gcloud.run(script)
        assert (again.returncode, gcloud.changes) == (0, [])

    def test_changes_nothing_where_the_pool_holds_another_provider_whose_identities_would_be_let_in(
        self, gcloud: Gcloud, tmp_path: Path
    ) -> None:
        script = written(a_setup(stages=[STAGE]), tmp_path / "out", PLACE)
        gcloud.run(script)
        gcloud.state["pools"]["circleci-web"]["providers"]["somebody-elses"] = {"state": "ACTIVE", "name": "x/providers/somebody-elses"}
        said = gcloud.run(script)
        assert (said.returncode, gcloud.changes) == (1, [])
        assert "the pool circleci-web holds the provider somebody-elses too" in said.stderr
        gcloud.state["pools"]["circleci-web"]["state"] = "DELETED"
        said = gcloud.run(script)
        assert said.returncode == 1
        assert "are. The pool was undeleted. Delete it: " in said.stderr
        del gcloud.state["pools"]["circleci-web"]["providers"]["somebody-elses"]
        assert gcloud.run(script).returncode == 0

    def test_tells_of_an_account_that_no_stage_has_any_more_and_leaves_it(self, gcloud: Gcloud, tmp_path: Path) -> None:
        gcloud.run(written(a_setup(stages=[STAGE]), tmp_path / "before", PLACE))
        said = gcloud.run(written(a_setup(stages=[{**STAGE, "name": "other"}]), tmp_path / "after", PLACE))
        assert said.returncode == 0
        (sentence,) = said.stderr.splitlines()
        assert sentence.startswith(
            "service account circleci-web-build@acme-prod.iam.gserviceaccount.com: no stage has it any more, and it was left."
        )

    def test_takes_back_what_was_deleted_and_is_still_kept_by_google(self, gcloud: Gcloud, tmp_path: Path) -> None:
        setup = a_setup(stages=[STAGE])
        script = written(setup, tmp_path / "out", PLACE)
        gcloud.run(script)
        pool = gcloud.state["pools"]["circleci-web"]
        pool["state"] = pool["providers"]["circleci"]["state"] = "DELETED"
        gcloud.state["roles"]["circleci_web_read"]["deleted"] = True
        said = gcloud.run(script)
        assert (said.returncode, said.stderr, said.stdout.count("undeleted")) == (0, "", 3)
        assert pool["state"] == pool["providers"]["circleci"]["state"] == "ACTIVE"
        assert gcloud.holdings() == wanted(twin_of(setup))

    def test_waits_until_a_new_account_is_known_and_not_for_ever(self, gcloud: Gcloud, tmp_path: Path) -> None:
        script = written(a_setup(stages=[STAGE]), tmp_path / "out", PLACE)
        gcloud.late = 3
        said = gcloud.run(script)
        assert (said.returncode, said.stderr.count("Waiting until the service account is known")) == (0, 3)
        gcloud.state["accounts"].clear()
        gcloud.late = 1_000
        assert gcloud.run(script).returncode == 1
        gcloud.late = 0
        assert gcloud.run(script).returncode == 0

    @pytest.mark.parametrize("kind", ["pools", "roles", "accounts"])
    def test_leaves_alone_what_was_not_made_for_the_setup_until_it_is_named(self, kind: str, gcloud: Gcloud, tmp_path: Path) -> None:
        setup = a_setup(stages=[STAGE])
        twin = twin_of(setup)
        name = {"pools": twin.provider.pool, "roles": twin.roles[0].id, "accounts": twin.accounts[0].id}[kind]
        theirs = {"description": "theirs", "state": "ACTIVE", "providers": {}, "bindings": [], "includedPermissions": []}
        state = gcloud.state
        key = PLACE.filled(twin.accounts[0].email) if kind == "accounts" else name
        state[kind][key] = {**theirs, "email": key}
        script = written(setup, tmp_path / "out", PLACE)
        said = gcloud.run(script)
        assert (said.returncode, gcloud.changes) == (1, [])
        assert f"{name} exists and was not made for this Setup" in said.stderr
        assert gcloud.run(script, ADOPT=name).returncode == 0
        again = gcloud.run(script)  # it is this Setup's now
        assert (again.returncode, gcloud.changes) == (0, [])

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"projects": {"acme-prod": "1"}}, "has the number 1, not 123456789012"),
            ({"buckets": {}}, "there is no bucket acme-gcs"),
            ({"buckets": {"acme-gcs": {"uniform_bucket_level_access": False, "bindings": [], "folders": {}}}}, "decides by ACLs too"),
            (
                {"buckets": {"acme-gcs": {"uniform_bucket_level_access": True, "projectNumber": "1", "bindings": [], "folders": {}}}},
                "lies in the project with the number 1",
            ),
        ],
        ids=["another project's number", "no bucket", "ACLs", "another project's bucket"],
    )
    def test_refuses_a_place_that_is_another(self, change: dict[str, Any], sentence: str, gcloud: Gcloud, tmp_path: Path) -> None:
        gcloud.state |= change
        said = gcloud.run(written(a_setup(stages=[STAGE]), tmp_path / "out", PLACE))
        assert (said.returncode, gcloud.changes) == (1, [])
        assert sentence in said.stderr

    @settings(max_examples=10)
    @given(texts=st.lists(st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=20), min_size=1, max_size=20))
    def test_reads_every_text_as_that_text(self, texts: list[str]) -> None:
        said = subprocess.run(
            [BASH, "-c", f"printf '%s\\0' {' '.join(map(quote, texts))}"], capture_output=True, check=True, timeout=PATIENCE_SECONDS
        )
        assert said.stdout.decode().split("\0")[:-1] == texts


class TestTerraform:
    @pytest.mark.parametrize("setup", [example_setup(), everything_setup(), HOSTILE], ids=["example", "everything", "hostile names"])
    def test_makes_what_the_script_makes(self, setup: Setup) -> None:
        prove_terraform(setup)

    @settings(max_examples=8)
    @given(setups())
    def test_makes_what_the_script_makes_for_any_setup(self, setup: Setup) -> None:
        prove_terraform(setup)

    def test_asks_for_what_was_not_given_and_checks_it_as_the_script_does(self) -> None:
        parsed = hcl2.loads(source_of(example_setup(), Place(project="acme-prod")))
        variables = {unquoted(name): values for each in parsed["variable"] for name, values in each.items()}
        assert unquoted(variables["gcp_project"]["default"]) == "acme-prod"
        assert [name for name, values in variables.items() if "default" not in values] == ["gcp_project_number", "gcp_bucket"]
        for each in WANTED:
            (validation,) = variables[each.name]["validation"]
            assert each.pattern in validation["condition"]


def source_of(setup: Setup, place: Place = PLACE) -> str:
    return next(file.text for file in export_gcp(setup, place) if file.path == "main.tf")


def prove_terraform(setup: Setup) -> None:
    twin = twin_if_any(setup)
    if twin is None:
        return
    source = source_of(setup)
    assert source.isascii()
    assert misformatted(source) == []
    assert terraform_holdings(source) == wanted(twin)


def terraform_holdings(source: str) -> Any:
    parsed = hcl2.loads(source)
    resources: dict[str, dict[str, Any]] = {}
    for each in parsed["resource"]:
        for kind, named in each.items():
            for name, values in named.items():
                resources.setdefault(unquoted(kind), {})[unquoted(name)] = values

    def text(literal: Any) -> str:
        """A string in which variables are what the place says; a reference to a resource is what that resource has."""
        said = str(literal)
        reference = re.fullmatch(r"\$\{(google_[a-z_]+)\.([A-Za-z0-9_-]+)\.([a-z_]+)\}", said)
        if reference:
            kind, name, attribute = reference.groups()
            values = resources[kind][name]
            return {
                "google_project_iam_custom_role": lambda: f"projects/acme-prod/roles/{unquoted(values['role_id'])}",
                "google_service_account": lambda: f"serviceAccount:{unquoted(values['account_id'])}@acme-prod.iam.gserviceaccount.com",
                "google_storage_managed_folder": lambda: text(values[attribute]),
                "google_iam_workload_identity_pool": lambda: text(values[attribute]),
            }[kind]()
        if said in {"${var.gcp_bucket}", "${var.gcp_project}"}:
            return {"${var.gcp_bucket}": "acme-gcs", "${var.gcp_project}": "acme-prod"}[said]
        for wanted_, value in (("gcp_project_number", "123456789012"), ("gcp_bucket", "acme-gcs")):
            said = said.replace(f"${{var.{wanted_}}}", value)
        return unquoted(said)

    ((_, pool),) = resources["google_iam_workload_identity_pool"].items()
    ((_, provider),) = resources["google_iam_workload_identity_pool_provider"].items()
    (oidc,) = provider["oidc"]
    folders: dict[str, list[Any]] = {text(each["name"]): [] for each in resources.get("google_storage_managed_folder", {}).values()}
    for each in resources.get("google_storage_managed_folder_iam_member", {}).values():
        assert text(each["bucket"]) == "acme-gcs"
        folders[text(each["managed_folder"])].append((text(each["member"]), text(each["role"]), "", ""))
    bucket = []
    for each in resources["google_storage_bucket_iam_member"].values():
        (condition,) = each["condition"]
        bucket.append((text(each["member"]), text(each["role"]), text(condition["title"]), text(condition["expression"])))
    return {
        "services": sorted(re.findall(r'"([a-z]+\.googleapis\.com)"', str(resources["google_project_service"]["apis"]["for_each"]))),
        "roles": {
            text(each["role_id"]): [text(one) for one in each["permissions"]]
            for each in resources["google_project_iam_custom_role"].values()
        },
        "pool": text(pool["workload_identity_pool_id"]),
        "provider": (
            text(provider["workload_identity_pool_provider_id"]),
            {"issuerUri": text(oidc["issuer_uri"]), "allowedAudiences": [text(one) for one in oidc["allowed_audiences"]]},
            {unquoted(key): text(value) for key, value in provider["attribute_mapping"].items() if not key.startswith("__")},
            text(provider["attribute_condition"]),
        ),
        "actors": sorted(
            (text(each["service_account_id"]).removeprefix("serviceAccount:"), text(each["role"]), text(each["member"]))
            for each in resources["google_service_account_iam_member"].values()
        ),
        "bucket": sorted(bucket),
        "folders": {name: sorted(members) for name, members in folders.items()},
    }


class TestNames:
    @given(st.lists(st.text(NAME_CHARACTERS, min_size=1, max_size=64), min_size=1, max_size=8, unique_by=str.lower))
    def test_have_googles_form_and_stay_apart(self, names: list[str]) -> None:
        for make, lengths in ((account_id, ACCOUNT_ID_LENGTH), (pool_id, POOL_ID_LENGTH)):
            made = [make(name) for name in names]
            assert all(re.fullmatch("[a-z][a-z0-9-]*[a-z0-9]", each) and len(each) in lengths for each in made)
            assert not any(each.startswith("gcp-") for each in map(pool_id, names))
        assert len({account_id(name) for name in names}) == len(names)
        attributes = [attribute_name(name) for name in names]
        assert all(re.fullmatch("[a-z0-9_]{1,100}", each) for each in attributes)
        assert len(set(attributes)) == len(names)
        assert all(re.fullmatch("[a-zA-Z0-9_.]{3,64}", custom_role_id(pool_id(name), "delete")) for name in names)

    @pytest.mark.parametrize("name_prefix", ["gcp-", "gcp", "gcp_web-", "GCP.", "+gcp-web-", "@gcp"])
    def test_none_of_a_pool_begins_as_googles_own_do(self, name_prefix: str) -> None:
        assert pool_id(name_prefix).startswith("x-gcp")

    def test_that_fit_are_kept(self) -> None:
        assert (account_id("circleci-web-deploy"), pool_id("circleci-web-")) == ("circleci-web-deploy", "circleci-web")
        assert attribute_name("deploy") == "stage_deploy"


class TestLimits:
    @pytest.mark.parametrize(("stages", "told"), [(34, ["many-conditions"]), (101, ["many-accounts", "many-conditions"]), (3, [])])
    def test_what_google_takes_more_of_only_when_asked_is_told(self, stages: int, told: list[str]) -> None:
        parts = [
            {"name": f"s{each}", "prefix": f"{each}/", "access": ["read", "write", "delete"], "branches": []} for each in range(stages)
        ]
        setup = a_setup(stages=parts)
        assert [note.id for note in notes(setup, twin_of(setup)) if note.id.startswith("many-")] == told

    @pytest.mark.parametrize(
        ("changes", "sentence"),
        [
            ({"stages": [{**STAGE, "prefix": "a[1]/"}]}, "which gcloud takes for more than text"),
            ({"stages": [{**STAGE, "prefix": "a/" * 16}]}, "is 16 folders deep"),
            ({"stages": [{**STAGE, "prefix": ".well-known/acme-challenge/x/"}]}, "under which Google keeps nothing of others"),
            ({"stages": [{**STAGE, "read_prefixes": ["../"]}]}, "which Google takes for no folder"),
            ({"stages": [{**STAGE, "branches": [f"branch-{number}" for number in range(200)]}]}, "and Google takes 2048"),
        ],
        ids=["signs of gcloud", "depth", "certificates' challenges", "dots", "branches"],
    )
    def test_beyond_them_there_is_no_twin_and_a_sentence_says_why(self, changes: dict[str, Any], sentence: str) -> None:
        with pytest.raises(CiamError) as refused:
            twin_of(a_setup(**changes))
        assert (refused.value.code, len(refused.value.suggestions)) == (NO_TWIN, 1)
        assert sentence in refused.value.message
