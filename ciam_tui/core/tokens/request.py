"""The request that STS makes of a token: which claim becomes which condition key, who the caller is, and what never arrives.

A token has a dozen claims and AWS reads six of them. https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_iam-condition-keys.html
(the table for other identity providers) and the Service Authorization Reference of STS list the keys.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ciam_tui.core.evaluate import Request
from ciam_tui.core.tokens.scope import PROJECT_KEY, PROVIDER, TrustScope, org_of_issuer, split_key
from ciam_tui.core.trust import ASSUME_ROLE

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.tokens.claims import Claims

SESSION_NAME = "sts:RoleSessionName"
# Claims of any provider that AWS reads; the keys are their names, but for `azp`, which takes the place of `aud` where it is set.
KNOWN_CLAIMS = ("aud", "oaud", "sub", "amr", "email")
_ARN = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>[0-9]{12}):")
_MADE_UP_ACCOUNT = "123456789012"
_ANY_SESSION_NAME = "circleci-job"


def request_of(claims: Claims, scope: TrustScope, *, provider_arn: str | None = None, more: Mapping[str, str] | None = None) -> Request:
    """What STS asks a trust policy of `scope` about the token with `claims`; `more` are condition keys that no token fills."""
    caller = provider_arn or caller_of(claims, scope)
    partition, account = _place(caller)
    context = {f"{claims.issuer}:{name}": values for name, values in _values(claims, partition).items()}
    context[SESSION_NAME] = (_session_name(scope),)
    context |= {key: (value,) for key, value in (more or {}).items()}
    return Request(ASSUME_ROLE, f"arn:{partition}:iam::{account}:role/role", context, caller)


def caller_of(claims: Claims, scope: TrustScope) -> str:
    """The ARN of the provider that vouches for the token, in the account and partition of those that the policy names."""
    partition, account = _place(scope.providers[0]) if scope.providers else ("aws", _MADE_UP_ACCOUNT)
    named = next((arn for arn in scope.providers if arn.endswith(f"{PROVIDER}{claims.issuer}")), None)
    return named or f"arn:{partition}:iam::{account}{PROVIDER}{claims.issuer}"


def fills_project_key(issuer: str, partition: str) -> bool:
    """Whether AWS takes CircleCI's project id from tokens of `issuer`: documented for organizations' cloud issuers, in partition `aws`."""
    return partition == "aws" and org_of_issuer(issuer) is not None


def is_never_filled(key: str) -> bool:
    """Whether `key` is about a claim that AWS does not read."""
    issuer, claim = split_key(key)
    return "." in issuer and claim.lower() not in (*KNOWN_CLAIMS, PROJECT_KEY)


def partition_of(scope: TrustScope) -> str:
    """The partition of the providers that the policy names."""
    return _place(scope.providers[0])[0] if scope.providers else "aws"


def _place(arn: str) -> tuple[str, str]:
    found = _ARN.match(arn)
    return (found["partition"], found["account"]) if found else ("aws", _MADE_UP_ACCOUNT)


def _values(claims: Claims, partition: str) -> dict[str, tuple[str, ...]]:
    others = claims.others
    party = others.get("azp")
    values = {
        "aud": (party,) if isinstance(party, str) and party else claims.audience,
        "oaud": claims.audience,
        "sub": (claims.subject,) if claims.subject else (),
        "amr": _texts(others.get("amr")),
        "email": _texts(others.get("email")),
    }
    if fills_project_key(claims.issuer, partition):
        values[PROJECT_KEY] = _texts(others.get(PROJECT_KEY))
    return {name: texts for name, texts in values.items() if texts}


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, str):
        return (value,)
    if isinstance(value, list | tuple) and all(isinstance(each, str) for each in value):
        return tuple(str(each) for each in value)
    return ()


def _session_name(scope: TrustScope) -> str:
    """The name under which the caller asks: it is chosen freely, so that one the policy wants is no boundary."""
    wanted = next(iter(scope.session_names), _ANY_SESSION_NAME)
    return wanted.replace("*", "x").replace("?", "x")
