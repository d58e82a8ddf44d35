"""Doubles of the doors to the world for the screens: an account made of frozen facts, and a disk that is a variable."""

# ruff: noqa: ARG002 - a double takes what the protocol gives it

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeVar

from ciam_tui.app.session import Mode, Session, no_circleci
from ciam_tui.core.activity import EventPage
from ciam_tui.core.answers import preset_stages
from ciam_tui.core.audit.facts import KeysRead, PoliciesRead, RolesRead
from ciam_tui.core.circleci.facts import (
    Inventory,
    OidcClaims,
    Organization,
    PipelineConfig,
    Project,
    ProjectContents,
    ProjectList,
    ProjectSettings,
    ProjectSource,
)
from ciam_tui.core.draft import BucketDraft, CircleCiDraft, Draft, ProjectDraft, RoleDraft
from ciam_tui.core.evidence.facts import JobPage
from ciam_tui.core.facts import Bucket, BucketSummary, Identity, PrefixPage, Quotas
from ciam_tui.core.opinions import NotChecked
from ciam_tui.core.problems import CiamError
from ciam_tui.core.shut_out.facts import ControlPolicies
from ciam_tui.core.users.facts import LastUse
from ciam_tui.core.users.listing import UsersRead
from ciam_tui.ports.api import Profile

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from ciam_tui.core.activity import Window
    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.document import Document
    from ciam_tui.core.evaluate import Request
    from ciam_tui.core.facts import ManagedPolicy, Provider, Role, TrustingRole
    from ciam_tui.core.opinions import AnalyzerFinding, PolicyKind, SimulatedDecision
    from ciam_tui.core.users.facts import AccessKey, Group, User
    from ciam_tui.ports.api import CircleCi, Journals, SavedDraft, Sent
    from ciam_tui.ports.circleci.secret import Secret

_Held = TypeVar("_Held", Organization, Project)
_Told = TypeVar("_Told")

NOW = datetime(2026, 8, 20, 9, 30, tzinfo=UTC)
ACCOUNT_ID = "123456789012"
IDENTITY = Identity(ACCOUNT_ID, f"arn:aws:iam::{ACCOUNT_ID}:user/dana.operator", "aws", "acme-prod")
OTHER_IDENTITY = Identity("210987654321", "arn:aws:iam::210987654321:user/dana.operator", "aws", "acme-dev")
KMS_KEY_ARN = f"arn:aws:kms:us-east-1:{ACCOUNT_ID}:key/5c0f6f0e-9d0b-4f7e-8a55-3f2b7f1c9ad4"
ORG_ID = "0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11"
WEB = ProjectDraft("6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01", "web", "github.com/acme/web")
API = ProjectDraft("15a228c5-1d0c-4343-958f-11d329619b26", "api", "github.com/acme/api")
LABS_ID = "6cf855df-0400-4885-8146-0aea9a5d2154"
ORGANIZATIONS = (
    Organization(ORG_ID, "gh/acme", "acme", "github"),
    Organization(LABS_ID, "circleci/wLHQd9DppsJcRwbos8Ljv3", "Acme Labs", "circleci"),
)
PROJECTS = tuple(Project(each.id, each.name, f"gh/acme/{each.name}", ORG_ID, each.vcs_origin, "main") for each in (API, WEB))
CALM = ProjectSettings(
    builds_fork_prs=False, forks_receive_secrets=False, ssh_disabled=True, unversioned_config=False, is_open_source=False
)


