"""An audit for the screen: a row for each role and provider, and what is said of the one under the cursor, as lines a tab.

Pure functions from the report to rows and lines, so that what a person is shown can be tested without a screen.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.app.document_lines import MARK, Ink, Line, highlighted
from ciam_tui.core.audit.findings import TRACKED_DAYS
from ciam_tui.core.audit.grading import Grade
from ciam_tui.core.audit.report import Gone, KeyAudit, ProviderAudit, RoleAudit
from ciam_tui.core.audit.words import access_lines, ago, last_use, place_of
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.shown import shortened

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ciam_tui.core.audit.findings import AuditFinding
    from ciam_tui.core.audit.report import AuditReport
    from ciam_tui.core.compare import Difference
    from ciam_tui.core.document import Document

# The word says it; the glyph is found faster.
GLYPH = {Grade.OPEN: "✗", Grade.WIDE: "!", Grade.UNKNOWN: "?", Grade.DEAD: "–", Grade.TIGHT: "✓"}
NAME_WIDTH = 21
ASKING = "asking AWS about this role … (esc stops)"
_PROSE = ("", Ink.PROSE)  # first in a line, so that it is broken between words
_INK = {Level.ERROR: Ink.ERROR, Level.WARNING: Ink.WARNING, Level.NOTE: Ink.NOTE}
_GRADE_INK = {Grade.OPEN: Ink.ERROR, Grade.WIDE: Ink.WARNING, Grade.UNKNOWN: Ink.WARNING, Grade.DEAD: Ink.NOTE, Grade.TIGHT: Ink.ALLOWED}

Item = RoleAudit | ProviderAudit | Gone


class AuditTab(StrEnum):
    """The tabs, in their order; the values are what they are called."""

    WHO = "Who gets in"
    MAY = "May do"
    FINDINGS = "Findings"
    DRIFT = "Drift"
    TRUST = "Trust"
    PERMISSIONS = "Policies"
    AWS = "AWS says"
    USE = "Use"

    @property
    def following(self) -> AuditTab:
        """The next tab, the first after the last."""
        tabs = list(AuditTab)
        return tabs[(tabs.index(self) + 1) % len(tabs)]


@dataclass(frozen=True, slots=True)
class AuditRow:
    """One thing that was judged: what identifies it, its cells, and what `y` copies."""

    key: str
    cells: tuple[str, ...]
    copied: str
    item: Item


def rows_of(report: AuditReport) -> tuple[AuditRow, ...]:
    """A row each, in the report's order: roles, providers, what is gone."""
    return (
        *(_role_row(each, report.at) for each in report.roles),
        *(_provider_row(each) for each in report.providers),
        *(_gone_row(each) for each in report.gone),
    )


def _role_row(audit: RoleAudit, at: datetime) -> AuditRow:
    role = audit.read.role
    used = (
        "use unknown" if "last_used" in audit.read.unread else "no use known" if role.last_used is None else ago((at - role.last_used).days)
    )
    return AuditRow(f"role {role.arn}", (_grade(audit.grade), _name(role.name), used, _found(audit)), role.arn, audit)


def _provider_row(audit: ProviderAudit) -> AuditRow:
    provider = audit.provider
    return AuditRow(f"provider {provider.arn}", (_grade(audit.grade), _name(provider.url), "provider", _found(audit)), provider.arn, audit)


def _gone_row(gone: Gone) -> AuditRow:
    return AuditRow(f"gone {gone.kind} {gone.name}", ("– gone", _name(gone.name), gone.kind, _found(gone)), gone.name, gone)


def _grade(grade: Grade) -> str:
    return f"{GLYPH[grade]} {grade}"


def _name(name: str) -> str:
    """Cut in the middle: the list has a column for when it was used, and the pane has the whole."""
    return shortened(name, NAME_WIDTH)


def _found(item: Item) -> str:
    return f"{len(item.findings)} found" if item.findings else ""


def tab_counts(item: Item) -> dict[str, int]:
    """How many findings and differences there are, for the names of the tabs."""
    return {AuditTab.FINDINGS: len(item.findings), AuditTab.DRIFT: len(_drift(item))}


def lines_of(item: Item, tab: AuditTab, at: datetime) -> list[Line]:
    """What `tab` says of `item`."""
    match tab:
        case AuditTab.WHO:
            return [*_head(item, at), *_who(item)]
        case AuditTab.MAY:
            return [*_may(item)]
        case AuditTab.FINDINGS:
            return [*finding_lines(item.findings)]
        case AuditTab.DRIFT:
            return [*_drift_lines(item)]
        case AuditTab.TRUST:
            if not isinstance(item, RoleAudit):
                return [_note("Only a role has a trust policy.")]
            return [*_document(item.read.role.trust)]
        case AuditTab.PERMISSIONS:
            return [*_permissions(item)]
        case AuditTab.AWS | AuditTab.USE:
            return [_note(ASKING if isinstance(item, RoleAudit) else "AWS is asked about roles alone.")]


def text_of(lines: Iterable[Line]) -> str:
    """The lines as text, for the clipboard."""
    return "\n".join("".join(text for text, _ in line.pieces) for line in lines)


