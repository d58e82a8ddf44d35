"""What CircleCI answers when it does not do what was asked, told in a sentence: one table from statuses and broken connections to our codes.

Where CircleCI's own words are passed on they are masked and cut first. An unfinished write is told with what is known about its effect.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ciam_tui.core.problems import CiamError
from ciam_tui.core.redacted import redacted
from ciam_tui.core.strict_json import load_json, quoted
from ciam_tui.ports.api import WriteFailed, WriteOutcome
from ciam_tui.ports.circleci.transport import BODY_LIMIT, Broken, BrokenBy, Reply

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.ports.circleci.secret import Secret

TOKEN_REFUSED = "circleci-token-refused"  # noqa: S105  a code
FORBIDDEN = "circleci-forbidden"
NOT_FOUND = "circleci-not-found"
REQUEST_INVALID = "circleci-request-invalid"
THROTTLED = "circleci-throttled"
ANSWER_UNREADABLE = "circleci-answer-unreadable"
FAILED = "circleci-failed"
PAGING_ENDLESS = "circleci-paging-endless"
TOO_LARGE = "circleci-too-large"
# One thing that cannot be read, while the rest of CircleCI may well be: what asks for several goes on, and says what it misses.
ABSENT = frozenset({FORBIDDEN, NOT_FOUND, REQUEST_INVALID, ANSWER_UNREADABLE, FAILED, PAGING_ENDLESS, TOO_LARGE})

_SAID_LENGTH = 400  # CircleCI's messages are a sentence; what is longer is a page
_CHECK_HOST = "Check the address of CircleCI (--circleci-host, CIRCLE_HOST), and proxies on the way."


class Told(NamedTuple):
    code: str
    message: str
    suggestions: tuple[str, ...] = ()


_BY_STATUS: Mapping[int, Told] = {
    401: Told(
        TOKEN_REFUSED,
        "CircleCI does not accept the token: it is wrong, revoked, expired, or not a personal one.",
        ("Make a new personal API token in CircleCI's user settings, and set CIRCLE_TOKEN to it.",),
    ),
    403: Told(
        FORBIDDEN,
        "It does not exist, or this token's user may not do that: {said}",
        ("Ask an administrator of the organization, or use a token of theirs.", "Check the name or id."),
    ),
    404: Told(NOT_FOUND, "CircleCI does not find it: {said}", ("Check the name or id, and that the token's user may see it.",)),
    409: Told("circleci-conflict", "It is in the way of something that exists: {said}", ("Read CircleCI again, then try again.",)),
    410: Told(NOT_FOUND, "CircleCI does not offer this any more: {said}", ("Use a newer version of ciam-tui.",)),
    429: Told(THROTTLED, "CircleCI asked to come back later: too many requests at once.", ("Wait a minute, then try again.",)),
}
_INVALID = Told(REQUEST_INVALID, "CircleCI does not accept the request: {said}", ("Check the answer that this value comes from.",))
_SERVER_ERROR = Told(
    FAILED, "CircleCI failed by itself, with status {status}: {said}", ("Try again in a minute, or look at status.circleci.com.",)
)
_UNEXPECTED = Told(ANSWER_UNREADABLE, "The answer has status {status}, which CircleCI does not give here.", (_CHECK_HOST,))

_BY_BROKEN: Mapping[BrokenBy, Told] = {
    BrokenBy.CONNECTION: Told(
        "circleci-unreachable", "{host} cannot be reached.", ("Check the network, and CIRCLE_HOST where it is set.",)
    ),
    BrokenBy.PROXY: Told(
        "circleci-unreachable", "The proxy on the way to {host} makes no connection.", ("Check HTTPS_PROXY and NO_PROXY.",)
    ),
    BrokenBy.CERTIFICATE: Told(
        "circleci-tls",
        "The certificate of {host} is not one that this machine trusts.",
        ("Where a company opens TLS, or signs its own, set SSL_CERT_FILE or REQUESTS_CA_BUNDLE to its certificates.",),
    ),
    BrokenBy.TLS: Told("circleci-tls", "There is no TLS connection to {host}.", (_CHECK_HOST,)),
    BrokenBy.TIME: Told("circleci-no-answer", "{host} did not answer in time.", ("Try again in a minute.",)),
    BrokenBy.DROPPED: Told("circleci-no-answer", "The connection to {host} broke before the answer was there.", ("Try again.",)),
    BrokenBy.SIZE: Told(TOO_LARGE, f"The answer of {{host}} is larger than {BODY_LIMIT // 1024 // 1024} MB.", (_CHECK_HOST,)),
}

_READ_BACK = ("What happened is read back from CircleCI before anything is sent again.",)


def read_failed(result: Reply | Broken, *, doing: str, host: str, token: Secret | None) -> CiamError:
    """The error that tells why `doing`, which completes "Cannot ...", could not be done."""
    told = _told(result, host, token)
    return CiamError(told.code, f"Cannot {doing}", told.message, told.suggestions)


def write_failed(result: Reply | Broken, *, doing: str, host: str, token: Secret | None) -> WriteFailed:
    """As `read_failed`, for a write: with what is known about its effect."""
    told = _told(result, host, token)
    outcome = outcome_of(result)
    suggestions = _READ_BACK if outcome is WriteOutcome.UNKNOWN else told.suggestions
    return WriteFailed(outcome, told.code, f"Cannot {doing}", told.message, suggestions)


def effect_unknown(unreadable: CiamError) -> WriteFailed:
    """A write that was answered with success in words that cannot be read: somebody else may have answered in CircleCI's place."""
    return WriteFailed(WriteOutcome.UNKNOWN, unreadable.code, unreadable.title, unreadable.message, _READ_BACK)


