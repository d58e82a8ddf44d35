"""What every screen has in common: the line at the top, the keys at the bottom, and one place where a want becomes an action."""

from __future__ import annotations

from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, ClassVar, assert_never

from textual.app import SystemCommand
from textual.screen import Screen, ScreenResultType

from ciam_tui.app.helping import path_of
from ciam_tui.app.intents import INTENTS, Want, bindings
from ciam_tui.app.literal import literal
from ciam_tui.app.theme import change
from ciam_tui.app.widgets.header import HeaderBar
from ciam_tui.app.widgets.keybar import KeyBar
from ciam_tui.app.widgets.picker import Picker

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from textual.app import ComposeResult
    from textual.binding import BindingType
    from textual.widget import Widget

    from ciam_tui.app.app import CiamApp
    from ciam_tui.app.session import Session


# As long as a message stays on the screen.
REPEAT_SECONDS = 5.0


class WorkScreen(Screen[ScreenResultType]):
    """A screen on which something is done.

    Each want has a method here that answers why it is not possible; a screen overrides what it can do. So every key stays bound, and says its
    reason rather than nothing.
    """

    BINDINGS: ClassVar[list[BindingType]] = [*bindings()]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (120, "-wide")]  # noqa: RUF012 - Textual declares it so
    app: CiamApp
    KEYS: ClassVar[tuple[Want, ...]] = (Want.NEXT, Want.BACK, Want.PALETTE, Want.HELP)
    WORDS: ClassVar[dict[Want, str]] = {}
    ABOUT: ClassVar[str] = ""  # the key of the text about the screen
    NARROW: ClassVar[frozenset[Want]] = frozenset({Want.NEXT, Want.BACK, Want.PREVIEW, Want.HELP})  # what a narrow footer has room for

    def __init__(self, session: Session, title: str) -> None:
        super().__init__()
        self.session = session
        self.header_bar = HeaderBar(session, title)
        self._said = ("", "")
        self._said_at = 0.0

    def compose(self) -> ComposeResult:
        """Header, content, keys."""
        yield self.header_bar
        yield from self.content()
        yield KeyBar(self.KEYS, self.WORDS, self.NARROW)

    def content(self) -> Iterable[Widget]:
        """What stands between header and keys."""
        raise NotImplementedError

    def action_want(self, want: str) -> None:
        """Do what a key, a click or the palette asked for, or say why not."""
        try:
            reason = self._do(Want(want))
        except Exception as error:  # noqa: BLE001 - a key runs in the app's own message loop, which one failure would end
            self.app.fail(error)
        else:
            if reason:
                self.say(reason)

    def may_leave(self) -> bool:
        """Whether the program may end now; a screen that is carrying something out stops that first."""
        return True

    def commands(self) -> Iterator[SystemCommand]:
        """What the palette offers here: what the table of intents has for it."""
        for intent in INTENTS:
            if intent.palette:
                yield SystemCommand(intent.palette, intent.tooltip, partial(self.action_want, intent.want))

    def say(self, text: str, *, severity: str = "information") -> None:
        """A short message at the edge of the screen; one that has just been shown is not said again, however long a key is held."""
        now = monotonic()
        if (text, severity) == self._said and now - self._said_at < REPEAT_SECONDS:
            return
        self._said, self._said_at = (text, severity), now
        level = {"warning": "warning", "error": "error"}.get(severity, "information")
        self.notify(literal(text).plain, severity=level, markup=False)  # type: ignore[arg-type] # the three words that Textual knows

    def _do(self, want: Want) -> str | None:
        match want:
            case Want.NEXT:
                return self.want_next()
            case Want.BACK:
                return self.want_back()
            case Want.PREVIEW:
                return self.want_preview()
            case Want.DOCUMENT:
                return self.want_document()
            case Want.ROLE:
                return self.want_role()
            case Want.TOKEN:
                return self.want_token()
            case Want.FIX:
                return self.want_fix()
            case Want.FILTER:
                return self.want_filter()
            case Want.COPY:
                return self.want_copy()
            case Want.EXPORT:
                return self.want_export()
            case Want.RELOAD:
                return self.want_reload()
            case Want.HELP:
                return self.want_help()
            case Want.APPLY:
                return self.want_apply()
            case Want.UNDO:
                return self.want_undo()
            case Want.STOP:
                return self.want_stop()
            case Want.ADOPT:
                return self.want_adopt()
            case Want.WIRE:
                return self.want_wire()
            case Want.RUNS:
                return self.want_runs()
            case Want.AUDIT:
                return self.want_audit()
            case Want.MIGRATE:
                return self.want_migrate()
            case Want.ORDER:
                return self.want_order()
            case Want.THEME:
                return change(self.app, self.session)
            case Want.PALETTE:
                self.app.action_command_palette()
                return None
            case Want.LEAVE:
                self.app.run_worker(self.app.action_quit())
                return None
            case _:
                assert_never(want)

    def want_next(self) -> str | None:
        """Accept and go on."""
        return "There is nothing to go on to here."

    def want_back(self) -> str | None:
        """Close, clear, or one step back."""
        return "This is the first screen; Ctrl+Q leaves."

    def want_preview(self) -> str | None:
        """The policies on the whole screen."""
        return "There are no policies yet: begin a set-up first."

    def want_document(self) -> str | None:
        """The next tab of the preview."""
        return "There are no policies yet: begin a set-up first."

    def want_role(self) -> str | None:
        """The next role of the preview."""
        return "There are no roles yet: begin a set-up first."

    def want_token(self) -> str | None:
        """Who gets in."""
        return "There is no trust policy to test yet: begin a set-up first."

    def want_fix(self) -> str | None:
        """Apply the fix of a finding."""
        return "There are no findings to fix here: those of a set-up stand beside its policies."

    def want_filter(self) -> str | None:
        """Filter the list that has the focus, else the first one."""
        pickers = [picker for picker in self.query(Picker) if picker.focusable]
        if not pickers:
            return "There is no list to filter here."
        picker = self.focused if isinstance(self.focused, Picker) else pickers[0]
        picker.focus()
        picker.start_filter()
        return None

    def want_copy(self) -> str | None:
        """Copy the row of a list."""
        if isinstance(self.focused, Picker) and self.focused.highlighted is not None:
            self.copy(self.focused.highlighted.copied or self.focused.highlighted.key)
            return None
        return "There is nothing to copy here."

    def want_export(self) -> str | None:
        """Write the policies as files."""
        return "There is nothing to export yet: begin a set-up first."

    def want_reload(self) -> str | None:
        """Read again."""
        return "Nothing here was read from AWS."

    def want_apply(self) -> str | None:
        """Apply the plan."""
        return "There is no plan here: Review makes one."

    def want_undo(self) -> str | None:
        """Take a run back."""
        return "There is no run to take back here; f7 lists past runs."

    def want_stop(self) -> str | None:
        """Stop a run."""
        return "Nothing is running here."

    def want_adopt(self) -> str | None:
        """Take over a role."""
        return "There is no role to adopt here; Review shows what exists already."

    def want_wire(self) -> str | None:
        """Wire CircleCI, or not."""
        return "There is no plan here that could wire CircleCI: Review makes one."

    def want_runs(self) -> str | None:
        """What was applied before."""
        from ciam_tui.app.screens.runs import RunsScreen

        self.app.push_screen(RunsScreen(self.session))
        return None

    def want_audit(self) -> str | None:
        """Every role that trusts CircleCI."""
        if self.session.aws is None:
            return "Nobody is signed in yet, so there is no account to audit: see the first step."
        from ciam_tui.app.screens.audit import AuditScreen

        self.app.push_screen(AuditScreen(self.session))
        return None

    def want_migrate(self) -> str | None:
        """Users with keys."""
        if self.session.aws is None:
            return "Nobody is signed in yet, so there are no users to look at: see the first step."
        from ciam_tui.app.screens.migrate import MigrateScreen

        self.app.push_screen(MigrateScreen(self.session))
        return None

    def want_order(self) -> str | None:
        """Another order of a list."""
        return "There is no list here that has another order: f11 lists users."

    def want_help(self) -> str | None:
        """About the focused thing."""
        from ciam_tui.app.screens.help import HelpScreen

        self.app.push_screen(HelpScreen(self.focused_path()))
        return None

    def focused_path(self) -> str:
        """What the help is about."""
        return path_of(self.focused, self.ABOUT)

    def copy(self, text: str) -> None:
        """Copy `text`, and say truthfully whether it worked."""
        self.run_worker(lambda: self._copy(text), thread=True, exit_on_error=False, group="copy")

    def _copy(self, text: str) -> None:
        copied = self.session.clipboard.copy(text)
        length = f"{len(text)} characters"
        if not copied:  # the terminal may have a clipboard of its own, as over SSH, and never says whether it took what it was sent
            self.app.call_from_thread(self.app.copy_to_clipboard, text)
        where = "browser" if self.app.is_web else "terminal"
        asked = f"No clipboard here: {length} were sent to the {where}. If they are not in yours, select the text with Shift and the mouse."
        self.app.call_from_thread(self.say, f"Copied {length}." if copied else asked, severity="information" if copied else "warning")

    def clear_filter(self) -> bool:
        """Clear the filter of the focused list, else of any; False where there is none."""
        filtering = [picker for picker in self.query(Picker) if picker.is_filtering]
        for picker in filtering:
            picker.clear_filter()
        return bool(filtering)
