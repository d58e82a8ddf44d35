"""Findings about the `sub` patterns of a trust: what each lets in that its writer did not mean, and what it never matches.

IAM's `*` spans every `/`. A pattern that reads as one project, one repository or one branch may match a token in which somebody has spelled
that text out in the name of a branch. Each claim is made of a token that the evaluator has let in, or of the grammar of all tokens.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.policy_findings.federation import STRANGER, STRANGERS_ORIGIN, USER, Token, filled
from ciam_tui.core.policy_findings.grammar import (
    AUDIT_LOGS,
    FORMS,
    V1,
    V2,
    SubjectPattern,
    admits,
    has_wildcard,
    is_uuid,
    names_a_user,
    subject_pattern,
    with_lower_uuids,
)
from ciam_tui.core.policy_findings.reading import replaced
from ciam_tui.core.problems import Level
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.trust import ANY_USER_ID

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.policy_findings.federation import Federation
    from ciam_tui.core.policy_findings.finding import PolicyFinding
    from ciam_tui.core.policy_findings.reading import Test, Value

_LONG = 400
_ANY_REF = ("*", "refs/*", "refs/heads/*")
_FORM_UNSEEN = "Forms of token that CircleCI does not document, such as those of a self-hosted server."
_PROTECTED = "Whether the repository lets just anybody push a branch or tag of that name."


def subject_findings(trust: Federation) -> Iterator[PolicyFinding]:
    """What is risky about each pattern, and what is dead."""
    for test, value in trust.patterns:
        if not test.base.startswith("String") or "${" in value.text or (has_wildcard(value.text) and not test.takes_wildcards):
            continue  # compared otherwise, or told already as a wildcard that is none
        pattern = subject_pattern(value.text)
        if not _matches_some_token(test, value.text):
            yield from _never_matches(trust, value, pattern)
            continue
        if pattern is None:
            yield from _of_irregular(trust, value)
            continue
        yield from _of_org(trust, value, pattern)
        yield from _of_project(trust, value, pattern)
        yield from _of_user(trust, test, value, pattern)
        if pattern.ref is not None:
            yield from _of_ref(trust, value, pattern)


def _matches_some_token(test: Test, text: str) -> bool:
    text = text.lower() if "IgnoreCase" in test.base else text
    return any(admits(text, form, wildcards=test.takes_wildcards) for form in FORMS)


def _never_matches(trust: Federation, value: Value, pattern: SubjectPattern | None) -> Iterator[PolicyFinding]:
    if with_lower_uuids(value.text) != value.text:
        return  # told as a matter of letters
    if pattern and pattern.ref is not None and not admits(pattern.ref, "refs/{path}"):
        yield _ref_without_refs(trust, value, pattern)
        return
    yield trust.placed.finding(
        "sub-matches-no-token",
        Level.ERROR,
        f"No token of CircleCI has a sub that matches {quoted(value.text, _LONG)}: nobody gets in by it.",
        "Write it as tokens have it: org/<organization id>/project/<project id>/user/*.",
        _FORM_UNSEEN,
        at=value,
    )


def _ref_without_refs(trust: Federation, value: Value, pattern: SubjectPattern) -> PolicyFinding:
    right = replace(pattern, ref=f"refs/heads/{pattern.ref}")
    return trust.placed.finding(
        "ref-without-refs",
        Level.ERROR,
        f"Tokens have whole refs, and {quoted(pattern.ref or '')} is none: no branch or tag of that name gets in by it.",
        f"Write {quoted(right.ref or '')} for the branch, or refs/tags/ for a tag; the branch then gets in.",
        "Whether a branch or a tag was meant.",
        at=value,
        patch=replaced(value, right.text) if pattern.ref else (),
        opens=True,
    )


def _of_irregular(trust: Federation, value: Value) -> Iterator[PolicyFinding]:
    """A pattern that is not cut as a `sub` is: `*`, `org/<id>/*`, or a `*` in place of several parts."""
    org = trust.org_id or "<organization id>"
    known = trust.org_id is not None and is_uuid(trust.org_id)
    all_jobs = f"org/{org}/project/*/user/*"
    is_anything = bool(value.text) and set(value.text) == {"*"}
    one_project = trust.project_ids[0] if len(trust.project_ids) == 1 and is_uuid(trust.project_ids[0]) else ""
    if is_anything:
        better = f"org/{org}/project/{one_project or '*'}/user/*"
        yield trust.placed.finding(
            "sub-anything",
            Level.WARNING,
            "The sub may be anything, so this condition says nothing.",
            f"Write what tokens have: {better}.",
            "Whether another condition holds what this one does not.",
            at=value,
            patch=replaced(value, better) if known else (),
        )
    if admits(value.text, AUDIT_LOGS) and trust.lets_in(trust.audit_log()):
        of_whole_org = is_anything or value.text == f"org/{org}/*"
        yield trust.placed.finding(
            "audit-log-stream",
            Level.WARNING,
            "The token of the organization's audit-log stream gets in too, which no job of a project has.",
            f"Let jobs alone in: {all_jobs}, or better the projects by their ids.",
            "Whether that stream's audience is one that the provider takes.",
            at=value,
            patch=replaced(value, all_jobs) if of_whole_org and known else (),
        )
    stranger = trust.first_let_in(trust.tokens(project=STRANGER))
    if stranger and _admits_project(value.text, STRANGER):
        yield trust.placed.finding(
            "no-project",
            Level.ERROR,
            f"{quoted(value.text, _LONG)} names no project: every project gets in, also one that somebody creates tomorrow.",
            "Name the projects: org/<organization id>/project/<project id>/user/*, and their ids under the key of the project id.",
            "Which projects were meant.",
            at=value,
        )
    head, marker, ref = value.text.rpartition("/vcs-ref/")
    if marker and "*" in head and not set(ref) <= {"*"}:
        yield from _wildcard_before_ref(trust, value, ref)


def _admits_project(text: str, project: str) -> bool:
    return any(admits(text, form.replace("/project/{uuid}", f"/project/{project}")) for form in (V1, V2))


def _of_org(trust: Federation, value: Value, pattern: SubjectPattern) -> Iterator[PolicyFinding]:
    if has_wildcard(pattern.org):
        open_to_all = trust.kind != "org" and any(trust.lets_in(token) for token in _like(trust, pattern, org=STRANGER))
        known = trust.org_id if trust.kind == "org" and trust.org_id and is_uuid(trust.org_id) else None
        yield trust.placed.finding(
            "org-wildcard",
            Level.ERROR if open_to_all else Level.NOTE,
            "Every organization that this issuer signs for gets in."
            if open_to_all
            else "The sub leaves the organization open; here the issuer, or another condition, names it.",
            f"Name the organization: org/{known or '<organization id>'}/.",
            "Which organization was meant." if open_to_all else "",
            at=value,
            patch=replaced(value, replace(pattern, org=known).text) if known else (),
        )
    elif trust.kind == "org" and trust.org_id and pattern.org.lower() != trust.org_id.lower():
        yield trust.placed.finding(
            "org-mismatch",
            Level.ERROR,
            f"The sub names the organization {quoted(pattern.org)}, and the issuer signs for {quoted(trust.org_id)}: nobody gets in by it.",
            "Name one organization in both. An organization or project that was made anew has new ids: read them in CircleCI's settings.",
            "Which of the two is right.",
            at=value,
        )


def _like(trust: Federation, pattern: SubjectPattern, *, org: str = "", project: str = "") -> Iterator[Token]:
    """Tokens that this pattern means, with another organization or project."""
    narrowed = replace(pattern, org=org or pattern.org, project=project or pattern.project)
    return trust.tokens_like(narrowed)


def _of_project(trust: Federation, value: Value, pattern: SubjectPattern) -> Iterator[PolicyFinding]:
    if not has_wildcard(pattern.project):
        return
    stranger = any(trust.lets_in(token) for token in _like(trust, pattern, project=filled(pattern.project, STRANGER)))
    if stranger:
        yield trust.placed.finding(
            "project-wildcard",
            Level.ERROR,
            "Every project gets in, also one that somebody creates tomorrow: the sub leaves the project open, and nothing else names it."
            if set(pattern.project) <= {"*"}
            else f"Projects whose id matches {quoted(pattern.project)} get in, and nobody chooses an id.",
            "Name the projects: org/<organization id>/project/<project id>/user/*, and their ids under the key of the project id.",
            "Which projects were meant.",
            at=value,
        )
        return
    one = trust.project_ids[0] if len(trust.project_ids) == 1 and is_uuid(trust.project_ids[0]) else None
    yield trust.placed.finding(
        "project-wildcard",
        Level.NOTE,
        "The sub leaves the project open, and another condition names it.",
        "Name it in the sub too, so that each of the two conditions holds alone.",
        at=value,
        patch=replaced(value, replace(pattern, project=one).text) if one else (),
    )


def _of_user(trust: Federation, test: Test, value: Value, pattern: SubjectPattern) -> Iterator[PolicyFinding]:
    if pattern.origin is None and not admits(value.text, V2, wildcards=test.takes_wildcards):
        yield trust.placed.finding(
            "v1-sub",
            Level.WARNING,
            "The pattern ends at the user, as the sub of CIRCLE_OIDC_TOKEN does. CircleCI's aws-cli orb sends CIRCLE_OIDC_TOKEN_V2, whose sub goes "
            "on with /vcs-origin/, and is refused.",
            f"Let the sub go on: StringLike org/{pattern.org}/project/{pattern.project}/user/*. That lets more in, so it is yours to write.",
            "Which of its two tokens a job sends.",
            at=value,
        )
    if names_a_user(pattern.user) and not has_wildcard(pattern.user):
        scheduled = " That user is CircleCI's scheduler." if pattern.user == USER else ""
        yield trust.placed.finding(
            "user-pinned",
            Level.WARNING,
            f"Only runs that the user {quoted(pattern.user)} has triggered get in: not those of colleagues, nor of anybody once that user has left.{scheduled}",
            "Leave the user open unless it is meant: user/* , or in front of /vcs-origin/ a UUID's shape in question marks.",
            "Who the user is.",
            at=value,
        )


def _of_ref(trust: Federation, value: Value, pattern: SubjectPattern) -> Iterator[PolicyFinding]:
    ref = pattern.ref or ""
    if not admits(ref, "refs/{path}"):
        yield _ref_without_refs(trust, value, pattern)
    crafted = [
        replace(token_pattern, origin=STRANGERS_ORIGIN, ref=f"refs/heads/x/vcs-origin/{token_pattern.origin}/vcs-ref/{token_pattern.ref}")
        for token in _like(trust, pattern)
        if (token_pattern := subject_pattern(token.sub)) and token_pattern.ref
    ]
    if "*" in pattern.user and any(trust.lets_in(trust.token(each.text, each.project)) for each in crafted):
        yield trust.placed.finding(
            "crafted-branch",
            Level.ERROR,
            f"The * for the user spans slashes: a branch named x/vcs-origin/{pattern.origin}/vcs-ref/{ref} gets in as {ref} does, from any repository "
            "that builds in the project.",
            f"Write the user as a UUID's shape, {ANY_USER_ID}, which reaches over no slash.",
            "Whether every user id of CircleCI is a UUID, as it documents: see one real token of each kind of trigger.",
            at=value,
            patch=replaced(value, replace(pattern, user=ANY_USER_ID).text) if set(pattern.user) <= {"*"} else (),
        )
    if "*" in f"{pattern.org}{pattern.project}{pattern.origin}" and not set(ref) <= {"*"}:
        yield from _wildcard_before_ref(trust, value, ref)
    if "*" in ref:
        yield _wildcard_in_ref(trust, value, pattern)


def _wildcard_before_ref(trust: Federation, value: Value, ref: str) -> Iterator[PolicyFinding]:
    """A `*` ahead of the ref takes in whatever stands before the last `/vcs-ref/`: also the beginning of another ref."""
    head = value.text.rpartition(f"/vcs-ref/{ref}")[0]
    pattern = subject_pattern(value.text)
    for token in trust.tokens():
        own = subject_pattern(token.sub)
        if own is None:
            continue
        origin = (pattern.origin or "").replace("*", "x") if pattern else own.origin or "github.com/acme/web"
        crafted = replace(own, origin=origin, ref=f"refs/heads/x/vcs-origin/{origin}/vcs-ref/{ref.replace('*', 'x')}")
        if trust.lets_in(Token(crafted.text, token.audience, token.project_id)):
            yield trust.placed.finding(
                "wildcard-before-ref",
                Level.ERROR,
                f"The * in {quoted(head, _LONG)} spans slashes: a branch whose name ends in /vcs-ref/{ref} gets in as {ref} does, so the ref is no limit.",
                "Write organization, project and repository out, one pattern each, and the user as a UUID's shape in question marks.",
                "Which repositories were meant.",
                at=value,
            )
            return


def _wildcard_in_ref(trust: Federation, value: Value, pattern: SubjectPattern) -> PolicyFinding:
    ref = pattern.ref or ""
    if ref in _ANY_REF:
        return trust.placed.finding(
            "wildcard-in-ref",
            Level.WARNING,
            f"The ref {quoted(ref)} is any {'branch' if 'heads' in ref else 'branch or tag'} of the repository, also one that somebody pushes tomorrow.",
            "Name the branches, unless every one is meant.",
            _PROTECTED,
            at=value,
        )
    stem = ref.removesuffix("*")
    ends_within_name = ref.endswith("*") and "*" not in stem and stem[-1:].isalnum() and stem.count("/") > 1
    example = f"{stem}-evil" if ends_within_name else ref.replace("*", "evil/x")
    return trust.placed.finding(
        "wildcard-in-ref",
        Level.WARNING,
        f"The ref {quoted(ref)} takes every name that matches, such as {quoted(example)}, also one that somebody pushes tomorrow.",
        f"Write the name out: {quoted(stem)}."
        if ends_within_name
        else "Write the names out, or limit in the repository who may push to names of that form.",
        _PROTECTED,
        at=value,
        patch=replaced(value, replace(pattern, ref=stem).text) if ends_within_name else (),
    )
