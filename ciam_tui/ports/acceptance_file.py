"""Puts the file of accepted findings on the disk: whole or not at all, and never in the place of something that was not read before."""

from __future__ import annotations

from secrets import token_hex
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from pathlib import Path


def write_acceptances(path: Path, text: str, *, instead_of: bytes | None) -> None:
    """`text` as the file `path`, in the place of `instead_of`, which was read from it; None says that there was no file.

    Raises:
        CiamError: `file-changed`, where something else is there by now; `file-unwritable`.
    """
    try:
        if instead_of is None:
            _make(path, text.encode())
            return
        real = path.resolve(strict=True)  # what a link leads to, so that the link stays one
        if real.read_bytes() != instead_of:
            raise _changed(path)
        beside = real.with_name(f".{real.name}.{token_hex(8)}.tmp")
        try:
            beside.write_bytes(text.encode())
            beside.chmod(real.stat().st_mode & 0o777)
            beside.replace(real)
        finally:
            beside.unlink(missing_ok=True)
    except FileExistsError:
        raise _changed(path) from None
    except OSError as error:
        fix = "Name a file in a folder that you may write to and that has room."
        message = f'"{path}" cannot be written: {error.strerror or type(error).__name__}.'
        raise CiamError("file-unwritable", "Cannot write the accepted findings", message, (fix,)) from None


def _make(path: Path, content: bytes) -> None:
    """The new file, or none: half of one would be refused by every command from then on."""
    with path.open("xb") as file:
        try:
            file.write(content)
            file.flush()
        except BaseException:
            path.unlink(missing_ok=True)
            raise


def _changed(path: Path) -> CiamError:
    message = f'"{path}" has changed while the findings were looked for.'
    return CiamError("file-changed", "Nothing was written", message, ("Run the command again.",))
