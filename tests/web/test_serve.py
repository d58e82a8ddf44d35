"""`ciam-tui serve` as a process: what it prints, what it hands on, and that neither Ctrl+C nor a kill leaves a wizard or a loose end behind."""

from __future__ import annotations

import os
import re
import signal
import stat
import subprocess
import sys
import webbrowser
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import pytest

from ciam_tui import terminal
from ciam_tui.arguments import parsed
from ciam_tui.cli import main
from ciam_tui.commands.serve import program, wizards_words
from ciam_tui.web import opening, serving
from tests.web.tab import Tab
from tests.web.waiting import PATIENCE_SECONDS, children_of, until_it_ended

if TYPE_CHECKING:
    from collections.abc import Iterator

LINK = re.compile(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{43}\n")


@contextmanager
def serve(*words: str) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-m", "ciam_tui", *words], stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def line_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline()


def rest_of(process: subprocess.Popen[str]) -> tuple[str, str]:
    """What is still said on both streams, until the end."""
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdout.read(), process.stderr.read()


def seen_by_everybody(pid: int) -> bytes:
    """What `ps` shows of a process, and its environment."""
    return b"".join(Path(f"/proc/{pid}/{name}").read_bytes() for name in ("cmdline", "environ"))


@pytest.mark.parametrize(
    "number", [signal.SIGHUP, *(pytest.param(each, marks=pytest.mark.long) for each in (signal.SIGINT, signal.SIGTERM))]
)
def test_it_prints_the_link_alone_and_ends_well_when_told_to(number: signal.Signals) -> None:
    with serve("serve") as process:
        link = line_of(process)
        assert LINK.fullmatch(link)
        process.send_signal(number)
        assert process.wait(PATIENCE_SECONDS) == 0
        out, err = rest_of(process)
    assert out == ""
    assert err.splitlines() == [
        "Open this link in a browser on this machine within 10 minutes. It is good once. Ctrl+C ends the wizard, with the draft saved."
    ]


@pytest.mark.parametrize("number", [signal.SIGINT, pytest.param(signal.SIGKILL, marks=pytest.mark.long)])
async def test_the_wizard_is_drawn_takes_keys_and_ends_with_the_server(number: signal.Signals, tmp_path: Path) -> None:
    """Killed, the server can tell the wizard nothing: it ends by itself, and its draft is saved too."""
    state = tmp_path / "a state; with 'a name"
    with serve("--profile", "no such; profile", "serve", "--state-dir", str(state)) as process:
        link = line_of(process).strip()
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            tab = Tab(session, link)
            await tab.open()
            await tab.until("no such; profile")
            await tab.until("New set-up")
            (wizard,) = children_of(process.pid)
            assert link.partition("=")[2].encode() not in seen_by_everybody(wizard)
            await tab.press("\r")
            await tab.until("1 of 6")
            process.send_signal(number)
            assert process.wait(PATIENCE_SECONDS) == (0 if number == signal.SIGINT else -number)
            await until_it_ended(wizard)
    assert [path.name for path in state.rglob("draft*")] == ["draft.json"]


@pytest.mark.long
async def test_leaving_the_wizard_leaves_the_server_for_the_next_one() -> None:
    with serve("serve") as process:
        async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
            tab = Tab(session, line_of(process).strip())
            await tab.open()
            await tab.until("New set-up")
            await tab.press("\x11")
            while (said := await tab.page.receive(PATIENCE_SECONDS)).type is aiohttp.WSMsgType.BINARY:
                pass
            assert (tab.page.close_code, said.extra) == (4000, "You have left the wizard. The draft is saved.")
        assert process.poll() is None
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_SECONDS) == 0
        assert "Traceback" not in rest_of(process)[1]


