"""A pack is bound: whatever is done to any of its files, in whatever way, verifying tells it, and a whole one is called whole."""

from __future__ import annotations

import json
import re
from functools import cache
from typing import TYPE_CHECKING

import jsonschema  # type: ignore[import-untyped]  # has no types
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ciam_tui.commands.schemas import document_schema
from ciam_tui.core.assurance.controls import Control, Kind, kinds_for
from ciam_tui.core.assurance.items import sha256_of
from ciam_tui.core.assurance.of_setup import offline_pack
from ciam_tui.core.assurance.pack import MANIFEST, PAGE, ZEROS, bound
from ciam_tui.core.assurance.verifying import Entry, What, verified
from ciam_tui.core.problems import CiamError
from tests.core.accounts import a_setup
from tests.core.strategies import setups

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.assurance.verifying import Verification
    from ciam_tui.core.setup import Setup

FORMS = (True, False)  # with files of their own, or all within evidence.json


@cache
def whole(*, with_files: bool) -> dict[str, bytes]:
    made = bound(offline_pack(a_setup(), "0.0.0"), with_files=with_files)
    return {file.path: file.text.encode() for file in made.files}


def entries_of(files: Mapping[str, bytes]) -> dict[str, Entry]:
    folders = {path.rpartition("/")[0] for path in files} - {""}
    return {
        **{folder: Entry(What.FOLDER) for folder in folders},
        **{path: Entry(What.FILE, len(content), sha256_of(content)) for path, content in files.items()},
    }


def judged(files: Mapping[str, bytes], wanted: str | None = None) -> Verification:
    return verified(entries_of(files), files.get(MANIFEST), wanted=wanted)


def told(files: Mapping[str, bytes]) -> set[tuple[str, str]]:
    return {(each.path, each.change) for each in judged(files).changes}


@pytest.mark.parametrize("with_files", FORMS)
def test_a_pack_as_it_was_written_is_whole_and_its_digest_is_the_one_that_was_told(with_files: bool) -> None:
    made = bound(offline_pack(a_setup(), "0.0.0"), with_files=with_files)
    found = judged(whole(with_files=with_files), wanted=made.digest.upper())
    assert (found.changes, found.digest) == ((), made.digest)


@pytest.mark.parametrize("with_files", FORMS)
@given(data=st.data())
def test_any_byte_of_any_file_that_is_another_is_told_with_its_file(with_files: bool, data: st.DataObject) -> None:
    files = dict(whole(with_files=with_files))
    path = data.draw(st.sampled_from(sorted(files)))
    content = bytearray(files[path])
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    files[path] = bytes(content)
    assert path in {each.path for each in judged(files).changes}


@pytest.mark.parametrize("with_files", FORMS)
def test_every_byte_of_the_head_of_the_manifest_counts(with_files: bool) -> None:
    """What says that it is a pack, its digest among it: the part that verifying itself goes by."""
    manifest = whole(with_files=with_files)[MANIFEST]
    end = manifest.index(b'"collected_at"')
    for at in range(end):
        for flip in (0x01, 0x20, 0x80):
            changed = manifest[:at] + bytes([manifest[at] ^ flip]) + manifest[at + 1 :]
            assert not judged(whole(with_files=with_files) | {MANIFEST: changed}).is_whole, (at, flip)


@pytest.mark.parametrize("path", sorted(whole(with_files=True)))
@pytest.mark.parametrize(
    "change",
    [
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda _: b"",
        lambda content: content + b"\n",
        lambda content: b" " + content,
        lambda content: content.replace(b"\n", b"\r\n"),
        lambda content: b"\xef\xbb\xbf" + content,
        lambda content: content + content,
    ],
    ids=["one byte less", "half", "nothing", "a line more", "a space first", "CRLF", "a byte order mark", "twice"],
)
def test_what_editors_and_transfers_do_is_told(path: str, change: object) -> None:
    assert callable(change)
    files = dict(whole(with_files=True))
    files[path] = change(files[path])
    assert told(files) == {(path, "changed")}


def test_files_that_were_added_removed_renamed_or_swapped_are_told() -> None:
    files, (one, two) = dict(whole(with_files=True)), ("items/findings.json", "items/setup.json")
    assert told(files | {"notes.txt": b"mine", "items/more/x": b""}) == {
        ("notes.txt", "added"),
        ("items/more", "added"),
        ("items/more/x", "added"),
    }
    assert told({path: content for path, content in files.items() if path != one}) == {(one, "removed")}
    assert told({"items/other.json" if path == one else path: content for path, content in files.items()}) == {(one, "renamed")}
    assert told(files | {one: files[two], two: files[one]}) == {(one, "changed"), (two, "changed")}
    assert f"content of {two}" in " ".join(each.text for each in judged(files | {one: files[two]}).changes)


