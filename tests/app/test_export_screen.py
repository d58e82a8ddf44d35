"""The exports in the wizard: every format one key away, looked at, copied or saved, and no file replaced unasked."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from textual.widgets import Input

from ciam_tui.app.screens.export import ExportScreen
from ciam_tui.app.screens.save_export import SaveExportScreen
from ciam_tui.app.widgets.picker import Picker
from ciam_tui.core.draft import Draft
from ciam_tui.core.export.formats import ABOUT, ALL, FORMATS, ExportChoices, exported
from ciam_tui.core.setup import finish
from tests.app.driving import NARROW, WIDE, answering, app_of, messages, screen_text, shows
from tests.app.fakes import WITH_PROJECTS, FakeClipboard, signed_in

if TYPE_CHECKING:
    from pathlib import Path

    from textual.pilot import Pilot

    from ciam_tui.core.export.files import ExportFile


def files_of(name: str, *, contexts: bool = False) -> tuple[ExportFile, ...]:
    setup = finish(WITH_PROJECTS)
    assert not isinstance(setup, tuple)
    return exported(setup, name, ExportChoices(contexts=contexts))


def rows(pilot: Pilot[None]) -> list[str]:
    return [row.key for row in pilot.app.screen.query_one(Picker).rows]


async def opened(pilot: Pilot[None]) -> Picker:
    await pilot.press("ctrl+s")
    await shows(pilot, lambda: isinstance(pilot.app.screen, ExportScreen) and rows(pilot))
    return pilot.app.screen.query_one(Picker)


async def at(pilot: Pilot[None], name: str) -> None:
    """The cursor on the first file of the format called `name`."""
    picker = await opened(pilot)
    steps = next(place for place, row in enumerate(picker.rows) if row.key.partition("/")[0] == name)
    await pilot.press(*["down"] * steps)
    await pilot.pause()


async def into(pilot: Pilot[None], folder: Path) -> None:
    await shows(pilot, lambda: isinstance(pilot.app.screen, SaveExportScreen))
    pilot.app.screen.query_one(Input).value = str(folder)
    pilot.app.screen.query_one(Input).focus()
    await pilot.press("enter")


def test_every_format_is_described() -> None:
    assert list(ABOUT) == [*FORMATS, ALL]


@pytest.mark.parametrize("size", [NARROW, WIDE], ids=["80x24", "120x36"])
async def test_every_file_of_every_format_is_listed_and_the_one_at_hand_is_shown_and_copied(size: tuple[int, int]) -> None:
    session, clipboard = signed_in(), FakeClipboard()
    session.clipboard = clipboard
    async with answering(session, WITH_PROJECTS, "stages", size) as pilot:
        await at(pilot, "terraform")
        assert rows(pilot) == [*(f"{name}/{file.path}" for name in FORMATS for file in files_of(name)), ALL]
        assert "# The AWS roles of CircleCI jobs" in screen_text(pilot)
        await pilot.press("y")
        await shows(pilot, lambda: "Copied" in messages(pilot))
        assert clipboard.text == files_of("terraform")[0].text
        await pilot.press("escape")
        await shows(pilot, lambda: not isinstance(pilot.app.screen, ExportScreen))


async def test_a_clipboard_that_cannot_be_reached_is_not_said_to_hold_the_file() -> None:
    session = signed_in()
    session.clipboard = FakeClipboard(works=False)
    async with answering(session, WITH_PROJECTS, "stages") as pilot:
        await opened(pilot)
        await pilot.press("y")
        await shows(pilot, lambda: "No clipboard here" in messages(pilot))


async def test_an_export_writes_the_files_and_asks_before_it_replaces_any(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        await opened(pilot)
        await pilot.press("enter")
        await into(pilot, folder)
        await shows(pilot, lambda: "files written" in messages(pilot))
        assert (folder / "circleci-build.trust.json").exists()
        (folder / "provider.json").write_text("mine")
        await pilot.press("ctrl+s")
        await into(pilot, folder)
        await shows(pilot, "Replace files?")
        await pilot.press("enter", "escape")
        await pilot.pause()
        assert (folder / "provider.json").read_text() == "mine"


def written_in(folder: Path) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}


async def test_each_format_is_written_as_the_command_writes_it(tmp_path: Path) -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        picker = await opened(pilot)
        for name in (*FORMATS, ALL):
            steps = next(place for place, row in enumerate(picker.rows) if row.key.partition("/")[0] == name)
            await pilot.press("home", *["down"] * steps, "enter")
            await shows(pilot, "Into which folder?")
            await into(pilot, tmp_path / name)
            await shows(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
            assert written_in(tmp_path / name) == {file.path: file.text for file in files_of(name)}


async def test_jobs_are_given_contexts_where_that_is_ticked(tmp_path: Path) -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        await at(pilot, "circleci")
        await pilot.press("enter")
        await shows(pilot, "Into which folder?")
        await pilot.press("shift+tab", "space", "enter")
        await into(pilot, tmp_path)
        await shows(pilot, lambda: isinstance(pilot.app.screen, ExportScreen))
        written = {file.path: (tmp_path / file.path).read_text() for file in files_of("circleci")}
    assert written == {file.path: file.text for file in files_of("circleci", contexts=True)}


async def test_a_wired_set_up_exports_its_contexts_unless_that_is_unticked() -> None:
    session = signed_in()
    async with answering(session, WITH_PROJECTS, "stages", NARROW) as pilot:
        session.wires = True
        await at(pilot, "circleci")
        await pilot.press("enter")
        await shows(pilot, "[x] each job with the context called as its role")


async def test_a_set_up_that_has_lost_an_answer_says_so_in_place_of_files() -> None:
    async with answering(signed_in(), WITH_PROJECTS, "stages") as pilot:
        app = app_of(pilot)
        app.push_screen(ExportScreen(app.session, Draft()))
        await shows(pilot, "! ")
        await pilot.press("y", "enter")
        await shows(pilot, lambda: "There is no file to copy yet." in messages(pilot))
        await shows(pilot, lambda: "There are no files yet." in messages(pilot))
