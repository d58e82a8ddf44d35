"""A conversation with an account, a CircleCI and a disk that are values: fast enough to be held hundreds of times."""

from __future__ import annotations

import io
from argparse import Namespace
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ciam_tui.app.circleci_known import NO_TOKEN
from ciam_tui.core.draft import Draft, RoleDraft
from ciam_tui.core.problems import CiamError
from ciam_tui.plain.carrying_out import Interrupted
from ciam_tui.plain.desk import Desk, Doors
from ciam_tui.plain.menu import ask_menu
from ciam_tui.plain.talk import NoMoreAnswers, Quit, Talk
from tests.app.fakes import FakeAccess, FakeCircleCi, FakeDrafts, circleci_door
from tests.app.memory_account import MemoryAws, MemoryJournals, MovingClock
from tests.plain.conversation import assert_is_plain

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.core.circleci.facts import Context, Organization
    from ciam_tui.ports.api import CircleCi
    from ciam_tui.ports.circleci.secret import Secret


class NoContexts(FakeCircleCi):
    """A CircleCI in which there are no contexts yet."""

    def contexts(self, organization: Organization) -> tuple[Context, ...]:
        del organization
        return ()


@dataclass
class World:
    """What outlives a conversation. `tokens` are those that were typed."""

    folder: Path
    aws: MemoryAws = field(default_factory=MemoryAws)
    circleci: FakeCircleCi = field(default_factory=NoContexts)
    drafts: FakeDrafts = field(default_factory=FakeDrafts)
    journals: MemoryJournals = field(default_factory=MemoryJournals)
    has_token: bool = True
    tokens: list[str] = field(default_factory=list)
    commands: list[list[str]] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    read_only: bool = False
    mfa: str = ""

    def hear(self, *answers: str, width: int = 100) -> str:
        """All that is said to these answers; the input ends with them."""
        out = io.StringIO()
        source = io.StringIO("".join(f"{answer}\n" for answer in answers))
        read_secret = (lambda _: self.secrets.pop(0)) if self.secrets else None
        talk = Talk(source, out, read_secret=read_secret, width=width)
        args = Namespace(profile=None, region=None, circleci_host=None, state_dir=self.folder, read_only=self.read_only)
        access = FakeAccess({None: self.aws, "prod": self.aws}, ask=self.mfa)
        doors = Doors(lambda: access, self._open_circleci, self.drafts, self.journals, MovingClock(), self._run_command)
        desk = Desk(talk, doors, args, "LIVE", Draft(role=RoleDraft(name_prefix="circleci-")))
        with redirect_stdout(out), suppress(NoMoreAnswers, Quit, Interrupted):
            ask_menu(desk)
        assert_is_plain(out.getvalue())
        return out.getvalue()

    def words(self, *answers: str) -> str:
        return " ".join(self.hear(*answers).split())

    def _open_circleci(self, token: Secret | None) -> CircleCi:
        if token is not None:
            self.tokens.append(token.reveal())
        elif not self.has_token:
            raise CiamError(NO_TOKEN, "Cannot open CircleCI", "There is no CircleCI token.", ["Set CIRCLE_TOKEN."])
        return circleci_door(self.circleci)(token)

    def _run_command(self, words: list[str]) -> int:
        self.commands.append(words)
        return 0
