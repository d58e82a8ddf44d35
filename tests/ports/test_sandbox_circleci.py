"""The demo's CircleCI answers as the real one does, odd ways included, holds content that fits the AWS account, and never gives a value back."""

from __future__ import annotations

import json
from base64 import b64encode
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import pytest

from ciam_tui.ports.sandbox import account, circleci_content, circleci_holdings
from ciam_tui.ports.sandbox.circleci_content import ACME, ACME_LABS
from ciam_tui.ports.sandbox.circleci_differences import DIFFERENCES
from ciam_tui.ports.sandbox.circleci_server import CircleCiServer, serving
from ciam_tui.ports.sandbox.circleci_state import visible_end
from ciam_tui.ports.sandbox.launch import start_sandbox

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = "00000000-0000-4000-8000-000000000000"
WEB = ACME.project("web")
PLAYGROUND = ACME_LABS.project("playground")
AWS_CONTEXT = next(context.id for context in circleci_holdings.CONTEXTS if context.name == "aws")
LABS_CONTEXT = next(context.id for context in circleci_holdings.CONTEXTS if context.organization is ACME_LABS)


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def document(self) -> Any:
        return json.loads(self.text)

    @property
    def told(self) -> tuple[int, str]:
        """A refusal of API v1.1 or v2."""
        assert list(self.document) == ["message"]
        return self.status, self.document["message"]


