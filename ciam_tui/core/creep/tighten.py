"""A Setup without what was not seen in use: accesses, read prefixes and extras that go, and prefixes that become those of what is used.

Only what evidence shows as not seen goes; what is unknown stays and is told. A stage cannot be said without any access, so one of which
nothing is left is told and left out. Nothing is applied by any of this, and the result is never wider than what it was made of: `wider`
says so request by request, and grant by grant.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ciam_tui.core.access_matrix import NEEDS, places_of, stage_matrix
from ciam_tui.core.creep.rights import Right
from ciam_tui.core.creep.standing import NotSeen, Unknown, Used, standing_of
from ciam_tui.core.evaluate import evaluate
from ciam_tui.core.permissions import read_places
from ciam_tui.core.setup import SetupInvalid, read_setup, to_json
from ciam_tui.core.validate.bucket import prefix_problem
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from ciam_tui.core.creep.gap import Gap
    from ciam_tui.core.creep.standing import Standing
    from ciam_tui.core.evaluate import Request
    from ciam_tui.core.setup_models import Setup, Stage
    from ciam_tui.core.shape import StageShape

_LIST, _LOCATION, _READ = "s3:ListBucket", "s3:GetBucketLocation", "s3:GetObject"
_EXTRAS: Mapping[str, tuple[str, ...]] = {
    extra: tuple(action for action, (_, of) in NEEDS.items() if of == extra) for extra in ("tags", "acl", "versions")
}


@dataclass(frozen=True, slots=True)
class Dropped:
    """Something that a stage no longer may: `what` in words, by which evidence, and the `actions` that are denied then."""

    stage: str
    what: str
    standing: NotSeen
    actions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """Something that was not seen in use and stays all the same: `why` is a sentence's end."""

    stage: str
    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Tightened:
    """`setup` is None where no stage is left. `unused` are the stages of which nothing was seen at all, which are not in it.

    `notes` say what the roles may and no Setup says, where one was made of them.
    """

    setup: Setup | None
    dropped: tuple[Dropped, ...] = ()
    kept: tuple[Kept, ...] = ()
    unused: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def changes(self) -> bool:
        """Whether it is another Setup than the one that it was made of."""
        return bool(self.dropped or self.unused)


def tightened(setup: Setup, gaps: Mapping[str, Sequence[Gap]]) -> Tightened:
    """`setup` without what the roles of its stages, by the stages' names, were not seen to use."""
    parts = [_tightened_stage(setup, stage, gaps.get(stage.name, ())) for stage in setup.stages]
    stages = [part.answers for part in parts if part.answers is not None]
    unused = tuple(stage.name for stage, part in zip(setup.stages, parts, strict=True) if part.answers is None)
    dropped = tuple(each for part in parts for each in part.dropped)
    kept = tuple(each for part in parts for each in part.kept)
    if not stages:
        return Tightened(None, dropped, kept, unused)
    if not dropped and not unused:  # as it was written, also where it says something twice
        return Tightened(setup, kept=kept)
    answers: dict[str, Any] = json.loads(to_json(setup))
    try:
        made = read_setup(json.dumps(answers | {"stages": stages})).setup
    except SetupInvalid as error:
        why = f"without it the Setup would not be valid: {error.message}"
        return Tightened(setup, kept=(*kept, *(Kept(each.stage, each.what, why) for each in dropped)))
    return Tightened(made, dropped, kept, unused)


def unsaid(gap: Gap, setup: Setup, stage: StageShape) -> str | None:
    """What of the role's rights its stage does not say, so that applying it takes them away whatever is known of their use; None for nothing."""
    said = _granted(stage)
    key_is_said = ("kms:decrypt", "kms:generatedatakey") if setup.bucket.kms_key_arn else ()

    def is_said(right: Right) -> bool:
        if right.bucket == setup.bucket.name:
            return any(right.action == action and right.prefix.startswith(above) for action, above in said)
        return right.action.lower() in key_is_said

    words = {Used: "in use", Unknown: "unknown", NotSeen: "not seen"}
    order = list(words)
    found = sorted(
        (each for each in gap.rights if not is_said(each.right)), key=lambda each: (order.index(type(each.standing)), each.right)
    )
    if not found:
        return None
    told = listed(f"{each.right.name} ({words[type(each.standing)]})" for each in found)
    return f"{gap.role.name}: a Setup does not say {told}: applying it takes that away too."


