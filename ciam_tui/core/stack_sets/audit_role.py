"""The role by which an audit of all accounts reads one: whom it trusts, and the template that makes it everywhere."""

from __future__ import annotations

import json
from textwrap import indent
from typing import TYPE_CHECKING

from ciam_tui.core.document import VERSION
from ciam_tui.core.export.escaped import escaped
from ciam_tui.core.operator import member_audit_policy
from ciam_tui.core.organization.forms import EXTERNAL_ID_PATTERN
from ciam_tui.core.stack_sets.parameters import Parameter
from ciam_tui.core.stack_sets.template import parameter_text
from ciam_tui.core.validate.role import NAME_PATTERN

if TYPE_CHECKING:
    from typing import Any

AUDIT_ROLE_NAME = "ciam-tui-audit"
AUDITOR = "AuditorArn"
EXTERNAL_ID = "ExternalId"
ROLE_NAME = "RoleName"
POLICY_NAME = "read"
# Without a quote or a bracket: the script that asks for them puts them into JSON.
AUDITOR_PATTERN = r"arn:[a-z-]+:iam::[0-9]{12}:[A-Za-z0-9_+=,.@/-]+"
_SESSION_SECONDS = 3600

_HEAD = """\
# The role by which `ciam-tui audit --all-accounts --audit-role NAME` reads an account: it reads IAM, and writes nothing.
# audit-role.sh beside it rolls it out, before anything else is.
AWSTemplateFormatVersion: "2010-09-09"
Description: "The role by which ciam-tui audits the account. It reads only."
"""


def audit_trust(auditor: Any, external_id: Any | None) -> dict[str, Any]:
    """Who may take the role: `auditor`, and with `external_id` only who says it."""
    condition = {} if external_id is None else {"Condition": {"StringEquals": {"sts:ExternalId": external_id}}}
    statement = {"Effect": "Allow", "Principal": {"AWS": auditor}, "Action": "sts:AssumeRole", **condition}
    return {"Version": VERSION, "Statement": [statement]}


def audit_role_template() -> str:
    """The text of `audit-role.yaml`."""
    parameters = [
        Parameter(
            AUDITOR, "Who may read the account: the ARN of the auditor's role or user, in the account that audits.", f"^{AUDITOR_PATTERN}$"
        ),
        Parameter(EXTERNAL_ID, "What the auditor must say with --external-id; empty for nothing.", f"^({EXTERNAL_ID_PATTERN})?$", ""),
        Parameter(ROLE_NAME, "What the role is called.", NAME_PATTERN, AUDIT_ROLE_NAME),
    ]
    trust = {"Fn::If": ["HasExternalId", audit_trust({"Ref": AUDITOR}, {"Ref": EXTERNAL_ID}), audit_trust({"Ref": AUDITOR}, None)]}
    return (
        f"{_HEAD}Parameters:\n{indent(''.join(map(parameter_text, parameters)), '  ')}"
        f'Conditions:\n  HasExternalId:\n    Fn::Not: [{{Fn::Equals: [{{Ref: {EXTERNAL_ID}}}, ""]}}]\n'
        "Resources:\n  AuditRole:\n    Type: AWS::IAM::Role\n    Properties:\n"
        f"      RoleName: {{Ref: {ROLE_NAME}}}\n"
        f"      Description: {escaped('Read by ciam-tui audit --all-accounts. It reads IAM, and writes nothing.')}\n"
        f"      MaxSessionDuration: {_SESSION_SECONDS}\n"
        f"      AssumeRolePolicyDocument:\n{indent(json.dumps(trust, indent=2), ' ' * 8)}\n"
        f"      Policies:\n        - PolicyName: {POLICY_NAME}\n          PolicyDocument:\n{indent(member_audit_policy().text, ' ' * 12)}\n"
    )
