"""Gathers a pack of evidence: the account, the journals and the retirements, read once each, and nothing written anywhere.

What cannot be read ends nothing: it becomes a piece that says why it is not there. Only credentials that open no account, or another one
than the Setup's, end the gathering, since everything would then be about something else.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ciam_tui.core.acceptance.fingerprints import of_setup, place_of_setup
from ciam_tui.core.acceptance.judging import accepted
from ciam_tui.core.acceptance.of_audit import marked
from ciam_tui.core.assurance.access import RoleInForce, access_in_force
from ciam_tui.core.assurance.controls import Kind
from ciam_tui.core.assurance.items import About, Item, Made, NotCollected, Pack, not_collected
from ciam_tui.core.assurance.of_acceptance import accepted_item
from ciam_tui.core.assurance.of_account import audit_item, conformity, roles_before, roles_now, user_item
from ciam_tui.core.assurance.of_retirement import retirement_item
from ciam_tui.core.assurance.of_runs import run_item
from ciam_tui.core.assurance.of_setup import findings_item, setup_item
from ciam_tui.core.audit.issuers import CircleCiIssuers
from ciam_tui.core.findings import findings
from ciam_tui.core.ownership import setup_id
from ciam_tui.core.problems import CiamError
from ciam_tui.core.retirement.migration import fold
from ciam_tui.core.trust import is_cloud, issuer_url
from ciam_tui.runs import history, plan_for
from ciam_tui.surveys.audit import audited

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ciam_tui.apply import Ports
    from ciam_tui.core.acceptance.file import AcceptanceFile
    from ciam_tui.core.acceptance.judging import Acceptance
    from ciam_tui.core.audit.report import AuditReport
    from ciam_tui.core.facts import Identity, Role
    from ciam_tui.core.history import History
    from ciam_tui.core.journal import RunState
    from ciam_tui.core.plan import Plan
    from ciam_tui.core.retirement.events import Event
    from ciam_tui.core.setup import Setup
    from ciam_tui.ports.api import Aws, Migrations

# Then nothing that is read would be about the Setup's account.
_ENDS_ALL = frozenset({"wrong-account"})


@dataclass(frozen=True, slots=True)
class Accepted:
    """A file of accepted findings, by its name and its digest."""

    name: str
    sha256: str
    file: AcceptanceFile


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is gathered. Without `users` those of every retirement that is kept, without `runs` all of the Setup and of those retirements.

    `setup_sha256` is the digest of the Setup's file; `digest_of` gives that of a file of the state directory, None where it cannot be read.
    """

    setup: Setup
    version: str
    users: tuple[str, ...] = ()
    runs: tuple[str, ...] = ()
    accepted: Accepted | None = None
    setup_sha256: str | None = None
    digest_of: Callable[[str], str | None] = lambda _: None


def gathered(wanted: Wanted, ports: Ports, migrations: Migrations, tell: Callable[[str], None]) -> Pack:
    """The pack.

    Raises:
        CiamError: AWS cannot be asked at all; `wrong-account`; a run that was named is not known.
    """
    tell("Who you are")
    identity = ports.aws.identity()
    now = ports.clock.now()
    gathering = _Gathering(wanted, ports, migrations, tell, identity, now, Made(now))
    return Pack(
        About(
            version=wanted.version,
            account_id=identity.account_id,
            bucket=wanted.setup.bucket.name,
            setup_id=setup_id(wanted.setup),
            at=now,
            account_alias=identity.alias,
            operator=identity.arn,
            region=ports.aws.region,
        ),
        tuple(gathering.items()),
        tuple(gathering.missing),
    )


