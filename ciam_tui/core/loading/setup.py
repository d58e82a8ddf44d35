"""From roles to the answers of a Setup: one stage a role, with the projects and branches that their trust policies name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ciam_tui.core.document import parse_policy
from ciam_tui.core.draft import EXTRAS, Draft
from ciam_tui.core.facts import MANAGED_BY_TAG, RUN_TAG, SETUP_TAG
from ciam_tui.core.loading.grants import grants_of
from ciam_tui.core.problems import CiamError
from ciam_tui.core.setup import Setup, SetupInvalid, finish
from ciam_tui.core.tokens.scope import scope_of
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ciam_tui.core.document import Document
    from ciam_tui.core.loading.grants import Grants
    from ciam_tui.core.tokens.scope import TrustScope

_HEADS = "refs/heads/"
_OUR_TAGS = frozenset({MANAGED_BY_TAG, SETUP_TAG, RUN_TAG})


@dataclass(frozen=True, slots=True)
class RoleText:
    """A role as it was read: `permissions` are its policies by name, inline and managed."""

    name: str
    trust: Document
    permissions: tuple[tuple[str, Document], ...]
    path: str = "/circleci/"
    max_session_seconds: int = 3600
    boundary: str | None = None
    tags: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Loaded:
    """The Setup that `roles` have become, and what of them it does not say."""

    setup: Setup
    notes: tuple[str, ...]


def loaded(roles: Sequence[RoleText], *, account_id: str, partition: str, region: str | None = None, org_slug: str | None = None) -> Loaded:
    """The Setup for `roles`.

    Raises:
        CiamError: a policy cannot be read, no bucket or organization is named, or the roles do not belong into one Setup.
        SetupInvalid: what they say makes no valid Setup.
    """
    parts = [_part(role) for role in roles]
    notes = [f"{part.role.name}: {note}" for part in parts for note in part.grants.notes]
    bucket = _one("bucket", [part.grants.bucket for part in parts if part.grants.bucket])
    org = _one("organization", [org for part in parts for org in part.scope.org_ids[:1]])
    prefix, stages = _names([part.role.name for part in parts])
    grants = [part.grants for part in parts]
    regions = [region] if region else [each for found in grants for each in found.regions]
    if not regions:
        notes.append("No policy says in which region the bucket lies: us-east-1 is assumed, which --bucket-region changes.")
    owners = [each for found in grants for each in found.owners]
    keys = list(dict.fromkeys(each for found in grants for each in found.keys))
    paths = list(dict.fromkeys(part.role.path for part in parts))
    if len(paths) > 1:
        notes.append(f"The roles have the paths {listed(paths)}, and a Setup has one.")
    answers: dict[str, Any] = {
        "account_id": account_id,
        "partition": partition,
        "bucket": {
            "name": bucket,
            "region": next(iter(regions), "us-east-1"),
            "owner_account_id": next((each for each in owners if each != account_id), None),
            "kms_key_arn": next(iter(keys), None),
        },
        "circleci": _circleci(parts, org, org_slug, notes),
        "stages": [_stage(name, part, notes) for name, part in zip(stages, parts, strict=True)],
        "role": {
            "name_prefix": prefix,
            "path": paths[0],
            "permissions_boundary": parts[0].role.boundary,
            "tags": {key: value for key, value in parts[0].role.tags if key not in _OUR_TAGS},
        },
    }
    made = finish(Draft.of(answers))
    if isinstance(made, tuple):
        raise SetupInvalid(made)
    return Loaded(made, tuple(dict.fromkeys(notes)))


@dataclass(frozen=True, slots=True)
class _Part:
    role: RoleText
    grants: Grants
    scope: TrustScope


def _part(role: RoleText) -> _Part:
    trust = parse_policy(role.trust.text, what=f"the trust policy of {role.name}")
    policies = [(name, parse_policy(document.text, what=f"the policy {name} of {role.name}")) for name, document in role.permissions]
    return _Part(role, grants_of(policies), scope_of(trust))


def _one(what: str, found: Sequence[str]) -> str:
    names = list(dict.fromkeys(found))
    if len(names) == 1:
        return names[0]
    if not names:
        fix = "Write the Setup by hand: `ciam-tui schema` says what it holds."
        raise CiamError("not-loadable", "This is no role for a Setup", f"Its policies name no {what} by its whole name.", (fix,))
    message = f"They are for the {what}s {listed(names)}, and a Setup has one."
    raise CiamError("not-loadable", "The roles do not belong into one Setup", message, ("Load them one by one.",))


def _names(names: Sequence[str]) -> tuple[str, list[str]]:
    """The beginning that all roles share, up to its last dash, and what each is called after it."""
    first, last = min(names), max(names)
    shared = next((first[:length] for length in range(len(first), 0, -1) if last.startswith(first[:length])), "")
    prefix = shared[: shared[: -1 if len(names) == 1 or shared in names else None].rfind("-") + 1]
    return prefix, [name.removeprefix(prefix) for name in names]


def _circleci(parts: Sequence[_Part], org: str, org_slug: str | None, notes: list[str]) -> dict[str, Any]:
    origins: dict[str, str] = {}
    for part in parts:
        for pattern in part.scope.patterns:
            if pattern.vcs_origin is not None and pattern.project_id in part.scope.project_ids:
                origins.setdefault(pattern.project_id, pattern.vcs_origin)
    projects = list(dict.fromkeys(project for part in parts for project in part.scope.project_ids))
    others = [part.role.name for part in parts if set(part.scope.project_ids) != set(projects)]
    notes += [f"{name}: it trusts other projects than the rest, and the stages of a Setup trust the same." for name in others]
    issuers = list(dict.fromkeys(issuer for part in parts for issuer in part.scope.issuers))
    audiences = list(dict.fromkeys(audience for part in parts for audience in part.scope.audiences))
    if len(audiences) > 1:
        notes.append(f"The audiences are {listed(audiences)}: a Setup has one, and the first is taken.")
    issuer = issuers[0] if issuers else ""
    return {
        "org_id": org,
        "org_slug": org_slug,
        "issuer": None if issuer.endswith(f"/org/{org}") and issuer.startswith("oidc.circleci.com") else f"https://{issuer}",
        "audience": None if audiences[:1] in ([], [org]) else audiences[0],
        "projects": _projects(projects, origins),
        "any_project": not projects,
    }


def _projects(ids: Sequence[str], origins: Mapping[str, str]) -> list[dict[str, Any]]:
    """Policies know no names: a project is called as its repository, or by the beginning of its id."""
    named: dict[str, str] = {}
    for each in ids:
        name = origins.get(each, "").rpartition("/")[2] or f"project-{each[:8]}"
        named[each] = name if name not in named.values() else f"{name}-{each[:8]}"
    return [{"id": each, "name": name, "vcs_origin": origins.get(each)} for each, name in named.items()]


def _stage(name: str, part: _Part, notes: list[str]) -> dict[str, Any]:
    places = part.grants.places
    changed = list(dict.fromkeys((*places["write"], *places["delete"])))
    if not changed and not places["read"]:
        message = f"{part.role.name} may neither read, write nor delete anything below a prefix of one bucket."
        raise CiamError(
            "not-loadable", "This is no role for a Setup", message, ("Look at its policies: `ciam-tui check FILE` tells what they say.",)
        )
    prefix = (changed or places["read"])[0]
    if changed[1:]:
        notes.append(f'{part.role.name}: it writes or deletes below {listed(changed)}, and a stage does below one: "{prefix}" is taken.')
    access = [each for each in ("read", "write", "delete") if any(prefix.startswith(place) for place in places[each])]
    return {
        "name": name,
        "prefix": prefix,
        "access": access,
        "read_prefixes": [each for each in places["read"] if each != prefix and not ("read" in access and each.startswith(prefix))],
        "branches": _branches(part, notes),
        "extras": [each for each in EXTRAS if each in part.grants.extras],
        "session_seconds": part.role.max_session_seconds,
    }


def _branches(part: _Part, notes: list[str]) -> list[str]:
    patterns = part.scope.patterns
    if not part.scope.project_ids or not patterns:
        return []
    without = [pattern for pattern in patterns if pattern.vcs_ref is None]
    if without and len(without) < len(patterns):
        notes.append(f"{part.role.name}: it lets in any branch of some project beside chosen ones; the stage lets in any.")
    if without:
        return []
    return list(dict.fromkeys(ref.removeprefix(_HEADS) for ref in part.scope.refs))
