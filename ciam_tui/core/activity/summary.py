"""From events to what a role's owner wants to know: who took it, how often and when last; who was refused, and what would let them in."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.core.tokens.claims import Claims
from ciam_tui.core.tokens.judging import Judge, Verdict
from ciam_tui.core.tokens.scope import PROJECT_KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

    from ciam_tui.core.activity.events import AssumeEvent, Window
    from ciam_tui.core.document import PolicyDocument
    from ciam_tui.core.opinions.not_checked import NotChecked
    from ciam_tui.core.tokens.judging import Answer

DENIED = "AccessDenied"
# What STS answers where it does not come to the trust policy. CloudTrail writes some of these with `Exception` at their end.
# https://docs.aws.amazon.com/STS/latest/APIReference/API_AssumeRoleWithWebIdentity.html
_BEFORE_THE_POLICY: Mapping[str, str] = {
    "InvalidIdentityToken": "STS did not take the token: its issuer has no provider in the account, or the provider does not list its audience.",
    "ExpiredToken": "The token was more than five minutes past its end: take the role early in the job, or have a new token made.",
    "IDPRejectedClaim": "STS did not take the token: its signature or its time is wrong.",
    "IDPCommunicationError": "AWS could not reach the issuer to fetch its keys: that passes, or the issuer is not on the internet.",
    "MalformedPolicyDocument": "The session policy that came with the request is no policy.",
    "PackedPolicyTooLarge": "The session policies and tags that came with the request are too large.",
    "RegionDisabled": "STS is not enabled in that region.",
    "ValidationError": "A parameter of the request is wrong, such as a duration longer than the role's.",
}
_WOULD_BE_LET_IN = (
    "The trust policy of today would let this token in: it has been changed since, or something else refused it that is not in the event, "
    "such as a control policy of the organization."
)
_NO_SUB = "The event does not tell the token's sub, so that nothing can be said about it."
_NO_AUDIENCE = "The event does not tell the token's audience, so that the trust policy cannot be asked."
_NO_TRUST = "The role's trust policy could not be read, so that it cannot be asked."


@dataclass(frozen=True, slots=True)
class Trust:
    """What a role's refusals are judged by: its trust policy as it is now, and its provider's audiences, both None where not known."""

    policy: PolicyDocument | None
    client_ids: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Who:
    """Who asked, without the person: by project, repository and ref where the sub is a CircleCI job's, else by the sub itself."""

    org_id: str | None = None
    project_id: str | None = None
    vcs_origin: str | None = None
    vcs_ref: str | None = None
    other: str | None = None


@dataclass(frozen=True, slots=True)
class Comer:
    """One who got in: how often, between when, and the ids of the CircleCI users whose jobs they were."""

    who: Who
    count: int
    first: datetime
    last: datetime
    users: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Refusal:
    """Refusals for one reason. `code` is STS's, `said` its message, `reason` what the token test makes of it, and `advice` what to change."""

    code: str
    said: str
    reason: str
    advice: tuple[str, ...]
    count: int
    first: datetime
    last: datetime
    whos: tuple[Who, ...]


@dataclass(frozen=True, slots=True)
class RegionRead:
    """How far a region's history was read: `seen` events of all kinds.

    `complete` says that every event filed under the role was looked at, `all_complete` that every event of the kind was, also those that
    CloudTrail files under no role; `back_to` is how far the latter go where they are not complete.
    """

    region: str
    seen: int = 0
    complete: bool = False
    all_complete: bool = False
    back_to: datetime | None = None
    not_checked: NotChecked | None = None


@dataclass(frozen=True, slots=True)
class Activity:
    """A role's use as CloudTrail tells it; most frequent first. `unreadable` events were of another form than CloudTrail's."""

    role_arn: str
    window: Window
    regions: tuple[RegionRead, ...]
    comers: tuple[Comer, ...]
    refusals: tuple[Refusal, ...]
    unreadable: int = 0
    stopped: bool = False

    @property
    def let_in(self) -> int:
        """How often somebody got in."""
        return sum(each.count for each in self.comers)

    @property
    def refused(self) -> int:
        """How often somebody did not."""
        return sum(each.count for each in self.refusals)

    @property
    def read_regions(self) -> tuple[str, ...]:
        """The regions that were read, as far as that went."""
        return tuple(each.region for each in self.regions if each.not_checked is None or each.seen)


