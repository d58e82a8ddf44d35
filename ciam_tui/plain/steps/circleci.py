"""Step 5 as questions: the organization and its projects, from CircleCI where there is a token, else typed.

What CircleCI says of the chosen projects is taken into the answers at once, as on the full screen: a repository typed wrongly locks every job out.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.answers import Changed, with_any_project, with_organization
from ciam_tui.core.asking.typed import is_project_slug, typed_project
from ciam_tui.core.circleci.answers import prefilled
from ciam_tui.core.circleci.facts import Organization
from ciam_tui.core.draft import ProjectDraft
from ciam_tui.core.problems import CiamError
from ciam_tui.core.validate import org_id_problem, project_id_problem
from ciam_tui.plain.choosing import Listing, Option, choose
from ciam_tui.plain.fields import ask_field, took

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ciam_tui.core.circleci.facts import Project
    from ciam_tui.core.draft import CircleCiDraft, Draft
    from ciam_tui.plain.desk import Desk

NO_TOKEN = "circleci-token-missing"  # noqa: S105 - the code of an error
REFUSED = frozenset({NO_TOKEN, "circleci-token-refused", "circleci-token-invalid"})  # what another token would help against
DONE = "done"


def ask_circleci(desk: Desk) -> None:
    """Organization, projects, and what only few need."""
    _read_organizations(desk)
    _ask_organization(desk)
    circleci = desk.draft.circleci
    whole = desk.talk.ask_yes(
        "Trust every project of the organization, also future ones?", default=circleci.any_project, about="circleci.any_project"
    )
    desk.take(with_any_project(desk.draft, any_project=whole))
    if not whole:
        _ask_projects(desk)
        _ask_per_project(desk)
    _fill_in(desk)
    _ask_server(desk)


# The organization


def _read_organizations(desk: Desk) -> None:
    """The organizations of the token's user; where there is no token, a terminal may give one, and nothing else is asked for it."""
    if desk.organizations:
        return
    while True:
        desk.talk.say("Reading the organizations of CircleCI.")
        try:
            desk.organizations = tuple(each for each in desk.circleci().organizations() if each.id is not None)
        except CiamError as error:
            desk.tell(error)
            if error.code in REFUSED and _took_token(desk):
                continue
            desk.talk.say("The ids can be typed.")
        return


def _took_token(desk: Desk) -> bool:
    from ciam_tui.ports.circleci.secret import Secret

    text = desk.talk.ask_secret("CircleCI token, which is not shown (empty: ids are typed)")
    if not text:
        return False
    try:
        desk.use_token(Secret(text))
    except CiamError as error:
        desk.tell(error)
        return False
    return True


def _ask_organization(desk: Desk) -> None:
    options = [Option(each.id or "", each.slug or each.name, each.name) for each in desk.organizations]
    current = desk.draft.circleci.org_id

    def accepts(answer: str) -> bool:
        org_id = answer.lower()
        slug = next((each.slug for each in desk.organizations if each.id == org_id), None)
        changed = Changed(desk.draft) if org_id == current else with_organization(desk.draft, org_id, slug)
        return took(desk, "circleci.org_id", changed)

    default = next((option.name for option in options if option.key == current), current)
    question = "Organization, by number, name or id" if options else "Organization id"
    about = "organizations" if options else "circleci.org_id"
    choose(desk.talk, question, options, default=default, about=about, accepts=accepts, typed=True)


# The projects


def _ask_projects(desk: Desk) -> None:
    """Each answer adds projects, or takes those away that are chosen already, until one is done."""
    offered = _read_projects(desk)
    listing = Listing(desk.talk, _project_options(offered, desk.draft.circleci.projects))
    while True:
        chosen = desk.draft.circleci.projects
        listing.options, listing.chosen = _project_options(offered, chosen, listing.options), frozenset(each.id for each in chosen)
        if not listing.told:
            listing.tell_page()
        if not listing.options:
            desk.talk.say("Type a project as: id name github.com/organization/repository. Or as its slug, such as gh/acme/web.")
        default = DONE if chosen else ""
        hint = f"{DONE}, or one more project to add or take away" if chosen else "A project to trust"
        answer = desk.talk.ask(f"{hint}, by number, name, or typed", default=default, about="circleci.projects")
        text = answer.text
        if text.lower() == DONE and chosen:
            return
        if not listing.was_read_out(text):
            _take_projects(desk, listing, offered, text)


def _read_projects(desk: Desk) -> tuple[Project, ...]:
    circleci = desk.draft.circleci
    if not desk.organizations or org_id_problem(circleci.org_id) is not None:
        return ()
    held = next((each for each in desk.organizations if each.id == circleci.org_id), None)
    desk.talk.say("Reading the projects.")
    try:
        found = desk.circleci().projects(held or Organization(circleci.org_id, circleci.org_slug or "", circleci.org_slug or "", ""))
    except CiamError as error:
        desk.tell(error)
        return ()
    desk.talk.told(found.unread)
    return found.projects


