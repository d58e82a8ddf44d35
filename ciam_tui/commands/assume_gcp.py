"""`assume` for a provider of Google Cloud: would it take this token, what would the mapping make of it, and whose service account could it take.

The same questions in the same words as to a trust policy of AWS, and the same list of who gets in; what differs is what is asked.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ciam_tui.commands.assume_report import NOT_CHECKED, REFUSED, claims_document, signature_check
from ciam_tui.commands.speaking import print_document, say
from ciam_tui.core.gcp.judging import GcpAnswer, gcp_let_in
from ciam_tui.core.gcp.standing import gcp_standing
from ciam_tui.core.problems import CiamError
from ciam_tui.core.tokens.judging import Verdict
from ciam_tui.ports.cel import evaluated

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from ciam_tui.commands.assume_report import Asked
    from ciam_tui.core.gcp.provider import GivenProvider
    from ciam_tui.core.gcp.standing import GcpCase

_OF_AWS = ("provider_arn", "client_id", "context")


def refuse_what_is_of_aws(args: argparse.Namespace) -> None:
    """Nothing.

    Raises:
        CiamError: a flag was given that says something of an AWS account.
    """
    for name in _OF_AWS:
        if getattr(args, name):
            flag = f"--{name.replace('_', '-')}"
            raise CiamError(
                "wrong-question", "Cannot ask a provider of Google's", f"{flag} is for a trust policy of AWS.", [f"Leave {flag} out."]
            )


def show_gcp_answer(args: argparse.Namespace, provider: GivenProvider, asked: Asked) -> int:
    """Prints whether the token is let in and as whom, and answers with the exit code: 3 where it opens nothing."""
    answer = gcp_let_in(provider, asked.claims, evaluated, now=args.now or datetime.now(UTC))
    check = signature_check(asked)
    is_identity = answer.is_identity and check.verdict is not Verdict.REFUSED
    answer = replace(
        answer,
        is_identity=is_identity,
        checks=(check, *answer.checks),
        sets=answer.sets if is_identity else (),
        accounts=answer.accounts if is_identity or answer.accounts is None else (),
    )
    if args.json:
        print_document({**_document(answer), **claims_document(asked)})
    else:
        say(args, _lines(answer, asked))
    return 0 if answer.let_in else REFUSED


def show_gcp_standing(args: argparse.Namespace, provider: GivenProvider) -> int:
    """Prints who gets in, and answers with the exit code: 3 where one of them is a stranger."""
    found = gcp_standing(provider, evaluated)
    if args.json:
        print_document({"who": [_case_document(each) for each in found], "remarks": []})
    else:
        say(args, _standing_lines(found))
    return REFUSED if any(each.is_open_door for each in found) else 0


def _lines(answer: GcpAnswer, asked: Asked) -> Iterator[str]:
    yield f"{answer.word.upper()}  {asked.claims.subject or 'a token without a sub'}"
    if answer.accounts:
        yield "It may act as:"
        yield from (f"  {email}" for email in answer.accounts)
    elif answer.is_identity:
        known = "No service account lets it act." if answer.accounts is not None else "Who may act as what is not said in this file."
        yield known
    yield ""
    yield "What Google looks at:"
    width = max(len(check.verdict) for check in answer.checks)
    yield from (f"  {check.verdict:{width}}  {check.text}" for check in answer.checks)
    if answer.attributes:
        yield ""
        yield "What the mapping makes of it:"
        yield from (f"  {name} = {value}" for name, value in answer.attributes.items())
    if answer.sets:
        yield ""
        yield "The principals that a binding can name it by:"
        yield from (f"  {each}" for each in answer.sets)


def _standing_lines(found: tuple[GcpCase, ...]) -> Iterator[str]:
    width = max(len(each.case.title) for each in found)
    for each in found:
        yield f"{'!' if each.is_open_door else ' '} {each.answer.word:10}  {each.case.title:{width}}  {each.answer.in_short}".rstrip()
    strangers = sum(each.is_open_door for each in found)
    yield ""
    yield (
        f"Strangers who get in are marked by !: {strangers}. {NOT_CHECKED[0].upper()}{NOT_CHECKED[1:]}."
        if strangers
        else "No stranger of this list gets in."
    )


def _document(answer: GcpAnswer) -> dict[str, Any]:
    return {
        "let_in": answer.let_in,
        "answer": answer.word,
        "checks": [{"id": check.id, "verdict": check.verdict.value, "text": check.text} for check in answer.checks],
        "attributes": dict(answer.attributes),
        "principals": list(answer.sets),
        "service_accounts": None if answer.accounts is None else list(answer.accounts),
    }


def _case_document(found: GcpCase) -> dict[str, Any]:
    case = found.case
    own = {"id": case.id, "title": case.title, "stranger": case.is_stranger, "subject": case.claims.subject, "issuer": case.claims.issuer}
    return {**own, "open_door": found.is_open_door, **_document(found.answer)}
