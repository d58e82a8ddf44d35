"""The pure parts of the front end: documents as lines, lists as text, what the preview shows, and the draft on its way to the disk."""

from __future__ import annotations

import threading
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.app.document_lines import Ink, Line, document_lines, gutters, highlighted, wrapped
from ciam_tui.app.keeper import DraftKeeper
from ciam_tui.app.literal import cell, drawn_in_place, literal
from ciam_tui.app.previewing import Tab, View, preview_of
from ciam_tui.core.asking.entries import join_entries, split_entries
from ciam_tui.core.draft import BucketDraft, CircleCiDraft, Draft, RoleDraft
from ciam_tui.core.findings import Finding
from ciam_tui.core.permissions import permission_policy
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.trust import trust_policy
from ciam_tui.ports.api import SavedDraft
from tests.app.fakes import NOW, WEB, WITH_PROJECTS, WITH_STAGES, FakeDrafts

TEXT = '{\n  "Version": "2012-10-17",\n  "Statement": [\n    {\n      "Sid": "List"\n    }\n  ]\n}'


def joined(line: Line) -> str:
    return "".join(text for text, _ in line.pieces)


# Documents


@given(st.lists(st.text(alphabet=st.characters(blacklist_categories=["Cs", "Cc"]), max_size=40), max_size=20))
def test_a_drawn_document_holds_every_character_of_it(texts: list[str]) -> None:
    lines = document_lines("\n".join(texts), ())
    assert "\n".join(joined(line) for line in lines) == "\n".join(texts)


