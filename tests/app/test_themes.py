"""Both themes can be read on every terminal, and the one that was chosen is there again the next time."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from rich.color import Color, ColorSystem
from rich.terminal_theme import DEFAULT_TERMINAL_THEME

from ciam_tui.app.theme import LIGHT, THEME, THEMES, suited
from ciam_tui.ports.settings import DiskSettings
from ciam_tui.ports.state_dir import StateDir
from tests.app.driving import app_of, messages, running, shows
from tests.app.fakes import fake_session, signed_in

if TYPE_CHECKING:
    from pathlib import Path

    from textual.theme import Theme

READABLE = 4.5
SYSTEMS = {"truecolor": ColorSystem.TRUECOLOR, "256": ColorSystem.EIGHT_BIT, "standard": ColorSystem.STANDARD}


def channels(color: str, system: ColorSystem) -> tuple[float, ...]:
    """The colour as a terminal of `system` shows it, each channel as linear light."""
    shown = Color.parse(color).downgrade(system).get_truecolor(DEFAULT_TERMINAL_THEME)
    return tuple(each / 255 / 12.92 if each / 255 <= 0.03928 else ((each / 255 + 0.055) / 1.055) ** 2.4 for each in shown)


def contrast(one: str, other: str, system: ColorSystem = ColorSystem.TRUECOLOR) -> float:
    """The contrast of two colours as WCAG 2 has it: 1 to 21."""
    dark, light = sorted(
        0.2126 * red + 0.7152 * green + 0.0722 * blue for red, green, blue in (channels(one, system), channels(other, system))
    )
    return (light + 0.05) / (dark + 0.05)


def texts(theme: Theme) -> dict[str, str]:
    named = {name: getattr(theme, name) for name in ("foreground", "accent", "success", "warning", "error")}
    return {**named, "muted": theme.variables["muted"]}


def surfaces(theme: Theme) -> dict[str, str]:
    return {**{name: getattr(theme, name) for name in ("background", "surface", "panel")}, "mark": theme.variables["mark"]}


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_every_text_can_be_read_on_every_surface(theme: Theme, system: str) -> None:
    there = suited(theme, system)
    found = {
        (text, surface): round(contrast(ink, paper, SYSTEMS[system]), 1)
        for text, ink in texts(there).items()
        for surface, paper in surfaces(there).items()
    }
    assert {pair: each for pair, each in found.items() if each < READABLE} == {}


@pytest.mark.parametrize("theme", THEMES, ids=lambda theme: theme.name)
def test_what_is_typed_and_what_the_cursor_is_on_can_be_read(theme: Theme) -> None:
    held = theme.variables
    assert contrast(held["input-cursor-foreground"], held["input-cursor-background"]) >= READABLE
    assert contrast(held["block-cursor-foreground"], held["block-cursor-background"]) >= READABLE
    assert contrast(theme.foreground or "", held["input-selection-background"]) >= READABLE


def test_the_accent_stays_a_colour_of_its_own_with_256_colours() -> None:
    """A Mac's Terminal has no more: the accent must not become the grey of what is quiet, nor the colour of text."""
    for theme in THEMES:
        shown = {name: Color.parse(ink).downgrade(ColorSystem.EIGHT_BIT).number for name, ink in texts(theme).items()}
        assert len(set(shown.values())) == len(shown), shown


def test_the_themes_say_the_same_things() -> None:
    assert set(THEME.variables) == set(LIGHT.variables)
    assert suited(THEME, "truecolor") is THEME
    assert suited(THEME, None) is THEME


async def test_f12_changes_between_them_and_the_choice_is_kept(tmp_path: Path) -> None:
    settings = DiskSettings(StateDir.of(tmp_path / "state"))
    session = fake_session()
    session.keep_theme = settings.keep_theme
    async with running(session) as pilot:
        assert app_of(pilot).theme == THEME.name
        await pilot.press("f12")
        await shows(pilot, lambda: app_of(pilot).theme == LIGHT.name)
    assert settings.theme() == LIGHT.name
    assert stat.S_IMODE((tmp_path / "state" / "settings.json").stat().st_mode) == 0o600
    session = signed_in()
    session.theme = settings.theme()
    async with running(session) as pilot:
        assert app_of(pilot).theme == LIGHT.name


async def test_a_theme_that_cannot_be_kept_is_used_and_that_is_said(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("a file where a folder should be")
    session = fake_session()
    session.keep_theme = DiskSettings(StateDir.of(tmp_path / "state")).keep_theme
    async with running(session) as pilot:
        await pilot.press("f12")
        await shows(pilot, lambda: "The theme is this one until you leave." in messages(pilot))
        assert app_of(pilot).theme == LIGHT.name


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"theme": 1}', b'{"theme": "gone"}', b"\xff", b"[" * 5000])
async def test_settings_that_say_nothing_are_no_reason_not_to_begin(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "settings.json").write_bytes(content)
    theme = DiskSettings(StateDir.of(tmp_path)).theme()
    assert theme in ("", "gone")
    if theme:
        session = fake_session()
        session.theme = theme
        async with running(session) as pilot:
            assert app_of(pilot).theme == THEME.name
