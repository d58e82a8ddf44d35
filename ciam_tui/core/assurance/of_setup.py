"""What a Setup alone tells an auditor: the rule as reviewed, the policies it asks for, what they let through, and what is risky about them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ciam_tui.core.assurance.access import intended_access
from ciam_tui.core.assurance.controls import Kind
from ciam_tui.core.assurance.items import About, Made, Pack, not_collected
from ciam_tui.core.assurance.masked import ours
from ciam_tui.core.assurance.of_acceptance import entry_document
from ciam_tui.core.assurance.saying import code, none_or, prose, rows
from ciam_tui.core.findings import findings
from ciam_tui.core.ownership import our_tags, setup_id
from ciam_tui.core.permissions import bucket_owner
from ciam_tui.core.problems import Level
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.setup import Setup, to_json
from ciam_tui.core.trust import audience, issuer_url
from ciam_tui.core.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.acceptance.file import AcceptedFinding
    from ciam_tui.core.assurance.items import Item
    from ciam_tui.core.findings import Finding
    from ciam_tui.core.shape import SetupShape

_FROM_SETUP = "the Setup file"
_OFFLINE = "It needs the account: `ciam-tui evidence collect` reads it."
_NEEDS_ACCOUNT = (Kind.BEFORE, Kind.NOW, Kind.CONFORMITY, Kind.ACCESS, Kind.RUN, Kind.RETIREMENT, Kind.USER, Kind.AUDIT)


def offline_pack(setup: SetupShape, version: str) -> Pack:
    """All that can be said without an account and without a clock: the same Setup always gives the same pack."""
    made = Made()
    about = About(version, setup.account_id, setup.bucket.name, setup_id(setup))
    items = (setup_item(made, setup), intended_policies(made, setup), intended_access(made, setup), findings_item(made, findings(setup)))
    return Pack(about, items, tuple(not_collected(kind, _OFFLINE) for kind in _NEEDS_ACCOUNT))


def setup_item(made: Made, setup: SetupShape, file_sha256: str | None = None) -> Item:
    """The Setup as it was given, in the form in which it is saved; `file_sha256` is the digest of the file that it was read from."""
    whole = json.loads(to_json(setup)) if isinstance(setup, Setup) else {}
    data = {
        "setup_id": setup_id(setup),
        "issuer": issuer_url(setup.circleci),
        "audience": audience(setup.circleci),
        "bucket_owner": bucket_owner(setup),
        "file_sha256": ours(file_sha256),
        "setup": whole,
    }
    return made.item(Kind.SETUP, data, (_FROM_SETUP,), _told_setup)


def _told_setup(data: dict[str, Any]) -> tuple[str, Iterator[str]]:
    setup = data["setup"]
    stages = setup.get("stages", [])
    headline = f"{counted(len(stages), 'stage')} on one bucket, {counted(len(setup.get('circleci', {}).get('projects', [])), 'project')}."
    return headline, _setup_lines(data)


def _setup_lines(data: dict[str, Any]) -> Iterator[str]:
    setup = data["setup"]
    if not setup:
        return
    if data["file_sha256"]:
        yield f"- The file that was given has the SHA-256 {code(data['file_sha256'])}: it leads to the reviewed commit"
    circleci = setup["circleci"]
    who = "**every project of the organization**" if circleci["any_project"] else none_or(each["name"] for each in circleci["projects"])
    yield f"- CircleCI organization {code(circleci['org_slug'] or circleci['org_id'])}, projects: {who}"
    yield from rows(
        ("Stage", "Prefix", "Access", "Also reads", "Branches", "Extras"),
        (
            (
                code(stage["name"]),
                code(stage["prefix"]) if stage["prefix"] else "**the whole bucket**",
                ", ".join(stage["access"]) or "-",
                none_or(stage["read_prefixes"]),
                none_or(stage["branches"]) if stage["branches"] else "any",
                ", ".join(stage["extras"]) or "-",
            )
            for stage in setup["stages"]
        ),
    )


def intended_policies(made: Made, setup: SetupShape) -> Item:
    """Each role with its two documents, as `apply` sends them."""
    roles = [
        {
            "name": role.name,
            "arn": role.arn,
            "stage": role.stage,
            "projects": list(role.project_names),
            "description": role.description,
            "max_session_seconds": role.max_session_seconds,
            "boundary": setup.role.permissions_boundary,
            "tags": [list(tag) for tag in our_tags(setup)],
            "trust": role.trust.policy,
            "permissions": role.permissions.policy,
        }
        for role in wanted_roles(setup)
    ]
    return made.item(Kind.INTENDED, {"roles": roles}, (_FROM_SETUP,), _told_policies)


def _told_policies(data: dict[str, Any]) -> tuple[str, list[str]]:
    roles = data["roles"]
    lines = [f"- {code(role['name'])}: a trust policy, and a permission policy of {_statements(role['permissions'])}" for role in roles]
    return f"{counted(len(roles), 'role')}, each with a trust policy and a permission policy.", lines


def _statements(policy: dict[str, Any]) -> str:
    return counted(len(policy["Statement"]), "statement")


def findings_item(made: Made, found: Sequence[Finding], accepted: Sequence[AcceptedFinding | None] = ()) -> Item:
    """What is risky about the Setup, worst first; `accepted` has the entry of each that somebody has accepted."""
    entries = accepted or [None] * len(found)
    told = [
        {
            "id": each.id,
            "level": each.level.value,
            "field": each.field,
            "stage": each.stage,
            "text": each.text,
            "fix": each.fix,
            "accepted": None if entry is None else entry_document(entry),
        }
        for each, entry in zip(found, entries, strict=True)
    ]
    return made.item(Kind.FINDINGS, {"findings": told}, (_FROM_SETUP,), _told_findings)


def _told_findings(data: dict[str, Any]) -> tuple[str, Iterator[str]]:
    found = data["findings"]
    counts = ", ".join(f"{sum(each['level'] == level for each in found)} of level {level}" for level in Level)
    return f"{counts}; {sum(each['accepted'] is not None for each in found)} accepted.", _finding_lines(found)


def _finding_lines(found: list[dict[str, Any]]) -> Iterator[str]:
    if not found:
        yield "- None."
        return
    yield from rows(
        ("Level", "Where", "What", "What to do", "Accepted"),
        (
            (
                f"**{each['level']}**" if each["level"] == Level.ERROR else each["level"],
                code(each["field"]),
                prose(each["text"]),
                prose(each["fix"]),
                _accepted(each["accepted"]),
            )
            for each in found
        ),
    )


def _accepted(accepted: dict[str, Any] | None) -> str:
    if accepted is None:
        return "no"
    return f"by {code(accepted['owner'])} until {accepted['expires']}: {prose(accepted['reason'])}"
