"""What `check --access` says: the access matrix of every stage, as tables for people and as cells for a program.

A pull request's robot can hold the cells against what a team has agreed upon; the requests are there so that anybody can ask AWS the same.
Importing this module costs nothing; the evaluator loads when it runs.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import argparse

    from ciam_tui.core.access_matrix import Answer, Cell, Matrix
    from ciam_tui.core.shape import SetupShape

_WIDTH_OFF_A_TERMINAL = 100


def add_access_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--access`."""
    parser.add_argument(
        "--access", action="store_true", help="for a Setup: also what the role of each stage can do and where, and what it cannot"
    )


def refuse_access_of_a_policy(args: argparse.Namespace) -> None:
    """A policy alone has no stage whose places could be asked about.

    Raises:
        CiamError: `--access` or `--markdown` was given.
    """
    from ciam_tui.core.problems import CiamError

    if args.markdown:
        raise CiamError(
            "no-setup", "Cannot check the file so", "--markdown is about Setup files, and this file is a policy.", ("Leave it out.",)
        )
    if args.access:
        advice = ("Leave it out; `ciam-tui can` asks a policy about one request.",)
        raise CiamError("no-setup", "Cannot check the file so", "--access is about Setup files, and this file is a policy.", advice)


def access_lines(setup: SetupShape) -> list[str]:
    """A table a stage, each under its roles' names."""
    from ciam_tui.core.access_matrix import matrix_of
    from ciam_tui.core.access_words import table

    width = shutil.get_terminal_size((_WIDTH_OFF_A_TERMINAL, 24)).columns
    lines = []
    for matrix in matrix_of(setup):
        lines += [f"What {_roles(setup, matrix)} can do:", *table(matrix, width), ""]
    return lines


def access_document(setup: SetupShape) -> list[dict[str, Any]]:
    """Each stage with its roles and cells."""
    from ciam_tui.core.access_matrix import matrix_of

    return [
        {
            "stage": matrix.stage.name,
            "roles": _role_names(setup, matrix),
            "limits": list(matrix.limits),
            "cells": [_cell(cell) for cell in matrix.cells],
        }
        for matrix in matrix_of(setup)
    ]


def _roles(setup: SetupShape, matrix: Matrix) -> str:
    from ciam_tui.core.words import listed

    names = _role_names(setup, matrix)
    return f"{listed(names)} (stage {matrix.stage.name})" if names else f"the stage {matrix.stage.name}"


def _role_names(setup: SetupShape, matrix: Matrix) -> list[str]:
    from ciam_tui.core.naming import role_names

    return [name for name, _ in role_names(setup.role, matrix.stage.name, setup.circleci.projects)]


def _cell(cell: Cell) -> dict[str, Any]:
    from ciam_tui.core.access_words import phrase

    return {
        "operation": cell.operation.id,
        "place": cell.place.kind.value,
        "name": cell.place.name,
        "what": phrase(cell),
        "verdict": cell.verdict.value,
        "as_given": cell.as_expected,
        "requests": [_request(answer) for answer in cell.answers],
    }


def _request(answer: Answer) -> dict[str, Any]:
    return {
        "action": answer.request.action,
        "resource": answer.request.resource,
        "context": {key: list(values) for key, values in answer.request.context.items()},
        "allowed": answer.allowed,
    }
