"""A CircleCI in memory: contexts with what is in them, as its API shows and changes them, and as it loses an answer."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

from ciam_tui.core.circleci.facts import Context, Organization, Project, Restriction, RestrictionType, Variable
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import WriteFailed, WriteOutcome

if TYPE_CHECKING:
    from collections.abc import Callable

_Answer = TypeVar("_Answer")


@dataclass
class Held:
    id: str
    name: str
    variables: dict[str, str] = field(default_factory=dict)
    restrictions: list[Restriction] = field(default_factory=list)


@dataclass
class MemoryCircleCi:
    """`new_contexts_open_to` is the group that a new context has; the `nth` write goes wrong, with its effect or without."""

    contexts_held: list[Held] = field(default_factory=list)
    new_contexts_open_to: str | None = None
    nth: int = 0
    outcome: WriteOutcome = WriteOutcome.UNKNOWN
    has_effect: bool = False
    sent: list[str] = field(default_factory=list)
    refuses_reads: bool = False
    project_variables_held: dict[str, dict[str, str]] = field(default_factory=dict)
    before_reads: Callable[[int], object] = lambda _: None
    _numbers: int = 0
    _project_reads: int = 0

    host = "https://circleci.example"
    is_server = False

    def holds(self, name: str, variables: dict[str, str] | None = None, *restrictions: tuple[str, str]) -> Held:
        """A context that somebody made by hand."""
        made = Held(self._new_id(), name, dict(variables or {}))
        made.restrictions = [Restriction(self._new_id(), kind, value) for kind, value in restrictions]
        self.contexts_held.append(made)
        return made

    def shows(self) -> dict[str, Any]:
        """All contexts, values and all, without ids."""
        return {
            held.name: (dict(sorted(held.variables.items())), sorted((str(each.type), each.value) for each in held.restrictions))
            for held in self.contexts_held
        }

    def contexts(self, organization: Organization) -> tuple[Context, ...]:
        assert organization.id
        if self.refuses_reads:
            raise CiamError("circleci-unreachable", "Cannot list the contexts", "CircleCI cannot be reached.")
        return tuple(Context(held.id, held.name) for held in self.contexts_held)

    def context_variables(self, context_id: str) -> tuple[Variable, ...]:
        return tuple(Variable(name, value[-4:]) for name, value in self._held(context_id).variables.items())

    def project(self, slug_or_id: str) -> Project:
        if slug_or_id not in self.project_variables_held:
            raise CiamError("circleci-not-found", "Cannot read the project", "There is none.")
        return Project(slug_or_id, slug_or_id.rpartition("/")[2], slug_or_id)

    def project_variables(self, project: Project) -> tuple[Variable, ...]:
        """`before_reads` is told the number of each reading, before it happens."""
        self._project_reads += 1
        self.before_reads(self._project_reads)
        return tuple(Variable(name, value[-4:]) for name, value in self.project_variables_held[project.slug or ""].items())

    def delete_project_variable(self, project: Project, name: str) -> None:
        self._written("unset", lambda: self.project_variables_held[project.slug or ""].pop(name))

    def context_restrictions(self, context_id: str) -> tuple[Restriction, ...]:
        return tuple(self._held(context_id).restrictions)

    def create_context(self, organization: Organization, name: str) -> Context:
        assert organization.id

        def make() -> Context:
            if any(held.name == name for held in self.contexts_held):
                raise WriteFailed(WriteOutcome.REFUSED, "circleci-conflict", "Cannot create", "There is one of that name.")
            held = Held(self._new_id(), name)
            if self.new_contexts_open_to:
                held.restrictions.append(Restriction(self._new_id(), "group", self.new_contexts_open_to))
            self.contexts_held.append(held)
            return Context(held.id, name)

        return self._written("create", make)

    def delete_context(self, context_id: str) -> None:
        self._written("delete", lambda: self.contexts_held.remove(self._held(context_id)))

    def set_context_variable(self, context_id: str, name: str, value: str) -> Variable:
        self._written("set", lambda: self._held(context_id).variables.update({name: value}))
        return Variable(name)

    def delete_context_variable(self, context_id: str, name: str) -> None:
        self._written("unset", lambda: self._held(context_id).variables.pop(name))

    def add_restriction(self, context_id: str, kind: RestrictionType, value: str) -> Restriction:
        def add() -> Restriction:
            held = self._held(context_id)
            assert (kind, value) not in [(each.type, each.value) for each in held.restrictions], "made twice"
            held.restrictions.append(Restriction(self._new_id(), kind, value))
            return held.restrictions[-1]

        return self._written("restrict", add)

    def remove_restriction(self, context_id: str, restriction_id: str) -> None:
        held = self._held(context_id)
        self._written("lift", lambda: held.restrictions.remove(next(each for each in held.restrictions if each.id == restriction_id)))

    def _written(self, what: str, make: Callable[[], _Answer]) -> _Answer:
        self.sent.append(what)
        if len(self.sent) == self.nth:
            if self.has_effect:
                make()
            raise WriteFailed(self.outcome, "circleci-no-answer", "No answer", "The connection broke.")
        return make()

    def _held(self, context_id: str) -> Held:
        found = next((held for held in self.contexts_held if held.id == context_id), None)
        if found is None:
            raise WriteFailed(WriteOutcome.REFUSED, "circleci-forbidden", "Forbidden", "It does not exist, or you may not.")
        return found

    def _new_id(self) -> str:
        self._numbers += 1
        return f"{self._numbers:08}-0000-4000-8000-000000000000"