class Asker:
    """Asks with the token, on one connection that stays open."""

    def __init__(self, url: str) -> None:
        self.connection = HTTPConnection(urlsplit(url).netloc, timeout=180)

    def __call__(self, method: str, path: str, body: Any = None, *, headers: dict[str, str] | None = None, **query: Any) -> Answer:
        target = path + (f"?{urlencode(query)}" if query else "")
        given = {"Circle-Token": account.CIRCLECI_TOKEN} if headers is None else headers
        content = body if body is None or isinstance(body, str) else json.dumps(body)
        self.connection.request(method, target, content, given)
        response = self.connection.getresponse()
        return Answer(response.status, dict(response.headers), response.read().decode())

    def v2(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        return self(method, f"/api/v2/{path}", body, **query)

    def v3(self, method: str, path: str, body: Any = None, **query: Any) -> Answer:
        """Brackets are written as `filter_org_id` and `page_limit`."""
        parts = {name: name.partition("_") for name in query}
        bracketed = {f"{kind}[{rest}]" if kind in {"filter", "page"} else name: query[name] for name, (kind, _, rest) in parts.items()}
        return self(method, f"/api/v3/{path}", body, **bracketed)

    def steer(self, **orders: Any) -> None:
        assert self("POST", "/_demo", orders).status == 200

    def made_context(self, name: str = "made") -> str:
        body = {"name": name, "owner": {"id": ACME.id, "type": "organization"}}
        return str(self.v2("POST", "context", body).document["id"])


@pytest.fixture(scope="module")
def server() -> Iterator[CircleCiServer]:
    with serving() as running:
        yield running


@pytest.fixture
def ask(server: CircleCiServer) -> Iterator[Asker]:
    asker = Asker(server.url)
    asker.steer(reset=True)
    yield asker
    asker.connection.close()


def refused_by_v3(answer: Answer) -> tuple[int, str, str]:
    error = answer.document["error"]
    assert list(answer.document) == ["error"]
    assert set(error) == {"id", "type", "title", "detail", "source"}
    return answer.status, error["type"], error["detail"]


# --- Who may ask ---


@pytest.mark.parametrize(
    "headers",
    [
        {"Circle-Token": account.CIRCLECI_TOKEN},
        {"Authorization": f"Bearer {account.CIRCLECI_TOKEN}"},
        {"Authorization": "Basic " + b64encode(f"{account.CIRCLECI_TOKEN}:".encode()).decode()},
    ],
)
@pytest.mark.parametrize("path", ["/api/v1.1/me", "/api/v2/me", "/api/v3/users?filter[user_id]=me"])
def test_the_token_is_taken_in_each_of_three_headers(ask: Asker, headers: dict[str, str], path: str) -> None:
    assert ask("GET", path, headers=headers).status == 200


def test_without_the_right_token_every_version_refuses_in_its_own_shape(ask: Asker) -> None:
    for headers in ({}, {"Circle-Token": "wrong"}, {"Authorization": "Basic ???"}):
        for path in ("/api/v1.1/projects", "/api/v2/me"):
            assert ask("GET", path, headers=headers).told[0] == 401
        assert refused_by_v3(ask("GET", "/api/v3/orgs", headers=headers))[:2] == (401, "unauthorized")


def test_a_token_in_the_address_counts_in_the_oldest_version_alone(ask: Asker) -> None:
    query = f"?circle-token={account.CIRCLECI_TOKEN}"
    statuses = [ask("GET", f"/api/{version}{query}", headers={}).status for version in ("v1.1/me", "v2/me", "v3/orgs")]
    assert statuses == [200, 401, 401]


def test_a_projects_token_is_valid_and_may_nothing(ask: Asker) -> None:
    assert ask("GET", "/api/v2/me", headers={"Circle-Token": account.CIRCLECI_PROJECT_TOKEN}).told == (403, "Permission denied")


def test_what_is_unknown_is_not_found_in_each_shape(ask: Asker) -> None:
    assert ask.v2("GET", "no/such").told == (404, "Not found.")
    assert ask("GET", "/api/v1.1/no/such").told == (404, "Not found")
    assert ask("GET", "/elsewhere").told == (404, "Not found")
    assert refused_by_v3(ask.v3("GET", "no/such"))[:2] == (404, "not_found")


# --- People and organizations ---


def test_the_user_is_told_flat(ask: Asker) -> None:
    user = ask.v2("GET", "me").document
    assert set(user) == {"id", "login", "name", "avatar_url"}
    assert (str(UUID(user["id"])), user["login"]) == (user["id"], "dana-operator")


def test_collaborations_are_a_bare_array_with_a_hyphen_and_one_of_them_has_no_id(ask: Asker) -> None:
    organizations = ask.v2("GET", "me/collaborations").document
    assert [(each["id"], each["slug"], each["vcs-type"]) for each in organizations] == [
        (ACME.id, "gh/acme", "github"),
        (ACME_LABS.id, ACME_LABS.slug, "circleci"),
        (None, "gh/dana-operator", "github"),
    ]
    assert all("vcs_type" not in each for each in organizations)


@pytest.mark.parametrize("name", [ACME.id, "gh/acme", "gh%2Facme", "gh%2facme", "github%2Facme"])
def test_an_organization_is_found_by_its_id_and_by_every_spelling_of_its_slug(ask: Asker, name: str) -> None:
    assert ask.v2("GET", f"organization/{name}").document == {"id": ACME.id, "name": "acme", "slug": "gh/acme", "vcs_type": "github"}


def test_an_organization_that_is_missing_or_foreign_is_not_found(ask: Asker) -> None:
    assert ask.v2("GET", f"organization/{NOBODY}").told == (404, "Org not found.")


def test_version_3_lists_organizations_without_their_slugs(ask: Asker) -> None:
    listed = ask.v3("GET", "orgs").document["data"]
    assert [(each["id"], each["attributes"]) for each in listed] == [
        (ACME.id, {"name": "acme", "vcs": {"provider": "github"}}),
        (ACME_LABS.id, {"name": "Acme Labs", "vcs": None}),
    ]
    assert [each["id"] for each in ask.v3("GET", "orgs", filter_slug="gh/acme").document["data"]] == [ACME.id]
    assert ask.v3("GET", "orgs", filter_slug="gh/nobody").document["data"] == []
    assert ask.v3("GET", f"orgs/{ACME.id}").document["data"] == listed[0]
    assert refused_by_v3(ask.v3("GET", f"orgs/{NOBODY}"))[0] == 404


def test_one_organization_lets_unversioned_config_in(ask: Asker) -> None:
    allowed = [
        ask.v3("GET", f"orgs/{each.id}/settings").document["data"]["attributes"]["enable_unversioned_config"] for each in (ACME, ACME_LABS)
    ]
    assert allowed == [True, False]


def test_only_an_organization_with_a_login_has_groups_and_that_of_all_members_has_its_id(ask: Asker) -> None:
    groups = ask.v3("GET", "groups", filter_org_id=ACME.id).document["data"]
    assert (groups[0]["id"], groups[0]["attributes"]["name"]) == (ACME.id, "All members")
    assert ask.v3("GET", "groups", filter_org_id=ACME_LABS.id).document["data"] == []


# --- Projects ---


def test_sixty_projects_are_listed_by_name_in_pages_with_little_of_each(ask: Asker) -> None:
    listed: dict[str, list[Any]] = {ACME.id: [], ACME_LABS.id: []}
    for org_id, entities in listed.items():
        cursor: dict[str, str] = {}
        while cursor or not entities:
            page = ask.v3("GET", "projects", filter_org_id=org_id, page_limit=20, order_by="name", **cursor).document
            entities.extend(page["data"])
            cursor = {"page_cursor": page["page"]["next"]} if page["page"]["next"] else {}
    assert {org_id: [each["attributes"] for each in entities] for org_id, entities in listed.items()} == {
        organization.id: [{"name": project.name} for project in organization.projects] for organization in circleci_content.ORGANIZATIONS
    }
    assert sum(map(len, listed.values())) == 60
    assert listed[ACME.id][-1] == {"id": WEB.id, "attributes": {"name": "web"}, "references": {"org": {"id": ACME.id}}}


def test_a_page_before_can_be_gone_back_to(ask: Asker) -> None:
    first = ask.v3("GET", "projects", filter_org_id=ACME.id, page_limit=7).document
    second = ask.v3("GET", "projects", filter_org_id=ACME.id, page_limit=7, page_cursor=first["page"]["next"]).document
    assert first["page"]["prev"] is None
    assert ask.v3("GET", "projects", filter_org_id=ACME.id, page_limit=7, page_cursor=second["page"]["prev"]).document == first


@pytest.mark.parametrize("limit", ["0", "51", "-1", "many"])
def test_a_page_limit_out_of_range_is_refused_rather_than_cut(ask: Asker, limit: str) -> None:
    assert refused_by_v3(ask.v3("GET", "projects", filter_org_id=ACME.id, page_limit=limit))[:2] == (400, "bad_request")


def test_projects_are_found_by_a_part_of_the_name_and_by_slug(ask: Asker) -> None:
    found = ask.v3("GET", "projects", filter_org_id=ACME.id, filter_name="API").document["data"]
    assert [each["attributes"]["name"] for each in found] == ["api", "api-gateway"]
    assert [each["id"] for each in ask.v3("GET", "projects", filter_slug="gh/acme/web").document["data"]] == [WEB.id]
    assert ask.v3("GET", "projects", filter_slug="gh/acme/none").document["data"] == []
    assert ask.v3("GET", f"projects/{WEB.id}").document["data"]["attributes"] == {"name": "web"}


def test_projects_without_a_filter_or_of_a_stranger_are_refused(ask: Asker) -> None:
    assert refused_by_v3(ask.v3("GET", "projects"))[0] == 400
    assert refused_by_v3(ask.v3("GET", "projects", filter_org_id=NOBODY))[0] == 404
    assert refused_by_v3(ask.v3("GET", "projects", filter_org_id=ACME.id, page_cursor="%%%"))[0] == 400
    assert refused_by_v3(ask.v3("GET", f"projects/{NOBODY}"))[0] == 404


@pytest.mark.parametrize("name", ["gh/acme/search", "github/acme/search", "gh%2Facme%2Fsearch", ACME.project("search").id])
def test_a_project_is_found_by_slug_and_by_id(ask: Asker, name: str) -> None:
    search = ACME.project("search")
    assert ask.v2("GET", f"project/{name}").document == {
        "id": search.id,
        "slug": "gh/acme/search",
        "name": "search",
        "organization_name": "acme",
        "organization_slug": "gh/acme",
        "organization_id": ACME.id,
        "vcs_info": {"provider": "GitHub", "vcs_url": "https://github.com/acme/search", "default_branch": "develop"},
    }


def test_a_standalone_projects_slug_takes_ids_and_never_names(ask: Asker) -> None:
    _, organization, project = PLAYGROUND.slug.split("/")
    for slug in (f"{organization}/{project}", f"{ACME_LABS.id}/{project}", f"{organization}/{PLAYGROUND.id}"):
        assert ask.v2("GET", f"project/circleci/{slug}").document["slug"] == PLAYGROUND.slug
    by_name = f"circleci/{organization}/playground"
    assert ask.v2("GET", f"project/{by_name}").told == (400, f"Invalid project slug {by_name}")


def test_a_project_without_repository_is_its_own_address(ask: Asker) -> None:
    assert ask.v2("GET", f"project/{PLAYGROUND.slug}").document["vcs_info"] == {
        "provider": "CircleCI",
        "vcs_url": f"//circleci.com/{ACME_LABS.id}/{PLAYGROUND.id}",
        "default_branch": None,
    }


@pytest.mark.parametrize("name", ["gh/acme/none", "gh/acme", "none", NOBODY, ""])
def test_a_project_that_is_missing_is_not_found(ask: Asker, name: str) -> None:
    assert ask.v2("GET", f"project/{name}").told == (404, "Project not found")


def test_followed_projects_come_whole_from_the_oldest_version(ask: Asker) -> None:
    followed = ask("GET", "/api/v1.1/projects").document
    assert [each["slug"] for each in followed] == [
        project.slug for each in circleci_content.ORGANIZATIONS for project in each.projects if project.is_active
    ]
    assert [followed[0][name] for name in ("vcs_type", "username", "reponame")] == ["github", "acme", "api"]
    assert 0 < len(followed) < 60


# --- Settings of projects ---


def settings_of(ask: Asker, slug: str) -> dict[str, Any]:
    document = ask.v2("GET", f"project/{slug}/settings").document
    assert list(document) == ["advanced"]
    return dict(document["advanced"])


def test_one_project_builds_forks_with_secrets_and_one_without(ask: Asker) -> None:
    seen = {}
    for project in ACME.projects:
        settings = settings_of(ask, project.slug)
        seen[project.name] = (settings["build_fork_prs"], settings["forks_receive_secret_env_vars"])
    assert [name for name, both in seen.items() if all(both)] == ["docs"]
    assert [name for name, both in seen.items() if both == (True, False)] == ["design-system"]


def test_one_project_lets_unversioned_config_in_which_version_3_alone_tells(ask: Asker) -> None:
    told = {each.name: ask.v3("GET", f"projects/{each.id}/settings").document["data"]["attributes"] for each in ACME.projects}
    assert [name for name, settings in told.items() if settings["enable_unversioned_config"]] == ["infra"]
    assert not any("unversioned" in name for name in settings_of(ask, "gh/acme/infra"))
    assert {settings["is_ssh_disabled"] for settings in told.values()} == {True, False}


def test_settings_change_in_part_and_both_versions_tell_the_same(ask: Asker) -> None:
    before = settings_of(ask, WEB.slug)
    changes = {"disable_ssh": True, "pr_only_branch_overrides": []}
    assert ask.v2("PATCH", f"project/{WEB.slug}/settings", {"advanced": changes}).document == {"advanced": before | changes}
    assert ask.v3("GET", f"projects/{WEB.id}/settings").document["data"]["attributes"]["is_ssh_disabled"] is True
    changed = ask.v3("POST", f"projects/{WEB.id}/update-settings", {"is_ssh_disabled": False}).document["data"]["attributes"]
    assert changed["is_ssh_disabled"] is False
    assert settings_of(ask, WEB.slug) == before | {"pr_only_branch_overrides": []}


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ({"advanced": {"oss": False}}, "Unexpected field 'advanced.oss'."),
        ({"advanced": {"disable_ssh": True, "enable_unversioned_config": False}}, "Unexpected field 'advanced.enable_unversioned_config'."),
        ({"advanced": {"disable_ssh": "yes"}}, "Invalid value of 'advanced.disable_ssh'."),
        ({"advanced": {}, "basic": {}}, "Unexpected field 'basic'."),
        ({"advanced": {}}, "No JSON fields found."),
        ({}, "No JSON fields found."),
        ("{", "Invalid body."),
        ("[]", "Invalid body."),
    ],
)
def test_settings_with_anything_wrong_are_refused_whole(ask: Asker, body: Any, message: str) -> None:
    before = settings_of(ask, WEB.slug)
    assert ask.v2("PATCH", f"project/{WEB.slug}/settings", body).told == (400, message)
    assert settings_of(ask, WEB.slug) == before


