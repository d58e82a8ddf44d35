"""What the demo's account says of how roles were used: who took them, by CloudTrail, and for what, by IAM and CloudTrail.

Some of it is seeded, and agrees with what the account says elsewhere; whoever takes a role of the account with a token is added to it, so that
a use in the demo is seen as one in AWS would be. As there, nothing of it is about an object.
"""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from moto.sts.responses import TokenResponse

from ciam_tui.ports.sandbox import account, circleci_content
from ciam_tui.ports.sandbox.mending import wrap
from ciam_tui.ports.sandbox.people import LAST_BUILD

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ciam_tui.ports.sandbox.circleci_content import DemoOrganization, DemoProject

_WEEKS = 12
_USER = "5f3f1c52-8b1a-4a59-9a0e-0d7c2f6a7e11"
# Of the actions by which S3 is managed, and which IAM therefore tracks one by one, as many as a reader takes in.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed-action-last-accessed.html
_TRACKED = (
    "CreateBucket",
    "DeleteBucket",
    "DeleteBucketPolicy",
    "PutBucketAcl",
    "PutBucketOwnershipControls",
    "PutBucketPolicy",
    "PutBucketPublicAccessBlock",
    "PutBucketVersioning",
    "PutEncryptionConfiguration",
    "PutLifecycleConfiguration",
    "PutReplicationConfiguration",
)
_MANAGED = {account.LEGACY_ROLE_NAME: ("PutLifecycleConfiguration", LAST_BUILD - timedelta(days=33))}
_RECORDED = "ciam_tui_assumed"  # on moto's own account of STS, with which it is forgotten


def services_of_role(arn: str) -> Iterator[dict[str, Any]]:
    """What IAM's job finds about a role: S3, when it was last used, with the actions that manage it; and KMS, which nobody asked."""
    role = next((each for each in iam_backends[account.ACCOUNT_ID]["aws"].roles.values() if each.arn == arn), None)
    last = None if role is None else role.last_used
    name, managed = _MANAGED.get(arn.rpartition("/")[2], ("", None))
    tracked = [{"ActionName": each, **({"LastAccessedTime": managed} if each == name else {})} for each in _TRACKED]
    asked = {} if last is None else {"LastAuthenticated": last, "LastAuthenticatedRegion": account.REGION, "LastAuthenticatedEntity": arn}
    s3 = {"ServiceName": "Amazon S3", "ServiceNamespace": "s3", "TotalAuthenticatedEntities": 0 if last is None else 1}
    yield {**s3, **asked, "TrackedActionsLastAccessed": tracked}
    yield {"ServiceName": "AWS Key Management Service", "ServiceNamespace": "kms", "TotalAuthenticatedEntities": 0}


def events_of_roles() -> list[dict[str, Any]]:
    """CloudTrail's events about roles, in no order: who took them, and what they managed."""
    acme, labs = circleci_content.ACME, circleci_content.ACME_LABS
    web, firmware = acme.project("web"), labs.project("firmware")
    old = _Taking(_arn("/", account.LEGACY_ROLE_NAME), _provider(acme), "sts.amazonaws.com", _sub(acme, web), "deploy")
    tight = _Taking(
        _arn("/circleci/", account.LABS_TIGHT_ROLE_NAME), _provider(labs), account.LABS_AUDIENCE, _sub(labs, firmware), "release"
    )
    found = []
    for week in range(_WEEKS):
        at = LAST_BUILD - timedelta(weeks=week)
        found += [old.at(at), tight.at(at - timedelta(hours=5)), _managed(at + timedelta(seconds=40), "GetBucketLocation")]
    found.append(_managed(_MANAGED[account.LEGACY_ROLE_NAME][1], "PutBucketLifecycle"))
    backend = sts_backends[account.ACCOUNT_ID]["aws"]
    return [*found, *backend.__dict__.get(_RECORDED, ())]


