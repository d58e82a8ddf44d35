"""`ciam-tui migrate`: users with keys, one user understood, and the retirement of its keys stage by stage, by a person or by a nightly job."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from ciam_tui.commands.flag_values import days_up_to
from ciam_tui.core.retirement.stages import LONGEST_QUIET_DAYS, QUIET_DAYS

if TYPE_CHECKING:
    from ciam_tui.commands.migrating import Migrating


_EPILOG = f"""\
examples:
  ciam-tui migrate                                       users with keys, the riskiest first
  ciam-tui migrate ci-uploader --circleci                what it may do, what it used, where its key sits, and where its retirement stands
  ciam-tui migrate ci-uploader --propose setup.json      a Setup from its policies and its use, to be opened in the wizard
  ciam-tui migrate ci-uploader --start --setup setup.json
  ciam-tui migrate ci-uploader --advance --circleci      does the next stage, after a question
  ciam-tui migrate ci-uploader --advance --circleci --yes --json     the same in a nightly job
  ciam-tui migrate ci-uploader --back                    takes the last stage back: makes the key active again
  ciam-tui migrate ci-uploader --stage delete-key --yes  after the quiet period; there is no way back

The stages: 1 roles, 2 wiring, 3 role-in-use, 4 variables, 5 deactivate, 6 quiet ({QUIET_DAYS} days), 7 delete-key, 8 delete-user. Each is read from the
account and from CircleCI, whoever did it; days may lie between them. 4, 7 and 8 cannot be taken back: a person types the user's name, a job
names the stage (--stage) or gives --irreversible, and --yes.
Exit codes: 0 done, or nothing is due; 3 something stands in the way, or a stage without a way back is due; 1 a problem or a refusal; 2 wrong
usage, or no --yes off a terminal; 130 interrupted.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `migrate` to the commands."""
    parser = commands.add_parser(
        "migrate",
        help="retire the access keys of a user, stage by stage",
        description="Lists users with keys; shows what one may do and did; and retires its keys stage by stage, each of which is journaled,\n"
        "rests on evidence, and can be taken back until the last.",
        epilog=_EPILOG,
    )
    parser.add_argument("user", metavar="USER", nargs="?", help="the IAM user; without it, users with keys are listed")
    _add_actions(parser)
    _add_decisions(parser)
    _add_readings(parser)
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument("--irreversible", action="store_true", help="with --advance and --yes: stages without a way back too")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run)


def _add_actions(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what to do (by default: show where it stands)").add_mutually_exclusive_group()
    group.add_argument("--start", action="store_true", help="begin the retirement; wants --setup, and changes nothing in the account")
    group.add_argument("--advance", action="store_true", help="do the next stage that is ready; tell what waits until when")
    group.add_argument("--stage", metavar="STAGE", help="do this stage, by its number or name, if it is ready")
    group.add_argument("--back", action="store_true", help="take the last stage back; makes a key active again")
    group.add_argument(
        "--hand-off", metavar="DIR", type=Path, help="write the commands of the next stage, and their least policy, for somebody else"
    )
    group.add_argument("--calendar", action="store_true", help="what waits for what until when")
    group.add_argument("--end", action="store_true", help="give this retirement up; nothing is changed by that")


def _add_decisions(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("decisions, which are kept")
    group.add_argument("--setup", metavar="FILE", help="the Setup whose roles replace the keys")
    group.add_argument(
        "--accept",
        metavar="ITEM",
        action="append",
        default=[],
        help="go on in spite of ITEM, which a blocked stage names; may be given again",
    )
    group.add_argument(
        "--keep-key", action=argparse.BooleanOptionalAction, default=None, help="leave the key active until the quiet period is over"
    )
    group.add_argument(
        "--quiet-days", metavar="N", type=days_up_to(LONGEST_QUIET_DAYS), help=f"the length of the quiet period ({QUIET_DAYS})"
    )


def _add_readings(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("what is read and written besides")
    group.add_argument("--circleci", action="store_true", help="read and change CircleCI too, with the token of CIRCLE_TOKEN or its CLI")
    group.add_argument(
        "--config", metavar="FILE", action="append", default=[], help="a CircleCI configuration: who in it would still use the key"
    )
    group.add_argument(
        "--evidence",
        metavar="FILE",
        action="append",
        default=[],
        type=Path,
        help="CloudTrail or S3 access logs, or a folder of them; may be given again",
    )
    group.add_argument("--key", metavar="KEY_ID", action="append", default=[], help="only this key of the user; may be given again")
    group.add_argument(
        "--place", metavar="PLACE", action="append", default=[], help="only this place of stage 4: 'context deploys'; may be given again"
    )
    group.add_argument("--propose", metavar="FILE", type=Path, help="write the proposed Setup to FILE")
    group.add_argument("--backup", metavar="FILE", type=Path, help="write all that defines the user to FILE, without secrets")


def run(args: argparse.Namespace) -> int:
    """Shows or does; see the exit codes in the help."""
    from ciam_tui.commands.speaking import misused, reported

    problem = _usage_problem(args)
    if problem:
        return misused(args, problem)
    return reported(args, _run)


def _usage_problem(args: argparse.Namespace) -> str | None:
    acts = args.start or args.advance or args.stage or args.back or args.hand_off or args.calendar or args.end
    decides = args.accept or args.keep_key is not None or args.quiet_days or args.setup or args.propose or args.backup
    if args.user is None and (acts or decides):
        return "name the user: ciam-tui migrate USER ..."
    if args.start and args.setup is None:
        return "--start wants --setup FILE: the Setup whose roles replace the keys. --propose FILE writes one."
    return None


def _run(args: argparse.Namespace) -> int:
    from ciam_tui.commands.account import ports_from

    if args.user is None:
        from ciam_tui.commands.migrate_users import list_users

        return list_users(args, ports_from(args))
    from ciam_tui.commands.migrating import opened

    with opened(args, ports_from(args)) as migrating:
        return _acted(migrating)


def _acted(migrating: Migrating) -> int:
    args = migrating.args
    if args.start:
        return migrating.start()
    migration = migrating.decided()
    if migration is None:
        return migrating.show_without()
    if args.end:
        return migrating.end(migration)
    if args.back:
        return migrating.back(migration)
    if args.hand_off is not None:
        return migrating.hand_off(migration)
    if args.stage is not None:
        return migrating.stage(migration)
    if args.advance:
        return migrating.advance(migration)
    return migrating.show(migration)
