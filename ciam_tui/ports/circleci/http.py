"""How CircleCI is asked: a read again and again within bounds, a write once, and everybody waits when CircleCI asks one to wait.

What a caller gets is JSON or an error that says what to do. Nothing here knows what the paths mean.
"""

from __future__ import annotations

import json
import random
import threading
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import quote, urlencode, urljoin, urlsplit

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.circleci.failures import (
    PAGING_ENDLESS,
    REQUEST_INVALID,
    asked_to_wait,
    data_of,
    effect_unknown,
    read_failed,
    redirected,
    unreadable,
    write_failed,
)
from ciam_tui.ports.circleci.hosts import same_origin
from ciam_tui.ports.circleci.transport import Broken, BrokenBy, Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from ciam_tui.ports.api import Clock
    from ciam_tui.ports.circleci.secret import Secret
    from ciam_tui.ports.circleci.transport import Transport

Method = Literal["POST", "PUT", "PATCH", "DELETE"]

_ATTEMPTS = 4  # CircleCI's own CLI makes as many
_THROTTLED_ATTEMPTS = 8
_FIRST_WAIT = 0.5  # doubled by each attempt, and drawn between a half and the whole of it
_LONGEST_WAIT = 60.0  # what somebody waits for in front of a screen
_NAP = 0.25  # so that a wait can be left
_REDIRECTS = 3
_PAGES = 2_000  # 40,000 contexts or 100,000 projects: far beyond CircleCI's own limits


class Stopped(Exception):
    """Somebody had enough: no error, and none of CircleCI's."""


