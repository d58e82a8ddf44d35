"""What to doubt in a rollout before it is begun: buckets and keys that cannot be every account's own, and owners who have to let roles in."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from ciam_tui.core.owner import key_owner
from ciam_tui.core.stack_sets.parameters import BUCKET_NAME, BUCKET_OWNER, KMS_KEY_ARN, bucket_name_in
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.setup import Setup
    from ciam_tui.core.stack_sets.rollout import Rollout


def doubts(setup: Setup, rollout: Rollout) -> tuple[str, ...]:
    """A sentence for each; none keeps the templates from being written, since an account may be as it has to be already."""
    return tuple(_doubts(setup, rollout))


def _doubts(setup: Setup, rollout: Rollout) -> Iterator[str]:
    if shared := _shared_bucket(setup, rollout):
        fix = "give each account a BucketName in --accounts-file, use --bucket-per-account, or name the bucket's owner in the Setup."
        yield f"{shared}, and a bucket's name exists once in the world: {fix}"
    owner, key_of = setup.bucket.owner_account_id, key_owner(setup)
    if owner:
        yield (
            f"Account {owner} owns the bucket: its bucket policy has to let in the roles of every other account, as `export --format json` of "
            "the Setup of each says. A bucket policy ends at 20 KB, which some ten accounts fill."
        )
    elif key_of is not None and not _all_have(rollout, KMS_KEY_ARN):
        yield f"The key belongs to account {key_of}, and each account owns its bucket: give each its KmsKeyArn in --accounts-file."


def _shared_bucket(setup: Setup, rollout: Rollout) -> str | None:
    """That several accounts would each own a bucket of one name."""
    names: Counter[str] = Counter()
    for account in rollout.named:
        values = rollout.overrides.get(account, {})
        if not values.get(BUCKET_OWNER, setup.bucket.owner_account_id):
            name = values.get(BUCKET_NAME, setup.bucket.name)
            names[bucket_name_in(name, account, bucket_per_account=rollout.bucket_per_account)] += 1
    twice = [name for name, number in names.items() if number > 1]
    if twice:
        return f"{counted(names[twice[0]], 'account')} would each own a bucket {listed(twice[:1])}"
    if not rollout.goes_by_units or rollout.bucket_per_account or setup.bucket.owner_account_id:
        return None
    return f"Each account of the units would own a bucket {setup.bucket.name}"


def _all_have(rollout: Rollout, parameter: str) -> bool:
    return not rollout.goes_by_units and all(parameter in rollout.overrides.get(account, {}) for account in rollout.named)
