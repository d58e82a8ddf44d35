"""What is left empty without a user, told as an offer: with the commands for whoever it belongs to, since nothing of it is deleted from here."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.retirement.shell_calls import command_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.users.removal import LeftEmpty

_BY_HAND = "Nothing of that is deleted from here. Whoever it belongs to may, once the user is gone:"
_BOUNDARY = "IAM refuses to delete a policy that is still somebody's permissions boundary."


def offer_lines(user: str, left: LeftEmpty) -> Iterator[str]:
    """For people; nothing where nothing is left."""
    yield from (f"Without {user} nobody is in the group {name}." for name in left.groups)
    yield from (f"Without {user} nothing has the policy {arn}." for arn in left.policies)
    if left.calls:
        yield _BY_HAND
        yield from (f"  {command}" for command in commands_of(left))
    if left.policies:
        yield _BOUNDARY
    yield from left.unread


def offer_document(left: LeftEmpty) -> dict[str, Any]:
    """For a program."""
    return {"groups": [*left.groups], "policies": [*left.policies], "commands": [*commands_of(left)], "unread": [*left.unread]}


def commands_of(left: LeftEmpty) -> tuple[str, ...]:
    """The AWS CLI's, in the order that IAM wants."""
    return tuple(command_of(call) for call in left.calls)
