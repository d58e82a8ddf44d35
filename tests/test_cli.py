"""The way in: flags on either side of a command, and one line for everything that can go wrong."""

from __future__ import annotations

import io
import os
import pty
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

import pytest

from ciam_tui import __version__, arguments, cli
from ciam_tui.core.problems import CiamError
from ciam_tui.terminal import why_no_full_screen

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    Run = Callable[[argparse.Namespace], int]

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"


@pytest.fixture
def command(monkeypatch: pytest.MonkeyPatch) -> Callable[[Run], None]:
    """Make `ciam-tui try [FILE]` do what a test says, and leave no other command."""

    def install(run: Run) -> None:
        def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
            parser = commands.add_parser("try", help="what the test says")
            parser.add_argument("file", nargs="?")
            parser.set_defaults(run=run)

        room = ModuleType("room_of_the_test")
        room.register = register  # type: ignore[attr-defined]  # a module takes any attribute
        monkeypatch.setitem(sys.modules, room.__name__, room)
        monkeypatch.setattr(arguments, "ROOMS", {"try": room.__name__})

    return install


def raising(error: BaseException) -> Run:
    def run(_: argparse.Namespace) -> int:
        raise error

    return run


def recording(seen: list[argparse.Namespace], code: int = 0) -> Run:
    def run(args: argparse.Namespace) -> int:
        seen.append(args)
        return code

    return run


def ciam_tui(*words: str, stdin: str = "", **environ: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "ciam_tui", *words], input=stdin, capture_output=True, text=True, env=os.environ | environ, check=False
    )


@pytest.mark.parametrize("words", [["--version"], ["--version", "--read-only"], ["--profile", "prod", "--version"]])
def test_the_version_is_one_line(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(words) == 0
    assert capsys.readouterr().out == f"ciam-tui {__version__}\n"


def test_help_names_every_command_and_the_exit_codes(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    text = capsys.readouterr().out
    assert "Exit codes" in text
    assert [name for name in arguments.ROOMS if f"\n    {name} " not in text] == []


def test_every_room_with_commands_is_known() -> None:
    rooms = Path(cli.__file__).parent / "commands"
    with_commands = {
        f"ciam_tui.commands.{path.stem}" for path in rooms.glob("*.py") if "\ndef register(" in path.read_text(encoding="utf-8")
    }
    assert with_commands == set(arguments.ROOMS.values()), "name its commands in ciam_tui/arguments.py"


@pytest.mark.parametrize("name", sorted(arguments.ROOMS))
def test_every_command_has_its_own_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([name, "--help"]) == 0
    assert f"usage: ciam-tui {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", sorted(arguments.ROOMS))
def test_a_command_costs_the_import_of_its_own_room_alone(name: str) -> None:
    program = f"import sys\nfrom ciam_tui.cli import main\nmain([{name!r}, '--help'])\nprint(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    loaded = set(done.stderr.split())
    assert {room for room in arguments.ROOMS.values() if room in loaded} == {arguments.ROOMS[name]}
    assert loaded & {"boto3", "textual", "pydantic"} == set()


COMMON = ["--profile", "prod", "--region", "eu-west-1", "--plain", "--read-only", "--state-dir", "state"]


@pytest.mark.parametrize(
    "words", [[*COMMON, "try", "x"], ["try", *COMMON, "x"], ["try", "x", *COMMON], [*COMMON[:4], "try", "x", *COMMON[4:]]]
)
def test_the_common_flags_are_taken_on_either_side_of_a_command(words: list[str], command: Callable[[Run], None]) -> None:
    seen: list[argparse.Namespace] = []
    command(recording(seen))
    assert cli.main(words) == 0
    args = seen[0]
    assert (args.profile, args.region, args.plain, args.read_only, args.state_dir, args.file) == (
        "prod",
        "eu-west-1",
        True,
        True,
        Path("state"),
        "x",
    )


def test_flags_that_nobody_typed_are_none_or_false(command: Callable[[Run], None]) -> None:
    seen: list[argparse.Namespace] = []
    command(recording(seen, code=3))
    assert cli.main(["try"]) == 3
    assert {name: value for name, value in vars(seen[0]).items() if name in arguments.UNTYPED and name != "run"} == {
        name: value for name, value in arguments.UNTYPED.items() if name != "run"
    }


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["check", "setup.json"], "check"),
        (["--profile", "check", "plan", "setup.json"], "plan"),
        (["--bogus", "check"], "check"),
        (["--read-only", "--help"], None),
        (["--profile"], None),
        ([], None),
    ],
)
def test_the_command_is_known_before_any_room_is_imported(words: list[str], name: str | None) -> None:
    assert arguments.command_in(words) == name


@pytest.mark.parametrize(
    "words", [["no-such-command"], ["try", "x", "--bogus"], ["--prof", "x", "try"], ["try", "--profile"], ["try", "a\x1b[2J", "b\x1b[2J"]]
)
def test_wrong_usage_is_told_with_the_usage_and_exit_code_2(
    words: list[str], command: Callable[[Run], None], capsys: pytest.CaptureFixture[str]
) -> None:
    command(lambda _: 0)
    assert cli.main(words) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("usage: ciam-tui")
    assert "\x1b" not in printed.err


def test_a_problem_is_one_line_with_what_to_do(command: Callable[[Run], None], capsys: pytest.CaptureFixture[str]) -> None:
    command(raising(CiamError("denied", "Roles not read", "iam:ListRoles\nis denied for \x1b[2Jbob.", ["Ask for it.", "Or leave it."])))
    assert cli.main(["try"]) == 1
    assert capsys.readouterr() == ("", "ciam-tui: Roles not read: iam:ListRoles is denied for \\x1b[2Jbob. Ask for it.\n")


