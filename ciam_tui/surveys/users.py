"""The reader of users: all that have access keys, and one of them with all that bears on it.

It stands beside `ciam_tui.survey`, which reads for one Setup. Ids of keys cost a request a user, so they are read where CircleCI was asked,
whose last four characters they are held against, and for the one user that was chosen.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from ciam_tui.core.audit.access import EVERY_BUCKET, access_of
from ciam_tui.core.principals import account_of
from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.choosing import chosen
from ciam_tui.core.users.credential_report import merged
from ciam_tui.core.users.grants import granted_to, kms_keys_in
from ciam_tui.core.users.listing import Listing, UsersRead, rows_of, with_keys
from ciam_tui.core.users.understanding import understood
from ciam_tui.core.words import counted
from ciam_tui.surveys.audit import held_variables, telling

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from ciam_tui.core.audit.facts import HeldKey, PoliciesRead
    from ciam_tui.core.document import Document
    from ciam_tui.core.users.facts import Group, User
    from ciam_tui.core.users.understanding import Understanding
    from ciam_tui.ports.api import Aws, CircleCi

MOST_BUCKETS = 300  # of which the policies are read; those that the user's own policies name come first
MOST_KEYS = 100
# What keeps one thing from being read, and says nothing of the next.
UNREADABLE = frozenset({"access-denied", "aws-refused", "aws-unavailable", "answer-unreadable", "unreachable"})


def users_of(
    aws: Aws,
    *,
    at: datetime,
    circleci: CircleCi | None = None,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Listing:
    """All users with access keys, worst first; with `circleci`, where it holds them. `progress` is told, in the caller's thread, what is being read.

    Raises:
        CiamError: AWS or CircleCI cannot be asked at all, or the account's users may not be listed.
        AuditStopped: once `should_stop` answers yes.
    """
    tell = telling(progress, should_stop)
    tell("Who you are")
    identity = aws.identity()
    read = aws.users(tell)
    held: tuple[HeldKey, ...] | None = None
    unread = read.unread
    if circleci is not None:
        held, unread_held = held_variables(circleci, tell, should_stop or _never)
        unread = (*unread, *unread_held)
        if any(each.last_four for each in held):
            read, refused = _with_ids(aws, read, tell)
            unread = (*unread, *refused)
    tell("What the users may do")
    return Listing(identity, at, chosen(rows_of(read, held), at), read.seen, read.report_at, circleci is not None, unread)


def _with_ids(aws: Aws, read: UsersRead, tell: Callable[[str], None]) -> tuple[UsersRead, tuple[str, ...]]:
    """The users with the ids of their keys, as far as they may be listed."""
    without = tuple(user.name for user in read.users if user.keys is not None and not all(key.key_id for key in user.keys))
    listed = aws.access_keys(without, tell) if without else {}
    users = tuple(
        replace(user, keys=merged(user.keys or (), keys)) if (keys := listed.get(user.name)) is not None else user for user in read.users
    )
    refused = sum(keys is None for keys in listed.values())
    sentence = (
        f"The ids of the access keys of {counted(refused, 'user')} could not be read (iam:ListAccessKeys), so CircleCI may hold them."
    )
    return replace(read, users=users), (sentence,) if refused else ()


def one_user(
    aws: Aws,
    name: str,
    *,
    circleci: CircleCi | None = None,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Understanding:
    """What the user `name` is, by everything that bears on it.

    Raises:
        CiamError: `user-not-found`; AWS or CircleCI cannot be asked at all, or the user may not be read.
        AuditStopped: once `should_stop` answers yes.
    """
    tell = telling(progress, should_stop)
    tell(f"User {name}")
    user = aws.user(name)
    if user is None:
        raise CiamError("user-not-found", f"Cannot look at {name}", "The account has no such user.", ["See `ciam-tui migrate` for all."])
    return understood_user(aws, user, circleci=circleci, progress=progress, should_stop=should_stop)


def understood_user(
    aws: Aws,
    user: User,
    *,
    circleci: CircleCi | None = None,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Understanding:
    """As `one_user`, of a user that was read already."""
    tell = telling(progress, should_stop)
    groups, policies = policies_of(aws, user, tell)
    buckets, unread_buckets = _bucket_policies(aws, user, groups, policies, tell)
    keys, unread_keys = _key_policies(aws, user, groups, policies, tell)
    held: tuple[HeldKey, ...] | None = None
    unread_held: tuple[str, ...] = ()
    if circleci is not None:
        variables, unread_held = held_variables(circleci, tell, should_stop or _never)
        held = tuple(each for each in with_keys(variables, [user]) if each.keys)
    unread = (*unread_buckets, *unread_keys, *unread_held)
    return understood(user, groups, policies, buckets, keys, held=held, unread=unread)


def policies_of(aws: Aws, user: User, tell: Callable[[str], None]) -> tuple[Mapping[str, Group], PoliciesRead]:
    """The user's groups, and the managed policies of the user, its boundary and its groups."""
    tell("Groups")
    groups = aws.groups(user.groups, tell)
    arns = (*user.attached, *((user.boundary,) if user.boundary else ()), *(arn for group in groups.values() for arn in group.attached))
    return groups, aws.policies_in_force(tuple(dict.fromkeys(arns)), tell)