@dataclass(slots=True)
class _Gathering:
    """One gathering: what it works with, and what it could not have."""

    wanted: Wanted
    ports: Ports
    migrations: Migrations
    tell: Callable[[str], None]
    identity: Identity
    now: datetime
    made: Made
    missing: list[NotCollected] = field(default_factory=list)
    acceptances: list[Acceptance] = field(default_factory=list)

    def items(self) -> Iterator[Item]:
        """The pieces, in the order of their kinds."""
        setup, made = self.wanted.setup, self.made
        plan = self._plan()
        past = history(self.ports.journals)
        retirements = self._retirements()
        runs = self._runs(past, retirements)
        yield setup_item(made, setup, self.wanted.setup_sha256)
        own = [run for run in past.runs if run.started.setup_id == setup_id(setup) and run.started.account_id == setup.account_id]
        if own:
            yield roles_before(made, setup, own)
            for unreadable in past.unreadable:
                why = "Its journal cannot be read: where it was of this Setup, what is told of the roles before the first change may be what it left."
                self._lacks(Kind.BEFORE, why, title=f"The roles before run {unreadable.run_id}")
        else:
            self._lacks(
                Kind.BEFORE, "No run of this Setup is in the state directory, and only a run's journal keeps what was there before it."
            )
        yield from self._of_plan(plan)
        report = self._audit(past)
        yield from self._findings()
        yield from self._run_items(runs, past)
        for events in retirements.values():
            migration_id = fold(events).id
            yield retirement_item(made, events, self.now, self.wanted.digest_of(f"migrations/{migration_id}.jsonl"))
        yield from self._users(retirements)
        if report is not None:
            yield audit_item(made, report)

    def _lacks(self, kind: Kind, why: str, *, title: str = "") -> None:
        self.missing.append(not_collected(kind, why, title=title))

    def _failed(self, kind: Kind, error: CiamError, *, title: str = "") -> None:
        """What could not be read.

        Raises:
            CiamError: `error` itself, where it makes the whole gathering pointless.
        """
        if error.code in _ENDS_ALL:
            raise error
        self._lacks(kind, str(error), title=title)

    # --- the account ------------------------------------------------------------------------------------------------------------------------

    def _plan(self) -> Plan | None:
        """What a plan of the Setup would do, with all that it was made from."""
        try:
            return plan_for(self.wanted.setup, self.ports, progress=self.tell)
        except CiamError as error:
            for kind in (Kind.NOW, Kind.CONFORMITY, Kind.ACCESS):
                self._failed(kind, error)
            return None

    def _of_plan(self, plan: Plan | None) -> Iterator[Item]:
        if plan is None:
            return
        found = in_force(plan.facts.roles, self.ports.aws, self.tell)
        yield roles_now(self.made, self.wanted.setup, plan.facts, found)
        yield conformity(self.made, plan)
        yield access_in_force(self.made, self.wanted.setup, found)

    def _audit(self, past: History) -> AuditReport | None:
        circleci = self.wanted.setup.circleci
        issuers = CircleCiIssuers.with_urls([] if is_cloud(circleci) else [f"https://{issuer_url(circleci)}"])
        try:
            report = audited(self.ports.aws, past, issuers, at=self.now, progress=self.tell)
        except CiamError as error:
            self._failed(Kind.AUDIT, error)
            return None
        if self.wanted.accepted is None:
            return report
        report, acceptance = marked(report, self.wanted.accepted.file, self.now.date())
        self.acceptances.append(acceptance)
        return report

    def _findings(self) -> Iterator[Item]:
        """The findings on the Setup, with what of them, and of the audit's, was accepted."""
        found, given = findings(self.wanted.setup), self.wanted.accepted
        if given is None:
            yield findings_item(self.made, found)
            self._lacks(Kind.ACCEPTED, "No file of accepted findings was named (--accepted FILE): no finding counts as accepted.")
            return
        reviewable = of_setup(self.wanted.setup, found)
        acceptance = accepted(reviewable, given.file, self.now.date(), looked_at={place_of_setup(self.wanted.setup)})
        self.acceptances.append(acceptance)
        yield findings_item(self.made, found, [acceptance.of(each) for each in reviewable])
        yield accepted_item(self.made, given.name, given.sha256, given.file, self.acceptances)

    def _users(self, retirements: Mapping[str, tuple[Event, ...]]) -> Iterator[Item]:
        names = self.wanted.users or tuple(dict.fromkeys(fold(events).user_name for events in retirements.values()))
        if not names:
            self._lacks(Kind.USER, "No user was named (--user NAME), and no retirement is kept in the state directory.")
        for name in names:
            self.tell(f"User {name}")
            try:
                user = self.ports.aws.user(name)
            except CiamError as error:
                self._failed(Kind.USER, error, title=f"The user {name} as it is now")
            else:
                yield user_item(self.made, name, user, self.now)

    # --- what is kept on this machine -------------------------------------------------------------------------------------------------------

    def _retirements(self) -> dict[str, tuple[Event, ...]]:
        """The events of each retirement that is asked for, by its id."""
        users = {name.lower() for name in self.wanted.users}
        found: dict[str, tuple[Event, ...]] = {}
        for migration_id in self.migrations.ids():
            try:
                events = self.migrations.events(migration_id)
                migration = fold(events) if events else None
            except CiamError as error:
                self._failed(Kind.RETIREMENT, error, title=f"The retirement {migration_id}")
                continue
            is_own = migration is not None and migration.started.account_id == self.identity.account_id
            if migration is not None and is_own and (not users or migration.user_name.lower() in users):
                found[migration_id] = events
        told = {fold(events).user_name.lower() for events in found.values()}
        for name in self.wanted.users:
            if name.lower() not in told:
                why = "No retirement of this user is kept in the state directory; whoever carried it out has it in theirs (--state-dir)."
                self._lacks(Kind.RETIREMENT, why, title=f"The retirement of the user {name}")
        if not found and not self.wanted.users:
            self._lacks(Kind.RETIREMENT, "No retirement is kept in the state directory.")
        return found

    def _runs(self, past: History, retirements: Mapping[str, tuple[Event, ...]]) -> tuple[RunState, ...]:
        """The runs that are asked for, oldest first.

        Raises:
            CiamError: one that was named is not known, or cannot be read.
        """
        if self.wanted.runs:
            named = [past.named(name) for name in self.wanted.runs]
            return tuple(run for run in past.runs if any(run is each for each in named))
        for unreadable in past.unreadable:
            self._lacks(Kind.RUN, f"Its journal cannot be read: {unreadable.problem}", title=f"Run {unreadable.run_id}")
        of_retirements = {run.run_id for events in retirements.values() for run in fold(events).runs}
        mine: dict[str, RunState] = {}
        for run in past.runs:
            started = run.started
            is_of_setup = started.setup_id == setup_id(self.wanted.setup) and started.account_id == self.wanted.setup.account_id
            is_of_retirement = started.migration in retirements or started.run_id in of_retirements
            if is_of_setup or is_of_retirement or started.undoes in mine:
                mine[started.run_id] = run
        if not mine:
            self._lacks(Kind.RUN, "No run of this Setup is in the state directory; whoever applied it has it in theirs (--state-dir).")
        return tuple(mine.values())

    def _run_items(self, runs: Sequence[RunState], past: History) -> Iterator[Item]:
        for run in runs:
            run_id = run.started.run_id
            digest = self.wanted.digest_of(f"runs/{run_id}.jsonl")
            try:
                entries = self.ports.journals.open(run_id).entries()
            except CiamError as error:
                self._failed(Kind.RUN, error, title=f"Run {run_id}")
            else:
                yield run_item(self.made, entries, past, digest, setup_id=setup_id(self.wanted.setup))


def in_force(roles: Mapping[str, Role], aws: Aws, tell: Callable[[str], None]) -> dict[str, RoleInForce]:
    """Each role with the documents of all policies behind it, AWS's own among them; what may not be read is told in it."""
    arns = [arn for role in roles.values() for arn in (*role.attached, *([role.boundary] if role.boundary else []))]
    try:
        read = aws.policies_in_force(tuple(dict.fromkeys(arns)), tell)
        documents, unread = read.documents, dict(read.unread)
    except CiamError as error:
        documents, unread = {}, dict.fromkeys(arns, error.message)
    found = {}
    for name, role in roles.items():
        wanted = (*role.attached, *([role.boundary] if role.boundary else []))
        missing = tuple(f"{arn}: {unread.get(arn, 'it was not found.')}" for arn in wanted if arn not in documents)
        attached = tuple((arn, documents[arn]) for arn in role.attached if arn in documents)
        boundary = documents.get(role.boundary) if role.boundary else None
        found[name] = RoleInForce(role, (*role.inline, *attached), boundary, missing)
    return found
