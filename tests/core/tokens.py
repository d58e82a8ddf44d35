"""CircleCI tokens as trust policies see them, made around the border of a Setup; and a model of its own of who should get in.

The model takes a `sub` apart and compares its parts. It knows no policy, no wildcard of IAM and no code of the program, so that where the two
agree they agree for different reasons.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from tests.core.asking import allows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ciam_tui.core.roles import WantedRole
    from ciam_tui.core.setup import Project, Setup, Stage

USER = "d9b3fcaa-6032-405a-8c75-40079ce33c3e"
OTHER_ID = "99999999-8888-4777-8666-555555555555"
ROOT_ISSUER = "oidc.circleci.com"


@dataclass(frozen=True, slots=True)
class Token:
    """What AWS knows of a token: the provider that vouches for it, and its claims. A `project_id` of None is a claim that AWS does not offer."""

    provider: str
    issuer: str
    audience: str
    sub: str
    project_id: str | None

    def context(self) -> dict[str, str]:
        claims = {f"{self.issuer}:aud": self.audience, f"{self.issuer}:sub": self.sub}
        return claims if self.project_id is None else claims | {f"{self.issuer}:oidc.circleci.com/project-id": self.project_id}


@dataclass(frozen=True, slots=True)
class Subject:
    """A `sub` taken apart; `origin` and `ref` are None where it names none."""

    org: str
    project: str
    user: str
    origin: str | None
    ref: str | None

    @classmethod
    def of(cls, sub: str) -> Subject | None:
        pieces = sub.split("/")
        if len(pieces) < 6 or (pieces[0], pieces[2], pieces[4]) != ("org", "project", "user"):
            return None
        rest = "/".join(pieces[6:])
        if not rest.startswith("vcs-origin/") or "/vcs-ref/" not in rest:
            return cls(pieces[1], pieces[3], pieces[5], None, None)
        # A repository's name holds no `/vcs-ref/`, so the first one ends it, whatever the ref goes on to say.
        origin, _, ref = rest.removeprefix("vcs-origin/").partition("/vcs-ref/")
        return cls(pieces[1], pieces[3], pieces[5], origin, ref)


def issuer_of(setup: Setup) -> str:
    return (setup.circleci.issuer or f"https://oidc.circleci.com/org/{setup.circleci.org_id}").removeprefix("https://")


def provider_of(setup: Setup, issuer: str) -> str:
    return f"arn:{setup.partition}:iam::{setup.account_id}:oidc-provider/{issuer}"


def offers_project_id(setup: Setup) -> bool:
    """Whether AWS gives the project id to policies."""
    return setup.partition == "aws" and issuer_of(setup) == f"oidc.circleci.com/org/{setup.circleci.org_id}"


def projects_of(setup: Setup, role: WantedRole) -> tuple[Project, ...]:
    return tuple(project for project in setup.circleci.projects if project.name in role.project_names)


def should_enter(setup: Setup, stage: Stage, projects: Iterable[Project], token: Token) -> bool:
    """Whether the Setup means to let this token take the role of `stage` for `projects`."""
    ids = {project.id: project.vcs_origin for project in projects}
    if token.provider != provider_of(setup, issuer_of(setup)) or token.issuer != issuer_of(setup):
        return False
    if token.audience != (setup.circleci.audience or setup.circleci.org_id):
        return False
    if offers_project_id(setup) and not setup.circleci.any_project and token.project_id not in ids:
        return False
    subject = Subject.of(token.sub)
    if subject is None or subject.org != setup.circleci.org_id:
        return False
    if setup.circleci.any_project:
        return True
    if subject.project not in ids:
        return False
    if not stage.branches:
        return True
    is_uuid = [len(part) for part in subject.user.split("-")] == [8, 4, 4, 4, 12]
    return is_uuid and subject.origin == ids[subject.project] and any(means(branch, subject.ref or "") for branch in stage.branches)


def means(branch: str, ref: str) -> bool:
    """Whether an entry of `branches` means `ref`; its `*` is any text."""
    full = branch if branch.startswith("refs/") else f"refs/heads/{branch}"
    return re.fullmatch(".*".join(map(re.escape, full.split("*"))), ref, re.DOTALL) is not None


def enters(setup: Setup, role: WantedRole, token: Token) -> bool:
    """What the role's own policy says."""
    return allows(role.trust, "sts:AssumeRoleWithWebIdentity", role.arn, token.context(), token.provider)


def v1(org: str, project: str, user: str = USER) -> str:
    return f"org/{org}/project/{project}/user/{user}"


