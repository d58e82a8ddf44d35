"""The token test: who gets in by the trust policy that is previewed, and whether a token that is pasted or made up would.

The policy is the one that would be applied, and AWS says of a token that it refuses no more than that. A pasted token is judged and dropped
at once: the field is emptied, and what stays while the screen is open are its claims.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, ClassVar

from textual import work
from textual.containers import Horizontal, Vertical
from textual.message import Message
from textual.widgets import Static
from textual.worker import Worker, WorkerState, get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.intents import Want
from ciam_tui.app.literal import literal
from ciam_tui.app.previewing import Tab, preview_of
from ciam_tui.app.screens.base import WorkScreen
from ciam_tui.app.token_lines import answer_lines, as_text, case_row, summary
from ciam_tui.app.widgets.document import DocumentView
from ciam_tui.app.widgets.field import ChoiceField, Field, Labelled
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.app.widgets.secret_input import SecretField
from ciam_tui.core.document import parse_policy
from ciam_tui.core.problems import CiamError, Level, Problem
from ciam_tui.core.tokens.cases import Case, CaseAnswer, own_job, standing
from ciam_tui.core.tokens.claims import decode_jwt
from ciam_tui.core.tokens.judging import Judge
from ciam_tui.core.tokens.making import Trigger, made_up
from ciam_tui.core.validate.git_refs import full_ref

if TYPE_CHECKING:
    from collections.abc import Iterable

    from textual.widget import Widget

    from ciam_tui.app.app import CiamApp
    from ciam_tui.app.previewing import View
    from ciam_tui.app.session import Session
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.tokens.making import Job

GIVEN, MADE_UP = "given", "made-up"
# Those whose tokens differ: a schedule, a call of the API and an SSH rerun have the token of a push.
TRIGGERS = (Trigger.PUSH, Trigger.TAG, Trigger.PULL_REQUEST, Trigger.FORK, Trigger.WEBHOOK, Trigger.V1)
_ABOUT_TOKEN = "Enter judges it; it is shown, kept and sent nowhere"  # noqa: S105 - a sentence about tokens


def open_token_test(screen: WorkScreen[Any], draft: Draft, view: View) -> str | None:
    """Open the test for the role that `view` looks at, or say what its trust policy needs first."""
    preview = preview_of(draft, replace(view, tab=Tab.TRUST))
    if preview.text is None:
        return f"There is no trust policy to test yet: it needs {' and '.join(preview.needs) or 'a role'}."
    screen.app.push_screen(TokenScreen(screen.session, draft, view))
    return None


@dataclass(frozen=True, slots=True)
class _Judged:
    """A role's trust policy, made ready, and the list for it."""

    judge: Judge
    job: Job
    answers: tuple[CaseAnswer, ...]
    rows: tuple[Row, ...]
    remarks: tuple[str, ...]


