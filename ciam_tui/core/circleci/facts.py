"""What was read from CircleCI, as values: what pickers show, trust policies rest on and findings look at, without a word of HTTP.

CircleCI never gives a variable's value back: its last four characters are all that is ever known of one, and all that is kept here. What
could not be read is None and told in `unread`, so that nothing unread is taken for absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime  # noqa: TC003  pydantic resolves the annotation when a journal is read
from enum import StrEnum

from ciam_tui.core.config.use import ConfigUse  # noqa: TC001  as above

_MASKS = ("xxxx", "****")
_VISIBLE = 4


@dataclass(frozen=True, slots=True)
class CircleCiUser:
    """Whose token it is."""

    id: str
    login: str
    name: str


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization that the token's user belongs to. `id` is None where it exists at its host of repositories, but not on CircleCI yet.

    `slug` is `gh/acme` or `bb/acme` for an organization that came with its login, and `circleci/<22 characters>` for a standalone one.
    """

    id: str | None
    slug: str
    name: str
    vcs_type: str

    @property
    def is_standalone(self) -> bool:
        """Whether it was made on CircleCI itself (GitHub App, GitLab, Bitbucket Data Center): its slugs say nothing about repositories."""
        return self.slug.startswith("circleci/")


@dataclass(frozen=True, slots=True)
class Project:
    """A project. A list of API v3 gives id and name alone: `slug`, `vcs_origin` and `default_branch` are then None until it is read by itself.

    `vcs_origin` is written as tokens write it (`github.com/acme/web`), and None for a project without a repository.
    """

    id: str
    name: str
    slug: str | None = None
    org_id: str | None = None
    vcs_origin: str | None = None
    default_branch: str | None = None

    @property
    def is_complete(self) -> bool:
        """Whether it was read by itself, so that None in `vcs_origin` means that there is no repository."""
        return self.slug is not None


class ProjectSource(StrEnum):
    """Where a list of projects comes from."""

    ORGANIZATION = "organization"  # API v3: all projects of the organization
    FOLLOWED = "followed"  # API v1.1: those that the token's user follows
    NOWHERE = "nowhere"  # this CircleCI lists none: slugs or ids are typed


@dataclass(frozen=True, slots=True)
class ProjectList:
    """The projects that could be listed, by name. Only those of source ORGANIZATION are all; otherwise `unread` says why there may be more."""

    projects: tuple[Project, ...]
    source: ProjectSource
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProjectSettings:
    """The settings that decide who gets a project's tokens and secrets. None is one that could not be read."""

    builds_fork_prs: bool | None = None
    forks_receive_secrets: bool | None = None
    ssh_disabled: bool | None = None
    unversioned_config: bool | None = None
    is_open_source: bool | None = None
    unread: tuple[str, ...] = ()

    @property
    def forks_get_secrets(self) -> bool | None:
        """Whether a stranger's pull request is built with secrets and tokens; None where what was read does not decide it."""
        both = (self.builds_fork_prs, self.forks_receive_secrets)
        if False in both:
            return False
        return None if None in both else True


@dataclass(frozen=True, slots=True)
class Context:
    id: str
    name: str
    created_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """A variable of a context or a project. `last_four` is the end of its value, shorter for a short value, empty where it was not told."""

    name: str
    last_four: str = ""
    updated_at: datetime | None = None


class RestrictionType(StrEnum):
    """What a restriction asks: the job's project, an expression over pipeline values, or a group that the user belongs to."""

    PROJECT = "project"
    EXPRESSION = "expression"
    GROUP = "group"


@dataclass(frozen=True, slots=True)
class Restriction:
    """One condition on the use of a context. `type` is a `RestrictionType`, or the text of one that this program does not know.

    `value` is a project's id, an expression, or a group's id; the group of all members has the organization's id.
    """

    id: str
    type: str
    value: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class OidcClaims:
    """The claims that an organization or a project sets for its tokens. None is CircleCI's default: the organization's id, one hour."""

    audience: tuple[str, ...] | None = None
    ttl: str | None = None