def wider(old: Setup, new: Setup) -> tuple[str, ...]:
    """What the stages of `new` may do and those of `old` by the same name may not: nothing, or the two are no tightening."""
    before = {stage.name: stage for stage in old.stages}
    found: list[str] = []
    for stage in new.stages:
        was = before.get(stage.name)
        if was is None:
            found.append(f"{stage.name}: it is new")
            continue
        found += (f"{stage.name}: {action} below {place or 'the whole bucket'}" for action, place in sorted(_more(was, stage)))
        matrices = stage_matrix(old, was), stage_matrix(new, stage)
        requests: Iterator[Request] = (answer.request for matrix in matrices for cell in matrix.cells for answer in cell.answers)
        allowed = (request for request in requests if evaluate(request, [matrices[1].policy]).allowed)
        found += (f"{stage.name}: {each.action} on {each.resource}" for each in allowed if not evaluate(each, [matrices[0].policy]).allowed)
    return tuple(dict.fromkeys(found))


def _more(old: StageShape, new: StageShape) -> set[tuple[str, str]]:
    had = _granted(old)
    return {
        (action, place) for action, place in _granted(new) if not any(action == other and place.startswith(above) for other, above in had)
    }


def _granted(stage: StageShape) -> set[tuple[str, str]]:
    """Each action with the prefixes below which it is granted."""
    found = {(_LIST, place) for place in (stage.prefix, *read_places(stage))}
    for action, (access, extra) in NEEDS.items():
        if not extra or extra in stage.extras:
            found |= {(action, place) for place in places_of(stage, access)}
    if "probe" in stage.extras:
        found |= {(_LOCATION, ""), (_READ, stage.prefix.removesuffix("/"))}
    return found


def _tightened_stage(setup: Setup, stage: Stage, gaps: Sequence[Gap]) -> _Part:
    part = _Part(stage, setup.bucket.name, tuple(gaps))
    part.tighten()
    return part


