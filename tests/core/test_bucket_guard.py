"""A bucket policy that would still shut the roles out is told before anything is applied."""

from __future__ import annotations

from typing import Any

import pytest

from ciam_tui.core.bucket_guard import bucket_policy_problems
from ciam_tui.core.document import Document
from tests.runs import a_setup

BUCKET = "arn:aws:s3:::acme-run-tests"
OLD_USER = "arn:aws:iam::123456789012:user/circleci_service"
BUILD_ROLE = "arn:aws:iam::123456789012:role/circleci/circleci-web-build"


def policy(**statement: Any) -> Document:
    everything = {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": [BUCKET, f"{BUCKET}/*"]}
    return Document.of({"Version": "2012-10-17", "Statement": [everything | statement]})


@pytest.mark.parametrize(
    ("document", "stages"),
    [
        pytest.param(policy(), ["build", "deploy"], id="denies everybody"),
        pytest.param(policy(Condition={"StringNotEquals": {"aws:PrincipalArn": OLD_USER}}), ["build", "deploy"], id="all but the old user"),
        pytest.param(policy(Condition={"ArnNotLike": {"aws:PrincipalArn": [OLD_USER, BUILD_ROLE]}}), ["deploy"], id="all but one role"),
        pytest.param(
            policy(Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}), ["build", "deploy"], id="all but one VPC endpoint"
        ),
        pytest.param(policy(Action="s3:DeleteObject"), ["deploy"], id="deleting"),
        pytest.param(policy(Resource=f"{BUCKET}/builds/*"), ["build"], id="one prefix"),
        pytest.param(policy(Condition={"Bool": {"aws:SecureTransport": "false"}}), [], id="without TLS"),
        pytest.param(policy(Principal={"AWS": OLD_USER}), [], id="the old user alone"),
        pytest.param(policy(Resource=f"{BUCKET}/private/*"), [], id="another prefix"),
        pytest.param(policy(Effect="Allow"), [], id="an Allow"),
        pytest.param(None, [], id="no policy"),
    ],
)
def test_each_stage_that_a_deny_reaches_is_named(document: Document | None, stages: list[str]) -> None:
    problems = bucket_policy_problems(a_setup(), document)
    assert [stage for stage in ("build", "deploy") if any(f" denies {stage} " in problem.text for problem in problems)] == stages
    assert len(problems) == len(stages)


def test_a_policy_that_cannot_be_read_is_told_as_unchecked() -> None:
    (problem,) = bucket_policy_problems(a_setup(), Document('{"Statement": 1}'))
    assert "not checked" in problem.text
