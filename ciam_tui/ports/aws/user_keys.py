"""The access keys of an account's users, searched for by the ends of their ids: all that CircleCI tells of a key it holds.

IAM lists keys user by user, and the credential report has no ids. So it takes a request a user, a few at a time, for as many users as one
has the patience for; beyond that the search says that it is not complete.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from ciam_tui.core.audit.facts import KeysRead, UserKey
from ciam_tui.core.circleci_facts import visible_end
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.aws.answers import ACCESS_DENIED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from collections.abc import Set as AbstractSet

    from ciam_tui.ports.aws.clients import Clients

MOST_USERS = (
    5000  # IAM's own limit of an account, unless AWS raised it: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
)
_AT_ONCE = 4  # IAM throttles who asks more
_PAGE_SIZE = 1000


def read_keys_ending(clients: Clients, endings: AbstractSet[str], progress: Callable[[str], None]) -> KeysRead:
    """The keys whose ids end in one of `endings`, with their last use. `progress` may raise, which ends the reading.

    Raises:
        CiamError: the users may not be listed; or AWS cannot be asked.
    """
    names = list(islice(_user_names(clients), MOST_USERS + 1))
    cut = len(names) > MOST_USERS
    names = names[:MOST_USERS]
    found: list[UserKey] = []
    unread: list[str] = [f"The account has more than {MOST_USERS} users; the keys of the rest were not looked at."] if cut else []
    denied = 0
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="user-keys")
    try:
        for number, keys in enumerate(pool.map(lambda name: _keys_of(clients, name), names), start=1):
            progress(f"Access keys of users, {number:,} of {len(names):,}")
            denied += keys is None
            found += [key for key in keys or () if visible_end(key.key_id) in endings]
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    if denied:
        unread.append(f"The access keys of {denied} users could not be read (iam:ListAccessKeys).")
    return KeysRead(tuple(_with_last_use(clients, key, unread) for key in found), len(names), tuple(unread))


def _user_names(clients: Clients) -> Iterator[str]:
    pages = iter(clients.iam().get_paginator("list_users").paginate(PaginationConfig={"PageSize": _PAGE_SIZE}))
    while (page := clients.ask("list the account's users", lambda: next(pages, None))) is not None:
        yield from (user["UserName"] for user in page["Users"])


def _keys_of(clients: Clients, name: str) -> tuple[UserKey, ...] | None:
    iam = clients.iam()

    def keys() -> list[Any]:
        return [key for page in iam.get_paginator("list_access_keys").paginate(UserName=name) for key in page["AccessKeyMetadata"]]

    try:
        listed = clients.ask_for_optional(f"list the access keys of {name}", {"NoSuchEntity"}, keys)
    except CiamError as error:
        if error.code != ACCESS_DENIED:
            raise
        return None
    return tuple(UserKey(name, key["AccessKeyId"], key["Status"], key.get("CreateDate")) for key in listed or ())


def _with_last_use(clients: Clients, key: UserKey, unread: list[str]) -> UserKey:
    iam = clients.iam()
    doing = f"read when the key {key.key_id} was last used"
    try:
        answer = clients.ask_for_optional(doing, {"NoSuchEntity"}, lambda: iam.get_access_key_last_used(AccessKeyId=key.key_id))
    except CiamError as error:
        if error.code != ACCESS_DENIED:
            raise
        unread.append(f"When the key of {key.user} was last used could not be read (iam:GetAccessKeyLastUsed).")
        return key
    used: Mapping[str, Any] = answer["AccessKeyLastUsed"] if answer is not None and "AccessKeyLastUsed" in answer else {}
    return replace(
        key,
        last_used=used.get("LastUsedDate"),
        service="" if used.get("ServiceName") == "N/A" else str(used.get("ServiceName", "")),
        region="" if used.get("Region") == "N/A" else str(used.get("Region", "")),
    )
