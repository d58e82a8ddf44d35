"""What is looked at beside the stages themselves: the user's use, what the roles would not allow, what would still shut them out, and who shadows them.

All of it is judged elsewhere. Here it becomes what stages know: obstacles with the name by which they are accepted, uses of a key, and remarks.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING

from ciam_tui.core.evidence.facts import Source
from ciam_tui.core.evidence.report import seen_words
from ciam_tui.core.problems import CiamError
from ciam_tui.core.proposal.comparison import compared
from ciam_tui.core.retirement.ground import KeyUse, Obstacle
from ciam_tui.core.shut_out.blocking import Kind, shut_out
from ciam_tui.surveys.evidence import evidence_of
from ciam_tui.surveys.users import policies_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime
    from pathlib import Path

    from ciam_tui.apply import Ports
    from ciam_tui.core.evidence.facts import Evidence
    from ciam_tui.core.proposal.comparison import Comparison, Lost
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.setup import Setup
    from ciam_tui.core.shut_out.blocking import Blocker
    from ciam_tui.core.users.facts import User
    from ciam_tui.retiring.look import Look

# By which somebody goes on although nobody can say what would break.
UNCOMPARED = "comparison"


@dataclass(frozen=True, slots=True)
class Beside:
    """What was looked at; `comparison` is None where the user's policies could not be read."""

    evidence: Evidence | None = None
    comparison: Comparison | None = None
    blockers: tuple[Blocker, ...] = ()
    obstacles: tuple[Obstacle, ...] = ()
    remarks: tuple[str, ...] = ()
    uses: Mapping[str, KeyUse] = field(default_factory=dict)


def is_wanted(migration: Migration, user: User | None, files: Sequence[Path], now: datetime) -> bool:
    """Whether evidence is read: until the switch, for what it would break; then only where logs are given or IAM tells of a use in quiet times.

    A key that is kept is switched off when its clock has run out: what was judged weeks before is judged again then.
    """
    if user is None:
        return False
    keys = user.keys or ()
    long = timedelta(days=migration.quiet_days)
    before_the_switch = any(key.is_active and migration.quiet.get(key.key_id, now - long) + long <= now for key in keys)
    in_quiet = (key for key in keys if key.key_id in migration.quiet and key.last_use is not None and key.last_use.at is not None)
    return bool(files) or before_the_switch or any(_at(key.last_use.at) > migration.quiet[key.key_id] for key in in_quiet if key.last_use)


def _at(moment: datetime | None) -> datetime:
    if moment is None:
        raise ValueError("a use without a time")
    return moment


def look_beside(user: User, setup: Setup, ports: Ports, look: Look) -> Beside:
    """All of it, for one user and the Setup that replaces its keys."""
    evidence = evidence_for(user, ports, look)
    try:
        groups, policies = policies_of(ports.aws, user, look.tell)
    except CiamError as error:
        unknown = Obstacle(UNCOMPARED, f"What would break is not known: {error}", "Get the permission to read the user's policies.")
        comparison = None
        obstacles: tuple[Obstacle, ...] = (unknown,)
    else:
        comparison = compared(user, groups, policies, evidence, setup)
        obstacles = tuple(_will_break(lost) for lost in comparison.will_break)
    blockers = _blockers(user, setup, ports, look)
    blocking = tuple(_obstacle(blocker) for blocker in blockers if blocker.blocks)
    told = tuple(blocker.why for blocker in blockers if not blocker.blocks)
    unknown_use = () if comparison is None else tuple(f"Unknown, not unused: {lost.name}" for lost in comparison.unknown)
    return Beside(evidence, comparison, blockers, (*obstacles, *blocking), (*told, *unknown_use), dict(_uses(evidence, user)))


def evidence_for(user: User, ports: Ports, look: Look) -> Evidence:
    """The evidence of the user's use."""
    return evidence_of(
        ports.aws,
        user,
        at=ports.clock.now(),
        files=look.files,
        clock=ports.clock,
        progress=look.progress,
        should_stop=look.should_stop,
    )


def _will_break(lost: Lost) -> Obstacle:
    used = f", used: {seen_words(lost.seen[0])}" if lost.seen else f": {lost.why}" if lost.why else ""
    text = f"{lost.name} will break{used}."
    return Obstacle(lost.name, text, "Add it to the Setup, or see that nobody needs it.", family=lost.action)


def _obstacle(blocker: Blocker) -> Obstacle:
    place = f"#{blocker.number}" if blocker.number else ""
    # Whoever accepts a statement has seen that one: another in its place, or one that refuses more by now, is to be seen again.
    content = json.dumps([blocker.why, blocker.statements_to_add], sort_keys=True, default=dict)
    item = f"{blocker.kind.value.replace(' ', '-')}:{blocker.what}{place}-{sha256(content.encode()).hexdigest()[:6]}"
    owner = f" for {blocker.for_owner}" if blocker.for_owner else ""
    fix = f"The statement to add{owner} is written by --hand-off DIR." if blocker.statement_to_add else "Ask its owner to let the roles in."
    return Obstacle(item, blocker.why, fix, statement=blocker.statement_to_add, owner=blocker.for_owner)


def _blockers(user: User, setup: Setup, ports: Ports, look: Look) -> tuple[Blocker, ...]:
    unread: list[tuple[Kind, str]] = []
    look.tell("What would shut the roles out")
    name = setup.bucket.name
    policy = None
    try:
        bucket = ports.aws.bucket(name, owner=setup.bucket.owner_account_id or setup.account_id)
        policy = bucket.policy if bucket is not None else None
        if bucket is not None and "policy" in bucket.unread:
            unread.append((Kind.BUCKET, f"the policy of the bucket {name} could not be read (s3:GetBucketPolicy)."))
    except CiamError as error:
        unread.append((Kind.BUCKET, str(error)))
    keys = {}
    if setup.bucket.kms_key_arn is not None:
        try:
            keys[setup.bucket.kms_key_arn] = ports.aws.key_policy(setup.bucket.kms_key_arn)
        except CiamError as error:
            unread.append((Kind.KEY, str(error)))
    scps = ports.aws.service_control_policies()
    return shut_out(setup, user, bucket_policy=policy, key_policies=keys, scps=scps, unread=unread)


def _uses(evidence: Evidence, user: User) -> Iterator[tuple[str, KeyUse]]:
    """The latest use of each key that a source tells of with the call itself; IAM's own word is in the user's facts.

    S3's access logs tell the user and no key: where it has one key and no password, it was that one.
    """
    keys = user.keys or ()
    only = keys[0].key_id if len(keys) == 1 and user.has_password is False else ""
    latest: dict[str, KeyUse] = {}
    for seen in evidence.seen:
        principal = only if only and seen.source is Source.S3_ACCESS_LOG else seen.principal
        before = latest.get(principal)
        if before is None or seen.last > before.at:
            latest[principal] = KeyUse(seen.last, seen.action, "", seen.address, seen.agent, seen.source.value)
    yield from latest.items()
