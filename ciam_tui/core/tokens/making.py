"""Tokens made up: what CircleCI would say of a job, from its organization, project, repository, ref and trigger, without one having run.

A trust policy can so be asked about a build before there is one, and about the builds of strangers, whose tokens nobody has.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, assert_never

from ciam_tui.core.tokens.claims import Claims
from ciam_tui.core.tokens.scope import PROJECT_KEY
from ciam_tui.core.tokens.subject import Subject
from ciam_tui.core.trust import CLOUD_HOST

if TYPE_CHECKING:
    from collections.abc import Mapping

LIFETIME_SECONDS = 3600
ORG_ID = "00000000-0000-4000-8000-00000000000a"
PROJECT_ID = "00000000-0000-4000-8000-00000000000b"
USER_ID = "00000000-0000-4000-8000-00000000000c"
ORIGIN = "github.com/example/project"
MAIN = "refs/heads/main"
PULL = "refs/heads/pull/7"
FORKS_OWNER = "somebody-else"


class Trigger(StrEnum):
    """What started the job; the values are the words of the command line."""

    PUSH = "push"
    TAG = "tag"
    PULL_REQUEST = "pull-request"
    FORK = "fork"
    WEBHOOK = "webhook"
    SCHEDULE = "schedule"
    API = "api"
    SSH_RERUN = "ssh-rerun"
    V1 = "v1"

    @property
    def meaning(self) -> str:
        """What it is, for people."""
        return _MEANINGS[self]


_MEANINGS = {
    Trigger.PUSH: "a push to a branch",
    Trigger.TAG: "a pushed tag",
    Trigger.PULL_REQUEST: "a pull request of the project's own repository",
    Trigger.FORK: "a fork's pull request, with secrets passed to forks",
    Trigger.WEBHOOK: "a custom webhook: its tokens name no repository and no ref",
    Trigger.SCHEDULE: "a schedule",
    Trigger.API: "a call of the API",
    Trigger.SSH_RERUN: "a rerun with SSH: the job's own token, in a person's hands",
    Trigger.V1: "any but a webhook, with CIRCLE_OIDC_TOKEN, the first form",
}


@dataclass(frozen=True, slots=True)
class Job:
    """A job whose token is made up. `issuer` and `audience` of None are what CircleCI's cloud gives by default."""

    org_id: str = ORG_ID
    project_id: str = PROJECT_ID
    user_id: str = USER_ID
    origin: str = ORIGIN
    ref: str = MAIN
    trigger: Trigger = Trigger.PUSH
    issuer: str | None = None
    audience: str | None = None


def made_up(job: Job, *, now: int | None = None) -> Claims:
    """The claims of the token of `job`, which began at `now`, in seconds since 1970; without it they say no time."""
    origin, ref = _vcs(job)
    own = Subject(job.org_id, job.project_id, job.user_id)
    subject = own if job.trigger in (Trigger.V1, Trigger.WEBHOOK) else Subject(job.org_id, job.project_id, job.user_id, origin, ref)
    vcs = {} if job.trigger is Trigger.WEBHOOK else {"vcs-origin": origin, "vcs-ref": ref}
    return Claims(
        issuer=job.issuer or f"{CLOUD_HOST}/org/{job.org_id}",
        audience=(job.audience or job.org_id,),
        subject=subject.text,
        issued_at=now,
        expires_at=None if now is None else now + LIFETIME_SECONDS,
        others={**_own_claims(job), **{f"{CLOUD_HOST}/{name}": value for name, value in vcs.items()}},
    )


def fork_of(origin: str) -> str:
    """The repository of a stranger's fork of `origin`."""
    host, _, rest = origin.partition("/")
    return f"{host}/{FORKS_OWNER}/{rest.rpartition('/')[2] or 'project'}"


def _vcs(job: Job) -> tuple[str, str]:
    """Repository and ref, as the trigger makes them of what was said."""
    match job.trigger:
        case Trigger.FORK:
            return fork_of(job.origin), job.ref if "pull/" in job.ref else PULL
        case Trigger.PULL_REQUEST:
            return job.origin, PULL if job.ref == MAIN else job.ref
        case Trigger.TAG:
            return job.origin, job.ref if job.ref.startswith("refs/tags/") else "refs/tags/v1.0.0"
        case Trigger.PUSH | Trigger.WEBHOOK | Trigger.SCHEDULE | Trigger.API | Trigger.SSH_RERUN | Trigger.V1:
            return job.origin, job.ref
        case _:
            assert_never(job.trigger)


def _own_claims(job: Job) -> Mapping[str, object]:
    return {
        PROJECT_KEY: job.project_id,
        f"{CLOUD_HOST}/org-id": job.org_id,
        f"{CLOUD_HOST}/ssh-rerun": job.trigger is Trigger.SSH_RERUN,
    }
