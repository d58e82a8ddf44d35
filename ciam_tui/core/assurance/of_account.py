"""What an account tells an auditor: its roles before and now, whether they are as the Setup says, its audit, and users with static keys."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.assurance.controls import Kind
from ciam_tui.core.assurance.items import moment
from ciam_tui.core.assurance.masked import Ours
from ciam_tui.core.assurance.saying import code, none_or, prose, rows
from ciam_tui.core.audit.report_json import report_document
from ciam_tui.core.audit.words import summary, tally
from ciam_tui.core.changes.subjects import BUCKET, PROVIDER, role_subject, subjects
from ciam_tui.core.codec import to_data
from ciam_tui.core.problems import CiamError, Level
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from ciam_tui.core.assurance.access import RoleInForce
    from ciam_tui.core.assurance.items import Item, Made
    from ciam_tui.core.audit.report import AuditReport
    from ciam_tui.core.document import Document
    from ciam_tui.core.facts import Bucket, Facts, Provider, Role
    from ciam_tui.core.journal import RunState
    from ciam_tui.core.plan import Plan
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.core.users.facts import User

ROLE_READS = ("iam:GetRole", "iam:GetRolePolicy", "iam:ListAttachedRolePolicies", "iam:GetPolicyVersion", "iam:GetOpenIDConnectProvider")

# The worst of an audit: a page is read to its end, a list of hundreds is not.
_ROLES_TOLD = 50


def roles_before(made: Made, setup: SetupShape, runs: Sequence[RunState]) -> Item:
    """Each role, the provider and the bucket as the first of `runs` that touched it found it; `runs` are oldest first, and not none."""
    first: dict[str, RunState] = {}
    for run in runs:
        for step in run.started.steps:
            for subject in subjects(step.change):
                first.setdefault(subject, run)
    roles = [_before_role(role.name, first.get(role_subject(role.name))) for role in wanted_roles(setup)]
    data = {
        "roles": roles,
        "provider": _before(first.get(PROVIDER), lambda facts: _provider(facts.provider)),
        "bucket": _before(first.get(BUCKET), lambda facts: _bucket(facts.bucket)),
    }
    journals = dict.fromkeys(f"runs/{run.started.run_id}.jsonl" for run in first.values())
    return made.item(Kind.BEFORE, data, tuple(journals), _told_before)


def _before_role(name: str, run: RunState | None) -> dict[str, Any]:
    policies = {} if run is None else run.started.facts.policies
    told = _before(
        run,
        lambda facts: (
            role_document(found, policies={arn: each.document for arn, each in policies.items()})
            if (found := facts.roles.get(name.lower()))
            else None
        ),
    )
    return {"name": name, **told}


def _before(run: RunState | None, found_in: Any) -> dict[str, Any]:
    if run is None:
        return {"run": None, "at": None, "existed": None, "was": None}
    was = found_in(run.started.facts)
    return {"run": run.started.run_id, "at": moment(run.started.at), "existed": was is not None, "was": was}


def _told_before(data: dict[str, Any]) -> tuple[str, Iterator[str]]:
    roles = data["roles"]
    touched = [role for role in roles if role["run"] is not None]
    new = sum(not role["existed"] for role in touched)
    words = [f"{new} of {counted(len(roles), 'role')} did not exist"]
    words += [f"{len(touched) - new} existed"] if new < len(touched) else []
    words += [f"of {len(roles) - len(touched)} it is not known"] if len(touched) < len(roles) else []
    headline = f"{', '.join(words)}."
    return headline, rows(
        ("Role", "Before", "As read by run", "At"),
        ((code(role["name"]), _was(role), code(role["run"] or ""), role["at"] or "-") for role in roles),
    )


def _was(role: dict[str, Any]) -> str:
    if role["run"] is None:
        return "not known: no run of these journals has touched it"
    return f"trust policy and {counted(len(role['was']['policies']), 'policy document')}" if role["existed"] else "it did not exist"


def roles_now(made: Made, setup: SetupShape, facts: Facts, found: Mapping[str, RoleInForce]) -> Item:
    """Each role of the Setup, the provider and the bucket as they were just read."""
    roles = []
    for wanted in wanted_roles(setup):
        held = found.get(wanted.name.lower())
        documents = dict(held.policies) if held is not None else {}
        unread = list(held.unread) if held is not None else []
        whole = role_document(held.role, policies=documents, boundary=held.boundary) if held is not None else None
        roles.append({"name": wanted.name, "exists": held is not None, "is": whole, "unread": unread})
    data = {"roles": roles, "provider": _provider(facts.provider), "bucket": _bucket(facts.bucket), "unread": list(facts.unread)}
    return made.item(Kind.NOW, data, ROLE_READS, _told_now)


def _told_now(data: dict[str, Any]) -> tuple[str, Iterator[str]]:
    there = [role for role in data["roles"] if role["exists"]]
    unread = sum(bool(role["unread"]) for role in there) + bool(data["unread"])
    provider = "there" if data["provider"] else "not there"
    words = f"Roles that are there: {len(there)} of {len(data['roles'])}; the OIDC provider is {provider}."
    return f"{words} Something could not be read." if unread else words, _now_lines(data)


def _now_lines(data: dict[str, Any]) -> Iterator[str]:
    yield from rows(
        ("Role", "Role id", "Policies", "Boundary", "Longest session", "Last used"),
        (
            (
                code(role["name"]),
                code(role["is"]["role_id"]),
                none_or(each["name"] for each in role["is"]["policies"]),
                code(role["is"]["boundary"] or "") or "-",
                f"{role['is']['max_session_seconds']} s",
                role["is"]["last_used"] or "no use is recorded",
            )
            if role["exists"]
            else (code(role["name"]), "not there", "-", "-", "-", "-")
            for role in data["roles"]
        ),
    )
    yield from (f"- Not read: {prose(each)}" for each in (*data["unread"], *(each for role in data["roles"] for each in role["unread"])))


def role_document(role: Role, *, policies: Mapping[str, Document], boundary: Document | None = None) -> dict[str, Any]:
    """A role with every document behind it that is known; `policies` are by name or ARN."""
    attached = [(arn, policies.get(arn)) for arn in role.attached]
    return {
        "name": role.name,
        "arn": role.arn,
        "role_id": role.role_id,
        "description": role.description,
        "max_session_seconds": role.max_session_seconds,
        "tags": [list(tag) for tag in role.tags],
        "last_used": moment(role.last_used),
        "last_used_region": role.last_used_region,
        "trust": _policy(role.trust),
        "policies": [
            *({"name": name, "kind": "inline", "document": _policy(document)} for name, document in role.inline),
            *({"name": arn, "kind": "attached", "document": None if document is None else _policy(document)} for arn, document in attached),
        ],
        "boundary": role.boundary,
        "boundary_document": None if boundary is None else _policy(boundary),
    }


def _policy(document: Document) -> Any:
    """The policy as an object, or, where it is none, its text."""
    try:
        return document.policy
    except CiamError:
        return document.text


def _provider(provider: Provider | None) -> dict[str, Any] | None:
    if provider is None:
        return None
    return {"arn": provider.arn, "url": provider.url, "audiences": list(provider.client_ids), "tags": [list(tag) for tag in provider.tags]}


def _bucket(bucket: Bucket | None) -> dict[str, Any] | None:
    if bucket is None:
        return None
    return {
        "name": bucket.name,
        "region": bucket.region,
        "owner_account_id": bucket.owner_account_id,
        "encryption": bucket.encryption,
        "kms_key_arn": bucket.kms_key_arn,
        "public_access_blocked": bucket.public_access_blocked,
        "ownership": bucket.ownership,
        "versioning": bucket.versioning,
        "policy": None if bucket.policy is None else _policy(bucket.policy),
        "tags": [list(tag) for tag in bucket.tags],
        "unread": list(bucket.unread),
    }


def conformity(made: Made, plan: Plan) -> Item:
    """What a plan of the Setup would still change, which is where the account is not as the Setup says."""
    data = {
        "is_as_the_setup_says": plan.changes_nothing and not plan.conflicts,
        "is_complete": plan.complete,
        "fingerprint": Ours(plan.fingerprint),
        "would_change": [
            {
                "title": step.title,
                "kind": step.change.kind,
                "service": step.call.service,
                "operation": step.call.operation,
                "before": step.before,
            }
            for step in plan.steps
        ],
        "conflicts": [
            {"name": each.name, "reason": each.reason, "differences": [str(one) for one in each.differences]} for each in plan.conflicts
        ],
        "problems": [{"level": each.level.value, "text": str(each)} for each in plan.problems],
        "unread": list(plan.facts.unread),
    }
    return made.item(Kind.CONFORMITY, data, ("ciam-tui plan, from the same reading of the account",), _told_conformity)


def _told_conformity(data: dict[str, Any]) -> tuple[str, Iterator[str]]:
    if data["is_as_the_setup_says"]:
        headline = (
            "The account is as the Setup says: a plan would change nothing."
            if data["is_complete"]
            else ("As far as it could be read, the account is as the Setup says.")
        )
    else:
        counts = ((len(data["would_change"]), "step"), (len(data["conflicts"]), "conflict"))
        errors = sum(each["level"] == Level.ERROR for each in data["problems"])
        found = [*(counted(*each) for each in counts), *([counted(errors, "error")] if errors else [])]
        headline = f"It is not: a plan would make {found[0]}, and finds {listed(found[1:])}."
    return headline, _conformity_lines(data)


def _conformity_lines(data: dict[str, Any]) -> Iterator[str]:
    yield from (f"- It would: {prose(step['title'])}" for step in data["would_change"])
    yield from (f"- **Conflict**: {prose(each['name'])}: {prose(each['reason'])}" for each in data["conflicts"])
    yield from (f"- {each['level']}: {prose(each['text'])}" for each in data["problems"])
    yield from (f"- Not read: {prose(each)}" for each in data["unread"])


def audit_item(made: Made, report: AuditReport) -> Item:
    """The audit of the whole account."""
    said = f"{summary(report)} {report.roles_seen:,} roles were looked at."
    told = [(role.read.role.name, role.grade.value, role.reasons[:1], tally(role.findings), str(role.origin)) for role in report.roles]
    data = {"audit": report_document(report), "summary": said, "graded": [[*each[:2], " ".join(each[2]), *each[3:]] for each in told]}
    return made.item(Kind.AUDIT, data, ("ciam-tui audit: iam:GetAccountAuthorizationDetails and what it leads to",), _told_audit)


def _told_audit(data: dict[str, Any]) -> tuple[str, Iterator[str]]:
    return data["summary"], _audit_lines(data)


def _audit_lines(data: dict[str, Any]) -> Iterator[str]:
    yield from rows(
        ("Role", "Grade", "Why", "Findings", "Made"),
        (
            (code(name), grade.upper() if grade == "open" else grade, prose(why), prose(found), prose(origin))
            for name, grade, why, found, origin in data["graded"][:_ROLES_TOLD]
        ),
    )
    more = len(data["graded"]) - _ROLES_TOLD
    if more > 0:
        yield f"- {counted(more, 'role')} more, none of them worse, {'is' if more == 1 else 'are'} in the file."
    yield from (f"- Not read: {prose(each)}" for each in data["audit"]["unread"])


def user_item(made: Made, name: str, user: User | None, at: datetime) -> Item:
    """A user as it was just read; None where there is none of that name."""
    data: dict[str, Any] = {"user": name, "exists": user is not None, "keys": None, "unread": []}
    if user is not None:
        keys = [
            {
                "key_id": key.key_id,
                "status": key.status,
                "created_at": moment(key.created_at),
                "age_days": None if key.created_at is None else (at - key.created_at).days,
                "last_used": None if key.last_use is None else moment(key.last_use.at),
                "last_use_is_known": key.last_use is not None,
                "service": key.last_use.service if key.last_use else "",
                "region": key.last_use.region if key.last_use else "",
            }
            for key in user.keys or ()
        ]
        kept = ("arn", "user_id", "created_at", "boundary", "groups", "attached", "has_password", "tags")
        data |= {field: value for field, value in to_data(user).items() if field in kept}
        data |= {
            "inline": [{"name": policy, "document": _policy(document)} for policy, document in user.inline],
            "keys": None if user.keys is None else keys,
            "unread": list(user.unread),
        }
    return made.item(
        Kind.USER,
        data,
        ("iam:GetUser", "iam:ListAccessKeys", "iam:GetAccessKeyLastUsed"),
        _told_user,
        name=f"user-{name}",
        title=f"The user {name} as it is now",
    )


def _told_user(data: dict[str, Any]) -> tuple[str, Iterator[str]]:
    if not data["exists"]:
        return "The account has no user of this name.", iter(())
    keys = data["keys"]
    if keys is None:
        return "It is there; its access keys could not be read.", _user_lines(data)
    active = sum(key["status"] == "Active" for key in keys)
    return f"It is there, with {counted(len(keys), 'access key')}, {active} of them active.", _user_lines(data)


def _user_lines(data: dict[str, Any]) -> Iterator[str]:
    if data["keys"]:
        yield from rows(
            ("Access key", "Status", "Created", "Last used"),
            (
                (
                    code(key["key_id"]),
                    prose(key["status"]),
                    key["created_at"] or "-",
                    (prose(f"{key['last_used']} for {key['service']} in {key['region']}") if key["last_used"] else "no use is recorded")
                    if key["last_use_is_known"]
                    else "unknown",
                )
                for key in data["keys"]
            ),
        )
    yield from (f"- Not read: {prose(each)}" for each in data["unread"])
