"""Users, keys and groups for the tests of the listing and the understanding, in few words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from ciam_tui.core.users.facts import AccessKey, LastUse, User

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
ACCOUNT_ID = "123456789012"


def ago(days: float) -> datetime:
    return NOW - timedelta(days=days)


def key(end: str = "", *, days: float = 100, used: float | None = None, status: str = "Active", is_read: bool = True) -> AccessKey:
    """A key made `days` ago and last used `used` days ago; without `end` its id is unknown, and with `is_read` false its last use."""
    use = LastUse(None if used is None else ago(used), "s3" if used is not None else "") if is_read else None
    return AccessKey(f"AKIA{end:X>16}" if end else "", status, ago(days), use)


def user(name: str = "ci", *keys: AccessKey, **fields: Any) -> User:
    """A user of whom nothing else is there, unless `fields` say so."""
    nothing: dict[str, Any] = {"has_password": False, "mfa": (), "ssh_keys": (), "certificates": (), "service_credentials": ()}
    return User(name, f"AIDA{name.upper()}", f"arn:aws:iam::{ACCOUNT_ID}:user/{name}", keys=keys, **(nothing | fields))
