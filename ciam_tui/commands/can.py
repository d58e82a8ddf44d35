"""`ciam-tui can`: one request asked of policy files, with the statement that decides and the reasons of every other, offline.

It answers the question that follows a denial ("why?") and the one that should precede an apply ("and who else?"), about any IAM policy, not
only those made here. Importing this module costs argparse; the evaluator loads when it runs.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.evaluate import CompiledPolicy, CompiledStatement, Decision

DENIED = 3

_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
_ARN = re.compile(r"arn:[a-z0-9-]+:[a-z0-9-]+:[^:]*:[^:]*:.+", re.DOTALL)
_CONTEXT = re.compile(r"(?P<key>[^=]+:[^=]+)=(?P<value>.*)", re.DOTALL)
_LARGEST = 4 * 131_072  # bytes: AWS takes that many characters, and one has at most 4 bytes in UTF-8

_EPILOG = """\
examples:
  ciam-tui can s3.json --action s3:ListBucket --resource arn:aws:s3:::acme --context s3:prefix=builds/
  ciam-tui can trust.json --action sts:AssumeRoleWithWebIdentity --resource ROLE_ARN --principal PROVIDER_ARN \\
    --context ISSUER:aud=AUDIENCE --context ISSUER:sub=SUBJECT

All policies are taken together, as those of one identity. A wildcard in a request has no meaning: ask about one action on one resource.
Exit codes: 0 allowed, 3 denied, 1 a policy that cannot be read, 2 wrong usage.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `can` to the commands."""
    parser = commands.add_parser(
        "can",
        help="say whether policies allow a request, and why",
        description="Says whether policy files allow a request, which statement decides, and what matched in each.",
        epilog=_EPILOG,
    )
    parser.add_argument("policies", metavar="POLICY.json", nargs="+", type=Path, help="an IAM policy: permissions, trust or resource")
    parser.add_argument("--action", required=True, type=_action, metavar="A", help="the action, such as s3:GetObject")
    parser.add_argument(
        "--resource", required=True, type=_arn, metavar="ARN", help="the ARN of what is acted on; for a trust policy the role's"
    )
    parser.add_argument(
        "--context",
        action="append",
        default=[],
        type=_context,
        metavar="K=V",
        help="a condition key of the request and its value; a key given again has several values",
    )
    parser.add_argument("--principal", type=_principal, metavar="ARN", help="the caller; without it no Principal element is judged")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run)


def _action(text: str) -> str:
    if not _ACTION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not one action of the form service:Name, such as s3:GetObject")
    return text


def _arn(text: str) -> str:
    if not _ARN.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an ARN, such as arn:aws:s3:::bucket/key")
    return text


def _context(text: str) -> tuple[str, str]:
    found = _CONTEXT.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form key=value with a condition key such as s3:prefix")
    return found["key"], found["value"]


def _principal(text: str) -> str:
    if not text or text == "*":
        raise argparse.ArgumentTypeError(
            f"{text!r} is not one caller: an ARN, a service such as ec2.amazonaws.com, or a canonical user's id"
        )
    return text


def run(args: argparse.Namespace) -> int:
    """Prints the decision; 0 where the request is allowed, 3 where it is denied."""
    from ciam_tui.core.evaluate import Request, evaluate

    context: dict[str, tuple[str, ...]] = {}
    for key, value in args.context:
        context[key] = (*context.get(key, ()), value)
    request = Request(args.action, args.resource, context, args.principal)
    decision = evaluate(request, [_policy(path) for path in args.policies])
    if args.json:
        import json

        print(json.dumps(_as_json(decision), indent=2))
    else:
        from ciam_tui.core.shown import shown

        for line in _as_text(decision):
            print(shown(line))
    return 0 if decision.allowed else DENIED


def _policy(path: Path) -> CompiledPolicy:
    from ciam_tui.core.document import INVALID, parse_policy
    from ciam_tui.core.evaluate import compile_policy
    from ciam_tui.core.problems import CiamError

    name = str(path)
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST + 1)
        if len(content) > _LARGEST:
            raise CiamError(INVALID, f"Cannot read {name}", f"{name} is larger than {_LARGEST} bytes, which no policy is.")
        text = content.decode()
    except OSError as error:
        raise CiamError(
            "policy-unreadable", f"Cannot read {name}", f"{error.strerror or type(error).__name__}.", ["Check the path."]
        ) from None
    except UnicodeDecodeError:
        raise CiamError(INVALID, f"Cannot read {name}", f"{name} is not UTF-8 text.", ["Save it as UTF-8."]) from None
    return compile_policy(parse_policy(text, what=name), name=name)


def _as_text(decision: Decision) -> Iterator[str]:
    request = decision.request
    yield f"{'ALLOWED' if decision.allowed else 'DENIED'}  {request.action} on {request.resource}"
    if decision.deciding is None:
        yield "Decided by no statement: what none allows is denied."
    else:
        yield f"Decided by {_place(decision.deciding)}."
    if request.principal is None and _names_callers(decision):
        yield "Callers were not judged: name one with --principal."
    for reasons in decision.reasons:
        yield ""
        yield f"{_place(reasons.statement)} {'applies' if reasons.applies else 'does not apply'}"
        for sentence in reasons.matched:
            yield f"  matched      {sentence}"
        for sentence in reasons.unmatched:
            yield f"  not matched  {sentence}"


def _place(statement: CompiledStatement) -> str:
    number = f", statement {statement.number}" if statement.sid else ""
    return f"{statement} ({statement.policy}{number})"


def _names_callers(decision: Decision) -> bool:
    return any(statement.principal is not None for policy in decision.policies for statement in policy.statements)


def _as_json(decision: Decision) -> dict[str, Any]:
    request = decision.request
    return {
        "allowed": decision.allowed,
        "outcome": decision.outcome.value,
        "deciding": None if decision.deciding is None else _statement_json(decision.deciding),
        "request": {
            "action": request.action,
            "resource": request.resource,
            "context": {key: list(values) for key, values in request.context.items()},
            "principal": request.principal,
        },
        "statements": [
            {
                **_statement_json(reasons.statement),
                "applies": reasons.applies,
                "matched": list(reasons.matched),
                "not_matched": list(reasons.unmatched),
            }
            for reasons in decision.reasons
        ],
    }


def _statement_json(statement: CompiledStatement) -> dict[str, Any]:
    return {"policy": statement.policy, "statement": statement.number, "sid": statement.sid, "effect": statement.effect}
