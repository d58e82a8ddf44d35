"""What is left without a user: empty is said only of what was read, and told with the calls that delete it in the order that IAM wants."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ciam_tui.core.document import Document
from ciam_tui.core.facts import ManagedPolicy, PolicyVersion
from ciam_tui.core.retirement.offer import offer_document, offer_lines
from ciam_tui.core.users.facts import Group, User
from ciam_tui.core.users.removal import left_empty

ARN = "arn:aws:iam::123456789012:policy/uploads"
GROUP = "uploaders"
TEXT = Document("{}")
USER = User("ci-uploader", "AIDA", "arn:aws:iam::123456789012:user/ci-uploader", groups=(GROUP,), attached=(ARN,))
READ = {GROUP: Group(GROUP, "arn", (("more", TEXT),), (ARN,))}


def policy(attachments: int) -> ManagedPolicy:
    versions = tuple(PolicyVersion(version, TEXT) for version in ("v1", "v2", "v3"))
    return ManagedPolicy(ARN, "ANPA", "uploads", "/", "v2", versions, attachments=attachments)


@pytest.mark.parametrize(
    ("now", "members", "attachments", "empty", "unneeded"),
    [
        (USER, ("CI-Uploader",), 2, True, True),
        (None, (), 1, True, True),
        (replace(USER, groups=(), attached=()), (), 1, True, True),  # a removal that was stopped half-way
        (USER, ("ci-uploader", "somebody"), 2, False, False),
        (None, ("somebody",), 1, False, False),
        (None, ("somebody",), 0, False, True),
        (None, ("ci-uploader",), 1, False, False),  # somebody made one of the same name
        (USER, ("ci-uploader",), 3, True, False),  # a role has it too
        (None, (), 2, True, False),
    ],
)
def test_what_others_have_stays_and_what_nobody_has_is_told(
    now: User | None, members: tuple[str, ...], attachments: int, *, empty: bool, unneeded: bool
) -> None:
    left = left_empty(USER, now, {GROUP: members}, READ, {ARN: policy(attachments)})
    assert (left.groups, left.policies, left.unread) == ((GROUP,) if empty else (), (ARN,) if unneeded else (), ())


def test_what_could_not_be_read_is_unknown_and_never_empty() -> None:
    left = left_empty(USER, USER, {GROUP: None}, {}, {ARN: None})
    assert (left.groups, left.policies, left.calls) == ((), (), ())
    assert [ARN in sentence or GROUP in sentence for sentence in left.unread] == [True, True]
    assert all("could not be read" in sentence for sentence in left.unread)

    blind = left_empty(USER, USER, {GROUP: (USER.name,)}, {}, {})
    assert (blind.groups, blind.calls, len(blind.unread)) == ((GROUP,), (), 1)


def test_what_is_gone_already_is_not_told() -> None:
    assert left_empty(USER, None, {}, {}, {}) == left_empty(replace(USER, groups=(), attached=()), None, {}, {}, {})
    assert list(offer_lines(USER.name, left_empty(USER, None, {}, {}, {}))) == []


def test_the_commands_come_in_the_order_that_iam_wants_and_no_name_becomes_a_part_of_the_shell() -> None:
    odd = "up'; rm -rf ."
    left = left_empty(replace(USER, groups=(odd,)), None, {odd: ()}, {odd: replace(READ[GROUP], name=odd)}, {ARN: policy(1)})
    document = offer_document(left)
    assert [command.split()[2] for command in document["commands"]] == [
        "detach-group-policy",
        "delete-group-policy",
        "delete-group",
        "delete-policy-version",
        "delete-policy-version",
        "delete-policy",
    ]
    assert ['"v1"' in command or '"v3"' in command for command in document["commands"]] == [False, False, False, True, True, False]
    assert document["commands"][2] == """aws iam delete-group --cli-input-json '{"GroupName": "up'"'"'; rm -rf ."}'"""
    assert all(f"  {command}" in list(offer_lines(USER.name, left)) for command in document["commands"])
