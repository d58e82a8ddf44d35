"""What is handed to somebody else: the very calls, spelled for a shell that no name can break out of, and a policy for nothing more."""

from __future__ import annotations

import json
import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
from botocore import xform_name
from hypothesis import given
from hypothesis import strategies as st

from ciam_tui.core.changes import kinds
from ciam_tui.core.changes.calls import Call, call_of
from ciam_tui.core.circleci.facts import Context, ContextContents, Inventory, Organization, Project, ProjectContents, Variable
from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import Request, compile_policy, evaluate
from ciam_tui.core.retirement.hand_off import hand_off_files, least_policy
from ciam_tui.core.retirement.held import held_variables
from ciam_tui.core.retirement.shell_calls import command_name, command_of, script_of
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.retirement.standing import Standing, State
from ciam_tui.core.roles import wanted_roles
from tests.core.accounts import a_setup
from tests.core.retirements import ACCOUNT, KEY, OTHER_KEY, a_user, migrated

if TYPE_CHECKING:
    from pathlib import Path

USER_ARN = a_user().arn
READY = Standing(Stage.DEACTIVATE, State.READY, "The key is active.")
NASTY = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)


@pytest.mark.parametrize(
    "operation",
    [
        "UpdateAccessKey",
        "DeleteSSHPublicKey",
        "DeactivateMFADevice",
        "DeleteVirtualMFADevice",
        "CreateOpenIDConnectProvider",
        "AddClientIDToOpenIDConnectProvider",
        "PutBucketPolicy",
        "DeleteServiceSpecificCredential",
    ],
)
def test_a_command_is_called_as_the_aws_cli_calls_it(operation: str) -> None:
    assert command_name(operation) == xform_name(operation, "-")


@given(st.dictionaries(st.sampled_from(["UserName", "AccessKeyId"]), NASTY, min_size=1))
def test_whatever_a_name_holds_it_reaches_the_call_and_not_the_shell(params: dict[str, str]) -> None:
    command = shlex.split(command_of(Call("iam", "UpdateAccessKey", params)))
    assert command[:4] == ["aws", "iam", "update-access-key", "--cli-input-json"]
    assert json.loads(command[4]) == params
    assert len(command) == 5


CIRCLECI_CHANGES: tuple[kinds.Change, ...] = (
    kinds.CreateContext("a 'context'"),
    kinds.AddRestriction("aws", "expression", 'pipeline.git.branch == "main"'),
    kinds.RemoveRestriction("aws", "group", "5609be6e"),
    kinds.SetContextVariable("aws", "AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/x"),
    kinds.DeleteContextVariable("$(reboot)", "AWS_ACCESS_KEY_ID"),
    kinds.DeleteProjectVariable("gh/acme/we b", "AWS_ACCESS_KEY_ID"),
    kinds.DeleteContext("aws"),
)

# Stands in for curl: says what it was asked, and answers a list with what a file holds.
FAKE_CURL = """#!/usr/bin/env bash
cat >/dev/null
printf '%s\\n' "$(printf '<%s>' "$@")" >>"$ASKED"
case "$*" in *context\\?owner-id*) echo '{"items": [{"name": "aws", "id": "c-1"}, {"name": "$(reboot)", "id": "c-2"}]}' ;;
*restrictions\\?*) echo '{"items": []}' ;;
*environment-variable\\?*|*envvar\\?*) echo '{"items": [{"variable": "AWS_ACCESS_KEY_ID", "truncated_value": "****MPLE"}]}' ;; esac
"""
# Stands in for jq, which not every machine has: the five filters of the script, and no other.
FAKE_JQ = """#!/usr/bin/env python3
import json, sys
words, arguments, filters = sys.argv[1:], {}, []
while words:
    word = words.pop(0)
    if word == "--arg":
        name = words.pop(0)
        arguments[name] = words.pop(0)
    elif not word.startswith("-"):
        filters.append(word)
if "-n" in sys.argv:
    print(json.dumps({"name": arguments["name"], "owner": {"id": arguments["id"], "type": "organization"}}))
    sys.exit()
for line in sys.stdin.read().splitlines():
    data = json.loads(line)
    if filters == [".items[]"]:
        print("\\n".join(json.dumps(item) for item in data["items"]))
    elif "truncated_value" in filters[0]:
        if data["variable"] == arguments["name"]:
            print("=" + data["truncated_value"])
    elif filters[0].startswith(".next_page_token"):
        print(data.get("next_page_token") or "")
    elif data.get("name") == arguments.get("name"):
        print(data["id"])
"""


