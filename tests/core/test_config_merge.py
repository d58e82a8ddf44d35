"""Steps added to a configuration that is there already: what YAML then reads is what it read before, and the addition."""

from __future__ import annotations

import subprocess
from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
import yaml  # type: ignore[import-untyped]  # comes with moto, without types
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.config.merge import Merged, StepWanted, config_diff, merge_config
from ciam_tui.core.export.circleci import export_circleci, step_lines
from ciam_tui.core.export.circleci import project_configs as configs
from ciam_tui.core.export.circleci_recipe import COMMAND, take_role
from tests.core.asking import example_setup
from tests.core.strategies import setups

if TYPE_CHECKING:
    from pathlib import Path

    from hypothesis.strategies import DrawFn

    from ciam_tui.core.setup import Setup

COMMAND_TEXT = take_role()
STEP = "- take-role:\n    role-arn: arn:aws:iam::123456789012:role/x\n"
ADDED = yaml.safe_load(STEP)[0]

BY_HAND = """\
# who to ask: ops
version: 2.1

orbs:
  node: circleci/node@5   # pinned

executors:
  small: &small
    docker: [{image: "cimg/base:current"}]

# What a commit goes through.
# In this order.
jobs:
  build:
    <<: *small
    environment:
      NOTE: "a: # no comment
        jobs:"
      OTHER: it's, [fine
        steps
    steps:
      # all of it
      - checkout     # first
      - run: |
          # steps:
          echo "- checkout"

          echo done
      - run: {name: "x", command: 'echo ''hi'' # no'}
  'deploy':
    docker:
    - image: cimg/aws:2025.01
    steps:
    - attach_workspace:
        at: .
    - aws-cli/install
    - run:
        name: >-
          two
          lines
        command: make deploy

workflows:
  all:
    jobs: [build, {deploy: {requires: [build]}}]
"""


def merged(text: str, *jobs: str) -> Merged:
    return merge_config(text, COMMAND_TEXT, [StepWanted(job, STEP) for job in jobs])


def whys(result: Merged) -> list[str]:
    return [each.why for each in result.by_hand]


def with_steps(config: dict[str, Any], **at: int) -> dict[str, Any]:
    """The configuration with the command, and with the step at its place in each job."""
    wanted = deepcopy(config)
    wanted["commands"] = {**yaml.safe_load(COMMAND_TEXT), **wanted.get("commands", {})}
    for job, place in at.items():
        wanted["jobs"][job]["steps"].insert(place, ADDED)
    return wanted


