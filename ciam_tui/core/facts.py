"""What was read from the world, as values: the ground on which a plan stands and against which it is checked afterwards.

Every fact is either known or told to be unread (`Facts.unread`): nothing that could not be read is ever taken for absent. The values are
frozen, so that "what changed since the plan was made" is a comparison of two of them.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  pydantic resolves the annotations when a journal is read
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  pydantic resolves the annotation when a journal is read

from ciam_tui.core.document import Document  # noqa: TC001  as above
from ciam_tui.core.users.facts import User  # noqa: TC001  as above

MANAGED_BY_TAG = "managed-by"
MANAGED_BY = "ciam-tui"
SETUP_TAG = "ciam-tui-setup"
RUN_TAG = "ciam-tui-run"

# The type of restriction that is a group of people.
GROUP = "group"

# Paths under which AWS services own the roles: nobody else may change those.
# https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_create-service-linked-role.html
SERVICE_ROLE_PATHS = ("/aws-service-role/", "/aws-reserved/")


@dataclass(frozen=True, slots=True)
class Identity:
    """The operator, as AWS sees them. `alias` is the account's alias, None where there is none or it may not be read."""

    account_id: str
    arn: str
    partition: str
    alias: str | None = None


@dataclass(frozen=True, slots=True)
class Quotas:
    """The account's IAM quotas, in characters (without white space) and counts. The defaults are AWS's; `read` says whether they were read.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """

    trust_policy_size: int = 2048
    inline_policies_size: int = 10240
    managed_policy_size: int = 6144
    versions_per_policy: int = 5
    attached_policies_per_role: int = 10
    read: bool = False


@dataclass(frozen=True, slots=True)
class BucketSummary:
    """A bucket of a list. `region` is None where the list does not say."""

    name: str
    region: str | None = None


@dataclass(frozen=True, slots=True)
class PrefixPage:
    """One page of the common prefixes one level under a prefix. `next_token` is None on the last page."""

    prefixes: tuple[str, ...]
    next_token: str | None = None


@dataclass(frozen=True, slots=True)
class Bucket:
    """A bucket and what decides who gets in.

    `owner_account_id` is the account that S3 confirmed as owner (HeadBucket with ExpectedBucketOwner), None where it could not be asked.
    None in the other fields means that the setting is not there; what could not be read is named in `unread` by field name.
    """

    name: str
    region: str
    owner_account_id: str | None = None
    kms_key_arn: str | None = None
    encryption: str | None = None
    public_access_blocked: bool | None = None
    ownership: str | None = None
    versioning: str | None = None
    policy: Document | None = None
    tags: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Provider:
    """An OIDC identity provider of the account, its client ids and tags sorted. `url` is without `https://`, as IAM returns it and condition keys use it."""

    arn: str
    url: str
    client_ids: tuple[str, ...]
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Role:
    """A role and all that hangs on it. `inline` holds pairs of policy name and document, `attached` managed policies' ARNs; all sorted."""

    name: str
    arn: str
    role_id: str
    path: str
    trust: Document
    description: str = ""
    max_session_seconds: int = 3600
    boundary: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    inline: tuple[tuple[str, Document], ...] = ()
    attached: tuple[str, ...] = ()
    last_used: datetime | None = None
    last_used_region: str | None = None

    @property
    def is_service_role(self) -> bool:
        """Whether an AWS service owns the role."""
        return self.path.startswith(SERVICE_ROLE_PATHS)


@dataclass(frozen=True, slots=True)
class PolicyVersion:
    """A version of a managed policy: `v1`, `v2`, ..., in the order of creation."""

    id: str
    document: Document


@dataclass(frozen=True, slots=True)
class ManagedPolicy:
    """A customer managed policy with all its versions, oldest first, and how many principals it is attached to."""

    arn: str
    policy_id: str
    name: str
    path: str
    default_version: str
    versions: tuple[PolicyVersion, ...]
    description: str = ""
    attachments: int = 0
    tags: tuple[tuple[str, str], ...] = ()

    @property
    def document(self) -> Document:
        """The document of the default version: the one in force."""
        return next(version.document for version in self.versions if version.id == self.default_version)


@dataclass(frozen=True, slots=True)
class ContextFacts:
    """A context of CircleCI and what is in it, sorted.

    `variables` holds pairs of name and the last four characters of the value: CircleCI shows no more, and of variables that this tool
    never sets not even those are kept. `restrictions` holds pairs of type and value, `groups` the ids of those whose members may use the
    context in any project: None in one that is new, since CircleCI may let in the group of all members by itself.
    """

    name: str
    context_id: str
    variables: tuple[tuple[str, str], ...] = ()
    restrictions: tuple[tuple[str, str], ...] = ()
    groups: tuple[str, ...] | None = ()

    @property
    def all_restrictions(self) -> tuple[tuple[str, str], ...]:
        """The groups too, as CircleCI lists them."""
        return (*self.restrictions, *((GROUP, group) for group in self.groups or ()))


@dataclass(frozen=True, slots=True)
class ProjectVariables:
    """The variables of a project of CircleCI, as pairs of name and the last four characters of the value, sorted."""

    project: str
    variables: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a plan for one Setup rests on.

    `roles` is keyed by the role's name in lower case (IAM's names are unique without regard to case), `policies` by ARN. A role or a
    policy that was asked for and is not there has no key. `bucket` is None where there is no such bucket; `bucket_taken` tells that the
    name belongs to an account that does not let us in. `contexts` is keyed by name, and read only where CircleCI is to be wired. `unread`
    holds one sentence for each thing that could not be read.

    What a retirement is about is read for it alone: `users` by name in lower case, `virtual_mfa` as the serial numbers of those virtual
    devices asked for that exist, `project_variables` by the project's slug, as pairs of name and the last four characters.
    """

    identity: Identity
    quotas: Quotas = Quotas()
    bucket: Bucket | None = None
    bucket_taken: bool = False
    provider: Provider | None = None
    roles: Mapping[str, Role] = field(default_factory=dict)
    policies: Mapping[str, ManagedPolicy] = field(default_factory=dict)
    contexts: Mapping[str, ContextFacts] = field(default_factory=dict)
    unread: tuple[str, ...] = ()
    users: Mapping[str, User] = field(default_factory=dict)
    virtual_mfa: tuple[str, ...] = ()
    project_variables: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TrustingRole:
    """A role of the account whose trust policy names a provider, and the audiences it asks for."""

    name: str
    arn: str
    trust: Document


def tag(tags: tuple[tuple[str, str], ...], key: str) -> str | None:
    """The value of tag `key`, None where there is none."""
    return dict(tags).get(key)
