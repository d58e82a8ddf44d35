"""What `ciam-tui migrate USER` does once it knows what is asked: shows, decides, does a stage or takes it back, and says one thing at its end.

The rules are those of `core.retirement`; here is who is asked, what is printed, and which exit code a nightly job gets.
"""

from __future__ import annotations

from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ciam_tui.commands.account import mode_of, refuse_when_read_only, said_yes, state_dir, stdin_is_terminal, typed
from ciam_tui.commands.carrying import Carrying
from ciam_tui.commands.plan_report import Report as PlanReport
from ciam_tui.commands.planned import forbidden_ids
from ciam_tui.commands.speaking import PROBLEM, nobody_to_ask, print_document, say, show_plan, warn
from ciam_tui.core.journal import fold
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.ground import Ground
from ciam_tui.core.retirement.report import Report, calendar_lines, report_document, report_lines
from ciam_tui.core.retirement.stages import QUIET_DAYS, stage_named
from ciam_tui.retiring.deciding import accepting, given_up, keeping, quiet_for, refuse_ended
from ciam_tui.retiring.driving import Desk, begin, carried_out, looked, next_to_do, noted, prepared, prepared_back
from ciam_tui.retiring.handing import hand_off_of, handed_over
from ciam_tui.retiring.leftovers import with_left_empty
from ciam_tui.retiring.look import Look
from ciam_tui.retiring.past import past

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Mapping

    from ciam_tui.apply import Ports
    from ciam_tui.commands.run_report import RunDocument
    from ciam_tui.core.retirement.events import Event
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.standing import Standing
    from ciam_tui.retiring.driving import Prepared

BLOCKED = 3


@contextmanager
def opened(args: argparse.Namespace, ports: Ports) -> Iterator[Migrating]:
    """What a command about one user works with; CircleCI's connections are let go of at its end."""
    from contextlib import closing

    from ciam_tui.commands.circleci import opened_circleci
    from ciam_tui.commands.config_file import config_text
    from ciam_tui.commands.progress import progress_line
    from ciam_tui.ports.migrations import DiskMigrations

    with closing(opened_circleci(args)) if args.circleci else nullcontext() as circleci, progress_line() as tell:
        configs = tuple((path, config_text(path)) for path in args.config)
        look = Look(tell, files=tuple(args.evidence), configs=configs)
        desk = Desk(replace(ports, circleci=circleci), DiskMigrations(state_dir(args)), look)
        yield Migrating(args, desk)


