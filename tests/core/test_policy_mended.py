"""A trust in which something shuts everybody out is told of as it will be, too: its reader mends all of it at once."""

from __future__ import annotations

from typing import Any

import pytest

from ciam_tui.core.document import Document
from ciam_tui.core.json_patch import patched
from ciam_tui.core.policy_findings import trust_findings
from ciam_tui.core.problems import Level
from tests.core.policy_rows import ANY_USER, AUD, ISSUER, KEYS, MAIN, OTHER_ORG, SUB, allow, policy, with_sub

# What shuts everybody out, in its place among conditions that hold nobody; and the finding of level error that it hides.
HIDING: list[tuple[str, dict[str, Any], str]] = [
    ("unknown-key", {"StringEquals": {AUD: ISSUER[-36:], f"{ISSUER}:oidc.circleci.com/context-ids": "x"}}, "no-project"),
    ("unknown-key", {"StringEquals": {f"{ISSUER}:oidc.circleci.com/vcs-ref": "refs/heads/main"}}, "no-condition"),
    (
        "unknown-key",
        {"StringEquals": KEYS | {f"{ISSUER}:oidc.circleci.com/vcs-ref": "x"}, "StringLike": {SUB: MAIN.replace(ANY_USER, "*")}},
        "crafted-branch",
    ),
    ("key-with-scheme", {"StringEquals": {AUD: ISSUER[-36:]}, "StringLike": {f"https://{SUB}": f"org/{ISSUER[-36:]}/*"}}, "no-project"),
    ("issuer-mismatch", {"StringLike": {SUB.replace(ISSUER[-36:], OTHER_ORG): f"org/{ISSUER[-36:]}/*"}}, "no-project"),
    ("wildcard-without-like", {"StringEquals": {AUD: ISSUER[-36:], SUB: f"org/{ISSUER[-36:]}/project/*/user/*"}}, "project-wildcard"),
    ("uuid-case", {"StringEquals": KEYS, "StringLike": {SUB: MAIN.upper().replace(ANY_USER, "*").replace("ORG/", "org/")}}, ""),
]


@pytest.mark.parametrize(("dead", "condition", "hidden"), HIDING)
def test_what_is_dead_does_not_hide_how_wide_the_rest_is(dead: str, condition: dict[str, Any], hidden: str) -> None:
    document = policy(allow(condition))
    found = trust_findings(Document.of(document))
    assert dead in {each.id for each in found}
    told_once = [each for each in found if each.text.startswith("Once what is dead here is mended: ")]
    assert [each.level for each in told_once if each.id == hidden] == [Level.ERROR] * bool(hidden)
    assert not any(each.patch or each.opens for each in told_once)
    # What is said to hold once that is mended does hold then.
    mending = next((each.patch for each in found if each.id == dead and each.patch), None)
    if hidden and mending:
        then = trust_findings(Document.of(patched(document, mending)))
        assert (hidden, Level.ERROR) in {(each.id, each.level) for each in then if not each.text.startswith("Once ")}


def test_what_is_dead_beside_what_holds_hides_nothing() -> None:
    dead = {"StringEquals": KEYS | {f"{ISSUER}:oidc.circleci.com/context-ids": "x"}, "StringLike": {SUB: MAIN}}
    assert [each.id for each in trust_findings(Document.of(policy(allow(dead))))] == ["unknown-key"]


def test_an_action_that_is_no_way_in_does_not_hide_who_would_get_in_by_the_right_one() -> None:
    wide = with_sub(f"org/{ISSUER[-36:]}/*") | {"Action": "sts:AssumeRole"}
    found = {each.id: each for each in trust_findings(Document.of(policy(wide)))}
    assert "wrong-action" in found
    assert found["audit-log-stream"].text.startswith("Once what is dead here is mended: the token of the organization's audit-log stream")


def test_the_root_issuer_is_not_said_to_be_held_by_a_sub_that_only_a_dead_condition_holds() -> None:
    root = "oidc.circleci.com"
    condition = {"StringEquals": {f"{root}:oidc.circleci.com/vcs-ref": "refs/heads/main"}, "StringLike": {f"{root}:sub": "org/*"}}
    found = [each for each in trust_findings(Document.of(policy(allow(condition, issuer=root)))) if each.id == "root-issuer"]
    assert [(each.level, each.text.startswith("Once ")) for each in found] == [(Level.ERROR, True)]
