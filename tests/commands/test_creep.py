"""`ciam-tui creep` on a real account over HTTP: what may go, what is unknown, what has come, and a Setup that is tighter and works."""

from __future__ import annotations

import json
from argparse import Namespace
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.commands.keeping import keep_snapshots
from ciam_tui.core.setup import read_setup
from ciam_tui.ports.clock import SystemClock
from tests.core.auditing import a_role, report_of
from tests.core.evidence_logs import line
from tests.runs import a_setup
from tests.served_account import HAND_MADE_ROLE, written

if TYPE_CHECKING:
    from pathlib import Path

    from tests.commands.shell import Shell
    from tests.served_account import ServedAccount

BUCKET = "acme-run-tests"
STAGES = [
    {"name": "build", "prefix": "builds/", "access": ["read", "write", "delete"]},
    {"name": "deploy", "prefix": "releases/", "access": ["read", "write"], "branches": ["main"]},
]


@pytest.fixture(autouse=True)
def _nobody_waits_for_iams_job(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SystemClock, "sleep", lambda _self, _seconds: None)


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> datetime:
    """It is a year later than the account believes, so that its roles are no longer young; whoever looks at the clock finds a second gone."""
    at = datetime.now(UTC) + timedelta(days=365)
    seconds = count()
    monkeypatch.setattr(SystemClock, "now", lambda _self: at + timedelta(seconds=next(seconds)))
    return at


def applied(account: ServedAccount, shell: Shell, tmp_path: Path) -> str:
    account.s3.create_bucket(Bucket=BUCKET)
    setup = written(tmp_path, a_setup(stages=STAGES))
    assert shell("apply", setup, "--yes").code == 0
    return setup


def logs_of(at: datetime, tmp_path: Path, **calls: tuple[str, str]) -> str:
    """Half a year of the bucket's access logs, in which each role does one thing, every week."""
    lines = []
    for week in range(26):
        time = f"{at - timedelta(weeks=week, hours=1):%d/%b/%Y:%H:%M:%S} +0000"
        for role, (operation, key) in calls.items():
            requester = f"arn:aws:sts::123456789012:assumed-role/circleci-web-{role}/job-{week}"
            lines.append(line(operation, key, bucket=BUCKET, requester=requester, time=time))
    path = tmp_path / "access.log"
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def standings(document: dict[str, Any]) -> dict[tuple[str, str], str]:
    return {(role["name"], right["action"]): right["standing"] for role in document["roles"] for right in role["rights"]}


def test_an_account_without_circleci_has_no_gap(account: ServedAccount, shell: Shell) -> None:
    said = shell("creep")
    assert (said.code, said.err) == (0, "")
    assert "No role that trusts CircleCI was found." in said.out


def test_from_logs_to_a_tighter_setup_that_is_planned_applied_and_taken_back(
    account: ServedAccount, shell: Shell, tmp_path: Path, later: datetime
) -> None:
    setup, out = applied(account, shell, tmp_path), tmp_path / "tighter.json"
    logs = logs_of(later, tmp_path, build=("REST.PUT.OBJECT", "builds/web/1187/a.tgz"), deploy=("REST.GET.OBJECT", "releases/web/v1/a.tgz"))
    said = shell("creep", "--setup", setup, "--logs", logs, "--tighten", str(out))
    assert said.code == 3
    assert "26 times" in said.out
    assert "dropped    build: delete below builds/" in said.out
    assert f"Written to {out}. Nothing was applied." in said.out
    assert "if that is wrong, its jobs get AccessDenied for s3:DeleteObject" in said.out
    tight = read_setup(out.read_bytes()).setup
    assert [(stage.name, stage.prefix, stage.access) for stage in tight.stages] == [
        ("build", "builds/web/", ("write",)),
        ("deploy", "releases/web/", ("read",)),
    ]
    before = account.shows()
    assert shell("plan", str(out)).code == 3
    assert shell("apply", str(out), "--yes").code == 0
    assert account.shows() != before
    assert shell("undo", "last", "--yes").code == 0
    assert account.shows() == before


def test_without_a_source_the_use_of_objects_is_unknown_and_nothing_goes(
    account: ServedAccount, shell: Shell, tmp_path: Path, later: datetime
) -> None:
    """The roles were taken yesterday, and IAM says no more than that."""
    setup = applied(account, shell, tmp_path)
    for name in ("circleci-web-build", "circleci-web-deploy"):
        arn = account.iam.get_role(RoleName=name)["Role"]["Arn"]
        account.taken(arn)
    assert shell("creep", "--days", "400", "--no-snapshot").code == 0
    said = shell("creep", "--setup", setup, "--days", "400", "--tighten", str(tmp_path / "tighter.json"))
    assert said.code == 0
    assert "no source here shows who writes the objects of acme-run-tests" in said.out
    assert "Nothing goes: the Setup is as tight as the evidence allows to say." in said.out
    assert not (tmp_path / "tighter.json").exists()


