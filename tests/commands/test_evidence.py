"""`ciam-tui evidence` from end to end: gathered on a real account over HTTP, lying on a real disk, and verified there."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import jsonschema  # type: ignore[import-untyped]  # has no types
import pytest

from ciam_tui.commands.schemas import document_schema
from ciam_tui.core.assurance.controls import Control
from ciam_tui.core.assurance.items import sha256_of
from ciam_tui.core.assurance.of_setup import offline_pack
from ciam_tui.core.assurance.pack import PackFile, bound
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.migration import fold
from ciam_tui.ports.disk import StateDir
from ciam_tui.ports.evidence_pack import write_pack
from ciam_tui.ports.migrations import DiskMigrations
from ciam_tui.ports.state_dir import write_whole
from tests.core.examples import file as setup_file
from tests.core.retirements import KEY, begun, quiet_since
from tests.core.test_assurance_pack import whole
from tests.runs import ACCOUNT, a_setup
from tests.served_account import written

if TYPE_CHECKING:
    from tests.commands.shell import Said, Shell
    from tests.served_account import ServedAccount

AS_ROOT = pytest.mark.skipif(os.geteuid() == 0, reason="root may read anything")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A pack on the disk."""
    place = tmp_path / "evidence"
    for path, content in whole(with_files=True).items():
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_bytes(content)
    return place


def test_what_was_applied_and_retired_is_gathered_whole_and_any_change_to_it_is_told(
    account: ServedAccount, shell: Shell, tmp_path: Path
) -> None:
    account.s3.create_bucket(Bucket="acme-run-tests")
    setup = written(tmp_path, a_setup(bucket__create=False))
    assert shell("apply", setup, "--yes").code == 0
    account.iam.create_user(UserName="ci-uploader", Tags=[{"Key": "db-password", "Value": "hunter2"}])
    made = account.iam.create_access_key(UserName="ci-uploader")["AccessKey"]
    migrations = DiskMigrations(StateDir.of(None))
    started = begun()
    migrations.create(started.migration_id)
    for event in (started, *quiet_since(started.at)):
        migrations.append(started.migration_id, event)
    accepted = tmp_path / "accepted.json"
    ends = (datetime.now(UTC) + timedelta(days=60)).date().isoformat()
    wrote = shell("check", setup, "--write-accepted", str(accepted), "--owner", "dana", "--reason", "a pilot", "--expires", ends, "--finding", "no-branch-on-changing-stage")  # fmt: skip
    assert accepted.exists(), wrote.err
    before = account.shows()

    out = tmp_path / "e" / "first"
    said = shell("evidence", "collect", setup, "--out", str(out), "--accepted", str(accepted), "--json")
    assert (said.code, said.err) == (0, "")
    document = said.document
    assert document["not_collected"] == []
    assert account.shows() == before
    pack = json.loads((out / "evidence.json").read_text(encoding="utf-8"))
    jsonschema.validate(pack, document_schema("evidence.json"))
    assert {control for item in pack["items"] for control in (each["control"] for each in item["supports"])} == set(Control)
    assert (pack["digest"], pack["account_id"]) == (document["digest"], ACCOUNT)
    assert pack["operator"].startswith(f"arn:aws:sts::{ACCOUNT}:")

    (run,) = [json.loads(path.read_text(encoding="utf-8")) for path in (out / "items").glob("run-*.json")]
    journal = Path(os.environ["XDG_STATE_HOME"]) / "ciam-tui" / run["journal"]["file"]
    assert run["journal"]["sha256"] == digest_of_file(journal)
    assert all(step["request_id"] for step in run["steps"] if step["service"] == "iam")
    user = json.loads((out / "items" / "user-ci-uploader.json").read_text(encoding="utf-8"))
    assert [(key["key_id"], key["status"]) for key in user["keys"]] == [(made["AccessKeyId"], "Active")]
    (retirement,) = [json.loads(path.read_text(encoding="utf-8")) for path in (out / "items").glob("retirement-*.json")]
    assert (retirement["keys"][0]["key_id"], retirement["keys"][0]["quiet_since"]) == (KEY, "2026-03-02T09:00:00Z")
    assert fold((started,)).id in retirement["file"]["file"]
    for path in out.rglob("*"):
        assert path.stat().st_mode & 0o077 == 0, path
        if path.is_file():
            content = path.read_text(encoding="utf-8")
            assert made["SecretAccessKey"] not in content
            assert "hunter2" not in content

    assert shell("evidence", "verify", str(out), "--digest", document["digest"]).code == 0
    widened = out / "items" / "access.json"
    widened.write_text(widened.read_text(encoding="utf-8").replace('"denied"', '"allowed"', 1), encoding="utf-8")
    changed = shell("evidence", "verify", str(out), "--json")
    assert (changed.code, [each["path"] for each in changed.document["changes"]]) == (3, ["items/access.json"])

    again = shell("evidence", "collect", setup, "--out", str(out))
    assert (again.code, "holds something already" in again.err) == (1, True)
    read_only = shell("evidence", "collect", setup, "--out", str(tmp_path / "second"), "--read-only")
    assert read_only.code == 0
    assert re.search(r"^Digest: [0-9a-f]{64}$", read_only.out, re.MULTILINE)
    assert "not collected  The file of accepted findings: No file" in read_only.out