@dataclass(frozen=True, slots=True)
class ContextContents:
    """A context with all that is in it; None is what could not be read."""

    context: Context
    variables: tuple[Variable, ...] | None
    restrictions: tuple[Restriction, ...] | None


@dataclass(frozen=True, slots=True)
class ProjectContents:
    """A project, read by itself, with its variables; None is what could not be read."""

    project: Project
    variables: tuple[Variable, ...] | None


@dataclass(frozen=True, slots=True)
class Inventory:
    """All that an organization keeps in contexts and projects, by name.

    `stopped` tells that the reader had enough before the end. `unread` holds one sentence for each thing that could not be read; a search
    for a key is complete only without both.
    """

    organization: Organization
    contexts: tuple[ContextContents, ...]
    projects: tuple[ProjectContents, ...]
    stopped: bool = False
    unread: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all was read, so that what is not in it is nowhere in the organization."""
        return not self.stopped and not self.unread


@dataclass(frozen=True, slots=True)
class PipelineConfig:
    """What a pipeline ran by. `setup` is the configuration that made the other, where there is one; each is followed by CircleCI's compilation.

    A text is empty where the pipeline has none.
    """

    source: str
    compiled: str = ""
    setup: str = ""
    compiled_setup: str = ""


@dataclass(frozen=True, slots=True)
class ProjectFacts:
    """One of a Setup's projects. `project_id` is as the Setup has it; None in a field is what could not be read.

    `project` has another id where CircleCI does not show the one of the Setup, but has its repository as another project. `config` is what
    the configuration of its latest pipeline on the default branch does about AWS.
    """

    project_id: str
    project: Project | None = None
    settings: ProjectSettings = ProjectSettings()
    claims: OidcClaims | None = None
    variables: tuple[Variable, ...] | None = None
    config: ConfigUse | None = None


@dataclass(frozen=True, slots=True)
class CircleCiFacts:
    """What CircleCI says about the organization `org_id` and the projects of a Setup; None in a field is what could not be read.

    `contexts` are those of the organization that could be listed. `unread` holds one sentence for each thing that could not be read;
    `stopped` tells that the reader had enough before the end.
    """

    org_id: str
    organization: Organization | None = None
    claims: OidcClaims | None = None
    issuer: str | None = None
    projects: tuple[ProjectFacts, ...] = ()
    contexts: tuple[ContextContents, ...] = ()
    stopped: bool = False
    unread: tuple[str, ...] = ()

    @property
    def is_complete(self) -> bool:
        """Whether all was read, so that what is not in it is not there."""
        return not self.stopped and not self.unread

    def project(self, project_id: str) -> ProjectFacts:
        """What was read of the project that the Setup calls `project_id`."""
        return next((project for project in self.projects if project.project_id == project_id), ProjectFacts(project_id))

    def audiences(self, project_id: str | None = None) -> tuple[str, ...] | None:
        """The `aud` of the tokens of a project, or, for None, of a project that sets none; None where that is not known."""
        own = OidcClaims() if project_id is None else self.project(project_id).claims
        if own is None or (own.audience is None and self.claims is None):
            return None
        inherited = self.claims.audience if self.claims is not None else None
        return tuple(dict.fromkeys(own.audience or inherited or (self.org_id,)))


def visible_end(value: str) -> str:
    """What CircleCI will show of `value`: its last four characters."""
    return value[-_VISIBLE:]


def last_four_of(masked: str) -> str:
    """The visible end of a value that CircleCI masked: `xxxxABCD`, `****ABCD` or `ABCD`."""
    visible = masked[len(_MASKS[0]) :] if masked.startswith(_MASKS) else masked
    visible = visible[-_VISIBLE:]
    return "" if visible in _MASKS else visible
