"""Step 1 as questions: the identity, which is read at once, or the account's number where nobody signs in."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.answers import with_account
from ciam_tui.core.asking.typed import PROFILE_KINDS
from ciam_tui.core.draft import PARTITIONS
from ciam_tui.core.problems import CiamError
from ciam_tui.plain.choosing import Option, choose_one
from ciam_tui.plain.fields import ask_field

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.plain.desk import Desk
    from ciam_tui.ports.api import Profile

USUAL = "default"
OFFLINE = "offline"


def ask_account(desk: Desk) -> None:
    """Ask until an identity opens an account, or its number is typed."""
    profiles = _profiles(desk)
    options = _identities(profiles)
    current = desk.profile or (OFFLINE if desk.draft.account_id and desk.identity is None else USUAL)
    default = current if any(option.key == current for option in options) else USUAL
    while True:
        chosen = choose_one(desk.talk, "Identity", options, default=default, about="profiles")
        if chosen == OFFLINE:
            _ask_number(desk)
            return
        own = next((each.region for each in profiles if each.name == chosen and each.region), "")
        region = desk.talk.ask("Region", default=desk.region or own, empty="as AWS tools would", about="session.region").text or None
        if _signed_in(desk, None if chosen == USUAL else chosen, region):
            return


def _profiles(desk: Desk) -> tuple[Profile, ...]:
    try:
        return desk.doors.access().profiles()
    except CiamError as error:
        desk.tell(error)
        return ()


def _identities(profiles: Sequence[Profile]) -> tuple[Option, ...]:
    named = [Option(each.name, each.name, PROFILE_KINDS.get(each.kind, each.kind)) for each in profiles if each.name]
    return (
        Option(USUAL, USUAL, "what AWS tools would use by themselves"),
        *(option for option in named if option.key not in (USUAL, OFFLINE)),
        Option(OFFLINE, OFFLINE, "sign in as nobody, and type the account's number"),
    )


def _signed_in(desk: Desk, profile: str | None, region: str | None) -> bool:
    desk.talk.say("Reading who you are.")
    try:
        _, identity = desk.sign_in(profile, region)
    except CiamError as error:
        desk.tell(error)
        desk.talk.say(f"Choose another identity, or {OFFLINE}.")
        return False
    alias = f" ({identity.alias})" if identity.alias else ""
    desk.talk.say(f"Signed in as {identity.arn}.", f"Account {identity.account_id}{alias}.")
    desk.take(with_account(desk.draft, identity.account_id, identity.partition))
    return True


def _ask_number(desk: Desk) -> None:
    desk.sign_out()
    draft = desk.draft
    ask_field(desk, "account_id", "Account", lambda draft, text: replace(draft, account_id=text), draft.account_id)
    options = [Option(each, each) for each in PARTITIONS]
    partition = choose_one(desk.talk, "Partition", options, default=draft.partition, about="partition")
    desk.take(with_account(desk.draft, desk.draft.account_id, partition))
