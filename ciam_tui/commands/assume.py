"""`ciam-tui assume`: would this token be let in, and why; or, for a token that nobody has, who would be. Offline.

AWS refuses with "Not authorized" and no more. A token is a key for an hour, so that it comes by a file or standard input alone, never as a
word of the command line, which every process of the machine can read; it is not stored, printed or sent.
"""

from __future__ import annotations

import argparse
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ciam_tui.commands.files import STANDARD_INPUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from ciam_tui.commands.assume_report import Asked
    from ciam_tui.core.gcp.provider import GivenProvider
    from ciam_tui.core.tokens.claims import Claims
    from ciam_tui.core.tokens.making import Job

_LARGEST_TOKEN = 800_000  # bytes: a token and whatever was copied with it
_LARGEST_POLICY = 4 * 131_072 + 100_000  # bytes: a policy, and what `aws iam get-role` prints around it
# What follows is said of a made-up job; a word here is the name of its flag.
_JOB_FLAGS = ("org", "project", "origin", "branch", "tag", "ref", "trigger", "user", "audience", "issuer")
_TRIGGERS = ("push", "tag", "pull-request", "fork", "webhook", "schedule", "api", "ssh-rerun", "v1")

_EPILOG = """\
examples:
  ciam-tui assume trust.json --who                                    the standing list: who gets in, and who does not
  printenv CIRCLE_OIDC_TOKEN_V2 | ciam-tui assume trust.json --token -      in a job
  ciam-tui assume trust.json --claims payload.json --client-id AUDIENCE
  ciam-tui assume trust.json --branch develop --trigger pull-request  a token made up; what is not said is taken from the policy
  aws iam get-role --role-name R | ciam-tui assume - --who
  ciam-tui assume provider.json --branch main                         a provider of Google Cloud, as gcloud or the export gives it

The token is never stored, printed or sent. Its signature is checked only with --jwks, against that file.
Exit codes: 0 let in; 3 refused or not known, or, in the list, a stranger gets in; 1 a file that cannot be read; 2 wrong usage.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `assume` to the commands."""
    parser = commands.add_parser(
        "assume",
        help="say whether a trust policy lets a CircleCI token in, and why",
        description="Says whether a trust policy lets a token of CircleCI in, condition by condition, and what to change; or who gets in at all.",
        epilog=_EPILOG,
    )
    parser.add_argument(
        "trust",
        metavar="TRUST.json",
        type=_file,
        help="a trust policy, what `aws iam get-role` prints, or Google's provider.json; - is standard input",
    )
    asked = parser.add_mutually_exclusive_group()
    asked.add_argument("--token", metavar="FILE", type=_file, help="a token, in a file or, with -, on standard input")
    asked.add_argument(
        "--claims", metavar="FILE", type=_file, help="the claims of a token, decoded, in a file or, with -, on standard input"
    )
    asked.add_argument("--who", action="store_true", help="the standing list of who gets in; also without a token, claims or a job")
    _add_job_arguments(parser)
    parser.add_argument("--jwks", metavar="FILE", type=_file, help="check the token's signature with the keys in this file")
    parser.add_argument("--provider-arn", metavar="ARN", type=_provider, help="the account's OIDC provider, if it is not the policy's")
    parser.add_argument("--client-id", metavar="AUDIENCE", action="append", help="an audience that the provider takes; may be given again")
    parser.add_argument("--context", metavar="K=V", action="append", default=[], type=_context, help="a condition key that no token fills")
    parser.add_argument("--now", metavar="TIME", type=_moment, help="judge the token at this time, in ISO 8601, and not now")
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run, refuse=parser.error)


def _add_job_arguments(parser: argparse.ArgumentParser) -> None:
    job = parser.add_argument_group("a token made up", "What is not said is taken from the policy; the audience is the organization id.")
    job.add_argument("--org", metavar="UUID", type=_plain, help="the organization's id")
    job.add_argument("--project", metavar="UUID", type=_plain, help="the project's id")
    job.add_argument("--origin", metavar="REPOSITORY", type=_plain, help="the repository, such as github.com/acme/web")
    ref = job.add_mutually_exclusive_group()
    ref.add_argument("--branch", metavar="NAME", type=_plain, help="the branch")
    ref.add_argument("--tag", metavar="NAME", type=_plain, help="the tag")
    ref.add_argument("--ref", metavar="REF", type=_plain, help="the whole ref, such as refs/heads/main")
    job.add_argument("--trigger", choices=_TRIGGERS, help="what started the job")
    job.add_argument("--user", metavar="UUID", type=_plain, help="who started it")
    job.add_argument("--audience", metavar="AUD", type=_plain, help="the audience, if CircleCI was told another")
    job.add_argument(
        "--issuer", metavar="URL", type=_plain, help="the issuer, for a Server, or for a token of `circleci run oidc get --root-issuer`"
    )


def _plain(text: str) -> str:
    from ciam_tui.core.tokens.claims import looks_like_jwt

    if looks_like_jwt(text):
        raise argparse.ArgumentTypeError(
            "a token is not taken from the command line, which other processes can read: use --token - or a file"
        )
    return text


def _file(text: str) -> str:
    if not text:
        raise argparse.ArgumentTypeError("there is no file without a name")
    return _plain(text)


def _provider(text: str) -> str:
    from ciam_tui.core.tokens.scope import PROVIDER

    if not text.startswith("arn:") or PROVIDER not in text:
        raise argparse.ArgumentTypeError(f"{_plain(text)!r} is not the ARN of an OIDC provider")
    return _plain(text)


