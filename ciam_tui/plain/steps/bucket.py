"""Step 2 as questions: the bucket from a list or by name, and what is not read from it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.answers import Changed, with_bucket
from ciam_tui.core.asking.typed import with_bucket_read
from ciam_tui.core.draft import BucketDraft
from ciam_tui.core.problems import CiamError
from ciam_tui.plain.choosing import Option, choose
from ciam_tui.plain.fields import ask_field, took

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.core.draft import Draft
    from ciam_tui.core.facts import BucketSummary
    from ciam_tui.plain.desk import Desk


def ask_bucket(desk: Desk) -> None:
    """The name, whether it is to be made, and its settings, which are filled in where they can be read."""
    found = _buckets(desk)
    options = [Option(each.name, each.name, each.region or "") for each in found]
    regions = {each.name: each.region or "" for each in found}

    def accepts(name: str) -> bool:
        is_same = name == desk.draft.bucket.name
        changed = Changed(desk.draft) if is_same else with_bucket(desk.draft, BucketDraft(name, regions.get(name, "")))
        return took(desk, "bucket.name", changed)

    question, current = "Bucket, by number or name", desk.draft.bucket.name
    choose(desk.talk, question, options, default=current, about="bucket.name", accepts=accepts, typed=True)
    _look_at(desk)
    bucket = desk.draft.bucket
    ask_field(desk, "bucket.region", "Bucket's region", _put("region"), bucket.region or (desk.region or ""))
    ask_field(desk, "bucket.kms_key_arn", "KMS key", _put("kms_key_arn"), bucket.kms_key_arn or "", empty="no key of your own")
    ask_field(
        desk, "bucket.owner_account_id", "Bucket's owner", _put("owner_account_id"), bucket.owner_account_id or "", empty="this account"
    )


def _put(answer: str) -> Callable[[Draft, str], Draft]:
    def put(draft: Draft, text: str) -> Draft:
        value = text if answer == "region" else text or None
        return replace(draft, bucket=replace(draft.bucket, **{answer: value}))  # type: ignore[arg-type] # the names are BucketDraft's

    return put


def _buckets(desk: Desk) -> tuple[BucketSummary, ...]:
    if desk.aws is None:
        desk.talk.say("Nobody is signed in: type the bucket's name.")
        return ()
    desk.talk.say("Reading the buckets.")
    try:
        found = tuple(desk.aws.buckets())
    except CiamError as error:
        desk.tell(error)
        desk.talk.say("Type the bucket's name.")
        return ()
    if not found:
        desk.talk.say("This account has no buckets: type the name of one to be made.")
    return found


def _look_at(desk: Desk) -> None:
    """Read the bucket, and ask whether it is to be made where there is none."""
    name = desk.draft.bucket.name
    is_missing = desk.aws is None
    if desk.aws is not None:
        desk.talk.say(f"Reading {name}.")
        try:
            bucket = desk.aws.bucket(name, owner=desk.draft.bucket.owner_account_id)
        except CiamError as error:
            desk.tell(error)
            return
        if bucket is not None:
            desk.talk.say(f"{name} is in {bucket.region}; {bucket.encryption or 'its encryption was not read'}.")
            desk.take(with_bucket_read(desk.draft, bucket))
            return
        desk.talk.say(f"There is no bucket {name}.")
        is_missing = True
    if is_missing:
        create = desk.talk.ask_yes("Make this bucket?", default=desk.draft.bucket.create, about="bucket.create")
        desk.take(replace(desk.draft, bucket=replace(desk.draft.bucket, create=create)))
