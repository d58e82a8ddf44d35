"""Google's expressions evaluated by a library, the only place where it is imported, late: few ask about Google, and it brings others along.

It belongs to the extra `gcp`. What an expression cannot be evaluated for is an answer, since Google refuses the token then. What is not evaluated
here and may be at Google is none: functions that the library has not, and expressions of a stranger's that would take all time and memory.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import accumulate
from typing import TYPE_CHECKING, Any

from ciam_tui.core.gcp import functions
from ciam_tui.core.gcp.identity import CONDITION_LENGTH
from ciam_tui.core.gcp.judging import EVALUATION
from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import quoted

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_MISSING = "cel-missing"
_BEYOND = "cel-beyond"
_DEPTH = 60  # of brackets in one another, and of signs before a value; the library's reader calls itself for each
_COMPILED = 128
# The library's own loops. One within another, or over what another made, may grow without end.
_LOOPS = frozenset(("all", "exists", "exists_one", "filter", "map", "min", "reduce"))
# To the library `google` is a package of types of its own, not the variable that Google's expressions have; in texts it is a word like any.
_TEXT_OR_GOOGLE = re.compile(r"""("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')|(?<![\w.])google(?=\s*[.\[])""")
_RENAMED = "google_"


def evaluated(expression: str, variables: Mapping[str, object]) -> object:
    """What `expression` is: a text, truth value, number, list, or mapping.

    Raises:
        CiamError: `cel-missing`, where the library is not installed; `cel-beyond`, where it is not evaluated here; `cel-refused`, where it cannot be
            evaluated.
    """
    library = _library()
    try:
        program = _program(expression)
        found = program.evaluate({_RENAMED if name == "google" else name: library.json_to_cel(value) for name, value in variables.items()})
    except (library.CELEvalError, library.CELParseError, ValueError, TypeError, KeyError) as error:
        raise _refused(_reason(error)) from None
    except (RecursionError, OverflowError):
        raise _beyond("it nests too deep or grows too large") from None
    return _plain(found)


@lru_cache(maxsize=_COMPILED)
def _program(expression: str) -> Any:
    if len(expression) > CONDITION_LENGTH:
        raise ValueError(f"it has {len(expression)} characters, and Google takes {CONDITION_LENGTH}")
    if _depth(expression) > _DEPTH:
        raise _beyond("it nests too deep")
    environment = _library().Environment()
    tree = environment.compile(_TEXT_OR_GOOGLE.sub(lambda each: each[1] or _RENAMED, expression))
    _check_calls(tree)
    return environment.program(tree, functions=_functions())


def _depth(expression: str) -> int:
    """How deep the reader gets at most: by brackets, and by signs that stand before a value. What stands in a text is no sign."""
    signs = _TEXT_OR_GOOGLE.sub("", expression)
    depths = accumulate(+1 if sign in "([{" else -1 for sign in signs if sign in "([{)]}")
    return max(*depths, *(signs.count(sign) for sign in "!-?"), 0)


def _check_calls(tree: Any) -> None:
    """Nothing.

    Raises:
        CiamError: the tree calls what the library has not, or loops within a loop.
    """
    from celpy.evaluation import base_functions

    known = {*base_functions, *_functions(), *_LOOPS, "has", "dyn"}
    for node in tree.iter_subtrees():
        name = _called(node)
        if name is not None and name not in known:
            raise _beyond(f"it calls {quoted(name, 60)[1:-1]}")
        if name in _LOOPS and any(_called(each) in _LOOPS for each in node.iter_subtrees() if each is not node):
            raise _beyond("it loops within a loop")


def _called(node: Any) -> str | None:
    """The function that a node of the tree calls."""
    match node.data:
        case "member_dot_arg":
            return str(node.children[1])
        case "ident_arg" | "dot_ident_arg":
            return str(node.children[0])
        case _:
            return None


def _functions() -> dict[str, Callable[..., Any]]:
    types = _library().celtypes
    text, many = types.StringType, types.ListType
    return {
        "extract": lambda value, template: text(functions.extract(value, template)),
        "split": lambda value, divider, limit=-1: many(map(text, functions.split(value, divider, int(limit)))),
        "join": lambda parts, divider="": text(functions.join(parts, divider)),
        "replace": lambda value, old, new: text(functions.replace(value, old, new)),
        "lowerAscii": lambda value: text(functions.lower_ascii(value)),
        "upperAscii": lambda value: text(functions.upper_ascii(value)),
    }


def _library() -> Any:
    try:
        import celpy
    except ImportError:
        message = "The library that evaluates Google's expressions is not installed."
        raise CiamError(_MISSING, "Cannot ask a provider of Google's", message, ["Install it: pip install 'ciam-tui[gcp]'"]) from None
    return celpy


def _plain(value: object) -> object:
    """`value` as Python's own: the library's truth values are numbers."""
    types = _library().celtypes
    if isinstance(value, types.BoolType):
        return bool(value)
    if isinstance(value, str):
        return str(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    return value


def _reason(error: Exception) -> str:
    said = str(error.args[0]) if error.args else type(error).__name__
    of = error.args[2] if len(error.args) > 2 and isinstance(error.args[2], tuple) else ()
    return f"{' '.join([quoted(said, 200)[1:-1].strip(), *(quoted(str(each), 100) for each in of[:1])])}."


def _beyond(why: str) -> CiamError:
    fix = "Try a token at Google, and read the logs of sts.googleapis.com."
    return CiamError(_BEYOND, "Cannot tell what Google would say", f"An expression of the provider is not evaluated here: {why}.", [fix])


def _refused(sentence: str) -> CiamError:
    return CiamError(EVALUATION, "Cannot evaluate an expression", sentence)
