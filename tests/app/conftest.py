"""What a whole run of the app's tests would pay for a hundred times, and no test is about."""

from __future__ import annotations

import pytest
from textual.app import App

from ciam_tui.app import background


@pytest.fixture(autouse=True, scope="session")
def _garbage_is_collected_once() -> None:
    """The first screen of every app looks through all that is loaded, which in a run of tests is most of the house and of moto."""
    background.collect_garbage_seldom()


@pytest.fixture(autouse=True)
def _no_full_collection_at_each_start(_garbage_is_collected_once: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ciam_tui.app.screens.start.collect_garbage_seldom", lambda: None)


@pytest.fixture(autouse=True)
def _what_is_told_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the five seconds of a message are over before a test comes to read it."""
    monkeypatch.setattr(App, "NOTIFICATION_TIMEOUT", 3600)
