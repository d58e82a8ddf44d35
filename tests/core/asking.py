"""Questions to the evaluator as tests put them: may this be done under that document, and which Setups the golden files are about."""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import CompiledPolicy, Request, compile_policy, evaluate
from ciam_tui.core.setup import Setup
from tests.core.examples import ORG_ID, answers, project

if TYPE_CHECKING:
    from ciam_tui.core.document import Document

GOLDEN = Path(__file__).resolve().parent.parent / "golden"


@cache
def _compiled(text: str) -> CompiledPolicy:
    return compile_policy(parse_policy(text))


def allows(document: Document, action: str, resource: str, context: dict[str, str], principal: str | None = None) -> bool:
    """Whether `document` alone allows this call; `context` has one value a key."""
    request = Request(action, resource, {key: (value,) for key, value in context.items()}, principal)
    return evaluate(request, [_compiled(document.text)]).allowed


def example_setup(**changes: object) -> Setup:
    """The Setup of the documentation, with changes as `examples.answers` takes them."""
    return Setup.model_validate(answers(**deepcopy(changes)))  # a change may be changed further by the next, and is often a shared value


def everything_setup() -> Setup:
    """One stage that has all there is: each access and extra, a key, a bucket of another account, another partition, issuer and audience."""
    deploy = answers()["stages"][2] | {"branches": ["main", "refs/tags/v*"], "extras": ["probe", "versions", "acl", "tags"]}
    return example_setup(
        partition="aws-cn",
        bucket={
            "name": "acme-builds",
            "region": "cn-north-1",
            "owner_account_id": "999900001111",
            "kms_key_arn": "arn:aws-cn:kms:cn-north-1:999900001111:key/11111111-2222-3333-4444-555555555555",
            "create": False,
        },
        circleci__issuer=f"https://ci.acme.example/org/{ORG_ID}",
        circleci__audience="https://acme.example/jobs",
        circleci__projects=[*answers()["circleci"]["projects"], project("api")],
        stages=[deploy],
    )


def golden(folder: str) -> dict[str, str]:
    """The files of a golden folder, by name."""
    return {path.name: path.read_text(encoding="utf-8") for path in (GOLDEN / folder).iterdir()}
