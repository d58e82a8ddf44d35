"""How a command looks at CircleCI beside its own business: only when it is told to, and with the token that the CircleCI CLI would use."""

from __future__ import annotations

import os
import sys
from contextlib import closing
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argparse

    from ciam_tui.core.findings import Finding
    from ciam_tui.core.shape import SetupShape
    from ciam_tui.ports.circleci.client import HttpCircleCi


@dataclass(frozen=True, slots=True)
class CircleCiReading:
    """What CircleCI, or a configuration for it, shows about a Setup, and what of it could not be read."""

    findings: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()


def add_circleci_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--circleci`, as `args.circleci`, to a command's arguments."""
    parser.add_argument(
        "--circleci",
        action="store_true",
        help="read CircleCI too, with the token of CIRCLE_TOKEN or of the CircleCI CLI, and add what it shows to the findings",
    )


def opened_circleci(args: argparse.Namespace) -> HttpCircleCi:
    """CircleCI, with the token that the environment or the CircleCI CLI has for it. Nothing is sent yet.

    Raises:
        CiamError: there is no token, or none for this host.
    """
    from ciam_tui.ports.circleci.client import HttpCircleCi
    from ciam_tui.ports.circleci.sources import found_access

    return HttpCircleCi(found_access(os.environ, host=args.circleci_host))


def refuse_what_is_for_setups(args: argparse.Namespace) -> None:
    """That neither CircleCI nor a configuration says anything about a policy by itself.

    Raises:
        CiamError: the command was told to look at one of them.
    """
    from ciam_tui.core.problems import CiamError

    if args.circleci or args.config:
        message = "--circleci and --config are about Setups, and this file is a policy."
        raise CiamError("no-setup", "Cannot check the file so", message, ("Leave them out, or name a Setup file.",))


def circleci_reading(args: argparse.Namespace, setup: SetupShape) -> CircleCiReading:
    """What CircleCI shows about `setup`, and configurations that are named; nothing unless `--circleci` or `--config` asks for it.

    Raises:
        CiamError: there is no token, CircleCI cannot be asked with it, or a configuration cannot be read.
    """
    from ciam_tui.commands.config_file import told_of_files

    files = told_of_files(setup, getattr(args, "config", ()))
    if not args.circleci:
        return CircleCiReading(files.findings, files.unread)
    from ciam_tui.core.circleci.findings import circleci_findings
    from ciam_tui.surveys.circleci import circleci_survey

    with closing(opened_circleci(args)) as circleci:
        if sys.stderr is not None and sys.stderr.isatty():
            print("Reading CircleCI ...", file=sys.stderr, flush=True)
        facts = circleci_survey(setup, circleci)
    return CircleCiReading((*circleci_findings(setup, facts), *files.findings), (*facts.unread, *files.unread))
