"""What would break is found whatever else is known, and what nobody could have seen is unknown and never called unused."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.audit.facts import PoliciesRead
from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import Request, compile_policy, evaluate
from ciam_tui.core.evidence.facts import ServiceUse
from ciam_tui.core.proposal.comparison import Comparison, compared
from ciam_tui.core.proposal.report import document_of_comparison, lines_of_comparison
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.setup import Setup
from tests.core.examples import answers
from tests.core.old_users import ACCOUNT, BUILDS, LAST, TUTORIAL, a_user, allow, evidence, of_group, seen
from tests.core.test_proposal import STATEMENTS

if TYPE_CHECKING:
    from ciam_tui.core.evidence.facts import Evidence, Seen

KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/5c0f6f0e-9d0b-4f7e-8a55-3f2b7f1c9ad4"


def a_setup(*stages: dict[str, Any], **changes: Any) -> Setup:
    return Setup.model_validate(answers(**({"stages": list(stages)} if stages else {}), **changes))


def stage(name: str, prefix: str, *access: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "prefix": prefix, "access": list(access), **more}


BUILD = a_setup(stage("build", "builds/", "read", "write"))
READ_WRITE = a_user(allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], f"{BUILDS}/*"), allow("s3:ListBucket", BUILDS))


def comparison(about: Evidence, setup: Setup = BUILD, user: Any = READ_WRITE) -> Comparison:
    return compared(user, {}, PoliciesRead(), about, setup)


def names(lost: Any) -> list[str]:
    return [each.name for each in lost]


@pytest.mark.parametrize(("access", "breaks"), [(("read", "delete"), False), (("read", "write"), True)])
def test_what_was_done_to_keys_that_no_record_names_breaks_only_where_no_role_may_do_it_at_all(
    access: tuple[str, ...], breaks: bool
) -> None:
    told = comparison(evidence(seen("s3:DeleteObject", "acme-builds")), a_setup(stage("build", "builds/", *access)))
    assert names(told.will_break) == (["s3:DeleteObject on acme-builds"] if breaks else [])
    unclear = [each for each in told.unknown if "on which keys" in each.why]
    assert names(unclear) == ([] if breaks else ["s3:DeleteObject on acme-builds"])


@pytest.mark.parametrize(
    ("use", "breaks"),
    [
        (seen("s3:PutObject", "acme-builds/builds/web/"), False),
        (seen("s3:PutObject", "acme-builds/releases/"), True),
        (seen("s3:PutObject", "acme-builds/builds-x/"), True),
        (seen("s3:PutObject", "acme-builds/"), True),
        (seen("s3:PutObject", "other-bucket/builds/"), True),
        (seen("s3:DeleteObject", "acme-builds/builds/"), True),
        (seen("s3:DeleteObject", "acme-builds/builds/", 5, refused=5), False),
        (seen("s3:DeleteObject", "acme-builds/builds/", 5, refused=4), True),
        (seen("s3:AbortMultipartUpload", "acme-builds/builds/"), False),
        (seen("s3:PutObjectAcl", "acme-builds/builds/"), True),
        (seen("s3:ListBucket", "acme-builds/builds/web/"), False),
        (seen("s3:ListBucket", "acme-builds/builds"), True),
        (seen("s3:ListBucket", "acme-builds"), True),
        (seen("s3:GetBucketLocation", "acme-builds"), True),
        (seen("s3:ListAllMyBuckets", ""), True),
        (seen("sts:GetCallerIdentity", ""), False),
        (seen("cloudfront:CreateInvalidation", "arn:aws:cloudfront::1:distribution/X"), True),
        (seen("kms:Decrypt", KEY), True),
    ],
)
def test_a_use_that_no_role_allows_will_break(use: Seen, breaks: bool) -> None:
    told = comparison(evidence(use))
    assert names(told.will_break) == (
        [f"{use.action} on {use.resource.rpartition(':::')[2] if ':s3:::' in use.resource else use.resource or 'any resource'}"]
        if breaks
        else []
    )


def test_a_use_through_s3_passes_with_the_key_of_the_setup() -> None:
    with_key = a_setup(stage("build", "builds/", "read", "write"), bucket__kms_key_arn=KEY)
    assert names(comparison(evidence(seen("kms:Decrypt", "acme-builds/builds/")), with_key).will_break) == []
    assert names(comparison(evidence(seen("kms:Decrypt", "acme-builds/releases/")), with_key).will_break) == [
        "kms:Decrypt on acme-builds/releases/"
    ]


def test_what_will_break_blocks_until_it_is_accepted_by_its_name() -> None:
    told = comparison(evidence(seen("s3:PutObject", "acme-builds/releases/"), seen("s3:DeleteObject", "acme-builds/builds/")))
    assert len(told.blocking()) == 2
    accepted = ["s3:PutObject on acme-builds/releases/", "s3:PutObject on acme-builds/release/"]
    assert names(told.blocking(accepted)) == ["s3:DeleteObject on acme-builds/builds/"]
    assert told.not_there(accepted) == ("s3:PutObject on acme-builds/release/",)
    document = document_of_comparison(told, accepted)
    assert document["blocks"] is True
    assert {each["name"]: each["accepted"] for each in document["will_break"]} == {
        "s3:PutObject on acme-builds/releases/": True,
        "s3:DeleteObject on acme-builds/builds/": False,
    }


def test_without_a_source_that_shows_objects_their_loss_is_unknown_and_with_one_it_is_not_seen() -> None:
    blind, seeing = comparison(evidence()), comparison(evidence(shows=("acme-builds",)))
    assert "s3:DeleteObject on acme-builds/" in names(blind.unknown)
    assert blind.dropped_unseen == ()
    assert "s3:DeleteObject on acme-builds/" in names(seeing.dropped_unseen)
    assert seeing.unknown == ()
    assert not any("unused" in line for line in lines_of_comparison(blind))


def test_other_calls_are_unknown_without_history_and_without_iams_word() -> None:
    user = a_user(allow(["s3:PutBucketPolicy", "ec2:RunInstances"], "*"))
    for about, listed in ((evidence(), "unknown"), (evidence(history=True), "dropped_unseen"), (evidence(services=()), "dropped_unseen")):
        told = comparison(about, user=user)
        assert names(getattr(told, listed)) == ["s3:PutBucketPolicy on *", "ec2:RunInstances on any resource"]


def test_a_service_that_was_asked_will_break_and_sts_alone_is_told_as_unclear() -> None:
    user, groups, policies = of_group(*TUTORIAL)
    services = (
        ServiceUse("s3", LAST, actions=(("PutBucketPolicy", LAST), ("ListBucket", LAST), ("GetBucketLocation", None))),
        ServiceUse("cloudfront", LAST),
        ServiceUse("sts", LAST),
        ServiceUse("ec2", None),
    )
    told = compared(user, groups, policies, evidence(services=services), BUILD)
    assert names(told.will_break) == ["cloudfront:* on any resource", "s3:PutBucketPolicy on any resource"]
    assert "sts:* on any resource" in names(told.unknown)
    assert "* on any resource" in names(told.dropped_unseen)


def test_a_use_that_the_policies_of_today_do_not_allow_still_breaks_and_says_so() -> None:
    (lost,) = comparison(evidence(seen("s3:GetObject", "other-bucket/x/"))).will_break
    assert not lost.in_policies
    assert any("policies of today do not allow it" in line for line in lines_of_comparison(comparison(evidence(*lost.seen))))


def test_an_operation_that_is_not_known_is_unknown() -> None:
    assert names(comparison(evidence(seen("REST.GET.NEWTHING", "acme-builds"))).unknown)[0] == "REST.GET.NEWTHING on acme-builds"


def test_what_a_role_allows_and_the_user_could_not_is_added() -> None:
    user = a_user(allow("s3:GetObject", f"{BUILDS}/builds/*"))
    told = comparison(evidence(), user=user)
    assert "s3:PutObject on acme-builds/builds/" in names(told.added)
    assert "s3:GetObject on acme-builds/builds/" not in names(told.added)
    assert told.added[0].roles == ("circleci-web-build",)


def test_hostile_names_cannot_steer_a_terminal() -> None:
    told = comparison(evidence(seen("s3:PutObject", "acme-builds/\x1b[2J\u202e/")))
    assert all(line.isprintable() for line in lines_of_comparison(told))


PLACES = ["acme-builds/", "acme-builds/a/", "acme-builds/a/b/", "acme-builds/ab/", "acme-builds/x/", "other/a/"]
USES = st.builds(
    lambda action, place, refused: seen(action, place, 3, refused=refused),
    st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion", "s3:PutObjectAcl"]),
    st.sampled_from(PLACES),
    st.sampled_from([0, 1, 3]),
)
SETUPS = [
    a_setup(stage("build", "a/", "read", "write")),
    a_setup(stage("build", "a/b/", "write", extras=["acl"]), stage("deploy", "x/", "read", "delete", read_prefixes=["ab/"])),
    a_setup(stage("build", "", "read")),
]


def passes(setup: Setup, action: str, resource: str) -> bool:
    request = Request(action, f"{resource}some-key", {"aws:ResourceAccount": (ACCOUNT,)})
    return any(evaluate(request, [compile_policy(parse_policy(role.permissions.text))]).allowed for role in wanted_roles(setup))


@given(st.lists(STATEMENTS, min_size=1, max_size=3), st.lists(USES, max_size=5), st.sampled_from(SETUPS), st.booleans())
def test_exactly_what_was_used_and_is_denied_by_every_role_will_break(
    statements: list[dict[str, Any]], uses: list[Seen], setup: Setup, shows: bool
) -> None:
    user = a_user(*statements)
    told = compared(user, {}, PoliciesRead(), evidence(*uses, shows=("acme-builds",) if shows else ()), setup)
    expected = {(use.action, use.resource) for use in uses if use.count > use.refused and not passes(setup, use.action, use.resource)}
    assert {(lost.action, lost.resource) for lost in told.will_break} == expected
    for lost in (*told.dropped_unseen, *told.unknown):
        assert (lost.action, lost.resource) not in expected
    if not shows:
        assert not [lost for lost in told.dropped_unseen if "Object" in lost.action], "no source shows objects"
