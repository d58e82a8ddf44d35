"""What a role has gained and lost is told between the two snapshots that say so, and nothing is kept of it but names."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.creep.growth import growth_of
from ciam_tui.core.creep.report import change_words, lines_of_gap
from ciam_tui.core.creep.rights import rights_of_role
from ciam_tui.core.creep.snapshots import MOST_KEPT, Grant, PastRole, Snapshot, from_text, snapshot_of, to_text, worth_keeping
from ciam_tui.core.creep.standing import NotSeen, Unknown
from ciam_tui.core.document import Document
from ciam_tui.core.evidence.facts import ServiceUse
from ciam_tui.core.problems import CiamError
from tests.core.accounts import ACCOUNT
from tests.core.auditing import READS, a_role, report_of
from tests.core.creeping import NOW, ROLE_ARN, a_gap, a_held_role, days, did, logs

if TYPE_CHECKING:
    from ciam_tui.core.creep.gap import Gap, RightUse

WRITE = Grant("write", "acme-builds", "releases/")
DELETE = Grant("delete", "acme-builds", "releases/")
EVERYTHING = Grant("delete", "acme-builds", "")


def moment(ago: float, *grants: Grant, **changes: Any) -> Snapshot:
    role = replace(PastRole("web-deploy", "AROADEPLOY", grants, {"s3": f"digest of {sorted(each.what for each in grants)}"}), **changes)
    return Snapshot(ACCOUNT, days(ago), {ROLE_ARN: role})


def right(gap: Gap, action: str) -> RightUse:
    return next(each for each in gap.rights if each.right.action == action)


def test_a_right_that_came_says_between_which_looks_and_by_which_statement() -> None:
    moments = [moment(60, WRITE), moment(40, WRITE), moment(30, WRITE, DELETE), moment(0, WRITE, DELETE)]
    growth = growth_of(ROLE_ARN, moments, rights_of_role(a_held_role()).held)
    assert (growth.since, growth.count, growth.lost, growth.changed) == (days(60), 4, (), ("s3",))
    assert [change_words(each) for each in growth.gained] == [
        "may delete in acme-builds/releases/ since 2026-07-21 (not yet on 2026-07-11), by statement 3 (Delete) of s3"
    ]


@pytest.mark.parametrize(
    ("moments", "gained", "lost"),
    [
        ([], [], []),
        ([moment(0, WRITE)], [], []),
        ([moment(9, WRITE), moment(0, WRITE)], [], []),
        ([moment(9, WRITE, DELETE), moment(0, WRITE)], [], [DELETE]),
        # What a wider right held already is no gain, and a narrower one that stays within it no loss.
        ([moment(9, EVERYTHING), moment(0, DELETE)], [], [EVERYTHING]),
        ([moment(9, DELETE), moment(0, EVERYTHING)], [EVERYTHING], []),
        ([moment(9, EVERYTHING), moment(0, EVERYTHING, DELETE)], [], []),
        # What went and came back came last.
        ([moment(9, DELETE), moment(6), moment(0, DELETE)], [DELETE], []),
        # Another role of the same name, and a look at half of the policies, say nothing.
        ([moment(9, WRITE, role_id="AROAOTHER"), moment(0, WRITE, DELETE)], [], []),
        ([moment(9, is_whole=False), moment(0, DELETE)], [], []),
    ],
)
def test_growth_is_what_snapshots_prove(moments: list[Snapshot], gained: list[Grant], lost: list[Grant]) -> None:
    growth = growth_of(ROLE_ARN, moments)
    assert [each.grant for each in growth.gained] == gained
    assert [each.grant for each in growth.lost] == lost


def test_what_came_within_the_window_was_not_seen_only_since_and_does_not_go_yet() -> None:
    moments = [moment(60, WRITE), moment(30, WRITE, DELETE), moment(0, WRITE, DELETE)]
    gap = a_gap(did("s3:PutObject"), coverage=(logs(),), snapshots=moments)
    found = right(gap, "s3:DeleteObject")
    assert found.is_new
    assert isinstance(found.standing, NotSeen)
    assert found.standing.since == days(30)
    assert found not in gap.may_go
    assert "less long than the window" in str(gap.standing(found.right))
    assert any("since the role has it" in line for line in lines_of_gap(gap))
    assert any("gained     may delete in acme-builds/releases/" in line for line in lines_of_gap(gap))


def test_what_earlier_looks_saw_none_of_either_was_not_seen_for_all_of_their_time() -> None:
    """Logs of the first half of a year, and later of the second, come to a year."""
    first = a_gap(role=a_held_role(), coverage=(logs(since=200, until=80),), at=days(80), since=days(170))
    kept = replace(snapshot_of(report_of()), at=days(80), roles={ROLE_ARN: _kept(first)})
    gap = a_gap(coverage=(logs(since=90),), snapshots=[kept, moment(0, WRITE, DELETE)])
    found = right(gap, "s3:DeleteObject").standing
    assert isinstance(found, NotSeen)
    assert found.since == days(200)


def test_a_use_that_an_earlier_look_saw_ends_that_time() -> None:
    first = a_gap(did("s3:DeleteObject", ago=100), coverage=(logs(since=200, until=80),), at=days(80), since=days(170))
    kept = replace(snapshot_of(report_of()), at=days(80), roles={ROLE_ARN: _kept(first)})
    found = right(a_gap(coverage=(logs(since=90),), snapshots=[kept, moment(0, WRITE, DELETE)]), "s3:DeleteObject").standing
    assert isinstance(found, NotSeen)
    assert (found.since, found.last) == (days(90), days(100))


def _kept(gap: Gap) -> PastRole:
    report = report_of(replace(a_role("web-deploy"), arn=ROLE_ARN, role_id="AROADEPLOY"))
    [role] = snapshot_of(report, [gap]).roles.values()
    return replace(role, grants=(WRITE, DELETE))


# --- the file ---------------------------------------------------------------------------------------------------------------------------


def test_a_snapshot_comes_back_from_its_file_as_it_was() -> None:
    report = report_of(replace(a_role("web-deploy"), arn=ROLE_ARN))
    kept = snapshot_of(report, [a_gap(did("s3:GetObject"), services=(ServiceUse("s3", days(1)), ServiceUse("kms", None)))])
    assert from_text(to_text(kept)) == kept
    [role] = kept.roles.values()
    assert role.grants == (Grant("list", "acme-builds", "builds/"), Grant("read", "acme-builds", "builds/"))
    assert [use.action for use in role.uses or ()] == ["s3:GetObject"]


def test_no_document_and_no_caller_is_in_the_file() -> None:
    seen = did("s3:GetObject", address="203.0.113.7", agent="aws-cli/2.15.0")
    text = to_text(snapshot_of(report_of(replace(a_role("web-deploy"), arn=ROLE_ARN)), [a_gap(seen)]))
    assert READS.text not in text
    assert not any(each in text for each in ("203.0.113.7", "aws-cli", "Statement", "assumed-role"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        "nonsense",
        '{"account_id":"1"',
        to_text(Snapshot(ACCOUNT, NOW, {}, version=2)),
        to_text(Snapshot(ACCOUNT, NOW.replace(tzinfo=None), {})),
        to_text(Snapshot(ACCOUNT, NOW, {})).replace('"roles":{}', '"roles":{"x":3}'),
        to_text(Snapshot(ACCOUNT, NOW, {})) * 2,
    ],
)
def test_what_is_no_snapshot_is_said_to_be_none(text: str) -> None:
    with pytest.raises(CiamError) as told:
        from_text(text)
    assert told.value.code == "snapshot-unreadable"


def test_a_policy_that_is_none_still_has_a_digest() -> None:
    role = a_role("web-deploy", inline=(("s3", Document("{nonsense")),))
    [kept] = snapshot_of(report_of(role)).roles.values()
    assert len(kept.digests["s3"]) == 64
    assert not kept.is_whole


# --- thinning ---------------------------------------------------------------------------------------------------------------------------


def test_old_snapshots_thin_out_to_the_first_of_each_day_week_and_month() -> None:
    hourly = [NOW - timedelta(hours=hours) for hours in range(24 * 400)]
    kept = sorted(worth_keeping(hourly, NOW))
    assert len(kept) <= MOST_KEPT
    assert kept[0] == hourly[-1]
    ages = [(NOW - each).days for each in kept]
    assert sum(age < 2 for age in ages) == 48
    assert 28 <= sum(2 <= age < 31 for age in ages) <= 30
    assert 23 <= sum(31 <= age < 200 for age in ages) <= 26


@given(st.lists(st.integers(0, 60 * 24 * 900), max_size=60), st.integers(1, 60 * 24 * 40))
def test_thinning_is_bounded_keeps_the_first_and_the_last_and_says_the_same_twice(minutes: list[int], later: int) -> None:
    moments = [NOW - timedelta(minutes=each) for each in minutes]
    kept = worth_keeping(moments, NOW)
    assert kept <= set(moments)
    assert len(kept) <= MOST_KEPT
    if moments:
        assert {min(moments), max(moments)} <= kept or len(moments) > MOST_KEPT
    assert worth_keeping(tuple(kept), NOW) == kept
    assert worth_keeping(tuple(kept), NOW + timedelta(minutes=later)) <= kept


def test_unknown_is_not_kept_as_a_use() -> None:
    gap = a_gap()
    assert isinstance(right(gap, "s3:DeleteObject").standing, Unknown)
    assert _kept(gap).uses == ()


def test_a_first_look_says_that_there_is_none_before() -> None:
    assert any("no earlier snapshot" in line for line in lines_of_gap(a_gap(snapshots=[moment(0, WRITE)])))
    assert any("none in 2 snapshots" in line for line in lines_of_gap(a_gap(snapshots=[moment(3, WRITE), moment(0, WRITE)])))
