"""The documents of the commands that read and write files: `check`, `export` and `load`."""

from __future__ import annotations

from ciam_tui.commands.schemas.accepting import ACCEPTANCES, ENTRY
from ciam_tui.commands.schemas.shapes import (
    CONTEXT,
    COUNT,
    FINDING,
    FLAG,
    LEVEL,
    PATCH,
    PROBLEM,
    TEXT,
    TEXTS,
    choice,
    listed,
    maybe,
    named,
    record,
)

_CELL = record(
    operation=TEXT,
    place=TEXT,
    name=TEXT,
    what=TEXT,
    verdict=choice("allowed", "denied", "partly"),
    as_given=FLAG,
    requests=listed(record(action=TEXT, resource=TEXT, context=CONTEXT, allowed=FLAG)),
)
_ACCESS = listed(record(stage=TEXT, roles=TEXTS, limits=TEXTS, cells=listed(_CELL)))
_FINDING = FINDING | {"properties": FINDING["properties"] | {"accepted": maybe(ENTRY)}}
SETUP = record({"access": _ACCESS, "acceptances": ACCEPTANCES}, problems=listed(PROBLEM), findings=listed(_FINDING), unread=TEXTS, ok=FLAG)
POLICY = record(
    kind=choice("trust", "permissions"),
    problems=listed(PROBLEM),
    findings=listed(
        record(
            id=TEXT,
            level=LEVEL,
            statement=maybe(COUNT),
            sid=maybe(TEXT),
            line=maybe(COUNT),
            pointer=TEXT,
            text=TEXT,
            fix=TEXT,
            leaves_open=TEXT,
            patch=PATCH,
            opens=FLAG,
        )
    ),
    unread=TEXTS,
    ok=FLAG,
)
EXPORTED = record(out=TEXT, files=listed(record(path=TEXT, sha256=TEXT, state=choice("written", "replaced", "unchanged"))))
INTO = record(into=TEXT, diff=TEXT, by_hand=listed(record(why=TEXT, what=TEXT)))
_WORD = choice("equal", "narrower", "wider", "other")
LOADED = record(
    ok={"const": True},
    error={"type": "null"},
    setup=named({}),
    notes=TEXTS,
    roles=listed(
        record(role=TEXT, permissions=_WORD, lost=TEXTS, gained=TEXTS, trust=_WORD, lost_tokens=TEXTS, gained_tokens=TEXTS),
    ),
)
