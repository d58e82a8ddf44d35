"""Whether a Principal element names the caller: the part of a decision that trust and bucket policies have and identity policies have not.

IAM takes no pattern here but `*` alone, and one name stands for several callers: an account for all of its principals, a role for its sessions.
How a caller is named decides how far the grant carries, too (IAM User Guide, "AWS JSON policy elements: Principal").
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.core.document import Principal

_ACCOUNT = re.compile(r"[0-9]{12}")
_ACCOUNT_ROOT = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>[0-9]{12}):root")
_SESSION = re.compile(r"arn:(?P<partition>[^:]+):sts::(?P<account>[0-9]{12}):assumed-role/(?P<role>[^/]+)/.+")
_ROLE = re.compile(r"arn:(?P<partition>[^:]+):iam::(?P<account>[0-9]{12}):role/(?:.*/)?(?P<role>[^/]+)")
_IN_ACCOUNT = re.compile(r"arn:(?P<partition>[^:]+):(?:iam|sts)::(?P<account>[0-9]{12}):(?P<kind>[^/]+)(?:/.*)?")
_PROVIDERS = frozenset({"oidc-provider", "saml-provider"})
_WEB_IDENTITIES = frozenset({"accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com"})
_SERVICE = re.compile(r"[a-z0-9.-]+\.amazonaws\.com(\.cn)?")


class Reach(IntEnum):
    """How directly an entry names a caller, from the least."""

    ACCOUNT = 1  # its account, which delegates: the caller's own policies decide
    ROLE = 2  # the role behind its session: what limits the role limits the grant
    DIRECT = 3  # the caller itself, or everybody


def principal_reach(principal: Principal) -> Callable[[str], Reach | None]:
    """The test how `principal`, an entry of a Principal element, names a caller; None where it does not.

    A caller is an ARN of a user, role, session or identity provider, a service (`ec2.amazonaws.com`), or a canonical user's id.
    """
    kind, value = principal
    if value == "*":
        return _directly(_IN_KIND.get(kind, lambda _caller: True))
    if kind != "AWS":
        return _directly(value.__eq__)
    if _ACCOUNT.fullmatch(value) or _ACCOUNT_ROOT.fullmatch(value):
        return _account_reach(account_of(value) or value)
    if role := _ROLE.fullmatch(value):
        return lambda caller: Reach.ROLE if caller == value or _is_session_of(caller, role) else None
    return _directly(value.__eq__)


def _directly(names: Callable[[str], bool]) -> Callable[[str], Reach | None]:
    return lambda caller: Reach.DIRECT if names(caller) else None


def _account_reach(account: str) -> Callable[[str], Reach | None]:
    def reach(caller: str) -> Reach | None:
        if not _is_of_account(caller, account):
            return None
        return Reach.DIRECT if is_root(caller) else Reach.ACCOUNT

    return reach


def account_of(arn: str) -> str | None:
    """The account that an ARN names in its fifth segment; S3's buckets name none."""
    segments = arn.split(":", 5)
    return segments[4] if len(segments) > 5 and _ACCOUNT.fullmatch(segments[4]) else None


def is_root(caller: str) -> bool:
    """Whether `caller` is an account's root user, whom no policy has to allow anything."""
    return _ACCOUNT_ROOT.fullmatch(caller) is not None


def is_provider(caller: str) -> bool:
    """Whether `caller` is an identity provider, which vouches for somebody who is no principal of an account yet."""
    found = _IN_ACCOUNT.fullmatch(caller)
    return caller in _WEB_IDENTITIES or (found is not None and found["kind"] in _PROVIDERS)


def is_service(caller: str) -> bool:
    """Whether `caller` is an AWS service that calls for itself."""
    return _SERVICE.fullmatch(caller) is not None and caller not in _WEB_IDENTITIES


def is_service_linked(caller: str) -> bool:
    """Whether `caller` is a service-linked role or a session of one: organization policies do not limit those."""
    return ":role/aws-service-role/" in caller or ":assumed-role/AWSServiceRoleFor" in caller


_IN_KIND = {"Federated": is_provider, "Service": is_service}  # what "*" stands for under each kind; elsewhere everybody


def _is_of_account(caller: str, account: str) -> bool:
    """Whether `caller` is a principal of `account`; an identity provider in the account is none."""
    found = _IN_ACCOUNT.fullmatch(caller)
    return found is not None and found["account"] == account and found["kind"] not in _PROVIDERS


def _is_session_of(caller: str, role: re.Match[str]) -> bool:
    session = _SESSION.fullmatch(caller)
    # A session's ARN leaves out the role's path; names are unique in an account whatever their path.
    return session is not None and session.group("partition", "account", "role") == role.group("partition", "account", "role")
