"""The account that real processes of the program are let loose on, and killed at: one server for all tests here, empty for each."""

from __future__ import annotations

from tests.served_account import account, served

__all__ = ["account", "served"]
