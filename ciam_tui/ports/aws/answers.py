"""What AWS answers when it refuses, told in a sentence: one table from its codes to ours.

Where a message of AWS's is passed on it is masked first, and that of a wrong signature is not passed on at all: it quotes what was signed,
and a session token is part of that.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ciam_tui.core.redacted import redacted
from ciam_tui.ports.aws.local_errors import SAID_LENGTH, Told, named, sso_expired

if TYPE_CHECKING:
    from collections.abc import Mapping

    from botocore.exceptions import ClientError

ACCESS_DENIED = "access-denied"
# What keeps one thing from being read and the next perhaps not: one may not, or the server does not know the operation.
UNREADABLE = frozenset({ACCESS_DENIED, "aws-refused", "aws-unavailable", "answer-unreadable"})

_KEY_INVALID = Told(
    "key-invalid",
    "AWS does not know the access key that was used.",
    ("Check that the key is active, and that the region belongs to the partition of the account.", "Choose another profile."),
)
_TOKEN_EXPIRED = Told(
    "token-expired",
    "The temporary credentials have expired.",
    ("Get new ones the way you got these, then try again.", "Choose another profile."),
)
_CLOCK_SKEW = Told(
    "clock-skew",
    "The clock of this machine differs from AWS's by more than AWS accepts.",
    ("Set the clock (for example with an NTP service), then try again.",),
)
_THROTTLED = Told("throttled", "AWS asked to come back later: too many requests at once.", ("Wait a minute, then try again.",))
_DENIED = Told(ACCESS_DENIED, "AWS denied it: {said}", ("Ask for the permission, or choose another profile.",))
_GONE = Told("not-found", "AWS does not find it: {said}", ("Plan again: the account has changed since it was read.",))
_EXISTS = Told("already-exists", "It exists already: {said}", ("Plan again: the account has changed since it was read.",))
_LIMIT = Told("limit-exceeded", "A quota of the account is reached: {said}", ("Ask AWS for a higher quota, or remove what is not needed.",))
_CONFLICT = Told("conflict", "Something still hangs on it: {said}", ("Look at what uses it, then try again.",))
_MALFORMED = Told("request-invalid", "AWS does not accept the request: {said}", ("Check the answer that this value comes from.",))
_WRONG_REGION = Told("wrong-region", "The request went to the wrong region: {said}", ("Check the bucket's region.",))

# https://docs.aws.amazon.com/IAM/latest/APIReference/CommonErrors.html, the errors that botocore's IAM and STS models list, and
# https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
_BY_AWS_CODE: Mapping[str, Told] = {
    "AccessDenied": _DENIED,
    "AccessDeniedException": _DENIED,
    "AllAccessDisabled": _DENIED,
    "UnauthorizedOperation": _DENIED,
    "MethodNotAllowed": _DENIED,  # S3's answer to whoever asks for a bucket policy from outside the owner's account
    "403": _DENIED,
    "405": _DENIED,
    "InvalidClientTokenId": _KEY_INVALID,
    "InvalidAccessKeyId": _KEY_INVALID,
    "UnrecognizedClientException": _KEY_INVALID,
    "AuthFailure": _KEY_INVALID,
    "InvalidToken": _KEY_INVALID,
    "SignatureDoesNotMatch": Told(
        "signature-mismatch",
        "AWS does not accept the signature: the secret access key does not belong to the access key.",
        ("Enter the key pair again in the profile.",),
    ),
    "OptInRequired": Told("not-signed-up", "The account is not signed up for this service.", ("Finish the account's sign-up.",)),
    "ExpiredToken": _TOKEN_EXPIRED,
    "ExpiredTokenException": _TOKEN_EXPIRED,
    "TokenRefreshRequired": _TOKEN_EXPIRED,
    "RequestTimeTooSkewed": _CLOCK_SKEW,
    "RequestExpired": _CLOCK_SKEW,
    "RequestInTheFuture": _CLOCK_SKEW,
    "RegionDisabledException": Told(
        "region-disabled", "The region is not enabled in this account.", ("Enable the region, or choose another.",)
    ),
    "NoSuchEntity": _GONE,
    "NoSuchBucket": _GONE,
    "404": _GONE,
    "EntityAlreadyExists": _EXISTS,
    "BucketAlreadyOwnedByYou": _EXISTS,
    "BucketAlreadyExists": Told(
        "bucket-taken", "The bucket's name is taken by somebody else's bucket: names are shared by all accounts.", ("Choose another name.",)
    ),
    "LimitExceeded": _LIMIT,
    "TooManyBuckets": _LIMIT,
    "DeleteConflict": _CONFLICT,
    "BucketNotEmpty": _CONFLICT,
    "UnmodifiableEntity": Told("unmodifiable", "An AWS service owns it: {said}", ("Choose another role name.",)),
    "MalformedPolicyDocument": _MALFORMED,
    "MalformedPolicy": _MALFORMED,
    "InvalidInput": _MALFORMED,
    "ValidationError": _MALFORMED,
    "OpenIdIdpCommunicationError": Told(
        "issuer-unreachable",
        "AWS could not reach the OIDC issuer: {said}",
        ("Check that the issuer's /.well-known/openid-configuration can be read from the internet.",),
    ),
    "IllegalLocationConstraintException": _WRONG_REGION,
    "AuthorizationHeaderMalformed": _WRONG_REGION,
    "PermanentRedirect": _WRONG_REGION,
    "301": _WRONG_REGION,
}
# A conflicting operation under way (ConcurrentModification, OperationAborted) refused this one whole, and the advice is to try again.
THROTTLING = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottled",
        "RequestThrottledException",
        "RequestLimitExceeded",
        "TooManyRequestsException",
        "BandwidthLimitExceeded",
        "PriorRequestNotComplete",
        "SlowDown",
        "RequestTimeout",
        "ConcurrentModification",
        "ConcurrentModificationException",
        "EntityTemporarilyUnmodifiable",
        "OperationAborted",
        "429",
    }
)
# Requests that botocore makes by itself to get credentials: their failure is not about what was asked for.
_CREDENTIAL_OPERATIONS = frozenset({"AssumeRole", "AssumeRoleWithWebIdentity", "GetRoleCredentials", "CreateToken", "GetSessionToken"})


def aws_code(error: ClientError) -> str:
    """AWS's own code of an error answer; to a HEAD request, which has no body, it is the status."""
    return str(error.response.get("Error", {}).get("Code", ""))


