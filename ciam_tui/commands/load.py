"""`ciam-tui load`: a Setup file for roles that are there already, as far as one can say what they do, and what it does not say."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.loading.comparison import Compared
    from ciam_tui.core.loading.setup import Loaded, RoleText

DIFFERS = 3
_ACCOUNT = re.compile(r"[0-9]{12}")
_MOST_TOLD = 12

_EPILOG = """\
examples:
  ciam-tui load circleci-web-build circleci-web-deploy --out setup.json      roles of the account, one stage each
  ciam-tui load --permissions s3.json --trust trust.json --name deploy --account 123456789012 > setup.json      from files, offline
  ciam-tui load circleci-web-deploy --json

What the policies say and a Setup cannot is told on standard error; then whether the Setup's own policies are equal, narrower or wider, as the
evaluator answers request by request and token by token. Nothing is changed: look at the Setup, then `ciam-tui plan` it with --adopt NAME.
Exit codes: 0 the Setup does what the roles do; 3 it does not quite, and both are told; 1 there is no Setup for them; 2 wrong usage.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `load` to the commands."""
    parser = commands.add_parser(
        "load",
        help="make a Setup file of roles that are there already",
        description="Reads roles, or policy files, and writes the Setup that comes nearest to what they do.",
        epilog=_EPILOG,
    )
    parser.add_argument("roles", metavar="ROLE", nargs="*", help="the name of a role in the account; each becomes a stage")
    files = parser.add_argument_group("policies from files, in place of roles")
    files.add_argument("--permissions", metavar="FILE", action="append", default=[], help="a permission policy; may be given again")
    files.add_argument("--trust", metavar="FILE", help="the trust policy")
    files.add_argument("--name", metavar="NAME", default="circleci-stage", help="the name of the role (circleci-stage)")
    files.add_argument("--account", metavar="ID", type=_account, help="the account of the role")
    parser.add_argument("--bucket-region", metavar="NAME", help="the region of the bucket, where no policy says it")
    parser.add_argument("--org-slug", metavar="SLUG", help="the organization's slug, such as gh/acme, which no policy says")
    parser.add_argument("--out", metavar="FILE", type=Path, help="write the Setup there, and not on standard output")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output, the Setup in it")
    parser.set_defaults(run=run, wrong_usage=parser.error)


def _account(text: str) -> str:
    if not _ACCOUNT.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not an account's id of 12 digits")
    return text


def run(args: argparse.Namespace) -> int:
    """Writes the Setup and tells what it does not say; see the exit codes in the help."""
    from ciam_tui.commands.speaking import reported

    from_files = bool(args.permissions or args.trust)
    if from_files == bool(args.roles):
        args.wrong_usage("name roles, or give --permissions and --trust")
    if from_files and not (args.permissions and args.trust and args.account):
        args.wrong_usage("a role from files wants --permissions, --trust and --account")
    return reported(args, _run)


def _run(args: argparse.Namespace) -> int:
    from ciam_tui.commands.speaking import print_document, warn
    from ciam_tui.core.loading.comparison import compared
    from ciam_tui.core.setup import to_json

    roles, found = _from_account(args) if args.roles else _from_files(args)
    comparisons = compared(roles, found.setup)
    text = to_json(found.setup)
    if args.out is not None:
        write_setup(args.out, text)
    warn(_lines(found, comparisons))
    if args.json:
        print_document(_document(found, comparisons))
    elif args.out is None:
        print(text, end="")
    return 0 if all(each.permissions == each.trust == "equal" for each in comparisons) else DIFFERS


def _from_files(args: argparse.Namespace) -> tuple[Sequence[RoleText], Loaded]:
    from ciam_tui.core.loading.setup import RoleText, loaded

    policies = tuple(
        (f"policy {number}" if name == "-" else name, _document_of(name)) for number, name in enumerate(args.permissions, start=1)
    )
    role = RoleText(args.name, _document_of(args.trust), policies)
    partition = next((part for part in ("aws-cn", "aws-us-gov", "aws-eusc") if f"arn:{part}:" in role.trust.text), "aws")
    return [role], loaded([role], account_id=args.account, partition=partition, region=args.bucket_region, org_slug=args.org_slug)


def _document_of(name: str) -> Any:
    from ciam_tui.commands.files import text_of
    from ciam_tui.core.document import Document
    from ciam_tui.core.pasted import LARGEST, unwrapped

    return Document(unwrapped(text_of(name, LARGEST, what=name), what=name))


def _from_account(args: argparse.Namespace) -> tuple[Sequence[RoleText], Loaded]:
    from ciam_tui.commands.account import ports_from
    from ciam_tui.commands.speaking import tell_that_it_reads
    from ciam_tui.core.loading.setup import RoleText, loaded
    from ciam_tui.core.problems import CiamError

    aws = ports_from(args).aws
    tell_that_it_reads()
    identity = aws.identity()
    read = aws.roles(args.roles)
    missing = [name for name in args.roles if name.lower() not in read]
    if missing:
        raise CiamError(
            "role-unknown",
            "Cannot load the role",
            f'The account has no role "{missing[0]}".',
            ("`ciam-tui audit` lists those that trust CircleCI.",),
        )
    attached = sorted({arn for role in read.values() for arn in role.attached})
    managed = aws.policies_in_force(attached, lambda _: None)
    if managed.unread:
        arn, why = next(iter(managed.unread.items()))
        raise CiamError(
            "access-denied",
            "Cannot load the role",
            f"Its policy {arn} could not be read: {why}",
            ("Ask for iam:GetPolicy and iam:GetPolicyVersion.",),
        )
    roles = [
        RoleText(
            role.name,
            role.trust,
            (*role.inline, *((arn, managed.documents[arn]) for arn in role.attached if arn in managed.documents)),
            role.path,
            role.max_session_seconds,
            role.boundary,
            role.tags,
        )
        for role in (read[name.lower()] for name in dict.fromkeys(args.roles))
    ]
    region = args.bucket_region or _region_of_bucket(roles, aws)
    return roles, loaded(roles, account_id=identity.account_id, partition=identity.partition, region=region, org_slug=args.org_slug)


def _region_of_bucket(roles: Sequence[RoleText], aws: Any) -> str | None:
    """Where the bucket lies that the roles name; None where they name none, or it cannot be looked at."""
    from ciam_tui.core.document import parse_policy
    from ciam_tui.core.loading.grants import grants_of
    from ciam_tui.core.problems import CiamError

    name = next(
        (
            found
            for role in roles
            for _, each in role.permissions
            if (found := grants_of([("", parse_policy(each.text, what="the policy"))]).bucket)
        ),
        "",
    )
    try:
        bucket = aws.bucket(name, owner=None) if name else None
    except CiamError:
        return None
    return bucket.region if bucket is not None else None


def write_setup(path: Path, text: str) -> None:
    """Write a Setup file that is not there yet.

    Raises:
        CiamError: `file-exists`; `file-unwritable`.
    """
    from ciam_tui.core.problems import CiamError

    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise CiamError(
            "file-exists", "Cannot write the Setup file", f'"{path}" is there already.', ("Name another file, or move that one away.",)
        ) from None
    except OSError as error:
        why = error.strerror or type(error).__name__
        fix = "Name a file in a folder that you may write to and that has room."
        raise CiamError("file-unwritable", "Cannot write the Setup file", f'"{path}" cannot be written: {why}.', (fix,)) from None


def _lines(found: Loaded, comparisons: Sequence[Compared]) -> Iterator[str]:
    if found.notes:
        yield "What the Setup does not say:"
        yield from (f"  {note}" for note in found.notes)
    for each in comparisons:
        yield f"{each.role}: the Setup's permissions are {_words(each.permissions)}, and its trust is {_words(each.trust)}."
        yield from _some("may today, and not by the Setup", each.lost)
        yield from _some("may by the Setup, and not today", each.gained)
        yield from _some("gets in today, and not by the Setup", each.lost_tokens)
        yield from _some("gets in by the Setup, and not today", each.gained_tokens)


def _words(word: str) -> str:
    return {"equal": "equal, as far as was asked", "other": "narrower in some and wider in other"}.get(word, word)


def _some(what: str, found: Sequence[str]) -> Iterator[str]:
    if found:
        yield f"  {what}:"
        yield from (f"    {each}" for each in found[:_MOST_TOLD])
    if len(found) > _MOST_TOLD:
        yield f"    and {len(found) - _MOST_TOLD} more, which --json tells"


def _document(found: Loaded, comparisons: Sequence[Compared]) -> dict[str, Any]:
    return {
        "ok": True,
        "error": None,
        "setup": found.setup.model_dump(mode="json"),
        "notes": list(found.notes),
        "roles": [
            {
                "role": each.role,
                "permissions": each.permissions,
                "lost": list(each.lost),
                "gained": list(each.gained),
                "trust": each.trust,
                "lost_tokens": list(each.lost_tokens),
                "gained_tokens": list(each.gained_tokens),
            }
            for each in comparisons
        ],
    }
