"""Who gets in: one trust policy held against the tokens of everybody who might try, from the project's own main to a stranger's fork.

A policy that works has been shown to let its own job in, and nothing else. Who else gets in is what this list asks, with tokens made up
from what the policy itself names.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.tokens.judging import Answer, Judge
from ciam_tui.core.tokens.making import MAIN, ORG_ID, ORIGIN, PROJECT_ID, PULL, USER_ID, Job, Trigger, fork_of, made_up
from ciam_tui.core.tokens.scope import TrustScope, is_circleci_issuer, is_whole, org_of_issuer, scope_of
from ciam_tui.core.trust import ANY_USER_ID, CLOUD_HOST

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.document import PolicyDocument
    from ciam_tui.core.tokens.claims import Claims

OTHER_ORG = "99999999-0000-4000-8000-00000000000a"
OTHER_PROJECT = "99999999-0000-4000-8000-00000000000b"
OTHER_BRANCH = "refs/heads/some-other-branch"
SOME_TAG = "refs/tags/v1.0.0"
OTHER_REPOSITORY = "another-repository"
NOW = 1_767_225_600  # 2026-01-01; these tokens are judged at the moment that they are made for
_NOT_CIRCLECI = "The policy is not about CircleCI: it names no issuer of CircleCI's, and no sub or project-id of a job."


@dataclass(frozen=True, slots=True)
class Case:
    """A token that somebody might come with; that of a stranger should be refused by what the policy itself names."""

    id: str
    title: str
    claims: Claims
    is_stranger: bool


@dataclass(frozen=True, slots=True)
class CaseAnswer:
    """A case and what the policy says to it."""

    case: Case
    answer: Answer

    @property
    def is_open_door(self) -> bool:
        """Whether a stranger gets in."""
        return self.case.is_stranger and self.answer.let_in

    @property
    def how_to_close(self) -> str:
        """For a stranger who gets in, what the policy lacks; empty for everybody else, and where that is not known."""
        if not self.is_open_door:
            return ""
        scope = self.answer.scope
        match self.case.id:
            case "crafted-branch":
                return f"A * before /vcs-origin/ reaches over slashes, into the name of a branch. Write the user as {ANY_USER_ID}."
            case "audit-log":
                return (
                    "The policy wants nothing that only a job's token has. Want the project-id, and a sub with /project/ and /user/ in it."
                )
            case "another-project":
                return "The policy names no project, or one by a wildcard. Want its project-id, and its id in the sub."
            case "another-organization" | "root-issuer":
                return "The policy trusts an issuer that organizations share. Trust the organization's own, and want its id in the sub."
            case "fork" | "fork-v1" | "another-repository" if not scope.origins:
                return (
                    "The policy names no repository. Name the branches, so that the sub has to hold the repository too; in CircleCI, do not pass "
                    "secrets to forks."
                )
            case _:
                return ""


@dataclass(frozen=True, slots=True)
class Standing:
    """The list for one policy, and what is to be said beside it: which ids are made up, or why there is no list."""

    answers: tuple[CaseAnswer, ...]
    remarks: tuple[str, ...]


def who_gets_in(trust: PolicyDocument, *, client_ids: Sequence[str] | None = None) -> tuple[CaseAnswer, ...]:
    """Everybody of the standing list, and whether `trust` lets them in; empty for a policy that is not about CircleCI."""
    return standing(trust, client_ids=client_ids).answers


def standing(trust: PolicyDocument, *, client_ids: Sequence[str] | None = None) -> Standing:
    """The list as `who_gets_in` gives it, with its remarks."""
    judge = Judge(trust)
    scope = judge.scope
    if not scope.is_about_circleci:
        return Standing((), (_NOT_CIRCLECI,))
    job, remarks = job_of(scope)
    now = datetime.fromtimestamp(NOW, UTC)
    answers = tuple(CaseAnswer(case, judge.let_in(case.claims, client_ids=client_ids, now=now)) for case in cases_of(scope, job))
    return Standing(answers, remarks)


def own_job(trust: PolicyDocument) -> Job:
    """A job that `trust` seems to be made for; what it does not name is made up."""
    return job_of(scope_of(trust))[0]


def job_of(scope: TrustScope) -> tuple[Job, tuple[str, ...]]:
    """A job that what `scope` names seems to be made for, and what is to be said of what is made up."""
    pattern = next(iter(scope.patterns), None)
    issuer = next((each for each in scope.issuers if is_circleci_issuer(each)), next(iter(scope.issuers), None))
    org = org_of_issuer(issuer) if issuer else None
    org = org or next(iter(scope.org_ids), None)
    project = pattern.project_id if pattern and is_whole(pattern.project_id) else next(iter(scope.project_ids), None)
    user = pattern.user_id if pattern and is_whole(pattern.user_id) else USER_ID
    origin = _an_origin(pattern.vcs_origin) if pattern and pattern.vcs_origin else None
    missing = [name for name, value in (("organization", org), ("project", project)) if value is None]
    missing += [] if origin or not scope.origins else ["repository"]
    remarks = (f"The policy names no {' and no '.join(missing)}: made-up ones are used here.",) if missing else ()
    audience = next(iter(scope.audiences), None)
    return (
        Job(
            org_id=org or ORG_ID,
            project_id=project or PROJECT_ID,
            user_id=user,
            origin=origin or ORIGIN,
            ref=MAIN,
            issuer=issuer,
            audience=_filled(audience) if audience else None,
        ),
        remarks,
    )


def cases_of(scope: TrustScope, job: Job) -> Iterator[Case]:
    """The list for `job`. Whether a ref, a repository or a project is a stranger's is told by whether the policy names others."""
    has_refs, has_origins, has_projects = bool(scope.refs), bool(scope.origins), bool(scope.project_ids)

    def case(id_: str, title: str, job: Job, *, stranger: bool) -> Case:
        return Case(id_, title, made_up(job, now=NOW), stranger)

    def of_ref(id_: str, title: str, ref: str) -> Case:
        return case(id_, title, replace(job, ref=ref), stranger=has_refs and not _is_named(ref, scope))

    named = _an_own_ref(scope)
    yield of_ref("main", "The project's branch main", MAIN)
    if named != MAIN:
        yield case("own-ref", f"A ref that the policy names, {named}", replace(job, ref=named), stranger=False)
    if job.audience not in (None, job.org_id):
        default = replace(job, ref=named, audience=None)
        yield case("default-audience", "A token with CircleCI's own audience", default, stranger=False)
    yield of_ref("another-branch", "Another branch of the project", OTHER_BRANCH)
    yield of_ref("tag", "A tag of the project", SOME_TAG)
    yield of_ref("pull-request", "A pull request of the own repository", PULL)
    fork = replace(job, trigger=Trigger.FORK)
    yield case("fork", "A fork's build, if forks get secrets", fork, stranger=True)
    yield case(
        "fork-v1",
        "A fork's token of the first form (V1)",
        replace(job, origin=fork_of(job.origin), ref=PULL, trigger=Trigger.V1),
        stranger=True,
    )
    yield of_ref("crafted-branch", "A branch named like another sub", _crafted(scope, job, named))
    yield case("webhook", "A custom webhook, which names no branch", replace(job, trigger=Trigger.WEBHOOK), stranger=has_refs)
    yield case("v1", "A token of the first form (V1)", replace(job, ref=named, trigger=Trigger.V1), stranger=has_refs)
    other_project = replace(job, ref=named, project_id=OTHER_PROJECT)
    yield case("another-project", "Another project of the organization", other_project, stranger=True)
    yield case("another-organization", "A project of another organization", _of_other_org(job, named), stranger=True)
    yield Case("audit-log", "The organization's audit-log stream", _audit_log(job), is_stranger=True)
    rerun = replace(job, ref=named, trigger=Trigger.SSH_RERUN)
    yield case("ssh-rerun", "An SSH rerun: the job's own token", rerun, stranger=False)
    yield Case("expired", "An expired token of the project", _expired(replace(job, ref=named)), is_stranger=True)
    other = replace(job, ref=named, origin=f"{job.origin.rpartition('/')[0]}/{OTHER_REPOSITORY}")
    yield case("another-repository", "Another repository's trigger", other, stranger=has_origins or not has_projects)
    root = replace(_of_other_org(job, named), issuer=CLOUD_HOST)
    yield case("root-issuer", "Another organization, by the root issuer", root, stranger=True)


