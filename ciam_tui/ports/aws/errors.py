"""The doors between botocore's exceptions and the one error family: what is caught, what it is told as, what a failed write left behind.

The errors made here keep no reference to botocore's exceptions, which hold the signed request.
"""

from __future__ import annotations

import re
from typing import Any

from botocore import exceptions as boto
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import WriteFailed, WriteOutcome
from ciam_tui.ports.aws.answers import THROTTLING, aws_code, refusal, status_of
from ciam_tui.ports.aws.local_errors import Told, local_failure, missing_profile

FAILURES = (ClientError, boto.BotoCoreError, ResponseParserError)
Failure = ClientError | boto.BotoCoreError | ResponseParserError
_NUMBER = re.compile(r"[0-9A-Za-z-]{1,128}")


# Raised before a request leaves this machine: nothing can have happened at AWS.
_NOT_SENT = (
    boto.NoCredentialsError,
    boto.PartialCredentialsError,
    boto.CredentialRetrievalError,
    boto.UnknownCredentialError,
    boto.RefreshWithMFAUnsupportedError,
    boto.MetadataRetrievalError,
    boto.SSOError,
    boto.TokenRetrievalError,
    boto.NoAuthTokenError,
    boto.LoginError,
    boto.MissingDependencyException,
    boto.ProfileNotFound,
    boto.ConfigNotFound,
    boto.ConfigParseError,
    boto.InvalidConfigError,
    boto.ParamValidationError,
    boto.NoRegionError,
    boto.BaseEndpointResolverError,
    boto.EndpointProviderError,
    boto.EndpointConnectionError,
    boto.ConnectTimeoutError,
    boto.ProxyConnectionError,
)


def explained(error: Failure, *, doing: str, profile: str | None = None) -> CiamError:
    """The CiamError that tells `error`. `doing` completes "Cannot ..."; `profile` is the one in use, for the command that renews it."""
    told = _told(error, profile)
    return CiamError(told.code, f"Cannot {doing}", told.message, told.suggestions)


def write_failed(error: Failure, *, doing: str, profile: str | None = None) -> WriteFailed:
    """As `explained`, for a write: with what is known about its effect."""
    told = _told(error, profile)
    outcome = outcome_of(error)
    suggestions = told.suggestions
    if outcome is WriteOutcome.UNKNOWN:
        suggestions = ("Resume: what happened is read back from AWS before anything is sent again.",)
    return WriteFailed(outcome, told.code, f"Cannot {doing}", told.message, suggestions, request_id=_request_id(error))


def _request_id(error: Failure) -> str:
    """The number of AWS's answer, as far as it is one: an answer of somebody in between may say anything."""
    answer: Any = error.response.get("ResponseMetadata", {}) if isinstance(error, ClientError) else {}
    found = str(answer.get("RequestId", ""))
    return found if _NUMBER.fullmatch(found) else ""


def outcome_of(error: Failure) -> WriteOutcome:
    """What a write that ended in `error` left behind."""
    if isinstance(error, ClientError):
        if aws_code(error) in THROTTLING:
            return WriteOutcome.THROTTLED
        return WriteOutcome.REFUSED if 300 <= status_of(error) < 500 else WriteOutcome.UNKNOWN
    if isinstance(error, _NOT_SENT) or _is_untrusted_certificate(error):
        return WriteOutcome.REFUSED
    return WriteOutcome.UNKNOWN


def _told(error: Failure, profile: str | None) -> Told:
    if isinstance(error, ClientError):
        return refusal(error, profile)
    if isinstance(error, ResponseParserError):
        return Told(
            "answer-unreadable",
            "The answer is not one that AWS gives: something between this machine and AWS may have answered in its place.",
            ("Check proxies and AWS_ENDPOINT_URL, then try again.",),
        )
    return local_failure(error, profile)


def profile_not_found(name: str, known: tuple[str, ...]) -> CiamError:
    """That profile `name` is not in the configuration; AWS_PROFILE says it even where keys are given explicitly."""
    told = missing_profile(name, known)
    return CiamError(told.code, "Cannot open the profile", told.message, told.suggestions)


def _is_untrusted_certificate(error: Failure) -> bool:
    return isinstance(error, boto.SSLError) and "CERTIFICATE_VERIFY_FAILED" in str(error)