@pytest.mark.parametrize("what", [What.LINK, What.FOLDER, What.OTHER])
@pytest.mark.parametrize("path", [PAGE, "items/setup.json"])
def test_what_stands_in_a_files_place_is_told(what: What, path: str) -> None:
    files = whole(with_files=True)
    found = verified({**entries_of(files), path: Entry(what)}, files[MANIFEST])
    assert [(each.path, each.change) for each in found.changes] == [(path, what.value)]


def test_a_link_beside_the_files_is_told_and_so_is_one_in_the_place_of_their_folder() -> None:
    files = whole(with_files=True)
    added = verified({**entries_of(files), "more": Entry(What.LINK)}, files[MANIFEST])
    assert [(each.path, each.change) for each in added.changes] == [("more", "added")]
    linked = {path: entry for path, entry in entries_of(files).items() if not path.startswith("items")} | {"items": Entry(What.LINK)}
    assert ("items", "added") in {(each.path, each.change) for each in verified(linked, files[MANIFEST]).changes}


@pytest.mark.parametrize("entry", [None, Entry(What.LINK), Entry(What.FOLDER), Entry(What.FILE, unread="Permission denied")])
def test_without_its_manifest_a_pack_is_not_whole(entry: Entry | None) -> None:
    entries = {path: each for path, each in entries_of(whole(with_files=True)).items() if path != MANIFEST}
    found = verified(entries | ({} if entry is None else {MANIFEST: entry}), None)
    assert [each.path for each in found.changes] == [MANIFEST]


@pytest.mark.parametrize("content", [b"{}", b'{"version": 1}'])
def test_what_was_never_a_pack_is_not_called_a_changed_one(content: bytes) -> None:
    with pytest.raises(CiamError) as refused:
        verified({MANIFEST: Entry(What.FILE, len(content), sha256_of(content))}, content)
    assert refused.value.code == "no-pack"
    with pytest.raises(CiamError):
        verified({"setup.json": Entry(What.FILE)}, None)


def test_somebody_who_makes_all_of_it_anew_is_found_by_the_digest_that_was_kept_and_by_nothing_else() -> None:
    kept = bound(offline_pack(a_setup(), "0.0.0"), with_files=True).digest
    other = bound(offline_pack(a_setup(role__path="/other/"), "0.0.0"), with_files=True)
    files = {file.path: file.text.encode() for file in other.files}
    assert judged(files).is_whole
    assert [(each.path, each.change) for each in judged(files, wanted=kept).changes] == [(MANIFEST, "another-pack")]


def test_the_digest_can_be_checked_without_this_tool_as_the_page_says() -> None:
    files = whole(with_files=True)
    document = json.loads(files[MANIFEST])
    assert sha256_of(files[MANIFEST].replace(document["digest"].encode(), ZEROS.encode())) == document["digest"]
    assert {each["path"]: (each["size"], each["sha256"]) for each in document["files"]} == {
        path: (len(content), sha256_of(content)) for path, content in files.items() if path != MANIFEST
    }


def test_each_item_is_bound_by_its_digest_and_names_the_controls_it_supports_with_a_reason() -> None:
    for with_files in FORMS:
        files = whole(with_files=with_files)
        document = json.loads(files[MANIFEST])
        for item in document["items"]:
            text = files[item["file"]] if with_files else "".join(f"{line}\n" for line in item["lines"]).encode()
            assert (sha256_of(text), len(text)) == (item["sha256"], item["size"])
            assert item["supports"]
            assert all(each["why"].endswith(".") for each in item["supports"])
            assert item["sha256"] in files[PAGE].decode()


def test_every_control_is_served_and_one_for_which_nothing_was_gathered_says_so() -> None:
    assert {control.value for control in Control} == {"CC6.1", "CC6.2", "CC6.3", "CC6.8", "A.5.15", "A.5.16", "A.5.17", "A.5.18", "A.8.2"}
    assert all(kinds_for(control) for control in Control)
    assert {control for kind in Kind for control in kind.serves} == set(Control)
    page = whole(with_files=True)[PAGE].decode()
    assert "**Nothing was gathered for CC6.2, A.5.16, A.5.17, A.5.18.**" in page
    of_control = page.partition("### SOC 2 CC6.2\n")[2].partition("\n### ")[0]
    assert "**Nothing was gathered for it.**" in of_control
    assert "Not collected" in of_control


def test_nothing_in_it_calls_anybody_compliant_or_certified() -> None:
    for content in whole(with_files=False).values():
        assert not re.search(r"complian|certif|conforms to", content.decode(), re.IGNORECASE)


@settings(max_examples=max(4, settings().max_examples // 20))
@given(setup=setups())
def test_of_any_setup_the_same_pack_is_made_again_and_is_whole_and_as_its_schema_says(setup: Setup) -> None:
    made = bound(offline_pack(setup, "0.0.0"), with_files=False)
    assert made == bound(offline_pack(setup, "0.0.0"), with_files=False)
    files = {file.path: file.text.encode() for file in made.files}
    assert set(files) == {MANIFEST, PAGE}
    assert judged(files, wanted=made.digest).is_whole
    jsonschema.validate(json.loads(files[MANIFEST]), document_schema("evidence.json"))