def test_a_refusal_of_the_system_is_one_line(command: Callable[[Run], None], capsys: pytest.CaptureFixture[str]) -> None:
    command(raising(PermissionError(13, "Permission denied", "/etc/x")))
    assert cli.main(["try"]) == 1
    assert capsys.readouterr().err == "ciam-tui: The system refused: /etc/x: Permission denied.\n"


def test_an_internal_error_shows_no_traceback_and_no_content(command: Callable[[Run], None], capsys: pytest.CaptureFixture[str]) -> None:
    command(raising(ValueError(SECRET)))
    assert cli.main(["try"]) == 1
    told = capsys.readouterr().err
    assert told.count("\n") == 1
    assert "--debug FILE" in told
    assert SECRET not in told


def test_the_details_of_an_internal_error_go_to_the_debug_file_without_secrets(
    command: Callable[[Run], None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    command(raising(ValueError(f"refused with {SECRET}")))
    debug = tmp_path / "debug.log"
    assert cli.main(["try", "--debug", str(debug)]) == 1
    assert str(debug) in capsys.readouterr().err
    kept = debug.read_text(encoding="utf-8")
    assert "Traceback" in kept
    assert "ValueError: refused with" in kept
    assert SECRET not in kept
    assert debug.stat().st_mode & 0o777 == 0o600


def test_a_debug_file_that_cannot_be_written_is_told_before_anything_is_done(
    command: Callable[[Run], None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    done: list[argparse.Namespace] = []
    command(recording(done))
    assert cli.main(["try", "--debug", str(tmp_path)]) == 1
    assert done == []
    assert "Is a directory" in capsys.readouterr().err


def test_an_interrupted_command_ends_with_130(command: Callable[[Run], None]) -> None:
    command(raising(KeyboardInterrupt()))
    assert cli.main(["try"]) == 130


def test_a_character_that_the_output_lacks_is_printed_as_an_escape(command: Callable[[Run], None], monkeypatch: pytest.MonkeyPatch) -> None:
    output = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(output, encoding="ascii"))

    def run(_: argparse.Namespace) -> int:
        sys.stdout.write("✓ bücket\n")
        return 0

    command(run)
    assert cli.main(["try"]) == 0
    assert output.getvalue() == b"\\u2713 b\\xfccket\n"


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="only Linux has a device that is always full")
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_full_disk_under_the_output_is_told(unbuffered: str) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "ciam_tui", "--version"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    assert done.returncode == 1
    assert done.stderr == "ciam-tui: The output could not be written: No space left on device. Make room, or write it elsewhere.\n"


@pytest.mark.parametrize("words", [["--version"], ["--help"]])
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_a_reader_that_went_away_is_no_reason_to_complain(words: list[str], unbuffered: str) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "ciam_tui", *words],
            stdout=writer,
            stderr=subprocess.PIPE,
            env=os.environ | {"PYTHONUNBUFFERED": unbuffered},
            check=False,
        )
    finally:
        os.close(writer)
    assert done.stderr == b""
    assert done.returncode in {0, 1}


def test_without_any_output_the_exit_code_still_tells() -> None:
    program = f"exec {sys.executable} -m ciam_tui --version >&- 2>&-"
    assert subprocess.run(["/bin/sh", "-c", program], check=False).returncode == 0


@pytest.mark.parametrize(
    ("environ", "flags", "reason"),
    [
        ({"TERM": "xterm"}, {}, None),
        ({"TERM": "xterm", "ACCESSIBLE": "0"}, {}, None),
        ({"TERM": "xterm"}, {"plain": True}, "--plain"),
        ({"TERM": "xterm", "ACCESSIBLE": "1"}, {}, "ACCESSIBLE"),
        ({"TERM": "dumb"}, {}, "TERM=dumb"),
        ({"TERM": "xterm"}, {"stdout_is_terminal": False}, "output"),
        ({"TERM": "xterm"}, {"stdin_is_terminal": False}, "input"),
    ],
)
def test_the_full_screen_is_for_a_terminal_that_can_carry_it(environ: dict[str, str], flags: dict[str, bool], reason: str | None) -> None:
    why = why_no_full_screen(environ, **{"plain": False, "stdin_is_terminal": True, "stdout_is_terminal": True} | flags)
    assert why is None if reason is None else why is not None and reason in why


@pytest.mark.parametrize("words", [[], ["--plain"], ["--read-only", "--profile", "prod"]])
def test_the_wizard_off_a_terminal_asks_by_lines_and_says_when_the_answers_end(words: list[str]) -> None:
    done = ciam_tui(*words)
    assert done.returncode == 1
    assert "What do you want to do?" in done.stdout
    assert done.stderr == "ciam-tui: The answers ended: the input has no more lines. End them with quit.\n"


def test_plain_is_asked_for_on_a_terminal_too() -> None:
    controller, terminal = pty.openpty()
    try:
        os.write(controller, b"quit\n")
        done = subprocess.run(
            [sys.executable, "-m", "ciam_tui", "--plain"], stdin=terminal, stdout=subprocess.PIPE, stderr=terminal, text=True, check=False
        )
    finally:
        os.close(terminal)
        os.close(controller)
    assert done.returncode == 0
    assert done.stdout.startswith("ciam-tui, plain mode (--plain). LIVE.\n")
