"""Finds text that could reach a Textual widget as markup, by reading the source of the front end.

A name such as `[/oops]` ends a style, and one with an escape sequence steers the terminal: outside text goes through `literal()` or `cell()`.
The types cannot say so, since Textual takes a plain `str` for markup everywhere. Hence this check: what is handed to a widget has to be a
literal of the program without a bracket, the value of a door, or a value that is declared to be `Content` or `Text`.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

# The module of the doors: what it gives is safe, and what it does inside is its own business.
DOORS = "literal.py"
SAFE_TYPES = frozenset({"Content", "Text", "None", "int", "float", "bool"})
# What parses a string as markup: constructors and methods, with the names of the arguments that are text.
TAKES_MARKUP: Mapping[str, frozenset[str]] = {
    "Static": frozenset({"content"}),
    "Label": frozenset({"content"}),
    "Button": frozenset({"label", "tooltip"}),
    "Checkbox": frozenset({"label", "tooltip"}),
    "RadioButton": frozenset({"label", "tooltip"}),
    "Collapsible": frozenset({"title"}),
    "Tab": frozenset({"label"}),
    "TabPane": frozenset({"title"}),
    "Option": frozenset({"prompt"}),
    "Selection": frozenset({"prompt"}),
    "Tree": frozenset({"label"}),
    "Hit": frozenset({"match_display", "text", "help"}),
    "DiscoveryHit": frozenset({"display", "text", "help"}),
    "notify": frozenset({"message", "title"}),
    "update": frozenset({"content"}),
    "add_option": frozenset({"option"}),
    "add_row": frozenset({"label"}),
    "add_column": frozenset({"label"}),
    "add_leaf": frozenset({"label"}),
    "set_label": frozenset({"label"}),
    "with_tooltip": frozenset({"tooltip"}),
    "from_markup": frozenset({"markup"}),
    "from_text": frozenset({"markup_content_or_text"}),
}
# How many leading positional arguments are text, where it is not one: every cell of a row is, and a hit begins with its score.
POSITIONS: Mapping[str, slice] = {"add_row": slice(None), "Hit": slice(1, 2), "TabPane": slice(1)}
# These also have a flag that turns markup off.
HAVE_A_SWITCH = frozenset({"Static", "Label", "notify"})
ATTRIBUTES = frozenset({"border_title", "border_subtitle", "tooltip"})
# `update` and `add_option` are names of many things: only what is a string for certain counts against them.
COMMON_NAMES = frozenset({"update", "add_option"})


class Finding(NamedTuple):
    """A place where text may be read as markup."""

    place: str
    source: str


def markup_findings(sources: Mapping[str, str]) -> list[Finding]:
    """Where in `sources`, the modules of one front end by their names, text reaches a widget that is not known to be safe."""
    trees = {name: ast.parse(source) for name, source in sources.items()}
    known = _Known(list(trees.values()))
    checked = {name: tree for name, tree in trees.items() if not name.endswith(DOORS)}
    return [
        Finding(f"{name}:{place.lineno}", ast.unparse(place))
        for name, tree in checked.items()
        for place in _in_scope(tree, [tree], "", known)
    ]


class _Known:
    """What the modules declare: functions and attributes that hold Content, and widgets that inherit a constructor that takes markup."""

    def __init__(self, trees: list[ast.Module]) -> None:
        nodes = [node for tree in trees for node in ast.walk(tree)]
        functions = [node for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
        self.functions = {node.name for node in functions if _is_safe_type(node.returns)}
        self.functions -= {node.name for node in functions if not _is_safe_type(node.returns)}
        self.attributes = {
            node.target.id if isinstance(node.target, ast.Name) else node.target.attr
            for node in nodes
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name | ast.Attribute) and _is_safe_type(node.annotation)
        }
        self.looked_at: set[tuple[int, str]] = set()
        self.widgets: dict[str, str] = {name: name for name in TAKES_MARKUP}
        classes = [node for node in nodes if isinstance(node, ast.ClassDef)]
        for _ in classes:  # a subclass of a subclass is found at the latest when every class has been looked at once per class
            for node in classes:
                inherited = next((self.widgets[name] for base in node.bases if (name := _last_name(base)) in self.widgets), None)
                if inherited and not any(isinstance(part, ast.FunctionDef) and part.name == "__init__" for part in node.body):
                    self.widgets.setdefault(node.name, inherited)
        self.parents = {node.name: parent for node in classes for base in node.bases if (parent := _last_name(base)) in self.widgets}


def _in_scope(node: ast.AST, scopes: list[ast.AST], class_name: str, known: _Known) -> Iterator[ast.stmt | ast.expr]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.ClassDef):
            yield from _in_scope(child, scopes, child.name, known)
            continue
        inner = [*scopes, child] if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) else scopes
        if isinstance(child, ast.Call):
            yield from _in_call(child, inner, class_name, known)
        elif (
            isinstance(child, ast.Assign)
            and any(isinstance(target, ast.Attribute) and target.attr in ATTRIBUTES for target in child.targets)
            and not _is_safe(child.value, inner, known)
        ):
            yield child
        yield from _in_scope(child, inner, class_name, known)


def _in_call(call: ast.Call, scopes: list[ast.AST], class_name: str, known: _Known) -> Iterator[ast.stmt | ast.expr]:
    name = _last_name(call.func)
    if name == "__init__" and ast.unparse(call.func).startswith("super()"):
        name = known.parents.get(class_name, "")
    kind = known.widgets.get(name)
    if kind is None:
        return
    if kind in HAVE_A_SWITCH and any(
        keyword.arg == "markup" and isinstance(keyword.value, ast.Constant) and keyword.value.value is False for keyword in call.keywords
    ):
        return
    leading = POSITIONS.get(kind, slice(1))
    texts = [*call.args[leading], *(keyword.value for keyword in call.keywords if keyword.arg in TAKES_MARKUP[kind])]
    for text in texts:
        unsafe = _is_string(text) if kind in COMMON_NAMES else True
        if unsafe and not _is_safe(text, scopes, known):
            yield call


def _is_string(node: ast.expr) -> bool:
    """Whether `node` is a string for certain: an f-string, a string literal, a sum or formatting of one, or `str()` and `.join()`."""
    match node:
        case ast.JoinedStr() | ast.Constant(value=str()):
            return True
        case ast.BinOp(left=left, right=right):
            return _is_string(left) or _is_string(right)
        case ast.IfExp(body=body, orelse=orelse):
            return _is_string(body) or _is_string(orelse)
        case ast.Call(func=func):
            return _last_name(func) in {"str", "join", "format", "shown", "shortened"}
        case _:
            return False


def _is_safe(node: ast.expr, scopes: list[ast.AST], known: _Known) -> bool:
    def safe(inner: ast.expr) -> bool:
        return _is_safe(inner, scopes, known)

    match node:
        case ast.Constant(value=str() as text):
            return "[" not in text
        case ast.Constant():
            return True
        case ast.Call(func=func):
            return _is_safe_call(node, func, scopes, known)
        case ast.IfExp(body=body, orelse=orelse):
            return safe(body) and safe(orelse)
        case ast.BoolOp(values=parts) | ast.Tuple(elts=parts) | ast.List(elts=parts):
            return all(map(safe, parts))
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return safe(left) and safe(right)
        case ast.Starred(value=value) | ast.Await(value=value):
            return safe(value)
        case ast.ListComp(elt=element) | ast.GeneratorExp(elt=element):
            return safe(element)
        case ast.Attribute(attr=attribute):
            return attribute in known.attributes
        case ast.Name(id=name):
            return _is_safe_name(name, scopes, known)
        case _:
            return False


def _is_safe_call(call: ast.Call, func: ast.expr, scopes: list[ast.AST], known: _Known) -> bool:
    name = _last_name(func)
    if name in known.functions:
        return True
    if ast.unparse(func) in {"Content", "Text", "Content.assemble", "Text.assemble", "Content.styled", "Content.from_markup"}:
        # A pair is a text with its style; the second argument of `Content` is a style or its spans.
        texts = [part.elts[0] if isinstance(part, ast.Tuple) and part.elts else part for part in call.args]
        return all(_is_safe(text, scopes, known) for text in (texts if name == "assemble" else texts[:1]))
    if isinstance(func, ast.Attribute) and name == "join":
        return _is_safe_call_on(func.value, scopes, known) and all(_is_safe(part, scopes, known) for part in call.args)
    return isinstance(func, ast.Attribute) and _is_safe_call_on(func.value, scopes, known)


def _is_safe_call_on(value: ast.expr, scopes: list[ast.AST], known: _Known) -> bool:
    """Whether `value` is Content, whose methods give Content again; a method of a string gives a string."""
    return not isinstance(value, ast.Constant) and _is_safe(value, scopes, known)


def _is_safe_name(name: str, scopes: list[ast.AST], known: _Known) -> bool:
    """Whether every value that the innermost scope knowing `name` gives it is safe."""
    for depth in range(len(scopes), 0, -1):
        scope = scopes[depth - 1]
        place = (id(scope), name)
        if place in known.looked_at:  # `text = text + more`: safe if everything else is
            return True
        known.looked_at.add(place)
        verdicts = [_is_safe(value, scopes[:depth], known) for value in _values(scope, name)]
        verdicts += [_is_safe_type(annotation) for annotation in _annotations(scope, name)]
        known.looked_at.remove(place)
        if verdicts:
            return all(verdicts)
    return False


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of `scope` without those of the functions inside it, whose names are their own."""
    for child in ast.iter_child_nodes(scope):
        yield child
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef):
            yield from _own_nodes(child)


