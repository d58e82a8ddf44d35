"""The exports that exist, by the name that the command line and the wizard offer them under."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.export.circleci import export_circleci
from ciam_tui.core.export.json import export_json
from ciam_tui.core.export.markdown import export_markdown

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ciam_tui.core.export.files import ExportFile
    from ciam_tui.core.shape import SetupShape

ALL = "all"
FORMATS: Mapping[str, Callable[[SetupShape], tuple[ExportFile, ...]]] = {
    "json": export_json,
    "circleci": export_circleci,
    "markdown": export_markdown,
}


def exported(setup: SetupShape, name: str, *, contexts: bool = False) -> tuple[ExportFile, ...]:
    """The files of the format called `name`; of `all` formats, each in a folder of its format's name.

    With `contexts` the jobs of a CircleCI configuration are given the contexts that are called as their roles.
    """
    if name == ALL:
        return tuple(replace(file, path=f"{each}/{file.path}") for each in FORMATS for file in exported(setup, each, contexts=contexts))
    if name == "circleci":
        return export_circleci(setup, contexts=contexts)
    return FORMATS[name](setup)
