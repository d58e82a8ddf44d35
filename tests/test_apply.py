"""Whatever stops a run, and wherever: it ends in the state of an undisturbed one, or goes back to what was there before."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from moto import mock_aws

from ciam_tui.apply import Ports, Waiting
from ciam_tui.core.changes.kinds import DeletePolicyVersion
from ciam_tui.core.facts import RUN_TAG
from ciam_tui.core.journal import Began, Failed, LeftOut, NotVerified, RunStarted, Stopped, Succeeded, Verified, fold
from ciam_tui.core.problems import CiamError
from ciam_tui.core.setup import Setup
from ciam_tui.ports.api import WriteOutcome
from ciam_tui.ports.aws import BotoAws
from ciam_tui.ports.aws.clients import Clients
from ciam_tui.ports.sandbox.differences import mend
from ciam_tui.runs import apply_plan, apply_undo, forbidden_steps, new_run_id, plan_for, resume, runs, undo_plan
from tests.moto_server import ACCESS_KEY_ID, SECRET_ACCESS_KEY
from tests.runs import ACCOUNT, ORG, WEB, CrashError, FakeClock, FaultyAws, MemoryJournals, a_setup, ports, snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ciam_tui.core.facts import Bucket, ManagedPolicy, Role

PROVIDER_URL = f"https://oidc.circleci.com/org/{ORG}"
PROVIDER_ARN = f"arn:aws:iam::{ACCOUNT}:oidc-provider/oidc.circleci.com/org/{ORG}"
FOREIGN_TRUST = f"""{{"Version": "2012-10-17", "Statement": [{{"Effect": "Allow", "Principal": {{"Federated": "{PROVIDER_ARN}"}},
 "Action": ["sts:AssumeRoleWithWebIdentity"], "Condition": {{"StringEquals": {{"oidc.circleci.com/org/{ORG}:aud": ["{ORG}"]}}}}}}]}}"""
FOREIGN_POLICY = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"]}]}'


class Account:
    """The account under test: empty, then filled by the scenario. It lives in this process, since the matrices here make thousands of calls."""

    def __init__(self) -> None:
        self.session = boto3.Session(aws_access_key_id=ACCESS_KEY_ID, aws_secret_access_key=SECRET_ACCESS_KEY, region_name="us-east-1")
        self.aws = BotoAws(Clients(self.session, region="us-east-1", profile=None))
        self.iam: Any = self.session.client("iam")
        self.s3: Any = self.session.client("s3")

    def shows(self) -> dict[str, Any]:
        return snapshot(self.iam, self.s3)


@pytest.fixture
def account() -> Iterator[Account]:
    mend()
    with mock_aws():
        made = Account()
        yield made
        made.aws.close()


def nothing_there(account: Account) -> Setup:
    """A first set-up: a new bucket, a new provider, inline policies."""
    return a_setup(circleci__projects=[WEB], role__tags={"team": "web"})


def managed_in_a_used_account(account: Account) -> Setup:
    """The bucket and the provider stand, without our audience; policies are managed, one role a project."""
    account.s3.create_bucket(Bucket="acme-run-tests")
    account.iam.create_open_id_connect_provider(Url=PROVIDER_URL, ClientIDList=["sts.amazonaws.com"])
    boundary = account.iam.create_policy(PolicyName="edge", PolicyDocument=FOREIGN_POLICY)["Policy"]["Arn"]
    return a_setup(bucket__create=False, role__policy_kind="managed", role__per_project=True, role__permissions_boundary=boundary)


def a_role_to_adopt(account: Account) -> Setup:
    """A role made by hand stands under one of the names, with a policy too many, inline and attached."""
    iam = account.iam
    account.s3.create_bucket(Bucket="acme-run-tests")
    iam.create_open_id_connect_provider(Url=PROVIDER_URL, ClientIDList=[ORG])
    edge = iam.create_policy(PolicyName="edge", PolicyDocument=FOREIGN_POLICY)["Policy"]["Arn"]
    name = "circleci-web-build"
    tags = [{"Key": "team", "Value": "old"}, {"Key": "owner", "Value": "dana"}]
    iam.create_role(
        RoleName=name,
        Path="/circleci/",
        AssumeRolePolicyDocument=FOREIGN_TRUST,
        Description="by hand",
        MaxSessionDuration=7200,
        Tags=tags,
        PermissionsBoundary=edge,
    )
    iam.put_role_policy(RoleName=name, PolicyName="s3", PolicyDocument=FOREIGN_POLICY)
    iam.put_role_policy(RoleName=name, PolicyName="other", PolicyDocument=FOREIGN_POLICY)
    iam.attach_role_policy(RoleName=name, PolicyArn=edge)
    return a_setup(bucket__create=False, role__tags={"team": "web"})


SCENARIOS = [nothing_there, managed_in_a_used_account, a_role_to_adopt]
ADOPT = frozenset({"circleci-web-build"})
# Steps of the first scenario that the others have as well: on every day they are interrupted in the first alone.
MADE_FIRST = frozenset({"create-role", "await-roles", "put-inline-policy", "delete-role"})
EACH_KIND_OR_EVERY = pytest.mark.parametrize("every", [False, pytest.param(True, marks=pytest.mark.long)], ids=["each-kind", "every-one"])


def interrupted(kinds: Sequence[str], scenario: Any, *, every: bool) -> list[int]:
    """Places among `kinds`, from 1: each of them, or the first of each kind."""
    known = frozenset[str]() if scenario is nothing_there else MADE_FIRST
    return [
        number
        for number, kind in enumerate(kinds, start=1)
        if every or not (kind in kinds[: number - 1] or kind.rpartition(" ")[2] in known)
    ]


def moments(world: Ports, run_id: str, scenario: Any, *, every: bool) -> list[int]:
    """After which entries of a finished run a crash is tried: after each, or after the first of each kind for a kind of step."""
    entries = world.journals.open(run_id).entries()
    kind_of = kinds_of(world, run_id)
    return interrupted([f"{entry.kind} {kind_of.get(getattr(entry, 'step', ''), '')}".strip() for entry in entries], scenario, every=every)


def kinds_of(world: Ports, run_id: str) -> dict[str, str]:
    """The kind of each step of a run."""
    return {step.id: step.change.kind for step in fold(world.journals.open(run_id).entries()).started.steps}


def applied(setup: Setup, world: Ports, run_id: str = "run-1", *, adopt: frozenset[str] = ADOPT) -> list[Any]:
    plan = plan_for(setup, world, adopt=adopt)
    return list(apply_plan(plan, setup, world, run_id=run_id, adopt=adopt))


def undone(run_id: str, world: Ports, undo_id: str = "undo-1") -> list[Any]:
    run = fold(world.journals.open(run_id).entries())
    plan = undo_plan(run, world)
    assert plan.applyable, plan.problems
    return list(apply_undo(plan, run, world, run_id=undo_id))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_run_is_verified_plans_nothing_more_and_can_be_taken_back(account: Account, scenario: Any) -> None:
    setup = scenario(account)
    before = account.shows()
    world = ports(account.aws)

    events = applied(setup, world)

    assert isinstance(events[-1], Verified), events[-1]
    again = plan_for(setup, world)
    assert again.steps == ()
    assert again.applyable
    assert account.shows() != before

    assert isinstance(undone("run-1", world)[-1], Verified)
    assert account.shows() == before
    if scenario is nothing_there:
        assert {*kinds_of(world, "run-1").values(), *kinds_of(world, "undo-1").values()} >= MADE_FIRST


@EACH_KIND_OR_EVERY
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_crash_right_after_any_entry_is_resumed_to_the_same_end_and_can_be_taken_back(
    account: Account, scenario: Any, every: bool
) -> None:
    setup = scenario(account)
    before = account.shows()
    world = ports(account.aws)
    applied(setup, world)
    undisturbed = account.shows()
    undone("run-1", world)

    for crash_after in moments(world, "run-1", scenario, every=every):
        shaken = ports(account.aws, journals=MemoryJournals(crash_after=crash_after))
        with pytest.raises(CrashError):
            applied(setup, shaken)
        shaken.journals.crash_after = None  # type: ignore[attr-defined]  # the in-memory journals of this test

        events = list(resume("run-1", shaken))

        assert isinstance(events[-1], Verified), (crash_after, events[-1])
        assert account.shows() == undisturbed, crash_after
        undone("run-1", shaken)
        assert account.shows() == before, crash_after


@EACH_KIND_OR_EVERY
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_a_crash_right_after_any_entry_of_an_undo_is_resumed_to_the_account_as_it_was(account: Account, scenario: Any, every: bool) -> None:
    setup = scenario(account)
    before = account.shows()
    undisturbed = ports(account.aws)
    applied(setup, undisturbed)
    undone("run-1", undisturbed)

    for crash_after in moments(undisturbed, "undo-1", scenario, every=every):
        world = ports(account.aws)
        applied(setup, world)
        world.journals.crash_after = crash_after  # type: ignore[attr-defined]  # the in-memory journals of this test
        with pytest.raises(CrashError):
            undone("run-1", world)
        world.journals.crash_after = None  # type: ignore[attr-defined]  # as above
        assert isinstance(list(resume("undo-1", world))[-1], Verified), crash_after
        assert account.shows() == before, crash_after


@EACH_KIND_OR_EVERY
@pytest.mark.parametrize("has_effect", [True, False], ids=["after the effect", "before the effect"])
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_an_answer_that_never_comes_makes_no_orphan_and_no_double(account: Account, scenario: Any, has_effect: bool, every: bool) -> None:
    setup = scenario(account)
    before = account.shows()
    world = ports(account.aws)
    applied(setup, world)
    undisturbed = account.shows()
    calls = interrupted([kind for kind in kinds_of(world, "run-1").values() if kind != "await-roles"], scenario, every=every)
    undone("run-1", world)
    failures = 0

    for nth in calls:
        faulty = FaultyAws(account.aws, nth=nth, has_effect=has_effect)
        shaken = ports(faulty)
        events = applied(setup, shaken)
        if isinstance(events[-1], Failed):
            assert not has_effect, nth
            assert events[-1].outcome == "not-done"
            failures += 1
            events = list(resume("run-1", shaken))
        else:
            read_back = [event.request_id for event in events if isinstance(event, Succeeded) and event.read_back]
            assert "of-the-failure" in read_back, nth
        assert isinstance(events[-1], Verified), (nth, events[-1])
        assert account.shows() == undisturbed, nth
        undone("run-1", shaken)
        assert account.shows() == before, nth
    # A new bucket comes with some of the settings that a step makes sure of: those are found done although their call was lost.
    assert has_effect or failures >= len(calls) - 3


@pytest.mark.parametrize("outcome", [WriteOutcome.REFUSED, WriteOutcome.THROTTLED])
def test_a_refusal_stops_the_run_and_throttling_does_not(account: Account, outcome: WriteOutcome) -> None:
    setup = nothing_there(account)
    faulty = FaultyAws(account.aws, nth=3, outcome=outcome)
    world = ports(faulty)

    events = applied(setup, world)

    if outcome is WriteOutcome.THROTTLED:
        assert isinstance(events[-1], Verified)
    else:
        assert isinstance(events[-1], Failed)
        assert (events[-1].outcome, events[-1].request_id) == ("refused", "of-the-failure")
        assert isinstance(list(resume("run-1", world))[-1], Verified)


def test_what_aws_does_not_know_yet_everywhere_is_sent_again_and_what_it_never_knew_is_not(account: Account) -> None:
    setup = nothing_there(account)
    late = FaultyAws(account.aws, nth=10, outcome=WriteOutcome.REFUSED, code="not-found")
    assert isinstance(applied(setup, ports(late))[-1], Verified)
    assert [call.operation for call in late.sent].count(late.sent[9].operation) > 1

    other = a_setup("other", bucket__create=False, stages=[setup.stages[0].model_dump()])
    never = FaultyAws(account.aws, nth=1, outcome=WriteOutcome.REFUSED, code="not-found")
    assert isinstance(applied(other, ports(never))[-1], Failed)


def test_iam_writes_are_paced(account: Account) -> None:
    world = ports(account.aws)
    applied(nothing_there(account), world)
    clock = world.clock
    assert isinstance(clock, FakeClock)
    assert clock.slept.count(0.2) >= 4


def test_a_plan_is_refused_when_the_account_has_changed_since(account: Account) -> None:
    setup = nothing_there(account)
    world = ports(account.aws)
    plan = plan_for(setup, world)
    account.s3.create_bucket(Bucket="acme-run-tests")
    before = account.shows()

    with pytest.raises(CiamError, match="changed since") as refused:
        list(apply_plan(plan, setup, world, run_id="run-1"))

    assert refused.value.code == "plan-stale"
    assert account.shows() == before
    assert world.journals.run_ids() == ()


def test_a_resume_stops_when_somebody_has_changed_what_is_left(account: Account) -> None:
    setup = nothing_there(account)
    world = ports(account.aws, journals=MemoryJournals(crash_after=2 + 2 * 9))
    with pytest.raises(CrashError):
        applied(setup, world)
    done = fold(world.journals.open("run-1").entries())
    role = next(step.change.name for step in done.done_steps if step.change.kind == "create-role")
    account.iam.update_assume_role_policy(RoleName=role, PolicyDocument=FOREIGN_TRUST)

    with pytest.raises(CiamError) as refused:
        list(resume("run-1", world))

    assert refused.value.code == "facts-changed"
    assert role in str(refused.value)


def test_what_a_run_made_carries_its_id(account: Account) -> None:
    setup = managed_in_a_used_account(account)
    applied(setup, ports(account.aws))
    role = account.iam.get_role(RoleName="circleci-web-web-build")["Role"]
    assert {"Key": RUN_TAG, "Value": "run-1"} in role["Tags"]


def test_a_role_that_is_not_ours_is_never_overwritten_without_being_named(account: Account) -> None:
    setup = a_role_to_adopt(account)
    plan = plan_for(setup, ports(account.aws))
    assert [conflict.name for conflict in plan.conflicts] == ["circleci-web-build"]
    assert not plan.applyable
    with pytest.raises(CiamError, match="--adopt"):
        list(apply_plan(plan, setup, ports(account.aws), run_id="run-1"))


def test_a_role_with_copied_tags_is_not_ours_on_a_machine_without_the_journal(account: Account) -> None:
    setup = nothing_there(account)
    applied(setup, ports(account.aws))
    account.iam.put_role_policy(RoleName="circleci-web-build", PolicyName="s3", PolicyDocument=FOREIGN_POLICY)

    elsewhere = plan_for(setup, ports(account.aws))

    assert [conflict.name for conflict in elsewhere.conflicts] == ["circleci-web-build"]


def test_our_own_role_is_changed_when_the_setup_changes(account: Account) -> None:
    setup = nothing_there(account)
    world = ports(account.aws)
    applied(setup, world)
    first = account.shows()
    stages = [stage.model_dump() for stage in setup.stages]
    stages[0]["access"] = ["read"]
    changed = a_setup(stages=stages, role__tags={"team": "web"})

    events = applied(changed, world, "run-2", adopt=frozenset())

    assert isinstance(events[-1], Verified)
    assert [step.change.kind for step in events[0].steps] == ["put-inline-policy"]
    undone("run-2", world, "undo-2")
    assert account.shows() == first


def test_the_oldest_version_that_is_not_in_force_makes_room_and_comes_back(account: Account) -> None:
    setup = managed_in_a_used_account(account)
    world = ports(account.aws)
    applied(setup, world)
    arn = f"arn:aws:iam::{ACCOUNT}:policy/circleci/circleci-web-web-build"
    current = account.iam.get_policy_version(PolicyArn=arn, VersionId="v1")["PolicyVersion"]["Document"]
    for number in range(4):
        document = FOREIGN_POLICY.replace("s3:*", f"s3:Get{number}")
        account.iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=number == 3)
    before = account.shows()

    events = applied(setup, world, "run-2", adopt=frozenset())

    assert isinstance(events[-1], Verified), events[-1]
    pruned = [step.change for step in events[0].steps if isinstance(step.change, DeletePolicyVersion)]
    assert [change.version_id for change in pruned] == ["v1"]
    policy = account.iam.get_policy(PolicyArn=arn)["Policy"]
    assert account.iam.get_policy_version(PolicyArn=arn, VersionId=policy["DefaultVersionId"])["PolicyVersion"]["Document"] == current
    undone("run-2", world, "undo-2")
    assert account.shows() == before


def test_undo_stops_when_somebody_has_been_at_a_role_since(account: Account) -> None:
    setup = nothing_there(account)
    world = ports(account.aws)
    applied(setup, world)
    account.iam.put_role_policy(RoleName="circleci-web-build", PolicyName="extra", PolicyDocument=FOREIGN_POLICY)

    plan = undo_plan(fold(world.journals.open("run-1").entries()), world)

    assert not plan.applyable
    assert "circleci-web-build" in plan.problems[0].text


def test_undo_stops_when_a_role_was_made_anew_under_the_same_name(account: Account) -> None:
    setup = a_setup(bucket__create=True)
    world = ports(account.aws)
    applied(setup, world, adopt=frozenset())
    iam = account.iam
    role = iam.get_role(RoleName="circleci-web-build")["Role"]
    inline = iam.get_role_policy(RoleName="circleci-web-build", PolicyName="s3")["PolicyDocument"]
    iam.delete_role_policy(RoleName="circleci-web-build", PolicyName="s3")
    iam.delete_role(RoleName="circleci-web-build")
    iam.create_role(
        RoleName="circleci-web-build",
        Path=role["Path"],
        AssumeRolePolicyDocument=json.dumps(role["AssumeRolePolicyDocument"]),
        Description=role["Description"],
        Tags=role["Tags"],
    )
    iam.put_role_policy(RoleName="circleci-web-build", PolicyName="s3", PolicyDocument=json.dumps(inline))

    plan = undo_plan(fold(world.journals.open("run-1").entries()), world)

    assert not plan.applyable
    assert "role id" in plan.problems[0].text


def test_undo_keeps_a_provider_that_another_role_trusts_and_a_bucket_with_objects(account: Account) -> None:
    setup = nothing_there(account)
    world = ports(account.aws)
    applied(setup, world)
    account.iam.create_role(RoleName="somebody-elses", AssumeRolePolicyDocument=FOREIGN_TRUST)
    account.s3.put_object(Bucket="acme-run-tests", Key="builds/a", Body=b"x")

    events = undone("run-1", world)

    assert isinstance(events[-1], Verified)
    shows = account.shows()
    assert [role["name"] for role in shows["roles"]] == ["somebody-elses"]
    assert [provider["arn"] for provider in shows["providers"]] == [PROVIDER_ARN]
    assert [bucket["name"] for bucket in shows["buckets"]] == ["acme-run-tests"]


def test_undo_keeps_an_audience_that_another_role_asks_for(account: Account) -> None:
    setup = managed_in_a_used_account(account)
    world = ports(account.aws)
    applied(setup, world)
    account.iam.create_role(RoleName="somebody-elses", AssumeRolePolicyDocument=FOREIGN_TRUST)

    undone("run-1", world)

    assert ORG in account.shows()["providers"][0]["clients"]


def test_a_resumed_undo_keeps_a_provider_that_others_have_come_to_trust_meanwhile(account: Account) -> None:
    setup = nothing_there(account)
    world = ports(account.aws)
    applied(setup, world)
    run = fold(world.journals.open("run-1").entries())
    plan = undo_plan(run, world)
    for event in apply_undo(plan, run, world, run_id="undo-1"):
        if isinstance(event, Began) and event.step.endswith("delete-provider"):
            break  # the process ends here
    account.iam.create_role(RoleName="somebody-elses", AssumeRolePolicyDocument=FOREIGN_TRUST)

    events = list(resume("undo-1", world))

    assert [event.reason for event in events if isinstance(event, LeftOut)] == [
        f"The OIDC provider {PROVIDER_ARN} stays: somebody-elses trust it."
    ]
    assert isinstance(events[-1], Verified)
    assert [provider["arn"] for provider in account.shows()["providers"]] == [PROVIDER_ARN]
    assert fold(world.journals.open("undo-1").entries()).pending == ()


class LaggingAws(FaultyAws):
    """An account that shows what was done only some seconds later, as IAM does."""

    def __init__(self, aws: BotoAws, clock: FakeClock) -> None:
        super().__init__(aws)
        self._clock, self._shows_from = clock, clock.now()
        self._seen: Mapping[str, ManagedPolicy] = {}

    def lag(self, seconds: float) -> None:
        self._seen = dict(self._aws.policies(self.arns()))
        self._shows_from = self._clock.now() + timedelta(seconds=seconds)

    def policies(self, arns: Sequence[str]) -> Mapping[str, ManagedPolicy]:
        if self._clock.now() < self._shows_from:
            return {arn: policy for arn, policy in self._seen.items() if arn in arns}
        return self._aws.policies(arns)

    def arns(self) -> list[str]:
        return [f"arn:aws:iam::{ACCOUNT}:policy/circleci/circleci-web-web-{stage}" for stage in ("build", "deploy")]


def test_a_resume_right_after_a_crash_waits_until_iam_shows_what_was_done(account: Account) -> None:
    setup = managed_in_a_used_account(account)
    world = ports(account.aws)
    applied(setup, world)
    stages = [stage.model_dump() for stage in setup.stages]
    stages[0]["access"] = ["read"]
    changed = Setup.model_validate(setup.model_dump(mode="json") | {"stages": stages})
    lagging = LaggingAws(account.aws, world.clock)  # type: ignore[arg-type]  # the clock of this test
    shaken = Ports(lagging, world.clock, world.journals)
    plan = plan_for(changed, shaken)
    lagging.lag(5)
    for event in apply_plan(plan, changed, shaken, run_id="run-2"):
        if isinstance(event, Began) and event.step.endswith("create-policy-version"):
            account.aws.send(next(step.call for step in plan.steps if step.id == event.step))
            break  # the process ends after the call, before its answer

    events = list(resume("run-2", shaken))

    assert isinstance(events[-1], Verified)
    versions = account.iam.list_policy_versions(PolicyArn=lagging.arns()[0])["Versions"]
    assert sorted(version["VersionId"] for version in versions) == ["v1", "v2"]


def test_what_cannot_be_read_back_is_not_called_verified(account: Account) -> None:
    setup = nothing_there(account)

    class Blinded(FaultyAws):
        def bucket(self, name: str, *, owner: str | None) -> Bucket | None:
            found = self._aws.bucket(name, owner=owner)
            return found and replace(found, versioning=None, unread=(*found.unread, "versioning"))

    events = applied(setup, ports(Blinded(account.aws)))

    assert isinstance(events[-1], NotVerified)
    assert events[-1].differences == ("Keep old versions of objects in acme-run-tests: could not be read back",)


def test_a_bucket_whose_emptiness_may_not_be_seen_stays_and_the_rest_goes(account: Account) -> None:
    class Blinded(FaultyAws):
        def bucket_is_empty(self, name: str) -> bool:
            raise CiamError("access-denied", f"Cannot see {name}", "AWS denied it.")

    world = ports(Blinded(account.aws))
    applied(nothing_there(account), world)

    undone("run-1", world)

    shows = account.shows()
    assert [bucket["name"] for bucket in shows["buckets"]] == ["acme-run-tests"]
    assert shows["roles"] == []


def test_stopping_leaves_a_run_that_can_go_on_and_go_back(account: Account) -> None:
    setup = nothing_there(account)
    before = account.shows()
    world = ports(account.aws)
    plan = plan_for(setup, world)
    asked: list[int] = []

    def after_four() -> bool:
        asked.append(1)
        return len(asked) > 4

    events = list(apply_plan(plan, setup, world, run_id="run-1", should_stop=after_four))

    assert isinstance(events[-1], Stopped)
    assert len([event for event in events if isinstance(event, Succeeded)]) == 4
    undone("run-1", world)
    assert account.shows() == before


def test_stopping_does_not_wait_for_iam_to_show_new_roles(account: Account) -> None:
    class Slow(FaultyAws):
        def roles(self, names: Sequence[str]) -> Mapping[str, Role]:
            return {name: role for name, role in self._aws.roles(names).items() if not name.startswith("circleci-slow")}

    setup = a_setup("slow", bucket__create=True)
    world = ports(Slow(account.aws))
    plan = plan_for(setup, world)
    waited: list[Waiting] = []
    events = []
    for event in apply_plan(plan, setup, world, run_id="run-1", should_stop=lambda: bool(waited)):
        events.append(event)
        if isinstance(event, Waiting):
            waited.append(event)

    assert len(waited) == 1
    assert isinstance(events[-1], Failed)
    assert isinstance(list(resume("run-1", ports(account.aws, journals=world.journals)))[-1], Verified)  # type: ignore[arg-type]  # of this test


def test_a_difference_after_the_run_is_told_and_not_called_verified(account: Account) -> None:
    setup = nothing_there(account)
    world = ports(account.aws)
    plan = plan_for(setup, world)
    events = []
    for event in apply_plan(plan, setup, world, run_id="run-1"):
        events.append(event)
        if isinstance(event, Succeeded) and event.step == plan.steps[-1].id:
            account.iam.update_assume_role_policy(RoleName="circleci-web-build", PolicyDocument=FOREIGN_TRUST)
    assert isinstance(events[-1], NotVerified)
    assert "circleci-web-build" in events[-1].differences[0]


def test_runs_are_listed_with_what_they_made(account: Account) -> None:
    world = ports(account.aws)
    applied(nothing_there(account), world)
    listed = runs(world)
    assert [run.word for run in listed] == ["verified"]
    assert isinstance(world.journals.open("run-1").entries()[0], RunStarted)


def test_run_ids_sort_by_time() -> None:
    clock = FakeClock()
    first = new_run_id(clock)
    clock.sleep(1)
    assert first < new_run_id(clock)


def test_what_aws_does_not_tell_is_not_called_forbidden(account: Account) -> None:
    plan = plan_for(nothing_there(account), ports(account.aws))
    assert forbidden_steps(plan, account.aws) == ()