def test_version_3_refuses_settings_that_it_does_not_know(ask: Asker) -> None:
    answer = ask.v3("POST", f"projects/{WEB.id}/update-settings", {"no_such": True})
    assert refused_by_v3(answer)[:2] == (400, "bad_request")
    assert answer.document["error"]["source"] == {"pointer": "/no_such"}


# --- Variables of projects ---


def test_one_project_holds_the_legacy_key_told_by_its_end(ask: Asker) -> None:
    holding = []
    for project in (*ACME.projects, *ACME_LABS.projects):
        page = ask.v2("GET", f"project/{project.slug}/envvar").document
        assert set(page) == {"items", "next_page_token"}
        ends = {item["name"]: item["value"] for item in page["items"]}
        if ends.get("AWS_ACCESS_KEY_ID") == f"xxxx{account.LEGACY_ACCESS_KEY_ID[-4:]}":
            holding.append(project.name)
            assert ends["AWS_SECRET_ACCESS_KEY"].startswith("xxxx")
    assert holding == ["billing"]


def test_a_projects_variable_is_made_replaced_read_and_deleted_and_never_given_back(ask: Asker) -> None:
    path = f"project/{WEB.slug}/envvar"
    made = ask.v2("POST", path, {"name": "AWS_ROLE_ARN", "value": "a-long-secret-ABCD"})
    assert (made.status, set(made.document), made.document["value"]) == (201, {"name", "value", "created_at"}, "xxxxABCD")
    replaced = ask.v2("POST", path, {"name": "AWS_ROLE_ARN", "value": "another-secret-EFGH"}).document
    assert replaced == made.document | {"value": "xxxxEFGH"}
    assert ask.v2("GET", f"{path}/AWS_ROLE_ARN").document == replaced
    assert "secret" not in ask.v2("GET", path).text
    assert ask.v2("DELETE", f"{path}/AWS_ROLE_ARN").document == {"message": "Environment variable deleted."}
    assert (
        ask.v2("DELETE", f"{path}/AWS_ROLE_ARN").told
        == ask.v2("GET", f"{path}/AWS_ROLE_ARN").told
        == (404, "Environment variable not found.")
    )


