"""The one reader of CircleCI: everything that makes the trust of a Setup right or wrong there, returned as facts.

It stands beside `ciam_tui.survey`, which reads AWS. A Setup needs nothing of CircleCI to be planned, so what cannot be read ends nothing: it
is told as unread, and never taken for absent.
"""

from __future__ import annotations

from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from ciam_tui.core.circleci.facts import CircleCiFacts, Organization, ProjectFacts, ProjectSettings
from ciam_tui.core.config.reading import read_pipeline
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.circleci.failures import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ciam_tui.core.circleci.facts import Inventory, Project, Variable
    from ciam_tui.core.config.use import ConfigUse
    from ciam_tui.core.shape import CircleCiShape, ProjectShape, SetupShape
    from ciam_tui.ports.api import CircleCi

_Value = TypeVar("_Value")

# One thing that is not there, or not for this user; what has another code keeps CircleCI from being asked at all.
_UNREADABLE = ABSENT | {"circleci-slug-invalid", "circleci-issuer-unknown", "circleci-issuer-invalid", "circleci-organization-not-set-up"}
_IN_FLIGHT = 8  # as many as the client keeps connections for
_GLANCE = 0.1  # how often somebody who wants to leave is looked for


@dataclass(frozen=True, slots=True)
class _Read(Generic[_Value]):
    """What one task read, None where it could not, and a sentence for each thing that is missing from it."""

    value: _Value | None = None
    unread: tuple[str, ...] = ()


