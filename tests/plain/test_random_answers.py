"""Answers that nobody thought of: whatever is typed, there is no traceback, nothing steers the terminal, and nothing is applied unconfirmed."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.app.fakes import ORG_ID, WEB
from tests.plain.quiet_world import World
from tests.plain.test_answers import APPLIED, CIRCLECI

# Words of the menus, answers of the steps and numbers of lists. The confirmations, `yes` and the account's number, are not among them.
KNOWN = (
    *("", "?", "help", "back", "list", "more", "none", "on", "add", "edit", "remove", "roles", "empty", "pipeline", "done", "no", "open 1"),
    *("new", "resume", "finish", "runs", "audit", "keys", "apply", "plan", "json", "findings", "save", "adopt", "wire", "steps"),
    *("reread", "menu", "look", "undo", "default", "offline", "acme-builds", "builds/", "gh/acme", "web", ORG_ID, f"{WEB.id} web", "read"),
    *("main", "900", "Stages", "apply", "=back", "=", "fix 3", "aws", "us-east-1", "circleci-build"),
)
typed = st.sampled_from(KNOWN) | st.integers(0, 14).map(str) | st.text(st.characters(exclude_characters="\n\r"), max_size=12)
unconfirmed = typed.filter(lambda answer: answer.strip().lower().removeprefix("=") not in ("yes", "y"))


@given(begun=st.integers(0, len(CIRCLECI)), answers=st.lists(unconfirmed, max_size=40))
def test_no_answers_break_it_or_apply_without_a_yes(begun: int, answers: list[str]) -> None:
    with TemporaryDirectory() as folder:
        world = World(Path(folder))
        world.hear(*CIRCLECI[:begun], *_written_nowhere(answers))
        assert world.aws.sent == []
        assert world.journals.lines == {}


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world in which a run was applied, which stays as it is."""
    world = World(tmp_path_factory.mktemp("state"))
    world.hear(*APPLIED)
    assert world.aws.sent
    return world


@settings(max_examples=30)
@given(answers=st.lists(unconfirmed, max_size=30))
def test_no_answers_take_a_run_back_without_the_accounts_number(applied: World, answers: list[str]) -> None:
    sent = list(applied.aws.sent)
    applied.hear("runs", "", "undo", *_written_nowhere(answers))
    assert applied.aws.sent == sent


def _written_nowhere(answers: list[str]) -> list[str]:
    """The answers without those that write files where the tests are run."""
    return ["menu" if answer.strip().removeprefix("=") in ("export", "save", "6", "7") else answer for answer in answers]
