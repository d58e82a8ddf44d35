"""What the preview shows for one stage of a draft: one of two policies, what they let it do, the findings, or what is still needed for them.

It calls the functions that make what is applied, on the draft as it stands, and only for the document that is looked at.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.core.findings import Finding, findings, worst_first
from ciam_tui.core.naming import role_names
from ciam_tui.core.permissions import permission_policy
from ciam_tui.core.problems import CiamError
from ciam_tui.core.trust import trust_policy

if TYPE_CHECKING:
    from ciam_tui.app.circleci_known import KnownCircleCi
    from ciam_tui.core.access_matrix import Matrix
    from ciam_tui.core.draft import Draft, StageDraft
    from ciam_tui.core.shape import ProjectShape


class Tab(StrEnum):
    """The tabs, in their order; the values are what they are called."""

    TRUST = "Trust"
    PERMISSIONS = "Permissions"
    ACCESS = "Access"
    FINDINGS = "Findings"

    @property
    def following(self) -> Tab:
        """The next tab, the first after the last."""
        tabs = list(Tab)
        return tabs[(tabs.index(self) + 1) % len(tabs)]


@dataclass(frozen=True, slots=True)
class View:
    """What is looked at: the stage's index, the tab, and which of the stage's roles."""

    stage: int = 0
    tab: Tab = Tab.PERMISSIONS
    role: int = 0


@dataclass(frozen=True, slots=True)
class Preview:
    """`text` is the document, None where it is a list of findings or cannot be made yet; `needs` then says what is missing.

    `matrix` is what is shown in place of a document on the tab of that name.
    `index` is the stage's, `findings` are those that stand in the document or list, and `found` counts all of the set-up.
    """

    index: int
    stage: str
    role: str
    role_number: int
    role_count: int
    tab: Tab
    text: str | None
    findings: tuple[Finding, ...]
    needs: tuple[str, ...]
    found: int
    matrix: Matrix | None = None


def preview_of(draft: Draft, view: View, known: KnownCircleCi | None = None) -> Preview:
    """What `view` looks at in `draft`; what is `known` of CircleCI is among the findings."""
    if not draft.stages:
        return Preview(0, "", "", 0, 0, view.tab, None, (), ("a stage (step 4)",), 0)
    index = min(view.stage, len(draft.stages) - 1)
    stage = draft.stages[index]
    roles = role_names(draft.role, stage.name, draft.circleci.projects)
    role_at = view.role % len(roles) if roles else 0
    name, projects = roles[role_at] if roles else ("", ())
    found = worst_first((*findings(draft), *known.findings_about(draft))) if known is not None else findings(draft)
    needs, matrix = tuple(_needs(draft, view.tab)), None
    if view.tab is Tab.ACCESS and not needs:
        matrix, needs = _matrix(draft, stage)
    text = None if needs or not roles else _text(draft, stage, projects, view.tab)
    listed = found if view.tab is Tab.FINDINGS else tuple(each for each in found if _is_about(each, index, view.tab))
    return Preview(index, stage.name, name, role_at + 1 if roles else 0, len(roles), view.tab, text, listed, needs, len(found), matrix)


def _is_about(finding: Finding, index: int, tab: Tab) -> bool:
    # By its field: two stages may have one name while one of them is being typed.
    return finding.document == tab.lower() and finding.field.startswith(f"stages[{index}]")


def _needs(draft: Draft, tab: Tab) -> list[str]:
    missing = []
    if tab is not Tab.FINDINGS and not draft.account_id:
        missing.append("an account (step 1)")
    if tab in (Tab.PERMISSIONS, Tab.ACCESS) and not draft.bucket.name:
        missing.append("a bucket (step 2)")
    if tab is Tab.TRUST and not draft.circleci.org_id:
        missing.append("an organization (step 5)")
    if tab is Tab.TRUST and not (draft.circleci.projects or draft.circleci.any_project):
        missing.append("a project (step 5)")
    return missing


def _text(draft: Draft, stage: StageDraft, projects: tuple[ProjectShape, ...], tab: Tab) -> str | None:
    match tab:
        case Tab.TRUST:
            return trust_policy(draft, stage, projects).text
        case Tab.PERMISSIONS:
            return permission_policy(draft, stage).text
        case Tab.ACCESS | Tab.FINDINGS:
            return None


def _matrix(draft: Draft, stage: StageDraft) -> tuple[Matrix | None, tuple[str, ...]]:
    """What the stage can do, or what its policy needs before that can be asked."""
    from ciam_tui.core.access_matrix import stage_matrix  # the evaluator is not needed for the first frame

    try:
        return stage_matrix(draft, stage), ()
    except CiamError as error:
        return None, (f"answers that make a policy AWS takes: {error.message}",)
