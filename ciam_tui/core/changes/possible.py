"""A plan of changes that somebody chose, where no Setup says how the account shall be: what of them is still to do, and what forbids it.

A change is asked against the facts that the ones before it leave behind. What could not be read is never taken for a yes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.effects import effect, is_done
from ciam_tui.core.changes.titles import title
from ciam_tui.core.changes.user_effects import field_changed
from ciam_tui.core.ownership import setup_id
from ciam_tui.core.plan import Plan, make_steps
from ciam_tui.core.problems import Level, Problem
from ciam_tui.core.users.removal import hanging_on, removal_problems
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ciam_tui.core.facts import Facts
    from ciam_tui.core.shape import SetupShape


def plan_of(changes: Iterable[kinds.Change], setup: SetupShape, facts: Facts) -> Plan:
    """The plan that makes those of `changes` that are not made yet, in their order."""
    to_do: list[kinds.Change] = []
    problems: list[Problem] = []
    now = facts
    for change in changes:
        if is_done(now, change):
            continue
        to_do.append(change)
        problems += _why_not(change, now)
        now = effect(now, change)
    problems += [Problem("", Level.WARNING, sentence) for sentence in facts.unread]
    return Plan(setup.account_id, setup_id(setup), facts, make_steps(to_do, facts), problems=tuple(dict.fromkeys(problems)))


def _why_not(change: kinds.Change, facts: Facts) -> Iterable[Problem]:
    match change:
        case kinds.DeleteUser(name=name):
            user = facts.users.get(name.lower())
            if user is not None:
                yield from removal_problems(user)
                hanging = hanging_on(user)
                if hanging:
                    yield _error(f"The user {name} cannot be deleted: it still has {listed(hanging)}.", "Remove that first.")
        case kinds.DeleteVirtualMfa(user=name, serial=serial):
            holders = [user.name for user in facts.users.values() if any(device.serial == serial for device in user.mfa or ())]
            if holders:
                yield _error(f"The MFA device {serial} cannot be deleted: it is still on {holders[0]}.", f"Take it off {name} first.")
        case kinds.DeleteContextVariable(context=context, name=variable, ends=ends):
            standing = facts.contexts.get(context)
            yield from _another_value(
                f"{variable} in the context {context}", dict(standing.variables).get(variable) if standing else None, ends
            )
        case kinds.DeleteProjectVariable(project=project, name=variable, ends=ends):
            held = dict(facts.project_variables.get(project, ()))
            yield from _another_value(f"{variable} in the project {project}", held.get(variable), ends)
        case _:
            if isinstance(change, kinds.UserSetting):
                yield from _why_not_on_user(change, facts)


def _why_not_on_user(change: kinds.UserSetting, facts: Facts) -> Iterable[Problem]:
    user = facts.users.get(change.user.lower())
    if user is None:
        yield _error(f"There is no user {change.user}.", "Somebody has deleted it: look at what is left of the plan.")
    elif field_changed(change) in user.unknown:
        text = f"This is about something that could not be read: {title(change)}."
        yield _error(text, "Ask for the permission to read it: nobody could say afterwards whether it was done.")
    elif isinstance(change, kinds.SetKeyStatus) and all(key.key_id != change.key_id for key in user.keys or ()):
        yield _error(f"The user {user.name} has no access key {change.key_id}.", "Somebody has deleted it.")


def _another_value(what: str, seen: str | None, ends: str | None) -> Iterable[Problem]:
    """A variable that somebody replaced since it was seen is theirs."""
    if seen is not None and ends is not None and seen != ends:
        text = f"{what} ends in {seen or 'nobody knows what'} now, not in {ends}: somebody has replaced it since."
        yield _error(text, "Look at what it holds now.")


def _error(text: str, fix: str) -> Problem:
    return Problem("", Level.ERROR, text, fix)
