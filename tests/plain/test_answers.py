"""Single questions: what is wrong is said with its fix and asked again, and the words that work at every question work at every question."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ciam_tui.core.facts import Bucket
from ciam_tui.core.problems import CiamError
from ciam_tui.core.shown import shown
from ciam_tui.core.steps import STEPS
from ciam_tui.plain.choosing import Opened, Option, choose, choose_many, choose_one
from ciam_tui.plain.talk import Back, NoMoreAnswers, Quit, Talk
from tests.app.fakes import ORG_ID, WEB
from tests.app.memory_account import MemoryAws
from tests.plain.quiet_world import World

if TYPE_CHECKING:
    from pathlib import Path

ACCOUNT = ("new", "default", "")
BUCKET = (*ACCOUNT, "acme-builds", "", "", "")
PREFIX = (*BUCKET, "builds/")
STAGES = (*PREFIX, "pipeline", "on")
CIRCLECI = (*STAGES, "gh/acme", "no", "web", "done", "no")
APPLIED = (*CIRCLECI, "apply", "yes")


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        (("70",), "Nothing in the list is called '70'."),
        (("new", "dana"), "Nothing in the list is called 'dana'."),
        (("new", "offline", "12"), "Wrong: The account id"),
        (("new", "offline", "123456789012", "mars"), "Nothing in the list is called 'mars'."),
        ((*ACCOUNT, "No_Such"), "Wrong: The bucket name"),
        ((*ACCOUNT, "acme-builds", "nowhere"), 'Wrong: "nowhere" is no AWS region.'),
        ((*ACCOUNT, "acme-builds", "", "no-arn"), "Wrong: "),
        ((*ACCOUNT, "acme-builds", "", "", "12"), "Wrong: "),
        ((*ACCOUNT, "acme-new", "maybe"), "Answer yes or no."),
        ((*BUCKET, "/x"), "Wrong: The prefix"),
        ((*BUCKET, "=*"), "Wrong: The prefix"),
        ((*BUCKET, ""), "An answer is needed here."),
        ((*PREFIX, "everything"), "Nothing in the list is called 'everything'."),
        ((*PREFIX, "", "edit", "1", "Un Named"), "Wrong: "),
        ((*PREFIX, "", "edit", "1", "", "/x"), "Wrong: The prefix"),
        ((*PREFIX, "", "edit", "1", "", "", "fly"), "Nothing in the list is called 'fly'."),
        ((*PREFIX, "", "edit", "1", "", "", "none"), "Wrong: "),
        ((*PREFIX, "", "edit", "1", "", "", "", "", "ma in"), "Wrong: "),
        ((*PREFIX, "", "edit", "1", "", "", "", "", "", "fly"), "Nothing in the list is called 'fly'."),
        ((*PREFIX, "", "edit", "1", "", "", "", "", "", "", "long"), "Wrong: "),
        ((*PREFIX, "", "edit", "1", "", "", "", "", "", "", "12"), "Wrong: "),
        ((*PREFIX, "", "edit", "9"), "Nothing in the list is called '9'."),
        ((*PREFIX, "", "roles", "a b"), "Wrong: "),
        ((*PREFIX, "", "roles", "", "", "here"), "Wrong: "),
        ((*PREFIX, "", "roles", "", "", "", "odd"), "Nothing in the list is called 'odd'."),
        ((*PREFIX, "", "roles", "", "", "", "", "no-arn"), "Wrong: "),
        ((*STAGES, "acme inc"), "Wrong: The organization id"),
        ((*STAGES, "gh/acme", "no", "nothing"), "Type a number or a name of the list"),
        ((*STAGES, "gh/acme", "no", "gh/acme/gone"), "CircleCI has no gh/acme/gone"),
        ((*STAGES, "gh/acme", "no", "web", "", "yes", "http://x"), "Wrong: "),
        ((*CIRCLECI, "everything"), "Nothing in the list is called 'everything'."),
    ],
)
def test_a_wrong_answer_is_told_and_asked_again(world: World, answers: tuple[str, ...], said: str) -> None:
    heard = world.hear(*answers)
    assert said in " ".join(heard.split())
    *_, before, again = heard.strip().split("\n")
    assert again.endswith(":"), (before, again)


def test_every_question_explains_itself_and_goes_back(world: World) -> None:
    """Each question on the way to the review is asked what it means, and answered: no help is the one that is there for nothing."""
    questions = 0
    for place in range(len(CIRCLECI)):
        heard = world.hear(*CIRCLECI[:place], "?", "back")
        assert "Enter accepts and goes on, Esc goes back" not in heard, heard.split("\n")[-8:]
        questions += 1
        world.drafts.saved = None
    assert questions == len(CIRCLECI)


def test_back_goes_one_step_back_and_keeps_the_answers(world: World) -> None:
    heard = world.words(*PREFIX, "back", "", "back", "back", "back", "back")
    assert heard.count("Step 3 of 6") == 3
    assert heard.count("Step 2 of 6") == 2
    assert "Prefix, by number or typed [builds/]" in heard
    assert heard.count("What do you want to do?") == 2
    assert world.drafts.saved is not None
    assert world.drafts.saved.draft.base_prefix == "builds/"


def test_a_word_of_this_program_can_be_a_name(world: World) -> None:
    world.hear(*ACCOUNT, "=back", "no", "eu-west-1")
    assert world.drafts.saved is not None
    assert world.drafts.saved.draft.bucket.name == "back"


def test_without_an_account_everything_is_typed(world: World) -> None:
    world.has_token = False
    offline = ("new", "offline", "123456789012", "", "acme-builds", "no", "eu-west-1", "", "", "builds", "reader", "on")
    heard = world.words(*offline, ORG_ID, "no", f"{WEB.id} web github.com/acme/web", "", "no")
    assert "Nobody is signed in: type the bucket's name." in heard
    assert "There is no CircleCI token." in heard
    assert "Step 6 of 6" in heard
    assert world.aws.sent == []
    draft = world.drafts.saved.draft if world.drafts.saved else None
    assert draft is not None
    assert (draft.bucket.name, draft.bucket.region, draft.circleci.projects) == ("acme-builds", "eu-west-1", (WEB,))


def test_a_token_is_asked_for_where_it_can_be_hidden_and_is_kept_nowhere(world: World) -> None:
    world.has_token, world.secrets = False, ["CCIPAT_secret_of_a_person"]
    heard = world.hear(*STAGES, "gh/acme", "no", "web", "done", "no", "menu", "leave")
    assert world.tokens == ["CCIPAT_secret_of_a_person"]
    assert "CCIPAT" not in heard
    assert "CCIPAT" not in repr(world.drafts.saved)
    assert "web is chosen." in heard


def test_a_code_for_mfa_is_a_question_like_any_other(world: World) -> None:
    world.mfa = "MFA code for arn:aws:iam::123456789012:mfa/dana: "
    assert "MFA code for arn:aws:iam::123456789012:mfa/dana: 123456" in world.hear("new", "default", "", "123456")


def test_stages_are_added_changed_and_removed(world: World) -> None:
    added = ("add", "docs", "docs/", "read, 2", "builds/", "main, release/*", "tags", "900")
    heard = world.words(*PREFIX, "pipeline", *added, "remove", "test", "yes", "remove", "build", "", "on")
    assert "Stage 3, docs: prefix docs/; access read, write; reads too builds/; branches main, release/*; extras tags" in heard
    draft = world.drafts.saved.draft if world.drafts.saved else None
    assert draft is not None
    assert [stage.name for stage in draft.stages] == ["build", "deploy", "docs"]
    assert draft.stages[2].session_seconds == 900


def test_a_list_is_read_out_by_the_page_and_searched(world: World) -> None:
    world.aws = MemoryAws(all_buckets={name: Bucket(name, "us-east-1") for name in (f"acme-{number:03}" for number in range(45))})
    heard = world.words(*ACCOUNT, "more", "more", "more", "list", "04", "=04")
    assert "25 more. more reads them out" in heard
    assert "45. acme-044" in heard
    assert "That was the whole list. list reads it again." in heard
    assert "hold '04': 5. acme-004: us-east-1" in heard
    assert 'Wrong: The bucket name "04"' in heard


def test_folders_are_looked_into(world: World) -> None:
    heard = world.words(*BUCKET, "open builds/", "builds/web")
    assert "Reading the folders of acme-builds/builds/." in heard
    assert world.drafts.saved is not None
    assert world.drafts.saved.draft.base_prefix == "builds/web/"


def test_what_cannot_be_read_is_told_and_typed(world: World) -> None:
    for name in ("buckets", "bucket", "prefixes"):
        world.aws.refusals[name] = CiamError("access-denied", "AWS refuses", f"you may not read {name}.", ["Ask for it."])
    world.circleci.refusals["organizations"] = CiamError("circleci-unreachable", "CircleCI is away", "nobody answers.")
    heard = world.words(
        *ACCOUNT, "acme-builds", "us-east-1", "", "", "builds/", "", "on", ORG_ID, "no", f"{WEB.id} web {WEB.vcs_origin}", "", "no"
    )
    for said in ("you may not read buckets.", "you may not read bucket.", "you may not read prefixes.", "nobody answers.", "Step 6 of 6"):
        assert said in heard


def test_answers_that_cannot_be_saved_are_no_reason_to_stop(world: World) -> None:
    world.drafts.failure = CiamError("state-not-writable", "The draft cannot be saved", "the disk is full.", ["Make room."])
    assert world.words(*CIRCLECI).count("the disk is full.") == 1


def test_commands_are_run_as_they_would_be_typed(world: World) -> None:
    world.hear("audit", "6", "leave")
    assert world.commands == [["audit"], ["audit", "--circleci"]]


def test_a_run_is_applied_looked_at_and_taken_back(world: World) -> None:
    assert "Verified" in world.words(*APPLIED)
    assert world.aws.sent
    heard = world.words("finish", "runs", "", "look", "runs", "", "resume", "runs", "", "undo", "no", "runs", "1", "undo", "123456789012")
    assert "No run is unfinished." in heard
    assert "There is nothing to go on with" in heard
    assert "Nothing was taken back." in heard
    assert heard.count("Verified") == 1
    assert "Nothing was changed:" in world.words("runs", "2", "undo")


@given(st.text())
@example("\x1b[2J")
@example("a\rb\u202ec")
def test_what_is_said_steers_no_terminal(text: str) -> None:
    out = io.StringIO()
    talk = Talk(io.StringIO(text.replace("\n", " ") + "\n"), out)
    talk.say(text)
    talk.verbatim(text)
    talk.ask(text, default=text, empty=text) if text.strip().lower() not in ("?", "help", "back", "quit", "exit") else None
    assert out.getvalue() == shown(out.getvalue(), keep_newlines=True)


@given(st.lists(st.text(min_size=1), max_size=60), st.lists(st.text(max_size=6), max_size=8), st.booleans(), st.booleans())
def test_a_choice_is_one_of_the_list_or_what_was_typed(names: list[str], answers: list[str], typed: bool, opens: bool) -> None:
    options = [Option(name, name) for name in names]
    talk = Talk(io.StringIO("".join(f"{answer.splitlines()[0] if answer.splitlines() else ''}\n" for answer in answers)), io.StringIO())
    with suppress(Back, Quit, NoMoreAnswers):
        match choose(talk, "Which", options, typed=typed, opens=opens):
            case str():
                assert typed
            case Opened(option=option):
                assert opens
                assert option in options
            case option:
                assert option in options


def test_several_are_chosen_by_number_and_name() -> None:
    options = [Option(each, each) for each in ("read", "write", "delete")]

    def chosen(*answers: str) -> tuple[str, ...]:
        return choose_many(Talk(io.StringIO("".join(f"{each}\n" for each in answers)), io.StringIO()), "Access", options, ("read",))

    assert chosen("") == ("read",)
    assert chosen("none") == ()
    assert chosen("3, write, 3") == ("delete", "write")
    assert chosen("fly", "writ", "list", "more", "1") == ("read",)


def test_a_line_without_end_is_no_answer_without_end() -> None:
    talk = Talk(io.StringIO("x" * 100_000 + "\nnext\n"), io.StringIO())
    assert len(talk.ask("Name").text) <= 20_000
    assert talk.ask("Name").text == "next"


def test_without_any_input_the_answers_have_ended() -> None:
    with pytest.raises(NoMoreAnswers):
        choose_one(Talk(None, io.StringIO()), "Which", [Option("a", "a")], default="a")


def test_the_steps_are_those_of_the_full_screen(world: World) -> None:
    heard = world.words(*CIRCLECI)
    for step in STEPS:
        assert f"Step {step.number} of {len(STEPS)}, {step.title}. {step.question}" in heard


def test_a_migration_is_asked_act_by_act_and_a_stage_wants_the_users_name(world: World) -> None:
    acts = ("propose", "", "start", "", "stage", "5", "", "stage", "5", "ci", "back-stage", "ci", "accept", "", "calendar", "end", "no")
    heard = world.words("migrate", "", "migrate", "ci", "", *acts, "look", "hand-off", "", "menu", "leave")
    user = ["--circleci", "ci"]
    assert [words[1:] for words in world.commands] == [
        [],
        user,
        ["--propose", "setup.json", *user],
        ["--start", "--setup", "setup.json", "--yes", *user],
        ["--stage", "5", "--yes", *user],
        ["--back", "--yes", *user],
        ["--calendar", *user],
        user,
        ["--hand-off", "hand-off", *user],
    ]
    assert heard.count("Nothing was done.") == 2
