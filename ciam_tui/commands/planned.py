"""The plan of a Setup with all that its reader should know before saying yes: findings, what AWS would refuse, and runs left unfinished."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.commands.account import command_line, mode_of
from ciam_tui.commands.circleci import CircleCiReading
from ciam_tui.commands.plan_report import Report
from ciam_tui.commands.setup_source import setup_from
from ciam_tui.commands.speaking import tell_that_it_reads, warn
from ciam_tui.core.findings import findings, worst_first
from ciam_tui.core.problems import CiamError, Level, Problem
from ciam_tui.core.setup import read_setup
from ciam_tui.runs import forbidden_steps, history, plan_for
from ciam_tui.survey import leftovers

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ciam_tui.apply import Ports
    from ciam_tui.core.plan import Plan
    from ciam_tui.core.setup import Setup, SetupFile


def setup_with_notes(args: argparse.Namespace) -> Setup:
    """The Setup that is named, once its writer has been told what was read in another way than it stands there.

    Raises:
        SetupInvalid: it is none.
        CiamError: it could not be read.
    """
    return _noted(setup_from(args.setup))


def setup_in(content: bytes) -> Setup:
    """The same of what a file holds.

    Raises:
        SetupInvalid: it is none.
    """
    return _noted(read_setup(content))


def _noted(file: SetupFile) -> Setup:
    warn(f"{note.level}: {note}" for note in file.notes)
    return file.setup


_NOTHING_READ = CircleCiReading()


def planned(args: argparse.Namespace, setup: Setup, ports: Ports, circleci: CircleCiReading = _NOTHING_READ) -> Report:
    """The plan for `setup` from a fresh reading, with the explicit choices of `--adopt`, and with what CircleCI shows about it."""
    tell_that_it_reads()
    plan = plan_for(setup, ports, adopt=frozenset(args.adopt), wire=args.wire)
    plan = replace(plan, problems=(*plan.problems, *_leftover_notes(setup, ports)))
    warn_of_unfinished(args, plan, ports)
    found = worst_first((*findings(setup, plan.facts.quotas), *circleci.findings))
    return Report(plan, mode_of(args), found, forbidden_ids(plan, ports), unread_in_circleci=circleci.unread)


def _leftover_notes(setup: Setup, ports: Ports) -> tuple[Problem, ...]:
    """The roles that an earlier version of the Setup made, and that an apply of this one leaves as they are."""
    try:
        left = leftovers(setup, ports.aws)
    except CiamError as error:
        text = f"Whether an earlier version of the Setup has left roles could not be read: {error.message}"
        return (Problem("stages", Level.NOTE, text),)
    text = "The role {} is tagged as of this Setup and not in it any more."
    return tuple(
        Problem("stages", Level.NOTE, text.format(role.name), "`ciam-tui remove SETUP --stale` plans its deletion.") for role in left
    )


def forbidden_ids(plan: Plan, ports: Ports) -> frozenset[str]:
    """The ids of the steps that AWS says the operator may not make."""
    return frozenset(step.id for step in forbidden_steps(plan, ports.aws)) if plan.steps else frozenset()


def warn_of_unfinished(args: argparse.Namespace, plan: Plan, ports: Ports) -> None:
    """Says that a run of this Setup stopped half way, where one did."""
    warn(_unfinished(args, plan, ports))


def _unfinished(args: argparse.Namespace, plan: Plan, ports: Ports) -> Iterator[str]:
    """What a run that stopped half way left is not yet known as ours: going on with it is better than planning around it."""
    for run in history(ports.journals).to_resume():
        if run.started.setup_id == plan.setup_id and run.pending:
            run_id = run.started.run_id
            go_on, go_back = command_line(args, "resume", run_id), command_line(args, "undo", run_id)
            yield f"Run {run_id} of this Setup is unfinished: `{go_on}` goes on with it, `{go_back}` takes it back."
