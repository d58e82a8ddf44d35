"""The `Aws` protocol over boto3: one account as one operator sees it, put together from the modules that know a service each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.facts import Identity, Quotas
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.aws import activity, guards, key_use, opinions, organization
from ciam_tui.ports.aws.answers import ACCESS_DENIED
from ciam_tui.ports.aws.authorization import read_policies_in_force, read_provider_arns, read_wanted_roles
from ciam_tui.ports.aws.buckets import BucketReads
from ciam_tui.ports.aws.permission import may_call
from ciam_tui.ports.aws.policies import read_policies
from ciam_tui.ports.aws.providers import read_provider
from ciam_tui.ports.aws.roles import read_role_names_under, read_roles, read_roles_trusting
from ciam_tui.ports.aws.single_users import read_group_members, read_groups
from ciam_tui.ports.aws.user_details import read_user, read_virtual_mfa
from ciam_tui.ports.aws.user_keys import read_keys_ending, read_keys_of
from ciam_tui.ports.aws.users import read_users
from ciam_tui.ports.aws.writes import Writer, region_made_in
from ciam_tui.ports.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from ciam_tui.core.activity import EventPage, Window
    from ciam_tui.core.audit.facts import KeysRead, PoliciesRead, RolesRead
    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.document import Document
    from ciam_tui.core.evaluate import Request
    from ciam_tui.core.evidence.facts import JobPage
    from ciam_tui.core.facts import Bucket, BucketSummary, ManagedPolicy, PrefixPage, Provider, Role, TrustingRole
    from ciam_tui.core.opinions import AnalyzerFinding, NotChecked, PolicyKind, SimulatedDecision
    from ciam_tui.core.organization.facts import MemberAccount
    from ciam_tui.core.shut_out.facts import ControlPolicies
    from ciam_tui.core.users.facts import AccessKey, Group, LastUse, User
    from ciam_tui.core.users.listing import UsersRead
    from ciam_tui.ports.api import Clock, Sent
    from ciam_tui.ports.aws.clients import Clients


class BotoAws:
    """`Aws` over boto3. Safe to use from several threads; nothing is sent before the first read."""

    def __init__(self, clients: Clients, clock: Clock | None = None) -> None:
        self._clients = clients
        self._clock = clock or SystemClock()
        self._buckets = BucketReads(clients)
        self._writer = Writer(clients)
        self._identity: Identity | None = None
        self._role_arns: dict[str, str] = {}
        self._user_arns: dict[str, str] = {}

    @property
    def region(self) -> str:
        """The region of the session."""
        return self._clients.region

    @property
    def profile(self) -> str | None:
        """The profile of the session, None for the environment's keys and the default chain."""
        return self._clients.profile

    def close(self) -> None:
        """Close all connections."""
        self._clients.close()

    def identity(self) -> Identity:
        """Who the operator is. Asked once: it cannot change within a session."""
        if self._identity is None:
            sts = self._clients.sts()
            caller = self._clients.ask("see who you are at AWS", sts.get_caller_identity)
            arn = caller["Arn"]
            self._identity = Identity(account_id=caller["Account"], arn=arn, partition=arn.split(":")[1], alias=self._alias())
        return self._identity

    def quotas(self) -> Quotas:
        """The account's quotas; where they may not be read, AWS's defaults with `read=False`."""
        iam = self._clients.iam()
        try:
            summary = self._clients.ask("read the account's quotas", iam.get_account_summary)["SummaryMap"]
        except CiamError as error:
            if error.code != ACCESS_DENIED:
                raise
            return Quotas()
        default = Quotas()
        return Quotas(
            trust_policy_size=summary.get("AssumeRolePolicySizeQuota", default.trust_policy_size),
            inline_policies_size=summary.get("RolePolicySizeQuota", default.inline_policies_size),
            managed_policy_size=summary.get("PolicySizeQuota", default.managed_policy_size),
            versions_per_policy=summary.get("VersionsPerPolicyQuota", default.versions_per_policy),
            attached_policies_per_role=summary.get("AttachedPoliciesPerRoleQuota", default.attached_policies_per_role),
            read=True,
        )

    def buckets(self) -> Iterator[BucketSummary]:
        """The account's buckets, a page at a time."""
        return self._buckets.summaries()

    def bucket(self, name: str, *, owner: str | None) -> Bucket | None:
        """The bucket, None where there is none; see `BucketReads.bucket`."""
        return self._buckets.bucket(name, owner=owner)

    def bucket_is_empty(self, name: str) -> bool:
        """Whether the bucket holds nothing at all: no object, no version, no delete marker, no upload under way."""
        return self._buckets.is_empty(name)

    def prefixes(self, bucket: str, *, under: str, token: str | None = None) -> PrefixPage:
        """One page of the prefixes one level under `under`. A page may be empty and not the last, where only objects are."""
        return self._buckets.prefixes(bucket, under=under, token=token)

    def provider(self, url: str) -> Provider | None:
        """The OIDC provider of the issuer `url` (without https://), None where the account has none."""
        return read_provider(self._clients, self.identity(), url)

    def roles(self, names: Sequence[str]) -> Mapping[str, Role]:
        """Those of the roles `names` that exist, by name in lower case."""
        found = read_roles(self._clients, names)
        self._role_arns.update({name: role.arn for name, role in found.items()})
        return found

    def policies(self, arns: Sequence[str]) -> Mapping[str, ManagedPolicy]:
        """Those of the managed policies `arns` that exist, by ARN."""
        return read_policies(self._clients, arns)

    def role_names_under(self, path: str) -> tuple[str, ...]:
        """The names of all roles whose IAM path begins with `path`."""
        return read_role_names_under(self._clients, path)

    def roles_trusting(self, provider_arn: str) -> tuple[TrustingRole, ...]:
        """All roles of the account whose trust policy names the provider."""
        return read_roles_trusting(self._clients, provider_arn)

    def wanted_roles(self, is_wanted: Callable[[str, Document], bool], progress: Callable[[str], None]) -> RolesRead:
        """Those roles of the account, given by name and trust policy, that `is_wanted`; page by page, see `read_wanted_roles`."""
        return read_wanted_roles(self._clients, is_wanted, progress)

    def provider_arns(self) -> tuple[str, ...]:
        """The ARNs of the account's OIDC providers."""
        return read_provider_arns(self._clients)

    def policies_in_force(self, arns: Sequence[str], progress: Callable[[str], None]) -> PoliciesRead:
        """The documents in force of managed policies, AWS's own among them."""
        return read_policies_in_force(self._clients, arns, progress)

    def keys_ending(self, endings: AbstractSet[str], progress: Callable[[str], None]) -> KeysRead:
        """The access keys of users whose ids end in one of `endings`."""
        return read_keys_ending(self._clients, endings, progress)

    def user(self, name: str) -> User | None:
        """The user with all that hangs on it, None where there is none; see `read_user`."""
        found = read_user(self._clients, name)
        if found is not None:
            self._user_arns[found.name.lower()] = found.arn
        return found

    def virtual_mfa(self, serials: Collection[str]) -> tuple[str, ...]:
        """Those of the virtual MFA devices that exist."""
        return read_virtual_mfa(self._clients, serials)

    def users(self, progress: Callable[[str], None]) -> UsersRead:
        """The users with access keys; see `read_users`."""
        return read_users(self._clients, self._clock, progress)

    def access_keys(self, names: Sequence[str], progress: Callable[[str], None]) -> Mapping[str, tuple[AccessKey, ...] | None]:
        """The access keys of users with their ids; their last uses are not among it."""
        return read_keys_of(self._clients, names, progress)

    def groups(self, names: Sequence[str], progress: Callable[[str], None]) -> Mapping[str, Group]:
        """Those of the groups that may be read, with their policies."""
        return read_groups(self._clients, names, progress)

    def group_members(self, names: Sequence[str]) -> Mapping[str, tuple[str, ...] | None]:
        """The names of the users in those of the groups that exist, None where they may not be read."""
        return read_group_members(self._clients, names)

    def bucket_policies(self, names: Sequence[str], progress: Callable[[str], None]) -> PoliciesRead:
        """The policies of buckets, by their names."""
        return self._buckets.policies(names, progress)

    def key_arns(self) -> tuple[str, ...]:
        """The ARNs of the region's KMS keys."""
        return guards.read_key_arns(self._clients)

    def may_call(self, calls: Sequence[Call]) -> Mapping[str, bool | None]:
        """For each IAM action that `calls` need (`iam:CreateRole`): whether the operator may, None where AWS does not tell."""
        return may_call(self._clients, self.identity(), calls, self._role_arns, self._user_arns)

    def validated(self, document: Document, kind: PolicyKind) -> tuple[AnalyzerFinding, ...] | NotChecked:
        """What Access Analyzer finds in `document`."""
        return opinions.validated(self._clients, document, kind)

    def simulated(
        self, requests: Sequence[Request], policies: Sequence[tuple[str, Document]], boundary: Document | None = None
    ) -> tuple[SimulatedDecision, ...] | NotChecked:
        """What IAM's simulator answers to `requests` about a principal with `policies`."""
        return opinions.simulated(self._clients, requests, policies, boundary)

    def assume_events(self, window: Window, region: str, role_arn: str | None, token: str | None = None) -> EventPage:
        """One page of CloudTrail's events in which somebody asked for a role with a token; of any role where `role_arn` is None."""
        return activity.assume_events(self._clients, window, region, role_arn, token)

    def key_last_use(self, key_id: str) -> LastUse:
        """When the access key was last used, and for what."""
        return key_use.read_key_last_use(self._clients, key_id)

    def key_events(self, key_id: str, window: Window, region: str, token: str | None = None) -> EventPage:
        """One page of CloudTrail's events of the access key."""
        return key_use.read_key_events(self._clients, key_id, window, region, token)

    def service_events(self, source: str, window: Window, region: str, token: str | None = None) -> EventPage:
        """One page of CloudTrail's events of a service, everybody's."""
        return key_use.read_service_events(self._clients, source, window, region, token)

    def start_service_job(self, arn: str, *, by_action: bool) -> str:
        """The id of IAM's job about the services that the principal with `arn` asked."""
        return key_use.start_service_job(self._clients, arn, by_action=by_action)

    def service_job(self, job_id: str, marker: str | None = None) -> JobPage:
        """The state of that job, and a page of what it found."""
        return key_use.read_service_job(self._clients, job_id, marker)

    def key_policy(self, arn: str) -> Document | None:
        """The policy of a KMS key."""
        return guards.read_key_policy(self._clients, arn)

    def service_control_policies(self) -> ControlPolicies:
        """The organization's policies that bear on the account, as far as they can be read."""
        return guards.read_control_policies(self._clients, self.identity().account_id)

    def accounts(self, units: Sequence[str], progress: Callable[[str], None]) -> tuple[MemberAccount, ...]:
        """The accounts of the organization, or of some of its units."""
        return organization.read_accounts(self._clients, self.identity(), units, progress)

    def in_account(self, account_id: str, role: str, external_id: str | None) -> BotoAws:
        """That account by the role, to be read and closed. Asks for its credentials at once."""
        return BotoAws(organization.take_role(self._clients, self.identity(), account_id, role, external_id), self._clock)

    def send(self, call: Call) -> Sent:
        """Send `call` exactly once.

        Raises:
            WriteFailed: it did not answer with success; `outcome` says what is known.
        """
        bucket = str(call.params.get("Bucket", ""))
        sent = self._writer.send(call, bucket_region=self._buckets.known_region(bucket))
        made_in = region_made_in(call)
        if made_in is not None:
            self._buckets.learn_region(bucket, made_in)
        return sent

    def _alias(self) -> str | None:
        iam = self._clients.iam()
        try:
            aliases = self._clients.ask("read the account's alias", iam.list_account_aliases)["AccountAliases"]
        except CiamError as error:
            if error.code != ACCESS_DENIED:
                raise
            return None
        return next(iter(aliases), None)
