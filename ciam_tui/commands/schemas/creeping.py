"""The document of `creep --json` as a schema: rights with their use, growth over snapshots, and the tightened Setup."""

from __future__ import annotations

from ciam_tui.commands.schemas.shapes import COUNT, FLAG, TEXT, TEXTS, choice, listed, maybe, record

_RIGHT = record(
    action=TEXT,
    bucket=TEXT,
    prefix=TEXT,
    reach=choice("yes", "in some cases", "unknown"),
    by=TEXT,
    standing=choice("used", "not seen", "unknown"),
    sources=TEXTS,
    last=maybe(TEXT),
    count=maybe(COUNT),
    places=TEXTS,
    since=maybe(TEXT),
    until=maybe(TEXT),
    why=maybe(TEXT),
    learn=maybe(TEXT),
    is_new=FLAG,
    may_go=FLAG,
)
_CHANGE = record(what=TEXT, bucket=TEXT, prefix=TEXT, before=TEXT, after=TEXT, by=TEXT)
_ROLE = record(
    name=TEXT,
    arn=TEXT,
    created=maybe(TEXT),
    last_used=maybe(TEXT),
    tells_use=FLAG,
    since=TEXT,
    until=TEXT,
    is_younger_than_the_window=FLAG,
    rights=listed(_RIGHT),
    more_places=COUNT,
    unread=TEXTS,
    growth=record(since=maybe(TEXT), snapshots=COUNT, gained=listed(_CHANGE), lost=listed(_CHANGE), documents_changed=TEXTS),
    coverage=listed(
        record(
            source=TEXT,
            about=TEXT,
            since=maybe(TEXT),
            until=maybe(TEXT),
            missing=maybe(TEXT),
            objects=listed(record(bucket=TEXT, writing=FLAG, since=TEXT, until=TEXT)),
        )
    ),
)
_TIGHTENED = record(
    setup=maybe({"type": "object"}),
    changes=FLAG,
    unused_stages=TEXTS,
    notes=TEXTS,
    dropped=listed(record(stage=TEXT, what=TEXT, source=TEXT, since=TEXT, until=TEXT, denied_then=TEXTS)),
    kept=listed(record(stage=TEXT, what=TEXT, why=TEXT)),
)
CREEP = record(
    ok={"const": True},
    error={"type": "null"},
    account_id=TEXT,
    at=TEXT,
    days=COUNT,
    roles=listed(_ROLE),
    may_go=COUNT,
    unknown=COUNT,
    unread=TEXTS,
    tightened=maybe(_TIGHTENED),
)