def status_of(error: ClientError) -> int:
    """The HTTP status of an error answer, 0 where there is none."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def refusal(error: ClientError, profile: str | None) -> Told:
    """What AWS's error answer says."""
    code, said = aws_code(error), _said(error)
    if error.operation_name in _CREDENTIAL_OPERATIONS and status_of(error) < 500:
        return _credentials_refused(code, said, profile)
    if code in THROTTLING:
        return _THROTTLED
    # IAM and STS answer a wrong clock with a signature error that names the times.
    if code == "SignatureDoesNotMatch" and re.search(r"Signature (?:expired|not yet current)", said):
        return _CLOCK_SKEW
    told = _BY_AWS_CODE.get(code)
    if told is _DENIED:
        return _denied(said)
    if told is not None:
        return told._replace(message=told.message.format(said=said))
    if status_of(error) >= 500:
        return Told("aws-unavailable", f"AWS could not answer ({code}).", ("Try again in a minute.", "See https://health.aws.amazon.com."))
    return Told("aws-refused", f"AWS refused it ({code}): {said}")


def _said(error: ClientError) -> str:
    """AWS's own message as one masked line that ends in a full stop."""
    message = " ".join(redacted(str(error.response.get("Error", {}).get("Message", ""))).split())
    if len(message) > SAID_LENGTH:
        message = message[:SAID_LENGTH] + "..."
    return message if message.endswith(".") else f"{message or 'it gave no reason'}."


_POLICY_LEVELS = (
    (
        "service control policy",
        "A service control policy (SCP) of the organization denies it: {said}",
        ("Ask the administrators of the AWS organization: nobody inside the account can allow it.",),
    ),
    (
        "resource control policy",
        "A resource control policy (RCP) of the organization denies it: {said}",
        ("Ask the administrators of the AWS organization: nobody inside the account can allow it.",),
    ),
    (
        "permissions boundary",
        "The permissions boundary of the principal does not allow it: {said}",
        ("Ask whoever set the boundary, or choose another profile.",),
    ),
    (
        "session policy",
        "The session policy does not allow it: {said}",
        ("Start the session without the policy, or choose another profile.",),
    ),
)


def _denied(said: str) -> Told:
    for level, message, suggestions in _POLICY_LEVELS:
        if level in said:
            return Told(ACCESS_DENIED, message.format(said=said), suggestions)
    action = re.search(r"not authorized to perform: ([\w:*-]+)", said)
    ask = f"Ask for {action[1]}, or choose another profile." if action else _DENIED.suggestions[0]
    return Told(ACCESS_DENIED, _DENIED.message.format(said=said), (ask,))


def _credentials_refused(code: str, said: str, profile: str | None) -> Told:
    if code in ("ExpiredToken", "ExpiredTokenException", "UnauthorizedException"):
        return sso_expired(profile) if code == "UnauthorizedException" else _TOKEN_EXPIRED
    if "MultiFactorAuthentication failed" in said:
        return Told(
            "mfa-refused", "AWS did not accept the MFA code.", ("Wait for the next code, since each is good once, then try again.",)
        )
    return Told(
        "credentials-failed",
        f"AWS gave no credentials for {named(profile)}: {said}",
        ("Check role_arn and source_profile of the profile, and the trust policy of its role.", "Choose another profile."),
    )