def _values(scope: ast.AST, name: str) -> Iterator[ast.expr]:
    for node in _own_nodes(scope):
        match node:
            case ast.Assign(targets=targets, value=value) if any(isinstance(target, ast.Name) and target.id == name for target in targets):
                yield value
            case ast.NamedExpr(target=ast.Name(id=target), value=value) if target == name:
                yield value
            case ast.AugAssign(target=ast.Name(id=target), value=value) if target == name:
                yield value
            case _:
                continue


def _annotations(scope: ast.AST, name: str) -> Iterator[ast.expr | None]:
    if isinstance(scope, ast.FunctionDef | ast.AsyncFunctionDef):
        arguments = [*scope.args.posonlyargs, *scope.args.args, *scope.args.kwonlyargs]
        yield from (argument.annotation for argument in arguments if argument.arg == name)
    for node in _own_nodes(scope):
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.target.id == name:
            yield node.annotation
        elif isinstance(node, ast.For | ast.comprehension) and any(
            isinstance(part, ast.Name) and part.id == name for part in ast.walk(node.target)
        ):
            yield None


def _is_safe_type(annotation: ast.expr | None) -> bool:
    if annotation is None:
        return False
    text = annotation.value if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str) else ast.unparse(annotation)
    return all(part.strip() in SAFE_TYPES for part in text.split("|"))


def _last_name(node: ast.expr) -> str:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Subscript(value=value):
            return _last_name(value)
        case _:
            return ""
