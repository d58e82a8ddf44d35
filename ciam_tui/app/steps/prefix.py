"""Step 3: the folder that the stages start from, browsed one level at a time or typed.

Only common prefixes are ever listed, a page at a time: a bucket with millions of objects opens at once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from textual import work
from textual.binding import Binding
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.literal import literal
from ciam_tui.app.steps.base import StepBody
from ciam_tui.app.widgets.field import ChoiceField, Field, Labelled
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.core.problems import CiamError
from ciam_tui.core.validate import normalized_prefix

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from ciam_tui.core.facts import PrefixPage

UP = ".."
HERE = "."
MORE = "…"
WHOLE = "the whole bucket"


class PrefixBody(StepBody):
    """The prefix, and the folders to pick it from."""

    step_id = "prefix"
    BINDINGS: ClassVar = [Binding("right", "open_folder", "Open", show=False), Binding("left", "go_up", "Up", show=False)]

    class PageRead(Message):
        """A page of the folders under `under`, or why it could not be read."""

        def __init__(self, under: str, outcome: PrefixPage | CiamError, *, first: bool) -> None:
            super().__init__()
            self.under = under
            self.outcome = outcome
            self.first = first

    def form(self) -> Iterable[Widget]:
        """The prefix, and the folders."""
        self._level = _parent(self.draft.base_prefix or "")
        self._found: list[str] = []
        self._next_token: str | None = None
        self._prefix = Field("base_prefix", "Prefix", self.draft.base_prefix or "", placeholder="such as builds/")
        self._list = Picker(id="prefixes")
        self._whole = ChoiceField("base_prefix.whole", "Or", (WHOLE,))
        self._told = Static("", id="who")
        yield self._prefix
        yield self._told
        yield self._list
        yield self._whole

    def ends_step(self, stop: Widget) -> bool:
        """A folder or a typed prefix."""
        return stop in (self._prefix.input, self._list)

    def first_stop(self) -> Widget:
        """The folders, where they can be read; else the prefix."""
        return self._list if self._can_browse() else self._prefix.input

    def on_mount(self) -> None:
        """Read the level that the answer is on."""
        self.fill()
        if self._can_browse():
            self._browse(self._level)
        else:
            why = "the bucket is made later" if self.draft.bucket.create else "nobody is signed in"
            self._list.say(f"{why}: type the prefix above")

    def fill(self) -> None:
        """The field, and what is meant by an empty one."""
        prefix = self.draft.base_prefix
        self._prefix.show(prefix or "")
        self._whole.show((WHOLE,) if prefix == "" else ())
        if prefix == "":
            self._told.update(literal("! The whole bucket: every stage starts from all of it.", "$warning"))
        elif prefix is None:
            self._told.update(literal("· Nothing is chosen yet.", "$muted"))
        else:
            self._told.update(literal(f"✓ s3://{self.draft.bucket.name}/{normalized_prefix(prefix)}", "$success"))
        self._list.mark([prefix] if prefix else [HERE] if prefix == "" and not self._level else [])

    def read_again(self) -> str | None:
        """The level at hand."""
        if not self._can_browse():
            return "There is no bucket to read: the prefix is typed."
        self._browse(self._level)
        return None

    def stop_reading(self) -> None:
        """Stop, and say how to begin again."""
        super().stop_reading()
        self._list.say("stopped; ctrl+r reads again, or type the prefix above")

    @work(thread=True, exclusive=True, exit_on_error=False, group="prefixes")
    def read_page(self, bucket: str, under: str, token: str | None) -> None:
        """One page of folders."""
        worker = get_current_worker()
        outcome = outcome_of(lambda: self.session.need_aws().prefixes(bucket, under=under, token=token))
        if not worker.is_cancelled:
            self.post_message(self.PageRead(under, outcome, first=token is None))

    def on_prefix_body_page_read(self, event: PageRead) -> None:
        """Show it."""
        if isinstance(event.outcome, CiamError):
            self._list.say("! not readable: type the prefix above")
            self._told.update(literal(f"! {event.outcome.message}", "$warning"))
            return
        self._found = [*([] if event.first else self._found), *event.outcome.prefixes]
        self._next_token = event.outcome.next_token
        self._show_level()

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """Enter takes the folder and goes on; Space and a click take it and look into it."""
        event.stop()
        match event.row.key:
            case "..":
                self.action_go_up()
            case "…":
                self._read_more()
            case key:
                prefix = self._level if key == HERE else key
                self._take(prefix)
                if event.go_on:
                    self.to_next_stop()
                elif key != HERE:
                    self._browse(prefix)

    def on_field_typed(self, event: Field.Typed) -> None:
        """Take what was typed; it moves no stage before Enter, since it is half a prefix."""
        event.stop()
        field = event.field
        self.edit(lambda draft: replace(draft, base_prefix=field.take() or None), "base_prefix")

    def accepted(self, field: Labelled) -> None:
        """Close the prefix by its slash."""
        if field.path == "base_prefix" and self._prefix.text.strip():
            self._take(self._prefix.text.strip())

    def on_choice_field_chosen(self, event: ChoiceField.Chosen) -> None:
        """The whole bucket is wanted in so many words: an empty field is no answer."""
        event.stop()
        whole = bool(event.chosen)
        self.edit(lambda draft: replace(draft, base_prefix="" if whole else None), "base_prefix")

    def action_open_folder(self) -> None:
        """Look into the folder under the cursor."""
        row = self._list.highlighted
        if self.screen.focused is self._list and row is not None and row.key not in (UP, HERE, MORE):
            self._browse(row.key)

    def action_go_up(self) -> None:
        """Look at the level above."""
        if self.screen.focused is self._list and self._level:
            self._browse(_parent(self._level), come_from=self._level)

    def _take(self, prefix: str) -> None:
        # What moves with the prefix is settled when the step is left: until then it may be typed anew.
        closed = normalized_prefix(prefix)
        self.edit(lambda draft: replace(draft, base_prefix=closed), "base_prefix")

    def _can_browse(self) -> bool:
        return self.session.aws is not None and bool(self.draft.bucket.name) and not self.draft.bucket.create

    def _browse(self, under: str, *, come_from: str = "") -> None:
        self._level, self._found, self._next_token = under, [], None
        self._come_from = come_from
        self._list.border_title = literal(f"{self.draft.bucket.name}/{under}")
        self._list.clear_filter()
        self._list.say("reading the folders … (esc stops)")
        self.read_page(self.draft.bucket.name, under, None)

    def _read_more(self) -> None:
        if self._next_token is not None:
            self.read_page(self.draft.bucket.name, self._level, self._next_token)

    def _show_level(self) -> None:
        rows = [Row(UP, ("../", "one level up"))] if self._level else [Row(HERE, ("(all)", "the whole bucket"))]
        if self._level:
            rows.append(Row(HERE, ("./", f"this folder: {self._level}"), self._level))
        rows.extend(Row(prefix, (prefix.removeprefix(self._level),)) for prefix in self._found)
        if self._next_token is not None:
            rows.append(Row(MORE, ("…", "read more")))
        prefix = self.draft.base_prefix
        marked = [prefix] if prefix in self._found else [HERE] if prefix is not None and prefix == self._level else []
        self._list.show(rows, marked=marked)
        first = self._come_from or next(iter(self._found), "")
        if not marked and first:
            self._list.highlight(first)


def _parent(prefix: str) -> str:
    """The level that `prefix` is listed on: `a/` for `a/b/`, the top for `a/`."""
    above = prefix.removesuffix("/").rpartition("/")[0]
    return f"{above}/" if above else ""
