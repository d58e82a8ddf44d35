"""The doors to the world as protocols: what the rest of the house may ask of AWS, CircleCI, the disk, the clipboard and the clock.

Front ends and `apply` know these protocols alone. So a test hands in a clock that does not wait, or an account that fails on the third
call, and the code under test is the code that runs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet
    from contextlib import AbstractContextManager
    from datetime import datetime

    from ciam_tui.core.activity import EventPage, Window
    from ciam_tui.core.audit.facts import KeysRead, PoliciesRead, RolesRead
    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.circleci_facts import (
        CircleCiUser,
        Context,
        Inventory,
        OidcClaims,
        Organization,
        PipelineConfig,
        Project,
        ProjectList,
        ProjectSettings,
        Restriction,
        RestrictionType,
        Variable,
    )
    from ciam_tui.core.document import Document
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.evaluate import Request
    from ciam_tui.core.facts import Bucket, BucketSummary, Identity, ManagedPolicy, PrefixPage, Provider, Quotas, Role, TrustingRole
    from ciam_tui.core.journal import Entry
    from ciam_tui.core.opinions import AnalyzerFinding, NotChecked, PolicyKind, SimulatedDecision


class WriteOutcome(StrEnum):
    """What a failed write leaves behind, as far as one can know."""

    REFUSED = "refused"  # the answer was no: nothing changed
    THROTTLED = "throttled"  # the answer was to come back later: nothing changed
    UNKNOWN = "unknown"  # no answer, a 5xx, or one that cannot be read: it may or may not have happened


class WriteFailed(CiamError):
    """A write that did not answer with success. `outcome` says what is known about its effect."""

    def __init__(self, outcome: WriteOutcome, code: str, title: str, message: str, suggestions: Sequence[str] = ()) -> None:
        super().__init__(code, title, message, suggestions)
        self.outcome = outcome


@dataclass(frozen=True, slots=True)
class Sent:
    """AWS's answer to a write: its request id, and the ids of what it made (`role_id`, `policy_id`, `version_id`)."""

    request_id: str
    ids: Mapping[str, str] = field(default_factory=dict)


class Aws(Protocol):
    """One account, seen by one operator. Reads retry by themselves; `send` sends once.

    What may take long tells `progress` in the caller's thread what it is at; what that raises ends the reading.
    Every read raises CiamError: code `access-denied` when the operator may not, `no-credentials`, `sso-expired`, `unreachable`, ...

    Second opinions (`validated`, `simulated`) never raise it: they say that they are not checked, and why. They and `assume_events`, one page
    of CloudTrail about a role or, with None, about all, ask once and do not wait long.
    """

    @property
    def region(self) -> str: ...
    def identity(self) -> Identity: ...
    def quotas(self) -> Quotas: ...
    def buckets(self) -> Iterator[BucketSummary]: ...
    def bucket(self, name: str, *, owner: str | None) -> Bucket | None: ...
    def bucket_is_empty(self, name: str) -> bool: ...
    def prefixes(self, bucket: str, *, under: str, token: str | None = None) -> PrefixPage: ...
    def provider(self, url: str) -> Provider | None: ...
    def roles(self, names: Sequence[str]) -> Mapping[str, Role]: ...
    def policies(self, arns: Sequence[str]) -> Mapping[str, ManagedPolicy]: ...
    def role_names_under(self, path: str) -> tuple[str, ...]: ...
    def roles_trusting(self, provider_arn: str) -> tuple[TrustingRole, ...]: ...
    def wanted_roles(self, is_wanted: Callable[[str, Document], bool], progress: Callable[[str], None]) -> RolesRead: ...
    def provider_arns(self) -> tuple[str, ...]: ...
    def policies_in_force(self, arns: Sequence[str], progress: Callable[[str], None]) -> PoliciesRead: ...
    def keys_ending(self, endings: AbstractSet[str], progress: Callable[[str], None]) -> KeysRead: ...
    def may_call(self, calls: Sequence[Call]) -> Mapping[str, bool | None]: ...
    def send(self, call: Call) -> Sent: ...
    def validated(self, document: Document, kind: PolicyKind) -> tuple[AnalyzerFinding, ...] | NotChecked: ...
    def simulated(
        self, requests: Sequence[Request], policies: Sequence[tuple[str, Document]], boundary: Document | None = None
    ) -> tuple[SimulatedDecision, ...] | NotChecked: ...
    def assume_events(self, window: Window, region: str, role_arn: str | None, token: str | None = None) -> EventPage: ...


