"""Chromium for the tests that need one: skipped where there is none, unless CIAM_TUI_BROWSER=required says that they must run."""

from __future__ import annotations

import os
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from tests.web.browser import CHROMIUM, Browser, BrowserDoesNotStart, chromium

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

# Read before any test begins: each test's machine has no variable of ours.
IS_REQUIRED = os.environ.get("CIAM_TUI_BROWSER") == "required"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Browser]:
    """A browser with an empty profile. One for all tests of a module, since each page has a context that shares nothing with the others."""
    if CHROMIUM is None:
        assert not IS_REQUIRED, "CIAM_TUI_BROWSER=required, and there is no Chromium"
        pytest.skip("no Chromium here: install it (Debian: apt-get install chromium) to see the wizard in a browser")
    profile = tmp_path_factory.mktemp("browser") / "profile"
    async with AsyncExitStack() as stack:
        try:
            running = await stack.enter_async_context(chromium(profile))
        except BrowserDoesNotStart as error:
            if IS_REQUIRED:
                raise
            pytest.skip(str(error))
        yield running
