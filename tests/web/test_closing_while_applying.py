"""A tab that is closed in the middle of a run is a terminal that is closed: what was begun is in the journal, and is gone on with from there."""

from __future__ import annotations

import asyncio
import contextlib
import io
import json
import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from ciam_tui.cli import main
from ciam_tui.core.draft import Draft
from ciam_tui.ports.api import SavedDraft
from ciam_tui.ports.disk import DiskDrafts, StateDir
from tests.faulty_proxy import Fault, FaultyProxy
from tests.processes.worlds import NOTHING
from tests.served_account import account, served
from tests.web.tab import Tab
from tests.web.waiting import PATIENCE_SECONDS, children_of, until_it_ended

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.served_account import ServedAccount

__all__ = ["account", "served"]


def does(*words: str) -> None:
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        code = main(list(words))
    assert code == 0, output.getvalue()


def kept_draft(setup: str, state: Path) -> None:
    """A draft that is done but for Review."""
    answered = json.loads(Path(setup).read_text(encoding="utf-8"))
    DiskDrafts(StateDir.of(state)).save(SavedDraft(Draft.of(answered), "review", None, datetime.now(UTC)))


@contextlib.contextmanager
def serving(state: Path, environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """The server, whose wizard knows of no CircleCI: the demo's has another organization than the example's Setup."""
    kept = {name: value for name, value in (os.environ | environment).items() if not name.startswith("CIRCLE")}
    words = [sys.executable, "-m", "ciam_tui", "serve", "--state-dir", str(state)]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=kept) as process:
        try:
            yield process
        finally:
            process.kill()


@pytest.mark.long
async def test_a_tab_closed_in_the_middle_of_a_call_leaves_a_run_that_goes_on(
    account: ServedAccount, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "state"
    kept_draft(NOTHING.prepare(account, tmp_path), state)
    for name, value in account.sandbox.environment().items():
        monkeypatch.setenv(name, value)
    with FaultyProxy(account.sandbox) as proxy:
        proxy.inject(Fault.FROZEN, "CreateRole", passed_on=True)
        with serving(state, proxy.environment()) as process:
            assert process.stdout is not None
            async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
                tab = Tab(session, process.stdout.readline().strip())
                await tab.open()
                await tab.until("signed in as")
                await tab.press("\r")
                await tab.until("no CircleCI token")
                await tab.press("\r")
                await tab.until("Nothing has been changed yet")
                await tab.press("\x01")
                await tab.until("Apply this plan?")
                await tab.press("\t\r")
                assert await asyncio.to_thread(proxy.frozen.wait, PATIENCE_SECONDS)
                (wizard,) = children_of(process.pid)
                await tab.page.close()
                await until_it_ended(wizard)
            process.send_signal(signal.SIGINT)
            assert process.wait(PATIENCE_SECONDS) == 0
    does("resume", "--state-dir", str(state))
    assert {role["RoleName"] for role in account.iam.list_roles()["Roles"]} == {"circleci-web-build"}
    does("undo", "last", "--yes", "--state-dir", str(state))
    assert account.iam.list_roles()["Roles"] == []
