"""How a command comes by its Setup: a file or standard input, named by the one argument that all such commands have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.commands.files import content_of

if TYPE_CHECKING:
    import argparse

    from ciam_tui.core.setup import SetupFile


def add_setup_argument(parser: argparse.ArgumentParser) -> None:
    """Adds SETUP, as `args.setup`, to a command's arguments."""
    parser.add_argument("setup", metavar="SETUP", help="the Setup file, or - for standard input")


def setup_from(name: str) -> SetupFile:
    """The Setup that the file called `name`, or with `-` standard input, holds.

    Raises:
        SetupInvalid: what was read is not a valid Setup.
        CiamError: it could not be read.
    """
    return setup_in(name, setup_content(name))


def setup_in(name: str, content: bytes) -> SetupFile:
    """The Setup that `content` holds, which was read from `name`; raises as `setup_from`."""
    from ciam_tui.core.saved_plans.file import is_saved_plan
    from ciam_tui.core.setup import read_setup

    if is_saved_plan(content):
        from ciam_tui.core.problems import CiamError

        fix = f"Apply it with `ciam-tui apply {name}`, or name the Setup file that it was made from."
        raise CiamError("saved-plan", "This takes a Setup file", "What was named is a saved plan.", (fix,))
    return read_setup(content)


def setup_content(name: str) -> bytes:
    """What stands in the file called `name`, or on standard input, and one byte more than a Setup may have where it is longer.

    Raises:
        CiamError: it could not be read.
    """
    from ciam_tui.core.setup import SETUP_FILE_BYTES

    missing = "Check the path, or let the wizard write one."
    return content_of(name, SETUP_FILE_BYTES + 1, what="the Setup file", missing=missing)
