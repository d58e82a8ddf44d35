"""What has been read of CircleCI in this run, as the screens ask for it: what lists offer, what drafts are filled with, what findings rest on.

It holds answers and no connection, so that a draft can be looked at with it at every key. The findings are imported where they are made: with
them comes most of the core, which a first frame would wait for by a fifth of its time.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ciam_tui.core.problems import Level
from ciam_tui.core.shown import shown
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ciam_tui.core.circleci.facts import CircleCiFacts, Organization, Project, ProjectList
    from ciam_tui.core.draft import CircleCiDraft, Draft, ProjectDraft
    from ciam_tui.core.findings import Finding
    from ciam_tui.core.problems import CiamError
    from ciam_tui.core.shape import SetupShape

NO_TOKEN = "circleci-token-missing"  # noqa: S105 - the code of an error
UNREAD = "circleci-unread"


@dataclass(slots=True)
class KnownCircleCi:
    """`facts` are of one organization, the one chosen last; `has_contexts` tells whether its contexts are in them.

    `projects` are those that were read by themselves; `problem` is why CircleCI could not be asked when that was last tried.
    """

    organizations: tuple[Organization, ...] | None = None
    lists: dict[str, ProjectList] = field(default_factory=dict)
    projects: dict[str, Project] = field(default_factory=dict)
    facts: CircleCiFacts | None = None
    has_contexts: bool = False
    problem: CiamError | None = None

    def take(self, facts: CircleCiFacts, *, has_contexts: bool) -> None:
        """Know `facts` beside what is known of the other projects of their organization."""
        earlier = self.facts
        if earlier is not None and earlier.org_id == facts.org_id:
            told = {held.project_id: held for held in (*earlier.projects, *facts.projects)}
            kept = earlier.unread if set(told) - {held.project_id for held in facts.projects} else ()
            facts = replace(facts, projects=tuple(told.values()), unread=tuple(dict.fromkeys((*kept, *facts.unread))))
        self.facts, self.has_contexts = facts, has_contexts
        self.projects |= {held.project.id: held.project for held in facts.projects if held.project is not None}

    def unread_projects(self, circleci: CircleCiDraft) -> tuple[ProjectDraft, ...]:
        """The chosen projects that have not been read."""
        facts = self.facts_of(circleci.org_id)
        read = {held.project_id for held in facts.projects} if facts is not None else set()
        return tuple(project for project in circleci.projects if project.id not in read)

    def facts_of(self, org_id: str) -> CircleCiFacts | None:
        """What is known of that organization."""
        return self.facts if self.facts is not None and self.facts.org_id == org_id else None

    def is_read(self, circleci: CircleCiDraft) -> bool:
        """Whether nothing is left to be read about `circleci`."""
        return self.facts_of(circleci.org_id) is not None and self.has_contexts and not self.unread_projects(circleci)

    def offered(self, org_id: str) -> tuple[Project, ...]:
        """The projects of that organization, as far as they are listed."""
        found = self.lists.get(org_id)
        return tuple(self.projects.get(each.id, each) for each in found.projects) if found is not None else ()

    def findings_about(self, draft: Draft) -> tuple[Finding, ...]:
        """What was read shows about `draft`, and what could not be read; nothing where CircleCI was not asked about this organization."""
        facts = self.facts_of(draft.circleci.org_id)
        if facts is None:
            return unasked(self.problem) if self.problem is not None and self.problem.code != NO_TOKEN and draft.circleci.org_id else ()
        waiting = [*(project.name or project.id for project in self.unread_projects(draft.circleci))]
        unread = facts.unread
        if not self.has_contexts:
            unread = (*unread, "The contexts were not read.")
        if waiting:  # what the others show would tell half of it, and be told again differently a moment later
            return unread_findings((f"Not yet read: {listed(waiting)}.",))
        from ciam_tui.core.circleci.findings import circleci_findings

        return (*circleci_findings(draft, facts), *unread_findings(unread))


def findings_read(setup: SetupShape, facts: CircleCiFacts) -> tuple[Finding, ...]:
    """What `facts` show about `setup`, and what they lack."""
    from ciam_tui.core.circleci.findings import circleci_findings

    return (*circleci_findings(setup, facts), *unread_findings(facts.unread))


def unasked(error: CiamError) -> tuple[Finding, ...]:
    """That CircleCI was not asked at all, and why."""
    from ciam_tui.core.findings import Finding

    return (Finding(UNREAD, Level.NOTE, f"CircleCI was not read: {first_sentence(error)}", "Its settings may say more.", "circleci"),)


def unread_findings(unread: Iterable[str]) -> tuple[Finding, ...]:
    """One note for each thing that could not be read."""
    from ciam_tui.core.findings import Finding

    return tuple(Finding(UNREAD, Level.NOTE, f"Not read in CircleCI: {shown(sentence)}", "", "circleci") for sentence in unread)


def first_sentence(error: CiamError) -> str:
    """`error` in one sentence, for a line."""
    return "there is no CircleCI token." if error.code == NO_TOKEN else f"{shown(error.message)}"


def branch_words(draft: Draft, known: KnownCircleCi) -> str:
    """What the chosen projects' default branches mean for the stages: which they are, and which stages would not take them; empty where unknown."""
    read = [held for project in draft.circleci.projects if (held := known.projects.get(project.id)) is not None and held.default_branch]
    strange = [
        (held, stage.name)
        for stage in draft.stages
        if _is_limited(stage.branches)
        for held in read
        if held.default_branch not in stage.branches
    ]
    if strange:
        held, _ = strange[0]
        stages = listed(dict.fromkeys(stage for other, stage in strange if other is held))
        return (
            f"! The default branch of {shown(held.name)} is {shown(held.default_branch or '')}, and {stages} (step 4) takes others alone."
        )
    return " · ".join(f"{branch}: default branch of {listed(names)}" for branch, names in _by_branch(read).items())


def branch_hint(draft: Draft, known: KnownCircleCi) -> str:
    """What stands in an empty field for branches."""
    read = [held for project in draft.circleci.projects if (held := known.projects.get(project.id)) is not None and held.default_branch]
    if not read:
        return "any branch"
    return f"any; {', '.join(f'{branch} is the default of {listed(names)}' for branch, names in _by_branch(read).items())}"


def branches_offered(draft: Draft, known: KnownCircleCi) -> tuple[tuple[str, str], ...]:
    """The default branches of the chosen projects, each with the words that say so."""
    read = [held for project in draft.circleci.projects if (held := known.projects.get(project.id)) is not None and held.default_branch]
    names = _by_branch(read)
    branches = dict.fromkeys(held.default_branch or "" for held in read)
    return tuple((branch, f"default of {listed(names[shown(branch)])}") for branch in branches)


def _by_branch(projects: Iterable[Project]) -> dict[str, list[str]]:
    named: dict[str, list[str]] = {}
    for project in projects:
        named.setdefault(shown(project.default_branch or ""), []).append(project.name)
    return named


def _is_limited(branches: tuple[str, ...]) -> bool:
    """Whether `branches` are plain names, which are easily compared with another."""
    return bool(branches) and not any("*" in branch or branch.startswith("refs/") for branch in branches)