def activity_from(
    role_arn: str,
    trust: Trust,
    window: Window,
    regions: Sequence[RegionRead],
    events: Iterable[AssumeEvent],
    *,
    unreadable: int = 0,
    stopped: bool = False,
) -> Activity:
    """What `events` say about the role; those of other roles among them are left out."""
    own = sorted((event for event in events if event.role_arn == role_arn), key=lambda event: event.at)
    return Activity(
        role_arn,
        window,
        tuple(regions),
        _comers([event for event in own if event.let_in]),
        _refusals([event for event in own if not event.let_in], trust),
        unreadable,
        stopped,
    )


def who_of(event: AssumeEvent) -> Who:
    """Who asked, as the sub tells."""
    subject = event.subject
    if subject is None:
        return Who(other=event.sub)
    return Who(subject.org_id, subject.project_id, subject.vcs_origin, subject.vcs_ref)


def _comers(events: Sequence[AssumeEvent]) -> tuple[Comer, ...]:
    by_who: dict[Who, list[AssumeEvent]] = defaultdict(list)
    for event in events:
        by_who[who_of(event)].append(event)
    comers = [
        Comer(
            who,
            len(of_who),
            of_who[0].at,
            of_who[-1].at,
            tuple(dict.fromkeys(event.subject.user_id for event in of_who if event.subject is not None)),
        )
        for who, of_who in by_who.items()
    ]
    return tuple(sorted(comers, key=lambda each: (each.count, each.last), reverse=True))


def _refusals(events: Sequence[AssumeEvent], trust: Trust) -> tuple[Refusal, ...]:
    explain = _explainer(trust)
    grouped: dict[tuple[str, str, tuple[str, ...]], list[AssumeEvent]] = defaultdict(list)
    for event in events:
        code = (event.error or "").removesuffix("Exception")
        grouped[code, *explain(event, code)].append(event)
    refusals = [
        Refusal(
            code,
            of_reason[-1].message,
            reason,
            advice,
            len(of_reason),
            of_reason[0].at,
            of_reason[-1].at,
            tuple(dict.fromkeys(who_of(event) for event in of_reason)),
        )
        for (code, reason, advice), of_reason in grouped.items()
    ]
    return tuple(sorted(refusals, key=lambda each: (each.count, each.last), reverse=True))


def _explainer(trust: Trust) -> Callable[[AssumeEvent, str], tuple[str, tuple[str, ...]]]:
    """The reason of a refusal, and what to change; the same token is judged once, however often it came."""
    judge = None if trust.policy is None else Judge(trust.policy)
    known: dict[tuple[str | None, ...], tuple[str, tuple[str, ...]]] = {}

    def explain(event: AssumeEvent, code: str) -> tuple[str, tuple[str, ...]]:
        if code != DENIED:
            return _BEFORE_THE_POLICY.get(code, "STS did not come to the trust policy."), ()
        if judge is None:
            return _NO_TRUST, ()
        token = (event.sub, event.audience, event.issuer, event.provider_arn)
        if token not in known:
            known[token] = _judged(judge, event, trust.client_ids)
        return known[token]

    return explain


def _judged(judge: Judge, event: AssumeEvent, client_ids: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    if event.sub is None:
        return _NO_SUB, ()
    if event.audience is None:
        return _NO_AUDIENCE, ()
    try:
        answer = judge.let_in(claims_of_event(event), provider_arn=event.provider_arn, client_ids=client_ids)
    except CiamError as error:
        return f"The token test cannot be made: {error.message}", ()
    return (_WOULD_BE_LET_IN, ()) if answer.let_in else (_reason(answer), answer.advice)


def claims_of_event(event: AssumeEvent) -> Claims:
    """The claims of the token behind `event`, as far as CloudTrail tells: the project is the one that its sub names."""
    project = {} if event.subject is None else {PROJECT_KEY: event.subject.project_id}
    audience = () if event.audience is None else (event.audience,)
    return Claims(event.issuer or "", audience, event.sub or "", None, None, project)


def _reason(answer: Answer) -> str:
    refused = [check.text for check in answer.checks if check.verdict is Verdict.REFUSED]
    if refused:
        return " ".join(refused)
    if answer.decision is not None and answer.decision.deciding is not None:
        return f"{answer.decision.deciding} of the trust policy refuses it."
    unmet = answer.unmet
    return f"The token does not meet the trust policy: {', '.join(unmet)}." if unmet else "No statement of the trust policy lets it in."
