"""What a mend of the demo's account is made of: the word for a difference, and the ways to put something of ours into moto's classes."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Difference:
    """`moto` and `aws` say what each does; `mend`, where there is one, makes this process's moto do what AWS does."""

    name: str
    moto: str
    aws: str
    mend: Callable[[], None] | None = None


def replace(owner: type, method_name: str, replacement: Callable[..., Any]) -> None:
    """Puts a method of ours into the class, in place of its own if it has one."""
    setattr(owner, method_name, replacement)


def wrap(owner: type, method_name: str, wrapper: Callable[..., Any]) -> None:
    """Has `wrapper` stand in for the method: it gets the original, then the arguments of the call."""
    original = getattr(owner, method_name)

    @functools.wraps(original)
    def wrapped(*args: Any, **named: Any) -> Any:
        return wrapper(original, *args, **named)

    setattr(owner, method_name, wrapped)


def guard(owner: type, method_name: str, check: Callable[..., None]) -> None:
    """Has `check` look at every call of the method first, with the same arguments; it refuses by raising."""

    def check_then_call(original: Callable[..., Any], *args: Any, **named: Any) -> Any:
        check(*args, **named)
        return original(*args, **named)

    wrap(owner, method_name, check_then_call)
