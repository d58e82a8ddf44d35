"""All users with access keys, the riskiest first: what each is, may do and did, where CircleCI holds its key, and what would replace it.

It only reads. The list is read in one go; what bears on one user (the policies that name it, its use) takes more, and is read where somebody
rests on it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from textual.containers import Vertical
from textual.widgets import Static

from ciam_tui.app.intents import Want
from ciam_tui.app.known_users import KnownUsers
from ciam_tui.app.literal import literal
from ciam_tui.app.retiring_jobs import Users, users_read
from ciam_tui.app.screens.reading import ReadingScreen
from ciam_tui.app.users_lines import UserTab, cells_of, copied_of, error_lines, head_lines, reading_lines, summary_words, unread_lines
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.app.widgets.tab_pane import TabPane
from ciam_tui.core.problems import CiamError
from ciam_tui.core.users.choosing import Order, chosen

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.timer import Timer
    from textual.widget import Widget

    from ciam_tui.app.document_lines import Line
    from ciam_tui.app.session import Session
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.users.listing import UserRow

LIST = "list"
REST_SECONDS = 0.3  # how long the cursor rests on a user that somebody means to look at
_STOPPED = CiamError("stopped", "Stopped", "It was not read to the end.", ["Press ctrl+r to read it again."])


class MigrateScreen(ReadingScreen[None]):
    """Lists, explains, opens a user."""

    ABOUT: ClassVar = "migrate.list"
    KEYS: ClassVar = (
        Want.NEXT,
        Want.BACK,
        Want.DOCUMENT,
        Want.PREVIEW,
        Want.ORDER,
        Want.FILTER,
        Want.RELOAD,
        Want.PALETTE,
        Want.HELP,
    )
    NARROW: ClassVar = frozenset({Want.NEXT, Want.BACK, Want.DOCUMENT, Want.ORDER, Want.HELP})
    WORDS: ClassVar = {Want.NEXT: "Open", Want.DOCUMENT: "Other tab", Want.PREVIEW: "Whole"}

    def __init__(self, session: Session) -> None:
        super().__init__(session, "Users with keys")
        self.users: Users | None = None
        self._order = Order.WORST
        self._known = KnownUsers(session)
        self._resting: Timer | None = None
        self._was_left = False
        self._list = Picker(id="users", empty="No user of the account has an access key.")
        self._pane = TabPane(tabs=UserTab, id="user-pane")
        self._summary = Static("", id="users-summary")

    def content(self) -> Iterable[Widget]:
        """The list, the pane below it, and a line on the whole."""
        self._list.border_title = "User · keys · last used · may do · CircleCI"
        yield Vertical(self._list, self._pane, self._summary, id="migrate")

    def on_mount(self) -> None:
        """The list takes the keys; the reading begins."""
        self._list.focus()
        self.read_again()

    def on_screen_suspend(self) -> None:
        """Another screen lies over this one."""
        self._was_left = True

    def on_screen_resume(self) -> None:
        """Coming back from a user, its retirement may be another."""
        if self._was_left and self.users is not None:
            self._was_left = False
            self.read_again()

    def read_again(self) -> None:
        """List the users once more; what was read of them is forgotten."""
        self._rest()
        self._known.clear()
        self.users = None
        self._list.say("reading the account; nothing is changed by that")
        self._pane.show([])
        self._say("reading … (esc stops)")
        self.begin_reading(LIST, lambda tell, should_stop: users_read(self.session, tell, should_stop))

    # What comes

    def told(self, what: str, text: str) -> None:
        """Say what is being read: of the list below, of a user in its pane."""
        if what == LIST:
            self._say(f"{text} … (esc stops)")
        elif what == self._question():
            self._pane.show([*self._head(), *reading_lines(text)], from_top=False)

    def came(self, what: str, outcome: Any) -> None:
        """List what was found, or keep what was read of a user."""
        if what == LIST:
            self._listed(outcome)
            return
        self._known.keep(what, self._migration(), outcome)
        self._look()

    def _listed(self, outcome: Users | CiamError) -> None:
        if isinstance(outcome, CiamError):
            self._show_error(outcome)
            return
        self.users = outcome
        self._show_rows()
        at = self._list.highlighted
        if at is None:
            self._pane.show(unread_lines(outcome.listing))
        else:
            self._list.highlight(at.key)

    def _show_rows(self) -> None:
        if self.users is None:
            return
        listing = self.users.listing
        rows = chosen(listing.rows, listing.at, order=self._order)
        begun = [row.user.name for row in rows if self._is_under_way(row.user.name)]
        self._list.show((Row(row.user.name, cells_of(row, listing.at), copied_of(row)) for row in rows), marked=begun)
        self._say(summary_words(listing, self._order, len(begun)))

    def _is_under_way(self, name: str) -> bool:
        migration = self.users.begun.get(name.lower()) if self.users is not None else None
        return migration is not None and migration.is_active

    def _show_error(self, error: CiamError) -> None:
        self._list.say("nothing was listed")
        self._pane.show(error_lines(error))
        self._say("ctrl+r reads again")

    def _say(self, text: str) -> None:
        self._summary.update(literal(text, "$muted"), layout=False)

    # The user under the cursor

    def _row(self) -> UserRow | None:
        at = self._list.highlighted
        rows = self.users.listing.rows if self.users is not None else ()
        return next((row for row in rows if at is not None and row.user.name == at.key), None)

    def _migration(self) -> Migration | None:
        row = self._row()
        return self.users.begun.get(row.user.name.lower()) if row is not None and self.users is not None else None

    @property
    def _tab(self) -> UserTab:
        return UserTab(self._pane.tab)

    def _question(self) -> str:
        """What the pane asks; empty where nobody is looked at."""
        row = self._row()
        return self._known.question(row.user.name, self._tab) if row is not None else ""

    def _head(self) -> list[Line]:
        row = self._row()
        return [*head_lines(row, self._migration(), self.users.listing.at)] if row is not None and self.users is not None else []

    def on_picker_highlighted(self, event: Picker.Highlighted) -> None:
        """Another user."""
        event.stop()
        self._look()

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """A click selects; Enter opens."""
        event.stop()
        self._look()

    def on_tab_pane_looked(self, event: TabPane.Looked) -> None:
        """Another tab."""
        event.stop()
        self._look()

    def _look(self) -> None:
        """Show what is known of the user, or read it once the cursor rests."""
        row = self._row()
        if row is None or self.users is None:
            return
        self._rest()
        if self.reads and self.reads != self._question():
            self.stop_reading()
        lines = self._known.answer(row.user.name, self._tab, self._migration(), self.users.listing.at)
        if lines is not None:
            self._pane.show([*self._head(), *lines])
            return
        self._pane.show([*self._head(), *reading_lines("reading")])
        if not self.reads:
            self._resting = self.set_timer(REST_SECONDS, self._ask)

    def _ask(self) -> None:
        self._resting = None
        row = self._row()
        if row is not None and not self.reads:
            self.begin_reading(self._question(), self._known.work(row.user, self._tab, self._migration()))

    def _rest(self) -> None:
        if self._resting is not None:
            self._resting.stop()
            self._resting = None

    # Wants

    def want_next(self) -> str | None:
        """Open the user under the cursor."""
        if self.users is None:
            return "The account is still being read." if self.reads == LIST else "There is nobody to open: ctrl+r reads again."
        row = self._row()
        if row is None:
            return "There is no user to open."
        from ciam_tui.app.screens.retirement import RetirementScreen

        self._rest()
        self.stop_reading()
        self.app.push_screen(RetirementScreen(self.session, row.user.name))
        return None

    def want_back(self) -> str | None:
        """Stop reading, else show the list again, else clear the filter, else from the pane to the list, else back."""
        was_resting = self._resting is not None
        self._rest()
        what = self.stop_reading()
        if what == LIST:
            self._show_error(CiamError("stopped", "Stopped", "the account was not read to the end.", ["Press ctrl+r to read it again."]))
        elif what or was_resting:
            self._pane.show([*self._head(), *error_lines(_STOPPED)])
        elif self.has_class("-whole"):
            self._show_whole(whole=False)
        elif self.clear_filter():
            pass
        elif self._pane.view.has_focus:
            self._list.focus()
        else:
            self.app.pop_screen()
        return None

    def want_document(self) -> str | None:
        """The next tab."""
        self._pane.choose_following()
        return None

    def want_preview(self) -> str | None:
        """What is said of the user on the whole screen, and back."""
        self._show_whole(whole=not self.has_class("-whole"))
        return None

    def _show_whole(self, *, whole: bool) -> None:
        self.set_class(whole, "-whole")
        (self._pane.view if whole else self._list).focus()

    def want_order(self) -> str | None:
        """The next order of the list."""
        orders = list(Order)
        self._order = orders[(orders.index(self._order) + 1) % len(orders)]
        self._show_rows()
        return None

    def want_reload(self) -> str | None:
        """Read the user again where one was read, else the list."""
        row = self._row()
        if row is not None and self._known.forget(row.user.name):
            self._look()
        else:
            self.read_again()
        return None

    def want_copy(self) -> str | None:
        """The ARN of the user, or what the pane says."""
        if self._pane.view.has_focus and self._pane.text:
            self.copy(self._pane.text)
            return None
        return super().want_copy()

    def want_migrate(self) -> str | None:
        """It is this screen."""
        return "These are the users with keys; ctrl+r reads again."
