"""Permission policies held against a model of their own: each call that a stage needs passes, and every other one is refused."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ciam_tui.core.draft import Draft
from ciam_tui.core.permissions import DNS_SUFFIXES, permission_policy
from ciam_tui.core.setup import Setup, finish
from ciam_tui.core.validate import normalized_prefix, prefix_problem
from tests.core.asking import allows, everything_setup, example_setup
from tests.core.examples import answers
from tests.core.strategies import REGIONS, prefixes, setups

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.document import Document
    from ciam_tui.core.setup import Stage

SIDS = ("List", "Read", "Write", "Delete", "Probe", "KmsRead", "KmsWrite")

# Every object action that a stage could be granted, and its like that no stage is.
OBJECT_ACTIONS = (
    "s3:GetObject",
    "s3:GetObjectTagging",
    "s3:GetObjectVersion",
    "s3:PutObject",
    "s3:AbortMultipartUpload",
    "s3:ListMultipartUploadParts",
    "s3:PutObjectTagging",
    "s3:PutObjectAcl",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
)
NEVER_ON_OBJECTS = (
    "s3:GetObjectAcl",
    "s3:GetObjectVersionTagging",
    "s3:GetObjectVersionAcl",
    "s3:GetObjectTorrent",
    "s3:GetObjectRetention",
    "s3:PutObjectVersionAcl",
    "s3:PutObjectVersionTagging",
    "s3:PutObjectRetention",
    "s3:PutObjectLegalHold",
    "s3:DeleteObjectTagging",
    "s3:DeleteObjectVersionTagging",
    "s3:RestoreObject",
    "s3:ReplicateObject",
    "s3:ReplicateDelete",
    "s3:ObjectOwnerOverrideToBucketOwner",
    "s3:BypassGovernanceRetention",
)
ADMINISTRATION = (
    "s3:CreateBucket",
    "s3:DeleteBucket",
    "s3:ListBucketVersions",
    "s3:ListBucketMultipartUploads",
    "s3:GetBucketPolicy",
    "s3:PutBucketPolicy",
    "s3:DeleteBucketPolicy",
    "s3:GetBucketAcl",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketVersioning",
    "s3:PutBucketLogging",
    "s3:PutBucketNotification",
    "s3:PutBucketTagging",
    "s3:PutBucketCORS",
    "s3:PutBucketWebsite",
    "s3:PutEncryptionConfiguration",
    "s3:PutLifecycleConfiguration",
    "s3:PutReplicationConfiguration",
    "s3:PutBucketObjectLockConfiguration",
    "s3:PutInventoryConfiguration",
    "s3:PutAccelerateConfiguration",
)
ELSEWHERE = (
    ("s3:ListAllMyBuckets", "*"),
    ("s3:CreateJob", "*"),
    ("s3:PutAccountPublicAccessBlock", "*"),
    ("s3:CreateAccessPoint", "arn:{partition}:s3:{region}:{account}:accesspoint/x"),
    ("s3:GetObject", "arn:{partition}:s3:{region}:{account}:accesspoint/x/object/{prefix}a"),
    ("s3express:CreateSession", "arn:{partition}:s3express:{region}:{account}:bucket/{bucket}--use1-az1--x-s3"),
    ("s3-object-lambda:GetObject", "arn:{partition}:s3-object-lambda:{region}:{account}:accesspoint/x"),
    ("iam:PassRole", "arn:{partition}:iam::{account}:role/admin"),
    ("iam:PutRolePolicy", "arn:{partition}:iam::{account}:role/circleci/circleci-web-build"),
    ("iam:CreateAccessKey", "arn:{partition}:iam::{account}:user/admin"),
    ("sts:AssumeRole", "arn:{partition}:iam::{account}:role/admin"),
    ("ec2:RunInstances", "arn:{partition}:ec2:{region}:{account}:instance/*"),
    ("lambda:UpdateFunctionCode", "arn:{partition}:lambda:{region}:{account}:function:x"),
    ("secretsmanager:GetSecretValue", "arn:{partition}:secretsmanager:{region}:{account}:secret:x"),
    ("cloudformation:CreateStack", "arn:{partition}:cloudformation:{region}:{account}:stack/x/y"),
)
KEY_ACTIONS = ("kms:Decrypt", "kms:GenerateDataKey")
NEVER_ON_KEYS = (
    "kms:Encrypt",
    "kms:ReEncryptFrom",
    "kms:ReEncryptTo",
    "kms:GenerateDataKeyWithoutPlaintext",
    "kms:DescribeKey",
    "kms:CreateGrant",
    "kms:PutKeyPolicy",
    "kms:ScheduleKeyDeletion",
    "kms:DisableKey",
)


def owner_of(setup: Setup) -> str:
    return setup.bucket.owner_account_id if setup.bucket.owner_account_id is not None else setup.account_id


def bucket_of(setup: Setup) -> str:
    return f"arn:{setup.partition}:s3:::{setup.bucket.name}"


def reads(stage: Stage, key: str) -> bool:
    return ("read" in stage.access and key.startswith(stage.prefix)) or any(key.startswith(prefix) for prefix in stage.read_prefixes)


def may(stage: Stage, action: str, key: str) -> bool:
    """What the contract grants on an object: written down here once more, without a policy."""
    own, extras = key.startswith(stage.prefix), stage.extras
    writes, deletes = own and "write" in stage.access, own and "delete" in stage.access
    probed = "probe" in extras and stage.prefix != "" and key + "/" == stage.prefix
    return {
        "s3:GetObject": reads(stage, key) or probed,
        "s3:GetObjectTagging": reads(stage, key) and "tags" in extras,
        "s3:GetObjectVersion": reads(stage, key) and "versions" in extras,
        "s3:PutObject": writes,
        "s3:AbortMultipartUpload": writes,
        "s3:ListMultipartUploadParts": writes,
        "s3:PutObjectTagging": writes and "tags" in extras,
        "s3:PutObjectAcl": writes and "acl" in extras,
        "s3:DeleteObject": deletes,
        "s3:DeleteObjectVersion": deletes and "versions" in extras,
    }[action]


def may_list(stage: Stage, asked: str | None) -> bool:
    """Whether `asked`, the prefix of a ListObjects call, lies within what the stage may reach; None is a call without one."""
    reached = (stage.prefix, *stage.read_prefixes)
    return "" in reached or (asked is not None and asked.startswith(reached))


def beside(prefix: str) -> Iterator[str]:
    """Keys, and prefixes to list, on both sides of the border that `prefix` draws."""
    bare = prefix.removesuffix("/")
    inside = [
        prefix,
        f"{prefix}a.txt",
        f"{prefix}x/",
        f"{prefix}x/y/a b+c.txt",
        f"{prefix}*",
        f"{prefix}\u00ff\"\\'",
        f"{prefix}../a",
        f"{prefix}/a",
    ]
    outside = [
        bare,
        bare[:-1],
        f"{bare}-x/a.txt",
        f"{bare}2",
        f"{bare}?a",
        f"x/{prefix}a",
        f"/{prefix}a",
        prefix.upper(),
        prefix.swapcase() + "a",
    ]
    return iter(dict.fromkeys([*inside, *outside]))


def keys_for(stage: Stage) -> tuple[str, ...]:
    places = (stage.prefix, *stage.read_prefixes, "builds/", "")
    return tuple(dict.fromkeys(key for place in places for key in beside(place)))


def each_stage(setup: Setup) -> Iterator[tuple[Stage, Document]]:
    return ((stage, permission_policy(setup, stage)) for stage in setup.stages)


def statements(document: Document) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = document.policy["Statement"]
    return found


def as_list(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def grants(document: Document) -> set[tuple[str, str, str]]:
    """Every Sid, action and resource of a document."""
    return {
        (statement["Sid"], action, resource)
        for statement in statements(document)
        for action in as_list(statement["Action"])
        for resource in as_list(statement["Resource"])
    }


def hold_the_border_of_objects(setup: Setup) -> None:
    here = {"aws:ResourceAccount": owner_of(setup)}
    for stage, document in each_stage(setup):
        for key in keys_for(stage):
            resource = f"{bucket_of(setup)}/{key}"
            for action in OBJECT_ACTIONS:
                assert allows(document, action, resource, here) is may(stage, action, key), (action, key)
            for action in NEVER_ON_OBJECTS:
                assert not allows(document, action, resource, here), (action, key)


def hold_the_border_of_lists(setup: Setup) -> None:
    here = {"aws:ResourceAccount": owner_of(setup)}
    for stage, document in each_stage(setup):
        assert allows(document, "s3:ListBucket", bucket_of(setup), here) is may_list(stage, None)
        for asked in keys_for(stage):
            assert allows(document, "s3:ListBucket", bucket_of(setup), here | {"s3:prefix": asked}) is may_list(stage, asked), asked


def hold_strangers_out(setup: Setup) -> None:
    here = {"aws:ResourceAccount": owner_of(setup)}
    stranger = "210987654321" if owner_of(setup) != "210987654321" else "210987654322"
    bucket = bucket_of(setup)
    for stage, document in each_stage(setup):
        key = f"{stage.prefix}a"
        listing = {"s3:prefix": stage.prefix}
        for context in ({}, {"aws:ResourceAccount": stranger}, {"aws:ResourceAccount": ""}, {"s3:ResourceAccount": owner_of(setup)}):
            assert not allows(document, "s3:ListBucket", bucket, context | listing)
            assert not allows(document, "s3:GetBucketLocation", bucket, context)
            assert not any(allows(document, action, f"{bucket}/{key}", context) for action in OBJECT_ACTIONS)
        for other in (
            f"{bucket}-x",
            f"{bucket}2",
            bucket[:-1],
            f"{bucket}.x",
            f"arn:{setup.partition}:s3:::other",
            f"arn:other:s3:::{setup.bucket.name}",
        ):
            assert not allows(document, "s3:ListBucket", other, here | listing)
            assert not any(allows(document, action, f"{other}/{key}", here) for action in OBJECT_ACTIONS)


def hold_administration_out(setup: Setup) -> None:
    here = {"aws:ResourceAccount": owner_of(setup)}
    for stage, document in each_stage(setup):
        for action in ADMINISTRATION:
            assert not allows(document, action, bucket_of(setup), here | {"s3:prefix": f"{stage.prefix}a"}), action
        assert allows(document, "s3:GetBucketLocation", bucket_of(setup), here) is ("probe" in stage.extras)
        for action, pattern in ELSEWHERE:
            resource = pattern.format(
                partition=setup.partition,
                region=setup.bucket.region,
                account=setup.account_id,
                bucket=setup.bucket.name,
                prefix=stage.prefix,
            )
            assert not allows(document, action, resource, here), action


def contexts_of_the_key(setup: Setup) -> Iterator[tuple[str, str]]:
    """The two conditions' values under which S3 could ask for the key, and many under which nobody may."""
    region, bucket = setup.bucket.region, bucket_of(setup)
    endpoints = [f"s3.{region}.{suffix}" for suffix in {"amazonaws.com", DNS_SUFFIXES[setup.partition]}]
    wrong = [
        f"s3.xx-{region}.amazonaws.com",
        f"sqs.{region}.amazonaws.com",
        "s3.amazonaws.com",
        f"s3.{region}.amazonaws.com.evil.example",
        "",
    ]
    arns = [bucket, f"{bucket}-x", f"{bucket}/", "arn:aws:s3:::other/builds/a", "*"]
    arns += [f"{bucket}/{key}" for stage in setup.stages for key in keys_for(stage)]
    return ((endpoint, arn) for endpoint in (*endpoints, *wrong) for arn in dict.fromkeys(arns))


