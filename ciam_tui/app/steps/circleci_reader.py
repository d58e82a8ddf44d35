"""How step 5 reads CircleCI: organizations, the projects of one page by page, and what the trust of the chosen ones rests on.

All of it is read behind the screen, and the form works without: what is read fills lists and answers, and what cannot be read is one sentence.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from textual import on, work
from textual.message import Message
from textual.worker import get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.circleci_known import NO_TOKEN, KnownCircleCi, branch_words, first_sentence
from ciam_tui.app.steps.base import StepBody
from ciam_tui.core.circleci.answers import prefilled
from ciam_tui.core.circleci.facts import Organization, ProjectList, ProjectSource
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.shown import shown
from ciam_tui.core.validate import org_id_problem
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ciam_tui.app.session import Session
    from ciam_tui.core.circleci.facts import CircleCiFacts, Project
    from ciam_tui.core.draft import Draft

PAUSE_SECONDS = 0.3  # somebody who ticks ten projects in a row is not to cause ten readings
PAGE_SECONDS = 0.5  # showing a list of thousands anew takes 50 ms, so that not every page of 50 is shown by itself
_GLANCE_SECONDS = 0.05
_Value = TypeVar("_Value")


class OrganizationsRead(Message):
    """The organizations of the token's user, or why they could not be read."""

    def __init__(self, outcome: tuple[Organization, ...] | CiamError) -> None:
        super().__init__()
        self.outcome = outcome


class ProjectsSeen(Message):
    """The projects of `org_id`: some of them while the list is read, all at its end, or why there is no list."""

    def __init__(self, org_id: str, outcome: ProjectList | CiamError, *, is_whole: bool) -> None:
        super().__init__()
        self.org_id = org_id
        self.outcome = outcome
        self.is_whole = is_whole


class FactsRead(Message):
    """What a trust rests on, first without contexts and then with them."""

    def __init__(self, outcome: CircleCiFacts | CiamError, *, has_contexts: bool) -> None:
        super().__init__()
        self.outcome = outcome
        self.has_contexts = has_contexts


class ProjectFound(Message):
    """The project whose slug was typed, or why it was not found."""

    def __init__(self, outcome: Project | CiamError) -> None:
        super().__init__()
        self.outcome = outcome


