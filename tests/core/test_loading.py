"""Roles become the Setup that comes nearest to them, and whatever it does not say or does otherwise is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from ciam_tui.core.document import Document
from ciam_tui.core.loading.comparison import compared
from ciam_tui.core.loading.setup import Loaded, RoleText, loaded
from ciam_tui.core.problems import CiamError
from ciam_tui.core.roles import wanted_roles
from tests.core.accounts import ACCOUNT, a_setup, a_trust
from tests.core.examples import ORG_ID, PROJECT_ID
from tests.core.strategies import setups

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup


def roles_of(setup: Setup) -> list[RoleText]:
    return [
        RoleText(role.name, role.trust, (("s3", role.permissions),), setup.role.path, role.max_session_seconds)
        for role in wanted_roles(setup)
    ]


def load(*roles: RoleText, **choices: Any) -> Loaded:
    return loaded(roles, account_id=ACCOUNT, partition="aws", region="us-east-1", **choices)


def a_role(*statements: dict[str, Any], trust: Document | None = None, name: str = "circleci-web-build") -> RoleText:
    document = Document.of({"Version": "2012-10-17", "Statement": list(statements)})
    return RoleText(name, trust or roles_of(a_setup())[0].trust, (("s3", document),))


def allow(actions: Any, resources: Any, **more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": actions, "Resource": resources, **more}


def test_the_roles_of_a_setup_become_that_setup_again() -> None:
    setup = a_setup()
    found = load(*roles_of(setup), org_slug="gh/acme")
    assert found.notes == ()
    assert found.setup == setup
    assert {(each.permissions, each.trust) for each in compared(roles_of(setup), found.setup)} == {("equal", "equal")}


@given(setups())
def test_whatever_setup_made_a_role_the_one_that_is_loaded_never_says_equal_of_what_differs(setup: Setup) -> None:
    role = roles_of(setup)[0]
    try:
        found = loaded([role], account_id=setup.account_id, partition=setup.partition, region=setup.bucket.region)
    except CiamError:
        return
    [told] = compared([role], found.setup)
    made = wanted_roles(found.setup)[0]
    if made.permissions == role.permissions[0][1]:
        assert told.permissions == "equal"
    if made.trust == role.trust:
        assert told.trust == "equal"


def test_a_classic_tutorials_role_is_told_what_it_loses() -> None:
    role = a_role(allow("s3:*", ["arn:aws:s3:::acme-builds", "arn:aws:s3:::acme-builds/*"]), trust=a_trust())
    found = load(role)
    [stage] = found.setup.stages
    assert (stage.prefix, set(stage.access)) == ("", {"read", "write", "delete"})
    assert found.setup.circleci.any_project
    assert any("s3:* also covers what no stage needs" in note for note in found.notes)
    [told] = compared([role], found.setup)
    assert told.permissions in ("narrower", "other")
    assert any("s3:PutBucketPolicy" in each for each in told.lost)


@pytest.mark.parametrize(
    ("statement", "note"),
    [
        ({"Effect": "Deny", "Action": "s3:DeleteObject", "Resource": "*"}, "a Deny"),
        ({"Effect": "Allow", "NotAction": "iam:*", "Resource": "arn:aws:s3:::acme-builds/x/*"}, "NotAction or NotResource"),
        (allow("s3:GetObject", "arn:aws:s3:::other/*"), "the bucket other is another"),
        (allow("s3:GetObject", "arn:aws:s3:::acme-*/*"), "more than one bucket"),
        (allow("s3:GetObject", "arn:aws:s3:::acme-builds/one-key"), "is no prefix"),
        (allow("s3:GetObject", "arn:aws:s3:::acme-builds/team*"), 'only begins with "team"'),
        (allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:jobs"), "sqs:SendMessage is nothing that a stage may do"),
        (
            allow("s3:GetObject", "arn:aws:s3:::acme-builds/x/*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}),
            "the condition IpAddress aws:SourceIp is left out",
        ),
    ],
)
def test_what_a_setup_cannot_say_is_told(statement: dict[str, Any], note: str) -> None:
    found = load(a_role(allow(["s3:GetObject"], "arn:aws:s3:::acme-builds/builds/*"), statement))
    assert any(note in each for each in found.notes), found.notes


def test_a_dropped_condition_makes_the_setup_wider_and_is_called_so() -> None:
    narrow = allow("s3:GetObject", "arn:aws:s3:::acme-builds/builds/*", Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    role = a_role(narrow)
    [told] = compared([role], load(role).setup)
    assert told.permissions == "wider"
    assert any("s3:GetObject" in each for each in told.gained)


def test_branches_and_projects_come_from_the_trust() -> None:
    setup = a_setup()
    deploy = next(role for role in roles_of(setup) if role.name.endswith("deploy"))
    found = load(deploy)
    assert [stage.branches for stage in found.setup.stages] == [("main",)]
    [project] = found.setup.circleci.projects
    assert (project.id, project.name, project.vcs_origin) == (PROJECT_ID, "web", "github.com/acme/web")
    assert (found.setup.circleci.org_id, found.setup.role.name_prefix) == (ORG_ID, "circleci-web-")


def test_a_trust_by_project_id_alone_that_lets_more_in_is_called_narrower_or_wider_and_never_equal() -> None:
    role = a_role(allow("s3:GetObject", "arn:aws:s3:::acme-builds/builds/*"), trust=a_trust())
    [told] = compared([role], load(roles_of(a_setup())[0]).setup)
    assert told.trust == "narrower"
    assert told.lost_tokens


@pytest.mark.parametrize(
    ("roles", "word"),
    [
        ([a_role(allow("s3:GetObject", "arn:aws:s3:::*/*"))], "name no bucket"),
        ([a_role(allow("sqs:SendMessage", "arn:aws:sqs:us-east-1:123456789012:jobs"))], "name no bucket"),
        ([a_role(allow("s3:ListBucket", "arn:aws:s3:::acme-builds"))], "may neither read, write nor delete"),
        ([a_role(allow("s3:GetObject", f"arn:aws:s3:::acme-{each}/*"), name=f"ci-{each}") for each in ("one", "two")], "a Setup has one"),
    ],
)
def test_roles_that_no_setup_can_be_made_of_are_refused_in_one_sentence(roles: list[RoleText], word: str) -> None:
    with pytest.raises(CiamError) as refused:
        load(*roles)
    assert word in refused.value.message
    assert refused.value.suggestions
