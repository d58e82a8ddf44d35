"""Each right of a role is the evaluator's answer, within its boundary, with the statement that gives it."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from ciam_tui.core.audit.access import MOST_PLACES, Reach
from ciam_tui.core.creep.report import lines_of_gap, lines_of_gaps
from ciam_tui.core.creep.report_json import document_of_gaps
from ciam_tui.core.creep.rights import Right, rights_of_role
from ciam_tui.core.document import Document
from ciam_tui.core.evidence.facts import ServiceUse
from tests.core.accounts import ACCOUNT
from tests.core.auditing import BUCKET, allow, deny, policy
from tests.core.creeping import NOW, a_gap, a_held_role, days, did, logs


def names(document: Document, **changes: object) -> list[str]:
    return [right.name for right in rights_of_role(a_held_role(documents=(("s3", document),), **changes)).held]


def test_each_right_names_its_place_and_its_statement() -> None:
    assert [(right.name, right.by) for right in rights_of_role(a_held_role()).held] == [
        ("s3:DeleteObject on acme-builds/releases/", "statement 3 (Delete) of s3"),
        ("s3:GetObject on acme-builds/releases/", "statement 2 (Work) of s3"),
        ("s3:ListBucket on acme-builds/releases/", "statement 1 (List) of s3"),
        ("s3:PutObject on acme-builds/releases/", "statement 2 (Work) of s3"),
    ]


def test_a_managed_policy_is_called_by_its_name() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:policy/circleci/deploys"
    [right] = rights_of_role(a_held_role(documents=((arn, policy(allow("s3:GetObject", f"{BUCKET}/*"))),))).held
    assert right.by == "statement 1 of deploys"


def test_what_the_boundary_or_a_deny_takes_away_is_no_right() -> None:
    boundary = policy(allow("s3:Get*", "*"))
    assert names(policy(allow(["s3:GetObject", "s3:PutObject"], f"{BUCKET}/a/*")), boundary=boundary) == ["s3:GetObject on acme-builds/a/"]
    assert names(policy(allow("s3:GetObject", f"{BUCKET}/a/*"), deny("s3:*"))) == []


def test_a_wildcard_is_the_actions_that_stand_for_it_and_those_of_a_bucket_are_on_the_bucket() -> None:
    found = names(policy(allow("s3:*", [BUCKET, f"{BUCKET}/*"])))
    assert {"s3:PutObject on acme-builds", "s3:PutBucketPolicy on acme-builds", "s3:ListBucket on acme-builds"} <= set(found)
    assert names(policy(allow("s3:ListAllMyBuckets"))) == ["s3:ListAllMyBuckets on every bucket"]


@pytest.mark.parametrize(
    ("document", "right", "reach"),
    [
        (policy(allow("kms:Decrypt")), Right("kms:Decrypt"), Reach.YES),
        (policy(allow("*")), Right("*"), Reach.YES),
        (
            policy(allow("ec2:Describe*", Condition={"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
            Right("ec2:Describe*"),
            Reach.CONDITIONAL,
        ),
    ],
)
def test_other_services_are_told_as_the_policies_say_them(document: Document, right: Right, reach: Reach) -> None:
    held = rights_of_role(a_held_role(documents=(("s3", document),))).held
    assert right in held
    assert next(each.reach for each in held if each == right) is reach


def test_a_policy_that_cannot_be_read_makes_the_rights_unknown_and_says_so() -> None:
    role = a_held_role(documents=(("s3", policy(allow("s3:GetObject", f"{BUCKET}/a/*"))), ("other", Document("{nonsense"))))
    found = rights_of_role(role)
    assert [right.reach for right in found.held] == [Reach.UNKNOWN]
    assert found.unread


def test_a_role_that_names_hundreds_of_places_is_summed_up() -> None:
    role = a_held_role(documents=(("s3", policy(allow("s3:GetObject", [f"{BUCKET}/{number:03}/*" for number in range(200)]))),))
    found = rights_of_role(role)
    assert (len(found.held), found.more) == (MOST_PLACES, 200 - MOST_PLACES)


# --- told -------------------------------------------------------------------------------------------------------------------------------


def test_a_role_is_told_right_by_right_with_the_evidence() -> None:
    gap = a_gap(did("s3:GetObject", ago=5), did("s3:PutObject", None, ago=5), coverage=(logs(),))
    assert lines_of_gap(gap) == (
        "role web-deploy",
        "  window     2026-05-22 to 2026-08-20",
        "  last used  2026-08-19",
        "  used       s3:GetObject on acme-builds/releases/: 3 times, last 2026-08-15, in acme-builds/releases/web/ (S3 server access logs)",
        "  not seen   s3:ListBucket DeleteObject on acme-builds/releases/: 2026-04-22 to 2026-08-19 (S3 server access logs)",
        "  unknown    s3:PutObject on acme-builds/releases/: calls were seen in this bucket of which the records do not say whether they were here",
        "  growth     no earlier snapshot: each `audit` and `creep` keeps one, and the next can tell what has come",
        "  source     S3 server access logs, 3 files, 2026-04-22 to 2026-08-19",
    )


def test_the_end_sums_up_and_says_what_would_tell_more() -> None:
    lines = lines_of_gaps([a_gap(), a_gap(created=days(3))], ["The account's users could not be listed."])
    assert any("made 3 days ago, within the window, so that nothing of it goes yet" in line for line in lines)
    assert "Not read: The account's users could not be listed." in lines
    assert any(line.startswith("2 roles: 0 rights used, 0 not seen in use for the whole window, ") for line in lines)
    assert sum("a trail that records its data events" in line for line in lines) == 1
    assert lines_of_gaps([])[0] == "No role that trusts CircleCI was found."


def test_of_many_actions_those_that_jobs_live_by_come_first() -> None:
    gap = a_gap(role=a_held_role(documents=(("s3", policy(allow("s3:*", [BUCKET, f"{BUCKET}/*"]))),)), last_used=None)
    [line] = [line for line in lines_of_gap(gap) if "not seen" in line]
    assert "s3:ListBucket GetObject PutObject DeleteObject AbortMultipartUpload" in line
    assert "more actions on acme-builds" in line


def test_nothing_from_outside_steers_the_terminal() -> None:
    role = a_held_role(name="x\x1b[2J", documents=(("s3\u202e", policy(allow("s3:GetObject", "arn:aws:s3:::a\x1b/b\x9b/*"))),))
    gap = replace(a_gap(did("s3:GetObject"), role=role), unread=("y\x1b",))
    assert all(line.isprintable() for line in lines_of_gaps([gap], ["z\x07"]))


def test_the_document_holds_all_of_it() -> None:
    gap = a_gap(did("s3:GetObject"), coverage=(logs(),), services=(ServiceUse("s3", days(1)),))
    document = document_of_gaps([gap], account_id=ACCOUNT, at=NOW, days=90)
    rights = {each["action"]: each for each in document["roles"][0]["rights"]}
    assert (rights["s3:GetObject"]["standing"], rights["s3:GetObject"]["count"], rights["s3:GetObject"]["may_go"]) == ("used", 3, False)
    assert (rights["s3:DeleteObject"]["standing"], rights["s3:DeleteObject"]["may_go"]) == ("not seen", True)
    assert document["may_go"] == 3
    json.dumps(document)
