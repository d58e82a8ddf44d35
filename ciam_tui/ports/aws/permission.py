"""Which of the planned calls the operator may make, asked of AWS before the first of them: a plan that stops half way helps nobody.

The answer is AWS's simulation of the operator's own policies. It knows nothing of resource policies and of some conditions, and the
question itself may be denied; then the answer is "unknown", never "yes".
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from ciam_tui.core.operator import actions_of, resource_of
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.aws.answers import ACCESS_DENIED

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.facts import Identity
    from ciam_tui.ports.aws.clients import Clients


# That AWS does not tell, or not this operator, or that this endpoint does not know the question. A lost connection is none of these.
_NOT_TOLD = frozenset({ACCESS_DENIED, "answer-unreadable", "aws-refused", "aws-unavailable", "not-found", "request-invalid", "throttled"})


def may_call(
    clients: Clients, identity: Identity, calls: Sequence[Call], role_arns: Mapping[str, str], user_arns: Mapping[str, str]
) -> Mapping[str, bool | None]:
    """For each action that `calls` need: False where AWS would deny it on one of the resources, True where on none, None where unknown."""
    wanted = _resources_by_action(calls, identity, role_arns, user_arns)
    principal = _principal(clients, identity)
    if principal is None:
        return dict.fromkeys(wanted)
    # One question answers for several actions on the same resources.
    groups: dict[frozenset[str | None], list[str]] = defaultdict(list)
    for action, needed in wanted.items():
        groups[frozenset(needed)].append(action)
    answers: dict[str, bool | None] = {}
    for resources, actions in groups.items():
        answers |= _simulated(clients, principal, actions, resources)
    return {action: answers[action] for action in wanted}


def _resources_by_action(
    calls: Sequence[Call], identity: Identity, role_arns: Mapping[str, str], user_arns: Mapping[str, str]
) -> dict[str, set[str | None]]:
    created = {
        str(call.params["RoleName"]).lower(): str(resource_of(call, identity.account_id, identity.partition, {}))
        for call in calls
        if call.operation == "CreateRole"
    }
    known = {**role_arns, **created}
    wanted: dict[str, set[str | None]] = {}
    for call in calls:
        for action in actions_of(call.service, call.operation, call.params):
            wanted.setdefault(action, set()).add(resource_of(call, identity.account_id, identity.partition, known, user_arns))
    return wanted


def _principal(clients: Clients, identity: Identity) -> str | None:
    """The IAM user or role whose policies AWS simulates: a session's ARN names its role without the path, which GetRole knows."""
    _, _, service, _, _, resource = identity.arn.split(":", 5)
    kind, _, name = resource.partition("/")
    if service == "iam" and kind == "user":
        return identity.arn
    if service != "sts" or kind != "assumed-role":
        return None
    role = name.partition("/")[0]
    try:
        return clients.ask("read the operator's role", lambda: clients.iam().get_role(RoleName=role))["Role"]["Arn"]
    except CiamError as error:
        if error.code not in _NOT_TOLD:
            raise
        return None


def _simulated(clients: Clients, principal: str, actions: Sequence[str], resources: Iterable[str | None]) -> dict[str, bool | None]:
    known = sorted(resource for resource in resources if resource is not None)
    complete = None not in resources
    if not known:
        return dict.fromkeys(actions)
    simulate = clients.iam().get_paginator("simulate_principal_policy")
    try:
        pages = clients.ask(
            "ask AWS what the operator may do",
            lambda: list(simulate.paginate(PolicySourceArn=principal, ActionNames=list(actions), ResourceArns=known)),
        )
    except CiamError as error:
        if error.code not in _NOT_TOLD:
            raise
        return dict.fromkeys(actions)
    verdicts: dict[str, list[bool | None]] = defaultdict(list)
    for result in (result for page in pages for result in page["EvaluationResults"]):
        verdicts[result["EvalActionName"]].extend(_verdicts(result))
    return {action: _joined(verdicts.get(action, []), complete=complete) for action in actions}


def _verdicts(result: Mapping[str, Any]) -> list[bool | None]:
    """The verdict on each resource; for one resource AWS gives it in the result itself."""
    specific = result.get("ResourceSpecificResults") or [{"EvalResourceDecision": result["EvalDecision"], **result}]
    organization = result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True)
    return [False if not organization else _verdict(each) for each in specific]


def _verdict(each: Mapping[str, Any]) -> bool | None:
    decision = each["EvalResourceDecision"]
    if decision == "allowed":
        return True
    # The simulation was not given the values of these condition keys: the real request will carry them.
    return None if decision == "implicitDeny" and each.get("MissingContextValues") else False


def _joined(verdicts: Sequence[bool | None], *, complete: bool) -> bool | None:
    if False in verdicts:
        return False
    return None if not verdicts or None in verdicts or not complete else True
