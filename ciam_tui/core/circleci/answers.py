"""What is read of CircleCI and stands in a trust policy: taken into the draft at once, each change told in a sentence.

An audience, a repository or an issuer that is typed wrongly locks every job out, and nobody learns why. So what CircleCI itself says goes
before what was typed; where it says nothing, or two things, the typed answer stays.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.answers import Changed
from ciam_tui.core.shown import shown
from ciam_tui.core.trust import CLOUD_HOST
from ciam_tui.core.validate import vcs_origin_problem

if TYPE_CHECKING:
    from ciam_tui.core.circleci.facts import CircleCiFacts
    from ciam_tui.core.draft import CircleCiDraft, Draft, ProjectDraft


def prefilled(draft: Draft, facts: CircleCiFacts) -> Changed:
    """`draft` with what `facts` say of its organization and chosen projects; unchanged where they are of another organization."""
    circleci = draft.circleci
    if not facts.org_id or facts.org_id != circleci.org_id:
        return Changed(draft)
    told: list[str] = []
    circleci = _with_slug(circleci, facts, told)
    circleci = _with_issuer(circleci, facts, told)
    circleci = replace(circleci, projects=tuple(_with_repository(project, facts, told) for project in circleci.projects))
    circleci = _with_audience(circleci, facts, told)
    return Changed(replace(draft, circleci=circleci), tuple(told))


def _with_slug(circleci: CircleCiDraft, facts: CircleCiFacts, told: list[str]) -> CircleCiDraft:
    """A slug that is missing. One that differs stays: either it or the id is of another organization, which is for the user to say."""
    held = facts.organization
    if circleci.org_slug or held is None or held.id != circleci.org_id:
        return circleci
    told.append(f"The organization is {shown(held.slug)}.")
    return replace(circleci, org_slug=held.slug)


def _with_issuer(circleci: CircleCiDraft, facts: CircleCiFacts, told: list[str]) -> CircleCiDraft:
    if facts.issuer is None:
        return circleci
    cloud = f"https://{CLOUD_HOST}/org/{circleci.org_id}"
    issuer = None if facts.issuer == cloud else facts.issuer
    if (circleci.issuer or cloud) == facts.issuer:
        return circleci
    if issuer is None:
        told.append("The issuer was cleared: tokens come from CircleCI's cloud.")
    else:
        told.append(f"The issuer is {shown(issuer)}, as this CircleCI's discovery document says.")
    return replace(circleci, issuer=issuer)


def _with_repository(project: ProjectDraft, facts: CircleCiFacts, told: list[str]) -> ProjectDraft:
    """The project as CircleCI calls it. In a standalone organization a repository that was typed stays: several may trigger one project."""
    held = facts.project(project.id).project
    if held is None or held.id != project.id:
        return project
    if held.name != project.name:
        told.append(f"The project {shown(project.name or project.id)} is called {shown(held.name)} in CircleCI.")
    origin = held.vcs_origin
    # One that no policy can name would keep a Setup from being made that may not need any.
    stays = project.vcs_origin and (held.slug or "").startswith("circleci/")
    if origin is None or origin == project.vcs_origin or stays or vcs_origin_problem(origin) is not None:
        return replace(project, name=held.name)
    told.append(f"The repository of {shown(held.name)} is {shown(origin)}.")
    return replace(project, name=held.name, vcs_origin=origin)


def _with_audience(circleci: CircleCiDraft, facts: CircleCiFacts, told: list[str]) -> CircleCiDraft:
    """The audience of the tokens of all chosen projects; before any is chosen, the organization's. Where they have several, a finding says so."""
    read = [facts.audiences(project.id) for project in circleci.projects] or [facts.audiences()]
    known = {each for each in read if each is not None}
    if None in read or len(known) != 1:
        return circleci
    [values] = known
    if len(values) != 1:
        return circleci
    [value] = values
    if value == (circleci.audience or circleci.org_id):
        return circleci
    if value == circleci.org_id:
        told.append("The audience was cleared: tokens have the organization id.")
        return replace(circleci, audience=None)
    told.append(f"The audience is {shown(value)}, as the custom OIDC claims in CircleCI say.")
    return replace(circleci, audience=value)
