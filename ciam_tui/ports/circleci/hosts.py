"""The address of a CircleCI, read from what people write, and held to what a token may be sent to: https, or this very machine.

The token goes to one origin alone, so the rest of the package asks here whether two addresses are the same.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import quoted
from ciam_tui.ports.loopback import is_loopback

CLOUD = "https://circleci.com"
CLOUD_ISSUER = "https://oidc.circleci.com/org/"
_PORTS = {"https": 443, "http": 80}


def host_of(typed: str) -> str:
    """The origin that `typed` names (`circleci.example.com`, `https://circleci.example.com/`), without a trailing slash.

    Raises:
        CiamError: it is no origin, carries a user or a path, or would send a token unencrypted over a network.
    """
    text = typed.strip()
    whole = text if "://" in text else f"https://{text}"
    try:
        parts = urlsplit(whole)
        name, port = parts.hostname, parts.port
    except ValueError:
        raise _refused(text, "is no address") from None
    if not name or any(char.isspace() or not char.isprintable() for char in text):
        raise _refused(text, "is no address")
    if "@" in parts.netloc:
        raise CiamError(
            "circleci-host-invalid", "Cannot use this CircleCI", "The address carries a user name.", ("Leave out what is before the @.",)
        )
    if parts.path.rstrip("/") or parts.query or parts.fragment:
        raise _refused(text, "has more than a host in it")
    if parts.scheme not in _PORTS:
        raise _refused(text, "does not begin with https://")
    if parts.scheme == "http" and not is_loopback(whole):
        raise _refused(text, "would send the token unencrypted")
    shown_name = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{shown_name}" if port in {None, _PORTS[parts.scheme]} else f"{parts.scheme}://{shown_name}:{port}"


def same_origin(one: str, other: str) -> bool:
    """Whether both URLs lead to the same scheme, host and port."""
    origin = _origin(one)
    return origin is not None and origin == _origin(other)


def is_server(host: str) -> bool:
    """Whether `host` is a CircleCI Server, which has API v2 alone. One on this very machine is taken for a Cloud: it is the demo's."""
    name = urlsplit(host).hostname or ""
    return not (name == "circleci.com" or name.endswith(".circleci.com") or is_loopback(host))


def _origin(url: str) -> tuple[str, str, int | None] | None:
    try:
        parts = urlsplit(url)
        return (parts.scheme, parts.hostname or "", parts.port or _PORTS.get(parts.scheme))
    except ValueError:
        return None


def _refused(text: str, why: str) -> CiamError:
    return CiamError(
        "circleci-host-invalid",
        "Cannot use this CircleCI",
        f"The address {quoted(text)} {why}.",
        ("Write it as https://circleci.example.com, in --circleci-host, CIRCLE_HOST or CIRCLECI_CLI_HOST.",),
    )
