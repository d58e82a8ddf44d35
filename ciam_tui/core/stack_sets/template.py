"""The template of a stack set: what the plan makes in an account that has nothing, for whatever account it lands in."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.export.cloudformation_resources import PROVIDER, made_condition, parameters_and_conditions, resources
from ciam_tui.core.export.escaped import escaped
from ciam_tui.core.export.made import made_from_nothing
from ciam_tui.core.stack_sets.parameters import BUCKET_OWNER, MAKE_BUCKET, invalid, parameters_of
from ciam_tui.core.stack_sets.placeholders import OWN_BUCKET, placeholders_of

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup
    from ciam_tui.core.stack_sets.parameters import Parameter

# https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/cloudformation-limits.html
TEMPLATE_BYTES = 51_200  # sent with the request; from a bucket it may be larger
_MOST_BYTES = 1_000_000
_MOST_RESOURCES = 500

_HEAD = """\
# The AWS roles of CircleCI jobs, for the stacks of a stack set: no account's id stands in it. stack-set.sh beside it rolls it out.
# One region an account is enough, and all there may be: IAM is the same in every region, and the second stack would find its roles made.
AWSTemplateFormatVersion: "2010-09-09"
Description: {description}
"""


def stack_set_template(setup: Setup, *, bucket_per_account: bool = False) -> str:
    """The text of `template.yaml`; with `bucket_per_account` each account's bucket is called by the name and the account's id.

    Raises:
        CiamError: `stack-set-invalid`, where it is more than CloudFormation takes.
    """
    marks = placeholders_of(setup, bucket_per_account=bucket_per_account)
    parameters = parameters_of(setup)
    asked = parameters_and_conditions([parameter_text(each) for each in parameters], [*_conditions({each.name for each in parameters})])
    made = resources(made_from_nothing(marks.marked), marks.spelling)
    left = [mark for mark in (*marks.alone, *marks.within) if mark in made]
    if left:  # No account would get what it stands for.
        raise ValueError("a mark is left in the template")
    head = _HEAD.format(description=escaped(f"Roles of CircleCI jobs for S3, made by ciam-tui: {setup.bucket.name}."))
    template, number = f"{head}{asked}{made}", made.count("\n    Type: AWS::")
    if number > _MOST_RESOURCES or len(template) > _MOST_BYTES:
        raise invalid(
            f"The template has {number} resources and {len(template):,} characters, and CloudFormation takes {_MOST_RESOURCES} and {_MOST_BYTES:,}.",
            "Split the Setup, by stages or by projects.",
        )
    return template


def parameter_text(each: Parameter) -> str:
    """A parameter as it stands in a template."""
    lines = [f"  Description: {escaped(each.description)}", "  Type: String"]
    if each.allowed:
        lines.append(f"  AllowedValues: [{', '.join(map(escaped, each.allowed))}]")
    if each.pattern is not None:
        lines.append(f"  AllowedPattern: {escaped(each.pattern)}")
    if each.default is not None:
        lines.append(f"  Default: {escaped(each.default)}")
    return f"{each.name}:\n" + "".join(f"{line}\n" for line in lines)


def _conditions(names: set[str]) -> list[str]:
    found = [made_condition(PROVIDER)]
    if MAKE_BUCKET in names:
        found.append(made_condition("Bucket"))
    if BUCKET_OWNER in names:
        found.append(f'{OWN_BUCKET}:\n  Fn::Equals: [{{Ref: {BUCKET_OWNER}}}, ""]\n')
    return found
