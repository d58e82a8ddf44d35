"""How a stack set is to be rolled out: what a person chose, and the groups of accounts that get the same parameters of their own."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ciam_tui.core.stack_sets.forms import CALLERS, SERVICE_MANAGED
from ciam_tui.core.stack_sets.parameters import invalid, setup_in
from ciam_tui.core.validate.bucket import region_partition_problem

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.setup import Setup

ADMINISTRATION_ROLE = "AWSCloudFormationStackSetAdministrationRole"
EXECUTION_ROLE = "AWSCloudFormationStackSetExecutionRole"
MAX_CONCURRENT = 10
# A failure in one account is mostly one in all: the roles exist already, or a policy of the organization forbids them.
FAILURE_TOLERANCE = 0


@dataclass(frozen=True, slots=True)
class Rollout:
    """`units` are organizational units or the root, `accounts` what is named by itself, `overrides` the parameters of single accounts.

    `region` is where the stack set and all its stacks are. With units, `accounts` narrow them; without, they are the accounts.
    """

    model: str
    name: str
    region: str
    units: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    overrides: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    call_as: str = CALLERS[0]
    auto_deployment: bool = False
    retain_stacks: bool = False
    max_concurrent: int = MAX_CONCURRENT
    failure_tolerance: int = FAILURE_TOLERANCE
    bucket_per_account: bool = False

    @property
    def is_service_managed(self) -> bool:
        """Whether the organization's own roles do it, by organizational units."""
        return self.model == SERVICE_MANAGED

    @property
    def goes_by_units(self) -> bool:
        """Whether all accounts of the units get a stack, rather than those that are named."""
        return self.is_service_managed and not self.accounts

    @property
    def named(self) -> tuple[str, ...]:
        """Every account that is named, here or in the file."""
        return tuple(sorted({*self.accounts, *self.overrides}))

    @property
    def groups(self) -> tuple[tuple[Mapping[str, str], tuple[str, ...]], ...]:
        """The accounts that are named, by the parameters that they have for themselves: those without any first."""
        found: dict[str, list[str]] = {}
        for account in self.named:
            found.setdefault(json.dumps(self.overrides.get(account, {}), sort_keys=True), []).append(account)
        return tuple(
            (json.loads(values), tuple(accounts)) for values, accounts in sorted(found.items(), key=lambda each: (each[0] != "{}", each))
        )

    @property
    def preferences(self) -> dict[str, Any]:
        """The operation preferences.

        By itself AWS works on no more accounts at once than may fail, and one; where more are wanted, it is told not to wait for that.
        """
        is_bound = self.max_concurrent <= self.failure_tolerance + 1
        return {
            "RegionConcurrencyType": "SEQUENTIAL",
            "RegionOrder": [self.region],
            "MaxConcurrentCount": self.max_concurrent,
            "FailureToleranceCount": self.failure_tolerance,
            "ConcurrencyMode": "STRICT_FAILURE_TOLERANCE" if is_bound else "SOFT_FAILURE_TOLERANCE",
        }

    @property
    def automatic(self) -> dict[str, bool]:
        """The automatic deployment; what is retained may be said of one that is on alone."""
        if not self.auto_deployment:
            return {"Enabled": False}
        return {"Enabled": True, "RetainStacksOnAccountRemoval": self.retain_stacks}


def default_name(setup: Setup) -> str:
    """What the stack set is called where nobody says: by the bucket, with hyphens for dots."""
    return f"ciam-tui-{setup.bucket.name.replace('.', '-')}"


def default_region(setup: Setup) -> str:
    """The region of the stack set and its stacks where nobody says: the bucket's, where a bucket that is made has to be made anyway."""
    return setup.bucket.region


def refuse_what_cannot_be(setup: Setup, rollout: Rollout) -> None:
    """That the Setup and the rollout fit together.

    Raises:
        CiamError: `stack-set-invalid`.
    """
    # An account that has none of its own: what all get must be right too, such as a name that got longer by the account's id.
    setup_in(setup, setup.account_id, {}, bucket_per_account=rollout.bucket_per_account)
    if problem := region_partition_problem(rollout.region, setup.partition):
        raise invalid(problem.text, "Name another --stack-set-region.")
    if setup.bucket.create and rollout.region != setup.bucket.region:
        raise invalid(
            f"The stacks would make the bucket in {rollout.region}, and the Setup's bucket is in {setup.bucket.region}.",
            f"Leave --stack-set-region out, or say {setup.bucket.region}.",
        )
