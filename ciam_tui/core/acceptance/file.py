"""The file of accepted findings: reviewed like code, so read as strictly as a Setup, and every mistake told with its line.

An entry accepts one finding about one thing as it was when it was reviewed. There is no wildcard, and no entry without an end: what is
accepted for ever is forgotten, not accepted.
"""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, fields
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, NoReturn

from ciam_tui.core.json_patch import pointer
from ciam_tui.core.policy_findings.place import Places
from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import load_json, quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

ACCEPTANCE_VERSION = 1
ACCEPTANCE_BYTES = 4 * 1024 * 1024  # some thousand entries
LONGEST_DAYS = 400  # a year, and time to review it anew
OPTIONAL_KEYS = frozenset({"ticket"})
LENGTHS: Mapping[str, int] = {"finding": 100, "where": 1000, "about": 5000, "reason": 2000, "owner": 200, "ticket": 500}
FINDING_PATTERN = r"^[a-z0-9]+(-[a-z0-9]+)*$"
FINGERPRINT_PATTERN = r"^[0-9a-f]{64}$"
DATE_PATTERN = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
_FORMS = {
    "finding": (re.compile(FINDING_PATTERN), "the id of a finding, such as no-branch-on-changing-stage"),
    "fingerprint": (re.compile(FINGERPRINT_PATTERN), "the fingerprint that --write-accepted writes, 64 hex digits"),
    "expires": (re.compile(DATE_PATTERN), "a date, such as 2027-03-31"),
}
_WRITE_IT = "Have it written: `ciam-tui check SETUP --write-accepted FILE --owner NAME --reason TEXT --expires DATE`."


@dataclass(frozen=True, slots=True)
class AcceptedFinding:
    """One entry. `where`, `about` and `fingerprint` say what was accepted; `text` is what its reviewer read of it.

    `expires` is the last day, in UTC, on which it counts.
    """

    finding: str
    where: str
    about: str
    text: str
    fingerprint: str
    reason: str
    owner: str
    expires: date
    ticket: str | None = None

    @property
    def words(self) -> str:
        """`by OWNER until 2027-03-31: REASON (TICKET)`, without a full stop of its own."""
        return f"by {self.owner} until {self.expires.isoformat()}: {self.reason}{f' ({self.ticket})' if self.ticket else ''}"

    def as_json(self) -> dict[str, Any]:
        """The entry as it stands in the file."""
        return {key: value for key, value in asdict(self).items() if value is not None} | {"expires": self.expires.isoformat()}


ENTRY_KEYS = tuple(field.name for field in fields(AcceptedFinding))


@dataclass(frozen=True, slots=True)
class AcceptanceFile:
    """What a file accepts, in its order."""

    entries: tuple[AcceptedFinding, ...] = ()

    @property
    def text(self) -> str:
        """The file: every entry in the same order of keys, ASCII, so that equal acceptances are equal files."""
        content = {"version": ACCEPTANCE_VERSION, "accepted": [entry.as_json() for entry in self.entries]}
        return json.dumps(content, indent=2) + "\n"


def read_acceptances(content: bytes, at: date, *, what: str = "the file of accepted findings") -> AcceptanceFile:
    """What the file's `content` accepts; `at` is today, from which the end of an entry may lie `LONGEST_DAYS` days at most.

    Raises:
        CiamError: `acceptances-invalid`, with the first mistake and, where it is one of an entry, its line.
    """
    try:
        text = content.decode()
    except UnicodeDecodeError:
        raise _invalid(what, "It is not UTF-8 text.", "Save it as UTF-8.") from None
    try:
        value = load_json(text, what=what, limit_bytes=ACCEPTANCE_BYTES)
    except CiamError as error:
        raise _invalid(what, error.message, "Correct the file.") from None
    return _Reader(text, what, at).file(value)


