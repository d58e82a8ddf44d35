"""What plain mode writes: an export in any format, and the Setup file. A file that says something else is replaced only when that is wanted."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.plain.choosing import Option, choose_one

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.export.files import ExportFile
    from ciam_tui.core.setup import Setup
    from ciam_tui.plain.desk import Desk

DEFAULT_FOLDER = "circleci-roles"
DEFAULT_FILE = "setup.json"


def export(desk: Desk, setup: Setup) -> None:
    """Ask for a format and a folder, and write it.

    Raises:
        CiamError: the disk refuses.
        Back, Quit, NoMoreAnswers: in place of an answer.
    """
    from ciam_tui.core.export.formats import ABOUT, ALL, FORMATS, ExportChoices, exported

    options = [Option(name, name, ABOUT[name]) for name in (*FORMATS, ALL)]
    name = choose_one(desk.talk, "Format", options, default=ALL, about="export")
    text = desk.talk.ask("Folder", default=DEFAULT_FOLDER, about="export.folder").text
    _write(desk, _place(text), exported(setup, name, ExportChoices(contexts=desk.wires)))


def save_setup(desk: Desk, setup: Setup) -> None:
    """Ask for a file, and write the Setup into it.

    Raises:
        CiamError: the disk refuses.
        Back, Quit, NoMoreAnswers: in place of an answer.
    """
    from ciam_tui.core.export.files import ExportFile
    from ciam_tui.core.setup import to_json

    file = _place(desk.talk.ask("File", default=DEFAULT_FILE, about="export.folder").text)
    _write(desk, file.parent, (ExportFile(file.name, to_json(setup)),))
    desk.talk.say(f"ciam-tui plan {file} tells again what it would do.")


def _place(text: str) -> Path:
    """The path that was typed.

    Raises:
        CiamError: no file can be called so.
    """
    path = Path(text)
    if not path.name or "\0" in text:
        raise CiamError("no-path", "Nothing was written", "That is not the name of a file or folder.", ["Type another."])
    try:
        return path.expanduser()
    except RuntimeError:
        raise CiamError("no-path", "Nothing was written", "There is no such user's home folder.", ["Type another."]) from None


def _write(desk: Desk, folder: Path, files: Sequence[ExportFile]) -> None:
    from ciam_tui.ports.export_conflicts import differing_files
    from ciam_tui.ports.export_folder import write_export

    in_the_way = differing_files(folder, files)
    for path in in_the_way:
        desk.talk.say(f"{folder / path} is there, with another content.")
    if in_the_way and not desk.talk.ask_yes("Replace it?" if len(in_the_way) == 1 else "Replace them?"):
        desk.talk.say("Nothing was written.")
        return
    for written in write_export(folder, files):
        desk.talk.say(f"{written.state.value}: {folder / written.path}")
