"""A user is compared by what somebody can have done to it: not by when a key was last used, and never by what could not be read."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from ciam_tui.core.changes import kinds
from ciam_tui.core.compare import differences
from ciam_tui.core.journal import RunStarted, from_line, to_line
from ciam_tui.core.plan import fingerprint, make_steps
from ciam_tui.core.users.facts import AccessKey, LastUse
from tests.core.accounts import EMPTY, IDENTITY, NOON
from tests.core.user_accounts import KEY_IDS, LADEN, SEEN, a_policy

if TYPE_CHECKING:
    from ciam_tui.core.facts import Facts
    from ciam_tui.core.users.facts import User

OLD, OTHER = KEY_IDS
USED_AGAIN = replace(LADEN, keys=tuple(replace(key, last_use=LastUse(SEEN + timedelta(days=9), "s3")) for key in LADEN.keys or ()))
STEPS = make_steps([kinds.SetKeyStatus(LADEN.name, OLD, active=False)], replace(EMPTY, users={LADEN.name: LADEN}))


def holding(user: User) -> Facts:
    return replace(EMPTY, users={user.name: user})


def said(expected: User, actual: User) -> list[str]:
    return [str(each) for each in differences(holding(expected), holding(actual), [f"user {LADEN.name}"])]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"user_id": "AIDA2"}, "user id is AIDA2, not AIDA1"),
        ({"groups": ("readers",)}, "one group less: deployers"),
        ({"attached": ()}, "2 attached policies less: "),
        ({"inline": (("s3", a_policy("s3:GetObject")),)}, "the inline policy s3 is another"),
        ({"keys": (AccessKey(OLD, "Active"),)}, f"one access key less: {OTHER}=Inactive"),
        ({"keys": (AccessKey(OLD, "Inactive"), AccessKey(OTHER, "Inactive"))}, f"the access key {OLD}=Inactive is another"),
        ({"mfa": ()}, "2 MFA devices less: "),
        ({"has_password": False}, "console password is False, not True"),
        ({"boundary": None}, "permissions boundary is none, not "),
        ({"service_credentials": ()}, "one service-specific credential less: "),
    ],
)
def test_what_somebody_did_to_a_user_is_told(change: dict[str, Any], words: str) -> None:
    (difference,) = said(LADEN, replace(LADEN, **change))
    assert words in difference
    assert fingerprint(STEPS, holding(LADEN)) != fingerprint(STEPS, holding(replace(LADEN, **change)))


def test_a_key_that_was_used_again_is_no_change_of_the_user() -> None:
    assert said(LADEN, USED_AGAIN) == []
    assert fingerprint(STEPS, holding(LADEN)) == fingerprint(STEPS, holding(USED_AGAIN))


@pytest.mark.parametrize("field", ["keys", "has_password", "mfa", "ssh_keys", "certificates", "service_credentials"])
def test_what_could_not_be_read_differs_from_nothing(field: str) -> None:
    unread: dict[str, Any] = {field: None}
    assert said(LADEN, replace(LADEN, **unread)) == []
    assert said(replace(LADEN, **unread), LADEN) == []


def test_a_field_without_a_word_for_unknown_is_named_instead() -> None:
    assert said(LADEN, replace(LADEN, groups=(), not_read=("groups",))) == []
    assert said(LADEN, replace(LADEN, groups=())) != []


def test_projects_and_devices_are_compared_too() -> None:
    before = replace(EMPTY, project_variables={"gh/acme/web": (("A", "abcd"),)}, virtual_mfa=("arn:mfa/x",))
    found = differences(before, EMPTY, ["project gh/acme/web", "mfa arn:mfa/x"])
    assert [str(each) for each in found] == ["mfa arn:mfa/x: it is not there", "project gh/acme/web: it is not there"]
    other = replace(before, project_variables={"gh/acme/web": (("A", "wxyz"),)})
    (difference,) = differences(before, other, ["project gh/acme/web"])
    assert str(difference) == "project gh/acme/web: variables is A=wxyz, not A=abcd"


def test_a_journal_of_before_users_were_retired_is_still_read() -> None:
    started = RunStarted("run-1", NOON, "123456789012", "setup", {}, STEPS, holding(LADEN), IDENTITY.arn, migration="m1", stage="inactive")
    assert from_line(to_line(started)) == started
    line = json.loads(to_line(replace(started, steps=(), facts=EMPTY, migration=None, stage=None)))
    for name in ("migration", "stage"):
        del line[name]
    for name in ("users", "virtual_mfa", "project_variables"):
        del line["facts"][name]
    assert from_line(json.dumps(line)) == replace(started, steps=(), facts=EMPTY, migration=None, stage=None)
    deletion = {"kind": "delete-context-variable", "context": "x", "name": "AWS_ROLE_ARN"}
    line["steps"] = [{"id": "001", "title": "t", "change": deletion, "before": None}]
    read = from_line(json.dumps(line))
    assert isinstance(read, RunStarted)
    assert read.steps[0].change == kinds.DeleteContextVariable("x", "AWS_ROLE_ARN")
