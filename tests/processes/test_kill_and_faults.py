"""Real processes, killed in the middle of a call or answered with a fault: afterwards nothing is lost, nothing is there twice.

Each test ends at two comparisons: with the account after an undisturbed run, and, once that is taken back, with the account before it.
"""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.cli import main
from ciam_tui.ports.sandbox.account import ACCOUNT_ID
from tests.faulty_proxy import Fault, FaultyProxy
from tests.processes.worlds import ADOPT, FULL_OF_VERSIONS, MADE_BY_HAND, MANAGED, NOTHING, WORLDS, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.served_account import ServedAccount

PATIENCE_SECONDS = 300
# S3 gives these to a new bucket by itself: reading them back shows what was wanted, whether the call arrived or not.
SET_BY_S3_ANYWAY = ("PutPublicAccessBlock", "PutBucketOwnershipControls", "PutBucketEncryption")
READS = ("Get", "List", "Head", "Simulate")


def said(*words: str) -> tuple[int, str]:
    """The program within this process: its exit code, and all that it says."""
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        code = main(list(words))
    return code, output.getvalue()


def does(*words: str) -> None:
    code, text = said(*words)
    assert code == 0, text


class Undisturbed:
    """What the account shows before a world's Setup is applied and after, where nothing goes wrong: each world is run once."""

    def __init__(self) -> None:
        self._ends: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}

    def of(self, world: World, account: ServedAccount, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Any]:
        if world.name not in self._ends:
            with monkeypatch.context() as elsewhere:
                elsewhere.setenv("XDG_STATE_HOME", str(folder / "undisturbed"))
                setup = world.prepare(account, folder)
                before = account.shows()
                does("apply", setup, "--yes", *ADOPT)
                self._ends[world.name] = before, account.shows()
                does("undo", "last", "--yes")
                assert account.shows() == before
                account.empty()
        return self._ends[world.name]


@pytest.fixture(scope="module")
def undisturbed() -> Undisturbed:
    return Undisturbed()


@contextlib.contextmanager
def process(*words: str, environment: dict[str, str], stderr: int = subprocess.STDOUT) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [sys.executable, "-m", "ciam_tui", *words],
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
    ) as started:
        try:
            yield started
        finally:
            started.kill()


def short_and_long(chosen: list[tuple[Any, ...]], every: list[tuple[Any, ...]]) -> list[Any]:
    """Six chosen cases for every day, and the rest of all cases for the long run."""
    return [
        pytest.param(*case, id="-".join(str(getattr(part, "name", part)).lower() for part in case), marks=marks)
        for cases, marks in ((chosen, ()), ([case for case in every if case not in chosen], pytest.mark.long))
        for case in cases
    ]


EVERY_CALL = [(world, operation) for world in WORLDS for operation in world.writes]
KILLS = short_and_long(
    [
        (NOTHING, "CreateOpenIDConnectProvider", "before"),
        (NOTHING, "PutBucketPolicy", "after"),
        (NOTHING, "CreateRole", "after"),
        (NOTHING, "PutRolePolicy", "after"),
        (MANAGED, "AttachRolePolicy", "after"),
        (FULL_OF_VERSIONS, "CreatePolicyVersion", "after"),
    ],
    [(*call, moment) for call in EVERY_CALL for moment in ("before", "after")],
)


