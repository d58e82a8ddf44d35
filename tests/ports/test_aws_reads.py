from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from moto.s3.models import s3_backends

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import call_of
from ciam_tui.core.document import Document
from ciam_tui.core.facts import Quotas
from ciam_tui.ports.aws.roles import SINGLE_READS_UP_TO
from tests.moto_server import ACCOUNT_ID

if TYPE_CHECKING:
    from ciam_tui.ports.aws import BotoAws

ORG = "0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11"
ISSUER = f"oidc.circleci.com/org/{ORG}"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{ISSUER}"
BUCKET = "builds.acme.example"
KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/5c0f6f0e-9d0b-4f7e-8a55-3f2b7f1c9ad4"


def trust_in(provider_arn: str) -> Document:
    statement = {"Effect": "Allow", "Principal": {"Federated": provider_arn}, "Action": "sts:AssumeRoleWithWebIdentity"}
    return Document.of({"Version": "2012-10-17", "Statement": [statement]})


def permissions(action: str = "s3:GetObject") -> Document:
    statement = {"Sid": "Read", "Effect": "Allow", "Action": action, "Resource": f"arn:aws:s3:::{BUCKET}/*"}
    return Document.of({"Version": "2012-10-17", "Statement": [statement]})


def create_role(name: str, **changes: Any) -> kinds.CreateRole:
    settings: dict[str, Any] = {
        "name": name,
        "arn": f"arn:aws:iam::{ACCOUNT_ID}:role/circleci/{name}",
        "path": "/circleci/",
        "trust": trust_in(PROVIDER_ARN),
        "description": "made by a test",
        "max_session_seconds": 7200,
        "boundary": None,
        "tags": (("team", "builds"),),
    }
    return kinds.CreateRole(**(settings | changes))


def make(aws: BotoAws, *changes: kinds.Change) -> None:
    for change in changes:
        aws.send(call_of(change))


def test_the_operator_is_told_with_account_partition_and_alias(aws: BotoAws) -> None:
    aws._clients.iam().create_account_alias(AccountAlias="acme-prod")
    identity = aws.identity()
    assert (identity.account_id, identity.partition, identity.alias) == (ACCOUNT_ID, "aws", "acme-prod")


def test_the_quotas_of_the_account_are_read(aws: BotoAws) -> None:
    assert aws.quotas() == Quotas(read=True)


def test_an_empty_account_has_no_buckets_roles_policies_or_provider(aws: BotoAws) -> None:
    assert list(aws.buckets()) == []
    assert aws.bucket(BUCKET, owner=ACCOUNT_ID) is None
    assert aws.roles(["circleci-web-build"]) == {}
    assert aws.policies([f"arn:aws:iam::{ACCOUNT_ID}:policy/circleci/x"]) == {}
    assert aws.provider(ISSUER) is None
    assert aws.roles_trusting(PROVIDER_ARN) == ()


def test_all_buckets_are_listed_by_name(aws: BotoAws) -> None:
    make(aws, *(kinds.CreateBucket(f"bucket-{number}", "us-east-1") for number in range(3)))
    assert [bucket.name for bucket in aws.buckets()] == ["bucket-0", "bucket-1", "bucket-2"]


def test_a_bucket_is_read_with_all_its_settings(aws: BotoAws) -> None:
    policy = Document.of(
        {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Sid": "Named",
                    "Effect": "Allow",
                    "Principal": {"AWS": f"arn:aws:iam::{ACCOUNT_ID}:root"},
                    "Action": "s3:GetObject",
                    "Resource": f"arn:aws:s3:::{BUCKET}/*",
                }
            ],
        }
    )
    make(
        aws,
        kinds.CreateBucket(BUCKET, "eu-west-1"),
        kinds.TagBucket(BUCKET, (("b", "2"), ("a", "1"))),
        kinds.BlockPublicAccess(BUCKET),
        kinds.EnforceOwnership(BUCKET),
        kinds.EncryptBucket(BUCKET, KEY_ARN),
        kinds.VersionBucket(BUCKET),
        kinds.SetBucketPolicy(BUCKET, policy),
    )
    bucket = aws.bucket(BUCKET, owner=ACCOUNT_ID)
    assert bucket is not None
    assert (bucket.name, bucket.region, bucket.owner_account_id) == (BUCKET, "eu-west-1", ACCOUNT_ID)
    assert (bucket.encryption, bucket.kms_key_arn) == ("aws:kms", KEY_ARN)
    assert (bucket.public_access_blocked, bucket.ownership, bucket.versioning) == (True, "BucketOwnerEnforced", "Enabled")
    assert bucket.policy == policy
    assert bucket.tags == (("a", "1"), ("b", "2"))
    assert bucket.unread == ()


