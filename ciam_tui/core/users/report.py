"""Users for a reader at a terminal and for a program: the listing as a table with one line a user, and one user as what it is.

The keys of the JSON documents stay as they are; new ones may be added.
"""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from ciam_tui.core.audit.access import Reach
from ciam_tui.core.audit.report_json import access_document, finding_document, moment_text
from ciam_tui.core.audit.words import access_lines
from ciam_tui.core.shown import shortened, shown
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from ciam_tui.core.audit.facts import HeldKey
    from ciam_tui.core.audit.findings import AuditFinding
    from ciam_tui.core.users.facts import AccessKey
    from ciam_tui.core.users.grants import Administrator
    from ciam_tui.core.users.listing import Listing, UserRow
    from ciam_tui.core.users.understanding import Sign, Understanding

_LEAST_NAME, _MOST_NAME = 8, 32
_MOST_FINDINGS = 12


# --- The words of a cell ---


def key_words(key: AccessKey, at: datetime) -> str:
    """`…7Q2V active, 1,984 days, used 2026-08-19 (s3, us-east-1)`."""
    name = f"…{shown(key.key_id[-4:])} " if key.key_id else ""
    return f"{name}{shown(key.status.lower())}, {age_words(key, at)}, {use_words(key)}"


def age_words(key: AccessKey, at: datetime) -> str:
    """`1,984 days`, `age unknown`."""
    if key.created_at is None:
        return "age unknown"
    days = max(0, (at - key.created_at).days)
    return f"{days:,} day{'' if days == 1 else 's'}"


def use_words(key: AccessKey) -> str:
    """`used 2026-08-19 (s3, us-east-1)`, `no use recorded`, `last use unknown`."""
    use = key.last_use
    if use is None:
        return "last use unknown"
    if use.at is None:
        return "no use recorded"
    where = ", ".join(shown(each) for each in (use.service, use.region) if each)
    return f"used {use.at:%Y-%m-%d}{f' ({where})' if where else ''}"


def keys_words(keys: Sequence[AccessKey] | None, at: datetime) -> str:
    """All keys of a user in a line."""
    if keys is None:
        return "keys unknown"
    return "; ".join(key_words(key, at) for key in keys) or "no keys"


def may_words(row: UserRow) -> str:
    """The worst of what a user may do, in a few words."""
    reach = row.administrator.reach
    if reach is Reach.YES:
        return "administrator"
    if reach is Reach.CONDITIONAL:
        return "administrator in some cases"
    if row.worst is not None:
        return f"{row.worst.level}: {row.worst.id}"
    if row.unread:
        return "unknown"
    return "nothing found against it" if row.grants else "no policy"


def held_words(held: Sequence[HeldKey] | None, *, asked: bool) -> str:
    """`context aws, context deploys and project web`; a place where several keys end alike says so."""
    if held is None:
        return "unknown" if asked else "not asked"
    return listed(_place(each) for each in held) if held else "nowhere"


def _place(held: HeldKey) -> str:
    others = len(held.keys) - 1
    return f"{held.place} (or {counted(others, 'other key')} that ends alike)" if others > 0 else held.place


def tags_words(tags: Iterable[tuple[str, str]]) -> str:
    """`team=platform env=prod`."""
    return " ".join(f"{shown(key)}={shown(value)}" for key, value in tags)


# --- The listing ---


