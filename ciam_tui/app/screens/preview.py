"""The preview on the whole screen: what F3 shows where there is no room beside the form, and for long documents everywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ciam_tui.app.fixing import FINDINGS_ELSEWHERE, LOOK_FIRST
from ciam_tui.app.intents import Want
from ciam_tui.app.previewing import Tab, View, preview_of
from ciam_tui.app.screens.base import WorkScreen
from ciam_tui.app.widgets.preview import PreviewPane

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from ciam_tui.app.fixing import Fixes
    from ciam_tui.app.session import Session
    from ciam_tui.core.draft import Draft


class PreviewScreen(WorkScreen[View]):
    """Looks at `draft`; answers with what was looked at last."""

    KEYS: ClassVar = (Want.BACK, Want.DOCUMENT, Want.ROLE, Want.FIX, Want.COPY, Want.PALETTE, Want.HELP)
    WORDS: ClassVar = {Want.BACK: "Close"}
    NARROW: ClassVar = frozenset({Want.BACK, Want.DOCUMENT, Want.FIX, Want.COPY, Want.HELP})

    def __init__(self, session: Session, draft: Draft, view: View, fixes: Fixes | None = None) -> None:
        super().__init__(session, "Preview")
        self._draft = draft
        self._fixes = fixes
        self._view = view
        self._pane = PreviewPane(id="preview-full")

    def content(self) -> Iterable[Widget]:
        """The pane."""
        yield self._pane

    def on_mount(self) -> None:
        """Show it, and let the arrows move in it."""
        self._show(self._view)
        self._pane.view.focus()

    def _show(self, view: View) -> None:
        self._view = view
        known = self.session.known_circleci
        since = self._fixes.since(self._draft) if self._fixes is not None else None
        self._pane.show(preview_of(self._draft, view, known), preview_of(since, view, known) if since is not None else None)

    def want_back(self) -> str | None:
        """Close."""
        self.dismiss(self._view)
        return None

    def want_next(self) -> str | None:
        """Enter closes too."""
        return self.want_back()

    def want_preview(self) -> str | None:
        """The key that opened it."""
        return self.want_back()

    def want_document(self) -> str | None:
        """The next tab."""
        self._show(replace(self._view, tab=self._view.tab.following))
        return None

    def want_role(self) -> str | None:
        """The next stage's or project's role: all of them, one after the other."""
        count = preview_of(self._draft, self._view, self.session.known_circleci).role_count
        if self._view.role + 1 < count:
            self._show(replace(self._view, role=self._view.role + 1))
        else:
            self._show(replace(self._view, stage=(self._view.stage + 1) % max(1, len(self._draft.stages)), role=0))
        return None

    def want_token(self) -> str | None:
        """Who gets in by the role at hand."""
        from ciam_tui.app.screens.token import open_token_test

        return open_token_test(self, self._draft, self._view)

    def want_fix(self) -> str | None:
        """The finding at hand."""
        if self._fixes is None:
            return "The plan is made already: esc goes back, and in the wizard this key changes the answers."
        if self._view.tab is Tab.ACCESS:
            return FINDINGS_ELSEWHERE
        if not self._pane.shows_finding():
            return LOOK_FIRST
        return self._take(*self._fixes.fix(self._draft, self._pane.finding))

    def want_undo(self) -> str | None:
        """The last fix."""
        if self._fixes is None:
            return super().want_undo()
        return self._take(*self._fixes.take_back(self._draft))

    def _take(self, draft: Draft, said: str) -> str:
        self._draft = draft
        self._show(self._view)
        return said

    def want_copy(self) -> str | None:
        """The document."""
        if not self._pane.text:
            return "There is no policy to copy yet."
        self.copy(self._pane.text)
        return None

    def on_preview_pane_tab_chosen(self, event: PreviewPane.TabChosen) -> None:
        """A click on a tab."""
        self._show(replace(self._view, tab=event.tab))
