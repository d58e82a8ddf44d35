"""Who is let in, decided from values so that every hostile request can be tried without a server.

What stands between the wizard and the rest of the machine and the web is this:
- the link that was printed is good once and for some minutes; it is traded for a session, which is a cookie *and* the path it is bound to.
  A cookie alone would not do: browsers send cookies of 127.0.0.1 to every port of it, so to the server of another user of this machine as
  well, if a page leads there. Such a server does not know the path, and never gets the cookie;
- the Host must be the address itself, so that a name which was made to point here (DNS rebinding) opens nothing;
- a WebSocket needs our own Origin, and whatever comes with a foreign one is refused; only GET does anything;
- `SameSite=Strict` keeps the cookie off the first request after a link on another page. That request is answered by a page that asks again:
  it holds nothing, and whoever has the cookie sends it the second time.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

COOKIE = "ciam-tui"
LINK_SECONDS = 600.0
_PATH_BYTES, _SECRET_BYTES = 16, 32

ASK_AGAIN = "Open the link that `ciam-tui serve` printed; a link is good once, and another one comes with another start."
SPENT = (
    "This link has been used: it is good once. Go on in the tab that it opened, or start `ciam-tui serve` again for a new link. "
    "If it was not you who used it, end the program in its terminal with Ctrl+C."
)
EXPIRED = "This link is no longer good: nobody opened it in time. Start `ciam-tui serve` again for a new one."
READ_AHEAD = "The link is not opened by reading ahead of the person."


@dataclass(frozen=True, slots=True)
class Knock:
    """What a request says of itself; a header that may come several times is kept as often as it came."""

    method: str
    target: str
    hosts: tuple[str, ...]
    origins: tuple[str, ...] = ()
    cookies: tuple[str, ...] = ()
    site: str | None = None
    purpose: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    status: int
    sentence: str


@dataclass(frozen=True, slots=True)
class Traded:
    """The link is spent: go to `path` with the cookie `secret`, which is sent below that path alone."""

    path: str
    secret: str


@dataclass(frozen=True, slots=True)
class AskedAgain:
    """A person may have come by a link on another page: let the browser ask for the same page by itself."""


@dataclass(frozen=True, slots=True)
class Entered:
    """One who may come in, and what is wanted: a path below the session's, without a query."""

    wanted: str


Answer = Refused | Traded | AskedAgain | Entered


@dataclass(slots=True)
class Door:
    """The one door of a server at `host` (address and port), whose link is good from `opened_at` on."""

    host: str
    opened_at: float
    link_seconds: float = LINK_SECONDS
    token: str = field(default_factory=lambda: secrets.token_urlsafe(_SECRET_BYTES), repr=False)
    path: str = field(default_factory=lambda: f"/s/{secrets.token_urlsafe(_PATH_BYTES)}/", repr=False)
    is_spent: bool = False
    _secret: str = field(default_factory=lambda: secrets.token_urlsafe(_SECRET_BYTES), repr=False)

    @property
    def origin(self) -> str:
        """What a page of this server calls itself."""
        return f"http://{self.host}"

    @property
    def link(self) -> str:
        """What the person opens."""
        return f"{self.origin}/?token={self.token}"

    def has_expired(self, now: float) -> bool:
        """Whether the link is no longer good without having been used."""
        return not self.is_spent and now - self.opened_at > self.link_seconds

    def answer(self, knock: Knock, now: float) -> Answer:
        """What becomes of a request; one of all that come with the link's token spends it."""
        refusal = self._foreign(knock)
        if refusal is not None:
            return refusal
        path, _, query = knock.target.partition("?")
        if path == "/" and _same(query, f"token={self.token}"):
            return self._trade(knock, now)
        if not _same(path[: len(self.path)], self.path):
            return Refused(403, ASK_AGAIN)
        return self._enter(knock, path[len(self.path) :])

    def _foreign(self, knock: Knock) -> Refused | None:
        """Why this is no request of a page of ours or of a person, whoever sent it."""
        if knock.hosts != (self.host,):
            return Refused(403, f"This is {self.host} and goes by no other name or port: open the link as it was printed.")
        if knock.method != "GET":
            return Refused(405, "Only GET is answered here.")
        if knock.origins not in ((), (self.origin,)):
            return Refused(403, "Pages of other origins are not answered.")
        return None

    def _trade(self, knock: Knock, now: float) -> Answer:
        if self.is_spent:
            return Refused(403, SPENT)
        if self.has_expired(now):
            return Refused(403, EXPIRED)
        if knock.purpose:
            return Refused(403, READ_AHEAD)
        self.is_spent = True
        return Traded(self.path, self._secret)

    def _enter(self, knock: Knock, wanted: str) -> Answer:
        knows = any(_same(cookie, self._secret) for cookie in knock.cookies)
        if wanted == "ws":
            # The Origin is what counts here: not every browser takes ws:// and http:// for one site.
            if knock.origins != (self.origin,):
                return Refused(403, "A WebSocket needs the Origin of the page that opens it.")
        elif knock.site not in (None, "same-origin") and (knock.site != "none" or wanted):
            return Refused(403, ASK_AGAIN) if wanted else AskedAgain()
        if not knows:
            return Refused(403, ASK_AGAIN)
        return Entered(wanted)


def _same(given: str, ours: str) -> bool:
    """Whether they are equal, in a time that tells nothing of where they differ."""
    return secrets.compare_digest(given.encode("utf-8", "surrogateescape"), ours.encode())
