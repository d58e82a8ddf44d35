"""What outlives a screen: the mode, the doors to the world, who the operator is, and what has been read so far.

Screens come and go; a list of buckets that took four seconds to read is read once. Nothing in here knows Textual.
"""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from ciam_tui.app.circleci_known import NO_TOKEN, KnownCircleCi
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ciam_tui.core.facts import Bucket, BucketSummary, Identity
    from ciam_tui.core.setup import Setup
    from ciam_tui.ports.api import Aws, AwsAccess, CircleCi, Clipboard, Clock, Drafts, Journals, Migrations, Profile, Snapshots
    from ciam_tui.ports.circleci.secret import Secret


class Mode(StrEnum):
    """How far a change would reach, in the words of the header."""

    DEMO = "DEMO"
    READ_ONLY = "READ ONLY"
    LIVE = "LIVE"


@dataclass(slots=True)
class Known:
    """What has been read from the account at hand; forgotten when the account changes."""

    buckets: tuple[BucketSummary, ...] | None = None
    bucket: dict[str, Bucket | None] = field(default_factory=dict)


def no_circleci(token: Secret | None) -> CircleCi:
    """The way into CircleCI where there is none: everything is typed."""
    del token
    raise CiamError(NO_TOKEN, "Cannot open CircleCI", "There is no CircleCI token.", ["Type the organization and the projects."])


def kept_nowhere(theme: str) -> str | None:
    """The theme of a session that has no disk lasts as long as it."""
    del theme
    return None


@dataclass(slots=True)
class Session:
    """One run of the program.

    `open_access` makes the way into AWS; it may take seconds (the demo's account starts, boto3 is imported), so that only workers call it,
    through `access`. `ask_mfa` is set by the app: it may be called in a worker and answers with the code that the person typed.
    `chosen_setups` are those with which retirements are to begin, by the name of the user in lower case.
    `wires` is whether Review is to plan the wiring of CircleCI too: it outlives a way back into the steps, and no set-up begins with it.
    `open_circleci` makes the way into CircleCI in the same manner, through `circleci`, with the token that was typed, if one was. A typed
    token lives here and nowhere else. `theme` is the one that was chosen last, and `keep_theme` keeps another, or says why it cannot.
    """

    mode: Mode
    drafts: Drafts
    journals: Journals
    clipboard: Clipboard
    clock: Clock
    open_access: Callable[[], AwsAccess]
    profile: str | None = None
    region: str | None = None
    open_circleci: Callable[[Secret | None], CircleCi] = no_circleci
    state_dir: Path | None = None
    migrations: Migrations | None = None
    snapshots: Snapshots | None = None
    chosen_setups: dict[str, Setup] = field(default_factory=dict)
    identity: Identity | None = None
    aws: Aws | None = None
    profiles: tuple[Profile, ...] | None = None
    regions: tuple[str, ...] = ()
    known: Known = field(default_factory=Known)
    known_circleci: KnownCircleCi = field(default_factory=KnownCircleCi)
    wires: bool = False
    theme: str = ""
    keep_theme: Callable[[str], str | None] = kept_nowhere
    ask_mfa: Callable[[str], str] | None = None
    _access: AwsAccess | None = None
    _opening: threading.Lock = field(default_factory=threading.Lock)  # one for both: each imports much that the other does too
    _circleci: CircleCi | None = None
    _circleci_token: Secret | None = None

    def access(self) -> AwsAccess:
        """The way into AWS, made on first use. Only for workers."""
        with self._opening:
            if self._access is None:
                self._access = self.open_access()
            return self._access

    def circleci(self) -> CircleCi:
        """The way into CircleCI, made on first use. Only for workers.

        Raises:
            CiamError: there is no token, or none that can be sent.
        """
        with self._opening:
            if self._circleci is not None:
                return self._circleci
            token = self._circleci_token
            opened = self.open_circleci(token)
            if token is self._circleci_token:  # else another was typed meanwhile, and nobody waits for this one
                self._circleci = opened
            return opened

    def use_circleci_token(self, token: Secret) -> None:
        """Ask CircleCI with `token` from now on; what was read with another is forgotten."""
        self.close_circleci()
        self._circleci_token, self.known_circleci = token, KnownCircleCi()

    def close_circleci(self) -> None:
        """Let go of its connections, without waiting for one that is being made."""
        circleci, self._circleci = self._circleci, None
        if circleci is not None:
            circleci.close()

    def sign_in(self, profile: str | None, region: str | None) -> tuple[Aws, Identity]:
        """The account that `profile` opens, and who one is there. Only for workers; changes nothing here."""
        aws = self.access().open(profile, region, ask_mfa=self.ask_mfa)
        return aws, aws.identity()

    def become(self, aws: Aws, identity: Identity, *, profile: str | None, region: str | None) -> None:
        """Act as `identity` from now on; what was read from another account is forgotten."""
        if self.identity is None or self.identity.account_id != identity.account_id:
            self.known, self.chosen_setups = Known(), {}
        self.aws, self.identity, self.profile = aws, identity, profile
        self.region = region or self.region

    def sign_out(self) -> None:
        """Act as nobody: the account is typed by hand, or could not be opened."""
        self.aws, self.identity, self.known = None, None, Known()

    def need_aws(self) -> Aws:
        """The account.

        Raises:
            CiamError: nobody is signed in.
        """
        if self.aws is None:
            raise CiamError(
                "not-signed-in",
                "No AWS account is open",
                "nothing can be read from AWS until an identity is chosen.",
                ["Choose a profile in step 1."],
            )
        return self.aws

    def need_migrations(self) -> Migrations:
        """Where retirements are kept.

        Raises:
            CiamError: nowhere.
        """
        if self.migrations is None:
            raise CiamError(
                "no-migrations", "Retirements are not kept here", "there is no state directory for them.", ["Name one with --state-dir."]
            )
        return self.migrations
