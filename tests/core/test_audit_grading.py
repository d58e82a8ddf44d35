"""The grade of a role and its reasons: what gets in, what it may do, what could not be read, and what somebody has changed."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from ciam_tui.core.audit.facts import HeldKey, PoliciesRead, ReadRole, UserKey
from ciam_tui.core.audit.grading import Grade
from ciam_tui.core.audit.issuers import CircleCiIssuers
from ciam_tui.core.audit.report import Origin
from ciam_tui.core.audit.words import last_use, tally
from ciam_tui.core.document import Document
from ciam_tui.core.facts import Provider, Role
from ciam_tui.core.problems import Level
from tests.core.accounts import ACCOUNT, ISSUER, OTHER_POLICY, PROVIDER_ARN, World, a_setup
from tests.core.auditing import (
    BUCKET,
    NOW,
    OWN_MAIN,
    PROJECT,
    READS,
    a_role,
    allow,
    audit_of,
    history_of,
    ids,
    policy,
    report_of,
    report_of_world,
    trust,
    undone,
)
from tests.core.examples import ORG_ID, PROJECT_ID

ROOT = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.circleci.com"
ANYBODY = policy({"Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRoleWithWebIdentity"})
WHOLE_PROJECT = trust(PROJECT, {f"{ISSUER}:sub": f"org/{ORG_ID}/project/{PROJECT_ID}/user/*"})
WRITES = policy(allow("s3:PutObject", f"{BUCKET}/builds/*", Condition={"StringEquals": {"aws:ResourceAccount": ACCOUNT}}))


@pytest.mark.parametrize(
    ("role", "grade", "reason"),
    [
        pytest.param(a_role(), Grade.TIGHT, "Let in: The project's branch main", id="one branch reads one prefix"),
        pytest.param(a_role(trusted=WHOLE_PROJECT), Grade.TIGHT, "if forks get secrets", id="a project reads"),
        pytest.param(
            a_role(trusted=WHOLE_PROJECT, inline=(("s3", WRITES),)),
            Grade.WIDE,
            "Let in beside its own jobs: A fork",
            id="a project, forks among it, writes",
        ),
        pytest.param(a_role(inline=(("s3", policy(allow("*"))),)), Grade.WIDE, "It may do everything with every service.", id="everything"),
        pytest.param(a_role(trusted=trust({f"{ISSUER}:aud": ORG_ID}, {})), Grade.OPEN, "every project", id="no project"),
        pytest.param(a_role(trusted=ANYBODY), Grade.OPEN, "Every identity provider of the account is let in", id="anybody"),
        pytest.param(
            a_role(trusted=trust({**PROJECT, f"{ISSUER}:aud": "sts.amazonaws.com"})),
            Grade.DEAD,
            "None of 1",
            id="an audience that nobody has",
        ),
        pytest.param(a_role(trusted=Document("{oops")), Grade.UNKNOWN, "cannot be judged", id="a trust policy that is none"),
        pytest.param(a_role(attached=(OTHER_POLICY,)), Grade.UNKNOWN, "was not found", id="a managed policy that was not found"),
        pytest.param(a_role(trusted=policy(allow("sts:AssumeRole"))), Grade.DEAD, "not about CircleCI", id="not CircleCI any more"),
    ],
)
def test_a_role_is_graded_with_its_reason(role: Role, grade: Grade, reason: str) -> None:
    audit = audit_of(role)
    assert audit.grade is grade, audit.reasons
    assert any(reason in each for each in audit.reasons), audit.reasons


def test_a_role_whose_provider_is_gone_lets_nobody_in() -> None:
    audit = audit_of(a_role(), providers=(), provider_arns=frozenset())
    assert audit.grade is Grade.DEAD
    assert "provider-missing" in ids(audit)
    assert PROVIDER_ARN in audit.reasons[0]


def test_where_providers_could_not_be_listed_none_is_missing() -> None:
    audit = audit_of(a_role(), providers=(), provider_arns=None)
    assert (audit.grade, ids(audit)) == (Grade.TIGHT, ids(audit_of(a_role())))


def test_findings_of_policies_have_their_place_and_a_line_of_the_canonical_form() -> None:
    audit = audit_of(a_role(trusted=trust({f"{ISSUER}:aud": ORG_ID}, {}), inline=(("all", policy(allow("s3:*"))),)))
    assert {finding.document for finding in audit.findings} >= {"trust", "all"}
    for finding in audit.findings:
        documents = {"trust": audit.read.role.trust, **dict(audit.documents)}
        if finding.line is not None:
            assert 1 <= finding.line <= len(documents[finding.document].canonical.splitlines())
            assert finding.statement is not None


def test_the_worst_comes_first_in_findings_and_in_roles() -> None:
    report = report_of(a_role("tight"), a_role("open", trust({f"{ISSUER}:aud": ORG_ID}, {})), a_role("dead", Document("{")))
    assert [audit.read.role.name for audit in report.roles] == ["open", "dead", "tight"]
    levels = [list(Level).index(finding.level) for finding in report.findings]
    assert levels == sorted(levels)
    assert report.has_errors


def test_a_managed_policy_counts_as_an_inline_one_does() -> None:
    attached = a_role(inline=(), attached=(OTHER_POLICY,))
    audit = audit_of(attached, policies=PoliciesRead({OTHER_POLICY: policy(allow("*"))}))
    assert audit.access.is_everything
    assert OTHER_POLICY in {finding.document for finding in audit.findings}


def test_a_boundary_that_could_not_be_read_leaves_what_it_may_do_unknown() -> None:
    audit = audit_of(a_role(boundary=OTHER_POLICY), policies=PoliciesRead({}, {OTHER_POLICY: "denied."}))
    assert {reach for place in audit.access.places for reach in place.operations.values()} <= {"unknown", "no"}
    assert audit.grade is Grade.UNKNOWN


@pytest.mark.parametrize("field", ["inline", "attached", "boundary"])
def test_what_could_not_be_read_of_a_role_makes_its_access_unknown(field: str) -> None:
    audit = audit_of(ReadRole(a_role(), (field,)))
    assert audit.access.unread
    assert (audit.grade, "policy-unread" in ids(audit)) == (Grade.UNKNOWN, True)


def test_a_policy_that_cannot_be_understood_is_told_and_never_dropped() -> None:
    audit = audit_of(a_role(inline=(("odd", Document('{"Version":"2012-10-17","Statement":[{"Effect":"Maybe"}]}')), ("s3", READS))))
    told = [finding for finding in audit.findings if finding.id == "policy-not-understood"]
    assert [finding.document for finding in told] == ["odd"]
    assert "Effect" in told[0].text


@pytest.mark.parametrize(("days", "expected"), [(0, []), (90, []), (91, ["unused-for-long"]), (None, ["never-used"])])
def test_a_role_that_nobody_uses_is_told(days: int | None, expected: list[str]) -> None:
    used = None if days is None else NOW - timedelta(days=days)
    assert [each for each in ids(audit_of(a_role(last_used=used))) if "used" in each] == expected


def test_last_use_is_told_in_words() -> None:
    assert last_use(audit_of(a_role(last_used=NOW - timedelta(days=3))), NOW) == "2026-08-17, 3 days ago"
    assert last_use(audit_of(a_role(last_used=None)), NOW) == "not recorded"
    assert last_use(audit_of(ReadRole(a_role(last_used=None), ("last_used",))), NOW) == "unknown"


# --- Providers ---


def provider_ids(provider: Provider, *roles: Role) -> list[str]:
    (audit,) = report_of(*roles, providers=(provider,)).providers
    return ids(audit)


def test_a_provider_says_who_uses_it() -> None:
    (audit,) = report_of(a_role("a"), a_role("b")).providers
    assert (audit.grade, audit.users) == (Grade.TIGHT, ("a", "b"))


@pytest.mark.parametrize(
    ("provider", "expected"),
    [
        (Provider(PROVIDER_ARN, ISSUER, (ORG_ID,)), []),
        (Provider(PROVIDER_ARN, ISSUER, ("sts.amazonaws.com",)), ["provider-lacks-audience", "provider-has-github-audience"]),
        (Provider(PROVIDER_ARN, ISSUER, ()), ["provider-lacks-audience"]),
        (Provider(ROOT, "oidc.circleci.com", (ORG_ID,)), ["root-issuer-provider", "provider-unused"]),
    ],
)
def test_a_provider_is_judged_by_its_url_and_its_audiences(provider: Provider, expected: list[str]) -> None:
    assert provider_ids(provider, a_role()) == expected


def test_a_provider_that_no_role_names_is_dead() -> None:
    (audit,) = report_of().providers
    assert (audit.grade, ids(audit)) == (Grade.DEAD, ["provider-unused"])


# --- Whose roles ---


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        pytest.param(trust(), True, id="the provider"),
        pytest.param(
            policy({"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}), False, id="EC2"
        ),
        pytest.param(trust(provider=f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.acme.example"), True, id="conditions on CircleCI's keys"),
        pytest.param(
            trust({}, {"ci.acme.example:sub": "org/1/project/2/user/*"}, provider=f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.acme.example"),
            True,
            id="a server's tokens",
        ),
        pytest.param(
            trust({}, {"token.actions.githubusercontent.com:sub": "repo:acme/*"}, provider=f"arn:aws:iam::{ACCOUNT}:oidc-provider/gh"),
            False,
            id="GitHub",
        ),
        pytest.param(ANYBODY, True, id="anybody"),
        pytest.param(policy({"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}), False, id="any AWS principal"),
        pytest.param(Document("oidc.circleci.com, but no policy"), True, id="no policy, but it names CircleCI"),
        pytest.param(Document('no policy, with "*"'), False, id="no policy"),
    ],
)
def test_a_role_is_looked_at_when_it_has_to_do_with_circleci(document: Document, *, expected: bool) -> None:
    assert CircleCiIssuers().may_concern(document) is expected


def test_a_server_is_known_by_its_name_or_by_how_its_tokens_speak() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:oidc-provider/ci.acme.example"
    silent = trust({"ci.acme.example:aud": "x"}, {}, provider=arn)
    speaking = trust({}, {"ci.acme.example:sub": f"org/{ORG_ID}/project/{PROJECT_ID}/user/*"}, provider=arn)
    assert (CircleCiIssuers().of(silent), CircleCiIssuers().of(speaking)) == ((), ("ci.acme.example",))
    named = CircleCiIssuers.with_urls(["https://ci.acme.example/"])
    assert named.of(silent) == ("ci.acme.example",)
    assert named.may_concern(silent)


def test_another_provider_beside_circlecis_is_not_taken_for_one() -> None:
    github = {
        "Effect": "Allow",
        "Principal": {"Federated": f"arn:aws:iam::{ACCOUNT}:oidc-provider/token.actions.githubusercontent.com"},
        "Action": "sts:AssumeRoleWithWebIdentity",
    }
    both = policy(github, trust().policy["Statement"][0])
    assert CircleCiIssuers().of(both) == (ISSUER,)


# --- Drift ---


def test_right_after_a_run_nothing_has_drifted_and_all_is_ours() -> None:
    world = World()
    world.applied(a_setup())
    report = report_of_world(world)
    assert [audit.drift for audit in report.roles] == [(), (), ()]
    assert {audit.origin for audit in report.roles} | {audit.origin for audit in report.providers} == {Origin.HERE}
    assert report.gone == ()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("trust", trust({f"{ISSUER}:aud": ORG_ID}, {})),
        ("inline", (("s3", READS), ("sneaked", policy(allow("*"))))),
        ("attached", (OTHER_POLICY,)),
        ("boundary", OTHER_POLICY),
        ("tags", (("team", "others"),)),
        ("description", "by hand"),
        ("max_session_seconds", 43200),
    ],
)
def test_what_somebody_changed_since_is_drift(field: str, value: object) -> None:
    world = World()
    run = world.applied(a_setup())
    world.with_role("circleci-web-build", **{field: value})
    (audit,) = (each for each in report_of_world(world).roles if each.read.role.name == "circleci-web-build")
    assert [difference.field for difference in audit.drift] == [field]
    (finding,) = (each for each in audit.findings if each.id == "drifted")
    assert run.started.run_id in finding.text


def test_a_field_that_could_not_be_read_has_not_drifted() -> None:
    world = World()
    world.applied(a_setup())
    role = replace(world.facts.roles["circleci-web-build"], description="", tags=())
    report = report_of(ReadRole(role, ("description", "tags")), past=history_of(world))
    assert report.roles[0].drift == ()


def test_an_audience_that_somebody_added_is_drift_of_the_provider() -> None:
    world = World()
    world.applied(a_setup())
    assert world.facts.provider
    world.facts = replace(world.facts, provider=replace(world.facts.provider, client_ids=(ORG_ID, "sts.amazonaws.com")))
    (audit,) = report_of_world(world).providers
    assert [difference.field for difference in audit.drift] == ["client_ids"]


def test_a_managed_policy_that_was_given_another_version_is_drift_of_its_role() -> None:
    world = World()
    world.applied(a_setup(role__policy_kind="managed"))
    arn = f"arn:aws:iam::{ACCOUNT}:policy/circleci/circleci-web-build"
    versions = world.facts.policies[arn].versions
    world.with_policy(arn, versions=(replace(versions[0], document=policy(allow("*"))),))
    (audit,) = (each for each in report_of_world(world).roles if each.read.role.name == "circleci-web-build")
    assert "document" in {difference.field for difference in audit.drift}
    assert all(not each.drift for each in report_of_world(world, managed=None).roles), "what could not be read has not drifted"


def test_what_was_deleted_since_is_told_as_gone() -> None:
    world = World()
    world.applied(a_setup())
    world.facts = replace(world.facts, provider=None, roles={})
    gone = report_of_world(world).gone
    assert [(each.kind, each.name) for each in gone] == [
        ("role", "circleci-web-build"),
        ("role", "circleci-web-deploy"),
        ("role", "circleci-web-test"),
        ("provider", PROVIDER_ARN),
    ]
    assert all(ids(each) == ["drifted"] for each in gone)


def test_a_role_made_anew_under_the_name_is_not_ours_whatever_its_tags() -> None:
    world = World()
    world.applied(a_setup())
    world.with_role("circleci-web-build", role_id="AROASTRANGER")
    (audit,) = (each for each in report_of_world(world).roles if each.read.role.name == "circleci-web-build")
    assert audit.origin is Origin.ELSEWHERE
    assert [difference.field for difference in audit.drift] == ["role_id"]


def test_a_tag_without_a_journal_proves_nothing() -> None:
    assert audit_of(a_role(tags=(("managed-by", "ciam-tui"),))).origin is Origin.ELSEWHERE
    assert audit_of(a_role()).origin is Origin.OTHERS


def test_after_an_undo_nothing_is_expected() -> None:
    world = World()
    setup = a_setup()
    world.applied(setup)
    undone(world, setup)
    assert report_of_world(world).gone == ()
    # A role that somebody else makes under the name later is nobody's drift.
    (audit,) = report_of(a_role("circleci-web-build"), past=history_of(world)).roles
    assert (audit.drift, audit.origin) == ((), Origin.OTHERS)


def test_what_a_run_deleted_is_not_expected_either() -> None:
    world = World()
    setup = a_setup()
    world.undone(world.applied(setup), setup)
    assert report_of_world(world).gone == ()


def test_the_latest_run_that_stands_is_what_is_expected() -> None:
    world = World()
    world.applied(a_setup())
    changed = a_setup(stages__0__session_seconds=7200)
    world.applied(changed)
    undone(world, changed)
    assert all(not each.drift for each in report_of_world(world).roles), "the first run's state is back"
    world.applied(changed)
    assert all(not each.drift for each in report_of_world(world).roles)


def test_a_run_that_has_not_ended_is_held_against_nobody() -> None:
    world = World()
    setup = a_setup()
    world.carried_out(world.plan(setup), setup, steps=4)
    assert all(not each.drift for each in report_of_world(world).roles)


# --- Keys that CircleCI holds ---


def held(*keys: UserKey, last_four: str = "7Q2V") -> HeldKey:
    return HeldKey("acme", "context deploys", "AWS_ACCESS_KEY_ID", last_four, keys)


ACTIVE = UserKey("ci", "AKIAXAMPLECIRCLE7Q2V", "Active", last_used=NOW)
OTHER = UserKey("dana", "AKIAXAMPLESECOND7Q2V", "Inactive")


@pytest.mark.parametrize(
    ("key", "expected", "level"),
    [
        (held(ACTIVE), "key-held-by-circleci", Level.WARNING),
        (held(OTHER), "key-inactive", Level.NOTE),
        (held(ACTIVE, OTHER), "key-ambiguous", Level.WARNING),
        (held(), "key-of-another-account", Level.NOTE),
        (held(last_four=""), "key-not-told", Level.NOTE),
    ],
)
def test_a_key_in_circleci_is_matched_by_its_end_and_says_how_sure_that_is(key: HeldKey, expected: str, level: Level) -> None:
    report = report_of(held=(key,))
    assert report.keys is not None
    assert [(finding.id, finding.level) for finding in report.keys[0].findings] == [(expected, level)]


def test_where_circleci_was_not_asked_there_is_no_list_of_keys() -> None:
    assert report_of().keys is None
    assert report_of(held=()).keys == ()


def test_findings_are_counted_in_words() -> None:
    assert tally(()) == "no findings"
    assert tally(audit_of(a_role(last_used=None)).findings) == "1 note"


def test_the_trust_of_main_is_what_these_tests_say_it_is() -> None:
    assert OWN_MAIN in trust().text
