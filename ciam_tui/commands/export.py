"""`export`: the files of a Setup for review or for another tool, offline, so that a pull request can carry what would be applied.

With `--into` nothing is written: a CircleCI configuration that is there already is somebody's work, and gets a diff.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ciam_tui.commands import export_stack_set
from ciam_tui.commands.export_choices import add_choices, choices_of, misused_choice
from ciam_tui.commands.setup_source import add_setup_argument, setup_from
from ciam_tui.core.export.formats import ALL, FORMATS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.findings import Finding
    from ciam_tui.core.guardrails.choices import GuardrailChoices
    from ciam_tui.core.problems import Problem
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.ports.export_folder import WrittenFile


_EPILOG = """\
examples:
  ciam-tui export setup.json --format json --out policies
  ciam-tui export setup.json --format all --out exports                    each format in a folder of its name
  ciam-tui export setup.json --format guardrails --out guardrails --ci-user-path /ci/
  ciam-tui export setup.json --format circleci --into .circleci/config.yml | git apply
  ciam-tui export setup.json --format gcp --out gcp --gcp-project acme-prod --gcp-bucket acme-builds-gcs
  ciam-tui export setup.json --format cloudformation --stack-set service-managed --ou ou-ab12-cd345678 --out stacks

Exit codes: 0 written, whatever the findings; 1 the Setup is not valid, a file cannot be written, or with --into something
is to be added by hand; 2 wrong usage.
"""


def register(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Adds `export` to the commands."""
    parser = commands.add_parser(
        "export",
        help="write a Setup's policies as files, offline",
        description="Writes the files of a Setup for review or for another tool, offline. Files that are there already and differ are replaced.",
        epilog=_EPILOG,
    )
    add_setup_argument(parser)
    parser.add_argument(
        "--format",
        required=True,
        choices=[*FORMATS, ALL],
        help=f"what to write; {ALL} writes each format that there is into a folder of its name",
    )
    place = parser.add_mutually_exclusive_group(required=True)
    place.add_argument("--out", type=_folder, metavar="DIR", help="the folder to write into, made where it is missing")
    place.add_argument(
        "--into",
        metavar="FILE",
        help="with circleci: print the diff that lets the jobs of this configuration take their roles; write nothing",
    )
    parser.add_argument(
        "--project", metavar="NAME", help="with --into: the project whose configuration it is, where each has roles of its own"
    )
    parser.add_argument(
        "--job",
        action="append",
        default=[],
        type=_job_of_stage,
        metavar="STAGE=JOB",
        help="with --into: the job that takes the stage's role, where it is not called as the stage; may be repeated",
    )
    add_choices(parser)
    export_stack_set.add_stack_set_arguments(parser)
    parser.add_argument("--json", action="store_true", help="one JSON document on standard output")
    parser.set_defaults(run=run, wrong_usage=parser.error)


def _job_of_stage(text: str) -> tuple[str, str]:
    stage, equals, job = text.partition("=")
    if not stage or not equals or not job:
        raise argparse.ArgumentTypeError(f"{text!r} is not STAGE=JOB")
    return stage, job


def _folder(text: str) -> Path:
    if not text or "\0" in text:
        raise argparse.ArgumentTypeError(f"{text!r} is not the name of a folder")
    return Path(text)


def run(args: argparse.Namespace) -> int:
    """Writes the export, and tells on standard output what was written and on standard error what `check` has to say of the Setup."""
    from ciam_tui.commands.speaking import reported

    return reported(args, _run)


def _run(args: argparse.Namespace) -> int:
    from ciam_tui.core.export.formats import exported
    from ciam_tui.core.findings import findings
    from ciam_tui.ports.export_folder import write_export

    if misused := _misused(args):
        args.wrong_usage(misused)
    file = setup_from(args.setup)
    if args.into is not None:
        from ciam_tui.commands.export_into import into

        jobs: dict[str, list[str]] = {}
        for stage, job in args.job:
            jobs.setdefault(stage, []).append(job)
        return into(file.setup, args.into, project=args.project, jobs=jobs, as_json=args.json)
    choices = choices_of(args)
    stack_set = args.stack_set is not None
    files = export_stack_set.stack_set_files(args, file.setup) if stack_set else exported(file.setup, args.format, choices)
    written = write_export(args.out, files)
    if args.json:
        _print_document(args.out, written)
    else:
        _print_report(args.out, written)
    _print_findings(file.notes, findings(file.setup))
    if args.format == "gcp":
        _print_differences(file.setup)
    if args.format in {"guardrails", ALL}:
        _print_sizes(file.setup, choices.guardrails)
    return 0


def _print_sizes(setup: SetupShape, choices: GuardrailChoices | None) -> None:
    """A policy that cannot be attached is said to be none before somebody tries."""
    from ciam_tui.core.export.guardrails import too_large
    from ciam_tui.core.words import listed

    if names := too_large(setup, choices):
        print(f"AWS will refuse {listed(names)} for the size; guardrails.md says by how much, and what to do.", file=sys.stderr)


def _print_differences(setup: SetupShape) -> None:
    """Nothing is otherwise on Google Cloud without being said; the README says it in full."""
    from ciam_tui.core.gcp.notes import About, notes
    from ciam_tui.core.gcp.twin import twin_of

    told = notes(setup, twin_of(setup))
    counts = ", ".join(f"{sum(note.about is about for note in told)} {about[0].lower()}{about[1:]}" for about in About)
    print(f"On Google Cloud: {counts}; README.md tells them.", file=sys.stderr)


def _misused(args: argparse.Namespace) -> str | None:
    """Which options do not go together."""
    if args.into is not None and args.format != "circleci":
        return "--into is for --format circleci"
    if args.into is None and (args.project is not None or args.job):
        return "--project and --job go with --into"
    return misused_choice(args) or export_stack_set.misused(args)


def _print_document(out: Path, written: Sequence[WrittenFile]) -> None:
    files = [{"path": file.path, "sha256": file.sha256, "state": file.state.value} for file in written]
    print(json.dumps({"out": str(out), "files": files}, indent=2))


def _print_report(out: Path, written: Sequence[WrittenFile]) -> None:
    from ciam_tui.core.shown import shown

    for file in written:
        print(shown(f"{file.state.value:9}  {out / file.path}"))


def _print_findings(notes: Sequence[Problem], found: Sequence[Finding]) -> None:
    from ciam_tui.core.problems import Level
    from ciam_tui.core.shown import shown

    for note in notes:
        print(shown(f"{note.level}: {note}"), file=sys.stderr)
    if found:
        counts = ", ".join(f"{sum(finding.level is level for finding in found)} of level {level}" for level in Level)
        print(f"Findings: {counts}; `ciam-tui check` tells them.", file=sys.stderr)