class TestWhatIsAdded:
    def test_the_command_and_the_steps_stand_where_they_belong_and_all_else_is_as_it_was(self) -> None:
        result = merged(BY_HAND, "build", "deploy")
        assert result.by_hand == ()
        assert yaml.safe_load(result.text) == with_steps(yaml.safe_load(BY_HAND), build=1, deploy=2)

    def test_no_line_is_changed_or_removed(self) -> None:
        diff = config_diff(BY_HAND, merged(BY_HAND, "build", "deploy").text, ".circleci/config.yml")
        assert [line for line in diff.splitlines()[2:] if line.startswith("-")] == []

    def test_the_command_stands_above_the_comment_of_the_jobs(self) -> None:
        text = merged(BY_HAND, "build").text
        assert text.index("commands:\n  take-role:") < text.index("# What a commit") < text.index("\njobs:")

    def test_a_second_time_there_is_nothing_to_add(self) -> None:
        once = merged(BY_HAND, "build", "deploy").text
        assert merged(once, "build", "deploy") == Merged(once, ())

    def test_a_command_goes_first_among_those_that_are_there_in_their_indentation(self) -> None:
        text = BY_HAND.replace("jobs:\n  build", "commands:\n    # mine\n    other:\n        steps: [checkout]\njobs:\n  build", 1)
        result = merged(text, "build")
        assert yaml.safe_load(result.text) == with_steps(yaml.safe_load(text), build=1)
        assert "commands:\n    take-role:\n      description" in result.text

    def test_without_a_checkout_the_step_is_the_first(self) -> None:
        text = "version: 2.1\njobs:\n  a:\n    docker: [{image: x}]\n    steps:\n      - run: make\n"
        assert yaml.safe_load(merged(text, "a").text)["jobs"]["a"]["steps"] == [ADDED, {"run": "make"}]

    @pytest.mark.parametrize("ending", ["\n", "\r\n"])
    def test_a_last_line_without_an_end_gets_one_and_line_ends_stay_as_they_are(self, ending: str, tmp_path: Path) -> None:
        text = ending.join(["version: 2.1", "jobs:", "  a:", "    steps:", "      - checkout"])
        after = merged(text, "a").text
        assert yaml.safe_load(after)["jobs"]["a"]["steps"] == ["checkout", ADDED]
        assert after.count("\n") == after.count(ending)
        (tmp_path / "config.yml").write_bytes(text.encode())
        applied(tmp_path, config_diff(text, after, "config.yml"))
        assert (tmp_path / "config.yml").read_bytes() == after.encode()

    def test_git_applies_the_diff(self, tmp_path: Path) -> None:
        after = merged(BY_HAND, "build", "deploy").text
        (tmp_path / ".circleci").mkdir()
        (tmp_path / ".circleci" / "config.yml").write_text(BY_HAND)
        applied(tmp_path, config_diff(BY_HAND, after, ".circleci/config.yml"))
        assert (tmp_path / ".circleci" / "config.yml").read_text() == after

    @given(setups())
    def test_what_this_tool_exports_has_all_its_steps_already(self, setup: Setup) -> None:
        for file, config in zip([each for each in export_circleci(setup) if "orb" not in each.path], configs(setup), strict=True):
            steps = [StepWanted(job.name, "".join(f"{line}\n" for line in step_lines(setup, job))) for job in config.jobs]
            assert merge_config(file.text, COMMAND_TEXT, steps) == Merged(file.text, ())


def applied(folder: Path, diff: str) -> None:
    subprocess.run(["git", "apply", "-"], cwd=folder, input=diff.encode(), check=True)  # noqa: S607 - git is the user's


