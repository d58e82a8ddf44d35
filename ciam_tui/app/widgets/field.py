"""A labelled answer with room for one line about it: the line is always there, so that nothing jumps when it is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Input, Static

from ciam_tui.app.literal import joined, literal
from ciam_tui.app.widgets.answer_input import AnswerInput
from ciam_tui.app.widgets.choices import Choices
from ciam_tui.core.problems import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from textual.app import ComposeResult
    from textual.content import Content

GLYPH = {Level.ERROR: "✗", Level.WARNING: "!", Level.NOTE: "·"}
STYLE = {Level.ERROR: "$error", Level.WARNING: "$warning", Level.NOTE: "$muted"}


def problem_line(problem: Problem) -> Content:
    """A problem as a line under its field: glyph, sentence, and what to do."""
    return literal(" ".join(part for part in (GLYPH[problem.level], problem.text, problem.fix) if part), STYLE[problem.level])


class Labelled(Vertical):
    """The label, whatever takes the answer, and the line under it. `path` is the answer's path in the Setup file."""

    class Accepted(Message):
        """Enter was pressed: this answer is done."""

        def __init__(self, field: Labelled) -> None:
            super().__init__()
            self.field = field

    def __init__(self, path: str, label: str, *, about: str = "", id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes="labelled")
        self.path = path
        self.label = label
        self.about = about
        self._note = Static(literal(about, "$muted"), classes="note")
        self._problem: Problem | None = None
        self._label = Static("", classes="label")

    def control_widget(self) -> Input | Choices:
        """What takes the answer."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Label and control side by side, the note below."""
        with Horizontal(classes="row"):
            yield self._label
            yield self.control_widget()
        yield self._note

    def on_mount(self) -> None:
        """Say the label."""
        self._mark(focused=False)

    def show_problem(self, problem: Problem | None) -> None:
        """Show `problem` under the control, or what the field is about where there is none."""
        if problem != self._problem:
            self._problem = problem
            self._note.update(problem_line(problem) if problem is not None else literal(self.about, "$muted"), layout=False)

    def explain(self, about: str) -> None:
        """Say something else under the control from now on, where no problem stands there."""
        self.about = about
        if self._problem is None:
            self._note.update(literal(about, "$muted"), layout=False)

    @property
    def has_problem(self) -> bool:
        """Whether a problem is shown."""
        return self._problem is not None

    def on_descendant_focus(self) -> None:
        """Mark the label: a glyph says where one is, without colour."""
        self._mark(focused=True)

    def on_descendant_blur(self) -> None:
        """Take the mark away."""
        self._mark(focused=False)

    def _mark(self, *, focused: bool) -> None:
        self._label.update(
            joined(literal("▸ " if focused else "  ", "$accent"), literal(self.label, "bold" if focused else "$muted")), layout=False
        )


class Field(Labelled):
    """An answer that is typed."""

    class Typed(Message):
        """The text changed, by a person's hand. It is to be taken from the field when it is used: by then more may have been typed."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field
            self.path = field.path

    def __init__(
        self,
        path: str,
        label: str,
        text: str = "",
        *,
        placeholder: str = "",
        about: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(path, label, about=about, id=id)
        self.input = AnswerInput(text, placeholder=placeholder)
        self._shown = text
        self._untaken = False  # whether there is typed text that no answer holds yet

    def control_widget(self) -> Input:
        """The input."""
        return self.input

    @property
    def text(self) -> str:
        """What stands in the input."""
        return self.input.value

    def take(self) -> str:
        """What stands in the input, for the answer that will hold it."""
        self._untaken = False
        return self.input.value

    def show(self, text: str) -> None:
        """Put `text` into the input; posts nothing. What was typed and not yet taken stays: it is newer than any answer."""
        if self._untaken or self.input.value != self._shown or self.input.value.strip() == text:
            return
        self._shown = text
        self.input.value = text
        self.input.cursor_position = len(text)

    def on_input_changed(self, event: Input.Changed) -> None:
        """Pass on what was typed, but not what was put there."""
        event.stop()
        if self.input.value != self._shown:
            self._shown = self.input.value
            self._untaken = True
            self.post_message(self.Typed(self))

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """Enter."""
        event.stop()
        self.post_message(self.Accepted(self))


class ChoiceField(Labelled):
    """An answer that is ticked."""

    class Chosen(Message):
        """The ticks changed, by a person's hand."""

        def __init__(self, field: ChoiceField, chosen: tuple[str, ...]) -> None:
            super().__init__()
            self.field = field
            self.chosen = chosen

    def __init__(
        self,
        path: str,
        label: str,
        options: Iterable[str],
        chosen: Iterable[str] = (),
        *,
        single: bool = False,
        about: str = "",
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(path, label, about=about, id=id)
        self.choices = Choices(options, chosen, single=single)

    def control_widget(self) -> Choices:
        """The row of words."""
        return self.choices

    def show(self, chosen: Collection[str]) -> None:
        """Show `chosen` as ticked; posts nothing."""
        self.choices.choose(chosen)

    def on_choices_ticked(self, event: Choices.Ticked) -> None:
        """Pass on what was ticked."""
        event.stop()
        self.post_message(self.Chosen(self, event.chosen))