def _project_options(offered: Sequence[Project], chosen: Sequence[ProjectDraft], before: Sequence[Option] = ()) -> list[Option]:
    """The chosen projects and those that are offered. Those of `before` keep their numbers, whatever is added."""
    options = {each.key: each for each in before}
    options |= {
        each.id: Option(each.id, each.name or each.id, each.vcs_origin or "no repository") for each in chosen if each.id not in options
    }
    options |= {each.id: Option(each.id, each.name, each.vcs_origin or "") for each in offered}
    return [*options.values()]


def _take_projects(desk: Desk, listing: Listing, offered: Sequence[Project], text: str) -> None:
    """Add or take away what `text` names: options of the list, separated by commas, or one project that is typed."""
    entries = [entry.strip() for entry in text.split(",") if entry.strip()]
    named = [listing.named(entry) for entry in entries]
    if entries and all(named):
        for option in named:
            if option is not None:
                _toggle(desk, option.key, offered)
        return
    project = _typed(desk, text)
    if project is not None:
        _toggle_project(desk, project)
    elif not listing.tell_matches(text):
        desk.talk.say("Type a number or a name of the list, or a project as: id name github.com/organization/repository, or its slug.")


def _typed(desk: Desk, text: str) -> ProjectDraft | None:
    if is_project_slug(text):
        try:
            found = desk.circleci().project(text)
        except CiamError as error:
            desk.tell(error)
            return None
        return ProjectDraft(found.id, found.name, found.vcs_origin)
    project = typed_project(text)
    return None if project is None or project_id_problem(project.id) is not None else project


def _toggle(desk: Desk, project_id: str, offered: Sequence[Project]) -> None:
    held = next((each for each in offered if each.id == project_id), None)
    chosen = next((each for each in desk.draft.circleci.projects if each.id == project_id), None)
    project = chosen or (ProjectDraft(held.id, held.name, held.vcs_origin) if held is not None else None)
    if project is not None:
        _toggle_project(desk, project)


def _toggle_project(desk: Desk, project: ProjectDraft) -> None:
    chosen = desk.draft.circleci.projects
    is_chosen = any(each.id == project.id for each in chosen)
    others = tuple(each for each in chosen if each.id != project.id)
    desk.take(_with(desk.draft, projects=others if is_chosen else (*others, project)))
    desk.talk.say(f"{project.name or project.id} is {'taken away' if is_chosen else 'chosen'}.")


def _ask_per_project(desk: Desk) -> None:
    if len(desk.draft.circleci.projects) < 2:
        return
    current = desk.draft.role.per_project
    wanted = desk.talk.ask_yes("One role for each project?", default=current, about="role.per_project")
    desk.take(replace(desk.draft, role=replace(desk.draft.role, per_project=wanted)))


# What is read of them, and what only few need


def _fill_in(desk: Desk) -> None:
    """What CircleCI itself says of the organization and the projects, taken into the answers."""
    if not desk.organizations:
        return
    from ciam_tui.surveys.circleci import trust_facts

    desk.talk.say("Reading what CircleCI says of them.")
    try:
        facts = trust_facts(desk.draft, desk.circleci())
    except CiamError as error:
        desk.tell(error)
        return
    desk.take(prefilled(desk.draft, facts))


def _ask_server(desk: Desk) -> None:
    """Issuer, audience and repositories, where something is wrong with them or somebody wants to."""
    circleci = desk.draft.circleci
    for place, project in enumerate(circleci.projects):
        if project.vcs_origin is None and any(stage.branches for stage in desk.draft.stages):
            _ask_origin(desk, place)
    if not desk.talk.ask_yes("Set an issuer or an audience of your own?", default=False, about="circleci.issuer"):
        return
    ask_field(desk, "circleci.issuer", "Issuer", _put("issuer"), circleci.issuer or "", empty="CircleCI's cloud")
    ask_field(desk, "circleci.audience", "Audience", _put("audience"), circleci.audience or "", empty="the organization id")


def _ask_origin(desk: Desk, place: int) -> None:
    project = desk.draft.circleci.projects[place]

    def put(draft: Draft, text: str) -> Draft:
        projects = draft.circleci.projects
        return _with(draft, projects=(*projects[:place], replace(projects[place], vcs_origin=text or None), *projects[place + 1 :]))

    path = f"circleci.projects[{place}].vcs_origin"
    name = project.name or project.id
    ask_field(desk, path, f"Repository of {name}, such as github.com/acme/web", put, "", empty="it has none")


def _put(answer: str) -> Callable[[Draft, str], Draft]:
    return lambda draft, text: _with(draft, **{answer: text or None})


def _with(draft: Draft, **answers: object) -> Draft:
    circleci: CircleCiDraft = replace(draft.circleci, **answers)  # type: ignore[arg-type] # the names are those of CircleCiDraft
    return replace(draft, circleci=circleci)
