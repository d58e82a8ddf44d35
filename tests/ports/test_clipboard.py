from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from ciam_tui.ports import clipboard
from ciam_tui.ports.clipboard import SystemClipboard
from ciam_tui.ports.clock import SystemClock

if TYPE_CHECKING:
    from pathlib import Path

TEXT = '{\n  "bucket": "bücket"\n}\n'


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what a test puts there, and no desktop."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "SSH_CONNECTION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(clipboard, "_SECONDS", 180)  # on a busy machine even a shell takes its time
    return folder


def program(folder: Path, name: str, ending: str = "") -> Path:
    """A program that keeps its arguments and its input; the file it keeps them in."""
    kept = folder / f"{name}.kept"
    (folder / name).write_text(f'#!/bin/sh\n{{ echo "$@"; /bin/cat; }} > {kept}\n{ending}\n')
    (folder / name).chmod(0o755)
    return kept


def test_without_a_program_nothing_is_copied_and_that_is_said(programs: Path) -> None:
    assert SystemClipboard().copy(TEXT) is False


@pytest.mark.parametrize(
    ("name", "desktop", "arguments"),
    [
        ("pbcopy", None, ""),
        ("wl-copy", "WAYLAND_DISPLAY", ""),
        ("xclip", "DISPLAY", "-selection clipboard"),
        ("xsel", "DISPLAY", "--clipboard --input"),
    ],
)
def test_the_program_of_the_desktop_gets_the_text(
    programs: Path, monkeypatch: pytest.MonkeyPatch, name: str, desktop: str | None, arguments: str
) -> None:
    kept = program(programs, name)
    if desktop:
        assert SystemClipboard().copy(TEXT) is False, "there is no desktop to talk to"
        monkeypatch.setenv(desktop, ":0")
    assert SystemClipboard().copy(TEXT) is True
    assert kept.read_text(encoding="utf-8") == f"{arguments}\n{TEXT}"


def test_windows_gets_its_own_encoding(programs: Path) -> None:
    kept = program(programs, "clip.exe")
    assert SystemClipboard().copy(TEXT) is True
    assert kept.read_bytes() == b"\n" + TEXT.encode("utf-16-le")


def test_a_program_that_fails_makes_way_for_the_next(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DISPLAY", ":0")
    program(programs, "xclip", ending="exit 1")
    assert SystemClipboard().copy(TEXT) is False
    kept = program(programs, "xsel")
    assert SystemClipboard().copy(TEXT) is True
    assert TEXT in kept.read_text(encoding="utf-8")


def test_a_program_that_hangs_or_does_not_start_has_copied_nothing(programs: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clipboard, "_SECONDS", 0.1)
    (programs / "pbcopy").write_text("#!/bin/sh\nexec /bin/sleep 5\n")
    (programs / "clip.exe").write_text("#!/nowhere/at/all\n")
    for name in ("pbcopy", "clip.exe"):
        (programs / name).chmod(0o755)
    assert SystemClipboard().copy(TEXT) is False


def test_half_a_surrogate_pair_does_not_stop_the_copy(programs: Path) -> None:
    kept = program(programs, "pbcopy")
    assert SystemClipboard().copy("a\ud800b") is True
    assert kept.read_text() == "\na?b"


def test_the_clock_tells_utc_and_waits() -> None:
    clock = SystemClock()
    began = clock.now()
    assert began.tzinfo is UTC
    assert abs(began - datetime.now(UTC)) < timedelta(minutes=5)
    clock.sleep(0.01)
    assert clock.now() - began >= timedelta(seconds=0.01)


@pytest.mark.parametrize("name", ["pbcopy", "clip.exe"])
def test_over_ssh_the_desktop_of_the_far_machine_is_no_clipboard_of_the_person(
    programs: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    kept = program(programs, name)
    monkeypatch.setenv("SSH_CONNECTION", "10.0.0.1 50022 10.0.0.2 22")
    assert SystemClipboard().copy(TEXT) is False
    assert not kept.exists()
    monkeypatch.delenv("SSH_CONNECTION")
    assert SystemClipboard().copy(TEXT) is True