def hold_the_key_for_s3(setup: Setup) -> None:
    key = setup.bucket.kms_key_arn
    any_key = key or f"arn:{setup.partition}:kms:{setup.bucket.region}:{owner_of(setup)}:key/11111111-2222-3333-4444-555555555555"
    endpoints = {f"s3.{setup.bucket.region}.{suffix}" for suffix in ("amazonaws.com", DNS_SUFFIXES[setup.partition])}
    bucket = bucket_of(setup)
    for stage, document in each_stage(setup):
        any_read, any_write = "read" in stage.access or bool(stage.read_prefixes), "write" in stage.access
        for endpoint, arn in contexts_of_the_key(setup):
            context = {"kms:ViaService": endpoint, "kms:EncryptionContext:aws:s3:arn": arn}
            object_key = arn.removeprefix(f"{bucket}/") if arn.startswith(f"{bucket}/") else None
            reading = any_read and (arn == bucket or (object_key is not None and reads(stage, object_key)))
            writing = any_write and (arn == bucket or (object_key is not None and object_key.startswith(stage.prefix)))
            by_s3 = key is not None and endpoint in endpoints
            assert allows(document, "kms:Decrypt", any_key, context) is (by_s3 and (reading or writing)), context
            assert allows(document, "kms:GenerateDataKey", any_key, context) is (by_s3 and writing), context
        right = {"kms:ViaService": f"s3.{setup.bucket.region}.amazonaws.com", "kms:EncryptionContext:aws:s3:arn": bucket}
        for action in KEY_ACTIONS:
            for missing in right:
                assert not allows(document, action, any_key, {name: value for name, value in right.items() if name != missing})
            assert not allows(document, action, f"{any_key[:-1]}x", right)
            assert not allows(document, action, any_key.replace("/", "/alias-", 1), right)
        assert not any(allows(document, action, any_key, right) for action in NEVER_ON_KEYS)


