"""What botocore raises by itself, told in a sentence: credentials that cannot be had, and connections that do not come about.

An exception of botocore may hold the signed request, and a credential process may write anything to its standard error. So nothing of
theirs is passed on but names of profiles, files and endpoints.
"""

from __future__ import annotations

from typing import NamedTuple

from botocore import exceptions as boto

from ciam_tui.core.redacted import redacted

SAID_LENGTH = 400  # AWS's longest useful sentence; what is longer is a dump


class Told(NamedTuple):
    code: str
    message: str
    suggestions: tuple[str, ...] = ()


def sso_expired(profile: str | None) -> Told:
    """That the SSO session has to be renewed, with the command that does it."""
    return Told(
        "sso-expired",
        f"The SSO session of {named(profile)} has expired, or there is none yet.",
        (f"Run `aws sso login{f' --profile {profile}' if profile else ''}`, then try again.",),
    )


def named(profile: str | None) -> str:
    """The profile as it stands within a sentence."""
    return f"profile {profile}" if profile else "the default profile"


def local_failure(error: boto.BotoCoreError, profile: str | None) -> Told:
    """What `error` says, for a reader who uses `profile`."""
    match error:
        case boto.UnauthorizedSSOTokenError() | boto.SSOTokenLoadError() | boto.TokenRetrievalError() | boto.NoAuthTokenError():
            return sso_expired(profile)
        case boto.LoginError():
            renew = f"Run `aws login{f' --profile {profile}' if profile else ''}`, then try again."
            return Told("login-expired", f"The login session of {named(profile)} has expired, or there is none yet.", (renew,))
        case boto.NoCredentialsError():
            return Told(
                "no-credentials",
                f"There are no AWS credentials for {named(profile)}.",
                (
                    "Choose a profile, or run `aws configure sso` to make one.",
                    "Set AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and, for temporary credentials, AWS_SESSION_TOKEN.",
                ),
            )
        case boto.RefreshWithMFAUnsupportedError():
            return Told("token-expired", "The session that was opened with an MFA code has expired.", ("Open the account again.",))
        case boto.PartialCredentialsError():
            missing = str(error.kwargs.get("cred_var", "one half"))
            return Told(
                "credentials-failed", f"The credentials of {named(profile)} are incomplete: {missing} is missing.", ("Complete them.",)
            )
        case boto.InvalidConfigError():
            said = redacted(str(error.kwargs.get("error_msg", "")))
            return Told("credentials-failed", f"The configuration of {named(profile)} is wrong: {said}", ("Correct the profile.",))
        case boto.CredentialRetrievalError() | boto.UnknownCredentialError() | boto.MetadataRetrievalError():
            # What a credential process writes to its standard error may hold anything, so it is not repeated here.
            return Told(
                "credentials-failed",
                f"The credentials of {named(profile)} could not be fetched by {error.kwargs.get('provider', 'its provider')}.",
                ("Run the profile's credential_process by hand and look at what it says.", "Choose another profile."),
            )
        case boto.ProfileNotFound():
            return missing_profile(str(error.kwargs.get("profile", profile or "")), ())
        case boto.ConfigParseError() | boto.ConfigNotFound():
            where = error.kwargs.get("path", "~/.aws/config")
            return Told("config-unreadable", f"The AWS configuration {where} cannot be read.", ("Correct the file.",))
        case boto.MissingDependencyException():
            return Told(
                "credentials-failed",
                f"The way {named(profile)} gets its credentials needs a package that is not installed.",
                ("Install botocore[crt] beside ciam-tui.", "Choose another profile."),
            )
        case boto.ParamValidationError():
            return Told("request-invalid", f"The request is not one that AWS takes: {redacted(str(error))[:SAID_LENGTH]}")
        case _:
            return _connection_error(error)


def _connection_error(error: boto.BotoCoreError) -> Told:
    where = str(error.kwargs.get("endpoint_url", "AWS") if hasattr(error, "kwargs") else "AWS").split("?", 1)[0]
    match error:
        case boto.ProxyConnectionError():
            return Told("unreachable", "The proxy cannot be reached.", ("Check HTTP_PROXY, HTTPS_PROXY and NO_PROXY.",))
        case boto.EndpointConnectionError() | boto.ConnectTimeoutError():
            return Told(
                "unreachable",
                f"{where} cannot be reached.",
                ("Check the network, the region, and AWS_ENDPOINT_URL where it is set.",),
            )
        case boto.SSLError():
            return Told(
                "unreachable",
                f"There is no trusted TLS connection to {where}.",
                ("Where a proxy opens TLS, set AWS_CA_BUNDLE to its certificate.",),
            )
        case boto.ReadTimeoutError():
            return Told("no-answer", f"{where} did not answer in time.", ("Try again in a minute.",))
        case boto.HTTPClientError():
            return Told("no-answer", f"The connection to {where} broke before the answer was there.", ("Try again.",))
        case boto.NoRegionError() | boto.BaseEndpointResolverError() | boto.EndpointProviderError():
            return Told("region-unknown", "There is no endpoint for this region.", ("Choose another region.",))
        case _:
            return Told("aws-failed", f"It failed in this machine: {redacted(str(error))[:SAID_LENGTH]}")


def missing_profile(name: str, known: tuple[str, ...]) -> Told:
    """That the configuration has no profile `name`, with those it has."""
    there = f"Choose one of {', '.join(known)}." if known else "Make one with `aws configure sso` or `aws configure`."
    return Told("profile-not-found", f"The AWS configuration has no profile {name}.", (there, "Check AWS_PROFILE where it is set."))
