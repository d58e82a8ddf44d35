"""What an answer takes with it when it changes: a key belongs to its bucket, a project to its organization, a prefix to the one above it.

Going back in the wizard keeps every answer but those that the new one has made untrue. They are cleared here, each with a sentence, so that
nothing is applied that belonged to an earlier choice and nobody wonders where an answer went. `settled` compares the draft as it was when a step
was entered with the draft as it is left, so that half-typed text never clears anything.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.core.draft import BucketDraft, Draft, StageDraft
from ciam_tui.core.problems import Level
from ciam_tui.core.shown import shown
from ciam_tui.core.validate import normalized_prefix, prefix_problem

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True, slots=True)
class Changed:
    """A draft, and what was cleared or moved in it, a sentence each."""

    draft: Draft
    told: tuple[str, ...] = ()


def with_account(draft: Draft, account_id: str, partition: str) -> Changed:
    """`draft` for another account: who owns the bucket, and a boundary that lies in the old account, are no longer known."""
    return settled(draft, replace(draft, account_id=account_id, partition=partition))


def with_bucket(draft: Draft, bucket: BucketDraft) -> Changed:
    """`draft` with another bucket; an owner, key or wish to create it that `bucket` does not itself bring is cleared."""
    return settled(draft, replace(draft, bucket=bucket))


def with_base_prefix(draft: Draft, base_prefix: str) -> Changed:
    """`draft` with another base prefix; the stages' prefixes under the old one move with it."""
    return settled(draft, replace(draft, base_prefix=base_prefix))


def with_organization(draft: Draft, org_id: str, org_slug: str | None = None) -> Changed:
    """`draft` for another organization, whose projects, audience and issuer are not those of the old one."""
    return settled(draft, replace(draft, circleci=replace(draft.circleci, org_id=org_id, org_slug=org_slug)))


def with_any_project(draft: Draft, *, any_project: bool) -> Changed:
    """`draft` that trusts the whole organization, which leaves no room for projects, branches and roles of one project, or no longer does."""
    return settled(draft, replace(draft, circleci=replace(draft.circleci, any_project=any_project)))


def settled(before: Draft, after: Draft) -> Changed:
    """`after` without the answers that its differences from `before` have made untrue; answers that changed too are kept as the new ones."""
    draft, told = after, list[str]()
    rules: Sequence[Callable[[Draft, Draft], Changed]] = (_account, _bucket, _base_prefix, _organization, _any_project)
    for rule in rules:
        changed = rule(before, draft)
        draft = changed.draft
        told += changed.told
    return Changed(draft, tuple(told))


def _account(before: Draft, after: Draft) -> Changed:
    if not before.account_id or (before.account_id, before.partition) == (after.account_id, after.partition):
        return Changed(after)
    told, bucket, role = [], after.bucket, after.role
    if bucket.owner_account_id is not None and bucket.owner_account_id == before.bucket.owner_account_id:
        told.append(f"The bucket's owner ({shown(bucket.owner_account_id)}) was cleared: the account is another one.")
        bucket = replace(bucket, owner_account_id=None)
    boundary = role.permissions_boundary
    if (
        boundary is not None
        and boundary == before.role.permissions_boundary
        and not boundary.startswith(f"arn:{after.partition}:iam::aws:")
    ):
        told.append("The permissions boundary was cleared: it lies in the account before.")
        role = replace(role, permissions_boundary=None)
    return Changed(replace(after, bucket=bucket, role=role), tuple(told))


def _bucket(before: Draft, after: Draft) -> Changed:
    old, new = before.bucket, after.bucket
    other_bucket = bool(old.name) and old.name != new.name
    other_region = bool(old.region) and old.region != new.region
    called, told = f'"{shown(old.name)}"', []
    if (other_bucket or other_region) and new.kms_key_arn is not None and new.kms_key_arn == old.kms_key_arn:
        told.append(f"The KMS key was cleared: it belongs to the bucket {called} in {shown(old.region)}.")
        new = replace(new, kms_key_arn=None)
    if other_bucket and new.owner_account_id is not None and new.owner_account_id == old.owner_account_id:
        told.append(f"The bucket's owner ({shown(new.owner_account_id)}) was cleared: it is that of the bucket {called}.")
        new = replace(new, owner_account_id=None)
    if other_bucket and new.create and old.create:
        told.append(f"The wish to create the bucket was cleared: it was about {called}.")
        new = replace(new, create=False)
    return Changed(replace(after, bucket=new), tuple(told))


