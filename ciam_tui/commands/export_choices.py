"""The flags of `export` that one format alone has: how they are typed, that they go with it, and the choices that they make."""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING

from ciam_tui.core.export.formats import ALL, ExportChoices
from ciam_tui.core.gcp.place import WANTED, Place

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ciam_tui.core.gcp.place import Wanted

# By format, what argparse keeps each flag under.
_OF_FORMAT: Mapping[str, tuple[str, ...]] = {
    "circleci": ("contexts",),
    "gcp": tuple(wanted.name for wanted in WANTED),
    "guardrails": ("ci_user_path", "admin_role", "also_project"),
}


def add_choices(parser: argparse.ArgumentParser) -> None:
    """Adds the flags to a command's arguments."""
    parser.add_argument(
        "--contexts", action="store_true", help="with circleci: give each job of the workflow the context called as its role"
    )
    about = "Where it is, which no Setup says. The script takes from its environment what is not said, and Terraform from variables."
    place = parser.add_argument_group("on Google Cloud", about)
    for wanted, metavar in zip(WANTED, ("ID", "N", "NAME"), strict=True):
        place.add_argument(
            _flag(wanted.name), type=partial(_fitting, wanted), metavar=metavar, help=f"{wanted.what}, such as {wanted.example}"
        )
    add = partial(parser.add_argument_group("with guardrails").add_argument, action="append", default=[])
    add("--ci-user-path", metavar="PATH", help="stop new access keys for the users of this IAM path alone, such as /ci/")
    add("--admin-role", metavar="ARN", help="spare this role, and let nobody else change the roles and the provider")
    add("--also-project", metavar="ID", help="let this CircleCI project take roles in the accounts, too")


def choices_of(args: argparse.Namespace) -> ExportChoices:
    """What was chosen.

    Raises:
        CiamError: for the guardrails something is named that is no path, no role or no project.
    """
    from ciam_tui.core.guardrails.choices import GuardrailChoices

    return ExportChoices(
        contexts=args.contexts,
        guardrails=GuardrailChoices(tuple(args.ci_user_path), tuple(args.admin_role), tuple(args.also_project)),
        place=Place(args.gcp_project, args.gcp_project_number, args.gcp_bucket),
    )


def misused_choice(args: argparse.Namespace) -> str | None:
    """Which flag was typed for another format than its own."""
    for name, kept in _OF_FORMAT.items():
        typed = [each for each in kept if getattr(args, each) not in (None, [], False)]
        if typed and (args.into is not None or args.format not in {name, ALL}):
            return f"{_flag(typed[0])} is for --format {name} with --out"
    return None


def _flag(kept: str) -> str:
    return f"--{kept.replace('_', '-')}"


def _fitting(wanted: Wanted, text: str) -> str:
    if not wanted.fits(text):
        raise argparse.ArgumentTypeError(f"{text!r} is not {wanted.what}, such as {wanted.example}")
    return text
