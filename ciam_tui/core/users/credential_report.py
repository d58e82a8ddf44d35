"""The credential report: every user with keys, their ages and last uses, in one CSV, where asking user by user takes thousands of requests.

It knows no ids of keys, tells an expired key as one that is not active, and is up to four hours old. What it does not say is left unknown
here, so that somebody else can be asked. https://docs.aws.amazon.com/IAM/latest/UserGuide/id_credentials_getting-report.html
"""

from __future__ import annotations

import csv
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ciam_tui.core.users.facts import AccessKey, LastUse

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

# IAM makes a new one at most every four hours; a quarter of an hour is for clocks that differ and for the making.
FRESH = timedelta(hours=4, minutes=15)
_ROOT = "<root_account>"
_NOTHING = frozenset({"", "n/a"})  # there is none, or it never was
_UNKNOWN = frozenset({"no_information", "not_supported"})
_SLOTS = ("1", "2")


@dataclass(frozen=True, slots=True)
class ReportedUser:
    """A user with keys. Those keys have no ids; a status that is not Active may be Expired; a `last_use` of None is not told."""

    name: str
    arn: str
    created_at: datetime | None
    keys: tuple[AccessKey, ...]
    has_password: bool | None = None

    @property
    def is_certain(self) -> bool:
        """Whether nothing is left to ask of AWS but ids."""
        return all(key.is_active and key.last_use is not None for key in self.keys)


@dataclass(frozen=True, slots=True)
class CredentialReport:
    """What a report says. Of the users without keys, which are most, the names are enough."""

    at: datetime
    with_keys: Mapping[str, ReportedUser] = field(default_factory=dict)
    without_keys: frozenset[str] = frozenset()

    def is_fresh(self, now: datetime) -> bool:
        """Whether AWS would give no newer one."""
        return now - self.at <= FRESH


def read_report(text: str, at: datetime) -> CredentialReport:
    """The report in `text`, made at `at`. Columns are found by their names; a user whose keys it does not tell is in neither set."""
    with_keys: dict[str, ReportedUser] = {}
    without_keys: list[str] = []
    for row in csv.DictReader(text.splitlines()):
        name = row.get("user")
        if not name or name == _ROOT:
            continue
        keys = tuple(_keys(row))
        if keys:
            with_keys[name] = ReportedUser(
                name, row.get("arn") or "", _moment(row.get("user_creation_time")), keys, _is(row, "password_enabled")
            )
        elif all(_is(row, f"access_key_{slot}_active") is False for slot in _SLOTS):
            without_keys.append(name)
    return CredentialReport(at, with_keys, frozenset(without_keys))


def _keys(row: Mapping[str, str | None]) -> Iterator[AccessKey]:
    """The keys of a row. One that is inactive is there as long as it has a date."""
    for slot in _SLOTS:
        is_active = _is(row, f"access_key_{slot}_active")
        made = _moment(row.get(f"access_key_{slot}_last_rotated"))
        if is_active or made is not None:
            yield AccessKey("", "Active" if is_active else "Inactive", made, _last_use(row, slot))


def _last_use(row: Mapping[str, str | None], slot: str) -> LastUse | None:
    date, service, region = (row.get(f"access_key_{slot}_last_used_{column}") for column in ("date", "service", "region"))
    if _folded(date) in _NOTHING and date is not None:
        return LastUse(None)
    at = _moment(date)
    if at is None or any(each is None or _folded(each) in _UNKNOWN for each in (service, region)):
        return None
    return LastUse(at, *("" if _folded(each) in _NOTHING else str(each) for each in (service, region)))


def _is(row: Mapping[str, str | None], column: str) -> bool | None:
    """Some reports say TRUE, some true."""
    return {"true": True, "false": False}.get(_folded(row.get(column)))


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _folded(text: str | None) -> str:
    return (text or "").strip().lower()


def merged(reported: Sequence[AccessKey], listed: Sequence[AccessKey]) -> tuple[AccessKey, ...]:
    """The keys that IAM lists, which alone have ids and are up to date, with the last uses of the report's keys made at the same second.

    Where it cannot be told which is which, the last use stays unknown.
    """
    return tuple(replace(key, last_use=key.last_use or _use_of(key, reported, listed)) for key in listed)


def _use_of(key: AccessKey, reported: Sequence[AccessKey], listed: Sequence[AccessKey]) -> LastUse | None:
    if len(reported) == len(listed) == 1:
        return reported[0].last_use
    alike = [each for each in reported if each.created_at == key.created_at]
    twins = [each for each in listed if each.created_at == key.created_at]
    return alike[0].last_use if len(alike) == len(twins) == 1 else None