@given(st.text(alphabet='ab "\\:{},', max_size=80), st.integers(8, 40))
def test_a_wrapped_line_loses_nothing_and_fits(text: str, width: int) -> None:
    rows = wrapped(Line(highlighted(text), "+", 2), width)
    assert all(len(joined(row)) <= width for row in rows)
    whole = joined(rows[0]) + "".join(joined(row)[min(2, width // 2) :] for row in rows[1:])
    assert whole == text
    assert [row.gutter for row in rows] == ["+", *[" "] * (len(rows) - 1)]


def test_prose_is_wrapped_between_words() -> None:
    finding = Line((("! one two three four", Ink.WARNING),), indent=2)
    assert [joined(row) for row in wrapped(finding, 10)] == ["! one two", "  three", "  four"]


def test_the_gutter_tells_new_lines_from_changed_ones() -> None:
    before = ["a", "b", "c"]
    assert gutters(["a", "b", "c"], before) == [" ", " ", " "]
    assert gutters(["a", "x", "c"], before) == [" ", "~", " "]
    assert gutters(["a", "b", "n", "c"], before) == [" ", " ", "+", " "]
    assert gutters(["a", "c"], before) == [" ", "-"]
    assert gutters(["a"], before) == ["-"]
    assert gutters([], before) == []
    assert gutters(["a"], ()) == [" "]


def test_a_finding_stands_under_the_line_it_is_about_and_above_all_where_it_is_about_none() -> None:
    about_list = Finding("x", Level.WARNING, "Wide.", "Narrow it.", "stages[0]", "build", "permissions", '"Sid": "List"')
    about_all = Finding("y", Level.ERROR, "Bad.", "", "stages[0]", "build", "permissions", "")
    lines = [joined(line) for line in document_lines(TEXT, (about_list, about_all))]
    assert lines[0] == "✗ Bad."
    assert lines[lines.index('      "Sid": "List"') + 1] == "      ! Wide. Narrow it."


# What is previewed


def test_the_preview_is_made_by_what_makes_the_policies_that_are_applied() -> None:
    stage = WITH_PROJECTS.stages[2]
    assert preview_of(WITH_PROJECTS, View(2, Tab.PERMISSIONS)).text == permission_policy(WITH_PROJECTS, stage).text
    assert preview_of(WITH_PROJECTS, View(2, Tab.TRUST)).text == trust_policy(WITH_PROJECTS, stage, WITH_PROJECTS.circleci.projects).text


def test_with_one_role_a_project_each_role_trusts_its_own() -> None:
    draft = replace(WITH_PROJECTS, role=RoleDraft("ci-", per_project=True))
    second = preview_of(draft, View(0, Tab.TRUST, 1))
    assert (second.role, second.role_number, second.role_count) == ("ci-web-build", 2, 2)
    assert second.text == trust_policy(draft, draft.stages[0], (WEB,)).text


def test_what_is_missing_for_a_document_is_named_with_its_step() -> None:
    draft = replace(WITH_STAGES, account_id="", bucket=BucketDraft(), circleci=CircleCiDraft())
    assert preview_of(draft, View(0, Tab.PERMISSIONS)).needs == ("an account (step 1)", "a bucket (step 2)")
    assert preview_of(draft, View(0, Tab.TRUST)).needs == ("an account (step 1)", "an organization (step 5)", "a project (step 5)")
    assert preview_of(Draft(), View()).needs == ("a stage (step 4)",)


# Lists as text


@given(st.lists(st.text(alphabet="ab/*,\\. -", min_size=1).filter(lambda entry: entry == entry.strip())))
def test_entries_survive_being_joined_and_split_whatever_commas_they_hold(entries: list[str]) -> None:
    assert split_entries(join_entries(entries)) == tuple(entries)


def test_spaces_around_entries_and_empty_entries_are_nothing() -> None:
    assert split_entries(" main ,, release/* ,") == ("main", "release/*")
    assert split_entries("ma in") == ("ma in",), "a space in a branch is for the rules to refuse"


# Outside text


@given(st.text(max_size=40))
def test_no_control_character_passes_the_door(text: str) -> None:
    for drawn in (literal(text).plain, cell(text).plain, drawn_in_place(text)):
        assert not any(char in drawn for char in "\x1b\x9b\r\a\u202e\u200b")


@given(st.text(max_size=40))
def test_what_an_input_draws_has_a_character_for_each_of_its_value(text: str) -> None:
    assert len(drawn_in_place(text)) == len(text)


# The draft on its way to the disk


def saved(number: int) -> SavedDraft:
    return SavedDraft(Draft(str(number)), "account", None, NOW)


def test_the_last_of_many_drafts_is_on_the_disk_after_a_flush() -> None:
    drafts = FakeDrafts()
    keeper = DraftKeeper(drafts, lambda _error: None)
    for number in range(200):
        keeper.keep(saved(number))
    assert keeper.flush()
    assert drafts.saved == saved(199)
    assert drafts.times <= 200


def test_a_slow_disk_keeps_nobody_waiting_and_skips_what_was_overtaken() -> None:
    gate, begun = threading.Event(), threading.Event()

    class Slow(FakeDrafts):
        def save(self, saved: SavedDraft) -> None:
            begun.set()
            gate.wait(180)
            super().save(saved)

    drafts = Slow()
    keeper = DraftKeeper(drafts, lambda _error: None)
    keeper.keep(saved(0))
    assert begun.wait(180)
    for number in range(1, 50):
        keeper.keep(saved(number))
    assert not keeper.flush(0.01)
    gate.set()
    assert keeper.flush()
    assert drafts.saved == saved(49)
    assert drafts.times == 2


def test_each_way_in_which_saving_fails_is_told_once() -> None:
    told: list[str] = []
    drafts = FakeDrafts(failure=CiamError("disk-full", "Not saved", "No space left."))
    keeper = DraftKeeper(drafts, lambda error: told.append(error.message))
    for number in range(3):
        keeper.keep(saved(number))
        assert not keeper.flush()
    drafts.failure = None
    keeper.keep(saved(3))
    assert keeper.flush()
    drafts.failure = CiamError("disk-full", "Not saved", "No space left.")
    keeper.keep(saved(4))
    keeper.flush()
    assert told == ["No space left.", "No space left."]


def test_flushing_with_nothing_to_save_is_immediate() -> None:
    assert DraftKeeper(FakeDrafts(), lambda _error: None).flush()