def _crafted(scope: TrustScope, job: Job, ref: str) -> str:
    """A branch that says what a pattern wants after its first wildcard, which IAM lets reach over slashes; no longer than that takes."""
    is_wild_before_user = any(not is_whole(pattern.project_id) for pattern in scope.patterns)
    user = f"user/{job.user_id}/" if is_wild_before_user else ""
    return f"refs/heads/x/{user}vcs-origin/{job.origin}/vcs-ref/{ref}"


def _is_named(ref: str, scope: TrustScope) -> bool:
    return any(wildcard_matcher(pattern)(ref) for pattern in scope.refs)


def _an_own_ref(scope: TrustScope) -> str:
    """Main if the policy means it, else a ref that it does."""
    return MAIN if not scope.refs or _is_named(MAIN, scope) else _filled(scope.refs[0])


def _an_origin(pattern: str) -> str | None:
    return _filled(pattern) if is_whole(pattern) or "/" in pattern else None


def _filled(pattern: str) -> str:
    """A text that `pattern` matches; nothing stands in for `*`, where that would be the whole."""
    return pattern.replace("*", "x").replace("?", "x")


def _of_other_org(job: Job, ref: str) -> Job:
    """The same job of a stranger; on a server whose issuer names no organization, they share it."""
    issuer = job.issuer.replace(job.org_id, OTHER_ORG) if job.issuer else None
    return replace(job, org_id=OTHER_ORG, project_id=OTHER_PROJECT, ref=ref, issuer=issuer, origin=fork_of(job.origin))


def _audit_log(job: Job) -> Claims:
    claims = made_up(job, now=NOW)
    return replace(claims, subject=f"org/{job.org_id}/file-streaming/audit-logs", others={f"{CLOUD_HOST}/org-id": job.org_id})


def _expired(job: Job) -> Claims:
    return made_up(job, now=NOW - 86_400)