class TestWhatIsLeftToDoByHand:
    @pytest.mark.parametrize(
        ("before", "after", "why"),
        [
            ("version: 2.1", "version: 2", "The file is not of version 2.1, the first that has commands."),
            ("version: 2.1\n", "", "The file is not of version 2.1, the first that has commands."),
            ("jobs:\n  build:", "more:\n  build:", "The file has no jobs."),
            ("workflows:", "jobs:", "The file has a key twice."),
            ("orbs:", "commands: {}\norbs:", "Its commands is not written as keys below it, each on a line of its own."),
            ("jobs:\n  build:", "jobs: &jobs\n  build:\n    x: *jobs", "Its jobs is shared with another place by the anchor &jobs."),
            ("  'deploy'", "\t'deploy'", "The file cannot be read with certainty: line 30 is indented by a tab."),
            ("workflows:", "---\nworkflows:", "The file cannot be read with certainty: line 43 begins another document or is a directive."),
            ("- checkout     #", "- checkout \u2028    #", "The file breaks a line by a character other than a line feed."),
            ("orbs:", "commands:\n  take-role:\n    steps: [checkout]\norbs:", "The file has a command take-role that is another."),
            ("orbs:", "? orbs\n:", "The file cannot be read with certainty: line 4 is neither a key nor an item."),
            ("workflows:", "x: 'never\nworkflows:", "The file cannot be read with certainty: line 43 begins a value that never ends."),
            (
                "workflows:",
                "x: 'a' b\nworkflows:",
                "The file cannot be read with certainty: line 43 goes on behind a value that has ended.",
            ),
        ],
    )
    def test_where_the_command_cannot_be_placed_nothing_is(self, before: str, after: str, why: str) -> None:
        text = BY_HAND.replace(before, after, 1)
        assert text != BY_HAND
        result = merged(text, "build", "deploy")
        assert (result.text, whys(result)) == (text, [why])
        by_hand = result.by_hand[0].what
        assert yaml.safe_load(by_hand.partition("\n#")[0])["commands"] == yaml.safe_load(COMMAND_TEXT)
        assert by_hand.count(STEP) == 2

    @pytest.mark.parametrize(
        ("before", "after", "why"),
        [
            ("  build:\n", "  built:\n", "The file has no job build."),
            ("  build:\n", "  build: &b\n    x: *b\n", "The job build is shared with another place by the anchor &b."),
            ("    steps:\n      # all", "    steps: &s\n      # all", "The job build is shared with another place by the anchor &s."),
            ("    steps:\n      # all", "    stops:\n      # all", "The job build has no list of steps of its own."),
            ("    <<: *small", "    steps: *small", "The job build has a key twice."),
            ("- checkout  ", "- take-role: {}", "The job build calls take-role with other parameters."),
        ],
    )
    def test_a_step_that_cannot_be_placed_is_told_and_the_others_are_placed(self, before: str, after: str, why: str) -> None:
        text = BY_HAND.replace(before, after, 1).replace("workflows:", "x-more: *s\nworkflows:" if "&s" in after else "workflows:")
        result = merged(text, "build", "deploy")
        assert whys(result) == [why]
        assert result.by_hand[0].what == f"# into the steps of the job build:\n{STEP}"
        assert result.text.count("- take-role:\n      role-arn") == 0
        assert result.text.count("    - take-role:\n        role-arn") == 1

    def test_a_job_takes_one_role(self) -> None:
        result = merged(BY_HAND, "build", "build")
        assert whys(result) == ["The job build takes another role already, and has one at a time."]
        assert result.text == merged(BY_HAND, "build").text

    @pytest.mark.parametrize("steps", ["[checkout, {run: make}]", "*steps", "", "null"])
    def test_steps_that_are_no_list_over_lines_are_left(self, steps: str) -> None:
        text = f"version: 2.1\nx: &steps [checkout]\njobs:\n  a:\n    docker: []\n    steps: {steps}\n"
        assert whys(merged(text, "a")) == ["The job a has no list of steps of its own."]

    @pytest.mark.parametrize(
        "text", ["", "\n# nothing\n", "{version: 2.1, jobs: {}}\n", "- a\n- b\n", "\ufeffversion: 2.1\n", "jobs", "%YAML 1.2\n---\na: 1\n"]
    )
    def test_what_is_no_configuration_is_left(self, text: str) -> None:
        result = merged(text, "a")
        assert result.text == text
        assert len(result.by_hand) == 1

    def test_a_file_that_begins_with_a_byte_order_mark_is_read(self) -> None:
        result = merged("\ufeff---\n" + BY_HAND, "build")
        assert result.by_hand == ()


# Values as people write them, some of which look like structure to a reader that is not careful.
SCALARS = [
    "plain",
    "it's [not",
    'say "hi',
    "a # comment",
    "a#b",
    "http://x/y:z",
    '"quoted: [ # {"',
    "'it''s: }'",
    '"\\" # \\\\"',
    "''",
    "[a, 'b]', {c: \"d}\"}]",
    "{a: [1, 2], b: it's}",
    "{}",
    "*anchor",
    "!tag x",
    "&own x",
    "| # block",
    ">-",
    "|2",
    "",
    "# only a comment",
    "? what",
    "- what",
    "a: b",
]
LINES = [
    "steps:",
    "jobs:",
    "- checkout",
    "- run: |",
    "- run: make",
    "- run:",
    "- - nested",
    "- &item checkout",
    "- *anchor",
    "- take-role:",
    "a: &anchor b",
    "a:",
    "b:",
    "# comment",
    "",
    "continued",
    '"',
    "'",
    "]",
    "} # x",
    "---",
    "...",
    "commands:",
    "x: [a,",
    'x: "a',
    "x: 'a",
    "? a",
    ": b",
    "<<: *anchor",
]


