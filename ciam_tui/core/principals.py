"""Whether a Principal element names the caller: the part of a decision that trust and bucket policies have and identity policies have not.

IAM takes no pattern here but `*` alone, and one name stands for several callers: an account for all of its principals, a role for its sessions.
"""

from __future__ import annotations

import re
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


def principal_test(principal: Principal) -> Callable[[str], bool]:
    """The test whether `principal`, an entry of a Principal element, names a caller.

    A caller is an ARN of a user, role, session or identity provider, a service (`ec2.amazonaws.com`), or a canonical user's id.
    """
    kind, value = principal
    if value == "*":
        return lambda _caller: True
    if kind != "AWS":
        return value.__eq__
    if root := _ACCOUNT_ROOT.fullmatch(value):
        return lambda caller: _is_of_account(caller, root["account"])
    if _ACCOUNT.fullmatch(value):
        return lambda caller: _is_of_account(caller, value)
    if role := _ROLE.fullmatch(value):
        return lambda caller: caller == value or _is_session_of(caller, role)
    return value.__eq__


def _is_of_account(caller: str, account: str) -> bool:
    """Whether `caller` is a principal of `account`; an identity provider in the account is none."""
    found = _IN_ACCOUNT.fullmatch(caller)
    return found is not None and found["account"] == account and found["kind"] not in _PROVIDERS


def _is_session_of(caller: str, role: re.Match[str]) -> bool:
    session = _SESSION.fullmatch(caller)
    # A session's ARN leaves out the role's path; names are unique in an account whatever their path.
    return session is not None and session.group("partition", "account", "role") == role.group("partition", "account", "role")
