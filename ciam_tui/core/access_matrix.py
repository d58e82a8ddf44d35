"""What a stage's role can do and where, each answer asked of the evaluator and held against what the stage was given.

A policy is read one statement at a time, and nobody sees in it what is missing. So the questions are put by operation and place, from the
very document that is previewed and applied, and what is denied is shown beside what is allowed. Each cell also holds the answer that the
stage's access calls for, found without the policy: where the two differ, either the policy or the evaluator is wrong.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, StrEnum, auto
from functools import lru_cache
from typing import TYPE_CHECKING

from ciam_tui.core.document import parse_policy
from ciam_tui.core.evaluate import CompiledPolicy, Decision, Request, compile_policy, evaluate
from ciam_tui.core.permissions import bucket_arn, bucket_owner, permission_policy, read_places, s3_endpoints
from ciam_tui.core.validate.bucket import normalized_prefix

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ciam_tui.core.shape import SetupShape, StageShape

EXAMPLE = "example.txt"
_FEW_STAGES = 3


class Verdict(StrEnum):
    """What the answers of a cell come to."""

    ALLOWED = "allowed"
    DENIED = "denied"
    PARTLY = "partly"


class Scope(Enum):
    """What an operation is on, which decides the places it is asked of."""

    LISTING = auto()
    OBJECT = auto()
    BUCKET = auto()
    KEY = auto()
    BUCKET_KEY = auto()
    KEY_ALONE = auto()


@dataclass(frozen=True, slots=True)
class Operation:
    """What a job does, with the API actions that AWS asks about then."""

    id: str
    title: str
    scope: Scope
    actions: tuple[str, ...]


# Which actions an operation needs: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html
OPERATIONS = (
    Operation("list", "list", Scope.LISTING, ("s3:ListBucket",)),
    Operation("read", "read", Scope.OBJECT, ("s3:GetObject",)),
    Operation("write", "write", Scope.OBJECT, ("s3:PutObject",)),
    Operation("multipart", "multipart", Scope.OBJECT, ("s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts")),
    Operation("delete", "delete", Scope.OBJECT, ("s3:DeleteObject",)),
    Operation("versions", "old versions", Scope.OBJECT, ("s3:GetObjectVersion", "s3:DeleteObjectVersion")),
    Operation("tags", "tags", Scope.OBJECT, ("s3:GetObjectTagging", "s3:PutObjectTagging")),
    Operation("acl", "ACL", Scope.OBJECT, ("s3:PutObjectAcl",)),
    Operation("head-bucket", "HeadBucket", Scope.BUCKET, ("s3:ListBucket",)),
    Operation("location", "its region", Scope.BUCKET, ("s3:GetBucketLocation",)),
    Operation(
        "administration",
        "administer",
        Scope.BUCKET,
        (
            "s3:PutBucketPolicy",
            "s3:DeleteBucketPolicy",
            "s3:PutBucketAcl",
            "s3:PutBucketOwnershipControls",
            "s3:PutBucketPublicAccessBlock",
            "s3:PutBucketVersioning",
            "s3:PutEncryptionConfiguration",
            "s3:PutLifecycleConfiguration",
            "s3:PutReplicationConfiguration",
            "s3:DeleteBucket",
        ),
    ),
    Operation("decrypt", "KMS decrypt", Scope.KEY, ("kms:Decrypt",)),
    Operation("encrypt", "KMS encrypt", Scope.KEY, ("kms:GenerateDataKey",)),
    Operation("bucket-key", "Bucket Key", Scope.BUCKET_KEY, ("kms:Decrypt", "kms:GenerateDataKey")),
    Operation("key-alone", "KMS itself", Scope.KEY_ALONE, ("kms:Decrypt", "kms:GenerateDataKey", "kms:PutKeyPolicy")),
)

_ON_KEYS = (Scope.KEY, Scope.BUCKET_KEY, Scope.KEY_ALONE)


class PlaceKind(StrEnum):
    """How a place lies to the stage."""

    OWN = "own"
    READS = "read-prefix"
    BARE = "without-slash"
    SIBLING = "sibling"
    STAGE = "other-stage"
    REST = "rest-of-bucket"
    OTHER_BUCKET = "other-bucket"
    STRANGER = "strangers-bucket"


@dataclass(frozen=True, slots=True)
class Place:
    """Where something is done: below `prefix` of `bucket`, which belongs to `owner`; `key` is the object that is asked about there.

    `name` is how it is spelled, and `role` what it is to the stage, with the other stages whose prefix it is.
    """

    kind: PlaceKind
    name: str
    role: str
    bucket: str
    owner: str
    prefix: str
    key: str

    @property
    def title(self) -> str:
        """The name with what it is: `builds/ (own)`."""
        return f"{self.name} ({self.role})" if self.role else self.name


@dataclass(frozen=True, slots=True)
class Answer:
    """One request: what the policy says, and what the stage's access calls for."""

    request: Request
    allowed: bool
    expected: bool


