"""What every step's body has in common: a form that posts edits, an order for Enter, and a guide to the focused answer at the bottom.

A body holds no answers. It posts edits, functions from a draft to a draft, so that two keys in quick succession cannot overwrite each
other, and shows whatever draft comes back.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.containers import Vertical, VerticalScroll
from textual.message import Message
from textual.widgets import Input, Static
from textual.worker import Worker, WorkerState

from ciam_tui.app.helping import path_of
from ciam_tui.app.literal import literal
from ciam_tui.app.widgets.choices import Choices
from ciam_tui.app.widgets.field import Labelled, problem_line
from ciam_tui.app.widgets.picker import Picker
from ciam_tui.core.asking.help_texts import help_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from textual import events
    from textual.app import ComposeResult
    from textual.widget import Widget

    from ciam_tui.app.session import Session
    from ciam_tui.core.answers import Changed
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.problems import Problem

    Edit = Callable[[Draft], Draft | Changed]

Stop = Input | Choices | Picker


def is_displayed(widget: Widget) -> bool:
    """Whether neither the widget nor what it stands in is folded away."""
    return all(node.display for node in widget.ancestors_with_self)


class StepBody(Vertical):
    """The body of one step; `draft` is the draft that is shown."""

    step_id: ClassVar[str]

    class Edited(Message):
        """An answer was changed: `edit` is what to do to the draft, `field` the path of the answer.

        An edit that answers with `Changed` has itself cleared what the new answer makes untrue; for the others that is done when the step is
        left, so that half-typed text clears nothing.
        """

        def __init__(self, edit: Edit, field: str) -> None:
            super().__init__()
            self.edit = edit
            self.field = field

    class Finished(Message):
        """Enter was pressed on the last answer."""

    class Told(Message):
        """Something that the person should know was done for them."""

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

    def __init__(self, draft: Draft, session: Session) -> None:
        super().__init__(classes="step")
        self.draft = draft
        self.session = session
        self._problems: Mapping[str, Problem] = {}
        self._guide = Static("", id="guide")
        self._labelled: tuple[Labelled, ...] = ()
        self._advised: tuple[str, Problem | None] | None = None

    def form(self) -> Iterable[Widget]:
        """The form's widgets, from top to bottom."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """The form, and the guide under it."""
        with VerticalScroll(id="form", can_focus=False):
            yield from self.form()
        yield self._guide

    def show(self, draft: Draft, problems: Mapping[str, Problem]) -> None:
        """Show `draft`, and under each field its problem."""
        self.draft, self._problems = draft, problems
        self.fill()
        for labelled in self.labelled():
            labelled.show_problem(self.problem_at(labelled.path) if problems else None)
        self._advise()

    def labelled(self) -> tuple[Labelled, ...]:
        """All fields; a query at each key would cost as much as drawing them."""
        if not self._labelled:
            self._labelled = tuple(self.query(Labelled))
        return self._labelled

    def fill(self) -> None:
        """Put the answers of `self.draft` into the form."""
        raise NotImplementedError

    def problem_at(self, path: str) -> Problem | None:
        """The first problem of the answer at `path` or of a part of it."""
        if path in self._problems:
            return self._problems[path]
        return next((problem for field, problem in self._problems.items() if field.startswith((f"{path}[", f"{path}."))), None)

    # What is read from AWS

    @property
    def reading(self) -> bool:
        """Whether something is being read that Esc can stop."""
        return any(worker.node is self and worker.is_running for worker in self.workers)

    def stop_reading(self) -> None:
        """Stop waiting for what is being read."""
        self.workers.cancel_node(self)

    def read_again(self) -> str | None:
        """Read again what this step reads; the reason where there is nothing to read."""
        return "This step reads nothing from AWS."

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is a failure of the program, and shown as one."""
        if event.state is WorkerState.ERROR and event.worker.error is not None and isinstance(event.worker.error, Exception):
            self.app._handle_exception(event.worker.error)  # noqa: SLF001 - the one funnel for what nobody expected

    # Moving through the form

    def stops(self) -> list[Stop]:
        """What Enter goes through, in order."""
        return [
            widget
            for widget in self.query("Input, Choices, Picker").results()
            if isinstance(widget, (Input, Choices, Picker)) and widget.focusable and is_displayed(widget)
        ]

    def first_stop(self) -> Widget | None:
        """Where the focus goes when the step opens."""
        return next(iter(self.stops()), None)

    def go_on(self) -> str | None:
        """Enter: accept the focused answer and go to the next, or to the next step after the last; the reason where that has to wait."""
        focused = self.screen.focused
        if isinstance(focused, Picker):
            if not focused.rows and self.reading:
                return "Still reading; Esc stops it."
            if focused.is_filtering and focused.highlighted is None:
                return "Nothing matches the filter; Esc clears it."
            if not focused.many and focused.pick(go_on=True):
                return None
        self.to_next_stop()
        return None

    def ends_step(self, stop: Widget) -> bool:
        """Whether Enter on `stop` is all that the step needs: what comes after it is only for who wants it."""
        del stop
        return False

    def to_next_stop(self) -> None:
        """Focus the next answer; after the last, or one that is all the step needs, the step is done."""
        stops = self.stops()
        focused = self.screen.focused
        if focused is not None and self.ends_step(focused):
            self.finish()
            return
        at = next((place for place, stop in enumerate(stops) if stop is focused), None)
        if at is None and focused is not None and stops and self not in focused.ancestors:
            stops[0].focus()
        elif at is None or at == len(stops) - 1:
            self.finish()
        else:
            stops[at + 1].focus()

    def finish(self) -> None:
        """The step is answered."""
        self.post_message(self.Finished())

    def holds_up(self) -> bool:
        """Whether something must be read before the step can be left; the body then says again that it is finished."""
        return False

    def on_labelled_accepted(self, event: Labelled.Accepted) -> None:
        """Enter in a field."""
        event.stop()
        self.accepted(event.field)
        self.to_next_stop()

    def accepted(self, field: Labelled) -> None:
        """What Enter does to the answer of `field`, beside going on."""

    def edit(self, change: Edit, field: str) -> None:
        """Post an edit."""
        self.post_message(self.Edited(change, field))

    # The guide

    def focused_path(self) -> str:
        """The path of the answer that has the focus, or the name of the list."""
        return path_of(self.screen.focused)

    def on_descendant_focus(self, event: events.DescendantFocus) -> None:
        """Say what the focused answer is about."""
        del event
        self._advise()

    def _advise(self) -> None:
        path = self.focused_path()
        problem = self.problem_at(path) if path else None
        if (path, problem) != self._advised:
            self._advised = (path, problem)
            self._guide.update(problem_line(problem) if problem is not None else literal(help_for(path).guide, "$muted"), layout=False)

    def focus_path(self, path: str) -> None:
        """Focus the answer at `path`, or the one that it is a part of."""
        for labelled in self.labelled():
            if path == labelled.path or path.startswith((f"{labelled.path}[", f"{labelled.path}.")):
                labelled.control_widget().focus()
                return
