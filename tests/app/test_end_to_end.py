"""The whole of it against a served account: a set-up is reviewed, applied, verified and taken back, and the account is as it was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.app.jobs import review
from ciam_tui.app.screens.done import VERIFIED
from ciam_tui.app.screens.review import ReviewScreen
from ciam_tui.app.screens.undo import UndoScreen
from ciam_tui.app.session import Mode, Session
from ciam_tui.core.draft import Draft
from ciam_tui.ports.aws import FixedAccess
from ciam_tui.ports.circleci.client import HttpCircleCi
from ciam_tui.ports.circleci.secret import Secret
from ciam_tui.ports.circleci.sources import Access
from ciam_tui.ports.disk import DiskDrafts, DiskJournals, StateDir
from ciam_tui.ports.sandbox import account
from ciam_tui.ports.sandbox.circleci_content import ACME
from ciam_tui.ports.sandbox.launch import start_sandbox
from tests.app.driving import NARROW, WIDE, app_of, running, screen_text, shows, types, wizard
from tests.app.fakes import FakeClipboard
from tests.app.memory_account import MovingClock
from tests.core.examples import answers

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from textual.pilot import Pilot

    from ciam_tui.ports.sandbox.launch import Sandbox


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with start_sandbox() as started:
        yield started


@pytest.fixture(scope="module")
def access(sandbox: Sandbox) -> FixedAccess:
    return FixedAccess(sandbox.url, account.OPERATOR_ACCESS_KEY_ID, account.OPERATOR_SECRET_ACCESS_KEY, account.REGION)


def demo_draft(**changes: Any) -> Draft:
    """Three stages on the demo's bucket for the first project of the demo's first organization."""
    organization = ACME
    project = organization.projects[0]
    return Draft.of(
        answers(
            account_id=account.ACCOUNT_ID,
            bucket__name=account.BUILDS_BUCKET,
            bucket__region=account.REGION,
            circleci__org_slug=organization.slug,
            circleci__projects=[{"id": project.id, "name": project.name, "vcs_origin": project.vcs_origin}],
            **({"circleci__org_id": organization.id} | changes),
        )
    )


def account_state(access: FixedAccess) -> dict[str, Any]:
    """All of IAM that there is, without what differs from call to call."""
    iam = access.open(None, None)._clients.iam()
    details = iam.get_account_authorization_details()
    providers = [each["Arn"] for each in iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]]
    read = {arn: iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn) for arn in providers}
    state = {key: details[key] for key in ("RoleDetailList", "Policies", "UserDetailList")}
    return state | {"providers": {arn: (sorted(each["ClientIDList"]), each.get("Tags", [])) for arn, each in read.items()}}


async def applied_and_taken_back(draft: Draft, size: tuple[int, int], access: FixedAccess, folder: Path) -> dict[str, str]:
    """What the screens of one whole way said, from the wizard's last step to the run's undo."""
    before = account_state(access)
    state = StateDir.of(folder)
    disk, journals = DiskDrafts(state), DiskJournals(state)
    session = Session(Mode.DEMO, disk, journals, FakeClipboard(), MovingClock(), lambda: access, region=account.REGION)
    said = {}
    async with running(session, size) as pilot:
        await shows(pilot, "signed in as")
        app_of(pilot).open_wizard(draft, "circleci")
        await shows(pilot, lambda: len(pilot.app.screen_stack) > 1)
        await wizard(pilot).go_to("review")
        await shows(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and pilot.app.screen.plan is not None)
        said["review"] = screen_text(pilot)
        assert account_state(access) == before, "reviewing changes nothing"
        await pilot.press("ctrl+a")
        await shows(pilot, "Apply this plan?")
        assert f"{account.ACCOUNT_ID} ({account.ACCOUNT_ALIAS})" in screen_text(pilot)
        await pilot.press("tab", "enter")
        await shows(pilot, VERIFIED)
        made = role_names(account_state(access)) - role_names(before)
        assert made == {"circleci-web-build", "circleci-web-test", "circleci-web-deploy"}
        await pilot.press("ctrl+u")
        await shows(pilot, lambda: isinstance(pilot.app.screen, UndoScreen) and pilot.app.screen.plan is not None)
        said["undo"] = screen_text(pilot)
        await pilot.press("ctrl+a")
        await types(pilot, account.ACCOUNT_ID)
        await pilot.press("tab", "tab", "enter")
        await shows(pilot, "took back")
        assert VERIFIED in screen_text(pilot)
    return said


def role_names(state: dict[str, Any]) -> set[str]:
    return {role["RoleName"] for role in state["RoleDetailList"]}


async def test_a_set_up_is_reviewed_applied_verified_and_taken_back(access: FixedAccess, tmp_path: Path) -> None:
    before = account_state(access)
    elsewhere = demo_draft(circleci__org_id="3d1f4f3c-55aa-4d4f-8e3e-9d8f1c2b7a60")
    said = await applied_and_taken_back(elsewhere, NARROW, access, tmp_path / "state")
    assert "Create OIDC provider" in said["review"]
    assert account_state(access) == before


async def test_what_others_need_stays_and_is_told(access: FixedAccess, tmp_path: Path) -> None:
    before = account_state(access)
    draft = demo_draft()
    said = await applied_and_taken_back(draft, WIDE, access, tmp_path / "state")
    assert "Add audience" in said["review"], "the demo's provider lacks one"
    assert f"The audience {draft.circleci.org_id} stays: {account.MOBILE_ROLE_NAME} may need it." in said["undo"]
    after = account_state(access)
    assert draft.circleci.org_id in str(after.pop("providers"))
    before.pop("providers")
    assert after == before


# With CircleCI wired too


def wired_session(sandbox: Sandbox, access: FixedAccess, folder: Path, *, token: str | None = None) -> Session:
    """A session on the served account and the served CircleCI."""
    state = StateDir.of(folder)
    session = Session(
        Mode.DEMO, DiskDrafts(state), DiskJournals(state), FakeClipboard(), MovingClock(), lambda: access, region=account.REGION
    )
    session.open_circleci = lambda _: HttpCircleCi(Access(sandbox.circleci_url, Secret(token or sandbox.circleci_token), "the tests"))
    return session


def contexts_of(session: Session) -> dict[str, Any]:
    """The contexts of the demo's first organization with what is in them, without ids."""
    circleci = session.circleci()
    organization = circleci.organization(ACME.id)
    return {
        context.name: (
            sorted((variable.name, variable.last_four) for variable in circleci.context_variables(context.id)),
            sorted((each.type, each.value) for each in circleci.context_restrictions(context.id)),
        )
        for context in circleci.contexts(organization)
    }