@dataclass
class FakeAws:
    """An account made of facts. `reads` counts what was asked; an exception in `refusals`, by the method's name, is raised instead."""

    who: Identity = IDENTITY
    all_buckets: Mapping[str, Bucket] = field(
        default_factory=lambda: {
            each.name: each
            for each in (
                Bucket("acme-artifacts", "us-east-1", ACCOUNT_ID, KMS_KEY_ARN, "aws:kms"),
                Bucket("acme-builds", "us-east-1", ACCOUNT_ID, None, "AES256"),
                Bucket("acme-logs-eu", "eu-west-1", ACCOUNT_ID, None, "AES256"),
            )
        }
    )
    folders: Mapping[str, tuple[str, ...]] = field(
        default_factory=lambda: {"": ("builds/", "releases/"), "builds/": ("builds/api/", "builds/web/")}
    )
    refusals: dict[str, CiamError] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    gate: threading.Event | None = None
    region: str = "us-east-1"

    def _read(self, name: str) -> None:
        self.reads.append(name)
        if self.gate is not None:
            self.gate.wait(180)
        if name in self.refusals:
            raise self.refusals[name]

    def identity(self) -> Identity:
        self._read("identity")
        return self.who

    def quotas(self) -> Quotas:
        self._read("quotas")
        return Quotas(read=True)

    def buckets(self) -> Iterator[BucketSummary]:
        self._read("buckets")
        for each in self.all_buckets.values():
            yield BucketSummary(each.name, each.region)

    def bucket(self, name: str, *, owner: str | None) -> Bucket | None:
        self._read("bucket")
        found = self.all_buckets.get(name)
        return replace(found, owner_account_id=owner or found.owner_account_id) if found else None

    def bucket_is_empty(self, name: str) -> bool:
        self._read("bucket_is_empty")
        return name not in self.all_buckets

    def prefixes(self, bucket: str, *, under: str, token: str | None = None) -> PrefixPage:
        self._read("prefixes")
        found = self.folders.get(under, ())
        if token is None and len(found) > 1000:
            return PrefixPage(found[:1000], "1000")
        return PrefixPage(found[int(token or 0) :])

    def provider(self, url: str) -> Provider | None:
        return None

    def roles(self, names: Sequence[str]) -> Mapping[str, Role]:
        return {}

    def policies(self, arns: Sequence[str]) -> Mapping[str, ManagedPolicy]:
        return {}

    def role_names_under(self, path: str) -> tuple[str, ...]:
        return ()

    def roles_trusting(self, provider_arn: str) -> tuple[TrustingRole, ...]:
        return ()

    def wanted_roles(self, is_wanted: Callable[[str, Document], bool], progress: Callable[[str], None]) -> RolesRead:
        self._read("wanted_roles")
        return RolesRead((), 0)

    def provider_arns(self) -> tuple[str, ...]:
        return ()

    def policies_in_force(self, arns: Sequence[str], progress: Callable[[str], None]) -> PoliciesRead:
        return PoliciesRead()

    def keys_ending(self, endings: AbstractSet[str], progress: Callable[[str], None]) -> KeysRead:
        return KeysRead((), 0)

    def users(self, progress: Callable[[str], None]) -> UsersRead:
        self._read("users")
        return UsersRead()

    def user(self, name: str) -> User | None:
        self._read("user")
        return None

    def virtual_mfa(self, serials: Collection[str]) -> tuple[str, ...]:
        return ()

    def access_keys(self, names: Sequence[str], progress: Callable[[str], None]) -> Mapping[str, tuple[AccessKey, ...] | None]:
        return {}

    def groups(self, names: Sequence[str], progress: Callable[[str], None]) -> Mapping[str, Group]:
        return {}

    def group_members(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...] | None]:
        return {}

    def bucket_policies(self, names: Sequence[str], progress: Callable[[str], None]) -> PoliciesRead:
        return PoliciesRead()

    def key_arns(self) -> tuple[str, ...]:
        return ()

    def may_call(self, calls: Sequence[Call]) -> Mapping[str, bool | None]:
        return {}

    def validated(self, document: Document, kind: PolicyKind) -> tuple[AnalyzerFinding, ...] | NotChecked:
        return self._opinion("validated", ())

    def simulated(
        self, requests: Sequence[Request], policies: Sequence[tuple[str, Document]], boundary: Document | None = None
    ) -> tuple[SimulatedDecision, ...] | NotChecked:
        return self._opinion("simulated", ())

    def assume_events(self, window: Window, region: str, role_arn: str | None, token: str | None = None) -> EventPage:
        self._read("assume_events")
        return EventPage((), 0)

    def key_last_use(self, key_id: str) -> LastUse:
        self._read("key_last_use")
        return LastUse(None)

    def key_events(self, key_id: str, window: Window, region: str, token: str | None = None) -> EventPage:
        self._read("key_events")
        return EventPage((), 0)

    def service_events(self, source: str, window: Window, region: str, token: str | None = None) -> EventPage:
        self._read("service_events")
        return EventPage((), 0)

    def start_service_job(self, arn: str, *, by_action: bool) -> str:
        self._read("start_service_job")
        return "job"

    def service_job(self, job_id: str, marker: str | None = None) -> JobPage:
        self._read("service_job")
        return JobPage("COMPLETED")

    def key_policy(self, arn: str) -> Document | None:
        self._read("key_policy")
        return None

    def service_control_policies(self) -> ControlPolicies:
        self._read("service_control_policies")
        return ControlPolicies(())

    def _opinion(self, name: str, told: tuple[_Told, ...]) -> tuple[_Told, ...] | NotChecked:
        try:
            self._read(name)
        except CiamError as error:
            return NotChecked.because(error)
        return told

    def send(self, call: Call) -> Sent:
        raise AssertionError(f"a screen of the wizard sent {call}")


