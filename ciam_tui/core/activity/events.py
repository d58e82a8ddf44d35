"""CloudTrail's events about AssumeRoleWithWebIdentity, read strictly: part of what they say was chosen by whoever asked for the role.

Seen in public samples, of 2023 to 2026 (https://docs.aws.amazon.com/IAM/latest/UserGuide/cloudtrail-integration.html has one that was let in):
`userIdentity` is of type WebIdentityUser, with `identityProvider` (the provider's ARN), `userName` (the sub) and `principalId`
(`<provider's ARN>:<aud>:<sub>`). A refusal has `errorCode` "AccessDenied", `errorMessage` "An unknown error occurred", no `responseElements`,
and `requestParameters` and `resources` that name the role as they do in an event that was let in.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from ciam_tui.core.problems import CiamError
from ciam_tui.core.redacted import redacted
from ciam_tui.core.strict_json import load_json
from ciam_tui.core.tokens.scope import PROVIDER, issuer_of_provider
from ciam_tui.core.tokens.subject import Subject, parse_subject

if TYPE_CHECKING:
    from collections.abc import Iterable

ASSUME_EVENT = "AssumeRoleWithWebIdentity"
LONGEST_DAYS = 90  # what the event history keeps
_LARGEST = 1_048_576  # bytes: CloudTrail's own limit for an event is 256 KB
_LONGEST = 2048  # characters: the longest ARN
_MESSAGE_LENGTH = 400


@dataclass(frozen=True, slots=True)
class Window:
    """From when until when; both with a time zone."""

    since: datetime
    until: datetime

    @classmethod
    def of_last(cls, days: int, now: datetime) -> Window:
        """The last `days` days, of which CloudTrail keeps at most 90."""
        return cls(now - timedelta(days=min(days, LONGEST_DAYS)), now)

    @property
    def days(self) -> int:
        """Its length."""
        return round((self.until - self.since) / timedelta(days=1))


@dataclass(frozen=True, slots=True)
class EventPage:
    """A page as CloudTrail gave it: the JSON texts of the events that are ours, how many it held, and the token of the next, if any."""

    texts: tuple[str, ...]
    seen: int
    token: str | None = None


@dataclass(frozen=True, slots=True)
class AssumeEvent:
    """Somebody asked for a role with a token, and got it where `error` is None.

    `issuer` is without `https://`. What an event does not tell is None; `subject` is, where the sub is no CircleCI job's.
    """

    id: str
    at: datetime
    region: str
    role_arn: str | None
    sub: str | None
    subject: Subject | None
    issuer: str | None
    provider_arn: str | None
    audience: str | None
    session_name: str | None
    error: str | None
    message: str

    @property
    def let_in(self) -> bool:
        """Whether STS gave credentials."""
        return self.error is None


def read_events(texts: Iterable[str]) -> tuple[tuple[AssumeEvent, ...], int]:
    """The events in `texts`, each once, and the number of texts that could not be read."""
    events: dict[str, AssumeEvent] = {}
    unreadable = 0
    for text in texts:
        event = event_of(text)
        if event is None:
            unreadable += 1
        else:
            events.setdefault(event.id, event)
    return tuple(events.values()), unreadable


def event_of(text: str) -> AssumeEvent | None:
    """The event that `text` tells; None where it is no readable event of this kind."""
    try:
        told = load_json(text, what="the event", limit_bytes=_LARGEST)
    except CiamError:
        return None
    if not isinstance(told, dict) or told.get("eventName") != ASSUME_EVENT:
        return None
    event_id, at = _text(told, "eventID"), _moment(told.get("eventTime"))
    if event_id is None or at is None:
        return None
    who, asked, answered = (_object(told, name) for name in ("userIdentity", "requestParameters", "responseElements"))
    sub = _text(who, "userName") or _text(answered, "subjectFromWebIdentityToken")
    provider = _text(who, "identityProvider") or _text(answered, "provider")
    return AssumeEvent(
        id=event_id,
        at=at,
        region=_text(told, "awsRegion") or "",
        role_arn=_text(asked, "roleArn"),
        sub=sub,
        subject=parse_subject(sub) if sub else None,
        issuer=_issuer(provider),
        provider_arn=provider if provider and PROVIDER in provider else None,
        audience=_text(answered, "audience") or _audience(_text(who, "principalId"), provider, sub),
        session_name=_text(asked, "roleSessionName"),
        error=_text(told, "errorCode"),
        message=" ".join(redacted(_text(told, "errorMessage") or "").split())[:_MESSAGE_LENGTH],
    )


def _object(told: dict[str, Any], name: str) -> dict[str, Any]:
    value = told.get(name)
    return value if isinstance(value, dict) else {}


def _text(told: dict[str, Any], name: str) -> str | None:
    """A text of a length that the real ones have; what is longer is somebody's game."""
    value = told.get(name)
    return value if isinstance(value, str) and 0 < len(value) <= _LONGEST else None


def _moment(value: object) -> datetime | None:
    if not isinstance(value, str):
        return None
    try:
        at = datetime.fromisoformat(value)
        return at.astimezone(UTC) if at.tzinfo else None
    except (ValueError, OverflowError):
        return None


def _issuer(provider: str | None) -> str | None:
    if provider is None:
        return None
    return issuer_of_provider(provider) if PROVIDER in provider else provider.removeprefix("https://")


def _audience(principal: str | None, provider: str | None, sub: str | None) -> str | None:
    """The audience between provider and sub, which `principalId` strings together by colons that all three may hold themselves."""
    if not (principal and provider and sub):
        return None
    before, after = f"{provider}:", f":{sub}"
    if not (principal.startswith(before) and principal.endswith(after)):
        return None
    return principal[len(before) : -len(after)] or None
