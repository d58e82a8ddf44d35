"""The export for Google Cloud: the twin of a Setup by script and by Terraform, with what jobs need, and how to read who used it.

A Setup knows no project of Google's, and its schema does not change: what is not given at export is asked of whoever applies it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.export.files import ExportFile
from ciam_tui.core.export.gcp_circleci import circleci_files
from ciam_tui.core.export.gcp_files import credential_file, credentials, provider_document
from ciam_tui.core.export.gcp_readme import audit_logs, readme
from ciam_tui.core.export.gcp_script import setup_script
from ciam_tui.core.export.gcp_terraform import terraform_source
from ciam_tui.core.gcp.place import OPEN
from ciam_tui.core.gcp.twin import twin_of
from ciam_tui.core.markdown.safe import prose

if TYPE_CHECKING:
    from ciam_tui.core.gcp.place import Place
    from ciam_tui.core.problems import CiamError
    from ciam_tui.core.shape import SetupShape


def export_gcp(setup: SetupShape, place: Place = OPEN) -> tuple[ExportFile, ...]:
    """`setup.sh`, `main.tf`, `provider.json`, a credential configuration a service account, `config.yml`, `README.md` and `audit-logs.md`.

    Raises:
        CiamError: a part of the Setup has no twin.
    """
    twin = twin_of(setup)
    return (
        ExportFile("setup.sh", setup_script(twin, place, map(credential_file, twin.accounts)), executable=True),
        ExportFile("main.tf", terraform_source(twin, place)),
        ExportFile("provider.json", provider_document(twin, place)),
        *(ExportFile(credential_file(account), credentials(twin, account, place)) for account in twin.accounts),
        *circleci_files(setup, twin, place),
        ExportFile("README.md", readme(setup, twin, place)),
        ExportFile("audit-logs.md", audit_logs(twin, place)),
    )


def why_no_twin(error: CiamError) -> tuple[ExportFile, ...]:
    """What stands among other formats where there is no twin: they are not to fail for it."""
    sentences = " ".join((error.message, *error.suggestions))
    return (ExportFile("README.md", f"# No twin on Google Cloud\n\n{prose(sentences)}\n"),)
