"""Reads of OIDC providers. IAM finds them by ARN alone, and the ARN follows from the issuer's URL."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.facts import Provider
from ciam_tui.ports.aws.documents import tags_of

if TYPE_CHECKING:
    from ciam_tui.core.facts import Identity
    from ciam_tui.ports.aws.clients import Clients


def read_provider(clients: Clients, identity: Identity, url: str) -> Provider | None:
    """The provider of the issuer `url` (without https://), None where the account has none."""
    arn = f"arn:{identity.partition}:iam::{identity.account_id}:oidc-provider/{url}"
    iam = clients.iam()
    found = clients.ask_for_optional(
        f"read the OIDC provider of {url}", {"NoSuchEntity"}, lambda: iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    )
    if found is None:
        return None
    return Provider(
        arn=arn,
        url=found["Url"].removeprefix("https://"),
        client_ids=tuple(sorted(found.get("ClientIDList", ()))),
        tags=tags_of(found.get("Tags", ())),
    )
