"""Every place that hands jobs a static key is named with what to take out of it, since such a key goes before the role."""

from __future__ import annotations

from typing import Any

import pytest

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
from ciam_tui.core.config.reading import read_config
from ciam_tui.core.setup import Setup
from ciam_tui.core.shut_out.shadowing import Shade, Shadow, Whose, shadow_words, shadowed
from ciam_tui.core.users.facts import AccessKey
from tests.core.examples import ORG_ID, OTHER_PROJECT_ID, PROJECT_ID, answers
from tests.core.old_users import KEY_ID

KEYS = (AccessKey(KEY_ID, "Active"),)
SETUP = Setup.model_validate(answers())
OURS = (Variable("AWS_ACCESS_KEY_ID", KEY_ID[-4:]), Variable("AWS_SECRET_ACCESS_KEY", "abcd"), Variable("OTHER", "x"))


def an_inventory(
    context: tuple[Variable, ...] | None = (), restrictions: tuple[Restriction, ...] | None = (), **projects: tuple[Variable, ...] | None
) -> Inventory:
    ids = {"web": PROJECT_ID, "api": OTHER_PROJECT_ID}
    return Inventory(
        Organization(ORG_ID, "gh/acme", "acme", "github"),
        (ContextContents(Context("c", "deploys"), context, restrictions),),
        tuple(ProjectContents(Project(ids[name], name, f"gh/acme/{name}"), variables) for name, variables in projects.items()),
    )


def in_circleci(**what: Any) -> tuple[Shadow, ...]:
    return shadowed(an_inventory(**what), None, KEYS, SETUP)


def test_a_context_and_a_project_with_the_users_key_are_told_with_the_variables_to_remove() -> None:
    context, project = in_circleci(context=OURS, web=OURS)
    for shadow, kind, where in ((context, Shade.CONTEXT, "deploys"), (project, Shade.PROJECT, "web")):
        assert (shadow.kind, shadow.where, shadow.whose, shadow.key_ids, shadow.is_sure) == (kind, where, Whose.THIS_USER, (KEY_ID,), True)
        assert shadow.variables == ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")
        assert f"Remove AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY from the {kind.value} {where}" in shadow.fix


@pytest.mark.parametrize(
    ("last_four", "whose"),
    [("Q2VX"[-4:], Whose.ANOTHER), ("", Whose.UNKNOWN), (KEY_ID[-4:], Whose.THIS_USER)],
    ids=["other", "none", "same"],
)
def test_a_key_is_the_users_by_its_last_four_characters_and_shadows_whosever_it_is(last_four: str, whose: Whose) -> None:
    (shadow,) = in_circleci(context=(Variable("AWS_ACCESS_KEY_ID", last_four),))
    assert shadow.whose is whose


def test_two_keys_that_end_alike_are_both_told() -> None:
    keys = (*KEYS, AccessKey(f"AKIAANOTHERXXXXX{KEY_ID[-4:]}", "Inactive"))
    (shadow,) = shadowed(an_inventory(context=OURS), None, keys, SETUP)
    assert len(shadow.key_ids) == 2


@pytest.mark.parametrize(
    ("what", "count"),
    [
        ({"context": OURS, "restrictions": (Restriction("r", RestrictionType.PROJECT, OTHER_PROJECT_ID),)}, 0),
        ({"context": OURS, "restrictions": (Restriction("r", RestrictionType.PROJECT, PROJECT_ID),)}, 1),
        ({"context": OURS, "restrictions": None}, 1),
        ({"api": OURS}, 0),
        ({"context": None, "web": None}, 0),
    ],
)
def test_only_what_jobs_of_the_setups_projects_can_get_is_told(what: dict[str, Any], count: int) -> None:
    assert len(in_circleci(**what)) == count


def test_a_context_behind_an_expression_and_a_variable_of_another_name_are_not_sure() -> None:
    (behind,) = in_circleci(context=OURS, restrictions=(Restriction("r", RestrictionType.EXPRESSION, "x"),))
    (handed,) = in_circleci(context=(Variable("DEPLOY_AWS_ACCESS_KEY_ID", KEY_ID[-4:]),))
    assert not behind.is_sure
    assert not handed.is_sure
    assert handed.whose is Whose.THIS_USER


CONFIG = """version: 2.1
orbs:
  aws-cli: circleci/aws-cli@5.4.1
jobs:
  deploy:
    docker: [{{image: cimg/base:2026.01}}]
    {job}
    steps:
      - aws-cli/setup{setup}
"""


@pytest.mark.parametrize(
    ("job", "setup", "words"),
    [
        ("environment: {AWS_ACCESS_KEY_ID: $OLD_KEY}", ":\n          role_arn: $R", ["sets AWS_ACCESS_KEY_ID (line 7)"]),
        ("", "", ["without a role (line 9)"]),
        ("", ":\n          role_arn: $R\n          set_aws_env_vars: false", ["set_aws_env_vars: false (line 9)"]),
        ("", ": {role_arn: $R, set_aws_env_vars: false}", ["set_aws_env_vars: false (line 9)"]),
        ("", ":\n          role_arn: $R\n          aws_access_key_id: X", ["a role and static keys at once (line 9)"]),
        ("", ":\n          role_arn: $R\n          set_aws_env_vars: true", []),
        ("", ":\n          role_arn: $R", []),
    ],
)
def test_a_configuration_that_leaves_keys_in_force_is_told_by_its_lines(job: str, setup: str, words: list[str]) -> None:
    found = shadowed(None, read_config(CONFIG.format(job=job or "working_directory: ~/x", setup=setup)), KEYS, SETUP)
    assert len(found) == len(words)
    assert all(word in shadow.why for word, shadow in zip(words, found, strict=True))


def test_a_key_that_is_written_out_is_known_by_its_end() -> None:
    (shadow,) = shadowed(
        None, read_config(CONFIG.format(job=f"environment: {{AWS_ACCESS_KEY_ID: {KEY_ID}}}", setup=": {role_arn: $R}")), KEYS, SETUP
    )
    assert (shadow.whose, shadow.key_ids, shadow.lines) == (Whose.THIS_USER, (KEY_ID,), (7,))


def test_a_configuration_that_cannot_be_read_for_sure_says_so() -> None:
    (shadow,) = shadowed(None, read_config("a: &x\n  - *x\n\t- y: ["), KEYS, SETUP)
    assert "could not be read" in shadow.why


def test_hostile_names_cannot_steer_a_terminal() -> None:
    inventory = an_inventory(web=(Variable("AWS_ACCESS_KEY_ID", KEY_ID[-4:]),))
    hostile = Inventory(inventory.organization, (ContextContents(Context("c", "x\x1b[2J\u202e"), OURS, ()),), inventory.projects)
    assert all(shadow_words(each).isprintable() for each in shadowed(hostile, None, KEYS, SETUP))
