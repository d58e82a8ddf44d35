"""The exports that exist, by the name that the command line and the wizard offer them under.

The names are asked for before the first frame and by `--help`; what makes the files is imported when files are wanted, since it brings the
planner and pydantic along.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ciam_tui.core.export.files import ExportFile
    from ciam_tui.core.facts import Facts
    from ciam_tui.core.gcp.place import Place
    from ciam_tui.core.guardrails.choices import GuardrailChoices
    from ciam_tui.core.shape import SetupShape

ALL = "all"


@dataclass(frozen=True, slots=True)
class ExportChoices:
    """What an export is told beside its Setup; each format takes of it what it is about.

    With `contexts` the jobs of a CircleCI configuration are given the contexts that are called as their roles. With `facts` Terraform is
    told what the account has already. `guardrails` is what the organization's owner decides about those. `place` is where on Google Cloud
    the twin lies, as far as that is known.
    """

    contexts: bool = False
    facts: Facts | None = None
    guardrails: GuardrailChoices | None = None
    place: Place | None = None


NOTHING_CHOSEN = ExportChoices()


def _json(setup: SetupShape, _: ExportChoices) -> tuple[ExportFile, ...]:
    from ciam_tui.core.export.json import export_json

    return export_json(setup)


def _aws_cli(setup: SetupShape, _: ExportChoices) -> tuple[ExportFile, ...]:
    from ciam_tui.core.export.aws_cli import export_aws_cli

    return export_aws_cli(setup)


def _terraform(setup: SetupShape, choices: ExportChoices) -> tuple[ExportFile, ...]:
    from ciam_tui.core.export.terraform import export_terraform

    return export_terraform(setup, choices.facts)


def _cloudformation(setup: SetupShape, _: ExportChoices) -> tuple[ExportFile, ...]:
    from ciam_tui.core.export.cloudformation import export_cloudformation

    return export_cloudformation(setup)


def _circleci(setup: SetupShape, choices: ExportChoices) -> tuple[ExportFile, ...]:
    from ciam_tui.core.export.circleci import export_circleci

    return export_circleci(setup, contexts=choices.contexts)


def _markdown(setup: SetupShape, _: ExportChoices) -> tuple[ExportFile, ...]:
    from ciam_tui.core.export.markdown import export_markdown

    return export_markdown(setup)


def _gcp(setup: SetupShape, choices: ExportChoices) -> tuple[ExportFile, ...]:
    from ciam_tui.core.export.gcp import export_gcp
    from ciam_tui.core.gcp.place import OPEN

    return export_gcp(setup, choices.place or OPEN)


def _evidence(setup: SetupShape, _: ExportChoices) -> tuple[ExportFile, ...]:
    from ciam_tui.core.export.evidence import export_evidence

    return export_evidence(setup)


def _guardrails(setup: SetupShape, choices: ExportChoices) -> tuple[ExportFile, ...]:
    from ciam_tui.core.export.guardrails import export_guardrails

    return export_guardrails(setup, choices.guardrails)


FORMATS: Mapping[str, Callable[[SetupShape, ExportChoices], tuple[ExportFile, ...]]] = {
    "json": _json,
    "aws-cli": _aws_cli,
    "terraform": _terraform,
    "cloudformation": _cloudformation,
    "circleci": _circleci,
    "markdown": _markdown,
    "gcp": _gcp,
    "evidence": _evidence,
    "guardrails": _guardrails,
}

# What each is for, in as few words as fit below its files.
ABOUT: Mapping[str, str] = {
    "json": "each role's policies and the provider, as AWS takes them",
    "aws-cli": "a script that makes what apply would make",
    "terraform": "a configuration for Terraform, with imports",
    "cloudformation": "a template for a stack, or for CDK",
    "circleci": "jobs that take the roles, without an orb and with it",
    "markdown": "a summary for a pull request",
    "gcp": "the same on Google Cloud, by gcloud or Terraform",
    "evidence": "what the Setup grants and why, for an auditor",
    "guardrails": "policies for the organization, and a boundary",
    ALL: "every format, each in a folder of its name",
}


def exported(setup: SetupShape, name: str, choices: ExportChoices = NOTHING_CHOSEN) -> tuple[ExportFile, ...]:
    """The files of the format called `name`; of `all` formats, each in a folder of its format's name.

    Raises:
        CiamError: for Google Cloud, a part of the Setup has no twin there; a choice is none.
    """
    if name != ALL:
        return FORMATS[name](setup, choices)
    return tuple(replace(file, path=f"{each}/{file.path}") for each, files in each_exported(setup, choices).items() for file in files)


def each_exported(setup: SetupShape, choices: ExportChoices = NOTHING_CHOSEN) -> dict[str, tuple[ExportFile, ...]]:
    """The files of every format, by its name. A Setup without a twin on Google Cloud has a file there that says why."""
    from ciam_tui.core.export.gcp import why_no_twin
    from ciam_tui.core.problems import CiamError

    made: dict[str, tuple[ExportFile, ...]] = {}
    for name in FORMATS:
        try:
            made[name] = exported(setup, name, choices)
        except CiamError as error:
            if name != "gcp":
                raise
            made[name] = why_no_twin(error)
    return made
