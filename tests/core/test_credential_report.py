"""The credential report, read as AWS writes it: who has keys, what it says of them, and what it leaves open."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.users.credential_report import FRESH, CredentialReport, merged, read_report
from ciam_tui.core.users.facts import AccessKey, LastUse
from tests.core.listed_users import NOW, ago

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

COLUMNS = [
    "user",
    "arn",
    "user_creation_time",
    "password_enabled",
    "password_last_used",
    "password_last_changed",
    "password_next_rotation",
    "mfa_active",
    "access_key_1_active",
    "access_key_1_last_rotated",
    "access_key_1_last_used_date",
    "access_key_1_last_used_region",
    "access_key_1_last_used_service",
    "access_key_2_active",
    "access_key_2_last_rotated",
    "access_key_2_last_used_date",
    "access_key_2_last_used_region",
    "access_key_2_last_used_service",
    "cert_1_active",
    "cert_1_last_rotated",
    "cert_2_active",
    "cert_2_last_rotated",
]
NONE = {column: "false" if column.endswith(("_active", "_enabled")) else "N/A" for column in COLUMNS if column not in ("user", "arn")}
MADE, USED = "2025-06-02T13:05:00+00:00", "2026-08-19T16:42:00+00:00"
ACTIVE = {"access_key_1_active": "true", "access_key_1_last_rotated": MADE}
IN_USE = ACTIVE | {
    "access_key_1_last_used_date": USED,
    "access_key_1_last_used_region": "us-east-1",
    "access_key_1_last_used_service": "s3",
}


def report(*rows: Mapping[str, str], columns: Sequence[str] = COLUMNS) -> CredentialReport:
    text = io.StringIO()
    writer = csv.DictWriter(text, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows({**NONE, "user": "ci", "arn": "arn:aws:iam::123456789012:user/ci", **row} for row in rows)
    return read_report(text.getvalue(), NOW)


def keys_of(row: Mapping[str, str]) -> tuple[AccessKey, ...]:
    return report(row).with_keys["ci"].keys


def test_a_key_in_use_is_told_with_its_age_and_its_last_use() -> None:
    (told,) = keys_of(IN_USE)
    assert told == AccessKey(
        "", "Active", datetime(2025, 6, 2, 13, 5, tzinfo=UTC), LastUse(datetime(2026, 8, 19, 16, 42, tzinfo=UTC), "s3", "us-east-1")
    )
    assert report(IN_USE).with_keys["ci"].is_certain


@pytest.mark.parametrize(
    ("changes", "last_use"),
    [
        ({}, LastUse(None)),
        ({"access_key_1_last_used_date": USED}, LastUse(datetime(2026, 8, 19, 16, 42, tzinfo=UTC))),
        ({"access_key_1_last_used_date": "no_information"}, None),
        ({"access_key_1_last_used_date": "not_supported"}, None),
        ({"access_key_1_last_used_date": USED, "access_key_1_last_used_service": "not_supported"}, None),
        ({"access_key_1_last_used_date": "yesterday"}, None),
    ],
    ids=["never", "of a service without region", "no information", "not supported", "service not supported", "no date"],
)
def test_a_last_use_that_the_report_does_not_tell_is_unknown_and_not_never(changes: dict[str, str], last_use: LastUse | None) -> None:
    (told,) = keys_of(ACTIVE | changes)
    assert told.last_use == last_use


@pytest.mark.parametrize("yes", ["true", "TRUE", "True"])
def test_yes_is_yes_in_whatever_case(yes: str) -> None:
    row = report({**ACTIVE, "access_key_1_active": yes, "password_enabled": yes}).with_keys["ci"]
    assert row.keys[0].is_active
    assert row.has_password


def test_a_key_that_is_not_active_is_there_and_may_be_expired() -> None:
    row = report({"access_key_2_active": "FALSE", "access_key_2_last_rotated": MADE}).with_keys["ci"]
    assert [each.status for each in row.keys] == ["Inactive"]
    assert not row.is_certain


def test_users_without_keys_and_the_root_user_are_no_users_with_keys() -> None:
    read = report({"user": "dana"}, {**IN_USE, "user": "<root_account>"}, IN_USE)
    assert (set(read.with_keys), set(read.without_keys)) == ({"ci"}, {"dana"})


def test_columns_are_found_by_name_and_a_user_of_whom_they_say_nothing_is_in_neither_set() -> None:
    turned = report(IN_USE, columns=tuple(reversed(COLUMNS)))
    assert turned.with_keys == report(IN_USE).with_keys
    silent = report(IN_USE, columns=["user", "arn"])
    assert (dict(silent.with_keys), silent.without_keys) == ({}, frozenset())


@pytest.mark.parametrize("age", [timedelta(0), timedelta(hours=4), FRESH])
def test_a_report_is_fresh_as_long_as_aws_gives_no_newer_one(age: timedelta) -> None:
    assert CredentialReport(NOW).is_fresh(NOW + age)
    assert not CredentialReport(NOW).is_fresh(NOW + FRESH + timedelta(seconds=1))


@given(st.text(), st.lists(st.text(st.characters(exclude_characters='"'), max_size=20)))
def test_no_text_breaks_the_reading(text: str, values: list[str]) -> None:
    read = read_report(f"{','.join(COLUMNS)}\n{','.join(values)}\n{text}", NOW)
    assert all(user.keys for user in read.with_keys.values())
    assert not read.without_keys & set(read.with_keys)


def test_listed_keys_get_the_last_uses_of_those_made_at_the_same_time() -> None:
    reported = (AccessKey("", "Active", ago(10), LastUse(ago(1))), AccessKey("", "Inactive", ago(20), LastUse(ago(2))))
    listed = (AccessKey("AKIA2", "Expired", ago(20)), AccessKey("AKIA1", "Active", ago(10)))
    assert [(each.key_id, each.status, each.last_use) for each in merged(reported, listed)] == [
        ("AKIA2", "Expired", LastUse(ago(2))),
        ("AKIA1", "Active", LastUse(ago(1))),
    ]


@pytest.mark.parametrize(("dates", "known"), [((10, 10), (None, None)), ((10, 30), (LastUse(ago(1)), None))])
def test_which_of_two_keys_was_used_is_not_guessed(dates: tuple[int, int], known: tuple[LastUse | None, ...]) -> None:
    reported = (AccessKey("", "Active", ago(10), LastUse(ago(1))), AccessKey("", "Active", ago(20), LastUse(ago(2))))
    listed = tuple(AccessKey(f"AKIA{days}", "Active", ago(days)) for days in dates)
    assert tuple(each.last_use for each in merged(reported, listed)) == known


def test_the_only_key_is_the_only_key_whenever_it_was_changed() -> None:
    (told,) = merged([AccessKey("", "Inactive", ago(3), LastUse(ago(1)))], [AccessKey("AKIA1", "Expired", ago(9))])
    assert (told.created_at, told.last_use) == (ago(9), LastUse(ago(1)))
