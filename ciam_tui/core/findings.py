"""What is risky in a Setup although it is valid: each as a value that says what can happen and what to do about it.

A finding is not an opinion of style. It is there when somebody could get in, or do something, that the user may not have meant. Those
of level error want a decision before anything is applied; none is ever left out to look clean.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ciam_tui.core.containment import has_more_access, has_other_access, trust_contains
from ciam_tui.core.facts import Quotas
from ciam_tui.core.permissions import bucket_owner, read_places
from ciam_tui.core.problems import Level
from ciam_tui.core.roles import session_seconds, stage_roles
from ciam_tui.core.trust import ANY_USER_ID, audience, has_project_key, is_cloud, issuer_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.shape import SetupShape, StageShape


@dataclass(frozen=True, slots=True)
class Finding:
    """One risk. `stage` is the stage it is about, None for the Setup as a whole; `field` its place in the Setup file.

    `document` and `anchor` say where it shows: the first line of that document's canonical JSON that contains `anchor`.
    """

    id: str
    level: Level
    text: str
    fix: str
    field: str
    stage: str | None = None
    document: Literal["trust", "permissions"] | None = None
    anchor: str = ""


_ORDER = {Level.ERROR: 0, Level.WARNING: 1, Level.NOTE: 2}


def findings(setup: SetupShape, quotas: Quotas | None = None) -> tuple[Finding, ...]:
    """Everything risky about `setup`, worst first; `quotas` are the account's, AWS's defaults where they are not known."""
    found = [*_setup_findings(setup)]
    for index, _stage in enumerate(setup.stages):
        found += stage_findings(setup, index, quotas)
    return tuple(sorted(found, key=lambda finding: _ORDER[finding.level]))


def stage_findings(setup: SetupShape, index: int, quotas: Quotas | None = None) -> tuple[Finding, ...]:
    """What is risky about the stage at `index`, worst first."""
    stage = setup.stages[index]
    field = f"stages[{index}]"
    found = [
        *_trust_findings(setup, stage, field),
        *_permission_findings(setup, stage, field),
        *_size_findings(setup, stage, field, quotas or Quotas()),
    ]
    return tuple(sorted(found, key=lambda finding: _ORDER[finding.level]))


def _setup_findings(setup: SetupShape) -> Iterator[Finding]:
    circleci, role = setup.circleci, setup.role
    if circleci.any_project:
        yield Finding(
            "whole-organization-trusted",
            Level.ERROR,
            f"Every project of the organization {circleci.org_id} may take these roles, also one that somebody creates tomorrow.",
            "Name the projects, and set any_project to false.",
            "circleci.any_project",
            document="trust",
            anchor="/project/*/user/*",
        )
    if len(circleci.projects) > 1 and not role.per_project:
        yield Finding(
            "several-projects-on-one-role",
            Level.WARNING,
            f"{len(circleci.projects)} projects share each role: who can run a job in one of them reaches what all of them reach.",
            "Set per_project to true for a role a project.",
            "role.per_project",
            document="trust",
            anchor="/project-id",
        )
    if circleci.audience and circleci.audience != circleci.org_id:
        yield Finding(
            "custom-audience",
            Level.WARNING,
            f"The audience is {audience(circleci)}, not the organization id: tokens carry it only where the organization or project has a custom OIDC claim.",
            "Check the oidc-custom-claims of the organization and of each project, or leave audience null.",
            "circleci.audience",
            document="trust",
            anchor=":aud",
        )
    if not is_cloud(circleci):
        yield Finding(
            "self-hosted-issuer",
            Level.WARNING,
            f"Tokens come from {issuer_url(circleci)}: whoever runs that server can mint a token for any project, and AWS knows no project-id for it.",
            "Restrict who administers the server; AWS must be able to reach its /.well-known/openid-configuration.",
            "circleci.issuer",
            document="trust",
            anchor="Federated",
        )
    elif not has_project_key(setup) and not circleci.any_project:
        yield Finding(
            "no-project-key",
            Level.NOTE,
            f"In the partition {setup.partition} AWS is not known to offer CircleCI's project id as a condition key, so the sub alone names the project.",
            "Nothing to do: the sub's project id is matched whole.",
            "partition",
            document="trust",
            anchor=":sub",
        )
    if role.tags:
        yield Finding(
            "user-tags-on-roles",
            Level.WARNING,
            f"The tags {', '.join(role.tags)} become aws:PrincipalTag in every request of these roles, and may unlock access granted by tag elsewhere.",
            "Check the account for policies on aws:PrincipalTag or ec2:ResourceTag-like conditions, or leave the tags out.",
            "role.tags",
        )
    if bucket_owner(setup) != setup.account_id:
        yield Finding(
            "bucket-of-another-account",
            Level.WARNING,
            f"The bucket belongs to account {bucket_owner(setup)}: until its owner grants the access too, everything is denied.",
            "Send the owner the exported bucket-owner.policy.json; this tool never changes another account.",
            "bucket.owner_account_id",
        )
    if setup.stages:
        yield Finding(
            "jobs-are-not-told-apart",
            Level.NOTE,
            "No claim that AWS checks names the job or the context: any job of a trusted project, an SSH rerun included, can take each role its branch lets it take.",
            "Restrict stages that can write by branch; in CircleCI, turn off SSH reruns and unversioned config where a stage can deploy.",
            "stages",
        )


def _trust_findings(setup: SetupShape, stage: StageShape, field: str) -> Iterator[Finding]:
    for other in setup.stages:
        if other is stage or not trust_contains(stage, other) or not has_other_access(stage, other):
            continue
        less = has_more_access(stage, other)
        yield Finding(
            "trust-contains-weaker-stage",
            Level.ERROR if less else Level.WARNING,
            f"Jobs of {other.name} are let into {stage.name} too, which may do {'more' if less else 'other things'}: to AWS the two are one identity.",
            f"Give {stage.name} branches that {other.name} does not have, or make one stage of both.",
            f"{field}.branches",
            stage.name,
            "trust",
            ":sub",
        )
    changes = [access for access in stage.access if access in ("write", "delete")]
    if changes and not stage.branches:
        yield Finding(
            "no-branch-on-changing-stage",
            Level.WARNING,
            f"{stage.name} may {' and '.join(changes)} from any branch, tag or pull request of its projects, from forks too where they get secrets.",
            'Name the branches, such as "main"; ["refs/*"] is any branch or tag of the project\'s own repository and no fork.',
            f"{field}.branches",
            stage.name,
            "trust",
            "/user/*",
        )
    for index, branch in enumerate(stage.branches):
        if "*" in branch:
            yield Finding(
                "wildcard-in-branch",
                Level.WARNING,
                f"The branch {branch} of {stage.name} matches every name of that form, also one that somebody pushes tomorrow; * spans slashes.",
                "Name the branches whole, or protect that pattern against pushes.",
                f"{field}.branches[{index}]",
                stage.name,
                "trust",
                ANY_USER_ID,
            )
    if session_seconds(stage) > 3600:
        yield Finding(
            "session-over-one-hour",
            Level.WARNING,
            f"Credentials of {stage.name} live for {session_seconds(stage) / 3600:g} hours, and nobody can call them back one by one.",
            "Use 3600 unless a job really runs longer.",
            f"{field}.session_seconds",
            stage.name,
        )


def _permission_findings(setup: SetupShape, stage: StageShape, field: str) -> Iterator[Finding]:
    reads_all = "" in read_places(stage)
    if not stage.prefix or reads_all:
        yield Finding(
            "whole-bucket",
            Level.WARNING,
            f"{stage.name} reaches every object of {setup.bucket.name}, also those of others.",
            "Give it a prefix.",
            f"{field}.prefix" if not stage.prefix else f"{field}.read_prefixes",
            stage.name,
            "permissions",
            f":::{setup.bucket.name}/*",
        )
    else:
        yield Finding(
            "list-needs-slash",
            Level.NOTE,
            f"Listing is granted below {stage.prefix} only: HeadBucket and `aws s3 ls s3://{setup.bucket.name}/{stage.prefix.removesuffix('/')}` without the slash are denied.",
            "Write the slash in the job's commands.",
            f"{field}.prefix",
            stage.name,
            "permissions",
            "s3:prefix",
        )
    if "delete" in stage.access:
        sharers = [other.name for other in setup.stages if other is not stage and _uses(other, stage.prefix)]
        if sharers:
            yield Finding(
                "delete-on-shared-prefix",
                Level.WARNING,
                f"{stage.name} may delete what {' and '.join(sharers)} {'use' if len(sharers) > 1 else 'uses'} under {stage.prefix or 'the whole bucket'}.",
                f"Give {stage.name} a prefix of its own, or take delete away.",
                f"{field}.access",
                stage.name,
                "permissions",
                "s3:DeleteObject",
            )
    for index, extra in enumerate(stage.extras):
        if extra in _EXTRAS:
            level, anchor, text, fix = _EXTRAS[extra]
            yield Finding(
                f"extra-{extra}", level, f"{stage.name} {text}", fix, f"{field}.extras[{index}]", stage.name, "permissions", anchor
            )


_EXTRAS = {
    "tags": (
        Level.WARNING,
        "ObjectTagging",
        "may read or set object tags: where a bucket policy decides by s3:ExistingObjectTag, setting a tag defeats it.",
        "Leave tags out unless jobs copy tagged objects.",
    ),
    "acl": (
        Level.WARNING,
        "s3:PutObjectAcl",
        "may set object ACLs: on a bucket with ACLs enabled it can make an object public.",
        "Remove --acl from the job's commands, and acl from extras.",
    ),
    "versions": (
        Level.WARNING,
        "Version",
        "reaches old versions of objects: with delete, versioning no longer protects what was there before.",
        "Leave versions out unless jobs name version ids.",
    ),
    "probe": (
        Level.NOTE,
        "s3:GetBucketLocation",
        "may ask for the bucket's region and for the one key without the slash, as s3fs and Hadoop do.",
        "Leave probe out for the AWS CLI and the SDKs, which need neither.",
    ),
}


def _size_findings(setup: SetupShape, stage: StageShape, field: str, quotas: Quotas) -> Iterator[Finding]:
    managed = setup.role.policy_kind == "managed"
    permissions_quota = quotas.managed_policy_size if managed else quotas.inline_policies_size
    told: set[str] = set()
    for role in stage_roles(setup, stage):
        over_trust, over_permissions = role.trust.size - quotas.trust_policy_size, role.permissions.size - permissions_quota
        if over_trust > 0 and "trust" not in told:
            told.add("trust")
            yield Finding(
                "trust-policy-too-large",
                Level.ERROR,
                f"The trust policy of {role.name} has {role.trust.size} characters, {over_trust} over the account's quota of {quotas.trust_policy_size}.",
                "Set per_project to true, name fewer branches, or have the quota L-C07B4B0D raised."
                if len(setup.circleci.projects) > 1
                else "Name fewer branches, or have the quota L-C07B4B0D raised.",
                "role.per_project" if len(setup.circleci.projects) > 1 else f"{field}.branches",
                stage.name,
                "trust",
                ":sub",
            )
        if over_permissions > 0 and "permissions" not in told:
            told.add("permissions")
            yield Finding(
                "permission-policy-too-large",
                Level.ERROR,
                f"The permission policy of {role.name} has {role.permissions.size} characters, {over_permissions} over the quota of {permissions_quota}.",
                "Name fewer read prefixes.",
                f"{field}.read_prefixes",
                stage.name,
                "permissions",
                "Read",
            )


def _uses(stage: StageShape, prefix: str) -> bool:
    """Whether `stage` reads or changes something under `prefix`, or under a prefix that holds it."""
    places = {*read_places(stage), stage.prefix}
    return any(place.startswith(prefix) or prefix.startswith(place) for place in places)
