"""Contexts and projects' variables, read as facts and changed by calls: plans name contexts, and CircleCI's API wants their ids.

What cannot be looked up is not sent, and so refused: an answer that nobody can read is only ever one to the write itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.circleci.facts import Organization, RestrictionType
from ciam_tui.core.circleci.wiring import OUR_VARIABLES
from ciam_tui.core.facts import GROUP, ContextFacts
from ciam_tui.core.naming import context_names
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import Sent, WriteFailed, WriteOutcome

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from collections.abc import Set as AbstractSet

    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.circleci.facts import Context, Variable
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.ports.api import CircleCi

_THROTTLED = "circleci-throttled"
_NOT_FOUND = "circleci-not-found"


def organization_of(setup: SetupShape) -> Organization:
    """The organization of `setup`, as far as asking for its contexts needs it."""
    slug = setup.circleci.org_slug or ""
    return Organization(setup.circleci.org_id, slug, slug or setup.circleci.org_id, slug.partition("/")[0])


def contexts_of(
    setup: SetupShape, circleci: CircleCi, *, also: AbstractSet[str] = frozenset(), ends_of: AbstractSet[str] = frozenset()
) -> Mapping[str, ContextFacts]:
    """Those of the contexts that `setup` wants, and of `also`, that exist, by name; with the ends of the variables named in `ends_of`.

    Raises:
        CiamError: CircleCI cannot be asked, or does not show them to the token's user.
    """
    wanted = {*context_names(setup), *also}
    return {each.name: _facts_of(each, circleci, ends_of) for each in circleci.contexts(organization_of(setup)) if each.name in wanted}


def _facts_of(context: Context, circleci: CircleCi, ends_of: AbstractSet[str]) -> ContextFacts:
    variables = _told(circleci.context_variables(context.id), ends_of)
    found = {(str(each.type), each.value) for each in circleci.context_restrictions(context.id)}
    restrictions = sorted(each for each in found if each[0] != GROUP)
    groups = sorted(value for kind, value in found if kind == GROUP)
    return ContextFacts(context.name, context.id, variables, tuple(restrictions), tuple(groups))


def variables_of(slugs: Iterable[str], circleci: CircleCi, *, ends_of: AbstractSet[str]) -> Mapping[str, tuple[tuple[str, str], ...]]:
    """The variables of projects, by the project's slug, with the ends of those named in `ends_of`; a project that is not there has no key.

    Raises:
        CiamError: CircleCI cannot be asked, or does not show them to the token's user.
    """
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for slug in slugs:
        try:
            found[slug] = _told(circleci.project_variables(circleci.project(slug)), ends_of)
        except CiamError as error:
            if error.code != _NOT_FOUND:
                raise
    return found


def _told(variables: Iterable[Variable], ends_of: AbstractSet[str]) -> tuple[tuple[str, str], ...]:
    """What is kept of variables: the ends of those that this tool sets, and of those that it is about to delete; of no other."""
    return tuple(sorted((each.name, each.last_four if each.name in OUR_VARIABLES or each.name in ends_of else "") for each in variables))


class ContextWriter:
    """Sends the calls of one run to CircleCI, each once."""

    def __init__(self, setup: SetupShape, circleci: CircleCi) -> None:
        self._circleci = circleci
        self._organization = organization_of(setup)
        self._ids: dict[str, str] = {}

    def send(self, call: Call) -> Sent:
        """Send `call`. A restriction that is to go and is not there has gone: nothing is sent.

        Raises:
            WriteFailed: it was refused, could not be sent, or nobody knows whether it happened.
            ValueError: `call` is none to CircleCI.
        """
        if call.operation == "DeleteProjectVariable":
            self._delete_project_variable(call)
            return Sent("")
        name = str(call.params["context"])
        if call.operation == "CreateContext":
            made = self._circleci.create_context(self._organization, name)
            self._ids[name] = made.id
            return Sent("", {"context_id": made.id})
        context_id = self._id_of(name)
        match call.operation:
            case "DeleteContext":
                self._circleci.delete_context(context_id)
            case "SetContextVariable":
                self._circleci.set_context_variable(context_id, str(call.params["name"]), str(call.params["value"]))
            case "DeleteContextVariable":
                _refuse_another_value(call, f"the context {name}", lambda: self._circleci.context_variables(context_id))
                self._circleci.delete_context_variable(context_id, str(call.params["name"]))
            case "AddRestriction":
                kind, value = _restriction_in(call)
                self._circleci.add_restriction(context_id, RestrictionType(kind), value)
            case "RemoveRestriction":
                self._remove_restriction(context_id, name, _restriction_in(call))
            case _:
                raise ValueError(f"{call.operation} is no request to CircleCI")
        return Sent("")

    def _delete_project_variable(self, call: Call) -> None:
        slug, name = str(call.params["project"]), str(call.params["name"])
        try:
            project = self._circleci.project(slug)
        except CiamError as error:
            raise _not_sent(f"change the project {slug}", error) from None
        _refuse_another_value(call, f"the project {slug}", lambda: self._circleci.project_variables(project))
        self._circleci.delete_project_variable(project, name)

    def _remove_restriction(self, context_id: str, name: str, wanted: tuple[str, str]) -> None:
        try:
            standing = self._circleci.context_restrictions(context_id)
        except CiamError as error:
            raise _not_sent(f"change the context {name}", error) from None
        for each in standing:
            if (str(each.type), each.value) == wanted:
                self._circleci.remove_restriction(context_id, each.id)

    def _id_of(self, name: str) -> str:
        if name not in self._ids:
            try:
                self._ids |= {context.name: context.id for context in self._circleci.contexts(self._organization)}
            except CiamError as error:
                raise _not_sent(f"change the context {name}", error) from None
        if name not in self._ids:
            raise WriteFailed(
                WriteOutcome.REFUSED,
                "circleci-not-found",
                f"Cannot change the context {name}",
                f"There is no context {name} in {self._organization.name}.",
                ["Somebody has deleted or renamed it: make a new plan."],
            )
        return self._ids[name]


def _refuse_another_value(call: Call, where: str, read: Callable[[], Iterable[Variable]]) -> None:
    """Looked at just before the deletion: a value that somebody put there meanwhile is theirs, and could not be given back.

    Raises:
        WriteFailed: the variable ends in something else than `call` says.
    """
    ends, name = call.params.get("ends"), str(call.params["name"])
    if ends is None:
        return
    doing = f"delete {name} from {where}"
    try:
        standing = {each.name: each.last_four for each in read()}
    except CiamError as error:
        raise _not_sent(doing, error) from None
    if name in standing and standing[name] != ends:
        message = f"It ends in {standing[name] or 'nobody knows what'} now, not in {ends}: somebody has replaced it since."
        fix = "Look at what it holds now, and make a new plan."
        raise WriteFailed(WriteOutcome.REFUSED, "variable-changed", f"Cannot {doing}", message, [fix])


def _restriction_in(call: Call) -> tuple[str, str]:
    return str(call.params["restriction_type"]), str(call.params["restriction_value"])


def _not_sent(doing: str, error: CiamError) -> WriteFailed:
    outcome = WriteOutcome.THROTTLED if error.code == _THROTTLED else WriteOutcome.REFUSED
    return WriteFailed(outcome, error.code, f"Cannot {doing}", error.message, error.suggestions)
