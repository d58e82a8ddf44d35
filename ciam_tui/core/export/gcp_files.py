"""The JSON files of the twin: each stage's credential configuration, and the provider as Google describes it, for the token test.

A credential configuration holds no secret: it says by which exchange the token in a file becomes a token of the service account.
https://google.aip.dev/auth/4117
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ciam_tui.core.gcp.place import Place
    from ciam_tui.core.gcp.twin import GcpTwin, ServiceAccount

TOKEN_FILE = "/tmp/circleci-oidc-token"  # noqa: S105, S108 - the file into which a job writes its token; the job's machine is its own


def credential_file(account: ServiceAccount) -> str:
    """What the credential configuration of a service account is called."""
    return f"{account.id}.credentials.json"


def credentials(twin: GcpTwin, account: ServiceAccount, place: Place) -> str:
    """The credential configuration; what `place` leaves open stands in it as a mark, which the script fills."""
    document = {
        "universe_domain": "googleapis.com",
        "type": "external_account",
        "audience": f"//iam.googleapis.com/{twin.provider.name}",
        "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
        "token_url": "https://sts.googleapis.com/v1/token",
        "service_account_impersonation_url": (
            f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{account.email}:generateAccessToken"
        ),
        "service_account_impersonation": {"token_lifetime_seconds": account.token_seconds},
        "credential_source": {"file": TOKEN_FILE, "format": {"type": "text"}},
    }
    return place.filled(_json(document))


def provider_document(twin: GcpTwin, place: Place) -> str:
    """The provider as `gcloud iam workload-identity-pools providers describe --format=json` prints it, and who is bound to what it maps.

    The audience is the user's own, and has no marks to be filled.
    """
    provider = twin.provider
    document = {
        "name": place.filled(provider.name),
        "displayName": "CircleCI",
        "state": "ACTIVE",
        "oidc": {"issuerUri": provider.issuer, "allowedAudiences": [provider.audience]},
        "attributeMapping": dict(provider.mapping),
        "attributeCondition": provider.condition,
        "serviceAccounts": [
            {"email": place.filled(account.email), "members": [place.filled(member) for member in account.members]}
            for account in twin.accounts
        ],
    }
    return _json(document)


def _json(document: dict[str, Any]) -> str:
    return json.dumps(document, indent=2) + "\n"
