"""`ciam-tui audit --second-opinions --activity`: what AWS says beside the facts, and what is said where it says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.activity import EventPage
from ciam_tui.core.evaluate import Outcome
from ciam_tui.core.opinions import AnalyzerFinding, SimulatedDecision
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.aws import BotoAws
from tests.core.cloudtrail import ACCOUNT_ID, text
from tests.runs import ORG
from tests.served_account import HAND_MADE_TRUST

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.activity import Window
    from ciam_tui.core.document import Document
    from ciam_tui.core.evaluate import Request
    from ciam_tui.core.opinions import PolicyKind
    from tests.commands.shell import Shell
    from tests.served_account import ServedAccount

ROLE = "reader"
READS_S3 = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/p/*"}]}'


@pytest.fixture
def with_role(account: ServedAccount) -> ServedAccount:
    """One role that CircleCI may take, with one policy."""
    account.holds_a_bucket_and_a_provider(ORG)
    account.iam.create_role(RoleName=ROLE, Path="/circleci/", AssumeRolePolicyDocument=HAND_MADE_TRUST)
    account.iam.put_role_policy(RoleName=ROLE, PolicyName="s3", PolicyDocument=READS_S3)
    return account


@pytest.fixture
def talkative(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, int]]:
    """AWS answers everything: the regions that were read, with the days that were asked for."""
    read: list[tuple[str, int]] = []

    def validated(_: BotoAws, document: Document, kind: PolicyKind) -> tuple[AnalyzerFinding, ...]:
        return (AnalyzerFinding("SUGGESTION", "EMPTY_SID_VALUE", f"About {kind} in {len(document.text.splitlines())} lines\x1b[2J."),)

    def simulated(
        _: BotoAws, requests: Sequence[Request], policies: Sequence[tuple[str, Document]], boundary: Document | None = None
    ) -> tuple[SimulatedDecision, ...]:
        assert [name for name, _ in policies] == ["s3"]
        assert boundary is None
        return tuple(SimulatedDecision(request, Outcome.ALLOWED) for request in requests)

    def assume_events(_: BotoAws, window: Window, region: str, role_arn: str | None, token: str | None = None) -> EventPage:
        assert (role_arn, token) == (None, None)
        read.append((region, window.days))
        arn = f"arn:aws:iam::{ACCOUNT_ID}:role/circleci/{ROLE}"
        return EventPage((text(len(read), role_arn=arn),), 1)

    monkeypatch.setattr(BotoAws, "validated", validated)
    monkeypatch.setattr(BotoAws, "simulated", simulated)
    monkeypatch.setattr(BotoAws, "assume_events", assume_events)
    return read


def test_without_the_flags_nothing_is_asked(with_role: ServedAccount, shell: Shell, talkative: list[tuple[str, int]]) -> None:
    said = shell("audit", "--json")
    (role,) = said.document["roles"]
    assert (role["second_opinion"], role["activity"], talkative) == (None, None, [])
    assert "What AWS itself says" not in shell("audit").out


def test_where_aws_does_not_answer_it_is_not_checked_with_the_reason_and_the_audit_is_the_same(
    with_role: ServedAccount, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_args: object) -> EventPage:
        raise CiamError("access-denied", "Cannot look up CloudTrail's events in us-east-1", "AWS denied it.")

    monkeypatch.setattr(BotoAws, "assume_events", refused)
    plain = shell("audit", "--json").document
    said = shell("audit", "--json", "--second-opinions", "--activity")
    (role,) = said.document["roles"]
    assert said.code == 3
    assert [each["checked"] for each in role["second_opinion"]["documents"]] == [False, False]
    assert all(each["not_checked"]["reason"] for each in role["second_opinion"]["documents"])
    assert not role["second_opinion"]["simulation"]["checked"]
    assert (role["activity"]["checked"], role["activity"]["comers"]) == (False, [])
    assert plain["roles"][0]["findings"] == role["findings"]
    words = shell("audit", "--second-opinions", "--activity").out
    assert "Access Analyzer on the trust policy: not checked: Cannot ask IAM Access Analyzer" in words
    assert "IAM's simulator: not checked: Cannot ask IAM's policy simulator" in words
    assert "us-east-1: not checked: Cannot look up CloudTrail's events in us-east-1" in words
    assert "finds nothing" not in words
    assert "unused" not in words.split("What AWS itself says")[1]


def test_what_aws_says_stands_below_the_audit_role_by_role(
    with_role: ServedAccount, shell: Shell, talkative: list[tuple[str, int]]
) -> None:
    said = shell("audit", "--second-opinions", "--activity")
    told = said.out.split("What AWS itself says:\n")[1]
    assert told.startswith(f"\nrole {ROLE}\n  Access Analyzer on the trust policy: 1 finding.\n    note")
    assert "\x1b" not in said.out
    # The simulator of this test allows everything: what the policy does not allow is a difference, and is shown.
    assert "IAM's simulator: 4 requests in 2 calls, 1 answered as we do." in told
    assert (
        "differs  s3:PutObject on arn:aws:s3:::b/p/ciam-tui-sample: implicit-deny here, no statement applies; allowed by the simulator"
        in told
    )
    assert "CloudTrail: let in 1 time, refused 0 times, in the last 90 days in us-east-1." in told
    assert talkative == [("us-east-1", 90)]


def test_days_and_regions_can_be_chosen(with_role: ServedAccount, shell: Shell, talkative: list[tuple[str, int]]) -> None:
    said = shell("audit", "--json", "--activity", "7", "--activity-region", "eu-west-1", "--activity-region", "ap-southeast-2")
    (role,) = said.document["roles"]
    assert talkative == [("eu-west-1", 7), ("ap-southeast-2", 7)]
    assert [each["region"] for each in role["activity"]["regions"]] == ["eu-west-1", "ap-southeast-2"]
    assert (role["activity"]["let_in"], role["second_opinion"]) == (2, None)


def test_an_account_without_roles_has_nothing_to_ask_about(account: ServedAccount, shell: Shell, talkative: list[tuple[str, int]]) -> None:
    said = shell("audit", "--second-opinions")
    assert said.code == 0
    assert "There is no role to ask AWS about." in said.out


@pytest.mark.parametrize(
    "words",
    [
        ["--activity", "0"],
        ["--activity", "91"],
        ["--activity", "week"],
        ["--activity", "²"],
        ["--activity-region", "everywhere"],
        ["--activity-region", "us-east-1\n"],
    ],
)
def test_wrong_usage_says_what_is_wanted(account: ServedAccount, shell: Shell, words: list[str]) -> None:
    said = shell("audit", *words)
    assert said.code == 2
    assert "is not" in said.err


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--activity-region", "eu-west-1"], "add --activity"),
        (["--activity", "--sarif", "-"], "SARIF has no place"),
        (["--second-opinions", "--sarif", "-"], "SARIF has no place"),
    ],
)
def test_flags_that_would_have_no_effect_are_wrong_usage(account: ServedAccount, shell: Shell, words: list[str], said: str) -> None:
    told = shell("audit", *words)
    assert (told.code, told.out) == (2, "")
    assert said in told.err
