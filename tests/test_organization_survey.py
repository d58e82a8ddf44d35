"""An audit of many accounts: as many at once as asked for, each let go of, CircleCI asked once, and nobody who leaves waits."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING, cast

import pytest

from ciam_tui.core.acceptance.file import AcceptanceFile, AcceptedFinding
from ciam_tui.core.acceptance.fingerprints import of_audit
from ciam_tui.core.audit.facts import UserKey
from ciam_tui.core.history import History, UnreadableRun
from ciam_tui.core.organization.accepting import marked_everywhere
from ciam_tui.core.organization.forms import MOST_WORKERS
from ciam_tui.core.organization.words import organization_lines
from ciam_tui.core.problems import CiamError
from ciam_tui.surveys.audit import AuditStopped
from ciam_tui.surveys.organization import Wanted
from tests.key_holder import holding
from tests.organization_world import NOW, OWN, World, audited

if TYPE_CHECKING:
    from ciam_tui.core.acceptance.fingerprints import Reviewable
    from tests.key_holder import KeyHolder

A, B, C = "000000000001", "000000000002", "000000000003"


def test_each_account_is_opened_once_and_let_go_of_and_ones_own_needs_no_role() -> None:
    world = World(40)
    report = audited(world, workers=5)
    assert [each.account.account_id for each in report.accounts] == sorted(world.ids, key=lambda each: f"account {each}")
    assert sorted(world.asked) == sorted(set(world.ids) - {OWN})
    assert (world.open_now, world.closed) == (0, 39)
    assert world.most_open <= 5


def test_a_journal_that_cannot_be_read_is_told_of_all_accounts_at_once_and_not_of_each() -> None:
    report = audited(World(30), History((), (UnreadableRun("20260820-1", "Line 1 is no entry."),)))
    told = "The journal of 20260820-1 cannot be read, so what that run applied is not known: Line 1 is no entry."
    assert (report.unread, [each.report.unread for each in report.accounts]) == ((told,), [()] * 30)
    lines = list(organization_lines(report))
    assert "Nothing of CircleCI in 30 accounts." in lines
    assert [line for line in lines if told in line] == [f"Unread    {told}"]


def test_no_more_are_read_at_once_than_the_limit_whatever_is_asked_for() -> None:
    world = World(120, round_trip=0.002)
    audited(world, workers=500)
    assert world.most_open <= MOST_WORKERS


def test_what_is_wrong_with_one_account_stops_no_other_even_where_it_is_a_fault_of_ours() -> None:
    trouble = {A: CiamError("access-denied", "t", "AWS denied it.", ("Roll it out.",)), B: ZeroDivisionError("x")}
    report = audited(World(4, trouble=trouble, wide=frozenset({C})), workers=1)
    assert [(each.account.account_id, each.code) for each in report.not_read] == [(A, "access-denied"), (B, "internal-error")]
    assert (len(report.accounts), report.has_errors) == (2, True)
    lines = list(organization_lines(report))
    assert f"NOT READ  account {A} (account {A}): AWS denied it. Roll it out." in lines
    assert lines[-1].endswith("Of 2 accounts nothing is known.")


def test_where_the_operators_credentials_are_at_fault_no_further_account_is_asked() -> None:
    expired = CiamError("token-expired", "t", "The temporary credentials have expired.", ("Get new ones.",))
    world = World(50, trouble={A: expired})
    report = audited(world, workers=1)
    assert [each.account.account_id for each in report.accounts] == [OWN]
    assert {each.code for each in report.not_read} == {"token-expired"}
    assert (len(report.not_read), world.asked) == (49, [])


def test_circleci_is_asked_once_and_its_keys_are_looked_for_in_every_account() -> None:
    key = "AKIAIOSFODNN7EXAMPLE"
    circleci = holding(key)
    holder = cast("KeyHolder", circleci)
    report = audited(World(3, keys={B: (UserKey("dana", key, "Active"),)}), circleci=circleci)
    assert holder.asked == ["acme"]
    assert report.keys is not None
    assert [finding.id for each in report.keys for finding in each.findings] == ["key-held-by-circleci"] * 2
    assert f"dana in account {B}" in report.keys[0].findings[0].text


def test_a_key_that_no_account_has_is_told_with_how_many_were_not_looked_at() -> None:
    denied = CiamError("access-denied", "t", "AWS denied it.")
    report = audited(World(3, trouble={A: denied}), circleci=holding("AKIAIOSFODNN7EXAMPLE"))
    assert "no access key of the users of any account (1 of which could not be read)" in (report.keys or ())[0].findings[0].text


def test_who_leaves_is_heard_while_accounts_answer_nothing() -> None:
    world, answering = World(20), threading.Event()
    world.wait_for(answering)
    told: list[str] = []
    try:
        with pytest.raises(AuditStopped):
            audited(world, progress=told.append, should_stop=lambda: len(told) > 4)
    finally:
        answering.set()
    assert told[-1].startswith("Accounts, ")


def test_an_interruption_ends_it_at_once() -> None:
    world, answering = World(20), threading.Event()
    world.wait_for(answering)

    def interrupted(text: str) -> None:
        if text.startswith("Accounts, "):
            raise KeyboardInterrupt

    try:
        with pytest.raises(KeyboardInterrupt):
            audited(world, progress=interrupted)
        assert all(thread.daemon for thread in threading.enumerate() if thread.name.startswith("account-"))
    finally:
        answering.set()


def test_progress_counts_the_accounts() -> None:
    told: list[str] = []
    audited(World(3), workers=1, progress=told.append)
    assert told[:2] == ["Who you are", "Accounts of the organization"]
    assert {"Accounts, 0 of 3 read", "Accounts, 1 of 3 read", "Accounts, 2 of 3 read"} <= set(told)


def test_what_is_wanted_is_shown_without_the_external_id() -> None:
    assert "between us" not in repr(Wanted("audit", external_id="between us"))


def entry(each: Reviewable) -> AcceptedFinding:
    return AcceptedFinding(each.finding, each.where, each.about, each.text, each.fingerprint, "known", "dana", NOW.date())


def test_one_file_accepts_what_it_names_in_the_account_that_it_names() -> None:
    report = audited(World(4, wide=frozenset({A, B})), circleci=holding("AKIAIOSFODNN7EXAMPLE"))
    found = {each.account.account_id: of_audit(each.report) for each in report.accounts}
    one = AcceptanceFile(tuple(map(entry, found[A])))
    marked, acceptance = marked_everywhere(report, one, NOW.date())
    assert (len(acceptance.accepted), marked.has_errors) == (len(found[A]), True)
    both = AcceptanceFile(tuple(map(entry, (*found[A], *found[B]))))
    assert not marked_everywhere(report, both, NOW.date())[0].has_errors
    keys = of_audit(replace(next(each.report for each in report.accounts if each.account.account_id == OWN), keys=report.keys))
    settled, _ = marked_everywhere(report, AcceptanceFile(tuple(map(entry, keys))), NOW.date())
    assert settled.keys is not None
    assert all(finding.accepted for key in settled.keys for finding in key.findings)
