"""Which prefixes of a bucket a proposal has, each with what may be done there: named by the policies, or seen in use, and never guessed wider.

Where a source shows the objects of the bucket, what it does not show is left out. Where none does, what the policies say of the bucket by its
name is taken over, and a note says that nobody knows whether it is needed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ciam_tui.core.audit.access import SAMPLE, Reach
from ciam_tui.core.permissions import bucket_arn
from ciam_tui.core.proposal.rights import is_plain
from ciam_tui.core.shown import shown
from ciam_tui.core.validate.bucket import normalized_prefix, prefix_problem
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ciam_tui.core.evidence.facts import Evidence, Seen
    from ciam_tui.core.proposal.rights import Rights

ACTIONS: Mapping[str, str] = {"read": "s3:GetObject", "write": "s3:PutObject", "delete": "s3:DeleteObject"}
# What stands for the same access in evidence; the others of an extra are seen only together with one of these.
_ACCESS_OF: Mapping[str, str] = {
    **{action: access for access, action in ACTIONS.items()},
    "s3:GetObjectVersion": "read",
    "s3:AbortMultipartUpload": "write",
    "s3:ListMultipartUploadParts": "write",
    "s3:DeleteObjectVersion": "delete",
}


@dataclass(slots=True)
class Prefixes:
    """The prefixes of one bucket while they are found; `notes` says what was left out or is not known."""

    rights: Rights
    evidence: Evidence
    partition: str
    bucket: str
    owner: str | None
    found: dict[str, set[str]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def find(self) -> dict[str, tuple[str, ...]]:
        """Prefixes in the order of their names, each with its access in the order of a Setup's."""
        named = dict(self._named())
        used = tuple(self._used())
        shown_kinds = [access for access in ACTIONS if self._shows(access)]
        for prefix, accesses in named.items():
            for access in accesses:
                if access not in shown_kinds or any(each == access and path.startswith(prefix) and prefix for each, path in used):
                    self._take(prefix, access)
        for access, path in used:
            self._take_used(access, path, named)
        if not self.found and named:
            self.notes.append(f"No use of the objects of {shown(self.bucket)} was seen: what the policies name is proposed all the same.")
            for prefix, accesses in named.items():
                for access in accesses:
                    self._take(prefix, access)
        self._tell_of_unknown(shown_kinds)
        return {
            prefix: tuple(access for access in ACTIONS if access in self.found[prefix])
            for prefix in sorted(self.found)
            if not self._is_within_another(prefix)
        }

    def _named(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What the policies say of this bucket by its name, by prefix."""
        arn = bucket_arn(self.partition, self.bucket)
        for place in self.rights.places:
            if place.bucket != self.bucket:
                continue
            accesses = self._may(f"{arn}/{place.prefix}{SAMPLE}")
            if not accesses and place.prefix and self._may(f"{arn}/{place.prefix}"):
                self.notes.append(f"The policies name the one object {shown(place.prefix)}, and a Setup has prefixes: it is left out.")
            if accesses and not is_plain(place.prefix):
                self.notes.append(f"The policies name {shown(place.prefix)}, and a prefix cannot hold a wildcard: it is left out.")
            elif accesses:
                yield normalized_prefix(place.prefix), accesses

    def _may(self, resource: str) -> tuple[str, ...]:
        """What the policies that name buckets allow there."""
        return tuple(access for access, action in ACTIONS.items() if self.rights.naming.reach(action, resource, {}) is not Reach.NO)

    def _used(self) -> Iterator[tuple[str, str]]:
        """What was done with objects of this bucket, as access and path."""
        for seen in self.evidence.seen:
            bucket, slash, path = seen.resource.rpartition(":::")[2].partition("/")
            access = _ACCESS_OF.get(seen.action)
            if access and slash and bucket == self.bucket and seen.count > seen.refused:
                yield access, path

    def _shows(self, access: str) -> bool:
        return self.evidence.shows(self.bucket, writing=access != "read")

    def _take(self, prefix: str, access: str) -> None:
        if problem := prefix_problem(prefix) if prefix else None:
            self.notes.append(f"The prefix {shown(prefix)} cannot be in a Setup: {problem.text}")
        elif self.rights.covers(ACTIONS[access], bucket_arn(self.partition, self.bucket), prefix, owner=self.owner):
            self.found.setdefault(prefix, set()).add(access)
        else:
            self.notes.append(
                f"The user may {access} only some of {_words(self.bucket, prefix)}: a role could {access} all of it, so it is left out."
            )

    def _take_used(self, access: str, path: str, named: Mapping[str, Sequence[str]]) -> None:
        """The prefix under which a use is proposed: the one that the policies name, else the first folder that the user may use as a whole."""
        arn = bucket_arn(self.partition, self.bucket)
        homes = sorted((prefix for prefix in named if prefix and path.startswith(prefix)), key=len, reverse=True)
        if not path:
            homes += [prefix for prefix in named if not prefix]
        for home in (*homes, *_folders(path)):
            if prefix_problem(home) is None and self.rights.covers(ACTIONS[access], arn, home, owner=self.owner):
                self.found.setdefault(home, set()).add(access)
                return
        where = _words(self.bucket, path) if path else f"the top of {shown(self.bucket)}, below no prefix"
        self.notes.append(f"A {access} at {where} was seen, and no prefix that the user may use as a whole holds it.")

    def _is_within_another(self, prefix: str) -> bool:
        return any(prefix != other and prefix.startswith(other) and self.found[prefix] <= self.found[other] for other in self.found)

    def _tell_of_unknown(self, shown_kinds: Sequence[str]) -> None:
        proposed = {access for accesses in self.found.values() for access in accesses}
        if unknown := [access for access in ACTIONS if access in proposed and access not in shown_kinds]:
            self.notes.append(
                f"Whether the user's jobs {listed(unknown)} objects of {shown(self.bucket)} is unknown, since no source shows it: that is "
                "proposed as the policies name it."
            )


def _folders(path: str) -> Iterator[str]:
    """`a/`, `a/b/`, ... down to the path's own folder."""
    end = path.find("/")
    while end >= 0:
        yield path[: end + 1]
        end = path.find("/", end + 1)


def _words(bucket: str, prefix: str) -> str:
    return shown(f"{bucket}/{prefix}") if prefix else f"the whole bucket {shown(bucket)}"


def is_of_objects(seen: Seen) -> bool:
    """Whether the call was about objects of a bucket."""
    return seen.action in _ACCESS_OF
