"""How many requests it takes to look at an account before a plan: each is a round trip, and IAM throttles who asks too often."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from botocore.httpsession import URLLib3Session

from ciam_tui.core.changes.kinds import AwaitRoles
from ciam_tui.core.planning import make_plan
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.setup import Setup, finish
from ciam_tui.survey import survey
from tests.benchmarks.harness import interleaved
from tests.benchmarks.screens import draft_of
from tests.moto_server import access_to, moto_server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.benchmarks.harness import Row

NAME = "survey for 150 roles"
AIM = "<= 20 requests"


def measure() -> Row:
    """The whole survey of an account that holds all of the roles, against reading them one by one."""
    setup = finish(draft_of(50))
    if not isinstance(setup, Setup):
        raise TypeError(f"the draft is no Setup: {setup}")
    names = [role.name for role in wanted_roles(setup)]
    with moto_server() as url:
        aws = access_to(url).open(None, None)
        aws._clients.s3().create_bucket(Bucket=setup.bucket.name)
        for step in make_plan(setup, survey(setup, aws)).steps:
            if not isinstance(step.change, AwaitRoles):  # what moto was told it knows at once
                aws.send(step.call)

        def look() -> None:
            if len(survey(setup, aws).roles) != len(names):
                raise ValueError("the survey missed a role")

        def read_one_by_one() -> None:
            for name in names:
                if not aws.roles([name]):
                    raise ValueError(f"{name} was not found")

        return interleaved(
            ("survey", _requests_of(look)), ("a loop over the roles", _requests_of(read_one_by_one)), runs=2, unit="requests"
        )


def _requests_of(call: Callable[[], object]) -> Callable[[], float]:
    def measure() -> float:
        with _counted() as sent:
            call()
        return float(len(sent))

    return measure


@contextmanager
def _counted() -> Iterator[list[str]]:
    """The URLs of the requests that boto3 sends meanwhile."""
    sent: list[str] = []
    send = URLLib3Session.send

    def noted(session: URLLib3Session, request: Any) -> Any:
        sent.append(request.url)
        return send(session, request)

    with patch.object(URLLib3Session, "send", noted):
        yield sent
