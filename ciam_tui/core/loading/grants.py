"""What the permission policies of a role grant in S3, in the words of a stage; what cannot be said so is told, statement by statement."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ciam_tui.core.access_matrix import NEEDS
from ciam_tui.core.matching import wildcard_matcher
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.document import PolicyDocument, Statement

_S3 = ":s3:::"
_LIST, _LOCATION = "s3:ListBucket", "s3:GetBucketLocation"
# Keys of conditions that a Setup's own policies have, so that nothing is lost when they are read past.
_KNOWN_KEYS = frozenset({"s3:prefix", "aws:resourceaccount", "s3:resourceaccount", "kms:viaservice", "kms:encryptioncontext:aws:s3:arn"})
_KMS = ("kms:Decrypt", "kms:GenerateDataKey")


@dataclass(slots=True)
class Grants:
    """What was found. `places` are prefixes by access (`read`, `write`, `delete`), in the order of the policies; `notes` what does not fit."""

    bucket: str = ""
    places: dict[str, list[str]] = field(default_factory=lambda: {"read": [], "write": [], "delete": []})
    extras: list[str] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    regions: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def grants_of(policies: Sequence[tuple[str, PolicyDocument]]) -> Grants:
    """What `policies`, by name, grant; the first bucket that they name is taken for the Setup's."""
    found = Grants()
    for name, policy in policies:
        for number, statement in enumerate(policy.statements, start=1):
            place = f"{name}, statement {number}{f' ({statement.sid})' if statement.sid else ''}"
            _read(statement, place, found)
    return found


def _read(statement: Statement, place: str, found: Grants) -> None:
    if statement.effect == "Deny":
        found.notes.append(f"{place}: a Deny, which a Setup does not have.")
        return
    if statement.actions is None or statement.resources is None:
        found.notes.append(f"{place}: NotAction or NotResource grants what it does not name, which a Setup never does.")
        return
    for operator, key, values in statement.conditions:
        _note_condition(operator, key, values, place, found)
    actions = [action for action in (*NEEDS, _LIST, _LOCATION, *_KMS) if _covers(statement.actions, action)]
    told = [action for action in statement.actions if not any(_covers((action,), known) for known in actions)]
    if told:
        found.notes.append(f"{place}: {listed(told)} {'is' if len(told) == 1 else 'are'} nothing that a stage may do.")
    wide = [action for action in statement.actions if "*" in action or "?" in action]
    if wide:
        found.notes.append(f"{place}: {listed(wide)} also covers what no stage needs; a Setup names each action.")
    if any(action in _KMS for action in actions):
        found.keys += [each for each in statement.resources if ":kms:" in each and "*" not in each]
    for resource in statement.resources:
        if ":kms:" in resource:
            continue
        for prefix in _prefixes(resource, place, found):
            _add(actions, prefix, found)
    if _LOCATION in actions:
        _once(found.extras, "probe")


def _note_condition(operator: str, key: str, values: Sequence[str], place: str, found: Grants) -> None:
    folded = key.lower()
    if folded in ("aws:resourceaccount", "s3:resourceaccount"):
        found.owners += [value for value in values if value.isdecimal() and len(value) == 12]
    elif folded == "kms:viaservice":
        found.regions += [value.split(".")[1] for value in values if value.startswith("s3.") and value.count(".") > 1]
    if folded not in _KNOWN_KEYS:
        found.notes.append(f"{place}: the condition {operator} {key} is left out: a Setup cannot say it.")


def _prefixes(resource: str, place: str, found: Grants) -> Iterator[str]:
    """The prefix that an ARN of objects reaches, as a stage names one; the bucket alone has none."""
    if resource == "*":
        found.notes.append(f"{place}: Resource * reaches every bucket; a Setup names one.")
        if found.bucket:
            yield ""
        return
    if _S3 not in resource:
        found.notes.append(f"{place}: {resource} is nothing in S3.")
        return
    bucket, slash, key = resource.partition(_S3)[2].partition("/")
    if "*" in bucket or "?" in bucket or "${" in bucket:
        found.notes.append(f"{place}: {resource} reaches more than one bucket; a Setup names one.")
        return
    if found.bucket and bucket != found.bucket:
        found.notes.append(f"{place}: the bucket {bucket} is another than {found.bucket}, and a Setup has one.")
        return
    found.bucket = bucket
    if not slash:
        return
    whole, star, rest = key.partition("*")
    if not star or rest or "?" in key or "${" in key:
        found.notes.append(f"{place}: {resource} is no prefix, and a stage works below one.")
        return
    if whole and not whole.endswith("/"):
        found.notes.append(f'{place}: {resource} also reaches what only begins with "{whole}"; a stage works below "{whole}/".')
        whole = f"{whole}/"
    yield whole


def _add(actions: Sequence[str], prefix: str, found: Grants) -> None:
    for action in actions:
        access, extra = NEEDS.get(action, ("", ""))
        if extra:
            _once(found.extras, extra)
        elif access and action in ("s3:GetObject", "s3:PutObject", "s3:DeleteObject"):
            _once(found.places[access], prefix)


def _covers(patterns: Sequence[str], action: str) -> bool:
    return any(wildcard_matcher(pattern.lower())(action.lower()) for pattern in patterns)


def _once(values: list[str], value: str) -> None:
    if value not in values:
        values.append(value)
