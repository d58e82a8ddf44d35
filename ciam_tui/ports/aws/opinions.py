"""What AWS says about a policy when it is asked: Access Analyzer's ValidatePolicy, and the simulator's SimulateCustomPolicy.

Both are free of charge and change nothing. Access Analyzer's other checks (CheckNoNewAccess and its kin) cost money for each call, and are not
made. An operator may lack the permission, a partition the service, and an endpoint that is not quite AWS both: then the answer says so.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from ciam_tui.core.opinions import AnalyzerFinding, NotChecked, PolicyKind, calls_for
from ciam_tui.core.opinions.analyzer import location_of
from ciam_tui.core.opinions.simulation import decisions_in
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ciam_tui.core.document import Document
    from ciam_tui.core.evaluate import Request
    from ciam_tui.core.opinions import SimulatedDecision, SimulationCall
    from ciam_tui.ports.aws.clients import Clients

_Value = TypeVar("_Value")

_KINDS: Mapping[PolicyKind, Mapping[str, str]] = {
    PolicyKind.PERMISSIONS: {"policyType": "IDENTITY_POLICY"},
    PolicyKind.TRUST: {"policyType": "RESOURCE_POLICY", "validatePolicyResourceType": "AWS::IAM::AssumeRolePolicyDocument"},
}
# More than any policy has findings, and an end where a broken server goes on for ever with the same token.
_MOST_PAGES = 50


def validated(clients: Clients, document: Document, kind: PolicyKind) -> tuple[AnalyzerFinding, ...] | NotChecked:
    """Access Analyzer's findings about `document`, in English and in its order; the places are those of `document.text`."""
    return _answered(lambda: tuple(_finding(each) for each in _findings(clients, document, kind)))


def simulated(
    clients: Clients, requests: Sequence[Request], policies: Sequence[tuple[str, Document]], boundary: Document | None
) -> tuple[SimulatedDecision, ...] | NotChecked:
    """The simulator's answers to those of `requests` that it answers; `policies` come with the names by which it shall speak of them.

    A request that names its caller is about a policy that the simulator does not take, so none of those may be among them.
    """
    if any(request.principal is not None for request in requests):
        return NotChecked("cannot-be-asked", "The simulator knows identity policies alone, and a request here names a caller.")
    names = {f"PolicyInputList.{number}": name for number, (name, _) in enumerate(policies, start=1)}
    names["PermissionsBoundaryPolicyInputList.1"] = "the permissions boundary"
    return _answered(
        lambda: tuple(
            decision
            for call in calls_for(requests)
            for decision in decisions_in(call, requests, _results(clients, call, policies, boundary), names)
        )
    )


def _answered(ask: Callable[[], _Value]) -> _Value | NotChecked:
    try:
        return ask()
    except CiamError as error:
        return NotChecked.because(error)
    except (AttributeError, KeyError, TypeError, ValueError):
        # botocore hands on what it was sent, so that an answer of another shape than the model's fails wherever it is read first.
        return NotChecked("answer-unreadable", "The answer is not one that AWS gives. Check proxies and AWS_ENDPOINT_URL.")


def _findings(clients: Clients, document: Document, kind: PolicyKind) -> Iterator[Mapping[str, Any]]:
    analyzer: Any = clients.glance("accessanalyzer")
    asked: dict[str, Any] = {"locale": "EN", "maxResults": 100, "policyDocument": document.text, **_KINDS[kind]}
    for _ in range(_MOST_PAGES):
        page = clients.ask("ask IAM Access Analyzer", lambda: analyzer.validate_policy(**asked))
        yield from page["findings"]
        if not page.get("nextToken"):
            return
        asked["nextToken"] = page["nextToken"]
    raise _endless("ask IAM Access Analyzer")


def _finding(answered: Mapping[str, Any]) -> AnalyzerFinding:
    return AnalyzerFinding(
        kind=str(answered["findingType"]),
        code=str(answered["issueCode"]),
        text=" ".join(str(answered["findingDetails"]).split()),
        link=str(answered.get("learnMoreLink") or ""),
        locations=tuple(location_of(each) for each in answered.get("locations") or ()),
    )


def _results(
    clients: Clients, call: SimulationCall, policies: Sequence[tuple[str, Document]], boundary: Document | None
) -> Iterator[Mapping[str, Any]]:
    iam: Any = clients.glance("iam")
    asked: dict[str, Any] = {
        "PolicyInputList": [document.text for _, document in policies],
        "ActionNames": list(call.actions),
        "ResourceArns": list(call.resources),
        "ContextEntries": [
            {"ContextKeyName": each.key, "ContextKeyValues": list(each.values), "ContextKeyType": each.kind} for each in call.context
        ],
        **({} if boundary is None else {"PermissionsBoundaryPolicyInputList": [boundary.text]}),
    }
    for _ in range(_MOST_PAGES):
        page = clients.ask("ask IAM's policy simulator", lambda: iam.simulate_custom_policy(**asked))
        yield from page["EvaluationResults"]
        if not page.get("IsTruncated") or not page.get("Marker"):
            return
        asked["Marker"] = page["Marker"]
    raise _endless("ask IAM's policy simulator")


def _endless(doing: str) -> CiamError:
    return CiamError("answer-unreadable", f"Cannot {doing}", f"Its answer does not end after {_MOST_PAGES} pages.")