def v2(org: str, project: str, origin: str, ref: str, user: str = USER) -> str:
    return f"{v1(org, project, user)}/vcs-origin/{origin}/vcs-ref/{ref}"


def token_of(setup: Setup, sub: str, project_id: str | None = None) -> Token:
    """A token of the Setup's own issuer and audience; without `project_id` it has the project of its `sub`, where AWS offers one."""
    subject = Subject.of(sub)
    claimed = project_id or (subject.project if subject else None)
    issuer = issuer_of(setup)
    return Token(
        provider=provider_of(setup, issuer),
        issuer=issuer,
        audience=setup.circleci.audience or setup.circleci.org_id,
        sub=sub,
        project_id=claimed if offers_project_id(setup) else None,
    )


def refs_around(branches: Iterable[str], origins: Iterable[str]) -> tuple[str, ...]:
    """Refs that `branches` mean, and those that look like them; among these, for every origin, the branch that spells out another `sub`."""
    found = ["refs/heads/main", "refs/heads/develop", "refs/tags/main", "refs/tags/v1", "refs/heads/pull/7", "main", ""]
    for branch in branches:
        full = branch if branch.startswith("refs/") else f"refs/heads/{branch}"
        for filled in (full.replace("*", ""), full.replace("*", "x"), full.replace("*", "a/b"), full):
            short = filled.removeprefix("refs/heads/").removeprefix("refs/tags/")
            found += [filled, f"{filled}x", f"{filled}/x", filled[:-1], filled.swapcase(), short]
            found += [f"refs/heads/{short}", f"refs/tags/{short}", f"refs/heads/x/{filled}", f"x/{filled}", f"refs/heads/x/{short}"]
            for origin in origins:
                found += [f"refs/heads/x/vcs-origin/{origin}/vcs-ref/{filled}", f"refs/heads/vcs-origin/{origin}/vcs-ref/{filled}"]
    return tuple(dict.fromkeys(found))


def subs_around(setup: Setup, stage: Stage) -> Iterator[str]:
    """Subs of the Setup's organization and projects, and of strangers that come as near to them as they can."""
    projects = setup.circleci.projects
    origins = tuple(dict.fromkeys(project.vcs_origin for project in projects if project.vcs_origin)) or ("github.com/acme/web",)
    forks = ("github.com/mallory/web", f"{origins[0]}-fork", f"x/{origins[0]}", origins[0].swapcase())
    refs = refs_around(stage.branches, origins)
    org = setup.circleci.org_id
    for project in (*(each.id for each in projects), OTHER_ID):
        yield v1(org, project)
        yield v1(OTHER_ID, project)
        yield v1(org, project.upper())
        for origin in (*origins, *forks):
            for ref in refs:
                yield v2(org, project, origin, ref)
        for ref in refs[:8]:
            yield v2(OTHER_ID, project, origins[0], ref)
            for user in ("bot", "", f"{USER}x", USER[:-1], USER.replace("-", "x"), str(uuid.UUID(int=0))):
                yield v2(org, project, origins[0], ref, user)
            yield f"{v1(org, project)}/vcs-ref/{ref}"
            yield f"{v1(org, project)}/x/vcs-origin/{origins[0]}/vcs-ref/{ref}"
            yield f"org/{OTHER_ID}/{v2(org, project, origins[0], ref)}"
    yield from (
        f"org/{org}/file-streaming/audit-logs",
        f"org/{org}/user/{USER}",
        f"org/{org}",
        "",
        "*",
        f"org/{org}/project/*",
        "repo:acme/web:ref:x",
    )


def spoiled(setup: Setup, token: Token) -> Iterator[Token]:
    """`token` with one thing wrong that is not its `sub`: another issuer, audience or project."""
    others = (ROOT_ISSUER, f"{ROOT_ISSUER}/org/{OTHER_ID}", f"{token.issuer}/x", "token.actions.githubusercontent.com")
    yield from (replace(token, provider=provider_of(setup, issuer), issuer=issuer) for issuer in others)
    yield replace(token, provider=provider_of(setup, others[1]))
    yield replace(
        token, provider=token.provider.replace(setup.account_id, "000000000000" if setup.account_id[0] != "0" else "111111111111")
    )
    yield replace(token, issuer=others[1])
    yield from (replace(token, audience=audience) for audience in (OTHER_ID, "sts.amazonaws.com.evil", "", f"{token.audience}x", "*"))
    if token.project_id is not None and not setup.circleci.any_project:
        yield from (replace(token, project_id=claimed) for claimed in (None, OTHER_ID, "", "*", token.project_id.upper() + "x"))
