"""The script that makes a stack set and rolls it out by the AWS CLI: its data as text between quotes, and the recipe that uses them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from shlex import quote
from typing import TYPE_CHECKING

from ciam_tui.core.export.aws_cli_recipe import assigned, basics
from ciam_tui.core.facts import MANAGED_BY, MANAGED_BY_TAG
from ciam_tui.core.stack_sets.forms import SELF_MANAGED
from ciam_tui.core.stack_sets.recipe import MAIN, RECIPE
from ciam_tui.core.stack_sets.rollout import ADMINISTRATION_ROLE, EXECUTION_ROLE
from ciam_tui.core.stack_sets.template import TEMPLATE_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ciam_tui.core.stack_sets.rollout import Rollout

# Apart from the tag of what `apply` makes: AWS puts a stack set's tags on all that its stacks make.
STACK_SET_TAG = "ciam-tui-stack-set"

_HEAD = """\
#!/usr/bin/env bash
# {about}, by the AWS CLI: version 1 or 2.
#
#   ./{script}          makes the stack set {name} in {region}, or brings it up to date, and rolls it out
#   ./{script} drift    asks AWS what has changed in the accounts since, and waits for the answer; exit code 3 where something has
#
# It may be run again: what is so already is left alone, a stack that failed is tried once more, and an account that has joined a unit gets its own.
# AGAIN=yes ./{script} goes over every account. Accounts that the export names no more keep their stack. Who runs it:
{who}
# AWS works on {concurrent} at a time, and stops when more than {tolerance} of them fail: --max-concurrent and --failure-tolerance of the export.
{more}#
# Backticks within single quotes are the literals of AWS's query language, and a rollout to units may leave nobody out.
# shellcheck disable=SC2016,SC2119,SC2120
set -euo pipefail
unset CDPATH
cd -- "$(dirname -- "${{BASH_SOURCE[0]}}")"
export AWS_PAGER="" AWS_CLI_AUTO_PROMPT=off

"""
_SERVICE = """\
#   the organization's management account, or with --call-as DELEGATED_ADMIN a delegated administrator of CloudFormation. AWS makes the
#   roles that it needs in the accounts; trusted access for CloudFormation StackSets must be on in the organization. The management account
#   itself gets no stack: give it one by the template, as a stack of its own."""
_SELF = f"""\
#   an account that has the role {ADMINISTRATION_ROLE}, which every other account trusts by its role
#   {EXECUTION_ROLE}: both are made by AWS's own templates, before this.
#   https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/stacksets-prereqs-self-managed.html"""


@dataclass(frozen=True, slots=True)
class StackSet:
    """A stack set to be: what its script is called and says of itself, its template, and what all its accounts are given.

    `mark` tells it from those that others made. `before` is shell that sets `parameters` anew where they are known only when it runs.
    """

    script: str
    about: str
    name: str
    description: str
    template_path: str
    template: str
    parameters: Mapping[str, str]
    mark: str
    before: str = ""
    more: str = ""


def stack_set_script(wanted: StackSet, rollout: Rollout, *, partition: str) -> str:
    """The whole script."""
    head = _HEAD.format(
        script=wanted.script,
        about=wanted.about,
        name=wanted.name,
        region=rollout.region,
        who=_SERVICE if rollout.is_service_managed else _SELF,
        concurrent=rollout.max_concurrent,
        tolerance=rollout.failure_tolerance,
        more=wanted.more,
    )
    data = assigned(_data(wanted, rollout, partition))
    return "".join([head, data, basics(wanted.script), RECIPE, _each_group(rollout), wanted.before, MAIN])


def _data(wanted: StackSet, rollout: Rollout, partition: str) -> dict[str, str]:
    automatic = rollout.automatic
    return {
        "script": wanted.script,
        "name": wanted.name,
        "region": rollout.region,
        "partition": partition,
        "call_as": rollout.call_as,
        "model": "SELF_MANAGED" if rollout.model == SELF_MANAGED else "SERVICE_MANAGED",
        "administration_role": ADMINISTRATION_ROLE,
        "execution_role": EXECUTION_ROLE,
        "template": wanted.template_path,
        "is_large": "yes" if len(wanted.template.encode()) > TEMPLATE_BYTES else "no",
        "description": wanted.description,
        "parameters": said(wanted.parameters),
        "tags": json.dumps([{"Key": MANAGED_BY_TAG, "Value": MANAGED_BY}, {"Key": STACK_SET_TAG, "Value": wanted.mark}]),
        "units": json.dumps(list(rollout.units), separators=(",", ":")),
        "auto_deployment": json.dumps(automatic),
        "automatic": json.dumps(automatic["Enabled"]),
        "retained": json.dumps(automatic.get("RetainStacksOnAccountRemoval", False)),
        "preferences": json.dumps(rollout.preferences),
    }


def said(values: Mapping[str, str]) -> str:
    """Parameters as CloudFormation takes and tells them."""
    return json.dumps([{"ParameterKey": name, "ParameterValue": value} for name, value in sorted(values.items())])


def _each_group(rollout: Rollout) -> str:
    return "\neach_group() {\n" + "".join(f"  {line}\n" for line in _groups(rollout)) + "}\n"


def _groups(rollout: Rollout) -> Iterator[str]:
    """Accounts with parameters of their own first: a unit's rollout leaves them out."""
    if rollout.goes_by_units:
        own = [(values, accounts) for values, accounts in rollout.groups if values]
        yield from (_call("roll_out", said(values), *accounts) for values, accounts in own)
        yield _call("roll_out_to_units", *(account for _, accounts in own for account in accounts))
    else:
        yield from (_call("roll_out", said(values), *accounts) for values, accounts in rollout.groups)


def _call(*words: str) -> str:
    return " ".join(map(quote, words))
