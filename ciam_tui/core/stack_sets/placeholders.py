"""From a plan for one account to texts that hold for any: what belongs to the account becomes a word of CloudFormation's or a parameter.

The policies are not written a second time. The one plan is made for the Setup with marks in place of what is an account's own, each a value
of its kind that occurs nowhere in the Setup, and where a mark stands in what the plan makes, the template's expression goes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import count
from typing import TYPE_CHECKING, Any

from ciam_tui.core.export.cloudformation_resources import Spelling
from ciam_tui.core.export.escaped import escaped
from ciam_tui.core.facts import SETUP_TAG
from ciam_tui.core.setup import to_json
from ciam_tui.core.stack_sets.parameters import BUCKET_NAME, BUCKET_OWNER, BUCKET_REGION, KMS_KEY_ARN, boundary_in

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ciam_tui.core.document import Document
    from ciam_tui.core.setup import Setup

OWN_BUCKET = "OwnBucket"
_ACCOUNT = {"Ref": "AWS::AccountId"}


@dataclass(frozen=True, slots=True)
class Placeholders:
    """`marked` is the Setup with marks; `alone` is what a text is that is a mark and nothing else, `within` what stands in place of one in it."""

    marked: Setup
    alone: Mapping[str, Any]
    within: Mapping[str, str]

    @property
    def spelling(self) -> Spelling:
        """How the template says what the plan for the marked Setup says.

        The tag that names the Setup is left out: it is a hash over the account's id, which no template can make. So what stands there is
        never taken for what `apply` made; it is the stack set's.
        """
        return Spelling(self._text, self._document, frozenset({SETUP_TAG}))

    def value_of(self, text: str) -> Any:
        """The value, in a template, of a text of the plan's."""
        if text in self.alone:
            return self.alone[text]
        # `${!` is how Fn::Sub is told that a `${` is meant as it stands.
        said = text.replace("${", "${!")
        for mark, expression in self.within.items():
            said = said.replace(mark, expression)
        said = self._without_partition(said)
        return text if said == text.replace("${", "${!") else {"Fn::Sub": said}

    def _without_partition(self, text: str) -> str:
        lead = f"arn:{self.marked.partition}:"
        return f"arn:${{AWS::Partition}}:{text.removeprefix(lead)}" if text.startswith(lead) else text

    def _text(self, text: str) -> str:
        value = self.value_of(text)
        return escaped(value) if isinstance(value, str) else json.dumps(value)

    def _document(self, document: Document) -> str:
        return json.dumps(self._filled(json.loads(document.text)), indent=2) + "\n"

    def _filled(self, value: Any) -> Any:
        match value:
            case str():
                return self.value_of(value)
            case list():
                return [self._filled(each) for each in value]
            case dict():
                return {key: self._filled(each) for key, each in value.items()}
            case _:
                return value


def placeholders_of(setup: Setup, *, bucket_per_account: bool = False) -> Placeholders:
    """The marks for what of `setup` is an account's own."""
    said = to_json(setup)
    account, owner = (
        _unsaid(said, lambda number: f"{100_000_000_000 + number}"),
        _unsaid(said, lambda number: f"{200_000_000_000 + number}"),
    )
    bucket = _unsaid(said, lambda number: f"a-bucket-of-an-account-{number}")
    region = _unsaid(said, lambda number: f"of-the-bucket-{number}")
    key = f"arn:{setup.partition}:kms:{region}:{owner}:key/marked"
    is_made = setup.bucket.create
    name = f"${{{BUCKET_NAME}}}{'-${AWS::AccountId}' if bucket_per_account else ''}"
    return Placeholders(
        setup.model_copy(
            update={
                "account_id": account,
                "bucket": setup.bucket.model_copy(
                    update={
                        "name": bucket,
                        "region": region,
                        "owner_account_id": None if is_made else owner,
                        "kms_key_arn": key if setup.bucket.kms_key_arn else None,
                    }
                ),
                "role": setup.role.model_copy(update={"permissions_boundary": boundary_in(setup.role.permissions_boundary, account)}),
            }
        ),
        {
            account: _ACCOUNT,
            owner: {"Fn::If": [OWN_BUCKET, _ACCOUNT, {"Ref": BUCKET_OWNER}]},
            key: {"Ref": KMS_KEY_ARN},
            bucket: {"Fn::Sub": name} if bucket_per_account else {"Ref": BUCKET_NAME},
        },
        {account: "${AWS::AccountId}", bucket: name, region: "${AWS::Region}" if is_made else f"${{{BUCKET_REGION}}}"},
    )


def _unsaid(said: str, candidate: Callable[[int], str]) -> str:
    """The first candidate that `said` does not contain."""
    return next(text for text in map(candidate, count(1)) if text not in said)