def test_the_oldest_version_has_projects_variables_too(ask: Asker) -> None:
    path = "/api/v1.1/project/github/acme/web/envvar"
    assert ask("POST", path, {"name": "NEW", "value": "12345678"}).document == {"name": "NEW", "value": "xxxx5678"}
    assert [item["name"] for item in ask("GET", path).document] == ["NEW", "SENTRY_DSN"]
    assert ask("GET", f"{path}/NEW").document == {"name": "NEW", "value": "xxxx5678"}
    assert ask("DELETE", f"{path}/NEW").document == {"message": "ok"}
    assert ask("DELETE", f"{path}/NEW").status == ask("GET", "/api/v1.1/project/gh/acme/none/envvar").status == 404


@pytest.mark.parametrize(
    "body",
    [
        {"name": "1ST", "value": "v"},
        {"name": "A-B", "value": "v"},
        {"name": "A" * 301, "value": "v"},
        {"name": "A"},
        {"name": "A", "value": 1},
    ],
)
def test_a_variable_with_a_wrong_name_or_no_value_is_refused(ask: Asker, body: Any) -> None:
    assert ask.v2("POST", f"project/{WEB.slug}/envvar", body).told[0] == 400


def test_a_value_that_is_too_long_is_refused(ask: Asker) -> None:
    assert ask.v2("POST", f"project/{WEB.slug}/envvar", {"name": "A", "value": "v" * 32_769}).told[0] == 400
    assert ask.v2("POST", f"project/{WEB.slug}/envvar", {"name": "A", "value": "v" * 32_768}).status == 201


@pytest.mark.parametrize(("length", "shown"), [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (5, 2), (6, 3), (7, 3), (8, 4), (12, 4)])
def test_of_a_short_value_at_most_half_is_shown(length: int, shown: int) -> None:
    value = "ABCDEFGHIJKL"[:length]
    assert visible_end(value) == value[length - shown :]


def test_many_variables_of_a_project_come_in_pages(ask: Asker) -> None:
    for number in range(25):
        ask.v2("POST", f"project/{WEB.slug}/envvar", {"name": f"V{number:02}", "value": "v"})
    first = ask.v2("GET", f"project/{WEB.slug}/envvar").document
    rest = ask.v2("GET", f"project/{WEB.slug}/envvar", **{"page-token": first["next_page_token"]}).document
    assert [item["name"] for item in first["items"] + rest["items"]] == ["SENTRY_DSN", *(f"V{number:02}" for number in range(25))]
    assert (len(first["items"]), rest["next_page_token"]) == (20, None)


# --- Contexts ---


def contexts_of(ask: Asker, **query: str) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = []
    token: dict[str, str] = {}
    while True:
        page = ask.v2("GET", "context", **query, **token).document
        listed += page["items"]
        if page["next_page_token"] is None:
            return listed
        token = {"page-token": page["next_page_token"]}


def test_twelve_contexts_are_found_by_the_owners_id_or_slug_and_three_hold_the_legacy_key(ask: Asker) -> None:
    found = [context for each in (ACME, ACME_LABS) for context in contexts_of(ask, **{"owner-id": each.id, "owner-type": "organization"})]
    assert found == [context for each in (ACME, ACME_LABS) for context in contexts_of(ask, **{"owner-slug": each.slug})]
    assert len(found) == 12
    assert all(set(context) == {"id", "name", "created_at"} for context in found)
    holding = []
    for context in found:
        variables = ask.v2("GET", f"context/{context['id']}/environment-variable").document["items"]
        ends = {variable["variable"]: variable["truncated_value"] for variable in variables}
        if ends.get("AWS_ACCESS_KEY_ID") == "7Q2V" == account.LEGACY_ACCESS_KEY_ID[-4:]:
            holding.append(context["name"])
            assert "AWS_SECRET_ACCESS_KEY" in ends
    assert holding == ["aws", "deploy-production", "mobile-release"]


