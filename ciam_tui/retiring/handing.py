"""A stage handed to somebody with more rights: which files that takes, and that it is kept to whom it was given."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.events import HandedOff
from ciam_tui.core.retirement.hand_off import hand_off_files, statement_files
from ciam_tui.core.retirement.stages import Stage
from ciam_tui.core.roles import wanted_roles
from ciam_tui.retiring.deciding import refuse_ended
from ciam_tui.retiring.driving import keep_backup, noted, prepared
from ciam_tui.retiring.ground import setup_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ciam_tui.core.export.files import ExportFile
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.report import Report
    from ciam_tui.core.retirement.standing import Standing
    from ciam_tui.retiring.driving import Desk


@dataclass(frozen=True, slots=True)
class HandOff:
    """What is handed off: the stage of `standing`, or, where None is due, statements for the owners of policies alone."""

    report: Report
    standing: Standing | None
    files: tuple[ExportFile, ...]


def hand_off_of(desk: Desk, migration: Migration, *, keys: Sequence[str] = (), places: Sequence[str] = ()) -> HandOff:
    """The files for the next stage; none where nothing is due and nobody has to add a statement.

    Raises:
        CiamError: `migration-ended`; `run-interrupted`, where the stage is half done from here; `no-backup`, where the user is to be deleted and
            something of it could not be read; and as any read.
    """
    refuse_ended(migration)
    report = noted(desk, migration)
    statements = statement_files(report.ground.obstacles)
    standing = next((each for each in report.standings if each.can_begin), None)
    if standing is None:
        return HandOff(report, None, statements)
    what = prepared(desk, report, standing.stage, keys=keys, places=places)
    if what.plan is None:
        message = f"Run {what.run_id} of this stage was interrupted."
        raise CiamError("run-interrupted", "Nothing was handed off", message, ["Go on with it by --advance."])
    setup = setup_of(migration)
    arns = {role.name.lower(): role.arn for role in wanted_roles(setup)}
    changes = [step.change for step in what.plan.steps]
    files = hand_off_files(report.migration, standing, changes, org_id=setup.circleci.org_id, role_arns=arns)
    if standing.stage is Stage.DELETE_USER:
        keep_backup(desk, report)
    return HandOff(report, standing, (*files, *statements))


def handed_over(desk: Desk, what: HandOff, to: Path) -> Report:
    """Keep that the files were written into `to`: the stage waits for whoever runs them."""
    if what.standing is None:
        return what.report
    handed = HandedOff(what.standing.stage, str(to), desk.ports.clock.now(), desk.operator)
    return noted(desk, what.report.migration, handed, known=what.report.ground)
