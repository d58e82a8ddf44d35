"""The organization's contexts as a list to look at and to filter; nothing is picked in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.app.context_words import context_detail, context_rows
from ciam_tui.app.literal import literal
from ciam_tui.app.widgets.picker import Picker

if TYPE_CHECKING:
    from ciam_tui.app.circleci_known import KnownCircleCi
    from ciam_tui.core.draft import Draft


class ContextList(Picker):
    """Folded away until contexts were read."""

    _seen: tuple[object, ...] = ()

    def show_contexts(self, draft: Draft, known: KnownCircleCi) -> None:
        """Show what is known of the contexts of the draft's organization."""
        facts = known.facts_of(draft.circleci.org_id) if known.has_contexts else None
        self.display = facts is not None
        seen = (facts, draft.stages, draft.role, draft.circleci.projects)
        if facts is None or seen == self._seen:  # rows of hundreds are not made anew at each key
            return
        self._seen = seen
        unread = next((sentence for sentence in facts.unread if "contexts" in sentence), "")
        self.border_title = literal(f"Contexts · {len(facts.contexts)}")
        if unread and not facts.contexts:
            self.say(f"! {unread}")
        else:
            self.show(context_rows(draft, facts))

    def detail(self, draft: Draft, known: KnownCircleCi) -> str:
        """What there is to know of the context under the cursor, empty where there is none."""
        facts, row = known.facts_of(draft.circleci.org_id), self.highlighted
        return context_detail(row, draft, facts) if facts is not None and row is not None else ""
