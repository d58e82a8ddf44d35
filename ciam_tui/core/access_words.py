"""The access matrix in words: each cell with the statement that decides, what stands against it, and which answer would change it.

AWS says "not authorized" and no more. Here a denial names every statement that is about the action and what of it does not match, and ends
with the step of the wizard in which it would be given.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto
from typing import TYPE_CHECKING

from ciam_tui.core.access_matrix import NEEDS, PlaceKind, Scope, Verdict, places_of
from ciam_tui.core.permissions import read_places
from ciam_tui.core.strict_json import quoted
from ciam_tui.core.validate.bucket import normalized_prefix
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ciam_tui.core.access_matrix import Answer, Cell, Matrix, Place
    from ciam_tui.core.evaluate import StatementReasons

GLYPH = {Verdict.ALLOWED: "✓", Verdict.DENIED: "✗", Verdict.PARTLY: "~"}
NOT_ASKED = "·"
LEGEND = "✓ allowed  ✗ denied  ~ partly  · not asked"


class Saying(Enum):
    """What a line of an explanation is."""

    VERDICT = auto()
    ALARM = auto()
    REQUEST = auto()
    DECIDED = auto()
    REASON = auto()
    ADVICE = auto()


@dataclass(frozen=True, slots=True)
class Said:
    """One line of an explanation."""

    kind: Saying
    text: str


_ABOUT_ACTIONS = ("Action:", "NotAction:")  # how the evaluator's sentences about actions begin

# What an operation is called beside its place.
_PHRASES = {
    "list": "list {place}",
    "read": "read {place}",
    "write": "write {place}",
    "multipart": "upload in parts to {place}",
    "delete": "delete {place}",
    "versions": "read and delete old versions of {place}",
    "tags": "read and set tags of {place}",
    "acl": "set ACLs of {place}",
    "head-bucket": "ask HeadBucket of {place}",
    "location": "ask for the region of {place}",
    "administration": "administer {place}",
    "decrypt": "decrypt {place} through S3",
    "encrypt": "encrypt {place} through S3",
    "bucket-key": "use the S3 Bucket Key of {place}",
    "key-alone": "use the KMS key without S3",
}


def phrase(cell: Cell) -> str:
    """What a cell is about: `delete builds/`."""
    return _PHRASES[cell.operation.id].format(place=_place(cell))


def _place(cell: Cell) -> str:
    place = cell.place
    match place.kind:
        case PlaceKind.OTHER_BUCKET:
            return "another bucket"
        case PlaceKind.STRANGER:
            return f"a stranger's bucket {place.bucket}"
        case PlaceKind.BARE:
            return f"{place.name}, without the slash"
        case PlaceKind.REST if cell.operation.scope is not Scope.BUCKET:
            return "the rest of the bucket"
    if cell.operation.scope in (Scope.BUCKET, Scope.BUCKET_KEY):
        return f"the bucket {place.bucket}"
    return place.name


def headline(cell: Cell) -> str:
    """The verdict in one line; of a cell whose answers differ, which is which."""
    if cell.verdict is not Verdict.PARTLY:
        return f"{phrase(cell)}: {cell.verdict}"
    yes = listed(dict.fromkeys(answer.request.action for answer in cell.answers if answer.allowed))
    no = listed(dict.fromkeys(answer.request.action for answer in cell.answers if not answer.allowed))
    return f"{phrase(cell)}: partly; {yes} {_is(yes)} allowed, {no} {_is(no)} denied"


def _is(names: str) -> str:
    return "are" if " and " in names else "is"


def explain(matrix: Matrix, cell: Cell) -> tuple[Said, ...]:
    """Why `cell` is as it is, from the verdict to what would change it."""
    said = [Said(Saying.VERDICT, headline(cell))]
    if not cell.as_expected:
        said.append(Said(Saying.ALARM, alarm(cell)))
    # Requests that differ in their action alone, and are answered for the same reasons, are told once.
    told: dict[tuple[str, tuple[str, ...], tuple[Said, ...]], list[str]] = {}
    for answer in cell.answers:
        context = tuple(f"{key} = {listed(map(quoted, values))}" for key, values in answer.request.context.items())
        told.setdefault((answer.request.resource, context, tuple(_reasons(matrix, answer))), []).append(answer.request.action)
    for (resource, context, reasons), actions in told.items():
        said.append(Said(Saying.REQUEST, f"{listed(dict.fromkeys(actions))} on {resource}"))
        said += [Said(Saying.REQUEST, f"  with {each}") for each in context]
        said += reasons
    said += [Said(Saying.ADVICE, each) for each in advice(matrix, cell)]
    if cell.verdict is not Verdict.DENIED:
        said += [Said(Saying.ADVICE, each) for each in matrix.limits]
    return tuple(said)


def alarm(cell: Cell) -> str:
    """What to say of a cell in which policy and access differ."""
    wanted = listed(
        dict.fromkeys("allowed" if answer.expected else "denied" for answer in cell.answers if answer.allowed is not answer.expected)
    )
    return (
        f"The answers call for {wanted} here, and the policy says otherwise. Correct the problems that the steps show; "
        "if there is none, do not apply this, and report it: it is an error of this program."
    )


def _reasons(matrix: Matrix, answer: Answer) -> Iterator[Said]:
    decision = matrix.decision(answer)
    if decision.deciding is not None:
        yield Said(Saying.DECIDED, f"{decision.deciding} {'allows' if decision.allowed else 'denies'} it:")
        for each in decision.reasons:
            if each.statement is decision.deciding:
                yield from (Said(Saying.REASON, sentence) for sentence in each.matched if not sentence.startswith(_ABOUT_ACTIONS))
        return
    about = [each for each in decision.reasons if not _is_about_another_action(each)]
    others = [str(each.statement) for each in decision.reasons if _is_about_another_action(each)]
    if not about:
        yield Said(Saying.DECIDED, f"No statement is about this action, and what none allows is denied; there are {listed(others)}.")
        return
    yield Said(Saying.DECIDED, "No statement allows it, and what none allows is denied:")
    for each in about:
        yield Said(Saying.DECIDED, f"{each.statement} does not match:")
        yield from (Said(Saying.REASON, sentence) for sentence in each.unmatched)
    if others:
        yield Said(Saying.REASON, f"{listed(others)} {'is' if len(others) == 1 else 'are'} about other actions")


def _is_about_another_action(reasons: StatementReasons) -> bool:
    return any(sentence.startswith(_ABOUT_ACTIONS) for sentence in reasons.unmatched)


# What would change it


def advice(matrix: Matrix, cell: Cell) -> tuple[str, ...]:
    """Which answer would change the verdict, a sentence each; or that none does, and why. Nothing where the verdict itself is in doubt."""
    if not cell.as_expected:
        return ()
    stage = matrix.stage.name or "the stage"
    denied = [answer for answer in cell.answers if not answer.allowed]
    if not denied:
        return _to_deny(matrix, cell, stage)
    match cell.place.kind:
        case PlaceKind.STRANGER:
            return (f"Nothing gives it: aws:ResourceAccount holds every statement to buckets of the account {_owner(matrix)}.",)
        case PlaceKind.OTHER_BUCKET:
            return ("A set-up is about one bucket: for another, make a set-up of its own.",)
    match cell.operation.id:
        case "list" if cell.place.kind is PlaceKind.BARE:
            return (f"Have the job ask for {cell.place.prefix}/: without the slash, the list would show what begins alike too.",)
        case "read" if cell.place.kind is PlaceKind.BARE:
            return (f"Give {stage} the extra probe in step 4, if its jobs use s3fs or Hadoop, which look at this one key.",)
        case "list":
            return (_to_reach(cell.place, stage),)
        case "head-bucket":
            return ("Only a stage of the whole bucket may ask it. A job that wants the region can have the extra probe, in step 4.",)
        case "location":
            return (f"Give {stage} the extra probe in step 4.",)
        case "administration":
            return ("Nothing gives it: who administers the bucket could give himself the rest. Keep it with the bucket's owner.",)
        case "key-alone":
            return ("Nothing gives it: the key serves S3 alone, for the objects of this stage.",)
        case "decrypt":
            return (_to_give("read", "", matrix, cell.place, stage),)
        case "bucket-key":
            wanted = ("read", "write") if any(answer.request.action == "kms:Decrypt" for answer in denied) else ("write",)
            return (f"It comes with the access {' or '.join(wanted)}: give {stage} that in step 4.",)
        case "encrypt":
            return (_to_give("write", "", matrix, cell.place, stage),)
        case _ if cell.place.kind is PlaceKind.BARE:
            return (f"This is one key, which lies beside the prefix and not below it: have the job use keys below {cell.place.prefix}/.",)
        case _:
            needs = dict.fromkeys(NEEDS[answer.request.action] for answer in denied)
            return tuple(dict.fromkeys(_to_give(access, extra, matrix, cell.place, stage) for access, extra in needs))


def _to_reach(place: Place, stage: str) -> str:
    return (
        f"Add {place.prefix} to what {stage} reads too, in step 4."
        if place.prefix
        else f"Empty the prefix of {stage} in step 4: that is the whole bucket."
    )


def _to_give(access: str, extra: str, matrix: Matrix, place: Place, stage: str) -> str:
    """What gives `access`, and the `extra` with it, at `place`."""
    missing_extra = extra if extra and extra not in matrix.stage.extras else ""
    with_extra = f" and the extra {missing_extra}" if missing_extra else ""
    if any(place.key.startswith(normalized_prefix(each)) for each in places_of(matrix.stage, access)):
        return f"Give {stage} the extra {missing_extra} in step 4."
    if place.key.startswith(normalized_prefix(matrix.stage.prefix)):
        return f"Give {stage} the access {access}{with_extra} in step 4."
    if access != "read":
        return f"A stage changes what is below its own prefix alone: set the prefix of {stage} in step 4, or add a stage for {place.name}."
    if place.kind is PlaceKind.BARE or not place.prefix:
        return f"Set the prefix of {stage} in step 4 to one above it."
    return f"Add {place.prefix} to what {stage} reads too{with_extra}, in step 4."


def _to_deny(matrix: Matrix, cell: Cell, stage: str) -> tuple[str, ...]:
    match cell.operation.scope:
        case Scope.LISTING:
            return (f"It comes with any access of {stage} below this prefix.",)
        case Scope.BUCKET if cell.operation.id == "location":
            return (f"To deny it, remove probe from the extras of {stage} in step 4.",)
        case Scope.BUCKET:
            return (f"It comes with the whole bucket. To deny it, give {stage} a prefix in step 4.",)
        case Scope.KEY:
            return (f"It comes with what {stage} may {'write' if cell.operation.id == 'encrypt' else 'read or write'} here.",)
        case Scope.BUCKET_KEY:
            return (f"It comes with what {stage} may write. S3 names no object then: KMS cannot tell one prefix from another.",)
        case Scope.KEY_ALONE:
            return ()
    if cell.place.kind is PlaceKind.BARE and "probe" in matrix.stage.extras and cell.operation.id == "read":
        return (f"To deny it, remove probe from the extras of {stage} in step 4.",)
    needs = dict.fromkeys(NEEDS[answer.request.action] for answer in cell.answers)
    return tuple(dict.fromkeys(_to_take(access, extra, matrix, cell.place, stage) for access, extra in needs))


def _to_take(access: str, extra: str, matrix: Matrix, place: Place, stage: str) -> str:
    if extra:
        return f"To deny it, remove {extra} from the extras of {stage} in step 4."
    if access in matrix.stage.access and place.key.startswith(normalized_prefix(matrix.stage.prefix)):
        return f"To deny it, remove {access} from the access of {stage} in step 4."
    covering = [each for each in read_places(matrix.stage) if place.key.startswith(normalized_prefix(each))]
    return f"To deny it, remove {listed(covering)} from what {stage} reads too, in step 4."


def _owner(matrix: Matrix) -> str:
    return next(place.owner for place in matrix.places if place.kind is PlaceKind.OWN)


# As a table


def header(titles: Sequence[str], indent: int, width: int) -> tuple[str, ...]:
    """A stair of `titles`, the line of each ending above its column, three characters a column: so that long names fit above narrow columns."""
    lines = []
    for place, title in enumerate(titles):
        before = " " * indent + " │ " * place + " "
        lines.append(before + shortened(title, width - len(before)))
    return tuple(lines)


def shortened(text: str, room: int) -> str:
    """`text` in at most `room` characters, its middle left out."""
    if len(text) <= room:
        return text
    if room < 4:
        return text[: max(room, 0)]
    tail = (room - 1) // 2
    return f"{text[: room - 1 - tail]}…{text[len(text) - tail :]}"


def table(matrix: Matrix, width: int = 100) -> tuple[str, ...]:
    """The matrix as lines of text."""
    indent = max(len(operation.title) for operation in matrix.operations) + 1
    lines = list(header([place.title for place in matrix.places], indent, width))
    for operation, row in zip(matrix.operations, matrix.rows, strict=True):
        lines.append((operation.title.ljust(indent) + "".join(f" {glyph(cell)}" for cell in row)).rstrip())
    lines.append(LEGEND)
    lines += [f"~ {headline(cell)}" for cell in matrix.cells if cell.verdict is Verdict.PARTLY]
    lines += [f"! {phrase(cell)}: {alarm(cell)}" for cell in matrix.unexpected]
    lines += list(matrix.limits)
    return tuple(lines)


def glyph(cell: Cell | None) -> str:
    """Two characters: the verdict, and a sign where it is not what the answers call for."""
    return f"{NOT_ASKED} " if cell is None else f"{GLYPH[cell.verdict]}{' ' if cell.as_expected else '!'}"
