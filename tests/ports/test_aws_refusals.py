"""What reads do when AWS lets the operator see only a part, or answers as servers do that are not quite AWS."""

from __future__ import annotations

import json
import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import call_of
from ciam_tui.core.document import Document
from ciam_tui.core.facts import BucketSummary, Quotas
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.aws.roles import SINGLE_READS_UP_TO
from tests.moto_server import ACCOUNT_ID, access_to
from tests.one_answer import IAM_ERROR, S3_ERROR, Answer, answers, one_answer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ciam_tui.ports.aws import BotoAws

BUCKET = "acme-builds"
DENIED = IAM_ERROR.format(code="AccessDenied", message="User: x is not authorized to perform: iam:Something")
IDENTITY = """<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>{arn}</Arn><UserId>AIDA</UserId><Account>123456789012</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""
USER = f"arn:aws:iam::{ACCOUNT_ID}:user/ops/dana"


@contextmanager
def account(choose: Callable[[str, Mapping[str, str]], Answer]) -> Iterator[BotoAws]:
    with answers(choose) as server:
        opened = access_to(server.url).open(None, None)
        try:
            yield opened
        finally:
            opened.close()


def iam(results: Mapping[str, str], arn: str = USER) -> Callable[[str, Mapping[str, str]], Answer]:
    """AWS for whoever may call the operations of `results` alone, each with its result."""

    def choose(request: str, _headers: Mapping[str, str]) -> Answer:
        found = re.search(r"Action=(\w+)", request)
        operation = found[1] if found else ""
        if operation == "GetCallerIdentity":
            return Answer(200, IDENTITY.format(arn=arn))
        if operation not in results:
            return Answer(403, DENIED)
        result = f"<{operation}Result>{results[operation]}</{operation}Result>"
        metadata = "<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>"
        return Answer(
            200, f"<{operation}Response xmlns='https://iam.amazonaws.com/doc/2010-05-08/'>{result}{metadata}</{operation}Response>"
        )

    return choose


def test_an_operator_without_rights_still_has_a_name_and_the_default_quotas() -> None:
    with account(iam({})) as aws:
        identity = aws.identity()
        assert (identity.arn, identity.alias) == (USER, None)
        assert aws.quotas() == Quotas(read=False)


def test_quotas_that_were_raised_are_the_ones_used() -> None:
    entries = "".join(
        f"<entry><key>{key}</key><value>{value}</value></entry>"
        for key, value in (("AssumeRolePolicySizeQuota", 4096), ("AttachedPoliciesPerRoleQuota", 20), ("RolePolicySizeQuota", 10240))
    )
    with account(iam({"GetAccountSummary": f"<SummaryMap>{entries}</SummaryMap>"})) as aws:
        assert aws.quotas() == Quotas(trust_policy_size=4096, attached_policies_per_role=20, read=True)


@pytest.mark.parametrize("read", ["provider", "roles", "policies", "roles_trusting"])
def test_what_a_plan_cannot_do_without_is_not_taken_for_absent_when_denied(read: str) -> None:
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/x"
    asked = {"provider": "oidc.circleci.com/org/x", "roles": ["r"], "policies": [arn], "roles_trusting": arn}[read]
    with account(iam({})) as aws, pytest.raises(CiamError) as caught:
        getattr(aws, read)(asked)
    assert caught.value.code == "access-denied"


def test_without_the_right_to_read_all_roles_at_once_many_are_read_one_by_one() -> None:
    missing = IAM_ERROR.format(code="NoSuchEntity", message="gone")

    def choose(request: str, _headers: Mapping[str, str]) -> Answer:
        return Answer(404, missing) if "Action=GetRole&" in request else Answer(403, DENIED)

    with account(choose) as aws:
        assert aws.roles([f"r{number}" for number in range(SINGLE_READS_UP_TO + 1)]) == {}


def test_a_bucket_that_nobody_lets_us_look_at_is_forbidden() -> None:
    with account(lambda _request, _headers: Answer(403)) as aws:
        for owner in (None, ACCOUNT_ID):
            with pytest.raises(CiamError) as caught:
                aws.bucket(BUCKET, owner=owner)
            assert caught.value.code == "bucket-forbidden"


def bucket_of(owner: str, settings: Answer) -> Callable[[str, Mapping[str, str]], Answer]:
    def choose(request: str, headers: Mapping[str, str]) -> Answer:
        if request.startswith("HEAD"):
            right = headers.get("x-amz-expected-bucket-owner", owner) == owner
            return Answer(200 if right else 403, headers={"x-amz-bucket-region": "eu-west-1"})
        return settings

    return choose


def test_an_owner_that_s3_does_not_confirm_is_told_as_unread() -> None:
    with account(bucket_of("999999999999", Answer(403, S3_ERROR.format(code="AccessDenied", message="Access Denied")))) as aws:
        bucket = aws.bucket(BUCKET, owner=ACCOUNT_ID)
        assert bucket is not None
        assert (bucket.owner_account_id, bucket.region) == (None, "eu-west-1")
        assert "owner" in bucket.unread
        confirmed = aws.bucket(BUCKET, owner="999999999999")
        assert confirmed is not None
        assert confirmed.owner_account_id == "999999999999"
        assert "owner" not in confirmed.unread


@pytest.mark.parametrize(("status", "code"), [(403, "AccessDenied"), (405, "MethodNotAllowed")])
def test_settings_that_may_not_be_read_are_named(status: int, code: str) -> None:
    with account(bucket_of(ACCOUNT_ID, Answer(status, S3_ERROR.format(code=code, message="No.")))) as aws:
        bucket = aws.bucket(BUCKET, owner=ACCOUNT_ID)
    assert bucket is not None
    assert set(bucket.unread) == {"encryption", "kms_key_arn", "public_access_blocked", "ownership", "versioning", "policy", "tags"}


def test_a_setting_that_fails_for_another_reason_is_no_unread_setting() -> None:
    with account(bucket_of(ACCOUNT_ID, Answer(400, S3_ERROR.format(code="ExpiredToken", message="No.")))) as aws:
        with pytest.raises(CiamError) as caught:
            aws.bucket(BUCKET, owner=ACCOUNT_ID)
        assert caught.value.code == "token-expired"


def test_a_bucket_elsewhere_is_asked_for_in_its_own_region() -> None:
    def choose(request: str, headers: Mapping[str, str]) -> Answer:
        region = headers["authorization"].split("/")[2]
        regions.append(region)
        if request.startswith("HEAD"):
            return Answer(200 if region == "ap-southeast-2" else 301, headers={"x-amz-bucket-region": "ap-southeast-2"})
        return Answer(403, S3_ERROR.format(code="AccessDenied", message="No."))

    regions: list[str] = []

    with account(choose) as aws:
        bucket = aws.bucket(BUCKET, owner=None)
    assert bucket is not None
    assert bucket.region == "ap-southeast-2"
    assert regions[0] == "us-east-1"
    assert set(regions[1:]) == {"ap-southeast-2"}


def test_buckets_come_in_pages_with_their_regions() -> None:
    page = "<ListAllMyBucketsResult><Buckets><Bucket><Name>{name}</Name>{region}</Bucket></Buckets>{token}</ListAllMyBucketsResult>"

    def choose(request: str, _headers: Mapping[str, str]) -> Answer:
        if "continuation-token=next" in request:
            return Answer(200, page.format(name="second", region="", token=""))
        region, token = "<BucketRegion>eu-west-1</BucketRegion>", "<ContinuationToken>next</ContinuationToken>"
        return Answer(200, page.format(name="first", region=region, token=token))

    with account(choose) as aws:
        assert list(aws.buckets()) == [BucketSummary("first", "eu-west-1"), BucketSummary("second", None)]


def test_a_list_of_buckets_that_may_not_be_read_says_which_right_is_missing() -> None:
    message = "User: x is not authorized to perform: s3:ListAllMyBuckets"
    with one_answer(Answer(403, S3_ERROR.format(code="AccessDenied", message=message))) as server:
        aws = access_to(server.url).open(None, None)
        with pytest.raises(CiamError) as caught:
            list(aws.buckets())
        aws.close()
    assert caught.value.code == "access-denied"
    assert "s3:ListAllMyBuckets" in caught.value.suggestions[0]


def evaluation(action: str, decision: str, *, resources: Mapping[str, str] | None = None, extra: str = "") -> str:
    specific = "".join(
        f"<member><EvalResourceName>{name}</EvalResourceName><EvalResourceDecision>{verdict}</EvalResourceDecision></member>"
        for name, verdict in (resources or {}).items()
    )
    return (
        f"<member><EvalActionName>{action}</EvalActionName><EvalResourceName>*</EvalResourceName><EvalDecision>{decision}</EvalDecision>"
        f"<ResourceSpecificResults>{specific}</ResourceSpecificResults>{extra}</member>"
    )


def simulated(*evaluations: str) -> Mapping[str, str]:
    return {"SimulatePrincipalPolicy": f"<IsTruncated>false</IsTruncated><EvaluationResults>{''.join(evaluations)}</EvaluationResults>"}


DOCUMENT = Document.of(json.loads('{"Version":"2012-10-17","Statement":[]}'))
CREATE_ROLE = call_of(kinds.CreateRole("r", "", "/circleci/", DOCUMENT, "", 3600, None, (("a", "b"),)))


def test_what_aws_would_deny_is_told_before_it_is_tried() -> None:
    results = simulated(evaluation("iam:CreateRole", "allowed"), evaluation("iam:TagRole", "implicitDeny"))
    with account(iam(results)) as aws:
        assert aws.may_call([CREATE_ROLE]) == {"iam:CreateRole": True, "iam:TagRole": False}


def test_one_denied_resource_of_several_is_a_denial() -> None:
    other = call_of(kinds.CreateRole("q", "", "/circleci/", DOCUMENT, "", 3600, None, ()))
    roles = {f"arn:aws:iam::{ACCOUNT_ID}:role/circleci/{name}": verdict for name, verdict in (("q", "explicitDeny"), ("r", "allowed"))}
    results = simulated(evaluation("iam:CreateRole", "allowed", resources=roles), evaluation("iam:TagRole", "allowed"))
    with account(iam(results)) as aws:
        assert aws.may_call([CREATE_ROLE, other]) == {"iam:CreateRole": False, "iam:TagRole": True}


def test_a_denial_for_want_of_a_condition_value_is_unknown_and_one_by_the_organization_is_sure() -> None:
    results = simulated(
        evaluation(
            "iam:CreateRole", "implicitDeny", extra="<MissingContextValues><member>aws:RequestTag/team</member></MissingContextValues>"
        ),
        evaluation(
            "iam:TagRole",
            "allowed",
            extra="<OrganizationsDecisionDetail><AllowedByOrganizations>false</AllowedByOrganizations></OrganizationsDecisionDetail>",
        ),
    )
    with account(iam(results)) as aws:
        assert aws.may_call([CREATE_ROLE]) == {"iam:CreateRole": None, "iam:TagRole": False}


def test_the_role_behind_a_session_is_asked_about_with_its_path() -> None:
    role = (
        "<Role><Path>/ops/</Path><RoleName>Admin</RoleName><RoleId>AROA</RoleId><CreateDate>2026-01-01T00:00:00Z</CreateDate>"
        f"<Arn>arn:aws:iam::{ACCOUNT_ID}:role/ops/Admin</Arn></Role>"
    )
    asked: list[str] = []
    answer = iam(
        {"GetRole": role, **simulated(evaluation("s3:DeleteBucket", "allowed"))}, f"arn:aws:sts::{ACCOUNT_ID}:assumed-role/Admin/me"
    )

    def choose(request: str, headers: Mapping[str, str]) -> Answer:
        asked.append(request)
        return answer(request, headers)

    with account(choose) as aws:
        assert aws.may_call([call_of(kinds.DeleteBucket(BUCKET))]) == {"s3:DeleteBucket": True}
    assert "PolicySourceArn=arn%3Aaws%3Aiam%3A%3A123456789012%3Arole%2Fops%2FAdmin" in asked[-1]


@pytest.mark.parametrize("arn", [f"arn:aws:iam::{ACCOUNT_ID}:root", f"arn:aws:sts::{ACCOUNT_ID}:federated-user/dana"])
def test_of_the_root_user_and_of_federated_users_aws_tells_nothing(arn: str) -> None:
    with account(iam(simulated(evaluation("s3:DeleteBucket", "allowed")), arn)) as aws:
        assert aws.may_call([call_of(kinds.DeleteBucket(BUCKET))]) == {"s3:DeleteBucket": None}


def test_a_role_whose_path_is_not_known_is_not_judged() -> None:
    with account(iam(simulated(evaluation("iam:DeleteRole", "implicitDeny")))) as aws:
        assert aws.may_call([call_of(kinds.DeleteRole("somebodys"))]) == {"iam:DeleteRole": None}
