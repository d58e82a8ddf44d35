"""The requests that a stage's jobs will make of S3 and KMS, as whoever is named: what every policy from outside of the role is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.evaluate import Request
from ciam_tui.core.permissions import bucket_arn, bucket_owner, read_places, s3_endpoints

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ciam_tui.core.shape import SetupShape, StageShape
    from ciam_tui.core.users.facts import User

SOME_KEY = "ciam-tui-example"
_NEW_ROLE_ID = "AROACIAMTUIYETTOBEMADE:job"


def s3_requests(setup: SetupShape, stage: StageShape, principal_arn: str, *, user: User | None = None) -> Iterator[Request]:
    """One request for each thing that the stage is granted in S3, as its jobs will send it; `user` is given in the role's place."""
    bucket = bucket_arn(setup.partition, setup.bucket.name)
    context = {
        **_caller(setup, principal_arn, user),
        "aws:ResourceAccount": (bucket_owner(setup),),
        "aws:SecureTransport": ("true",),
        "s3:TlsVersion": ("1.3",),
    }
    yield Request("s3:ListBucket", bucket, {**context, "s3:prefix": (stage.prefix,)}, principal_arn)
    for place in read_places(stage):
        yield Request("s3:GetObject", f"{bucket}/{place}{SOME_KEY}", context, principal_arn)
    for access, action in (("write", "s3:PutObject"), ("delete", "s3:DeleteObject")):
        if access in stage.access:
            yield Request(action, f"{bucket}/{stage.prefix}{SOME_KEY}", context, principal_arn)


def kms_requests(setup: SetupShape, stage: StageShape, principal_arn: str, *, user: User | None = None) -> Iterator[Request]:
    """The calls of KMS that S3 makes for the stage; none where the bucket has no key of a customer's."""
    key = setup.bucket.kms_key_arn
    if not key:
        return
    bucket = bucket_arn(setup.partition, setup.bucket.name)
    actions = dict.fromkeys(
        (*(("kms:Decrypt",) if read_places(stage) else ()), *(("kms:Decrypt", "kms:GenerateDataKey") if "write" in stage.access else ()))
    )
    places = (*read_places(stage), stage.prefix)
    for action in actions:
        context = {
            **_caller(setup, principal_arn, user),
            "kms:CallerAccount": (setup.account_id,),
            "kms:ViaService": (s3_endpoints(setup.partition, setup.bucket)[0],),
            "kms:EncryptionContext:aws:s3:arn": (f"{bucket}/{places[0]}{SOME_KEY}",),
        }
        yield Request(action, key, context, principal_arn)


def _caller(setup: SetupShape, arn: str, user: User | None) -> Mapping[str, tuple[str, ...]]:
    return {
        "aws:PrincipalArn": (arn,),
        "aws:PrincipalAccount": (setup.account_id,),
        "aws:PrincipalIsAWSService": ("false",),
        # A role that is yet to be made has an id that nobody knows, and that no policy can name.
        **({"aws:PrincipalType": ("AssumedRole",), "aws:userid": (_NEW_ROLE_ID,)} if user is None else {}),
        **({} if user is None else {"aws:PrincipalType": ("User",), "aws:userid": (user.user_id,), "aws:username": (user.name,)}),
    }
