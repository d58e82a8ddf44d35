"""What is risky in a Setup although it is valid: each as a value that says what can happen and what to do about it.

A finding is not an opinion of style. It is there when somebody could get in, or do something, that the user may not have meant. Those
of level error want a decision before anything is applied; none is ever left out to look clean.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ciam_tui.core.containment import has_more_access, has_other_access, trust_contains
from ciam_tui.core.draft import EXTRAS
from ciam_tui.core.facts import Quotas
from ciam_tui.core.naming import role_names
from ciam_tui.core.owner import key_owner
from ciam_tui.core.permissions import bucket_owner, permission_policy, read_places
from ciam_tui.core.problems import Level, worst_first
from ciam_tui.core.roles import session_seconds
from ciam_tui.core.setup_fixes import fix_of
from ciam_tui.core.trust import audience, has_project_key, is_cloud, issuer_url, trust_policy
from ciam_tui.core.validate.git_refs import full_ref

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ciam_tui.core.json_patch import Operation
    from ciam_tui.core.shape import ProjectShape, SetupShape, StageShape

__all__ = ["Finding", "findings", "stage_findings", "worst_first"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One risk. `stage` is the stage it is about, None for the Setup as a whole; `field` its place in the Setup file.

    `document` and `anchor` say where it shows: the first line of that document's canonical JSON that contains `anchor`. `patch` is the fix as
    a patch of the Setup file, empty where only the user can say what to do.
    """

    id: str
    level: Level
    text: str
    fix: str
    field: str
    stage: str | None = None
    document: Literal["trust", "permissions"] | None = None
    anchor: str = ""
    patch: tuple[Operation, ...] = ()


def findings(setup: SetupShape, quotas: Quotas | None = None) -> tuple[Finding, ...]:
    """Everything risky about `setup`, worst first; `quotas` are the account's, AWS's defaults where they are not known."""
    found = [*_fixable(setup, _setup_findings(setup))]
    for index, _stage in enumerate(setup.stages):
        found += stage_findings(setup, index, quotas)
    return worst_first(found)


def stage_findings(setup: SetupShape, index: int, quotas: Quotas | None = None) -> tuple[Finding, ...]:
    """What is risky about the stage at `index`, worst first."""
    stage = setup.stages[index]
    field = f"stages[{index}]"
    found = [
        *_trust_findings(setup, stage, field),
        *_permission_findings(setup, stage, field),
        *_size_findings(setup, stage, field, quotas or Quotas()),
    ]
    return worst_first(_fixable(setup, found))


def _fixable(setup: SetupShape, found: Iterable[Finding]) -> Iterator[Finding]:
    """`found`, each with the patch that ends it, where there is one."""
    for finding in found:
        patch = fix_of(setup, finding)
        yield replace(finding, patch=patch) if patch else finding


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
            f"{len(circleci.projects)} projects share each role: whoever can run a job in one of them reaches what the jobs of all of them reach.",
            "Set per_project to true, for one role a project and stage.",
            "role.per_project",
            document="trust",
            anchor="/project-id" if has_project_key(setup) else ":sub",
        )
    if circleci.audience and circleci.audience != circleci.org_id:
        yield Finding(
            "custom-audience",
            Level.WARNING,
            f"The audience is {audience(circleci)}, not the organization id: a job gets in only if the organization or its project has set that audience for its tokens.",
            "Check the custom OIDC claims of the organization and of each project in CircleCI, or set audience to null.",
            "circleci.audience",
            document="trust",
            anchor=":aud",
        )
    if not is_cloud(circleci):
        yield Finding(
            "self-hosted-issuer",
            Level.WARNING,
            f"Tokens come from {issuer_url(circleci)}: whoever administers that server can make a token for any project, and AWS offers no project-id condition for it.",
            "Limit who administers the server, and see that AWS can reach its /.well-known/openid-configuration from the internet.",
            "circleci.issuer",
            document="trust",
            anchor="Federated",
        )
    elif not has_project_key(setup) and not circleci.any_project:
        yield Finding(
            "no-project-key",
            Level.NOTE,
            f"In the partition {setup.partition} AWS is not known to offer CircleCI's project-id condition, so the sub alone names the project.",
            "Nothing to do: the project id in the sub is matched whole.",
            "partition",
            document="trust",
            anchor=":sub",
        )
    if role.tags:
        yield Finding(
            "user-tags-on-roles",
            Level.WARNING,
            f"The tags of these roles ({', '.join(role.tags)}) go with each of their requests as aws:PrincipalTag, and may open what other policies grant by tag.",
            "Search the account's policies for aws:PrincipalTag, or leave the tags out.",
            "role.tags",
        )
    if bucket_owner(setup) != setup.account_id:
        yield Finding(
            "bucket-of-another-account",
            Level.WARNING,
            f"The bucket belongs to account {bucket_owner(setup)}: until that account grants the access too, everything is denied.",
            "Send its owner the bucket-owner.policy.json of the JSON export; this tool never changes another account.",
            "bucket.owner_account_id",
        )
    key_account = key_owner(setup)
    if key_account not in (None, setup.account_id):
        yield Finding(
            "key-of-another-account",
            Level.WARNING,
            f"The key belongs to account {key_account}: until that account grants its use too, objects can be neither read nor written.",
            "Send its owner the key-owner.policy.json of the JSON export; this tool never changes another account.",
            "bucket.kms_key_arn",
        )
    if setup.stages:
        yield Finding(
            "jobs-are-not-told-apart",
            Level.NOTE,
            "AWS sees neither the job nor the context: any job of a trusted project can take every role that its branch can take, also an SSH rerun, "
            "a job of unversioned config, and, for stages without branches, a fork's build that gets secrets.",
            "Name the branches of stages that change something; in CircleCI, turn off SSH reruns, unversioned config and secrets for forks.",
            "stages",
        )