def test_a_context_is_found_by_its_name(ask: Asker) -> None:
    assert [context["id"] for context in contexts_of(ask, **{"owner-id": ACME.id, "name": "aws"})] == [AWS_CONTEXT]


def test_contexts_come_in_pages_by_name_whatever_its_case(ask: Asker) -> None:
    names = ["Zulu", *(f"made-{number:02}" for number in range(30))]
    for name in names:
        ask.made_context(name)
    listed = [context["name"] for context in contexts_of(ask, **{"owner-id": ACME.id})]
    assert listed == sorted(listed, key=str.lower)
    assert set(names) < set(listed)
    assert len(listed) == len(set(listed)) == 40


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ({"owner-id": ACME.id, "owner-type": "account"}, (400, "Invalid owner type - only organization is supported at present")),
        ({}, (400, "must specify either owner-slug or owner-id")),
        ({"owner-id": NOBODY}, (404, "Org not found.")),
        ({"owner-id": "gh/acme"}, (404, "Org not found.")),
        ({"owner-id": ACME.id, "page-token": "\u00e9"}, (400, "Invalid page token.")),
    ],
)
def test_contexts_of_no_or_a_wrong_owner_are_refused(ask: Asker, query: dict[str, str], told: tuple[int, str]) -> None:
    assert ask.v2("GET", "context", **query).told == told


@pytest.mark.parametrize("owner", [{"id": ACME.id, "type": "organization"}, {"slug": "gh/acme", "type": "organization"}])
def test_a_context_is_made_read_whole_and_deleted(ask: Asker, owner: dict[str, str]) -> None:
    made = ask.v2("POST", "context", {"name": "web-deploy", "owner": owner}).document
    assert set(made) == {"id", "name", "created_at"}
    ask.v2("PUT", f"context/{made['id']}/environment-variable/REGION", {"value": "us-east-1"})
    whole = ask.v2("GET", f"context/{made['id']}").document
    assert whole.items() >= (made | {"org_id": ACME.id, "restrictions": []}).items()
    assert [set(variable) for variable in whole["environment_variables"]] == [{"variable", "truncated_value", "created_at", "updated_at"}]
    assert ask.v2("DELETE", f"context/{made['id']}").document == {"message": "Context deleted."}
    assert ask.v2("GET", f"context/{made['id']}").told == (403, "Forbidden")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"name": "aws", "owner": {"id": ACME.id}}, 409),
        ({"name": "", "owner": {"id": ACME.id}}, 400),
        ({"name": "x" * 201, "owner": {"id": ACME.id}}, 400),
        ({"owner": {"id": ACME.id}}, 400),
        ({"name": "new"}, 400),
        ({"name": "new", "owner": {"id": ACME.id, "type": "account"}}, 400),
        ({"name": "new", "owner": {"id": NOBODY}}, 404),
        ("", 400),
    ],
)
def test_a_context_without_a_new_name_and_an_owner_is_refused(ask: Asker, body: Any, status: int) -> None:
    assert ask.v2("POST", "context", body).told[0] == status
    assert len(contexts_of(ask, **{"owner-id": ACME.id})) == 9


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("GET", ""),
        ("DELETE", ""),
        ("GET", "/environment-variable"),
        ("PUT", "/environment-variable/A"),
        ("DELETE", "/environment-variable/A"),
        ("GET", "/restrictions"),
        ("POST", "/restrictions"),
        ("DELETE", f"/restrictions/{NOBODY}"),
    ],
)
def test_whatever_is_asked_of_a_context_that_is_missing_is_forbidden_not_missing(ask: Asker, method: str, rest: str) -> None:
    assert ask.v2(method, f"context/{NOBODY}{rest}", {"value": "v"}).told == (403, "Forbidden")


def test_a_contexts_variable_is_put_over_another_and_the_reply_shows_nothing_of_it(ask: Asker) -> None:
    context = ask.made_context()
    path = f"context/{context}/environment-variable"
    put = ask.v2("PUT", f"{path}/AWS_ROLE_ARN", {"value": "arn:aws:iam::123456789012:role/circleci-web-deploy"})
    assert (put.status, set(put.document)) == (200, {"variable", "context_id", "created_at", "updated_at"})
    listed = ask.v2("GET", path).document
    assert listed == {"items": [put.document | {"truncated_value": "ploy"}], "next_page_token": None}
    again = ask.v2("PUT", f"{path}/AWS_ROLE_ARN", {"value": "the same and another end"}).document
    assert again["created_at"] == put.document["created_at"] < again["updated_at"]
    assert ask.v2("DELETE", f"{path}/AWS_ROLE_ARN").document == {"message": "Environment variable deleted."}
    assert ask.v2("DELETE", f"{path}/AWS_ROLE_ARN").told == (404, "Environment variable not found.")


def test_a_body_with_another_key_than_value_stores_an_empty_value_and_an_empty_body_none(ask: Asker) -> None:
    path = f"context/{ask.made_context()}/environment-variable"
    assert ask.v2("PUT", f"{path}/A", {"val": "ABCDEFGHIJKL"}).status == 200
    assert ask.v2("PUT", f"{path}/B", {}).told == (400, "Invalid body.")
    assert [(each["variable"], each["truncated_value"]) for each in ask.v2("GET", path).document["items"]] == [("A", "")]


def test_one_variable_of_a_context_cannot_be_read_by_itself(ask: Asker) -> None:
    assert ask.v2("GET", f"context/{AWS_CONTEXT}/environment-variable/AWS_ACCESS_KEY_ID").told == (404, "page not found")


