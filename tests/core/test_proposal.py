"""What is proposed for an old user is what it was allowed and seen to do, as far as anybody could see, and never more than it could."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.audit.access import Reach
from ciam_tui.core.audit.facts import PoliciesRead
from ciam_tui.core.circleci.facts import (
    Context,
    ContextContents,
    Inventory,
    Organization,
    Project,
    ProjectContents,
    Restriction,
    RestrictionType,
    Variable,
)
from ciam_tui.core.document import parse_policy
from ciam_tui.core.draft import CircleCiDraft, ProjectDraft
from ciam_tui.core.evaluate import Request, compile_policy, evaluate
from ciam_tui.core.facts import Bucket
from ciam_tui.core.permissions import permission_policy
from ciam_tui.core.proposal.proposing import Proposal, proposed
from ciam_tui.core.proposal.rights import rights_of
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, PROJECT_ID
from tests.core.old_users import ACCOUNT, BUILDS, KEY_ID, TUTORIAL, a_user, allow, deny, document, evidence, of_group, seen

if TYPE_CHECKING:
    from ciam_tui.core.evidence.facts import Evidence
    from ciam_tui.core.users.facts import User

NO_POLICIES = PoliciesRead()


def proposal(user: User, about: Evidence, **more: Any) -> Proposal:
    return proposed(user, {}, NO_POLICIES, about, account_id=ACCOUNT, partition="aws", **more)


def stages(told: Proposal) -> dict[str, tuple[str, str, tuple[str, ...]]]:
    return {stage.name: (stage.prefix, " ".join(stage.access), stage.read_prefixes) for stage in told.draft.stages}


def noted(told: Proposal, words: str) -> bool:
    return any(words in note for note in told.notes)


def test_the_tutorials_administrator_is_proposed_what_its_other_statements_name() -> None:
    user, groups, policies = of_group(*TUTORIAL)
    told = proposed(user, groups, policies, evidence(), account_id=ACCOUNT, partition="aws")
    assert told.draft.bucket.name == "acme-builds"
    assert stages(told) == {"build": ("builds/", "read write", ())}
    assert noted(told, "may use every bucket")
    assert noted(told, "read and write objects of acme-builds is unknown")


def test_an_administrator_who_names_nothing_is_proposed_what_was_seen_and_without_that_no_bucket() -> None:
    user = a_user(allow("*", "*"))
    assert proposal(user, evidence()).draft.bucket.name == ""
    assert noted(proposal(user, evidence()), "choose the bucket yourself")
    told = proposal(user, evidence(seen("s3:PutObject", "acme-builds/releases/v1/"), shows=("acme-builds",)))
    assert (told.draft.bucket.name, stages(told)) == ("acme-builds", {"deploy": ("releases/", "write", ())})


READ_WRITE = allow(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"], [f"{BUILDS}/builds/*", f"{BUILDS}/releases/*"])


@pytest.mark.parametrize(
    ("what", "expected"),
    [
        pytest.param(
            evidence(seen("s3:PutObject", "acme-builds/builds/web/"), shows=("acme-builds",)),
            {"build": ("builds/", "write", ())},
            id="seen",
        ),
        pytest.param(
            evidence(seen("s3:PutObject", "acme-builds/builds/"), seen("s3:GetObject", "acme-builds/releases/"), shows=("acme-builds",)),
            {"build": ("builds/", "write", ("releases/",))},
            id="write one, read the other",
        ),
        pytest.param(
            evidence(
                *(seen(f"s3:{name}", "acme-builds/builds/") for name in ("GetObject", "PutObject")),
                seen("s3:PutObject", "acme-builds/releases/"),
                seen("s3:DeleteObject", "acme-builds/releases/"),
                shows=("acme-builds",),
            ),
            {"build": ("builds/", "read write", ()), "deploy": ("releases/", "write delete", ("builds/",))},
            id="two stages",
        ),
        pytest.param(
            evidence(seen("s3:GetObject", "acme-builds/builds/"), shows=("acme-builds",)),
            {"test": ("builds/", "read", ())},
            id="only reads",
        ),
        pytest.param(
            evidence(
                seen("s3:PutObject", "acme-builds/builds/", 4, refused=4),
                seen("s3:GetObject", "acme-builds/builds/"),
                shows=("acme-builds",),
            ),
            {"test": ("builds/", "read", ())},
            id="refused is not used",
        ),
        pytest.param(
            evidence(shows=("acme-builds",)),
            {"build": ("builds/", "read write delete", ()), "deploy": ("releases/", "read write delete", ("builds/",))},
            id="nothing seen at all",
        ),
    ],
)
def test_where_objects_show_access_is_what_is_allowed_and_seen(
    what: Evidence, expected: dict[str, tuple[str, str, tuple[str, ...]]]
) -> None:
    assert stages(proposal(a_user(READ_WRITE), what)) == expected


def test_the_bucket_that_was_used_most_is_taken_and_the_others_are_named() -> None:
    user = a_user(allow("s3:*", ["arn:aws:s3:::acme-a/*", "arn:aws:s3:::acme-b/x/*"]))
    told = proposal(user, evidence(seen("s3:GetObject", "acme-b/x/", 9), seen("s3:GetObject", "acme-a/y/", 2), shows=("acme-a", "acme-b")))
    assert told.draft.bucket.name == "acme-b"
    assert noted(told, "reaches acme-a too")


@pytest.mark.parametrize(
    ("statements", "words"),
    [
        ([allow("s3:GetObject", f"{BUILDS}/builds/*"), deny("s3:*", f"{BUILDS}/builds/secret/*")], "read only some of acme-builds/builds/"),
        ([allow("s3:GetObject", f"{BUILDS}/builds/report.txt")], "the one object builds/report.txt"),
        ([allow("s3:GetObject", f"{BUILDS}/*/out/*")], "cannot hold a wildcard"),
    ],
)
def test_a_prefix_that_the_user_may_use_in_part_alone_is_left_out_and_told(statements: list[dict[str, Any]], words: str) -> None:
    told = proposal(a_user(*statements), evidence())
    assert told.draft.stages == ()
    assert noted(told, words)


def test_a_use_below_a_wildcard_is_proposed_at_the_first_folder_that_is_the_users_as_a_whole() -> None:
    user = a_user(allow("s3:PutObject", f"{BUILDS}/team-*"))
    told = proposal(user, evidence(seen("s3:PutObject", "acme-builds/team-web/2026/"), shows=("acme-builds",)))
    assert stages(told) == {"deploy": ("team-web/", "write", ())}


def test_extras_are_proposed_where_their_use_was_seen_and_all_of_them_is_the_users() -> None:
    what = evidence(seen("s3:PutObject", "acme-builds/builds/"), seen("s3:PutObjectAcl", "acme-builds/builds/"), shows=("acme-builds",))
    (stage,) = proposal(a_user(allow(["s3:PutObject", "s3:PutObjectAcl"], f"{BUILDS}/builds/*")), what).draft.stages
    assert stage.extras == ("acl",)
    (stage,) = proposal(a_user(allow("s3:PutObject", f"{BUILDS}/builds/*")), what).draft.stages
    assert stage.extras == ()


def test_region_owner_and_key_come_from_the_bucket_as_it_was_read() -> None:
    key = f"arn:aws:kms:eu-west-1:{ACCOUNT}:key/1"
    read = {"acme-builds": Bucket("acme-builds", "eu-west-1", ACCOUNT, key)}
    bucket = proposal(a_user(READ_WRITE), evidence(), buckets=read).draft.bucket
    assert (bucket.region, bucket.owner_account_id, bucket.kms_key_arn) == ("eu-west-1", None, key)


def test_a_policy_that_could_not_be_read_is_told() -> None:
    told = proposal(a_user(READ_WRITE, attached=("arn:aws:iam::aws:policy/AmazonS3FullAccess",)), evidence())
    assert noted(told, "AmazonS3FullAccess was not found")


# CircleCI

WEB = Project(PROJECT_ID, "web", "gh/acme/web", ORG_ID, "github.com/acme/web", "main")
API = Project(OTHER_PROJECT_ID, "api", "gh/acme/api", ORG_ID, "github.com/acme/api", "main")
KEY = Variable("AWS_ACCESS_KEY_ID", KEY_ID[-4:])


def inventory(*, context: tuple[Restriction, ...] | None = None, in_web: bool = False) -> Inventory:
    contexts = () if context is None else (ContextContents(Context("c", "deploys"), (KEY,), context),)
    projects = tuple(ProjectContents(each, (KEY,) if in_web and each is WEB else ()) for each in (API, WEB))
    return Inventory(Organization(ORG_ID, "gh/acme", "acme", "github"), contexts, projects)


@pytest.mark.parametrize(
    ("held", "projects", "prefix"),
    [
        (inventory(in_web=True), ("web",), "circleci-web-"),
        (inventory(context=(Restriction("r", RestrictionType.PROJECT, OTHER_PROJECT_ID),)), ("api",), "circleci-api-"),
        (inventory(context=()), (), "circleci-"),
        (inventory(context=(Restriction("r", RestrictionType.PROJECT, OTHER_PROJECT_ID),), in_web=True), ("api", "web"), "circleci-"),
    ],
)
def test_the_projects_that_hold_the_key_are_proposed(held: Inventory, projects: tuple[str, ...], prefix: str) -> None:
    draft = proposal(a_user(READ_WRITE), evidence(), circleci=[held]).draft
    assert (draft.circleci.org_id, draft.circleci.org_slug) == (ORG_ID, "gh/acme")
    assert tuple(project.name for project in draft.circleci.projects) == projects
    assert draft.role.name_prefix == prefix
    if projects == ("web",):
        assert draft.circleci.projects == (ProjectDraft(PROJECT_ID, "web", "github.com/acme/web"),)


def test_an_organization_that_holds_no_key_is_not_proposed() -> None:
    told = proposal(a_user(READ_WRITE), evidence(), circleci=[inventory()])
    assert told.draft.circleci == CircleCiDraft()
    assert noted(told, "choose the projects yourself")


# For any user

PREFIXES = ("", "a/", "a/b/", "a/b/c/", "ab", "ab/", "x/")
PATTERNS = st.sampled_from(
    ["*", "arn:aws:s3:::*", f"{BUILDS}/*", *(f"{BUILDS}/{each}*" for each in PREFIXES), f"{BUILDS}/*/b/*", f"{BUILDS}/a/k", BUILDS]
)
ACTIONS = st.sampled_from(["*", "s3:*", "s3:Get*", "s3:*Object", "s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:ListBucket"])
CONDITIONS = st.sampled_from(
    [
        {},
        {},
        {"Condition": {"StringEquals": {"aws:ResourceAccount": ACCOUNT}}},
        {"Condition": {"StringNotEquals": {"aws:ResourceAccount": ACCOUNT}}},
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}},
        {"Condition": {"StringEquals": {"aws:username": "circleci_service"}}},
    ]
)
STATEMENTS = st.builds(
    lambda effect, actions, resources, more: {"Effect": effect, "Action": actions, "Resource": resources, **more},
    st.sampled_from(["Allow", "Allow", "Deny"]),
    st.lists(ACTIONS, min_size=1, max_size=2),
    st.lists(PATTERNS, min_size=1, max_size=2),
    CONDITIONS,
)
USES = st.builds(
    lambda action, prefix: seen(action, f"acme-builds/{prefix}"),
    st.sampled_from(["s3:GetObject", "s3:PutObject", "s3:DeleteObject"]),
    st.sampled_from(["", "a/", "a/b/", "a/q/", "ab/", "z/y/"]),
)


@given(
    st.lists(STATEMENTS, min_size=1, max_size=4),
    st.lists(USES, max_size=4),
    st.booleans(),
    st.one_of(st.none(), st.lists(STATEMENTS, min_size=1, max_size=2)),
)
def test_no_role_that_is_proposed_may_what_the_user_could_not(
    statements: list[dict[str, Any]], uses: list[Any], shows: bool, boundary: list[dict[str, Any]] | None
) -> None:
    user = a_user(*statements)
    policies = NO_POLICIES
    if boundary is not None:
        user = replace(user, boundary="limit")
        policies = PoliciesRead({"limit": document(*boundary)})
    about = evidence(*uses, shows=("acme-builds",) if shows else ())
    draft = proposed(user, {}, policies, about, account_id=ACCOUNT, partition="aws").draft
    rights = rights_of(user, {}, policies, ACCOUNT)
    for stage in draft.stages:
        role = compile_policy(parse_policy(permission_policy(draft, stage).text))
        for action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
            for key in ("k", "a/k", "a/b/k", "a/b/c/k", "a/q/k", "ab", "ab/k", "x/y/b/k", "z/y/k"):
                request = Request(action, f"{BUILDS}/{key}", {"aws:ResourceAccount": (ACCOUNT,)})
                if evaluate(request, [role]).allowed:
                    assert rights.reach(action, request.resource, {}) is not Reach.NO, (action, key)
