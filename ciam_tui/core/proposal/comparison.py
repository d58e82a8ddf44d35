"""What the old user could do against what the new roles allow: what is dropped, what of that will break, and what is added.

Every answer is the evaluator's, to one request after another: each action that the policies name (for a wildcard those of S3 that stand for
it), at each place that policies, evidence or the Setup name. What was used and no role allows will break, whatever else is known of it. What
was not seen is dropped quietly only where some source would have shown it; elsewhere it is unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.audit.access import SAMPLE, Reach
from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import Request, compile_policy, evaluate
from ciam_tui.core.evidence.calls import NEEDS_NOTHING
from ciam_tui.core.evidence.report import resource_words
from ciam_tui.core.permissions import bucket_arn, bucket_owner, s3_endpoints
from ciam_tui.core.proposal.rights import rights_of
from ciam_tui.core.proposal.s3_actions import LIST_BUCKETS, S3_PREFIX, actions_named, asked_at, is_of_objects, lists, writes_objects
from ciam_tui.core.roles import wanted_roles

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ciam_tui.core.audit.facts import PoliciesRead
    from ciam_tui.core.evaluate import CompiledPolicy
    from ciam_tui.core.evidence.facts import Evidence, Seen
    from ciam_tui.core.proposal.rights import Rights
    from ciam_tui.core.roles import WantedRole
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.core.users.facts import Group, User

_OBJECT_CONTEXT = "kms:EncryptionContext:aws:s3:arn"


@dataclass(frozen=True, slots=True)
class Lost:
    """Something that the user could do, or did, and no role of the Setup allows. `seen` are its uses; `why` is a sentence, where there is one.

    `in_policies` is False where the user's policies of today do not allow it: a resource's policy does, or they did.
    """

    action: str
    resource: str
    seen: tuple[Seen, ...] = ()
    why: str = ""
    in_policies: bool = True

    @property
    def name(self) -> str:
        """By which it is accepted: `s3:PutObject on acme-builds/releases/`."""
        return f"{self.action} on {resource_words(self.resource)}"


@dataclass(frozen=True, slots=True)
class Gained:
    """Something that a role allows and the user could not do."""

    action: str
    resource: str
    roles: tuple[str, ...]

    @property
    def name(self) -> str:
        """As `Lost.name`."""
        return f"{self.action} on {resource_words(self.resource)}"


@dataclass(frozen=True, slots=True)
class Comparison:
    """The three lists, and what nobody can say. `will_break` blocks until each of it is accepted by its name."""

    dropped_unseen: tuple[Lost, ...] = ()
    will_break: tuple[Lost, ...] = ()
    added: tuple[Gained, ...] = ()
    unknown: tuple[Lost, ...] = ()
    notes: tuple[str, ...] = ()

    def blocking(self, accepted: Collection[str] = ()) -> tuple[Lost, ...]:
        """What will break and was not accepted by name."""
        return tuple(each for each in self.will_break if each.name not in accepted)

    def not_there(self, accepted: Collection[str]) -> tuple[str, ...]:
        """Those names that were accepted and are of nothing that will break: somebody mistyped them, or the Setup has changed."""
        known = {each.name for each in self.will_break}
        return tuple(name for name in accepted if name not in known)


def compared(user: User, groups: Mapping[str, Group], policies: PoliciesRead, evidence: Evidence, setup: SetupShape) -> Comparison:
    """What `user` would lose and gain by the roles of `setup`."""
    rights = rights_of(user, groups, policies, setup.account_id)
    asked = _Asked(rights, evidence, setup, tuple(_Role.of(role) for role in wanted_roles(setup)))
    will_break = asked.will_break()
    dropped, unknown = asked.dropped(will_break)
    notes = [f"Not all that the user may do is known: {each}" for each in rights.unread]
    if setup.role.permissions_boundary:
        notes.append("The roles' permissions boundary may take away more: it is not looked at here.")
    return Comparison(dropped, will_break, asked.added(), (*asked.unclear(), *unknown), tuple(notes))


@dataclass(frozen=True, slots=True)
class _Role:
    """A role with its policy, ready to be asked."""

    name: str
    arn: str
    policies: tuple[CompiledPolicy, ...]
    resources: tuple[tuple[str, str, tuple[str, ...]], ...]  # action, resource, prefixes listed

    @classmethod
    def of(cls, role: WantedRole) -> _Role:
        document = parse_policy(role.permissions.text, what="the permission policy")
        resources = [
            (action, resource, tuple(value for _, key, values in statement.conditions if key == S3_PREFIX for value in values))
            for statement in document.statements
            for action in statement.actions or ()
            for resource in statement.resources or ()
        ]
        return cls(role.name, role.arn, (compile_policy(document, name="permissions"),), tuple(resources))


@dataclass(frozen=True, slots=True)
class _Ask:
    """One question about the user and the roles: `label` is the resource as it is told."""

    action: str
    label: str
    resource: str
    context: Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Asked:
    rights: Rights
    evidence: Evidence
    setup: SetupShape
    roles: tuple[_Role, ...]

    # What was used

    def will_break(self) -> tuple[Lost, ...]:
        found: dict[tuple[str, str], Lost] = {}
        for seen in self.evidence.seen:
            if ":" not in seen.action or seen.action in NEEDS_NOTHING or seen.count <= seen.refused:
                continue
            ask = self._of_seen(seen)
            if self._by_roles(ask) or self._is_unclear(seen, ask):
                continue
            key = (seen.action, seen.resource)
            before = found[key].seen if key in found else ()
            found[key] = Lost(seen.action, seen.resource, (*before, seen), in_policies=self._by_user(ask))
        for lost in self._services_used({each.action.partition(":")[0] for each in self.evidence.seen}):
            found.setdefault((lost.action, lost.resource), lost)
        return tuple(sorted(found.values(), key=lambda lost: (-sum(each.count for each in lost.seen), lost.name)))

    def _is_unclear(self, seen: Seen, ask: _Ask) -> bool:
        """Whether the record does not say which keys it was about (DeleteObjects has them in its body), and a role may do it somewhere there."""
        bucket, slash, _ = seen.resource.rpartition(":::")[2].partition("/")
        return is_of_objects(seen.action) and not slash and bucket == self.setup.bucket.name and self._somewhere(ask)

    def _of_seen(self, seen: Seen) -> _Ask:
        """The question whether a use like this one would pass."""
        bucket, slash, path = seen.resource.rpartition(":::")[2].partition("/") if ":s3:::" in seen.resource else ("", "", "")
        if not bucket:
            whole = bucket_arn(self.setup.partition, "*") if seen.action.startswith("s3:") else "*"
            return _Ask(seen.action, seen.resource, seen.resource or whole, {})
        if seen.action.startswith("kms:"):
            return self._through_s3(seen.action, bucket, f"{path}{SAMPLE}" if slash else None, seen.resource)
        return self._at(seen.action, bucket, path if slash else None)

    def _services_used(self, told: Collection[str]) -> Iterator[Lost]:
        """What IAM says was asked, of services whose calls were not seen one by one; that of STS is told as unclear."""
        for use in self.evidence.services or ():
            by_action = [name for name, last in use.actions if last is not None]
            for name in by_action:
                action = f"{use.service}:{name}"
                ask = self._at(action, self.setup.bucket.name, None) if use.service == "s3" else _Ask(action, "", "*", {})
                if action not in {each.action for each in self.evidence.seen} and not self._somewhere(ask):
                    yield Lost(action, "", why=_ASKED, in_policies=self._by_user(ask))
            if use.last is not None and use.service not in ("s3", "kms", "sts", *told) and not by_action:
                yield Lost(f"{use.service}:*", "", why=f"last asked on {use.last:%Y-%m-%d}; {_ASKED}")

    def unclear(self) -> tuple[Lost, ...]:
        """Uses that cannot be held against policies."""
        strange = {seen.action: seen for seen in self.evidence.seen if ":" not in seen.action}
        lost = [Lost(action, seen.resource, (seen,), why="it is not known which action it needs") for action, seen in strange.items()]
        keyless = {seen.action: seen for seen in self.evidence.seen if self._is_unclear(seen, self._of_seen(seen))}
        lost += [Lost(action, seen.resource, (seen,), why="the record does not say on which keys") for action, seen in keyless.items()]
        sts = next((use.last for use in self.evidence.services or () if use.service == "sts"), None)
        if sts is not None and not any(seen.action.startswith("sts:") for seen in self.evidence.seen):
            lost.append(
                Lost("sts:*", "", why=f"last asked on {sts:%Y-%m-%d}; GetCallerIdentity needs no permission, other calls would break")
            )
        return tuple(lost)

    # What could be used

    def dropped(self, will_break: Sequence[Lost]) -> tuple[tuple[Lost, ...], tuple[Lost, ...]]:
        """What the user could do and the roles do not allow: not seen although it would have been, and unknown."""
        broken = {(lost.action, lost.resource) for lost in will_break}
        asks = {(ask.action, ask.label): ask for ask in self._candidates()}
        lost = [ask for key, ask in asks.items() if key not in broken and self._by_user(ask) and not self._by_roles(ask)]
        dropped: list[Lost] = []
        unknown: list[Lost] = []
        for ask in lost:
            (dropped if self._would_show(ask) else unknown).append(Lost(ask.action, ask.label))
        for other in self._other_services():
            (dropped if self.evidence.shows_calls else unknown).append(other)
        return tuple(_widest_alone(dropped)), tuple(_widest_alone(unknown))

    def _would_show(self, ask: _Ask) -> bool:
        if not (is_of_objects(ask.action) or lists(ask.action)):
            return self.evidence.shows_calls
        bucket = ask.label.rpartition(":::")[2].partition("/")[0]
        return self.evidence.shows(bucket, writing=writes_objects(ask.action))

    def _candidates(self) -> Iterator[_Ask]:
        """Every action of S3 that the policies name, at every place."""
        places = self._places()
        buckets = tuple(dict.fromkeys(bucket for bucket, _ in places))
        for action in actions_named(self.rights.statements):
            if is_of_objects(action):
                yield from (self._at(action, bucket, prefix) for bucket, prefix in places)
            elif lists(action):
                yield from (self._at(action, bucket, prefix or None) for bucket, prefix in places)
            elif action == LIST_BUCKETS:
                # IAM's resource of it is every bucket.
                yield _Ask(action, "", bucket_arn(self.setup.partition, "*"), {})
            elif action.startswith("s3:"):
                yield from (self._at(action, bucket, None) for bucket in buckets)

    def _places(self) -> tuple[tuple[str, str], ...]:
        """Pairs of bucket and prefix that policies, evidence or the Setup name; `*` is every other bucket."""
        found: dict[tuple[str, str], None] = {(place.bucket, place.prefix): None for place in self.rights.places}
        for seen in self.evidence.seen:
            if ":s3:::" in seen.resource:
                bucket, slash, path = seen.resource.rpartition(":::")[2].partition("/")
                found.setdefault((bucket, path[: path.rfind("/") + 1] if slash else ""))
        for stage in self.setup.stages:
            found |= {(self.setup.bucket.name, prefix): None for prefix in (stage.prefix, *stage.read_prefixes)}
        found |= {(bucket, ""): None for bucket, _ in tuple(found)}
        return tuple(sorted(found))

    def _other_services(self) -> Iterator[Lost]:
        """What the policies say of other services than S3, as they say it; each service that was asked is told with what will break."""
        asked = {use.service for use in self.evidence.services or () if use.last is not None} | {
            seen.action.partition(":")[0] for seen in self.evidence.seen
        }
        for access in self.rights.asking.services(self.rights.statements):
            for name in access.actions if access.service != "s3" and access.service not in asked else ():
                action = name if access.service == "*" else f"{access.service}:{name}"
                key = self.setup.bucket.kms_key_arn
                if access.service != "kms" or not key or not self._by_roles(self._through_s3(action, self.setup.bucket.name, None, key)):
                    yield Lost(action, "", why="of every other service" if access.service == "*" else "")

    # What is new

    def added(self) -> tuple[Gained, ...]:
        found: dict[tuple[str, str], list[str]] = {}
        for role in self.roles:
            for action, resource, prefixes in role.resources:
                for prefix in prefixes or ("",):
                    ask = self._of_role(action, resource, prefix.removesuffix("*"))
                    if not self._by_user(ask):
                        found.setdefault((ask.action, ask.label), []).append(role.name)
        return tuple(Gained(action, label, tuple(dict.fromkeys(roles))) for (action, label), roles in found.items())

    def _of_role(self, action: str, resource: str, listed: str) -> _Ask:
        if action.startswith("kms:"):
            return self._through_s3(action, self.setup.bucket.name, None, resource)
        bucket, slash, key = resource.rpartition(":::")[2].partition("/")
        if slash and "*" not in key:
            return _Ask(action, resource, resource, {})
        return self._at(action, bucket, key.removesuffix("*") if slash else listed or None)

    # Requests

    def _at(self, action: str, bucket: str, prefix: str | None) -> _Ask:
        """About `prefix` of `bucket`, or with None about the bucket as a whole."""
        resource, context = asked_at(action, self.setup.partition, bucket, prefix)
        told = bucket_arn(self.setup.partition, bucket)
        if is_of_objects(action) and bucket != "*":
            told = f"{told}/{prefix or ''}"
        elif lists(action) and prefix:
            told = f"{told}/{prefix}"
        return _Ask(action, told, resource, context)

    def _through_s3(self, action: str, bucket: str, key: str | None, label: str) -> _Ask:
        """A call of KMS that S3 makes for the caller."""
        arn = bucket_arn(self.setup.partition, bucket)
        context = {
            "kms:ViaService": (s3_endpoints(self.setup.partition, self.setup.bucket)[0],),
            _OBJECT_CONTEXT: (f"{arn}/{key}" if key else arn,),
        }
        return _Ask(action, label, self.setup.bucket.kms_key_arn or "*", context)

    def _by_user(self, ask: _Ask) -> bool:
        """Whether the user may, if its conditions are met and as far as its policies could be read."""
        return self.rights.reach(ask.action, ask.resource, ask.context) is not Reach.NO

    def _by_roles(self, ask: _Ask) -> bool:
        return any(evaluate(self._request(ask, role), role.policies).allowed for role in self.roles)

    def _somewhere(self, ask: _Ask) -> bool:
        """Whether a role may do it anywhere in its bucket."""
        prefixes = [None, *(prefix for stage in self.setup.stages for prefix in (stage.prefix, *stage.read_prefixes))]
        return any(self._by_roles(self._at(ask.action, self.setup.bucket.name, prefix)) for prefix in prefixes)

    def _request(self, ask: _Ask, role: _Role) -> Request:
        context = {
            "aws:ResourceAccount": (bucket_owner(self.setup),),
            "aws:PrincipalArn": (role.arn,),
            "aws:PrincipalAccount": (self.setup.account_id,),
            "aws:SecureTransport": ("true",),
            **ask.context,
        }
        return Request(ask.action, ask.resource, context)


_ASKED = "IAM counts refused calls too, and does not say on what"


def _widest_alone(lost: Iterable[Lost]) -> Iterator[Lost]:
    """What is lost everywhere, or in a whole bucket, is told once."""
    held = list(lost)
    places = {(each.action, each.resource) for each in held}
    for each in held:
        bucket, slash, path = each.resource.rpartition(":::")[2].partition("/")
        beginning = each.resource[: len(each.resource) - len(f"{bucket}{slash}{path}")]
        above = [f"{beginning}*", f"{beginning}{bucket}", f"{beginning}{bucket}/"]
        above += [f"{beginning}{bucket}/{path[: end + 1]}" for end, char in enumerate(path[:-1]) if char == "/"]
        if ":s3:::" not in each.resource or not any(place != each.resource and (each.action, place) in places for place in above):
            yield each
