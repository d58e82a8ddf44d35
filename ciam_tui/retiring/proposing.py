"""The Setup that would replace a user, proposed from all that can be read of it, its use and the places in CircleCI where its key sits."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.proposal.proposing import Proposal, proposed
from ciam_tui.retiring.look import inventories
from ciam_tui.surveys.users import policies_of

if TYPE_CHECKING:
    from ciam_tui.apply import Ports
    from ciam_tui.core.evidence.facts import Evidence
    from ciam_tui.core.facts import Bucket
    from ciam_tui.core.users.facts import User
    from ciam_tui.retiring.look import Look


def proposal_for(user: User, evidence: Evidence, ports: Ports, look: Look) -> Proposal:
    """The proposal, with the region, owner and key of the bucket that it names, where that may be looked at.

    Raises:
        CiamError: the user's policies may not be read; as any read.
        LookStopped: once `look` says so.
    """
    identity = ports.aws.identity()
    groups, policies = policies_of(ports.aws, user, look.tell)
    circleci = inventories(ports.circleci, look) if ports.circleci is not None else ()

    def of(buckets: dict[str, Bucket]) -> Proposal:
        return proposed(
            user,
            groups,
            policies,
            evidence,
            account_id=identity.account_id,
            partition=identity.partition,
            circleci=circleci,
            buckets=buckets,
        )

    first = of({})
    name = first.draft.bucket.name
    if not name:
        return first
    look.tell(f"Bucket {name}")
    try:
        bucket = ports.aws.bucket(name, owner=None)
    except CiamError:
        return first  # its notes say what is not known of the bucket
    return first if bucket is None else of({name: bucket})
