"""The account that the commands are tried on: one server for all tests here, empty for each."""

from __future__ import annotations

from tests.commands.shell import shell
from tests.served_account import account, served

__all__ = ["account", "served", "shell"]
