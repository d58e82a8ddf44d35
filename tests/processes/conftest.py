"""The account that real processes of the program are let loose on, and killed at: one server for all tests here, empty for each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ciam_tui import apply
from ciam_tui.ports.sandbox.launch import start_sandbox
from tests.served_account import ServedAccount

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.ports.sandbox.launch import Sandbox


@pytest.fixture(scope="session")
def account_server() -> Iterator[Sandbox]:
    with start_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def account(account_server: Sandbox, monkeypatch: pytest.MonkeyPatch) -> ServedAccount:
    """An empty account, to which this process's AWS settings lead. What runs within this process does not pause between writes."""
    served = ServedAccount(account_server)
    served.empty()
    for name, value in account_server.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(apply, "IAM_PAUSE_SECONDS", 0)
    return served