@dataclass
class FakeCircleCi:
    """A CircleCI made of facts, in which nothing is wrong. Its lists give ids and names alone, in pages, as API v3 does.

    `reads` is what was asked; an exception in `refusals`, by the method's name, is raised instead. `gate` holds up the methods in `held`.
    """

    all_organizations: tuple[Organization, ...] = ORGANIZATIONS
    all_projects: tuple[Project, ...] = PROJECTS
    settings: ProjectSettings = CALM
    claims: Mapping[str | None, OidcClaims] = field(default_factory=dict)
    refusals: dict[str, CiamError] = field(default_factory=dict)
    reads: list[str] = field(default_factory=list)
    gate: threading.Event | None = None
    held: frozenset[str] = frozenset()
    config: PipelineConfig | None = field(default_factory=lambda: PipelineConfig("version: 2.1\n"))
    page_size: int = 50
    closed: bool = False
    host: str = "https://circleci.example"
    is_server: bool = False

    def _read(self, name: str, what: str = "") -> None:
        self.reads.append(f"{name} {what}".strip())
        if self.gate is not None and name in self.held:
            self.gate.wait(180)
        if name in self.refusals:
            raise self.refusals[name]

    def close(self) -> None:
        self.closed = True

    def organizations(self) -> tuple[Organization, ...]:
        self._read("organizations")
        return self.all_organizations

    def organization(self, slug_or_id: str) -> Organization:
        self._read("organization", slug_or_id)
        return self._found(self.all_organizations, slug_or_id)

    def projects(self, organization: Organization, page: Callable[[Sequence[Project]], None] | None = None) -> ProjectList:
        self._read("projects")
        listed = tuple(Project(each.id, each.name, org_id=each.org_id) for each in self.all_projects if each.org_id == organization.id)
        for start in range(0, len(listed), self.page_size):
            if page is not None:
                page(listed[start : start + self.page_size])
            self._read("page")
        return ProjectList(listed, ProjectSource.ORGANIZATION)

    def project(self, slug_or_id: str) -> Project:
        self._read("project", slug_or_id)
        return self._found(self.all_projects, slug_or_id)

    def project_settings(self, project: Project) -> ProjectSettings:
        self._read("project_settings", project.id)
        return self.settings

    def latest_config(self, project: Project) -> PipelineConfig | None:
        self._read("latest_config", project.id)
        return self.config

    def oidc_claims(self, org_id: str, project_id: str | None = None) -> OidcClaims:
        self._read("oidc_claims")
        return self.claims.get(project_id, OidcClaims())

    def issuer(self, org_id: str, typed: str | None = None) -> str:
        self._read("issuer")
        return f"https://oidc.circleci.com/org/{org_id}"

    def inventory(
        self,
        organization: Organization,
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool],
        projects: Sequence[Project] | None = None,
    ) -> Inventory:
        self._read("inventory")
        return Inventory(organization, (), tuple(ProjectContents(each, ()) for each in projects or ()))

    def _found(self, all_of_them: Sequence[_Held], slug_or_id: str) -> _Held:
        for each in all_of_them:
            if slug_or_id in (each.id, each.slug):
                return each
        raise CiamError("circleci-not-found", "Cannot read it", f"CircleCI has no {slug_or_id}, or does not show it to you.")


