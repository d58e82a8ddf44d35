"""A token's `sub` taken apart: the one text in which CircleCI tells AWS who runs, for what project, and from which repository and ref.

https://circleci.com/docs/guides/permissions-authentication/openid-connect-tokens/ gives its two forms; a trust policy's pattern has the same
parts, with wildcards in them.
"""

from __future__ import annotations

from dataclasses import dataclass

_ORIGIN = "vcs-origin/"
_REF = "/vcs-ref/"


@dataclass(frozen=True, slots=True)
class Subject:
    """The parts of a `sub`; `vcs_origin` and `vcs_ref` are both None where it names neither: in the first form, and for custom webhooks."""

    org_id: str
    project_id: str
    user_id: str
    vcs_origin: str | None = None
    vcs_ref: str | None = None

    @property
    def text(self) -> str:
        """The `sub` itself."""
        own = f"org/{self.org_id}/project/{self.project_id}/user/{self.user_id}"
        return own if self.vcs_origin is None else f"{own}/{_ORIGIN}{self.vcs_origin}{_REF}{self.vcs_ref}"

    @property
    def without_vcs(self) -> Subject:
        """The same in the first form, which names no repository."""
        return Subject(self.org_id, self.project_id, self.user_id)


def parse_subject(text: str) -> Subject | None:
    """The parts of `text`, a job's `sub` or a pattern for one; None for the `sub` of anything else, such as the audit-log stream."""
    pieces = text.split("/", 6)
    if len(pieces) < 6 or (pieces[0], pieces[2], pieces[4]) != ("org", "project", "user"):
        return None
    org_id, project_id, user_id = pieces[1], pieces[3], pieces[5]
    if not (org_id and project_id and user_id):
        return None
    if len(pieces) == 6:
        return Subject(org_id, project_id, user_id)
    # A repository's name holds no `/vcs-ref/`, so that the first one ends it, whatever a branch goes on to say.
    origin, divider, ref = pieces[6].removeprefix(_ORIGIN).partition(_REF)
    if not pieces[6].startswith(_ORIGIN) or not divider:
        return None
    return Subject(org_id, project_id, user_id, origin, ref)