def _base_prefix(before: Draft, after: Draft) -> Changed:
    if before.base_prefix is None or after.base_prefix is None:
        return Changed(after)
    old, new = normalized_prefix(before.base_prefix), normalized_prefix(after.base_prefix)
    problem = prefix_problem(new)
    if old == new or (problem is not None and problem.level is Level.ERROR):
        return Changed(after)
    stages = tuple(_moved(stage, old, new) for stage in after.stages)
    names = [shown(stage.name) for stage, earlier in zip(stages, after.stages, strict=True) if stage != earlier]
    if not names:
        return Changed(after)
    told = f"What {' and '.join(names)} {'have' if len(names) > 1 else 'has'} under {_place(old)} moved to {_place(new)}."
    return Changed(replace(after, stages=stages), (told,))


def _moved(stage: StageDraft, old: str, new: str) -> StageDraft:
    moved = dict.fromkeys(_under(prefix, old, new) for prefix in stage.read_prefixes)
    return replace(stage, prefix=_under(stage.prefix, old, new), read_prefixes=tuple(moved))


def _under(prefix: str, old: str, new: str) -> str:
    """`prefix` under `new` where it was under `old`; from the whole bucket only the whole bucket moves, since everything lies under it."""
    closed = normalized_prefix(prefix)
    if not old:
        return new if not closed else prefix
    return new + closed.removeprefix(old) if closed.startswith(old) else prefix


def _place(prefix: str) -> str:
    return f'"{shown(prefix)}"' if prefix else "the whole bucket"


def _organization(before: Draft, after: Draft) -> Changed:
    old, new = before.circleci, after.circleci
    if not old.org_id or old.org_id == new.org_id:
        return Changed(after)
    told = []
    if new.projects and new.projects == old.projects:
        told.append(
            f"The projects ({', '.join(shown(project.name) for project in new.projects)}) were cleared: they are those of the organization before."
        )
        new = replace(new, projects=())
    if new.org_slug is not None and new.org_slug == old.org_slug:
        told.append(f"The slug {shown(new.org_slug)} was cleared: it is that of the organization before.")
        new = replace(new, org_slug=None)
    if new.issuer is not None and new.issuer == old.issuer:
        told.append("The issuer was cleared: it signed the tokens of the organization before.")
        new = replace(new, issuer=None)
    if new.audience is not None and new.audience == old.audience:
        told.append("The audience was cleared: it was set up in the organization before.")
        new = replace(new, audience=None)
    if new.any_project and old.any_project:
        told.append("The trust in the whole organization was cleared: it was given to the organization before.")
        new = replace(new, any_project=False)
    return Changed(replace(after, circleci=new), tuple(told))


def _any_project(before: Draft, after: Draft) -> Changed:
    if before.circleci.any_project or not after.circleci.any_project:
        return Changed(after)
    told, circleci, stages, role = [], after.circleci, after.stages, after.role
    if circleci.projects:
        told.append(
            f"The projects ({', '.join(shown(project.name) for project in circleci.projects)}) were cleared: the whole organization is trusted."
        )
        circleci = replace(circleci, projects=())
    limited = [shown(stage.name) for stage in stages if stage.branches]
    if limited:
        told.append(f"The branches of {' and '.join(limited)} were cleared: the whole organization has no one repository.")
        stages = tuple(replace(stage, branches=()) for stage in stages)
    if role.per_project:
        told.append("One role a project was cleared: the whole organization names no projects.")
        role = replace(role, per_project=False)
    return Changed(replace(after, circleci=circleci, stages=stages, role=role), tuple(told))


def preset_stages(base_prefix: str) -> tuple[StageDraft, ...]:
    """Build, test and deploy as most pipelines have them: deploy alone deletes, only from main, and in a place of its own beside the base."""
    base = normalized_prefix(base_prefix)
    above = base.removesuffix("/").rpartition("/")[0]
    beside = normalized_prefix(above) + "releases/"
    releases = beside if beside != base else normalized_prefix(above) + "published/"
    return (
        StageDraft(name="build", prefix=base, access=("read", "write")),
        StageDraft(name="test", prefix=base, access=("read",)),
        StageDraft(name="deploy", prefix=releases, access=("read", "write", "delete"), read_prefixes=(base,), branches=("main",)),
    )