class Pace:
    """The moment before which nobody asks CircleCI anything: what one request was told holds for all that share a token."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._not_before: datetime | None = None

    def hold(self, seconds: float) -> None:
        """Let nobody ask within the next `seconds`."""
        moment = self._clock.now() + timedelta(seconds=seconds)
        with self._lock:
            if self._not_before is None or moment > self._not_before:
                self._not_before = moment

    def wait(self, should_stop: Callable[[], bool]) -> None:
        """Wait until it is allowed to ask."""
        with self._lock:
            not_before = self._not_before
        if not_before is not None:
            self.sleep((not_before - self._clock.now()).total_seconds(), should_stop)

    def sleep(self, seconds: float, should_stop: Callable[[], bool]) -> None:
        """Wait for `seconds`, or until there is nothing to wait for."""
        left = seconds
        while left > 0:
            if should_stop():
                raise Stopped
            self._clock.sleep(min(left, _NAP))
            left -= _NAP

    def now(self) -> datetime:
        """The time, in UTC."""
        return self._clock.now()


class Http:
    """One CircleCI, asked with one token."""

    def __init__(
        self,
        transport: Transport,
        token: Secret | None,
        pace: Pace,
        *,
        jitter: Callable[[], float] = random.random,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.host = transport.host
        self._transport = transport
        self._token = token
        self._pace = pace
        self._jitter = jitter
        self._should_stop = should_stop

    def until(self, should_stop: Callable[[], bool]) -> Http:
        """The same, for a reader who may leave: every wait and every new request then raises Stopped."""
        return Http(self._transport, self._token, self._pace, jitter=self._jitter, should_stop=should_stop)

    def close(self) -> None:
        """Close the kept connections."""
        self._transport.close()

    def read(self, path: str, query: Mapping[str, str] | None = None, *, doing: str) -> Any:
        """What GET `path` answers; `doing` completes "Cannot ...".

        Raises:
            CiamError: it cannot be read, also after some attempts.
        """
        target = f"{path}?{urlencode(query)}" if query else path
        reply = self._followed(target, doing)
        return data_of(reply, doing)

    def pages(
        self, path: str, query: Mapping[str, str], *, doing: str, token_of: Callable[[Any], str | None], parameter: str
    ) -> Iterator[Any]:
        """Every page from the first on. `token_of` finds the next page's token in a page, `parameter` carries it.

        Raises:
            CiamError: as `read`; or the pages do not come to an end.
        """
        seen: set[str] = set()
        asked = dict(query)
        for _ in range(_PAGES):
            page = self.read(path, asked, doing=doing)
            yield page
            token = token_of(page)
            if not token:
                return
            if token in seen:
                raise _endless(doing, "its pages begin again")
            seen.add(token)
            asked[parameter] = token
        raise _endless(doing, f"there are more than {_PAGES} pages")

    def write(self, method: Method, path: str, body: object = None, *, doing: str) -> Any:
        """What a request that changes something answers. It is sent once.

        Raises:
            WriteFailed: it was not answered with success.
        """
        self._pace.wait(self._should_stop)
        sent = None if body is None else json.dumps(body).encode()
        result = self._transport.write(method, path, sent)
        if isinstance(result, Reply) and 200 <= result.status < 300:
            try:
                return data_of(result, doing)
            except CiamError as error:
                failure = effect_unknown(error)
        else:
            failure = write_failed(result, doing=doing, host=self.host, token=self._token)
            if isinstance(result, Reply) and result.status == 429:
                self._pace.hold(min(self._asked_wait(result) or _FIRST_WAIT, _LONGEST_WAIT))
        raise failure

    def _followed(self, target: str, doing: str) -> Reply:
        for _ in range(_REDIRECTS + 1):
            reply = self._answered(target, doing)
            where = reply.headers.get("location")
            if not 300 <= reply.status < 400 or where is None:
                return self._successful(reply, doing)
            target = self._here(target, where, doing)
        raise unreadable(doing, "sends from one page to the next without end")

    def _here(self, target: str, where: str, doing: str) -> str:
        """Where a redirect leads, as long as that is on this very host."""
        try:
            url = urljoin(self.host + target, where)
            parts = urlsplit(url)
        except ValueError:
            raise unreadable(doing, "sends to something that is no address") from None
        if not same_origin(url, self.host):
            raise redirected(doing, self.host, parts.netloc.rpartition("@")[2])
        return f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"

    def _answered(self, target: str, doing: str) -> Reply:
        """The first answer that is neither a failure of CircleCI's nor a wish to be asked later."""
        failures = throttled = 0
        while True:
            self._pace.wait(self._should_stop)
            if self._should_stop():
                raise Stopped
            result = self._transport.read(target)
            if isinstance(result, Reply) and result.status == 429:
                throttled += 1
                self._hold_back(result, throttled, doing)
            elif failures + 1 < _attempts_after(result):
                failures += 1
                self._pace.sleep(self._pause_after(result, failures), self._should_stop)
            elif isinstance(result, Reply):
                return result
            else:
                raise read_failed(result, doing=doing, host=self.host, token=self._token)

    def _pause_after(self, result: Reply | Broken, failures: int) -> float:
        """How long to wait before the next attempt: what CircleCI asks for within reason, else longer each time."""
        asked = self._asked_wait(result) if isinstance(result, Reply) else None
        return asked if asked is not None and asked <= _LONGEST_WAIT else self._backoff(failures)

    def _hold_back(self, reply: Reply, times: int, doing: str) -> None:
        asked = self._asked_wait(reply)
        if times >= _THROTTLED_ATTEMPTS:
            raise asked_to_wait(doing, asked or _LONGEST_WAIT)
        if asked is not None and asked > _LONGEST_WAIT:
            raise asked_to_wait(doing, asked)
        self._pace.hold(self._backoff(times) if asked is None else asked)

    def _asked_wait(self, reply: Reply) -> float | None:
        """What Retry-After says, in seconds or as a date; None where it says nothing that can be read."""
        said = reply.headers.get("retry-after", "").strip()
        if said.isascii() and said.isdigit():
            return float(said[:9])
        try:
            moment = parsedate_to_datetime(said)
        except ValueError:
            return None
        return max(0.0, (moment.replace(tzinfo=moment.tzinfo or UTC) - self._pace.now()).total_seconds())

    def _backoff(self, times: int) -> float:
        whole = min(_FIRST_WAIT * 2.0 ** (times - 1), _LONGEST_WAIT)
        return whole * (0.5 + self._jitter() / 2)

    def _successful(self, reply: Reply, doing: str) -> Reply:
        if 200 <= reply.status < 300:
            return reply
        raise read_failed(reply, doing=doing, host=self.host, token=self._token)


def path_of(*segments: str) -> str:
    """The path of `segments`, each encoded, so that none of them can leave its place.

    Raises:
        CiamError: a segment is empty, `.` or `..`: the path would then mean something else, such as the deletion of a whole context.
    """
    if any(segment in {"", ".", ".."} for segment in segments):
        raise CiamError(
            REQUEST_INVALID, "Cannot ask CircleCI", "A name or an id is empty, or made of dots alone.", ("Check what was typed.",)
        )
    return "".join(f"/{quote(segment, safe='')}" for segment in segments)


def _attempts_after(result: Reply | Broken) -> int:
    """How many attempts a read is worth, of which one ended in `result`."""
    match result:
        case Broken(BrokenBy.TIME):
            return 2  # each may have taken a minute
        case Broken(BrokenBy.CONNECTION | BrokenBy.DROPPED) | Reply(408 | 500 | 502 | 503 | 504):
            return _ATTEMPTS
        case _:
            return 1


def _endless(doing: str, why: str) -> CiamError:
    return CiamError(PAGING_ENDLESS, f"Cannot {doing}", f"The list does not come to an end: {why}.", ("Try again in a minute.",))
