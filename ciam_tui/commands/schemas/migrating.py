"""The documents of `migrate`: the users with keys, one user before its retirement, and where a retirement stands."""

from __future__ import annotations

from ciam_tui.commands.schemas.running import RUN
from ciam_tui.commands.schemas.shapes import ANY, COUNT, FLAG, TEXT, TEXTS, TOLD, Schema, choice, listed, maybe, named, record

_STATE = choice("done", "ready", "waiting", "blocked", "unknown")
_STAGE = choice("roles", "wiring", "role-in-use", "variables", "deactivate", "quiet", "delete-key", "delete-user")


def _standing(keys: Schema) -> Schema:
    return record(
        number=COUNT,
        stage=_STAGE,
        key=maybe(TEXT),
        state=_STATE,
        why=TEXT,
        until=maybe(TEXT),
        irreversible=FLAG,
        evidence=TEXTS,
        todo=TEXTS,
        accept=TEXTS,
        handed_to=maybe(TEXT),
        keys=keys,
    )


_RETIREMENT = record(
    id=TEXT,
    user=TEXT,
    user_id=TEXT,
    account_id=TEXT,
    started_at=TEXT,
    ended_at=maybe(TEXT),
    ended=maybe(choice("finished", "given-up")),
    quiet_days=COUNT,
    key_is_kept=FLAG,
    accepted=TEXTS,
    runs=listed(record(stage=_STAGE, run=TEXT, keys=TEXTS, at=TEXT)),
    stages=listed(_standing(listed(_standing(listed(ANY))))),
    left_empty=maybe(record(groups=TEXTS, policies=TEXTS, commands=TEXTS, unread=TEXTS)),
    calendar=listed(record(stage=_STAGE, key=maybe(TEXT), earliest=TEXT, sure=FLAG, waits_for=TEXT)),
)
RETIREMENT = record(ok=FLAG, error=maybe(TOLD), run=maybe(RUN), migration=_RETIREMENT)
USER = record(
    ok={"const": True},
    error={"type": "null"},
    run={"type": "null"},
    migration={"type": "null"},
    user=named(ANY),
    evidence=named(ANY),
    proposal=record(setup=named(ANY), notes=TEXTS),
)
LISTING = record(
    ok={"const": True},
    error={"type": "null"},
    account_id=TEXT,
    account_alias=maybe(TEXT),
    operator=TEXT,
    at=TEXT,
    users_seen=COUNT,
    report_at=maybe(TEXT),
    circleci_asked=FLAG,
    users=listed(
        record(
            name=TEXT,
            arn=TEXT,
            user_id=TEXT,
            created_at=maybe(TEXT),
            tags=named(TEXT),
            groups=TEXTS,
            has_password=maybe(FLAG),
            keys=maybe(listed(named(ANY))),
            administrator=named(ANY),
            worst=maybe(named(ANY)),
            findings=listed(named(ANY)),
            circleci=maybe(listed(named(ANY))),
            unread=TEXTS,
        )
    ),
    unread=TEXTS,
)