def _head(item: Item, at: datetime) -> Iterator[Line]:
    match item:
        case RoleAudit():
            yield Line(((f"{GLYPH[item.grade]} {item.grade}  ", _GRADE_INK[item.grade]), (item.read.role.arn, Ink.HEADING)), indent=2)
            yield from (Line(((f"  {reason}", Ink.PROSE),), indent=2) for reason in item.reasons)
            yield _note(f"  last used {last_use(item, at)}; AWS tells the past {TRACKED_DAYS} days")
            yield _note(f"  {item.origin}")
        case ProviderAudit():
            yield Line(((f"{GLYPH[item.grade]} {item.grade}  ", _GRADE_INK[item.grade]), (item.provider.arn, Ink.HEADING)), indent=2)
            yield from (Line(((f"  {reason}", Ink.PROSE),), indent=2) for reason in item.reasons)
            yield _note(f"  audiences: {', '.join(item.provider.client_ids) or 'none'}")
            yield _note(f"  {item.origin}")
        case Gone():
            yield Line(((f"– gone  {item.kind} {item.name}", Ink.HEADING),), indent=2)
            yield _note(f"  applied by the run {item.run_id}")
    yield Line(())


def _who(item: Item) -> Iterator[Line]:
    match item:
        case RoleAudit():
            if not item.who:
                yield _note("Nothing can be said of who gets in: see the findings.")
            for each in sorted(item.who, key=lambda each: (not each.is_open_door, not each.let_in)):
                sign, ink = ("✗", Ink.ERROR) if each.is_open_door else ("✓", Ink.ALLOWED) if each.let_in else ("·", Ink.DENIED)
                said = "let in, a stranger" if each.is_open_door else each.word
                yield Line((_PROSE, (f"{sign} {said:<20}", ink), (each.title, Ink.PROSE)), indent=22)
        case ProviderAudit():
            yield Line((("Named by", Ink.HEADING),))
            yield from (Line(((f"  {name}", Ink.PROSE),)) for name in item.users or ("no role of the account",))
        case Gone():
            yield _note("Nobody: the account does not have it any more.")


def _may(item: Item) -> Iterator[Line]:
    if not isinstance(item, RoleAudit):
        yield _note("A provider may do nothing: it is what roles trust." if isinstance(item, ProviderAudit) else "Nothing: it is gone.")
        return
    found = list(access_lines(item.access))
    width = min(44, max((len(where) for where, _ in found), default=0))
    yield from (Line((_PROSE, (f"{where:<{width}}  ", Ink.KEY), (what, Ink.PROSE)), indent=width + 2) for where, what in found)
    if not found:
        yield _note("Nothing.")
    if item.read.role.boundary:
        yield Line(())
        yield _note(f"within the permissions boundary {item.read.role.boundary}")


def finding_lines(findings: Sequence[AuditFinding]) -> Iterator[Line]:
    """Each finding with its place, its fix and what it leaves open."""
    if not findings:
        yield _note("nothing risky found")
    for finding in findings:
        yield Line(
            ((f"{MARK[finding.level]}{finding.level}  ", _INK[finding.level]), (f"{place_of(finding)}{finding.id}", Ink.HEADING)), indent=2
        )
        yield Line(((f"  {finding.text}", Ink.PROSE),), indent=2)
        yield Line(((f"  {finding.fix}", Ink.PROSE),), indent=2)
        if finding.leaves_open:
            yield _note(f"  It does not tell: {finding.leaves_open}")
        yield Line(())


def key_lines(keys: Sequence[KeyAudit]) -> Iterator[Line]:
    """The keys that CircleCI holds."""
    for key in keys:
        yield from finding_lines(key.findings)


def _drift(item: Item) -> tuple[Difference, ...]:
    return item.drift if not isinstance(item, Gone) else ()


def _drift_lines(item: Item) -> Iterator[Line]:
    drift = _drift(item)
    if isinstance(item, Gone):
        yield from finding_lines(item.findings)
        return
    if not drift:
        yield _note(f"Nothing to compare with: {item.origin}." if item.origin.name != "HERE" else "As it was applied from this machine.")
    for difference in drift:
        yield Line(((difference.field.replace("_", " "), Ink.HEADING),))
        yield from _texts("applied", difference.expected)
        yield from _texts("now", difference.actual)
        yield Line(())


def _texts(name: str, text: str) -> Iterator[Line]:
    if "\n" not in text:
        yield Line((_PROSE, (f"  {name:<9}", Ink.NOTE), (text, Ink.PROSE)), indent=11)
        return
    yield Line(((f"  {name}", Ink.NOTE),))
    yield from (
        Line((("    ", Ink.PUNCTUATION), *highlighted(line)), indent=len(line) - len(line.lstrip()) + 6) for line in text.split("\n")
    )


def _permissions(item: Item) -> Iterator[Line]:
    if not isinstance(item, RoleAudit):
        yield _note("Only a role has permission policies.")
        return
    unread = [arn for arn in item.read.role.attached if arn not in dict(item.documents)]
    for name, document in item.documents:
        yield Line(((name, Ink.HEADING),))
        yield from _document(document)
        yield Line(())
    yield from (Line(((f"{MARK[Level.WARNING]}{arn} could not be read.", Ink.WARNING),), indent=2) for arn in unread)
    if not item.documents and not unread:
        yield _note("It has no permission policies.")


def _document(document: Document) -> Iterator[Line]:
    try:
        text = document.canonical
    except CiamError as error:
        yield Line(((f"{MARK[Level.WARNING]}{error.message}", Ink.WARNING),), indent=2)
        yield Line(((document.text, Ink.PROSE),))
        return
    yield from (Line(highlighted(line), indent=len(line) - len(line.lstrip()) + 2) for line in text.split("\n"))


def _note(text: str) -> Line:
    return Line(((text, Ink.NOTE),), indent=len(text) - len(text.lstrip()))
