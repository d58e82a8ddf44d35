"""One user: which policies it has and how, whether a person stands behind it, and which statements elsewhere name it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.audit.facts import HeldKey, PoliciesRead
from ciam_tui.core.users.facts import Group, MfaDevice, ServiceCredential, SigningCertificate, SshKey
from ciam_tui.core.users.grants import Grant, kms_keys_in
from ciam_tui.core.users.naming import Meaning, names
from ciam_tui.core.users.report import document_of_user, lines_of_user
from ciam_tui.core.users.understanding import Kind, Understanding, understood
from tests.core.auditing import allow, deny, policy
from tests.core.listed_users import ACCOUNT_ID, NOW, key, user

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.users.facts import User

ARN = f"arn:aws:iam::{ACCOUNT_ID}:user/ci"
MANAGED = f"arn:aws:iam::{ACCOUNT_ID}:policy/builds"
LIMIT = f"arn:aws:iam::{ACCOUNT_ID}:policy/limit"
READS = policy(allow("s3:GetObject", "arn:aws:s3:::acme-builds/*"))


def understand(each: User, *, policies: PoliciesRead | None = None, **groups: Group) -> Understanding:
    return understood(each, groups, policies or PoliciesRead(), {}, {})


def test_every_policy_is_told_with_the_way_it_came() -> None:
    group = Group("devops", "arn", inline=(("more", READS),), attached=(MANAGED,))
    each = user("ci", inline=(("own", READS),), attached=(MANAGED,), groups=("devops",))
    found = understand(each, policies=PoliciesRead({MANAGED: READS}), devops=group)
    assert [(grant.short, grant.way) for grant in found.grants] == [
        ("own", "inline"),
        ("builds", "attached"),
        ("more", "inline in the group devops"),
        ("builds", "attached to the group devops"),
    ]
    assert [str(place) for place in found.places] == ["acme-builds"]


def test_what_it_reaches_is_within_its_boundary() -> None:
    each = user("ci", inline=(("own", policy(allow(["s3:GetObject", "s3:PutObject", "sqs:SendMessage"]))),), boundary=LIMIT)
    limit = policy(allow("s3:GetObject", "arn:aws:s3:::*/*"))
    found = understand(each, policies=PoliciesRead({LIMIT: limit}))
    assert [each.words for each in found.access.places] == ["read"]
    assert found.access.services == ()


@pytest.mark.parametrize(
    ("each", "policies", "sentence"),
    [
        (user("ci", attached=(MANAGED,)), PoliciesRead({}, {MANAGED: "AWS denied it."}), f"{MANAGED} could not be read: AWS denied it."),
        (user("ci", attached=(MANAGED,)), PoliciesRead(), f"{MANAGED} was not found"),
        (user("ci", groups=("devops",)), PoliciesRead(), "group devops could not be read"),
        (user("ci", not_read=("inline",)), PoliciesRead(), "inline policies could not be read"),
        (user("ci", boundary=LIMIT), PoliciesRead({}, {LIMIT: "denied."}), f"{LIMIT} could not be read"),
    ],
    ids=["a policy", "a policy that is gone", "a group", "inline policies", "the boundary"],
)
def test_what_could_not_be_read_of_its_rights_is_told_and_makes_them_unknown(each: User, policies: PoliciesRead, sentence: str) -> None:
    found = understand(each, policies=policies)
    assert any(sentence in text for text in found.unread)
    assert found.access.unread


# --- A robot or a person ---


@pytest.mark.parametrize(
    ("fields", "kind", "evidence"),
    [
        ({}, Kind.ROBOT, ""),
        ({"has_password": True}, Kind.PERSON, "log in to the console"),
        ({"mfa": (MfaDevice(f"arn:aws:iam::{ACCOUNT_ID}:mfa/dana"),)}, Kind.PERSON, f"1 MFA device: arn:aws:iam::{ACCOUNT_ID}:mfa/dana"),
        (
            {"ssh_keys": (SshKey("APKA1", "Active"), SshKey("APKA2", "Inactive"))},
            Kind.PERSON,
            "2 SSH keys: APKA1 (Active) and APKA2 (Inactive)",
        ),
        ({"service_credentials": (ServiceCredential("ACCA", "codecommit.amazonaws.com", "u", "Active"),)}, Kind.PERSON, "codecommit"),
        ({"certificates": (SigningCertificate("C1", "Active"),)}, Kind.PERSON, "1 signing certificate: C1 (Active)"),
        ({"mfa": None}, Kind.UNKNOWN, ""),
        ({"service_credentials": None, "has_password": True}, Kind.PERSON, "log in"),
    ],
    ids=["nothing", "password", "mfa", "ssh", "codecommit", "certificate", "one unread", "one unread and one found"],
)
def test_a_person_is_told_by_evidence_and_what_was_not_read_is_unknown(fields: Mapping[str, Any], kind: Kind, evidence: str) -> None:
    found = understand(user("ci", **fields))
    assert found.kind is kind
    assert any(evidence in sign.evidence for sign in found.signs)
    assert {sign.name for sign in found.signs if sign.found is None} <= {"MFA device", "service-specific credential"}


# --- Who names it ---


@pytest.mark.parametrize(
    ("statement", "by", "meaning"),
    [
        (allow("s3:GetObject", Principal={"AWS": ARN}), "Principal", Meaning.GRANTS),
        (allow("s3:GetObject", Principal={"AWS": [f"{ARN}-2", ARN]}), "Principal", Meaning.GRANTS),
        (allow("s3:GetObject", Principal={"AWS": "AIDACI"}), "Principal", Meaning.GRANTS),
        (deny("s3:*", Principal={"AWS": ARN}), "Principal", Meaning.DENIES),
        (deny("s3:*", NotPrincipal={"AWS": ARN}), "NotPrincipal", Meaning.SPARES),
        (allow("s3:*", NotPrincipal={"AWS": ARN}), "NotPrincipal", Meaning.LEAVES_OUT),
        (
            deny("s3:*", Principal="*", Condition={"StringNotEquals": {"aws:PrincipalArn": ARN}}),
            "StringNotEquals aws:PrincipalArn",
            Meaning.SPARES,
        ),
        (
            deny(
                "s3:*", Principal="*", Condition={"ArnNotLike": {"aws:PrincipalArn": ["arn:aws:iam::*:role/x", "arn:aws:iam::*:user/c*"]}}
            ),
            "ArnNotLike aws:PrincipalArn",
            Meaning.SPARES,
        ),
        (allow("s3:*", Principal="*", Condition={"StringLike": {"AWS:userid": "AIDACI"}}), "StringLike AWS:userid", Meaning.GRANTS),
        (deny("s3:*", Principal="*", Condition={"StringEquals": {"aws:username": "ci"}}), "StringEquals aws:username", Meaning.DENIES),
        (
            deny("s3:*", Principal="*", Condition={"StringNotLike": {"aws:userid": ["AROAX:*", "AIDACI"]}}),
            "StringNotLike aws:userid",
            Meaning.SPARES,
        ),
    ],
)
def test_a_statement_names_a_user_by_any_of_these(statement: dict[str, Any], by: str, meaning: Meaning) -> None:
    (found,) = names(user("ci"), "acme", policy(allow("s3:ListBucket", Principal={"AWS": ACCOUNT_ID}), statement))
    assert (found.statement, found.by, found.meaning) == (2, by, meaning)


@pytest.mark.parametrize(
    "statement",
    [
        allow("s3:GetObject", Principal="*"),
        allow("s3:GetObject", Principal={"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"}),
        allow("s3:GetObject", Principal={"AWS": f"{ARN}-2"}),
        allow("s3:GetObject", Principal={"CanonicalUser": ARN}),
        deny("s3:*", Principal="*", Condition={"StringNotEquals": {"aws:PrincipalArn": ARN.upper()}}),
        deny("s3:*", Principal="*", Condition={"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT_ID}:role/*"}}),
        allow("s3:*", Principal="*", Condition={"StringLike": {"aws:PrincipalArn": "*"}}),
        deny("s3:*", Principal="*", Condition={"StringEquals": {"aws:SourceArn": ARN}}),
    ],
)
def test_everybody_the_account_and_others_are_not_the_user(statement: dict[str, Any]) -> None:
    assert names(user("ci"), "acme", policy(statement)) == ()


@given(st.lists(st.sampled_from([ARN, f"{ARN}-2", "*", ACCOUNT_ID, "AIDACI", "AIDAOTHER"]), min_size=1, max_size=4, unique=True))
def test_as_many_namings_are_told_as_there_are_names(principals: list[str]) -> None:
    found = names(user("ci"), "acme", policy(allow("s3:GetObject", Principal={"AWS": principals})))
    assert sorted(each.value for each in found) == sorted({ARN, "AIDACI"} & set(principals))


def test_a_policy_that_cannot_be_understood_is_unread_and_does_not_hide_the_others() -> None:
    named = policy(allow("s3:GetObject", Principal={"AWS": ARN}))
    broken = policy({"Effect": "Maybe"})
    found = understood(user("ci"), {}, PoliciesRead(), {"a": broken, "b": named}, {"arn:aws:kms:us-east-1:1:key/k": named})
    assert [each.subject for each in found.named] == ["b", "arn:aws:kms:us-east-1:1:key/k"]
    assert any("The policy of a cannot be judged" in text for text in found.unread)


# --- Words ---


def test_the_whole_is_told_in_lines_that_steer_no_terminal_and_in_a_document() -> None:
    group = Group("devops", "arn", attached=(MANAGED,))
    each = user("ci", key("AAAA", used=1), key("BBBB", status="Inactive"), groups=("devops",), tags=(("\x1b[2J", "x"),), mfa=None)
    last = policy(allow("s3:GetObject", "arn:aws:s3:::acme-builds/*"), allow("*"))
    held = HeldKey("acme", "context \x1b[31maws", "AWS_ACCESS_KEY_ID", "AAAA")
    bucket = policy(deny("s3:*", NotPrincipal={"AWS": ARN}, Sid="Only"))
    found = understood(each, {"devops": group}, PoliciesRead({MANAGED: last}), {"acme-builds": bucket}, {}, held=[held], unread=["More."])
    lines = list(lines_of_user(found, NOW))
    assert all(line.isprintable() for line in lines)
    text = "\n".join(lines)
    for said in (
        "administrator, by statement 2 of builds (attached to the group devops)",
        'acme-builds: statement 1 "Only" denies everybody but those it names, this user among them (NotPrincipal)',
        "MFA device: unknown",
        "not known whether a person stands behind it",
        "…BBBB inactive, 100 days, no use recorded",
        "  More.",
    ):
        assert said in text
    document = json.loads(json.dumps(document_of_user(found, NOW)))
    assert document["administrator"] == {"reach": "yes", "policy": MANAGED, "group": "devops", "statement": 2, "sid": None}
    assert document["person"]["kind"] == "unknown"
    assert document["named_by"][0]["meaning"] == "denies everybody else"
    assert document["circleci"][0]["last_four"] == "AAAA"


def test_keys_of_kms_are_those_that_are_named_whole() -> None:
    arn = "arn:aws:kms:us-east-1:123456789012:key/5c0f"
    document = policy(allow("kms:Decrypt", [arn, f"{arn}*", "arn:aws:kms:us-east-1:123456789012:alias/x"]), deny("kms:*", f"{arn}2"))
    assert kms_keys_in((Grant("own", document),)) == (arn,)