def outcome_of(result: Reply | Broken) -> WriteOutcome:
    """What a write that was answered with `result`, which is no success, left behind."""
    match result:
        case Broken():
            return WriteOutcome.UNKNOWN if result.was_sent else WriteOutcome.REFUSED
        case Reply(status=429):
            return WriteOutcome.THROTTLED
        case Reply(status=408):
            return WriteOutcome.UNKNOWN
        case Reply():
            return WriteOutcome.REFUSED if 300 <= result.status < 500 else WriteOutcome.UNKNOWN


def unreadable(doing: str, why: str) -> CiamError:
    """That an answer is not one that CircleCI gives; `why` ends the sentence "The answer ..."."""
    return CiamError(ANSWER_UNREADABLE, f"Cannot {doing}", f"The answer {why}.", (_CHECK_HOST,))


def redirected(doing: str, host: str, where: str) -> CiamError:
    """That `host` sends its reader to another, where the token does not belong."""
    return CiamError(
        "circleci-redirected",
        f"Cannot {doing}",
        f"{host} sends to another address, {quoted(where)}. The token was not sent there.",
        ("Where that is the right one, give it as --circleci-host or CIRCLE_HOST.",),
    )


def asked_to_wait(doing: str, seconds: float) -> CiamError:
    """That CircleCI throttles for longer than anybody wants to look at."""
    told = _BY_STATUS[429]
    wait = f"Try again in {seconds / 60:.0f} minutes." if seconds >= 90 else f"Try again in {seconds:.0f} seconds."
    return CiamError(told.code, f"Cannot {doing}", told.message, (wait,))


def data_of(reply: Reply, doing: str) -> Any:
    """What the body of `reply` says; None where it is empty.

    Raises:
        CiamError: it is not JSON.
    """
    if not reply.body.strip():
        return None
    if reply.body.lstrip()[:1] == b"<":
        raise unreadable(doing, "is a page of HTML: a login page, or a proxy's")
    try:
        return load_json(reply.body.decode(), what="the answer", limit_bytes=BODY_LIMIT, code=ANSWER_UNREADABLE)
    except UnicodeDecodeError:
        raise unreadable(doing, "is not text") from None
    except CiamError as error:
        raise CiamError(ANSWER_UNREADABLE, f"Cannot {doing}", error.message, (_CHECK_HOST,)) from None


def _told(result: Reply | Broken, host: str, token: Secret | None) -> Told:
    match result:
        case Broken(by):
            told = _BY_BROKEN[by]
            return told._replace(message=told.message.format(host=host))
        case Reply(status):
            told = _of_status(status)
            return told._replace(message=told.message.format(said=_said(result, token), status=status))


def _of_status(status: int) -> Told:
    if told := _BY_STATUS.get(status):
        return told
    if status >= 500:
        return _SERVER_ERROR
    return _INVALID if status >= 400 else _UNEXPECTED


def _said(reply: Reply, token: Secret | None) -> str:
    """CircleCI's own words: `message` of API v1.1 and v2, title and detail of v3."""
    try:
        data = data_of(reply, "read the answer")
    except CiamError:
        data = None  # The error to tell is the refusal, and not that its reason cannot be read.
    match data:
        case {"error": {"title": str(title), "detail": str(detail)}}:
            words = f"{title}: {detail}"
        case {"error": {"title": str(words)}} | {"error": {"detail": str(words)}} | {"message": str(words)} | {"error": str(words)}:
            pass
        case _:
            words = "it does not say why"
    masked = token.removed_from(words) if token else redacted(words)
    return f"{masked.strip().rstrip('.')[:_SAID_LENGTH] or 'it does not say why'}."
