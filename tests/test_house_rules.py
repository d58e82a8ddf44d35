"""The rules of the house, each held by a test that says what to do, and each shown to be able to fail."""

from __future__ import annotations

import ast
import io
import os
import re
import subprocess
import sys
import tokenize
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.outside_text import Finding, markup_findings

if TYPE_CHECKING:
    from collections.abc import Callable
    from collections.abc import Set as AbstractSet

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "ciam_tui"
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [*MODULES, *sorted((ROOT / "tests").rglob("*.py"))]
FILE_LIMIT = 400
CLASS_LIMIT = 250
APP_LIMIT = 150

HEAVY = frozenset({"textual", "rich", "boto3", "botocore", "moto", "flask", "pydantic", "requests", "aiohttp", "textual_serve"})
# What may stand in for a docstring nobody thought about: fewer words than this cannot say why a module exists.
FEWEST_WORDS = 8


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def module_name(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def broken_by(rule: Callable[[str], list[Any]], paths: list[Path] = MODULES) -> dict[str, list[Any]]:
    """What `rule` finds, by file. A test for each file would spend more time on its own home folder than on the file."""
    return {name_of(path): found for path in paths if (found := rule(path.read_text(encoding="utf-8")))}


@cache
def tree_of(source: str) -> ast.Module:
    """`source`, parsed once for all rules."""
    return ast.parse(source)


# --- size and words ---------------------------------------------------------------------------------------------------------------------


def too_long(source: str) -> list[str]:
    """What is longer than the house allows, with its length."""
    lines = len(source.splitlines())
    found = (
        [f"the file has {lines} lines, {lines - FILE_LIMIT} too many: split it by what its parts are about"] if lines > FILE_LIMIT else []
    )
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.ClassDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            if length > CLASS_LIMIT:
                found.append(f"class {node.name} has {length} lines of at most {CLASS_LIMIT}: move what needs no state into functions")
    return found


def test_files_and_classes_stay_short() -> None:
    assert broken_by(too_long) == {}


def test_the_app_stays_a_frame_around_its_screens() -> None:
    assert len((PACKAGE / "app" / "app.py").read_text(encoding="utf-8").splitlines()) <= APP_LIMIT, (
        "what is answered or read lives elsewhere"
    )


def test_the_check_of_lengths_counts() -> None:
    body = "    x = 1\n"
    assert too_long("class Small:\n" + body * (CLASS_LIMIT - 1)) == []
    assert len(too_long("class Large:\n" + body * CLASS_LIMIT)) == 1
    assert len(too_long("x = 1\n" * (FILE_LIMIT + 1))) == 1
    assert len(too_long("class God:\n" + body * FILE_LIMIT)) == 2


def why_it_exists(source: str) -> list[str]:
    words = (ast.get_docstring(tree_of(source)) or "").split()
    return [] if len(words) >= FEWEST_WORDS else ["write a module docstring that says why the module exists"]


def test_every_module_says_why_it_exists() -> None:
    assert broken_by(why_it_exists) == {}


def test_the_check_of_module_docstrings_wants_words() -> None:
    assert why_it_exists('"""Trust policies, in a room of their own since they are the heart."""\n') == []
    assert why_it_exists('"""Utilities."""\n')
    assert why_it_exists("x = 1\n")


# --- what is imported -------------------------------------------------------------------------------------------------------------------


def run_python(*arguments: str) -> str:
    """What a fresh interpreter prints; a failure is shown with what it wrote to standard error."""
    done = subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def imported_by(statement: str) -> set[str]:
    """The top-level packages that a fresh interpreter holds after `statement`."""
    report = "import sys; print(*{name.partition('.')[0] for name in sys.modules})"
    return set(run_python("-c", f"{statement}\n{report}").splitlines()[-1].split())


VERSION = "import runpy, sys\nsys.argv = ['ciam-tui', '--version']\ntry: runpy.run_module('ciam_tui', run_name='__main__')\nexcept SystemExit: pass"


def test_asking_for_the_version_imports_nothing_that_is_slow() -> None:
    assert imported_by(VERSION) & (HEAVY | {"argparse"}) == set(), "import it inside the function that needs it"


def test_the_draft_and_the_steps_do_without_pydantic() -> None:
    early = [name for name in ("draft", "steps", "shown", "problems") if (PACKAGE / "core" / f"{name}.py").exists()]
    assert imported_by("\n".join(f"import ciam_tui.core.{name}" for name in early)) & HEAVY == set()


FIRST_TO_BRING = """
import sys
from importlib import import_module
for name in {modules!r}:
    import_module(name)
    heavy = {heavy!r} & set(sys.modules)
    if heavy:
        print(name, "brings", *sorted(heavy))
        break
"""


def first_to_bring(modules: list[str], heavy: AbstractSet[str]) -> str:
    """The first of `modules`, imported one after the other in one interpreter, after which a package of `heavy` is loaded."""
    return run_python("-c", FIRST_TO_BRING.format(modules=modules, heavy=set(heavy)))


def test_the_core_imports_neither_screen_nor_account() -> None:
    core = [module_name(path) for path in MODULES if path.is_relative_to(PACKAGE / "core")]
    assert first_to_bring(core, HEAVY - {"pydantic"}) == "", "core is pure: pass the value in"


def test_what_stands_before_the_first_frame_does_without_account_and_pydantic() -> None:
    front_end = [module_name(path) for path in MODULES if path.is_relative_to(PACKAGE / "app")]
    assert first_to_bring(front_end, {"boto3", "botocore", "pydantic"}) == "", "import it in the worker that needs it"


def test_plain_mode_does_without_the_full_screen() -> None:
    front_end = [module_name(path) for path in MODULES if path.is_relative_to(PACKAGE / "plain")]
    assert "ciam_tui.plain.launch" in front_end
    assert first_to_bring(front_end, {"textual", "rich", "boto3", "botocore"}) == "", "whoever listens waits for none of them"


def test_the_first_screen_does_without_the_findings() -> None:
    seen = run_python(
        "-c", "import sys\nimport ciam_tui.app.launch\nprint('ciam_tui.app.app' in sys.modules, 'ciam_tui.core.findings' in sys.modules)"
    )
    assert seen == "True False\n", "most of the core comes with them: import them where they are made"


def test_the_check_of_the_first_frame_names_who_brought_what() -> None:
    assert first_to_bring(["json", "ciam_tui", "textual.app", "argparse"], {"textual"}) == "textual.app brings textual\n"


def test_the_check_of_imports_sees_what_was_imported() -> None:
    assert {"textual", "rich"} <= imported_by("import textual.app")
    assert "argparse" in imported_by("import argparse")
    assert "argparse" not in imported_by("pass")


# --- what code may not do ---------------------------------------------------------------------------------------------------------------


def dispatch_by_name(source: str) -> list[int]:
    """Lines where an attribute is looked up by a name that was put together: no reader or checker can tell what is called."""
    return [
        node.lineno
        for node in ast.walk(tree_of(source))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "getattr"
        and len(node.args) > 1
        and (_is_put_together(node.args[1]) or _is_self_by_variable(node))
    ]


def _is_put_together(node: ast.expr) -> bool:
    """Whether `node` composes a string; a table's value or a library's own naming, such as `xform_name(operation)`, does not."""
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in {"format", "join", "replace"}
    return isinstance(node, ast.BinOp | ast.JoinedStr)


def _is_self_by_variable(call: ast.Call) -> bool:
    return isinstance(call.args[0], ast.Name) and call.args[0].id == "self" and not isinstance(call.args[1], ast.Constant)


def test_dispatch_is_a_match_and_no_lookup_by_name() -> None:
    assert broken_by(dispatch_by_name) == {}, "use match with assert_never"


@pytest.mark.parametrize("call", ['getattr(self, "_do_" + n)', 'getattr(x, f"on_{n}")', "getattr(self, n)", 'getattr(x, "a{}".format(n))'])
def test_the_check_of_dispatch_finds(call: str) -> None:
    assert dispatch_by_name(f"def f(self, x, n):\n    {call}()\n") == [2]


def test_the_check_of_dispatch_lets_a_plain_lookup_pass() -> None:
    assert dispatch_by_name('getattr(self, "title")\ngetattr(draft, field)\ngetattr(client, xform_name(operation))\n') == []


def swallowed(source: str) -> list[int]:
    """Lines where any exception at all is caught and dropped."""
    found = []
    for node in ast.walk(tree_of(source)):
        if isinstance(node, ast.ExceptHandler):
            kept = [part for part in node.body if not isinstance(part, ast.Pass | ast.Continue | ast.Break) and not _is_constant(part)]
            if node.type is None or (_catches_all(node.type) and not kept):
                found.append(node.lineno)
        elif isinstance(node, ast.Call) and _is_suppress(node.func) and any(map(_catches_all, node.args)):
            found.append(node.lineno)
    return found


def _is_suppress(node: ast.expr) -> bool:
    return (isinstance(node, ast.Name) and node.id == "suppress") or (isinstance(node, ast.Attribute) and node.attr == "suppress")


def _is_constant(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr | ast.Return) and (node.value is None or isinstance(node.value, ast.Constant))


def _catches_all(node: ast.expr) -> bool:
    return any(isinstance(part, ast.Name) and part.id in {"Exception", "BaseException"} for part in ast.walk(node))


def test_no_exception_is_swallowed() -> None:
    assert broken_by(swallowed, SOURCES) == {}, "catch what you can handle, and tell of the rest"


@pytest.mark.parametrize(
    "handler",
    [
        "except:\n    raise",
        "except Exception:\n    pass",
        "except (ValueError, Exception):\n    ...",
        "except BaseException as e:\n    return",
    ],
)
def test_the_check_of_swallowed_exceptions_finds(handler: str) -> None:
    assert swallowed(f"try:\n    x()\n{handler}\n") == [3]
    assert swallowed("with contextlib.suppress(Exception):\n    x()\n") == [1]


def test_the_check_of_swallowed_exceptions_lets_a_handled_one_pass() -> None:
    assert swallowed("try:\n    x()\nexcept Exception as e:\n    tell(e)\nexcept KeyError:\n    pass\n") == []


# --- exceptions to the linters ----------------------------------------------------------------------------------------------------------

_WAIVER = re.compile(r"#\s*(noqa|type:\s*ignore|pragma)(?P<codes>:\s*[A-Z]+\d+(?:,\s*[A-Z]+\d+)*|\[[\w, -]+\])?(?P<reason>.*)")


def waivers_without_reason(source: str) -> list[int]:
    """Lines where a linter or the type checker is told to look away, without saying from what, or why."""
    comments = [token for token in tokenize.generate_tokens(io.StringIO(source).readline) if token.type == tokenize.COMMENT]
    return [
        token.start[0]
        for token in comments
        for waiver in _WAIVER.finditer(token.string)
        if not waiver["codes"] or len(re.findall(r"\w+", waiver["reason"])) < 2
    ]


def test_every_waiver_names_its_rule_and_its_reason() -> None:
    assert broken_by(waivers_without_reason, SOURCES) == {}, "write `# noqa: CODE - reason`"


@pytest.mark.parametrize("comment", ["noqa", "noqa: BLE001", "type: ignore", "type: ignore[arg-type]", "noqa: S608 - ok"])
def test_the_check_of_waivers_finds(comment: str) -> None:
    assert waivers_without_reason(f"x = 1  # {comment}\n") == [1]
    assert waivers_without_reason("x = 1  # type: ignore[attr-defined]  # the stub lacks it\n") == []


def ignores_without_reason(configuration: str) -> list[str]:
    """The rules of ruff that are switched off without a word on why."""
    lint = configuration.partition("[tool.ruff.lint]")[2].partition("[tool.ruff.lint.pydocstyle]")[0]
    entries = re.findall(r'^\s+"([A-Z]+\d*)",?[ \t]*(?:#[ \t]*(.*))?$', lint, flags=re.MULTILINE)
    return [code for code, reason in entries if not reason.strip()]


def test_every_rule_that_is_switched_off_says_why() -> None:
    assert ignores_without_reason((ROOT / "pyproject.toml").read_text(encoding="utf-8")) == [], "write the reason beside it"


def test_the_check_of_switched_off_rules_finds() -> None:
    head = "[tool.ruff.lint]\nignore = [\n"
    assert ignores_without_reason(head + '    "D203",  # contradicts D211\n    "E501",\n    "FIX", #\n]\n') == ["E501", "FIX"]


def every_switched_off_rule() -> list[str]:
    lint = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
    return [*lint["ignore"], *(code for codes in lint["per-file-ignores"].values() for code in codes)]


def test_every_switched_off_rule_stands_on_a_line_of_its_own() -> None:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    crowded = [code for code in every_switched_off_rule() if not re.search(rf'^\s+"{code}",', text, flags=re.MULTILINE)]
    assert crowded == [], "one rule a line, so that each has its own reason"


# --- outside text -----------------------------------------------------------------------------------------------------------------------


def test_outside_text_reaches_a_widget_through_its_door_alone() -> None:
    found = markup_findings({name_of(path): path.read_text(encoding="utf-8") for path in MODULES if path.is_relative_to(PACKAGE / "app")})
    places = [f"{finding.place}: {finding.source}" for finding in found]
    assert places == [], "hand it over as literal(text), in a table or tree as cell(text); notify wants markup=False"


UNSAFE = [
    'Static(f"bucket {name}")',
    "Static(name)",
    "Static(content=name)",
    "Label(role.name)",
    'Label("[b]" + name)',
    "Label(name, markup=True)",
    "Button(name)",
    "Option(bucket.name)",
    "TabPane(stage.name, Static('x'))",
    "self.notify(str(error))",
    "self.app.notify(error.message, title='Refused', severity='error')",
    'self.query_one("#x", Static).update(f"{name}")',
    "widget.update(shown(name))",
    "table.add_row('build', name)",
    "tree.root.add_leaf(name)",
    "self.border_title = name",
    "panel.tooltip = f'{name}'",
    "panel.border_subtitle = literal(name).markup",  # an unclosed `[/b` is not escaped in it, and raises where it is parsed again
    "Static('x').with_tooltip(name)",
    "Content.from_markup(name)",
    "Static(Content.from_markup(f'[b]{name}'))",
    "Static(', '.join(names))",
    "Static(Content(name))",
    "Static(Content.assemble('bucket ', (name, 'bold')))",
    "Note(name)",
    "Hit(1.0, name, run)",
]
SAFE = [
    "Static('Choose a bucket')",
    "Static(literal(name))",
    "Static(literal(f'bucket {name}').stylize('bold'))",
    "Static(name, markup=False)",
    "Static()",
    "Button('Apply', variant='error')",
    "Option(literal(name), id='x')",
    "self.notify(shown(name), title=name, markup=False)",
    "widget.update(literal(name))",
    "answers.update(other)",
    "table.add_row('build', cell(name), key=name)",
    "table.add_row(*[cell(value) for value in values])",
    "self.border_title = literal(name)",
    "Static(headline(name))",
    "Static(styled)",
    "Static(self.headline)",
    "Static(TITLE)",
    "Static(Content.assemble('bucket ', (literal(name), 'bold')))",
    "Static(Content(' · ').join([literal(name), literal(region)]))",
    "Note(literal(name))",
    "Hit(1.0, literal(name), run)",
]
MODULE = """
TITLE = "Buckets"

class Note(Static):
    headline: Content

def headline(name: str) -> Content:
    return literal(name)

def compose(self, name: str, styled: Content, names, values, role, bucket, stage, error, region):
    {}
"""


DOORS = "def literal(text: str) -> Content: ...\ndef cell(text: str) -> Text: ...\n"


@pytest.mark.parametrize("statement", UNSAFE)
def test_the_check_of_outside_text_finds(statement: str) -> None:
    found = markup_findings({"literal.py": DOORS, "screen.py": MODULE.format(statement)})
    assert {finding.place for finding in found} == {"screen.py:11"}


@pytest.mark.parametrize("statement", SAFE)
def test_the_check_of_outside_text_lets_safe_text_pass(statement: str) -> None:
    assert markup_findings({"literal.py": DOORS, "screen.py": MODULE.format(statement)}) == []


def test_a_name_is_as_safe_as_every_value_it_gets() -> None:
    source = "def f(x):\n    text = literal(x)\n    if x:\n        text = {}\n    Static(text)\n"
    assert markup_findings({"literal.py": DOORS, "a.py": source.format("text + 'more'")}) == []
    assert markup_findings({"literal.py": DOORS, "a.py": source.format("f'{x}'")}) == [Finding("a.py:5", "Static(text)")]


# --- the environment --------------------------------------------------------------------------------------------------------------------


def test_every_package_of_the_environment_is_pinned_exactly() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = [*project["dependencies"], *(package for extra in project["optional-dependencies"].values() for package in extra)]
    lines = [line for line in (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines() if line and not line.startswith("#")]
    assert [line for line in lines if not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []
    pinned = {line.partition("==")[0].lower().replace("_", "-") for line in lines}
    assert {re.split(r"[\[<>=]", package)[0].lower() for package in wanted} <= pinned, "add it to constraints.txt"
