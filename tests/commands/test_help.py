"""Help where people look: examples that work under every command's --help, completion in a real shell, faults told in the form asked for."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from ciam_tui.arguments import ROOMS, parsed, parser_for
from ciam_tui.cli import main
from ciam_tui.commands.completion import SHELLS
from ciam_tui.commands.schemas import DOCUMENTS, NAMES, document_schema
from tests.published_schemas import complaints

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.shell import Shell

_EXAMPLE = re.compile(r"ciam-tui(?: (?![|>#]).*?)?(?=$| {2,}\S| [|>] )", re.MULTILINE)


def help_of(command: str, capsys: pytest.CaptureFixture[str]) -> str:
    assert main([command, "--help"]) == 0
    return capsys.readouterr().out


@pytest.mark.parametrize("command", ROOMS)
def test_every_command_has_examples_that_its_parser_takes(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    _, found, after = help_of(command, capsys).partition("\nexamples:\n")
    assert found, "no examples"
    block = re.sub(r"\\\n *", "", re.split(r"\n(?=\S)", after)[0])
    lines = [match[0] for line in block.splitlines() if line.startswith("  ") for match in [_EXAMPLE.search(line)] if match]
    assert any(line.startswith(f"ciam-tui {command}") for line in lines)
    for line in lines:
        parsed(shlex.split(line)[1:])
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("command", DOCUMENTS)
def test_every_command_with_a_document_says_so_and_tells_wrong_usage_in_one(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert "--json" in help_of(command, capsys)
    assert main([command, "--json", "--no-such-option"]) == 2
    said = capsys.readouterr()
    assert complaints(command, said.out) == complaints("error", said.out) == []
    assert json.loads(said.out)["error"]["code"] == "wrong-usage"
    assert "usage: " in said.err


def test_every_command_that_takes_json_has_a_published_schema(capsys: pytest.CaptureFixture[str]) -> None:
    taking = {command for command in ROOMS if "--json" in help_of(command, capsys)} - {"schema"}
    assert taking == set(DOCUMENTS)


@pytest.mark.parametrize("name", NAMES)
def test_the_schemas_are_printed_and_refuse_what_they_do_not_know(name: str, shell: Shell) -> None:
    assert json.loads(shell("schema", name).out) == document_schema(name)
    assert complaints(name, '{"ok": true, "anything": 1}')


@pytest.mark.parametrize("words", [["apply", "s.json"], ["undo", "last"]])
def test_off_a_terminal_nothing_is_asked_and_nothing_is_read(words: list[str], shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    said = shell(*words, "--json")
    assert (said.code, said.document["error"]["code"]) == (2, "nobody-to-ask")


def test_bash_completes_commands_options_and_choices(tmp_path: Path, shell: Shell) -> None:
    script = tmp_path / "completion"
    script.write_text(shell("completion", "bash").out, encoding="utf-8")
    typed = ["ciam-tui rem", "ciam-tui remove --stal", "ciam-tui completion fi", "ciam-tui schema app"]
    asked = "\n".join(
        f'COMP_WORDS=({line}); COMP_CWORD=$(( ${{#COMP_WORDS[@]}} - 1 )); COMPREPLY=(); $function; echo "${{COMPREPLY[@]}}"'
        for line in typed
    )
    function = "function=$(complete -p ciam-tui | sed 's/.*-F \\([^ ]*\\) .*/\\1/')"
    said = subprocess.run(
        ["bash", "--norc", "-c", f"source {shlex.quote(str(script))}\n{function}\n{asked}"],  # noqa: S607 - whichever bash there is
        capture_output=True,
        text=True,
        check=True,
        timeout=300,
    )
    assert [line.split() for line in said.stdout.splitlines()] == [["remove"], ["--stale"], ["fish"], ["apply"]]


@pytest.mark.parametrize("name", SHELLS)
def test_every_shells_script_is_one_that_the_shell_reads(name: str, tmp_path: Path, shell: Shell) -> None:
    text = shell("completion", name).out
    assert all(command in text for command in ROOMS)
    found = shutil.which(name)
    if found is not None:
        script = tmp_path / "completion"
        script.write_text(text, encoding="utf-8")
        subprocess.run([found, "-n", str(script)], check=True, timeout=300)


def test_the_parser_of_all_commands_is_what_completion_is_made_of() -> None:
    assert all(command in parser_for(None).format_help() for command in ROOMS)
