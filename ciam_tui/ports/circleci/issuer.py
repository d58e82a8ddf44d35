"""The issuer of an organization's tokens: known for Cloud, and on a Server read from its discovery document.

The documentation names a Server's domain as issuer, and not how the organization stands in it; an installation may also publish its keys
elsewhere. So what the document says about itself decides, as it does for AWS. No token is sent to any of the addresses.
"""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import quoted
from ciam_tui.ports.circleci.failures import ABSENT
from ciam_tui.ports.circleci.hosts import CLOUD_ISSUER, host_of
from ciam_tui.ports.circleci.reading import read_as
from ciam_tui.ports.circleci.shapes import ShapeError
from ciam_tui.ports.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.ports.circleci.http import Http

_DOCUMENT = "/.well-known/openid-configuration"


def discover_issuer(host: str, org_id: str, typed: str | None, open_without_token: Callable[[str], Http], *, server: bool) -> str:
    """The issuer's URL, as tokens carry it. `typed` is where its user believes it to be; `open_without_token` asks an origin.

    Raises:
        CiamError: there is no discovery document in any of the places.
    """
    if typed is not None:
        return _said_at(typed.strip().removesuffix(_DOCUMENT).removesuffix("/"), open_without_token)
    cloud_issuer = f"{CLOUD_ISSUER}{org_id}"
    if not server and not is_loopback(host):
        return cloud_issuer
    for place in (f"{host}/org/{org_id}", host):
        try:
            return _said_at(place, open_without_token)
        except CiamError as error:
            if error.code not in ABSENT:
                raise
    if not server:
        return cloud_issuer
    raise CiamError(
        "circleci-issuer-unknown",
        "Cannot find the issuer",
        f"{host} publishes no OpenID configuration where it was looked for.",
        ("Type the issuer: it is the claim `iss` of any job's token.", "Ask whether OIDC is switched on in this Server (4.4 or later)."),
    )


def _said_at(place: str, open_without_token: Callable[[str], Http]) -> str:
    try:
        parts = urlsplit(place)
    except ValueError:
        parts = urlsplit("")
    if not parts.netloc or parts.query or parts.fragment:
        raise CiamError(
            "circleci-issuer-invalid",
            "Cannot read the issuer",
            f"{quoted(place)} is no address of an issuer.",
            ("Write it as https://oidc.example.com/org/<organization id>.",),
        )
    with closing(open_without_token(host_of(f"{parts.scheme}://{parts.netloc}"))) as http:
        return read_as(http, _issuer_in, f"{parts.path}{_DOCUMENT}", doing=f"read the issuer at {place}")


def _issuer_in(data: Any) -> str:
    issuer = data.get("issuer") if isinstance(data, dict) else None
    if not isinstance(issuer, str) or not (issuer.startswith("https://") or is_loopback(issuer)):
        raise ShapeError("names no issuer")
    return issuer
