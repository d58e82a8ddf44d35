"""The people and the robots of the demo's account, each a lesson of a migration.

The one of the classic tutorial is an administrator by the last statement of its group's policy. Beside it stand one with two keys, as after
a rotation that nobody finished, one whose key has expired unused, and a person who took a key for a script once.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.iam.models import AccessKeyLastUsed
from moto.iam.utils import generate_access_key_id_from_account_id

from ciam_tui.ports.sandbox import account

if TYPE_CHECKING:
    from moto.iam.models import IAMBackend

LONG_AGO = datetime(2021, 3, 15, 9, 30, tzinfo=UTC)
LAST_YEAR = datetime(2025, 6, 2, 13, 5, tzinfo=UTC)
LAST_BUILD = datetime(2026, 8, 19, 16, 42, tzinfo=UTC)

Json = dict[str, Any]


def document(*statements: Json) -> str:
    """A policy of `statements`."""
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def add_user(iam: IAMBackend, name: str, created: datetime) -> None:
    """A user with a date of our choice."""
    user = iam.create_user("us-east-1", name, path="/", tags=[])
    user.create_date = created
    user.id = generate_access_key_id_from_account_id(account.ACCOUNT_ID, prefix="AIDA", total_length=21)


def add_access_key(
    iam: IAMBackend,
    user_name: str,
    key_id: str,
    *,
    created: datetime,
    last_used: datetime | None,
    secret: str | None = None,
    status: str = "Active",
) -> None:
    """A key with an id, dates and a status of our choice."""
    key = iam.create_access_key(user_name)
    del iam.access_keys[key.access_key_id]
    key.access_key_id = key_id
    key.secret_access_key = secret or key.secret_access_key
    key.create_date = created
    key.status = status
    key.last_used = AccessKeyLastUsed(timestamp=last_used, service="s3", region="us-east-1") if last_used is not None else None
    iam.access_keys[key_id] = key


def seed_old(iam: IAMBackend) -> None:
    """The operator the demo acts as, and the leftovers of the tutorial that this tool replaces: group, user, key, and far too wide a policy."""
    add_user(iam, account.OPERATOR_NAME, LAST_YEAR)
    add_access_key(
        iam,
        account.OPERATOR_NAME,
        account.OPERATOR_ACCESS_KEY_ID,
        created=LAST_YEAR,
        last_used=LAST_BUILD,
        secret=account.OPERATOR_SECRET_ACCESS_KEY,
    )
    bucket = f"arn:aws:s3:::{account.BUILDS_BUCKET}"
    policy = iam.create_policy(
        description="S3 access for the build servers",
        path="/",
        policy_name=account.LEGACY_POLICY_NAME,
        policy_document=document(
            {
                "Sid": "ListAllBuckets",
                "Effect": "Allow",
                "Action": ["s3:GetBucketLocation", "s3:ListAllMyBuckets"],
                "Resource": "arn:aws:s3:::*",
            },
            {"Sid": "ListBuilds", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": bucket},
            {"Sid": "ReadAndWriteBuilds", "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{bucket}/builds/*"},
            {"Effect": "Allow", "Action": "*", "Resource": "*"},
        ),
        tags=[],
    )
    policy.create_date = policy.update_date = policy.versions[0].create_date = LONG_AGO
    group = iam.create_group(account.LEGACY_GROUP_NAME)
    group.create_date = LONG_AGO
    iam.attach_group_policy(policy.arn, account.LEGACY_GROUP_NAME)
    add_user(iam, account.LEGACY_USER_NAME, LONG_AGO)
    iam.add_user_to_group(account.LEGACY_GROUP_NAME, account.LEGACY_USER_NAME)
    add_access_key(iam, account.LEGACY_USER_NAME, account.LEGACY_ACCESS_KEY_ID, created=LONG_AGO, last_used=LAST_BUILD)


def seed_others(iam: IAMBackend) -> None:
    """Users who have nothing to do with the tutorial. They come last, so that the ids of all that was there before stay as they are."""
    assets = "arn:aws:s3:::acme-web-assets"
    add_user(iam, account.ASSETS_USER_NAME, LAST_YEAR - timedelta(days=300))
    iam.tag_user(account.ASSETS_USER_NAME, [{"Key": "team", "Value": "web"}])
    uploads = {"Sid": "Upload", "Effect": "Allow", "Action": ["s3:PutObject", "s3:DeleteObject"], "Resource": f"{assets}/*"}
    lists = {"Sid": "List", "Effect": "Allow", "Action": "s3:ListBucket", "Resource": assets}
    iam.put_user_policy(account.ASSETS_USER_NAME, "assets", document(uploads, lists))
    old, new = account.ASSETS_ACCESS_KEY_IDS
    used = LAST_BUILD - timedelta(days=2)
    add_access_key(iam, account.ASSETS_USER_NAME, old, created=LAST_YEAR - timedelta(days=300), last_used=LAST_YEAR, status="Inactive")
    add_access_key(iam, account.ASSETS_USER_NAME, new, created=LAST_YEAR, last_used=used)

    add_user(iam, account.REPORTS_USER_NAME, LONG_AGO)
    reads = {"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}
    iam.put_user_policy(account.REPORTS_USER_NAME, "reports", document(reads))
    add_access_key(iam, account.REPORTS_USER_NAME, account.REPORTS_ACCESS_KEY_ID, created=LONG_AGO, last_used=None, status="Expired")

    add_user(iam, account.PERSON_NAME, LAST_YEAR)
    iam.create_login_profile(account.PERSON_NAME, "of-the-demo-and-nothing-else")
    device = iam.create_virtual_mfa_device(account.PERSON_NAME, "/")
    iam.enable_mfa_device(account.PERSON_NAME, device.serial_number, "123456", "654321")
    own_bucket = {"Effect": "Allow", "Action": "s3:*", "Resource": ["arn:aws:s3:::acme-scratch", "arn:aws:s3:::acme-scratch/*"]}
    iam.put_user_policy(account.PERSON_NAME, "scratch", document(own_bucket))
    long_unused = LAST_BUILD - timedelta(days=160)
    add_access_key(iam, account.PERSON_NAME, account.PERSON_ACCESS_KEY_ID, created=LAST_YEAR, last_used=long_unused)
