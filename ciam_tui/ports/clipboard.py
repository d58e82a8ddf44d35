"""The clipboard of the desktop, by the program that the system has for it, and the truth about whether it worked.

"Copied" is said only after such a program took the text. Where none is there, as over SSH, the caller may still send the text to the terminal
(OSC 52), which never answers: that is told as sent, not as copied.
"""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_SECONDS = 2  # a program that waits for a display that does not answer


class SystemClipboard:
    """`Clipboard` by the first program that takes the text."""

    def copy(self, text: str) -> bool:
        """Whether a program of the system took `text`."""
        return any(_took(command, text) for command in _commands())


def _commands() -> Iterator[list[str]]:
    """The programs that are there and have a desktop to talk to, each with its arguments."""
    wayland, x11 = bool(os.environ.get("WAYLAND_DISPLAY")), bool(os.environ.get("DISPLAY"))
    is_here = not os.environ.get("SSH_CONNECTION")  # else the desktop of this machine is not the one that the person sits at
    for usable, name, *arguments in (
        (is_here, "pbcopy"),
        (wayland, "wl-copy"),
        (x11, "xclip", "-selection", "clipboard"),
        (x11, "xsel", "--clipboard", "--input"),
        (is_here, "clip.exe"),  # Windows' own, seen from WSL
    ):
        program = shutil.which(name) if usable else None
        if program is not None:
            yield [program, *arguments]


def _took(command: list[str], text: str) -> bool:
    # clip.exe takes UTF-16; the others take what the desktop speaks, which is UTF-8. Half a surrogate pair has no encoding and becomes `?`.
    encoding = "utf-16-le" if command[0].endswith("clip.exe") else "utf-8"
    try:
        # Nothing is captured: xclip and wl-copy leave a child behind that would hold the pipe open.
        done = subprocess.run(
            command,
            input=text.encode(encoding, "replace"),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.SubprocessError):
        return False
    return done.returncode == 0
