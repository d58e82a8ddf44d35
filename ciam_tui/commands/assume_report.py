"""What `assume` says: an answer with its reasons and what to change, or the list of who gets in, for people and for programs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ciam_tui.commands.speaking import print_document, say
from ciam_tui.core.tokens.cases import standing
from ciam_tui.core.tokens.judging import Answer, Check, Verdict, let_in, place_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ciam_tui.core.document import PolicyDocument
    from ciam_tui.core.evaluate import CompiledStatement, Decision
    from ciam_tui.core.tokens.cases import CaseAnswer, Standing
    from ciam_tui.core.tokens.claims import Claims
    from ciam_tui.ports.jwks import Signature

REFUSED = 3
NOT_CHECKED = "signature not checked"


@dataclass(frozen=True, slots=True)
class Asked:
    """The claims that are judged. `made_of` says why there is no signature, empty for a token; `signature` is None where no key was given."""

    claims: Claims
    made_of: str
    signature: Signature | None = None


def show_answer(args: argparse.Namespace, trust: PolicyDocument, asked: Asked) -> int:
    """Prints whether the token is let in, and answers with the exit code."""
    answer = let_in(
        trust,
        asked.claims,
        provider_arn=args.provider_arn,
        client_ids=args.client_id,
        now=args.now or datetime.now(UTC),
        context=dict(args.context),
    )
    answer = _with_signature(answer, asked)
    if args.json:
        print_document({**_answer_document(answer), **claims_document(asked)})
    else:
        say(args, _lines(answer, asked))
    return 0 if answer.let_in and answer.is_known else REFUSED


def show_standing(args: argparse.Namespace, trust: PolicyDocument) -> int:
    """Prints who gets in, and answers with the exit code: 3 where one of them is a stranger."""
    found = standing(trust, client_ids=args.client_id)
    if args.json:
        print_document({"who": [_case_document(each) for each in found.answers], "remarks": list(found.remarks)})
    else:
        say(args, _standing_lines(found))
    return REFUSED if any(each.is_open_door for each in found.answers) else 0


def signature_check(asked: Asked) -> Check:
    """The signature as a check; both clouds look at it before all else."""
    if asked.signature is None:
        why = asked.made_of or "--jwks names a file with the issuer's keys"
        return Check("signature", Verdict.NOT_CHECKED, f"{NOT_CHECKED}: {why}.")
    return Check("signature", Verdict.OK if asked.signature.is_valid else Verdict.REFUSED, asked.signature.text)


def _with_signature(answer: Answer, asked: Asked) -> Answer:
    check = signature_check(asked)
    return replace(answer, let_in=answer.let_in and check.verdict is not Verdict.REFUSED, checks=(check, *answer.checks))


def _lines(answer: Answer, asked: Asked) -> Iterator[str]:
    yield f"{answer.word.upper()}  {asked.claims.subject or 'a token without a sub'}"
    yield _deciding(answer)
    if answer.advice:
        yield ""
        yield "What to change:"
        for sentence in answer.advice:
            yield f"  {sentence}"
    yield ""
    yield "Before the policy is asked:"
    width = max(len(check.verdict) for check in answer.checks)
    for check in answer.checks:
        yield f"  {check.verdict:{width}}  {check.text}"
    if answer.decision is not None:
        yield from _reasons(answer.decision)


def _deciding(answer: Answer) -> str:
    refusing = next((check for check in answer.checks if check.verdict is Verdict.REFUSED), None)
    if refusing is not None:
        return f"Refused before the policy is asked: {refusing.text}"
    if answer.decision is None or answer.decision.deciding is None:
        return "Decided by no statement: what none allows is denied."
    return f"Decided by {place_of(answer.decision.deciding)}."


def _reasons(decision: Decision) -> Iterator[str]:
    for reasons in decision.reasons:
        yield ""
        yield f"{place_of(reasons.statement)} {'applies' if reasons.applies else 'does not apply'}"
        for sentence in reasons.matched:
            yield f"  matched      {sentence}"
        for sentence in reasons.unmatched:
            yield f"  not matched  {sentence}"


def _standing_lines(found: Standing) -> Iterator[str]:
    yield from found.remarks
    if not found.answers:
        return
    if found.remarks:
        yield ""
    width = max(len(each.case.title) for each in found.answers)
    for each in found.answers:
        mark = "!" if each.is_open_door else " "
        yield f"{mark} {each.answer.word:9}  {each.case.title:{width}}  {each.answer.in_short}".rstrip()
    strangers = sum(each.is_open_door for each in found.answers)
    yield ""
    yield from dict.fromkeys(each.how_to_close for each in found.answers if each.how_to_close)
    yield (
        f"{_counted(strangers)} in, marked by !. Signatures are not part of this list."
        if strangers
        else "No stranger of this list gets in."
    )


def _counted(strangers: int) -> str:
    return "1 stranger gets" if strangers == 1 else f"{strangers} strangers get"


def claims_document(asked: Asked) -> dict[str, Any]:
    """The claims that were judged, and what is known of their signature."""
    claims = asked.claims
    return {
        "signature": "not checked" if asked.signature is None else "valid" if asked.signature.is_valid else "invalid",
        "claims": {
            "issuer": claims.issuer,
            "audience": list(claims.audience),
            "subject": claims.subject,
            "issued_at": claims.issued_at,
            "expires_at": claims.expires_at,
        },
    }


def _answer_document(answer: Answer) -> dict[str, Any]:
    decision = answer.decision
    return {
        "let_in": answer.let_in,
        "answer": answer.word,
        "checks": [{"id": check.id, "verdict": check.verdict.value, "text": check.text} for check in answer.checks],
        "outcome": None if decision is None else decision.outcome.value,
        "deciding": None if decision is None or decision.deciding is None else _statement_document(decision.deciding),
        "request": None if decision is None else _request_document(decision),
        "statements": []
        if decision is None
        else [
            {
                **_statement_document(reasons.statement),
                "applies": reasons.applies,
                "matched": list(reasons.matched),
                "not_matched": list(reasons.unmatched),
            }
            for reasons in decision.reasons
        ],
        "advice": list(answer.advice),
    }


def _request_document(decision: Decision) -> dict[str, Any]:
    request = decision.request
    return {
        "action": request.action,
        "principal": request.principal,
        "context": {key: list(values) for key, values in request.context.items()},
    }


def _statement_document(statement: CompiledStatement) -> dict[str, Any]:
    return {"statement": statement.number, "sid": statement.sid, "effect": statement.effect}


def _case_document(found: CaseAnswer) -> dict[str, Any]:
    case = found.case
    return {
        "id": case.id,
        "title": case.title,
        "stranger": case.is_stranger,
        "subject": case.claims.subject,
        "issuer": case.claims.issuer,
        "how_to_close": found.how_to_close,
        **_answer_document(found.answer),
    }
