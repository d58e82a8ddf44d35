"""An account's authorization details as boto3's paginator gives them, made page by page, for what is measured in memory."""

from __future__ import annotations

import tracemalloc
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Pages:
    """The account, its client and its paginator in one: a page is made when it is asked for."""

    def __init__(self, roles: int) -> None:
        self.roles = roles

    def iam(self) -> Pages:
        return self

    def get_paginator(self, _operation: str) -> Pages:
        return self

    def ask(self, _doing: str, request: Callable[[], object]) -> object:
        return request()

    def paginate(self, **_: object) -> Iterator[dict[str, Any]]:
        for start in range(0, self.roles, 250):
            yield {"RoleDetailList": [self.role(number) for number in range(start, min(start + 250, self.roles))]}

    @staticmethod
    def role(number: int) -> dict[str, Any]:
        return {
            "RoleName": f"app-{number}",
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Sid": f"S{number}" * 20}]},
            "RolePolicyList": [{"PolicyName": "p", "PolicyDocument": {"Statement": [f"{number}" * 400]}}],
        }


def peak_bytes(work: Callable[[Any], object], roles: int) -> int:
    """The most memory that `work` takes on an account of that many roles, none of which is for CircleCI."""
    tracemalloc.start()
    try:
        work(Pages(roles))
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
