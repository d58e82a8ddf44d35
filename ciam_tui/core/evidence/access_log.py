r"""One line of S3's server access logs as a call of the user's. Lines are outside text: what a client sends stands in them as it was sent.

The fields up to the status are enough, and every version of the format begins with them. Keys are encoded twice there.
https://docs.aws.amazon.com/AmazonS3/latest/userguide/LogFormat.html
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from functools import lru_cache
from typing import TYPE_CHECKING

from ciam_tui.core.evidence.calls import LONGEST_KEY, VERSIONED, Call, Use, address_of, agent_of, decoded, is_bucket_name, log_actions

if TYPE_CHECKING:
    from ciam_tui.core.evidence.calls import Callers

LONGEST_LINE = 16_384  # characters: a key of 1,024 bytes encoded twice, twice, and a referrer

# What has matched is not tried again by halves (++): a line is read once, whatever it holds.
_LINE = re.compile(
    r"(?P<owner>\S++) (?P<bucket>\S++) \[(?P<time>[^\]]++)\] (?P<address>\S++) (?P<requester>\S++) (?P<request>\S++) "
    r'(?P<operation>\S++) (?P<key>\S++) (?:"(?P<uri>[^"]*+)"|-) (?P<status>\d{3}|-) (?P<error>\S++)(?P<rest>[^\n]*+)'
)
_AGENT = re.compile(r'"[^"]*+" "(?P<agent>[^"]*+)"')
_TIME = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")
_MONTHS = {
    name: number
    for number, name in enumerate(["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"], start=1)
}
_LISTED = re.compile(r"[?&]prefix=([^& ]*+)")
_VERSION = re.compile(r"[?&]versionId=")
# S3 says 403 too of an object that waits in an archive, to whoever may read it.
_NOT_FOR_RIGHTS = ("InvalidObjectState",)
_LISTS = ("s3:ListBucket", "s3:ListBucketVersions", "s3:ListBucketMultipartUploads")


@dataclass(frozen=True, slots=True)
class LogLine:
    """What a line says, whoever made the call; `call` is None where it is somebody else's."""

    at: datetime
    bucket: str
    call: Call | None


def read_line(line: str, whose: Callers) -> LogLine | None:
    """The line's content; None where it is no line of an access log."""
    found = _LINE.match(line) if len(line) <= LONGEST_LINE else None
    at = _moment(found["time"]) if found else None
    if found is None or at is None or not is_bucket_name(found["bucket"]):
        return None
    principal = whose.principal(None, found["requester"])
    if principal is None:
        return LogLine(at, found["bucket"], None)
    key = None if found["key"] == "-" else decoded(decoded(found["key"]))[:LONGEST_KEY]
    actions = log_actions(found["operation"], has_key=key is not None)
    if actions is None:
        return None
    if _VERSION.search(found["uri"] or ""):
        actions = tuple(VERSIONED.get(action, action) for action in actions)
    agent = _AGENT.search(found["rest"])
    call = Call(
        at=at,
        uses=tuple(Use(action, found["bucket"], _listed(found["uri"]) if action in _LISTS else key) for action in actions),
        principal=principal,
        refused=found["status"] == "403" and found["error"] not in _NOT_FOR_RIGHTS,
        address=address_of("" if found["address"] == "-" else found["address"]),
        agent=agent_of(agent["agent"] if agent and agent["agent"] != "-" else ""),
    )
    return LogLine(at, found["bucket"], call)


def _listed(uri: str | None) -> str | None:
    """The prefix that a listing asked for."""
    found = _LISTED.search(uri or "")
    return (decoded(found[1].replace("+", " "))[:LONGEST_KEY] or None) if found else None


@lru_cache(maxsize=256)  # a busy bucket has many lines a second
def _moment(text: str) -> datetime | None:
    found = _TIME.fullmatch(text)
    if found is None or found[2] not in _MONTHS:
        return None
    offset = timedelta(hours=int(found[8]), minutes=int(found[9]))
    try:
        zone = timezone(-offset if found[7] == "-" else offset)
        day, year, hour, minute, second = (int(found[group]) for group in (1, 3, 4, 5, 6))
        return datetime(year, _MONTHS[found[2]], day, hour, minute, second, tzinfo=zone).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
