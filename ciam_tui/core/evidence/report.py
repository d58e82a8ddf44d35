"""Evidence in words and as a document: what was seen, by whom it was looked for, and of what nobody could have known.

Nothing here says "unused". What no source would show is told as unknown; what a source would show and did not is "not seen", with the time
that the source looks back on.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.shown import shown
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ciam_tui.core.evidence.facts import Coverage, Evidence, Seen, ServiceUse
    from ciam_tui.core.users.facts import LastUse

_MOST_LINES = 40
UNKNOWN_OBJECTS = (
    "Whether S3's objects are read or written is unknown: no source here shows it. A trail with data events or S3's server access logs would, "
    "given as files."
)


def lines_of_evidence(evidence: Evidence) -> tuple[str, ...]:
    """The evidence for a reader, safe to print."""
    return tuple(_lines(evidence))


def document_of_evidence(evidence: Evidence) -> dict[str, Any]:
    """The same for programs. `services` is null where IAM's answer was not read, and a `missing` says why something is unknown."""
    return {
        "user": evidence.user,
        "at": evidence.at.isoformat(),
        "shows_objects": evidence.sees_objects,
        "keys": {
            key_id: {"last_used": _time(use.at), "service": use.service, "region": use.region}
            for key_id, use in sorted(evidence.keys.items())
        },
        "seen": [_seen_document(each) for each in evidence.seen],
        "services": None if evidence.services is None else [_service_document(each) for each in evidence.services],
        "coverage": [_coverage_document(each) for each in evidence.coverage],
    }


def resource_words(resource: str) -> str:
    """`acme-builds/releases/` for a place in S3, another resource by its ARN, and `any resource` for none."""
    if not resource:
        return "any resource"
    return resource.rpartition(":::")[2] if ":s3:::" in resource else resource


def seen_words(seen: Seen) -> str:
    """`s3:PutObject on acme-builds/releases/, 12 times, last 2026-08-19 16:42`, safe to print."""
    where = f" on {resource_words(seen.resource)}" if seen.resource else ""
    refused = f", {seen.refused} refused" if seen.refused else ""
    by = f", from {seen.address}" if seen.address else ""
    return shown(f"{seen.action}{where}, {counted(seen.count, 'time')}{refused}, last {_minute(seen.last)}{by} ({seen.source})")


def _lines(evidence: Evidence) -> Iterator[str]:
    yield from (shown(f"Key {key_id}: {_use_words(use)}") for key_id, use in sorted(evidence.keys.items()))
    yield from _service_lines(evidence.services)
    seen = evidence.seen
    if seen:
        yield f"Seen, most frequent first ({counted(sum(each.count for each in seen), 'call')}):"
        yield from (f"  {seen_words(each)}" for each in seen[:_MOST_LINES])
        if len(seen) > _MOST_LINES:
            yield f"  and {len(seen) - _MOST_LINES} more kinds of calls"
    elif evidence.coverage:
        yield "No call was seen by the sources below."
    if not evidence.sees_objects:
        yield UNKNOWN_OBJECTS
    yield from (f"Source: {_coverage_words(each)}" for each in evidence.coverage)


def _use_words(use: LastUse) -> str:
    if use.at is None:
        return "AWS knows of no use"
    where = " in ".join(part for part in (use.service, use.region) if part)
    return f"last used {_minute(use.at)}{f' for {where}' if where else ''}"


def _service_lines(services: Sequence[ServiceUse] | None) -> Iterator[str]:
    if services is None:
        return
    asked = sorted((each for each in services if each.last is not None), key=lambda each: str(each.last), reverse=True)
    if asked:
        yield shown(f"Services asked within 400 days, refused calls among them: {listed(_service_words(each) for each in asked)}.")
    if silent := len(services) - len(asked):
        yield f"Of {counted(silent, 'other service')} that the policies allow, IAM saw no call within 400 days."


def _service_words(use: ServiceUse) -> str:
    return f"{use.service} ({use.last:%Y-%m-%d})"


def _coverage_words(coverage: Coverage) -> str:
    window = ""
    if coverage.since is not None and coverage.until is not None:
        window = f", {coverage.since:%Y-%m-%d} to {coverage.until:%Y-%m-%d}"
    about = f", {coverage.about}" if coverage.about else ""
    missing = f" Unknown: {coverage.missing.rstrip('.')}." if coverage.missing else ""
    return shown(f"{coverage.source}{about}{window}.{missing}")


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M}"


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _seen_document(seen: Seen) -> dict[str, Any]:
    return {
        "action": seen.action,
        "resource": seen.resource,
        "count": seen.count,
        "refused": seen.refused,
        "first": seen.first.isoformat(),
        "last": seen.last.isoformat(),
        "source": seen.source.value,
        "principal": seen.principal,
        "address": seen.address,
        "agent": seen.agent,
    }


def _service_document(use: ServiceUse) -> dict[str, Any]:
    return {
        "service": use.service,
        "last": _time(use.last),
        "region": use.region,
        "actions": {name: _time(last) for name, last in use.actions},
    }


def _coverage_document(coverage: Coverage) -> dict[str, Any]:
    return {
        "source": coverage.source.value,
        "about": coverage.about,
        "since": _time(coverage.since),
        "until": _time(coverage.until),
        "shows_objects": coverage.sees_objects,
        "read_buckets": list(coverage.read_buckets),
        "written_buckets": list(coverage.written_buckets),
        "missing": coverage.missing,
    }