class CircleCi(Protocol):
    """CircleCI, seen by the user of one token. Reads page to the end and retry by themselves; writes are sent once.

    Every read raises CiamError: code `circleci-token-refused`, `circleci-forbidden`, `circleci-not-found`, `circleci-throttled`,
    `circleci-unreachable`, ... Every write raises WriteFailed with the same codes. A context that does not exist is `circleci-forbidden`,
    since CircleCI does not tell one from a context that the user may not see. A project is named by its slug or its id.

    `latest_config` is what the newest pipeline on the project's default branch ran by; None where there is no such pipeline or branch.
    `projects` hands each page of a long list to `page` as it comes; what that raises ends the reading. `close` lets go of the connections.
    """

    @property
    def host(self) -> str: ...
    @property
    def is_server(self) -> bool: ...
    def close(self) -> None: ...
    def me(self) -> CircleCiUser: ...
    def organizations(self) -> tuple[Organization, ...]: ...
    def organization(self, slug_or_id: str) -> Organization: ...
    def projects(self, organization: Organization, page: Callable[[Sequence[Project]], None] | None = None) -> ProjectList: ...
    def project(self, slug_or_id: str) -> Project: ...
    def project_settings(self, project: Project) -> ProjectSettings: ...
    def project_variables(self, project: Project) -> tuple[Variable, ...]: ...
    def latest_config(self, project: Project) -> PipelineConfig | None: ...
    def contexts(self, organization: Organization) -> tuple[Context, ...]: ...
    def context_variables(self, context_id: str) -> tuple[Variable, ...]: ...
    def context_restrictions(self, context_id: str) -> tuple[Restriction, ...]: ...
    def oidc_claims(self, org_id: str, project_id: str | None = None) -> OidcClaims: ...
    def issuer(self, org_id: str, typed: str | None = None) -> str: ...
    def inventory(
        self,
        organization: Organization,
        progress: Callable[[int, int], None],
        should_stop: Callable[[], bool],
        projects: Sequence[Project] | None = None,
    ) -> Inventory: ...
    def create_context(self, organization: Organization, name: str) -> Context: ...
    def delete_context(self, context_id: str) -> None: ...
    def set_context_variable(self, context_id: str, name: str, value: str) -> Variable: ...
    def delete_context_variable(self, context_id: str, name: str) -> None: ...
    def add_restriction(self, context_id: str, kind: RestrictionType, value: str) -> Restriction: ...
    def remove_restriction(self, context_id: str, restriction_id: str) -> None: ...
    def delete_project_variable(self, project: Project, name: str) -> None: ...


class Clock(Protocol):
    def now(self) -> datetime: ...
    def sleep(self, seconds: float) -> None: ...


@dataclass(frozen=True, slots=True)
class SavedDraft:
    """A draft with where its user was: the step's id, the profile and region in use, and when it was saved (UTC)."""

    draft: Draft
    step: str
    profile: str | None
    saved_at: datetime


class Drafts(Protocol):
    """The one draft of this state directory. `save` replaces it whole, or leaves the old one; `where` names the file."""

    def load(self) -> SavedDraft | None: ...
    def save(self, saved: SavedDraft) -> None: ...
    def discard(self) -> None: ...
    def where(self) -> str: ...


class Journal(Protocol):
    """One run's record. `append` returns once the entry is on the disk (flushed and fsynced)."""

    @property
    def run_id(self) -> str: ...
    def append(self, entry: Entry) -> None: ...
    def entries(self) -> tuple[Entry, ...]: ...


class Journals(Protocol):
    """All runs of this state directory."""

    def create(self, run_id: str) -> Journal: ...
    def open(self, run_id: str) -> Journal: ...
    def run_ids(self) -> tuple[str, ...]: ...
    def lock(self, account_id: str, setup_id: str) -> AbstractContextManager[None]: ...


class Clipboard(Protocol):
    def copy(self, text: str) -> bool: ...


@dataclass(frozen=True, slots=True)
class Profile:
    """A profile of the shared AWS configuration.

    `kind` is how it gets credentials: `keys`, `sso`, `role`, `process`, `environment`, `login` or `other`. The keys of the environment are a profile without a name (`""`), which is opened as None.
    """

    name: str
    kind: str
    region: str | None = None


class AwsAccess(Protocol):
    """How to become an operator: the profiles there are, and the account that one of them opens. `ask_mfa` is called for an MFA code."""

    def profiles(self) -> tuple[Profile, ...]: ...
    def regions(self) -> tuple[str, ...]: ...
    def open(self, profile: str | None, region: str | None, *, ask_mfa: Callable[[str], str] | None = None) -> Aws: ...
