"""`export --stack-set`: the same Setup for many accounts, as a stack set of CloudFormation; its flags, and what of them does not go together."""

from __future__ import annotations

import argparse
import re
import sys
from typing import TYPE_CHECKING

from ciam_tui.commands.files import text_of
from ciam_tui.commands.flag_values import account_id, unit_id
from ciam_tui.core.stack_sets.forms import CALLERS, MODELS, NAME_PATTERN

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.export.files import ExportFile
    from ciam_tui.core.setup import Setup

# The flags that are about a stack set, by the name that argparse keeps them under.
_FLAGS: Mapping[str, str] = {
    "ou": "--ou",
    "account": "--account",
    "accounts_file": "--accounts-file",
    "stack_set_name": "--stack-set-name",
    "stack_set_region": "--stack-set-region",
    "call_as": "--call-as",
    "auto_deployment": "--auto-deployment",
    "retain_stacks": "--retain-stacks",
    "max_concurrent": "--max-concurrent",
    "failure_tolerance": "--failure-tolerance",
    "bucket_per_account": "--bucket-per-account",
}


def add_stack_set_arguments(parser: argparse.ArgumentParser) -> None:
    """Adds `--stack-set` and what says where it goes to a command's arguments."""
    flags = parser.add_argument_group("many accounts, with --format cloudformation")
    flags.add_argument(
        "--stack-set",
        choices=MODELS,
        help="a template for a stack set, and the script that rolls it out: by the units of an organization, or by a list of accounts",
    )
    flags.add_argument(
        "--ou", metavar="ID", action="append", default=[], type=unit_id, help="a unit, or the root, of the organization; may be repeated"
    )
    flags.add_argument(
        "--account",
        metavar="ID",
        action="append",
        default=[],
        type=account_id,
        help="an account; with --ou these alone of the units' accounts; may be repeated",
    )
    flags.add_argument("--accounts-file", metavar="FILE", help="JSON of accounts by id, each with its parameters, {} for none of its own")
    flags.add_argument("--stack-set-name", metavar="NAME", type=_name, help="what the stack set is called (ciam-tui-BUCKET)")
    flags.add_argument(
        "--stack-set-region",
        metavar="NAME",
        action="append",
        default=[],
        type=_region,
        help="the one region of the stack set and its stacks (the bucket's)",
    )
    flags.add_argument("--bucket-per-account", action="store_true", help="each account's bucket is called by the name and the account's id")
    flags.add_argument("--call-as", choices=CALLERS, help="who rolls it out: the management account, or a delegated administrator")
    flags.add_argument(
        "--auto-deployment", action="store_true", help="roll out to accounts that join a unit later, and take away from those that leave"
    )
    flags.add_argument("--retain-stacks", action="store_true", help="with --auto-deployment: leave the stack of an account that leaves")
    flags.add_argument("--max-concurrent", metavar="N", type=_count_from_one, help="how many accounts are worked on at once (10)")
    flags.add_argument("--failure-tolerance", metavar="N", type=_count, help="how many accounts may fail before it stops (0)")


def _name(text: str) -> str:
    if not re.fullmatch(NAME_PATTERN, text):
        raise argparse.ArgumentTypeError(f"{text!r} is no name of a stack set: letters, digits and hyphens, a letter first")
    return text


def _region(text: str) -> str:
    if not re.fullmatch("[a-z]{2,}(-[a-z]+)+-[0-9]{1,2}", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a region, such as eu-west-1")
    return text


def _count(text: str) -> int:
    if not re.fullmatch("[0-9]{1,4}", text) or int(text) > 1000:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number of accounts up to 1000")
    return int(text)


def _count_from_one(text: str) -> int:
    if _count(text) == 0:
        raise argparse.ArgumentTypeError("nothing is ever done with 0 accounts at once")
    return int(text)


def misused(args: argparse.Namespace) -> str | None:
    """Which of the options do not go together, and why."""
    if args.stack_set is None:
        typed = [flag for name, flag in _FLAGS.items() if getattr(args, name) not in (None, [], False)]
        return f"{typed[0]} goes with --stack-set" if typed else None
    if args.format != "cloudformation" or args.out is None:
        return "--stack-set is for --format cloudformation with --out"
    if len(set(args.stack_set_region)) > 1:
        return (
            "IAM is the same in every region, so that an account gets one stack in one region: a second one would find its roles "
            "made. Name one --stack-set-region"
        )
    return _misused_units(args) if args.stack_set == "service-managed" else _misused_accounts(args)


def _misused_units(args: argparse.Namespace) -> str | None:
    if not args.ou:
        return "service-managed goes by organizational units: name an --ou, or the root with --ou r-..."
    if args.auto_deployment and args.account:
        return "automatic deployment goes by units, and would reach accounts that --account leaves out: leave out one of the two"
    if args.retain_stacks and not args.auto_deployment:
        return "--retain-stacks goes with --auto-deployment"
    return None


def _misused_accounts(args: argparse.Namespace) -> str | None:
    for name in ("ou", "call_as", "auto_deployment", "retain_stacks"):
        if getattr(args, name):
            return f"{_FLAGS[name]} goes with --stack-set service-managed"
    if not args.account and args.accounts_file is None:
        return "self-managed goes by accounts: name an --account, or an --accounts-file"
    return None


def stack_set_files(args: argparse.Namespace, setup: Setup) -> tuple[ExportFile, ...]:
    """The files of the export; what is to be doubted in the rollout is told on standard error.

    Raises:
        CiamError: the file of accounts cannot be read or is wrong, or the Setup cannot be rolled out so.
    """
    from ciam_tui.core.shown import shown
    from ciam_tui.core.stack_sets.accounts_file import FILE_BYTES, read_accounts
    from ciam_tui.core.stack_sets.doubts import doubts
    from ciam_tui.core.stack_sets.export import export_stack_set
    from ciam_tui.core.stack_sets.rollout import Rollout, default_name, default_region

    overrides = {}
    if args.accounts_file is not None:
        text = text_of(args.accounts_file, FILE_BYTES, what="the accounts file")
        overrides = read_accounts(text, setup, bucket_per_account=args.bucket_per_account)
    rollout = Rollout(
        model=args.stack_set,
        name=args.stack_set_name or default_name(setup),
        region=args.stack_set_region[0] if args.stack_set_region else default_region(setup),
        units=tuple(dict.fromkeys(args.ou)),
        accounts=tuple(dict.fromkeys(args.account)),
        overrides=overrides,
        auto_deployment=args.auto_deployment,
        retain_stacks=args.retain_stacks,
        bucket_per_account=args.bucket_per_account,
        **{name: value for name in ("call_as", "max_concurrent", "failure_tolerance") if (value := getattr(args, name)) is not None},
    )
    files = export_stack_set(setup, rollout)
    for sentence in doubts(setup, rollout):
        print(shown(f"warning: {sentence}"), file=sys.stderr)
    return files
