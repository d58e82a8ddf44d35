"""What the client reads of the demo's CircleCI, and of answers that are spelled otherwise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.circleci.facts import OidcClaims, Organization, PipelineConfig, Project, ProjectSource, Restriction, last_four_of
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.circleci import shapes
from ciam_tui.ports.sandbox import account, circleci_content
from ciam_tui.ports.sandbox.circleci_server import serving
from tests.ports.circleci_worlds import ACME, answer, client_of, saying, world

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ciam_tui.ports.api import CircleCi
    from ciam_tui.ports.circleci.client import HttpCircleCi
    from ciam_tui.ports.sandbox.circleci_server import CircleCiServer

LABS = Organization(circleci_content.ACME_LABS.id, circleci_content.ACME_LABS.slug, circleci_content.ACME_LABS.name, "circleci")
WEB = "6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01"


@pytest.fixture
def server() -> Iterator[CircleCiServer]:
    with serving() as running:
        yield running


@pytest.fixture
def circleci(server: CircleCiServer) -> Iterator[HttpCircleCi]:
    client = client_of(server.url, token=account.CIRCLECI_TOKEN)
    yield client
    client.close()


def on(host: str, *, server: bool | None = None) -> HttpCircleCi:
    return client_of(host, token=account.CIRCLECI_TOKEN, server=server)


def test_the_client_is_what_the_protocol_asks_for(circleci: HttpCircleCi) -> None:
    asked: CircleCi = circleci
    assert asked.me().login


def test_organizations_come_with_and_without_an_id(circleci: HttpCircleCi) -> None:
    found = {organization.slug: organization for organization in circleci.organizations()}
    assert found["gh/acme"] == ACME
    assert found[LABS.slug] == LABS
    assert [organization.name for organization in found.values() if organization.id is None]
    assert [organization.name for organization in found.values() if organization.is_standalone] == ["Acme Labs"]


@pytest.mark.parametrize("name", [ACME.slug, ACME.id])
def test_an_organization_is_found_by_slug_and_by_id(circleci: HttpCircleCi, name: str) -> None:
    assert circleci.organization(name) == ACME


def test_what_is_not_on_circleci_yet_has_no_contexts_to_list(circleci: HttpCircleCi) -> None:
    with pytest.raises(CiamError) as caught:
        circleci.contexts(Organization(None, "gh/dana", "dana", "github"))
    assert caught.value.code == "circleci-organization-not-set-up"


def test_all_projects_of_an_organization_are_listed_to_the_last_page(circleci: HttpCircleCi) -> None:
    listed = circleci.projects(ACME)
    assert listed.source is ProjectSource.ORGANIZATION
    assert not listed.unread
    assert {project.id for project in listed.projects} == {project.id for project in circleci_content.ACME.projects}
    assert [project.name.casefold() for project in listed.projects] == sorted(project.name.casefold() for project in listed.projects)


@pytest.mark.parametrize("name", [WEB, "gh/acme/web"])
def test_a_project_is_found_by_slug_and_by_id(circleci: HttpCircleCi, name: str) -> None:
    assert circleci.project(name) == Project(WEB, "web", "gh/acme/web", ACME.id, "github.com/acme/web", "main")


def test_a_standalone_project_without_a_repository_has_neither_origin_nor_branch(circleci: HttpCircleCi) -> None:
    playground = circleci_content.ACME_LABS.project("playground")
    found = circleci.project(playground.slug)
    assert (found.id, found.vcs_origin, found.default_branch) == (playground.id, None, None)
    assert found.is_complete


@pytest.mark.parametrize("slug", ["web", "acme/web", "gh/acme/web/x", "", "gh//web", "gh/../web"])
def test_what_is_no_slug_is_not_asked_for(circleci: HttpCircleCi, slug: str) -> None:
    with pytest.raises(CiamError) as caught:
        circleci.project(slug)
    assert caught.value.code in {"circleci-slug-invalid", "circleci-request-invalid"}


def test_what_the_latest_pipeline_ran_by_is_read_as_written_and_as_compiled(circleci: HttpCircleCi) -> None:
    config = circleci.latest_config(circleci.project("gh/acme/data-pipeline"))
    assert config is not None
    assert "aws-cli: circleci/aws-cli@3.1.3" in config.source
    assert '--web-identity-token "${CIRCLE_OIDC_TOKEN}"' in config.compiled
    assert (config.setup, config.compiled_setup) == ("", "")


@pytest.mark.parametrize("slug", ["gh/acme/exports", circleci_content.ACME_LABS.project("playground").slug])
def test_a_project_that_was_never_built_and_one_without_a_branch_have_no_configuration(circleci: HttpCircleCi, slug: str) -> None:
    assert circleci.latest_config(circleci.project(slug)) is None


def test_a_standalone_project_s_pipelines_are_found_by_its_slug(circleci: HttpCircleCi) -> None:
    assert circleci.latest_config(circleci.project(circleci_content.ACME_LABS.project("firmware").slug)) is not None


def test_of_a_pipeline_that_was_set_up_by_another_configuration_both_are_read() -> None:
    ran_by = {"source": "a", "compiled": "b", "setup-config": "c", "compiled-setup-config": "d"}
    listed = {"items": [{"id": WEB, "number": 2}, {"id": "older", "number": 1}], "next_page_token": "more"}
    with world(saying(answer(200, listed), answer(200, ran_by))) as server:
        found = client_of(server.url).latest_config(Project(WEB, "web", "gh/acme/web", default_branch="release/a&b"))
        asked = [request.path for request in server.asked]
    assert found == PipelineConfig("a", "b", "c", "d")
    assert asked == ["/api/v2/project/gh/acme/web/pipeline?branch=release%2Fa%26b", f"/api/v2/pipeline/{WEB}/config"]


@pytest.mark.parametrize("body", [{"items": [{}]}, {"items": ["x"]}, {}, [], {"items": [{"id": ""}]}])
def test_a_list_of_pipelines_of_another_shape_is_an_answer_that_cannot_be_read(body: object) -> None:
    with world(saying(answer(200, body))) as server, pytest.raises(CiamError) as caught:
        client_of(server.url).latest_config(Project(WEB, "web", "gh/acme/web", default_branch="main"))
    assert caught.value.code == "circleci-answer-unreadable"


def test_settings_of_both_apis_are_put_together(circleci: HttpCircleCi) -> None:
    named = {project.name: project for project in circleci.projects(ACME).projects}
    docs, infra = circleci.project_settings(named["docs"]), circleci.project_settings(named["infra"])
    assert (docs.builds_fork_prs, docs.forks_receive_secrets, docs.forks_get_secrets, docs.is_open_source) == (True, True, True, True)
    assert (infra.unversioned_config, infra.forks_get_secrets, docs.unversioned_config) == (True, False, False)
    assert docs.unread == infra.unread == ()


def test_a_server_s_settings_leave_open_what_only_v3_tells() -> None:
    with serving(is_server=True) as old:
        client = on(old.url, server=True)
        settings = client.project_settings(client.project("gh/acme/docs"))
    assert settings.forks_get_secrets is True
    assert settings.unversioned_config is None
    assert settings.unread == ("docs: it could not be read whether config that is in no repository may run.",)


def test_settings_that_may_not_be_read_are_unknown_and_said_to_be() -> None:
    with world(saying(answer(403, {"message": "Forbidden"}))) as server:
        settings = client_of(server.url).project_settings(Project(WEB, "web", "gh/acme/web"))
    assert (settings.builds_fork_prs, settings.ssh_disabled, settings.unversioned_config, settings.forks_get_secrets) == (None,) * 4
    assert len(settings.unread) == 5 + 2, "each setting, and why in each API"


def test_v3_fills_what_v2_does_not_let_its_reader_see() -> None:
    v3 = {"data": {"id": WEB, "attributes": {"enable_building_fork_prs": True, "enable_unversioned_config": False}}}
    with world(saying(answer(403), answer(200, v3))) as server:
        settings = client_of(server.url).project_settings(Project(WEB, "web", "gh/acme/web"))
    assert (settings.builds_fork_prs, settings.unversioned_config, settings.ssh_disabled) == (True, False, None)


def test_settings_are_not_unknown_but_an_error_where_the_token_is_wrong() -> None:
    with world(saying(answer(401))) as server, pytest.raises(CiamError) as caught:
        client_of(server.url).project_settings(Project(WEB, "web", "gh/acme/web"))
    assert caught.value.code == "circleci-token-refused"


def test_forks_get_nothing_where_one_of_both_settings_is_off_even_if_the_other_is_unknown() -> None:
    assert shapes.v2_settings_of({"advanced": {"build_fork_prs": False}}).forks_get_secrets is False
    assert shapes.v2_settings_of({"advanced": {"build_fork_prs": True}}).forks_get_secrets is None


def test_contexts_variables_and_restrictions_are_read(circleci: HttpCircleCi) -> None:
    contexts = {context.name: context for context in circleci.contexts(ACME)}
    assert contexts["aws"].created_at is not None
    ends = {variable.name: variable.last_four for variable in circleci.context_variables(contexts["aws"].id)}
    assert ends["AWS_ACCESS_KEY_ID"] == account.LEGACY_ACCESS_KEY_ID[-4:]
    assert circleci.context_restrictions(contexts["slack"].id) == ()
    restrictions = circleci.context_restrictions(contexts["terraform"].id)
    assert [restriction.type for restriction in restrictions] == ["project", "expression"]
    assert restrictions[0].value == circleci_content.ACME.project("infra").id
    assert "job.ssh.enabled" in restrictions[1].value
    assert circleci.context_restrictions(contexts["aws"].id)[0].value == ACME.id, "the group of all members"


def test_pages_of_one_item_give_the_same_contexts(server: CircleCiServer, circleci: HttpCircleCi) -> None:
    at_once = circleci.contexts(ACME)
    server.service.installation.page_size = 1
    assert circleci.contexts(ACME) == at_once


def test_variables_of_a_project_are_read_by_slug_also_where_only_its_id_is_known(circleci: HttpCircleCi) -> None:
    billing = next(project for project in circleci.projects(ACME).projects if project.name == "billing")
    assert billing.slug is None
    ends = {variable.name: variable.last_four for variable in circleci.project_variables(billing)}
    assert ends["AWS_ACCESS_KEY_ID"] == account.LEGACY_ACCESS_KEY_ID[-4:]


def test_a_context_that_does_not_exist_is_told_as_one_that_may_not_be_seen(circleci: HttpCircleCi) -> None:
    with pytest.raises(CiamError) as caught:
        circleci.context_variables("00000000-0000-4000-8000-000000000000")
    assert caught.value.code == "circleci-forbidden"
    assert "does not exist" in caught.value.message


def test_custom_claims_are_read_of_an_organization_and_of_a_project(circleci: HttpCircleCi) -> None:
    assert circleci.oidc_claims(circleci_content.ACME.id) == OidcClaims()
    assert circleci.oidc_claims(circleci_content.ACME_LABS.id).audience == ("https://aws.acme-labs.example",)
    firmware = circleci_content.ACME_LABS.project("firmware").id
    assert circleci.oidc_claims(circleci_content.ACME_LABS.id, firmware) == OidcClaims(None, "30m")


@pytest.mark.parametrize(("token", "code"), [("wrong", "circleci-token-refused"), (account.CIRCLECI_PROJECT_TOKEN, "circleci-forbidden")])
def test_a_token_that_opens_nothing_is_told(server: CircleCiServer, token: str, code: str) -> None:
    with pytest.raises(CiamError) as caught:
        client_of(server.url, token=token).me()
    assert caught.value.code == code


# --- projects where v3 does not list them -------------------------------------------------------------------------------------------------


def test_without_v3_the_projects_that_are_followed_are_listed_and_said_not_to_be_all() -> None:
    with serving(is_server=True) as old:
        listed = on(old.url).projects(ACME)
        labs = on(old.url).projects(LABS)
    assert listed.source is ProjectSource.FOLLOWED
    assert listed.projects
    assert all(project.is_complete and project.org_id == ACME.id for project in listed.projects)
    assert all(project.org_id == LABS.id for project in labs.projects)
    assert any("follow" in sentence for sentence in listed.unread)


def test_a_server_is_asked_in_v2_alone() -> None:
    with world(saying(answer(404))) as server:
        listed = client_of(server.url, server=True).projects(ACME)
        assert server.asked == []
    assert (listed.projects, listed.source) == ((), ProjectSource.NOWHERE)
    assert "Type the slug" in listed.unread[0]


def test_where_nothing_lists_projects_they_are_typed() -> None:
    with world(saying(answer(404))) as server:
        listed = client_of(server.url).projects(ACME)
    assert listed.source is ProjectSource.NOWHERE
    assert len(listed.unread) == 3


def test_a_list_that_ignores_the_organization_shows_no_other_s_projects() -> None:
    of = {
        name: {"id": name, "attributes": {"name": name}, "references": {"org": {"id": org}}}
        for name, org in (("ours", ACME.id), ("theirs", "x"))
    }
    with world(saying(answer(200, {"data": [of["ours"], of["theirs"]], "page": {"next": "", "prev": None}}))) as server:
        assert [project.name for project in client_of(server.url).projects(ACME).projects] == ["ours"]


def test_a_followed_project_that_may_not_be_read_is_said_to_be_missing() -> None:
    followed = [{"slug": "gh/acme/web"}, {"slug": "gh/acme/gone"}, {"slug": "gh/other/web"}]
    web = {"id": WEB, "name": "web", "slug": "gh/acme/web", "vcs_info": {"vcs_url": "https://github.com/acme/web"}}
    paths = {"/api/v1.1/projects": answer(200, followed), "/api/v2/project/gh/acme/web": answer(200, web)}
    with world(lambda connection, asked, _: connection.sendall(paths.get(asked.path, answer(404)))) as server:
        listed = client_of(server.url).projects(Organization(None, "github/acme", "acme", "github"))
        assert "/api/v2/project/gh/other/web" not in {asked.path for asked in server.asked}
    assert [project.name for project in listed.projects] == ["web"]
    assert any("gh/acme/gone" in sentence for sentence in listed.unread)


@pytest.mark.parametrize("last", ["v1.1", "v2"])
def test_a_token_that_ends_while_projects_are_listed_is_told(last: str) -> None:
    paths = {"/api/v1.1/projects": answer(401) if last == "v1.1" else answer(200, [{"slug": "gh/acme/web"}])}
    paths["/api/v2/project/gh/acme/web"] = answer(401)
    with (
        world(lambda connection, asked, _: connection.sendall(paths.get(asked.path, answer(404)))) as server,
        pytest.raises(CiamError) as caught,
    ):
        client_of(server.url).projects(ACME)
    assert caught.value.code == "circleci-token-refused"


def test_a_wrong_token_is_no_reason_to_ask_another_way() -> None:
    with world(saying(answer(401))) as server:
        with pytest.raises(CiamError) as caught:
            client_of(server.url).projects(ACME)
        assert len(server.asked) == 1
    assert caught.value.code == "circleci-token-refused"


@pytest.mark.parametrize(
    ("followed", "slug"),
    [
        ({"slug": "github/acme/web"}, "gh/acme/web"),
        ({"vcs_type": "github", "username": "acme", "reponame": "web"}, "gh/acme/web"),
        ({"vcs-type": "bitbucket", "username": "acme", "reponame": "web"}, "bb/acme/web"),
        ({"vcs_type": "circleci", "vcs_url": "//circleci.com/a/b", "username": "Acme Labs", "reponame": "web"}, "circleci/a/b"),
        ({"vcs_type": "circleci", "username": "Acme Labs", "reponame": "web"}, None),
    ],
)
def test_a_followed_project_tells_its_slug_in_several_ways(followed: dict[str, str], slug: str | None) -> None:
    assert shapes.followed_slug_of(followed) == slug


# --- the issuer ----------------------------------------------------------------------------------------------------------------------------


def test_the_cloud_s_issuer_is_known_without_a_request() -> None:
    assert client_of("https://circleci.com").issuer("abc") == "https://oidc.circleci.com/org/abc"


def test_a_server_s_issuer_is_what_its_discovery_document_says() -> None:
    with serving(is_server=True) as old:
        client = on(old.url, server=True)
        assert client.issuer(str(ACME.id)) == f"{account.CIRCLECI_SERVER_DOMAIN}/org/{ACME.id}"
        typed = f"{old.url}/org/{ACME.id}/"
        assert client.issuer(str(ACME.id), typed) == f"{account.CIRCLECI_SERVER_DOMAIN}/org/{ACME.id}"


def test_the_issuer_is_asked_without_the_token() -> None:
    with world(saying(answer(404), answer(200, {"issuer": "https://ci.acme.example"}))) as server:
        assert client_of(server.url, server=True).issuer("abc") == "https://ci.acme.example"
        assert [asked.path for asked in server.asked] == [
            "/org/abc/.well-known/openid-configuration",
            "/.well-known/openid-configuration",
        ]
        assert not any("circle-token" in asked.headers for asked in server.asked)


@pytest.mark.parametrize("document", [{}, {"issuer": "http://ci.acme.example"}, [], "<html>"])
def test_an_issuer_that_cannot_be_found_is_asked_for(document: object) -> None:
    with world(saying(answer(200, document))) as server, pytest.raises(CiamError) as caught:
        client_of(server.url, server=True).issuer("abc")
    assert caught.value.code == "circleci-issuer-unknown"
    assert "iss" in caught.value.suggestions[0]


@pytest.mark.parametrize(
    "typed", ["http://ci.acme.example/org/x", "ci.acme.example", "https://", "https://ci.acme.example?x=1", "https://[::1"]
)
def test_an_issuer_that_is_no_address_is_not_asked(typed: str) -> None:
    with pytest.raises(CiamError) as caught:
        client_of("https://circleci.com").issuer("abc", typed)
    assert caught.value.code in {"circleci-issuer-invalid", "circleci-host-invalid"}


# --- spellings -----------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["vcs_type", "vcs-type"])
def test_the_kind_of_an_organization_is_read_in_both_spellings(key: str) -> None:
    assert shapes.organization_of({"id": "x", "slug": "gh/acme", "name": "acme", key: "github"}).vcs_type == "github"


@pytest.mark.parametrize("key", ["created_at", "created-at"])
def test_a_time_is_read_in_both_spellings(key: str) -> None:
    moment = shapes.project_variable_of({"name": "X", "value": "xxxxABCD", key: "2026-01-02T03:04:05.678Z"}).updated_at
    assert moment is not None
    assert moment.isoformat() == "2026-01-02T03:04:05.678000+00:00"


def test_a_time_that_cannot_be_read_hides_no_variable() -> None:
    assert shapes.project_variable_of({"name": "X", "value": "xxxxABCD", "created_at": "yesterday"}).last_four == "ABCD"


@pytest.mark.parametrize(
    ("masked", "end"),
    [
        ("xxxxABCD", "ABCD"),
        ("****ABCD", "ABCD"),
        ("ABCD", "ABCD"),
        ("xxxxxABC", "xABC"),
        ("xxxxAB", "AB"),
        ("xxxx", ""),
        ("****", ""),
        ("********", ""),
        ("", ""),
        ("xxxxxxxxxxxxABCD", "ABCD"),
    ],
)
def test_the_end_of_a_masked_value_is_what_is_not_mask(masked: str, end: str) -> None:
    assert last_four_of(masked) == end


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://github.com/acme/web", "github.com/acme/web"),
        ("https://github.com/Acme/Web.git", "github.com/Acme/Web"),
        ("git@github.com:acme/web.git", "github.com/acme/web"),
        ("https://gitlab.example.com/group/sub/web/", "gitlab.example.com/group/sub/web"),
        ("//circleci.com/a/b", None),
        ("", None),
    ],
)
def test_a_repository_is_named_as_tokens_name_it(url: str, origin: str | None) -> None:
    assert shapes.vcs_origin_of(url) == origin


@pytest.mark.parametrize(
    ("shape", "data", "why"),
    [
        (shapes.restriction_of, {"id": "r", "restriction_type": "project"}, "without a value"),
        (shapes.claims_of, {"audience": [1]}, "no list of texts"),
        (shapes.list_of, {}, "is no list"),
        (shapes.items_of, {"items": {}}, 'no list "items"'),
        (shapes.v2_settings_of, {"advanced": {"oss": "yes"}}, "neither true nor false"),
        (shapes.context_of, {"id": "c", "name": 3}, 'no text "name"'),
        (shapes.organization_of, {"id": 3, "slug": "gh/a"}, "no text"),
    ],
)
def test_an_answer_of_another_shape_is_never_half_a_value(shape: Callable[[object], object], data: object, why: str) -> None:
    with pytest.raises(shapes.ShapeError, match=why):
        shape(data)


def test_a_restriction_that_is_not_known_keeps_its_kind() -> None:
    data = {"id": "r", "restriction_type": "moon", "restriction_value": "full"}
    assert shapes.restriction_of(data) == Restriction("r", "moon", "full")


@pytest.mark.parametrize(("said", "audience"), [("one", ("one",)), (["a", "b"], ("a", "b")), ([], None), (None, None)])
def test_an_audience_is_read_as_a_list(said: object, audience: tuple[str, ...] | None) -> None:
    assert shapes.claims_of({"org_id": "x", "audience": said, "audience_updated_at": "2026-01-02T03:04:05Z"}).audience == audience
