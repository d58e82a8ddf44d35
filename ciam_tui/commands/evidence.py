"""`evidence`: what an auditor is handed, gathered by one command into one folder, and verified by another that needs neither account nor network."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ciam_tui.core.assurance.items import Pack
    from ciam_tui.core.assurance.pack import Bound
    from ciam_tui.core.assurance.verifying import Verification
    from ciam_tui.gathering import Accepted

CHANGED = 3

_EPILOG = """\
examples:
  ciam-tui evidence collect setup.json --out evidence-2026-11-25
  ciam-tui evidence collect setup.json --out evidence-2026-11-25 --user circleci-uploader --json
  ciam-tui evidence verify evidence-2026-11-25
  ciam-tui evidence verify evidence-2026-11-25 --digest 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

Both take --json. Exit codes: 0 collected, or whole; 1 a problem, or no evidence of this tool; 2 wrong usage; 3 verify found that something was
changed.
"""
_COLLECT_EPILOG = """\
examples:
  ciam-tui evidence collect setup.json --out evidence-2026-11-25
  ciam-tui evidence collect setup.json --out e --user ci-uploader --user old-deploys
  ciam-tui evidence collect setup.json --out e --accepted accepted.json --run last

Exit codes: 0 collected, also where something could not be read, which is told; 1 a problem, and nothing was written; 2 wrong usage.
"""
_VERIFY_EPILOG = """\
examples:
  ciam-tui evidence verify evidence-2026-11-25
  ciam-tui evidence verify exports/evidence --json

