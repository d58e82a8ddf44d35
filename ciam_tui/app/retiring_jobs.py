"""What the screens of a retirement have done in workers: users read, one understood, its retirement looked at, decided about and gone on with.

The rules are those of `core.retirement`, and what drives them is `retiring`: here each is one call that knows the session's doors. All of it may
take as long as AWS takes, and imports late: only workers call it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ciam_tui.app.circleci_known import NO_TOKEN
from ciam_tui.app.jobs import Job, Reviewed, finished, past, permitted, ports_of, run_state
from ciam_tui.app.running import Progress, progress_of
from ciam_tui.app.session import Mode
from ciam_tui.app.wiring_words import organization_changed
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ciam_tui.app.session import Session
    from ciam_tui.core.evidence.facts import Evidence
    from ciam_tui.core.proposal.comparison import Comparison
    from ciam_tui.core.proposal.proposing import Proposal
    from ciam_tui.core.retirement.events import Event
    from ciam_tui.core.retirement.migration import Migration
    from ciam_tui.core.retirement.report import Report
    from ciam_tui.core.retirement.stages import Stage
    from ciam_tui.core.setup import Setup
    from ciam_tui.core.users.facts import User
    from ciam_tui.core.users.listing import Listing
    from ciam_tui.core.users.understanding import Understanding
    from ciam_tui.ports.api import CircleCi
    from ciam_tui.retiring.driving import Desk, Prepared

    Tell = Callable[[str], None]
    ShouldStop = Callable[[], bool]
    Decide = Callable[[Desk, Migration], tuple[Event, ...]]

READ_ONLY_REASON = "READ ONLY: ciam-tui was started with --read-only: it changes nothing, and decides nothing about a retirement."
NOT_BEGUN = "No retirement of this user was begun: ctrl+d chooses the Setup that replaces its keys, and begins it."


@dataclass(frozen=True, slots=True)
class Users:
    """The listing, with the retirements of this state directory by the user's name in lower case."""

    listing: Listing
    begun: Mapping[str, Migration]


def circleci_of(session: Session) -> CircleCi | None:
    """The way into CircleCI, None where there is no token for it.

    Raises:
        CiamError: the token that there is cannot be used.
    """
    try:
        return session.circleci()
    except CiamError as error:
        if error.code != NO_TOKEN:
            raise
        return None


def desk_of(session: Session, tell: Tell, should_stop: ShouldStop, files: tuple[Path, ...] = ()) -> Desk:
    """What a retirement is driven with.

    Raises:
        CiamError: nobody is signed in, or there is no state directory.
    """
    from ciam_tui.retiring.driving import Desk
    from ciam_tui.retiring.look import Look

    ports = replace(ports_of(session), circleci=circleci_of(session))
    return Desk(ports, session.need_migrations(), Look(tell, should_stop, files))


def users_read(session: Session, tell: Tell, should_stop: ShouldStop) -> Users:
    """All users with keys. That CircleCI cannot be asked keeps nobody from the list: it is told.

    Raises:
        CiamError: AWS cannot be asked, or the account's users may not be listed.
    """
    from ciam_tui.retiring.past import past as kept
    from ciam_tui.surveys.users import users_of

    aws, at = session.need_aws(), session.clock.now()
    try:
        listing = users_of(aws, at=at, circleci=circleci_of(session), progress=tell, should_stop=should_stop)
    except CiamError as error:
        if not error.code.startswith("circleci-"):
            raise
        listing = users_of(aws, at=at, progress=tell, should_stop=should_stop)
        listing = replace(listing, unread=(*listing.unread, f"CircleCI could not be asked: {error.message}"))
    found = kept(session.need_migrations())
    own = [each for each in found.migrations if each.started.account_id == listing.identity.account_id]
    begun = {each.user_name.lower(): each for each in sorted(own, key=lambda each: each.is_active)}
    return Users(replace(listing, unread=(*listing.unread, *found.unreadable)), begun)


def user_read(session: Session, name: str, tell: Tell, should_stop: ShouldStop) -> Understanding:
    """One user, by everything that bears on it.

    Raises:
        CiamError: `user-not-found`; and as any read.
    """
    from ciam_tui.surveys.users import one_user

    return one_user(session.need_aws(), name, circleci=circleci_of(session), progress=tell, should_stop=should_stop)