class TokenScreen(WorkScreen[None]):
    """Tests the trust policy of the role that `view` looks at in `draft`."""

    ABOUT: ClassVar = "tokens"
    KEYS: ClassVar = (Want.NEXT, Want.ROLE, Want.FILTER, Want.COPY, Want.BACK, Want.PALETTE, Want.HELP)
    NARROW: ClassVar = frozenset({Want.NEXT, Want.ROLE, Want.BACK, Want.HELP})
    WORDS: ClassVar = {Want.NEXT: "Why", Want.BACK: "Close"}
    app: CiamApp

    class Judged(Message):
        """The list for one role, or why there is none."""

        def __init__(self, number: int, outcome: _Judged | CiamError) -> None:
            super().__init__()
            self.number = number
            self.outcome = outcome

    def __init__(self, session: Session, draft: Draft, view: View) -> None:
        super().__init__(session, "Token test")
        self._draft = draft
        self._view = replace(view, tab=Tab.TRUST)
        self._number = 0  # which judging the screen waits for
        self._judged: _Judged | None = None
        self._own: dict[str, CaseAnswer] = {}  # the rows above the list: a token that was given, one that is made up
        self._sentence = Static("", id="token-said")
        self._list = Picker(id="who", empty="There is nobody to list.")
        self._token = SecretField("token.given", "Token", placeholder="paste a job's token", about=_ABOUT_TOKEN)
        self._ref = Field("token.ref", "Made up", placeholder="a branch, or refs/tags/v1", about="a token as CircleCI would make it")
        self._trigger = ChoiceField("token.trigger", "Trigger", TRIGGERS, [Trigger.PUSH], single=True, about=Trigger.PUSH.meaning)
        self._detail = DocumentView(id="token-detail")

    def content(self) -> Iterable[Widget]:
        """The list, what one can ask besides, and the answer in full."""
        yield self._sentence
        with Horizontal(id="token-columns"):
            with Vertical(id="token-left"):
                yield self._list
                with Vertical(id="token-form"):
                    yield self._token
                    yield self._ref
                    yield self._trigger
            yield self._detail

    def on_mount(self) -> None:
        """The list takes the keys."""
        self._list.focus()
        self._judge()

    # Judging

    def _judge(self) -> None:
        self._number += 1
        preview = preview_of(self._draft, self._view)
        self._list.border_title = literal(f"Who gets in · {preview.role}")
        self._own = {}
        self._judged = None
        self._list.say("asking the trust policy …")
        self._detail.show([])
        self._sentence.update(literal(f"role {preview.role} of {preview.stage}, as it would be applied", "$muted"))
        self.judge(self._number, preview.text or "")

    @work(thread=True, exclusive=True, exit_on_error=False, group="judging")
    def judge(self, number: int, text: str) -> None:
        """A role for many projects and branches has hundreds of patterns."""
        worker = get_current_worker()
        outcome = outcome_of(lambda: _judged(text))
        if not worker.is_cancelled:
            self.post_message(self.Judged(number, outcome))

    def on_worker_state_changed(self, event: Worker.StateChanged) -> None:
        """What a worker did not expect is a failure of the program."""
        if event.state is WorkerState.ERROR and isinstance(event.worker.error, Exception):
            self.app.fail(event.worker.error)

    def on_token_screen_judged(self, event: Judged) -> None:
        """Show the list."""
        event.stop()
        if event.number != self._number:
            return
        if isinstance(event.outcome, CiamError):
            self._list.say(f"✗ {event.outcome.message}")
            return
        self._judged = event.outcome
        said = " ".join((summary(event.outcome.answers), *event.outcome.remarks))
        is_open = any(each.is_open_door for each in event.outcome.answers)
        self._sentence.update(literal(said, "$warning" if is_open else "$success"))
        self._make_up()
        self._show_rows()

    def _show_rows(self) -> None:
        self._list.show((*map(case_row, self._own.values()), *(self._judged.rows if self._judged is not None else ())))
        self._show_detail()

    def _at_hand(self) -> CaseAnswer | None:
        row = self._list.highlighted
        answers = (*self._own.values(), *(self._judged.answers if self._judged is not None else ()))
        return next((each for each in answers if row is not None and each.case.id == row.key), None)

    def _show_detail(self) -> None:
        found = self._at_hand()
        self._detail.border_title = "Why"
        self._detail.show(answer_lines(found) if found is not None else [])
        self._detail.to_top()

    # A token of one's own

    def _use_token(self) -> None:
        """Judge what was pasted, and forget it."""
        text = self._token.taken()
        if not text.strip() or self._judged is None:
            self._read(why=False)
            return
        claims = outcome_of(lambda: decode_jwt(text))
        if isinstance(claims, CiamError):
            self._token.show_problem(Problem("token.given", Level.ERROR, claims.message, "The field was emptied."))
            return
        self._token.show_problem(None)
        answer = self._judged.judge.let_in(claims, now=datetime.now(UTC))
        case = Case(GIVEN, "The token that was given", claims, is_stranger=False)
        self._own = {GIVEN: CaseAnswer(case, answer), **{key: each for key, each in self._own.items() if key != GIVEN}}
        self._show_rows()
        self._list.highlight(GIVEN)
        self._list.focus()

    def _make_up(self) -> None:
        """A token from what stands in the form, which nobody has to press Enter for."""
        if self._judged is None:
            return
        trigger = Trigger(self._trigger.choices.chosen[0])
        ref = self._ref.text.strip()
        if not ref and trigger is Trigger.PUSH:
            self._own.pop(MADE_UP, None)
            return
        job = replace(self._judged.job, trigger=trigger, ref=full_ref(ref) if ref else self._judged.job.ref)
        now = datetime.now(UTC)
        claims = made_up(job, now=int(now.timestamp()))
        case = Case(MADE_UP, f"Made up: {trigger}{f' of {ref}' if ref else ''}", claims, is_stranger=False)
        self._own[MADE_UP] = CaseAnswer(case, self._judged.judge.let_in(claims, now=now))

    def on_field_typed(self, event: Field.Typed) -> None:
        """A ref is asked about while it is typed; a token when it is there."""
        event.stop()
        if event.field is self._token:
            self._token.show_problem(None)
        else:
            self._ref.take()
            self._make_up()
            self._show_made_up()

    def on_choice_field_chosen(self, event: ChoiceField.Chosen) -> None:
        """Another trigger."""
        event.stop()
        self._trigger.explain(Trigger(event.chosen[0]).meaning)
        self._make_up()
        self._show_made_up()

    def _show_made_up(self) -> None:
        self._show_rows()
        if MADE_UP in self._own:
            self._list.highlight(MADE_UP)

    def on_labelled_accepted(self, event: Labelled.Accepted) -> None:
        """Enter in a field: a token is judged; else to the list, in which the answer stands."""
        event.stop()
        if event.field is self._token:
            self._use_token()
        else:
            self._list.focus()

    def on_picker_highlighted(self, event: Picker.Highlighted) -> None:
        """Another row."""
        event.stop()
        self._show_detail()

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """A click selects."""
        event.stop()
        self._show_detail()

    # Wants

    def want_next(self) -> str | None:
        """From the list into its answer, and back."""
        self._read(why=self._list.has_focus and self._at_hand() is not None)
        return None

    def _read(self, *, why: bool) -> None:
        """The answer takes the keys, and where there is little room the whole of it; or the list has them again."""
        self.set_class(why, "-reading")
        (self._detail if why else self._list).focus()

    def want_back(self) -> str | None:
        """Clear the filter, else back to the list, else close; nothing that was given stays."""
        if self.has_class("-reading"):
            self._read(why=False)
        elif not self.clear_filter():
            self._token.taken()
            self.dismiss()
        return None

    def want_token(self) -> str | None:
        """The key that opened it."""
        return self.want_back()

    def want_role(self) -> str | None:
        """The next role: all of them, one after the other."""
        count = preview_of(self._draft, self._view).role_count
        if self._view.role + 1 < count:
            view = replace(self._view, role=self._view.role + 1)
        else:
            view = replace(self._view, stage=(self._view.stage + 1) % max(1, len(self._draft.stages)), role=0)
        if preview_of(self._draft, view).text is None:
            return "There is no other role to test."
        self._view = view
        self._judge()
        return None

    def want_copy(self) -> str | None:
        """The answer in full."""
        found = self._at_hand()
        if found is None:
            return "There is nothing to copy yet."
        self.copy(as_text(answer_lines(found)))
        return None


def _judged(text: str) -> _Judged:
    trust = parse_policy(text, what="the trust policy")
    found = standing(trust)
    return _Judged(Judge(trust), own_job(trust), found.answers, tuple(map(case_row, found.answers)), found.remarks)
