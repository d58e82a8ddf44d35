"""CircleCI tokens as Google sees them, whole payloads, made of the subs that trust policies are tested with."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ciam_tui.core.export.gcp_files import provider_document
from ciam_tui.core.gcp.place import Place
from ciam_tui.core.gcp.provider import provider_in
from ciam_tui.core.gcp.twin import twin_of
from ciam_tui.core.tokens.claims import claims_of
from tests.core.tokens import USER, Subject, should_enter, token_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ciam_tui.core.gcp.provider import GivenProvider
    from ciam_tui.core.setup import Setup, Stage
    from ciam_tui.core.shape import ProjectShape
    from ciam_tui.core.tokens.claims import Claims

PLACE = Place("acme-prod", "123456789012", "acme-gcs")


def provider_for(setup: Setup) -> GivenProvider:
    """The provider of the export, as the token test reads it."""
    return provider_in(provider_document(twin_of(setup), PLACE), what="provider.json")


def claims_for(setup: Setup, sub: str, **changes: Any) -> Claims:
    """What a token with `sub` says beside it; a change to None takes a claim away."""
    subject = Subject.of(sub)
    token = token_of(setup, sub)
    payload = {
        "iss": f"https://{token.issuer}",
        "aud": token.audience,
        "sub": sub,
        "oidc.circleci.com/project-id": subject.project if subject else None,
        "oidc.circleci.com/vcs-origin": subject.origin if subject else None,
        "oidc.circleci.com/vcs-ref": subject.ref if subject else None,
        **changes,
    }
    return claims_of({key: value for key, value in payload.items() if value is not None})


def should_act(setup: Setup, stage: Stage, projects: Iterable[ProjectShape], sub: str) -> bool:
    """Whether the Setup means it. Who started the job, whose id AWS's pattern counts, does not matter where branches are claims."""
    subject = Subject.of(sub)
    if subject is None:
        return False
    v1 = f"org/{subject.org}/project/{subject.project}/user/{USER}"
    plain = v1 if subject.origin is None else f"{v1}/vcs-origin/{subject.origin}/vcs-ref/{subject.ref}"
    token = token_of(setup, plain)
    ids = {project.id for project in projects}
    named = [project for project in setup.circleci.projects if project.id in ids]
    return should_enter(setup, stage, named, replace(token, sub=plain))
