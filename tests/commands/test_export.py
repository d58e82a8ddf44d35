"""`ciam-tui export`: what it writes, what it says, what it leaves alone, and a sentence for whatever stands in its way."""

from __future__ import annotations

import argparse
import json
import os
import stat
from dataclasses import replace
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui import cli
from ciam_tui.commands.export import register
from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.export.formats import FORMATS
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.export_folder import State, WrittenFile, write_export
from tests.core.asking import golden
from tests.core.examples import file as setup_file

if TYPE_CHECKING:
    from pathlib import Path

FILES = (ExportFile("a.json", "{}\n"), ExportFile("b/c.sh", "echo\n", executable=True))
AS_ROOT = pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")


@pytest.fixture
def setup(tmp_path: Path) -> Path:
    return saved(tmp_path)


def saved(folder: Path, **changes: Any) -> Path:
    path = folder / "setup.json"
    path.write_text(setup_file(**changes), encoding="utf-8")
    return path


def export(*words: str | Path) -> int:
    return cli.main(["export", *map(str, words)])


def contents(folder: Path) -> dict[str, str]:
    return {path.relative_to(folder).as_posix(): path.read_text(encoding="utf-8") for path in folder.rglob("*") if path.is_file()}


class TestWhatIsWritten:
    def test_the_json_files_lie_directly_in_the_folder_which_is_made_with_its_parents(self, setup: Path, tmp_path: Path) -> None:
        out = tmp_path / "new" / "folder"
        assert export(setup, "--format", "json", "--out", out) == 0
        assert contents(out) == golden("example")

    def test_all_is_each_format_in_a_folder_of_its_name(self, setup: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        assert export(setup, "--format", "all", "--out", out) == 0
        assert {path.name for path in out.iterdir()} == set(FORMATS)
        assert contents(out / "json") == golden("example")

    def test_the_setup_may_come_from_standard_input(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        with saved(tmp_path).open(encoding="utf-8") as stdin:
            monkeypatch.setattr("sys.stdin", stdin)
            assert export("-", "--format", "json", "--out", tmp_path / "out") == 0
        assert contents(tmp_path / "out") == golden("example")

    def test_what_else_lies_in_the_folder_stays(self, setup: Path, tmp_path: Path) -> None:
        out = tmp_path / "out"
        out.mkdir()
        (out / "notes.md").write_text("mine")
        assert export(setup, "--format", "json", "--out", out) == 0
        assert contents(out) == golden("example") | {"notes.md": "mine"}


class TestWhatIsSaid:
    def test_each_file_and_what_became_of_it_is_a_line_and_findings_are_counted_on_standard_error(
        self, setup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "out"
        export(setup, "--format", "json", "--out", out)
        first = capsys.readouterr()
        assert [line.split(maxsplit=1) for line in first.out.splitlines()] == [
            ["written", str(out / f"circleci-web-{stage}.{kind}.json")]
            for stage in ("build", "test", "deploy")
            for kind in ("permissions", "trust")
        ] + [["written", str(out / "provider.json")]]
        assert first.err == "Findings: 1 of level error, 2 of level warning, 4 of level note; `ciam-tui check` tells them.\n"

    def test_a_second_export_changes_nothing_and_says_so(self, setup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        out = tmp_path / "out"
        export(setup, "--format", "json", "--out", out)
        before = {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in out.iterdir()}
        capsys.readouterr()
        assert export(setup, "--format", "json", "--out", out) == 0
        assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {"unchanged"}
        assert {path.name: (path.stat().st_ino, path.stat().st_mtime_ns) for path in out.iterdir()} == before

    def test_what_differs_is_replaced_and_said_to_be(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        out = tmp_path / "out"
        export(saved(tmp_path), "--format", "json", "--out", out)
        capsys.readouterr()
        assert export(saved(tmp_path, stages__1__prefix="tests/"), "--format", "json", "--out", out) == 0
        states = {line.rpartition("/")[2]: line.split()[0] for line in capsys.readouterr().out.splitlines()}
        assert [name for name, state in states.items() if state == "replaced"] == ["circleci-web-test.permissions.json"]
        assert [name for name, state in states.items() if state not in {"replaced", "unchanged"}] == []
        assert '"tests/*"' in (out / "circleci-web-test.permissions.json").read_text()

    def test_the_json_document_holds_the_folder_and_for_each_file_its_path_digest_and_state(
        self, setup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        out = tmp_path / "out"
        assert export(setup, "--format", "all", "--out", out, "--json") == 0
        document = json.loads(capsys.readouterr().out)
        assert set(document) == {"out", "files"}
        assert document["out"] == str(out)
        assert {each["path"] for each in document["files"]} == set(contents(out))
        for each in document["files"]:
            assert set(each) == {"path", "sha256", "state"}
            assert each["state"] == "written"
            assert each["sha256"] == sha256((out / each["path"]).read_bytes()).hexdigest()

    def test_how_an_answer_was_read_is_told_on_standard_error(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        export(saved(tmp_path, stages__0__prefix="builds"), "--format", "json", "--out", tmp_path / "out", "--json")
        captured = capsys.readouterr()
        assert 'note: stages[0].prefix: The prefix "builds" is read as "builds/"' in captured.err
        assert json.loads(captured.out)["files"]

    def test_a_folder_with_a_hostile_name_is_shown_and_not_obeyed(
        self, setup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert export(setup, "--format", "json", "--out", tmp_path / "\x1b[2J\u202e") == 0
        out = capsys.readouterr().out
        assert not {char for char in out if not char.isprintable()} - {"\n"}
        assert "\\x1b[2J\\u202e" in out


class TestWhatStandsInTheWay:
    def test_a_setup_that_is_not_valid_writes_nothing(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert export(saved(tmp_path, account_id="12"), "--format", "json", "--out", tmp_path / "out") == 1
        captured = capsys.readouterr()
        assert (captured.out, len(captured.err.splitlines())) == ("", 1)
        assert "account_id" in captured.err
        assert not (tmp_path / "out").exists()

    def test_a_file_in_the_folders_place_is_told_in_one_sentence(self, setup: Path, capsys: pytest.CaptureFixture[str]) -> None:
        for out in (setup, setup / "below"):
            assert export(setup, "--format", "json", "--out", out) == 1
            captured = capsys.readouterr()
            assert captured.out == ""
            assert captured.err == f'ciam-tui: Cannot write the export: "{out}" is a file, or lies below one. Name a folder.\n'

    def test_a_folder_in_a_files_place_is_told(self, setup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "out" / "provider.json").mkdir(parents=True)
        assert export(setup, "--format", "json", "--out", tmp_path / "out") == 1
        assert "is a folder, where a file of the export belongs" in capsys.readouterr().err

    @AS_ROOT
    def test_a_folder_that_may_not_be_written_to_is_told(self, setup: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        (tmp_path / "out").mkdir(mode=0o500)
        assert export(setup, "--format", "json", "--out", tmp_path / "out") == 1
        assert "cannot be written: Permission denied. Name a folder that you may write to" in capsys.readouterr().err

    def test_a_disk_without_room_is_told_and_leaves_no_half_file(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        out = tmp_path / "out"
        write_export(out, FILES)

        def full(*_: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("ciam_tui.ports.export_folder.os.fdopen", full)
        with pytest.raises(CiamError, match="No space left on device") as caught:
            write_export(out, [replace(FILES[0], text="[]\n")])
        assert caught.value.code == "export-unwritable"
        assert contents(out) == {"a.json": "{}\n", "b/c.sh": "echo\n"}

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--format", "terrafrom", "--out", "x"), "choose from 'json'"),
            (("--format", "JSON", "--out", "x"), "choose from 'json'"),
            (("--out", "x"), "--format"),
            (("--format", "json"), "--out"),
            (("--format", "json", "--out", ""), "is not the name of a folder"),
        ],
    )
    def test_wrong_usage_names_what_there_is(
        self, setup: Path, words: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert export(setup, *words) == 2
        captured = capsys.readouterr()
        assert captured.out == ""
        assert said in captured.err

    def test_every_format_that_exists_and_all_can_be_asked_for(self) -> None:
        parser = argparse.ArgumentParser()
        register(parser.add_subparsers())
        for name in (*FORMATS, "all"):
            assert parser.parse_args(["export", "x", "--format", name, "--out", "y"]).format == name


class TestTheFolder:
    def test_files_get_the_rights_that_the_user_gives_new_files_and_scripts_may_be_run(self, tmp_path: Path) -> None:
        before = os.umask(0o027)
        try:
            write_export(tmp_path, FILES)
        finally:
            os.umask(before)
        assert [stat.S_IMODE((tmp_path / file.path).stat().st_mode) for file in FILES] == [0o640, 0o750]

    def test_a_script_that_may_not_be_run_is_replaced(self, tmp_path: Path) -> None:
        write_export(tmp_path, FILES)
        (tmp_path / "b" / "c.sh").chmod(0o600)
        assert [file.state for file in write_export(tmp_path, FILES)] == [State.UNCHANGED, State.REPLACED]
        assert (tmp_path / "b" / "c.sh").stat().st_mode & stat.S_IXUSR

    def test_a_link_in_a_files_place_is_replaced_and_what_it_points_to_stays(self, tmp_path: Path) -> None:
        out, outside = tmp_path / "out", tmp_path / "outside"
        out.mkdir()
        for content in ("precious", "{}\n"):
            outside.write_text(content)
            (out / "a.json").unlink(missing_ok=True)
            (out / "a.json").symlink_to(outside)
            assert write_export(out, FILES[:1]) == (WrittenFile("a.json", sha256(b"{}\n").hexdigest(), State.REPLACED),)
            assert not (out / "a.json").is_symlink()
            assert outside.read_text() == content

    def test_a_link_in_place_of_a_folder_is_not_followed(self, tmp_path: Path) -> None:
        out, outside = tmp_path / "out", tmp_path / "outside"
        out.mkdir()
        outside.mkdir()
        (out / "b").symlink_to(outside)
        with pytest.raises(CiamError, match="is a link"):
            write_export(out, FILES)
        assert list(outside.iterdir()) == []

    def test_a_pipe_in_a_files_place_is_replaced_and_not_waited_for(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "a.json")
        assert [file.state for file in write_export(tmp_path, FILES[:1])] == [State.REPLACED]
        assert (tmp_path / "a.json").read_text() == "{}\n"

    @pytest.mark.parametrize("path", ["../a", "/a", "b/../../a", "a//b", "."])
    def test_a_path_that_leads_out_of_the_folder_is_a_mistake_of_the_export(self, tmp_path: Path, path: str) -> None:
        with pytest.raises(ValueError, match="leads down"):
            write_export(tmp_path / "out", [ExportFile(path, "x")])
        assert contents(tmp_path) == {}


def test_a_program_is_told_what_is_wrong_in_its_document(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = cli.main(["export", str(tmp_path / "missing.json"), "--format", "json", "--out", str(tmp_path), "--json"])
    document = json.loads(capsys.readouterr().out)
    assert (code, document["ok"], document["error"]["code"]) == (1, False, "file-unreadable")
