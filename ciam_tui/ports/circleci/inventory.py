"""Everything an organization keeps in contexts and projects, read at once: one request a page, a few in flight, and left whenever one likes.

It is how a key is found whose last four characters are known. So nothing that could not be read may look as if it held nothing.
"""

from __future__ import annotations

import threading
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeVar

from ciam_tui.core.circleci.facts import ContextContents, Inventory, ProjectContents
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.circleci.failures import ABSENT
from ciam_tui.ports.circleci.http import Stopped
from ciam_tui.ports.circleci.listing import IN_FLIGHT
from ciam_tui.ports.circleci.v2 import V2

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from ciam_tui.core.circleci.facts import Context, Organization, Project, ProjectList, Restriction, Variable
    from ciam_tui.ports.circleci.http import Http

_Value = TypeVar("_Value")
_GLANCE = 0.1  # how often somebody who wants to leave is looked for


@dataclass(frozen=True, slots=True)
class _Found:
    """What one task read: any part of it, or why there is none."""

    context_id: str | None = None
    variables: tuple[Variable, ...] | None = None
    restrictions: tuple[Restriction, ...] | None = None
    project: Project | None = None
    unread: tuple[str, ...] = ()


def inventory_of(
    http: Http,
    organization: Organization,
    *,
    list_contexts: Callable[[V2], tuple[Context, ...]],
    list_projects: Callable[[Http, V2], ProjectList],
    progress: Callable[[int, int], None],
    should_stop: Callable[[], bool],
) -> Inventory:
    """All contexts with variables and restrictions, and all projects with variables.

    `progress` gets how many reads are done and how many there are, in the caller's thread; `should_stop` may be asked in any.

    Raises:
        CiamError: CircleCI cannot be asked any more.
    """
    unread: list[str] = []
    progress(0, 0)
    leaving = http.until(should_stop)
    try:
        contexts = _or_none(lambda: list_contexts(V2(leaving)), unread) or ()
        listed = list_projects(leaving, V2(leaving))
    except Stopped:
        return Inventory(organization, (), (), stopped=True)
    unread += listed.unread
    ended = threading.Event()
    v2 = V2(http.until(ended.is_set))
    tasks = [
        *(task for context in contexts for task in _of_context(v2, context)),
        *(_of_project(v2, project) for project in listed.projects),
    ]
    found, stopped = _all_done(tasks, ended, progress, should_stop)
    unread += [sentence for item in found for sentence in item.unread]
    return Inventory(organization, _contexts(contexts, found), _projects(found), stopped, tuple(unread))


def _all_done(
    tasks: Sequence[Callable[[], _Found]], ended: threading.Event, progress: Callable[[int, int], None], should_stop: Callable[[], bool]
) -> tuple[list[_Found], bool]:
    """What the tasks found, in their order, and whether they were stopped before the end."""
    pool = ThreadPoolExecutor(IN_FLIGHT, thread_name_prefix="circleci")
    try:
        futures: list[Future[_Found]] = [pool.submit(task) for task in tasks]
        pending = set(futures)
        while pending:
            done, pending = wait(pending, timeout=_GLANCE, return_when=FIRST_COMPLETED)
            for future in done:
                future.result()  # raises here what ends the whole
            progress(len(futures) - len(pending), len(futures))
            if pending and should_stop():
                return [future.result() for future in futures if future not in pending], True
        return [future.result() for future in futures], False
    finally:
        ended.set()  # those in flight answer to nobody, and end at their next wait or page
        pool.shutdown(wait=False, cancel_futures=True)


def _of_context(v2: V2, context: Context) -> Iterable[Callable[[], _Found]]:
    def variables() -> _Found:
        unread: list[str] = []
        read = _or_none(lambda: v2.context_variables(context.id), unread, f"Context {context.name}")
        return _Found(context.id, variables=read, unread=tuple(unread))

    def restrictions() -> _Found:
        unread: list[str] = []
        read = _or_none(lambda: v2.context_restrictions(context.id), unread, f"Context {context.name}")
        return _Found(context.id, restrictions=read, unread=tuple(unread))

    return variables, restrictions


def _of_project(v2: V2, project: Project) -> Callable[[], _Found]:
    def contents() -> _Found:
        unread: list[str] = []
        whole = project if project.is_complete else _or_none(lambda: v2.project(project.id), unread, f"Project {project.name}")
        slug = whole.slug if whole else None
        read = _or_none(lambda: v2.project_variables(slug), unread, f"Project {project.name}") if slug is not None else None
        return _Found(variables=read, project=whole or project, unread=tuple(unread))

    return contents


def _or_none(read: Callable[[], _Value], unread: list[str], where: str = "") -> _Value | None:
    try:
        return read()
    except CiamError as error:
        if error.code not in ABSENT:
            raise
        unread.append(f"{where}: {error}" if where else str(error))
        return None


def _contexts(contexts: tuple[Context, ...], found: list[_Found]) -> tuple[ContextContents, ...]:
    contents = {context.id: ContextContents(context, None, None) for context in contexts}
    for item in found:
        if item.context_id is None:
            continue
        held = contents[item.context_id]
        if item.variables is not None:
            held = replace(held, variables=_by_name(item.variables))
        if item.restrictions is not None:
            held = replace(held, restrictions=item.restrictions)
        contents[item.context_id] = held
    return tuple(sorted(contents.values(), key=lambda held: (held.context.name.casefold(), held.context.id)))


def _projects(found: list[_Found]) -> tuple[ProjectContents, ...]:
    projects = [
        ProjectContents(item.project, None if item.variables is None else _by_name(item.variables))
        for item in found
        if item.project is not None
    ]
    return tuple(sorted(projects, key=lambda held: (held.project.name.casefold(), held.project.id)))


def _by_name(variables: tuple[Variable, ...]) -> tuple[Variable, ...]:
    return tuple(sorted(variables, key=lambda variable: variable.name))
