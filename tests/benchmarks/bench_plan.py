"""What a plan for many roles costs beyond writing down their policies: it is made when Review opens, and again before it is applied."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from ciam_tui.core.facts import Bucket, Facts, Identity, Quotas
from ciam_tui.core.planning import make_plan
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.setup import Setup, finish
from tests.app.fakes import ACCOUNT_ID
from tests.benchmarks.harness import interleaved, milliseconds_of_call
from tests.benchmarks.screens import draft_of

if TYPE_CHECKING:
    from tests.benchmarks.harness import Row

NAME = "plan for 150 roles"
AIM = "median <= 100 ms"
RUNS = 15


def measure() -> Row:
    """All of the roles new, against the plain writing of their 300 policies."""
    setup = finish(draft_of(50))
    if not isinstance(setup, Setup):
        raise TypeError(f"the draft is no Setup: {setup}")
    identity = Identity(ACCOUNT_ID, f"arn:aws:iam::{ACCOUNT_ID}:user/dana.operator", "aws")
    facts = Facts(identity, Quotas(read=True), Bucket(setup.bucket.name, setup.bucket.region, ACCOUNT_ID))
    policies = [document.policy for role in wanted_roles(setup) for document in (role.permissions, role.trust)]

    def write_down() -> None:
        for policy in policies:
            json.dumps(policy, indent=2)

    def plan() -> None:
        made = make_plan(setup, facts)
        if not made.applyable or len(made.steps) < len(policies):
            raise ValueError(f"not a plan for all roles: {made.problems}")

    return interleaved(
        ("make_plan", milliseconds_of_call(plan)), ("json.dumps of 300 policies", milliseconds_of_call(write_down)), runs=RUNS
    )
