"""`check` on a policy in place of a Setup: the findings about any trust or permission policy, and the policy with their fixes applied.

A pull request that touches a role's JSON is reviewed by a robot like one that touches a Setup; and whoever has a role from a guide can ask what
is wrong with it without an account. Importing this module costs argparse; the findings load when it runs.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ciam_tui.commands.speaking import print_document, warn

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ciam_tui.core.document import Document
    from ciam_tui.core.policy_findings import PolicyFinding

FINDINGS_OF_LEVEL_ERROR = 3
_MOST_FIXES = 200  # one after the other; each is looked for in what the one before has left


@dataclass(frozen=True, slots=True)
class PolicyText:
    """A policy as it stood in a file: `lines_before` is how many lines of the file come ahead of its own, None where it has no lines there."""

    text: str
    is_trust: bool
    lines_before: int | None


def add_policy_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds what `check` takes for a policy alone."""
    parser.add_argument(
        "--fixed",
        action="store_true",
        help="for a policy: print it with every fix applied that needs no judgement, and the findings on standard error",
    )
    parser.add_argument(
        "--client-id",
        action="append",
        metavar="ID",
        help="for a trust policy: a client id of its provider; given once for each that there is",
    )


def refuse_what_is_for_policies(args: argparse.Namespace) -> None:
    """What says nothing about a Setup is not passed over in silence.

    Raises:
        CiamError: one of this module's arguments was given.
    """
    from ciam_tui.core.problems import CiamError

    if args.fixed or args.client_id:
        message = "--fixed and --client-id are about policies, and this file is none."
        raise CiamError("no-policy", "Cannot check the file so", message, ("Leave them out.",))


def policy_in(content: bytes) -> PolicyText | None:
    """The policy that a file holds, whole or as the AWS CLI prints one; None where it is anything else, such as a Setup."""
    from ciam_tui.core.document import TEXT_LIMIT
    from ciam_tui.core.json_patch import pointer
    from ciam_tui.core.pasted import unwrapped, wrapper_in
    from ciam_tui.core.policy_findings.place import Places
    from ciam_tui.core.problems import CiamError
    from ciam_tui.core.strict_json import load_json

    if not any(mark in content for mark in (b'"Statement"', b'"Policy', b'"AssumeRolePolicyDocument"')):
        return None
    try:
        text = content.decode()
        value = load_json(text, what="the file", limit_bytes=4 * TEXT_LIMIT)
    except (UnicodeDecodeError, CiamError):
        return None  # the reader of Setup files says what is wrong with such text
    if not isinstance(value, dict):
        return None
    if "Statement" in value:
        return PolicyText(text, _is_trust(value), 0)
    path = wrapper_in(value)
    if path is None:
        return None
    found: Any = value
    for key in path:
        found = found[key]
    if isinstance(found, str):
        text = unwrapped(text, what="the file")
        return PolicyText(text, path[-1].startswith("AssumeRole"), None)
    start, end = Places(text).span(pointer(*path))
    return PolicyText(text[start:end], _is_trust(found), text.count("\n", 0, start))


def _is_trust(policy: Any) -> bool:
    """Whether a policy is a trust: it names principals, and no resource, since it is about the role it is attached to."""
    statements = policy.get("Statement")
    elements = [each for each in (statements if isinstance(statements, list) else [statements]) if isinstance(each, dict)]
    names = {key for each in elements for key in each}
    return bool(names & {"Principal", "NotPrincipal"}) and not names & {"Resource", "NotResource"}


def run_policy(args: argparse.Namespace, policy: PolicyText) -> int:
    """Prints the findings about a policy, or with `--fixed` the policy without those that can be fixed; 3 where one is of level error.

    Raises:
        CiamError: it is no policy that AWS takes.
    """
    from ciam_tui.core.document import Document
    from ciam_tui.core.problems import Level

    found = _found(Document(policy.text), policy, args.client_id)
    if args.fixed:
        document, fixes, found = _fixed(policy, args.client_id)
        warn([*(f"{'fixed, which opens' if each.opens else 'fixed'}: {_line(each)}" for each in fixes), *map(_line, found)])
        print(document)
    elif args.json:
        told = [_in_file(each, policy) for each in found]
        ok = all(each.level is not Level.ERROR for each in found)
        kind = "trust" if policy.is_trust else "permissions"
        print_document({"kind": kind, "problems": [], "findings": [each.as_json() for each in told], "unread": [], "ok": ok})
    else:
        _print_report(policy, found)
    return FINDINGS_OF_LEVEL_ERROR if any(each.level is Level.ERROR for each in found) else 0


def _found(document: Document, policy: PolicyText, client_ids: Sequence[str] | None) -> tuple[PolicyFinding, ...]:
    from ciam_tui.core.policy_findings import permission_findings, trust_findings

    return trust_findings(document, client_ids=client_ids) if policy.is_trust else permission_findings(document)


def _fixed(policy: PolicyText, client_ids: Sequence[str] | None) -> tuple[str, list[PolicyFinding], tuple[PolicyFinding, ...]]:
    """The policy with every fix applied that can be, the findings that were fixed, and those that are left."""
    from ciam_tui.core.document import Document
    from ciam_tui.core.json_patch import patched

    document = Document(policy.text)
    fixes: list[PolicyFinding] = []
    found = _found(document, policy, client_ids)
    while len(fixes) < _MOST_FIXES and (finding := next((each for each in found if each.patch), None)):
        fixes.append(finding)
        document = Document(json.dumps(patched(document.policy, finding.patch), indent=2))
        found = _found(document, policy, client_ids)
    return document.text, fixes, found


def _in_file(finding: PolicyFinding, policy: PolicyText) -> PolicyFinding:
    """`finding` with its line as one of the file."""
    if finding.line is None or policy.lines_before is None:
        return replace(finding, line=None)
    return replace(finding, line=finding.line + policy.lines_before)


def _line(finding: PolicyFinding) -> str:
    place = f"statement {finding.statement}" if finding.statement else "policy"
    if finding.sid:
        place = f'{place} "{finding.sid}"'
    if finding.line:
        place = f"{place}, line {finding.line}"
    return f"{finding.level}: {place}: {finding.text} {finding.fix} ({finding.id})"


def _print_report(policy: PolicyText, found: Sequence[PolicyFinding]) -> None:
    from ciam_tui.core.problems import Level
    from ciam_tui.core.shown import shown

    for finding in found:
        print(shown(_line(_in_file(finding, policy))))
    counts = ", ".join(f"{sum(each.level is level for each in found)} of level {level}" for level in Level)
    fixable = sum(bool(each.patch) for each in found)
    print(f"{'Trust' if policy.is_trust else 'Permission'} policy. Findings: {counts}.")
    if fixable:
        print(f"{fixable} can be fixed without judgement: --fixed prints the policy so.")