def digest_of_file(path: Path) -> str:
    return sha256_of(path.read_bytes())


def test_an_account_that_has_nothing_of_the_setup_is_told_as_it_is(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    account.s3.create_bucket(Bucket="acme-run-tests")
    setup = written(tmp_path, a_setup(bucket__create=False))
    said = shell("evidence", "collect", setup, "--out", str(tmp_path / "e"))
    assert said.code == 0
    assert "Roles that are there: 0 of 2" in said.out
    assert "It is not: a plan would make" in said.out
    assert "not collected  The journal of a run" in said.out


def test_the_export_is_of_the_same_form_and_stays_the_same(shell: Shell, tmp_path: Path) -> None:
    setup, out = tmp_path / "setup.json", tmp_path / "out"
    setup.write_text(setup_file(), encoding="utf-8")
    export = ("export", str(setup), "--format", "evidence", "--out", str(out))
    assert shell(*export).code == 0
    assert {path.name for path in out.iterdir()} == {"evidence.md", "evidence.json"}
    assert {line.split()[0] for line in shell(*export).out.splitlines()} == {"unchanged"}
    assert shell("evidence", "verify", str(out)).code == 0
    (out / "evidence.md").write_text("All is well.\n", encoding="utf-8")
    assert shell("evidence", "verify", str(out)).code == 3


def verify(shell: Shell, folder: Path, *words: str) -> tuple[int, set[tuple[str, str]]]:
    said = shell("evidence", "verify", str(folder), "--json", *words)
    changes = said.document.get("changes", [])
    return said.code, {(each["path"], each["change"]) for each in changes}


def test_what_is_done_to_a_folder_is_told(shell: Shell, folder: Path) -> None:
    assert verify(shell, folder) == (0, set())
    (folder / "items" / "setup.json").rename(folder / "items" / "set-up.json")
    (folder / "evidence.md").unlink()
    (folder / "evidence.md").symlink_to(folder / "items" / "findings.json")
    (folder / "items" / "findings.json").unlink()
    os.mkfifo(folder / "items" / "findings.json")
    (folder / "new").mkdir()
    assert verify(shell, folder) == (
        3,
        {("items/setup.json", "renamed"), ("evidence.md", "link"), ("items/findings.json", "other"), ("new", "added")},
    )
    said = shell("evidence", "verify", str(folder))
    assert "renamed       items/setup.json: It is called items/set-up.json now." in said.out
    assert said.out.endswith("is not as it was written.\n")


def test_a_copy_whose_line_ends_were_changed_is_told_file_by_file(shell: Shell, folder: Path) -> None:
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    code, changes = verify(shell, folder)
    assert (code, {change for _, change in changes}) == (3, {"changed"})
    assert {path for path, _ in changes} == set(whole(with_files=True))


def test_the_folder_of_the_items_may_not_be_a_link(shell: Shell, folder: Path, tmp_path: Path) -> None:
    (folder / "items").rename(tmp_path / "elsewhere")
    (folder / "items").symlink_to(tmp_path / "elsewhere")
    code, changes = verify(shell, folder)
    assert (code, ("items", "added") in changes) == (3, True)


@AS_ROOT
def test_a_file_that_may_not_be_read_is_not_called_whole(shell: Shell, folder: Path) -> None:
    (folder / "evidence.md").chmod(0)
    assert verify(shell, folder) == (3, {("evidence.md", "unreadable")})


def test_the_digest_tells_one_whole_pack_from_another(shell: Shell, folder: Path) -> None:
    digest = json.loads((folder / "evidence.json").read_text(encoding="utf-8"))["digest"]
    assert verify(shell, folder, "--digest", digest.upper()) == (0, set())
    assert verify(shell, folder, "--digest", "0" * 64) == (3, {("evidence.json", "another-pack")})


def test_what_is_no_evidence_is_said_in_one_line(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "setup.json").write_text("{}", encoding="utf-8")
    for place in ("other", "missing", "other/setup.json"):
        said = shell("evidence", "verify", str(tmp_path / place))
        assert (said.code, said.out, said.err.count("\n")) == (1, "", 1), place
        assert "no evidence" in said.err


@pytest.mark.parametrize(
    "words",
    [["evidence"], ["evidence", "collect", "s.json"], ["evidence", "verify"], ["evidence", "verify", "x", "--digest", "abc"], ["evidence", "collect", "s.json", "--out", ""]],
)  # fmt: skip
def test_wrong_usage_is_told_as_that(shell: Shell, words: list[str]) -> None:
    said: Said = shell(*words)
    assert (said.code, "usage: " in said.err) == (2, True)


def test_a_setup_that_is_none_and_a_folder_that_cannot_be_made_are_told_before_the_account_is_asked(shell: Shell, tmp_path: Path) -> None:
    setup = tmp_path / "setup.json"
    setup.write_text("{}", encoding="utf-8")
    assert shell("evidence", "collect", str(setup), "--out", str(tmp_path / "e"), "--json").document["ok"] is False
    setup.write_text(setup_file(), encoding="utf-8")
    said = shell("evidence", "collect", str(setup), "--out", str(setup))
    assert (said.code, "is a file" in said.err) == (1, True)
    assert {path.name for path in tmp_path.iterdir()} == {"setup.json", "home"}


def test_a_pack_is_on_the_disk_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [PackFile("evidence.md", "a\n"), PackFile("items/x.json", "{}\n")]

    def full(path: Path, content: bytes) -> None:
        if path.name == "x.json":
            raise OSError(28, "No space left on device")
        write_whole(path, content)

    with monkeypatch.context() as disk:
        disk.setattr("ciam_tui.ports.evidence_pack.write_whole", full)
        with pytest.raises(CiamError) as refused:
            write_pack(tmp_path / "e", files)
    assert "No space left" in refused.value.message
    assert {path.name for path in tmp_path.iterdir()} == {"home"}
    (tmp_path / "e").mkdir()
    write_pack(tmp_path / "e", files)
    assert (tmp_path / "e" / "items" / "x.json").read_text(encoding="utf-8") == "{}\n"
    with pytest.raises(ValueError, match="leads down"):
        write_pack(tmp_path / "f", [replace(files[0], path="../x")])
    shutil.rmtree(tmp_path / "e")


def test_a_folder_that_is_there_and_empty_is_filled_and_stays_the_same_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = [PackFile("items/x.json", "{}\n"), PackFile("evidence.md", "a\n"), PackFile("evidence.json", "{}\n")]
    here = tmp_path / "here"
    here.mkdir()
    before = here.stat().st_ino
    monkeypatch.chdir(here)
    write_pack(Path(), files)
    assert (here.stat().st_ino, sorted(each.name for each in Path().iterdir())) == (before, ["evidence.json", "evidence.md", "items"])
    assert stat.S_IMODE((here / "items" / "x.json").stat().st_mode) == 0o600

    (tmp_path / "there").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "there")
    write_pack(tmp_path / "link", files)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "there" / "evidence.json").is_file()


