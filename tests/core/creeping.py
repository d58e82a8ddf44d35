"""Roles with their evidence for the tests of privilege creep: few words for who did what, and who would have seen it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ciam_tui.core.creep.gap import Gap, gap_of
from ciam_tui.core.creep.rights import HeldRole
from ciam_tui.core.creep.standing import RoleUse
from ciam_tui.core.evidence.facts import Coverage, Seen, ServiceUse, Shown, Source
from tests.core.accounts import ACCOUNT
from tests.core.auditing import BUCKET, allow, policy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.creep.snapshots import Snapshot

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
ROLE_ARN = f"arn:aws:iam::{ACCOUNT}:role/circleci/web-deploy"
DEPLOYS = policy(
    allow("s3:ListBucket", BUCKET, Sid="List", Condition={"StringLike": {"s3:prefix": "releases/*"}}),
    allow(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/releases/*", Sid="Work"),
    allow("s3:DeleteObject", f"{BUCKET}/releases/*", Sid="Delete"),
)


def days(number: float) -> datetime:
    """So many days ago."""
    return NOW - timedelta(days=number)


def a_held_role(**changes: Any) -> HeldRole:
    """A role that was used yesterday, and made two years ago."""
    role = HeldRole("web-deploy", ROLE_ARN, "AROADEPLOY", ACCOUNT, documents=(("s3", DEPLOYS),), created=days(730), last_used=days(1))
    return replace(role, **changes)


def did(action: str, path: str | None = "releases/web/", *, ago: float = 5, count: int = 3, refused: int = 0, **changes: Any) -> Seen:
    """Calls of the role, in the bucket of the examples, told by its access logs."""
    resource = BUCKET if path is None else f"{BUCKET}/{path}"
    seen = Seen(action, resource, count, days(ago + 1), days(ago), Source.S3_ACCESS_LOG, ROLE_ARN, refused)
    return replace(seen, **changes)


def logs(*, since: float = 120, until: float = 0.5, bucket: str = "acme-builds", missing: str | None = None) -> Coverage:
    """Access logs of a bucket: they show who reads and who writes."""
    shown = tuple(Shown(bucket, writing, days(since), days(until)) for writing in (True, False))
    return Coverage(Source.S3_ACCESS_LOG, days(since), days(until), sees_objects=True, about="3 files", missing=missing, shown=shown)


def trail(*, writing: bool, since: float = 120, bucket: str = "acme-builds") -> Coverage:
    """A trail whose data events are those of writing, or of reading, alone."""
    shown = (Shown(bucket, writing, days(since), days(0.5)),)
    return Coverage(Source.TRAIL_FILE, days(since), days(0.5), sees_objects=True, about="3 files", shown=shown)


def history(*, region: str = "us-east-1", since: float = 90, missing: str | None = None, service: str = "s3.amazonaws.com") -> Coverage:
    return Coverage(
        Source.EVENT_HISTORY, days(since), NOW, sees_objects=False, about=region, missing=missing, region=region, service=service
    )


def a_use(*seen: Seen, window: float = 90, **changes: Any) -> RoleUse:
    """Use of a role that was taken yesterday; nobody would have seen what it did with objects unless `coverage` says so."""
    use = RoleUse(
        NOW,
        days(window),
        created=days(730),
        last_used=days(1),
        seen=seen,
        services=(ServiceUse("s3", days(1)),),
        regions={"acme-builds": "us-east-1"},
    )
    return replace(use, **changes)


def a_gap(*seen: Seen, role: HeldRole | None = None, snapshots: Sequence[Snapshot] = (), **changes: Any) -> Gap:
    return gap_of(role or a_held_role(), a_use(*seen, **changes), snapshots)
