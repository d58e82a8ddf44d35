"""Step 1: whose account, and by which identity it is read and later changed.

The identity is read live, so that a wrong profile shows before anything else is answered. Offline, the account's number is enough.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from textual import work
from textual.message import Message
from textual.widgets import Static
from textual.worker import get_current_worker

from ciam_tui.app.background import outcome_of
from ciam_tui.app.literal import lines, literal
from ciam_tui.app.steps.base import StepBody
from ciam_tui.app.widgets.field import Field, Labelled
from ciam_tui.app.widgets.picker import Picker, Row
from ciam_tui.core.asking.typed import PROFILE_KINDS
from ciam_tui.core.problems import CiamError
from ciam_tui.core.shown import shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from textual.content import Content
    from textual.widget import Widget

    from ciam_tui.core.draft import Draft
    from ciam_tui.core.facts import Identity
    from ciam_tui.ports.api import Aws, Profile

DEFAULT = ""  # the row that stands for whatever AWS tools would use by themselves


class AccountBody(StepBody):
    """Profiles, the identity that the chosen one opens, region and account."""

    step_id = "account"

    class ProfilesRead(Message):
        """The profiles of the shared configuration, or why they could not be read."""

        def __init__(self, outcome: tuple[tuple[Profile, ...], tuple[str, ...]] | CiamError) -> None:
            super().__init__()
            self.outcome = outcome

    class SignedIn(Message):
        """Who `profile` is, or why it opens nothing."""

        def __init__(self, profile: str | None, outcome: tuple[Aws, Identity] | CiamError, *, go_on: bool) -> None:
            super().__init__()
            self.profile = profile
            self.outcome = outcome
            self.go_on = go_on

    class SessionChanged(Message):
        """The identity or the region is another one now."""

    def form(self) -> Iterable[Widget]:
        """The profiles, who one is, and what can be typed."""
        self._profiles = Picker(id="profiles")
        self._who = Static("", id="who")
        self._region = Field("session.region", "Region", self.session.region or "", placeholder="such as us-east-1")
        self._account = Field("account_id", "Account", self.draft.account_id, placeholder="such as 123456789012")
        self._partition = Field("partition", "Partition", self.draft.partition)
        self._profiles.border_title = "Identity"
        yield self._profiles
        yield self._who
        yield self._region
        yield self._account
        yield self._partition

    def on_mount(self) -> None:
        """Show what is known, read what is not."""
        self._show_identity()
        if self.session.profiles is None:
            self._profiles.say("reading the profiles … (esc stops)")
            self.read_profiles()
        else:
            self._show_profiles()
        if self.session.identity is not None and not self.draft.account_id:
            self._use(self.session.identity)

    def fill(self) -> None:
        """The fields."""
        self._account.show(self.draft.account_id)
        self._partition.show(self.draft.partition)
        self._show_identity()

    def read_again(self) -> str | None:
        """Profiles and identity."""
        self._profiles.say("reading the profiles … (esc stops)")
        self.read_profiles()
        self._sign_in(self.session.profile, go_on=False)
        return None

    def stop_reading(self) -> None:
        """Stop, and say how to begin again."""
        super().stop_reading()
        if self.session.profiles is None:
            self._profiles.say("stopped; ctrl+r reads again")
        self._who.update(literal("· Stopped. Choose a profile, press ctrl+r, or type the account below.", "$muted"))

    @work(thread=True, exclusive=True, exit_on_error=False, group="profiles")
    def read_profiles(self) -> None:
        """The profiles, which are files, and the regions, which boto3 knows."""
        worker = get_current_worker()

        def read() -> tuple[tuple[Profile, ...], tuple[str, ...]]:
            access = self.session.access()
            return access.profiles(), access.regions()

        outcome = outcome_of(read)
        if not worker.is_cancelled:
            self.post_message(self.ProfilesRead(outcome))

    @work(thread=True, exclusive=True, exit_on_error=False, group="identity")
    def read_identity(self, profile: str | None, region: str | None, go_on: bool) -> None:  # noqa: FBT001 - @work passes it on as it comes
        """Who `profile` is."""
        worker = get_current_worker()
        outcome = outcome_of(lambda: self.session.sign_in(profile, region))
        if not worker.is_cancelled:
            self.post_message(self.SignedIn(profile, outcome, go_on=go_on))

    def on_account_body_profiles_read(self, event: ProfilesRead) -> None:
        """Show them."""
        if isinstance(event.outcome, CiamError):
            self._profiles.say(f"! {event.outcome.message}")
            return
        self.session.profiles, self.session.regions = event.outcome
        self._show_profiles()
        if self.session.identity is None and not self.draft.account_id:
            self._sign_in(self.session.profile, go_on=False)

    def on_account_body_signed_in(self, event: SignedIn) -> None:
        """Show who it is, and take the account as the answer."""
        if isinstance(event.outcome, CiamError):
            self.session.sign_out()
            self.session.profile = event.profile
            self._who.update(_refusal(event.outcome))
            self.post_message(self.SessionChanged())
            return
        aws, identity = event.outcome
        self.session.become(aws, identity, profile=event.profile, region=self._region.text.strip() or None)
        self._profiles.mark([event.profile or DEFAULT])
        self._show_identity()
        self._use(identity)
        self.post_message(self.SessionChanged())
        if event.go_on:
            self.post_message(self.Finished())

    def on_picker_picked(self, event: Picker.Picked) -> None:
        """Sign in by the profile that was picked."""
        event.stop()
        profile = event.row.key or None
        is_current = self.session.identity is not None and profile == self.session.profile
        if is_current and self.session.identity is not None and self.session.identity.account_id == self.draft.account_id:
            if event.go_on:
                self.finish()
            return
        self._sign_in(profile, go_on=event.go_on)

    def on_field_typed(self, event: Field.Typed) -> None:
        """Take what was typed."""
        event.stop()
        field = event.field
        match event.path:
            case "account_id":
                self.edit(lambda draft: replace(draft, account_id=field.take().strip()), "account_id")
            case "partition":
                self.edit(lambda draft: replace(draft, partition=field.take().strip()), "partition")
            case _:
                self.session.region = field.take().strip() or None
                self.post_message(self.SessionChanged())

    def accepted(self, field: Labelled) -> None:
        """Another region is another endpoint: ask again who one is there."""
        if (
            field.path == "session.region"
            and self.session.identity is None
            and self.session.profiles is not None
            and not self.draft.account_id
        ):
            self._sign_in(self.session.profile, go_on=False)

    def _sign_in(self, profile: str | None, *, go_on: bool) -> None:
        row = next((each for each in self.session.profiles or () if each.name == profile), None)
        if row is not None and row.region and not self._region.text.strip():
            self.session.region = row.region
            self._region.show(row.region)
        self._who.update(literal(f"reading who {profile or 'the default'} is … (esc stops)", "$muted"))
        self.read_identity(profile, self._region.text.strip() or None, go_on)

    def _use(self, identity: Identity) -> None:
        partition = identity.partition

        def use(draft: Draft) -> Draft:
            return replace(_account(identity.account_id)(draft), partition=partition)

        self.edit(use, "account_id")

    def _show_profiles(self) -> None:
        profiles = self.session.profiles or ()
        rows = [Row(each.name, (each.name or "default", PROFILE_KINDS.get(each.kind, each.kind), each.region or "")) for each in profiles]
        if all(each.name for each in profiles):
            rows.insert(0, Row(DEFAULT, ("default", "what AWS tools would use", "")))
        chosen = [self.session.profile or DEFAULT] if self.session.identity is not None else []
        self._profiles.show(rows, marked=chosen)

    def _show_identity(self) -> None:
        identity = self.session.identity
        if identity is None:
            return
        alias = f" ({identity.alias})" if identity.alias else ""
        told = [literal(f"✓ account {identity.account_id}{alias}", "$success"), literal(f"  {shortened(identity.arn, 44)}", "$muted")]
        if self.draft.account_id and self.draft.account_id != identity.account_id:
            told.append(literal(f"! The answers are for account {self.draft.account_id}. Pick the identity to move them here.", "$warning"))
        self._who.update(lines(*told))


def _account(account_id: str) -> Callable[[Draft], Draft]:
    return lambda draft: replace(draft, account_id=account_id)


def _refusal(error: CiamError) -> Content:
    suggestions = [literal(f"  {suggestion}") for suggestion in error.suggestions[:2]]
    return lines(
        literal(f"✗ {error.title}: {error.message}", "$error"), *suggestions, literal("  Offline, type the account below.", "$muted")
    )
