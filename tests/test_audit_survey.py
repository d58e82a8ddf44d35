"""An audit from end to end on a real account over HTTP: what is looked at and what not, and what becomes of what cannot be read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.audit.grading import Grade
from ciam_tui.core.audit.issuers import CircleCiIssuers
from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import call_of
from ciam_tui.core.document import Document
from ciam_tui.core.history import History
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.aws.authorization import read_wanted_roles
from ciam_tui.surveys.audit import AuditStopped, audited
from tests.detail_pages import peak_bytes
from tests.key_holder import NOW, holding
from tests.moto_server import ACCOUNT_ID, access_to, moto_server, reset

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.audit.report import AuditReport
    from ciam_tui.ports.api import CircleCi
    from ciam_tui.ports.aws import BotoAws

ORG = "0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11"
ISSUER = f"oidc.circleci.com/org/{ORG}"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{ISSUER}"
SERVER = "circleci.acme.example"
SERVER_ARN = f"arn:aws:iam::{ACCOUNT_ID}:oidc-provider/{SERVER}"
TAGS = (("team", "builds"),)
READ = Document.of(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-builds/*"}]}
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


def trust(arn: str = PROVIDER_ARN, **claims: str) -> Document:
    issuer = arn.partition("/")[2]
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"Federated": arn}, "Action": "sts:AssumeRoleWithWebIdentity"}
    if claims:
        statement["Condition"] = {"StringLike": {f"{issuer}:{claim}": value for claim, value in claims.items()}}
    return Document.of({"Version": "2012-10-17", "Statement": [statement]})


EC2 = Document.of(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}]}
)


def make(aws: BotoAws, *changes: kinds.Change) -> None:
    for change in changes:
        aws.send(call_of(change))


def a_role(name: str, trusted: Document) -> kinds.CreateRole:
    return kinds.CreateRole(name, "", "/", trusted, "", 3600, None, TAGS)


def audit(aws: BotoAws, *issuers: str, circleci: CircleCi | None = None, **more: Any) -> AuditReport:
    return audited(aws, History(()), CircleCiIssuers.with_urls(issuers), at=NOW, circleci=circleci, **more)


def names(report: AuditReport) -> set[str]:
    return {each.read.role.name for each in report.roles}


def test_of_an_account_only_what_trusts_circleci_is_judged(aws: BotoAws) -> None:
    make(aws, kinds.CreateProvider(PROVIDER_ARN, ISSUER, (ORG,), TAGS), kinds.CreateProvider("", "gitlab.com", ("x",), TAGS))
    make(aws, a_role("web", trust(aud=ORG)), a_role("agent", EC2), kinds.PutInlinePolicy("web", "s3", READ))
    report = audit(aws)
    assert (names(report), report.roles_seen) == ({"web"}, 2)
    assert [each.provider.url for each in report.providers] == [ISSUER]
    assert report.unread == ()
    assert report.keys is None


def test_a_server_is_found_by_how_its_tokens_speak_or_when_it_is_named(aws: BotoAws) -> None:
    make(aws, kinds.CreateProvider(SERVER_ARN, SERVER, (ORG,), TAGS))
    make(aws, a_role("speaks", trust(SERVER_ARN, sub=f"org/{ORG}/project/*/user/*")), a_role("silent", trust(SERVER_ARN, aud=ORG)))
    found, named = audit(aws), audit(aws, f"https://{SERVER}/")
    assert (names(found), names(named)) == ({"speaks"}, {"speaks", "silent"})
    assert [each.provider.url for each in found.providers] == [SERVER]


def test_a_role_whose_provider_is_gone_is_told_as_dead(aws: BotoAws) -> None:
    make(aws, a_role("orphan", trust(aud=ORG)))
    (orphan,) = audit(aws).roles
    assert orphan.grade is Grade.DEAD


def test_managed_policies_that_hang_on_a_role_are_part_of_what_it_may_do(aws: BotoAws) -> None:
    arn = f"arn:aws:iam::{ACCOUNT_ID}:policy/circleci/read"
    make(aws, a_role("web", trust(aud=ORG)), kinds.CreatePolicy(arn, "read", "/circleci/", READ, "", TAGS))
    make(aws, kinds.AttachPolicy("web", arn), kinds.CreatePolicy(f"{arn}-2", "read-2", "/circleci/", READ, "", TAGS))
    (web,) = audit(aws).roles
    assert [(str(each.place), each.words) for each in web.access.places] == [("acme-builds", "read")]


def test_a_key_in_circleci_is_matched_with_the_user_whose_it_is(aws: BotoAws) -> None:
    iam = aws._clients.iam()
    for user in ("ci", "dana"):
        iam.create_user(UserName=user)
    key = iam.create_access_key(UserName="ci")["AccessKey"]["AccessKeyId"]
    iam.create_access_key(UserName="dana")
    report = audit(aws, circleci=holding(key))
    assert report.keys is not None
    assert [(each.held.place, [found.user for found in each.held.keys]) for each in report.keys] == [
        ("context deploys", ["ci"]),
        ("project web", ["ci"]),
    ]


def test_variables_of_other_names_are_looked_at_when_they_end_as_the_keys_name_does(aws: BotoAws) -> None:
    held = audit(aws, circleci=holding("AKIA1234", "DEPLOY_AWS_ACCESS_KEY_ID")).keys
    assert held is not None
    assert {each.held.variable for each in held} == {"DEPLOY_AWS_ACCESS_KEY_ID"}


def test_without_a_key_in_circleci_no_user_is_asked_about(aws: BotoAws) -> None:
    asked: list[str] = []
    aws._clients.iam().meta.events.register("provide-client-params", lambda model, **_: asked.append(model.name))
    audit(aws, circleci=holding("AKIA1234", "SOMETHING_ELSE"))
    assert "ListUsers" not in asked


def test_what_an_inventory_lacks_is_said(aws: BotoAws) -> None:
    assert audit(aws, circleci=holding("AKIA1234", unread=("Context x: forbidden.",))).unread == ("acme: Context x: forbidden.",)


@pytest.mark.parametrize("circleci", [None, holding("AKIA1234", stops=True)])
def test_whoever_stops_gets_no_half_of_an_audit(aws: BotoAws, circleci: CircleCi | None) -> None:
    told: list[str] = []
    with pytest.raises(AuditStopped):
        audit(aws, circleci=circleci, progress=told.append, should_stop=lambda: circleci is None and len(told) >= 2)
    assert len(told) >= 2


def test_without_the_right_to_list_providers_and_users_the_rest_is_audited(aws: BotoAws, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise CiamError("access-denied", "Cannot", "AWS denied it.")

    make(aws, kinds.CreateProvider(PROVIDER_ARN, ISSUER, (ORG,), TAGS), a_role("web", trust(aud=ORG)))
    monkeypatch.setattr(aws, "provider_arns", denied)
    monkeypatch.setattr(aws, "keys_ending", denied)
    report = audit(aws, circleci=holding("AKIA1234"))
    assert names(report) == {"web"}
    assert [sentence.partition(" (")[2].partition(")")[0] for sentence in report.unread] == [
        "iam:ListOpenIDConnectProviders",
        "iam:ListUsers",
    ]
    assert "provider-missing" not in {finding.id for finding in report.findings}


# --- Memory ---


def read_all(pages: Any) -> None:
    read = read_wanted_roles(pages, lambda _, trusted: CircleCiIssuers().may_concern(trusted), lambda _: None)
    assert (read.roles, read.seen) == ((), pages.roles)


def test_memory_does_not_grow_with_the_roles_of_others() -> None:
    peak_bytes(read_all, 500)  # what is made once
    assert peak_bytes(read_all, 5000) < 1.3 * peak_bytes(read_all, 500)
