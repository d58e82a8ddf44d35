"""`ciam-tui audit --all-accounts` on a real organization over HTTP: every account is in the report, read or not, and nothing secret is."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config
from sarif_kit.validate import validation_errors

from ciam_tui.core.operator import actions_of, member_audit_policy
from ciam_tui.ports.aws import BotoAws
from ciam_tui.ports.sandbox.account import OPERATOR_ACCESS_KEY_ID, OPERATOR_SECRET_ACCESS_KEY
from tests.faulty_proxy import Fault, FaultyProxy
from tests.runs import ORG
from tests.served_account import HAND_MADE_POLICY, HAND_MADE_TRUST, PROVIDER_URL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.commands.shell import Said, Shell
    from tests.served_account import ServedAccount

EXTERNAL_ID = "a-word-between-us"
NAMES = ("[red]prod[/oops]", "Zoë's 'staging' $(id)", "old")
OPEN_ROLE = "anybody"


class Members:
    """An organization whose management account is the operator's, with a wide role in the first member, and the last member suspended."""

    def __init__(self, account: ServedAccount) -> None:
        self._account = account
        organizations = self.client("organizations")
        organizations.create_organization(FeatureSet="ALL")
        (root,) = organizations.list_roots()["Roots"]
        self.root = root["Id"]
        self.unit = organizations.create_organizational_unit(ParentId=self.root, Name="jobs")["OrganizationalUnit"]["Id"]
        self.below = organizations.create_organizational_unit(ParentId=self.unit, Name="deep")["OrganizationalUnit"]["Id"]
        made = [organizations.create_account(AccountName=name, Email=f"{number}@acme.example") for number, name in enumerate(NAMES)]
        self.prod, self.staging, self.old = (each["CreateAccountStatus"]["AccountId"] for each in made)
        organizations.move_account(AccountId=self.prod, SourceParentId=self.root, DestinationParentId=self.below)
        organizations.close_account(AccountId=self.old)
        for member in (self.prod, self.staging):
            self.has_audit_role(member)
        iam = self.client("iam", self.prod)
        iam.create_open_id_connect_provider(Url=PROVIDER_URL, ClientIDList=[ORG])
        iam.create_role(RoleName=OPEN_ROLE, AssumeRolePolicyDocument=HAND_MADE_TRUST.replace("123456789012", self.prod))
        iam.put_role_policy(RoleName=OPEN_ROLE, PolicyName="s3", PolicyDocument=HAND_MADE_POLICY)

    def has_audit_role(self, member: str) -> None:
        wants = {"Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}}}
        statement = {"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::123456789012:root"}, "Action": "sts:AssumeRole", **wants}
        trust = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        self.client("iam", member).create_role(RoleName="ciam-tui-audit", AssumeRolePolicyDocument=trust)

    def client(self, service: str, account: str | None = None) -> Any:
        """The server's service as seen from within `account`, the management account where None."""
        _ACTING[0] = account
        return _client(service, self._account.sandbox.url)


# Whose account the clients act in: one is made a service, since each takes a tenth of a second to make.
_ACTING: list[str | None] = [None]


@cache
def _client(service: str, url: str) -> Any:
    client = boto3.client(
        service,  # type: ignore[call-overload]  # the name is a variable here
        region_name="us-east-1",
        endpoint_url=url,
        config=Config(proxies={}),
        aws_access_key_id=OPERATOR_ACCESS_KEY_ID,
        aws_secret_access_key=OPERATOR_SECRET_ACCESS_KEY,
    )

    def act(request: Any, **_: Any) -> None:
        if _ACTING[0] is not None:
            request.headers.add_header("x-moto-account-id", _ACTING[0])

    client.meta.events.register("before-sign", act)
    return client


@pytest.fixture
def members(account: ServedAccount, monkeypatch: pytest.MonkeyPatch) -> Members:
    for name in ("CIRCLECI_CLI_TOKEN", "CIRCLECI_CLI_HOST"):
        monkeypatch.delenv(name, raising=False)
    return Members(account)


@pytest.fixture
def between(account: ServedAccount, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyProxy]:
    """What stands between the command and AWS; a throttled call is asked once, so that nobody waits."""
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    with FaultyProxy(account.sandbox) as proxy:
        monkeypatch.setenv("AWS_ENDPOINT_URL", proxy.url)
        yield proxy


def audit(shell: Shell, *words: str) -> Said:
    return shell("audit", "--all-accounts", "--audit-role", "ciam-tui-audit", "--external-id", EXTERNAL_ID, *words)


def test_every_account_is_in_one_report(members: Members, shell: Shell) -> None:
    said = audit(shell)
    assert (said.code, said.err) == (3, "")
    assert "accounts  3 read, 0 not read, 1 out of use\n" in said.out
    assert f"===  account {members.prod} ([red]prod[/oops])\n" in said.out
    assert f"OPEN      role {OPEN_ROLE}  arn:aws:iam::{members.prod}:role/{OPEN_ROLE}\n" in said.out
    assert "Nothing of CircleCI in 2 accounts.\n" in said.out
    assert f"Skipped   account {members.old} (old): it is suspended.\n" in said.out
    assert said.out.splitlines()[-1].startswith("1 role of CircleCI in 3 accounts: ")


