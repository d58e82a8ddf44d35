"""The access keys of users with their ids, which IAM tells user by user, and when each was last used, which it tells key by key.

So it is a few requests at a time, for those users alone whose keys somebody has to know by id: all that CircleCI tells of a key it holds is
the end of its id. For more users than one has the patience for, a search says that it is not complete.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, TypeVar

from ciam_tui.core.audit.facts import KeysRead
from ciam_tui.core.circleci.facts import visible_end
from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.facts import AccessKey, LastUse
from ciam_tui.core.users.listing import user_key
from ciam_tui.ports.aws.answers import UNREADABLE
from ciam_tui.ports.aws.key_use import read_key_last_use

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from typing import Any

    from ciam_tui.core.audit.facts import UserKey
    from ciam_tui.ports.aws.clients import Clients

    Progress = Callable[[str], None]

_Item = TypeVar("_Item")
_Found = TypeVar("_Found")

MOST_USERS = (
    5000  # IAM's own limit of an account, unless AWS raised it: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
)
_AT_ONCE = 4  # IAM throttles who asks more
_PAGE_SIZE = 1000


def each_of(ask: Callable[[_Item], _Found], items: Sequence[_Item], progress: Progress, what: str) -> list[_Found]:
    """`ask` for each of `items`, a few at a time, in their order. `progress` hears of each in this thread, and may raise to end it."""
    found: list[_Found] = []
    pool = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="user-reads")
    try:
        for number, each in enumerate(pool.map(ask, items), start=1):
            progress(f"{what}, {number:,} of {len(items):,}")
            found.append(each)
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
    return found


def user_pages(clients: Clients) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The account's users as ListUsers tells them, a page at a time."""
    pages = iter(clients.iam().get_paginator("list_users").paginate(PaginationConfig={"PageSize": _PAGE_SIZE}))
    while (page := clients.ask("list the account's users", lambda: next(pages, None))) is not None:
        yield page["Users"]


def read_keys_of(clients: Clients, names: Sequence[str], progress: Progress) -> Mapping[str, tuple[AccessKey, ...] | None]:
    """The keys of each user, without their last uses; None where they may not be read. A user that is gone has none."""
    found = each_of(lambda name: _keys_of(clients, name), names, progress, "Access keys of users")
    return dict(zip(names, found, strict=True))


def _keys_of(clients: Clients, name: str) -> tuple[AccessKey, ...] | None:
    iam = clients.iam()

    def keys() -> list[Any]:
        return [key for page in iam.get_paginator("list_access_keys").paginate(UserName=name) for key in page["AccessKeyMetadata"]]

    try:
        listed = clients.ask_for_optional(f"list the access keys of {name}", {"NoSuchEntity"}, keys)
    except CiamError as error:
        if error.code not in UNREADABLE:
            raise
        return None
    return tuple(AccessKey(key["AccessKeyId"], key["Status"], key.get("CreateDate")) for key in listed or ())


def read_last_uses(clients: Clients, key_ids: Sequence[str], progress: Progress) -> Mapping[str, LastUse | None]:
    """When each key was last used; None where that may not be read."""
    return dict(zip(key_ids, each_of(lambda key_id: _last_use(clients, key_id), key_ids, progress, "Last use of access keys"), strict=True))


def _last_use(clients: Clients, key_id: str) -> LastUse | None:
    try:
        return read_key_last_use(clients, key_id)
    except CiamError as error:
        if error.code == "not-found":  # deleted just now
            return LastUse(None)
        if error.code not in UNREADABLE:
            raise
        return None


def read_keys_ending(clients: Clients, endings: AbstractSet[str], progress: Progress) -> KeysRead:
    """The keys whose ids end in one of `endings`, with their last use. `progress` may raise, which ends the reading.

    Raises:
        CiamError: the users may not be listed; or AWS cannot be asked.
    """
    names = list(islice((user["UserName"] for page in user_pages(clients) for user in page), MOST_USERS + 1))
    cut = len(names) > MOST_USERS
    names = names[:MOST_USERS]
    unread: list[str] = [f"The account has more than {MOST_USERS} users; the keys of the rest were not looked at."] if cut else []
    keys = read_keys_of(clients, names, progress)
    denied = sum(each is None for each in keys.values())
    if denied:
        unread.append(f"The access keys of {denied} users could not be read (iam:ListAccessKeys).")
    found = [(name, key) for name, each in keys.items() for key in each or () if visible_end(key.key_id) in endings]
    keys_found = tuple(_with_last_use(clients, name, key, unread) for name, key in found)
    return KeysRead(keys_found, len(names), tuple(unread), is_complete=not (cut or denied))


def _with_last_use(clients: Clients, name: str, key: AccessKey, unread: list[str]) -> UserKey:
    use = _last_use(clients, key.key_id)
    if use is None:
        unread.append(f"When the key of {name} was last used could not be read (iam:GetAccessKeyLastUsed).")
    return user_key(name, replace(key, last_use=use))
