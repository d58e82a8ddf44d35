"""An account of moto's with thousands of users, put straight into its store: sent over HTTP it would take longer than what is measured."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from moto.iam.models import iam_backends

from ciam_tui.ports.sandbox import differences
from tests.moto_server import ACCOUNT_ID

if TYPE_CHECKING:
    from moto.iam.models import IAMBackend

KEYED = 200
READS = json.dumps(
    {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "arn:aws:s3:::acme-builds/*"}]}
)


def fill(*, users: int) -> None:
    """`users` users in ten groups, each with a policy of its own; `KEYED` of 5,000, spread evenly, have an active key."""
    differences.mend()
    iam: IAMBackend = iam_backends[ACCOUNT_ID]["aws"]
    policies = [iam.create_policy("", "/", READS, f"p{number}", []) for number in range(10)]
    for number, policy in enumerate(policies):
        iam.create_group(f"g{number}")
        iam.attach_group_policy(policy.arn, f"g{number}")
    for number in range(users):
        name = f"user-{number}"
        user = iam.create_user("us-east-1", name, path="/", tags=[])
        user.put_policy("own", READS)
        iam.groups[f"g{number % 10}"].users.append(user)
        if number % (5000 // KEYED) == 0:
            iam.create_access_key(name)
