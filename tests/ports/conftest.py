"""The account that the tests of the ports read and change: one moto server a session, empty for each test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.moto_server import access_to, moto_server, reset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.ports.aws import BotoAws


@pytest.fixture(scope="session")
def server_url() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def endpoint(server_url: str) -> str:
    reset(server_url)
    return server_url


@pytest.fixture
def aws(endpoint: str) -> Iterator[BotoAws]:
    account = access_to(endpoint).open(None, None)
    yield account
    account.close()
