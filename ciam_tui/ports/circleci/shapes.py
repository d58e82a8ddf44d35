"""CircleCI's JSON read into values: the one place that knows both spellings of keys, and how little may be relied on.

The API's own descriptions disagree on hyphens and underscores (`vcs-type`, `created_at`), so both are read. What is needed and is not there
is an answer that cannot be read, never a value with a hole.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from ciam_tui.core.circleci.facts import (
    CircleCiUser,
    Context,
    OidcClaims,
    Organization,
    PipelineConfig,
    Project,
    ProjectSettings,
    Restriction,
    Variable,
    last_four_of,
)

Json = dict[str, Any]

_SHORT_VCS = {"github": "gh", "bitbucket": "bb"}


class ShapeError(ValueError):
    """Carries the end of the sentence "The answer ..." to who knows what was asked."""


def user_of(data: Any) -> CircleCiUser:
    """`GET /me`."""
    found = _object(data)
    login = _optional_text(found, "login") or ""
    return CircleCiUser(_text(found, "id"), login, _optional_text(found, "name") or login)


def organization_of(data: Any) -> Organization:
    """An organization by itself, or one of the collaborations, whose id may be null."""
    found = _object(data)
    slug = _text(found, "slug")
    vcs = _optional_text(found, "vcs_type") or slug.partition("/")[0]
    return Organization(_optional_text(found, "id"), slug, _optional_text(found, "name") or slug, vcs)


def project_of(data: Any) -> Project:
    """A project of API v2, by itself."""
    found = _object(data)
    vcs = found.get("vcs_info", found.get("vcs-info"))
    vcs = vcs if isinstance(vcs, dict) else {}
    origin = vcs_origin_of(_optional_text(vcs, "vcs_url") or "")
    branch = _optional_text(vcs, "default_branch") if origin else None
    org_id = _optional_text(found, "organization_id")
    return Project(_text(found, "id"), _text(found, "name"), _text(found, "slug"), org_id, origin, branch)


def listed_project_of(data: Any) -> Project:
    """A project of a list of API v3: an id and a name."""
    found = _object(data)
    attributes, references = _object(found.get("attributes")), found.get("references")
    org = references.get("org") if isinstance(references, dict) else None
    return Project(_text(found, "id"), _text(attributes, "name"), org_id=_optional_text(org, "id") if isinstance(org, dict) else None)


def followed_slug_of(data: Any) -> str | None:
    """The slug of a project that API v1.1 lists as followed; None where it tells none: a standalone project's name leads nowhere."""
    found = _object(data)
    if slug := _optional_text(found, "slug"):
        return short_slug(slug)
    vcs, owner, name = (_optional_text(found, key) for key in ("vcs_type", "username", "reponame"))
    if vcs in _SHORT_VCS and owner and name:
        return f"{_SHORT_VCS[vcs]}/{owner}/{name}"
    host, _, path = (_optional_text(found, "vcs_url") or "").rpartition("//")[2].partition("/")
    return f"circleci/{path}" if host == "circleci.com" and path.count("/") == 1 else None


def short_slug(slug: str) -> str:
    """`slug` as API v2 writes it: `gh/acme` for `github/acme`."""
    vcs, slash, rest = slug.partition("/")
    return f"{_SHORT_VCS.get(vcs, vcs)}{slash}{rest}"


def vcs_origin_of(url: str) -> str | None:
    """A repository as tokens name it, `github.com/acme/web`, of the URL that CircleCI keeps; None where there is no repository."""
    text = url.strip().removesuffix("/").removesuffix(".git")
    if text.startswith("git@"):
        text = text[len("git@") :].replace(":", "/", 1)
    origin = text.rpartition("//")[2]
    host, _, path = origin.partition("/")
    return origin if path and host != "circleci.com" else None


def context_of(data: Any) -> Context:
    """A context."""
    found = _object(data)
    return Context(_text(found, "id"), _text(found, "name"), _moment(found, "created_at"))


def context_variable_of(data: Any) -> Variable:
    """A variable of a context; right after it was set, the end of its value is not told."""
    found = _object(data)
    updated = _moment(found, "updated_at") or _moment(found, "created_at")
    return Variable(_text(found, "variable"), last_four_of(_optional_text(found, "truncated_value") or ""), updated)


def project_variable_of(data: Any) -> Variable:
    """A variable of a project."""
    found = _object(data)
    return Variable(_text(found, "name"), last_four_of(_optional_text(found, "value") or ""), _moment(found, "created_at"))