def hold_the_form(setup: Setup) -> None:
    for stage, document in each_stage(setup):
        sids = [statement["Sid"] for statement in statements(document)]
        any_read = "read" in stage.access or bool(stage.read_prefixes)
        key = setup.bucket.kms_key_arn is not None
        wanted = {
            "List": True,
            "Read": any_read,
            "Write": "write" in stage.access,
            "Delete": "delete" in stage.access,
            "Probe": "probe" in stage.extras,
            "KmsRead": key and any_read,
            "KmsWrite": key and "write" in stage.access,
        }
        assert sids == [sid for sid in SIDS if wanted[sid]]
        for statement in statements(document):
            assert set(statement) == {"Sid", "Effect", "Action", "Resource", "Condition"}
            assert statement["Effect"] == "Allow"
            assert [action for action in as_list(statement["Action"]) if "*" in action or "?" in action] == []
            assert "*" not in as_list(statement["Resource"])
            assert set(statement["Condition"]) <= {"StringEquals", "StringLike"}
            equals = statement["Condition"]["StringEquals"]
            if statement["Sid"] in {"KmsRead", "KmsWrite"}:
                assert as_list(statement["Resource"]) == [setup.bucket.kms_key_arn]
                assert set(equals) == {"kms:ViaService"}
            else:
                assert equals == {"aws:ResourceAccount": owner_of(setup)}
            assert "s3:delimiter" not in json.dumps(statement)
        like = statements(document)[0]["Condition"].get("StringLike")
        reached = {stage.prefix, *stage.read_prefixes}
        assert like == (None if "" in reached else {"s3:prefix": one_or_many(f"{prefix}*" for prefix in reached)})


