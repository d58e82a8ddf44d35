"""What stands around a bucket and a key from outside of the role, as it was read."""

from __future__ import annotations

from dataclasses import dataclass

from ciam_tui.core.document import Document  # noqa: TC001  pydantic resolves the annotation when a journal is read


@dataclass(frozen=True, slots=True)
class ControlPolicies:
    """The service control policies that bear on an account: a level of the organization each, from its root, with pairs of name and document.

    `levels` is empty where none bears on it (no organization, or its management account), and None where that could not be read: `unread`
    then says why.
    """

    levels: tuple[tuple[tuple[str, Document], ...], ...] | None
    unread: str = ""
