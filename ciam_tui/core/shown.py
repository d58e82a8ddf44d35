"""Outside text made visible: what a bucket, a branch or an error message may contain never reaches a terminal as an instruction.

Names from outside may hold escape sequences, carriage returns, or characters that reverse the reading direction, with which a name could
redraw the screen or pretend to be another. `shown` replaces each by a visible form; what it returns is safe to print and can be read back
by eye. Front ends print outside text through this function alone.
"""

from __future__ import annotations

import unicodedata

# Unicode general categories that draw nothing or steer the terminal: control, format (bidi overrides, zero-width joiners), surrogates,
# line and paragraph separators, unassigned and private use.
_INVISIBLE = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp", "Cn", "Co"})


def shown(text: str, *, keep_newlines: bool = False) -> str:
    r"""`text` with every control, escape and direction-changing character written out as ``\xNN`` or ``\uNNNN``.

    With `keep_newlines`, line feeds stay, for text that is laid out over lines. Printable text is returned unchanged (the same object), so
    that the common case costs one scan in C.
    """
    if text.isprintable():
        return text
    return "".join(
        char if (char == "\n" and keep_newlines) or unicodedata.category(char) not in _INVISIBLE else _escaped(char) for char in text
    )


def _escaped(char: str) -> str:
    code = ord(char)
    if code < 0x100:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def shortened(identifier: str, width: int = 13) -> str:
    """`identifier` cut in the middle to at most `width` characters, so that both ends, by which people know an id, stay readable.

    Raises:
        ValueError: `width` leaves no room for a character on each side of the ellipsis.
    """
    if width < 3:
        raise ValueError("a shortened identifier needs at least 3 columns")
    if len(identifier) <= width:
        return identifier
    head = width // 2
    tail = width - 1 - head
    return f"{identifier[:head]}…{identifier[-tail:]}"
