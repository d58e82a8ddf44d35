"""The preview on the whole screen: what F3 shows where there is no room beside the form, and for long documents everywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ciam_tui.app.intents import Want
from ciam_tui.app.previewing import View, preview_of
from ciam_tui.app.screens.looking import LookingScreen
from ciam_tui.app.widgets.preview import PreviewPane

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from ciam_tui.app.fixing import Fixes
    from ciam_tui.app.session import Session
    from ciam_tui.core.draft import Draft


class PreviewScreen(LookingScreen[View]):
    """Looks at `draft`; answers with what was looked at last."""

    KEYS: ClassVar = (Want.BACK, Want.DOCUMENT, Want.ROLE, Want.FIX, Want.COPY, Want.PALETTE, Want.HELP)
    WORDS: ClassVar = {Want.BACK: "Close"}
    NARROW: ClassVar = frozenset({Want.BACK, Want.DOCUMENT, Want.FIX, Want.COPY, Want.HELP})

    def __init__(self, session: Session, draft: Draft, view: View, fixes: Fixes | None = None) -> None:
        super().__init__(session, "Preview", draft, view, PreviewPane(id="preview-full"))
        self.fixes = fixes

    def content(self) -> Iterable[Widget]:
        """The pane."""
        yield self.pane

    def on_mount(self) -> None:
        """Show it, and let the arrows move in it."""
        self.show_preview()
        self.pane.view.focus()

    def want_back(self) -> str | None:
        """Close."""
        self.dismiss(self.view)
        return None

    def want_next(self) -> str | None:
        """Enter closes too."""
        return self.want_back()

    def want_preview(self) -> str | None:
        """The key that opened it."""
        return self.want_back()

    def want_role(self) -> str | None:
        """The next stage's or project's role: all of them, one after the other."""
        count = preview_of(self.draft, self.view, self.session.known_circleci).role_count
        if self.view.role + 1 < count:
            self.look_at(replace(self.view, role=self.view.role + 1))
        else:
            self.look_at(replace(self.view, stage=(self.view.stage + 1) % max(1, len(self.draft.stages)), role=0))
        return None