def evidence_read(session: Session, user: User, tell: Tell, should_stop: ShouldStop) -> Evidence:
    """What is known of a user's use."""
    from ciam_tui.retiring.beside import evidence_for

    desk = desk_of(session, tell, should_stop)
    return evidence_for(user, desk.ports, desk.look)


def comparison_read(session: Session, user: User, evidence: Evidence, setup: Setup, tell: Tell) -> Comparison:
    """What a user would lose and gain by `setup`.

    Raises:
        CiamError: its policies may not be read.
    """
    from ciam_tui.core.proposal.comparison import compared
    from ciam_tui.surveys.users import policies_of

    groups, policies = policies_of(session.need_aws(), user, tell)
    return compared(user, groups, policies, evidence, setup)


def proposal_read(session: Session, name: str, tell: Tell, should_stop: ShouldStop, files: tuple[Path, ...] = ()) -> Proposal:
    """The Setup that would replace a user.

    Raises:
        CiamError: there is no such user; and as any read.
    """
    from ciam_tui.retiring.beside import evidence_for
    from ciam_tui.retiring.proposing import proposal_for

    desk = desk_of(session, tell, should_stop, files)
    user = _user(session, name)
    return proposal_for(user, evidence_for(user, desk.ports, desk.look), desk.ports, desk.look)


def _user(session: Session, name: str) -> User:
    user = session.need_aws().user(name)
    if user is None:
        raise CiamError("user-not-found", f"Cannot look at {name}", "The account has no such user.", ["Read the list again."])
    return user


# The retirement


def kept_migration(session: Session, name: str) -> Migration | None:
    """The retirement of a user that is under way, else the last that there was."""
    from ciam_tui.retiring.past import past as kept

    account_id = session.need_aws().identity().account_id
    return kept(session.need_migrations()).of(account_id, name)


def setup_chosen(session: Session, name: str, migration: Migration | None) -> Setup | None:
    """The Setup that replaces a user's keys: that of its retirement, else the one that was chosen for it."""
    from ciam_tui.retiring.ground import setup_of

    return setup_of(migration) if migration is not None and migration.is_active else session.chosen_setups.get(name.lower())


def report_read(
    session: Session,
    name: str,
    tell: Tell,
    should_stop: ShouldStop,
    *,
    files: tuple[Path, ...] = (),
    decide: Decide | None = None,
) -> Report | None:
    """Where a retirement stands after what `decide` answers was kept; None where none was begun. READ ONLY keeps nothing of what it sees.

    Raises:
        CiamError: `migration-running`, where something was decided and another process is at it; and as any read.
    """
    from ciam_tui.retiring.leftovers import with_left_empty

    desk = desk_of(session, tell, should_stop, files)
    migration = kept_migration(session, name)
    return with_left_empty(desk, _report(session, desk, migration, decide)) if migration is not None else None


def _report(session: Session, desk: Desk, migration: Migration, decide: Decide | None) -> Report:
    from ciam_tui.retiring.driving import looked, noted

    if decide is not None:
        return noted(desk, migration, *decide(desk, migration))
    if session.mode is Mode.READ_ONLY or not migration.is_active:
        return looked(desk, migration)
    try:
        return noted(desk, migration)
    except CiamError as error:
        if error.code not in ("migration-running", "state-not-writable"):
            raise
        return looked(desk, migration)  # whoever is at it keeps what is seen


def begun(session: Session, name: str, setup: Setup, tell: Tell, should_stop: ShouldStop) -> None:
    """Begin the retirement; nothing is changed in the account by that.

    Raises:
        CiamError: as `retiring.driving.begin`.
    """
    from ciam_tui.retiring.driving import begin

    begin(desk_of(session, tell, should_stop), name, setup)
    session.chosen_setups.pop(name.lower(), None)


def ended(session: Session, name: str, tell: Tell, should_stop: ShouldStop) -> None:
    """Give the retirement up; nothing is changed in the account by that.

    Raises:
        CiamError: there is none; `migration-ended`, `migration-running`.
    """
    from ciam_tui.retiring.deciding import given_up

    migration = kept_migration(session, name)
    if migration is None:
        raise CiamError("migration-unknown", "Nothing was done", NOT_BEGUN)
    given_up(desk_of(session, tell, should_stop), migration)