def test_a_role_is_named_and_loaded_as_a_setup_of_its_own(account: ServedAccount, shell: Shell, tmp_path: Path, later: datetime) -> None:
    applied(account, shell, tmp_path)
    out = tmp_path / "tighter.json"
    logs = logs_of(later, tmp_path, deploy=("REST.GET.OBJECT", "releases/web/v1/a.tgz"))
    said = shell("creep", "circleci-web-deploy", "--logs", logs, "--tighten", str(out), "--json")
    assert said.code == 3
    assert standings(said.document) == {
        ("circleci-web-deploy", "s3:AbortMultipartUpload"): "not seen",
        ("circleci-web-deploy", "s3:GetObject"): "used",
        ("circleci-web-deploy", "s3:ListBucket"): "not seen",
        ("circleci-web-deploy", "s3:ListMultipartUploadParts"): "not seen",
        ("circleci-web-deploy", "s3:PutObject"): "not seen",
    }
    assert said.document["tightened"]["setup"] == json.loads(out.read_text())
    assert said.document["tightened"]["setup"]["stages"][0]["access"] == ["read"]


def test_what_came_between_two_audits_is_told_with_its_statement(
    account: ServedAccount, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    applied(account, shell, tmp_path)
    assert shell("audit").err == ""
    policy = json.dumps(account.iam.get_role_policy(RoleName="circleci-web-deploy", PolicyName="s3")["PolicyDocument"])
    wider = json.loads(policy)
    wider["Statement"].append(
        {"Sid": "Oops", "Effect": "Allow", "Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::{BUCKET}/releases/*"}
    )
    account.iam.put_role_policy(RoleName="circleci-web-deploy", PolicyName="s3", PolicyDocument=json.dumps(wider))
    said = shell("creep", "circleci-web-deploy")
    assert f"gained     may delete in {BUCKET}/releases/ since " in said.out
    assert "by statement 4 (Oops) of s3" in said.out
    account.iam.put_role_policy(RoleName="circleci-web-deploy", PolicyName="s3", PolicyDocument=policy)
    assert f"lost       delete in {BUCKET}/releases/" in shell("creep", "circleci-web-deploy").out
    document = shell("creep", "circleci-web-deploy", "--no-snapshot", "--json").document
    assert document["roles"][0]["growth"]["snapshots"] == 4


def test_every_look_keeps_a_snapshot_unless_told_not_to(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    account.holds_a_role_made_by_hand()
    state = tmp_path / "state"
    shell("audit", "--no-snapshot", "--state-dir", str(state))
    shell("creep", "--no-snapshot", "--state-dir", str(state))
    assert not (state / "snapshots").exists()
    for command in ("audit", "creep"):
        shell(command, "--state-dir", str(state))
    paths = sorted((state / "snapshots" / "123456789012").iterdir())
    assert len(paths) == 2
    paths[0].write_text("{nonsense")
    said = shell("creep", "--state-dir", str(state))
    assert f"ciam-tui: The snapshot {paths[0].name} is passed over" in said.err


@pytest.mark.parametrize("command", ["audit", "creep"])
def test_a_state_that_cannot_be_written_is_told_and_ends_nothing(
    command: str, account: ServedAccount, shell: Shell, tmp_path: Path
) -> None:
    account.holds_a_role_made_by_hand()
    (tmp_path / "state").mkdir()
    (tmp_path / "state" / "snapshots").write_text("a file")
    said = shell(command, "--json", "--state-dir", str(tmp_path / "state"))
    assert said.document["ok"] is True
    assert said.err.count("ciam-tui: No snapshot was kept: Cannot keep the state") == 1


def test_what_keeps_the_snapshots_of_many_accounts_from_being_kept_is_told_once(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "snapshots").write_text("a file")
    keep_snapshots(Namespace(no_snapshot=False, state_dir=tmp_path), [report_of(a_role())] * 3)
    said = capsys.readouterr().err
    assert said.count("No snapshot was kept: Cannot keep the state") == 1
    assert said.endswith(" So it was with 2 other accounts.\n")


def test_looking_changes_nothing_in_the_account(account: ServedAccount, shell: Shell) -> None:
    account.holds_a_role_made_by_hand()
    before = account.shows()
    shell("creep", "--cloudtrail")
    assert account.shows() == before


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("nobody",), 'The account has no role "nobody" that trusts CircleCI.'),
        (("--logs", "mistyped"), 'There is no file or folder "mistyped".'),
        (("--tighten", "/no/such/folder/x.json"), "there is no such folder"),
        (("--setup", "mistyped.json"), "mistyped.json"),
        ((HAND_MADE_ROLE, "--tighten", "new.json"), "Its policies name no bucket"),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(
    words: tuple[str, ...], sentence: str, account: ServedAccount, shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    account.holds_a_role_made_by_hand()
    said = shell("creep", *words, "--json")
    assert said.code == 1
    assert sentence in said.err
    assert said.document["ok"] is False
    assert not (tmp_path / "new.json").exists()


def test_a_file_that_is_there_is_never_written_over(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("mine")
    said = shell("creep", "--tighten", str(tmp_path / "mine.json"))
    assert (said.code, (tmp_path / "mine.json").read_text()) == (1, "mine")


def test_a_setup_of_another_account_is_refused(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    said = shell("creep", "--setup", written(tmp_path, a_setup(account_id="210987654321")))
    assert said.code == 1
    assert "The Setup is for the account 210987654321, and you are in 123456789012." in said.err


@pytest.mark.parametrize(
    "words", [("role", "--setup", "x.json"), ("--cloudtrail-region", "eu-west-1"), ("--days", "0"), ("--days", "401"), ("--days", "x")]
)
def test_flags_that_do_not_go_together_are_wrong_usage(words: tuple[str, ...], shell: Shell) -> None:
    assert shell("creep", *words, "--json").code == 2
