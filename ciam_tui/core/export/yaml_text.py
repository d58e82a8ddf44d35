r"""Outside text within YAML for CircleCI: one door, so that no name ends a string, a line or a comment, or opens one of CircleCI's tags.

JSON's strings are strings of YAML too. CircleCI reads `<<` in any string as the beginning of an expression, and `\<<` as those characters:
https://circleci.com/docs/guides/orchestrate/config-templating/
"""

from __future__ import annotations

import json
import re

# Begins with a letter, so that it is no number, date or tag; what YAML 1.1 takes for a truth value or nothing is quoted all the same.
_PLAIN = re.compile(r"[A-Za-z]([A-Za-z0-9_.,:/=@+-]*[A-Za-z0-9_])?")
_NO_TEXT = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


def scalar(text: str) -> str:
    """`text` as a value or a key that YAML reads as that very text, and CircleCI too."""
    if _PLAIN.fullmatch(text) and text.lower() not in _NO_TEXT:
        return text
    return json.dumps(_without_tags(text))


def comment(text: str) -> str:
    """`text` within a comment, which a line break in it would end."""
    return json.dumps(_without_tags(text))[1:-1]


def _without_tags(text: str) -> str:
    return text.replace("<<", "\\<<")
