"""The documents of the two questions: `can` and `assume`."""

from __future__ import annotations

from ciam_tui.commands.schemas.shapes import CONTEXT, COUNT, FLAG, TEXT, TEXTS, choice, listed, maybe, named, record

_OUTCOME = choice("allowed", "explicit-deny", "implicit-deny")
_EFFECT = choice("Allow", "Deny")
_PLACE = {"policy": TEXT, "statement": COUNT, "sid": maybe(TEXT), "effect": _EFFECT}
_REASONS = {"applies": FLAG, "matched": TEXTS, "not_matched": TEXTS}
_LAYER = {"layer": TEXT, "level": maybe(COUNT)}
DECISION = record(
    allowed=FLAG,
    outcome=_OUTCOME,
    deciding=maybe(record(**_PLACE)),
    request=record(action=TEXT, resource=TEXT, context=CONTEXT, principal=maybe(TEXT)),
    statements=listed(record(_LAYER, **_PLACE, **_REASONS)),
    layers=listed(record(**_LAYER, said=TEXT, deciding=maybe(record(**_PLACE)), note=TEXT)),
    decided_by=TEXT,
    why=maybe(TEXT),
    not_given=TEXTS,
)
_STATEMENT = {"statement": COUNT, "sid": maybe(TEXT), "effect": _EFFECT}
_ANSWER = {
    "let_in": FLAG,
    "answer": TEXT,
    "checks": listed(record(id=TEXT, verdict=TEXT, text=TEXT)),
    "outcome": maybe(_OUTCOME),
    "deciding": maybe(record(**_STATEMENT)),
    "request": maybe(record(action=TEXT, principal=maybe(TEXT), context=CONTEXT)),
    "statements": listed(record(**_STATEMENT, **_REASONS)),
    "advice": TEXTS,
}
_JUDGED = {
    "signature": choice("not checked", "valid", "invalid"),
    "claims": record(issuer=TEXT, audience=TEXTS, subject=TEXT, issued_at=maybe(COUNT), expires_at=maybe(COUNT)),
}
ANSWER = record(**_ANSWER, **_JUDGED)
_CASE = record(id=TEXT, title=TEXT, stranger=FLAG, subject=TEXT, issuer=TEXT, how_to_close=TEXT, **_ANSWER)
STANDING = record(who=listed(_CASE), remarks=TEXTS)
_GCP_ANSWER = {
    "let_in": FLAG,
    "answer": choice("let in", "no account", "refused"),
    "checks": listed(record(id=TEXT, verdict=TEXT, text=TEXT)),
    "attributes": named(TEXT),
    "principals": TEXTS,
    "service_accounts": maybe(TEXTS),
}
GCP_ANSWER = record(**_GCP_ANSWER, **_JUDGED)
_GCP_CASE = record(id=TEXT, title=TEXT, stranger=FLAG, subject=TEXT, issuer=TEXT, open_door=FLAG, **_GCP_ANSWER)
GCP_STANDING = record(who=listed(_GCP_CASE), remarks=TEXTS)