def test_an_empty_folder_is_empty_again_where_not_all_could_be_written(tmp_path: Path) -> None:
    (tmp_path / "e").mkdir()
    with pytest.raises(CiamError):
        write_pack(tmp_path / "e", [PackFile("evidence.md", "a\n"), PackFile("evidence.md/x", "a\n")])
    assert list((tmp_path / "e").iterdir()) == []


def test_a_way_through_another_folder_makes_nothing_there(tmp_path: Path) -> None:
    write_pack(tmp_path / "one", [PackFile("evidence.md", "a\n")])
    write_pack(tmp_path / "one" / "x" / ".." / ".." / "two", [PackFile("evidence.md", "a\n")])
    assert [path.name for path in (tmp_path / "one").iterdir()] == ["evidence.md"]
    assert (tmp_path / "two" / "evidence.md").is_file()


@pytest.mark.parametrize("formats", ["evidence", "all"])
def test_an_export_does_not_replace_evidence_that_was_collected(shell: Shell, tmp_path: Path, formats: str) -> None:
    setup = tmp_path / "setup.json"
    setup.write_text(setup_file(), encoding="utf-8")
    out = tmp_path / "out"
    place = out if formats == "evidence" else out / "evidence"
    pack = offline_pack(a_setup(), "0.0.0")
    write_pack(place, bound(replace(pack, about=replace(pack.about, at=datetime(2026, 1, 2, tzinfo=UTC))), with_files=True).files)
    said = shell("export", str(setup), "--format", formats, "--out", str(out))
    assert (said.code, "holds evidence that was collected" in said.err) == (1, True)
    assert shell("evidence", "verify", str(place)).code == 0
    assert [path.name for path in out.iterdir() if place not in (path, path.parent)] == []