def one_or_many(values: Iterator[str]) -> str | list[str]:
    ordered = sorted(values)
    return ordered[0] if len(ordered) == 1 else ordered


PROOFS = (
    hold_the_border_of_objects,
    hold_the_border_of_lists,
    hold_strangers_out,
    hold_administration_out,
    hold_the_key_for_s3,
    hold_the_form,
)


class TestForAnySetup:
    @given(setups())
    def test_objects_are_reached_by_exactly_what_the_stage_was_given_and_only_under_its_prefixes(self, setup: Setup) -> None:
        hold_the_border_of_objects(setup)

    @given(setups())
    def test_listing_passes_with_a_prefix_that_ends_in_its_slash_and_not_without(self, setup: Setup) -> None:
        hold_the_border_of_lists(setup)

    @given(setups())
    def test_another_bucket_and_a_strangers_bucket_of_the_same_name_get_nothing(self, setup: Setup) -> None:
        hold_strangers_out(setup)

    @given(setups())
    def test_the_bucket_is_not_administered_and_no_other_service_is_reached(self, setup: Setup) -> None:
        hold_administration_out(setup)

    @given(setups())
    def test_the_key_serves_s3_alone_and_only_for_the_bucket_and_the_stages_objects(self, setup: Setup) -> None:
        hold_the_key_for_s3(setup)

    @given(setups())
    def test_the_statements_are_those_of_the_contract_in_its_order_and_without_a_wildcard(self, setup: Setup) -> None:
        hold_the_form(setup)

    @pytest.mark.long
    @settings(max_examples=600)
    @given(setups())
    def test_all_of_it_holds_for_many_more(self, setup: Setup) -> None:
        for proof in PROOFS:
            proof(setup)


@pytest.mark.parametrize("proof", PROOFS)
@pytest.mark.parametrize("partition", sorted(REGIONS))
def test_all_of_it_holds_in_every_partition(proof: Any, partition: str) -> None:
    region = REGIONS[partition][0]
    proof(
        example_setup(
            partition=partition,
            bucket__region=region,
            bucket__kms_key_arn=f"arn:{partition}:kms:{region}:123456789012:key/11111111-2222-3333-4444-555555555555",
        )
    )


@pytest.mark.parametrize("proof", PROOFS)
def test_all_of_it_holds_with_everything_at_once(proof: Any) -> None:
    proof(everything_setup())


