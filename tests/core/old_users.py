"""Old users with keys, and the evidence about them, for tests to change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ciam_tui.core.audit.facts import PoliciesRead
from ciam_tui.core.document import Document
from ciam_tui.core.evidence.facts import Coverage, Evidence, Seen, ServiceUse, Source
from ciam_tui.core.users.facts import AccessKey, Group, User

ACCOUNT = "123456789012"
ARN = f"arn:aws:iam::{ACCOUNT}:user/circleci_service"
KEY_ID = "AKIAXAMPLECIRCLE7Q2V"
AT = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
LAST = datetime(2026, 8, 19, 16, 42, tzinfo=UTC)
BUILDS = "arn:aws:s3:::acme-builds"
TUTORIAL = (
    {"Sid": "ListAll", "Effect": "Allow", "Action": ["s3:GetBucketLocation", "s3:ListAllMyBuckets"], "Resource": "arn:aws:s3:::*"},
    {"Sid": "ListBuilds", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": BUILDS},
    {"Sid": "Builds", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{BUILDS}/builds/*"},
    {"Effect": "Allow", "Action": "*", "Resource": "*"},
)


def allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources} | more


def deny(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Action": actions, "Resource": resources} | more


def document(*statements: dict[str, Any]) -> Document:
    return Document.of({"Version": "2012-10-17", "Statement": list(statements)})


def a_user(*statements: dict[str, Any], **changes: Any) -> User:
    """A user with one inline policy of `statements`."""
    inline = (("old", document(*statements)),) if statements else ()
    return User(
        **{"name": "circleci_service", "user_id": "AIDA", "arn": ARN, "inline": inline, "keys": (AccessKey(KEY_ID, "Active"),)} | changes
    )


def of_group(*statements: dict[str, Any]) -> tuple[User, dict[str, Group], PoliciesRead]:
    """The user of the tutorial: its group has the policy."""
    arn = f"arn:aws:iam::{ACCOUNT}:policy/builds"
    group = Group("devops", f"arn:aws:iam::{ACCOUNT}:group/devops", attached=(arn,))
    return a_user(groups=("devops",)), {"devops": group}, PoliciesRead({arn: document(*statements)})


def seen(action: str, place: str, count: int = 3, *, refused: int = 0, source: Source = Source.S3_ACCESS_LOG) -> Seen:
    """Calls at `bucket/prefix/`, or at `bucket`, or at nothing that is told."""
    resource = f"arn:aws:s3:::{place}" if place and not place.startswith("arn:") else place
    return Seen(action, resource, count, LAST, LAST, source, KEY_ID, refused)


def evidence(*what: Seen, shows: tuple[str, ...] = (), services: tuple[ServiceUse, ...] | None = None, history: bool = False) -> Evidence:
    """What was seen; `shows` are the buckets of which access logs were read."""
    coverage = []
    if shows:
        coverage.append(Coverage(Source.S3_ACCESS_LOG, AT, AT, sees_objects=True, read_buckets=shows, written_buckets=shows))
    if history:
        coverage.append(Coverage(Source.EVENT_HISTORY, AT, AT, sees_objects=False, about="us-east-1"))
    return Evidence("circleci_service", AT, what, services, {}, tuple(coverage))
