"""The export for many accounts: the Setup's template and the script that rolls it out, and the same two for the role that audits read by.

Each account that is named gets its own Setup beside them: what its jobs' configuration is exported from, and its old keys are retired by.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.organization.forms import EXTERNAL_ID_PATTERN
from ciam_tui.core.ownership import setup_id
from ciam_tui.core.setup import to_json
from ciam_tui.core.stack_sets.audit_role import (
    AUDIT_ROLE_NAME,
    AUDITOR,
    AUDITOR_PATTERN,
    EXTERNAL_ID,
    audit_role_template,
)
from ciam_tui.core.stack_sets.parameters import parameters_of, setup_in
from ciam_tui.core.stack_sets.rollout import refuse_what_cannot_be
from ciam_tui.core.stack_sets.script import StackSet, stack_set_script
from ciam_tui.core.stack_sets.template import stack_set_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.setup import Setup
    from ciam_tui.core.stack_sets.rollout import Rollout

TEMPLATE = "template.yaml"
SCRIPT = "stack-set.sh"
AUDIT_TEMPLATE = "audit-role.yaml"
AUDIT_SCRIPT = "audit-role.sh"

# What the auditor is called is known to who runs it, and what an external id is stands in no file.
_ASKS = f"""
# Who audits, and what they must say for it, are told when this is run.
if ! printf '%s' "${{AUDITOR:-}}" | grep -qxE '{AUDITOR_PATTERN}'; then
  fail "say who audits: AUDITOR=arn:aws:iam::ACCOUNT:role/NAME EXTERNAL_ID=... ./{AUDIT_SCRIPT}"
fi
if [ -z "${{EXTERNAL_ID+said}}" ]; then # left out by mistake, it would take the condition off the role in every account
  fail "say what the auditor must say too: EXTERNAL_ID=..., or EXTERNAL_ID= for nothing."
fi
if [ -n "${{EXTERNAL_ID:-}}" ] && ! printf '%s' "$EXTERNAL_ID" | grep -qxE '{EXTERNAL_ID_PATTERN.replace("{2,1224}", "+")}'; then
  fail "EXTERNAL_ID takes letters, digits and _+=,.@:/- alone, two of them at least."
fi
parameters='[{{"ParameterKey": "{AUDITOR}", "ParameterValue": "'"$AUDITOR"'"}},'
parameters+=' {{"ParameterKey": "{EXTERNAL_ID}", "ParameterValue": "'"${{EXTERNAL_ID:-}}"'"}}]'
"""


def export_stack_set(setup: Setup, rollout: Rollout) -> tuple[ExportFile, ...]:
    """`template.yaml` with `stack-set.sh`, `audit-role.yaml` with `audit-role.sh`, and `setups/<account>.json` of each account that is named.

    Raises:
        CiamError: `stack-set-invalid`, where the Setup cannot be rolled out so.
    """
    refuse_what_cannot_be(setup, rollout)
    template = stack_set_template(setup, bucket_per_account=rollout.bucket_per_account)
    roles = StackSet(
        script=SCRIPT,
        about=f"Makes the AWS roles of CircleCI jobs for the bucket {setup.bucket.name} in many accounts, as a stack set of CloudFormation",
        name=rollout.name,
        description="Roles of CircleCI jobs for S3, made by ciam-tui.",
        template_path=TEMPLATE,
        template=template,
        parameters={each.name: each.given for each in parameters_of(setup) if each.given is not None},
        mark=setup_id(setup),
    )
    audit = StackSet(
        script=AUDIT_SCRIPT,
        about="Makes the role by which `ciam-tui audit --all-accounts` reads in many accounts, as a stack set of CloudFormation",
        name=AUDIT_ROLE_NAME,
        description="The role by which ciam-tui audits an account. It reads only.",
        template_path=AUDIT_TEMPLATE,
        template=audit_role_template(),
        parameters={},
        mark=AUDIT_ROLE_NAME,
        before=_ASKS,
        more="# It wants AUDITOR, the ARN of who audits, and EXTERNAL_ID, what they must say for it, which may be empty:\n"
        "#   AUDITOR=arn:... EXTERNAL_ID=... ./audit-role.sh\n",
    )
    return (
        ExportFile(TEMPLATE, template),
        ExportFile(SCRIPT, stack_set_script(roles, rollout, partition=setup.partition), executable=True),
        ExportFile(AUDIT_TEMPLATE, audit.template),
        ExportFile(AUDIT_SCRIPT, stack_set_script(audit, _of_all(rollout), partition=setup.partition), executable=True),
        *(ExportFile(f"setups/{account}.json", to_json(each)) for account, each in _setups(setup, rollout)),
    )


def _setups(setup: Setup, rollout: Rollout) -> Iterator[tuple[str, Setup]]:
    for account in rollout.named:
        values = rollout.overrides.get(account, {})
        yield account, setup_in(setup, account, values, bucket_per_account=rollout.bucket_per_account)


def _of_all(rollout: Rollout) -> Rollout:
    """The same accounts, of which none has parameters of its own."""
    return replace(rollout, accounts=rollout.accounts if rollout.goes_by_units else rollout.named, overrides={})
