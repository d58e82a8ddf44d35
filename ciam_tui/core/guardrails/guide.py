"""`guardrails.md`: of each file what it stops, what it lets through, where it is attached, how it is tried first and taken back, and its size.

A guardrail that is believed to do more than it does is worse than none. So what a policy of its kind cannot see is said beside what it does.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from ciam_tui.core.facts import Quotas
from ciam_tui.core.guardrails import resource_control as rcp
from ciam_tui.core.guardrails import service_control as scp
from ciam_tui.core.guardrails.boundary import BOUNDARY_SIZE, boundary_arn, boundary_name, boundary_path, changeable_boundary
from ciam_tui.core.guardrails.ci import BRANCH, PERMISSIONS_FILE, TRUST_FILE, audit_branches, audit_role_name, audit_trust
from ciam_tui.core.guardrails.proofs import SCAFFOLD, proofs
from ciam_tui.core.markdown.safe import code, fenced, prose, table
from ciam_tui.core.trust import CLOUD_HOST, is_cloud, issuer_url
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ciam_tui.core.document import Document
    from ciam_tui.core.guardrails.boundary import Boundary
    from ciam_tui.core.guardrails.choices import GuardrailChoices
    from ciam_tui.core.shape import SetupShape

_OLD_KEYS = (
    "Keys that are there go on working, and an inactive one can be made active again: UpdateAccessKey has no condition key for the status, and "
    "forbidding it would forbid to make a key inactive too. Delete keys that nobody needs."
)
_OTHER_SESSIONS = (
    "Sessions that came by any other provider, and by none. A role that such a session takes in turn does not carry the key on. AWS does not document "
    "whether the key has the ARN of an OIDC provider or its URL, so that both are taken: try it in a test account."
)
_NO_PROJECT = (
    "Also to tokens of no project, as CircleCI's stream of audit logs has: where there is a role for it, put that role's ARN under NotResource in place "
    "of Resource."
)
TRUST_SIZE = Quotas().trust_policy_size
_PLACEHOLDER_TARGET = "ou-examplerootid111-exampleouid111"


@dataclass(frozen=True, slots=True)
class Guardrails:
    """The three policies of a Setup."""

    scp: Document
    rcp: Document
    boundary: Boundary


def guide(setup: SetupShape, choices: GuardrailChoices, made: Guardrails) -> str:
    """The whole text."""
    lines = [
        f"# Guardrails for the CircleCI roles of account {code(setup.account_id)}",
        "",
        "None of these policies grants anything. Attach them first to an organizational unit with a test account in it, run a job there, and look at",
        "CloudTrail for denials. Service and resource control policies bind neither the management account nor service-linked roles.",
        "",
        *_service_control(setup, choices, made.scp),
        *_resource_control(setup, choices, made.rcp),
        *_boundary(setup, made.boundary),
        *_try_it(setup, choices),
        *_in_ci(setup),
        *_not_stopped(setup, choices),
    ]
    return "\n".join(lines) + "\n"


# scp.json


def _service_control(setup: SetupShape, choices: GuardrailChoices, policy: Document) -> Iterator[str]:
    yield "## scp.json, a service control policy"
    yield ""
    yield from _statements(policy, _said_of_scp(setup, choices))
    yield ""
    if not choices.ci_user_paths:
        yield (
            "It is about every IAM user, since nothing in the Setup tells the CI users from people: where people have keys too, name the path of the "
            "CI users with `--ci-user-path /ci/` and export it again."
        )
    if not choices.admin_roles:
        yield (
            "Nobody is spared, and what changes the roles or the provider is not in it: name who may still do that with "
            "`--admin-role arn:aws:iam::*:role/NAME`, and export it again."
        )
    yield ""
    prefix = "" if setup.role.name_prefix else ", or give the roles a name_prefix, by which many are named at once"
    yield from _size("scp.json", policy, scp.SCP_SIZE, f"Name fewer paths and administrators{prefix}.")
    yield ""
    yield from fenced(_organization_calls("SERVICE_CONTROL_POLICY", "scp.json", "circleci-keys-and-sessions"), "sh")
    yield ""


def _said_of_scp(setup: SetupShape, choices: GuardrailChoices) -> Mapping[str, tuple[str, str]]:
    issuer = issuer_url(setup.circleci)
    spared = f" What {_named(choices.admin_roles)} does passes." if choices.admin_roles else ""
    outside = (
        " A user who is made or moved elsewhere gets keys: who may call CreateUser and UpdateUser decides about that."
        if choices.ci_user_paths
        else ""
    )
    beginning = scp.beginning_of_names(setup)
    alike = f" Also of every other one that begins with {beginning}, since these are too many to be named." if beginning else ""
    whose = f"the IAM users below {_named(choices.ci_user_paths)}" if choices.ci_user_paths else "any IAM user"
    return {
        scp.NO_NEW_KEYS: (
            f"A new access key for {whose}, whoever makes it.",
            f"{_OLD_KEYS}{outside}{spared}",
        ),
        scp.FOREIGN_SESSIONS: (
            f"Whatever a session does that came by an identity provider of CircleCI other than {issuer}: another organization's, or the shared one.",
            _OTHER_SESSIONS,
        ),
        scp.PROVIDERS_KEPT: (
            "A new identity provider of CircleCI, and a change or the deletion of one.",
            f"Other providers, such as GitHub's.{spared} From then on ciam-tui makes changes as that role alone.",
        ),
        scp.ROLES_KEPT: (
            f"A change of the Setup's roles: their trust, policies, boundary and tags; their deletion, and making them anew.{alike}",
            f"Their use, and every other role.{spared}",
        ),
        scp.POLICIES_KEPT: (
            f"A change of the managed policies that decide what these roles may do.{alike}",
            f"Every other policy.{spared}",
        ),
    }


# rcp.json


def _resource_control(setup: SetupShape, choices: GuardrailChoices, policy: Document) -> Iterator[str]:
    yield "## rcp.json, a resource control policy"
    yield ""
    yield from _statements(policy, _said_of_rcp(setup, choices))
    yield ""
    projects = rcp.projects_listed(setup, choices)
    if projects:
        yield (
            f"**It lets in {counted(len(projects), 'project')} for every role of every account that it is attached to.** Other Setups and roles made by "
            "hand may trust more: `ciam-tui audit` tells them. Name the projects of those with `--also-project ID` and export it again before you attach it."
        )
        yield ""
        yield from (f"- {code(project)}" for project in projects)
    else:
        yield "The Setup trusts every project of the organization, and so does this policy."
    yield ""
    if not any(statement["Sid"] == rcp.OWN_ISSUER for statement in policy.policy["Statement"]):
        yield f"The statement {rcp.OWN_ISSUER} is left out: with each of the Setup's roles by name the policy would be too large."
        yield ""
    yield from _size("rcp.json", policy, rcp.RCP_SIZE, "Attach it to fewer accounts, each with the projects that it needs.")
    yield ""
    yield from fenced(_organization_calls("RESOURCE_CONTROL_POLICY", "rcp.json", "circleci-tokens"), "sh")
    yield ""


def _said_of_rcp(setup: SetupShape, choices: GuardrailChoices) -> Mapping[str, tuple[str, str]]:
    issuer = issuer_url(setup.circleci)
    projects = rcp.projects_listed(setup, choices)
    listed = "projects that are not listed below" if projects else "no project"
    return {
        rcp.LISTED_PROJECTS: (
            f"Every role, to tokens of {issuer} from {listed}: whatever its trust policy lets in. {_NO_PROJECT}",
            "The trust policies decide about the rest, and about every other issuer: GitHub's, a cluster's, or another organization's.",
        ),
        rcp.NO_SHARED_ISSUER: (
            f"Every role, to tokens of {CLOUD_HOST} itself, which all organizations share.",
            "Every other issuer.",
        ),
        rcp.OWN_ISSUER: (
            "The Setup's own roles, to tokens of any other issuer, should somebody add one to their trust.",
            "Every other role.",
        ),
    }


# boundary.json


def _boundary(setup: SetupShape, boundary: Boundary) -> Iterator[str]:
    yield "## boundary.json, a permissions boundary"
    yield ""
    if boundary.by_role:
        yield (
            "It stops every role of the Setup from doing more than its stage is given now, whatever is attached to it, AdministratorAccess included. It lets "
            "through what the stage is given, as long as the role's own policies grant it, and says so by the role's ARN: a role made later, "
            "or a stage that is given more, wants this file anew, before the Setup is applied."
        )
    else:
        yield (
            "It stops every role of the Setup from doing more than all stages together are given now, whatever is attached to it. **It does not hold one stage "
            "apart from another**: with each role by name it would be too large for a managed policy. A stage that is given more wants this file anew."
        )
    yield ""
    yield "It limits neither a bucket policy that names the session itself, nor what is done with the bucket by others."
    yield ""
    yield from _size(
        "boundary.json", boundary.document, BOUNDARY_SIZE, "Use fewer or shorter prefixes, or several Setups.", spaces_count=False
    )
    yield ""
    arn = boundary_arn(setup)
    if changeable_boundary(setup):
        yield (
            f"The Setup has a boundary already, {code(arn)}. What follows replaces what that policy says, for everything that it bounds: look first whether "
            "others use it (`aws iam list-entities-for-policy --policy-usage-filter PermissionsBoundary`)."
        )
        yield ""
        version = f"aws iam create-policy-version --set-as-default --policy-document file://boundary.json --policy-arn {quote(arn)}"
        back = f"aws iam set-default-policy-version --policy-arn {quote(arn)} --version-id THE_ONE_BEFORE"
        yield from fenced([version, f"# to take it back: {back}"], "sh")
    else:
        if setup.role.permissions_boundary:
            yield f"The Setup's boundary is AWS's own, {code(setup.role.permissions_boundary)}, which nobody can change. This one takes its place."
            yield ""
        make = f"aws iam create-policy --policy-name {quote(boundary_name(setup))} --path {quote(boundary_path(setup))} --policy-document file://boundary.json"
        yield from fenced([make, "# then, with the Setup below: ciam-tui plan setup.json, and ciam-tui apply setup.json"], "sh")
        yield ""
        yield "In the Setup file:"
        yield ""
        yield from fenced([f'"role": {{ ..., "permissions_boundary": {json.dumps(arn)}, ... }}'], "json")
        yield ""
        before = json.dumps(setup.role.permissions_boundary)
        yield f"To take it back, set it to {before} and apply again; then `aws iam delete-policy`."
    yield ""


# What they share


def _statements(policy: Document, said: Mapping[str, tuple[str, str]]) -> Iterator[str]:
    sids = [statement["Sid"] for statement in policy.policy["Statement"]]
    yield from table(
        ("Statement", "What it stops", "What it lets through"), ((code(sid), *(prose(each) for each in said[sid])) for sid in sids)
    )


def _size(file: str, policy: Document, quota: int, fix: str, *, spaces_count: bool = True) -> Iterator[str]:
    how = "with white space taken out, as the command below sends it" if spaces_count else "as AWS counts them, without white space"
    yield f"Size: {policy.size:,} of {quota:,} characters, {how}."
    if policy.size > quota:
        yield ""
        yield f"**{file} is {policy.size - quota:,} characters too large, and AWS will refuse it.** {fix}"


def _organization_calls(kind: str, file: str, name: str) -> Sequence[str]:
    return (
        "# in the management account, or as its delegated administrator",
        f"aws organizations enable-policy-type --root-id ROOT_ID --policy-type {kind}   # once",
        f"aws organizations create-policy --type {kind} --name {name} --description 'CircleCI' --content \"$(jq -c . {file})\"",
        f"aws organizations attach-policy --policy-id POLICY_ID --target-id {_PLACEHOLDER_TARGET}",
        f"aws organizations detach-policy --policy-id POLICY_ID --target-id {_PLACEHOLDER_TARGET}   # to take it back, at once",
    )


def _try_it(setup: SetupShape, choices: GuardrailChoices) -> Iterator[str]:
    yield "## Try them before they are attached"
    yield ""
    yield "Exit code 0 says allowed, 3 denied. In this folder:"
    yield ""
    lines = [*SCAFFOLD]
    for proof in proofs(setup, choices):
        lines += ["", f"# {'allowed' if proof.allowed else 'denied'}: {proof.title}", proof.command]
    yield from fenced(lines, "sh")
    yield ""


def _in_ci(setup: SetupShape) -> Iterator[str]:
    name = audit_role_name(setup)
    yield "## ci.yml, jobs that fail on new findings"
    yield ""
    trust = audit_trust(setup)
    yield "`check-setup` looks at the Setup file, and `audit-account` at the account, by a role that reads IAM and changes nothing. Make that role once:"
    yield ""
    yield from fenced(
        [
            f"aws iam create-role --role-name {name} --path {quote(boundary_path(setup))} --assume-role-policy-document file://{TRUST_FILE}",
            f"aws iam put-role-policy --role-name {name} --policy-name audit --policy-document file://{PERMISSIONS_FILE}",
        ],
        "sh",
    )
    yield ""
    if trust.size > TRUST_SIZE:
        yield (
            f"**{TRUST_FILE} has {trust.size:,} characters, {trust.size - TRUST_SIZE:,} more than IAM takes at first, and AWS will refuse it.** Have the "
            "quota of role trust policies raised, or leave projects out of it: the audit needs to run in one alone."
        )
        yield ""
    if audit_branches(setup):
        yield f"It trusts the branch {code(BRANCH)} of the Setup's projects. An export of the same name for another Setup of the account has other projects in it."
    else:
        yield (
            "**It trusts every branch of whatever the Setup trusts**, since the Setup does not name the repository of each of its projects (`vcs_origin`): "
            "any job of them may read the account's IAM."
        )
    yield ""


def _not_stopped(setup: SetupShape, choices: GuardrailChoices) -> Iterator[str]:
    whom = "every project that is not listed" if rcp.projects_listed(setup, choices) else "whoever is no project of the organization"
    sessions = (
        "The session that comes of it is stopped by scp.json."
        if is_cloud(setup.circleci)
        else "Nor is the session that comes of it: a server's organization is not told from CircleCI's cloud."
    )
    yield "## What they do not stop"
    yield ""
    yield "- A role that trusts CircleCI without a project condition can still be made: no policy of an organization sees the trust policy within a call."
    yield f"  What is stopped is its use, by {whom}. `ciam-tui audit` finds it."
    yield "- A job of a listed project on the wrong branch, or of a fork that gets secrets: that is for the trust policy of each role, which names branches."
    yield "- An identity provider for another CircleCI organization, on roles that are not the Setup's: a condition key is named by its issuer, and its name"
    yield f"  takes no wildcard. {sessions}"
    yield "- Access keys that are there already, the root user's keys, and other credentials of users, such as passwords and those for single services."
    yield "- The management account. Let no job take a role there."


def _named(texts: Sequence[str]) -> str:
    return " and ".join(texts)
