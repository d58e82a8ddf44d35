"""What `check --access` says: the access matrix of every stage, as tables for people and as cells for a program.

A pull request's robot can hold the cells against what a team has agreed upon; the requests are there so that anybody can ask AWS the same.
"""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from ciam_tui.core.access_matrix import matrix_of
from ciam_tui.core.access_words import phrase, table
from ciam_tui.core.naming import role_names
from ciam_tui.core.words import listed

if TYPE_CHECKING:
    from ciam_tui.core.access_matrix import Answer, Cell, Matrix
    from ciam_tui.core.shape import SetupShape

_WIDTH_OFF_A_TERMINAL = 100


def access_lines(setup: SetupShape) -> list[str]:
    """A table a stage, each under its roles' names."""
    width = shutil.get_terminal_size((_WIDTH_OFF_A_TERMINAL, 24)).columns
    lines = []
    for matrix in matrix_of(setup):
        lines += [f"What {_roles(setup, matrix)} can do:", *table(matrix, width), ""]
    return lines


def access_document(setup: SetupShape) -> list[dict[str, Any]]:
    """Each stage with its roles and cells."""
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
    names = _role_names(setup, matrix)
    return f"{listed(names)} (stage {matrix.stage.name})" if names else f"the stage {matrix.stage.name}"


def _role_names(setup: SetupShape, matrix: Matrix) -> list[str]:
    return [name for name, _ in role_names(setup.role, matrix.stage.name, setup.circleci.projects)]


def _cell(cell: Cell) -> dict[str, Any]:
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