class Progressed(Message):
    """What is being read now of all that a trust rests on."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class CircleCiReader(StepBody):
    """Reads, and keeps what was read in the session; `told` is what there is to say about it."""

    _stopped = False
    _waiting = False  # whether the step is to go on once the chosen projects are read
    _followed = ""  # the organization whose projects are read, or were read last
    _asked: tuple[object, ...] = ()  # what facts are read about, or were read about last

    def __init__(self, draft: Draft, session: Session) -> None:
        super().__init__(draft, session)
        self._progress: dict[str, str] = {}  # what is being read, by the group of the worker that reads it

    @property
    def known(self) -> KnownCircleCi:
        """What has been read."""
        return self.session.known_circleci

    def told(self) -> tuple[Level | None, str]:
        """The one thing to say about the reading now, None as its level where it is no problem."""
        for text in self._progress.values():
            return None, f"reading {text} …{' (esc stops)' if self.reading else ''}"
        if self._stopped:
            return None, "stopped; ctrl+r reads again, or type the ids"
        if (problem := self.known.problem) is not None:
            if problem.code == NO_TOKEN:
                return None, "no CircleCI token: type the ids, or paste a token"
            return Level.WARNING, f"! {first_sentence(problem)} Everything can be typed."
        about = [each for each in self.known.findings_about(self.draft) if each.field.startswith("circleci.") and each.level is Level.ERROR]
        if about:
            return Level.ERROR, f"✗ {about[0].text}"
        found = self.known.lists.get(self.draft.circleci.org_id)
        words = branch_words(self.draft, self.known)
        if not words and found is not None and found.source is not ProjectSource.ORGANIZATION:
            return Level.WARNING, f"! {' '.join(shown(sentence) for sentence in found.unread[-1:])}"
        if words.startswith("!"):
            return Level.WARNING, words
        facts = self.known.facts_of(self.draft.circleci.org_id)
        contexts = f"{counted(len(facts.contexts), 'context')} below" if facts is not None and facts.contexts else ""
        return None, " · ".join(filter(None, (words, contexts)))

    def show_read(self) -> None:
        """Show what is known now."""
        raise NotImplementedError

    # When something is read

    def begin_reading(self) -> None:
        """Read the organizations, where that was not done. What has failed is tried again; a token that is missing still is."""
        if self.known.problem is not None and self.known.problem.code != NO_TOKEN:
            self.known.problem = None
        if self.known.organizations is None and self.known.problem is None:
            self._progress["organizations"] = "the organizations"
            self.read_organizations()

    def follow(self) -> None:
        """Read what the organization and the projects at hand ask for, and has not been read."""
        circleci = self.draft.circleci
        if self.known.problem is not None or self._stopped or org_id_problem(circleci.org_id) is not None:
            return
        if circleci.org_id not in self.known.lists and circleci.org_id != self._followed:
            self._followed = circleci.org_id
            held = next((each for each in self.known.organizations or () if each.id == circleci.org_id), None)
            self._progress["projects"] = "the projects"
            self.read_projects(held or Organization(circleci.org_id, circleci.org_slug or "", circleci.org_slug or circleci.org_id, ""))
        asked = (circleci.org_id, *(project.id for project in circleci.projects))
        if asked != self._asked and not self.known.is_read(circleci):
            self._asked = asked
            self.read_facts(self.draft)

    @property
    def reading(self) -> bool:
        """Whether somebody waits for something that Esc can stop. What is read beside the form is stopped by leaving it."""
        awaited = {"organizations", "projects", "typed"} | ({"facts"} if self._waiting else set())
        return any(worker.node is self and worker.is_running and worker.group in awaited for worker in self.workers)

    def read_again(self) -> str | None:
        """All of it."""
        self.workers.cancel_node(self)
        self.session.known_circleci = KnownCircleCi()
        self._forget()
        self._stopped = False
        self.begin_reading()
        self.show_read()
        self.follow()
        return None

    def stop_reading(self) -> None:
        """Stop, and say how to begin again."""
        super().stop_reading()
        self._forget()
        self._stopped = True
        self.show_read()

    def _forget(self) -> None:
        """Wait for nothing, and have asked for nothing."""
        self._progress.clear()
        self._waiting, self._followed, self._asked = False, "", ()

    def holds_up(self) -> bool:
        """Until the repositories of the chosen projects are read, which are answers of this step."""
        facts = any(worker.group == "facts" and worker.node is self and worker.is_running for worker in self.workers)
        self._waiting = facts and bool(self.known.unread_projects(self.draft.circleci))
        return self._waiting

    # Workers

    @work(thread=True, exclusive=True, exit_on_error=False, group="organizations")
    def read_organizations(self) -> None:
        """Those of the token's user."""
        worker = get_current_worker()
        outcome = outcome_of(lambda: self.session.circleci().organizations())
        if not worker.is_cancelled:
            self.post_message(OrganizationsRead(outcome))

    @work(thread=True, exclusive=True, exit_on_error=False, group="projects")
    def read_projects(self, organization: Organization) -> None:
        """Page by page, shown as they come."""
        worker = get_current_worker()
        seen: list[Project] = []
        org_id = organization.id or ""
        shown_at = time.monotonic()

        def page(projects: Sequence[Project]) -> None:
            nonlocal shown_at
            if worker.is_cancelled:
                raise CiamError("stopped", "Stopped", "nobody waits for the projects any more.")
            seen.extend(projects)
            if time.monotonic() - shown_at > PAGE_SECONDS:
                shown_at = time.monotonic()
                self.post_message(ProjectsSeen(org_id, ProjectList(tuple(seen), ProjectSource.ORGANIZATION), is_whole=False))

        outcome = outcome_of(lambda: self.session.circleci().projects(organization, page))
        if not worker.is_cancelled:
            self.post_message(ProjectsSeen(org_id, outcome, is_whole=True))

    @work(thread=True, exclusive=True, exit_on_error=False, group="typed")
    def read_typed(self, slug: str) -> None:
        """The project of a slug that was typed."""
        worker = get_current_worker()
        outcome = outcome_of(lambda: self.session.circleci().project(slug))
        if not worker.is_cancelled:
            self.post_message(ProjectFound(outcome))

    @work(thread=True, exclusive=True, exit_on_error=False, group="facts")
    def read_facts(self, draft: Draft) -> None:
        """What the trust of the projects that were not read yet rests on, and then the contexts."""
        from ciam_tui.surveys.circleci import trust_facts, with_contexts

        worker = get_current_worker()
        begun = time.monotonic()
        while time.monotonic() - begun < PAUSE_SECONDS:
            time.sleep(_GLANCE_SECONDS)
            if worker.is_cancelled:
                return
        wanted = replace(draft, circleci=replace(draft.circleci, projects=self.known.unread_projects(draft.circleci)))

        def tell(text: str) -> None:
            self.post_message(Progressed(f"{text[:1].lower()}{text[1:]}"))

        def leaves() -> bool:
            return worker.is_cancelled

        def attempt(read: Callable[[], CircleCiFacts], *, has_contexts: bool) -> CircleCiFacts | None:
            outcome = outcome_of(read)
            if worker.is_cancelled:
                return None
            self.post_message(FactsRead(outcome, has_contexts=has_contexts))
            return None if isinstance(outcome, CiamError) else outcome

        facts = attempt(lambda: trust_facts(wanted, self.session.circleci(), progress=tell, should_stop=leaves), has_contexts=False)
        if facts is not None:
            attempt(
                lambda: with_contexts(wanted, facts, self.session.circleci(), progress=tell, should_stop=leaves),
                has_contexts=True,
            )

    # What they bring

    @on(OrganizationsRead)
    def _take_organizations(self, event: OrganizationsRead) -> None:
        event.stop()
        self._progress.pop("organizations", None)
        self._take(event.outcome, self._keep_organizations)
        self.show_read()
        self.follow()

    def _keep_organizations(self, organizations: tuple[Organization, ...]) -> None:
        self.known.organizations = organizations
        if strange := [each.name for each in organizations if each.id is None]:
            self.post_message(self.Told(f"Not set up in CircleCI yet, and so not listed: {', '.join(map(shown, strange))}."))

    @on(ProjectsSeen)
    def _take_projects(self, event: ProjectsSeen) -> None:
        event.stop()
        self._take(event.outcome, lambda found: self.known.lists.update({event.org_id: found}))
        if event.is_whole:
            self._progress.pop("projects", None)
        elif isinstance(event.outcome, ProjectList):
            self._progress["projects"] = f"the projects, {len(event.outcome.projects)} so far"
        self.show_read()

    @on(FactsRead)
    def _take_facts(self, event: FactsRead) -> None:
        event.stop()
        self._take(event.outcome, lambda facts: self.known.take(facts, has_contexts=event.has_contexts))
        facts = self.known.facts
        if facts is not None:
            changed = prefilled(self.draft, facts)
            for sentence in changed.told:
                self.post_message(self.Told(sentence))
            # Plainly, and not as `Changed`: what a typed organization makes untrue is only cleared when the step is left.
            self.edit(lambda draft: prefilled(draft, facts).draft, "circleci.org_id")
        if event.has_contexts or isinstance(event.outcome, CiamError):
            self._progress.pop("facts", None)
        self.show_read()
        if self._waiting:
            self._waiting = False
            self.finish()

    @on(Progressed)
    def _take_progress(self, event: Progressed) -> None:
        event.stop()
        if not self._stopped:
            self._progress["facts"] = event.text
            self.show_read()

    def _take(self, outcome: _Value | CiamError, keep: Callable[[_Value], object]) -> None:
        if isinstance(outcome, CiamError):
            self.known.problem = outcome
        else:
            self.known.problem = None
            keep(outcome)
