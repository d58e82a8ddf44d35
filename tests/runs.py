"""What the tests of runs stand on: an account in a process of its own, journals in memory that can fail, a clock that never waits."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ciam_tui.apply import Ports
from ciam_tui.core.journal import Entry, from_line, to_line
from ciam_tui.core.setup import Setup
from ciam_tui.ports.api import WriteFailed, WriteOutcome

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ciam_tui.core.changes.calls import Call
    from ciam_tui.ports.api import Aws, Sent

ORG = "0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b22"
WEB = {"id": "6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01", "name": "web", "vcs_origin": "github.com/acme/web"}
ACCOUNT = "123456789012"


class CrashError(BaseException):
    """The process ends here: nothing of the program may catch it."""


@dataclass
class FakeClock:
    """A clock that moves only when somebody sleeps."""

    time: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
    slept: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.time += timedelta(seconds=seconds)


@dataclass
class MemoryJournal:
    """A journal that keeps lines, as the one on the disk does, and ends the process after a given number of them."""

    run_id: str
    lines: list[str] = field(default_factory=list)
    crash_after: int | None = None

    def append(self, entry: Entry) -> None:
        self.lines.append(to_line(entry))
        if self.crash_after is not None and len(self.lines) >= self.crash_after:
            self.crash_after = None
            raise CrashError

    def entries(self) -> tuple[Entry, ...]:
        return tuple(from_line(line) for line in self.lines)


@dataclass
class MemoryJournals:
    made: dict[str, MemoryJournal] = field(default_factory=dict)
    crash_after: int | None = None
    locked: set[tuple[str, str]] = field(default_factory=set)

    def create(self, run_id: str) -> MemoryJournal:
        self.made[run_id] = MemoryJournal(run_id, crash_after=self.crash_after)
        return self.made[run_id]

    def open(self, run_id: str) -> MemoryJournal:
        return self.made[run_id]

    def run_ids(self) -> tuple[str, ...]:
        return tuple(self.made)

    @contextmanager
    def lock(self, account_id: str, setup_id: str) -> Iterator[None]:
        assert (account_id, setup_id) not in self.locked, f"two runs at once on {account_id} {setup_id}"
        self.locked.add((account_id, setup_id))
        try:
            yield
        finally:
            self.locked.discard((account_id, setup_id))


class FaultyAws:
    """An account whose n-th write goes wrong: `fault` is how, `has_effect` whether it happened all the same."""

    def __init__(
        self, aws: Aws, *, nth: int = 0, outcome: WriteOutcome = WriteOutcome.UNKNOWN, has_effect: bool = False, code: str = "injected"
    ) -> None:
        self._aws = aws
        self._nth, self._outcome, self._has_effect, self._code = nth, outcome, has_effect, code
        self.sent: list[Call] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._aws, name)

    def send(self, call: Call) -> Sent:
        self.sent.append(call)
        if len(self.sent) != self._nth:
            return self._aws.send(call)
        if self._has_effect:
            self._aws.send(call)
        raise WriteFailed(
            self._outcome,
            self._code,
            "AWS did not answer",
            f"{call.operation} got no answer that can be read.",
            request_id="of-the-failure",
        )


def ports(aws: Any, *, journals: MemoryJournals | None = None, circleci: Any = None) -> Ports:
    return Ports(aws, FakeClock(), journals or MemoryJournals(), circleci)


def a_setup(name: str = "web", **changes: Any) -> Setup:
    """A valid Setup with two stages; `changes` replace whole parts, or single keys by `part__key`."""
    answers: dict[str, Any] = {
        "version": 1,
        "account_id": ACCOUNT,
        "partition": "aws",
        "bucket": {"name": "acme-run-tests", "region": "us-east-1", "create": True},
        "circleci": {"org_id": ORG, "org_slug": "gh/acme", "projects": [WEB]},
        "stages": [
            {"name": "build", "prefix": "builds/", "access": ["read", "write"]},
            {"name": "deploy", "prefix": "releases/", "access": ["read", "write", "delete"], "branches": ["main"], "session_seconds": 7200},
        ],
        "role": {"name_prefix": f"circleci-{name}-"},
    }
    for key, value in changes.items():
        part, _, inner = key.partition("__")
        if inner:
            answers[part] = {**answers[part], inner: value}
        else:
            answers[part] = value
    return Setup.model_validate(answers)


def snapshot(iam: Any, s3: Any) -> dict[str, Any]:
    """Everything of the account that a run could touch: roles, policies, providers and buckets, without ids of policy versions and dates."""
    details = iam.get_account_authorization_details(MaxItems=1000)
    providers = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    return {
        "roles": _sorted(_role(iam, role) for role in details["RoleDetailList"]),
        "policies": _sorted(_policy(iam, policy) for policy in details["Policies"] if ":aws:policy" not in policy["Arn"]),
        "providers": _sorted(_provider(iam, each["Arn"]) for each in providers),
        "buckets": _sorted(_bucket(s3, bucket["Name"]) for bucket in s3.list_buckets()["Buckets"]),
    }


def _sorted(shown: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(shown, key=lambda each: str(each.get("name") or each.get("arn")))


def _role(iam: Any, role: Mapping[str, Any]) -> dict[str, Any]:
    read = iam.get_role(RoleName=role["RoleName"])["Role"]
    return {
        "name": role["RoleName"],
        "path": role["Path"],
        "trust": role["AssumeRolePolicyDocument"],
        "inline": sorted((each["PolicyName"], each["PolicyDocument"]) for each in role["RolePolicyList"]),
        "attached": sorted(each["PolicyArn"] for each in role["AttachedManagedPolicies"]),
        "tags": _tags(role["Tags"]),
        "boundary": role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn"),
        "description": read.get("Description", ""),
        "max_session": read["MaxSessionDuration"],
    }


def _policy(iam: Any, policy: Mapping[str, Any]) -> dict[str, Any]:
    versions = policy["PolicyVersionList"]
    return {
        "arn": policy["Arn"],
        "default": next(version["Document"] for version in versions if version["IsDefaultVersion"]),
        "versions": sorted(str(version["Document"]) for version in versions),
        "tags": _tags(iam.list_policy_tags(PolicyArn=policy["Arn"])["Tags"]),
    }


def _provider(iam: Any, arn: str) -> dict[str, Any]:
    read = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    return {"arn": arn, "clients": sorted(read["ClientIDList"]), "tags": _tags(read.get("Tags", []))}


def _bucket(s3: Any, name: str) -> dict[str, Any]:
    def asked(operation: str, key: str) -> Any:
        try:
            return getattr(s3, operation)(Bucket=name).get(key)
        except s3.exceptions.ClientError as error:
            return error.response["Error"]["Code"]

    return {
        "name": name,
        "region": asked("get_bucket_location", "LocationConstraint"),
        "tags": _tags(found) if isinstance(found := asked("get_bucket_tagging", "TagSet"), list) else found,
        "policy": asked("get_bucket_policy", "Policy"),
        "blocked": asked("get_public_access_block", "PublicAccessBlockConfiguration"),
        "ownership": asked("get_bucket_ownership_controls", "OwnershipControls"),
        "encryption": asked("get_bucket_encryption", "ServerSideEncryptionConfiguration"),
        "versioning": asked("get_bucket_versioning", "Status"),
    }


def _tags(tags: Sequence[Mapping[str, str]]) -> list[tuple[str, str]]:
    """Without the run's own tag: an undisturbed run and a resumed one have different ids."""
    return sorted((each["Key"], each.get("Value", "")) for each in tags if each["Key"] != "ciam-tui-run")