def circleci_door(circleci: FakeCircleCi) -> Callable[[Secret | None], CircleCi]:
    """What opens `circleci`, whatever the token."""
    return lambda _: circleci  # type: ignore[return-value] # nothing in the wizard writes to CircleCI


@dataclass
class FakeAccess:
    """Profiles, and the account that each of them opens."""

    accounts: Mapping[str | None, FakeAws] = field(
        default_factory=lambda: {None: FakeAws(), "prod": FakeAws(), "dev": FakeAws(OTHER_IDENTITY)}
    )
    all_profiles: tuple[Profile, ...] = (Profile("prod", "sso", "us-east-1"), Profile("dev", "keys", "eu-west-1"))
    ask: str = ""
    codes: list[str] = field(default_factory=list)

    def profiles(self) -> tuple[Profile, ...]:
        return self.all_profiles

    def regions(self) -> tuple[str, ...]:
        return ("eu-west-1", "us-east-1")

    def open(self, profile: str | None, region: str | None, *, ask_mfa: Callable[[str], str] | None = None) -> FakeAws:
        if self.ask and ask_mfa is not None:
            self.codes.append(ask_mfa(self.ask))
        return self.accounts[profile]


@dataclass
class FakeDrafts:
    """A disk that is a variable."""

    saved: SavedDraft | None = None
    failure: CiamError | None = None
    times: int = 0
    gate: threading.Event | None = None

    def load(self) -> SavedDraft | None:
        if self.gate is not None:
            self.gate.wait(180)
        return self.saved

    def save(self, saved: SavedDraft) -> None:
        if self.failure is not None:
            raise self.failure
        self.saved = saved
        self.times += 1

    def discard(self) -> None:
        self.saved = None

    def where(self) -> str:
        return "/home/dana/.local/state/ciam-tui/draft.json"


@dataclass
class FakeClipboard:
    """What was copied."""

    works: bool = True
    text: str = ""

    def copy(self, text: str) -> bool:
        self.text = text
        return self.works


class FixedClock:
    """It is always the same moment."""

    def now(self) -> datetime:
        return NOW

    def sleep(self, seconds: float) -> None:
        raise AssertionError(f"a screen of the wizard slept {seconds} seconds")


class NoJournals:
    """The wizard before Review has no journal."""

    def run_ids(self) -> tuple[str, ...]:
        return ()


def fake_session(
    access: FakeAccess | None = None,
    drafts: FakeDrafts | None = None,
    *,
    mode: Mode = Mode.LIVE,
    circleci: FakeCircleCi | None = None,
    has_token: bool = True,
    profile: str | None = "prod",
) -> Session:
    """A session on the fakes."""
    known = access or FakeAccess()
    journals: Journals = NoJournals()  # type: ignore[assignment] # nothing here asks for one
    return Session(
        mode,
        drafts or FakeDrafts(),
        journals,
        FakeClipboard(),
        FixedClock(),
        lambda: known,
        profile=profile,
        region="us-east-1",
        open_circleci=circleci_door(circleci or FakeCircleCi()) if has_token else no_circleci,
    )


def signed_in(aws: FakeAws | None = None, drafts: FakeDrafts | None = None, circleci: FakeCircleCi | None = None) -> Session:
    """A session whose operator is known from the start."""
    session = fake_session(drafts=drafts, circleci=circleci)
    account = aws or FakeAws()
    session.become(account, account.who, profile="prod", region="us-east-1")
    return session


BUCKET = BucketDraft("acme-builds", "us-east-1")
WITH_BUCKET = Draft(ACCOUNT_ID, bucket=BUCKET, role=RoleDraft("circleci-"))
WITH_STAGES = replace(WITH_BUCKET, base_prefix="builds/", stages=preset_stages("builds/"))
WITH_PROJECTS = replace(WITH_STAGES, circleci=CircleCiDraft(ORG_ID, "gh/acme", projects=(API, WEB)))
