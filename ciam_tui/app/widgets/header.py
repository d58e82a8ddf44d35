"""The line at the top: where one is, and in which account anything would happen.

The right half is what keeps a person from changing the wrong account, so that it is the last thing to be shortened.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.widget import Widget

from ciam_tui.app.literal import joined, literal
from ciam_tui.app.session import Mode, Session

if TYPE_CHECKING:
    from textual.content import Content

_MODE_STYLE = {Mode.DEMO: "$success bold", Mode.READ_ONLY: "$accent bold", Mode.LIVE: "$warning bold"}


class HeaderBar(Widget):
    """`title` is where one is, `progress` the same in glyphs for a narrow terminal."""

    def __init__(self, session: Session, title: str, progress: str = "") -> None:
        super().__init__()
        self._also = ""
        self._session = session
        self._title = title
        self._progress = progress

    def say(self, title: str, progress: str = "", *, also: str = "") -> None:
        """Change where one is; `also` is where beside the account something would be changed."""
        if (title, progress, also) != (self._title, self._progress, self._also):
            self._title, self._progress, self._also = title, progress, also
            self.refresh()

    def render(self) -> Content:
        """The two halves, pushed apart, each in the longest form that fits."""
        width = self.size.width
        for left, right in self._forms():
            if left.cell_length + right.cell_length + 2 <= width:
                return joined(left, " " * (width - left.cell_length - right.cell_length), right)
        left, right = self._forms()[-1]
        return joined(right, "  ", left)

    def _forms(self) -> list[tuple[Content, Content]]:
        session = self._session
        mode = literal(session.mode.value, _MODE_STYLE[session.mode])
        region = session.region or "no region"
        profile = f"profile {session.profile}" if session.profile else "default profile"
        if session.identity is None:
            who, short = "not signed in", "not signed in"
        else:
            alias = f" ({session.identity.alias})" if session.identity.alias else ""
            who, short = f"account {session.identity.account_id}{alias}", session.identity.account_id
        name = session.profile or "default"
        name = name if len(name) <= 12 else f"{name[:11]}…"
        too, briefly = (f"CircleCI {self._also} · ", f"{self._also} · ") if self._also else ("", "")
        long = joined(literal(f"{too}{who} · {region} · {profile} · ", "$muted"), mode)
        middle = joined(literal(f"{too}{short} · {region} · {profile} · ", "$muted"), mode)
        brief = joined(literal(f"{briefly}{short} · {region} · {name} · ", "$muted"), mode)
        tail = literal(f"   {self._progress}" if self._progress else "", "$accent")
        title = joined(literal(" ciam-tui", "bold"), literal(f" · {self._title}"))
        bare = literal(f" {self._title}", "bold")
        return [
            (joined(title, tail), long),
            (joined(title, tail), middle),
            (joined(title, tail), brief),
            (title, brief),
            (bare, brief),
            (literal(""), brief),
        ]