def test_a_program_gets_each_accounts_own_report(members: Members, shell: Shell) -> None:
    said = audit(shell, "--json", "--workers", "2")
    assert (said.code, said.err) == (3, "")
    accounts = {each["account_id"]: each for each in said.document["accounts"]}
    assert set(accounts) == {members.prod, members.staging, "123456789012"}
    assert accounts[members.prod]["account_name"] == NAMES[0]
    (role,) = accounts[members.prod]["report"]["roles"]
    assert (role["name"], role["grade"], accounts[members.prod]["report"]["account_id"]) == (OPEN_ROLE, "open", members.prod)
    assert [each["state"] for each in said.document["skipped"]] == ["SUSPENDED"]
    assert (said.document["ok"], said.document["not_read"]) == (True, [])
    assert EXTERNAL_ID not in said.out


def test_code_scanning_gets_one_run_whose_places_begin_with_the_account(members: Members, shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "audit.sarif"
    assert audit(shell, "--sarif", str(file)).code == 3
    log = json.loads(file.read_text(encoding="utf-8"))
    assert validation_errors(log) == []
    (run,) = log["runs"]
    places = {each["locations"][0]["physicalLocation"]["artifactLocation"]["uri"].rpartition("/")[0] for each in run["results"]}
    assert {place.partition("/iam/")[0] for place in places} == {f"accounts/{members.prod}"}


def test_a_unit_is_read_with_all_below_it(members: Members, shell: Shell) -> None:
    said = audit(shell, "--ou", members.unit, "--json").document
    assert [each["account_id"] for each in said["accounts"]] == [members.prod]


def test_named_accounts_alone_are_read(members: Members, shell: Shell) -> None:
    said = audit(shell, "--only-account", members.staging, "--json")
    assert (said.code, [each["account_id"] for each in said.document["accounts"]]) == (0, [members.staging])
    stranger = audit(shell, "--only-account", "999999999999")
    assert stranger.code == 1
    assert "Account 999999999999 is not in the organization." in stranger.err


def test_a_unit_without_accounts_is_a_problem(members: Members, shell: Shell) -> None:
    empty = members.client("organizations").create_organizational_unit(ParentId=members.root, Name="empty")["OrganizationalUnit"]["Id"]
    said = audit(shell, "--ou", empty)
    assert (said.code, said.out) == (1, "")
    assert "There is no account in the units." in said.err
    missing = audit(shell, "--ou", "ou-aaaa-aaaaaaaa")
    assert (missing.code, "ou-aaaa-aaaaaaaa" in missing.err) == (1, True)


def test_who_is_in_no_organization_is_told_so(account: ServedAccount, shell: Shell) -> None:
    said = audit(shell, "--json")
    assert said.code == 1
    assert said.document["error"]["code"] == "no-organization"
    assert "The account 123456789012 is in no organization. Audit it by itself, without --all-accounts." in said.err


@pytest.mark.usefixtures("members")
class TestAnAccountThatCannotBeRead:
    def test_is_told_by_name_with_what_to_do_and_stops_no_other(self, shell: Shell, between: FaultyProxy) -> None:
        between.inject(Fault.DENIED, "AssumeRole", nth=1)
        between.inject(Fault.THROTTLED, "AssumeRole", nth=2)
        said = audit(shell, "--workers", "1")
        assert said.code == 0
        not_read = [line for line in said.out.splitlines() if line.startswith("NOT READ")]
        assert len(not_read) == 2
        assert (
            "AWS denied taking the role ciam-tui-audit: it is not there, does not trust you, or wants another --external-id." in not_read[0]
        )
        assert "Roll the audit role out to the account" in not_read[0]
        assert "AWS asked to come back later" in not_read[1]
        assert said.out.splitlines()[-1] == "0 roles of CircleCI in 1 account: no findings. Of 2 accounts nothing is known."
        assert EXTERNAL_ID not in said.out

    def test_fails_the_whole_where_all_must_be_read(self, members: Members, shell: Shell, between: FaultyProxy) -> None:
        between.inject(Fault.DENIED, "AssumeRole", times=99)
        mine = "123456789012"
        words = ("--only-account", mine, "--only-account", members.staging, "--all-must-be-read", "--json")
        said = audit(shell, *words)
        assert said.code == 1
        assert (said.document["ok"], said.document["error"]["code"]) == (False, "accounts-not-read")
        assert [each["account_id"] for each in said.document["accounts"]] == [mine]
        assert "1 account could not be read. The report says why" in said.err

    def test_that_could_be_read_is_no_shortfall(self, shell: Shell) -> None:
        said = audit(shell, "--only-account", "123456789012", "--all-must-be-read")
        assert (said.code, said.err) == (0, "")

    def test_may_fail_in_the_middle_of_its_reading(self, shell: Shell, between: FaultyProxy) -> None:
        between.inject(Fault.UNREADABLE, "GetAccountAuthorizationDetails", nth=2)
        document = audit(shell, "--workers", "1", "--json").document
        ((code, why),) = [(each["code"], each["why"]) for each in document["not_read"]]
        assert code == "answer-unreadable"
        assert "The answer is not one that AWS gives" in why
        assert len(document["accounts"]) == 2

    def test_is_the_whole_report_where_no_account_can_be_read(self, members: Members, shell: Shell, between: FaultyProxy) -> None:
        between.inject(Fault.DENIED, "AssumeRole", times=99)
        said = audit(shell, "--only-account", members.prod, "--json")
        assert said.code == 1
        assert (said.document["ok"], said.document["error"]["code"], said.document["accounts"]) == (False, "nothing-read", [])
        assert said.document["error"]["suggestions"][0].startswith("Roll the audit role out")
        assert "No account could be read, so this is no audit" in said.err

    def test_needs_no_list_where_it_is_named(self, members: Members, shell: Shell, between: FaultyProxy) -> None:
        between.inject(Fault.DENIED, "ListAccounts", times=99)
        named = audit(shell, "--only-account", members.prod)
        assert (named.code, "Accounts go without names" in named.out) == (3, True)
        refused = audit(shell)
        assert refused.code == 1
        assert "Use credentials of the management account" in refused.err


WRONG = {
    "without a role": (("--all-accounts",), "name it with --audit-role"),
    "without all accounts": (("--audit-role", "x"), "--audit-role goes with --all-accounts"),
    "beside the facts": (("--all-accounts", "--audit-role", "x", "--activity"), "are about one account"),
    "accepting anew": (
        ("--all-accounts", "--audit-role", "x", "--write-accepted", "f", "--owner", "o", "--reason", "r", "--expires", "2027-01-01"),
        "is about one account",
    ),
    "no role": (("--all-accounts", "--audit-role", "arn:aws:iam::1:role/x"), "is not the name of a role"),
    "too many": (("--all-accounts", "--audit-role", "x", "--workers", "33"), "is not a number from 1 to 32"),
    "no unit": (("--all-accounts", "--audit-role", "x", "--ou", "jobs"), "no organizational unit"),
    "no external id": (
        ("--all-accounts", "--audit-role", "x", "--external-id", "a\\b"),
        "an external id has 2 to 1224 letters, digits and _+=,.@:/-",
    ),
    "days beyond what AWS tells": (("--unused-days", "000090999"), "from 1 to 400"),
    "no account": (("--all-accounts", "--audit-role", "x", "--only-account", "1"), "12 digits"),
}


@pytest.mark.parametrize(("words", "told"), WRONG.values(), ids=WRONG)
def test_what_does_not_go_together_is_wrong_usage(words: tuple[str, ...], told: str, shell: Shell) -> None:
    said = shell("audit", *words)
    assert said.code == 2
    assert told in " ".join(said.err.split())


def test_an_external_id_is_not_even_quoted_where_it_is_wrong(shell: Shell) -> None:
    said = shell("audit", "--all-accounts", "--audit-role", "x", "--external-id", "a secret word")
    assert (said.code, "a secret word" in said.err) == (2, False)


def test_the_audit_role_may_do_what_is_asked_by_it_and_nothing_else(
    members: Members, shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, str, dict[str, Any]]] = []
    policies: list[str] = []
    in_account = BotoAws.in_account

    def watched(self: BotoAws, account_id: str, role: str, external_id: str | None) -> BotoAws:
        sts: Any = self._clients.sts()
        sts.meta.events.register("provide-client-params.sts.AssumeRole", lambda params, **_: policies.append(params["Policy"]))
        opened = in_account(self, account_id, role, external_id)
        for client in (opened._clients.iam(), opened._clients.sts()):
            client.meta.events.register(
                "provide-client-params.*.*",
                lambda params, model, **_: made.append((model.service_model.service_name, model.name, params)),
            )
        return opened

    monkeypatch.setattr(BotoAws, "in_account", watched)
    iam = members.client("iam", members.prod)
    policy = iam.create_policy(PolicyName="p", PolicyDocument=HAND_MADE_POLICY)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName=OPEN_ROLE, PolicyArn=policy)
    assert audit(shell, "--only-account", members.prod).code == 3
    asked = {action for each in made for action in actions_of(*each)}
    allowed = {action for statement in member_audit_policy().policy["Statement"] for action in statement["Action"]}
    assert asked <= allowed
    # Only where many roles of CircleCI, runs of this machine, or keys that CircleCI holds are looked for.
    assert allowed - asked == {
        "iam:ListRoles",
        "iam:ListPolicyVersions",
        "iam:ListUsers",
        "iam:ListAccessKeys",
        "iam:GetAccessKeyLastUsed",
    }
    assert {json.dumps(json.loads(policy), sort_keys=True) for policy in policies} == {
        json.dumps(member_audit_policy().policy, sort_keys=True)
    }
