"""The contexts of a Setup, read as facts and changed by calls: plans name contexts, and CircleCI's API wants their ids.

What cannot be looked up is not sent, and so refused: an answer that nobody can read is only ever one to the write itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.circleci_facts import Organization, RestrictionType
from ciam_tui.core.facts import GROUP, ContextFacts
from ciam_tui.core.naming import context_names
from ciam_tui.core.problems import CiamError
from ciam_tui.core.wiring import OUR_VARIABLES
from ciam_tui.ports.api import Sent, WriteFailed, WriteOutcome

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.circleci_facts import Context
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.ports.api import CircleCi

_THROTTLED = "circleci-throttled"


def organization_of(setup: SetupShape) -> Organization:
    """The organization of `setup`, as far as asking for its contexts needs it."""
    slug = setup.circleci.org_slug or ""
    return Organization(setup.circleci.org_id, slug, slug or setup.circleci.org_id, slug.partition("/")[0])


def contexts_of(setup: SetupShape, circleci: CircleCi) -> Mapping[str, ContextFacts]:
    """Those of the contexts that `setup` wants that exist, by name.

    Raises:
        CiamError: CircleCI cannot be asked, or does not show them to the token's user.
    """
    wanted = set(context_names(setup))
    return {each.name: _facts_of(each, circleci) for each in circleci.contexts(organization_of(setup)) if each.name in wanted}


def _facts_of(context: Context, circleci: CircleCi) -> ContextFacts:
    variables = ((each.name, each.last_four if each.name in OUR_VARIABLES else "") for each in circleci.context_variables(context.id))
    found = {(str(each.type), each.value) for each in circleci.context_restrictions(context.id)}
    restrictions = sorted(each for each in found if each[0] != GROUP)
    groups = sorted(value for kind, value in found if kind == GROUP)
    return ContextFacts(context.name, context.id, tuple(sorted(variables)), tuple(restrictions), tuple(groups))


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
                self._circleci.delete_context_variable(context_id, str(call.params["name"]))
            case "AddRestriction":
                kind, value = _restriction_in(call)
                self._circleci.add_restriction(context_id, RestrictionType(kind), value)
            case "RemoveRestriction":
                self._remove_restriction(context_id, name, _restriction_in(call))
            case _:
                raise ValueError(f"{call.operation} is no request to CircleCI")
        return Sent("")

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


def _restriction_in(call: Call) -> tuple[str, str]:
    return str(call.params["restriction_type"]), str(call.params["restriction_value"])


def _not_sent(doing: str, error: CiamError) -> WriteFailed:
    outcome = WriteOutcome.THROTTLED if error.code == _THROTTLED else WriteOutcome.REFUSED
    return WriteFailed(outcome, error.code, f"Cannot {doing}", error.message, error.suggestions)
