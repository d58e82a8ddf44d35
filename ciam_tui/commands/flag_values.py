"""Values that the flags of several commands take, so that each is read by one rule and refused in one sentence."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING

from ciam_tui.core.organization.forms import UNIT_PATTERN

if TYPE_CHECKING:
    from collections.abc import Callable


def account_id(text: str) -> str:
    """An account's id."""
    if not re.fullmatch("[0-9]{12}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no account's id, which has 12 digits")
    return text


def unit_id(text: str) -> str:
    """The id of an organizational unit, or of the organization's root."""
    if not re.fullmatch(UNIT_PATTERN, text):
        raise argparse.ArgumentTypeError(f"{text!r} is no organizational unit, such as ou-ab12-cd345678, nor a root, such as r-ab12")
    return text


def days_up_to(most: int, why: str = "", *, digits: int = 6) -> Callable[[str], int]:
    """What takes a number of days from 1 to `most`, in at most `digits` digits; `why` ends the sentence that refuses another."""

    def days(text: str) -> int:
        if not re.fullmatch(f"[0-9]{{1,{digits}}}", text) or not 1 <= int(text) <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number of days from 1 to {most}{why}")
        return int(text)

    return days