def _context(text: str) -> tuple[str, str]:
    key, divider, value = _plain(text).partition("=")
    if not divider or ":" not in key:
        raise argparse.ArgumentTypeError(f"{text!r} is not of the form key=value with a condition key such as aws:SourceIp")
    return key, value


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{_plain(text)!r} is no time such as 2026-08-20T14:00:00Z") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def run(args: argparse.Namespace) -> int:
    """Prints the answer; 0 where the token is let in, 3 where it is not."""
    from ciam_tui.commands.assume_report import show_answer, show_standing
    from ciam_tui.commands.speaking import reported
    from ciam_tui.core.document import parse_policy
    from ciam_tui.core.gcp.provider import is_provider, provider_in
    from ciam_tui.core.pasted import unwrapped

    has_job = any(getattr(args, flag) is not None for flag in _JOB_FLAGS)
    _refuse_what_contradicts(args, has_job=has_job)

    def answered(args: argparse.Namespace) -> int:
        from ciam_tui.core.tokens.cases import own_job

        asks_for_all = args.token is None and args.claims is None and not has_job
        text, what = _policy_text(args.trust)
        if is_provider(text):
            return _of_google(args, provider_in(text, what=what), asks_for_all=asks_for_all)
        trust = parse_policy(unwrapped(text, what=what), what=what)
        if asks_for_all:
            return show_standing(args, trust)
        return show_answer(args, trust, _asked(args, lambda: own_job(trust)))

    return reported(args, answered)


def _refuse_what_contradicts(args: argparse.Namespace, *, has_job: bool) -> None:
    refuse: Any = args.refuse
    if has_job and (args.token is not None or args.claims is not None or args.who):
        refuse("a token is made up, read from a file, or all are listed: --token, --claims and --who do not go with the flags of a job")
    if args.jwks is not None and args.token is None and args.claims is None:
        refuse("--jwks checks a token's signature: give it one with --token")
    from_input = [flag for flag in ("trust", "token", "claims", "jwks") if getattr(args, flag) == STANDARD_INPUT]
    if len(from_input) > 1:
        refuse("standard input can be only one of the files")


def _of_google(args: argparse.Namespace, provider: GivenProvider, *, asks_for_all: bool) -> int:
    from ciam_tui.commands.assume_gcp import refuse_what_is_of_aws, show_gcp_answer, show_gcp_standing
    from ciam_tui.core.gcp.standing import gcp_own_job

    refuse_what_is_of_aws(args)
    if asks_for_all:
        return show_gcp_standing(args, provider)
    return show_gcp_answer(args, provider, _asked(args, lambda: gcp_own_job(provider)))


def _policy_text(name: str) -> tuple[str, str]:
    """What stands in the file, and what it is called in a sentence."""
    from ciam_tui.commands.files import text_of

    what = "the trust policy" if name == STANDARD_INPUT else name
    return text_of(name, _LARGEST_POLICY, what=what), what


def _asked(args: argparse.Namespace, own_job: Callable[[], Job]) -> Asked:
    from ciam_tui.commands.assume_report import Asked
    from ciam_tui.core.tokens.claims import claims_in, decode_jwt, found_jwt

    if args.token is None and args.claims is None:
        return Asked(_made_up(args, own_job()), "the token is made up")
    is_token = args.token is not None
    text = _secret_text(args.token if is_token else args.claims, "the token" if is_token else "the claims")
    if is_token or not text.lstrip().startswith("{"):
        token = found_jwt(text)
        return Asked(decode_jwt(token), "", _signature(token, args.jwks))
    if args.jwks is not None:
        args.refuse("--jwks checks a token's signature, and these are decoded claims: give the token itself with --token")
    return Asked(claims_in(text), "these are claims without their token")


def _secret_text(name: str, what: str) -> str:
    """What stands in the file; at a terminal it is typed unseen."""
    from ciam_tui.commands.files import text_of

    if name == STANDARD_INPUT and sys.stdin is not None and sys.stdin.isatty():
        from getpass import getpass

        return getpass(f"Paste {what}, which is not shown, and press Enter: ")
    return text_of(name, _LARGEST_TOKEN, what=what)


def _signature(token: str, jwks: str | None) -> Any:
    if jwks is None:
        return None
    from ciam_tui.commands.files import text_of
    from ciam_tui.ports.jwks import LARGEST, signature_of

    return signature_of(token, text_of(jwks, LARGEST, what="the JWKS file"))


def _made_up(args: argparse.Namespace, own: Job) -> Claims:
    from ciam_tui.core.tokens.making import made_up

    now = args.now or datetime.now(UTC)
    return made_up(_job(args, own), now=int(now.timestamp()))


def _job(args: argparse.Namespace, own: Job) -> Job:
    from dataclasses import replace

    from ciam_tui.core.tokens.making import Trigger
    from ciam_tui.core.validate.git_refs import full_ref

    issuer = args.issuer.removeprefix("https://") if args.issuer else own.issuer
    if args.org and not args.issuer and issuer:
        issuer = issuer.replace(own.org_id, args.org)
    ref = args.ref or (f"refs/tags/{args.tag}" if args.tag else full_ref(args.branch) if args.branch else own.ref)
    return replace(
        own,
        org_id=args.org or own.org_id,
        project_id=args.project or own.project_id,
        user_id=args.user or own.user_id,
        origin=args.origin or own.origin,
        ref=ref,
        trigger=Trigger(args.trigger) if args.trigger else Trigger.TAG if args.tag else Trigger.PUSH,
        issuer=issuer,
        audience=args.audience,
    )
