"""The finished answers: a Setup that exists is valid, so that nothing behind it checks an answer again.

Everything that is applied, exported or compared comes from this one frozen value. The rules themselves are in `ciam_tui.core.validate`;
these models hold the types, the words of the JSON Schema, and the guarantee.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer, model_validator

from ciam_tui.core.draft import ACCESSES, DEFAULT_ROLE_PATH, DEFAULT_SESSION_SECONDS, EXTRAS, PARTITIONS, POLICY_KINDS
from ciam_tui.core.problems import CiamError
from ciam_tui.core.validate import errors_of, normalized_prefix, prefix_problem, setup_problems
from ciam_tui.core.validate.bucket import ACCOUNT_ID_PATTERN, BUCKET_NAME_PATTERN, KMS_KEY_PATTERN, REGION_PATTERN
from ciam_tui.core.validate.circleci import (
    AUDIENCE_LENGTH,
    ISSUER_PATTERN,
    ORG_SLUG_PATTERN,
    PROJECT_NAME_LENGTH,
    URL_LENGTH,
    UUID_PATTERN,
    VCS_ORIGIN_PATTERN,
)
from ciam_tui.core.validate.role import (
    BOUNDARY_PATTERN,
    NAME_PATTERN,
    OUR_TAG_KEYS,
    ROLE_NAME_LENGTH,
    ROLE_PATH_LENGTH,
    ROLE_PATH_PATTERN,
    SESSION_SECONDS,
    TAG_COUNT,
    TAG_KEY_LENGTH,
    TAG_VALUE_LENGTH,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.problems import Problem

SETUP_VERSION: Final = 1


class SetupInvalid(CiamError):
    """Answers that are no Setup. `problems` says all that is wrong, the first of it in the error's own line."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        first = problems[0]
        message = f"{first.field}: {first.text}" if first.field else first.text
        super().__init__("setup-invalid", "The Setup is not valid", message, (first.fix,) if first.fix else ())
        self.problems = tuple(problems)


def _as_tuple(value: object) -> object:
    return tuple(value) if isinstance(value, list) else value


def _as_dict(value: object) -> object:
    return dict(value) if isinstance(value, Mapping) else value


def _closed(text: str) -> str:
    """`text` with its closing slash; untouched where it is no prefix, so that the problem quotes what was written."""
    problem = prefix_problem(text)
    return text if problem and errors_of([problem]) else normalized_prefix(text)


_Item = TypeVar("_Item")
_Many = Annotated[tuple[_Item, ...], BeforeValidator(_as_tuple)]
# Patterns, lengths and choices stand in the JSON Schema alone: on reading, the rules say what is wrong in better words than a pattern can.
_Prefix = Annotated[str, AfterValidator(_closed), Field(json_schema_extra={"pattern": r"^([^/*?][^*?]*)?$", "maxLength": 1023})]
_AccountId = Annotated[str, Field(json_schema_extra={"pattern": ACCOUNT_ID_PATTERN})]
_Uuid = Annotated[str, Field(json_schema_extra={"pattern": UUID_PATTERN})]
_Tags = Annotated[
    Mapping[str, str],
    BeforeValidator(_as_dict),
    AfterValidator(MappingProxyType),
    PlainSerializer(lambda tags: dict(sorted(tags.items())), return_type=dict[str, str]),
    Field(
        json_schema_extra={
            "maxProperties": TAG_COUNT - len(OUR_TAG_KEYS),
            "propertyNames": {"minLength": 1, "maxLength": TAG_KEY_LENGTH},
            "additionalProperties": {"type": "string", "maxLength": TAG_VALUE_LENGTH},
        }
    ),
]


def _text(**keywords: str | int) -> Any:
    """A field of text with JSON Schema keywords, for types that add null to it."""
    return Field(json_schema_extra=dict(keywords))


