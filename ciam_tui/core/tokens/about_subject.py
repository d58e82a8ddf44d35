"""What is wrong between a token's `sub` and the one a policy wants, part by part: organization, project, user, repository, ref.

A `sub` is refused as a whole; what helps is to hear which of its five parts differs, and how such a difference comes about.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.tokens.subject import Subject, parse_subject
from ciam_tui.core.tokens.values import differ_in_case_alone, is_literal_wildcard, is_uuid, named
from ciam_tui.core.trust import ANY_USER_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.conditions import CompiledCondition
    from ciam_tui.core.tokens.claims import Claims

_AUDIT_LOG = re.compile(r"org/[^/]+/file-streaming/audit-logs")
_PULL = re.compile(r"refs/(?:heads/)?pull/[0-9]+(?:/.*)?")
ORIGIN_CLAIM = "oidc.circleci.com/vcs-origin"
_SHOWN = 200


def subject_advice(condition: CompiledCondition, sub: str, claims: Claims) -> Iterator[str]:
    """What to change about a `sub` that `condition` does not accept."""
    if is_literal_wildcard(condition, sub):
        yield f"The policy compares the sub by {condition.operator}, which takes * and ? as plain characters. Put it under StringLike."
        return
    if differ_in_case_alone(condition.values, sub):
        yield f"The token's sub {quoted(sub, 300)} and the policy's differ in case alone, and AWS compares every letter. Write it as the token has it."
        return
    if _AUDIT_LOG.fullmatch(sub):
        yield "The token is of the organization's audit-log stream, not of a job: it is right that the policy refuses it."
        return
    subject = parse_subject(sub)
    if subject is None:
        yield f"The token's sub {quoted(sub, 300)} is not that of a CircleCI job."
        return
    wanted = [pattern for pattern in map(parse_subject, condition.values) if pattern is not None]
    if not wanted:
        yield f"The policy wants the sub {named(condition.values)}, and a job's begins with org/{subject.org_id}/project/{subject.project_id}/user/."
        return
    nearest = max(wanted, key=lambda pattern: _likeness(pattern, subject))
    yield from _first_difference(nearest, subject, claims, is_like=condition.base == "StringLike")


def _likeness(pattern: Subject, subject: Subject) -> int:
    """How many parts of `pattern` the token meets; the organization counts before the project, and so on."""
    parts = zip(_parts(pattern), _parts(subject), strict=True)
    return sum(_meets(wanted, said) << place for place, (wanted, said) in enumerate(reversed(list(parts))))


def _parts(subject: Subject) -> tuple[str, str, str, str, str]:
    return (subject.org_id, subject.project_id, subject.user_id, subject.vcs_origin or "", subject.vcs_ref or "")


def _meets(wanted: str, said: str) -> bool:
    return wildcard_matcher(wanted)(said)


def _first_difference(wanted: Subject, said: Subject, claims: Claims, *, is_like: bool) -> Iterator[str]:
    if not _meets(wanted.org_id, said.org_id):
        yield (
            f"The token's sub is of the organization {quoted(said.org_id)}, and the policy wants {quoted(wanted.org_id)}. If the project was made anew or "
            "moved, its organization id is another now; else this is a stranger's token."
        )
    elif not _meets(wanted.project_id, said.project_id):
        yield from _project(wanted, said)
    elif not _meets(wanted.user_id, said.user_id):
        yield from _user(wanted, said)
    elif wanted.vcs_origin is None:
        yield from _without_vcs(wanted, said, is_like=is_like)
    elif said.vcs_origin is None:
        yield _without_branch(claims)
    elif not _meets(wanted.vcs_origin, said.vcs_origin):
        yield from _origin(wanted.vcs_origin, said)
    else:
        yield from _ref(wanted.vcs_ref or "", said.vcs_ref or "")


def _project(wanted: Subject, said: Subject) -> Iterator[str]:
    if not is_uuid(wanted.project_id) and "*" not in wanted.project_id:
        yield (
            f"The policy's sub names the project {quoted(wanted.project_id)}, which is no UUID: a project's id is in its settings, under Overview, and is not "
            f"its slug or name. The token's is {quoted(said.project_id)}."
        )
    else:
        yield (
            f"The token's sub is of the project {quoted(said.project_id)}, and the policy wants {quoted(wanted.project_id)}. If it was made anew or moved, "
            "its id is another now; if it is another project, give it a role of its own."
        )


def _user(wanted: Subject, said: Subject) -> Iterator[str]:
    if wanted.user_id == ANY_USER_ID:
        yield (
            f"The token's user is {quoted(said.user_id)}, which has not the form of a UUID, and the policy counts on that form. Keep this token's sub, and "
            "write to it how CircleCI names such a user."
        )
    else:
        yield (
            f"The token's user is {quoted(said.user_id)}, and the policy wants {quoted(wanted.user_id)}: whoever starts a job is named there, schedules "
            f"included. Write {ANY_USER_ID} under StringLike for any user."
        )


def _without_vcs(wanted: Subject, said: Subject, *, is_like: bool) -> Iterator[str]:
    if said.vcs_origin is None:
        return
    under = "" if is_like else " under StringLike"
    yield (
        "The policy's sub ends after the user, as that of CIRCLE_OIDC_TOKEN does, and the token is a CIRCLE_OIDC_TOKEN_V2, whose sub goes on with "
        f"/vcs-origin/. Write {quoted(f'org/{wanted.org_id}/project/{wanted.project_id}/user/*', _SHOWN)}{under}, or name the repository and the ref too."
    )


def _without_branch(claims: Claims) -> str:
    asked = "The policy wants a repository and a ref, and the token's sub names neither"
    send = "send CIRCLE_OIDC_TOKEN_V2 in its place"
    webhook = "a job that a custom webhook started, whose tokens never do: give such jobs a role without branches"
    if ORIGIN_CLAIM in claims.others:
        return f"{asked}: it is CIRCLE_OIDC_TOKEN, the first form. In the job, {send}."
    if any(name.startswith("oidc.circleci.com/") for name in claims.others):
        return f"{asked}. It is of {webhook}."
    return f"{asked}. Either it is CIRCLE_OIDC_TOKEN, the first form: {send}. Or it is of {webhook}."


def _origin(wanted: str, subject: Subject) -> Iterator[str]:
    said, ref = subject.vcs_origin or "", subject.vcs_ref or ""
    both = f"The token's build is of the repository {quoted(said, _SHOWN)}, and the policy wants {quoted(wanted, _SHOWN)}"
    plain = wanted.removeprefix("https://").removesuffix(".git")
    if plain != wanted and plain.lower() == said.lower():
        yield f"{both}: tokens name it without scheme and .git. Write {quoted(said, _SHOWN)}."
    elif wanted.lower() == said.lower():
        yield f"{both}: they differ in case alone. Write it as the token has it."
    elif _PULL.fullmatch(ref):
        yield f"{both}: it is a fork's pull request. It is right that the policy refuses it; a role for such builds should write nothing."
    else:
        yield (
            f"{both}. If the repository or its owner was renamed, write the new name; else another repository, or a fork, triggered this project's "
            "pipeline."
        )


def _ref(wanted: str, said: str) -> Iterator[str]:
    both = f"The token's ref is {quoted(said, _SHOWN)}, and the policy wants {quoted(wanted, _SHOWN)}"
    if wanted.lower() == said.lower():
        yield f"{both}: they differ in case alone. Write it as the token has it."
    elif not wanted.startswith(("refs/", "*")):
        yield f"{both}: a token names the whole ref. Write {quoted(f'refs/heads/{wanted}', _SHOWN)} for the branch, or refs/tags/ and the name for a tag."
    elif _PULL.fullmatch(said):
        yield f"{both}: it is a pull request's build. Let such builds take a role that writes nothing, if they need one."
    elif said.startswith("refs/tags/") and wanted.startswith("refs/heads/"):
        yield f"{both}: a tag's build, and the policy is for a branch. Add {quoted(said, _SHOWN)}, if tags are meant too."
    elif said.startswith("refs/heads/") and wanted.startswith("refs/tags/"):
        yield f"{both}: a branch's build, and the policy is for a tag. Add {quoted(said, _SHOWN)}, if the branch is meant too."
    elif "/vcs-ref/" in said:
        yield f"{both}: that branch spells out another sub in its name. It is right that the policy refuses it; see who pushed it."
    else:
        yield f"{both}, another branch. Add it to the branches of the role, if its builds are meant to get in."
