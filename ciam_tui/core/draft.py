"""The answers as they stand while the user is still answering: any of them missing, half typed or wrong.

A draft has the shape of a Setup file and none of its promises, so that nothing typed is ever lost or refused. It is stdlib only: it is
read before the first frame, and importing pydantic there would cost a third of it. `ciam_tui.core.setup` turns a draft into a Setup, or
into the problems that keep it from being one.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, fields, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCESSES = ("read", "write", "delete")
EXTRAS = ("tags", "acl", "versions", "probe")
PARTITIONS = ("aws", "aws-cn", "aws-us-gov", "aws-eusc")
POLICY_KINDS = ("inline", "managed")
DEFAULT_SESSION_SECONDS = 3600
DEFAULT_ROLE_PATH = "/circleci/"


@dataclass(frozen=True, slots=True)
class BucketDraft:
    """The bucket, and what decides its policies: its owner (None: the Setup's account) and its default encryption key."""

    name: str = ""
    region: str = ""
    owner_account_id: str | None = None
    kms_key_arn: str | None = None
    create: bool = False


@dataclass(frozen=True, slots=True)
class ProjectDraft:
    """A CircleCI project. `vcs_origin` is `github.com/<organization>/<repository>`, None where the project has no repository."""

    id: str = ""
    name: str = ""
    vcs_origin: str | None = None


@dataclass(frozen=True, slots=True)
class CircleCiDraft:
    """Who is trusted. `issuer` None means the organization's cloud issuer, `audience` None the organization id."""

    org_id: str = ""
    org_slug: str | None = None
    issuer: str | None = None
    audience: str | None = None
    projects: tuple[ProjectDraft, ...] = ()
    any_project: bool = False


@dataclass(frozen=True, slots=True)
class StageDraft:
    """What one stage may do, where, and on which branches. A `session_seconds` that is a str is what was typed and is no number."""

    name: str = ""
    prefix: str = ""
    access: tuple[str, ...] = ()
    read_prefixes: tuple[str, ...] = ()
    branches: tuple[str, ...] = ()
    extras: tuple[str, ...] = ()
    session_seconds: int | str = DEFAULT_SESSION_SECONDS


@dataclass(frozen=True, slots=True)
class RoleDraft:
    """How the roles are named and made."""

    name_prefix: str = ""
    path: str = DEFAULT_ROLE_PATH
    per_project: bool = False
    policy_kind: str = "inline"
    permissions_boundary: str | None = None
    tags: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True)
class Draft:
    """All answers. `base_prefix` is the answer of the Prefix step, from which new stages take theirs; a Setup does not have it."""

    account_id: str = ""
    partition: str = "aws"
    bucket: BucketDraft = BucketDraft()
    base_prefix: str | None = None
    circleci: CircleCiDraft = CircleCiDraft()
    stages: tuple[StageDraft, ...] = ()
    role: RoleDraft = RoleDraft()

    def as_setup(self) -> dict[str, Any]:
        """The draft in the shape of a Setup file (`ciam-tui schema` describes it), valid or not."""
        return {
            "version": 1,
            "account_id": self.account_id,
            "partition": self.partition,
            "bucket": asdict(self.bucket),
            "circleci": asdict(self.circleci) | {"projects": [asdict(project) for project in self.circleci.projects]},
            "stages": [
                {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(stage).items()} for stage in self.stages
            ],
            "role": {each.name: getattr(self.role, each.name) for each in fields(RoleDraft)} | {"tags": dict(self.role.tags)},
        }

    def as_json(self) -> dict[str, Any]:
        """The draft as it is saved: the Setup's shape and the answers that only a draft has."""
        return self.as_setup() | {"base_prefix": self.base_prefix}

    @classmethod
    def of(cls, answers: Mapping[str, Any]) -> Draft:
        """The draft that `as_json` or a Setup file holds.

        Keys that are missing take their defaults and keys that are unknown are passed over: a draft saved by another version is opened as
        far as it goes. What has the wrong type altogether takes its default too.
        """
        circleci = _mapping(answers.get("circleci"))
        role = _mapping(answers.get("role"))
        return cls(
            account_id=_text(answers.get("account_id")),
            partition=_text(answers.get("partition"), "aws"),
            bucket=_filled(BucketDraft(), _mapping(answers.get("bucket"))),
            base_prefix=_text_or_none(answers.get("base_prefix")),
            circleci=replace(
                _filled(CircleCiDraft(), {name: value for name, value in circleci.items() if name != "projects"}),
                projects=tuple(_filled(ProjectDraft(), _mapping(each)) for each in _items(circleci.get("projects"))),
            ),
            stages=tuple(_filled(StageDraft(), _mapping(each)) for each in _items(answers.get("stages"))),
            role=replace(
                _filled(RoleDraft(), {name: value for name, value in role.items() if name != "tags"}),
                tags=MappingProxyType({key: _text(value) for key, value in _mapping(role.get("tags")).items()}),
            ),
        )


_Part = TypeVar("_Part", BucketDraft, CircleCiDraft, ProjectDraft, StageDraft, RoleDraft)


def _filled(empty: _Part, answers: Mapping[str, Any]) -> _Part:
    """`empty` with those answers whose type is that of the field's default."""
    taken: dict[str, Any] = {}
    for each in fields(empty):
        value, default = answers.get(each.name), getattr(empty, each.name)
        if isinstance(default, tuple):
            taken[each.name] = tuple(_text(item) for item in _items(value))
        elif isinstance(default, bool):
            taken[each.name] = value is True
        elif each.name == "session_seconds":
            taken[each.name] = value if isinstance(value, (int, str)) and not isinstance(value, bool) else default
        elif default is None:
            taken[each.name] = _text_or_none(value)
        else:
            taken[each.name] = _text(value, default)
    return replace(empty, **taken)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _items(value: object) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, (list, tuple)) else ()


def _text(value: object, default: str = "") -> str:
    return value if isinstance(value, str) else default


def _text_or_none(value: object) -> str | None:
    return value if isinstance(value, str) else None
