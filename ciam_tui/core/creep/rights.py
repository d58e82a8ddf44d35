"""Each right of a role by itself: an action at a place that its policies name, within its boundary, with the statement that gives it.

Every answer is the evaluator's. For a wildcard the actions of S3 that stand for it are asked; of other services what the policies say.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ciam_tui.core.audit.access import EVERY_BUCKET, MOST_PLACES, Reach, asking_of, parsed, places_named
from ciam_tui.core.proposal.s3_actions import LIST_BUCKETS, actions_named, asked_at, is_of_objects, lists

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ciam_tui.core.audit.access import Asking, Place
    from ciam_tui.core.document import Document, Statement


@dataclass(frozen=True, slots=True)
class HeldRole:
    """A role with what its rights come from. `created` and `last_used` are None where AWS does not tell; `tells_use` whether it tells the latter."""

    name: str
    arn: str
    role_id: str
    account_id: str
    partition: str = "aws"
    documents: tuple[tuple[str, Document], ...] = ()
    boundary: Document | None = None
    created: datetime | None = None
    last_used: datetime | None = None
    tells_use: bool = True
    unread: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class Right:
    """An action at a place: a prefix of a bucket, a bucket as a whole (`*` is every one), or with neither another service's action.

    `by` is the statement that gives it, in words, which is no part of what the right is.
    """

    action: str
    bucket: str = ""
    prefix: str = ""
    reach: Reach = field(default=Reach.YES, compare=False)
    by: str = field(default="", compare=False)

    @property
    def place(self) -> str:
        """`acme-builds/releases/`, `every bucket`, or nothing."""
        bucket = "every bucket" if self.bucket == EVERY_BUCKET else self.bucket
        return f"{bucket}/{self.prefix}" if self.prefix else bucket

    @property
    def name(self) -> str:
        """`s3:PutObject on acme-builds/releases/`."""
        return f"{self.action} on {self.place}" if self.place else self.action


@dataclass(frozen=True, slots=True)
class Rights:
    """All of a role. `unread` says what of its policies is not known, and `more` how many places are not listed."""

    held: tuple[Right, ...]
    unread: tuple[str, ...] = ()
    more: int = 0


def rights_of_role(role: HeldRole) -> Rights:
    """What `role` may do."""
    names = [name for name, _ in role.documents]
    read, broken = parsed([document for _, document in role.documents])
    limit, broken_limit = parsed([] if role.boundary is None else [role.boundary])
    missing = (*role.unread, *broken, *broken_limit)
    asking = asking_of(read, limit or None, role.account_id, role.arn, is_complete=not missing)
    statements = [each for policy in read for each in policy.statements if each.effect == "Allow"]
    places = sorted(places_named(statements), key=lambda place: (place.bucket != EVERY_BUCKET, place.bucket, place.prefix))
    # A document that cannot be parsed is left out, and the numbers of the rest would name another.
    told = _Told(asking, tuple(names) if not broken else ())
    held = dict.fromkeys((*told.of_s3(statements, places[:MOST_PLACES], role.partition), *told.of_others(statements)))
    return Rights(tuple(sorted(held)), missing, max(0, len(places) - MOST_PLACES))


@dataclass(frozen=True, slots=True)
class _Told:
    asking: Asking
    names: tuple[str, ...]

    def of_s3(self, statements: list[Statement], places: list[Place], partition: str) -> Iterator[Right]:
        buckets = tuple(dict.fromkeys(place.bucket for place in places))
        for action in actions_named(statements):
            if not action.startswith("s3:"):
                continue
            if is_of_objects(action) or lists(action):
                for place in places:
                    yield from self._right(action, partition, place.bucket, place.prefix)
            elif action == LIST_BUCKETS:
                yield from self._right(action, partition, EVERY_BUCKET, "")
            else:
                for bucket in buckets:
                    yield from self._right(action, partition, bucket, "")

    def _right(self, action: str, partition: str, bucket: str, prefix: str) -> Iterator[Right]:
        resource, context = asked_at(action, partition, bucket, prefix)
        if action == LIST_BUCKETS:  # IAM's resource of it is every bucket
            resource = f"arn:{partition}:s3:::*"
        reach = self.asking.reach(action, resource, context)
        if reach is not Reach.NO:
            yield Right(action, bucket, prefix, reach, self._statement(action, resource, context))

    def _statement(self, action: str, resource: str, context: object) -> str:
        found = self.asking.allowing(action, resource, context)  # type: ignore[arg-type]  # as `asked_at` gave it
        if found is None:
            return ""
        number, statement = found
        which = f"statement {statement.number}{f' ({statement.sid})' if statement.sid else ''}"
        return f"{which} of {self.names[number].rpartition('/')[2]}" if number < len(self.names) else which

    def of_others(self, statements: list[Statement]) -> Iterator[Right]:
        for access in self.asking.services(statements):
            for name in access.actions if access.service != "s3" else ():
                yield Right("*" if access.service == "*" and name == "*" else f"{access.service}:{name}", reach=access.reach)
