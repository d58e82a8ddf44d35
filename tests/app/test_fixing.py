"""The key that applies a finding's fix: never unseen, said in one line, marked in the policy, and taken back while nothing else was edited."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.app.fixing import Fixes, changes
from ciam_tui.app.screens.preview import PreviewScreen
from ciam_tui.app.widgets.preview import PreviewPane
from ciam_tui.core.draft import CircleCiDraft, Draft, ProjectDraft, RoleDraft, StageDraft
from ciam_tui.core.findings import Finding
from ciam_tui.core.json_patch import Operation
from ciam_tui.core.problems import Level
from tests.app.driving import NARROW, answering, answering_now, at_step, messages, running, screen_text, shows, types, wizard
from tests.app.fakes import WITH_PROJECTS, signed_in

# `acl` opens something, and its fix is to leave it out.
WITH_ACL = replace(
    WITH_PROJECTS,
    stages=tuple(replace(stage, extras=("acl",) if stage.name == "build" else ()) for stage in WITH_PROJECTS.stages),
    role=RoleDraft("circleci-", per_project=True),
)


def finding(*patch: Operation, fix: str = "Do it by hand.") -> Finding:
    return Finding("x", Level.WARNING, "It is wide.", fix, "role.per_project", patch=patch)


PER_PROJECT = finding(Operation("replace", "/role/per_project", True))


class Taken:
    """Fixes, and the drafts that they made."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.fixes = Fixes(self.drafts.append)


# What a fix does to a draft


def test_a_fix_changes_the_draft_and_says_what_it_was_and_is() -> None:
    taken = Taken()
    after, said = taken.fixes.fix(WITH_PROJECTS, PER_PROJECT)
    assert after.role.per_project
    assert taken.drafts == [after]
    assert said == "role.per_project false → true. f9 takes it back."


def test_a_fix_is_taken_back_whole_and_only_once() -> None:
    taken = Taken()
    after, _ = taken.fixes.fix(WITH_PROJECTS, PER_PROJECT)
    assert taken.fixes.since(after) == WITH_PROJECTS
    before, said = taken.fixes.take_back(after)
    assert before == WITH_PROJECTS
    assert taken.drafts == [after, WITH_PROJECTS]
    assert said == "Taken back: role.per_project true → false."
    assert taken.fixes.take_back(before) == (before, "There is no fix to take back here; f7 lists past runs.")


def test_fixes_are_taken_back_one_by_one_the_last_first() -> None:
    taken = Taken()
    first, _ = taken.fixes.fix(WITH_ACL, finding(Operation("remove", "/stages/0/extras/0")))
    second, _ = taken.fixes.fix(first, finding(Operation("replace", "/role/per_project", False)))
    assert taken.fixes.take_back(second)[0] == first
    assert taken.fixes.take_back(first)[0] == WITH_ACL


def test_a_fix_after_which_something_was_edited_is_not_taken_back() -> None:
    taken = Taken()
    after, _ = taken.fixes.fix(WITH_PROJECTS, PER_PROJECT)
    edited = replace(after, account_id="210987654321")
    assert taken.fixes.since(edited) is None
    draft, said = taken.fixes.take_back(edited)
    assert draft == edited
    assert said.startswith("The answers have changed since the fix")


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        (None, "There is no finding here to fix."),
        (finding(), "No key can decide this for you. Do it by hand."),
        (finding(Operation("replace", "/role/per_project", False)), "That is so already. Do it by hand."),
        (finding(Operation("remove", "/stages/7")), "This could not be fixed: "),
    ],
)
def test_what_cannot_be_fixed_leaves_the_draft_and_says_what_to_do_by_hand(wrong: Finding | None, said: str) -> None:
    taken = Taken()
    draft, told = taken.fixes.fix(WITH_PROJECTS, wrong)
    assert draft == WITH_PROJECTS
    assert taken.drafts == []
    assert told.startswith(said)
    assert wrong is None or told.endswith("Do it by hand.")


def test_what_changed_is_named_as_the_wizard_names_it() -> None:
    before = Draft(
        circleci=CircleCiDraft(any_project=True),
        stages=(StageDraft("deploy", "a/", ("read", "write")), StageDraft("", "b/", extras=("acl",))),
    )
    after = replace(
        before,
        circleci=CircleCiDraft(projects=(ProjectDraft("1", "web"),)),
        stages=(replace(before.stages[0], access=("read",)), replace(before.stages[1], prefix="", extras=())),
    )
    assert changes(before, after) == [
        "circleci.projects none → web",
        "circleci.any_project true → false",
        "deploy: access read, write → read",
        "the stage: prefix b/ → none",
        "the stage: extras acl → none",
    ]


texts = st.text(max_size=5)
drafts = st.builds(
    Draft,
    account_id=texts,
    stages=st.lists(st.builds(StageDraft, name=texts, prefix=texts, access=st.tuples(texts), extras=st.tuples(texts)), max_size=3).map(
        tuple
    ),
    role=st.builds(RoleDraft, name_prefix=texts, per_project=st.booleans(), tags=st.dictionaries(texts, texts, max_size=2)),
)


@given(drafts, drafts)
def test_any_two_drafts_that_differ_have_a_change_to_tell(before: Draft, after: Draft) -> None:
    assert bool(changes(before, after)) is (before.as_setup() != after.as_setup())


# On the screen


