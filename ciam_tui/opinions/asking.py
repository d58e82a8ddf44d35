"""AWS's opinion of a role's policies, held against ours: one role after another, and nothing asked that will be refused again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import compile_policy
from ciam_tui.core.opinions import NotChecked, Opinion, PolicyKind, Simulation, calls_for, compared, decided_alike, held_against
from ciam_tui.core.policy_findings import permission_findings, trust_findings
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ciam_tui.core.document import Document
    from ciam_tui.core.evaluate import CompiledPolicy, Request
    from ciam_tui.core.opinions import Comparison
    from ciam_tui.core.opinions.analyzer import OurFinding
    from ciam_tui.ports.api import Aws


class SecondOpinions:
    """Asks AWS for opinions, one role after another. What it says no to for good it is not asked again."""

    def __init__(self, aws: Aws) -> None:
        self._aws = aws
        self._analyzer_refused: NotChecked | None = None
        self._simulator_refused: NotChecked | None = None

    def about(
        self,
        trust: Document | None,
        permissions: Sequence[tuple[str, Document]],
        *,
        requests: Sequence[Request] = (),
        boundary: Document | None = None,
        client_ids: Sequence[str] | None = None,
    ) -> Opinion:
        """AWS's opinion of a role with these documents, each with its name, and of `requests` made with it."""
        documents: list[tuple[str, Comparison | NotChecked]] = []
        if trust is not None:
            ours = partial(trust_findings, trust, client_ids=client_ids)
            documents.append(("the trust policy", self._compared(trust, PolicyKind.TRUST, ours)))
        documents += [
            (name, self._compared(document, PolicyKind.PERMISSIONS, partial(permission_findings, document)))
            for name, document in permissions
        ]
        return Opinion(tuple(documents), self.simulation(requests, permissions, boundary) if requests else None)

    def simulation(
        self, requests: Sequence[Request], permissions: Sequence[tuple[str, Document]], boundary: Document | None = None
    ) -> Simulation | NotChecked:
        """The simulator's answers to `requests`, held against ours."""
        if self._simulator_refused is not None:
            return self._simulator_refused
        try:
            identity = [_compiled(name, document) for name, document in permissions]
            limit = None if boundary is None else [_compiled("the permissions boundary", boundary)]
        except CiamError as error:
            return NotChecked("cannot-be-asked", str(error))
        told = self._aws.simulated(requests, permissions, boundary)
        if isinstance(told, NotChecked):
            self._simulator_refused = told if told.is_for_good else None
            return told
        return held_against(requests, len(calls_for(requests)), told, lambda request: decided_alike(request, identity, limit))

    def _compared(self, document: Document, kind: PolicyKind, ours: Callable[[], Sequence[OurFinding]]) -> Comparison | NotChecked:
        if self._analyzer_refused is not None:
            return self._analyzer_refused
        told = self._aws.validated(document, kind)
        if isinstance(told, NotChecked):
            self._analyzer_refused = told if told.is_for_good else None
            return told
        try:
            return compared(told, ours())
        except CiamError:  # a document that we cannot read: what they say of it stands alone
            return compared(told, ())


def second_opinion(
    trust: Document | None,
    permissions: Sequence[tuple[str, Document]],
    *,
    aws: Aws,
    requests: Sequence[Request] = (),
    boundary: Document | None = None,
    client_ids: Sequence[str] | None = None,
) -> Opinion:
    """As `SecondOpinions.about`, for one role."""
    return SecondOpinions(aws).about(trust, permissions, requests=requests, boundary=boundary, client_ids=client_ids)


def _compiled(name: str, document: Document) -> CompiledPolicy:
    return compile_policy(parse_policy(document.text, what=name), name=name)
