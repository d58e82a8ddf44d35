"""Counting keeps the number of calls, finds the prefixes that people think in, and takes no more memory for more keys."""

from __future__ import annotations

import itertools
from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.evidence.calls import Call, Use
from ciam_tui.core.evidence.facts import Source
from ciam_tui.core.evidence.tally import MOST_TREES, Tally, merged

T0 = datetime(2026, 8, 1, tzinfo=UTC)
BUCKET = "arn:aws:s3:::acme-builds"


def call(path: str | None, action: str = "s3:GetObject", *, minute: int = 0, refused: bool = False, bucket: str = "acme-builds") -> Call:
    return Call(T0 + timedelta(minutes=minute), (Use(action, bucket, path),), "AKIA", refused, "203.0.113.7", f"agent {minute}")


def tallied(*calls: Call) -> dict[str, int]:
    tally = Tally(Source.S3_ACCESS_LOG)
    for each in calls:
        tally.add(each)
    return {seen.resource.removeprefix(BUCKET): seen.count for seen in tally.seen()}


def test_keys_are_counted_by_their_folders() -> None:
    keys = ["README.txt", "builds/web/a", "builds/web/b", "builds/api/a", "releases/v1/x.zip"]
    assert tallied(*map(call, keys)) == {"/": 1, "/builds/web/": 2, "/builds/api/": 1, "/releases/v1/": 1}


def test_a_folder_of_many_numbered_ones_is_one_line() -> None:
    keys = [f"builds/{project}/{number}/bundle.tar.gz" for project in ("web", "api") for number in range(100)]
    assert tallied(*map(call, keys)) == {"/builds/web/": 100, "/builds/api/": 100}


def test_what_all_has_in_common_is_told_however_deep_it_lies() -> None:
    assert tallied(*(call(f"a/b/c/d/e/{number}/x") for number in range(30))) == {"/a/b/c/d/e/": 30}


def test_a_listing_keeps_the_prefix_as_it_was_asked_for_with_or_without_its_slash() -> None:
    calls = [call(prefix, "s3:ListBucket") for prefix in ("team", "team/", None)]
    assert tallied(*calls) == {"/team": 1, "/team/": 1, "": 1}


def test_first_last_refusals_and_the_last_ones_address_are_kept() -> None:
    tally = Tally(Source.TRAIL_FILE)
    for each in (call("b/x", minute=5), call("b/y", minute=1, refused=True), call("b/z", minute=9)):
        tally.add(each)
    (seen,) = tally.seen()
    assert (seen.first, seen.last) == (T0 + timedelta(minutes=1), T0 + timedelta(minutes=9))
    assert (seen.count, seen.refused, seen.agent, seen.source) == (3, 1, "agent 9", Source.TRAIL_FILE)


names = st.sampled_from(["a", "b", "c", "1", "2", "3", "x y"])
paths = st.one_of(st.none(), st.lists(st.one_of(names, st.integers(0, 40).map(str)), max_size=6).map("/".join))


@given(st.lists(st.tuples(paths, st.sampled_from(["s3:GetObject", "s3:ListBucket"])), max_size=120), st.randoms(use_true_random=False))
def test_no_call_is_lost_and_their_order_does_not_matter(told: list[tuple[str | None, str]], chance: object) -> None:
    calls = [call(path or None, action, minute=number) for number, (path, action) in enumerate(told)]
    shuffled = list(calls)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]  # it is a random.Random
    found, again = Tally(Source.TRAIL_FILE), Tally(Source.TRAIL_FILE)
    for one, other in zip(calls, shuffled, strict=True):
        found.add(one)
        again.add(other)
    assert Counter(found.seen()) == Counter(again.seen())
    assert sum(seen.count for seen in found.seen()) == len(calls)
    for path, action in told:
        holding = [seen for seen in found.seen() if seen.action == action and f"{BUCKET}/{path or ''}".startswith(seen.resource)]
        assert holding, "each call lies below a prefix that is told"


def test_no_number_of_keys_makes_it_grow() -> None:
    tally = Tally(Source.S3_ACCESS_LOG)
    # Wide at every level, and of many kinds, so that the trees are as large as they become.
    for a, b, c, d in itertools.product(range(12), range(12), range(6), range(3)):
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:PutObjectAcl"):
            for bucket in ("one", "two"):
                tally.add(call(f"{a}/{b}/{c}/{d}", action, bucket=bucket))
    assert tally._folders <= 5000
    assert sum(seen.count for seen in tally.seen()) == 12 * 12 * 6 * 3 * 8
    assert tally.uncounted == 0


def test_no_number_of_buckets_makes_it_grow_and_what_finds_no_room_is_told() -> None:
    tally = Tally(Source.S3_ACCESS_LOG)
    for number in range(MOST_TREES + 10):
        tally.add(call("x", bucket=f"bucket-{number}"))
    assert len(tally.seen()) == MOST_TREES
    assert tally.uncounted == 10


def test_what_two_regions_tell_of_one_thing_is_taken_together() -> None:
    one, other = Tally(Source.EVENT_HISTORY), Tally(Source.EVENT_HISTORY)
    one.add(call("b/x", minute=1))
    other.add(call("b/x", minute=2, refused=True))
    (seen,) = merged(one.seen(), other.seen())
    assert (seen.count, seen.refused, seen.last) == (2, 1, T0 + timedelta(minutes=2))
