"""What evidence says of one right: seen in use, not seen although it would have been, or unknown.

"Not seen" is only said where one source by itself would have shown a use at any time of the window. The sources, and what each shows:
- when the role itself was last used, which AWS keeps for 400 days: every use of whatever kind;
- when a service was last asked, by the same IAM: every use of the service, and of some actions that manage it, each by itself. Of S3's
  objects no action is among those (https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html);
- CloudTrail's event history: what manages S3's buckets in the regions that were read, for 90 days, and no use of objects;
- files of a trail that records data events, and S3's access logs: the objects of those buckets of which they hold records.
"""

from __future__ import annotations

from collections.abc import Mapping  # noqa: TC003  a field's type
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from ciam_tui.core.audit.access import EVERY_BUCKET
from ciam_tui.core.evidence.facts import Source
from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.proposal.s3_actions import LIST_BUCKETS, is_of_objects, lists, writes_objects

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from ciam_tui.core.evidence.facts import Coverage, Seen, ServiceUse

IAM_KEEPS = timedelta(days=400)
# Records come with a delay, and files are fetched by hand: a window may end so long before now.
LATEST = timedelta(days=2)
# Services that ask others on the caller's behalf and with the caller's rights; every service asks KMS so, S3 for each object under a key. It is not
# documented whether IAM's last accessed information tells of those calls. https://docs.aws.amazon.com/IAM/latest/UserGuide/access_forward_access_sessions.html
_ASKS_OTHERS = frozenset({"athena", "backup", "cloud9", "cloudformation", "dynamodb", "imagebuilder", "ram", "servicecatalog"})
_FILES = (Source.TRAIL_FILE, Source.S3_ACCESS_LOG)
# What another request carries along: no record tells such a use by itself. An upload may bring tags or an ACL, a copy takes the tags of what it
# copies, and the copy of an old version is told as a copy. https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
CARRIED: Mapping[str, tuple[str, str]] = {
    "s3:PutObjectTagging": ("s3:PutObject", "an upload may bring tags, which no record tells"),
    "s3:PutObjectAcl": ("s3:PutObject", "an upload may bring an ACL, which no record tells"),
    "s3:GetObjectTagging": ("s3:GetObject", "a copy takes the tags too, which no record tells"),
    "s3:GetObjectVersion": ("s3:GetObject", "the copy of an old version is told as any read"),
}
LEARN_OBJECTS = (
    "the objects of {bucket}: S3's server access logs of it, or a trail that records its data events, kept from now on for as long as the window "
    "and given with --logs"
)
LEARN_HISTORY = "what manages {bucket}: CloudTrail's event history, by --cloudtrail"


@dataclass(frozen=True, slots=True)
class RoleUse:
    """What is known of one role's use. `since` is the beginning of the window that was asked for, `regions` where its buckets lie."""

    at: datetime
    since: datetime
    created: datetime | None = None
    last_used: datetime | None = None
    tells_use: bool = True
    seen: tuple[Seen, ...] = ()
    services: tuple[ServiceUse, ...] | None = None
    coverage: tuple[Coverage, ...] = ()
    regions: Mapping[str, str] = field(default_factory=dict)

    @property
    def begins(self) -> datetime:
        """The window's beginning: a role that is younger cannot have been used before it was made."""
        return self.since if self.created is None else max(self.since, self.created)

    @property
    def is_young(self) -> bool:
        """Whether the role was made within the window: what it does once a month may be still to come."""
        return self.created is not None and self.created > self.since

    @property
    def file_gaps(self) -> tuple[str, ...]:
        """What of the files could not be read: it may be the very use that is missing."""
        return tuple(each.missing for each in self.coverage if each.source in _FILES and each.missing)


@dataclass(frozen=True, slots=True)
class Used:
    """Seen in use: by which sources, last when, and how often, None where the source does not count."""

    sources: tuple[Source, ...]
    last: datetime
    count: int | None = None
    places: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class NotSeen:
    """Not seen by a source that would have shown it from `since` to `until`; `last` is a use before that."""

    source: Source
    since: datetime
    until: datetime
    last: datetime | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """No source would show it, or not for the whole window: `why` is a sentence's end, and `learn` what would tell, where that is known."""

    why: str
    learn: str = ""


Standing = Used | NotSeen | Unknown


