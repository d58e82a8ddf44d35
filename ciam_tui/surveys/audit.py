"""The reader of an audit: the roles of a whole account that have to do with CircleCI, its providers, and the keys that CircleCI holds.

It stands beside `ciam_tui.survey`, which reads for one Setup. Nothing is read that no answer needs: of 5,000 roles only those that trust
CircleCI are kept, and of managed policies only those that hang on them.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ciam_tui.core.audit.drift import expected_of
from ciam_tui.core.audit.facts import AuditFacts, HeldKey
from ciam_tui.core.audit.issuers import url_of
from ciam_tui.core.audit.judging import judged
from ciam_tui.core.audit.report import UNUSED_DAYS
from ciam_tui.core.problems import CiamError
from ciam_tui.core.static_keys import KEY_ID

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from ciam_tui.core.audit.drift import Expected
    from ciam_tui.core.audit.facts import ReadRole, UserKey
    from ciam_tui.core.audit.issuers import CircleCiIssuers
    from ciam_tui.core.audit.report import AuditReport
    from ciam_tui.core.circleci.facts import Inventory, Variable
    from ciam_tui.core.facts import ManagedPolicy, Provider
    from ciam_tui.core.history import History
    from ciam_tui.ports.api import Aws, CircleCi

_DENIED = "access-denied"


class AuditStopped(CiamError):
    """Somebody had enough before the end."""

    def __init__(self) -> None:
        super().__init__("stopped", "Stopped", "The account was not read to the end.", ["Read it again."])


def audited(
    aws: Aws,
    past: History,
    issuers: CircleCiIssuers,
    *,
    at: datetime,
    circleci: CircleCi | None = None,
    unused_days: int = UNUSED_DAYS,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> AuditReport:
    """The audit of an account, against what the runs in `past` applied to it; raises as `audit_survey`."""
    tell = telling(progress, should_stop)
    tell("Who you are")
    expected = expected_of(past, aws.identity().account_id)
    facts = audit_survey(aws, expected, issuers, at=at, circleci=circleci, progress=progress, should_stop=should_stop)
    return judged(replace(facts, unread=(*facts.unread, *unread_runs(past))), expected, issuers, unused_days=unused_days, progress=tell)


def unread_runs(past: History) -> tuple[str, ...]:
    """What is not known of the runs in `past`."""
    return tuple(
        f"The journal of {run.run_id} cannot be read, so what that run applied is not known: {run.problem}" for run in past.unreadable
    )


def audit_survey(
    aws: Aws,
    expected: Expected,
    issuers: CircleCiIssuers,
    *,
    at: datetime,
    circleci: CircleCi | None = None,
    progress: Callable[[str], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> AuditFacts:
    """What an audit rests on; with `circleci` the keys it holds too. `progress` is told, in the caller's thread, what is being read.

    Raises:
        CiamError: AWS or CircleCI cannot be asked at all, or the account's roles may not be listed.
        AuditStopped: once `should_stop` answers yes.
    """
    tell, stops = telling(progress, should_stop), should_stop or _never
    tell("Who you are")
    identity = aws.identity()
    tell("Roles")
    read = aws.wanted_roles(lambda name, trust: name.lower() in expected.roles or issuers.may_concern(trust), tell)
    tell("OIDC providers")
    arns, unread_providers = _provider_arns(aws)
    providers, unread_details = _providers(aws, arns or (), {url for each in read.roles for url in issuers.of(each.role.trust)}, issuers)
    tell("Managed policies")
    policies = aws.policies_in_force(_hanging_on(read.roles), tell)
    tell("Managed policies that were applied from here")
    managed, refused = _managed(aws, expected)
    held, unread_keys = (None, ()) if circleci is None else _held_keys(aws, circleci, tell, stops)
    return AuditFacts(
        identity=identity,
        at=at,
        roles=read.roles,
        roles_seen=read.seen,
        providers=providers,
        provider_arns=None if arns is None else frozenset(arns),
        policies=policies,
        managed=managed,
        held=held,
        unread=(*read.unread, *unread_providers, *unread_details, *((refused,) if refused else ()), *unread_keys),
    )


def telling(progress: Callable[[str], None] | None, should_stop: Callable[[], bool] | None) -> Callable[[str], None]:
    """What tells `progress`, unless somebody had enough: then it raises AuditStopped."""

    def tell(text: str) -> None:
        if should_stop is not None and should_stop():
            raise AuditStopped
        if progress is not None:
            progress(text)

    return tell


def _provider_arns(aws: Aws) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    try:
        return aws.provider_arns(), ()
    except CiamError as error:
        if error.code != _DENIED:
            raise
        return None, (f"The account's OIDC providers could not be listed (iam:ListOpenIDConnectProviders): {error.message}",)


def _providers(aws: Aws, arns: Iterable[str], named: set[str], issuers: CircleCiIssuers) -> tuple[tuple[Provider, ...], tuple[str, ...]]:
    """CircleCI's providers among `arns`: by name, or because a role that speaks of CircleCI's tokens trusts them."""
    found: list[Provider] = []
    unread: list[str] = []
    for url in (url for arn in arns if (url := url_of(arn)) is not None and (issuers.has(url) or url in named)):
        try:
            provider = aws.provider(url)
        except CiamError as error:
            if error.code != _DENIED:
                raise
            unread.append(f"The provider of {url} could not be read (iam:GetOpenIDConnectProvider): {error.message}")
        else:
            found += [provider] if provider is not None else []
    return tuple(found), tuple(unread)


def _managed(aws: Aws, expected: Expected) -> tuple[Mapping[str, ManagedPolicy] | None, str]:
    """The managed policies that were applied from here, and why they could not be read."""
    try:
        return aws.policies(expected.policy_arns), ""
    except CiamError as error:
        if error.code != _DENIED:
            raise
        return None, f"What this tool applied as managed policies could not be compared: {error.message}"


def _hanging_on(roles: Iterable[ReadRole]) -> tuple[str, ...]:
    """The managed policies of `roles`, boundaries among them, each once."""
    arns = (arn for each in roles for arn in (*each.role.attached, each.role.boundary) if arn is not None)
    return tuple(dict.fromkeys(arns))


def held_variables(
    circleci: CircleCi, tell: Callable[[str], None], should_stop: Callable[[], bool]
) -> tuple[tuple[HeldKey, ...], tuple[str, ...]]:
    """The ids of access keys that the organizations of the token's user keep in contexts and projects, and what could not be read of them.

    Raises:
        CiamError: CircleCI cannot be asked at all.
        AuditStopped: once `should_stop` answers yes.
    """
    held: list[HeldKey] = []
    unread: list[str] = []
    tell("Organizations of CircleCI")
    for organization in circleci.organizations():
        if organization.id is None:
            continue
        name = organization.name
        inventory = circleci.inventory(organization, _told_of(name, tell), should_stop)
        if inventory.stopped:
            raise AuditStopped
        held += _variables_of(inventory)
        unread += (f"{name}: {sentence}" for sentence in inventory.unread)
    return tuple(held), tuple(unread)


def _held_keys(
    aws: Aws, circleci: CircleCi, tell: Callable[[str], None], should_stop: Callable[[], bool]
) -> tuple[tuple[HeldKey, ...], tuple[str, ...]]:
    """As `held_variables`, with the account's keys that end alike."""
    held, unread = held_variables(circleci, tell, should_stop)
    endings = frozenset(each.last_four for each in held if each.last_four)
    if not endings:
        return held, unread
    keys, unread_keys = keys_ending(aws, endings, tell)
    return with_keys(held, keys), (*unread, *unread_keys)