async def to_wired_review(pilot: Pilot[None]) -> ReviewScreen:
    await shows(pilot, "signed in as")
    app_of(pilot).open_wizard(demo_draft(), "circleci")
    await shows(pilot, lambda: len(pilot.app.screen_stack) > 1)
    await wizard(pilot).go_to("review")
    await shows(pilot, lambda: isinstance(pilot.app.screen, ReviewScreen) and pilot.app.screen.outcome is not None)
    await pilot.press("w")
    screen = pilot.app.screen
    assert isinstance(screen, ReviewScreen)
    await shows(pilot, lambda: screen.outcome is not None and app_of(pilot).session.wires)
    return screen


@pytest.mark.parametrize("size", [pytest.param(NARROW, marks=pytest.mark.long), WIDE])
async def test_a_wired_run_that_a_crash_has_cut_off_is_finished_and_taken_back(
    size: tuple[int, int], sandbox: Sandbox, access: FixedAccess, tmp_path: Path
) -> None:
    account_before = role_names(account_state(access))
    session = wired_session(sandbox, access, tmp_path / "state")
    before = contexts_of(session)
    session.become(*session.sign_in(None, account.REGION), profile=None, region=account.REGION)
    for entry in review(session, demo_draft(), frozenset(), lambda _: None, wire=True).job().begin(lambda: False):
        if getattr(entry, "step", "").endswith("add-restriction"):
            break
    session.clock.sleep(60)
    async with running(session, size) as pilot:
        await shows(pilot, "Finish a run")
        await pilot.press("home", "enter")
        await shows(pilot, "Go on with this run?")
        assert contexts_of(session)["circleci-web-build"][0] == []
        await pilot.press("tab", "enter")
        await shows(pilot, VERIFIED)
        wired = contexts_of(session)
        assert set(wired) - set(before) == {"circleci-web-build", "circleci-web-test", "circleci-web-deploy"}
        assert [name for name, _ in wired["circleci-web-deploy"][0]] == ["AWS_DEFAULT_REGION", "AWS_ROLE_ARN"]
        await pilot.press("ctrl+u")
        await shows(pilot, lambda: isinstance(pilot.app.screen, UndoScreen) and pilot.app.screen.plan is not None)
        await pilot.press("ctrl+a")
        await types(pilot, account.ACCOUNT_ID)
        await pilot.press("tab", "tab", "enter")
        await shows(pilot, "took back")
    assert contexts_of(session) == before
    assert role_names(account_state(access)) == account_before
    session.close_circleci()


async def test_a_token_that_circleci_refuses_plans_nothing_and_the_rest_is_a_key_away(
    sandbox: Sandbox, access: FixedAccess, tmp_path: Path
) -> None:
    session = wired_session(sandbox, access, tmp_path / "state", token="CCIPAT_of_nobody")
    async with running(session, NARROW) as pilot:
        screen = await to_wired_review(pilot)
        assert screen.plan is None
        assert "w plans without CircleCI" in screen_text(pilot)
        assert "CCIPAT" not in screen_text(pilot)
        await pilot.press("w")
        await shows(pilot, lambda: screen.plan is not None)
    session.close_circleci()
