"""The export for CloudFormation: one `template.yaml` that makes what `apply` would make, with the policies as the very JSON that AWS is given.

JSON is YAML too, so that a policy stands there in the letters that were reviewed. The OIDC provider, and a bucket that the Setup makes, are
made unless a parameter says that the account has them: a template cannot look. Both stay when the stack goes, since other roles use the
one and objects are in the other; the roles go. Functions are written at length, which every reader of YAML knows, CDK's among them.

What CloudFormation cannot say is left out: tags of a managed policy, and of the provider a tag whose value is empty. A role does not wait
for the provider, which may not be in the stack: IAM takes a trust policy without asking for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.export.cloudformation_resources import PROVIDER, choice, parameters_and_conditions, resources
from ciam_tui.core.export.escaped import escaped
from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.export.made import made_from_nothing

if TYPE_CHECKING:
    from ciam_tui.core.shape import SetupShape

_HEAD = """\
# The AWS roles of CircleCI jobs for the bucket {bucket}, for a stack in the account {account} alone, in {region}:
#   aws cloudformation deploy --template-file template.yaml --stack-name NAME --capabilities CAPABILITY_NAMED_IAM
# An account has one OIDC provider an issuer. Where this one has it already, with the audience:
#   ... --parameter-overrides MakeProvider=false
AWSTemplateFormatVersion: "2010-09-09"
Description: {description}
"""


def export_cloudformation(setup: SetupShape) -> tuple[ExportFile, ...]:
    """`template.yaml`."""
    made = made_from_nothing(setup)
    head = _HEAD.format(
        bucket=setup.bucket.name,
        account=setup.account_id,
        region=setup.bucket.region,
        description=escaped(f"Roles of CircleCI jobs for the bucket {setup.bucket.name}, in the account {setup.account_id}."),
    )
    choices = [choice(PROVIDER, "the OIDC provider"), *([choice("Bucket", "the bucket")] if made.bucket else ())]
    asked = parameters_and_conditions([parameter for parameter, _ in choices], [condition for _, condition in choices])
    return (ExportFile("template.yaml", f"{head}{asked}{resources(made)}"),)
