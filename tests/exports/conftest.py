"""The account that exports are applied to, and the real AWS CLI that does it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.exports.proofs import AwsCli
from tests.served_account import account, served

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.served_account import ServedAccount

__all__ = ["account", "served"]


@pytest.fixture(scope="session")
def aws_cli(served: ServedAccount, tmp_path_factory: pytest.TempPathFactory) -> Iterator[AwsCli]:
    cli = AwsCli(tmp_path_factory.mktemp("aws-cli"), served)
    yield cli
    cli.stop()
