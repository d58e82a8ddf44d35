"""The audit told: as lines, as JSON, and as SARIF that the published schema accepts and code scanning can keep apart."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from sarif_kit.validate import validation_errors

from ciam_tui.core.audit.facts import HeldKey, PoliciesRead, ReadRole, UserKey
from ciam_tui.core.audit.report_json import report_document
from ciam_tui.core.audit.sarif import FINGERPRINT, sarif_document
from ciam_tui.core.audit.words import report_lines
from ciam_tui.core.document import Document
from ciam_tui.core.facts import Provider
from tests.core.accounts import ISSUER, OTHER_POLICY, PROVIDER_ARN, World, a_setup
from tests.core.auditing import NOW, a_role, allow, policy, report_of, report_of_world, trust
from tests.core.examples import ORG_ID

if TYPE_CHECKING:
    from ciam_tui.core.audit.report import AuditReport

OPEN = trust({f"{ISSUER}:aud": ORG_ID}, {})
KEY = HeldKey("acme", "context deploys", "AWS_ACCESS_KEY_ID", "7Q2V", (UserKey("ci", "AKIAXAMPLECIRCLE7Q2V", "Active"),))


def everything(**changes: Any) -> AuditReport:
    """A report in which each kind of finding and place occurs."""
    world = World()
    world.applied(a_setup())
    world.with_role("circleci-web-build", description="by hand")
    drifted = report_of_world(world)
    world.facts = replace(world.facts, provider=None, roles={})
    gone = report_of_world(world)
    rest = report_of(
        a_role("open", OPEN, inline=(("all", policy(allow("*", Sid="All"))),), last_used=None),
        a_role("odd/../name", Document("{oops"), attached=(OTHER_POLICY,)),
        ReadRole(a_role("half"), ("inline", "last_used")),
        providers=(Provider(PROVIDER_ARN, ISSUER, (ORG_ID, "sts.amazonaws.com")),),
        policies=PoliciesRead({}, {OTHER_POLICY: "AWS denied it."}),
        held=(KEY,),
        unread=("Something could not be read.",),
        **changes,
    )
    return replace(rest, roles=(*rest.roles, *drifted.roles), gone=gone.gone)


def results(report: AuditReport) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = sarif_document(report, "1.2.3")["runs"][0]["results"]
    return found


def test_sarif_is_what_the_published_schema_asks_for() -> None:
    assert validation_errors(sarif_document(everything(), "1.2.3")) == []
    assert validation_errors(sarif_document(report_of(), "1.2.3")) == []


def test_each_finding_is_a_result_with_its_rule_its_level_and_a_place() -> None:
    report = everything()
    log = sarif_document(report, "1.2.3")
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert len(run["results"]) == len(report.findings)
    assert [rule["id"] for rule in rules] == sorted({finding.id for finding in report.findings})
    for result in run["results"]:
        assert rules[result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        assert location["physicalLocation"]["region"]["startLine"] >= 1
        assert location["logicalLocations"][0]["fullyQualifiedName"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert uri.startswith(("iam/", "circleci/"))
        assert ".." not in uri.split("/"), "a name from an account leads nowhere else"


def test_a_finding_of_a_policy_is_a_line_of_its_canonical_form_and_a_statement_by_name() -> None:
    (about,) = (each for each in results(everything()) if each["ruleId"] == "policy-not-understood")
    place = about["locations"][0]
    assert place["physicalLocation"]["artifactLocation"]["uri"] == "iam/odd%2F..%2Fname/trust.json"
    of_permissions = [each["locations"][0] for each in results(everything()) if "iam/open/all.json" in json.dumps(each["locations"])]
    assert {place["logicalLocations"][0]["fullyQualifiedName"] for place in of_permissions} == {
        "arn:aws:iam::123456789012:role/open#all#All"
    }


def test_fingerprints_are_apart_and_stay_when_time_goes_on() -> None:
    today, later = results(everything()), results(replace(everything(), at=NOW + timedelta(days=30)))
    prints = [each["partialFingerprints"][FINGERPRINT] for each in today]
    assert len(set(prints)) == len(prints)
    assert prints == [each["partialFingerprints"][FINGERPRINT] for each in later]


def test_a_role_that_is_used_less_and_less_keeps_its_fingerprint() -> None:
    told = [results(report_of(a_role(last_used=NOW - timedelta(days=days)))) for days in (100, 130)]
    assert told[0][0]["message"] != told[1][0]["message"]
    assert told[0][0]["partialFingerprints"] == told[1][0]["partialFingerprints"]


def test_what_could_not_be_read_is_in_the_sarif_too() -> None:
    (invocation,) = sarif_document(everything(), "1.2.3")["runs"][0]["invocations"]
    assert [each["message"]["text"] for each in invocation["toolExecutionNotifications"]] == ["Something could not be read."]


def test_the_json_document_says_all_of_it() -> None:
    document = json.loads(json.dumps(report_document(everything())))
    by_name = {role["name"]: role for role in document["roles"]}
    assert (document["ok"], document["has_errors"], document["roles_seen"]) == (True, True, 6)
    assert by_name["open"]["grade"] == "open"
    assert by_name["open"]["may"]["services"] == [{"service": "*", "actions": ["*"], "reach": "yes"}]
    assert {case["id"] for case in by_name["open"]["who_gets_in"] if case["is_stranger"] and case["let_in"]} >= {"another-project"}
    assert by_name["half"]["unread"] == ["inline", "last_used"]
    assert by_name["odd/../name"]["trust"] == "{oops", "what is no policy is given as it is"
    assert by_name["circleci-web-build"]["drift"][0]["field"] == "description"
    assert by_name["circleci-web-build"]["made_by"] == "here"
    assert document["keys"][0]["may_be"][0]["key_id"] == "AKIAXAMPLECIRCLE7Q2V"
    assert {each["kind"] for each in document["gone"]} == {"role", "provider"}
    assert document["unread"] == ["Something could not be read."]


def test_keys_are_null_where_circleci_was_not_asked() -> None:
    assert report_document(report_of())["keys"] is None


@pytest.mark.parametrize(
    "words",
    [
        "OPEN      role open",
        "UNKNOWN   role odd/../name",
        "every service  everything",
        "others     ",
        "last used  unknown",
        "made       applied from this machine",
        "GONE      role circleci-web-build",
        "Access keys in CircleCI: 1",
        "Something could not be read.",
    ],
)
def test_the_lines_say_it_for_people(words: str) -> None:
    assert words in "\n".join(report_lines(everything()))


def test_the_last_line_sums_up() -> None:
    *_, last = report_lines(report_of(a_role(), a_role("open", OPEN)))
    assert last.startswith("2 roles (1 open, 1 tight) and 1 provider of CircleCI: 1 error")
