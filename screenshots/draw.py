"""Draws the pictures of this folder by driving the demo: `make screenshots`. The same demo gives the same pictures, letter for letter.

Each picture is taken on the way of one set-up through the wizard, on the embedded account, with a clock that stands still.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import secrets
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

from ciam_tui.app.app import CiamApp
from ciam_tui.app.launch import demo_session
from ciam_tui.app.screens.review import ASKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from textual.pilot import Pilot

HERE = Path(__file__).parent
SIZE = (120, 36)
PATIENCE_SECONDS = 300.0


class StandingClock:
    """Noon of one day, however long one sleeps."""

    def now(self) -> datetime:
        return datetime(2026, 1, 2, 12, 0, tzinfo=UTC)

    def sleep(self, seconds: float) -> None:
        pass


def drawn() -> dict[str, str]:
    """The pictures by file name, as SVG."""
    with patch.dict(os.environ, {"TERM": "xterm-256color", "COLORTERM": "truecolor"}):  # a terminal with fewer colours gets others
        return asyncio.run(_drawn())


async def _drawn() -> dict[str, str]:
    pictures: dict[str, str] = {}
    args = argparse.Namespace(profile=None, region=None, read_only=False, state_dir=None)
    with tempfile.TemporaryDirectory() as folder, patch.object(secrets, "token_hex", lambda _: "3f9c"):
        args.state_dir = Path(folder)
        with demo_session(args) as session:
            session.clock = StandingClock()
            app = CiamApp(session)
            async with app.run_test(size=SIZE) as pilot:
                await _set_up(app, pilot, pictures)
    return pictures


async def _set_up(app: CiamApp, pilot: Pilot[None], pictures: dict[str, str]) -> None:
    async def on(text: str, *keys: str) -> None:
        """Wait for `text` on the screen, then press `keys`."""
        await _until(pilot, lambda: text in _text(app), text)
        await pilot.press(*keys)
        await pilot.pause()

    async def take(name: str) -> None:
        app.clear_notifications()
        await pilot.pause(0.4)
        pictures[f"{name}.svg"] = app.export_screenshot(title="ciam-tui demo")

    await on("signed in as")
    await take("start")
    await on("New set-up", "enter")
    await on("dana.operator", "enter")
    await on("builds.acme.example", "slash", *"builds.acme", "enter")
    await on("builds/ ", "slash", *"builds/", "enter")
    await on("build, test, deploy", "enter")
    await on("read write delete", "down", "down")
    await take("stages")
    await on("Stages", "enter")
    await on("gh/acme", "enter")
    await on("admin-console", "tab", "end", "space")
    await on("github.com/acme/web")
    await on("default branch")
    await take("circleci")
    await on("Projects", "enter", "enter", "enter", "enter", "enter", "enter")
    await on("Plan")
    await on("Create role")
    await _until(pilot, lambda: not any(each.group == ASKING and each.is_running for each in app.workers), "AWS's second opinion")
    await take("review")
    await on("Create role", "ctrl+a")
    await on("Apply this plan?", "tab", "enter")
    await on("Verified")
    await take("done")


def _text(app: CiamApp) -> str:
    return "\n".join(strip.text for strip in app.screen._compositor.render_strips())  # noqa: SLF001 - the screen as a reader sees it


async def _until(pilot: Pilot[None], holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        if time.monotonic() > deadline:
            raise TimeoutError(f"{what} never came:\n{_text(pilot.app)}")  # type: ignore[arg-type]  # the app of this file
        await pilot.pause(0.05)
    await pilot.pause()


def main() -> int:
    """Write the pictures that changed, and say which."""
    for name, picture in drawn().items():
        path = HERE / name
        is_new = not path.exists() or path.read_text(encoding="utf-8") != picture
        if is_new:
            path.write_text(picture, encoding="utf-8")
        print(f"{'drawn  ' if is_new else 'as it was'} {path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path}")  # noqa: T201 - a script
    return 0


if __name__ == "__main__":
    os.environ.pop("NO_COLOR", None)
    sys.exit(main())
