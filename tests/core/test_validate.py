"""What each rule refuses, what it lets pass, and that its sentence says what to do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ciam_tui.core import validate
from ciam_tui.core.problems import Level, Problem

if TYPE_CHECKING:
    from collections.abc import Callable

UUID = "0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11"


def refused(problem: Problem | None, because: str) -> Problem:
    assert problem is not None
    assert problem.level is Level.ERROR
    assert because in problem.text
    assert problem.text.endswith(".")
    assert problem.fix.endswith((".", '"'))
    assert problem.text.isprintable()
    assert problem.fix.isprintable()
    return problem


@pytest.mark.parametrize(
    "name", ["abc", "acme-builds", "builds.acme.example", "0ab", "a" * 63, "1.2.3.4.5", "a--b", "acme-123456789012-us-east-1-an"]
)
def test_a_bucket_name_that_s3_takes_is_taken(name: str) -> None:
    assert validate.bucket_name_problem(name) is None


@pytest.mark.parametrize(
    ("name", "because"),
    [
        ("", "no name"),
        ("ab", "2 characters"),
        ("a" * 64, "64 characters, 1 more"),
        ("Acme", "capital"),
        ("acme_builds", '"_"'),
        ("acme builds", '" "'),
        ("acmé", "é"),
        ("-acme", "begins or ends"),
        ("acme.", "begins or ends"),
        ("a..b", "two dots"),
        ("192.168.5.4", "IP address"),
        ("xn--acme", "xn--"),
        ("sthree-acme", "sthree-"),
        ("amzn-s3-demo-acme", "amzn-s3-demo-"),
        ("acme-s3alias", "access point"),
        ("acme--ol-s3", "Object Lambda"),
        ("acme.mrap", "Multi-Region"),
        ("acme--use1-az4--x-s3", "directory bucket"),
        ("acme--table-s3", "table bucket"),
        ("arn:aws:s3:::acme", "address"),
        ("s3://acme/builds", "address"),
        ("acme/builds", "contains a /"),
        ("acme\n", "\\x0a"),
        ("ac\u202eme", "\\u202e"),
    ],
)
def test_a_bucket_name_that_s3_refuses_is_refused(name: str, because: str) -> None:
    refused(validate.bucket_name_problem(name), because)


def test_the_name_is_taken_out_of_a_buckets_address() -> None:
    for address in ("arn:aws:s3:::acme/x", "s3://acme/builds/", "s3://acme"):
        assert refused(validate.bucket_name_problem(address), "address").fix == 'Write the name alone: "acme".'


@pytest.mark.parametrize("region", ["us-east-1", "ap-southeast-5", "us-gov-west-1", "cn-northwest-1", "eusc-de-east-1", "mx-central-1"])
def test_regions_of_every_partition_are_taken(region: str) -> None:
    assert validate.region_problem(region) is None


@pytest.mark.parametrize("region", ["", "us-east", "US-EAST-1", "us-east-1a", "us east 1", "us-east-1\n", "us-east-١"])
def test_what_is_no_region_is_refused(region: str) -> None:
    refused(validate.region_problem(region), "region")


@pytest.mark.parametrize(
    ("region", "partition"),
    [("us-east-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-east-1", "aws-us-gov"), ("eusc-de-east-1", "aws-eusc")],
)
def test_a_region_belongs_to_one_partition(region: str, partition: str) -> None:
    for other in ("aws", "aws-cn", "aws-us-gov", "aws-eusc"):
        problem = validate.region_partition_problem(region, other)
        assert (problem is None) == (other == partition)


def test_a_region_that_no_ci_service_reaches_is_refused() -> None:
    refused(validate.region_partition_problem("us-iso-east-1", "aws"), "cannot reach")


@pytest.mark.parametrize("account", ["", "12345678901", "1234567890123", "12345678901a", "١٢٣٤٥٦٧٨٩٠١٢", "123456789012\n"])
def test_an_account_id_is_twelve_digits(account: str) -> None:
    refused(validate.account_id_problem(account), "account id")


def test_an_account_id_with_hyphens_is_told_without_them() -> None:
    assert refused(validate.account_id_problem("1234-5678-9012"), "hyphens").fix == 'Write "123456789012".'
    assert validate.account_id_problem("012345678901") is None


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov", "aws-eusc"])
def test_arns_of_every_partition_are_taken(partition: str) -> None:
    key = f"arn:{partition}:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    assert validate.partition_problem(partition) is None
    assert validate.kms_key_problem(key) is None
    assert validate.kms_key_problem(f"arn:{partition}:kms:us-east-1:123456789012:key/mrk-{'0' * 32}") is None
    assert validate.kms_key_place_problem(key, partition=partition, region="us-east-1") is None
    for owner in ("aws", "123456789012"):
        boundary = f"arn:{partition}:iam::{owner}:policy/teams/Bound"
        assert validate.boundary_problem(boundary, account_id="123456789012", partition=partition) is None


def test_what_is_no_partition_is_refused() -> None:
    refused(validate.partition_problem("aws-moon"), "partition")


@pytest.mark.parametrize(
    ("arn", "because"),
    [
        ("arn:aws:kms:us-east-1:123456789012:alias/acme", "alias"),
        ("alias/acme", "alias"),
        ("alias/aws/s3", "managed key"),
        ("aws/s3", "managed key"),
        ("arn:aws:kms:us-east-1:123456789012:alias/aws/s3", "managed key"),
        ("1234abcd-12ab-34cd-56ef-1234567890ab", "no KMS key ARN"),
        ("arn:aws:kms:us-east-1:123456789012:key/*", "no KMS key ARN"),
        ("arn:aws:kms::123456789012:key/1234abcd", "no KMS key ARN"),
        ("arn:aws-moon:kms:us-east-1:123456789012:key/1234abcd", "no KMS key ARN"),
        ("arn:aws:s3:us-east-1:123456789012:key/1234abcd", "no KMS key ARN"),
        ("", "no KMS key ARN"),
    ],
)
def test_a_key_that_is_no_customers_key_by_arn_is_refused(arn: str, because: str) -> None:
    refused(validate.kms_key_problem(arn), because)


def test_a_key_of_another_region_or_partition_is_refused() -> None:
    key = "arn:aws:kms:us-east-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    refused(validate.kms_key_place_problem(key, partition="aws", region="eu-west-1"), "us-east-1")
    refused(validate.kms_key_place_problem(key, partition="aws-cn", region="us-east-1"), "partition")


@pytest.mark.parametrize(
    "prefix", ["", "builds/", "a/b/c/", "with space/", "é/", "$x/", "{}/", "$/{/", "\u00ff/", "a//b/", "x" * 1022 + "/"]
)
def test_a_prefix_that_can_stand_in_a_policy_is_taken(prefix: str) -> None:
    assert validate.prefix_problem(prefix) is None
    assert validate.normalized_prefix(prefix) == prefix


@pytest.mark.parametrize(
    ("prefix", "because"),
    [
        ("/", "begins with a /"),
        ("/builds/", "begins with a /"),
        ("a*/", "contains *"),
        ("a?/", "contains ?"),
        ("${aws:userid}/", "contains ${"),
        ("日本/", "U+65E5"),
        ("\x1b[2J/", "U+001B"),
        ("\ud800/", "U+D800"),
        ("x" * 1023 + "/", "1024 bytes long, 1 more than the 1023"),
        ("é" * 600, "1201 bytes long, 178 more"),
    ],
)
def test_a_prefix_that_a_policy_cannot_hold_as_text_is_refused(prefix: str, because: str) -> None:
    refused(validate.prefix_problem(prefix), because)


def test_a_prefix_without_its_slash_is_taken_with_it_and_the_user_is_told() -> None:
    note = validate.prefix_problem("team")
    assert note is not None
    assert note.level is Level.NOTE
    assert '"team/"' in note.text
    assert '"team-secret/"' in note.text
    assert validate.normalized_prefix("team") == "team/"


@pytest.mark.parametrize("problem", [validate.org_id_problem, validate.project_id_problem])
def test_an_id_is_a_uuid_as_the_tokens_have_it(problem: Callable[[str], Problem | None]) -> None:
    assert problem(UUID) is None
    assert refused(problem(UUID.upper()), "letter for letter").fix == f'Write "{UUID}".'
    for wrong in ("", "gh/acme", UUID[:-1], UUID.replace("-", ""), f"{{{UUID}}}", UUID + "\n\n\x00"):
        refused(problem(wrong), "id")


@pytest.mark.parametrize("slug", ["gh/acme", "github/acme", "bb/acme_x", "circleci/2xQ7m9Gk1"])
def test_an_organization_slug_is_taken(slug: str) -> None:
    assert validate.org_slug_problem(slug) is None


@pytest.mark.parametrize("slug", ["", "acme", "gh/", "gh/acme/web", "gitea/acme", "gh/ac me"])
def test_what_is_no_organization_slug_is_refused(slug: str) -> None:
    refused(validate.org_slug_problem(slug), "slug")


@pytest.mark.parametrize(
    "issuer", [f"https://oidc.circleci.com/org/{UUID}", "https://ci.acme.example", f"https://ci.acme.example/org/{UUID}"]
)
def test_an_issuer_of_ones_own_is_taken(issuer: str) -> None:
    assert validate.issuer_problem(issuer, org_id=UUID) is None


@pytest.mark.parametrize(
    ("issuer", "because"),
    [
        ("https://oidc.circleci.com", "every CircleCI organization"),
        ("https://oidc.circleci.com/", "every CircleCI organization"),
        ("HTTPS://OIDC.circleci.com", "every CircleCI organization"),
        ("https://oidc.circleci.com/org/6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01", "not that of the organization"),
        ("https://oidc.circleci.com/org", "not that of the organization"),
        ("https://oidc.circleci.com.", "no part of"),
        ("https://oidc.circleci.com/.", "no part of"),
        ("https://oidc.circleci.com/org/..", "no part of"),
        ("http://ci.acme.example", "no https URL"),
        ("ci.acme.example", "no https URL"),
        ("", "no https URL"),
        ("https://", "ends with a /"),
        ("https://ci.acme.example/", "ends with a /"),
        ("https://ci.acme.example?x=1", "a query"),
        ("https://ci.acme.example#x", "a fragment"),
        ("https://user@ci.acme.example", "a user"),
        ("https://user:secret@ci.acme.example", "a user"),
        ("https://ci.acme.example:8443", "a port"),
        ("https://CI.acme.example", "capital"),
        ("https://ci acme.example", "no part of"),
        ("https://ci.acme.example\n", "no part of"),
        ("https://*.acme.example", "no part of"),
        ("https://" + "a" * 248, "256 characters, 1 more"),
    ],
)
def test_an_issuer_that_aws_or_reason_refuses_is_refused(issuer: str, because: str) -> None:
    refused(validate.issuer_problem(issuer, org_id=UUID), because)


@pytest.mark.parametrize("audience", [UUID, "sts.amazonaws.com", "https://acme.example/a b", "x" * 255])
def test_an_audience_is_taken(audience: str) -> None:
    assert validate.audience_problem(audience) is None


@pytest.mark.parametrize("audience", ["", " ", " a", "a*", "a?", "${x}", "日", "x" * 256])
def test_an_audience_that_is_no_plain_text_is_refused(audience: str) -> None:
    refused(validate.audience_problem(audience), "audience")


@pytest.mark.parametrize("origin", ["github.com/acme/web", "bitbucket.org/acme/web.site", "gitlab.com/group/sub/web", "ghe/Acme/Web_1"])
def test_a_repository_is_taken(origin: str) -> None:
    assert validate.vcs_origin_problem(origin) is None


@pytest.mark.parametrize(
    "origin",
    [
        "",
        "https://github.com/acme/web",
        "git@github.com:acme/web",
        "github.com/acme/web.git",
        "github.com/acme",
        "github.com/acme/web/",
        "/github.com/acme/web",
        "github.com//web",
        "github.com/acme/*",
        "github.com/acme/w?b",
        "github.com/acme/${x}",
        "github.com/ac me/web",
        "github.com/acme/日",
        "github.com/acme/web/vcs-ref/refs/heads/main",
    ],
)
def test_what_is_no_repository_is_refused(origin: str) -> None:
    refused(validate.vcs_origin_problem(origin), "repository")


@pytest.mark.parametrize("name", ["", " ", "a\x1b[2J", "a\nb", "\ud800", "x" * 257])
def test_a_project_name_that_cannot_be_shown_is_refused(name: str) -> None:
    refused(validate.project_name_problem(name), "project")


@pytest.mark.parametrize("name", ["web", "[x] [/oops] [b", "日本 \u202e", "🚀", "x" * 256])
def test_a_project_name_is_free_text(name: str) -> None:
    assert validate.project_name_problem(name) is None


def test_a_role_name_that_is_too_long_is_told_with_its_length_and_by_how_much() -> None:
    assert validate.role_name_problem("x" * 64) is None
    problem = refused(validate.role_name_problem("x" * 70), "70 characters, 6 more than IAM's 64")
    assert "by 6 characters" in problem.fix
    assert "by 1 character." in refused(validate.role_name_problem("x" * 65), "65 characters, 1 more").fix


@pytest.mark.parametrize("name", ["a b", "a/b", "é", "a:b", "a\n", "日", "a*"])
def test_characters_that_iam_has_in_no_role_name_are_refused_wherever_a_name_is_made_from(name: str) -> None:
    for rule in (validate.role_name_problem, validate.stage_name_problem, validate.name_prefix_problem):
        refused(rule(name), "in no role name")


def test_every_character_that_iam_has_in_role_names_is_taken() -> None:
    for rule in (validate.role_name_problem, validate.stage_name_problem, validate.name_prefix_problem):
        assert rule("aZ09_+=,.@-") is None
    assert validate.name_prefix_problem("") is None
    refused(validate.stage_name_problem(""), "no name")
    refused(validate.role_name_problem(""), "no name")


@pytest.mark.parametrize("path", ["/", "/circleci/", "/a/b/c/", "/~!/", "/" + "x" * 510 + "/"])
def test_a_role_path_is_taken(path: str) -> None:
    assert validate.role_path_problem(path, policy_kind="inline") is None


@pytest.mark.parametrize(
    "path",
    [
        "",
        "circleci",
        "/circleci",
        "circleci/",
        "//",
        "/a b/",
        "/é/",
        "/a*/",
        "/a?/",
        "/${x}/",
        "/aws-service-role/x/",
        "/" + "x" * 511 + "/",
    ],
)
def test_a_role_path_that_iam_refuses_or_that_would_be_a_pattern_is_refused(path: str) -> None:
    refused(validate.role_path_problem(path, policy_kind="inline"), "path")


def test_a_managed_policy_has_the_narrower_path() -> None:
    assert validate.role_path_problem("/a.b,c+d@e=f_g-h/i/", policy_kind="managed") is None
    for path in ("/a!/", "/a//b/", "/~/"):
        assert validate.role_path_problem(path, policy_kind="inline") is None
        refused(validate.role_path_problem(path, policy_kind="managed"), "managed policy")


@pytest.mark.parametrize(
    ("arn", "because"),
    [
        ("", "no ARN"),
        ("PowerUserAccess", "no ARN"),
        ("arn:aws:iam::123456789012:role/x", "no ARN"),
        ("arn:aws:iam::123456789012:policy/", "no ARN"),
        ("arn:aws:iam::*:policy/x", "no ARN"),
        ("arn:aws:iam::210987654321:policy/x", "account 210987654321"),
        ("arn:aws-cn:iam::123456789012:policy/x", "partition aws-cn"),
    ],
)
def test_a_boundary_is_a_policy_that_the_account_can_use(arn: str, because: str) -> None:
    refused(validate.boundary_problem(arn, account_id="123456789012", partition="aws"), because)


@pytest.mark.parametrize(
    ("seconds", "because"),
    [(899, "1 below"), (43_201, "1 above"), (0, "900 below"), ("1h", "no number"), ("", "no number"), (True, "no number")],
)
def test_a_session_is_as_long_as_aws_allows(seconds: int | str, because: str) -> None:
    refused(validate.session_seconds_problem(seconds), because)
    assert validate.session_seconds_problem(900) is None
    assert validate.session_seconds_problem(43_200) is None


def test_choices_are_told_with_all_there_are() -> None:
    assert "read, write, delete" in refused(validate.access_problem("list"), "list").fix
    assert "tags, acl, versions, probe" in refused(validate.extra_problem("x"), "x").fix
    assert '"inline" or "managed"' in refused(validate.policy_kind_problem("x"), "x").fix


@pytest.mark.parametrize(
    ("key", "value", "because"),
    [
        ("", "x", "no key"),
        ("x" * 129, "", "129 characters, 1 more"),
        ("aws:x", "", "reserves"),
        ("AWS:x", "", "reserves"),
        ("managed-by", "me", "our own"),
        ("Ciam-Tui-Setup", "x", "our own"),
        ("ciam-tui-run", "x", "our own"),
        ("x", "v" * 257, "257 characters, 1 more"),
        ("a*", "", '"*" in its key'),
        ("a", "x\ny", "in its value"),
        ("a", "\u202e", "in its value"),
    ],
)
def test_a_tag_that_iam_refuses_or_that_is_ours_is_refused(key: str, value: str, because: str) -> None:
    refused(validate.tag_problem(key, value), because)


def test_a_tag_of_letters_digits_and_iams_signs_is_taken() -> None:
    assert validate.tag_problem("Größe 日本 _.:/=+-@", "x y" + "é" * 253) is None
    assert validate.tag_problem("x" * 128, "") is None


def test_tags_leave_room_for_our_own_and_do_not_differ_in_case_alone() -> None:
    assert validate.tags_problem({f"k{number}": "" for number in range(47)}) is None
    refused(validate.tags_problem({f"k{number}": "" for number in range(48)}), "48 tags, 1 more than the 47")
    refused(validate.tags_problem({"Team": "a", "team": "b"}), "differ only in case")
