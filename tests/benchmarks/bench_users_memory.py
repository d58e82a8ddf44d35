"""The most memory that reading the users with keys of 5,000 takes, against collecting all pages first."""

from __future__ import annotations

import tracemalloc
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ciam_tui.ports.aws.users import read_users
from tests.benchmarks.harness import interleaved

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.benchmarks.harness import Row

NAME = "peak memory, 5,000 users"
AIM = "ratio <= 0.25"
NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)


class UserPages:
    """The account, its client, its clock and its paginator in one: a page is made when it is asked for. One user of fifty has a key."""

    def __init__(self, users: int) -> None:
        self.users = users

    def iam(self) -> UserPages:
        return self

    def now(self) -> datetime:
        return NOW

    def get_paginator(self, _operation: str) -> UserPages:
        return self

    def ask(self, _doing: str, request: Callable[[], Any]) -> Any:
        return request()

    def ask_for_optional(self, _doing: str, _absent: object, request: Callable[[], Any]) -> Any:
        return request()

    def generate_credential_report(self) -> dict[str, str]:
        return {"State": "COMPLETE"}

    def get_credential_report(self) -> dict[str, Any]:
        header = "user,access_key_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active"
        rows = (
            f"app-{number},true,2025-06-02T13:05:00+00:00,N/A,false" if number % 50 == 0 else f"app-{number},false,N/A,N/A,false"
            for number in range(self.users)
        )
        return {"Content": "\n".join([header, *rows]).encode(), "GeneratedTime": NOW}

    def paginate(self, **_: object) -> Iterator[dict[str, Any]]:
        for start in range(0, self.users, 250):
            yield {"UserDetailList": [self.user(number) for number in range(start, min(start + 250, self.users))]}

    @staticmethod
    def user(number: int) -> dict[str, Any]:
        return {
            "UserName": f"app-{number}",
            "UserId": f"AIDA{number}",
            "Arn": f"arn:aws:iam::123456789012:user/app-{number}",
            "UserPolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement": [f"{number}" * 400]}}],
        }


def measure() -> Row:
    """Page by page, against all pages at once."""
    return interleaved(("page by page", _mebibytes(_read)), ("all pages at once", _mebibytes(_collect)), runs=2, unit="MiB")


def peak_bytes(work: Callable[[Any], object], users: int) -> int:
    """The most memory that `work` takes on an account of that many users."""
    tracemalloc.start()
    try:
        work(UserPages(users))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def _mebibytes(work: Callable[[Any], object]) -> Callable[[], float]:
    return lambda: peak_bytes(work, 5000) / 2**20


def _read(pages: Any) -> object:
    return read_users(pages, pages, lambda _: None)


def _collect(pages: Any) -> object:
    return [user for page in list(pages.paginate()) for user in page["UserDetailList"]]