def keys_ending(aws: Aws, endings: frozenset[str], tell: Callable[[str], None]) -> tuple[tuple[UserKey, ...], tuple[str, ...]]:
    """The account's access keys that end so, and why not all could be looked at."""
    tell("Users of the account")
    try:
        read = aws.keys_ending(endings, tell)
    except CiamError as error:
        if error.code != _DENIED:
            raise
        return (), (f"The account's users could not be listed (iam:ListUsers): {error.message}",)
    return read.keys, read.unread


def with_keys(held: Iterable[HeldKey], keys: Sequence[UserKey]) -> tuple[HeldKey, ...]:
    """What CircleCI holds, each with those of `keys` that it may be."""
    return tuple(replace(each, keys=tuple(key for key in keys if key.key_id.endswith(each.last_four or " "))) for each in held)


def _told_of(organization: str, tell: Callable[[str], None]) -> Callable[[int, int], None]:
    return lambda done, count: tell(f"Contexts and projects of {organization}, {done} of {count}")


def _variables_of(inventory: Inventory) -> Iterator[HeldKey]:
    organization = inventory.organization.name
    for context in inventory.contexts:
        yield from _keys(organization, f"context {context.context.name}", context.variables)
    for project in inventory.projects:
        yield from _keys(organization, f"project {project.project.name}", project.variables)


def _keys(organization: str, place: str, variables: Iterable[Variable] | None) -> Iterator[HeldKey]:
    for variable in variables or ():
        # Teams prefix it: DEPLOY_AWS_ACCESS_KEY_ID is handed on to a step under the name that the SDKs read.
        if variable.name.upper().endswith(KEY_ID):
            yield HeldKey(organization, place, variable.name, variable.last_four)


def _never() -> bool:
    return False