def test_what_a_bucket_does_not_have_is_absent_and_not_unread(aws: BotoAws) -> None:
    make(aws, kinds.CreateBucket(BUCKET, "us-east-1"))
    aws._clients.s3().delete_bucket_ownership_controls(Bucket=BUCKET)
    bucket = aws.bucket(BUCKET, owner=None)
    assert bucket is not None
    settings = (bucket.kms_key_arn, bucket.encryption, bucket.public_access_blocked, bucket.ownership, bucket.versioning, bucket.policy)
    assert settings == (None,) * 6
    assert (bucket.tags, bucket.owner_account_id, bucket.unread) == ((), None, ())


@pytest.mark.parametrize("key", ["alias/aws/s3", f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:alias/aws/s3"])
def test_the_key_that_aws_manages_needs_no_grant(aws: BotoAws, key: str) -> None:
    make(aws, kinds.CreateBucket(BUCKET, "us-east-1"), kinds.EncryptBucket(BUCKET, key))
    bucket = aws.bucket(BUCKET, owner=None)
    assert bucket is not None
    assert (bucket.encryption, bucket.kms_key_arn, bucket.unread) == ("aws:kms", None, ())


def test_a_key_behind_an_alias_is_told_as_unread(aws: BotoAws) -> None:
    make(aws, kinds.CreateBucket(BUCKET, "us-east-1"), kinds.EncryptBucket(BUCKET, "alias/builds"))
    bucket = aws.bucket(BUCKET, owner=None)
    assert bucket is not None
    assert (bucket.kms_key_arn, bucket.unread) == (None, ("kms_key_arn",))


def test_a_bucket_is_empty_until_it_holds_an_object_a_version_or_an_upload(aws: BotoAws) -> None:
    make(aws, kinds.CreateBucket(BUCKET, "us-east-1"), kinds.VersionBucket(BUCKET))
    s3 = aws._clients.s3()
    assert aws.bucket_is_empty(BUCKET)
    upload = s3.create_multipart_upload(Bucket=BUCKET, Key="half")["UploadId"]
    assert not aws.bucket_is_empty(BUCKET)
    s3.abort_multipart_upload(Bucket=BUCKET, Key="half", UploadId=upload)
    assert aws.bucket_is_empty(BUCKET)
    s3.put_object(Bucket=BUCKET, Key="a")
    assert not aws.bucket_is_empty(BUCKET)
    s3.delete_object(Bucket=BUCKET, Key="a")
    assert not aws.bucket_is_empty(BUCKET), "its version and its delete marker are still there"


def test_prefixes_are_listed_one_level_at_a_time(aws: BotoAws) -> None:
    make(aws, kinds.CreateBucket(BUCKET, "us-east-1"))
    for key in ("builds/web/1", "builds/web/2", "builds/api/1", "releases/1", "README"):
        aws._clients.s3().put_object(Bucket=BUCKET, Key=key)
    top = aws.prefixes(BUCKET, under="")
    assert (top.prefixes, top.next_token) == (("builds/", "releases/"), None)
    assert aws.prefixes(BUCKET, under="builds/").prefixes == ("builds/api/", "builds/web/")


def test_a_long_level_comes_in_pages_of_one_request_each(aws: BotoAws) -> None:
    make(aws, kinds.CreateBucket(BUCKET, "us-east-1"))
    for number in range(1005):  # past HTTP, which would take five seconds
        s3_backends[ACCOUNT_ID]["aws"].put_object(BUCKET, f"{number:04}/x", b"")
    first = aws.prefixes(BUCKET, under="")
    assert len(first.prefixes) == 1000
    assert first.next_token is not None
    second = aws.prefixes(BUCKET, under="", token=first.next_token)
    assert (second.prefixes[0], len(second.prefixes), second.next_token) == ("1000/", 5, None)


def test_a_provider_is_found_by_its_issuer(aws: BotoAws) -> None:
    make(aws, kinds.CreateProvider(PROVIDER_ARN, ISSUER, (ORG, "other"), (("managed-by", "ciam-tui"),)))
    provider = aws.provider(ISSUER)
    assert provider is not None
    assert (provider.arn, provider.url, provider.client_ids) == (PROVIDER_ARN, ISSUER, (ORG, "other"))
    assert provider.tags == (("managed-by", "ciam-tui"),)


def test_a_role_is_read_with_all_that_hangs_on_it(aws: BotoAws) -> None:
    policy_arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/circleci/extra"
    make(
        aws,
        kinds.CreatePolicy(policy_arn, "extra", "/circleci/", permissions(), "", ()),
        create_role("Web-Build", boundary=policy_arn, tags=(("z", "1"), ("a", "2"))),
        kinds.PutInlinePolicy("Web-Build", "s3", permissions()),
        kinds.PutInlinePolicy("Web-Build", "more", permissions("s3:PutObject")),
        kinds.AttachPolicy("Web-Build", policy_arn),
    )
    found = aws.roles(["Web-Build", "absent"])
    assert list(found) == ["web-build"]
    role = found["web-build"]
    assert role.role_id.startswith("AROA")
    assert (role.name, role.path, role.arn) == ("Web-Build", "/circleci/", f"arn:aws:iam::{ACCOUNT_ID}:role/circleci/Web-Build")
    assert role.trust == trust_in(PROVIDER_ARN)
    assert (role.description, role.max_session_seconds, role.boundary) == ("made by a test", 7200, policy_arn)
    assert role.tags == (("a", "2"), ("z", "1"))
    assert role.inline == (("more", permissions("s3:PutObject")), ("s3", permissions()))
    assert role.attached == (policy_arn,)
    assert (role.last_used, role.last_used_region) == (None, None)


def test_many_roles_read_in_one_pass_are_the_same_as_read_one_by_one(aws: BotoAws) -> None:
    policy_arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/circleci/extra"
    names = [f"role-{number}" for number in range(SINGLE_READS_UP_TO + 1)]
    make(aws, kinds.CreatePolicy(policy_arn, "extra", "/circleci/", permissions(), "", ()))
    for name in names:
        make(
            aws,
            create_role(name, boundary=policy_arn),
            kinds.PutInlinePolicy(name, "s3", permissions()),
            kinds.AttachPolicy(name, policy_arn),
        )
    in_one_pass = aws.roles([*names, "absent"])
    one_by_one = {name: aws.roles([name])[name] for name in names}
    assert dict(in_one_pass) == one_by_one
    assert list(in_one_pass) == names


def test_a_policy_is_read_with_all_versions_oldest_first(aws: BotoAws) -> None:
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/circleci/builds"
    make(aws, kinds.CreatePolicy(arn, "builds", "/circleci/", permissions(), "what it is", (("k", "v"),)), create_role("r"))
    make(aws, kinds.AttachPolicy("r", arn))
    for number in range(1, 11):
        if number > 4:  # five versions are full
            make(aws, kinds.DeletePolicyVersion(arn, f"v{number - 4}"))
        make(aws, kinds.CreatePolicyVersion(arn, permissions(f"s3:Get{number}")))
    policy = aws.policies([arn])[arn]
    assert [version.id for version in policy.versions] == ["v7", "v8", "v9", "v10", "v11"]
    assert (policy.default_version, policy.document) == ("v11", permissions("s3:Get10"))
    assert policy.policy_id.startswith("A")
    assert (policy.name, policy.path, policy.description, policy.attachments) == ("builds", "/circleci/", "what it is", 1)
    assert policy.tags == (("k", "v"),)


def test_only_roles_that_name_the_very_provider_trust_it(aws: BotoAws) -> None:
    make(aws, create_role("ours"), create_role("longer", trust=trust_in(PROVIDER_ARN + "0")))
    trusting = aws.roles_trusting(PROVIDER_ARN)
    assert [(role.name, role.trust) for role in trusting] == [("ours", trust_in(PROVIDER_ARN))]


def test_where_aws_does_not_say_what_the_operator_may_do_it_is_unknown(aws: BotoAws) -> None:
    calls = [call_of(create_role("r")), call_of(kinds.AwaitRoles(("r",)))]
    assert aws.may_call(calls) == {"iam:CreateRole": None, "iam:TagRole": None}


def test_documents_survive_the_way_to_aws_and_back(aws: BotoAws) -> None:
    odd = Document.of(
        json.loads(
            '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","NotAction":"s3:*","Resource":"arn:aws:s3:::b/\\u00e9+%41 &/*"}]}'
        )
    )
    make(aws, create_role("r"), kinds.PutInlinePolicy("r", "odd", odd))
    assert aws.roles(["r"])["r"].inline == (("odd", odd),)
