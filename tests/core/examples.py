"""The Setup file of the documentation, as answers to change one at a time."""

from __future__ import annotations

import copy
import json
from typing import Any

ORG_ID = "0c9e0b5a-4a5d-4c5e-9f5b-0a6f0f4f2b11"
PROJECT_ID = "6b1f1b6e-6f43-4d0f-8f0e-6f0f3f6a5a01"
OTHER_PROJECT_ID = "7c2a2c7f-7054-4e1a-9a1f-7a1a4a7b6b02"

_EXAMPLE: dict[str, Any] = {
    "version": 1,
    "account_id": "123456789012",
    "partition": "aws",
    "bucket": {"name": "acme-builds", "region": "us-east-1", "owner_account_id": None, "kms_key_arn": None, "create": False},
    "circleci": {
        "org_id": ORG_ID,
        "org_slug": "gh/acme",
        "issuer": None,
        "audience": None,
        "projects": [{"id": PROJECT_ID, "name": "web", "vcs_origin": "github.com/acme/web"}],
        "any_project": False,
    },
    "stages": [
        {
            "name": "build",
            "prefix": "builds/",
            "access": ["read", "write"],
            "read_prefixes": [],
            "branches": [],
            "extras": [],
            "session_seconds": 3600,
        },
        {
            "name": "test",
            "prefix": "builds/",
            "access": ["read"],
            "read_prefixes": [],
            "branches": [],
            "extras": [],
            "session_seconds": 3600,
        },
        {
            "name": "deploy",
            "prefix": "releases/",
            "access": ["read", "write", "delete"],
            "read_prefixes": ["builds/"],
            "branches": ["main"],
            "extras": [],
            "session_seconds": 3600,
        },
    ],
    "role": {
        "name_prefix": "circleci-web-",
        "path": "/circleci/",
        "per_project": False,
        "policy_kind": "inline",
        "permissions_boundary": None,
        "tags": {},
    },
}


def answers(**changes: Any) -> dict[str, Any]:
    """The example with some answers changed, each named by its path with `__` between the parts: `stages__0__prefix`."""
    changed = copy.deepcopy(_EXAMPLE)
    for path, value in changes.items():
        *way, last = [int(part) if part.isdigit() else part for part in path.split("__")]
        place: Any = changed
        for part in way:
            place = place[part]
        place[last] = value
    return changed


def file(**changes: Any) -> str:
    """The example's file, changed in the same way."""
    return json.dumps(answers(**changes), indent=2)


def project(name: str, project_id: str = OTHER_PROJECT_ID, vcs_origin: str | None = "github.com/acme/api") -> dict[str, Any]:
    return {"id": project_id, "name": name, "vcs_origin": vcs_origin}


def stage(name: str) -> dict[str, Any]:
    return {"name": name, "prefix": "x/", "access": ["read"]}
