"""How to become an operator: the profiles of the shared AWS configuration, and the account that one of them opens.

Everything the AWS CLI can do with a profile works here (keys, SSO, roles with MFA, credential processes), by the same code; only the
question for an MFA code is asked through the front end, since botocore's own question would fight the screen.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import boto3
import botocore.session
from botocore.config import Config
from botocore.exceptions import ProfileNotFound

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import Profile
from ciam_tui.ports.aws.account import BotoAws
from ciam_tui.ports.aws.clients import Clients, configured_endpoint
from ciam_tui.ports.aws.errors import FAILURES, explained, profile_not_found
from ciam_tui.ports.loopback import is_loopback

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

# IAM and STS are asked in the region of the session, and any will do.
FALLBACK_REGION = "us-east-1"

# The first of these that a profile has says how it gets credentials; botocore looks in this order too.
# https://docs.aws.amazon.com/cli/latest/topic/config-vars.html
_KINDS = (
    ("role_arn", "role"),
    ("sso_session", "sso"),
    ("sso_start_url", "sso"),
    ("aws_access_key_id", "keys"),
    ("credential_process", "process"),
    ("login_session", "login"),
)


class SharedConfigAccess:
    """`AwsAccess` by the shared configuration and the environment of this process."""

    def profiles(self) -> tuple[Profile, ...]:
        """The profiles in the configuration's order; before them the environment's keys, which have no name and open with profile None.

        Raises:
            CiamError: `config-unreadable`.
        """
        session = botocore.session.Session()
        known = _asked(lambda: dict(session.full_config["profiles"]))
        found = [_profile(name, settings) for name, settings in known.items()]
        if os.environ.get("AWS_ACCESS_KEY_ID"):
            found.insert(0, Profile("", "environment", _environment_region()))
        return tuple(found)

    def regions(self) -> tuple[str, ...]:
        """The regions that have S3, of all partitions, as far as the installed botocore knows."""
        session = _session_without_machine_settings()
        partitions = session.get_available_partitions()
        return tuple(sorted(region for partition in partitions for region in session.get_available_regions("s3", partition)))

    def open(self, profile: str | None, region: str | None, *, ask_mfa: Callable[[str], str] | None = None) -> BotoAws:
        """The account of `profile`, None for the default chain (AWS_PROFILE, the environment's keys). Sends nothing yet.

        `ask_mfa` takes botocore's prompt and returns the code; it is called in the thread of the first request.

        Raises:
            CiamError: `profile-not-found`, `config-unreadable`.
        """
        core = botocore.session.Session(profile=profile or None)
        _asked(core.get_scoped_config)
        chosen = region or _environment_region() or core.get_config_variable("region") or FALLBACK_REGION
        _ask_mfa_through(core, ask_mfa)
        session = boto3.Session(botocore_session=core, region_name=chosen)
        _settle_credential_requests(core, session)
        # The environment's keys win over AWS_PROFILE, not over a profile that is asked for.
        in_use = profile or (None if os.environ.get("AWS_ACCESS_KEY_ID") else core.profile)
        return BotoAws(Clients(session, region=chosen, profile=in_use))


@dataclass(frozen=True, slots=True)
class FixedAccess:
    """`AwsAccess` to one endpoint by one key pair, whatever this machine's AWS settings are: the embedded account, and tests."""

    endpoint_url: str
    access_key_id: str
    secret_access_key: str = field(repr=False)
    region: str = FALLBACK_REGION
    session_token: str | None = field(default=None, repr=False)

    def profiles(self) -> tuple[Profile, ...]:
        """The one way in, which has no name."""
        return (Profile("", "keys", self.region),)

    def regions(self) -> tuple[str, ...]:
        """As `SharedConfigAccess.regions`."""
        return SharedConfigAccess().regions()

    def open(self, profile: str | None, region: str | None, *, ask_mfa: Callable[[str], str] | None = None) -> BotoAws:  # noqa: ARG002 - the protocol's parameters
        """The account behind the endpoint; there are no profiles and no MFA here."""
        chosen = region or self.region
        session = boto3.Session(
            botocore_session=_session_without_machine_settings(),
            region_name=chosen,
            aws_access_key_id=self.access_key_id,
            aws_secret_access_key=self.secret_access_key,
            aws_session_token=self.session_token,
        )
        return BotoAws(Clients(session, region=chosen, profile=None, endpoint_url=self.endpoint_url))


def _session_without_machine_settings() -> botocore.session.Session:
    """A session that a wrong AWS_PROFILE or an unreadable configuration file cannot spoil: botocore looks at both even for given keys."""
    settings: dict[str, Any] = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return botocore.session.Session(session_vars=settings)


def _profile(name: str, settings: Mapping[str, Any]) -> Profile:
    kind = next((kind for key, kind in _KINDS if key in settings), "other")
    region = settings.get("region")
    return Profile(name, kind, str(region) if region else None)


def _environment_region() -> str | None:
    """AWS_REGION, which every SDK but botocore reads, before AWS_DEFAULT_REGION."""
    return os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION") or None


def _ask_mfa_through(core: botocore.session.Session, ask_mfa: Callable[[str], str] | None) -> None:
    provider = core.get_component("credential_provider").get_provider("assume-role")
    # Botocore has no public way to hand in the prompter; awscli's own prompts hang on this attribute as well.
    provider._prompter = ask_mfa or _nobody_to_ask  # noqa: SLF001 - see above


def _nobody_to_ask(_prompt: str) -> str:
    raise CiamError(
        "mfa-needed",
        "Cannot open the profile",
        "Its role wants an MFA code, and there is nobody to ask for it.",
        ("Run this in a terminal, or use credentials that already went through MFA.",),
    )


def _settle_credential_requests(core: botocore.session.Session, session: boto3.Session) -> None:
    """The clients that botocore makes by itself to get credentials wait no longer than ours, and reach a loopback endpoint past a proxy."""
    endpoint = configured_endpoint(session, "sts")
    waits = Config(connect_timeout=10, read_timeout=30)
    core.set_default_client_config(waits.merge(Config(proxies={})) if endpoint and is_loopback(endpoint) else waits)


def _asked(request: Callable[[], Any]) -> Any:
    try:
        return request()
    except ProfileNotFound as error:
        name = str(error.kwargs.get("profile", ""))
        failure = profile_not_found(name, tuple(botocore.session.Session().available_profiles))
    except FAILURES as error:
        failure = explained(error, doing="read the AWS configuration")
    raise failure