def _trust_findings(setup: SetupShape, stage: StageShape, field: str) -> Iterator[Finding]:
    for other in setup.stages:
        if other is stage or not trust_contains(stage, other) or not has_other_access(stage, other):
            continue
        weaker = has_more_access(stage, other) or set(other.access) < set(stage.access)
        yield Finding(
            "trust-contains-weaker-stage",
            Level.ERROR if weaker else Level.WARNING,
            f"Every job that can take the role of {other.name} can take that of {stage.name} too, which may do "
            f"{'more' if weaker else 'other things'}: AWS cannot tell the jobs of two stages apart.",
            "Name the projects, so that stages can have branches of their own, or make one stage of both."
            if setup.circleci.any_project
            else f"Give {stage.name} branches that {other.name} does not have, or make one stage of both.",
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
            f"{stage.name} may {' and '.join(changes)} from any branch, tag or pull request of its projects, and from forks whose builds get secrets.",
            "Name the projects, and then the branches."
            if setup.circleci.any_project
            else 'Name the branches, such as "main"; "refs/*" is any branch or tag of the project\'s own repository, and no fork.',
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
                f"{stage.name} takes every ref that matches {full_ref(branch)}, also one that somebody pushes tomorrow; * stands for slashes too.",
                "Write the names out, or limit in the repository who may push to names of that form.",
                f"{field}.branches[{index}]",
                stage.name,
                "trust",
                f'/vcs-ref/{_in_json(full_ref(branch))}"',
            )
    if session_seconds(stage) > 3600:
        yield Finding(
            "session-over-one-hour",
            Level.WARNING,
            f"Credentials of {stage.name} live for {session_seconds(stage)} seconds, more than an hour, and those that leak cannot be taken back one by one.",
            "Set session_seconds to 3600, unless a job really runs longer.",
            f"{field}.session_seconds",
            stage.name,
        )


def _permission_findings(setup: SetupShape, stage: StageShape, field: str) -> Iterator[Finding]:
    reads_all = "" in read_places(stage)
    if not stage.prefix or reads_all:
        yield Finding(
            "whole-bucket",
            Level.WARNING,
            f"{stage.name} reaches every object of the bucket {setup.bucket.name}, also those that other teams put there."
            if not stage.prefix
            else f"{stage.name} may read every object of the bucket {setup.bucket.name}, also those that other teams put there.",
            "Give it a prefix, such as builds/." if not stage.prefix else "Name the prefixes that it reads.",
            f"{field}.prefix" if not stage.prefix else f"{field}.read_prefixes",
            stage.name,
            "permissions",
            f":::{setup.bucket.name}/*",
        )
    else:
        yield Finding(
            "list-needs-slash",
            Level.NOTE,
            f"{stage.name} may list only below {' and '.join(dict.fromkeys((stage.prefix, *read_places(stage))))}: HeadBucket is denied, and so is "
            f"`aws s3 ls s3://{setup.bucket.name}/{stage.prefix.removesuffix('/')}`, without the slash.",
            "End the prefix in a slash in the job's commands.",
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
                f"{stage.name} may delete what {' and '.join(sharers)} {'use' if len(sharers) > 1 else 'uses'}"
                f"{f' under {stage.prefix}' if stage.prefix else ', wherever it lies in the bucket'}.",
                f"Give {stage.name} a prefix of its own, or do not let it delete.",
                f"{field}.access",
                stage.name,
                "permissions",
                "s3:DeleteObject",
            )
    for index, extra in enumerate(stage.extras):
        if extra in EXTRAS:
            yield _extra_finding(stage, extra, f"{field}.extras[{index}]")