@dataclass(slots=True)
class _Part:
    """One stage while it is tightened; `answers` are its new ones, None where nothing of it is left."""

    stage: Stage
    bucket: str
    gaps: tuple[Gap, ...]
    answers: dict[str, Any] | None = None
    dropped: list[Dropped] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)

    def tighten(self) -> None:
        stage = self.stage
        extras = [extra for extra in stage.extras if not self._goes(f"the extra {extra}", self._of_extra(extra))]
        access = [
            each
            for each in stage.access
            if not self._goes(f"{each} below {_words(stage.prefix)}", [(action, stage.prefix) for action in self._actions(each)])
        ]
        reads = [
            place
            for place in stage.read_prefixes
            if not self._goes(f"read below {_words(place)}", [(action, place) for action in (*self._actions("read"), _LIST)])
        ]
        prefix = stage.prefix
        if not access:
            listing = self._standing(_LIST, prefix)
            if isinstance(listing, NotSeen) and not reads:
                self.dropped.clear()
                return
            if isinstance(listing, NotSeen) and "probe" not in extras:
                self.dropped.append(Dropped(stage.name, f"list below {_words(prefix)}", listing, (_LIST,)))
                prefix, *reads = reads
                access = ["read"]
            else:
                access = self._restored(listing)
        if "probe" not in extras:
            prefix = self._narrowed(prefix, [action for each in access for action in self._actions(each)])
            reads = [self._narrowed(place, self._actions("read")) for place in reads]
        own = {prefix} if "read" in access else set()
        self.answers = json.loads(stage.model_dump_json()) | {
            "prefix": prefix,
            "access": access,
            "read_prefixes": [place for place in dict.fromkeys(reads) if place not in own],
            "extras": extras,
        }

    def _actions(self, access: str) -> list[str]:
        return [action for action, (of, extra) in NEEDS.items() if of == access and (not extra or extra in self.stage.extras)]

    def _of_extra(self, extra: str) -> list[tuple[str, str]]:
        if extra == "probe":
            # Of the one object beside the prefix a record tells the folder alone.
            beside = self.stage.prefix.removesuffix("/")
            return [(_LOCATION, ""), (_READ, beside[: beside.rfind("/") + 1])]
        return [(action, place) for action in _EXTRAS[extra] for place in places_of(self.stage, NEEDS[action][0])]

    def _goes(self, what: str, asked: Iterable[tuple[str, str]]) -> bool:
        """Whether nothing of it was seen; what stays without having been seen is noted."""
        standings = [(action, self._standing(action, place)) for action, place in asked]
        if not standings:
            return False
        if any(isinstance(each, Used) for _, each in standings):
            return False
        unknown = next((each for _, each in standings if isinstance(each, Unknown)), None)
        if unknown is not None:
            self.kept.append(Kept(self.stage.name, what, unknown.why))
            return False
        weakest = max((each for _, each in standings if isinstance(each, NotSeen)), key=lambda each: each.since)
        self.dropped.append(Dropped(self.stage.name, what, weakest, tuple(dict.fromkeys(action for action, _ in standings))))
        return True

    def _standing(self, action: str, place: str) -> Standing:
        """What is known of all of the stage's roles together."""
        if not self.gaps:
            return Unknown("its role was not found")
        found = [gap.standing(Right(action, self.bucket, place)) for gap in self.gaps]
        for kind in (Used, Unknown):
            if one := next((each for each in found if isinstance(each, kind)), None):
                return one
        return max((each for each in found if isinstance(each, NotSeen)), key=lambda each: each.since)

    def _restored(self, listing: Standing) -> list[str]:
        """What stays of a stage that only lists: a Setup cannot say that alone."""
        back = ["read"] if "read" in self.stage.access else list(self.stage.access)
        names = {f"{each} below {_words(self.stage.prefix)}" for each in back}
        self.dropped = [each for each in self.dropped if each.what not in names]
        why = "it lists there" if isinstance(listing, Used) else "whether it lists there is unknown"
        self.kept += [Kept(self.stage.name, name, f"{why}, and a stage that may only list cannot be said") for name in sorted(names)]
        return back

    # Prefixes

    def _narrowed(self, prefix: str, actions: Sequence[str]) -> str:
        """The folder within `prefix` that all use lies in, where everything else there would have been seen; else `prefix`."""
        asked = [*actions, _LIST]
        inner = _common_folder(prefix, (path for gap in self.gaps for path in _paths(gap, self.bucket, prefix, asked)))
        if inner == prefix or prefix_problem(inner) is not None:
            return prefix
        beside = {action: self._beside(action, prefix, inner) for action in asked}
        what = f"what lies beside {inner} in {_words(prefix)}"
        if unknown := next((each for each in beside.values() if isinstance(each, Unknown)), None):
            self.kept.append(Kept(self.stage.name, what, unknown.why))
        found = [each for each in beside.values() if isinstance(each, NotSeen)]
        if len(found) < len(beside):
            return prefix
        weakest = max(found, key=lambda each: each.since)
        self.dropped.append(Dropped(self.stage.name, what, weakest, tuple(beside)))
        return inner

    def _beside(self, action: str, prefix: str, inner: str) -> Standing:
        """What is known of `action` below `prefix` and not below `inner`: by records alone, since IAM tells no places."""
        within = f":::{self.bucket}/{inner}"
        found: list[Standing] = []
        for gap in self.gaps:
            here = gap.standing(Right(action, self.bucket, prefix))
            if isinstance(here, Unknown):
                return here
            if (young := gap.had_no_time(Right(action, self.bucket, prefix))) is not None:
                return young
            others = tuple(each for each in gap.use.seen if within not in each.resource)
            found.append(standing_of(replace(gap.use, seen=others, tells_use=False, services=None), action, self.bucket, prefix))
        for kind in (Used, Unknown):
            if one := next((each for each in found if isinstance(each, kind)), None):
                return one
        return max((each for each in found if isinstance(each, NotSeen)), key=lambda each: each.since)


def _paths(gap: Gap, bucket: str, prefix: str, actions: Sequence[str]) -> Iterator[str]:
    for seen in gap.use.seen:
        name, slash, path = seen.resource.rpartition(":::")[2].partition("/")
        if seen.action in actions and name == bucket and slash and path.startswith(prefix) and seen.count > seen.refused:
            yield path


def _common_folder(prefix: str, paths: Iterable[str]) -> str:
    """The deepest folder below `prefix` that all `paths` share. A folder with a digit in its name is one of many: a build, a version, a day."""
    segments: list[str] | None = None
    for path in paths:
        folders = path[len(prefix) :].split("/")[:-1]
        if segments is None:
            segments = folders
            continue
        shared = 0
        for mine, theirs in zip(segments, folders, strict=False):
            if mine != theirs:
                break
            shared += 1
        segments = segments[:shared]
    found = prefix
    for name in segments or []:
        if not name or any(char.isdigit() for char in name):
            break
        found += f"{name}/"
    return found


def _words(prefix: str) -> str:
    return prefix or "the whole bucket"