def record_roles_taken() -> None:
    """Whoever takes a role with a token is in the history from then on, and the role was used."""

    def take(original: Callable[..., Any], self: Any) -> Any:
        answer = original(self)
        arn, at = str(self._get_param("RoleArn")), datetime.now(UTC)
        claims = _claims(str(self._get_param("WebIdentityToken") or ""))
        audience = claims.get("aud")
        taking = _Taking(
            arn,
            f"arn:aws:iam::{account.ACCOUNT_ID}:oidc-provider/{str(claims.get('iss', '')).removeprefix('https://')}",
            str(audience[0] if isinstance(audience, list) and audience else audience),
            str(claims.get("sub", "")),
            str(self._get_param("RoleSessionName")),
        )
        event = taking.at(at)
        self.backend.__dict__.setdefault(_RECORDED, []).append(event)
        for role in iam_backends[account.ACCOUNT_ID]["aws"].roles.values():
            if role.arn == arn:
                role.last_used = at
                role.last_used_region = account.REGION  # type: ignore[assignment]  # moto declares that it is always None
        return answer

    wrap(TokenResponse, "assume_role_with_web_identity", take)


def _claims(token: str) -> dict[str, Any]:
    """What the token says, as moto believes it: unchecked."""
    payload = token.split(".")[1] if token.count(".") == 2 else ""
    try:
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    except ValueError:
        return {}
    return claims if isinstance(claims, dict) else {}


def _arn(path: str, role: str) -> str:
    return f"arn:aws:iam::{account.ACCOUNT_ID}:role{path}{role}"


def _provider(organization: DemoOrganization) -> str:
    return f"arn:aws:iam::{account.ACCOUNT_ID}:oidc-provider/{organization.issuer.removeprefix('https://')}"


def _sub(organization: DemoOrganization, project: DemoProject) -> str:
    return f"org/{organization.id}/project/{project.id}/user/{_USER}/vcs-origin/{project.vcs_origin}/vcs-ref/refs/heads/main"


@dataclass(frozen=True, slots=True)
class _Taking:
    """A role that is taken with a token, as CloudTrail tells it."""

    role_arn: str
    provider: str
    audience: str
    sub: str
    session: str

    def at(self, moment: datetime) -> dict[str, Any]:
        """The event of one time."""
        session_arn = f"arn:aws:sts::{account.ACCOUNT_ID}:assumed-role/{self.role_arn.rpartition('/')[2]}/{self.session}"
        return {
            **_event(moment, "AssumeRoleWithWebIdentity", "sts.amazonaws.com", f"{self.role_arn}{self.session}"),
            "userIdentity": {
                "type": "WebIdentityUser",
                "principalId": f"{self.provider}:{self.audience}:{self.sub}",
                "userName": self.sub,
                "identityProvider": self.provider,
            },
            "requestParameters": {"roleArn": self.role_arn, "roleSessionName": self.session, "durationSeconds": 3600},
            "responseElements": {
                "subjectFromWebIdentityToken": self.sub,
                "assumedRoleUser": {"arn": session_arn},
                "provider": self.provider,
                "audience": self.audience,
            },
            "resources": [{"accountId": account.ACCOUNT_ID, "type": "AWS::IAM::Role", "ARN": self.role_arn}],
        }


def _managed(at: datetime, name: str) -> dict[str, Any]:
    """The old role did something with the bucket of the builds."""
    role = account.LEGACY_ROLE_NAME
    arn = f"arn:aws:iam::{account.ACCOUNT_ID}:role/{role}"
    return {
        **_event(at, name, "s3.amazonaws.com", name),
        "userIdentity": {
            "type": "AssumedRole",
            "arn": f"arn:aws:sts::{account.ACCOUNT_ID}:assumed-role/{role}/deploy",
            "accountId": account.ACCOUNT_ID,
            "sessionContext": {"sessionIssuer": {"type": "Role", "arn": arn, "userName": role}},
        },
        "requestParameters": {"bucketName": account.BUILDS_BUCKET},
        "responseElements": None,
    }


def _event(at: datetime, name: str, source: str, salt: str) -> dict[str, Any]:
    number = int.from_bytes(salt.encode(), "big") % 0xFFFF
    return {
        "eventVersion": "1.09",
        "eventTime": f"{at:%Y-%m-%dT%H:%M:%SZ}",
        "eventSource": source,
        "eventName": name,
        "awsRegion": account.REGION,
        "sourceIPAddress": "198.51.100.23",  # of the addresses that are kept for documentation
        "userAgent": "aws-cli/2.27.1",
        "eventID": f"de300000-0000-4000-{number:04x}-{int(at.timestamp()):012}",
        "readOnly": name.startswith(("Get", "Assume")),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "eventCategory": "Management",
        "recipientAccountId": account.ACCOUNT_ID,
    }