def _extra_finding(stage: StageShape, extra: str, field: str) -> Finding:
    """What an extra opens; where the stage has no access for it to add to, that it opens nothing."""
    reads, writes, deletes = bool(read_places(stage)), "write" in stage.access, "delete" in stage.access
    level = Level.WARNING
    match extra:
        case "tags" if reads or writes:
            anchor = "ObjectTagging"
            verb = "read and set" if reads and writes else "read" if reads else "set"
            text = f"may {verb} the tags of objects: where a bucket policy decides by s3:ExistingObjectTag, tags are access."
            fix = "Remove tags from its extras, unless its jobs copy objects that have tags."
        case "acl" if writes:
            anchor, text = (
                "s3:PutObjectAcl",
                "may set the ACL of objects: in a bucket that has ACLs turned on, it can make an object public.",
            )
            fix = "Remove --acl from its jobs' commands, and acl from its extras."
        case "versions" if deletes:
            anchor, text = "ObjectVersion", "may delete old versions of objects for good: versioning no longer saves what its jobs delete."
            fix = "Remove versions from its extras, unless its jobs name version ids."
        case "versions" if reads:
            anchor, text = "ObjectVersion", "may read old versions of objects, also of those that were deleted or replaced for a reason."
            fix = "Remove versions from its extras, unless its jobs name version ids."
        case "probe":
            level, anchor = Level.NOTE, "s3:GetBucketLocation"
            text = "may ask for the bucket's region, and for the object at its prefix without the slash, as s3fs and Hadoop do."
            fix = "Remove probe from its extras if its jobs use the AWS CLI or an SDK, which need neither."
        case _:
            text = f"has the extra {extra}, which adds nothing to an access of {' and '.join(stage.access) or 'nothing'}."
            return Finding(f"extra-{extra}", Level.NOTE, f"{stage.name} {text}", f"Remove {extra} from its extras.", field, stage.name)
    return Finding(f"extra-{extra}", level, f"{stage.name} {text}", fix, field, stage.name, "permissions", anchor)


def _size_findings(setup: SetupShape, stage: StageShape, field: str, quotas: Quotas) -> Iterator[Finding]:
    roles = role_names(setup.role, stage.name, setup.circleci.projects)
    if not roles:
        return
    # The roles of a stage differ in their projects alone. This is asked on every key, and making fifty policies to find one takes longer than a frame.
    name, projects = max(roles, key=lambda role: sum(_length_in_trust(setup, stage, project) for project in role[1]))
    trust_size, permissions_size = trust_policy(setup, stage, projects).size, permission_policy(setup, stage).size
    if trust_size > quotas.trust_policy_size:
        shared = len(setup.circleci.projects) > 1 and not setup.role.per_project
        ways = {"set per_project to true": shared, "name fewer branches": len(stage.branches) > 1, _RAISE_TRUST_QUOTA: True}
        yield Finding(
            "trust-policy-too-large",
            Level.ERROR,
            f"The trust policy of {name} has {trust_size} characters, {trust_size - quotas.trust_policy_size} more than the account's "
            f"quota of {quotas.trust_policy_size}.",
            _as_sentence(ways),
            "role.per_project" if shared else f"{field}.branches",
            stage.name,
            "trust",
            ":sub",
        )
    managed = setup.role.policy_kind == "managed"
    quota = quotas.managed_policy_size if managed else quotas.inline_policies_size
    if permissions_size > quota:
        ways = {
            "name fewer read prefixes": bool(stage.read_prefixes),
            'set policy_kind to "inline"': managed and permissions_size <= quotas.inline_policies_size,
            "use shorter prefixes": True,
        }
        yield Finding(
            "permission-policy-too-large",
            Level.ERROR,
            f"The permission policy of {name} has {permissions_size} characters, {permissions_size - quota} more than AWS's {quota} for "
            f"{'a managed policy' if managed else 'the inline policies of a role'}.",
            _as_sentence(ways),
            f"{field}.read_prefixes" if stage.read_prefixes else f"{field}.prefix",
            stage.name,
            "permissions",
            '"Resource"',
        )


def _length_in_trust(setup: SetupShape, stage: StageShape, project: ProjectShape) -> int:
    """How many characters of a trust policy are the project's own."""
    subjects, branches = max(1, len(stage.branches)), len(stage.branches)
    ids = subjects + 1 if has_project_key(setup) else subjects
    return ids * len(_in_json(project.id)) + branches * len(_in_json(f"{project.vcs_origin}"))


_RAISE_TRUST_QUOTA = 'have AWS raise the quota "Role trust policy length" (L-C07B4B0D)'


def _as_sentence(ways: Mapping[str, bool]) -> str:
    """Those of `ways` that are open, the last of which always is: `Do this, do that, or do the other.`."""
    *others, last = [way for way, is_open in ways.items() if is_open]
    sentence = f"{', '.join(others)}, or {last}" if others else last
    return f"{sentence[0].upper()}{sentence[1:]}."


def _in_json(text: str) -> str:
    """`text` as it stands between the quotes of a document's JSON."""
    return json.dumps(text)[1:-1]


def _uses(stage: StageShape, prefix: str) -> bool:
    """Whether `stage` reads or changes something under `prefix`, or under a prefix that holds it."""
    places = {*read_places(stage), stage.prefix}
    return any(place.startswith(prefix) or prefix.startswith(place) for place in places)
