"""`ciam-tui can`: one request asked of policy files, with the statement that decides and the reasons of every other, offline.

It answers the question that follows a denial ("why?") and the one that should precede an apply ("and who else?"), about any IAM policy, not
only those made here. Importing this module costs argparse; the evaluator loads when it runs.
"""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import TYPE_CHECKING

from ciam_tui.commands.files import STANDARD_INPUT, content_of

if TYPE_CHECKING:
    from ciam_tui.core.document import Kind
    from ciam_tui.core.evaluate import CompiledPolicy
    from ciam_tui.core.layers import Policies

DENIED = 3

_ACTION = re.compile(r"[A-Za-z0-9-]+:[A-Za-z0-9]+")
_ARN = re.compile(r"arn:[a-z0-9-]+:[a-z0-9-]+:[^:]*:[^:]*:.+", re.DOTALL)
_CONTEXT = re.compile(r"(?P<key>[^=]+:[^=]+)=(?P<value>.*)", re.DOTALL)
_ACCOUNT = re.compile(r"[0-9]{12}")

_EPILOG = """\
examples:
  ciam-tui can s3.json --action s3:ListBucket --resource arn:aws:s3:::acme --context s3:prefix=builds/
  ciam-tui can trust.json --action sts:AssumeRoleWithWebIdentity --resource arn:aws:iam::123456789012:role/ci --principal PROVIDER_ARN \\
    --context ISSUER:aud=AUDIENCE --context ISSUER:sub=SUBJECT

  ciam-tui can s3.json --boundary limits.json --resource-policy bucket.json --scp root.json --scp ou-a.json,ou-b.json \\
    --principal SESSION_ARN --action s3:GetObject --resource arn:aws:s3:::acme/builds/a

Alone, all policies are taken together, as those of one identity. Once one is told by its kind, POLICY.json are the identity's, inline and
managed, and all layers are asked as AWS asks them. The caller's account and the resource's come from --principal and --resource where these
name them (an S3 ARN names none: say --resource-account); as long as one is unknown they are taken to be one account. Organization policies are
taken to be those of a member account, since they do not bind the management account.
Keys that AWS fills into every request, such as aws:PrincipalArn, are given with --context.
Each file may also be what `aws iam get-policy-version`, `get-role-policy` or `get-role` printed; - is standard input.
A wildcard in a request has no meaning: ask about one action on one resource.
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
    parser.add_argument("policies", metavar="POLICY.json", nargs="*", type=Path, help="an IAM policy: permissions, trust or resource")
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
    _add_layers(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run, refuse=parser.error)


def _add_layers(parser: argparse.ArgumentParser) -> None:
    layers = parser.add_argument_group("policies by their kind")
    layers.add_argument("--boundary", type=Path, metavar="FILE", help="the permissions boundary of the identity")
    layers.add_argument(
        "--session-policy", action="append", default=[], type=Path, metavar="FILE", help="a session policy; several are taken together"
    )
    layers.add_argument(
        "--resource-policy", type=Path, metavar="FILE", help="the policy of the bucket or the key, or the role's trust policy"
    )
    for flag, whom in (
        ("--scp", "service control policies of the caller's account"),
        ("--rcp", "resource control policies of the resource's"),
    ):
        layers.add_argument(
            flag,
            action="append",
            default=[],
            type=_level,
            metavar="FILE[,FILE]",
            help=f"the {whom}: one level's, with a comma between; again for each level, from the root to the account",
        )
    layers.add_argument("--account", type=_account, metavar="ID", help="the caller's account")
    layers.add_argument("--resource-account", type=_account, metavar="ID", help="the account that owns the resource")


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


def _level(text: str) -> list[Path]:
    files = text.split(",")
    if not all(files):
        raise argparse.ArgumentTypeError(f"{text!r} names a file that has no name")
    return [Path(file) for file in files]


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an account's id of 12 digits")
    return text


def _principal(text: str) -> str:
    if not text or text == "*":
        raise argparse.ArgumentTypeError(
            f"{text!r} is not one caller: an ARN, a service such as ec2.amazonaws.com, or a canonical user's id"
        )
    return text


def run(args: argparse.Namespace) -> int:
    """Prints the decision; 0 where the request is allowed, 3 where it is denied."""
    from ciam_tui.commands.speaking import reported

    return reported(args, _run)


def _run(args: argparse.Namespace) -> int:
    from ciam_tui.commands.can_report import decision_json, decision_lines, verdict_json, verdict_lines
    from ciam_tui.core.evaluate import Request, evaluate
    from ciam_tui.core.layers import decide

    _refuse_what_is_no_question(args)
    context: dict[str, tuple[str, ...]] = {}
    for key, value in args.context:
        context[key] = (*context.get(key, ()), value)
    request = Request(args.action, args.resource, context, args.principal)
    if _is_layered(args):
        verdict = decide(request, _layers(args), account=args.account, resource_account=args.resource_account)
        allowed, document, lines = verdict.allowed, verdict_json(verdict), verdict_lines(verdict)
    else:
        decision = evaluate(request, [_policy(path) for path in args.policies])
        allowed, document, lines = decision.allowed, decision_json(decision), decision_lines(decision)
    if args.json:
        import json

        print(json.dumps(document, indent=2))
    else:
        from ciam_tui.core.shown import shown

        for line in lines:
            print(shown(line))
    return 0 if allowed else DENIED


def _is_layered(args: argparse.Namespace) -> bool:
    """Whether the policies are told apart by kind; without any word of it they are one set, of whatever kind."""
    return any((args.boundary, args.session_policy, args.resource_policy, args.scp, args.rcp, args.account, args.resource_account))


def _refuse_what_is_no_question(args: argparse.Namespace) -> None:
    if not args.policies and not args.resource_policy:
        args.refuse("the following arguments are required: POLICY.json, or --resource-policy")
    levels = [path for level in (*args.scp, *args.rcp) for path in level]
    every = [*args.policies, *args.session_policy, *levels, *filter(None, (args.boundary, args.resource_policy))]
    if sum(str(path) == STANDARD_INPUT for path in every) > 1:
        args.refuse("standard input (-) can be read once")


def _layers(args: argparse.Namespace) -> Policies:
    from ciam_tui.core.layers import Policies

    return Policies(
        identity=[_policy(path, "identity") for path in args.policies] or None,
        boundary=[_policy(args.boundary, "identity")] if args.boundary else None,
        session=[_policy(path, "session") for path in args.session_policy] or None,
        resource=[_policy(args.resource_policy, _resource_kind(args))] if args.resource_policy else None,
        scps=[[_policy(path, "service-control") for path in level] for level in args.scp] or None,
        rcps=[[_policy(path, "resource") for path in level] for level in args.rcp] or None,
    )


def _resource_kind(args: argparse.Namespace) -> Kind:
    return "trust" if ":role/" in args.resource and args.action.lower().startswith("sts:") else "resource"


def _policy(path: Path, kind: Kind | None = None) -> CompiledPolicy:
    from ciam_tui.core.document import parse_policy
    from ciam_tui.core.evaluate import compile_policy
    from ciam_tui.core.pasted import unwrapped

    name = "standard input" if str(path) == STANDARD_INPUT else str(path)
    return compile_policy(parse_policy(unwrapped(_text(path, name), what=name), what=name, kind=kind), name=name)


def _text(path: Path, name: str) -> str:
    from ciam_tui.core.document import INVALID
    from ciam_tui.core.pasted import LARGEST
    from ciam_tui.core.problems import CiamError

    try:
        content = content_of(str(path), LARGEST + 1, what=name)
    except CiamError as error:
        raise CiamError("policy-unreadable", error.title, error.message, error.suggestions) from None
    if len(content) > LARGEST:
        raise CiamError(INVALID, f"Cannot read {name}", f"{name} is larger than {LARGEST} bytes, which no policy is.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise CiamError(INVALID, f"Cannot read {name}", f"{name} is not UTF-8 text.", ["Save it as UTF-8."]) from None
