"""What the demo's account holds when it opens: believable, and chosen so that each thing teaches something.

It is put straight into moto's stores rather than sent over HTTP, which takes a tenth of a second instead of several, and lets every date
and id be fixed: a screenshot of the demo is the same from one run to the next.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from moto.iam.models import iam_backends
from moto.kms.models import kms_backends
from moto.s3.models import s3_backends

from ciam_tui.core.trust import ANY_USER_ID
from ciam_tui.ports.sandbox import account, circleci_content, members, people
from ciam_tui.ports.sandbox.people import LAST_BUILD, LAST_YEAR, LONG_AGO, document

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from moto.iam.models import IAMBackend
    from moto.s3.models import S3Backend

    from ciam_tui.ports.sandbox.people import Json


def seed() -> None:
    """Fills the account. Called once, in the child, before it says that it is ready."""
    iam: IAMBackend = iam_backends[account.ACCOUNT_ID]["aws"]
    s3: S3Backend = s3_backends[account.ACCOUNT_ID]["aws"]
    iam.create_account_alias(account.ACCOUNT_ALIAS)
    people.seed_old(iam)
    _seed_provider(iam)
    _seed_roles(iam)
    _seed_kms()
    _seed_buckets(s3)
    people.seed_others(iam)
    members.seed()


def _seed_provider(iam: IAMBackend) -> None:
    """A provider somebody made from a guide for GitHub: its audience is the one of that guide, and the organization's id is missing.

    That of the other organization is right, with the audience that the organization has set for its tokens.
    """
    for organization, audience in ((circleci_content.ACME, "sts.amazonaws.com"), (circleci_content.ACME_LABS, account.LABS_AUDIENCE)):
        provider = iam.create_open_id_connect_provider(organization.issuer, [], [audience], tags=[])
        provider.create_date = LAST_YEAR


def _circleci_trust(condition: Json, organization: circleci_content.DemoOrganization = circleci_content.ACME) -> Json:
    provider = f"arn:aws:iam::{account.ACCOUNT_ID}:oidc-provider/{organization.issuer.removeprefix('https://')}"
    return {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity", "Condition": condition}


def _service_trust(service: str) -> Json:
    return {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}


def _seed_roles(iam: IAMBackend) -> None:
    """Two roles for CircleCI made by hand, of which the first lets every project of the organization in, and two that are none of its business."""
    issuer = circleci_content.ACME.issuer.removeprefix("https://")
    mobile = circleci_content.ACME.project("mobile")
    bucket = f"arn:aws:s3:::{account.BUILDS_BUCKET}"
    _add_role(
        iam,
        account.LEGACY_ROLE_NAME,
        trust=_circleci_trust({"StringEquals": {f"{issuer}:aud": "sts.amazonaws.com"}}),
        inline={"deploy": {"Effect": "Allow", "Action": "s3:*", "Resource": [bucket, f"{bucket}/*"]}},
        description="Deploys from CircleCI. Do not delete!",
        created=LAST_YEAR,
        last_used=LAST_BUILD,
    )
    _add_role(
        iam,
        account.MOBILE_ROLE_NAME,
        path="/circleci/",
        trust=_circleci_trust(
            {
                "StringEquals": {f"{issuer}:aud": circleci_content.ACME.id},
                "StringLike": {f"{issuer}:sub": f"org/{circleci_content.ACME.id}/project/{mobile.id}/user/*"},
            }
        ),
        inline={"s3": {"Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject"], "Resource": f"{bucket}/*"}},
        created=LAST_YEAR + timedelta(days=30),
    )
    _seed_roles_of_labs(iam, bucket)
    _add_role(iam, "build-agent", trust=_service_trust("ec2.amazonaws.com"), inline={}, created=LONG_AGO)
    _add_role(
        iam,
        "AWSServiceRoleForSupport",
        path="/aws-service-role/support.amazonaws.com/",
        trust=_service_trust("support.amazonaws.com"),
        inline={},
        created=LONG_AGO,
    )


def _seed_roles_of_labs(iam: IAMBackend, bucket: str) -> None:
    """One that lets in whatever the organization ever runs, and one that lets in the main branch of one project: what an audit tells apart."""
    labs = circleci_content.ACME_LABS
    issuer, firmware = labs.issuer.removeprefix("https://"), labs.project("firmware")
    _add_role(
        iam,
        account.LABS_OPEN_ROLE_NAME,
        trust=_circleci_trust(
            {"StringEquals": {f"{issuer}:aud": account.LABS_AUDIENCE}, "StringLike": {f"{issuer}:sub": f"org/{labs.id}/*"}}, labs
        ),
        inline={"s3": {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}},
        description="For the notebooks, until we know better",
        created=LAST_YEAR + timedelta(days=90),
        last_used=LAST_BUILD - timedelta(days=200),
    )
    own_main = f"org/{labs.id}/project/{firmware.id}/user/{ANY_USER_ID}/vcs-origin/{firmware.vcs_origin}/vcs-ref/refs/heads/main"
    owned = {"StringEquals": {"aws:ResourceAccount": account.ACCOUNT_ID}}
    _add_role(
        iam,
        account.LABS_TIGHT_ROLE_NAME,
        path="/circleci/",
        trust=_circleci_trust(
            {
                "StringEquals": {f"{issuer}:aud": account.LABS_AUDIENCE, f"{issuer}:oidc.circleci.com/project-id": firmware.id},
                "StringLike": {f"{issuer}:sub": own_main},
            },
            labs,
        ),
        inline={
            "read": {"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"{bucket}/builds/firmware/*", "Condition": owned},
            "write": {"Effect": "Allow", "Action": "s3:PutObject", "Resource": f"{bucket}/releases/firmware/*", "Condition": owned},
        },
        description="Releases of the firmware, from main",
        created=LAST_YEAR + timedelta(days=120),
        last_used=LAST_BUILD - timedelta(hours=5),
    )


def _add_role(
    iam: IAMBackend,
    name: str,
    *,
    trust: Json,
    inline: dict[str, Json],
    created: datetime,
    path: str = "/",
    description: str = "",
    last_used: datetime | None = None,
) -> None:
    role = iam.create_role(
        role_name=name,
        assume_role_policy_document=document(trust),
        path=path,
        permissions_boundary=None,
        description=description,
        tags=[],
        max_session_duration="3600",
    )
    role.create_date = created
    if last_used:
        role.last_used = last_used
        role.last_used_region = account.REGION  # type: ignore[assignment]  # moto declares that it is always None
    for policy_name, statement in inline.items():
        iam.put_role_policy(name, policy_name, document(statement))


def _seed_kms() -> None:
    kms = kms_backends[account.ACCOUNT_ID][account.REGION]
    key = kms.create_key(None, "ENCRYPT_DECRYPT", "SYMMETRIC_DEFAULT", "Release artifacts", tags=[])
    del kms.keys[key.id]
    key.id, key.arn, key.creation_date = account.KMS_KEY_ID, account.KMS_KEY_ARN, LONG_AGO.timestamp()
    kms.keys[key.id] = key


def _seed_buckets(s3: S3Backend) -> None:
    projects = [project.name for project in circleci_content.ACME.projects if project.is_active]
    _add_bucket(
        s3,
        account.BUILDS_BUCKET,
        [
            *(f"builds/{project}/{number}/bundle.tar.gz" for project in projects for number in (1187, 1188, 1189)),
            *(f"releases/{project}/v1.{minor}.0/bundle.tar.gz" for project in projects for minor in (4, 5)),
            *(f"reports/{project}/junit.xml" for project in projects),
            "builds-archive/2021/web.tar.gz",
            "cache/node/linux-x64.tar.gz",
            "README.txt",
        ],
    )
    _add_bucket(s3, account.KMS_BUCKET, [f"releases/{project}/latest.zip" for project in projects])
    default_encryption = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": account.KMS_KEY_ARN}
    s3.put_bucket_encryption(
        account.KMS_BUCKET, {"Rule": {"ApplyServerSideEncryptionByDefault": default_encryption, "BucketKeyEnabled": "true"}}
    )
    _add_bucket(s3, account.EUROPEAN_BUCKET, [f"logs/2026/{month:02}/access.log" for month in range(1, 9)], region="eu-west-1")
    _add_bucket(s3, account.PREVIEWS_BUCKET, [f"pr-{number:04}/index.html" for number in range(1, 451)])
    _add_bucket(s3, account.GUARDED_BUCKET, ["daily/2026-08-18.csv", "daily/2026-08-19.csv", "monthly/2026-07.csv"])
    s3.put_bucket_policy(account.GUARDED_BUCKET, _only_named_people(account.GUARDED_BUCKET).encode())
    _add_bucket(s3, "acme-scratch", [])
    _add_bucket(s3, "acme-terraform-state", ["env:/staging/network.tfstate", "production/network.tfstate"], versioned=True)
    _add_bucket(s3, "acme-web-assets", ["fonts/inter.woff2", "images/logo.svg", "scripts/app.js", "styles/site.css", "index.html"])


def _add_bucket(s3: S3Backend, name: str, keys: Iterable[str], *, region: str = account.REGION, versioned: bool = False) -> None:
    bucket = s3.create_bucket(name, region)
    bucket.creation_date = LONG_AGO
    if versioned:
        s3.put_bucket_versioning(name, "Enabled")
    for count, key_name in enumerate(keys):
        stored = s3.put_object(name, key_name, f"{name}/{key_name}\n".encode(), disable_notification=True)
        stored.last_modified = LAST_BUILD - timedelta(minutes=7 * count)


def _only_named_people(bucket: str) -> str:
    """A bucket policy that names the old user, so that the keys' successor is shut out until somebody adds it."""
    people = [f"arn:aws:iam::{account.ACCOUNT_ID}:user/{name}" for name in (account.LEGACY_USER_NAME, account.OPERATOR_NAME)]
    return document(
        {
            "Sid": "OnlyNamedPeople",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            "Condition": {"StringNotEquals": {"aws:PrincipalArn": people}},
        }
    )
