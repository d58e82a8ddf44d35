"""How many requests the users with keys of a full account take, on one moto server: all in one pass, against the loop over users.

5,000 users, of whom 200 have a key. The loop lists the users, then asks each for its keys, policies and groups: it asks for a twentieth of
them, and its requests are taken twenty times, since nobody wants to wait for 20,000.
"""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from tests.benchmarks.full_account import KEYED, fill
from tests.benchmarks.harness import Row, Sample
from tests.moto_server import access_to, moto_server

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.ports.aws import BotoAws

NAME = "users with keys among 5,000"
# The fewest there can be: one for the report to be made, one to get it, one a page of a thousand (moto gives all on one).
FEWEST = 3
USERS, SHARE = 5000, 20
AIM = f"<= {FEWEST * 1.1:.1f} requests"


class _Hasty:
    """The real time, and no waiting."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, _seconds: float) -> None:
        pass


def measure() -> Row:
    """One pass, against the loop over users."""
    with moto_server() as url:
        fill(users=USERS)
        aws = access_to(url).open(None, None)
        aws._clock = _Hasty()
        try:
            once = _requests(aws, _pass, KEYED)
            loop = SHARE * _requests(aws, _loop, KEYED // SHARE)
        finally:
            aws.close()
    return Row(Sample("one pass", (once,)), Sample("a loop over users", (loop,)), "requests")


def _pass(aws: BotoAws) -> int:
    return len(aws.users(lambda _: None).users)


def _loop(aws: BotoAws) -> int:
    """The users with keys among the first of the list, as one would first write it."""
    iam: Any = aws._clients.iam()
    found = 0
    users = (user for page in iam.get_paginator("list_users").paginate() for user in page["Users"])
    for user in islice(users, USERS // SHARE):
        name = user["UserName"]
        keys = iam.list_access_keys(UserName=name)["AccessKeyMetadata"]
        for ask in (iam.list_user_policies, iam.list_attached_user_policies, iam.list_groups_for_user):
            ask(UserName=name)
        for key in keys:
            iam.get_access_key_last_used(AccessKeyId=key["AccessKeyId"])
        found += bool(keys)
    return found


def _requests(aws: BotoAws, work: Callable[[BotoAws], int], wanted: int) -> float:
    asked: list[str] = []

    def note(model: Any, **_: object) -> None:
        asked.append(model.name)

    events = aws._clients.iam().meta.events
    events.register("provide-client-params", note)
    found = work(aws)
    events.unregister("provide-client-params", note)
    if found != wanted:
        raise ValueError(f"{found} users were found")
    return float(len(asked))