def standing_of(use: RoleUse, action: str, bucket: str = "", prefix: str = "") -> Standing:
    """What the evidence says of `action` below `prefix` of `bucket`, or of an action of another service.

    A prefix may hold a wildcard; the bucket `*` is every one.
    """
    return _Judging(use, action, bucket, prefix).standing()


@dataclass(frozen=True, slots=True)
class _Judging:
    use: RoleUse
    action: str
    bucket: str
    prefix: str

    def standing(self) -> Standing:
        sure, unclear = self._uses()
        recent = [each for each in sure if each.last >= self.use.begins]
        asked = self._asked_of_iam()
        if recent or (asked is not None and asked >= self.use.begins):
            return self._used(recent, asked)
        proofs = [each for each in self._proofs() if each.since <= self.use.begins and each.until >= self.use.at - LATEST]
        if not proofs:
            return self._unknown()
        if any(each.last >= self.use.begins for each in unclear):
            return Unknown("calls were seen in this bucket of which the records do not say whether they were here")
        best = min(proofs, key=lambda each: (each.since, each.source))
        if best.source in _FILES and self.action in CARRIED:
            carrier, why = CARRIED[self.action]
            if not isinstance(standing_of(self.use, carrier, self.bucket, self.prefix), NotSeen):
                return Unknown(why)
        before = [each.last for each in sure] + ([asked] if asked is not None else [])
        return NotSeen(best.source, best.since, best.until, max(before, default=None))

    # Uses

    def _uses(self) -> tuple[list[Seen], list[Seen]]:
        """The calls that were this right's for sure, and those of which the records do not tell."""
        sure: list[Seen] = []
        unclear: list[Seen] = []
        for seen in self.use.seen:
            if seen.count <= seen.refused or not _is_action(self.action, seen.action):
                continue
            match self._is_here(seen):
                case True:
                    sure.append(seen)
                case None:
                    unclear.append(seen)
                case False:
                    pass
        return sure, unclear

    def _is_here(self, seen: Seen) -> bool | None:
        if not self.bucket or self.action == LIST_BUCKETS:
            return True
        bucket, slash, path = seen.resource.rpartition(":::")[2].partition("/")
        if not _matches(self.bucket, bucket):
            # Of a call without a bucket nobody can say where it was.
            return None if not seen.resource else False
        if not (is_of_objects(self.action) or lists(self.action)) or not self.prefix:
            return True
        if not slash:
            # What lists a whole bucket is no listing of the prefix; what works on objects without naming them may be.
            return False if lists(self.action) else None
        if _matches(f"{self.prefix}*", path):
            return True
        return None if seen.summed and _may_hold(path, self.prefix) else False

    def _asked_of_iam(self) -> datetime | None:
        """When IAM says that this very action was last asked; refused calls are among what it counts."""
        service, _, name = self.action.partition(":")
        told = [
            last
            for each in self.use.services or ()
            if each.service == service
            for known, last in each.actions
            if known.lower() == name.lower()
        ]
        return max((each for each in told if each is not None), default=None)

    def _used(self, recent: list[Seen], asked: datetime | None) -> Used:
        sources = [each.source for each in recent] + ([Source.SERVICE_LAST_ACCESSED] if asked is not None else [])
        moments = [each.last for each in recent] + ([asked] if asked is not None else [])
        places = dict.fromkeys(each.resource.rpartition(":::")[2] for each in recent if ":s3:::" in each.resource)
        count = sum(each.count - each.refused for each in recent) if recent else None
        return Used(tuple(dict.fromkeys(sources)), max(moments), count, tuple(sorted(places)))

    # What would have shown it

    def _proofs(self) -> Iterator[NotSeen]:
        use = self.use
        keeps = max(filter(None, (use.at - IAM_KEEPS, use.created)))
        # IAM's own answers are hours late: what other records tell of the role comes first.
        recorded = [(each.action.partition(":")[0], each.last) for each in use.seen]
        if use.tells_use:
            yield NotSeen(Source.ROLE_LAST_USED, max(filter(None, (use.last_used, keeps, *(last for _, last in recorded)))), use.at)
        service, _, name = self.action.partition(":")
        for each in use.services or ():
            if each.service == service:
                asking = [(of.service, of.last) for of in use.services or () if of.last is not None] + recorded
                own = [last for of, last in asking if service in (of, "kms") or of in _ASKS_OTHERS]
                yield NotSeen(Source.SERVICE_LAST_ACCESSED, max(keeps, *own) if own else keeps, use.at)
                for last in (last for known, last in each.actions if known.lower() == name.lower()):
                    yield NotSeen(Source.SERVICE_LAST_ACCESSED, last or keeps, use.at)
        if service != "s3":
            return
        of_objects = is_of_objects(self.action) or lists(self.action)
        if not of_objects:
            yield from self._history()
        if not use.file_gaps:
            yield from self._files(of_objects=of_objects)

    def _history(self) -> Iterator[NotSeen]:
        region = self.use.regions.get(self.bucket)
        for each in self.use.coverage:
            is_whole = each.source is Source.EVENT_HISTORY and not each.missing and each.service in ("", "s3.amazonaws.com")
            if is_whole and region == each.region and each.since is not None and each.until is not None:
                yield NotSeen(each.source, each.since, each.until)

    def _files(self, *, of_objects: bool) -> Iterator[NotSeen]:
        writing = writes_objects(self.action)
        for each in self.use.coverage:
            # A trail's files may leave out what manages buckets; a bucket's access logs hold every request to it.
            if each.source is Source.S3_ACCESS_LOG or (each.source is Source.TRAIL_FILE and of_objects):
                for shown in each.shown:
                    if shown.bucket == self.bucket and shown.writing is writing:
                        yield NotSeen(each.source, shown.since, shown.until)

    # What would not

    def _unknown(self) -> Unknown:
        service = self.action.partition(":")[0]
        if service == "s3" and (is_of_objects(self.action) or lists(self.action)):
            return self._unknown_objects()
        if service == "s3" and self.bucket not in ("", EVERY_BUCKET):
            return self._unknown_bucket()
        if self.use.services is None:
            return Unknown("IAM's answer which services were last accessed was not read")
        last = next((each.last for each in self.use.services if each.service == service), None)
        if last is not None and last >= self.use.begins:
            return Unknown(f"{service} was last asked on {last:%Y-%m-%d}, and IAM does not say by which action")
        if any(each.service == service for each in self.use.services):
            return Unknown("another service may have asked it for the role, and IAM is not known to tell that")
        return Unknown("no source shows it")

    def _unknown_bucket(self) -> Unknown:
        histories = [each for each in self.use.coverage if each.source is Source.EVENT_HISTORY]
        if not histories:
            return Unknown(
                f"CloudTrail's event history shows what manages {self.bucket}, and was not read", LEARN_HISTORY.format(bucket=self.bucket)
            )
        region = self.use.regions.get(self.bucket)
        if region is None:
            return Unknown(f"the region of {self.bucket} is not known, in whose event history it would be")
        if gap := next((each.missing for each in histories if each.region == region and each.missing), None):
            return Unknown(f"CloudTrail's event history was not read to its end: {gap.rstrip('.')}")
        return Unknown(f"the event history of {region} does not go back to the window's beginning")

    def _unknown_objects(self) -> Unknown:
        if self.bucket == EVERY_BUCKET:
            return Unknown("the role may do it in every bucket, and no source shows all of them")
        if gaps := self.use.file_gaps:
            return Unknown(f"not all of the files could be read, and what is missing may be a use: {gaps[0].rstrip('.')}")
        writing = writes_objects(self.action)
        spans = [each for cover in self.use.coverage for each in cover.shown if each.bucket == self.bucket and each.writing is writing]
        learn = LEARN_OBJECTS.format(bucket=self.bucket)
        if not spans:
            return Unknown(f"no source here shows who {'writes' if writing else 'reads'} the objects of {self.bucket}", learn)
        longest = min(spans, key=lambda each: each.since)
        return Unknown(
            f"the records of {self.bucket} go from {longest.since:%Y-%m-%d} to {longest.until:%Y-%m-%d} without a hole, and the window from "
            f"{self.use.begins:%Y-%m-%d} to {self.use.at:%Y-%m-%d}",
            learn,
        )


def _is_action(pattern: str, action: str) -> bool:
    """Whether the right is about `action`; that of another service may be a pattern."""
    return pattern.lower() == action.lower() or ("*" in pattern and wildcard_matcher(pattern.lower())(action.lower()))


def _matches(pattern: str, text: str) -> bool:
    if "*" not in pattern and "?" not in pattern:
        return pattern == text
    return wildcard_matcher(pattern)(text)


def _may_hold(path: str, prefix: str) -> bool:
    """Whether something below `path` may be below `prefix` too."""
    literal = prefix
    for mark in ("*", "?", "${"):
        literal = literal.partition(mark)[0]
    return literal.startswith(path) or path.startswith(literal)