def test_the_hundred_and_first_variable_of_a_context_is_refused(ask: Asker) -> None:
    path = f"context/{ask.made_context()}/environment-variable"
    statuses = [ask.v2("PUT", f"{path}/V{number:03}", {"value": "v"}).status for number in range(100)]
    assert (set(statuses), ask.v2("GET", path).document["next_page_token"]) == ({200}, None)
    assert ask.v2("PUT", f"{path}/V100", {"value": "v"}).told == (400, "Cannot create more than 100 environment variables per context")
    assert ask.v2("PUT", f"{path}/V099", {"value": "w"}).status == 200


def test_beyond_a_hundred_variables_a_next_page_is_named_and_never_given(ask: Asker) -> None:
    ask.steer(fill={"org_id": ACME.id, "contexts": 1, "variables": 101})
    [crowded] = contexts_of(ask, **{"owner-id": ACME.id, "name": "crowd-0000"})
    path = f"context/{crowded['id']}/environment-variable"
    first = ask.v2("GET", path).document
    assert len(first["items"]) == 100
    assert first["next_page_token"]
    assert ask.v2("GET", path, **{"page-token": first["next_page_token"]}).document == first


# --- Restrictions ---


def restrictions_of(ask: Asker, context_id: str) -> list[dict[str, Any]]:
    document = ask.v2("GET", f"context/{context_id}/restrictions").document
    assert list(document) == ["items"]
    return list(document["items"])


def test_contexts_are_open_to_all_members_or_held_to_projects_expressions_and_groups(ask: Asker) -> None:
    held = {context["name"]: restrictions_of(ask, context["id"]) for context in contexts_of(ask, **{"owner-id": ACME.id})}
    assert [(each["name"], each["restriction_value"]) for each in held["aws"]] == [("All members", ACME.id)]
    assert held["slack"] == []
    assert [each["name"] for each in held["deploy-production"]] == ["api", "web"]
    assert [each["restriction_type"] for each in held["terraform"]] == ["project", "expression"]
    assert [each["name"] for each in held["staging"]] == ["deployers"]
    assert [(each["name"], "project_id" in each) for each in held["npm-publish"]] == [("", False)]


def test_a_restriction_is_made_without_a_name_listed_with_one_and_taken_away(ask: Asker) -> None:
    context = ask.made_context()
    path = f"context/{context}/restrictions"
    made = ask.v2("POST", path, {"restriction_type": "project", "restriction_value": WEB.id})
    assert made.status == 201
    expected = {"context_id": context, "restriction_type": "project", "restriction_value": WEB.id, "project_id": WEB.id}
    assert made.document == expected | {"id": made.document["id"]}
    assert restrictions_of(ask, context) == [made.document | {"name": "web"}]
    assert ask.v2("POST", path, {"restriction_type": "expression", "restriction_value": "not job.ssh.enabled"}).status == 201
    assert ask.v2("DELETE", f"{path}/{made.document['id']}").document == {"message": "Context restriction deleted."}
    assert ask.v2("DELETE", f"{path}/{made.document['id']}").told == (404, "restriction not found")
    assert [each["restriction_value"] for each in restrictions_of(ask, context)] == ["not job.ssh.enabled"]


@pytest.mark.parametrize(
    ("context", "kind", "value", "status"),
    [
        (AWS_CONTEXT, "branch", "main", 400),
        (AWS_CONTEXT, "project", "", 400),
        (AWS_CONTEXT, "project", PLAYGROUND.id, 400),
        (AWS_CONTEXT, "group", NOBODY, 400),
        (AWS_CONTEXT, "group", ACME.id, 409),
        (LABS_CONTEXT, "group", ACME_LABS.id, 400),
    ],
)
def test_a_restriction_that_cannot_hold_is_refused(ask: Asker, context: str, kind: str, value: str, status: int) -> None:
    before = restrictions_of(ask, context)
    assert ask.v2("POST", f"context/{context}/restrictions", {"restriction_type": kind, "restriction_value": value}).told[0] == status
    assert restrictions_of(ask, context) == before


# --- Contexts in version 3 ---


def test_version_3_lists_contexts_and_their_variables(ask: Asker) -> None:
    page = ask.v3("GET", "contexts", filter_org_id=ACME.id, page_limit=100).document
    assert [each["attributes"]["name"] for each in page["data"]] == [each["name"] for each in contexts_of(ask, **{"owner-id": ACME.id})]
    assert ask.v3("GET", f"contexts/{AWS_CONTEXT}").document["data"] == page["data"][0]
    assert page["data"][0]["references"] == {"org": {"id": ACME.id}}
    variables = ask.v3("GET", f"contexts/{AWS_CONTEXT}/env-vars").document["data"]
    assert [variables[0]["attributes"][name] for name in ("name", "truncated_value")] == ["AWS_ACCESS_KEY_ID", "7Q2V"]
    assert refused_by_v3(ask.v3("GET", "contexts", filter_org_id=ACME.id, page_limit=101))[0] == 400
    assert refused_by_v3(ask.v3("GET", f"contexts/{NOBODY}"))[:2] == (404, "not_found")


def test_version_3_sets_and_deletes_variables(ask: Asker) -> None:
    path = f"contexts/{ask.made_context()}/env-vars"
    assert ask.v3("POST", f"{path}/set", {"name": "A", "value": "12345678"}).document["data"]["attributes"]["truncated_value"] == "5678"
    deleted = ask.v3("DELETE", path, filter_name="A")
    assert (deleted.status, deleted.text) == (204, "")
    assert refused_by_v3(ask.v3("DELETE", path, filter_name="A"))[0] == 404
    assert refused_by_v3(ask.v3("DELETE", path))[0] == 400


