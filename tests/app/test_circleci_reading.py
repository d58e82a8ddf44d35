"""Step 5 with CircleCI at hand: what is read fills lists and answers, what cannot be read keeps nobody from typing, and a token shows nowhere."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from ciam_tui.app.circleci_known import KnownCircleCi, branch_hint, branch_words
from ciam_tui.app.context_words import expression_words, restriction_words
from ciam_tui.app.previewing import Tab, View, preview_of
from ciam_tui.app.session import Mode
from ciam_tui.app.widgets.field import Field
from ciam_tui.app.widgets.picker import Picker
from ciam_tui.core.circleci.context_expression import expression_of
from ciam_tui.core.circleci.facts import (
    CircleCiFacts,
    Context,
    ContextContents,
    OidcClaims,
    PipelineConfig,
    Project,
    ProjectFacts,
    ProjectList,
    ProjectSource,
    Restriction,
    Variable,
)
from ciam_tui.core.draft import CircleCiDraft, ProjectDraft
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.circleci.client import HttpCircleCi
from ciam_tui.ports.circleci.secret import Secret
from ciam_tui.ports.circleci.sources import Access
from ciam_tui.ports.sandbox import account
from ciam_tui.ports.sandbox.circleci_content import ACME, ACME_LABS
from ciam_tui.ports.sandbox.circleci_server import serving
from tests.app.driving import NARROW, WIDE, answering, answering_now, messages, running, screen_text, shows, types, wizard
from tests.app.fakes import (
    API,
    CALM,
    LABS_ID,
    ORG_ID,
    PROJECTS,
    WEB,
    WITH_PROJECTS,
    WITH_STAGES,
    FakeCircleCi,
    FakeDrafts,
    circleci_door,
    fake_session,
    signed_in,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

    from ciam_tui.app.session import Session
    from ciam_tui.ports.api import CircleCi

WITH_ORGANIZATION = replace(WITH_STAGES, circleci=CircleCiDraft(ORG_ID, "gh/acme"))
TOKEN = "CCIPAT_9fJ2kQ_0123456789abcdef"


def field(pilot: Pilot[None], path: str) -> Field:
    return next(each for each in wizard(pilot).query(Field) if each.path == path)


def is_shown(labelled: Field) -> bool:
    return bool(labelled.display)


def organizations(known: KnownCircleCi) -> object:
    return known.organizations


async def ticked(pilot: Pilot[None], project_id: str) -> None:
    """Tick the project of that id by the keyboard."""
    picker = wizard(pilot).query_one("#projects", Picker)
    await shows(pilot, lambda: any(row.key == project_id for row in picker.rows))
    picker.focus()
    picker.start_filter()
    await types(pilot, project_id[:8])
    await shows(pilot, lambda: picker.highlighted is not None and picker.highlighted.key == project_id)
    await pilot.press("space", "escape")


async def test_a_ticked_project_is_filled_in_from_what_circleci_says() -> None:
    async with answering(signed_in(), WITH_ORGANIZATION, "circleci") as pilot:
        await ticked(pilot, WEB.id)
        await shows(pilot, lambda: wizard(pilot).draft.circleci.projects == (WEB,))
        await shows(pilot, lambda: "The repository of web is github.com/acme/web." in messages(pilot))
        await shows(pilot, "github.com/acme/web")


async def test_enter_right_after_the_tick_waits_for_the_repository() -> None:
    circleci = FakeCircleCi(gate=threading.Event(), held=frozenset({"project"}))
    async with answering(signed_in(circleci=circleci), WITH_ORGANIZATION, "circleci") as pilot:
        await ticked(pilot, WEB.id)
        await shows(pilot, lambda: wizard(pilot).draft.circleci.projects == (replace(WEB, vcs_origin=None),))
        await pilot.press("enter")
        assert wizard(pilot).at == "circleci"
        assert circleci.gate is not None
        circleci.gate.set()
        await shows(pilot, lambda: wizard(pilot) is not pilot.app.screen)
        assert wizard(pilot).draft.circleci.projects == (WEB,)


async def test_projects_that_were_read_are_not_read_again_when_another_is_ticked() -> None:
    circleci = FakeCircleCi()
    session = signed_in(circleci=circleci)
    async with answering(session, WITH_ORGANIZATION, "circleci") as pilot:
        for project in (WEB, API):
            await ticked(pilot, project.id)
            await shows(
                pilot, lambda: session.known_circleci.is_read(wizard(pilot).draft.circleci) and wizard(pilot).draft.circleci.projects
            )
        await shows(pilot, lambda: len(session.known_circleci.projects) == 2)
    assert sorted(read for read in circleci.reads if read.startswith("project ")) == sorted([f"project {WEB.id}", f"project {API.id}"])


async def test_a_custom_audience_is_set_at_once_and_told() -> None:
    circleci = FakeCircleCi(claims={None: OidcClaims(("https://ci.acme.example",))})
    async with answering(signed_in(circleci=circleci), WITH_ORGANIZATION, "circleci") as pilot:
        await shows(pilot, lambda: wizard(pilot).draft.circleci.audience == "https://ci.acme.example")
        await shows(pilot, lambda: "as the custom OIDC claims in CircleCI say" in messages(pilot))


async def test_more_than_one_audience_is_told_as_a_problem_and_sets_none() -> None:
    circleci = FakeCircleCi(claims={WEB.id: OidcClaims(("one.example", "two.example"))})
    draft = replace(WITH_STAGES, circleci=CircleCiDraft(ORG_ID, "gh/acme", projects=(WEB,)))
    async with answering(signed_in(circleci=circleci), draft, "circleci") as pilot:
        await shows(pilot, "✗ The tokens of web have more than one")
        assert wizard(pilot).draft.circleci.audience is None


async def test_an_old_orb_in_a_project_s_configuration_is_among_the_findings() -> None:
    old = "orbs:\n  aws-cli: circleci/aws-cli@3.1.3\njobs:\n  a:\n    steps:\n      - aws-cli/setup:\n          role-arn: $ROLE\n"
    session = signed_in(circleci=FakeCircleCi(config=PipelineConfig(old)))
    draft = replace(WITH_PROJECTS, stages=tuple(replace(stage, branches=("main",)) for stage in WITH_PROJECTS.stages))
    async with answering(session, draft, "circleci") as pilot:
        await shows(pilot, lambda: session.known_circleci.is_read(draft.circleci))
        preview = preview_of(wizard(pilot).draft, View(tab=Tab.FINDINGS), session.known_circleci)
        assert "orb-presents-token-v1" in {finding.id for finding in preview.findings}


async def test_what_circleci_shows_is_among_the_findings() -> None:
    circleci = FakeCircleCi(settings=replace(CALM, builds_fork_prs=True, forks_receive_secrets=True))
    session = signed_in(circleci=circleci)
    async with answering(session, WITH_PROJECTS, "circleci") as pilot:
        await shows(pilot, lambda: session.known_circleci.is_read(WITH_PROJECTS.circleci))
        preview = preview_of(wizard(pilot).draft, View(tab=Tab.FINDINGS), session.known_circleci)
        assert "forks-get-secrets" in {finding.id for finding in preview.findings}
        await shows(pilot, f"Findings {preview.found}")


async def test_what_could_not_be_read_is_told_among_the_findings() -> None:
    circleci = FakeCircleCi(refusals={"project_settings": CiamError("circleci-forbidden", "Cannot read", "CircleCI refuses it.")})
    session = signed_in(circleci=circleci)
    async with answering(session, WITH_PROJECTS, "circleci") as pilot:
        await shows(pilot, lambda: session.known_circleci.is_read(WITH_PROJECTS.circleci))
        told = [finding.text for finding in session.known_circleci.findings_about(wizard(pilot).draft)]
        assert any("Not read in CircleCI" in text and "CircleCI refuses it." in text for text in told)


async def test_a_circleci_that_does_not_answer_is_one_sentence_and_everything_can_be_typed() -> None:
    circleci = FakeCircleCi(refusals={"organizations": CiamError("circleci-unreachable", "Cannot read", "CircleCI does not answer.")})
    async with answering(signed_in(circleci=circleci), WITH_STAGES, "circleci") as pilot:
        await shows(pilot, "! CircleCI does not answer.")
        await types(pilot, ORG_ID)
        await shows(pilot, lambda: wizard(pilot).draft.circleci.org_id == ORG_ID)
        circleci.refusals.clear()
        await pilot.press("ctrl+r")
        await shows(pilot, "Acme Labs")


async def test_escape_stops_the_reading_and_says_how_to_begin_again() -> None:
    circleci = FakeCircleCi(gate=threading.Event(), held=frozenset({"organizations"}))
    async with answering(signed_in(circleci=circleci), WITH_STAGES, "circleci") as pilot:
        await shows(pilot, "reading the organizations … (esc stops)")
        await pilot.press("escape")
        await shows(pilot, "stopped; ctrl+r reads again")
        assert wizard(pilot).at == "circleci"
        assert circleci.gate is not None
        circleci.gate.set()
        await pilot.press("ctrl+r")
        await shows(pilot, "Acme Labs")


async def test_thousands_of_projects_are_shown_as_they_come() -> None:
    many = tuple(Project(f"{number:08d}-0000-4000-8000-000000000000", f"service-{number:04d}", org_id=ORG_ID) for number in range(3000))
    circleci = FakeCircleCi(all_projects=many, gate=threading.Event(), held=frozenset({"page"}))
    async with answering(signed_in(circleci=circleci), WITH_ORGANIZATION, "circleci") as pilot:
        await shows(pilot, "reading the projects")
        assert circleci.gate is not None
        circleci.gate.set()
        await shows(pilot, "3000 · / filters")
        wizard(pilot).query_one("#projects", Picker).start_filter()
        await types(pilot, "service-2999")
        await shows(pilot, "1 of 3000")


async def test_a_slug_that_is_typed_is_looked_up() -> None:
    async with answering(signed_in(), WITH_ORGANIZATION, "circleci") as pilot:
        field(pilot, "circleci.projects").input.focus()
        await types(pilot, "gh/acme/web")
        await pilot.press("enter")
        await shows(pilot, lambda: wizard(pilot).draft.circleci.projects == (WEB,))
        await types(pilot, "gh/acme/nowhere")
        await pilot.press("enter")
        await shows(pilot, lambda: "CircleCI has no gh/acme/nowhere" in messages(pilot))
        assert field(pilot, "circleci.projects").text == "gh/acme/nowhere"


# Tokens


def opened_by(token: str, circleci: FakeCircleCi) -> Callable[[Secret | None], CircleCi]:
    """A CircleCI that opens to that token alone."""

    def opened(secret: Secret | None) -> CircleCi:
        if secret is None:
            raise CiamError("circleci-token-missing", "Cannot open CircleCI", "There is none.")
        if secret.reveal() != token:
            raise CiamError("circleci-token-refused", "Cannot open CircleCI", "CircleCI does not accept the token.")
        return circleci_door(circleci)(secret)

    return opened


def is_told_nowhere(token: str, pilot: Pilot[None], session: Session, drafts: FakeDrafts) -> bool:
    saved = json.dumps(drafts.saved.draft.as_json()) if drafts.saved is not None else ""
    return not any(token in text for text in (saved, screen_text(pilot), messages(pilot), repr(session)))


async def test_a_pasted_token_reads_and_shows_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    drafts = FakeDrafts()
    session = signed_in(drafts=drafts)
    session.open_circleci = opened_by(TOKEN, FakeCircleCi())
    async with answering(session, WITH_STAGES, "circleci") as pilot:
        await shows(pilot, "no CircleCI token: type the ids")
        token = field(pilot, "session.circleci_token")
        assert is_shown(token)
        token.input.focus()
        await types(pilot, TOKEN)
        assert is_told_nowhere(TOKEN, pilot, session, drafts)
        await pilot.press("enter")
        await shows(pilot, "Acme Labs")
        assert token.text == ""
        assert not is_shown(token)
        await pilot.press("ctrl+s", "escape")
        assert is_told_nowhere(TOKEN, pilot, session, drafts)
    assert drafts.saved is not None
    assert TOKEN not in caplog.text


async def test_a_token_that_is_refused_is_asked_for_again() -> None:
    session = signed_in()
    session.open_circleci = opened_by(TOKEN, FakeCircleCi())
    async with answering(session, WITH_STAGES, "circleci") as pilot:
        await shows(pilot, "no CircleCI token: type the ids")
        field(pilot, "session.circleci_token").input.focus()
        await types(pilot, "wrong-one")
        await pilot.press("enter")
        await shows(pilot, "CircleCI does not accept the token.")
        field(pilot, "session.circleci_token").input.focus()
        await types(pilot, TOKEN)
        await pilot.press("enter")
        await shows(pilot, "Acme Labs")


def test_another_token_forgets_what_the_one_before_has_read() -> None:
    circleci = FakeCircleCi()
    session = fake_session(circleci=circleci)
    session.known_circleci.organizations = session.circleci().organizations()
    session.use_circleci_token(Secret(TOKEN))
    assert organizations(session.known_circleci) is None
    assert circleci.closed


# What is known, as values


def known_of(*projects: Project) -> KnownCircleCi:
    return KnownCircleCi(projects={each.id: each for each in projects})


def test_a_default_branch_that_a_stage_does_not_take_is_told() -> None:
    search = Project(WEB.id, "search", "gh/acme/search", ORG_ID, "github.com/acme/search", "develop")
    assert "default branch of search is develop, and deploy (step 4)" in branch_words(WITH_PROJECTS, known_of(search))
    assert branch_words(WITH_PROJECTS, known_of(*PROJECTS)) == "main: default branch of api and web"


def test_the_field_for_branches_offers_the_default_ones() -> None:
    assert branch_hint(WITH_PROJECTS, known_of()) == "any branch"
    assert branch_hint(WITH_PROJECTS, known_of(*PROJECTS)) == "any; main is the default of api and web"


def test_facts_of_one_project_are_added_to_those_of_another_and_not_to_another_organization() -> None:
    known = KnownCircleCi()
    known.take(CircleCiFacts(ORG_ID, projects=(ProjectFacts(API.id),)), has_contexts=True)
    known.take(CircleCiFacts(ORG_ID, projects=(ProjectFacts(WEB.id),)), has_contexts=True)
    assert known.is_read(WITH_PROJECTS.circleci)
    known.take(CircleCiFacts(LABS_ID), has_contexts=True)
    assert known.facts_of(ORG_ID) is None
    assert not known.is_read(WITH_PROJECTS.circleci)


def test_a_project_that_was_not_read_holds_back_findings_about_the_others() -> None:
    known = KnownCircleCi()
    known.take(CircleCiFacts(ORG_ID, projects=(ProjectFacts(API.id),)), has_contexts=True)
    assert [finding.text for finding in known.findings_about(WITH_PROJECTS)] == ["Not read in CircleCI: Not yet read: web."]


# The demo's CircleCI


@pytest.mark.parametrize("organization", [ACME, ACME_LABS], ids=["with a login", "standalone"])
async def test_the_demos_circleci_is_listed_and_fills_in_what_is_ticked(organization: object) -> None:
    assert organization in (ACME, ACME_LABS)
    chosen = ACME if organization is ACME else ACME_LABS
    project = next(each for each in chosen.projects if each.is_active)
    with (
        serving(is_server=False) as server,
        closing(HttpCircleCi(Access(server.url, Secret(account.CIRCLECI_TOKEN), "the demo"))) as circleci,
    ):
        session = signed_in()
        session.mode, session.open_circleci = Mode.DEMO, lambda _: circleci
        async with running(session) as pilot:
            await shows(pilot, "New set-up")
            await answering_now(pilot, replace(WITH_STAGES, circleci=CircleCiDraft(chosen.id)), "circleci")
            await ticked(pilot, project.id)
            expected = (ProjectDraft(project.id, project.name, project.vcs_origin),)
            await shows(pilot, lambda: wizard(pilot).draft.circleci.projects == expected)
            await shows(pilot, lambda: session.known_circleci.is_read(wizard(pilot).draft.circleci))
            assert wizard(pilot).draft.circleci.org_slug == chosen.slug
            assert session.known_circleci.lists[chosen.id] == ProjectList(
                session.known_circleci.lists[chosen.id].projects, ProjectSource.ORGANIZATION
            )
            assert {each.name for each in session.known_circleci.lists[chosen.id].projects} == {each.name for each in chosen.projects}
            assert account.CIRCLECI_TOKEN not in screen_text(pilot)


# Contexts


def restrictions(*pairs: tuple[str, str]) -> tuple[Restriction, ...]:
    return tuple(Restriction(str(number), kind, value) for number, (kind, value) in enumerate(pairs))


@pytest.mark.parametrize(
    ("held", "said"),
    [
        (None, "restrictions unread"),
        ((), "open to all members"),
        ((("group", ORG_ID),), "open to all members"),
        ((("project", WEB.id), ("project", API.id), ("expression", 'pipeline.git.branch == "main"')), "2 projects, main only"),
        ((("project", WEB.id), ("group", ORG_ID)), "all members or 1 project"),
        ((("group", "deployers"),), "1 group"),
        ((("expression", "not job.ssh.enabled"),), "all members, no SSH reruns"),
        ((("expression", 'pipeline.git.branch == "main" and not job.ssh.enabled'),), "all members, main only"),
        (
            (("expression", '(pipeline.git.branch starts-with "rel/" or pipeline.git.tag == "v1") and not job.ssh.enabled'),),
            "all members, rel/* or tag v1 only",
        ),
        ((("expression", 'pipeline.git.branch == "main" or true'),), "all members, by an expression"),
        ((("project", WEB.id), ("moon", "full")), "1 project, 1 unknown rule"),
    ],
)
def test_who_may_use_a_context_is_said_in_words(held: tuple[tuple[str, str], ...] | None, said: str) -> None:
    assert restriction_words(None if held is None else restrictions(*held), ORG_ID) == said


@pytest.mark.parametrize("branches", [["main"], ["main", "release/*"], ["refs/tags/v*"], ['a"b']])
def test_what_wiring_asks_of_branches_is_said_in_words(branches: list[str]) -> None:
    words = expression_words(expression_of(branches).text)
    assert words == f"{' or '.join(each.replace('refs/tags/', 'tag ') for each in branches)} only"


@pytest.mark.parametrize("size", [NARROW, WIDE])
async def test_contexts_are_listed_with_keys_restrictions_and_what_wiring_would_do(size: tuple[int, int]) -> None:
    circleci = FakeCircleCi()
    key = (Variable("AWS_ACCESS_KEY_ID", "7Q2V"), Variable("AWS_SECRET_ACCESS_KEY", "zzzz"))
    contexts = (
        ContextContents(Context("c1", "aws"), key, ()),
        ContextContents(Context("c2", "circleci-deploy"), (), restrictions(("project", WEB.id))),
        ContextContents(Context("c3", "secret"), None, None),
    )
    inventory = circleci.inventory
    circleci.inventory = lambda *given: replace(inventory(*given), contexts=contexts)  # type: ignore[method-assign] # three more
    async with answering(signed_in(circleci=circleci), WITH_PROJECTS, "circleci", size) as pilot:
        await shows(pilot, "3 contexts")
        found = pilot.app.screen.query_one("#contexts", Picker)
        told = {row.cells[0]: row.cells[1] for row in found.rows}
        assert told["circleci-build"] == "wiring makes it"
        assert told["circleci-deploy"] == "wiring uses it · 1 project"
        assert told["aws"] == "AWS keys …7Q2V · open to all members"
        assert told["secret"] == "variables unread · restrictions unread"
        assert "zzzz" not in str(found.rows), "a secret's end is nobody's business"
        found.focus()
        found.highlight("c1")
        await shows(pilot, "aws: open to all members.")
        await pilot.press("slash", *"deploy")
        assert [row.copied for row in found.shown_rows] == ["circleci-deploy"]
        await pilot.press("enter")
        assert [project.id for project in wizard(pilot).draft.circleci.projects] == [each.id for each in WITH_PROJECTS.circleci.projects]


async def test_contexts_that_cannot_be_listed_are_not_taken_for_none() -> None:
    circleci = FakeCircleCi()
    inventory = circleci.inventory
    unread = ("Cannot list the contexts: CircleCI forbids it.",)
    circleci.inventory = lambda *given: replace(inventory(*given), unread=unread)  # type: ignore[method-assign] # it is forbidden
    async with answering(signed_in(circleci=circleci), WITH_PROJECTS, "circleci", NARROW) as pilot:
        await shows(pilot, lambda: pilot.app.screen.query_one("#contexts", Picker).display)
        pilot.app.screen.query_one("#contexts", Picker).focus()
        await shows(pilot, "CircleCI forbids it")
        assert "wiring makes it" not in screen_text(pilot)


# Branches


async def stages_with_default_branch(pilot: Pilot[None], branch: str) -> Field:
    for project in PROJECTS:
        wizard(pilot).session.known_circleci.projects[project.id] = replace(project, default_branch=branch)
    body = wizard(pilot)._body
    assert body is not None
    body.fill()
    found = field(pilot, "stages[0].branches")
    found.input.focus()
    await pilot.pause()
    return found


async def test_one_key_takes_the_default_branch_of_the_project() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        found = await stages_with_default_branch(pilot, "develop")
        await shows(pilot, "right takes develop (default of api")
        await pilot.press("right")
        await shows(pilot, lambda: wizard(pilot).draft.stages[0].branches == ("develop",))
        await shows(pilot, lambda: "right takes" not in screen_text(pilot))
        await pilot.press("right", "right")
        assert found.text == "develop", "it is taken once"


async def test_a_branch_that_is_begun_is_completed_and_another_is_left_alone() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages", NARROW) as pilot:
        found = await stages_with_default_branch(pilot, "develop")
        await types(pilot, "release, de")
        await pilot.press("right")
        await shows(pilot, lambda: wizard(pilot).draft.stages[0].branches == ("release", "develop"))
        await pilot.press("home", "delete", "right", "end", "right")
        assert found.text == "elease, develop"


async def test_a_click_adds_the_default_branch_to_what_is_there() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        found = await stages_with_default_branch(pilot, "develop")
        await types(pilot, "release")
        await shows(pilot, ", then right: develop")
        await pilot.click(found._note, offset=(4, 0))
        await shows(pilot, lambda: wizard(pilot).draft.stages[0].branches == ("release", "develop"))
