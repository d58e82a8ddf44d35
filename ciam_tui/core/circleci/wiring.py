"""What a Setup asks of CircleCI, when it is asked to: for each role a context with the role's name in it, open where the role is.

A context holds no secret then, but it keeps the variables of a stage out of other projects, other branches and SSH reruns. What others
keep in a context is theirs. Values cannot be read back, so that whose a value is, only a journal of this machine can tell.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.subjects import context_subject
from ciam_tui.core.circleci.context_expression import expression_of
from ciam_tui.core.circleci.facts import RestrictionType, visible_end
from ciam_tui.core.circleci.wiring_problems import FIELD, FOR_GOOD, is_for_good
from ciam_tui.core.compare import Difference
from ciam_tui.core.facts import GROUP
from ciam_tui.core.naming import role_names
from ciam_tui.core.outcome import Outcome
from ciam_tui.core.ownership import is_adopted
from ciam_tui.core.plan import Conflict
from ciam_tui.core.problems import Level, Problem
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.static_keys import STATIC_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from ciam_tui.core.circleci.context_expression import Expression
    from ciam_tui.core.facts import ContextFacts, Facts
    from ciam_tui.core.shape import SetupShape

ROLE_VARIABLE = "AWS_ROLE_ARN"
REGION_VARIABLE = "AWS_DEFAULT_REGION"
OUR_VARIABLES = (ROLE_VARIABLE, REGION_VARIABLE)
_STANDALONE_SLUG = "circleci/"


@dataclass(frozen=True, slots=True)
class WantedContext:
    """A context as the Setup wants it, named as its role. `restrictions` are pairs of type and value."""

    name: str
    variables: tuple[tuple[str, str], ...]
    restrictions: tuple[tuple[str, str], ...]
    expression: Expression


def wanted_contexts(setup: SetupShape) -> tuple[WantedContext, ...]:
    """The contexts of `setup`, in the order of its roles."""
    arns = {role.name: role.arn for role in wanted_roles(setup)}
    found = []
    for stage in setup.stages:
        expression = expression_of(stage.branches)
        for name, projects in role_names(setup.role, stage.name, setup.circleci.projects):
            of_projects = tuple((str(RestrictionType.PROJECT), project.id) for project in projects)
            restrictions = (*of_projects, (str(RestrictionType.EXPRESSION), expression.text))
            variables = ((ROLE_VARIABLE, arns[name]), (REGION_VARIABLE, setup.bucket.region))
            found.append(WantedContext(name, variables, restrictions, expression))
    return tuple(found)


def wiring_outcome(setup: SetupShape, facts: Facts, known: AbstractSet[kinds.Change], adopt: AbstractSet[str]) -> Outcome:
    """What CircleCI needs. `known` is what runs of this machine have put into contexts; `adopt` names in lower case what may be taken over."""
    planner = _Wiring(setup, known, adopt)
    parts = [planner.of(wanted, facts.contexts.get(wanted.name)) for wanted in wanted_contexts(setup)]
    outcome = sum(parts, Outcome())
    # What can never be taken back is said before everything else.
    ordered = sorted(outcome.problems, key=lambda problem: not is_for_good(problem))
    return Outcome(outcome.changes, outcome.conflicts, tuple(ordered), outcome.adopted)


@dataclass(frozen=True, slots=True)
class _Wiring:
    setup: SetupShape
    known: AbstractSet[kinds.Change]
    adopt: AbstractSet[str]

    def of(self, wanted: WantedContext, found: ContextFacts | None) -> Outcome:
        notes = Outcome(problems=tuple(_expression_notes(wanted)))
        if found is None:
            variables = (kinds.SetContextVariable(wanted.name, name, value) for name, value in wanted.variables)
            restrictions = (kinds.AddRestriction(wanted.name, kind, value) for kind, value in wanted.restrictions)
            # Restricted before there is anything in it.
            return notes + Outcome((kinds.CreateContext(wanted.name), *restrictions, *self._closed(wanted), *variables))
        variables_needed = self._variables(wanted, found)
        if variables_needed.conflicts:  # nothing at all is done to it
            return replace(variables_needed, changes=())
        restricted = Outcome(tuple(self._restricted(wanted, found)))
        return notes + Outcome(problems=tuple(self._remarks(wanted, found))) + restricted + variables_needed

    def _closed(self, wanted: WantedContext) -> Iterator[kinds.Change]:
        """CircleCI lets in a job whose project is named, or whose user is in a group that is: the group of all members opens a context to all.

        A new context may have it, and only in an organization that came with its login. Without projects it is left: nobody else gets in.
        """
        names_projects = any(kind == RestrictionType.PROJECT for kind, _ in wanted.restrictions)
        if names_projects and not (self.setup.circleci.org_slug or "").startswith(_STANDALONE_SLUG):
            yield kinds.RemoveRestriction(wanted.name, GROUP, self.setup.circleci.org_id)

    def _restricted(self, wanted: WantedContext, found: ContextFacts) -> Iterator[kinds.Change]:
        """New restrictions first, so that the context is never more open than before or after."""
        for kind, value in wanted.restrictions:
            if (kind, value) not in found.restrictions:
                yield kinds.AddRestriction(wanted.name, kind, value)
        for change in self._closed(wanted):
            if isinstance(change, kinds.RemoveRestriction) and (change.type, change.value) in found.all_restrictions:
                yield change
        for kind, value in found.restrictions:
            if (kind, value) not in wanted.restrictions and kinds.AddRestriction(wanted.name, kind, value) in self.known:
                yield kinds.RemoveRestriction(wanted.name, kind, value)

    def _variables(self, wanted: WantedContext, found: ContextFacts) -> Outcome:
        parts = [self._variable(wanted.name, name, value, found) for name, value in wanted.variables]
        return sum(parts, Outcome())

    def _variable(self, context: str, name: str, value: str, found: ContextFacts) -> Outcome:
        end = dict(found.variables).get(name)
        if end is None:
            return Outcome((kinds.SetContextVariable(context, name, value),))
        set_by_us = self._values_that_end_in(context, name, end)
        if value in set_by_us:
            return Outcome()
        if set_by_us:
            reason = f"{name} in the context {context} was set for another Setup, and two roles cannot share a context."
            return _conflict(context, name, value, end, reason, adoptable=False)
        if end == visible_end(value):
            text = f"{name} in the context {context} ends in {end}, as it should; CircleCI shows no more of it, so that it may still be another."
            return Outcome(problems=(Problem(FIELD, Level.WARNING, text, "Where in doubt, delete it in CircleCI, and plan again."),))
        if is_adopted(self.adopt, context, context_subject(context)):
            text = f"{FOR_GOOD} what {name} in the context {context} is now: CircleCI never gives a value back. It will be replaced."
            problem = Problem(FIELD, Level.WARNING, text, "Keep a copy of it, if it is needed.")
            change = kinds.SetContextVariable(context, name, value, replaces=True)
            return Outcome((change,), problems=(problem,), adopted=(context_subject(context),))
        return _conflict(context, name, value, end, f"{name} in the context {context} exists, and is another.", adoptable=True)

    def _values_that_end_in(self, context: str, name: str, end: str) -> set[str]:
        set_by_us = (change for change in self.known if isinstance(change, kinds.SetContextVariable))
        return {each.value for each in set_by_us if (each.context, each.name, visible_end(each.value)) == (context, name, end)}

    def _remarks(self, wanted: WantedContext, found: ContextFacts) -> Iterator[Problem]:
        """What to know of a context that stands."""
        names = [name for name, _ in found.variables]
        keys = [name for name in names if name in STATIC_KEYS]
        if keys:
            text = (
                f"The context {found.name} holds {', '.join(keys)}: keys in the environment win over the role, which is then never taken."
            )
            yield Problem(FIELD, Level.WARNING, text, "Delete them there, or unset them in the job before its first AWS command.")
        others = [name for name in names if name not in OUR_VARIABLES]
        is_ours = any(change.context == found.name for change in self.known if isinstance(change, kinds.SetContextVariable))
        if not is_ours and not set(wanted.restrictions) <= set(found.restrictions):
            content = f", with {', '.join(others)} in it" if others else ""
            text = f"The context {found.name} exists{content}: it is used, and from now on only the jobs of this stage get at it."
            yield Problem(FIELD, Level.WARNING, text, "Where other jobs use it, choose another name_prefix.")
        foreign = [(kind, value) for kind, value in found.all_restrictions if self._lets_others_in(wanted, kind, value)]
        for kind, value in foreign:
            text = f"The context {found.name} is open to the {kind} {value} too."
            yield Problem(FIELD, Level.WARNING, text, "Lift that restriction in CircleCI, unless it is wanted.")

    def _lets_others_in(self, wanted: WantedContext, kind: str, value: str) -> bool:
        if kind == RestrictionType.EXPRESSION or (kind, value) in wanted.restrictions:
            return False
        goes = kinds.AddRestriction(wanted.name, kind, value) in self.known or (kind, value) == (GROUP, self.setup.circleci.org_id)
        return not goes


def _conflict(context: str, name: str, value: str, end: str, reason: str, *, adoptable: bool) -> Outcome:
    subject = context_subject(context)
    differing = (Difference(subject, name, value, f"a value that ends in {end or 'nobody knows what'}"),)
    fix = f"Choose another name_prefix, or replace it for good with --adopt {context}." if adoptable else "Choose another name_prefix."
    problem = Problem(FIELD, Level.ERROR, reason, fix)
    return Outcome(conflicts=(Conflict(subject, context, differing, adoptable, reason),), problems=(problem,))


def _expression_notes(wanted: WantedContext) -> Iterator[Problem]:
    expression = wanted.expression
    if expression.unsaid:
        refs = ", ".join(f'"{branch}"' for branch in expression.unsaid)
        text = (
            f"CircleCI's expressions cannot say {refs}: the context {wanted.name} shuts out SSH reruns, and no branch. The role still does."
        )
        yield Problem(FIELD, Level.NOTE, text)
    if expression.mixes:
        text = (
            f"The context {wanted.name} asks for a branch or a tag. An expression with a value that a pipeline does not have shuts it out: "
            "see that it opens for one pipeline of each kind."
        )
        yield Problem(FIELD, Level.NOTE, text)