def lines_of_listing(listing: Listing, width: int) -> Iterator[str]:
    """The table, two lines a user, no line longer than `width` where cutting names is enough for that."""
    longest = max((len(shown(row.user.name)) for row in listing.rows), default=0)
    name_width = min(max(_LEAST_NAME, longest), _MOST_NAME, max(_LEAST_NAME, width // 3))
    for row in listing.rows:
        name = shortened(shown(row.user.name), name_width)
        yield _cut(f"{name:<{name_width}}  {may_words(row)}{_tail(row)}", width)
        indent = " " * name_width
        for key in row.keys or ():
            yield _cut(f"{indent}  {key_words(key, listing.at)}", width)
        if not row.keys:
            yield _cut(f"{indent}  {keys_words(row.keys, listing.at)}", width)
        yield _cut(f"{indent}  CircleCI: {held_words(row.held, asked=row.asked)}", width)
    if listing.rows:
        yield ""
    yield summary(listing)
    if listing.unread:
        yield ""
        yield "Could not be read:"
        yield from (f"  {shown(sentence)}" for sentence in listing.unread)


def _tail(row: UserRow) -> str:
    parts = [*(["console password"] if row.user.has_password else []), *([tags_words(row.user.tags)] if row.user.tags else [])]
    return f"  [{', '.join(parts)}]" if parts else ""


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: max(1, width - 1)]}…"


def summary(listing: Listing) -> str:
    """One sentence about all."""
    rows = listing.rows
    keys = sum(len(row.keys or ()) for row in rows)
    admins = sum(row.is_admin for row in rows)
    report = f", by the credential report of {listing.report_at:%Y-%m-%d %H:%M} UTC" if listing.report_at is not None else ""
    told = f"{counted(len(rows), 'user')} with {counted(keys, 'access key')}, {counted(admins, 'administrator')} among them"
    return f"{told}; {listing.seen:,} looked at{report}."


def document_of_listing(listing: Listing) -> dict[str, Any]:
    """The document that `migrate --json` prints."""
    return {
        "ok": True,
        "error": None,
        "account_id": listing.identity.account_id,
        "account_alias": listing.identity.alias,
        "operator": listing.identity.arn,
        "at": moment_text(listing.at),
        "users_seen": listing.seen,
        "report_at": moment_text(listing.report_at),
        "circleci_asked": listing.asked,
        "users": [_row(row) for row in listing.rows],
        "unread": list(listing.unread),
    }


def _row(row: UserRow) -> dict[str, Any]:
    user = row.user
    return {
        "name": user.name,
        "arn": user.arn,
        "user_id": user.user_id,
        "created_at": moment_text(user.created_at),
        "tags": dict(user.tags),
        "groups": list(user.groups),
        "has_password": user.has_password,
        "keys": _keys(row.keys),
        "administrator": _administrator(row.administrator),
        "worst": None if row.worst is None else finding_document(row.worst),
        "findings": [finding_document(finding) for finding in row.findings],
        "circleci": _held(row.held),
        "unread": list(row.unread),
    }


# --- One user ---


def lines_of_user(understanding: Understanding, at: datetime) -> Iterator[str]:
    """What a user is, for a reader at a terminal."""
    user, admin = understanding.user, understanding.administrator
    yield f"user      {shown(user.name)}  {shown(user.arn)}"
    if user.tags:
        yield f"tags      {tags_words(user.tags)}"
    yield from _labelled("keys", [key_words(key, at) for key in user.keys] if user.keys is not None else ["unknown"], "none")
    if understanding.held is not None:
        yield from _labelled(
            "circleci",
            [f"{shown(_place(each))} of {shown(each.organization)}: {shown(each.variable)}" for each in understanding.held],
            "nowhere",
        )
    yield f"is        {is_words(admin)}"
    yield from _labelled("policies", [f"{shown(grant.short)}, {grant.way}" for grant in understanding.grants], "none")
    boundary = "unknown" if "boundary" in user.not_read else user.boundary or "none"
    yield f"boundary  {shown(boundary)}"
    yield from _labelled(
        "may", [f"{shown(where)}  {shown(what)}".rstrip() for where, what in access_lines(understanding.access)], "nothing"
    )
    yield from _labelled("person", [f"{understanding.kind}", *(f"{sign.name}: {sign_words(sign)}" for sign in understanding.signs)], "")
    yield from _labelled("named by", [f"{shown(each.subject)}: {each.words}" for each in understanding.named], "no policy that was read")
    for finding in understanding.findings[:_MOST_FINDINGS]:
        yield f"  {finding.level}: {shown(_where(finding))}{shown(finding.text)} ({finding.id})"
    if len(understanding.findings) > _MOST_FINDINGS:
        yield f"  and {counted(len(understanding.findings) - _MOST_FINDINGS, 'more finding')}"
    if understanding.unread:
        yield "Could not be read:"
        yield from (f"  {shown(sentence)}" for sentence in understanding.unread)


