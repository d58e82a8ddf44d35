"""CloudTrail's events about AssumeRoleWithWebIdentity as AWS writes them, about the documentation's roles.

The shape is that of events in public repositories and of AWS's own example; the ids, names and addresses are made up.
"""

from __future__ import annotations

import json
from typing import Any

from tests.core.examples import ORG_ID, PROJECT_ID
from tests.core.tokens import USER

ACCOUNT_ID = "123456789012"
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/circleci/circleci-web-deploy"
ISSUER = f"oidc.circleci.com/org/{ORG_ID}"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{ISSUER}"
V1_SUB = f"org/{ORG_ID}/project/{PROJECT_ID}/user/{USER}"
MAIN_SUB = f"{V1_SUB}/vcs-origin/github.com/acme/web/vcs-ref/refs/heads/main"
BRANCH_SUB = f"{V1_SUB}/vcs-origin/github.com/acme/web/vcs-ref/refs/heads/feature"
ADDRESS = "198.51.100.7"
ACCESS_KEY_ID = "ASIAIOSFODNN7EXAMPLE"


def event(
    number: int = 1,
    *,
    sub: str = MAIN_SUB,
    audience: str = ORG_ID,
    at: str = "2026-08-19T10:00:00Z",
    role_arn: str = ROLE_ARN,
    error: str | None = None,
    **changes: Any,
) -> dict[str, Any]:
    """One that was let in or, with `error`, refused; `changes` are whole members of it."""
    provider = changes.pop("provider", PROVIDER_ARN)
    answered = {
        "credentials": {"accessKeyId": ACCESS_KEY_ID, "sessionToken": "FwoGZXIvYXdzEXAMPLE", "expiration": "Aug 19, 2026, 11:00:00 AM"},
        "subjectFromWebIdentityToken": sub,
        "assumedRoleUser": {"assumedRoleId": "AROAEXAMPLE:job", "arn": f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/circleci-web-deploy/job"},
        "provider": provider,
        "audience": audience,
    }
    told = {
        "eventVersion": "1.08",
        "userIdentity": {
            "type": "WebIdentityUser",
            "principalId": f"{provider}:{audience}:{sub}",
            "userName": sub,
            "identityProvider": provider,
        },
        "eventTime": at,
        "eventSource": "sts.amazonaws.com",
        "eventName": "AssumeRoleWithWebIdentity",
        "awsRegion": "us-east-1",
        "sourceIPAddress": ADDRESS,
        "userAgent": "aws-cli/2.27.1",
        "requestParameters": {"roleArn": role_arn, "roleSessionName": "job", "durationSeconds": 3600},
        "responseElements": answered,
        "requestID": f"request-{number}",
        "eventID": f"event-{number}",
        "readOnly": True,
        "resources": [{"accountId": ACCOUNT_ID, "type": "AWS::IAM::Role", "ARN": role_arn}],
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ACCOUNT_ID,
        "eventCategory": "Management",
    }
    if error is not None:
        told |= {"errorCode": error, "errorMessage": "An unknown error occurred", "responseElements": None}
    return told | changes


def text(number: int = 1, **changes: Any) -> str:
    return json.dumps(event(number, **changes))