def test_a_link_that_nobody_opens_ends_the_server_with_a_sentence() -> None:
    unopened = "from ciam_tui.web.serving import serve; serve([], port=0, show=print, say=print, link_seconds=0.06)"
    said = subprocess.run([sys.executable, "-c", unopened], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert LINK.fullmatch(said.stdout)
    assert said.stderr.splitlines()[-1].endswith("Nobody opened the link: it was good for 0.001 minutes. Start `ciam-tui serve` again.")


@contextmanager
def wizard() -> Iterator[subprocess.Popen[bytes]]:
    """The wizard as a server starts it, once it is drawn."""
    pipe = subprocess.PIPE
    environment = os.environ | {terminal.DRIVER_VARIABLE: terminal.SERVED_DRIVER}
    with subprocess.Popen(program([]), stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL, env=environment) as process:
        assert process.stdout is not None
        try:
            seen = b""
            while b"New set-up" not in seen:
                piece = process.stdout.read1()  # type: ignore[attr-defined]  # a pipe that is read is buffered
                assert piece, seen
                seen += piece
            yield process
        finally:
            process.kill()


def test_a_wizard_to_which_nobody_can_speak_leaves() -> None:
    with wizard() as process:
        assert process.stdin is not None
        process.stdin.close()
        process.stdin = None
        process.communicate(timeout=PATIENCE_SECONDS)
        assert process.returncode == 0


@pytest.mark.long
def test_a_wizard_that_nobody_sees_leaves() -> None:
    with wizard() as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdout.close()
        key = b"\x1bOP"
        process.stdin.write(b"D" + len(key).to_bytes(4, "big") + key)
        process.stdin.flush()
        assert process.wait(PATIENCE_SECONDS) == 0


# --- what is typed ----------------------------------------------------------------------------------------------------------------------

HANDED_ON = [
    ("serve", []),
    ("serve --demo --port 8000 --open", ["demo"]),
    ("--read-only serve", ["--read-only"]),
    ("serve --profile prod --region eu-west-1", ["--profile=prod", "--region=eu-west-1"]),
    ("serve --profile=--read-only", ["--profile=--read-only"]),
    (
        "serve --circleci-host https://c.example --state-dir s --debug d",
        ["--circleci-host=https://c.example", "--state-dir=s", "--debug=d"],
    ),
]


@pytest.mark.parametrize(("typed", "words"), HANDED_ON)
def test_flags_are_handed_on_and_mean_the_same_to_the_wizard(typed: str, words: list[str]) -> None:
    args = parsed(typed.split())
    assert wizards_words(args) == words
    there = parsed(words)
    for name in ("profile", "region", "circleci_host", "state_dir", "debug", "read_only"):
        assert getattr(there, name) == getattr(args, name)
    assert program(words)[-len(words) :] == words or not words


def test_the_program_is_found_however_it_was_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("json.py").write_text("raise SystemExit('a module of the folder that one happens to be in')", encoding="utf-8")
    said = subprocess.run(program(["--version"]), capture_output=True, text=True, check=True)
    assert said.stdout.startswith("ciam-tui ")


WRONG = [
    (["serve", "--port", "x"], "a port is a number from 0 to 65535"),
    (["serve", "--port", "65536"], "a port is a number from 0 to 65535"),
    (["serve", "--port", "-1"], "a port is a number from 0 to 65535"),
    (["serve", "--host", "0.0.0.0"], "unrecognized arguments"),  # noqa: S104 - what is refused
    (["serve", "--plain"], "leave --plain out"),
]


@pytest.mark.parametrize(("words", "told"), WRONG, ids=[" ".join(words) for words, _ in WRONG])
def test_wrong_usage_is_told(words: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    said = capsys.readouterr()
    assert told in said.err
    assert said.out == ""


def test_without_the_extra_one_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(serving, "NEEDED_MODULES", ("textual_serve_that_is_not_there",))
    assert main(["serve"]) == 1
    assert capsys.readouterr().err == (
        "ciam-tui: The wizard cannot be served here: it needs textual-serve-that-is-not-there, which the plain installation leaves out. "
        "Run: pip install 'ciam-tui[web]'\n"
    )


def test_a_served_wizard_is_a_full_screen_whatever_its_pipes_and_its_environment_say() -> None:
    environ = {terminal.DRIVER_VARIABLE: terminal.SERVED_DRIVER, "TERM": "dumb", "ACCESSIBLE": "1"}
    assert terminal.why_no_full_screen(environ, plain=False, stdin_is_terminal=False, stdout_is_terminal=False) is None


# --- opening a browser ------------------------------------------------------------------------------------------------------------------


def opened(browser: webbrowser.BaseBrowser | None, folder: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is said when a link is opened in `browser`."""

    def get(_: str | None = None) -> webbrowser.BaseBrowser:
        if browser is None:
            raise webbrowser.Error
        return browser

    said: list[str] = []
    monkeypatch.setattr(webbrowser, "get", get)
    opening.open_in_browser("http://127.0.0.1:1/?token=a&b", folder, said.append).join(PATIENCE_SECONDS)
    return said


class Recording(webbrowser.BaseBrowser):
    def __init__(self, *, works: bool = True) -> None:
        super().__init__("recording")
        self.urls: list[str] = []
        self._works = works

    def open(self, url: str, new: int = 0, autoraise: bool = True) -> bool:  # noqa: ARG002 - as the library calls it
        self.urls.append(url)
        return self._works


def test_a_browser_is_given_a_file_of_the_owners_alone_and_no_token(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = Recording()
    assert opened(browser, tmp_path, monkeypatch) == []
    path = tmp_path / "open.html"
    assert browser.urls == [path.as_uri()]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "url=http://127.0.0.1:1/?token=a&amp;b" in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("browser", [None, Recording(works=False), webbrowser.GenericBrowser("w3m")], ids=["none", "one that fails", "w3m"])
def test_where_no_browser_opens_one_is_told_to_do_it_by_hand(
    browser: webbrowser.BaseBrowser | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert opened(browser, tmp_path, monkeypatch) == ["No browser could be started: open the link by hand."]
