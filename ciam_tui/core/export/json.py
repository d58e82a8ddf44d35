"""The export for review: each role's two policies, and the provider, as the JSON that AWS is given."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.owner import bucket_owner_policy, key_owner_policy
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.trust import audience, issuer_url

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.shape import SetupShape


def export_json(setup: SetupShape) -> tuple[ExportFile, ...]:
    """`<role>.permissions.json` and `<role>.trust.json` for each role, `provider.json`, and what the owners of other accounts must add."""
    return tuple(_files(setup))


def _files(setup: SetupShape) -> Iterator[ExportFile]:
    for role in wanted_roles(setup):
        yield ExportFile(f"{role.name}.permissions.json", role.permissions.text + "\n")
        yield ExportFile(f"{role.name}.trust.json", role.trust.text + "\n")
    provider = {"Url": f"https://{issuer_url(setup.circleci)}", "ClientIDList": [audience(setup.circleci)]}
    yield ExportFile("provider.json", json.dumps(provider, indent=2, ensure_ascii=True) + "\n")
    if bucket_policy := bucket_owner_policy(setup):
        yield ExportFile("bucket-owner.policy.json", bucket_policy.text + "\n")
    if key_policy := key_owner_policy(setup):
        yield ExportFile("key-owner.policy.json", key_policy.text + "\n")
