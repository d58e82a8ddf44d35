"""What a role may do, summed up: each word is the evaluator's answer, and what cannot be told is not called a no."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.audit.access import MOST_PLACES, Access, access_of
from ciam_tui.core.document import Document
from ciam_tui.core.permissions import permission_policy
from tests.core.accounts import ACCOUNT, KEY_ARN, a_setup
from tests.core.auditing import BUCKET, allow, deny, policy

if TYPE_CHECKING:
    from collections.abc import Sequence

EVERYTHING = "list read write delete admin"


def access(*documents: Document, boundary: Document | None = None, unread: Sequence[str] = ()) -> Access:
    role = f"arn:aws:iam::{ACCOUNT}:role/r"
    return access_of(documents, account_id=ACCOUNT, role_arn=role, boundary=boundary, unread=unread)


def told(found: Access) -> dict[str, str]:
    return {str(each.place): each.words for each in found.places} | {f"{each.service}:": each.words for each in found.services}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param([allow("s3:GetObject", f"{BUCKET}/builds/*")], {"acme-builds/builds/": "read"}, id="one action at one prefix"),
        pytest.param([allow("s3:*", [BUCKET, f"{BUCKET}/*"])], {"acme-builds": EVERYTHING}, id="all of a bucket"),
        pytest.param([allow("s3:*", f"{BUCKET}/*")], {"acme-builds": "read write delete"}, id="its objects alone"),
        pytest.param([allow("s3:*")], {"every bucket": EVERYTHING}, id="all buckets"),
        pytest.param([allow("s3:*", "arn:aws:s3:::*")], {"every bucket": EVERYTHING}, id="all buckets by ARN"),
        pytest.param([allow("S3:getobject", f"{BUCKET}/*")], {"acme-builds": "read"}, id="actions in any case"),
        pytest.param([allow("s3:*"), deny("s3:Delete*")], {"every bucket": "list read write admin"}, id="what is denied is not in it"),
        pytest.param(
            [allow("s3:ListBucket", BUCKET, Condition={"StringLike": {"s3:prefix": ["a/*", "b/*"]}})],
            {"acme-builds/a/": "list", "acme-builds/b/": "list"},
            id="prefixes of the condition on listing",
        ),
        pytest.param(
            [allow("s3:GetObject", f"{BUCKET}/*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})],
            {"acme-builds": "read in some cases"},
            id="what only a request can tell",
        ),
        pytest.param(
            [allow("s3:GetObject", f"{BUCKET}/*"), deny("s3:*", Condition={"StringNotEquals": {"aws:SourceVpce": "vpce-1"}})],
            {"acme-builds": "read in some cases"},
            id="a deny that only a request can tell",
        ),
        pytest.param(
            [allow("s3:GetObject", f"{BUCKET}/*", Condition={"StringEquals": {"aws:ResourceAccount": "999999999999"}})],
            {"acme-builds": "read"},
            id="a bucket of the account that is named",
        ),
        pytest.param(
            [allow(["s3:PutObjectAcl", "s3:ListAllMyBuckets"])], {"s3:": "ListAllMyBuckets PutObjectAcl"}, id="other actions of S3"
        ),
        pytest.param(
            [allow("s3:GetObject", f"arn:aws:s3:us-east-1:{ACCOUNT}:accesspoint/x/object/*")], {"s3:": "GetObject"}, id="an access point"
        ),
        pytest.param([allow(["ec2:*", "iam:PassRole"])], {"ec2:": "everything", "iam:": "PassRole"}, id="other services"),
        pytest.param([allow("*")], {"every bucket": EVERYTHING, "*:": "everything"}, id="everything"),
        pytest.param(
            [{"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
            {"every bucket": EVERYTHING, "*:": "everything but iam:*"},
            id="everything but",
        ),
        pytest.param([deny("*")], {}, id="nothing"),
    ],
)
def test_the_summary_says_what_passes_where(statements: list[dict[str, object]], expected: dict[str, str]) -> None:
    assert told(access(policy(*statements))) == expected


def test_a_boundary_must_allow_it_too() -> None:
    every = policy(allow("*"))
    assert told(access(every, boundary=policy(allow("s3:GetObject", f"{BUCKET}/*")))) == {"*:": "everything, in some cases"}
    assert told(access(policy(allow("s3:*", f"{BUCKET}/*")), boundary=policy(allow("s3:Get*", f"{BUCKET}/*")))) == {"acme-builds": "read"}
    assert told(access(policy(allow("ec2:RunInstances")), boundary=policy(allow("s3:*")))) == {}
    assert told(access(policy(allow("ec2:RunInstances")), boundary=policy(allow("ec2:Run*", "arn:aws:ec2:eu-west-1:*")))) == {
        "ec2:": "RunInstances, in some cases"
    }
    assert told(access(policy(allow("ec2:RunInstances"), deny("ec2:*")))) == {}


def test_what_this_tool_grants_is_summed_up_as_what_was_asked_for() -> None:
    setup = a_setup(bucket__kms_key_arn=KEY_ARN)
    summed = {stage.name: told(access(permission_policy(setup, stage))) for stage in setup.stages}
    assert {name: each["acme-builds/builds/"] for name, each in summed.items()} == {
        "build": "list read write",
        "test": "list read",
        "deploy": "list read",
    }
    assert summed["deploy"]["acme-builds/releases/"] == "list read write delete"
    assert summed["build"]["kms:"] == "Decrypt GenerateDataKey, in some cases"


def test_where_a_policy_could_not_be_read_nothing_is_sure() -> None:
    found = access(policy(allow("s3:GetObject", f"{BUCKET}/*")), unread=["The policy x could not be read."])
    assert told(found) == {"acme-builds": "read unknown"}
    assert found.unread == ("The policy x could not be read.",)


def test_a_policy_that_is_none_is_told_and_the_others_count() -> None:
    found = access(Document("nonsense"), policy(allow("s3:GetObject", f"{BUCKET}/*")))
    assert "is not JSON" in found.unread[0]
    assert told(found) == {"acme-builds": "read unknown"}


def test_a_role_that_names_very_many_places_is_cut_and_says_so() -> None:
    found = access(policy(allow("s3:GetObject", [f"{BUCKET}/{number}/*" for number in range(MOST_PLACES + 7)])))
    assert (len(found.places), found.more) == (MOST_PLACES, 7)


@pytest.mark.parametrize(
    ("action", "changes"),
    [("s3:GetObject", False), ("s3:PutObject", True), ("kms:Decrypt", False), ("kms:GenerateDataKey", True), ("ec2:*", True)],
)
def test_reading_changes_nothing(action: str, *, changes: bool) -> None:
    assert access(policy(allow(action))).changes_something is changes
