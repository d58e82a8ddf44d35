"""What an audit has against a role, a provider or a key, beyond what is wrong within a policy: each with its level and what to do about it.

A finding about a policy comes from `policy_findings`, and is put here beside those that only an account can tell: nobody uses it, somebody
has changed it, the provider is gone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ciam_tui.core.problems import Level
from ciam_tui.core.shown import shown
from ciam_tui.core.tokens.scope import org_of_issuer
from ciam_tui.core.trust import CLOUD_HOST
from ciam_tui.core.words import counted, listed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from ciam_tui.core.acceptance.file import AcceptedFinding
    from ciam_tui.core.audit.drift import Expectation
    from ciam_tui.core.audit.facts import AuditFacts, HeldKey, ReadRole
    from ciam_tui.core.compare import Difference
    from ciam_tui.core.facts import Provider
    from ciam_tui.core.json_patch import Operation
    from ciam_tui.core.policy_findings import PolicyFinding

TRUST = "trust"
TRACKED_DAYS = 400  # https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_last-accessed.html
GITHUB_AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True, slots=True)
class AuditFinding:
    """One finding. `document` is `trust`, the name of an inline policy or a managed policy's ARN; empty where it is about no policy.

    `statement` and `line` count from 1, `line` in the document's canonical form. `leaves_open` is what it does not establish. `about` tells
    findings of one id in one place apart, and stays when their texts change. `opens` says that the fix would let in, or grant, what is
    refused now: the finding is about a door that is shut by mistake. `accepted` is the entry of a reviewed file that accepts it.
    """

    id: str
    level: Level
    text: str
    fix: str
    leaves_open: str = ""
    document: str = ""
    statement: int | None = None
    sid: str | None = None
    line: int | None = None
    patch: tuple[Operation, ...] = ()
    about: str = ""
    opens: bool = False
    accepted: AcceptedFinding | None = None

    @property
    def is_new_error(self) -> bool:
        """Whether it is of level error and nobody has accepted it."""
        return self.level is Level.ERROR and self.accepted is None

    def __str__(self) -> str:
        """`error: text Fix. (id)`."""
        return f"{self.level}: {self.text} {self.fix}".rstrip() + f" ({self.id})"


def of_policy(finding: PolicyFinding, document: str) -> AuditFinding:
    """A finding of a policy, with the policy it is of."""
    return AuditFinding(
        finding.id,
        finding.level,
        finding.text,
        finding.fix,
        finding.leaves_open,
        document,
        finding.statement,
        finding.sid,
        finding.line,
        tuple(finding.patch),
        finding.pointer,
        finding.opens,
    )


def unreadable_policy(document: str, why: str) -> AuditFinding:
    """A policy that is there and that this tool cannot take apart: never left out, since it may say anything."""
    return AuditFinding(
        "policy-not-understood",
        Level.WARNING,
        f"The {'trust policy' if document == TRUST else f'policy {document}'} cannot be judged: {why}",
        "Look at it by hand.",
        "Who gets in, or what they may do, is not known." if document == TRUST else "What it allows or denies is not known.",
        document,
    )


def unread_findings(read: ReadRole, facts: AuditFacts) -> Iterator[AuditFinding]:
    """What of a role could not be read, as far as it decides what the role may do."""
    lacking = [words for field, words in (("inline", "inline policies"), ("attached", "attached policies")) if field in read.unread]
    if "boundary" in read.unread:
        lacking.append("permissions boundary")
    if lacking:
        yield _unread(f"Its {listed(lacking)} could not be read.", "")
    arns = (*read.role.attached, *((read.role.boundary,) if read.role.boundary else ()))
    for arn in arns:
        if arn in facts.policies.unread:
            yield _unread(f"The policy {arn} could not be read: {facts.policies.unread[arn]}", arn)
        elif arn not in facts.policies.documents:
            yield _unread(f"The policy {arn} was not found: it may have been deleted just now.", arn)


def _unread(text: str, document: str) -> AuditFinding:
    fix = "Ask for the permission to read it (see the operator's policy in the README)."
    return AuditFinding("policy-unread", Level.WARNING, text, fix, "What the role may do is not known.", document)


def use_findings(read: ReadRole, at: datetime, unused_days: int) -> Iterator[AuditFinding]:
    """Whether anybody uses a role, as far as AWS remembers."""
    if "last_used" in read.unread:
        return
    used = read.role.last_used
    if used is None:
        yield AuditFinding(
            "never-used",
            Level.NOTE,
            f"No use of it is recorded: AWS tells the last one of the past {TRACKED_DAYS} days.",
            "Delete it if nobody is about to use it.",
            "A role that was made today has no use recorded either.",
        )
    elif (at - used).days > unused_days:
        yield AuditFinding(
            "unused-for-long",
            Level.WARNING,
            f"It was last used {counted((at - used).days, 'day')} ago, on {used:%Y-%m-%d}.",
            "Delete it if nobody needs it any more: what nobody uses, nobody watches.",
            "A job that runs once a year would need it again.",
        )


def missing_provider_findings(named: Sequence[str], facts: AuditFacts) -> Iterator[AuditFinding]:
    """Providers of CircleCI that a trust policy names and the account does not have."""
    for arn in named:
        if facts.provider_arns is not None and arn not in facts.provider_arns:
            yield AuditFinding(
                "provider-missing",
                Level.WARNING,
                f"Its trust policy names the provider {arn}, which the account does not have: nobody gets in by it.",
                "Delete the role, or this statement. A provider that is made anew for this URL would open it again.",
                document=TRUST,
                about=arn,
            )


def provider_findings(provider: Provider, users: Sequence[str], *, is_used: bool) -> Iterator[AuditFinding]:
    """What is wrong with a provider of CircleCI; `users` are the roles that name it, and `is_used` says whether tokens get in by any."""
    if provider.url == CLOUD_HOST:
        yield AuditFinding(
            "root-issuer-provider",
            Level.ERROR,
            f"The provider is for {CLOUD_HOST} itself, which is no issuer of one organization.",
            f"Make one for {CLOUD_HOST}/org/<organization id>, and delete this one.",
        )
    owner = org_of_issuer(provider.url)
    if owner is not None and owner not in provider.client_ids:
        yield AuditFinding(
            "provider-lacks-audience",
            Level.NOTE if is_used else Level.WARNING,
            f"Its audiences ({listed(provider.client_ids) if provider.client_ids else 'none'}) lack {owner}, the organization's id, which is the audience of CircleCI's tokens.",
            f"Add {owner} to its audiences; without it AWS answers Incorrect token audience.",
            "An organization or a project may have set another audience for its tokens.",
        )
    if GITHUB_AUDIENCE in provider.client_ids:
        yield AuditFinding(
            "provider-has-github-audience",
            Level.NOTE,
            f"{GITHUB_AUDIENCE} is among its audiences, as in guides for GitHub: no token of CircleCI has it unless somebody set it.",
            f"Remove {GITHUB_AUDIENCE} once no role asks for it.",
        )
    if not users:
        yield AuditFinding("provider-unused", Level.NOTE, "No role of the account names it.", "Delete it if none is about to.")


def drift_findings(drift: Sequence[Difference], expectation: Expectation | None) -> Iterator[AuditFinding]:
    """Each difference from what this tool applied."""
    for difference in drift:
        run = expectation.run_id if expectation else ""
        if difference.field == "existence":
            text, fix = f"{difference}, and the run {run} left it otherwise.", "If that was meant, take the run back to have it forgotten."
        else:
            text, fix = f"Changed since the run {run}: {str(difference).rstrip('.')}.", "Plan the Setup again to see both side by side."
        yield AuditFinding(
            "drifted", Level.WARNING, text, fix, "Who changed it, and why.", about=f"{difference.subject} {difference.field}"
        )


def key_findings(held: HeldKey, whose: str = "this account's users") -> Iterator[AuditFinding]:
    """What to think of a key that CircleCI holds; it was looked for among the keys of `whose`."""
    where = f"{shown(held.place)} of {shown(held.organization)}"
    active = [key for key in held.keys if key.is_active]
    if not held.last_four:
        text = f"{held.variable} in {where}: CircleCI tells nothing of its value, so it was not looked for."
        yield AuditFinding("key-not-told", Level.NOTE, text, "Look at it in CircleCI.")
    elif not held.keys:
        yield AuditFinding(
            "key-of-another-account",
            Level.NOTE,
            f"{held.variable} in {where} ends in {held.last_four}, as no access key of {whose} that was looked at does.",
            "Audit the account it belongs to; if the key is gone, delete the variable.",
            "Keys of the account's root user are not listed.",
        )
    elif len(held.keys) > 1:
        users = listed(key.user for key in held.keys)
        yield AuditFinding(
            "key-ambiguous",
            Level.WARNING if active else Level.NOTE,
            f"{held.variable} in {where} ends in {held.last_four}, as {len(held.keys)} access keys do: of {users}.",
            "Compare the whole ids by hand: CircleCI tells the last four characters alone.",
            "Which of them it is.",
        )
    elif active:
        key = active[0]
        used = f"last used on {key.last_used:%Y-%m-%d}" if key.last_used else "with no recorded use"
        yield AuditFinding(
            "key-held-by-circleci",
            Level.WARNING,
            f"{held.variable} in {where} is, by its last four characters, the access key {key.key_id} of {shown(key.user)}, {used}: it never expires.",
            "Move its jobs to a role, then deactivate the key, and delete it when nothing has failed.",
            "Four characters may be alike by chance.",
        )
    else:
        text = f"{held.variable} in {where} is, by its last four characters, the inactive access key {held.keys[0].key_id} of {shown(held.keys[0].user)}."
        yield AuditFinding("key-inactive", Level.NOTE, text, "Delete the variable, and the key.")