def circleci_survey(
    setup: SetupShape,
    circleci: CircleCi,
    *,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> CircleCiFacts:
    """What CircleCI says about the organization and the projects of `setup`.

    `progress` is told, in the caller's thread, what is being read. Once `should_stop` answers yes, what was read so far is returned.

    Raises:
        CiamError: CircleCI cannot be asked at all: it does not accept the token, or does not answer.
    """
    tell, leaves = progress or _nobody, should_stop or _never
    return with_contexts(
        setup, trust_facts(setup, circleci, progress=tell, should_stop=leaves), circleci, progress=tell, should_stop=leaves
    )


def with_contexts(
    setup: SetupShape,
    facts: CircleCiFacts,
    circleci: CircleCi,
    *,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> CircleCiFacts:
    """`facts` with the organization's contexts, and the variables in them and in the projects of `facts`; otherwise as `circleci_survey`."""
    tell, leaves, wanted = progress or _nobody, should_stop or _never, setup.circleci
    if facts.stopped or leaves():
        return replace(facts, stopped=True)
    tell("Contexts")
    inventory = circleci.inventory(
        _owner(wanted, facts.organization),
        lambda done, count: tell(f"Contexts and variables, {done} of {count}") if count else None,
        leaves,
        [held.project for held in facts.projects if held.project is not None],
    )
    return _with(facts, inventory)


def trust_facts(
    setup: SetupShape,
    circleci: CircleCi,
    *,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> CircleCiFacts:
    """What the trust policies rest on: the organization, its claims and issuer, each project with its settings; otherwise as `circleci_survey`."""
    tell, leaves, wanted = progress or _nobody, should_stop or _never, setup.circleci
    tell("Organization and projects")
    pool = ThreadPoolExecutor(_IN_FLIGHT, thread_name_prefix="circleci-survey")
    try:
        organization = pool.submit(lambda: _organization(wanted, circleci))
        claims = pool.submit(lambda: _attempted(lambda: circleci.oidc_claims(wanted.org_id)))
        issuer = pool.submit(lambda: _attempted(lambda: _issuer(wanted, circleci)))
        projects = [pool.submit(_project, wanted, project, circleci) for project in wanted.projects]
        futures: list[Future[Any]] = [organization, claims, issuer, *projects]
        stopped = _waited(futures, tell, leaves)
        unread = [sentence for future in futures for sentence in _result(future).unread]
        if wanted.any_project:
            unread.append("Every project is trusted, and the settings and claims of each were not read.")
        return CircleCiFacts(
            wanted.org_id,
            organization=_result(organization).value,
            claims=_result(claims).value,
            issuer=_result(issuer).value,
            projects=tuple(held for future in projects if (held := _result(future).value) is not None),
            stopped=stopped,
            unread=tuple(unread),
        )
    finally:
        pool.shutdown(wait=False, cancel_futures=True)


def _waited(futures: Sequence[Future[Any]], tell: Callable[[str], None], leaves: Callable[[], bool]) -> bool:
    """Whether somebody left before all of `futures` were done."""
    pending = set(futures)
    while pending:
        done, pending = wait(pending, timeout=_GLANCE, return_when=FIRST_COMPLETED)
        for future in done:
            future.result()  # raises here what ends the whole
        if done:
            tell(f"Organization and projects, {len(futures) - len(pending)} of {len(futures)}")
        if pending and leaves():
            return True
    return False


def _result(future: Future[_Read[_Value]]) -> _Read[_Value]:
    return future.result() if future.done() and not future.cancelled() else _Read()


def _attempted(read: Callable[[], _Value], where: str = "") -> _Read[_Value]:
    try:
        return _Read(read())
    except CiamError as error:
        if error.code not in _UNREADABLE:
            raise
        return _Read(None, (f"{where}: {error}" if where else str(error),))


def _organization(wanted: CircleCiShape, circleci: CircleCi) -> _Read[Organization]:
    """By its id, as the trust policies name it; where CircleCI does not show that, by its slug, which may lead to another id."""
    by_id = _attempted(lambda: circleci.organization(wanted.org_id))
    slug = wanted.org_slug
    if by_id.value is not None or not slug:
        return by_id
    by_slug = _attempted(lambda: circleci.organization(slug))
    return by_slug if by_slug.value is not None else by_id


def _issuer(wanted: CircleCiShape, circleci: CircleCi) -> str:
    """Where the organization's discovery document is looked for, and else where the Setup says it is."""
    try:
        return circleci.issuer(wanted.org_id)
    except CiamError as error:
        if error.code != "circleci-issuer-unknown" or not wanted.issuer:
            raise
        return circleci.issuer(wanted.org_id, wanted.issuer)


def _project(wanted: CircleCiShape, project: ProjectShape, circleci: CircleCi) -> _Read[ProjectFacts]:
    found = _found_project(wanted, project, circleci)
    held = found.value
    if held is None:
        return _Read(ProjectFacts(project.id), found.unread)
    settings = _attempted(lambda: circleci.project_settings(held), f"Project {project.name}")
    claims = _attempted(lambda: circleci.oidc_claims(held.org_id or wanted.org_id, held.id), f"Project {project.name}")
    config = _config(project, held, circleci)
    read = settings.value or ProjectSettings()
    facts = ProjectFacts(project.id, held, read, claims.value, config=config.value)
    return _Read(facts, (*settings.unread, *read.unread, *claims.unread, *config.unread))


def _config(project: ProjectShape, held: Project, circleci: CircleCi) -> _Read[ConfigUse]:
    """What the project's pipelines run by; of its text only what it does about AWS is kept."""
    found = _attempted(lambda: circleci.latest_config(held), f"Configuration of {project.name}")
    if found.unread:
        return _Read(None, found.unread)
    config = found.value
    if config is None:
        why = f"no pipeline was found on its default branch, {held.default_branch}" if held.default_branch else "it has no default branch"
        return _Read(None, (f"Configuration of {project.name}: {why}.",))
    if not config.source and not config.setup:
        return _Read(None, (f"Configuration of {project.name}: CircleCI does not show that of its latest pipeline.",))
    use = read_pipeline(config)
    return _Read(use, (f"Configuration of {project.name}: {use.unclear}; not all of it was looked at.",) if use.unclear else ())


def _found_project(wanted: CircleCiShape, project: ProjectShape, circleci: CircleCi) -> _Read[Project]:
    """By its id; where CircleCI does not show that, by its repository, whose project may have another id."""
    by_id = _attempted(lambda: circleci.project(project.id), f"Project {project.name}")
    slug = _slug_of(wanted, project)
    if by_id.value is not None or slug is None:
        return by_id
    by_slug = _attempted(lambda: circleci.project(slug))
    return by_slug if by_slug.value is not None else by_id


def _slug_of(wanted: CircleCiShape, project: ProjectShape) -> str | None:
    """The slug that the repository has in an organization that came with its login; those of a standalone one say nothing."""
    if not wanted.org_slug or wanted.org_slug.startswith("circleci/"):
        return None
    repository = (project.vcs_origin or project.name).rpartition("/")[2]
    return f"{wanted.org_slug}/{repository}" if repository else None


def _owner(wanted: CircleCiShape, organization: Organization | None) -> Organization:
    """Whose contexts are listed. The id is enough for that, also where the organization itself could not be read."""
    if organization is not None and organization.id is not None:
        return organization
    slug = wanted.org_slug or ""
    return Organization(wanted.org_id, slug, slug or wanted.org_id, "")


def _with(facts: CircleCiFacts, inventory: Inventory) -> CircleCiFacts:
    variables: Mapping[str, tuple[Variable, ...] | None] = {held.project.id: held.variables for held in inventory.projects}
    projects = tuple(
        replace(held, variables=variables.get(held.project.id)) if held.project is not None else held for held in facts.projects
    )
    return replace(
        facts, projects=projects, contexts=inventory.contexts, stopped=inventory.stopped, unread=(*facts.unread, *inventory.unread)
    )


def _nobody(_: str) -> None:
    pass


def _never() -> bool:
    return False
