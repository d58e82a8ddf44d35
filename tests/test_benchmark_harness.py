"""The harness of `make bench`: two sides in turns, and numbers that mean what the table says."""

from __future__ import annotations

import sys

import pytest

from tests.benchmarks.harness import Row, Sample, interleaved, milliseconds_of_call, milliseconds_of_command, table


def test_both_sides_are_measured_in_turns_and_the_first_of_each_is_thrown_away() -> None:
    calls: list[str] = []

    def side(name: str, values: list[float]) -> float:
        calls.append(name)
        return values.pop(0)

    ours, theirs = [100.0, 4.0, 6.0, 8.0], [100.0, 2.0, 2.0, 5.0]
    row = interleaved(("ours", lambda: side("ours", ours)), ("theirs", lambda: side("theirs", theirs)), runs=3)
    assert calls == ["ours", "theirs"] * 4
    assert row == Row(Sample("ours", (4.0, 6.0, 8.0)), Sample("theirs", (2.0, 2.0, 5.0)))
    assert row.ratio == 3.0


def test_a_percentile_is_a_value_that_was_measured() -> None:
    sample = Sample("key", tuple(float(value) for value in range(100, 0, -1)))
    assert (sample.percentile(95), sample.percentile(100), Sample("one", (7.0,)).percentile(95)) == (96.0, 100.0, 7.0)


def test_the_table_holds_the_spread_of_both_sides_and_one_ratio() -> None:
    lines = table([("start", "ratio <= 2", Row(Sample("ours", (3.0, 1.0, 2.0)), Sample("theirs", (1.0,))))]).splitlines()
    assert [line.split() for line in lines[1:]] == [
        ["start", "ratio", "<=", "2", "ours", "1.0", "2.0", "3.0", "3.0", "ms", "2.00"],
        ["theirs", "1.0", "1.0", "1.0", "1.0", "ms"],
    ]


def test_a_value_without_a_baseline_has_no_ratio() -> None:
    row = Row(Sample("decisions", (90_000.0,)), unit="/s")
    assert row.ratio is None
    assert "90000.0" in table([("decisions", "", row)])


def test_time_is_measured_in_milliseconds() -> None:
    assert milliseconds_of_call(lambda: None)() >= 0
    assert milliseconds_of_command([sys.executable, "-c", "import time; time.sleep(0.2)"])() >= 200


def test_a_command_that_fails_is_no_measurement() -> None:
    with pytest.raises(Exception, match="non-zero exit status 3"):
        milliseconds_of_command([sys.executable, "-c", "raise SystemExit(3)"])()
