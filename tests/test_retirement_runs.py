"""A user's retirement as runs: whatever stops one, and wherever, it ends as an undisturbed one does, or what can come back is back."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.made import is_irreversible
from ciam_tui.core.facts import Facts
from ciam_tui.core.journal import Failed, Verified, fold
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.users.backup import backup_of, calls_that_restore, differences_from_backup, never_back
from ciam_tui.core.users.removal import removal_changes
from ciam_tui.ports.aws import BotoAws
from ciam_tui.ports.aws.clients import Clients
from ciam_tui.ports.sandbox.differences import mend
from ciam_tui.runs import apply_changes, apply_undo, changes_plan, forbidden_steps, resume, undo_plan
from tests.laden_user import NAME, make_laden_user
from tests.memory_circleci import MemoryCircleCi
from tests.moto_server import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.runs import CrashError, FaultyAws, MemoryJournals, a_setup, ports

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.apply import Ports
    from ciam_tui.core.users.facts import User

SETUP = a_setup()
SLUG = "gh/acme/web"


class Account:
    """An account in this process, with one user on which everything hangs."""

    def __init__(self) -> None:
        session = boto3.Session(aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY, region_name="us-east-1")
        self.aws = BotoAws(Clients(session, region="us-east-1", profile=None))
        self.iam: Any = session.client("iam")
        make_laden_user(self.iam)

    @property
    def user(self) -> User:
        found = self.aws.user(NAME)
        assert found is not None
        return found


@pytest.fixture
def account() -> Iterator[Account]:
    mend()
    with mock_aws():
        made = Account()
        yield made
        made.aws.close()


def key_of(user: User, status: str) -> str:
    return next(key.key_id for key in user.keys or () if key.status == status)


def policies_and_groups(user: User) -> tuple[kinds.Change, ...]:
    """What of the removal can be taken back."""
    inactive = kinds.SetKeyStatus(user.name, key_id=key_of(user, "Active"), active=False)
    return (inactive, *(change for change in removal_changes(user) if not is_irreversible(change)))


def applied(changes: Sequence[kinds.Change], world: Ports, run_id: str = "run-1", stage: str = "deactivate") -> list[Any]:
    """As a stage that can be taken back, so that `resume` goes on with it by itself."""
    return list(apply_changes(changes, SETUP, world, run_id=run_id, migration="m1", stage=stage))


def undone(world: Ports, run_id: str = "run-1", undo_id: str = "undo-1") -> list[Any]:
    run = fold(world.journals.open(run_id).entries())
    plan = undo_plan(run, world)
    assert plan.applyable, plan.problems
    return list(apply_undo(plan, run, world, run_id=undo_id))


def test_everything_that_hangs_on_a_user_goes_in_the_order_that_iam_wants_and_the_user_last(account: Account) -> None:
    changes = removal_changes(account.user)
    world = ports(account.aws)

    events = applied(changes, world)

    assert isinstance(events[-1], Verified), events[-1]
    assert {type(change) for change in changes} >= {
        kinds.DeleteLoginProfile,
        kinds.DeleteAccessKey,
        kinds.DeleteSigningCertificate,
        kinds.DeleteSshKey,
        kinds.DeleteServiceCredential,
        kinds.DeactivateMfa,
        kinds.DeleteVirtualMfa,
        kinds.DeleteUserPolicy,
        kinds.DetachUserPolicy,
        kinds.RemoveFromGroup,
        kinds.SetUserBoundary,
    }
    assert account.aws.user(NAME) is None
    assert account.iam.list_virtual_mfa_devices()["VirtualMFADevices"] == []
    assert {group["GroupName"] for group in account.iam.list_groups()["Groups"]} == {"deployers", "readers"}
    assert changes_plan(changes, SETUP, world).steps == ()
    started = fold(world.journals.open("run-1").entries()).started
    assert (started.migration, started.stage) == ("m1", "deactivate")


def test_what_can_come_back_comes_back_as_the_backup_has_it(account: Account) -> None:
    user, world = account.user, ports(account.aws)
    backup = backup_of(user, {}, {})
    applied(policies_and_groups(user), world)
    identity = account.aws.identity()
    assert len(differences_from_backup(backup, account.user, identity)) == 5

    assert isinstance(undone(world)[-1], Verified)

    assert differences_from_backup(backup, account.user, identity) == ()


def test_an_undo_of_the_whole_removal_says_of_each_thing_that_it_is_gone_and_makes_nothing(account: Account) -> None:
    world = ports(account.aws)
    applied(removal_changes(account.user), world)

    plan = undo_plan(fold(world.journals.open("run-1").entries()), world)

    assert plan.steps == ()
    said = " ".join(problem.text for problem in plan.problems)
    assert f"This is not taken back: Delete the user {NAME}." in said
    assert "AWS never gives a deleted access key back" in said
    assert f"The user {NAME} is gone, so this is not made: Put {NAME} into the group deployers." in said


def matrix(entries: int, *, long: bool) -> Iterator[int]:
    """All places to stop at, or some that are unlike each other."""
    return iter(range(1, entries + 1) if long else sorted({1, entries // 2, entries}))


@pytest.mark.parametrize("long", [False, pytest.param(True, marks=pytest.mark.long)], ids=["some", "all"])
def test_a_crash_right_after_an_entry_is_resumed_to_the_same_end(account: Account, long: bool) -> None:
    user = account.user
    world = ports(account.aws)
    applied(policies_and_groups(user), world)
    undisturbed = replace(account.user, keys=())
    entries = len(world.journals.open("run-1").entries())
    undone(world)
    for crash_after in matrix(entries, long=long):
        shaken = ports(account.aws, journals=MemoryJournals(crash_after=crash_after))
        with pytest.raises(CrashError):
            applied(policies_and_groups(user), shaken)
        shaken.journals.crash_after = None  # type: ignore[attr-defined]  # the in-memory journals of this test
        events = list(resume("run-1", shaken))
        assert isinstance(events[-1], Verified), (crash_after, events[-1])
        assert replace(account.user, keys=()) == undisturbed, crash_after
        undone(shaken)
        assert account.user == user, crash_after


@pytest.mark.parametrize("has_effect", [True, False], ids=["after the effect", "before the effect"])
@pytest.mark.parametrize("long", [False, pytest.param(True, marks=pytest.mark.long)], ids=["some", "all"])
def test_an_answer_that_never_comes_deletes_nothing_twice(account: Account, has_effect: bool, long: bool) -> None:
    count = len(removal_changes(account.user))
    for nth in matrix(count, long=long):
        if account.aws.user(NAME) is None:
            account.iam.delete_policy(PolicyArn=account.iam.list_policies(Scope="Local")["Policies"][0]["Arn"])
            for group in ("deployers", "readers"):
                account.iam.delete_group(GroupName=group)
            make_laden_user(account.iam)
        faulty = FaultyAws(account.aws, nth=nth, has_effect=has_effect)
        shaken = ports(faulty)
        events = applied(removal_changes(account.user), shaken)
        if isinstance(events[-1], Failed):
            assert not has_effect, nth
            events = list(resume("run-1", shaken))
        assert isinstance(events[-1], Verified), (nth, events[-1])
        assert len(faulty.sent) == count + (not has_effect)


@pytest.mark.parametrize("stage", ["delete-user", "a stage of another version"])
def test_a_stage_that_has_no_way_back_is_not_gone_on_with_by_resume(account: Account, stage: str) -> None:
    world = ports(account.aws, journals=MemoryJournals(crash_after=3))
    with pytest.raises(CrashError):
        applied([kinds.DeleteLoginProfile(NAME), kinds.RemoveFromGroup(NAME, "readers")], world, stage=stage)
    world.journals.crash_after = None  # type: ignore[attr-defined]  # the in-memory journals of this test
    with pytest.raises(CiamError) as refused:
        list(resume("run-1", world))
    assert refused.value.code == "stage-of-retirement"
    assert "readers" in account.user.groups


def test_a_key_goes_out_of_force_and_comes_back_by_undo(account: Account) -> None:
    user, world = account.user, ports(account.aws)
    key_id = key_of(user, "Active")
    applied([kinds.SetKeyStatus(NAME, key_id, active=False)], world)
    assert all(key.status == "Inactive" for key in account.user.keys or ())
    assert isinstance(undone(world)[-1], Verified)
    assert account.user == user


def by_hand_tagged(account: Account) -> None:
    account.iam.tag_user(UserName=NAME, Tags=[{"Key": "owner", "Value": "dana"}])


def by_hand_deleted(account: Account) -> None:
    applied(removal_changes(account.user), ports(account.aws), "by hand")


def by_hand_made_anew(account: Account) -> None:
    by_hand_deleted(account)
    account.iam.create_user(UserName=NAME)


@pytest.mark.parametrize("by_hand", [by_hand_tagged, by_hand_made_anew, by_hand_deleted])
def test_a_user_that_somebody_changed_stops_undo_resume_and_a_plan_that_was_shown(account: Account, by_hand: Any) -> None:
    user = account.user
    key = kinds.SetKeyStatus(NAME, key_of(user, "Active"), active=False)
    changes = (key, kinds.RemoveFromGroup(NAME, "readers"))
    world = ports(account.aws, journals=MemoryJournals(crash_after=3))
    shown = changes_plan(changes, SETUP, world)
    with pytest.raises(CrashError):
        applied(changes, world)
    world.journals.crash_after = None  # type: ignore[attr-defined]  # the in-memory journals of this test
    by_hand(account)

    with pytest.raises(CiamError) as refused:
        list(resume("run-1", world))
    assert refused.value.code == "facts-changed"
    undo = undo_plan(fold(world.journals.open("run-1").entries()), world)
    assert not undo.applyable
    with pytest.raises(CiamError) as stale:
        list(apply_changes(changes, SETUP, world, run_id="run-2", shown=shown))
    assert stale.value.code == "plan-stale"


def test_a_user_that_is_still_laden_is_not_deleted_and_one_that_cannot_be_read_neither(account: Account) -> None:
    world = ports(account.aws)
    (problem,) = [each for each in changes_plan([kinds.DeleteUser(NAME)], SETUP, world).problems if each.level is Level.ERROR]
    assert "it still has a console password" in problem.text
    with pytest.raises(CiamError, match="access keys"):
        applied([kinds.DeleteUser(NAME)], world)


def test_nothing_of_a_retirement_is_forbidden_where_aws_does_not_tell(account: Account) -> None:
    assert forbidden_steps(changes_plan(removal_changes(account.user), SETUP, ports(account.aws)), account.aws) == ()


def test_a_variable_goes_while_it_is_the_one_that_was_seen(account: Account) -> None:
    circleci = MemoryCircleCi()
    circleci.holds("shared deploys", {"AWS_ACCESS_KEY_ID": "AKIAOLD1", "OTHER": "stays"})
    circleci.project_variables_held[SLUG] = {"S3_KEY": "AKIAOLD1", "TOKEN": "stays"}
    world = ports(account.aws, circleci=circleci)
    changes = (
        kinds.DeleteContextVariable("shared deploys", "AWS_ACCESS_KEY_ID", "OLD1"),
        kinds.DeleteProjectVariable(SLUG, "S3_KEY", "OLD1"),
    )

    assert isinstance(applied(changes, world)[-1], Verified)

    assert circleci.shows()["shared deploys"][0] == {"OTHER": "stays"}
    assert circleci.project_variables_held[SLUG] == {"TOKEN": "stays"}
    undo = undo_plan(fold(world.journals.open("run-1").entries()), world)
    assert (undo.steps, [problem.text[:24] for problem in undo.problems[:2]]) == ((), ["This is not taken back: "] * 2)
    facts = fold(world.journals.open("run-1").entries()).started.facts
    assert dict(facts.contexts["shared deploys"].variables) == {"AWS_ACCESS_KEY_ID": "OLD1", "OTHER": ""}
    assert dict(facts.project_variables[SLUG]) == {"S3_KEY": "OLD1", "TOKEN": ""}


@pytest.mark.parametrize("where", ["before the plan", "after it"])
def test_a_variable_that_somebody_replaced_is_not_deleted(account: Account, where: str) -> None:
    circleci = MemoryCircleCi()
    held = circleci.project_variables_held.setdefault(SLUG, {"AWS_ACCESS_KEY_ID": "AKIAOLD1"})
    world = ports(account.aws, circleci=circleci)
    changes = [kinds.DeleteProjectVariable(SLUG, "AWS_ACCESS_KEY_ID", "OLD1")]
    if where == "before the plan":
        held["AWS_ACCESS_KEY_ID"] = "AKIANEW1"
        with pytest.raises(CiamError, match="ends in NEW1 now"):
            applied(changes, world)
    else:
        circleci.before_reads = lambda reads: held.update(AWS_ACCESS_KEY_ID="AKIANEW1") if reads == 3 else None
        last = applied(changes, world)[-1]
        assert isinstance(last, Failed)
        assert (last.outcome, last.code) == ("refused", "variable-changed")
    assert held == {"AWS_ACCESS_KEY_ID": "AKIANEW1"}


def test_a_backup_holds_no_secret_and_tells_what_comes_back_by_hand(account: Account) -> None:
    backup = backup_of(account.user, {}, {})
    restored = [call.operation for call in calls_that_restore(backup)]
    assert restored[0] == "CreateUser"
    assert set(restored[1:]) == {"PutUserPolicy", "AttachUserPolicy", "AddUserToGroup", "UploadSSHPublicKey", "UploadSigningCertificate"}
    assert len([each for each in never_back(backup) if "access key" in each]) == 2
    assert len(backup["missing"]) == 3  # two groups and a policy, which were not given
    applied(removal_changes(account.user), ports(account.aws))
    (gone,) = differences_from_backup(backup, None, account.aws.identity())
    assert str(gone) == f"user {NAME}: it is not there"
    for call in calls_that_restore(backup):
        account.aws.send(call)
    back = account.user
    assert (back.groups, back.inline, back.attached, back.tags) == (
        ("deployers", "readers"),
        back.inline,
        back.attached,
        (("team", "web"),),
    )
    assert isinstance(Facts(account.aws.identity(), users={NAME: back}), Facts)