@dataclass(frozen=True, slots=True)
class Migrating:
    """One command about one user."""

    args: argparse.Namespace
    desk: Desk

    # --- finding and deciding -----------------------------------------------------------------------------------------------------------

    def found(self) -> Migration | None:
        """The retirement of the user that is under way, else the last there was."""
        kept = past(self.desk.migrations)
        warn(kept.unreadable)
        return kept.of(self.desk.ports.aws.identity().account_id, self.args.user)

    def start(self) -> int:
        """Begin the retirement, with what was decided besides."""
        from ciam_tui.commands.setup_source import setup_from

        state_dir(self.args).prove_writable()
        setup = setup_from(self.args.setup).setup
        migration = begin(self.desk, self.args.user, setup, quiet_days=self.args.quiet_days or QUIET_DAYS)
        report = noted(self.desk, migration, *self._decisions(migration))
        self._write_backup(report.migration)
        return self._told(report, done="Begun. Nothing was changed in the account by that.")

    def decided(self) -> Migration | None:
        """The retirement under way, after the decisions of this command were kept."""
        migration = self.found()
        if migration is None:
            return None
        if self.args.setup is not None:
            self._refuse_another_setup(migration)
        decisions = self._decisions(migration)
        if decisions:
            refuse_ended(migration)
            state_dir(self.args).prove_writable()
            with self.desk.migrations.lock(migration.started.account_id, migration.user_name):
                migration = self.desk.keep(self.desk.again(migration), *decisions)
        return migration

    def _decisions(self, migration: Migration) -> list[Event]:
        events: list[Event] = [event for item in self.args.accept for event in accepting(self.desk, migration, item)]
        if self.args.keep_key is not None:
            events += keeping(self.desk, migration, kept=self.args.keep_key)
        if self.args.quiet_days:
            events += quiet_for(self.desk, migration, self.args.quiet_days)
        return events

    def _refuse_another_setup(self, migration: Migration) -> None:
        import json

        from ciam_tui.commands.setup_source import setup_from
        from ciam_tui.core.setup import to_json

        if json.loads(to_json(setup_from(self.args.setup).setup)) != dict(migration.started.setup):
            message = f"The retirement of {migration.user_name} was begun with another Setup."
            raise CiamError("another-setup", "Nothing was done", message, ["Leave --setup out, or end this retirement with --end first."])

    # --- showing ------------------------------------------------------------------------------------------------------------------------

    def show_without(self) -> int:
        """What is known of a user whose retirement has not begun; an action on it is refused."""
        from ciam_tui.commands.migrate_users import show_user

        if (
            self.args.advance
            or self.args.stage
            or self.args.back
            or self.args.hand_off
            or self.args.end
            or self.args.calendar
            or self.args.accept
        ):
            message = f"No retirement of {self.args.user} was begun from here."
            fix = "Begin it with --start --setup FILE, or name the state directory of whoever did with --state-dir."
            raise CiamError("migration-unknown", "Nothing was done", message, [fix])
        return show_user(self.args, self.desk)

    def show(self, migration: Migration) -> int:
        """Where it stands, without keeping what was seen."""
        report = looked(self.desk, migration)
        self._write_backup(migration)
        return self._told(report)

    def _write_backup(self, migration: Migration) -> None:
        if self.args.backup is not None:
            from ciam_tui.commands.migrate_users import write_json

            latest = migration.backup.content if migration.backup is not None else migration.started.backup
            write_json(self.args.backup, latest)

    def _told(self, report: Report, *, done: str = "", run: RunDocument | None = None, code: int | None = None) -> int:
        """Print where it stands, and answer with the exit code."""
        if done:
            say(self.args, [done])
        report = with_left_empty(self.desk, report)
        say(self.args, calendar_lines(report) if self.args.calendar else report_lines(report))
        answer = code if code is not None else BLOCKED if report.is_blocked else 0
        if self.args.json:
            print_document(self._document(report, run, ok=answer in (0, BLOCKED)))
        return answer

    def _document(self, report: Report, run: Mapping[str, Any] | None, *, ok: bool) -> dict[str, Any]:
        return {"ok": ok, "error": run["error"] if run else None, "run": run, "migration": report_document(report)}

    # --- acting -------------------------------------------------------------------------------------------------------------------------

    def end(self, migration: Migration) -> int:
        """Give it up."""
        migration = given_up(self.desk, migration)
        done = f"The retirement of {migration.user_name} was given up. Nothing was changed by that."
        return self._told(Report(migration, Ground(self.desk.operator, None), migration.last_at), done=done)

    def advance(self, migration: Migration) -> int:
        """Do the next stage that is ready."""
        if migration.ended is not None:
            return self.show(migration)
        report = looked(self.desk, migration) if self.args.read_only else noted(self.desk, migration)
        standing = next_to_do(report)
        if standing is None:
            return self._told(report, done="Nothing is due.")
        if standing.stage.about.is_for_good and self.args.yes and not self.args.irreversible:
            words = f"Stage {standing.stage.number}, {standing.stage}, is due, and has no way back: give --irreversible too, or name it with --stage."
            return self._told(report, done=words, code=BLOCKED)
        return self._do(report, standing)

    def stage(self, migration: Migration) -> int:
        """Do the stage that is named."""
        refuse_ended(migration)
        stage = stage_named(self.args.stage)
        report = looked(self.desk, migration) if self.args.read_only else noted(self.desk, migration)
        standing = next(each for each in report.standings if each.stage is stage)
        if standing.is_done:
            return self._told(report, done=f"Stage {stage.number}, {stage}, is done: {standing.why}")
        return self._do(report, standing)

    def _do(self, report: Report, standing: Standing) -> int:
        refuse_when_read_only(self.args)
        if not self.args.yes and not stdin_is_terminal():
            return nobody_to_ask(self.args, "migrate")
        what = prepared(self.desk, report, standing.stage, keys=self.args.key, places=self.args.place)
        return self._carry(report, what)

    def back(self, migration: Migration) -> int:
        """Take the last stage back."""
        refuse_when_read_only(self.args)
        if not self.args.yes and not stdin_is_terminal():
            return nobody_to_ask(self.args, "migrate --back")
        report = noted(self.desk, migration)
        return self._carry(report, prepared_back(self.desk, report))

    def _carry(self, report: Report, what: Prepared) -> int:
        """Show, ask, carry out, and tell where it stands then."""
        ports = self.desk.ports
        plan_report = None
        if what.plan is not None:
            plan_report = PlanReport(what.plan, mode_of(self.args), forbidden=forbidden_ids(what.plan, ports), undoes=_undone(what))
            show_plan(self.args, plan_report)
            if not what.plan.applyable:
                return self._told(report, done="Nothing was done: the plan cannot be applied.", code=PROBLEM)
        state_dir(self.args).prove_writable()
        if not self.args.yes and not _is_confirmed(what):
            return self._told(report, done="Nothing was done.", code=PROBLEM)
        documents: list[RunDocument] = []
        steps = what.plan.steps if what.plan is not None else fold(ports.journals.open(what.run_id).entries()).started.steps
        carrying = Carrying(
            self.args,
            ports,
            what.run_id,
            steps,
            undoes=_undone(what),
            plan=plan_report.document() if plan_report else None,
            document=documents.append,
        )
        code = carrying.to_its_end(lambda should_stop: carried_out(self.desk, what, should_stop))
        after = noted(self.desk, what.migration, known=what.known)
        self._write_backup(after.migration)
        return self._told(after, run=documents[-1] if documents else None, code=code or None)

    def hand_off(self, migration: Migration) -> int:
        """Write what somebody else needs to do the next stage, or the one that is named."""
        from ciam_tui.ports.export_folder import write_export

        what = hand_off_of(self.desk, migration, keys=self.args.key, places=self.args.place)
        if not what.files:
            return self._told(what.report, done="Nothing is due that could be handed off.")
        written = write_export(self.args.hand_off, what.files)
        report = handed_over(self.desk, what, self.args.hand_off)
        say(self.args, (f"{each.state}  {self.args.hand_off}/{each.path}" for each in written))
        owners = "Statements for the owners of policies that would shut the roles out."
        return self._told(report, done=owners if what.standing is None else "")


def _undone(what: Prepared) -> str | None:
    return what.undoes.started.run_id if what.undoes is not None else None


def _is_confirmed(what: Prepared) -> bool:
    """A stage without a way back wants the user's name from a person who has read it; the others a yes."""
    stage = what.stage
    if what.is_back:
        return said_yes(f"Take stage {stage.number}, {stage}, back?")
    if stage.about.is_for_good:
        return typed(what.migration.user_name, f"This does stage {stage.number}: {stage.about.doing}. There is no way back.")
    return said_yes(f"Do stage {stage.number}: {stage.about.doing}?")