def restriction_of(data: Any) -> Restriction:
    """A restriction of a context."""
    found = _object(data)
    value = _optional_text(found, "restriction_value") or _optional_text(found, "project_id")
    if value is None:
        raise ShapeError("has a restriction without a value")
    return Restriction(_text(found, "id"), _text(found, "restriction_type"), value, _optional_text(found, "name") or "")


def claims_of(data: Any) -> OidcClaims:
    """The custom claims of an organization or a project. A time of change stays after a reset, so only the values count."""
    found = _object(data)
    audience = found.get("audience")
    if isinstance(audience, str):
        audience = [audience]
    if audience is not None and not (isinstance(audience, list) and all(isinstance(item, str) for item in audience)):
        raise ShapeError("has an audience that is no list of texts")
    return OidcClaims(tuple(audience) if audience else None, _optional_text(found, "ttl"))


def v2_settings_of(data: Any) -> ProjectSettings:
    """The settings of API v2, which do not tell of unversioned config."""
    found = _object(_object(data).get("advanced"))
    return ProjectSettings(
        builds_fork_prs=_flag(found, "build_fork_prs"),
        forks_receive_secrets=_flag(found, "forks_receive_secret_env_vars"),
        ssh_disabled=_flag(found, "disable_ssh"),
        is_open_source=_flag(found, "oss"),
    )


def v3_settings_of(data: Any) -> ProjectSettings:
    """The settings of API v3."""
    found = _object(_object(_object(data).get("data")).get("attributes"))
    return ProjectSettings(
        builds_fork_prs=_flag(found, "enable_building_fork_prs"),
        forks_receive_secrets=_flag(found, "can_pass_secrets_to_fork_pr_jobs"),
        ssh_disabled=_flag(found, "is_ssh_disabled"),
        unversioned_config=_flag(found, "enable_unversioned_config"),
        is_open_source=_flag(found, "is_oss"),
    )


def first_pipeline_id(data: Any) -> str | None:
    """The id of the first pipeline of a list, None where it is empty."""
    items = items_of(data)
    return _text(_object(items[0]), "id") if items else None


def pipeline_config_of(data: Any) -> PipelineConfig:
    """What a pipeline ran by. That which set it up, and its compilation, are only there where there was one."""
    found = _object(data)
    names = ("source", "compiled", "setup_config", "compiled_setup_config")
    return PipelineConfig(*(_optional_text(found, name) or "" for name in names))


def items_of(data: Any) -> list[Any]:
    """The list of one page of API v2."""
    return _list(data, "items")


def listed_of(data: Any) -> list[Any]:
    """The list of one page of API v3."""
    return _list(data, "data")


def list_of(data: Any) -> list[Any]:
    """An answer that is a list by itself."""
    if not isinstance(data, list):
        raise ShapeError("is no list")
    return data


def next_page_token(data: Any) -> str | None:
    """The token of the page after this one, in API v2."""
    return _optional_text(_object(data), "next_page_token")


def next_cursor(data: Any) -> str | None:
    """The cursor of the page after this one, in API v3."""
    page = _object(data).get("page")
    return _optional_text(page, "next") if isinstance(page, dict) else None


def _object(data: Any) -> Json:
    if not isinstance(data, dict):
        raise ShapeError("has no object where one belongs")
    return data


def _list(data: Any, key: str) -> list[Any]:
    items = _object(data).get(key)
    if not isinstance(items, list):
        raise ShapeError(f'has no list "{key}"')
    return items


def _either(found: Json, key: str) -> Any:
    value = found.get(key)
    return found.get(key.replace("_", "-")) if value is None else value


def _text(found: Json, key: str) -> str:
    value = _either(found, key)
    if not isinstance(value, str) or not value:
        raise ShapeError(f'has no text "{key}"')
    return value


def _optional_text(found: Json, key: str) -> str | None:
    value = _either(found, key)
    if value is not None and not isinstance(value, str):
        raise ShapeError(f'has a "{key}" that is no text')
    return value or None


def _flag(found: Json, key: str) -> bool | None:
    value = _either(found, key)
    if value is not None and not isinstance(value, bool):
        raise ShapeError(f'has a "{key}" that is neither true nor false')
    return value


def _moment(found: Json, key: str) -> datetime | None:
    text = _optional_text(found, key)
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None  # Times are for the eye: a new way of writing them hides no variable.
    return moment.replace(tzinfo=moment.tzinfo or UTC)