@pytest.mark.parametrize(("world", "operation", "moment"), KILLS)
def test_a_run_killed_in_a_call_is_resumed_to_the_undisturbed_end_and_taken_back(
    world: World,
    operation: str,
    moment: str,
    account: ServedAccount,
    undisturbed: Undisturbed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, after = undisturbed.of(world, account, tmp_path, monkeypatch)
    setup = world.prepare(account, tmp_path)
    with FaultyProxy(account.sandbox) as proxy:
        proxy.inject(Fault.FROZEN, operation, passed_on=moment == "after")
        with process("apply", setup, "--yes", *ADOPT, environment=proxy.environment()) as applying:
            assert proxy.frozen.wait(PATIENCE_SECONDS)
            applying.send_signal(signal.SIGKILL)
            assert applying.wait(PATIENCE_SECONDS) == -signal.SIGKILL
    does("resume")
    assert account.shows() == after
    does("undo", "last", "--yes")
    assert account.shows() == before


FAULTS = short_and_long(
    [
        (NOTHING, "CreateRole", Fault.SERVER_ERROR, "after"),
        (NOTHING, "PutBucketPolicy", Fault.UNAVAILABLE, "after"),
        (MANAGED, "AttachRolePolicy", Fault.THROTTLED, "before"),
        (NOTHING, "CreateOpenIDConnectProvider", Fault.DROPPED_AFTER, "after"),
        (MADE_BY_HAND, "UpdateAssumeRolePolicy", Fault.DENIED, "before"),
        (FULL_OF_VERSIONS, "CreatePolicyVersion", Fault.UNREADABLE, "after"),
    ],
    [
        (*call, fault, moment)
        for call in EVERY_CALL
        for fault, moments in {
            Fault.SERVER_ERROR: ("before", "after"),
            Fault.UNAVAILABLE: ("before",),
            Fault.THROTTLED: ("before",),
            Fault.DENIED: ("before",),
            Fault.DROPPED_AFTER: ("after",),
            Fault.UNREADABLE: ("after",),
        }.items()
        for moment in moments
    ],
)


@pytest.mark.parametrize(("world", "operation", "fault", "moment"), FAULTS)
def test_a_fault_leaves_no_orphan_and_no_double_and_says_what_to_do(
    world: World,
    operation: str,
    fault: Fault,
    moment: str,
    account: ServedAccount,
    undisturbed: Undisturbed,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    before, after = undisturbed.of(world, account, tmp_path, monkeypatch)
    setup = world.prepare(account, tmp_path)
    with FaultyProxy(account.sandbox) as proxy:
        proxy.inject(fault, operation, passed_on=moment == "after")
        with process("apply", setup, "--yes", *ADOPT, environment=proxy.environment()) as applying:
            text, _ = applying.communicate(timeout=PATIENCE_SECONDS)
        writes = [call.operation for call in proxy.calls if not call.operation.startswith(READS)]
    is_so_anyway = operation in SET_BY_S3_ANYWAY and fault is not Fault.DENIED
    goes_on_by_itself = moment == "after" or fault is Fault.THROTTLED or is_so_anyway
    if goes_on_by_itself:
        assert applying.returncode == 0, text
        assert ("trying again in 1 s" if fault is Fault.THROTTLED else "(read back from the account)") in text
        assert writes.count(operation) == world.writes.count(operation) + (fault is Fault.THROTTLED)
    else:
        assert applying.returncode == 1, text
        assert "] FAILED  " in text
        assert "Go on:   ciam-tui resume " in text
        assert "Go back: ciam-tui undo " in text
        assert "Traceback" not in text
        does("resume")
    assert account.shows() == after
    does("undo", "last", "--yes")
    assert account.shows() == before


@pytest.mark.long
@pytest.mark.parametrize("world", WORLDS, ids=lambda world: world.name)
def test_the_worlds_name_every_call_that_is_made(world: World, account: ServedAccount, tmp_path: Path) -> None:
    setup = world.prepare(account, tmp_path)
    for words, named in ((("apply", setup, *ADOPT), world.writes), (("undo", "last"), world.undo_writes)):
        with FaultyProxy(account.sandbox) as proxy, process(*words, "--yes", environment=proxy.environment()) as running:
            text, _ = running.communicate(timeout=PATIENCE_SECONDS)
            assert running.returncode == 0, text
            assert {operation for operation in proxy.operations() if not operation.startswith(READS)} == set(named)


UNDO_KILLS = short_and_long(
    [(NOTHING, "DeleteRole", "after")],
    [(world, operation, moment) for world in WORLDS for operation in world.undo_writes for moment in ("before", "after")],
)


@pytest.mark.parametrize(("world", "operation", "moment"), UNDO_KILLS)
def test_an_undo_that_was_killed_is_gone_on_with_by_the_same_command(
    world: World, operation: str, moment: str, account: ServedAccount, tmp_path: Path
) -> None:
    setup = world.prepare(account, tmp_path)
    before = account.shows()
    does("apply", setup, "--yes", *ADOPT)
    with FaultyProxy(account.sandbox) as proxy:
        proxy.inject(Fault.FROZEN, operation, passed_on=moment == "after")
        with process("undo", "last", "--yes", environment=proxy.environment()) as undoing:
            assert proxy.frozen.wait(PATIENCE_SECONDS)
            undoing.kill()
    code, text = said("undo", "last", "--yes")
    assert code == 0, text
    assert "is already being taken back by" in text
    assert account.shows() == before


def test_a_run_killed_after_the_effect_can_be_taken_back_without_going_on(account: ServedAccount, tmp_path: Path) -> None:
    setup, before = NOTHING.prepare(account, tmp_path), account.shows()
    with FaultyProxy(account.sandbox) as proxy:
        proxy.inject(Fault.FROZEN, "CreateRole")
        with process("apply", setup, "--yes", environment=proxy.environment()) as applying:
            assert proxy.frozen.wait(PATIENCE_SECONDS)
            applying.kill()
    does("undo", "last", "--yes")
    assert account.shows() == before
    code, text = said("resume")
    assert (code, "nothing to resume" in text) == (0, True)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_a_run_after_the_current_call(number: signal.Signals, account: ServedAccount, tmp_path: Path) -> None:
    setup, before = NOTHING.prepare(account, tmp_path), account.shows()
    with FaultyProxy(account.sandbox) as proxy:
        proxy.inject(Fault.THROTTLED, "CreateRole")  # answered by a second of waiting, in which the signal comes
        with process("apply", setup, "--yes", environment=proxy.environment()) as applying:
            assert applying.stdout is not None
            line = next(line for line in applying.stdout if "trying again" in line)
            applying.send_signal(number)
            text = line + applying.stdout.read()
            assert applying.wait(PATIENCE_SECONDS) == 130, text
        assert "PutRolePolicy" not in proxy.operations()
    assert "Stopping after the current call." in text
    assert "done  Create the role" in text
    assert "Stopped between two steps." in text
    assert "Go on:   ciam-tui resume " in text
    assert "Go back: ciam-tui undo " in text
    does("undo", "last", "--yes")
    assert account.shows() == before


def test_a_second_signal_stops_at_once_and_loses_nothing(account: ServedAccount, tmp_path: Path) -> None:
    setup, before = NOTHING.prepare(account, tmp_path), account.shows()
    with FaultyProxy(account.sandbox) as proxy:
        proxy.inject(Fault.FROZEN, "CreateRole")
        with process("apply", setup, "--yes", environment=proxy.environment()) as applying:
            assert applying.stdout is not None
            assert proxy.frozen.wait(PATIENCE_SECONDS)
            applying.send_signal(signal.SIGINT)
            assert next(line for line in applying.stdout if "Press Ctrl+C again" in line)
            applying.send_signal(signal.SIGINT)
            text = applying.stdout.read()
            assert applying.wait(PATIENCE_SECONDS) == 130, text
    assert "Go back: ciam-tui undo " in text
    does("undo", "last", "--yes")
    assert account.shows() == before


def test_a_reader_who_goes_away_stops_a_run_where_nothing_is_unknown(account: ServedAccount, tmp_path: Path) -> None:
    setup, before = NOTHING.prepare(account, tmp_path), account.shows()
    environment = account.sandbox.environment()
    with process("apply", setup, "--yes", environment=environment, stderr=subprocess.PIPE) as applying:
        assert applying.stdout is not None
        assert applying.stderr is not None
        assert next(line for line in applying.stdout if line.startswith("[ 3/"))
        applying.stdout.close()
        text = applying.stderr.read()
        assert applying.wait(PATIENCE_SECONDS) == 130
    assert text.startswith("Nobody reads the output any more: stopping after the current call.\n")
    assert "Go back: ciam-tui undo " in text
    does("undo", "last", "--yes")
    assert account.shows() == before


def test_one_run_at_a_time_for_a_setup(account: ServedAccount, tmp_path: Path) -> None:
    setup = NOTHING.prepare(account, tmp_path)
    with FaultyProxy(account.sandbox) as proxy:
        proxy.inject(Fault.FROZEN, "CreateBucket", passed_on=False)
        with process("apply", setup, "--yes", environment=proxy.environment()):
            assert proxy.frozen.wait(PATIENCE_SECONDS)
            before = account.shows()
            code, text = said("apply", setup, "--yes")
            assert code == 1
            assert "Another apply for this Setup is running on this machine" in text
            assert account.shows() == before


def test_an_audit_of_all_accounts_is_left_while_an_account_answers_nothing(account: ServedAccount) -> None:
    words = ("audit", "--all-accounts", "--audit-role", "ciam-tui-audit", "--only-account", ACCOUNT_ID)
    with FaultyProxy(account.sandbox) as proxy:
        proxy.inject(Fault.FROZEN, "GetAccountAuthorizationDetails", times=99)
        with process(*words, environment=proxy.environment()) as auditing:
            assert proxy.frozen.wait(PATIENCE_SECONDS)
            auditing.send_signal(signal.SIGINT)
            assert auditing.wait(PATIENCE_SECONDS) == 130