def test_version_3_restricts_contexts(ask: Asker) -> None:
    context = ask.made_context()
    attributes = {"restriction_type": "project", "match_pattern": WEB.id}
    made = ask.v3("POST", "context-restrictions", {"data": {"attributes": attributes, "references": {"context": {"id": context}}}})
    assert made.status == 201
    listed = ask.v3("GET", "context-restrictions", filter_context_id=context).document["data"]
    assert [each["attributes"] for each in listed] == [attributes | {"name": "web"}]
    assert ask.v3("DELETE", f"context-restrictions/{listed[0]['id']}", filter_context_id=context).status == 204
    assert restrictions_of(ask, context) == []
    assert refused_by_v3(ask.v3("POST", "context-restrictions", {"data": {}}))[0] == 400


# --- Claims ---


def claims(organization: circleci_content.DemoOrganization, project: circleci_content.DemoProject | None = None) -> str:
    return f"org/{organization.id}" + (f"/project/{project.id}" if project else "") + "/oidc-custom-claims"


def test_where_nothing_is_customized_the_claims_are_there_and_empty(ask: Asker) -> None:
    assert ask.v2("GET", claims(ACME)).document == {"org_id": ACME.id}
    assert ask.v2("GET", claims(ACME, WEB)).document == {"org_id": ACME.id, "project_id": WEB.id}


def test_one_organization_and_one_of_its_projects_have_audiences_of_their_own(ask: Asker) -> None:
    assert ask.v2("GET", claims(ACME_LABS)).document["audience"] == ["https://aws.acme-labs.example"]
    assert ask.v2("GET", claims(ACME_LABS, ACME_LABS.project("telemetry"))).document["audience"] == ["telemetry.acme-labs.example"]
    assert ask.v2("GET", claims(ACME_LABS, ACME_LABS.project("firmware"))).document["ttl"] == "30m"


def test_claims_change_one_by_one_and_the_time_stays_when_they_are_taken_back(ask: Asker) -> None:
    ask.v2("PATCH", claims(ACME, WEB), {"audience": ["aws"]})
    both = ask.v2("PATCH", claims(ACME, WEB), {"ttl": "1h30m"}).document
    assert (both["audience"], both["ttl"]) == (["aws"], "1h30m")
    left = ask.v2("DELETE", claims(ACME, WEB), claims="audience").document
    assert set(left) == {"org_id", "project_id", "audience_updated_at", "ttl", "ttl_updated_at"}
    assert ask.v2("DELETE", claims(ACME, WEB), claims="audience,ttl").status == 200
    assert ask.v2("GET", claims(ACME)).document == {"org_id": ACME.id}


@pytest.mark.parametrize("ttl", ["1d", "2w", "1.5h", "1", "", "h", 3600])
def test_a_lifetime_in_days_or_weeks_is_refused_though_the_pattern_allows_it(ask: Asker, ttl: Any) -> None:
    assert ask.v2("PATCH", claims(ACME), {"ttl": ttl}).told[0] == 400


@pytest.mark.parametrize("query", [{}, {"claims": ""}, {"claims": "sub"}, {"claims": "ttl,sub"}])
def test_claims_are_taken_back_by_name_alone(ask: Asker, query: dict[str, str]) -> None:
    assert ask.v2("DELETE", claims(ACME_LABS), **query).told[0] == 400
    assert "audience" in ask.v2("GET", claims(ACME_LABS)).document


def test_claims_of_strangers_are_forbidden_and_what_is_no_id_is_wrong(ask: Asker) -> None:
    assert ask.v2("GET", f"org/{NOBODY}/oidc-custom-claims").told == (403, "Forbidden")
    assert ask.v2("GET", claims(ACME, PLAYGROUND)).told == (403, "Forbidden")
    assert ask.v2("GET", "org/acme/oidc-custom-claims").told[0] == 400
    assert ask.v2("PATCH", claims(ACME), {"audience": "aws"}).told[0] == 400


# --- The service as a whole ---


def test_the_cloud_names_its_own_issuers_without_a_token(ask: Asker) -> None:
    answer = ask("GET", f"/org/{ACME.id}/.well-known/openid-configuration", headers={})
    assert (answer.status, answer.document["issuer"]) == (200, ACME.issuer)
    assert answer.document["jwks_uri"].startswith(ACME.issuer)
    assert ask("GET", f"/org/{NOBODY}/.well-known/openid-configuration", headers={}).status == 404


def test_a_server_has_no_version_3_takes_no_slugs_of_owners_and_no_bearer_and_is_its_own_issuer() -> None:
    with serving(is_server=True) as server:
        ask = Asker(server.url)
        assert ask.v3("GET", "orgs").status == 404
        assert ask.v2("GET", "context", **{"owner-slug": "gh/acme"}).told == (400, "must specify either owner-slug or owner-id")
        assert len(ask.v2("GET", "context", **{"owner-id": ACME.id}).document["items"]) == 9
        assert ask.v2("GET", "project/gh/acme/web").status == 200
        assert ask.v2("GET", "project/gh%2Facme%2Fweb").status == 404
        assert ask("GET", "/api/v2/me", headers={"Authorization": f"Bearer {account.CIRCLECI_TOKEN}"}).status == 401
        assert ask.v2("POST", "context", {"name": "aws", "owner": {"id": ACME_LABS.id}}).told[0] == 409
        issuer = ask("GET", f"/org/{ACME.id}/.well-known/openid-configuration", headers={}).document["issuer"]
        assert issuer == f"https://circleci.acme.example/org/{ACME.id}"
        ask.connection.close()


def test_on_the_cloud_two_organizations_may_have_contexts_of_one_name(ask: Asker) -> None:
    assert ask.v2("POST", "context", {"name": "aws", "owner": {"id": ACME_LABS.id}}).status == 200


