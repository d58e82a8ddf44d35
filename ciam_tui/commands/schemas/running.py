"""The documents of a plan, of a run, and of the list of runs."""

from __future__ import annotations

from ciam_tui.commands.schemas.shapes import (
    ANY,
    COUNT,
    DIFFERENCE,
    FINDING,
    FLAG,
    OPINION,
    PROBLEM,
    TEXT,
    TEXTS,
    TOLD,
    choice,
    listed,
    maybe,
    named,
    record,
)

_STEP = record(
    id=TEXT,
    title=TEXT,
    kind=TEXT,
    call=record(service=TEXT, operation=TEXT, params=named(ANY)),
    before=maybe(TEXT),
    after=maybe(TEXT),
    undo=TEXT,
    forbidden=FLAG,
)
_CONFLICT = record(subject=TEXT, name=TEXT, differences=listed(DIFFERENCE), adoptable=FLAG, reason=TEXT)
PLAN = record(
    ok=FLAG,
    error=maybe(TOLD),
    account_id=TEXT,
    account_alias=maybe(TEXT),
    operator=TEXT,
    mode=choice("LIVE", "READ ONLY"),
    setup_id=TEXT,
    undoes=maybe(TEXT),
    steps=listed(_STEP),
    conflicts=listed(_CONFLICT),
    problems=listed(PROBLEM),
    findings=listed(FINDING),
    adopted=TEXTS,
    unread=TEXTS,
    second_opinions=maybe(named(OPINION)),
    fingerprint={"type": "string", "pattern": "^[0-9a-f]{64}$"},
    applyable=FLAG,
    complete=FLAG,
    changes_nothing=FLAG,
)
RUN = record(
    ok=FLAG,
    error=maybe(TOLD),
    ending=choice("nothing-to-do", "not-applied", "verified", "not-verified", "stopped", "interrupted", "failed"),
    run=maybe(TEXT),
    undoes=maybe(TEXT),
    account_id=maybe(TEXT),
    steps=listed(record(id=TEXT, title=TEXT, state=choice("pending", "done", "failed", "unknown"), request_id=TEXT)),
    differences=TEXTS,
    changed=listed(record(subject=TEXT, field=TEXT, reviewed=TEXT, now=TEXT)),
    go_on=maybe(TEXT),
    go_back=maybe(TEXT),
    plan=maybe(PLAN),
)
PAST_RUNS = record(
    ok={"const": True},
    error={"type": "null"},
    runs=listed(
        record(
            id=TEXT,
            at=maybe(TEXT),
            account_id=maybe(TEXT),
            bucket=maybe(TEXT),
            setup_id=maybe(TEXT),
            operator=maybe(TEXT),
            state=choice("verified", "done", "unfinished", "undone", "being-undone", "unreadable"),
            undoes=maybe(TEXT),
            undone_by=maybe(TEXT),
            steps_done=maybe(COUNT),
            steps_total=maybe(COUNT),
            problem=maybe(TEXT),
        )
    ),
)
