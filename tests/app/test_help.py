"""F1 is about what has the focus, wherever that is: every part of every screen has a text of its own."""

from __future__ import annotations

import importlib
import pkgutil
from typing import TYPE_CHECKING, Any

import pytest
from textual.screen import ModalScreen, Screen

from ciam_tui.app import screens
from ciam_tui.app.helping import path_of
from ciam_tui.app.intents import BY_WANT, Want
from ciam_tui.app.jobs import review
from ciam_tui.app.previewing import View
from ciam_tui.app.screens.apply import ApplyScreen
from ciam_tui.app.screens.audit import AuditScreen
from ciam_tui.app.screens.base import WorkScreen
from ciam_tui.app.screens.confirm import ConfirmScreen
from ciam_tui.app.screens.dialog import Dialog
from ciam_tui.app.screens.done import DoneScreen
from ciam_tui.app.screens.export import ExportScreen
from ciam_tui.app.screens.help import HelpScreen
from ciam_tui.app.screens.mfa import MfaScreen
from ciam_tui.app.screens.preview import PreviewScreen
from ciam_tui.app.screens.problem import ProblemScreen
from ciam_tui.app.screens.review import ReviewScreen
from ciam_tui.app.screens.runs import RunsScreen
from ciam_tui.app.screens.save_export import SaveExportScreen
from ciam_tui.app.screens.token import TokenScreen
from ciam_tui.app.screens.undo import UndoScreen
from ciam_tui.core.asking.help_texts import TEXTS, help_for
from ciam_tui.core.problems import CiamError
from ciam_tui.core.steps import STEPS
from tests.app.driving import answering_now, app_of, running, shows
from tests.app.fakes import IDENTITY, WITH_PROJECTS, signed_in
from tests.app.memory_account import Gate, MemoryAws, example_draft, memory_session

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from textual.pilot import Pilot

    from ciam_tui.app.session import Session

NOTHING = help_for("there is no such answer")


def texts_here(pilot: Pilot[None]) -> dict[str, str]:
    """The title of the help for each part of the screen that can have the focus, by the part."""
    screen = pilot.app.screen
    found = {}
    for number, widget in enumerate(screen.focus_chain):
        assert isinstance(screen, WorkScreen | Dialog)
        text = help_for(path_of(widget, screen.ABOUT))
        assert text is not NOTHING, f"F1 has nothing to say about {widget} of {screen}"
        assert text.short
        found[f"{number} {type(widget).__name__} {widget.id}"] = text.title
    return found


@pytest.mark.parametrize("step", [step.id for step in STEPS if step.id != "review"])
async def test_every_part_of_a_step_is_explained(step: str) -> None:
    async with running(signed_in()) as pilot:
        await answering_now(pilot, WITH_PROJECTS, step)  # type: ignore[arg-type] # its id is that of a step
        for name in ("#role-form", "#server-form"):
            for folded in pilot.app.screen.query(name):
                folded.display = True
        await pilot.pause()
        found = texts_here(pilot)
        assert len(set(found.values())) == len(found), found


def _undo(session: Session) -> Screen[Any]:
    job = review(session, example_draft(), frozenset(), lambda _: None).job()
    for _ in job.begin(lambda: False):
        pass
    return UndoScreen(session, job.run_id)


def _done(session: Session) -> Screen[Any]:
    job = review(session, example_draft(), frozenset(), lambda _: None).job()
    for _ in job.begin(lambda: False):
        pass
    return DoneScreen(session, job.run_id)


def _applying(session: Session) -> Screen[Any]:
    """A run whose third call is held up until the screen goes."""
    gate, aws = Gate(2), session.need_aws()
    assert isinstance(aws, MemoryAws)
    aws.before_send = gate
    screen = ApplyScreen(session, review(session, example_draft(), frozenset(), lambda _: None).job())
    gate.opened = screen._stop
    return screen


SCREENS: dict[str, Callable[[Session], Screen[Any]]] = {
    "preview": lambda session: PreviewScreen(session, WITH_PROJECTS, View()),
    "review": lambda session: ReviewScreen(session, example_draft()),
    "apply": _applying,
    "done": _done,
    "undo": _undo,
    "runs": RunsScreen,
    "audit": AuditScreen,
    "token": lambda session: TokenScreen(session, example_draft(), View()),
    "confirm": lambda _: ConfirmScreen("Delete?", ["Gone."], "Delete", token="x", identity=IDENTITY),
    "export": lambda session: ExportScreen(session, example_draft()),
    "save-export": lambda _: SaveExportScreen(example_draft(), "all", facts=None, wires=False),
    "mfa": lambda _: MfaScreen("MFA code for dana"),
    "problem": lambda _: ProblemScreen(CiamError("odd", "Odd", "It is odd.", ["Look."])),
}


@pytest.mark.parametrize("name", SCREENS)
async def test_every_part_of_a_screen_is_explained(name: str) -> None:
    session = memory_session()
    async with running(session) as pilot:
        screen = SCREENS[name](session)
        app_of(pilot).push_screen(screen)
        await shows(pilot, lambda: pilot.app.screen is screen and bool(screen.focus_chain))
        if name == "review":
            await shows(pilot, lambda: isinstance(screen, ReviewScreen) and screen.plan is not None)
        found = texts_here(pilot)
        assert found
        if isinstance(screen, WorkScreen):
            assert len(set(found.values())) == len(found), found


def test_every_screen_and_dialog_there_is_has_a_text_about_it() -> None:
    """Also those that nobody has listed above. Of three screens every part has a text of its own."""
    for module in pkgutil.iter_modules(screens.__path__, f"{screens.__name__}."):
        importlib.import_module(module.name)
    found = {each.__name__: each for each in subclasses(Screen) if each.__module__.startswith("ciam_tui.")}
    assert {name for name, each in found.items() if issubclass(each, ModalScreen) and not issubclass(each, Dialog)} == {"HelpScreen"}
    shown = {name: each for name, each in found.items() if issubclass(each, WorkScreen | Dialog) and not each.__subclasses__()}
    silent = {name for name, each in shown.items() if help_for(each.ABOUT) is NOTHING}
    assert silent == {"WizardScreen", "StartScreen", "PreviewScreen"}


def subclasses(parent: type[Any]) -> Iterator[type[Any]]:
    for each in parent.__subclasses__():
        yield each
        yield from subclasses(each)


@pytest.mark.parametrize("key", BY_WANT[Want.HELP].keys)
async def test_f1_opens_the_help_of_a_dialog_and_leaves_the_dialog_as_it_was(key: str) -> None:
    async with running(signed_in()) as pilot:
        dialog = ConfirmScreen("Delete?", ["Gone."], "Delete", token="x", identity=IDENTITY)
        pilot.app.push_screen(dialog)
        await shows(pilot, lambda: pilot.app.screen is dialog)
        await pilot.press(key)
        await shows(pilot, lambda: isinstance(pilot.app.screen, HelpScreen))
        await shows(pilot, TEXTS["confirm"].title)
        await pilot.press("escape")
        await shows(pilot, lambda: pilot.app.screen is dialog)