def _bucket_policies(
    aws: Aws, user: User, groups: Mapping[str, Group], policies: PoliciesRead, tell: Callable[[str], None]
) -> tuple[Mapping[str, Document | None], tuple[str, ...]]:
    """The policies of the buckets that the user's policies name, and of the account's others, as many as are looked at."""
    tell("Buckets")
    granted = granted_to(user, groups, policies)
    access = access_of([grant.document for grant in granted.grants], account_id=account_of(user.arn) or "", role_arn=user.arn)
    named = [each.place.bucket for each in access.places if each.place.bucket != EVERY_BUCKET and not set("*?$") & set(each.place.bucket)]
    unread: list[str] = []
    try:
        others = [bucket.name for bucket in islice(aws.buckets(), MOST_BUCKETS + 1)]
    except CiamError as error:
        if error.code not in UNREADABLE:
            raise
        others = []
        unread.append(f"The account's buckets could not be listed, so others than those it reaches may name it: {error.message}")
    names = tuple(dict.fromkeys((*named, *others)))
    if len(names) > MOST_BUCKETS:
        unread.append(f"The policies of {MOST_BUCKETS} buckets were read; others may name it.")
    read = aws.bucket_policies(names[:MOST_BUCKETS], tell)
    unread += (f"The policy of the bucket {bucket} could not be read: {why}" for bucket, why in read.unread.items())
    return read.documents, tuple(unread)


def _key_policies(
    aws: Aws, user: User, groups: Mapping[str, Group], policies: PoliciesRead, tell: Callable[[str], None]
) -> tuple[Mapping[str, Document | None], tuple[str, ...]]:
    """The policies of the region's KMS keys, and of those that the user's policies name."""
    tell("KMS keys")
    named = kms_keys_in(granted_to(user, groups, policies).grants)
    unread: list[str] = []
    try:
        others = aws.key_arns()
    except CiamError as error:
        if error.code not in UNREADABLE:
            raise
        others = ()
        unread.append(f"The KMS keys of {aws.region} could not be listed, so they may name it: {error.message}")
    arns = tuple(dict.fromkeys((*named, *others)))
    if len(arns) > MOST_KEYS:
        unread.append(f"The policies of {MOST_KEYS} KMS keys were read; others may name it.")
    found: dict[str, Document | None] = {}
    for number, arn in enumerate(arns[:MOST_KEYS], start=1):
        tell(f"Policies of KMS keys, {number} of {min(len(arns), MOST_KEYS)}")
        try:
            found[arn] = aws.key_policy(arn)
        except CiamError as error:
            if error.code not in UNREADABLE:
                raise
            unread.append(f"The policy of the key {arn} could not be read: {error.message}")
    return found, tuple(unread)


def _never() -> bool:
    return False
