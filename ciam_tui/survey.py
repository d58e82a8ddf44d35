"""The one reader: everything a plan for a Setup rests on, read from the account and returned as facts.

Plan, apply, resume, verify and undo all look at the account through this function, so that "what was seen" is the same value everywhere.
What a plan cannot do without (who you are, the provider, the roles) raises; what it can do without is told as unread, never as absent.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.facts import MANAGED_BY, MANAGED_BY_TAG, Facts, tag
from ciam_tui.core.problems import CiamError
from ciam_tui.core.roles import wanted_roles
from ciam_tui.core.taking_down.planning import is_leftover
from ciam_tui.core.trust import issuer_url
from ciam_tui.ports.circleci.wiring import contexts_of, variables_of

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from ciam_tui.core.facts import Bucket, Identity, ManagedPolicy, Role
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.core.users.facts import User
    from ciam_tui.ports.api import Aws, CircleCi

# The words for the settings that `Bucket.unread` names by field.
_SETTINGS = {
    "kms_key_arn": "the key of its default encryption",
    "encryption": "its default encryption",
    "public_access_blocked": "its public access block",
    "ownership": "its ownership controls",
    "versioning": "its versioning",
    "policy": "its bucket policy",
    "tags": "its tags",
}


def survey(
    setup: SetupShape,
    aws: Aws,
    *,
    circleci: CircleCi | None = None,
    also: AbstractSet[str] = frozenset(),
    users: Sequence[str] = (),
    ends_of: AbstractSet[str] = frozenset(),
    progress: Callable[[str], None] | None = None,
) -> Facts:
    """The facts for `setup`, contexts of CircleCI among them where it is given, and for the subjects `also`.

    A Setup changes while roles that it named once are still there, and a retirement is about users, contexts and projects that no Setup names;
    `users` are named as they are spelled, and `ends_of` are the variables of CircleCI whose ends matter. `progress` is told each thing about to be read, in a few words.

    Raises:
        CiamError: AWS cannot be asked at all, or does not let the operator read the provider, the roles or their policies;
            `wrong-account` where the credentials open another account than the Setup's.
    """
    tell = progress or _nobody
    tell("Who you are")
    identity = aws.identity()
    _refuse_another_account(setup, identity)
    tell("Quotas")
    quotas = aws.quotas()
    tell(f"Bucket {setup.bucket.name}")
    seen = _look_at_bucket(setup, aws)
    tell("OIDC provider")
    provider = aws.provider(issuer_url(setup.circleci))
    wanted = wanted_roles(setup)
    tell(f"{len(wanted)} roles" if len(wanted) != 1 else f"Role {wanted[0].name}")
    roles = aws.roles(list(dict.fromkeys((*(role.name for role in wanted), *_named(also, "role", {role.name.lower() for role in wanted})))))
    tell("Managed policies")
    own = [role.policy_arn for role in wanted] if setup.role.policy_kind == "managed" else []
    policies = _policies(aws, identity, roles, own=(*own, *_named(also, "policy", ())))
    known = {name.lower() for name in users}
    found_users = _users(aws, (*users, *_named(also, "user", known)), tell)
    devices = tuple(_named(also, "mfa", ()))
    if circleci is not None:
        tell("Contexts of CircleCI")
    contexts = contexts_of(setup, circleci, also=frozenset(_named(also, "context", ())), ends_of=ends_of) if circleci is not None else {}
    projects = tuple(_named(also, "project", ())) if circleci is not None else ()
    if projects:
        tell("Variables of CircleCI's projects")
    no_quotas = "The account's quotas could not be read (iam:GetAccountSummary); AWS's defaults are assumed."
    return Facts(
        identity=identity,
        quotas=quotas,
        bucket=seen.bucket,
        bucket_taken=seen.taken,
        provider=provider,
        roles=dict(roles),
        policies=policies,
        contexts=contexts,
        unread=(
            *(() if quotas.read else (no_quotas,)),
            *seen.unread,
            *(sentence for user in found_users.values() for sentence in user.unread),
        ),
        users=found_users,
        virtual_mfa=aws.virtual_mfa(devices) if devices else (),
        project_variables=variables_of(projects, circleci, ends_of=ends_of) if circleci is not None else {},
    )


def _users(aws: Aws, names: Sequence[str], tell: Callable[[str], None]) -> dict[str, User]:
    """Those of the users that exist, by name in lower case."""
    users: dict[str, User] = {}
    for name in names:
        tell(f"User {name}")
        user = aws.user(name)
        if user is not None:
            users[name.lower()] = user
    return users


def leftovers(setup: SetupShape, aws: Aws) -> tuple[Role, ...]:
    """The roles whose tags say that they are of `setup`, which does not name them any more.

    Raises:
        CiamError: the roles under the Setup's path may not be listed, or one of them not read.
    """
    named = {wanted.name.lower() for wanted in wanted_roles(setup)}
    prefix = setup.role.name_prefix.lower()
    under = aws.role_names_under(setup.role.path)
    others = [name for name in under if name.lower().startswith(prefix) and name.lower() not in named]
    return tuple(role for role in aws.roles(others).values() if is_leftover(role, setup)) if others else ()


def _named(subjects: AbstractSet[str], kind: str, known: Container[str]) -> Iterator[str]:
    """The names of those of `subjects` that are of the kind, without those that are known."""
    for subject in sorted(subjects):
        found, _, name = subject.partition(" ")
        if found == kind and name not in known:
            yield name


def _refuse_another_account(setup: SetupShape, identity: Identity) -> None:
    if (identity.account_id, identity.partition) != (setup.account_id, setup.partition):
        raise CiamError(
            "wrong-account",
            "Cannot use these credentials",
            f"They open account {identity.account_id} ({identity.partition}), and the Setup is for {setup.account_id} ({setup.partition}).",
            ("Choose the profile of the Setup's account, or correct account_id and partition in the Setup.",),
        )


@dataclass(frozen=True, slots=True)
class _Seen:
    bucket: Bucket | None
    taken: bool = False
    unread: tuple[str, ...] = ()


def _look_at_bucket(setup: SetupShape, aws: Aws) -> _Seen:
    """The bucket as far as it may be seen. One that S3 refuses to show, or says is another account's, has its name taken."""
    name = setup.bucket.name
    owner = setup.bucket.owner_account_id or setup.account_id
    try:
        bucket = aws.bucket(name, owner=owner)
    except CiamError as error:
        if error.code != "bucket-forbidden":
            raise
        sentence = f"The bucket {name} could not be looked at: it is somebody else's, or you lack s3:ListBucket on it."
        return _Seen(None, taken=True, unread=(sentence,))
    if bucket is None:
        return _Seen(None)
    return _Seen(bucket, taken="owner" in bucket.unread, unread=tuple(_unread_of(bucket, owner)))


def _unread_of(bucket: Bucket, owner: str) -> Iterable[str]:
    if "owner" in bucket.unread:
        yield f"S3 does not confirm that the bucket {bucket.name} belongs to account {owner}."
    settings = [words for name, words in _SETTINGS.items() if name in bucket.unread]
    if settings:
        yield f"Of the bucket {bucket.name} could not be read: {', '.join(settings)}."


def _policies(aws: Aws, identity: Identity, roles: Mapping[str, Role], *, own: Iterable[str]) -> dict[str, ManagedPolicy]:
    """The managed policies that the Setup makes, and those attached to its roles that this tool made."""
    of_account = f"arn:{identity.partition}:iam::{identity.account_id}:policy/"
    made_by_setup = set(own)
    attached = {arn for role in roles.values() for arn in role.attached if arn.startswith(of_account)}
    read = aws.policies(sorted(made_by_setup | attached))
    return {arn: policy for arn, policy in read.items() if arn in made_by_setup or tag(policy.tags, MANAGED_BY_TAG) == MANAGED_BY}


def _nobody(_: str) -> None:
    pass
