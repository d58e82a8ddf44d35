"""The document of `audit --json` as a schema: apart from the others, since it holds roles, providers, keys and what AWS says of them."""

from __future__ import annotations

from ciam_tui.commands.schemas.accepting import ACCEPTANCES, ENTRY
from ciam_tui.commands.schemas.shapes import (
    COUNT,
    FLAG,
    LEVEL,
    NOT_CHECKED,
    OPINION,
    PATCH,
    TEXT,
    TEXTS,
    TOLD,
    choice,
    listed,
    maybe,
    named,
    record,
)

_GRADE = choice("open", "wide", "unknown", "dead", "tight")
_ORIGIN = choice("here", "elsewhere", "others")
_FINDING = record(
    id=TEXT,
    level=LEVEL,
    document=maybe(TEXT),
    statement=maybe(COUNT),
    sid=maybe(TEXT),
    line=maybe(COUNT),
    text=TEXT,
    fix=TEXT,
    leaves_open=TEXT,
    opens=FLAG,
    patch=PATCH,
    accepted=maybe(ENTRY),
)
_DRIFT = record(subject=TEXT, field=TEXT, expected=TEXT, actual=TEXT, text=TEXT)
_CASE = record(id=TEXT, title=TEXT, is_stranger=FLAG, let_in=FLAG, answer=TEXT, advice=TEXTS)
_MAY = record(
    places=listed(record(bucket=TEXT, prefix=TEXT, operations=named(TEXT))),
    more_places=COUNT,
    services=listed(record(service=TEXT, actions=TEXTS, reach=TEXT)),
    unread=TEXTS,
)
_WHO = {"org_id": maybe(TEXT), "project_id": maybe(TEXT), "vcs_origin": maybe(TEXT), "vcs_ref": maybe(TEXT), "sub": maybe(TEXT)}
_ACTIVITY = record(
    role_arn=TEXT,
    since=TEXT,
    until=TEXT,
    checked=FLAG,
    stopped=FLAG,
    unreadable=COUNT,
    regions=listed(
        record(region=TEXT, events_seen=COUNT, complete=FLAG, all_complete=FLAG, back_to=maybe(TEXT), not_checked=maybe(NOT_CHECKED))
    ),
    let_in=COUNT,
    refused=COUNT,
    comers=listed(record(**_WHO, count=COUNT, first=TEXT, last=TEXT, users=TEXTS)),
    refusals=listed(
        record(code=TEXT, message=TEXT, reason=TEXT, advice=TEXTS, count=COUNT, first=TEXT, last=TEXT, whos=listed(record(**_WHO)))
    ),
)
_ROLE = record(
    name=TEXT,
    arn=TEXT,
    role_id=TEXT,
    issuers=TEXTS,
    grade=_GRADE,
    reasons=TEXTS,
    who_gets_in=listed(_CASE),
    may=_MAY,
    last_used=maybe(TEXT),
    last_used_region=maybe(TEXT),
    made_by=_ORIGIN,
    findings=listed(_FINDING),
    drift=listed(_DRIFT),
    trust={"type": ["object", "string"]},
    policies=named({"type": ["object", "string"]}),
    attached=TEXTS,
    boundary=maybe(TEXT),
    description=TEXT,
    max_session_seconds=COUNT,
    tags=named(TEXT),
    unread=TEXTS,
    second_opinion=maybe(OPINION),
    activity=maybe(_ACTIVITY),
)
_PROVIDER = record(
    arn=TEXT,
    url=TEXT,
    client_ids=TEXTS,
    tags=named(TEXT),
    grade=_GRADE,
    reasons=TEXTS,
    roles=TEXTS,
    made_by=_ORIGIN,
    findings=listed(_FINDING),
    drift=listed(_DRIFT),
)
_KEY = record(organization=TEXT, place=TEXT, variable=TEXT, last_four=TEXT, may_be=listed({"type": "object"}), findings=listed(_FINDING))
AUDIT = record(
    {"acceptances": ACCEPTANCES},
    ok={"const": True},
    error={"type": "null"},
    account_id=TEXT,
    account_alias=maybe(TEXT),
    operator=TEXT,
    at=TEXT,
    unused_days=COUNT,
    roles_seen=COUNT,
    roles=listed(_ROLE),
    providers=listed(_PROVIDER),
    gone=listed(record(kind=TEXT, name=TEXT, run=TEXT, findings=listed(_FINDING))),
    keys=maybe(listed(_KEY)),
    unread=TEXTS,
    has_errors=FLAG,
)
_MEMBER = {"account_id": TEXT, "account_name": TEXT}
ORGANIZATION = record(
    {"acceptances": ACCEPTANCES},
    ok=FLAG,
    error=maybe(TOLD),
    operator=TEXT,
    at=TEXT,
    unused_days=COUNT,
    accounts=listed(record(**_MEMBER, report=AUDIT)),
    not_read=listed(record(**_MEMBER, code=TEXT, why=TEXT, fix=TEXT)),
    skipped=listed(record(**_MEMBER, state=TEXT)),
    keys=maybe(listed(_KEY)),
    unread=TEXTS,
    has_errors=FLAG,
)
