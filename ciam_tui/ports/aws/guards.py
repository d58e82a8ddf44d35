"""What stands around a bucket and may shut a role out: the policy of its key, and the organization's service control policies.

The latter are the organization's: from a member account they can mostly not be read, and the answer then says so rather than nothing.
https://docs.aws.amazon.com/organizations/latest/APIReference/API_ListPoliciesForTarget.html
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import Document
from ciam_tui.core.problems import CiamError
from ciam_tui.core.shut_out.facts import ControlPolicies

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ciam_tui.ports.aws.clients import Clients

_KIND = "SERVICE_CONTROL_POLICY"
_NO_ORGANIZATION = "AWSOrganizationsNotInUseException"
_NO_SUCH_KIND = "PolicyTypeNotEnabledException"
# An organization has at most five levels of units below its root, and a target five policies of a kind:
# https://docs.aws.amazon.com/organizations/latest/userguide/orgs_reference_limits.html
_MOST_LEVELS = 8
_MOST_PAGES = 20


def read_key_policy(clients: Clients, arn: str) -> Document | None:
    """The policy of a KMS key, asked in the key's region; None where there is no such key."""
    pieces = arn.split(":")
    region = pieces[3] if len(pieces) > 3 and pieces[3] else clients.region
    kms: Any = clients.glance("kms", region)
    doing = f"read the policy of the key {arn.rpartition('/')[2]}"
    try:
        answer = clients.ask_for_optional(doing, {"NotFoundException"}, lambda: kms.get_key_policy(KeyId=arn, PolicyName="default"))
        policy = None if answer is None else answer["Policy"]
    except (AttributeError, KeyError, TypeError, ValueError):  # botocore fails so on an answer of another shape than the model's
        policy = 0
    if policy is None or isinstance(policy, str):
        return None if policy is None else Document(policy)
    raise CiamError("answer-unreadable", f"Cannot {doing}", "The answer is not one that AWS gives.")


def read_key_arns(clients: Clients) -> tuple[str, ...]:
    """The ARNs of the keys in the session's region, AWS's own among them; the first thousand, which is a page."""
    kms: Any = clients.glance("kms")
    doing = f"list the KMS keys of {clients.region}"
    answer = clients.ask(doing, lambda: kms.list_keys(Limit=1000))
    keys = answer.get("Keys") if isinstance(answer, dict) else None
    if not isinstance(keys, list):
        raise CiamError("answer-unreadable", f"Cannot {doing}", "The answer is not one that AWS gives.")
    return tuple(str(each["KeyArn"]) for each in keys)


def read_control_policies(clients: Clients, account_id: str) -> ControlPolicies:
    """The service control policies of the account's organization, or why they cannot be read; nothing is raised."""
    try:
        return _control_policies(clients, account_id)
    except CiamError as error:
        return ControlPolicies(None, str(error))
    except (AttributeError, KeyError, TypeError, ValueError):  # botocore fails so on an answer of another shape than the model's
        return ControlPolicies(None, "Cannot read the service control policies: The answer is not one that AWS gives.")


def _control_policies(clients: Clients, account_id: str) -> ControlPolicies:
    organizations: Any = clients.glance("organizations")
    doing = "read the service control policies"
    described = clients.ask_for_optional(doing, {_NO_ORGANIZATION}, organizations.describe_organization)
    # The management account is bound by none.
    if described is None or described["Organization"].get("MasterAccountId") == account_id:
        return ControlPolicies(())
    levels: list[tuple[tuple[str, Document], ...]] = []
    target: str | None = account_id
    while target is not None and len(levels) < _MOST_LEVELS:
        level = _level(clients, organizations, doing, target)
        if level is None:
            return ControlPolicies(())
        levels.append(level)
        target = None if target.startswith("r-") else _parent(clients, organizations, doing, target)
    return ControlPolicies(tuple(reversed(levels)))


def _parent(clients: Clients, organizations: Any, doing: str, child: str) -> str | None:
    parents = clients.ask(doing, lambda: organizations.list_parents(ChildId=child))["Parents"]
    return next((str(each["Id"]) for each in parents), None)


def _level(clients: Clients, organizations: Any, doing: str, target: str) -> tuple[tuple[str, Document], ...] | None:
    """The policies that hang on the account, a unit or the root; None where the organization has none of the kind."""

    def pages() -> Iterator[Mapping[str, Any]]:
        token: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            page = organizations.list_policies_for_target(TargetId=target, Filter=_KIND, **token)
            yield from page["Policies"]
            if not page.get("NextToken"):
                return
            token = {"NextToken": page["NextToken"]}

    summaries = clients.ask_for_optional(doing, {_NO_SUCH_KIND}, lambda: list(pages()))
    if summaries is None:
        return None
    return tuple((str(each["Name"]), _content(clients, organizations, doing, str(each["Id"]))) for each in summaries)


def _content(clients: Clients, organizations: Any, doing: str, policy_id: str) -> Document:
    return Document(str(clients.ask(doing, lambda: organizations.describe_policy(PolicyId=policy_id))["Policy"]["Content"]))