@dataclass(frozen=True, slots=True)
class Cell:
    """One operation at one place."""

    operation: Operation
    place: Place
    answers: tuple[Answer, ...]

    @property
    def verdict(self) -> Verdict:
        """Allowed where each request is."""
        allowed = sum(answer.allowed for answer in self.answers)
        return Verdict.DENIED if not allowed else Verdict.ALLOWED if allowed == len(self.answers) else Verdict.PARTLY

    @property
    def as_expected(self) -> bool:
        """Whether the policy says what the stage's access calls for."""
        return all(answer.allowed is answer.expected for answer in self.answers)


@dataclass(frozen=True, slots=True)
class Matrix:
    """All of a stage: a row an operation, in each a cell a place, None where the operation is not about such a place.

    `limits` says what else AWS asks before it lets a request pass, a sentence each.
    """

    stage: StageShape
    places: tuple[Place, ...]
    operations: tuple[Operation, ...]
    rows: tuple[tuple[Cell | None, ...], ...]
    limits: tuple[str, ...]
    policy: CompiledPolicy

    @property
    def cells(self) -> tuple[Cell, ...]:
        """Every cell, row by row."""
        return tuple(cell for row in self.rows for cell in row if cell is not None)

    @property
    def unexpected(self) -> tuple[Cell, ...]:
        """The cells in which the policy says something else than the stage's access calls for: none, unless an answer is no valid one."""
        return tuple(cell for cell in self.cells if not cell.as_expected)

    def decision(self, answer: Answer) -> Decision:
        """The evaluator's decision behind `answer`, with its reasons."""
        return evaluate(answer.request, [self.policy])


def matrix_of(setup: SetupShape) -> tuple[Matrix, ...]:
    """The matrix of every stage, in their order.

    Raises:
        CiamError: as `stage_matrix`.
    """
    return tuple(stage_matrix(setup, stage) for stage in setup.stages)


def stage_matrix(setup: SetupShape, stage: StageShape) -> Matrix:
    """What the role of `stage` can do, of a finished Setup or of a draft that names its account and bucket.

    Raises:
        CiamError: the draft's answers make a policy that AWS would refuse.
    """
    policy = _compiled(permission_policy(setup, stage).text)
    places = tuple(_places(setup, stage))
    operations = tuple(each for each in OPERATIONS if setup.bucket.kms_key_arn or each.scope not in _ON_KEYS)

    def passes(request: Request) -> bool:
        return evaluate(request, [policy]).allowed

    rows = tuple(tuple(_cell(setup, stage, passes, operation, place) for place in places) for operation in operations)
    return Matrix(stage, places, operations, rows, tuple(_limits(setup)), policy)


def cells_where(setup: SetupShape, stage: StageShape, passes: Callable[[Request], bool]) -> tuple[Cell, ...]:
    """The cells of `stage`, row by row, as `passes` answers them in the stage's own policy's stead: by the policies that a role has in fact."""
    operations = (each for each in OPERATIONS if setup.bucket.kms_key_arn or each.scope not in _ON_KEYS)
    places = tuple(_places(setup, stage))
    cells = (_cell(setup, stage, passes, operation, place) for operation in operations for place in places)
    return tuple(cell for cell in cells if cell is not None)


