"""Opens the link in the person's browser without telling it to everybody on the machine.

A browser is started with what it shall open as an argument, and any user of the machine can read the arguments of any process. So the browser is
given a file that only its owner may read, and the file leads to the link.
"""

from __future__ import annotations

import html
import os
import webbrowser
from threading import Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_PAGE = """<!DOCTYPE html>
<meta charset="utf-8"><meta name="referrer" content="no-referrer"><meta http-equiv="refresh" content="0; url={link}">
<title>ciam-tui</title><a href="{link}">Open the wizard</a>
"""


def open_in_browser(link: str, folder: Path, say: Callable[[str], None]) -> Thread:
    """Have a browser open `link` by way of a file in `folder`, which is the owner's alone; where there is none, say so."""
    path = folder / "open.html"
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(_PAGE.format(link=html.escape(link)))
    thread = Thread(target=_open, args=(path, say), name="open-browser", daemon=True)  # some browsers return when they are closed
    thread.start()
    return thread


def _open(path: Path, say: Callable[[str], None]) -> None:
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        browser = None
    # A browser of the terminal would take this terminal, and draws no wizard.
    in_the_terminal = type(browser) is webbrowser.GenericBrowser and "BROWSER" not in os.environ
    if browser is None or in_the_terminal or not browser.open(path.as_uri()):
        say("No browser could be started: open the link by hand.")