def test_it_throttles_when_it_is_told_to_and_says_how_long(ask: Asker) -> None:
    ask.steer(refuse={"requests": 2, "status": 429, "retry_after": 7})
    throttled = ask.v2("GET", "me")
    assert (throttled.told, throttled.headers["Retry-After"], throttled.headers["RateLimit-Remaining"]) == (
        (429, "Rate limit exceeded"),
        "7",
        "0",
    )
    assert refused_by_v3(ask.v3("GET", "orgs"))[:2] == (429, "too_many_requests")
    assert ask.v2("GET", "me").status == 200


def test_it_breaks_down_when_it_is_told_to(ask: Asker) -> None:
    ask.steer(refuse={"requests": 1, "status": 503, "retry_after": None})
    broken = ask.v2("GET", "me")
    assert (broken.status, "Retry-After" in broken.headers) == (503, False)
    assert ask.v2("GET", "me").status == 200


def test_what_was_changed_is_as_at_first_after_a_reset(ask: Asker) -> None:
    before = contexts_of(ask, **{"owner-id": ACME.id})
    ask.made_context()
    ask.steer(is_server=True, page_size=1)
    ask.steer(reset=True)
    assert contexts_of(ask, **{"owner-slug": "gh/acme"}) == before


def test_nobody_steers_it_without_the_token_or_with_orders_that_make_no_sense(ask: Asker) -> None:
    assert ask("POST", "/_demo", {"reset": True}, headers={}).status == 401
    senseless: tuple[Any, ...] = ({"explode": True}, {"fill": {}}, {"refuse": {"how": "rudely"}}, {"page_size": "x"}, [])
    for orders in senseless:
        assert ask("POST", "/_demo", orders).status == 400


def test_the_same_requests_give_the_same_answers_in_every_run(ask: Asker) -> None:
    with serving() as server:
        other = Asker(server.url)
        seen = [([each.made_context(name) for name in ("one", "two")], contexts_of(each, **{"owner-id": ACME.id})) for each in (ask, other)]
        other.connection.close()
    assert seen[0] == seen[1]


def test_five_hundred_contexts_of_a_hundred_variables_are_answered_in_parallel(server: CircleCiServer, ask: Asker) -> None:
    ask.steer(fill={"org_id": ACME_LABS.id, "contexts": 497, "variables": 100})
    contexts = contexts_of(ask, **{"owner-id": ACME_LABS.id})

    def count(context_ids: list[str]) -> int:
        asker = Asker(server.url)
        pages = [asker.v2("GET", f"context/{context_id}/environment-variable").document["items"] for context_id in context_ids]
        asker.connection.close()
        return sum(map(len, pages))

    ids = [context["id"] for context in contexts]
    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(count, [ids[start::8] for start in range(8)])) == 49_700 + 3
    assert ask.v2("POST", "context", {"name": "one too many", "owner": {"id": ACME_LABS.id}}).told[0] == 400


def test_a_body_that_is_too_large_is_refused_and_the_connection_ended(ask: Asker) -> None:
    refused = ask("POST", "/api/v2/context", headers={"Content-Length": str((1 << 20) + 1)})
    assert (refused.status, refused.headers["Connection"]) == (413, "close")


def test_a_body_of_unknown_length_is_refused_rather_than_taken_for_none(ask: Asker) -> None:
    context = ask.made_context()
    refused = ask("PUT", f"/api/v2/context/{context}/environment-variable/A", headers={"Transfer-Encoding": "chunked"})
    assert (refused.status, refused.headers["Connection"]) == (411, "close")


def test_a_client_that_leaves_in_the_middle_is_nobodys_error(server: CircleCiServer, ask: Asker, capfd: pytest.CaptureFixture[str]) -> None:
    leaving = Asker(server.url)
    leaving.connection.putrequest("POST", "/api/v2/context")
    leaving.connection.putheader("Content-Length", "1000")
    leaving.connection.endheaders(b"{")
    leaving.connection.close()
    assert ask.v2("GET", "me").status == 200
    assert capfd.readouterr() == ("", "")


def test_every_difference_from_the_real_one_has_a_name_and_both_sides() -> None:
    assert len({difference.name for difference in DIFFERENCES}) == len(DIFFERENCES)
    assert all(difference.demo and difference.circleci for difference in DIFFERENCES)


def test_it_starts_with_the_demos_account_as_the_cloud_or_as_a_server() -> None:
    for is_server, status in ((False, 200), (True, 404)):
        with start_sandbox(circleci_is_server=is_server) as sandbox:
            assert sandbox.environment()["CIRCLE_HOST"] == sandbox.circleci_url
            ask = Asker(sandbox.circleci_url)
            answer = ask("GET", "/api/v3/orgs", headers={"Circle-Token": sandbox.circleci_token})
            ask.connection.close()
            assert answer.status == status


def test_a_pipeline_is_listed_by_branch_and_tells_what_it_ran_by(ask: Asker) -> None:
    listed = ask.v2("GET", "project/gh/acme/web/pipeline", branch="main").document
    assert listed["next_page_token"] is None
    (pipeline,) = listed["items"]
    assert (pipeline["project_slug"], pipeline["vcs"]["branch"], pipeline["state"]) == ("gh/acme/web", "main", "created")
    assert ask.v2("GET", f"pipeline/{pipeline['id']}").document == pipeline
    assert set(ask.v2("GET", f"pipeline/{pipeline['id']}/config").document) == {"source", "compiled"}
    assert ask.v2("GET", "project/gh/acme/web/pipeline").document == listed
    assert ask.v2("GET", "project/gh/acme/web/pipeline", branch="other").document["items"] == []
    assert ask.v2("GET", f"pipeline/{NOBODY}/config").told == (404, "Pipeline not found.")