@lru_cache(maxsize=16)
def _compiled(text: str) -> CompiledPolicy:
    return compile_policy(parse_policy(text, what="the permission policy"), name="permissions")


def _limits(setup: SetupShape) -> Iterator[str]:
    if setup.role.permissions_boundary:
        yield "The permissions boundary may deny more: it is not looked at here."
    if bucket_owner(setup) != setup.account_id:
        yield "The bucket's owner has to allow this too, in the policies of bucket and key."


# Places


def _places(setup: SetupShape, stage: StageShape) -> Iterator[Place]:
    bucket, owner = setup.bucket.name, bucket_owner(setup)
    named: dict[str, list[str]] = {}
    for other in setup.stages:
        if other is not stage:
            named.setdefault(normalized_prefix(other.prefix), []).append(f"{other.name}'s" if other.name else "another stage's")
    own = normalized_prefix(stage.prefix)
    reads = [each for each in dict.fromkeys(map(normalized_prefix, stage.read_prefixes)) if each != own]
    taken = {own, *reads, *named}

    def below(kind: PlaceKind, prefix: str, *roles: str) -> Place:
        name = prefix or "the whole bucket"
        return Place(kind, name, ", ".join((*roles, *named.pop(prefix, ()))), bucket, owner, prefix, f"{prefix}{EXAMPLE}")

    yield below(PlaceKind.OWN, own, "own")
    for prefix in reads:
        yield below(PlaceKind.READS, prefix, "reads")
    if own:
        bare = own.removesuffix("/")
        yield Place(PlaceKind.BARE, bare, "no slash", bucket, owner, bare, bare)
        beside = _untaken((f"{bare}-secret/", f"{bare}-other/", f"{bare}2/"), taken)
        yield Place(PlaceKind.SIBLING, beside, "beside", bucket, owner, beside, f"{beside}{EXAMPLE}")
    others = [each for each in named if each]
    # Of many stages the prefixes come last, so that what nobody is given is in sight however narrow the screen.
    early, late = (others, []) if len(others) <= _FEW_STAGES else ([], others)
    yield from (below(PlaceKind.STAGE, prefix) for prefix in early)
    if "" not in (own, *reads):
        elsewhere = _untaken(("elsewhere/", "somewhere/", "anywhere/"), taken)
        yield Place(PlaceKind.REST, "the rest", ", ".join(named.pop("", ())), bucket, owner, "", f"{elsewhere}{EXAMPLE}")
    yield Place(PlaceKind.OTHER_BUCKET, "other bucket", "", f"{bucket}-2", owner, own, f"{own}{EXAMPLE}")
    stranger = "210987654321" if owner != "210987654321" else "321098765432"
    yield Place(PlaceKind.STRANGER, "stranger's", "", bucket, stranger, own, f"{own}{EXAMPLE}")
    yield from (below(PlaceKind.STAGE, prefix) for prefix in late)


def _untaken(candidates: Sequence[str], taken: set[str]) -> str:
    """The first of `candidates` that lies below none of the prefixes `taken`: there it stands for what nobody was given."""
    return next((each for each in candidates if not any(each.startswith(prefix) for prefix in taken if prefix)), candidates[0])


# Requests


def _cell(setup: SetupShape, stage: StageShape, passes: Callable[[Request], bool], operation: Operation, place: Place) -> Cell | None:
    answers = [
        Answer(request, passes(request), _is_expected(stage, operation, place, request)) for request in _requests(setup, operation, place)
    ]
    return Cell(operation, place, tuple(answers)) if answers else None


