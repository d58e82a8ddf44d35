"""`ciam-tui migrate` before a retirement begins: all users with keys, and one user with what it may do, did, and would be replaced by."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING, Any

from ciam_tui.commands.speaking import print_document, say
from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping
    from pathlib import Path

    from ciam_tui.apply import Ports
    from ciam_tui.core.proposal.proposing import Proposal
    from ciam_tui.retiring.driving import Desk

_WIDTH = 120


def list_users(args: argparse.Namespace, ports: Ports) -> int:
    """All users with access keys."""
    from contextlib import closing, nullcontext

    from ciam_tui.commands.circleci import opened_circleci
    from ciam_tui.commands.progress import progress_line
    from ciam_tui.core.users.report import document_of_listing, lines_of_listing
    from ciam_tui.surveys.users import users_of

    with closing(opened_circleci(args)) if args.circleci else nullcontext() as circleci, progress_line() as tell:
        listing = users_of(ports.aws, at=ports.clock.now(), circleci=circleci, progress=tell)
    if args.json:
        print_document(document_of_listing(listing))
    else:
        say(args, lines_of_listing(listing, shutil.get_terminal_size((_WIDTH, 24)).columns))
    return 0


def show_user(args: argparse.Namespace, desk: Desk) -> int:
    """One user whose retirement has not begun: what it is, its use, and what would replace it.

    Raises:
        CiamError: `user-not-found`; and as any read.
    """
    from ciam_tui.core.evidence.report import document_of_evidence, lines_of_evidence
    from ciam_tui.core.users.report import document_of_user, lines_of_user
    from ciam_tui.retiring.beside import evidence_for
    from ciam_tui.retiring.proposing import proposal_for
    from ciam_tui.surveys.users import one_user

    ports, look = desk.ports, desk.look
    understanding = one_user(ports.aws, args.user, circleci=ports.circleci, progress=look.progress, should_stop=look.should_stop)
    evidence = evidence_for(understanding.user, ports, look)
    proposal = proposal_for(understanding.user, evidence, ports, look)
    if args.propose is not None:
        write_json(args.propose, proposed_answers(proposal))
    if args.backup is not None:
        write_json(args.backup, desk.backup(understanding.user))
    at = ports.clock.now()
    say(args, lines_of_user(understanding, at))
    say(args, ["", "Evidence", *(f"  {line}" for line in lines_of_evidence(evidence))])
    say(args, ["", "Proposal", *(f"  {note}" for note in proposal.notes)])
    say(args, [*_written(args), "", f"No retirement of {understanding.user.name} was begun: --start --setup FILE begins it."])
    if args.json:
        print_document(
            {
                "ok": True,
                "error": None,
                "run": None,
                "migration": None,
                "user": document_of_user(understanding, at),
                "evidence": document_of_evidence(evidence),
                "proposal": {"setup": proposed_answers(proposal), "notes": [*proposal.notes]},
            }
        )
    return 0


def _written(args: argparse.Namespace) -> list[str]:
    if args.propose is None:
        return ["  --propose FILE writes it as a Setup file."]
    return [f"  Written to {args.propose}: look at it with `ciam-tui check {args.propose}`, and change it."]


def proposed_answers(proposal: Proposal) -> Mapping[str, Any]:
    """The proposal in the form of a Setup file: a finished Setup, or the answers that there are, of which `ciam-tui check` says what is missing."""
    from ciam_tui.core.setup import Setup, finish, to_json

    finished = finish(proposal.draft)
    if isinstance(finished, Setup):
        whole: dict[str, Any] = json.loads(to_json(finished))
        return whole
    return proposal.draft.as_setup()


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a document that is for the user alone: it holds policies and ids.

    Raises:
        CiamError: `file-unwritable`.
    """
    import os

    text = json.dumps(content, indent=2, default=str) + "\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            if hasattr(os, "fchmod"):  # one that was there before may be open to others
                os.fchmod(handle, 0o600)
            file.write(text)
    except OSError as error:
        fix = "Name a file in a folder that you may write to and that has room."
        raise CiamError("file-unwritable", "Cannot write the file", f'"{path}" cannot be written: {error.strerror}.', (fix,)) from None