@st.composite
def configurations(draw: DrawFn) -> str:
    """Configurations with anything between the lines that matter, most of them YAML."""
    lines = [
        "version: 2.1",
        "x: &anchor {k: v}",
        "jobs:",
        "  a:",
        "    docker:",
        "      - image: x",
        "    steps:",
        "      - checkout",
        "      - run: make",
    ]
    if draw(st.booleans()):
        lines[7:] = [line[2:] for line in lines[7:]]
    for number in range(draw(st.integers(0, 8))):
        at = draw(st.integers(1, len(lines)))
        # Mostly as far in as the line above or below, where it may belong.
        near = [len(line) - len(line.lstrip(" ")) for line in lines[at - 1 : at + 1]]
        indentation = draw(st.sampled_from([*near, near[0] + 2]))
        values = st.sampled_from(SCALARS)
        text = draw(st.one_of(values.map(f"k{number}: {{}}".format), values.map("- {}".format), st.sampled_from(LINES)))
        more = [*lines[:at], (" " * indentation + text).rstrip(" "), *lines[at:]]
        # Now and then a line that needs the next to be YAML again.
        if parsed("\n".join(more)) is not None or draw(st.integers(0, 9)) == 0:
            lines = more
    return "\n".join(lines) + draw(st.sampled_from(["", "\n", "\n\n"]))


def parsed(text: str) -> Any:
    """What YAML reads; None where it is no YAML, or holds a key twice, which CircleCI refuses."""
    try:
        tree = yaml.compose(text)
        if tree is None or has_doubled_key(tree):
            return None
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, TypeError, RecursionError):
        return None


def has_doubled_key(node: Any) -> bool:
    if isinstance(node, yaml.MappingNode):
        keys = [key.value for key, _ in node.value if isinstance(key, yaml.ScalarNode)]
        return len(set(keys)) != len(keys) or any(has_doubled_key(each) for pair in node.value for each in pair)
    return isinstance(node, yaml.SequenceNode) and any(has_doubled_key(each) for each in node.value)


@given(configurations())
def test_whatever_a_file_holds_it_is_added_to_rightly_or_not_at_all(text: str) -> None:
    before = parsed(text)
    result = merged(text, "a")
    if before is None or result.text == text:
        return
    after = yaml.safe_load(result.text)
    wanted = with_steps(before)
    if not result.by_hand:
        steps = before["jobs"]["a"]["steps"]
        places = [at for at in range(len(steps) + 1) if after["jobs"]["a"]["steps"] == [*steps[:at], ADDED, *steps[at:]]]
        assert places, result.text
        wanted["jobs"]["a"]["steps"] = after["jobs"]["a"]["steps"]
    assert after == wanted


@pytest.mark.parametrize("scalar", SCALARS)
@pytest.mark.parametrize("where", ["top", "job", "item", "item key"])
def test_a_value_of_any_kind_hides_nothing_behind_it(scalar: str, where: str) -> None:
    body = "\n{0}  inner\n" if scalar[:1] in {"|", ">"} else "\n"
    places = {
        "top": f"k: {scalar}{body.format('')}",
        "job": f"    k: {scalar}{body.format('    ')}",
        "item": f"      - {scalar}{body.format('      ')}",
        "item key": f"      - k: {scalar}{body.format('        ')}",
    }
    top, job, item = (places[where] if where.startswith(name) else "" for name in ("top", "job", "item"))
    text = f"version: 2.1\nx: &anchor {{k: v}}\n{top}jobs:\n  a:\n{job}    steps:\n{item}      - checkout\n      - run: make\n"
    before = parsed(text)
    result = merged(text, "a")
    if before is None:
        return
    if result.by_hand:
        assert scalar in {"? what", "- what", "a: b"}, whys(result)
        return
    at = before["jobs"]["a"]["steps"].index("checkout") + 1
    assert yaml.safe_load(result.text) == with_steps(before, a=at)
    assert merged(result.text, "a") == Merged(result.text, ())


def test_the_example_needs_no_hand() -> None:
    setup = example_setup()
    text = "version: 2.1\njobs:\n" + "".join(
        f"  {name}:\n    docker: []\n    steps:\n    - checkout\n" for name in ("build", "test", "deploy")
    )
    (config,) = configs(setup)
    steps = [StepWanted(job.name, "".join(f"{line}\n" for line in step_lines(setup, job))) for job in config.jobs]
    jobs = yaml.safe_load(merge_config(text, COMMAND_TEXT, steps).text)["jobs"]
    assert {name: job["steps"][1][COMMAND]["role-arn"].rpartition("-")[2] for name, job in jobs.items()} == {name: name for name in jobs}