def asked_by(script: str, folder: Path) -> list[str]:
    """What the script asks of CircleCI, run by a real bash."""
    for name, text in {"curl": FAKE_CURL, "jq": FAKE_JQ}.items():
        (folder / name).write_text(text)
        (folder / name).chmod(0o755)
    (folder / "run.sh").write_text(script)
    asked = folder / "asked"
    environment = {
        "PATH": f"{folder}:/usr/local/bin:/usr/bin:/bin",
        "CIRCLE_TOKEN": "not-to-be-seen",
        "CIRCLE_HOST": "http://ci",
        "ASKED": str(asked),
    }
    done = subprocess.run(["/usr/bin/env", "bash", str(folder / "run.sh")], capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return asked.read_text().splitlines()


ON_MAIN = json.dumps({"restriction_type": "expression", "restriction_value": 'pipeline.git.branch == "main"'})


def test_the_script_asks_circleci_for_what_the_changes_say_and_shows_the_token_to_nobody(tmp_path: Path) -> None:
    asked = asked_by(script_of([call_of(change) for change in CIRCLECI_CHANGES], "org-1"), tmp_path)
    requests = [line for line in asked if "<-X>" in line]
    assert ["not-to-be-seen" in line for line in asked] == [False] * len(asked)
    assert [line.split("<-X>")[1] for line in requests] == [
        '<POST><http://ci/api/v2/context><-d><{"name": "a \'context\'", "owner": {"id": "org-1", "type": "organization"}}>',
        f"<POST><http://ci/api/v2/context/c-1/restrictions><-d><{ON_MAIN}>",
        '<PUT><http://ci/api/v2/context/c-1/environment-variable/AWS_ROLE_ARN><-d><{"value": "arn:aws:iam::123456789012:role/x"}>',
        "<DELETE><http://ci/api/v2/context/c-2/environment-variable/AWS_ACCESS_KEY_ID>",
        "<DELETE><http://ci/api/v2/project/gh/acme/we%20b/envvar/AWS_ACCESS_KEY_ID>",
        "<DELETE><http://ci/api/v2/context/c-1>",
    ]


def test_a_context_that_is_not_there_ends_the_script(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="there is no context gone"):
        asked_by(script_of([call_of(kinds.DeleteContext("gone")), call_of(kinds.DeleteContext("aws"))], "org-1"), tmp_path)
    assert "<-X>" not in (tmp_path / "asked").read_text()


@pytest.mark.parametrize(
    ("kind", "place"),
    [(kinds.DeleteContextVariable, "context/c-1/environment-variable"), (kinds.DeleteProjectVariable, "project/aws/envvar")],
)
def test_a_script_that_is_run_late_deletes_only_what_still_ends_as_it_was_seen(kind: Any, place: str, tmp_path: Path) -> None:
    still, gone = kind("aws", "AWS_ACCESS_KEY_ID", "MPLE"), kind("aws", "AWS_SECRET_ACCESS_KEY", "tG9w")
    asked = asked_by(script_of([call_of(still), call_of(gone)], "org-1"), tmp_path)
    assert [line for line in asked if "<-X>" in line] == [
        line for line in asked if f"<-X><DELETE><http://ci/api/v2/{place}/AWS_ACCESS_KEY_ID>" in line
    ]
    assert any("<-X>" in line for line in asked)
    (tmp_path / "asked").unlink()
    with pytest.raises(AssertionError, match="holds another value"):
        asked_by(script_of([call_of(kind("aws", "AWS_ACCESS_KEY_ID", "L0NG"))], "org-1"), tmp_path)
    assert "<-X>" not in (tmp_path / "asked").read_text()


CHANGES: tuple[kinds.Change, ...] = (
    kinds.SetKeyStatus("ci-uploader", KEY, active=False),
    kinds.RemoveFromGroup("ci-uploader", "uploaders"),
    kinds.DeleteVirtualMfa("ci-uploader", f"arn:aws:iam::{ACCOUNT}:mfa/ci-uploader"),
    kinds.DeleteUser("ci-uploader"),
)


def policy_of(changes: tuple[kinds.Change, ...]) -> dict[str, Any]:
    policy = least_policy([call_of(change) for change in changes], migrated(), {})
    assert policy is not None
    return policy


def test_the_policy_allows_the_calls_and_nothing_to_anybody_else() -> None:
    compiled = compile_policy(parse_policy(json.dumps(policy_of(CHANGES))))

    def allows(action: str, resource: str) -> bool:
        return evaluate(Request(action, resource, {}), [compiled]).allowed

    assert allows("iam:UpdateAccessKey", USER_ARN)
    assert allows("iam:RemoveUserFromGroup", f"arn:aws:iam::{ACCOUNT}:group/teams/uploaders")
    assert allows("iam:DeleteUser", USER_ARN)
    assert not allows("iam:UpdateAccessKey", USER_ARN.replace("ci-uploader", "dana"))
    assert not allows("iam:RemoveUserFromGroup", f"arn:aws:iam::{ACCOUNT}:group/admins-uploaders")
    assert not allows("iam:CreateAccessKey", USER_ARN)


def test_what_is_about_circleci_alone_needs_no_policy() -> None:
    assert least_policy([call_of(change) for change in CIRCLECI_CHANGES], migrated(), {}) is None


def test_roles_are_named_with_their_paths() -> None:
    setup = a_setup()
    arns = {role.name.lower(): role.arn for role in wanted_roles(setup)}
    policy = least_policy([Call("iam", "TagRole", {"RoleName": "circleci-web-build", "Tags": []})], migrated(), arns)
    assert policy is not None
    assert policy["Statement"] == [
        {"Effect": "Allow", "Action": ["iam:TagRole"], "Resource": f"arn:aws:iam::{ACCOUNT}:role/circleci/circleci-web-build"}
    ]


def test_the_files_say_what_they_do_how_to_run_them_and_whether_there_is_a_way_back() -> None:
    files = {file.path: file for file in hand_off_files(migrated(), READY, CHANGES[:1], org_id="org-1", role_arns={})}
    assert set(files) == {"stage-5-deactivate.sh", "stage-5-deactivate.policy.json", "stage-5-deactivate.md"}
    assert files["stage-5-deactivate.sh"].executable
    page = files["stage-5-deactivate.md"].text
    assert "It can be taken back." in page
    assert "bash stage-5-deactivate.sh" in page
    assert KEY in page


# --- where CircleCI holds the keys ------------------------------------------------------------------------------------------------------


def inventory(contexts: dict[str, dict[str, str]], projects: dict[str, dict[str, str]] | None = None, org_id: str = "org-1") -> Inventory:
    def variables(named: dict[str, str]) -> tuple[Variable, ...]:
        return tuple(Variable(name, end) for name, end in named.items())

    return Inventory(
        Organization(org_id, "gh/acme", "acme", "github"),
        tuple(ContextContents(Context(f"id-{name}", name), variables(named), ()) for name, named in contexts.items()),
        tuple(
            ProjectContents(Project(f"id-{name}", name, f"gh/acme/{name}"), variables(named)) for name, named in (projects or {}).items()
        ),
    )


def test_a_key_is_found_by_its_end_with_the_secret_beside_it_and_nothing_else() -> None:
    found = held_variables(
        inventory(
            {
                "aws": {"AWS_ACCESS_KEY_ID": "MPLE", "AWS_SECRET_ACCESS_KEY": "tG9w", "AWS_DEFAULT_REGION": "st-1"},
                "two": {"DEPLOY_AWS_ACCESS_KEY_ID": "MPLE", "DEPLOY_AWS_SECRET_ACCESS_KEY": "tG9w", "AWS_SECRET_ACCESS_KEY": "else"},
                "other": {"AWS_ACCESS_KEY_ID": "K3ND", "AWS_SECRET_ACCESS_KEY": "Jb2x"},
                "untold": {"AWS_ACCESS_KEY_ID": ""},
            },
            {"web": {"AWS_ACCESS_KEY_ID": "MPLE"}},
        ),
        [KEY],
        "org-1",
    )
    assert {each.place: [name for name, _ in each.names] for each in found} == {
        "context aws": ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"],
        "context two": ["DEPLOY_AWS_ACCESS_KEY_ID", "DEPLOY_AWS_SECRET_ACCESS_KEY"],
        "project web": ["AWS_ACCESS_KEY_ID"],
    }
    assert {each.slug for each in found} == {"", "gh/acme/web"}


def test_two_keys_of_a_user_that_end_alike_are_told_as_two() -> None:
    (found,) = held_variables(inventory({"aws": {"AWS_ACCESS_KEY_ID": "MPLE"}}), [KEY, OTHER_KEY], "org-1")
    assert found.keys == (KEY, OTHER_KEY)


def test_what_is_in_another_organization_is_seen_and_marked() -> None:
    (found,) = held_variables(inventory({"aws": {"AWS_ACCESS_KEY_ID": "MPLE"}}, org_id="org-2"), [KEY], "org-1")
    assert found.is_foreign
