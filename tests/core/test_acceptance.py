"""Accepted findings: what an entry accepts, when it stops counting, and what the file may say."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import jsonschema  # type: ignore[import-untyped]  # has no types
import pytest
from hypothesis import given

from ciam_tui.commands.schemas import document_schema
from ciam_tui.core.acceptance.file import LONGEST_DAYS, AcceptanceFile, AcceptedFinding, read_acceptances
from ciam_tui.core.acceptance.fingerprints import of_audit, of_setup, place_of_setup, timeless
from ciam_tui.core.acceptance.judging import accepted, with_accepted
from ciam_tui.core.acceptance.of_audit import marked
from ciam_tui.core.audit.facts import HeldKey, UserKey
from ciam_tui.core.audit.report_json import report_document
from ciam_tui.core.audit.sarif import sarif_document
from ciam_tui.core.audit.words import report_lines, summary
from ciam_tui.core.findings import findings
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.setup import Setup
from tests.core.accounts import ISSUER, OTHER_POLICY
from tests.core.auditing import NOW, a_role, allow, policy, report_of, trust
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, answers
from tests.core.strategies import setups

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ciam_tui.core.acceptance.fingerprints import Reviewable
    from ciam_tui.core.audit.report import AuditReport

TODAY = date(2026, 8, 20)
LATER = TODAY + timedelta(days=90)
OPEN = trust({f"{ISSUER}:aud": ORG_ID}, {})


def a_setup(**changes: Any) -> Setup:
    return Setup.model_validate(answers(**changes))


def reviewable(setup: Setup) -> tuple[Reviewable, ...]:
    return of_setup(setup, findings(setup))


def accepting(found: Iterable[Reviewable], expires: date = LATER) -> AcceptanceFile:
    """Everything of `found`, of whatever level."""
    made = (AcceptedFinding(each.finding, each.where, each.about, each.text, each.fingerprint, "Known.", "ana", expires) for each in found)
    return AcceptanceFile(tuple(made))


def an_entry(**changes: Any) -> dict[str, Any]:
    entry = {
        "finding": "whole-bucket",
        "where": "setup 123456789012 acme-builds /circleci/circleci-web-",
        "about": "stage build",
        "text": "build reaches every object.",
        "fingerprint": "0" * 64,
        "reason": "A bucket of its own.",
        "owner": "ana",
        "expires": "2026-12-31",
    }
    return {key: value for key, value in (entry | changes).items() if value is not ...}


def a_file(*entries: Any, version: Any = 1, **more: Any) -> bytes:
    return json.dumps({"version": version, "accepted": list(entries), **more}, indent=2).encode()


# --- what counts ------------------------------------------------------------------------------------------------------------------------


def test_what_is_accepted_is_not_new_and_the_rest_is() -> None:
    found = reviewable(a_setup())
    answer = accepted(found, accepting(found[:2]), TODAY)
    assert [each for each, _ in answer.accepted] == [*found[:2]]
    assert answer.new == found[2:]
    assert (answer.expired, answer.stale) == ((), ())


def test_errors_count_until_they_are_accepted() -> None:
    found = reviewable(a_setup())
    assert {each.level for each in found} >= {Level.ERROR, Level.WARNING}
    assert accepted(found, AcceptanceFile(), TODAY).has_new_errors
    assert not accepted(found, accepting(each for each in found if each.level is Level.ERROR), TODAY).has_new_errors


@pytest.mark.parametrize(("day", "counts"), [(LATER - timedelta(days=1), True), (LATER, True), (LATER + timedelta(days=1), False)])
def test_an_entry_counts_up_to_its_last_day_and_is_told_as_expired_after_it(day: date, counts: bool) -> None:
    found = reviewable(a_setup())
    answer = accepted(found, accepting(found[:1]), day)
    assert (len(answer.accepted), len(answer.expired), answer.new[0] == found[0]) == ((1, 0, False) if counts else (0, 1, True))
    assert [line.startswith("expired:") for line in answer.notes] == ([] if counts else [True])


def test_an_entry_that_was_renewed_is_not_told_as_expired() -> None:
    found = reviewable(a_setup())[:1]
    old, renewed = accepting(found, TODAY - timedelta(days=1)), accepting(found)
    answer = accepted(found, AcceptanceFile((*old.entries, *renewed.entries)), TODAY)
    assert (answer.new, answer.expired, answer.stale) == ((), (), ())


def test_an_entry_that_matches_nothing_is_stale_and_one_of_another_setup_is_not() -> None:
    wide, narrow = a_setup(stages__0__prefix=""), a_setup()
    other = a_setup(bucket__name="other-builds", stages__0__prefix="")
    file = accepting(each for setup in (wide, other) for each in reviewable(setup) if each.finding == "whole-bucket")
    answer = accepted(reviewable(narrow), file, TODAY)
    assert [(stale.entry.where, stale.entry.finding) for stale in answer.stale] == [(place_of_setup(narrow), "whole-bucket")]
    assert "matches nothing" in answer.stale[0].why


def test_an_entry_is_stale_only_where_its_place_was_looked_at() -> None:
    file = accepting(reviewable(a_setup()))
    assert accepted((), file, TODAY, looked_at=()).stale == ()
    assert len(accepted((), file, TODAY, looked_at=[place_of_setup(a_setup())]).stale) == len(file.entries)


def test_an_entry_whose_text_says_something_else_accepts_nothing() -> None:
    found = reviewable(a_setup())[:1]
    [entry] = accepting(found).entries
    softened = AcceptanceFile((replace(entry, text="Nothing to see here."),))
    answer = accepted(found, softened, TODAY)
    assert answer.new == found
    assert "changed since" in answer.stale[0].why


WIDENED: dict[str, dict[str, Any]] = {
    "another project is trusted": {
        "circleci__projects": [
            {"id": each, "name": name, "vcs_origin": "github.com/acme/web"} for each, name in ((ORG_ID, "a"), (OTHER_PROJECT_ID, "b"))
        ]
    },
    "another branch is let in": {"stages__2__branches": ["main", "develop"]},
    "branches are dropped": {"stages__2__branches": []},
    "it may write elsewhere": {"stages__2__prefix": "everything/"},
    "it reads more": {"stages__2__read_prefixes": ["builds/", "secrets/"]},
    "the audience differs": {"circleci__audience": "sts.amazonaws.com"},
    "it is another bucket": {"bucket__name": "prod-data"},
    "it is another account": {"account_id": "210987654321"},
    "its boundary is another": {"role__permissions_boundary": "arn:aws:iam::123456789012:policy/edge"},
}


@pytest.mark.parametrize("change", WIDENED.values(), ids=WIDENED.keys())
def test_a_role_that_is_another_than_the_reviewed_one_has_new_findings(change: dict[str, Any]) -> None:
    before = [each for each in reviewable(a_setup()) if each.about == "stage deploy"]
    after = [each for each in reviewable(a_setup(**change)) if each.about == "stage deploy"]
    assert before
    assert after
    assert accepted(after, accepting(before), TODAY).accepted == ()


def test_a_boundary_that_is_taken_away_makes_every_finding_new() -> None:
    before = reviewable(a_setup(role__permissions_boundary="arn:aws:iam::123456789012:policy/edge"))
    assert accepted(reviewable(a_setup()), accepting(before), TODAY).accepted == ()


def test_what_changes_in_another_stage_leaves_the_acceptance_of_this_one() -> None:
    before = [each for each in reviewable(a_setup()) if each.about == "stage deploy"]
    after = [each for each in reviewable(a_setup(stages__1__prefix="tests/")) if each.about == "stage deploy"]
    assert [each for each, _ in accepted(after, accepting(before), TODAY).accepted]


@given(setups())
def test_all_that_is_accepted_of_any_setup_passes_and_no_two_findings_share_an_entry(setup: Setup) -> None:
    found = reviewable(setup)
    file = accepting(found)
    answer = accepted(found, file, TODAY)
    assert (answer.new, answer.stale, answer.expired) == ((), (), ())
    for number, each in enumerate(found):
        alone = accepted(found, AcceptanceFile(file.entries[number : number + 1]), TODAY)
        assert {other for other, _ in alone.accepted} == {each}


@given(setups())
def test_what_is_written_is_read_again(setup: Setup) -> None:
    file = accepting(reviewable(setup))
    assert read_acceptances(file.text.encode(), TODAY) == file
    assert file.text.isascii()


TIMES = [
    ("It was last used 98 days ago, on 2026-05-14.", "It was last used 1 day ago, on 2026-08-19."),
    ("a key, last used on 2026-05-14: it never expires.", "a key, last used on 2026-08-01: it never expires."),
    ("config.yml sets KEY (line 12) and OTHER (line 13).", "config.yml sets KEY (line 40) and OTHER (line 2)."),
]


@pytest.mark.parametrize(("one", "other"), TIMES)
def test_what_changes_while_nothing_happens_is_not_in_a_fingerprint(one: str, other: str) -> None:
    assert timeless(one) == timeless(other)


def test_what_is_more_than_time_is() -> None:
    assert timeless("A trust policy of 2100 characters.") != timeless("A trust policy of 2200 characters.")


# --- audits -----------------------------------------------------------------------------------------------------------------------------


def an_audit(*, trusted: Any = OPEN, at: Any = NOW, **role: Any) -> AuditReport:
    held = HeldKey("acme", "context deploys", "AWS_ACCESS_KEY_ID", "7Q2V", (UserKey("ci", "AKIAXAMPLECIRCLE7Q2V", "Active"),))
    return replace(report_of(a_role("web", trusted, **role), held=(held,)), at=at)


def test_an_audit_with_all_accepted_has_no_errors_and_tells_all_of_it() -> None:
    report = an_audit()
    assert report.has_errors
    told, answer = marked(report, accepting(of_audit(report)), TODAY)
    assert not told.has_errors
    assert (answer.new, answer.stale) == ((), ())
    assert [finding.text for finding in told.findings] == [finding.text for finding in report.findings]
    assert summary(told).endswith(f"no findings and {len(report.findings)} accepted.")
    assert sum(" Accepted by ana until 2026-11-18: Known." in line for line in report_lines(told)) == len(report.findings)
    assert {finding["accepted"]["owner"] for role in report_document(told)["roles"] for finding in role["findings"]} == {"ana"}
    assert told.roles[0].grade is report.roles[0].grade, "a grade says what is, whoever accepts it"


def test_sarif_says_of_every_result_whether_it_is_suppressed_or_of_none() -> None:
    report = an_audit()
    untouched = sarif_document(report, "1.2.3")["runs"][0]["results"]
    assert all("suppressions" not in each for each in untouched)
    told, _ = marked(report, accepting(of_audit(report)[:1]), TODAY)
    results = sarif_document(told, "1.2.3")["runs"][0]["results"]
    assert [each["suppressions"] for each in results if each["suppressions"]] == [
        [{"kind": "external", "status": "accepted", "justification": "Accepted by ana until 2026-11-18: Known."}]
    ]
    assert all("suppressions" in each for each in results)


ROLES_CHANGED: dict[str, dict[str, Any]] = {
    "its trust is widened": {"trusted": trust({f"{ISSUER}:aud": [ORG_ID, "sts.amazonaws.com"]}, {})},
    "a policy is added": {"inline": (("all", policy(allow("*"))),)},
    "a policy is attached": {"attached": (OTHER_POLICY,)},
    "it has a boundary": {"boundary": OTHER_POLICY},
}


@pytest.mark.parametrize("change", ROLES_CHANGED.values(), ids=ROLES_CHANGED.keys())
def test_a_role_of_the_account_that_changes_has_new_findings(change: dict[str, Any]) -> None:
    file = accepting(of_audit(an_audit()))
    told, answer = marked(an_audit(**change), file, TODAY)
    assert told.has_errors
    assert not any(finding.accepted for role in told.roles for finding in role.findings)
    assert any("changed since" in stale.why for stale in answer.stale)


def test_time_that_goes_by_makes_nothing_new() -> None:
    file = accepting(of_audit(an_audit(last_used=NOW - timedelta(days=100))))
    told, answer = marked(an_audit(last_used=NOW - timedelta(days=200)), file, TODAY)
    assert (answer.new, answer.stale, told.has_errors) == ((), (), False)


def test_keys_that_were_not_asked_for_are_not_stale() -> None:
    file = accepting(of_audit(an_audit()))
    _, answer = marked(replace(an_audit(), keys=None), file, TODAY)
    assert answer.stale == ()


# --- writing ----------------------------------------------------------------------------------------------------------------------------


def test_errors_are_added_and_what_is_there_stays_first_and_as_it_was() -> None:
    found = reviewable(a_setup())
    before = accepting(found[:1], TODAY - timedelta(days=1))
    answer = accepted(found, before, TODAY)
    after = with_accepted(before, answer, reason="Known.", owner="ana", expires=LATER, ticket="SEC-1")
    assert after.entries[:1] == before.entries
    assert [entry.finding for entry in after.entries[1:]] == [each.finding for each in found if each.level is Level.ERROR]
    assert not accepted(found, after, TODAY).has_new_errors


def test_findings_by_name_are_added_whatever_their_level_and_a_name_that_is_none_is_refused() -> None:
    answer = accepted(reviewable(a_setup()), AcceptanceFile(), TODAY)
    added = with_accepted(AcceptanceFile(), answer, reason="r", owner="o", expires=LATER, only=["list-needs-slash"])
    assert {entry.finding for entry in added.entries} == {"list-needs-slash"}
    with pytest.raises(CiamError, match=r"no new finding whole-bucket to accept; the new ones are "):
        with_accepted(AcceptanceFile(), answer, reason="r", owner="o", expires=LATER, only=["whole-bucket"])


# --- the file ---------------------------------------------------------------------------------------------------------------------------

MISTAKES: dict[str, tuple[bytes, str]] = {
    "no json": (b"{", "is not JSON"),
    "no text": (b"\xff", "not UTF-8"),
    "a list": (b"[]", "must be an object"),
    "another version": (a_file(version=2), r"Line 2: Its version is .*2.*, and this program reads version 1\."),
    "a version that is true": (a_file(version=True), "Its version is"),
    "a key too many": (a_file(note="x"), 'unknown key "note"'),
    "no list": (b'{"version": 1, "accepted": {}}', "accepted must be a list"),
    "a key twice": (b'{"version": 1, "version": 1, "accepted": []}', "twice"),
    "an entry that is none": (a_file("x"), r"Line 4: accepted\[0\] must be an object"),
    "a misspelled key": (a_file(an_entry(resaon="x")), r'Line 13: accepted\[0\] has the unknown key "resaon"'),
    "no reason": (a_file(an_entry(reason=...)), r"Line 4: accepted\[0\] has no key reason"),
    "no end": (a_file(an_entry(expires=...)), r"accepted\[0\] has no key expires"),
    "an empty owner": (a_file(an_entry(owner=" ")), r"Line 11: accepted\[0\].owner must be text that is not empty"),
    "a number for a reason": (a_file(an_entry(reason=1)), r"accepted\[0\].reason must be text"),
    "a wildcard for a finding": (a_file(an_entry(finding="*")), r'accepted\[0\].finding is "\*", and must be the id'),
    "a wildcard for a fingerprint": (a_file(an_entry(fingerprint="*")), r"accepted\[0\].fingerprint is"),
    "an end that is no date": (a_file(an_entry(expires="soon")), r'Line 12: accepted\[0\].expires is "soon", and must be a date'),
    "a day that is none": (a_file(an_entry(expires="2026-02-30")), r"which no calendar has"),
    "an end too far": (a_file(an_entry(), an_entry(expires="2030-01-01")), r"Line 22: accepted\[1\].expires is .*more than 400 days"),
    "a reason without end": (a_file(an_entry(reason="x" * 2001)), r"has 2001 characters, and may have 2000"),
}


@pytest.mark.parametrize(("content", "message"), MISTAKES.values(), ids=MISTAKES.keys())
def test_a_mistake_in_the_file_is_one_sentence_with_its_line(content: bytes, message: str) -> None:
    with pytest.raises(CiamError, match=message) as refused:
        read_acceptances(content, TODAY)
    assert refused.value.code == "acceptances-invalid"
    assert refused.value.suggestions


def test_the_last_day_that_an_entry_may_name_moves_with_today() -> None:
    furthest = TODAY + timedelta(days=LONGEST_DAYS)
    content = a_file(an_entry(expires=furthest.isoformat()))
    assert read_acceptances(content, TODAY).entries[0].expires == furthest
    with pytest.raises(CiamError, match="more than 400 days"):
        read_acceptances(content, TODAY - timedelta(days=1))


def schema_takes(content: bytes) -> bool:
    return bool(jsonschema.Draft202012Validator(document_schema("accepted")).is_valid(json.loads(content)))


def test_the_schema_takes_what_is_read_and_refuses_the_mistakes_of_form() -> None:
    assert schema_takes(a_file())
    assert schema_takes(a_file(an_entry(), an_entry(ticket="SEC-1")))
    assert read_acceptances(a_file(an_entry(), an_entry(ticket=None)), TODAY).entries[1].ticket is None
    beyond_a_schema = {"no json", "no text", "a key twice", "a day that is none", "an end too far"}
    taken = {name for name, (content, _) in MISTAKES.items() if name not in beyond_a_schema and schema_takes(content)}
    assert taken <= {"a version that is true"}, "for JSON Schema true may equal 1 in Python's reading"
