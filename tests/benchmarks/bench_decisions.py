"""How fast the evaluator answers: findings, `can` and the property tests ask it thousands of times."""

from __future__ import annotations

import time
from itertools import cycle, islice
from typing import TYPE_CHECKING

from ciam_tui.core.document import parse_policy
from ciam_tui.core.draft import StageDraft
from ciam_tui.core.evaluate import Request, compile_policy, evaluate
from ciam_tui.core.permissions import permission_policy
from tests.app.fakes import ACCOUNT_ID
from tests.benchmarks.harness import interleaved
from tests.benchmarks.screens import draft_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.harness import Row

NAME = "decisions by a policy of 4 statements"
AIM = "median >= 20000 /s"
RUNS = 15
DECISIONS = 5_000
_COMPILED_ANEW = 500

_BUCKET = "arn:aws:s3:::acme-builds"
# Allowed by the first statement, by the last, outside of the prefix, and by no statement at all.
_ASKED: tuple[tuple[str, str, dict[str, tuple[str, ...]]], ...] = (
    ("s3:ListBucket", _BUCKET, {"s3:prefix": ("releases/v1/",)}),
    ("s3:DeleteObject", f"{_BUCKET}/releases/v1/app.tar.gz", {}),
    ("s3:PutObject", f"{_BUCKET}/builds/v1/app.tar.gz", {}),
    ("s3:PutBucketPolicy", _BUCKET, {}),
)


def measure() -> Row:
    """A policy that is compiled once and asked many times, against one that is compiled for each question."""
    stage = StageDraft("deploy", "releases/", ("read", "write", "delete"), read_prefixes=("builds/",))
    policy = parse_policy(permission_policy(draft_of(1), stage).text)
    if len(policy.statements) != 4:
        raise ValueError(f"the policy has {len(policy.statements)} statements")
    compiled = [compile_policy(policy)]
    return interleaved(
        ("compiled once", _a_second(DECISIONS, lambda request: evaluate(request, compiled))),
        ("compiled anew for each", _a_second(_COMPILED_ANEW, lambda request: evaluate(request, [compile_policy(policy)]))),
        runs=RUNS,
        unit="/s",
    )


def _a_second(decisions: int, decide: Callable[[Request], object]) -> Callable[[], float]:
    def measure() -> float:
        # A Request keeps what it works out about itself, so that each is asked once.
        requests = [
            Request(action, resource, {"aws:ResourceAccount": (ACCOUNT_ID,), **context})
            for action, resource, context in islice(cycle(_ASKED), decisions)
        ]
        begin = time.perf_counter()
        for request in requests:
            decide(request)
        return decisions / (time.perf_counter() - begin)

    return measure
