"""boto3 clients, made when first needed and kept, and the one way in which a read is asked.

A client takes up to a tenth of a second to make, and one session makes them from one thread at a time; reads and writes have clients of
their own, since a read is retried and a write is sent once. So have glances: what one can do without is not waited for long.
"""

from __future__ import annotations

import threading
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Literal, TypeVar, cast

from botocore.config import Config
from botocore.configprovider import ConfiguredEndpointProvider
from botocore.exceptions import ClientError

from ciam_tui import __version__
from ciam_tui.ports.aws.answers import aws_code
from ciam_tui.ports.aws.errors import FAILURES, explained
from ciam_tui.ports.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    import boto3
    from botocore.client import BaseClient
    from mypy_boto3_iam.client import IAMClient
    from mypy_boto3_s3.client import S3Client
    from mypy_boto3_sts.client import STSClient

Service = Literal["iam", "s3", "sts", "accessanalyzer", "cloudtrail", "kms", "organizations"]
_Manner = Literal["reads", "writes", "glances"]
_Answer = TypeVar("_Answer")

_CONNECT_SECONDS = 10
_READ_SECONDS = 30
# CreateOpenIDConnectProvider answers after IAM has talked to the issuer.
_WRITE_SECONDS = 60
# A service that the region lacks, or that a firewall hides, answers never: ten such waits would be an audit's end.
_GLANCE_CONNECT_SECONDS = 3
_GLANCE_READ_SECONDS = 10


class Clients:
    """The clients of one session. `profile` and `region` are what it was opened with, for messages and headers."""

    def __init__(
        self,
        session: boto3.Session,
        *,
        region: str,
        profile: str | None,
        endpoint_url: str | None = None,
        keys: Mapping[str, Any] = MappingProxyType({}),
        lock: threading.RLock | None = None,
    ) -> None:
        self.region = region
        self.profile = profile
        self._session = session
        self._endpoint_url = endpoint_url
        self._keys = keys
        self._lock = lock or threading.RLock()
        self._made: dict[tuple[Service, str, _Manner], BaseClient] = {}

    def with_keys(self, keys: Mapping[str, Any]) -> Clients:
        """The same session's clients by other credentials, given as boto3 names them.

        A session of its own for each of hundreds of accounts would read botocore's descriptions of AWS each time.
        """
        return Clients(self._session, region=self.region, profile=self.profile, endpoint_url=self._endpoint_url, keys=keys, lock=self._lock)

    def iam(self) -> IAMClient:
        """IAM, for reads."""
        return cast("IAMClient", self._client("iam", self.region, "reads"))

    def sts(self) -> STSClient:
        """STS, for reads."""
        return cast("STSClient", self._client("sts", self.region, "reads"))

    def organizations(self) -> BaseClient:
        """Organizations, for reads."""
        return self._client("organizations", self.region, "reads")

    def s3(self, region: str | None = None) -> S3Client:
        """S3 in `region` (the session's where None), for reads."""
        return cast("S3Client", self._client("s3", region or self.region, "reads"))

    def writer(self, service: Service, region: str | None = None) -> BaseClient:
        """The client that sends once."""
        return self._client(service, region or self.region, "writes")

    def glance(self, service: Service, region: str | None = None) -> BaseClient:
        """The client for what one can do without: it gives up soon, and asks once, so that no wait is hidden in it."""
        return self._client(service, region or self.region, "glances")

    def ask(self, doing: str, request: Callable[[], _Answer]) -> _Answer:
        """The answer to `request`; a CiamError that tells why it cannot do `doing`."""
        try:
            return request()
        except FAILURES as error:
            failure = explained(error, doing=doing, profile=self.profile)
        # Outside of the handler, so that botocore's exception, which holds the signed request, is not kept as the context of ours.
        raise failure

    def ask_for_optional(self, doing: str, absent: Collection[str], request: Callable[[], _Answer]) -> _Answer | None:
        """As `ask`, and None where AWS answers with one of the codes `absent`."""
        try:
            return request()
        except ClientError as error:
            if aws_code(error) in absent:
                return None
            failure = explained(error, doing=doing, profile=self.profile)
        except FAILURES as error:
            failure = explained(error, doing=doing, profile=self.profile)
        raise failure

    def close(self) -> None:
        """Close the connections; the next request opens new ones."""
        with self._lock:
            made = list(self._made.values())
            self._made.clear()
        for client in made:
            client.close()

    def _client(self, service: Service, region: str, manner: _Manner) -> BaseClient:
        key = (service, region, manner)
        with self._lock:
            if key not in self._made:
                # Making a client fetches the credentials, by files and programs, where they are not fetched yet.
                self._made[key] = self.ask("open the account", lambda: self._new(service, region, manner))
            return self._made[key]

    def _new(self, service: Service, region: str, manner: _Manner) -> BaseClient:
        endpoint = self._endpoint_url or configured_endpoint(self._session, service)
        client = self._session.client(
            service, region_name=region, endpoint_url=endpoint, config=_config(endpoint, manner, service), **self._keys
        )
        return cast("BaseClient", client)


def _config(endpoint: str | None, manner: _Manner, service: Service) -> Config:
    # The number of attempts of reads is left to AWS_MAX_ATTEMPTS, as everywhere with boto3; its default is 3.
    settings: dict[str, Any] = {
        "retries": {"mode": "standard"} if manner == "reads" else {"total_max_attempts": 1, "mode": "standard"},
        "connect_timeout": _GLANCE_CONNECT_SECONDS if manner == "glances" else _CONNECT_SECONDS,
        "read_timeout": {"reads": _READ_SECONDS, "writes": _WRITE_SECONDS, "glances": _GLANCE_READ_SECONDS}[manner],
        "user_agent_extra": f"ciam-tui/{__version__}",
    }
    if endpoint is not None and is_loopback(endpoint):
        settings["proxies"] = {}  # HTTP_PROXY would capture 127.0.0.1
    if endpoint is not None and service == "s3":
        # A name before the host (`bucket.localhost`) does not resolve. Towards AWS botocore chooses, and takes the path for names with dots.
        settings["s3"] = {"addressing_style": "path"}
    return Config(**settings)


def configured_endpoint(session: boto3.Session, service: str) -> str | None:
    """The endpoint that AWS_ENDPOINT_URL, its variants for one service, or the profile give; None for AWS's own.

    Botocore would find it too, but only while it makes the client, and whether to use paths and proxies is settled before.
    """
    core = session._session  # noqa: SLF001  boto3 has no public way to the session it wraps
    if core.get_config_variable("ignore_configured_endpoint_urls"):
        return None
    found = ConfiguredEndpointProvider(full_config=core.full_config, scoped_config=core.get_scoped_config(), client_name=service).provide()
    return str(found) if found else None
