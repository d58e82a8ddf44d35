"""Every known way in which the demo's CircleCI is unlike the real one, or is not known to be like it, in this one place.

The demo was written from CircleCI's documentation, its published clients and what others measured; nobody asked the real service on its
behalf. Whoever learns how the real one answers mends the server and takes the line away.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CircleCiDifference:
    """`demo` and `circleci` say what each does. Where `is_known` is False, what CircleCI does is a guess or one of several accounts."""

    name: str
    demo: str
    circleci: str
    is_known: bool = True


DIFFERENCES: tuple[CircleCiDifference, ...] = (
    CircleCiDifference("permissions", "lets its one user do everything", "asks for an organization's administrator for most changes"),
    CircleCiDifference("throttling", "refuses only when it is told to", "refuses with 429 beyond numbers that it does not publish"),
    CircleCiDifference("propagation", "shows a change at once", "may take seconds to show it"),
    CircleCiDifference("jobs", "runs none and mints no tokens; the keys of its issuers cannot be had", "does both"),
    CircleCiDifference(
        "expressions",
        "takes any text as an expression restriction, and evaluates none",
        "refuses what does not parse; what cannot be evaluated shuts out",
    ),
    CircleCiDifference("limits-under-load", "holds its limit of variables against requests at once too", "lets some more through"),
    CircleCiDifference(
        "unversioned-config",
        "starts projects with unversioned config shut out, but for one, so that there is one to be found",
        "starts projects with it let in, and organizations with it shut out",
    ),
    CircleCiDifference(
        "routes", "has what this program and the clients it was tried with ask for", "has a hundred more: workflows, runners, orbs, ..."
    ),
    CircleCiDifference(
        "pipelines",
        "has one pipeline a project, on its default branch, and runs none",
        "has all that ever ran, with the newest first, and keeps their configurations for a time that is not documented",
        is_known=False,
    ),
    CircleCiDifference(
        "project-tokens", "knows one, and refuses it on v2 and v3", "has them for each project; v1.1 takes them for that project alone"
    ),
    CircleCiDifference(
        "server-discovery",
        "answers an issuer's discovery document under its own address, and names another issuer in it",
        "answers under the issuer's own address alone",
    ),
    CircleCiDifference(
        "legacy-aws-permissions", "has no v1.1 project settings, and so none with a key pair", "may still hold some", is_known=False
    ),
    CircleCiDifference(
        "collaboration-key", "writes vcs-type in me/collaborations", "that, or vcs_type: its clients disagree", is_known=False
    ),
    CircleCiDifference("variable-time-key", "writes created_at for a project's variable", "that, or created-at", is_known=False),
    CircleCiDifference(
        "standalone-repository",
        "tells the repository of a standalone organization's project in vcs_info as for any other",
        "tells at least for those without one its own address and the provider CircleCI",
        is_known=False,
    ),
    CircleCiDifference("default-branch", "is null for a project without repository", "is not documented", is_known=False),
    CircleCiDifference(
        "page-size", "puts twenty on a page of v2", "has its own sizes, and a hundred for a context's variables", is_known=False
    ),
    CircleCiDifference("new-context", "starts without any restriction", "may start with the group of all members", is_known=False),
    CircleCiDifference("restriction-name", "is the project's name", "is a name that people read", is_known=False),
    CircleCiDifference(
        "refusals",
        "answers 409 for a context or restriction that there is, 404 for the contexts of a foreign organization and for a variable that is missing",
        "refuses these too; with which status is not documented",
        is_known=False,
    ),
    CircleCiDifference(
        "foreign-claims", "answers 403 for the claims of a foreign organization", "documents 400, 403 and 500", is_known=False
    ),
    CircleCiDifference("bearer-on-a-server", "refuses Bearer on a Server", "refuses it on older ones", is_known=False),
    CircleCiDifference("server-issuer", "is <domain>/org/<organization id>", "is not documented beyond the domain", is_known=False),
    CircleCiDifference(
        "messages",
        "words its refusals by itself where no client quotes CircleCI",
        "has words of its own; none is to be relied on",
        is_known=False,
    ),
)
