"""Whose a role or a policy is: ours, identical to what we want, or somebody else's that must not be overwritten silently.

"Ours" is told by three things together: the tag that says who manages it, the tag that names the Setup, and an id that a journal on this
machine holds. A tag alone can be copied by anybody who may tag.
"""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from ciam_tui.core.facts import MANAGED_BY, MANAGED_BY_TAG, SETUP_TAG, tag
from ciam_tui.core.trust import ASSUME_ROLE, issuer_url, provider_arn

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

    from ciam_tui.core.changes.kinds import Tags
    from ciam_tui.core.facts import ManagedPolicy, Role
    from ciam_tui.core.shape import SetupShape


def setup_id(setup: SetupShape) -> str:
    """The name of a Setup in tags and locks: 16 hex digits that stay the same while stages, projects and branches change."""
    identity = [setup.account_id, setup.bucket.name, issuer_url(setup.circleci), setup.role.path, setup.role.name_prefix]
    return hashlib.sha256(json.dumps(identity).encode()).hexdigest()[:16]


def our_tags(setup: SetupShape) -> Tags:
    """The tags of everything that a run for `setup` makes; the run's own tag is added when it is made."""
    return tuple(sorted({**setup.role.tags, MANAGED_BY_TAG: MANAGED_BY, SETUP_TAG: setup_id(setup)}.items()))


def is_tagged_ours(tags: Tags, setup: SetupShape) -> bool:
    """Whether the tags say that a run for this Setup made it. Not yet a proof."""
    return tag(tags, MANAGED_BY_TAG) == MANAGED_BY and tag(tags, SETUP_TAG) == setup_id(setup)


def is_ours(found: Role | ManagedPolicy, setup: SetupShape, known_ids: AbstractSet[str]) -> bool:
    """Whether tags and a journal both say so."""
    found_id = found.role_id if hasattr(found, "role_id") else found.policy_id
    return is_tagged_ours(found.tags, setup) and found_id in known_ids


def is_adopted(adopt: AbstractSet[str], name: str, subject: str) -> bool:
    """Whether `adopt`, in lower case, has what is called `name`, or it alone by its subject: a role and its context have one name."""
    return name.lower() in adopt or subject.lower() in adopt


def why_never_adopted(role: Role, setup: SetupShape) -> str | None:
    """Why nobody may adopt `role`, as a clause; None where its owner may decide to."""
    if role.is_service_role:
        return "it belongs to an AWS service"
    others = sorted(_other_principals(role, setup))
    if others:
        return f"it also trusts {', '.join(others)}"
    return None


def _other_principals(role: Role, setup: SetupShape) -> set[str]:
    """Who is let in beside the Setup's provider, deny statements aside."""
    statements = role.trust.policy.get("Statement", [])
    found: set[str] = set()
    for statement in statements if isinstance(statements, list) else [statements]:
        if statement.get("Effect") != "Allow":
            continue
        principal = statement.get("Principal", statement.get("NotPrincipal"))
        named = principal if isinstance(principal, dict) else {"AWS": principal}
        for kind, values in named.items():
            for value in values if isinstance(values, list) else [values]:
                ours = kind == "Federated" and value == provider_arn(setup) and statement.get("Action") in (ASSUME_ROLE, [ASSUME_ROLE])
                if not ours:
                    found.add(f"{value}")
    return found
