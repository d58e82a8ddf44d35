"""What one conversation works with: the answers as they stand, the doors to the world, and who one is. Everything is kept as it is answered."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ciam_tui.core.answers import Changed
from ciam_tui.core.problems import CiamError
from ciam_tui.ports.api import SavedDraft

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable

    from ciam_tui.apply import Ports
    from ciam_tui.core.circleci.facts import Organization
    from ciam_tui.core.draft import Draft
    from ciam_tui.core.facts import Identity
    from ciam_tui.core.setup import Setup
    from ciam_tui.core.steps import StepId
    from ciam_tui.plain.talk import Talk
    from ciam_tui.ports.api import Aws, AwsAccess, CircleCi, Clock, Drafts, Journals
    from ciam_tui.ports.circleci.secret import Secret


@dataclass(frozen=True, slots=True)
class Doors:
    """The ways out of the program. `access` and `open_circleci` may take seconds when they are first used."""

    access: Callable[[], AwsAccess]
    open_circleci: Callable[[Secret | None], CircleCi]
    drafts: Drafts
    journals: Journals
    clock: Clock
    run_command: Callable[[list[str]], int]


@dataclass(slots=True)
class Desk:
    """One run of plain mode. `args` are the flags that the program began with, `mode` how far a change would reach.

    `wires` and `adopted` are decisions of Review; `code` is what the program ends with when its person leaves.
    """

    talk: Talk
    doors: Doors
    args: argparse.Namespace
    mode: str
    draft: Draft
    step: StepId = "account"
    profile: str | None = None
    region: str | None = None
    aws: Aws | None = None
    identity: Identity | None = None
    organizations: tuple[Organization, ...] = ()
    wires: bool = False
    adopted: frozenset[str] = frozenset()
    kept: bool = False
    code: int = 0
    _circleci: CircleCi | None = field(default=None, repr=False)
    _unsaved: str = ""

    def take(self, answered: Draft | Changed) -> None:
        """Answer so from now on, say what that has changed besides, and have it on the disk."""
        if isinstance(answered, Changed):
            self.talk.told(answered.told)
            answered = answered.draft
        if answered != self.draft:
            self.draft = answered
            self.keep()

    def keep(self) -> None:
        """Save the answers. That it cannot be done is said, once for each reason: nobody is kept from answering by a full disk."""
        try:
            self.doors.drafts.save(SavedDraft(self.draft, self.step, self.profile, self.doors.clock.now()))
        except CiamError as error:
            if str(error) != self._unsaved:
                self._unsaved = str(error)
                self.tell(error)
            return
        self.kept, self._unsaved = True, ""

    def where_it_is(self) -> str:
        """Where the answers are, in a sentence; empty where none was given."""
        where = self.doors.drafts.where()
        if self._unsaved:
            return f"The draft could not be saved in {where}."
        return f"The draft is saved in {where}; start again to go on with it." if self.kept else ""

    def tell(self, error: CiamError) -> None:
        """What could not be done, why, and what to do."""
        self.talk.say(f"{error.title}: {error.message}", *error.suggestions)

    # The account

    def sign_in(self, profile: str | None, region: str | None) -> tuple[Aws, Identity]:
        """Act as `profile` from now on: the account, and who one is there.

        Raises:
            CiamError: it opens no account.
        """
        aws = self.doors.access().open(profile, region, ask_mfa=self._mfa_code)
        identity = aws.identity()
        self.aws, self.identity, self.profile, self.region = aws, identity, profile, region
        return aws, identity

    def sign_out(self) -> None:
        """Act as nobody: the account is typed."""
        self.aws = self.identity = None

    def _mfa_code(self, prompt: str) -> str:
        return self.talk.ask(prompt.strip().rstrip(":") or "MFA code").text

    def need_aws(self) -> Aws:
        """The account, opened by what AWS tools would use where nobody has chosen a profile yet.

        Raises:
            CiamError: it cannot be opened.
        """
        if self.aws is not None:
            return self.aws
        self.talk.say("Reading who you are.")
        aws, identity = self.sign_in(self.profile, self.region)
        self.talk.say(f"Signed in as {identity.arn}, account {identity.account_id}.")
        return aws

    def circleci(self) -> CircleCi:
        """CircleCI.

        Raises:
            CiamError: there is no token for it.
        """
        if self._circleci is None:
            self._circleci = self.doors.open_circleci(None)
        return self._circleci

    def use_token(self, token: Secret) -> None:
        """Ask CircleCI with a token that was typed; it lives in memory alone."""
        self.close()
        self._circleci = self.doors.open_circleci(token)

    def close(self) -> None:
        """Let go of CircleCI's connections."""
        circleci, self._circleci = self._circleci, None
        if circleci is not None:
            circleci.close()

    def ports(self, *, wire: bool = False) -> Ports:
        """The doors that a run needs.

        Raises:
            CiamError: the account, or with `wire` CircleCI, cannot be opened.
        """
        from ciam_tui.apply import Ports

        return Ports(self.need_aws(), self.doors.clock, self.doors.journals, self.circleci() if wire else None)

    def finished(self) -> Setup:
        """The Setup that the answers have become.

        Raises:
            CiamError: the first problem that keeps them from being one.
        """
        from ciam_tui.core.setup import finish

        outcome = finish(self.draft)
        if isinstance(outcome, tuple):
            first = outcome[0]
            place = f"{first.field}: " if first.field else ""
            raise CiamError("not-ready", "The answers are not complete yet", f"{place}{first.text}", [first.fix] if first.fix else ())
        return outcome
