"""Second opinions on the roles that a Setup asks for, before anything is applied: their documents, and what the access matrix asks of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.access_matrix import stage_matrix
from ciam_tui.core.opinions import NotChecked, Opinion
from ciam_tui.core.problems import CiamError
from ciam_tui.core.roles import stage_roles
from ciam_tui.core.trust import audience
from ciam_tui.opinions.asking import SecondOpinions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ciam_tui.core.evaluate import Request
    from ciam_tui.core.shape import SetupShape, StageShape
    from ciam_tui.ports.api import Aws


def opinions_of_setup(setup: SetupShape, aws: Aws, *, should_stop: Callable[[], bool] | None = None) -> Mapping[str, Opinion]:
    """AWS's opinion of each stage of `setup`, by its name; of those that came before somebody left.

    The roles of a stage have one permission policy, which is asked about once, and the simulator gets the requests of the stage's matrix.
    A permissions boundary is not looked at by the matrix either.
    """
    asker = SecondOpinions(aws)
    found: dict[str, Opinion] = {}
    for stage in setup.stages:
        if should_stop is not None and should_stop():
            break
        found[stage.name] = _opinion(setup, stage, asker)
    return found


def _opinion(setup: SetupShape, stage: StageShape, asker: SecondOpinions) -> Opinion:
    first, *others = stage_roles(setup, stage)
    clients = (audience(setup.circleci),)
    permissions = [("the permission policy", first.permissions)]
    opinion = asker.about(first.trust, permissions, client_ids=clients)
    trusts = [asker.about(role.trust, (), client_ids=clients).documents[0] for role in others]
    if others:
        (_, told), *rest = opinion.documents
        named = zip((first, *others), (told, *(each for _, each in trusts)), strict=True)
        opinion = replace(opinion, documents=(*((f"the trust policy of {role.name}", each) for role, each in named), *rest))
    try:
        requests = _distinct(answer.request for cell in stage_matrix(setup, stage).cells for answer in cell.answers)
    except CiamError as error:
        return replace(opinion, simulation=NotChecked("cannot-be-asked", error.message))
    return replace(opinion, simulation=asker.simulation(requests, permissions))


def _distinct(requests: Iterable[Request]) -> list[Request]:
    """Each request once: several operations of a matrix make the same one, and a difference over it is one difference."""
    return list({(each.action, each.resource, tuple(sorted(each.context.items()))): each for each in requests}.values())
