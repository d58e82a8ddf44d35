"""Whether the bucket's own policy would still shut the new roles out: a Deny there wins over everything that a role is granted.

A policy that lets in nobody but the old user, one network or one VPC endpoint is a classic outage of a migration. It is read and asked
the very requests that each stage will make.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import compile_policy, evaluate
from ciam_tui.core.problems import CiamError, Level, Problem
from ciam_tui.core.roles import stage_roles
from ciam_tui.core.shut_out.requests import s3_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.document import Document
    from ciam_tui.core.evaluate import CompiledPolicy
    from ciam_tui.core.shape import SetupShape, StageShape


def bucket_policy_problems(setup: SetupShape, policy: Document | None) -> tuple[Problem, ...]:
    """A warning for each stage that `policy` would deny something that the stage is granted.

    What a job's request will carry from its network is not known here: a Deny that asks for an address or a VPC endpoint counts as one.
    """
    if policy is None:
        return ()
    try:
        compiled = compile_policy(parse_policy(policy.text, what="the bucket policy"), name="bucket policy")
    except CiamError as error:
        return (Problem("bucket.name", Level.WARNING, f"The bucket policy was not checked: {error.message}"),)
    return tuple(problem for stage in setup.stages for problem in _denied(setup, stage, compiled))


def _denied(setup: SetupShape, stage: StageShape, compiled: CompiledPolicy) -> Iterator[Problem]:
    requests = (request for role in stage_roles(setup, stage) for request in s3_requests(setup, stage, role.arn))
    denied = dict.fromkeys(request.action for request in requests if evaluate(request, [compiled]).outcome == "explicit-deny")
    if denied:
        yield Problem(
            "bucket.name",
            Level.WARNING,
            f"The policy of the bucket {setup.bucket.name} denies {stage.name} {', '.join(denied)}: it would shut the role out whatever the role is granted.",
            "Have the bucket's owner except the role's ARN from that Deny, by aws:PrincipalArn.",
        )
