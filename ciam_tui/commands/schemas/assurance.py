"""The documents of `evidence`, and that of the file `evidence.json`, by which another program reads a pack."""

from __future__ import annotations

from ciam_tui.commands.schemas.shapes import COUNT, FLAG, TEXT, TEXTS, Schema, choice, listed, maybe, record
from ciam_tui.core.assurance.controls import Control, Kind

_DIGEST: Schema = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
_KIND = choice(*(kind.value for kind in Kind))
_CONTROL = choice(*(control.value for control in Control))
COLLECTED = record(
    ok={"const": True},
    error={"type": "null"},
    out=TEXT,
    digest=_DIGEST,
    collected_at=maybe(TEXT),
    files=TEXTS,
    items=listed(record(name=TEXT, kind=_KIND, title=TEXT, headline=TEXT)),
    not_collected=listed(record(kind=_KIND, title=TEXT, why=TEXT)),
    masked=COUNT,
)
VERIFIED = record(
    ok=FLAG,
    error={"type": "null"},
    folder=TEXT,
    whole=FLAG,
    digest=maybe(TEXT),
    compared_with=maybe(_DIGEST),
    collected_at=maybe(TEXT),
    files=COUNT,
    changes=listed(
        record(
            path=TEXT,
            change=choice("changed", "removed", "added", "renamed", "unreadable", "folder", "link", "other", "another-pack"),
            text=TEXT,
        )
    ),
)
PACK = record(
    pack={"const": "ciam-tui evidence"},
    format={"const": 1},
    digest=_DIGEST,
    digest_of=TEXT,
    tool=record(name={"const": "ciam-tui"}, version=TEXT),
    collected_at=maybe(TEXT),
    account_id=TEXT,
    account_alias=maybe(TEXT),
    operator=maybe(TEXT),
    region=maybe(TEXT),
    bucket=TEXT,
    setup_id=TEXT,
    masked=COUNT,
    controls=listed(record(control=_CONTROL, standard=choice("SOC 2", "ISO 27001:2022"), about=TEXT, items=TEXTS, not_collected=TEXTS)),
    items=listed(
        record(
            {"file": TEXT, "lines": TEXTS},  # one of the two: a file of its own, or the text within, line by line
            name=TEXT,
            kind=_KIND,
            title=TEXT,
            headline=TEXT,
            supports=listed(record(control=_CONTROL, why=TEXT)),
            sources=TEXTS,
            read_at=maybe(TEXT),
            masked=COUNT,
            size=COUNT,
            sha256=_DIGEST,
        )
    ),
    not_collected=listed(record(kind=_KIND, title=TEXT, why=TEXT, controls=listed(_CONTROL), sources=TEXTS)),
    files=listed(record(path=TEXT, size=COUNT, sha256=_DIGEST)),
)
