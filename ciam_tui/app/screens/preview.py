"""The preview on the whole screen: what F3 shows where there is no room beside the form, and for long documents everywhere."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from ciam_tui.app.intents import Want
from ciam_tui.app.previewing import View, preview_of
from ciam_tui.app.screens.base import WorkScreen
from ciam_tui.app.widgets.preview import PreviewPane

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from ciam_tui.app.session import Session
    from ciam_tui.core.draft import Draft


class PreviewScreen(WorkScreen[View]):
    """Looks at `draft`; answers with what was looked at last."""

    KEYS: ClassVar = (Want.BACK, Want.DOCUMENT, Want.ROLE, Want.COPY, Want.PALETTE, Want.HELP)
    WORDS: ClassVar = {Want.BACK: "Close"}
    NARROW: ClassVar = frozenset({Want.BACK, Want.DOCUMENT, Want.COPY, Want.HELP})

    def __init__(self, session: Session, draft: Draft, view: View) -> None:
        super().__init__(session, "Preview")
        self._draft = draft
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
        self._pane.show(preview_of(self._draft, view, self.session.known_circleci))

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

    def want_copy(self) -> str | None:
        """The document."""
        if not self._pane.text:
            return "There is no policy to copy yet."
        self.copy(self._pane.text)
        return None

    def on_preview_pane_tab_chosen(self, event: PreviewPane.TabChosen) -> None:
        """A click on a tab."""
        self._show(replace(self._view, tab=event.tab))