def stage_prepared(session: Session, report: Report, stage: Stage | None, tell: Tell, should_stop: ShouldStop) -> Prepared:
    """What doing `stage` means now, or, with None, taking the last one back.

    Raises:
        CiamError: as `retiring.driving.prepared` and `prepared_back`.
    """
    from ciam_tui.retiring.driving import prepared, prepared_back

    desk = desk_of(session, tell, should_stop)
    return prepared_back(desk, report) if stage is None else prepared(desk, report, stage)


def stage_reviewed(session: Session, what: Prepared, tell: Tell) -> Reviewed:
    """The plan of a stage with all that speaks against it, and the job that it becomes.

    Raises:
        CiamError: `run-interrupted`, where a run of it is gone on with; and as any read.
    """
    from ciam_tui.retiring.ground import setup_of

    if what.plan is None:
        raise CiamError(
            "run-interrupted", "This stage is half done", f"Run {what.run_id} of it was interrupted.", ["Go back, and advance."]
        )
    tell("What you may do")
    concerns = permitted(what.plan, ports_of(session))
    return Reviewed(what.plan, concerns, lambda: stage_job(session, what), setup_of(what.migration))


def stage_job(session: Session, what: Prepared) -> Job:
    """The stage as a run that is carried out under the retirement's lock."""
    from ciam_tui.retiring.driving import carried_out

    started = what.migration.started
    circleci = started.setup.get("circleci", {})
    progress = Progress(what.plan.steps) if what.plan is not None else progress_of(run_state(session, what.run_id))
    undoes = what.undoes.started.run_id if what.undoes is not None else None
    return Job(
        what.run_id,
        progress,
        lambda should_stop: carried_out(desk_of(session, _silent, should_stop), what, should_stop),
        undoes=undoes,
        circleci=organization_changed(progress.steps, str(circleci.get("org_id", "")), circleci.get("org_slug"), session.known_circleci),
        retires=what.migration.user_name,
    )


def _silent(text: str) -> None:
    del text


# Setups to choose from


@dataclass(frozen=True, slots=True)
class Source:
    """A Setup that could replace the keys, and where it comes from."""

    key: str
    title: str
    about: str
    setup: Setup


def sources(session: Session) -> tuple[Source, ...]:
    """The wizard's saved draft, where it is finished, and the Setups of past runs, newest first."""
    from ciam_tui.runs import setup_of

    found: dict[str, Source] = {}
    try:
        saved = session.drafts.load()
        if saved is not None:
            setup = finished(saved.draft)
            found[setup.model_dump_json()] = Source(
                "draft", "The wizard's draft", f"{_about(setup)}, {saved.saved_at:%Y-%m-%d %H:%M} UTC", setup
            )
    except CiamError:
        pass  # an unfinished or unreadable draft is none to choose; the wizard says what it lacks
    for run in reversed(past(session).runs):
        if run.started.undoes is None:
            setup = setup_of(run)
            source = Source(run.started.run_id, f"Run {run.started.run_id}", _about(setup), setup)
            found.setdefault(setup.model_dump_json(), source)
    return tuple(found.values())


def _about(setup: Setup) -> str:
    stages = ", ".join(stage.name for stage in setup.stages)
    return f"{setup.bucket.name}: {stages}"


def handed_off(session: Session, name: str, folder: Path, *, replace: bool) -> int:
    """Write the next stage for somebody else into `folder`, and keep that it waits for them; how many files that were.

    Raises:
        CiamError: nothing is due; a file is in the way; and as any read.
    """
    from ciam_tui.ports.export_conflicts import write_unless_in_the_way
    from ciam_tui.retiring.handing import hand_off_of, handed_over

    migration = kept_migration(session, name)
    if migration is None:
        raise CiamError("migration-unknown", "Nothing was written", NOT_BEGUN)
    desk = desk_of(session, _silent, lambda: False)
    what = hand_off_of(desk, migration)
    if not what.files:
        raise CiamError("nothing-due", "Nothing was written", "Nothing is due that could be handed off.")
    written = write_unless_in_the_way(folder, what.files, replace=replace)
    handed_over(desk, what, folder)
    return written
