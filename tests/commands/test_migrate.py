"""`ciam-tui migrate` from end to end: a user of a real account, whose key a real CircleCI holds, over weeks that a clock of the test makes pass."""

from __future__ import annotations

import json
import os
from contextlib import closing
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

from ciam_tui.core.circleci.facts import Organization
from ciam_tui.ports import clock
from ciam_tui.ports.aws import SharedConfigAccess
from ciam_tui.ports.circleci.client import HttpCircleCi
from ciam_tui.ports.circleci.sources import found_access
from ciam_tui.ports.sandbox.circleci_content import ACME
from tests.runs import FakeClock, a_setup
from tests.served_account import ServedAccount, written

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.commands.shell import Said, Shell

USER, GROUP, ROLE = "ci-uploader", "uploaders", "circleci-web-build"
WEB = ACME.project("web")
PROJECT = {"id": WEB.id, "name": WEB.name, "vcs_origin": WEB.vcs_origin}
WIDE = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}'
ORGANIZATION = Organization(ACME.id, ACME.slug, ACME.name, "github")
STAGES = ("roles", "wiring", "role-in-use", "variables", "deactivate", "quiet", "delete-key", "delete-user")


@dataclass
class Old:
    """The old user's world: what somebody outside of the program does and sees there."""

    account: ServedAccount
    shell: Shell
    setup: str
    clock: FakeClock
    key: str = ""
    said: list[Said] = field(default_factory=list)

    def migrate(self, *words: str, typing: str | None = None) -> Said:
        return self.shell("migrate", USER, *words, typing=typing)

    def states(self) -> dict[str, str]:
        found = self.migrate("--circleci", "--json")
        return {stage["stage"]: stage["state"] for stage in found.document["migration"]["stages"]}

    def days_pass(self, days: float) -> None:
        self.clock.time += timedelta(days=days)

    def role_is_taken(self) -> None:
        arn = self.account.iam.get_role(RoleName=ROLE)["Role"]["Arn"]
        taken = self._sts("a", "b", None).assume_role_with_web_identity(RoleArn=arn, RoleSessionName="job", WebIdentityToken="a.b.c")
        given = taken["Credentials"]
        self._sts(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"]).get_caller_identity()

    def key_is_used(self) -> None:
        self._sts(self.key, "not checked here", None).get_caller_identity()

    def _sts(self, key: str, secret: str, token: str | None) -> Any:
        session = boto3.Session(aws_access_key_id=key, aws_secret_access_key=secret, aws_session_token=token, region_name="us-east-1")
        return session.client("sts", endpoint_url=self.account.sandbox.url, config=Config(proxies={}))

    def status(self) -> str | None:
        keys = self.account.iam.list_access_keys(UserName=USER)["AccessKeyMetadata"]
        return next((str(key["Status"]) for key in keys), None)

    def is_there(self) -> bool:
        return USER in {user["UserName"] for user in self.account.iam.list_users()["Users"]}


def circleci() -> Any:
    return closing(HttpCircleCi(found_access(os.environ)))


def held() -> dict[str, str]:
    """What the context of the old key holds."""
    with circleci() as opened:
        (context,) = (each for each in opened.contexts(ORGANIZATION) if each.name == "old-uploads")
        return {variable.name: variable.last_four for variable in opened.context_variables(context.id)}


@pytest.fixture
def old(account: ServedAccount, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Old]:
    """A user as an old guide leaves it, with its key in a context. The clock is set back, so that what happens now happens later."""
    iam = account.iam
    account.s3.create_bucket(Bucket="acme-run-tests")
    iam.create_group(GroupName=GROUP)
    iam.create_user(UserName=USER)
    iam.add_user_to_group(UserName=USER, GroupName=GROUP)
    iam.put_user_policy(UserName=USER, PolicyName="s3", PolicyDocument=WIDE)
    made = iam.create_access_key(UserName=USER)["AccessKey"]
    setup = a_setup(
        bucket__create=False,
        circleci={"org_id": ACME.id, "org_slug": ACME.slug, "projects": [PROJECT]},
        stages=[{"name": "build", "prefix": "builds/", "access": ["read", "write"]}],
    )
    faked = FakeClock(datetime.now(UTC).replace(microsecond=0) - timedelta(days=100))
    monkeypatch.setattr(clock, "SystemClock", lambda: faked)
    # One session for all commands of a test: making its clients takes longer than all that they are asked.
    opened_once = SharedConfigAccess().open(None, None)
    monkeypatch.setattr(SharedConfigAccess, "open", lambda *_, **__: opened_once)
    with circleci() as opened:
        context = opened.create_context(ORGANIZATION, "old-uploads")
        for name, value in {"AWS_ACCESS_KEY_ID": made["AccessKeyId"], "AWS_SECRET_ACCESS_KEY": "secret-tG9w", "APP_ENV": "prod"}.items():
            opened.set_context_variable(context.id, name, value)
    yield Old(account, shell, written(tmp_path, setup), faked, made["AccessKeyId"])
    with circleci() as opened:
        for each in opened.contexts(ORGANIZATION):
            if each.name in ("old-uploads", ROLE):
                opened.delete_context(each.id)


def test_the_whole_way_headless_night_after_night(old: Old, tmp_path: Path) -> None:
    nightly = ("--advance", "--circleci", "--yes")
    assert old.migrate("--start", "--setup", old.setup, "--circleci").code == 0
    assert old.states() == dict.fromkeys(STAGES, "waiting") | {"roles": "ready"}

    assert old.migrate(*nightly).code == 0
    assert old.migrate(*nightly).code == 0
    waits = old.migrate(*nightly)
    assert (waits.code, "Nothing is due." in waits.out, "Not seen in use" in waits.out) == (0, True, True)

    old.role_is_taken()
    refused = old.migrate(*nightly)
    assert (refused.code, "--irreversible" in refused.out) == (3, True)
    assert "AWS_ACCESS_KEY_ID" in held()
    assert old.migrate("--stage", "variables", "--circleci", "--yes").code == 0
    assert held() == {"APP_ENV": "od"}

    assert old.migrate(*nightly).code == 0
    assert old.status() == "Inactive"
    old.days_pass(13)
    waits = old.migrate("--advance", "--yes", "--json")
    assert (waits.code, waits.document["run"]) == (0, None)
    old.days_pass(1.1)
    assert old.migrate("--advance", "--yes").code == 3, "a key is not deleted without a word that says so"
    assert old.status() == "Inactive"
    assert old.migrate("--stage", "7", "--yes").code == 0
    assert old.status() is None

    backup = tmp_path / "backup.json"
    backup.touch(mode=0o644)
    deleted = old.migrate("--stage", "delete-user", "--yes", "--json", "--backup", str(backup))
    assert deleted.code == 0, deleted.err
    assert deleted.document["migration"]["ended"] == "finished"
    assert not old.is_there()
    assert json.loads(backup.read_text(encoding="utf-8"))["user"]["name"] == USER
    assert old.account.iam.get_group(GroupName=GROUP)["Users"] == []
    kept = old.migrate("--backup", str(backup))
    assert (kept.code, "Finished" in kept.out) == (0, True)
    assert USER in backup.read_text(encoding="utf-8")
    assert backup.stat().st_mode & 0o077 == 0


def until_inactive(old: Old) -> None:
    assert old.migrate("--start", "--setup", old.setup).code == 0
    for words in (["roles"], ["wiring", "--circleci"]):
        assert old.migrate("--stage", *words, "--yes").code == 0
    old.role_is_taken()
    assert old.migrate("--stage", "variables", "--circleci", "--yes").code == 0
    assert old.migrate("--stage", "deactivate", "--yes").code == 0


@pytest.mark.long
def test_a_key_used_on_day_13_is_told_and_comes_back_by_one_command(old: Old) -> None:
    until_inactive(old)
    old.days_pass(13)
    old.key_is_used()
    told = old.migrate("--advance", "--yes")
    assert told.code == 3
    assert "The key was used on" in told.out
    assert "sts in us-east-1" in told.out

    back = old.migrate("--back", "--yes", "--json")
    assert back.code == 0, back.err
    assert old.status() == "Active"
    assert back.document["run"]["ending"] == "verified"


@pytest.mark.long
def test_a_person_types_the_users_name_before_what_cannot_be_taken_back(old: Old) -> None:
    until_inactive(old)
    old.days_pass(15)
    assert old.migrate("--advance", typing="yes\n").code == 1
    assert old.status() == "Inactive"
    done = old.migrate("--advance", typing=f"{USER}\n")
    assert done.code == 0, done.err
    assert old.status() is None


def test_off_a_terminal_nothing_is_done_without_yes(old: Old) -> None:
    old.migrate("--start", "--setup", old.setup)
    before = old.account.shows()
    for words in (["--advance"], ["--stage", "roles"], ["--back"]):
        assert old.migrate(*words).code == 2, words
    assert old.account.shows() == before


def test_read_only_is_respected(old: Old) -> None:
    old.migrate("--start", "--setup", old.setup)
    before = old.account.shows()
    refused = old.shell("--read-only", "migrate", USER, "--advance", "--yes")
    assert (refused.code, "READ ONLY" in refused.err) == (1, True)
    assert old.account.shows() == before


def test_somebody_with_more_rights_is_handed_the_commands_and_the_stage_waits(old: Old, tmp_path: Path) -> None:
    old.migrate("--start", "--setup", old.setup)
    folder = tmp_path / "for-them"
    handed = old.migrate("--hand-off", str(folder))
    assert handed.code == 0, handed.err
    assert sorted(path.name for path in folder.iterdir()) == ["stage-1-roles.md", "stage-1-roles.policy.json", "stage-1-roles.sh"]
    policy = json.loads((folder / "stage-1-roles.policy.json").read_text(encoding="utf-8"))
    assert "iam:CreateRole" in json.dumps(policy)
    waits = old.migrate("--advance", "--yes")
    assert (waits.code, "Handed off" in waits.out) == (0, True)
    # They do it, by whatever means.
    assert old.shell("apply", old.setup, "--yes").code == 0
    assert old.states()["roles"] == "done"


def test_a_user_without_a_retirement_is_shown_for_what_it_is(old: Old, tmp_path: Path) -> None:
    proposed = tmp_path / "proposed.json"
    shown = old.migrate("--propose", str(proposed), "--json")
    assert shown.code == 0, shown.err
    assert shown.document["migration"] is None
    assert shown.document["user"]["name"] == USER
    assert json.loads(proposed.read_text(encoding="utf-8"))["version"] == 1
    assert "No retirement" in old.migrate().out


def test_without_a_user_those_with_keys_are_listed(old: Old, shell: Shell) -> None:
    listed = shell("migrate")
    assert (listed.code, USER in listed.out) == (0, True)
    assert USER in json.dumps(shell("migrate", "--json").document)


def test_what_cannot_be_done_is_told_in_one_line(old: Old) -> None:
    old.migrate("--start", "--setup", old.setup)
    for words, code, told in (
        (["--start"], 2, "--setup"),
        (["--stage", "nine", "--yes"], 1, "no stage"),
        (["--stage", "delete-user", "--yes"], 1, "cannot be done now"),
        (["--back", "--yes"], 1, "No stage was done"),
        (["--quiet-days", "0"], 2, "number of days"),
        (["--start", "--back"], 2, "not allowed with"),
    ):
        said = old.migrate(*words)
        assert (said.code, told in said.err) == (code, True), said.err


def test_an_action_on_a_user_that_is_not_being_retired_is_refused(old: Old) -> None:
    said = old.migrate("--advance", "--yes")
    assert (said.code, "No retirement of ci-uploader was begun" in said.err) == (1, True)
    refused = old.migrate("--advance", "--yes", "--json")
    assert refused.document["error"]["code"] == "migration-unknown"


def test_a_retirement_is_given_up_and_begun_anew(old: Old) -> None:
    old.migrate("--start", "--setup", old.setup)
    assert old.migrate("--start", "--setup", old.setup).code == 1
    assert old.migrate("--end").code == 0
    assert old.migrate("--start", "--setup", old.setup, "--quiet-days", "30").code == 0
    assert old.migrate("--calendar", "--json").document["migration"]["quiet_days"] == 30
