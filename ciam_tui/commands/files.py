"""How a command reads a file that somebody named, or standard input: to a limit, and every way that can fail said in one sentence."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ciam_tui.core.problems import CiamError

STANDARD_INPUT = "-"


def content_of(name: str, limit: int, *, what: str = "the file", missing: str = "Check the path.") -> bytes:
    """At most `limit` bytes of the file called `name`: a device or a mistaken 10 GB are not read to their end to be refused.

    `what` names it within a message, and `missing` says what to do where there is none.

    Raises:
        CiamError: it could not be read.
    """

    def unreadable(message: str, fix: str) -> CiamError:
        from ciam_tui.core.problems import CiamError

        return CiamError("file-unreadable", f"Cannot read {what}", message, (fix,))

    try:
        if name == STANDARD_INPUT:
            if sys.stdin is None:
                raise unreadable("There is no standard input.", "Name a file.")
            return sys.stdin.buffer.read(limit)
        with open(name, "rb") as file:  # noqa: PTH123 - the name is shown as it was typed, which a Path would tidy up
            return file.read(limit)
    except FileNotFoundError:
        raise unreadable(f'There is no file "{name}".', missing) from None
    except IsADirectoryError:
        raise unreadable(f'"{name}" is a directory.', "Name the file in it.") from None
    except PermissionError:
        raise unreadable(f'You may not read "{name}".', "Ask its owner for leave to read it.") from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise unreadable(f'"{name}" cannot be read: {reason or type(error).__name__}.', "Check the path.") from None


def text_of(name: str, limit: int, *, what: str = "the file") -> str:
    """The same as text, refused where it is longer than `limit` bytes or not UTF-8; a byte order mark is left out.

    Raises:
        CiamError: it could not be read, is larger, or is no text.
    """
    from ciam_tui.core.problems import CiamError

    content = content_of(name, limit + 1, what=what)
    if len(content) > limit:
        raise CiamError("file-unreadable", f"Cannot read {what}", f"It is larger than {limit} bytes.", ("Name another file.",))
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise CiamError("file-unreadable", f"Cannot read {what}", "It is not UTF-8 text.", ("Save it as UTF-8.",)) from None
