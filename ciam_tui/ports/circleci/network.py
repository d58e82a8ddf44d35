"""The company's network as the environment describes it: which proxy leads out, and whose certificates are trusted.

The variables are those that curl, pip and requests read, so that what works for them works here.
"""

from __future__ import annotations

import importlib.util
import ssl
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # not in typeshed; in every Python 3

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.circleci.secret import Secret
from ciam_tui.ports.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Mapping

CA_VARIABLES = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")


@dataclass(frozen=True, slots=True)
class Proxy:
    """A proxy's address, and its `user:password` where it wants one."""

    url: str
    login: Secret | None = None


def proxy_for(host: str, environ: Mapping[str, str]) -> Proxy | None:
    """The proxy that requests to `host` go through, None for the direct way.

    Raises:
        CiamError: the environment names one of a kind that is not spoken here.
    """
    parts = urlsplit(host)
    if is_loopback(host) or proxy_bypass_environment(parts.netloc, {"no": _either_case(environ, "no_proxy")}):
        return None
    named = _either_case(environ, f"{parts.scheme}_proxy") or _either_case(environ, "all_proxy")
    if not named:
        return None
    try:
        proxy = urlsplit(named if "://" in named else f"http://{named}")
        name, port = proxy.hostname, proxy.port
    except ValueError:
        name, port = None, None
    else:
        if proxy.scheme in {"http", "https"} and name:
            address = f"{proxy.scheme}://{f'[{name}]' if ':' in name else name}:{port or (443 if proxy.scheme == 'https' else 80)}"
            login = Secret(f"{unquote(proxy.username)}:{unquote(proxy.password or '')}") if proxy.username else None
            return Proxy(address, login)
    raise CiamError(
        "circleci-proxy-unusable",
        "Cannot reach CircleCI",
        "The proxy that the environment names is not an http:// or https:// address.",
        (f"Correct HTTPS_PROXY or ALL_PROXY, or name {parts.hostname} in NO_PROXY.",),
    )


def tls_context(environ: Mapping[str, str]) -> ssl.SSLContext:
    """The certificates that are trusted: the bundle that the environment names, else the system's, else the one that comes with botocore.

    Raises:
        CiamError: the bundle that is named cannot be read.
    """
    named = next((name for name in CA_VARIABLES if environ.get(name)), None)
    if named is None:
        context = ssl.create_default_context()
        if not _has_certificates(context):
            context.load_verify_locations(cafile=_bundle_of_botocore())
        return context
    place = Path(environ[named])
    try:
        if place.is_dir():
            return ssl.create_default_context(capath=str(place))
        return ssl.create_default_context(cafile=str(place))
    except OSError:
        raise CiamError(
            "circleci-tls",
            "Cannot reach CircleCI",
            f"The certificates that {named} names cannot be read from {place}.",
            (f"Set {named} to a readable file of certificates in PEM form, or unset it.",),
        ) from None


def _either_case(environ: Mapping[str, str], name: str) -> str:
    return environ.get(name) or environ.get(name.upper()) or ""


def _has_certificates(context: ssl.SSLContext) -> bool:
    # A folder of certificates is read when a connection asks for it, so it does not show in the store's count.
    folder = ssl.get_default_verify_paths().capath
    return bool(context.cert_store_stats()["x509_ca"]) or (bool(folder) and any(Path(folder).iterdir()))


def _bundle_of_botocore() -> str:
    # Python from python.org on macOS has no certificates until somebody installs them; AWS's calls use this bundle there.
    found = importlib.util.find_spec("botocore")
    if found is None or found.origin is None:
        raise ModuleNotFoundError("botocore")
    return str(Path(found.origin).with_name("cacert.pem"))
