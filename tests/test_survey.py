from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.activity import Trust
from ciam_tui.core.audit.issuers import CircleCiIssuers
from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import call_of
from ciam_tui.core.document import Document, parse_policy
from ciam_tui.core.evaluate import Request
from ciam_tui.core.facts import MANAGED_BY, MANAGED_BY_TAG
from ciam_tui.core.history import History
from ciam_tui.core.operator import actions_of, member_audit_policy, operator_policy
from ciam_tui.core.opinions import PolicyKind
from ciam_tui.core.problems import CiamError
from ciam_tui.opinions import activity_of
from ciam_tui.survey import survey
from ciam_tui.surveys.audit import audited
from tests.app.memory_account import MovingClock
from tests.key_holder import NOW, holding
from tests.moto_server import ACCOUNT_ID, access_to, moto_server, reset
from tests.one_answer import IAM_ERROR, S3_ERROR, Answer, answers
from tests.runs import ORG, WEB, a_setup

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ciam_tui.ports.aws import BotoAws
    from ciam_tui.ports.aws.clients import Service

ISSUER = f"oidc.circleci.com/org/{ORG}"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{ISSUER}"
BUCKET = "acme-run-tests"
OURS = ((MANAGED_BY_TAG, MANAGED_BY),)
TRUST = Document.of(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"Federated": PROVIDER_ARN}, "Action": "sts:AssumeRoleWithWebIdentity"}],
    }
)
READ = Document.of(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": f"arn:aws:s3:::{BUCKET}/*"}]}
)


@pytest.fixture(scope="module")
def server_url() -> Iterator[str]:
    with moto_server() as url:
        yield url


@pytest.fixture
def aws(server_url: str) -> Iterator[BotoAws]:
    reset(server_url)
    account = access_to(server_url).open(None, None)
    yield account
    account.close()


def make(aws: BotoAws, *changes: kinds.Change) -> None:
    for change in changes:
        aws.send(call_of(change))


def role(name: str) -> kinds.CreateRole:
    return kinds.CreateRole(name, "", "/circleci/", TRUST, "", 3600, None, OURS)


def policy_arn(name: str) -> str:
    return f"arn:aws:iam::{ACCOUNT_ID}:policy/circleci/{name}"


def policy(name: str, tags: kinds.Tags = ()) -> kinds.CreatePolicy:
    return kinds.CreatePolicy(policy_arn(name), name, "/circleci/", READ, "", tags)


def test_in_an_empty_account_nothing_is_there_and_nothing_is_unread(aws: BotoAws) -> None:
    facts = survey(a_setup(), aws)
    assert facts.identity.account_id == ACCOUNT_ID
    assert facts.quotas.read
    assert (facts.bucket, facts.bucket_taken, facts.provider, dict(facts.roles), dict(facts.policies)) == (None, False, None, {}, {})
    assert facts.unread == ()


def test_everything_a_plan_rests_on_is_read(aws: BotoAws) -> None:
    make(
        aws,
        kinds.CreateBucket(BUCKET, "us-east-1"),
        kinds.CreateProvider(PROVIDER_ARN, ISSUER, (ORG,), OURS),
        role("circleci-web-build"),
        kinds.PutInlinePolicy("circleci-web-build", "s3", READ),
        role("somebody-elses"),
    )
    facts = survey(a_setup(), aws)
    assert facts.bucket is not None
    assert facts.bucket.owner_account_id == ACCOUNT_ID
    assert facts.provider is not None
    assert list(facts.roles) == ["circleci-web-build"]
    assert facts.roles["circleci-web-build"].inline == (("s3", READ),)


def test_with_a_role_a_project_each_of_them_is_looked_for(aws: BotoAws) -> None:
    make(aws, role("circleci-web-web-build"), role("circleci-web-api-deploy"), role("circleci-web-build"))
    api = {"id": "7c2a2c7f-7054-4e1a-9a1f-7a1a4a7b6b02", "name": "api", "vcs_origin": "github.com/acme/api"}
    facts = survey(a_setup(role__per_project=True, circleci__projects=[WEB, api]), aws)
    assert set(facts.roles) == {"circleci-web-web-build", "circleci-web-api-deploy"}


def test_policies_are_those_the_setup_makes_and_those_this_tool_attached(aws: BotoAws) -> None:
    names = ("circleci-web-build", "ours", "theirs")
    make(aws, role("circleci-web-build"), policy(names[0]), policy("ours", OURS), policy("theirs"), policy("loose", OURS))
    make(aws, *(kinds.AttachPolicy("circleci-web-build", policy_arn(name)) for name in names))
    managed = survey(a_setup(role__policy_kind="managed"), aws)
    assert set(managed.policies) == {policy_arn("circleci-web-build"), policy_arn("ours")}
    assert set(survey(a_setup(), aws).policies) == {policy_arn("ours")}


def test_credentials_of_another_account_are_refused_before_anything_else(aws: BotoAws) -> None:
    with pytest.raises(CiamError) as caught:
        survey(a_setup(account_id="210987654321"), aws)
    assert caught.value.code == "wrong-account"
    assert ACCOUNT_ID in caught.value.message
    with pytest.raises(CiamError) as caught:
        survey(a_setup(partition="aws-cn", bucket__region="cn-north-1"), aws)
    assert caught.value.code == "wrong-account"


def test_what_is_being_read_is_told(aws: BotoAws) -> None:
    told: list[str] = []
    survey(a_setup(), aws, progress=told.append)
    assert told[0] == "Who you are"
    assert any(BUCKET in each for each in told)


IDENTITY = f"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:iam::{ACCOUNT_ID}:user/dana</Arn><UserId>AIDA</UserId><Account>{ACCOUNT_ID}</Account></GetCallerIdentityResult>
<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></GetCallerIdentityResponse>"""


@contextmanager
def account(head: Answer, roles: Answer, provider: Answer) -> Iterator[BotoAws]:
    """An account in which the operator may read roles and the provider, or not, and little else."""

    def choose(request: str, headers: Mapping[str, str]) -> Answer:
        if "Action=GetCallerIdentity" in request:
            return Answer(200, IDENTITY)
        if "Action=GetRole&" in request:
            return roles
        if "Action=GetOpenIDConnectProvider" in request:
            return provider
        if request.startswith("HEAD"):
            return head if "x-amz-expected-bucket-owner" in headers else Answer(200 if head.status != 403 or head.body else 403)
        denied = S3_ERROR if request.startswith("GET") else IAM_ERROR
        return Answer(403, denied.format(code="AccessDenied", message="No."))

    with answers(choose) as server:
        opened = access_to(server.url).open(None, None)
        try:
            yield opened
        finally:
            opened.close()


GONE = Answer(404, IAM_ERROR.format(code="NoSuchEntity", message="gone"))
DENIED = Answer(403, IAM_ERROR.format(code="AccessDenied", message="No."))
CONFIRMED = Answer(200, headers={"x-amz-bucket-region": "us-east-1"})
FORBIDDEN = Answer(403)
ANOTHERS = Answer(403, "refused to this owner alone")


def test_what_a_plan_can_do_without_is_told_as_unread() -> None:
    with account(CONFIRMED, GONE, GONE) as aws:
        facts = survey(a_setup(), aws)
    assert not facts.quotas.read
    assert facts.bucket is not None
    assert not facts.bucket_taken
    assert len(facts.unread) == 2
    assert "iam:GetAccountSummary" in facts.unread[0]
    assert "its bucket policy" in facts.unread[1]


def test_a_bucket_that_may_not_be_looked_at_is_taken() -> None:
    with account(FORBIDDEN, GONE, GONE) as aws:
        facts = survey(a_setup(), aws)
    assert (facts.bucket, facts.bucket_taken) == (None, True)
    assert any(BUCKET in each and "s3:ListBucket" in each for each in facts.unread)


def test_a_bucket_of_another_owner_is_shown_and_is_taken() -> None:
    with account(ANOTHERS, GONE, GONE) as aws:
        facts = survey(a_setup(), aws)
    assert facts.bucket is not None
    assert facts.bucket.owner_account_id is None
    assert facts.bucket_taken
    assert any(f"does not confirm that the bucket {BUCKET} belongs to account {ACCOUNT_ID}" in each for each in facts.unread)


@pytest.mark.parametrize(("roles", "provider"), [(DENIED, GONE), (GONE, DENIED)], ids=["roles", "provider"])
def test_roles_and_provider_are_never_taken_for_absent(roles: Answer, provider: Answer) -> None:
    with account(CONFIRMED, roles, provider) as aws, pytest.raises(CiamError) as caught:
        survey(a_setup(), aws)
    assert caught.value.code == "access-denied"


GLANCED_AT: tuple[Service, ...] = ("accessanalyzer", "cloudtrail", "iam")


def requests_of(aws: BotoAws) -> list[tuple[str, str, Mapping[str, Any]]]:
    """The requests that the account will be asked, as service, operation and parameters."""
    made: list[tuple[str, str, Mapping[str, Any]]] = []

    def note(service: str) -> Callable[..., None]:
        return lambda params, model, **_: made.append((service, model.name, params))

    for service, client in (("iam", aws._clients.iam()), ("s3", aws._clients.s3()), ("sts", aws._clients.sts())):
        client.meta.events.register("provide-client-params", note(service))
    for glanced in GLANCED_AT:
        aws._clients.glance(glanced).meta.events.register("provide-client-params", note(glanced))
    return made


def a_users_key(aws: BotoAws) -> str:
    iam = aws._clients.iam()
    iam.create_user(UserName="ci")
    return str(iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"])


def test_the_operators_policy_allows_every_read_and_no_read_that_is_never_made(aws: BotoAws) -> None:
    make(aws, kinds.CreateBucket(BUCKET, "us-east-1"), role("circleci-web-build"), policy("circleci-web-build"))
    make(aws, kinds.PutInlinePolicy("circleci-web-build", "s3", READ))
    key = a_users_key(aws)
    made = requests_of(aws)
    survey(a_setup(role__policy_kind="managed"), aws)
    list(aws.buckets())
    aws.prefixes(BUCKET, under="")
    aws.bucket_is_empty(BUCKET)
    aws.roles_trusting(PROVIDER_ARN)
    aws.roles([f"role-{number}" for number in range(20)])
    audited(aws, History(()), CircleCiIssuers(), at=NOW, circleci=holding(key))
    # Neither does it answer these, but they are asked.
    aws.validated(READ, PolicyKind.PERMISSIONS)
    aws.simulated([Request("s3:GetObject", f"arn:aws:s3:::{BUCKET}/x", {})], [("s3", READ)])
    activity_of("arn", Trust(None), aws=aws, clock=MovingClock(), regions=(aws.region,))
    read = {action for service, operation, params in made for action in actions_of(service, operation, params)}
    # The demo's server answers neither question: AWS is asked the first only of a role whose tags GetRole left out.
    never_here = {"iam:ListRoleTags", "iam:SimulatePrincipalPolicy"}
    statements = {statement.sid: statement.actions or () for statement in parse_policy(operator_policy(ACCOUNT_ID, "aws").text).statements}
    reads = {action for sid, actions in statements.items() if sid is not None and sid.startswith("Read") for action in actions}
    assert reads == read | never_here


def test_the_policy_of_a_robot_that_audits_allows_what_an_audit_reads(aws: BotoAws) -> None:
    make(aws, role("circleci-web-build"), policy("circleci-web-build"))
    make(aws, kinds.PutInlinePolicy("circleci-web-build", "s3", READ))
    made = requests_of(aws)
    audited(aws, History(()), CircleCiIssuers(), at=NOW)
    read = {action for service, operation, params in made for action in actions_of(service, operation, params)}
    statements = parse_policy(member_audit_policy(users=False).text).statements
    assert read <= {action for statement in statements for action in statement.actions or ()}
    assert "iam:GetAccountAuthorizationDetails" in read