@pytest.mark.parametrize(
    ("asked", "passes"),
    [
        ("builds/", True),
        ("builds/x/", True),
        ("builds/x", True),
        ("builds", False),
        ("build", False),
        ("builds-x/", False),
        ("Builds/", False),
        ("", False),
        (None, False),
        ("*", False),
    ],
)
def test_the_documented_test_stage_lists_only_below_its_prefix(asked: str | None, passes: bool) -> None:
    setup = example_setup()
    context = {"aws:ResourceAccount": "123456789012"} | ({} if asked is None else {"s3:prefix": asked})
    assert allows(permission_policy(setup, setup.stages[1]), "s3:ListBucket", "arn:aws:s3:::acme-builds", context) is passes


# What each extra adds to the stage that has all access, and to a stage that has one access alone.
BUCKET = "arn:aws:s3:::acme-builds"
EXTRAS = {
    "tags": {
        "read": {("Read", "s3:GetObjectTagging", f"{BUCKET}/p/*")},
        "write": {("Write", "s3:PutObjectTagging", f"{BUCKET}/p/*")},
        "delete": set(),
    },
    "acl": {"read": set(), "write": {("Write", "s3:PutObjectAcl", f"{BUCKET}/p/*")}, "delete": set()},
    "versions": {
        "read": {("Read", "s3:GetObjectVersion", f"{BUCKET}/p/*")},
        "write": set(),
        "delete": {("Delete", "s3:DeleteObjectVersion", f"{BUCKET}/p/*")},
    },
}
PROBED = {("Probe", action, resource) for action in ("s3:GetBucketLocation", "s3:GetObject") for resource in (BUCKET, f"{BUCKET}/p")}


@pytest.mark.parametrize("access", [["read"], ["write"], ["delete"], ["read", "write", "delete"], ["delete", "write"]])
@pytest.mark.parametrize("extra", [*EXTRAS, "probe"])
def test_an_extra_adds_exactly_what_it_says_and_nothing_where_there_is_nothing_to_add_to(extra: str, access: list[str]) -> None:
    def granted(extras: list[str]) -> set[tuple[str, str, str]]:
        stage = {"name": "x", "prefix": "p/", "access": access, "extras": extras}
        setup = example_setup(stages=[stage])
        return grants(permission_policy(setup, setup.stages[0]))

    added = granted([extra]) - granted([])
    assert granted([]) - granted([extra]) == set()
    assert added == (PROBED if extra == "probe" else set().union(*(EXTRAS[extra][each] for each in access)))


def test_the_probe_of_the_whole_bucket_asks_for_no_key() -> None:
    setup = example_setup(stages=[answers()["stages"][1] | {"prefix": "", "extras": ["probe"]}])
    found = grants(permission_policy(setup, setup.stages[0]))
    assert {each for each in found if each[0] == "Probe"} == {("Probe", "s3:GetBucketLocation", BUCKET)}


# What IAM stores, with what it or JSON reads as more than text most likely.
_hostile = st.text(st.sampled_from("\u00ff \"'\\/$%{}[]#&<>\x7f\x85\u00a0aA\u00e9"), min_size=1, max_size=12).filter(
    lambda text: prefix_problem(text) is None
)


@example("\u00ff/")
@example('a "quoted" \\ name/')
@example("\\u002a/")
@example("$/{aws:userid}/")
@given(st.one_of(_hostile.map(normalized_prefix), prefixes))
def test_whatever_iam_stores_stands_for_itself_in_a_policy(prefix: str) -> None:
    setup = example_setup(stages=[answers()["stages"][0] | {"prefix": prefix}], bucket__kms_key_arn=None)
    hold_the_border_of_objects(setup)
    hold_the_border_of_lists(setup)
    document = permission_policy(setup, setup.stages[0])
    assert document.text.isascii()
    assert json.loads(document.text)["Statement"][1]["Resource"] == f"{BUCKET}/{prefix}*"


@given(setups(), st.randoms(use_true_random=False))
def test_the_order_of_answers_does_not_change_a_policy(setup: Setup, random: Any) -> None:
    for stage in setup.stages:
        mixed = {
            name: random.sample(list(getattr(stage, name)), len(getattr(stage, name))) for name in ("access", "read_prefixes", "extras")
        }
        other = stage.model_copy(update={name: tuple(values) for name, values in mixed.items()})
        assert permission_policy(setup, other).text == permission_policy(setup, stage).text


def test_a_half_typed_prefix_is_shown_as_it_will_be_read() -> None:
    typed = Draft.of(answers(stages__0__prefix="team", stages__0__read_prefixes=["shared"]))
    finished = finish(typed)
    assert isinstance(finished, Setup)
    assert permission_policy(typed, typed.stages[0]) == permission_policy(finished, finished.stages[0])
    assert "team*" not in permission_policy(typed, typed.stages[0]).text
