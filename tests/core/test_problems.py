"""What is wrong is told in one line, with what to do about it."""

from __future__ import annotations

import pytest

from ciam_tui.core.problems import CiamError, Level, Problem


@pytest.mark.parametrize(
    ("problem", "line"),
    [
        (
            Problem("stages[0].prefix", Level.ERROR, "The prefix begins with a slash.", "Remove it."),
            "stages[0].prefix: The prefix begins with a slash. Remove it.",
        ),
        (Problem("bucket.name", Level.WARNING, "The name has a dot."), "bucket.name: The name has a dot."),
        (Problem("", Level.NOTE, "The file is empty."), "The file is empty."),
    ],
)
def test_a_problem_is_one_line_of_field_text_and_fix(problem: Problem, line: str) -> None:
    assert str(problem) == line


def test_an_error_tells_what_failed_why_and_the_first_thing_to_do() -> None:
    error = CiamError("access-denied", "Roles not read", "iam:ListRoles is denied.", ["Ask for it.", "Use another profile."])
    assert str(error) == "Roles not read: iam:ListRoles is denied. Ask for it."
    assert error.suggestions == ("Ask for it.", "Use another profile.")


def test_an_error_without_suggestions_ends_with_its_reason() -> None:
    assert str(CiamError("unreadable", "File not read", "It is a folder.")) == "File not read: It is a folder."


@pytest.mark.parametrize("level", list(Level))
def test_a_level_is_written_as_its_own_name(level: Level) -> None:
    assert f"{level}" == level.value == level.name.lower()
