"""How many requests an audit of a full account takes: 5,000 roles, of which 100 are for CircleCI, against the loop over those 100."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.audit.issuers import CircleCiIssuers
from tests.benchmarks.harness import interleaved
from tests.paged_iam import PagedIam, ServedRole, served

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.harness import Row

NAME = "audit of 5,000 roles"
AIM = "<= 12 requests"

TRUST = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Federated":"arn:aws:iam::123456789012:oidc-provider/oidc.circleci.com/org/x"},"Action":"sts:AssumeRoleWithWebIdentity"}]}'
READ = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::acme-builds/*"}]}'
OURS = 100


def measure() -> Row:
    """Reading all roles in one pass, against listing them and reading each that trusts CircleCI by itself."""
    roles = tuple(
        ServedRole(f"deploy-{number}", TRUST, {"s3": READ}) if number % 50 == 0 else ServedRole(f"app-{number}") for number in range(5000)
    )
    denied = frozenset({"GetAccountAuthorizationDetails"})
    return interleaved(
        ("one pass", _requests_of(PagedIam(roles))), ("a loop over roles", _requests_of(PagedIam(roles, denied))), runs=1, unit="requests"
    )


def _requests_of(iam: PagedIam) -> Callable[[], float]:
    def measure() -> float:
        iam.asked.clear()
        with served(iam) as (aws, _):
            read = aws.wanted_roles(lambda _, trust: CircleCiIssuers().may_concern(trust), lambda _: None)
        if len(read.roles) != OURS:
            raise ValueError(f"{len(read.roles)} roles were found")
        return float(len(iam.asked))

    return measure