It finds every byte that was changed afterwards, every file that was added, removed, renamed or replaced by a link. Whoever rewrites the files and
the digest makes another whole pack: --digest compares with the one that was printed at collection and kept elsewhere.
Exit codes: 0 whole; 3 changed; 1 no evidence of this tool, or it cannot be read; 2 wrong usage.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `evidence` to the commands."""
    parser = commands.add_parser(
        "evidence",
        help="gather evidence for an auditor, and verify it",
        description="Gathers what an auditor asks for about a Setup: access before and now, who may do what, findings, every change with its\n"
        "request id, the retirement of old keys; and verifies that nothing of it was changed since.",
        epilog=_EPILOG,
    )
    acts = parser.add_subparsers(title="what to do", metavar="ACTION", required=True)
    collect = acts.add_parser(
        "collect",
        help="read the account and the journals, and write evidence.md, evidence.json and the items",
        description="Reads the account, the journals and the retirements of this machine, and writes what they show into a new folder, for its\n"
        "owner alone. Changes nothing in the account, and writes over nothing.",
        epilog=_COLLECT_EPILOG,
    )
    collect.add_argument("setup", metavar="SETUP", help="the Setup file, or - for standard input")
    collect.add_argument(
        "--out", required=True, type=_folder, metavar="DIR", help="the folder to make; one that holds something is refused"
    )
    collect.add_argument(
        "--user",
        action="append",
        default=[],
        metavar="NAME",
        help="a user with static keys, with its retirement; may be given again. Without it, those of every retirement kept here",
    )
    collect.add_argument(
        "--run",
        action="append",
        default=[],
        dest="runs",
        metavar="RUN",
        help="a run whose journal is wanted, as `ciam-tui runs` names it, or last; may be given again. Without it, all runs of the Setup",
    )
    collect.add_argument("--accepted", metavar="FILE", help="the reviewed file of accepted findings, as `check` and `audit` take it")
    collect.add_argument("--json", action="store_true", help="one JSON document on standard output")
    collect.set_defaults(run=run_collect)
    verify = acts.add_parser(
        "verify",
        help="tell whether anything in a folder of evidence was changed",
        description="Tells every file of a folder of evidence that was changed, added, removed or renamed since it was written. Reads nothing else.",
        epilog=_VERIFY_EPILOG,
    )
    verify.add_argument("folder", type=_folder, metavar="DIR", help="the folder that `evidence collect` or `export --format evidence` made")
    verify.add_argument("--digest", type=_digest, metavar="HEX", help="the digest that was printed at collection")
    verify.add_argument("--json", action="store_true", help="one JSON document on standard output")
    verify.set_defaults(run=run_verify)


def _folder(text: str) -> Path:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a folder")
    return Path(text)


def _digest(text: str) -> str:
    import re

    if not re.fullmatch(r"[0-9a-fA-F]{64}", text):
        raise argparse.ArgumentTypeError("a digest has 64 hexadecimal digits")
    return text.lower()


def run_collect(args: argparse.Namespace) -> int:
    """Gathers and writes a pack."""
    from ciam_tui.commands.speaking import reported

    return reported(args, _collect)


def run_verify(args: argparse.Namespace) -> int:
    """Tells whether a pack is whole."""
    from ciam_tui.commands.speaking import reported

    return reported(args, _verify)


def _collect(args: argparse.Namespace) -> int:
    from ciam_tui import __version__
    from ciam_tui.commands.account import ports_from, state_dir
    from ciam_tui.commands.progress import progress_line
    from ciam_tui.commands.setup_source import setup_content, setup_in
    from ciam_tui.commands.speaking import print_document, say
    from ciam_tui.core.assurance.items import sha256_of
    from ciam_tui.core.assurance.pack import bound
    from ciam_tui.gathering import Wanted, gathered
    from ciam_tui.ports.evidence_pack import digest_of, refuse_what_is_there, write_pack
    from ciam_tui.ports.migrations import DiskMigrations

    content = setup_content(args.setup)
    setup = setup_in(args.setup, content).setup
    refuse_what_is_there(args.out)
    state = state_dir(args)
    wanted = Wanted(
        setup,
        __version__,
        tuple(args.user),
        tuple(args.runs),
        accepted=_accepted(args.accepted),
        setup_sha256=sha256_of(content),
        digest_of=lambda name: digest_of(state.path / name),
    )
    with progress_line() as tell:
        pack = gathered(wanted, ports_from(args), DiskMigrations(state), tell)
    made = bound(pack, with_files=True)
    write_pack(args.out, made.files)
    if args.json:
        print_document(_collected_document(args.out, pack, made))
    else:
        say(args, _collected_lines(args.out, pack, made))
    return 0


def _accepted(name: str | None) -> Accepted | None:
    """The file of accepted findings.

    Raises:
        CiamError: it cannot be read, or is none.
    """
    from ciam_tui.commands.files import content_of
    from ciam_tui.core.acceptance.file import ACCEPTANCE_BYTES, read_acceptances
    from ciam_tui.core.assurance.items import sha256_of
    from ciam_tui.gathering import Accepted
    from ciam_tui.ports.clock import SystemClock

    if name is None:
        return None
    what = "the file of accepted findings"
    content = content_of(name, ACCEPTANCE_BYTES + 1, what=what)
    return Accepted(name, sha256_of(content), read_acceptances(content, SystemClock().now().date(), what=what))


def _collected_lines(folder: Path, pack: Pack, made: Bound) -> Iterator[str]:
    for item in pack.items:
        yield f"collected      {item.title}: {item.headline}"
    for each in pack.missing:
        yield f"not collected  {each.title}: {each.why}"
    if pack.masked:
        yield f"masked         {pack.masked} texts that looked like secrets; see evidence.md"
    yield f"Written: {len(made.files)} files in {folder}; begin with evidence.md."
    yield f"Digest: {made.digest}"
    yield "Keep the digest elsewhere, in a ticket or a signed commit: `ciam-tui evidence verify DIR --digest HEX` tells by it that this is the pack."


def _collected_document(folder: Path, pack: Pack, made: Bound) -> dict[str, Any]:
    from ciam_tui.core.assurance.items import moment

    return {
        "ok": True,
        "error": None,
        "out": str(folder),
        "digest": made.digest,
        "collected_at": moment(pack.about.at),
        "files": [file.path for file in made.files],
        "items": [{"name": item.name, "kind": item.kind.value, "title": item.title, "headline": item.headline} for item in pack.items],
        "not_collected": [{"kind": each.kind.value, "title": each.title, "why": each.why} for each in pack.missing],
        "masked": pack.masked,
    }


def _verify(args: argparse.Namespace) -> int:
    from ciam_tui.commands.speaking import print_document, say
    from ciam_tui.core.assurance.verifying import verified
    from ciam_tui.ports.evidence_pack import read_pack

    entries, manifest = read_pack(args.folder)
    found = verified(entries, manifest, wanted=args.digest)
    if args.json:
        print_document(_verified_document(args, found))
    else:
        say(args, _verified_lines(args, found))
    return 0 if found.is_whole else CHANGED


def _verified_lines(args: argparse.Namespace, found: Verification) -> Iterator[str]:
    for each in found.changes:
        yield f"{each.change:<12}  {each.path}: {each.text}"
    if not found.is_whole:
        yield f"CHANGED: {args.folder} is not as it was written."
        return
    yield f"Whole: {found.files} files in {args.folder} are as they were written. Digest: {found.digest}"
    if args.digest is None:
        yield "That it is the pack that was collected is shown by its digest alone: compare it with the one that was kept (--digest HEX)."
    else:
        yield "It is the pack of the digest that was given."


def _verified_document(args: argparse.Namespace, found: Verification) -> dict[str, Any]:
    return {
        "ok": found.is_whole,
        "error": None,
        "folder": str(args.folder),
        "whole": found.is_whole,
        "digest": found.digest or None,
        "compared_with": args.digest,
        "collected_at": found.collected_at,
        "files": found.files,
        "changes": [{"path": each.path, "change": each.change, "text": each.text} for each in found.changes],
    }
