"""Second opinions and histories of the roles that an audit found."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.activity import Activity, Trust
from ciam_tui.core.document import Document, parse_policy
from ciam_tui.core.evaluate import Request
from ciam_tui.core.opinions import NotChecked, Opinion, Simulation
from ciam_tui.core.problems import CiamError
from ciam_tui.opinions.asking import SecondOpinions
from ciam_tui.opinions.history import DAYS, activities_of, activity_of, default_regions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from ciam_tui.core.audit.access import PlaceAccess
    from ciam_tui.core.audit.report import AuditReport, RoleAudit
    from ciam_tui.core.document import PolicyDocument
    from ciam_tui.ports.api import Aws, Clock

# What the simulator is asked at each place that a role's policies name.
_OPERATIONS: Mapping[str, str] = {
    "list": "s3:ListBucket",
    "read": "s3:GetObject",
    "write": "s3:PutObject",
    "delete": "s3:DeleteObject",
    "admin": "s3:PutBucketPolicy",
}
_ON_BUCKET = frozenset({"list", "admin"})
_MOST_PLACES = 10  # a call or two each
_SAMPLE = "ciam-tui-sample"


def opinions_of(
    report: AuditReport, aws: Aws, *, progress: Callable[[str], None] | None = None, should_stop: Callable[[], bool] | None = None
) -> Mapping[str, Opinion]:
    """AWS's opinion of each role of `report`, by ARN; of those that came before somebody left."""
    asker = SecondOpinions(aws)
    found: dict[str, Opinion] = {}
    for number, role in enumerate(report.roles, start=1):
        if should_stop is not None and should_stop():
            break
        if progress is not None:
            progress(f"Second opinions, role {number:,} of {len(report.roles):,}")
        found[role.read.role.arn] = opinion_of(role, report, aws, asker)
    return found


def opinion_of(role: RoleAudit, report: AuditReport, aws: Aws, asker: SecondOpinions | None = None) -> Opinion:
    """AWS's opinion of one role of `report`; an `asker` that several are asked by knows what is refused for good."""
    return _opinion(role, report, asker or SecondOpinions(aws), aws)


def histories_of(
    report: AuditReport,
    aws: Aws,
    clock: Clock,
    *,
    regions: Sequence[str] = (),
    days: int = DAYS,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Mapping[str, Activity]:
    """How each role of `report` was used, by ARN; without `regions`, in those where that is likely."""
    activities = activities_of(
        {role.read.role.arn: _trust(role, report) for role in report.roles},
        aws=aws,
        clock=clock,
        regions=regions or default_regions(aws.region, report.identity.partition),
        days=days,
        progress=progress,
        should_stop=should_stop,
    )
    return {activity.role_arn: activity for activity in activities}


def history_of(
    role: RoleAudit,
    report: AuditReport,
    aws: Aws,
    clock: Clock,
    *,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Activity:
    """How one role of `report` was used, in the regions where that is likely."""
    return activity_of(
        role.read.role.arn,
        _trust(role, report),
        aws=aws,
        clock=clock,
        regions=default_regions(aws.region, report.identity.partition),
        progress=progress,
        should_stop=should_stop,
    )


def _trust(role: RoleAudit, report: AuditReport) -> Trust:
    return Trust(_policy(role), _client_ids(role, report))


def _client_ids(role: RoleAudit, report: AuditReport) -> tuple[str, ...] | None:
    """The audiences of the role's provider, where it is known which one that is."""
    clients = {provider.provider.url: provider.provider.client_ids for provider in report.providers}
    return clients.get(role.issuers[0]) if len(role.issuers) == 1 else None


def _policy(audit: RoleAudit) -> PolicyDocument | None:
    try:
        return parse_policy(audit.read.role.trust.text)
    except CiamError:
        return None


def _opinion(audit: RoleAudit, report: AuditReport, asker: SecondOpinions, aws: Aws) -> Opinion:
    role = audit.read.role
    documents = [(name, _canonical(document)) for name, document in audit.documents]
    opinion = asker.about(
        None if "trust" in audit.read.unread else _canonical(role.trust),
        documents,
        client_ids=_client_ids(audit, report),
    )
    return replace(opinion, simulation=_simulation(audit, report, documents, asker, aws))


def _simulation(
    audit: RoleAudit, report: AuditReport, documents: Sequence[tuple[str, Document]], asker: SecondOpinions, aws: Aws
) -> Simulation | NotChecked | None:
    """The simulator on what the role may do where; not of a role of which something that decides could not be read."""
    if audit.access.unread:
        return NotChecked("cannot-be-asked", audit.access.unread[0])
    requests = [request for place in audit.access.places[:_MOST_PLACES] for request in _requests(place, report.identity.account_id)]
    if not requests:
        return None
    boundary = audit.read.role.boundary
    if boundary is None:
        return asker.simulation(requests, documents)
    try:
        limit = aws.policies_in_force((boundary,), lambda _: None).documents.get(boundary)
    except CiamError as error:
        return NotChecked.because(error)
    if limit is None:
        return NotChecked("cannot-be-asked", "The permissions boundary could not be read.")
    return asker.simulation(requests, documents, _canonical(limit))


def _requests(told: PlaceAccess, account_id: str) -> Iterator[Request]:
    """What an audit asks itself of a place, the denied operations too, in a bucket of the account."""
    bucket = f"arn:{told.place.partition}:s3:::{_sampled(told.place.bucket)}"
    prefix = _sampled(told.place.prefix)
    for operation, action in ((name, _OPERATIONS[name]) for name in told.operations if name in _OPERATIONS):
        context = {"aws:ResourceAccount": (account_id,), "aws:SecureTransport": ("true",)}
        if operation == "list":
            context["s3:prefix"] = (prefix,)
        yield Request(action, bucket if operation in _ON_BUCKET else f"{bucket}/{prefix}{_SAMPLE}", context)


def _sampled(pattern: str) -> str:
    """A text that `pattern` matches."""
    return pattern.replace("*", "x").replace("?", "x")


def _canonical(document: Document) -> Document:
    """The spelling in which an audit counts lines; what is no JSON is asked about as it is."""
    try:
        return Document(document.canonical)
    except CiamError:
        return document
