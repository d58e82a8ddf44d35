"""What is read before anything is said about a retirement: the world as far as its stages need it, with what could not be read told as such.

Everything that judges elsewhere (comparison, what shuts the role out, shadowing) comes in as sentences with a name, so that the stages know one
form of "this stands in the way".
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  the annotations are resolved where a ground is told as JSON
from dataclasses import dataclass, field
from datetime import datetime  # noqa: TC003  as above
from typing import Any, Literal

from ciam_tui.core.users.facts import User  # noqa: TC001  as above

RunWord = Literal["verified", "done", "unfinished", "undone", "being-undone"]


@dataclass(frozen=True, slots=True)
class Planned:
    """What a plan for the Setup would still do, as titles of steps, and what keeps it from being made."""

    to_do: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    @property
    def is_done(self) -> bool:
        """Whether everything is as the Setup wants it."""
        return not self.to_do and not self.problems


@dataclass(frozen=True, slots=True)
class RoleUse:
    """When a role was last taken, as IAM says and as CloudTrail does. `callers` are subs; `unread` says why CloudTrail told nothing."""

    role: str
    last_used: datetime | None = None
    region: str = ""
    callers: tuple[str, ...] = ()
    unread: str = ""


@dataclass(frozen=True, slots=True)
class KeyUse:
    """A use of a key, as some source told it."""

    at: datetime
    what: str = ""
    region: str = ""
    address: str = ""
    agent: str = ""
    source: str = ""

    @property
    def where(self) -> str:
        """`s3:PutObject in us-east-1, from 203.0.113.9 (aws-cli/2.15), told by CloudTrail files`."""
        words = [self.what or "a service that is not told"]
        words += [f"in {self.region}"] if self.region else []
        origin = f"{self.address}{f' ({self.agent})' if self.agent else ''}" if self.address else self.agent
        told = [f"from {origin}"] if origin else []
        told += [f"told by {self.source}"] if self.source else []
        return ", ".join([" ".join(words), *told])


@dataclass(frozen=True, slots=True)
class HeldVariables:
    """The variables of one place in CircleCI by which a key of the user gets there: a `context` or a `project` of that name.

    `variable` holds the key's id, which ends in `last_four`; `names` are all that are to go, each with the end of its value. `keys` are the user's
    keys that end so, `others` those of other users: then nobody can say whose it is. A `slug` names a project. `is_foreign` says that the
    place belongs to another organization than the Setup's, where nothing is deleted from here.
    """

    kind: Literal["context", "project"]
    name: str
    variable: str
    last_four: str
    names: tuple[tuple[str, str], ...]
    keys: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    slug: str = ""
    organization: str = ""
    is_foreign: bool = False

    @property
    def place(self) -> str:
        """`context deploys`, as a person names it."""
        return f"{self.kind} {self.name}"


@dataclass(frozen=True, slots=True)
class Obstacle:
    """Something that stands in the way until it is gone, or accepted by the name `item`, or by `family`, which others share with it.

    `statement` would remove it, if `owner` adds it to the policy that is theirs.
    """

    item: str
    text: str
    fix: str = ""
    family: str = ""
    statement: Mapping[str, Any] | None = None
    owner: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """By what it is accepted."""
        return (self.item, self.family) if self.family else (self.item,)


@dataclass(frozen=True, slots=True)
class Ground:
    """All that the stages of one retirement rest on. None is what was not asked or could not be read, and `unread` says why.

    `user` is None where there is no such user. `wiring` and `held` are None where CircleCI was not asked. `uses` has the last use of each key that
    any source knows beside IAM's own word. `obstacles` stand before the switch, `remarks` are told beside it, and `shadows` are the
    places where jobs would go on with the static key. `operator` is who asks.
    """

    operator: str
    user: User | None
    roles: Planned | None = None
    wiring: Planned | None = None
    role_uses: tuple[RoleUse, ...] | None = None
    held: tuple[HeldVariables, ...] | None = None
    uses: Mapping[str, KeyUse] = field(default_factory=dict)
    obstacles: tuple[Obstacle, ...] = ()
    remarks: tuple[str, ...] = ()
    shadows: tuple[str, ...] = ()
    runs: Mapping[str, RunWord] = field(default_factory=dict)
    unread: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    def why_unread(self, what: str) -> tuple[str, ...]:
        """Why `what` (a field of this) is not known, in sentences."""
        return self.unread.get(what, ())

    def last_use(self, key_id: str) -> KeyUse | None:
        """The latest use of the key that anybody tells of; None where nobody does."""
        found = [self.uses[key_id]] if key_id in self.uses else []
        key = next((key for key in (self.user.keys if self.user else None) or () if key.key_id == key_id), None)
        if key is not None and key.last_use is not None and key.last_use.at is not None:
            found.append(KeyUse(key.last_use.at, key.last_use.service, key.last_use.region, source="IAM"))
        # Of two that tell of one moment, the one that tells more.
        return max(found, key=lambda use: (use.at, bool(use.address)), default=None)
