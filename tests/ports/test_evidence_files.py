"""Files of evidence as they lie on a disk: packed, in folders, cut off, hostile, and larger than memory."""

from __future__ import annotations

import gzip
import json
import os
import tracemalloc
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.evidence.facts import Source
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.evidence_files import read_evidence_files
from tests.core.evidence_logs import STRANGER, WHOSE, event, line

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.core.evidence.reading import FileEvidence


def trail(*events: dict[str, Any]) -> bytes:
    return json.dumps({"Records": list(events)}).encode()


def found(evidence: FileEvidence) -> dict[tuple[str, str], int]:
    return {(seen.action, seen.resource.rpartition(":::")[2]): seen.count for seen in evidence.seen()}


def test_a_folder_is_read_with_all_that_is_in_it_whatever_it_is_packed_in(tmp_path: Path) -> None:
    day = tmp_path / "AWSLogs" / "123456789012" / "CloudTrail" / "us-east-1"
    day.mkdir(parents=True)
    (day / "a.json.gz").write_bytes(gzip.compress(trail(event(), event(key_id=STRANGER, arn="x"))))
    (day / "b.json").write_bytes(trail(event("PutObject")))
    (tmp_path / "packed-without-its-name").write_bytes(gzip.compress(f"{line()}\n{line('REST.PUT.OBJECT', requester='-')}\n".encode()))
    digests = tmp_path / "AWSLogs" / "123456789012" / "CloudTrail-Digest"
    digests.mkdir()
    (digests / "d.json").write_bytes(b'{"digestStartTime": "x"}')
    (tmp_path / "empty").write_bytes(b"")
    told: list[str] = []
    evidence = read_evidence_files([tmp_path, day], WHOSE, progress=told.append)
    assert found(evidence) == {
        ("s3:GetObject", "acme-builds/builds/web/1187/"): 1,
        ("s3:PutObject", "acme-builds/builds/web/1187/"): 1,
    }
    assert sum(each.count for each in evidence.seen()) == 3
    by_source = {each.source: each for each in evidence.coverage()}
    assert by_source[Source.TRAIL_FILE].about == "2 files, 3 records, objects of acme-builds"
    assert by_source[Source.S3_ACCESS_LOG].read_buckets == ("acme-builds",)
    assert all(each.missing is None for each in evidence.coverage())
    assert any("a.json.gz" in text for text in told)


def test_a_trail_without_data_events_shows_no_objects_and_says_so(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_bytes(trail(event("ListBuckets", eventCategory="Management", managementEvent=True, requestParameters=None)))
    (coverage,) = read_evidence_files([tmp_path], WHOSE).coverage()
    assert not coverage.sees_objects
    assert "no event about an object of S3 among them" in coverage.about


def test_a_trail_that_keeps_writes_alone_shows_no_reads(tmp_path: Path) -> None:
    (tmp_path / "t.json").write_bytes(trail(event("PutObject")))
    (coverage,) = read_evidence_files([tmp_path], WHOSE).coverage()
    assert (coverage.read_buckets, coverage.written_buckets) == ((), ("acme-builds",))
    assert "writing alone" in coverage.about


def test_what_cannot_be_read_is_told_and_spoils_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "a-cut.gz").write_bytes(gzip.compress(trail(*(event(eventID=os.urandom(30).hex()) for _ in range(2000))))[:-2000])
    (tmp_path / "b-lines").write_text(f"{line()}\nnonsense \u202e \x1b[2J\n{'x' * 200_000}\n{line()}\n", encoding="utf-8")
    (tmp_path / "c-bytes").write_bytes(line().encode() + b"\n\xff\xfe\x00garbage\n" + line().encode())
    os.mkfifo(tmp_path / "d-pipe")
    evidence = read_evidence_files([tmp_path], WHOSE)
    logs = [each for each in evidence.seen() if each.source is Source.S3_ACCESS_LOG]
    assert sum(each.count for each in logs) == 4
    missing = [each.missing for each in evidence.coverage() if each.missing]
    assert any("3 records could not be read" in text for text in missing)
    assert any("a-cut.gz: the packed file is cut off" in text and "d-pipe: it is no file" in text for text in missing)
    assert sum(each.count for each in evidence.seen() if each.source is Source.TRAIL_FILE) > 100


def test_a_name_that_does_not_exist_is_an_error_that_says_which(tmp_path: Path) -> None:
    with pytest.raises(CiamError, match="There is no file or folder"):
        read_evidence_files([tmp_path / "no\x1bsuch"], WHOSE)


def test_somebody_who_has_enough_keeps_what_was_read(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"{number}").write_text(f"{line()}\n")
    asked = iter([False, False, False, False, True])
    evidence = read_evidence_files([tmp_path], WHOSE, should_stop=lambda: next(asked, True))
    assert sum(each.count for each in evidence.seen()) == 2
    assert any("stopped" in (each.missing or "") for each in evidence.coverage())


def test_a_packed_file_that_unpacks_to_much_more_takes_no_memory_for_it(tmp_path: Path) -> None:
    many = "".join(f"{line(key=f'builds/web/{number}/x')}\n" for number in range(1000)).encode()
    with gzip.open(tmp_path / "log.gz", "wb", compresslevel=1) as packed:
        packed.write(many)
        packed.write(b"\0" * 20_000_000)  # one line of 20 MB
        packed.write(b"\n" + many)
    tracemalloc.start()
    evidence = read_evidence_files([tmp_path], WHOSE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000
    assert found(evidence) == {("s3:GetObject", "acme-builds/builds/web/"): 2000}


def test_a_large_event_file_on_one_line_takes_no_memory_for_its_events(tmp_path: Path) -> None:
    one = json.dumps(event("PutObject", padding="x" * 20_000))
    with (tmp_path / "t.json").open("w") as file:
        file.write('{"Records": [' + ",".join([one] * 10))
        for _ in range(100):
            file.write("," + ",".join([one] * 10))
        file.write("]}")
    tracemalloc.start()
    evidence = read_evidence_files([tmp_path / "t.json"], WHOSE)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 6_000_000
    assert sum(each.count for each in evidence.seen()) == 1010