async def test_the_finding_at_hand_is_marked_with_its_key_and_the_key_fixes_it() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "circleci") as pilot:
        await pilot.press("f4", "f4", "f4")
        await shows(pilot, "[Findings")
        await shows(pilot, "▸ ! 2 projects share each role")
        await pilot.press("ctrl+l")
        await shows(pilot, lambda: wizard(pilot).draft.role.per_project)
        await shows(pilot, lambda: "role.per_project false → true. f9 takes it back." in messages(pilot))
        assert "2 projects share each role" not in screen_text(pilot)
        await pilot.press("f9")
        await shows(pilot, lambda: wizard(pilot).draft == WITH_PROJECTS)
        await shows(pilot, "▸ ! 2 projects share each role")


async def test_a_finding_out_of_sight_is_shown_by_the_first_press_and_fixed_by_the_second() -> None:
    async with answering(signed_in(), WITH_ACL, "stages") as pilot:
        assert "set the ACL" not in screen_text(pilot)
        await pilot.press("f")
        await shows(pilot, "▸         ! build may set the ACL")
        assert wizard(pilot).draft == WITH_ACL
        await pilot.press("f")
        await shows(pilot, lambda: wizard(pilot).draft.stages[0].extras == ())
        await shows(pilot, lambda: "build: extras acl → none" in messages(pilot))
        await shows(pilot, "[ ] acl")


async def test_the_policy_marks_what_a_fix_changed_also_where_it_is_looked_at_later() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "circleci") as pilot:
        await pilot.press("f4", "f4", "f4")
        await shows(pilot, "▸ ! 2 projects share each role")
        await pilot.press("ctrl+l")
        await shows(pilot, lambda: wizard(pilot).draft.role.per_project)
        await pilot.press("f4")
        await shows(pilot, "[Trust]")
        gutters = [line.split("││ ")[-1][:1] for line in screen_text(pilot).splitlines()[3:-2]]
        assert {"~", "-"} & set(gutters)


async def test_arrows_choose_the_finding_when_the_preview_has_the_focus() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "circleci") as pilot:
        await pilot.press("f3", "f4", "f4", "f4")
        await shows(pilot, "▸ ! 2 projects share each role")
        await pilot.press("down")
        await shows(pilot, lambda: "▸ ! 2 projects" not in screen_text(pilot))
        await pilot.press("down", "up")
        await pilot.press("up")
        await shows(pilot, "▸ ! 2 projects share each role")


async def test_up_and_down_pass_over_nothing_between_two_findings() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "circleci", NARROW) as pilot:
        await pilot.press("f3")
        seen = set(screen_text(pilot).splitlines())
        pane = pilot.app.screen.query_one(PreviewPane)
        for _ in range(40):
            await pilot.press("down")
            seen |= set(screen_text(pilot).splitlines())
        rows = {line.strip("│ ▄▂▆▁▃▅▇█") for line in seen}
        assert all(line.strip() in " ".join(rows) for line in ('"Version": "2012-10-17",', '"Federated":'))
        assert pane.view.scroll_offset.y > 0


async def test_a_finding_that_no_key_can_fix_says_what_to_do_by_hand() -> None:
    draft = replace(WITH_PROJECTS, role=RoleDraft("circleci-", per_project=True))
    async with answering(signed_in(), draft, "stages") as pilot:
        await pilot.press("f3", "f4", "f4")
        pane = pilot.app.screen.query_one(PreviewPane)
        await shows(pilot, lambda: pane.finding is not None)
        for _ in range(40):
            if pane.finding is not None and not pane.finding.patch:
                break
            await pilot.press("down")
        await pilot.press("f")
        await shows(pilot, lambda: "No key can decide this for you." in messages(pilot))
        assert wizard(pilot).draft == draft


async def test_where_there_is_no_room_the_key_shows_the_findings_first() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "circleci", NARROW) as pilot:
        await pilot.press("ctrl+l")
        await shows(pilot, lambda: isinstance(pilot.app.screen, PreviewScreen))
        await shows(pilot, "▸ ! 2 projects share each role")
        assert wizard(pilot).draft == WITH_PROJECTS
        await pilot.press("f")
        await shows(pilot, lambda: wizard(pilot).draft.role.per_project)
        await pilot.press("f9")
        await shows(pilot, lambda: wizard(pilot).draft == WITH_PROJECTS)
        await pilot.press("f", "escape")
        await shows(pilot, lambda: at_step(pilot, "circleci"))
        assert wizard(pilot).draft.role.per_project


async def test_the_letter_is_typed_into_a_field_and_the_control_key_gets_through() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        await pilot.press("space")
        await types(pilot, "f")
        await shows(pilot, lambda: wizard(pilot).draft.stages[0].name == "buildf")
        await pilot.press("ctrl+l")
        await shows(pilot, lambda: bool(messages(pilot)))
        assert wizard(pilot).draft.stages[0].name == "buildf"


async def test_the_access_tab_points_to_where_the_findings_are() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        await pilot.press("f4", "f")
        await shows(pilot, lambda: "The findings stand on the other tabs" in messages(pilot))


async def test_from_review_the_findings_are_looked_at_and_not_fixed() -> None:
    async with running(signed_in()) as pilot:
        await answering_now(pilot, WITH_PROJECTS, "circleci")
        from ciam_tui.app.previewing import Tab, View

        session = wizard(pilot).session
        await pilot.app.push_screen(PreviewScreen(session, WITH_PROJECTS, View(0, Tab.FINDINGS)))
        await pilot.press("f")
        await shows(pilot, lambda: "The plan is made already" in messages(pilot))
