"""What the wizard and the preview on the whole screen have in common: a draft, what of it is looked at, and the keys that move, fix and copy there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual.screen import ScreenResultType

from ciam_tui.app.fixing import FINDINGS_ELSEWHERE, LOOK_FIRST
from ciam_tui.app.previewing import Tab, View, preview_of
from ciam_tui.app.screens.base import WorkScreen

if TYPE_CHECKING:
    from ciam_tui.app.fixing import Fixes
    from ciam_tui.app.session import Session
    from ciam_tui.app.widgets.preview import PreviewPane
    from ciam_tui.core.draft import Draft


class LookingScreen(WorkScreen[ScreenResultType]):
    """A screen with a pane that shows `view` of `draft`; `fixes` is None where the answers are settled and only looked at."""

    def __init__(self, session: Session, title: str, draft: Draft, view: View, pane: PreviewPane) -> None:
        super().__init__(session, title)
        self.draft = draft
        self.view = view
        self.pane = pane
        self.fixes: Fixes | None = None

    def show_preview(self) -> None:
        """Draw the pane; what the last fix changed is marked as long as nothing else has been edited."""
        known = self.session.known_circleci
        since = self.fixes.since(self.draft) if self.fixes is not None else None
        self.pane.show(preview_of(self.draft, self.view, known), preview_of(since, self.view, known) if since is not None else None)

    def look_at(self, view: View | None) -> None:
        """Show another view of the draft."""
        if view is not None:
            self.view = view
            self.show_preview()

    def want_document(self) -> str | None:
        """The next tab."""
        self.look_at(replace(self.view, tab=self.view.tab.following))
        return None

    def on_preview_pane_tab_chosen(self, event: PreviewPane.TabChosen) -> None:
        """A click on a tab."""
        self.look_at(replace(self.view, tab=event.tab))

    def want_token(self) -> str | None:
        """Who gets in by the role at hand."""
        from ciam_tui.app.screens.token import open_token_test

        return open_token_test(self, self.draft, self.view)

    def want_fix(self) -> str | None:
        """The finding at hand, once it has been seen."""
        if self.fixes is None:
            return "The plan is made already: esc goes back, and in the wizard this key changes the answers."
        if self.view.tab is Tab.ACCESS:
            return FINDINGS_ELSEWHERE
        if not self.pane.shows_finding():
            return LOOK_FIRST
        return self._fixed(*self.fixes.fix(self.draft, self.pane.finding))

    def want_undo(self) -> str | None:
        """The last fix."""
        return super().want_undo() if self.fixes is None else self._fixed(*self.fixes.take_back(self.draft))

    def _fixed(self, draft: Draft, said: str) -> str:
        self.draft = draft
        self.show_preview()
        return said

    def want_copy(self) -> str | None:
        """The row of a list, else what the pane shows."""
        if super().want_copy() is None:
            return None
        if not self.pane.text:
            return "There is no policy to copy yet."
        self.copy(self.pane.text)
        return None
