"""How a command comes by its Setup: a file or standard input, read to a limit, and every way that can fail said in one sentence."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from ciam_tui.core.problems import CiamError
    from ciam_tui.core.setup import SetupFile

STANDARD_INPUT = "-"


def add_setup_argument(parser: argparse.ArgumentParser) -> None:
    """Adds SETUP, as `args.setup`, to a command's arguments."""
    parser.add_argument("setup", metavar="SETUP", help="the Setup file, or - for standard input")


def setup_from(name: str) -> SetupFile:
    """The Setup that the file called `name`, or with `-` standard input, holds.

    Raises:
        SetupInvalid: what was read is not a valid Setup.
        CiamError: it could not be read.
    """
    from ciam_tui.core.setup import SETUP_FILE_BYTES, read_setup

    return read_setup(_content(name, SETUP_FILE_BYTES + 1))


def _content(name: str, limit: int) -> bytes:
    """At most `limit` bytes: a device or a mistaken 10 GB are not read to their end to be refused."""
    try:
        if name == STANDARD_INPUT:
            if sys.stdin is None:
                raise _unreadable("There is no standard input.", "Name a file.")
            return sys.stdin.buffer.read(limit)
        with open(name, "rb") as file:  # noqa: PTH123 - the name is shown as it was typed, which a Path would tidy up
            return file.read(limit)
    except FileNotFoundError:
        raise _unreadable(f'There is no file "{name}".', "Check the path, or let the wizard write one.") from None
    except IsADirectoryError:
        raise _unreadable(f'"{name}" is a directory.', "Name the Setup file in it.") from None
    except PermissionError:
        raise _unreadable(f'You may not read "{name}".', "Ask its owner for leave to read it.") from None
    except OSError as error:
        raise _unreadable(f'"{name}" cannot be read: {error.strerror or type(error).__name__}.', "Check the path.") from None


def _unreadable(message: str, fix: str) -> CiamError:
    from ciam_tui.core.problems import CiamError

    return CiamError("file-unreadable", "Cannot read the Setup file", message, (fix,))