class _Answers(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")


class Bucket(_Answers):
    """The bucket, and what decides its policies."""

    name: str = Field(
        description="The name of a general purpose bucket.",
        json_schema_extra={"pattern": BUCKET_NAME_PATTERN, "minLength": 3, "maxLength": 63},
    )
    region: str = Field(description="The region the bucket lies in.", json_schema_extra={"pattern": REGION_PATTERN})
    owner_account_id: _AccountId | None = Field(
        default=None, description="The account that owns the bucket; null means the Setup's own account."
    )
    kms_key_arn: Annotated[str, _text(pattern=KMS_KEY_PATTERN)] | None = Field(
        default=None,
        description="The customer's KMS key that the bucket is encrypted with, by ARN, in the bucket's region; null for none and for aws/s3.",
    )
    create: bool = Field(default=False, description="Whether the bucket is made where it does not exist.")


class Project(_Answers):
    """A CircleCI project whose jobs may take the roles."""

    id: _Uuid = Field(description="The project's id, a UUID in lower case.")
    name: str = Field(
        description="The project's name; with per_project it is part of the role's name.",
        json_schema_extra={"minLength": 1, "maxLength": PROJECT_NAME_LENGTH},
    )
    vcs_origin: Annotated[str, _text(pattern=VCS_ORIGIN_PATTERN)] | None = Field(
        default=None, description="The repository as tokens name it, such as github.com/acme/web; needed by stages with branches."
    )


class CircleCi(_Answers):
    """Who is trusted."""

    org_id: _Uuid = Field(description="The organization's id, a UUID in lower case.")
    org_slug: Annotated[str, _text(pattern=ORG_SLUG_PATTERN)] | None = Field(
        default=None, description="The organization's slug, such as gh/acme."
    )
    issuer: Annotated[str, _text(pattern=ISSUER_PATTERN, maxLength=URL_LENGTH)] | None = Field(
        default=None,
        description="The https URL of the token's issuer, without a closing slash; null means the organization's cloud issuer.",
    )
    audience: Annotated[str, _text(minLength=1, maxLength=AUDIENCE_LENGTH)] | None = Field(
        default=None, description="The audience of the tokens; null means the organization id."
    )
    projects: _Many[Project] = Field(default=(), description="The projects whose jobs may take the roles.")
    any_project: bool = Field(default=False, description="Trust every project of the organization; wants no projects and no branches.")


class Stage(_Answers):
    """What one stage may do, where, and on which branches."""

    name: str = Field(
        description="The stage's name, the end of its role's name.",
        json_schema_extra={"pattern": NAME_PATTERN, "minLength": 1, "maxLength": ROLE_NAME_LENGTH},
    )
    prefix: _Prefix = Field(description='The prefix the stage works under; "" means the whole bucket. A missing closing slash is added.')
    access: _Many[str] = Field(
        description="What the stage may do there.",
        json_schema_extra={"items": {"type": "string", "enum": list(ACCESSES)}, "minItems": 1, "uniqueItems": True},
    )
    read_prefixes: _Many[_Prefix] = Field(
        default=(), description="Further prefixes the stage may read.", json_schema_extra={"uniqueItems": True}
    )
    branches: _Many[str] = Field(
        default=(),
        description="The branches or refs whose jobs may take the role; empty means any. * stands for any characters.",
        json_schema_extra={"items": {"type": "string", "minLength": 1}, "uniqueItems": True},
    )
    extras: _Many[str] = Field(
        default=(),
        description="Permissions beyond the usual.",
        json_schema_extra={"items": {"type": "string", "enum": list(EXTRAS)}, "uniqueItems": True},
    )
    session_seconds: int = Field(
        default=DEFAULT_SESSION_SECONDS,
        description="How long a session of the stage lasts.",
        json_schema_extra={"minimum": SESSION_SECONDS[0], "maximum": SESSION_SECONDS[-1]},
    )


class Role(_Answers):
    """How the roles are named and made."""

    name_prefix: str = Field(
        description="The beginning of every role's name.",
        json_schema_extra={"pattern": NAME_PATTERN.replace("+$", "*$"), "maxLength": ROLE_NAME_LENGTH},
    )
    path: str = Field(
        default=DEFAULT_ROLE_PATH,
        description="The IAM path of the roles.",
        json_schema_extra={"pattern": ROLE_PATH_PATTERN, "minLength": 1, "maxLength": ROLE_PATH_LENGTH},
    )
    per_project: bool = Field(default=False, description="One role a project and stage, instead of one a stage.")
    policy_kind: str = Field(
        default=POLICY_KINDS[0],
        description="Whether a role's permissions are an inline or a managed policy.",
        json_schema_extra={"enum": list(POLICY_KINDS)},
    )
    permissions_boundary: Annotated[str, _text(pattern=BOUNDARY_PATTERN)] | None = Field(
        default=None, description="The ARN of the managed policy that bounds the roles."
    )
    tags: _Tags = Field(default_factory=lambda: MappingProxyType({}), description="Tags of the roles beside our own.")


class Setup(_Answers):
    """The answers of one set-up of CircleCI roles for an S3 bucket."""

    version: int = Field(
        ge=SETUP_VERSION, le=SETUP_VERSION, description="The version of this file's form.", json_schema_extra={"const": SETUP_VERSION}
    )
    account_id: _AccountId = Field(description="The AWS account the roles are made in.")
    partition: str = Field(default=PARTITIONS[0], description="The partition of the account.", json_schema_extra={"enum": list(PARTITIONS)})
    bucket: Bucket = Field(description="The bucket.")
    circleci: CircleCi = Field(description="The CircleCI organization and projects whose jobs are trusted.")
    stages: _Many[Stage] = Field(description="The stages, each with a role.", json_schema_extra={"minItems": 1})
    role: Role = Field(description="What the roles have in common.")

    @model_validator(mode="after")
    def _holds_every_rule(self) -> Setup:
        wrong = errors_of(setup_problems(self))
        if wrong:
            raise SetupInvalid(wrong)
        return self
