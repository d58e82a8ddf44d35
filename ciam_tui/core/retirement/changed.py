"""What somebody else has done to the user since its retirement began: told before each stage, and never worked over their head."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.compare import as_text
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.users.facts import User

_NAMED = {
    "inline": "inline policies",
    "attached": "attached policies",
    "groups": "groups",
    "boundary": "permissions boundary",
    "has_password": "console password",
    "mfa": "MFA devices",
    "ssh_keys": "SSH keys",
    "certificates": "signing certificates",
    "service_credentials": "service credentials",
    "tags": "tags",
    "path": "path",
}


def changes_of_user(migration: Migration, user: User) -> tuple[str, ...]:
    """What is another about `user` than it was, as sentences. Keys that are gone or inactive are no change: that is where all this goes."""
    return tuple(_changes(migration.baseline, user))


def _changes(then: User, now: User) -> Iterator[str]:
    for name, words in _NAMED.items():
        was, is_now = getattr(then, name), getattr(now, name)
        # What could not be read, then or now, is told as unread and not as changed.
        if name in then.unknown | now.unknown or was == is_now:
            continue
        yield f"its {words} are others now" if _is_long(is_now) or _is_long(was) else _replaced(words, was, is_now)
    if then.keys is not None and now.keys is not None:
        new = [key.key_id for key in now.keys if key.key_id not in {each.key_id for each in then.keys}]
        if new:
            yield f"it has {'a new key' if len(new) == 1 else 'new keys'}: {listed(new)}"


def _replaced(words: str, was: object, is_now: object) -> str:
    if isinstance(was, tuple) and isinstance(is_now, tuple):
        more = [as_text((item,)) for item in is_now if item not in was]
        less = [as_text((item,)) for item in was if item not in is_now]
        said = [f"{listed(more)} more" if more else "", f"{listed(less)} less" if less else ""]
        return f"its {words}: {', '.join(filter(None, said)) or 'in another order'}"
    return f"its {words} is {as_text(is_now)}, and was {as_text(was)}"


def _is_long(value: object) -> bool:
    """Whether the items of `value` are documents or records, which nobody wants in a sentence."""
    return isinstance(value, tuple) and any(not isinstance(item, str) and not _is_tag(item) for item in value)


def _is_tag(item: object) -> bool:
    return isinstance(item, tuple) and len(item) == 2 and all(isinstance(part, str) for part in item)


def unread_of_user(user: User) -> tuple[str, ...]:
    """Everything about the user that is not known: a user of which there is any of it is not deleted."""
    unknown = [f"its {_NAMED.get(name, 'access keys')}" for name in sorted(user.unknown)]
    return (*user.unread, *((f"Not known of it: {listed(unknown)}.",) if unknown else ()))
