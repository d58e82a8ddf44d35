"""An organization behind the protocol: which accounts there are, and each of them by a role that is taken for the reading alone.

What is taken is narrowed twice: by the role's own policies and by those of the session, which let it read IAM and nothing more, whatever
the role may do. Neither the credentials nor the external id get into a message.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from ciam_tui.core.operator import member_audit_policy
from ciam_tui.core.organization.facts import MemberAccount
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.aws.answers import ACCESS_DENIED, THROTTLING, aws_code, status_of
from ciam_tui.ports.aws.errors import FAILURES, explained

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ciam_tui.core.facts import Identity
    from ciam_tui.ports.aws.clients import Clients

SESSION_NAME = "ciam-tui-audit"
# The longest that a role taken by a role may have: https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRole.html
_SESSION_SECONDS = 3600
_NO_ORGANIZATION = "AWSOrganizationsNotInUseException"
_NO_SUCH_UNIT = frozenset({"ParentNotFoundException", "InvalidInputException"})
_DOING = "list the accounts of the organization"
_SUGGESTED = (
    "Use credentials of the management account, or of a delegated administrator of Organizations.",
    "Name the accounts with --only-account, which needs no list.",
)


def read_accounts(clients: Clients, identity: Identity, units: Sequence[str], progress: Callable[[str], None]) -> tuple[MemberAccount, ...]:
    """The accounts of the caller's organization; with `units` those below them, however deep.

    Raises:
        CiamError: `no-organization`, `no-such-unit`, `access-denied`, or AWS cannot be asked.
    """
    found: dict[str, MemberAccount] = {}
    if not units:
        pages = _pages(clients, identity, "list_accounts", "Accounts")
        found.update(_kept(pages, found, progress))
        return tuple(found.values())
    left, seen = list(units), set(units)
    while left:
        unit = left.pop()
        found.update(_kept(_pages(clients, identity, "list_accounts_for_parent", "Accounts", ParentId=unit), found, progress))
        for page in _pages(clients, identity, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=unit):
            below = [str(each["Id"]) for each in page if str(each["Id"]) not in seen]
            seen.update(below)
            left += below
    return tuple(found.values())


def _kept(
    pages: Iterator[Sequence[Mapping[str, Any]]], found: Mapping[str, MemberAccount], progress: Callable[[str], None]
) -> Iterator[tuple[str, MemberAccount]]:
    number = len(found)
    for page in pages:
        number += len(page)
        progress(f"Accounts of the organization, {number:,} so far")
        for each in page:
            # AWS is replacing Status by State, which knows more.
            state = str(each.get("State") or each.get("Status") or "UNKNOWN")
            yield str(each["Id"]), MemberAccount(str(each["Id"]), str(each.get("Name") or ""), state)


def _pages(clients: Clients, identity: Identity, operation: str, member: str, **params: str) -> Iterator[Sequence[Mapping[str, Any]]]:
    """The pages of a list. One may be empty and not the last."""
    client: Any = clients.organizations()
    token: dict[str, str] = {}
    while True:
        page = _asked(clients, identity, lambda token=token: getattr(client, operation)(**params, **token), params.get("ParentId"))  # type: ignore[misc]  # a default binds the token of this turn
        if not isinstance(page, dict) or not isinstance(page.get(member), list):
            raise CiamError("answer-unreadable", f"Cannot {_DOING}", "The answer is not one that AWS gives.")
        yield page[member]
        if not page.get("NextToken"):
            return
        if page["NextToken"] == token.get("NextToken"):
            raise CiamError("answer-unreadable", f"Cannot {_DOING}", "The list has no end: AWS answers with the same page again.")
        token = {"NextToken": page["NextToken"]}


def _asked(clients: Clients, identity: Identity, request: Callable[[], Any], unit: str | None) -> Any:
    try:
        return request()
    except ClientError as error:
        code = aws_code(error)
        if code == _NO_ORGANIZATION:
            message = f"The account {identity.account_id} is in no organization."
            failure = CiamError(
                "no-organization", f"Cannot {_DOING}", message, ("Audit it by itself, without --all-accounts.", *_SUGGESTED[1:])
            )
        elif unit is not None and code in _NO_SUCH_UNIT:
            failure = CiamError("no-such-unit", f"Cannot {_DOING}", f"The organization has no unit {unit}.", ("Check the id.",))
        else:
            told = explained(error, doing=_DOING, profile=clients.profile)
            is_denied = told.code == ACCESS_DENIED
            failure = CiamError(told.code, told.title, told.message, _SUGGESTED) if is_denied else told
    except FAILURES as error:
        failure = explained(error, doing=_DOING, profile=clients.profile)
    raise failure


def take_role(clients: Clients, identity: Identity, account_id: str, role: str, external_id: str | None) -> Clients:
    """Clients by the role called `role`, with its path, in the account.

    Raises:
        CiamError: `access-denied` and others; it says what to do about it in that account.
    """
    arn = f"arn:{identity.partition}:iam::{account_id}:role/{role.strip('/')}"
    doing = f"take the role {role} in account {account_id}"
    sts: Any = clients.sts()
    outside = {} if external_id is None else {"ExternalId": external_id}
    policy = json.dumps(member_audit_policy().policy, separators=(",", ":"))
    try:
        answer = sts.assume_role(RoleArn=arn, RoleSessionName=SESSION_NAME, DurationSeconds=_SESSION_SECONDS, Policy=policy, **outside)
        taken = answer["Credentials"]
        return clients.with_keys(
            {
                "aws_access_key_id": taken["AccessKeyId"],
                "aws_secret_access_key": taken["SecretAccessKey"],
                "aws_session_token": taken["SessionToken"],
            }
        )
    except ClientError as error:
        failure = _not_taken(error, clients, doing, role)
    except FAILURES as error:
        failure = explained(error, doing=doing, profile=clients.profile)
    except (AttributeError, KeyError, TypeError):  # botocore fails so on an answer of another shape than the model's
        failure = CiamError("answer-unreadable", f"Cannot {doing}", "The answer is not one that AWS gives.")
    # Outside of the handler, so that botocore's exception, which holds the signed request, is not kept as the context of ours.
    raise failure


def _not_taken(error: ClientError, clients: Clients, doing: str, role: str) -> CiamError:
    """AWS does not tell a role that is missing from one that does not let in: who may not come in is not told what is there."""
    code, said = aws_code(error), str(error.response.get("Error", {}).get("Message", ""))
    if code in ("AccessDenied", "AccessDeniedException"):
        if "control policy" in said:
            return CiamError(
                ACCESS_DENIED,
                f"Cannot {doing}",
                "A policy of the organization denies it.",
                ("Let the audit role be taken in the organization's policies, or leave the account out.",),
            )
        return CiamError(
            ACCESS_DENIED,
            f"Cannot {doing}",
            f"AWS denied taking the role {role}: it is not there, does not trust you, or wants another --external-id.",
            ("Roll the audit role out to the account (audit-role.sh of export --stack-set), or correct its trust policy.",),
        )
    if code == "RegionDisabledException":
        return CiamError(
            "region-disabled", f"Cannot {doing}", f"STS is off in {clients.region} there.", ("Ask in another: --region us-east-1.",)
        )
    if code in THROTTLING or status_of(error) >= 500 or code in ("ExpiredToken", "ExpiredTokenException"):
        return explained(_of_a_read(error), doing=doing, profile=clients.profile)
    return CiamError("aws-refused", f"Cannot {doing}", f"AWS refused taking the role {role} ({code}).", ("Audit the account by itself.",))


def _of_a_read(error: ClientError) -> ClientError:
    """The same, not as what botocore asks by itself for a profile's credentials."""
    return ClientError(error.response, "ListAccounts")