def _labelled(label: str, texts: Sequence[str], none: str) -> Iterator[str]:
    for number, text in enumerate(texts or [none]):
        yield f"{label if number == 0 else '':<8}  {text}"


def is_words(admin: Administrator) -> str:
    """`administrator, by statement 4 of …`, or how far that is known."""
    by = f", by {admin.words}" if admin.words else ""
    match admin.reach:
        case Reach.YES:
            return f"administrator{by}"
        case Reach.CONDITIONAL:
            return f"administrator in some cases{by}"
        case Reach.UNKNOWN:
            return "administrator or not: unknown, since a policy that decides could not be read"
        case Reach.NO:
            return "no administrator"


def sign_words(sign: Sign) -> str:
    """What was found of a sign of a person: `none`, `unknown`, or its evidence."""
    return "unknown" if sign.found is None else sign.evidence or "none"


def _where(finding: AuditFinding) -> str:
    short = finding.document.rpartition("/")[2]
    return f"{short}{f', statement {finding.statement}' if finding.statement else ''}: "


def document_of_user(understanding: Understanding, at: datetime) -> dict[str, Any]:
    """The document that `migrate USER --json` has of what the user is."""
    user = understanding.user
    return {
        "name": user.name,
        "arn": user.arn,
        "user_id": user.user_id,
        "path": user.path,
        "created_at": moment_text(user.created_at),
        "at": moment_text(at),
        "tags": dict(user.tags),
        "groups": list(user.groups),
        "boundary": user.boundary,
        "keys": _keys(user.keys),
        "administrator": _administrator(understanding.administrator),
        "policies": [{"name": grant.name, "group": grant.group or None} for grant in understanding.grants],
        "may": access_document(understanding.access),
        "person": {
            "kind": understanding.kind.name.lower(),
            "signs": [{"name": sign.name, "found": sign.found, "evidence": sign.evidence} for sign in understanding.signs],
        },
        "named_by": [{**asdict(each), "meaning": each.meaning.value, "actions": list(each.actions)} for each in understanding.named],
        "circleci": _held(understanding.held),
        "findings": [finding_document(finding) for finding in understanding.findings],
        "unread": list(understanding.unread),
    }


def _keys(keys: Sequence[AccessKey] | None) -> list[dict[str, Any]] | None:
    return None if keys is None else [_key(key) for key in keys]


def _key(key: AccessKey) -> dict[str, Any]:
    use = key.last_use
    last_use = None if use is None else {"at": moment_text(use.at), "service": use.service or None, "region": use.region or None}
    return {"key_id": key.key_id or None, "status": key.status, "created_at": moment_text(key.created_at), "last_use": last_use}


def _administrator(admin: Administrator) -> dict[str, Any]:
    return {
        "reach": admin.reach.value,
        "policy": admin.grant.name if admin.grant is not None else None,
        "group": (admin.grant.group or None) if admin.grant is not None else None,
        "statement": admin.statement,
        "sid": admin.sid,
    }


def _held(held: Sequence[HeldKey] | None) -> list[dict[str, Any]] | None:
    if held is None:
        return None
    return [
        {
            "organization": each.organization,
            "place": each.place,
            "variable": each.variable,
            "last_four": each.last_four,
            "may_be": [{"user": key.user, "key_id": key.key_id} for key in each.keys],
        }
        for each in held
    ]
