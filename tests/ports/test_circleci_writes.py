"""What the client changes in the demo's CircleCI: each write does what it says, and its undoing leaves things as they were."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.circleci.facts import RestrictionType
from ciam_tui.ports.api import WriteFailed, WriteOutcome
from ciam_tui.ports.sandbox import account, circleci_content
from ciam_tui.ports.sandbox.circleci_server import serving
from tests.ports.circleci_worlds import ACME, client_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ciam_tui.ports.circleci.client import HttpCircleCi

ROLE = "arn:aws:iam::123456789012:role/circleci/circleci-web-deploy"
WEB = circleci_content.ACME.project("web")


@pytest.fixture
def circleci() -> Iterator[HttpCircleCi]:
    with serving() as server:
        client = client_of(server.url, token=account.CIRCLECI_TOKEN)
        yield client
        client.close()


def test_a_context_is_made_filled_restricted_and_taken_back(circleci: HttpCircleCi) -> None:
    before = circleci.contexts(ACME)
    made = circleci.create_context(ACME, "web-deploy")
    assert made in circleci.contexts(ACME)
    assert circleci.set_context_variable(made.id, "AWS_ROLE_ARN", ROLE).last_four == "", "a value that was just set is not told"
    assert [(variable.name, variable.last_four) for variable in circleci.context_variables(made.id)] == [("AWS_ROLE_ARN", "ploy")]
    by_project = circleci.add_restriction(made.id, RestrictionType.PROJECT, WEB.id)
    by_branch = circleci.add_restriction(made.id, RestrictionType.EXPRESSION, 'pipeline.git.branch == "main" and not job.ssh.enabled')
    known = {(restriction.id, restriction.type, restriction.value) for restriction in circleci.context_restrictions(made.id)}
    assert known >= {(one.id, one.type, one.value) for one in (by_project, by_branch)}
    circleci.remove_restriction(made.id, by_branch.id)
    assert by_branch.id not in {restriction.id for restriction in circleci.context_restrictions(made.id)}
    circleci.delete_context_variable(made.id, "AWS_ROLE_ARN")
    assert circleci.context_variables(made.id) == ()
    circleci.delete_context(made.id)
    assert circleci.contexts(ACME) == before


def test_a_variable_of_a_project_is_deleted_where_only_the_project_s_id_is_known(circleci: HttpCircleCi) -> None:
    billing = next(project for project in circleci.projects(ACME).projects if project.name == "billing")
    circleci.delete_project_variable(billing, "AWS_ACCESS_KEY_ID")
    assert "AWS_ACCESS_KEY_ID" not in {variable.name for variable in circleci.project_variables(billing)}


def test_setting_a_variable_again_replaces_it(circleci: HttpCircleCi) -> None:
    context = circleci.contexts(ACME)[0]
    circleci.set_context_variable(context.id, "AWS_REGION", "us-east-1")
    circleci.set_context_variable(context.id, "AWS_REGION", "eu-west-1")
    ends = [variable.last_four for variable in circleci.context_variables(context.id) if variable.name == "AWS_REGION"]
    assert ends == ["st-1"]


def test_a_name_that_is_taken_is_refused_and_changes_nothing(circleci: HttpCircleCi) -> None:
    before = circleci.contexts(ACME)
    with pytest.raises(WriteFailed) as caught:
        circleci.create_context(ACME, before[0].name)
    assert caught.value.outcome is WriteOutcome.REFUSED
    assert circleci.contexts(ACME) == before


def test_what_is_gone_cannot_be_deleted_again(circleci: HttpCircleCi) -> None:
    context = circleci.contexts(ACME)[0]
    deletions: tuple[Callable[[], None], ...] = (
        lambda: circleci.delete_context("00000000-0000-4000-8000-000000000000"),
        lambda: circleci.delete_context_variable(context.id, "NOT_THERE"),
        lambda: circleci.remove_restriction(context.id, "00000000-0000-4000-8000-000000000000"),
        lambda: circleci.delete_project_variable(circleci.project(WEB.slug), "NOT_THERE"),
    )
    for delete in deletions:
        with pytest.raises(WriteFailed) as caught:
            delete()
        assert caught.value.outcome is WriteOutcome.REFUSED
        assert caught.value.code in {"circleci-not-found", "circleci-forbidden"}
