"""A retirement tells what is left empty when the user may be deleted and after it is gone, and deletes nothing of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.app.retirement_lines import left_lines
from ciam_tui.core.document import Document
from ciam_tui.core.facts import ManagedPolicy, PolicyVersion
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.report import report_document, report_lines
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.retiring.driving import Desk, looked
from ciam_tui.retiring.leftovers import with_left_empty
from ciam_tui.retiring.look import Look, LookStopped
from ciam_tui.retiring.past import past
from tests.retiring_world import ACCOUNT, GROUP, USER, WIDE, RetiringAws, World, standing

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.users.facts import Group

OWN = f"arn:aws:iam::{ACCOUNT}:policy/uploads"
READ_ONLY = "arn:aws:iam::aws:policy/ReadOnlyAccess"


@dataclass
class LeavingAws(RetiringAws):
    """The group has a policy of the account's and one of AWS's, which nothing else has."""

    refuses: str = ""

    def groups(self, names: Sequence[str], progress: Any) -> dict[str, Group]:
        return {name: replace(group, attached=(OWN, READ_ONLY)) for name, group in super().groups(names, progress).items()}

    def group_members(self, names: Sequence[str]) -> dict[str, tuple[str, ...] | None]:
        self._refuse("members")
        return super().group_members(names)

    def policies(self, arns: Sequence[str]) -> dict[str, ManagedPolicy]:
        if OWN not in arns:
            return dict(super().policies(arns))
        self._refuse("policies")
        assert READ_ONLY not in arns
        return {OWN: ManagedPolicy(OWN, "ANPA", "uploads", "/", "v1", (PolicyVersion("v1", Document(WIDE)),), attachments=1)}

    def _refuse(self, what: str) -> None:
        if self.refuses == what:
            raise CiamError("access-denied", "Cannot read it", "You may not.")


@pytest.fixture
def world() -> World:
    return World(account=LeavingAws())


def told(world: World, last: Stage) -> tuple[dict[str, Any] | None, str]:
    """What is left empty, for programs and for people, once the stages up to `last` are done."""
    migration = world.begun()
    world.goes_up_to(migration, last)
    report = with_left_empty(world.desk, looked(world.desk, migration))
    return report_document(report)["left_empty"], "\n".join(report_lines(report))


def test_it_is_told_when_the_user_may_be_deleted_and_after_it_is_gone_by_the_backup(world: World) -> None:
    before, text = told(world, Stage.DELETE_KEY)
    assert before is not None
    assert not world.is_gone()
    assert (before["groups"], before["policies"], before["unread"]) == ([GROUP], [OWN], [])
    assert f"Without {USER} nobody is in the group {GROUP}." in text

    migration = past(world.migrations).of(ACCOUNT, USER)
    assert migration is not None
    world.does(migration, Stage.DELETE_USER)
    assert world.is_gone()
    report = with_left_empty(world.desk, looked(world.desk, migration))
    assert report_document(report)["left_empty"] == before
    lines = list(report_lines(report))
    assert lines[1].startswith("Finished on")
    assert [line.split()[2] for line in lines if line.startswith("  aws iam")] == [
        "detach-group-policy",
        "detach-group-policy",
        "delete-group-policy",
        "delete-group",
        "delete-policy",
    ]
    assert any(GROUP in text for line in left_lines(report, standing(report, Stage.DELETE_USER)) for text, _ in line.pieces)
    assert list(left_lines(report, standing(report, Stage.DELETE_KEY))) == []
    assert not {"DeleteGroup", "DeletePolicy", "DetachGroupPolicy"} & set(world.account.sent)


def test_nothing_is_told_as_long_as_the_user_is_needed(world: World) -> None:
    assert told(world, Stage.DEACTIVATE)[0] is None


def test_a_group_with_somebody_in_it_and_what_it_has_stay(world: World) -> None:
    world.account.members[GROUP] = ("somebody",)
    left, text = told(world, Stage.DELETE_USER)
    assert left == {"groups": [], "policies": [], "commands": [], "unread": []}
    assert "Without" not in text


@pytest.mark.parametrize(("refuses", "groups"), [("members", []), ("policies", [GROUP])])
def test_what_is_refused_is_unknown_and_the_report_comes_out(world: World, refuses: str, groups: list[str]) -> None:
    assert isinstance(world.account, LeavingAws)
    world.account.refuses = refuses
    left, text = told(world, Stage.DELETE_USER)
    assert left is not None
    assert (left["groups"], left["policies"], len(left["unread"])) == (groups, [], 1)
    assert "could not be read" in text


def test_whoever_has_enough_of_looking_is_let_go(world: World) -> None:
    migration = world.begun()
    world.goes_up_to(migration, Stage.DELETE_USER)
    report = looked(world.desk, migration)
    stopped = Desk(world.desk.ports, world.migrations, Look(should_stop=lambda: True))
    with pytest.raises(LookStopped):
        with_left_empty(stopped, report)
