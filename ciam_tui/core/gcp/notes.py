"""What a reader must know of the twin of a Setup: what is otherwise there than on S3, what has no twin and is left out, and what is risky on both.

Nothing is wider on Google Cloud without being told here. What Google's side cannot see is what AWS cannot see either, unless it is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.core.containment import has_more_access, has_other_access, trust_contains
from ciam_tui.core.gcp import limits
from ciam_tui.core.owner import key_owner
from ciam_tui.core.permissions import bucket_owner, read_places
from ciam_tui.core.problems import Level, worst_first
from ciam_tui.core.roles import session_seconds
from ciam_tui.core.trust import audience, is_cloud
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ciam_tui.core.gcp.twin import GcpTwin
    from ciam_tui.core.shape import SetupShape

_HOUR = 3600


class About(StrEnum):
    """What a note is about; the values head them in the README."""

    RISK = "Risky on both sides"
    DIFFERENT = "Otherwise than on S3"
    LEFT_OUT = "Left out, since it has no twin"


@dataclass(frozen=True, slots=True)
class Note:
    """One of them. `id` is that of the finding where `check` has the same."""

    id: str
    about: About
    level: Level
    text: str


def notes(setup: SetupShape, twin: GcpTwin) -> tuple[Note, ...]:
    """All that is to be told of `twin`, worst first."""
    return worst_first((*_risks(setup), *_differences(setup, twin), *_left_out(setup)))


def _risks(setup: SetupShape) -> Iterator[Note]:
    def risk(id_: str, level: Level, text: str) -> Note:
        return Note(id_, About.RISK, level, text)

    circleci = setup.circleci
    if circleci.any_project:
        yield risk(
            "whole-organization-trusted",
            Level.ERROR,
            "Every project of the organization may act as these service accounts, also one that somebody creates tomorrow. Name the projects.",
        )
    if len(circleci.projects) > 1 and not setup.role.per_project:
        yield risk(
            "several-projects-on-one-role",
            Level.WARNING,
            f"{len(circleci.projects)} projects share each service account: whoever can run a job in one of them reaches what the jobs of all "
            "reach. Set per_project to true, for one account a project and stage.",
        )
    if circleci.audience and circleci.audience != circleci.org_id:
        yield risk(
            "custom-audience",
            Level.WARNING,
            f"The provider takes the audience {audience(circleci)} alone: a job gets in only if CircleCI was told to set it.",
        )
    if not is_cloud(circleci):
        yield risk(
            "self-hosted-issuer",
            Level.WARNING,
            "Tokens come from a server of your own: whoever administers it can make one for any project. Google must reach its "
            "/.well-known/openid-configuration, or be given its keys (--jwk-json-path). Whether a server's tokens have the claims vcs-origin and "
            "vcs-ref has not been verified; without them a stage with branches lets nobody in.",
        )
    yield from _stage_risks(setup, risk)
    yield risk(
        "jobs-are-not-told-apart",
        Level.NOTE,
        "The twin looks at neither the job nor the context: any job of a trusted project can act as every account that its branch can, also an SSH "
        "rerun, a job of unversioned config, and, for stages without branches, a fork's build that gets secrets.",
    )


def _stage_risks(setup: SetupShape, risk: Callable[[str, Level, str], Note]) -> Iterator[Note]:
    for stage in setup.stages:
        for other in setup.stages:
            if other is not stage and trust_contains(stage, other) and has_other_access(stage, other):
                is_more = has_more_access(stage, other) or set(other.access) < set(stage.access)
                yield risk(
                    "trust-contains-weaker-stage",
                    Level.ERROR if is_more else Level.WARNING,
                    f"Every job that can act as the account of {other.name} can act as that of {stage.name} too, which may do "
                    f"{'more' if is_more else 'other things'}: give {stage.name} branches that {other.name} does not have.",
                )
        changing = [access for access in stage.access if access in ("write", "delete")]
        if changing and not stage.branches:
            yield risk(
                "no-branch-on-changing-stage",
                Level.WARNING,
                f"{stage.name} may {' and '.join(changing)} from any branch, tag or pull request of its projects, and from forks whose builds get secrets.",
            )
        if any("*" in branch for branch in stage.branches):
            yield risk(
                "wildcard-in-branch",
                Level.WARNING,
                f"{stage.name} takes every ref that matches {listed(branch for branch in stage.branches if '*' in branch)}, also one that somebody pushes tomorrow.",
            )
        if "" in (stage.prefix, *read_places(stage)):
            yield risk(
                "whole-bucket", Level.WARNING, f"{stage.name} reaches every object of the bucket, also those that other teams put there."
            )


def _differences(setup: SetupShape, twin: GcpTwin) -> Iterator[Note]:
    def other(id_: str, level: Level, text: str) -> Note:
        return Note(id_, About.DIFFERENT, level, text)

    creators = [stage.name for stage in setup.stages if "write" in stage.access and "delete" not in stage.access]
    if creators:
        yield other(
            "cannot-replace",
            Level.WARNING,
            f"{listed(creators)} may write and not delete, and so makes new objects but replaces none: on Cloud Storage to replace an object is to "
            "delete the old one. On S3 the same stage replaces. Let it delete too, if its jobs write the same names again.",
        )
    if any(read_places(stage) for stage in setup.stages) or any("delete" in stage.access for stage in setup.stages):
        yield other(
            "old-generations",
            Level.WARNING,
            "In a bucket with Object Versioning whoever reads may read old generations too, and whoever deletes may delete them for good: there is no "
            "permission of its own for them, as S3 has (the extra versions). Soft delete, which buckets have by default, brings objects back for its days.",
        )
    if twin.folders:
        yield other(
            "listing-by-managed-folder",
            Level.NOTE,
            f"Listing is granted on managed folders, below {listed(twin.folders)} alone and with the slash: no condition on names holds for it. To list the "
            "bucket is denied.",
        )
    if any("write" in stage.access for stage in setup.stages):
        yield other(
            "hierarchical-namespace",
            Level.NOTE,
            "In a bucket with hierarchical namespace an object in a folder that is not there makes that folder too, which may need storage.folders.create; "
            "it is not granted. Use a bucket without it, or make the folders first.",
        )
    long = [stage.name for stage in setup.stages if session_seconds(stage) > _HOUR]
    if long:
        yield other(
            "token-over-one-hour",
            Level.WARNING,
            f"Tokens of {listed(long)} shall live for more than an hour, which Google gives only where the organization policy "
            "iam.allowServiceAccountCredentialLifetimeExtension names the account; else it refuses the job.",
        )
    if any("probe" in stage.extras for stage in setup.stages):
        yield other(
            "probe-sees-settings",
            Level.NOTE,
            "probe is storage.buckets.get, by which one sees all of the bucket's settings, not its region alone; and the one object at the prefix.",
        )
    if len(twin.accounts) > limits.ACCOUNTS_AT_FIRST:
        yield other(
            "many-accounts",
            Level.WARNING,
            f"{len(twin.accounts)} service accounts are made, and a project has {limits.ACCOUNTS_AT_FIRST} of them at first, with those that are there: "
            "have the quota raised before.",
        )
    conditions = {(binding.kind, binding.expression) for account in twin.accounts for binding in account.grants.bindings}
    if len(conditions) > limits.CONDITIONS_ADVISED:
        yield other(
            "many-conditions",
            Level.WARNING,
            f"The bucket's policy would hold {len(conditions)} bindings with conditions, and Google advises against more than "
            f"{limits.CONDITIONS_ADVISED}, since a policy's size has an end: use several buckets, and a Setup for each.",
        )
    changed = [f"{account.role_name} is {account.id}" for account in twin.accounts if account.id != account.role_name]
    if changed:
        yield other("names-are-cut", Level.NOTE, f"Service accounts have 6 to 30 characters of their own alphabet: {listed(changed)}.")
    yield other(
        "branches-by-claims",
        Level.NOTE,
        "Branch and repository are compared by the claims vcs-ref and vcs-origin, not by the sub: a token of the first form gets in too where they are "
        "right, and no branch's name can pass for another. Google could compare more of them, such as "
        "assertion['oidc.circleci.com/ssh-rerun'] == false in the attribute condition.",
    )


def _left_out(setup: SetupShape) -> Iterator[Note]:
    def left(id_: str, text: str, level: Level = Level.NOTE) -> Note:
        return Note(id_, About.LEFT_OUT, level, text)

    bucket, role = setup.bucket, setup.role
    extras = {extra for stage in setup.stages for extra in stage.extras}
    if "tags" in extras:
        yield left("no-tags", "tags: Cloud Storage has no tags of objects. Their metadata is written with them.")
    if "acl" in extras:
        yield left("no-acl", "acl: with uniform bucket-level access, which conditions need, objects have no ACLs.")
    if "versions" in extras:
        yield left("no-versions", "versions: it needs no permission of its own; see what is said of old generations.")
    if bucket.kms_key_arn:
        yield left(
            "no-kms",
            "kms_key_arn: an AWS key. A bucket with a key of your own on Google (CMEK) needs nothing of the jobs: the service agent of Cloud Storage uses "
            "it, and needs roles/cloudkms.cryptoKeyEncrypterDecrypter on it.",
        )
    if bucket.create:
        yield left("no-bucket-made", "create: the bucket is not made, since nothing says where on Google it should lie. It must be there.")
    owners = {bucket_owner(setup), key_owner(setup)} - {None, setup.account_id}
    if owners:
        yield left("no-owner", "The bucket's or key's owner on AWS: on Google the bucket's own policy is the whole of it.")
    if role.permissions_boundary:
        yield left(
            "no-boundary",
            "permissions_boundary: the nearest thing is a principal access boundary policy of the organization.",
            Level.WARNING,
        )
    if role.tags:
        yield left("no-role-tags", "tags of roles: service accounts have none.")
    if role.policy_kind == "managed":
        yield left("no-policy-kind", "policy_kind: custom roles are what managed policies are on AWS, and are always used.")
