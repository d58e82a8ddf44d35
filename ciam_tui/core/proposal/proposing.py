"""The draft that the wizard opens with for an old user: bucket, prefixes, access, stages, and the CircleCI projects that hold its key.

It never proposes more than the user could do, and never "*": an administrator by accident is proposed the bucket and the prefixes that its
other statements name, or that were seen in use.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.circleci.facts import RestrictionType, visible_end
from ciam_tui.core.draft import BucketDraft, CircleCiDraft, Draft, ProjectDraft, RoleDraft, StageDraft
from ciam_tui.core.permissions import bucket_arn
from ciam_tui.core.proposal.prefixes import Prefixes, is_of_objects
from ciam_tui.core.proposal.rights import is_plain, rights_of
from ciam_tui.core.shown import shown
from ciam_tui.core.static_keys import KEY_ID
from ciam_tui.core.validate.bucket import bucket_name_problem
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

    from ciam_tui.core.audit.facts import PoliciesRead
    from ciam_tui.core.circleci.facts import ContextContents, Inventory, Project, Variable
    from ciam_tui.core.evidence.facts import Evidence
    from ciam_tui.core.facts import Bucket
    from ciam_tui.core.proposal.rights import Rights
    from ciam_tui.core.users.facts import Group, User

_MOST_STAGES = 6
# How people call what a stage writes; the first word that the prefix has in it decides.
_STAGES_BY_WORD: Mapping[str, tuple[str, ...]] = {
    "build": ("build", "artifact", "cache", "package"),
    "test": ("test", "report", "coverage", "result"),
    "deploy": ("release", "deploy", "dist", "prod", "site", "public", "www", "live"),
}
_EXTRAS: Mapping[str, tuple[str, ...]] = {
    "tags": ("s3:GetObjectTagging", "s3:PutObjectTagging"),
    "acl": ("s3:PutObjectAcl",),
    "versions": ("s3:GetObjectVersion", "s3:DeleteObjectVersion"),
}


@dataclass(frozen=True, slots=True)
class Proposal:
    """A draft to start from, and what its reader should know: what was guessed, left out, or is unknown."""

    draft: Draft
    notes: tuple[str, ...] = ()


def proposed(
    user: User,
    groups: Mapping[str, Group],
    policies: PoliciesRead,
    evidence: Evidence,
    *,
    account_id: str,
    partition: str,
    circleci: Sequence[Inventory] = (),
    buckets: Mapping[str, Bucket] | None = None,
) -> Proposal:
    """What would replace `user`. `buckets` are those that were read, by name: they tell region, owner and key."""
    rights = rights_of(user, groups, policies, account_id)
    notes = [f"Not all that the user may do is known: {each}" for each in rights.unread]
    name = _bucket(rights, evidence, notes)
    held, holders = _holders(user, circleci, notes)
    role = RoleDraft(name_prefix=f"circleci-{holders[0].name}-" if len(holders) == 1 else "circleci-")
    draft = Draft(account_id=account_id, partition=partition, circleci=_circleci(held, holders), role=role)
    if name is None:
        return Proposal(draft, tuple(dict.fromkeys(notes)))
    read = (buckets or {}).get(name)
    owner = read.owner_account_id if read is not None else None
    prefixes = Prefixes(rights, evidence, partition, name, owner)
    found = prefixes.find()
    notes += prefixes.notes
    stages = tuple(_with_extras(stage, rights, evidence, bucket_arn(partition, name), owner) for stage in _stages(found, notes))
    bucket = BucketDraft(
        name=name,
        region=read.region if read is not None else "",
        owner_account_id=owner if owner != account_id else None,
        kms_key_arn=read.kms_key_arn if read is not None else None,
    )
    base = min(found, key=len) if found else None
    return Proposal(
        Draft(account_id, partition, bucket, base, draft.circleci, stages, role),
        tuple(dict.fromkeys(notes)),
    )


def _bucket(rights: Rights, evidence: Evidence, notes: list[str]) -> str | None:
    """The bucket that was used most, else the one of which the policies say most by its name."""
    used: Counter[str] = Counter()
    for seen in evidence.seen:
        if ":s3:::" in seen.resource:
            weight = seen.count - seen.refused
            used[seen.resource.rpartition(":::")[2].partition("/")[0]] += weight * (1000 if is_of_objects(seen) else 1)
    named = Counter(place.bucket for place in rights.places if place.bucket != "*" and is_plain(place.bucket))
    candidates = [bucket for bucket in sorted({*named, *(used + Counter())}) if bucket_name_problem(bucket) is None]
    candidates.sort(key=lambda bucket: (-used[bucket], -named[bucket]))
    if not candidates:
        notes.append("The policies name no bucket by its name, and none was seen in use: choose the bucket yourself.")
        return None
    chosen, *others = candidates
    if others:
        notes.append(
            f"The user reaches {listed(others)} too, and a Setup has one bucket: {shown(chosen)} is proposed, as the one that "
            f"{'was used most' if used[chosen] else 'the policies say most of'}. Make a Setup for each that is still needed."
        )
    if any(place.bucket == "*" for place in rights.places):
        notes.append("The user may use every bucket; only what the policies name, or what was seen, is proposed.")
    return chosen


def _with_extras(stage: StageDraft, rights: Rights, evidence: Evidence, arn: str, owner: str | None) -> StageDraft:
    """`stage` with the extras of which a use was seen in its prefixes, where the user may do all that they bring."""
    places = (stage.prefix, *stage.read_prefixes)
    used = {
        seen.action
        for seen in evidence.seen
        if seen.count > seen.refused and any(seen.resource.startswith(f"{arn}/{place}") for place in places)
    }
    extras = (
        extra
        for extra, actions in _EXTRAS.items()
        if not used.isdisjoint(actions) and all(rights.covers(action, arn, place, owner=owner) for action in actions for place in places)
    )
    return replace(stage, extras=tuple(extras))


# Stages


def _stages(found: Mapping[str, Sequence[str]], notes: list[str]) -> Iterator[StageDraft]:
    """One stage for each prefix that is written or deleted from; what is only read is read by the last of them."""
    changed = [prefix for prefix, access in found.items() if "write" in access or "delete" in access]
    only_read = [prefix for prefix in found if prefix not in changed]
    if len(changed) > _MOST_STAGES:
        notes.append(
            f"The user writes below {len(changed)} prefixes; stages are proposed for {_MOST_STAGES} of them, without {listed(changed[_MOST_STAGES:])}."
        )
        changed = changed[:_MOST_STAGES]
    if not changed:
        if only_read:
            first, *others = only_read
            yield StageDraft("test", first, ("read",), tuple(others))
        return
    names = _names(changed)
    order = sorted(changed, key=lambda prefix: (_rank(names[prefix]), prefix))
    if len(order) > 1 or only_read:
        notes.append(
            "Stages are a guess by the prefixes: move what belongs together, and give those that may do more branches of their own."
        )
    for number, prefix in enumerate(order):
        is_last = number == len(order) - 1
        earlier = [each for each in order[:number] if "read" in found[each]] if is_last else []
        reads = tuple(dict.fromkeys((*earlier, *(only_read if is_last else ()))))
        yield StageDraft(names[prefix], prefix, tuple(found[prefix]), reads)


def _names(prefixes: Sequence[str]) -> dict[str, str]:
    """A name for the stage of each prefix, all different."""
    names: dict[str, str] = {}
    for prefix in prefixes:
        meant = next((stage for stage, words in _STAGES_BY_WORD.items() if any(word in prefix.lower() for word in words)), "deploy")
        if meant in names.values():
            letters = "".join(char if char.isascii() and char.isalnum() else "-" for char in prefix.rstrip("/"))
            meant = letters.strip("-")[:20] or "stage"
        while meant in names.values():
            meant = f"{meant}2"
        names[prefix] = meant
    return names


def _rank(stage: str) -> int:
    order = tuple(_STAGES_BY_WORD)
    return order.index(stage) if stage in order else 1


# CircleCI


def _holders(user: User, inventories: Sequence[Inventory], notes: list[str]) -> tuple[Inventory | None, tuple[Project, ...]]:
    """The organization that holds a key of the user's, and the projects that hold it or may use a context that does."""
    endings = {visible_end(key.key_id) for key in user.keys or ()}
    holding = [(each, _contexts(each, endings), _projects(each, endings)) for each in inventories]
    holding = [each for each in holding if each[1] or each[2]]
    if not holding:
        if inventories:
            notes.append("No context and no project variable that was read holds a key of this user: choose the projects yourself.")
        return None, ()
    holding.sort(key=lambda each: (-len(each[1]) - len(each[2]), each[0].organization.name))
    inventory, contexts, projects = holding[0]
    if len(holding) > 1:
        notes.append(
            f"Keys that end alike are held by {listed(each[0].organization.name for each in holding)}; {shown(inventory.organization.name)} is proposed."
        )
    by_id = {each.project.id: each.project for each in inventory.projects}
    found = {project.id: project for project in projects}
    for context in contexts:
        allowed = {each.value for each in context.restrictions or () if each.type == RestrictionType.PROJECT}
        found |= {project_id: by_id[project_id] for project_id in allowed if project_id in by_id}
        if not allowed:
            notes.append(f"The context {shown(context.context.name)} holds the key, and every project may use it: choose those that do.")
    if not found and len(by_id) == 1:
        found = by_id
    if inventory.unread or inventory.stopped:
        notes.append(f"Not all of {shown(inventory.organization.name)} was read, so that other projects may hold the key too.")
    return inventory, tuple(sorted(found.values(), key=lambda project: project.name))


def _contexts(inventory: Inventory, endings: Collection[str]) -> tuple[ContextContents, ...]:
    return tuple(each for each in inventory.contexts if _holds(each.variables, endings))


def _projects(inventory: Inventory, endings: Collection[str]) -> tuple[Project, ...]:
    return tuple(each.project for each in inventory.projects if _holds(each.variables, endings))


def _holds(variables: Iterable[Variable] | None, endings: Collection[str]) -> bool:
    return any(each.name.upper().endswith(KEY_ID) and each.last_four in endings for each in variables or () if each.last_four)


def _circleci(inventory: Inventory | None, projects: Sequence[Project]) -> CircleCiDraft:
    if inventory is None:
        return CircleCiDraft()
    return CircleCiDraft(
        org_id=inventory.organization.id or "",
        org_slug=inventory.organization.slug or None,
        projects=tuple(ProjectDraft(project.id, project.name, project.vcs_origin) for project in projects),
    )