def rereadable(file: AcceptanceFile, at: date) -> str:
    """The text of `file`, proven by reading it: a reason that is too long would otherwise shut everybody out of what was accepted before.

    Raises:
        CiamError: `acceptances-invalid`, with what of it no reader would take.
    """
    text = file.text
    try:
        read_acceptances(text.encode(), at)
    except CiamError as error:
        message = f"The file could not be read again: {error.message}"
        raise CiamError(error.code, "Nothing was accepted", message, ("Say it in other words, or in fewer.",)) from None
    return text


def expiry_problem(expires: date, at: date) -> str | None:
    """What is wrong with accepting something until `expires`, as the end of a sentence."""
    last = at + timedelta(days=LONGEST_DAYS)
    if expires > last:
        return f"{expires.isoformat()}, more than {LONGEST_DAYS} days from today: it may be {last.isoformat()} at the latest"
    return None


class _Reader:
    """Takes one file apart, and refuses at the first mistake with its place."""

    def __init__(self, text: str, what: str, at: date) -> None:
        self._text, self._what, self._at = text, what, at

    def file(self, value: Any) -> AcceptanceFile:
        if not isinstance(value, dict):
            self._refuse("It must be an object with the keys version and accepted.")
        if value.get("version") is not True and value.get("version") == ACCEPTANCE_VERSION:
            self._keys(value, ("version", "accepted"), frozenset(), "The file")
        else:
            said = quoted(json.dumps(value.get("version")))
            self._refuse(f"Its version is {said}, and this program reads version {ACCEPTANCE_VERSION}.", "version")
        entries = value["accepted"]
        if not isinstance(entries, list):
            self._refuse("Its key accepted must be a list.", "accepted")
        return AcceptanceFile(tuple(self._entry(entry, number) for number, entry in enumerate(entries)))

    def _entry(self, entry: Any, number: int) -> AcceptedFinding:
        place = ("accepted", str(number))
        if not isinstance(entry, dict):
            self._refuse(f"accepted[{number}] must be an object.", *place)
        self._keys(entry, ENTRY_KEYS, OPTIONAL_KEYS, f"accepted[{number}]", *place)
        texts = {key: self._string(key, entry[key], number) for key in ENTRY_KEYS if entry.get(key) is not None}
        try:
            expires = date.fromisoformat(texts["expires"])
        except ValueError:
            self._refuse(f"accepted[{number}].expires is {quoted(texts['expires'])}, which no calendar has.", *place, "expires")
        if problem := expiry_problem(expires, self._at):
            self._refuse(f"accepted[{number}].expires is {problem}.", *place, "expires")
        return AcceptedFinding(**{**texts, "expires": expires})  # type: ignore[arg-type]  # the keys are the fields

    def _string(self, key: str, value: Any, number: int) -> str:
        place = ("accepted", str(number), key)
        if not isinstance(value, str) or not value.strip():
            self._refuse(f"accepted[{number}].{key} must be text that is not empty.", *place)
        if len(value) > LENGTHS.get(key, len(value)):
            self._refuse(f"accepted[{number}].{key} has {len(value)} characters, and may have {LENGTHS[key]}.", *place)
        if key in _FORMS and not _FORMS[key][0].fullmatch(value):
            self._refuse(f"accepted[{number}].{key} is {quoted(value)}, and must be {_FORMS[key][1]}.", *place)
        return value

    def _keys(self, value: dict[str, Any], keys: tuple[str, ...], optional: frozenset[str], subject: str, *place: str) -> None:
        for key in value:
            if key not in keys:
                self._refuse(f"{subject} has the unknown key {quoted(key)}; the keys are {', '.join(keys)}.", *place, key)
        for key in keys:
            if key not in value and key not in optional:
                self._refuse(f"{subject} has no key {key}.", *place)

    def _refuse(self, sentence: str, *place: str) -> NoReturn:
        where = f"Line {Places(self._text).line(pointer(*place))}: " if place else ""
        raise _invalid(self._what, f"{where}{sentence}", _WRITE_IT)


def _invalid(what: str, message: str, fix: str) -> CiamError:
    return CiamError("acceptances-invalid", f"Cannot read {what}", message, (fix,))
