"""What somebody else needs to do a stage: the exact commands, the least policy to run them with, and a page that says what it is about.

The stage is then found done by reading, whoever did it and wherever; nothing has to be told back to this tool.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from ciam_tui.core.changes.calls import call_of
from ciam_tui.core.changes.titles import title
from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.operator import actions_of, resource_of
from ciam_tui.core.retirement.shell_calls import script_of
from ciam_tui.core.shown import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from ciam_tui.core.changes import kinds
    from ciam_tui.core.changes.calls import Call
    from ciam_tui.core.retirement.ground import Obstacle
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.standing import Standing


def hand_off_files(
    migration: Migration, standing: Standing, changes: Sequence[kinds.Change], *, org_id: str, role_arns: Mapping[str, str]
) -> tuple[ExportFile, ...]:
    """The files with which somebody else does the stage of `standing`, which `changes` are."""
    stage = standing.stage
    name = f"stage-{stage.number}-{stage}"
    calls = [call_of(change) for change in changes]
    files = [ExportFile(f"{name}.sh", script_of(calls, org_id), executable=True)]
    policy = least_policy(calls, migration, role_arns)
    if policy is not None:
        files.append(ExportFile(f"{name}.policy.json", json.dumps(policy, indent=2) + "\n"))
    files.append(ExportFile(f"{name}.md", _page(migration, standing, changes, name, has_policy=policy is not None)))
    return tuple(files)


def statement_files(obstacles: Iterable[Obstacle]) -> tuple[ExportFile, ...]:
    """A file for each statement that the owner of a bucket, a key or an organization has to add before the switch."""
    wanted = [each for each in obstacles if each.statement is not None]
    return tuple(
        ExportFile(
            f"for-the-owner-{number}.json",
            json.dumps({"for": each.owner, "because": each.text, "statement": each.statement}, indent=2, default=dict) + "\n",
        )
        for number, each in enumerate(wanted, start=1)
    )


def least_policy(calls: Iterable[Call], migration: Migration, role_arns: Mapping[str, str]) -> dict[str, Any] | None:
    """A policy that allows the calls to AWS among `calls` and nothing else; None where there are none."""
    user = migration.started.user
    partition = user.arn.split(":")[1]
    resources: dict[str, set[str]] = {}
    for call in calls:
        for action in actions_of(call.service, call.operation, call.params):
            found = _resources(call, user.arn) or [resource_of(call, migration.started.account_id, partition, role_arns) or "*"]
            for each in found:
                resources.setdefault(each, set()).add(action)
    if not resources:
        return None
    statements = [{"Effect": "Allow", "Action": sorted(actions), "Resource": resource} for resource, actions in sorted(resources.items())]
    return {"Version": "2012-10-17", "Statement": statements}


def _resources(call: Call, user_arn: str) -> list[str]:
    """What a call about the user is about: the user, and for its groups the group as well, which is what IAM asks for there."""
    if "GroupName" in call.params:
        groups = f"{user_arn.partition(':user/')[0]}:group"
        return [f"{groups}/{call.params['GroupName']}", f"{groups}/*/{call.params['GroupName']}"]  # under a path, where it has one
    if "UserName" in call.params:
        return [user_arn]
    if call.operation == "DeleteVirtualMFADevice":
        return [str(call.params["SerialNumber"])]
    return []


def _page(migration: Migration, standing: Standing, changes: Sequence[kinds.Change], name: str, *, has_policy: bool) -> str:
    about, user = standing.stage.about, migration.user_name
    back = "There is no way back." if about.is_for_good else "It can be taken back."
    lines = [
        f"# Stage {standing.stage.number}: {about.doing}",
        "",
        f"For the retirement of the IAM user `{_code(user)}` in account {migration.started.account_id}. {back}",
        "",
        f"Why now: {_code(standing.why)}",
        "",
        "What it does, in this order:",
        "",
        *(f"- {_code(title(change))}" for change in changes),
        "",
        f"Run it with `bash {name}.sh`"
        + (
            f", as somebody who has the permissions in `{name}.policy.json`." if has_policy else ", with `CIRCLE_TOKEN` set; it needs `jq`."
        ),
        f"Nothing has to be told back: `ciam-tui migrate {_code(user)}` finds it done.",
    ]
    return "\n".join([*lines, ""])


def _code(text: str) -> str:
    """Text from outside, which may neither steer a terminal nor end a code span."""
    return shown(text).replace("`", "'")
