"""The token test as rows and lines to draw: who gets in, in words and glyphs, and one answer condition by condition, advice first.

Pure functions from values to values, so that what the screen shows can be tested without a screen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.app.document_lines import Ink, Line
from ciam_tui.app.widgets.picker import Row
from ciam_tui.core.tokens.judging import Verdict

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.tokens.cases import CaseAnswer
    from ciam_tui.core.tokens.judging import Answer

_GLYPHS = {"let in": "✓", "refused": "✗", "not known": "?"}
_VERDICT_GLYPHS = {Verdict.OK: "✓", Verdict.REFUSED: "✗", Verdict.NOT_KNOWN: "?", Verdict.NOT_CHECKED: "·"}
_VERDICT_INKS = {Verdict.OK: Ink.PROSE, Verdict.REFUSED: Ink.ERROR, Verdict.NOT_KNOWN: Ink.WARNING, Verdict.NOT_CHECKED: Ink.NOTE}


def case_row(found: CaseAnswer) -> Row:
    """A row of the list: what the policy says, who it is, and what decided."""
    return Row(found.case.id, (verdict_words(found), found.case.title, found.answer.in_short), found.case.claims.subject)


def verdict_words(found: CaseAnswer) -> str:
    """`✓ let in`, and for a stranger who gets in just that."""
    if found.is_open_door:
        return "! stranger in"
    return f"{_GLYPHS[found.answer.word]} {found.answer.word}"


def summary(answers: Sequence[CaseAnswer]) -> str:
    """One sentence about the whole list."""
    strangers = sum(each.is_open_door for each in answers)
    if not strangers:
        return "✓ No stranger of this list gets in."
    return f"! {strangers} {'stranger gets' if strangers == 1 else 'strangers get'} in. Enter says why."


def answer_lines(found: CaseAnswer) -> list[Line]:
    """An answer in full: the word, what to change, what was looked at before the policy, and its statements' conditions."""
    return list(_lines(found, found.answer))


def _lines(found: CaseAnswer, answer: Answer) -> Iterator[Line]:
    ink = Ink.WARNING if found.is_open_door else {"let in": Ink.ALLOWED, "refused": Ink.DENIED}.get(answer.word, Ink.WARNING)
    yield Line(((verdict_words(found), ink),))
    yield Line(((found.case.title, Ink.PROSE),))
    for sentence in (*answer.advice, *filter(None, (found.how_to_close,))):
        yield Line(((f"→ {sentence}", Ink.PROSE),), indent=2)
    yield Line(())
    yield Line((("sub  ", Ink.KEY), (answer.claims.subject or "none", Ink.STRING)), indent=5)
    yield Line((("aud  ", Ink.KEY), (", ".join(answer.claims.audience) or "none", Ink.STRING)), indent=5)
    yield Line((("iss  ", Ink.KEY), (answer.claims.issuer or "none", Ink.STRING)), indent=5)
    yield Line(())
    for check in answer.checks:
        yield Line(((f"{_VERDICT_GLYPHS[check.verdict]} {check.text}", _VERDICT_INKS[check.verdict]),), indent=2)
    if answer.decision is None:
        return
    for reasons in answer.decision.reasons:
        yield Line(())
        yield Line(((f"{reasons.statement} {'applies' if reasons.applies else 'does not apply'}", Ink.HEADING),), indent=2)
        for sentence in reasons.unmatched:
            yield Line(((f"✗ {sentence}", Ink.ERROR),), indent=2)
        for sentence in reasons.matched:
            yield Line(((f"✓ {sentence}", Ink.PROSE),), indent=2)


def as_text(lines: Sequence[Line]) -> str:
    """`lines` as text to copy."""
    return "\n".join("".join(text for text, _ in line.pieces) for line in lines)
