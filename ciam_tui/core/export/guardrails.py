"""The export `guardrails`: what an organization attaches so that no key and no wide trust comes back, and the most that the roles may do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.guardrails.boundary import BOUNDARY_SIZE, boundary_of
from ciam_tui.core.guardrails.choices import GuardrailChoices, check_partition
from ciam_tui.core.guardrails.ci import TRUST_FILE, audit_trust, ci_files
from ciam_tui.core.guardrails.guide import TRUST_SIZE, Guardrails, guide
from ciam_tui.core.guardrails.resource_control import RCP_SIZE, resource_control_policy
from ciam_tui.core.guardrails.service_control import SCP_SIZE, service_control_policy

if TYPE_CHECKING:
    from ciam_tui.core.shape import SetupShape


def export_guardrails(setup: SetupShape, choices: GuardrailChoices | None = None) -> tuple[ExportFile, ...]:
    """`scp.json`, `rcp.json`, `boundary.json`, and `guardrails.md`, which says what each does and how it is tried, attached and taken back.

    Beside them `ci.yml`, whose jobs fail on new findings, and the policies of the role that it audits by.

    Raises:
        CiamError: the choices are for another partition than the Setup.
    """
    choices = choices or GuardrailChoices()
    check_partition(choices, setup.partition)
    made = _made(setup, choices)
    return (
        ExportFile("scp.json", made.scp.text + "\n"),
        ExportFile("rcp.json", made.rcp.text + "\n"),
        ExportFile("boundary.json", made.boundary.document.text + "\n"),
        *ci_files(setup),
        ExportFile("guardrails.md", guide(setup, choices, made)),
    )


def too_large(setup: SetupShape, choices: GuardrailChoices | None = None) -> tuple[str, ...]:
    """The files among them that AWS will refuse for their size; the guide says by how much, and what to do."""
    made = _made(setup, choices or GuardrailChoices())
    sizes = (
        ("scp.json", made.scp.size, SCP_SIZE),
        ("rcp.json", made.rcp.size, RCP_SIZE),
        ("boundary.json", made.boundary.document.size, BOUNDARY_SIZE),
        (TRUST_FILE, audit_trust(setup).size, TRUST_SIZE),
    )
    return tuple(name for name, size, quota in sizes if size > quota)


def _made(setup: SetupShape, choices: GuardrailChoices) -> Guardrails:
    return Guardrails(service_control_policy(setup, choices), resource_control_policy(setup, choices), boundary_of(setup))
