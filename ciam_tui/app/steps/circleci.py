"""Step 5: who is trusted: an organization, and in it the projects whose jobs may become the roles.

Trusting the whole organization is a choice of its own, never what is left when nothing is ticked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import on
from textual.containers import Vertical
from textual.widgets import Static

from ciam_tui.app.circleci_known import NO_TOKEN, first_sentence
from ciam_tui.app.literal import literal
from ciam_tui.app.steps.circleci_reader import CircleCiReader, ProjectFound
from ciam_tui.app.widgets.contexts import ContextList
from ciam_tui.app.widgets.field import STYLE, ChoiceField, Field, Labelled
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.core.answers import with_any_project, with_organization
from ciam_tui.core.asking.typed import is_project_slug, typed_project
from ciam_tui.core.draft import CircleCiDraft, Draft, ProjectDraft
from ciam_tui.core.problems import CiamError
from ciam_tui.core.shown import shortened
from ciam_tui.core.validate import project_id_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from textual.widget import Widget

    from ciam_tui.core.answers import Changed
    from ciam_tui.core.circleci.facts import Organization, Project
    from ciam_tui.core.problems import Problem

WHOLE = "every project, also future ones"
SERVER = "issuer, audience, token"
_REFUSED = frozenset({NO_TOKEN, "circleci-token-refused", "circleci-token-invalid"})  # what another token would help against


class CircleCiBody(CircleCiReader):
    """Organization, projects, and what only few need."""

    step_id = "circleci"

    def form(self) -> Iterable[Widget]:
        """The organization, its projects, the rest."""
        circleci = self.draft.circleci
        self._organizations = Picker(id="organizations")
        self._organizations.border_title = "Organization"
        self._token = Field("session.circleci_token", "Token", placeholder="a personal API token, kept in memory alone")
        self._token.input.password = True
        self._org_id = Field("circleci.org_id", "Org id", circleci.org_id, placeholder="a UUID")
        self._projects = Picker(many=True, id="projects", empty="No list is known: add a project below.")
        self._shown_projects: tuple[object, ...] = ()
        self._told = Static("", id="circleci-told")
        self._projects.border_title = "Projects"
        self._by_hand = Field("circleci.projects", "Add project", placeholder="id name github.com/org/repo, or a slug")
        self._per_project = ChoiceField("role.per_project", "Roles", ("one for each project",))
        self._whole = ChoiceField("circleci.any_project", "Whole org", (WHOLE,))
        self._more = ChoiceField("more", "More", (SERVER,))
        self._issuer = Field("circleci.issuer", "Issuer", circleci.issuer or "", placeholder="CircleCI's cloud")
        self._contexts = ContextList(id="contexts")
        self._audience = Field("circleci.audience", "Audience", circleci.audience or "", placeholder="the organization id")
        yield self._organizations
        yield self._token
        yield self._org_id
        yield self._projects
        yield self._told
        yield self._by_hand
        yield self._per_project
        yield self._whole
        yield self._more
        yield Vertical(self._issuer, self._audience, id="server-form")
        yield self._contexts

    def ends_step(self, stop: Widget) -> bool:
        """The projects, once one is ticked."""
        return stop is self._projects and bool(self.draft.circleci.projects)

    def first_stop(self) -> Widget:
        """The organizations, where there may be any; else the id. With an organization, its projects."""
        if not self._organizations.display:
            return self._org_id.input
        return self._projects if self.draft.circleci.org_id else self._organizations

    def on_mount(self) -> None:
        """Show what is known, and read the rest."""
        self.query_one("#server-form").display = bool(self.draft.circleci.issuer or self.draft.circleci.audience)
        self.begin_reading()
        self.show_read()
        self.fill()

    def show_read(self) -> None:
        """Organizations, projects, and what there is to say about the reading."""
        organizations = tuple(each for each in self.known.organizations or () if each.id is not None)
        is_open = bool(organizations) or "organizations" in self._progress
        if not is_open and self._organizations.has_focus:
            self._org_id.input.focus()
        self._organizations.display = is_open
        if organizations:
            rows = [_organization_row(each) for each in organizations]
            if tuple(rows) != self._organizations.rows:
                self._organizations.show(rows, marked=[self.draft.circleci.org_id] if self.draft.circleci.org_id else [])
        elif is_open:
            self._organizations.say("reading the organizations … (esc stops)")
        problem = self.known.problem
        self._token.display = (problem is not None and problem.code in _REFUSED) or self.query_one("#server-form").display
        self._fill_projects(self.draft.circleci)
        self._contexts.show_contexts(self.draft, self.known)
        level, text = self.told()
        self._told.update(literal(text, STYLE[level] if level is not None else "$muted"), layout=False)

    def show(self, draft: Draft, problems: Mapping[str, Problem]) -> None:
        """Show `draft`; a problem of what is folded away opens it."""
        if any(path in problems for path in ("circleci.issuer", "circleci.audience")):
            self.query_one("#server-form").display = True
        super().show(draft, problems)

    def fill(self) -> None:
        """Fields, marks, projects."""
        circleci = self.draft.circleci
        self._org_id.show(circleci.org_id)
        self._organizations.mark([circleci.org_id] if circleci.org_id else [])
        self._fill_projects(circleci)
        self._contexts.show_contexts(self.draft, self.known)
        self._per_project.show(("one for each project",) if self.draft.role.per_project else ())
        self._whole.show((WHOLE,) if circleci.any_project else ())
        self._more.show((SERVER,) if self.query_one("#server-form").display else ())
        self._issuer.show(circleci.issuer or "")
        self._audience.show(circleci.audience or "")
        self.follow()

    def _fill_projects(self, circleci: CircleCiDraft) -> None:
        chosen = {project.id: project for project in circleci.projects}
        found = self.known.lists.get(circleci.org_id)
        asked = (found, len(self.known.projects), circleci.projects)
        if asked != self._shown_projects:  # rows of thousands are not made anew at each key
            self._shown_projects = asked
            rows = {each.id: _project_row(each) for each in self.known.offered(circleci.org_id)}
            rows |= {each.id: _chosen_row(each) for each in circleci.projects if not (each.id in rows and each.vcs_origin is None)}
            if tuple(rows.values()) != self._projects.rows:
                self._projects.show(rows.values(), marked=chosen)
        self._projects.mark(chosen)
        self._projects.border_title = literal(f"Projects · {len(chosen)} chosen")

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """Take the organization, or tick the project."""
        event.stop()
        key = event.row.key
        if event.picker is self._organizations:
            slug = next((each.slug for each in self.known.organizations or () if each.id == key), None)
            if key != self.draft.circleci.org_id:
                self.edit(_organization(key, slug), "circleci.org_id")
            if event.go_on:
                self.to_next_stop()
        elif event.picker is self._projects:
            self._toggle(key)
        elif event.go_on:
            self.to_next_stop()

    def on_picker_highlighted(self, event: Picker.Highlighted) -> None:
        """Say what there is to know of a context."""
        event.stop()
        self._advise()

    def _advise(self) -> None:
        if self.screen.focused is self._contexts and (detail := self._contexts.detail(self.draft, self.known)):
            self._advised = None
            self._guide.update(literal(detail, "$muted"), layout=False)
        else:
            super()._advise()

    def _toggle(self, project_id: str) -> None:
        known = {each.id: ProjectDraft(each.id, each.name, each.vcs_origin) for each in self.known.offered(self.draft.circleci.org_id)}

        def change(draft: Draft) -> Draft:
            projects = draft.circleci.projects
            if any(project.id == project_id for project in projects):
                projects = tuple(project for project in projects if project.id != project_id)
            elif project_id in known:
                projects = (*projects, known[project_id])
            return _with_circleci(draft, projects=projects)

        self.edit(change, "circleci.projects")

    def on_field_typed(self, event: Field.Typed) -> None:
        """Take what was typed; a project by hand is taken by Enter."""
        event.stop()
        field = event.field
        match event.path:
            case "circleci.org_id":
                self.edit(lambda draft: _with_circleci(draft, org_id=field.take().strip()), "circleci.org_id")
            case "circleci.issuer":
                self.edit(lambda draft: _with_circleci(draft, issuer=field.take().strip() or None), "circleci.issuer")
            case "circleci.audience":
                self.edit(lambda draft: _with_circleci(draft, audience=field.take().strip() or None), "circleci.audience")
            case "session.circleci_token":
                field.take()  # it is used when Enter ends it, and until then nobody's
            case _:
                self._advise_project(field.take().strip())

    def on_choice_field_chosen(self, event: ChoiceField.Chosen) -> None:
        """Take what was ticked."""
        event.stop()
        ticked = bool(event.chosen)
        match event.field.path:
            case "circleci.any_project":
                self.edit(lambda draft: with_any_project(draft, any_project=ticked), "circleci.any_project")
            case "role.per_project":
                self.edit(lambda draft: replace(draft, role=replace(draft.role, per_project=ticked)), "role.per_project")
            case _:
                self.query_one("#server-form").display = ticked
                self.show_read()

    def on_labelled_accepted(self, event: Labelled.Accepted) -> None:
        """Enter in a field; a project that was typed is added, and the field is ready for the next."""
        event.prevent_default()  # Textual would hand it to the base class too, and go on twice
        if event.field is self._by_hand and self._by_hand.text.strip():
            event.stop()
            self._add_typed(self._by_hand.text.strip())
        elif event.field is self._token and self._token.text.strip():
            event.stop()
            self._use_token(self._token.text)
        else:
            super().on_labelled_accepted(event)

    def _use_token(self, text: str) -> None:
        """Into memory and out of the field, and ask CircleCI with it."""
        from ciam_tui.ports.circleci.secret import Secret

        self._token.show("")
        self.session.use_circleci_token(Secret(text.strip()))
        self.read_again()
        self._org_id.input.focus()

    def _add_typed(self, text: str) -> None:
        if is_project_slug(text):
            self._progress["typed"] = text
            self.read_typed(text)
            self.show_read()
            return
        project = typed_project(text)
        if project is None or project_id_problem(project.id) is not None:
            self._advise_project(text)
            return
        self._add(project)

    @on(ProjectFound)
    def _take_typed(self, event: ProjectFound) -> None:
        event.stop()
        self._progress.pop("typed", None)
        found = event.outcome
        if isinstance(found, CiamError):
            self.post_message(self.Told(f"{first_sentence(found)} Its id can be typed."))
        else:
            self.known.projects[found.id] = found
            self._add(ProjectDraft(found.id, found.name, found.vcs_origin))
        self.show_read()

    def _add(self, project: ProjectDraft) -> None:
        self._by_hand.show("")

        def change(draft: Draft) -> Draft:
            others = tuple(each for each in draft.circleci.projects if each.id != project.id)
            return _with_circleci(draft, projects=(*others, project))

        self.edit(change, "circleci.projects")

    def _advise_project(self, text: str) -> None:
        if is_project_slug(text):
            self._by_hand.show_problem(None)
            return
        project = typed_project(text)
        problem = project_id_problem(project.id) if project is not None else None
        self._by_hand.show_problem(problem if text else None)


def _organization_row(organization: Organization) -> Row:
    return Row(organization.id or "", (organization.name, shortened(organization.slug, 18), shortened(organization.id or "")))


def _project_row(project: Project) -> Row:
    """A project of a list, in which its repository stands once it was read."""
    unknown = "no repository" if project.is_complete else ""
    return Row(project.id, (project.name, project.vcs_origin or unknown, shortened(project.id)))


def _chosen_row(project: ProjectDraft) -> Row:
    return Row(project.id, (project.name, project.vcs_origin or "no repository", shortened(project.id)))


def _organization(org_id: str, slug: str | None) -> Callable[[Draft], Changed]:
    return lambda draft: with_organization(draft, org_id, slug)


def _with_circleci(draft: Draft, **answers: object) -> Draft:
    return replace(draft, circleci=replace(draft.circleci, **answers))  # type: ignore[arg-type] # the names are those of CircleCiDraft