def _requests(setup: SetupShape, operation: Operation, place: Place) -> Iterator[Request]:
    """The calls that `operation` makes at `place`, with the condition keys that AWS sends; none where it is not about such a place."""
    bucket = bucket_arn(setup.partition, place.bucket)
    account = {"aws:ResourceAccount": (place.owner,)}
    match operation.scope:
        case Scope.LISTING:
            for action in operation.actions:
                yield Request(action, bucket, {**account, "s3:prefix": (place.prefix,)})
        case Scope.OBJECT:
            for action in operation.actions:
                yield Request(action, f"{bucket}/{place.key}", account)
        case Scope.BUCKET:
            if is_bucket(place):
                for action in operation.actions:
                    yield Request(action, bucket, account)
        case Scope.KEY:
            if place.kind is not PlaceKind.STRANGER:
                yield from _through_s3(setup, operation, place, f"{bucket}/{place.key}")
        case Scope.BUCKET_KEY:
            # With an S3 Bucket Key S3 names the bucket alone: no place within it can be told from another.
            if place.kind in (PlaceKind.OWN, PlaceKind.OTHER_BUCKET):
                yield from _through_s3(setup, operation, place, bucket)
        case Scope.KEY_ALONE:
            if place.kind is PlaceKind.OWN:
                for action in operation.actions:
                    yield Request(action, _key(setup), account)


def _key(setup: SetupShape) -> str:
    return setup.bucket.kms_key_arn or ""


def _through_s3(setup: SetupShape, operation: Operation, place: Place, arn: str) -> Iterator[Request]:
    """The calls of KMS that S3 makes for the job; `arn` is what S3 says that it needs the key for."""
    for action in operation.actions:
        for endpoint in s3_endpoints(setup.partition, setup.bucket):
            context = {"kms:ViaService": (endpoint,), "kms:EncryptionContext:aws:s3:arn": (arn,)}
            yield Request(action, _key(setup), {"aws:ResourceAccount": (place.owner,), **context})


def is_bucket(place: Place) -> bool:
    """Whether `place` is a bucket as a whole, which can be administered."""
    return not place.prefix or place.kind in (PlaceKind.OTHER_BUCKET, PlaceKind.STRANGER)


# What the stage's access calls for, without its policy

# Each action with the access that brings it, and the extra that it wants besides.
NEEDS: dict[str, tuple[str, str]] = {
    "s3:GetObject": ("read", ""),
    "s3:GetObjectVersion": ("read", "versions"),
    "s3:GetObjectTagging": ("read", "tags"),
    "s3:PutObject": ("write", ""),
    "s3:AbortMultipartUpload": ("write", ""),
    "s3:ListMultipartUploadParts": ("write", ""),
    "s3:PutObjectTagging": ("write", "tags"),
    "s3:PutObjectAcl": ("write", "acl"),
    "s3:DeleteObject": ("delete", ""),
    "s3:DeleteObjectVersion": ("delete", "versions"),
}


def _is_expected(stage: StageShape, operation: Operation, place: Place, request: Request) -> bool:
    if place.kind in (PlaceKind.OTHER_BUCKET, PlaceKind.STRANGER):
        return False
    match operation.scope:
        case Scope.LISTING:
            return _lies_in(place.prefix, (stage.prefix, *read_places(stage)))
        case Scope.OBJECT:
            access, extra = NEEDS[request.action]
            given = (not extra or extra in stage.extras) and _lies_in(place.key, places_of(stage, access))
            probed = "probe" in stage.extras and request.action == "s3:GetObject" and place.kind is PlaceKind.BARE
            return given or probed
        case Scope.BUCKET:
            # HeadBucket lists nothing and so names no prefix: only who may list everything may ask it.
            everything = request.action == "s3:ListBucket" and "" in (stage.prefix, *read_places(stage))
            return everything or (request.action == "s3:GetBucketLocation" and "probe" in stage.extras)
        case Scope.KEY:
            # S3 decrypts the data key of what it writes, too.
            places = places_of(stage, "write")
            return _lies_in(place.key, places if operation.id == "encrypt" else (*places, *read_places(stage)))
        case Scope.BUCKET_KEY:
            return bool(places_of(stage, "write") or (request.action == "kms:Decrypt" and read_places(stage)))
        case Scope.KEY_ALONE:
            return False


def places_of(stage: StageShape, access: str) -> tuple[str, ...]:
    """The prefixes below which `stage` has `access`."""
    if access == "read":
        return read_places(stage)
    return (stage.prefix,) if access in stage.access else ()


def _lies_in(key: str, prefixes: Sequence[str]) -> bool:
    return any(key.startswith(normalized_prefix(prefix)) for prefix in prefixes)
