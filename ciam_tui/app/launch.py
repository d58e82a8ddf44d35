"""How a run begins and ends: the session from flags, the first frame before anything slow, and a terminal that is always given back.

boto3, pydantic and the demo's account come behind the first frame, in workers. However the app ends, by a key, a signal or a crash, the
draft is saved, the demo's account is ended, and where the draft is kept is said on the terminal that one gets back.
"""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from ciam_tui.app.session import KnownOrganization, KnownProject, Mode, Session
from ciam_tui.core.draft import ProjectDraft

if TYPE_CHECKING:
    import argparse

    from ciam_tui.ports.api import AwsAccess
    from ciam_tui.ports.sandbox.launch import Sandbox


class DemoAccount:
    """The demo's account, started when it is first asked for, by a worker, and ended with the app whether or not it had started by then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sandbox: Sandbox | None = None
        self._stopped = False

    def open_access(self) -> AwsAccess:
        """Start the account, and the way into it; takes a second or two."""
        from ciam_tui.ports.aws import FixedAccess
        from ciam_tui.ports.sandbox import account
        from ciam_tui.ports.sandbox.launch import start_sandbox

        sandbox = start_sandbox()
        with self._lock:
            self._sandbox = sandbox
            if self._stopped:  # the app ended while the account was starting
                sandbox.stop()
        return FixedAccess(sandbox.url, account.OPERATOR_ACCESS_KEY_ID, account.OPERATOR_SECRET_ACCESS_KEY, account.REGION)

    def stop(self) -> None:
        """End it."""
        with self._lock:
            self._stopped = True
            if self._sandbox is not None:
                self._sandbox.stop()


def demo_organizations() -> tuple[KnownOrganization, ...]:
    """The demo's CircleCI organizations, as its pickers offer them."""
    from ciam_tui.ports.sandbox.circleci_content import ORGANIZATIONS

    return tuple(
        KnownOrganization(
            organization.id,
            organization.name,
            organization.slug,
            tuple(
                KnownProject(ProjectDraft(project.id, project.name, project.vcs_origin), project.default_branch)
                for project in organization.projects
            ),
        )
        for organization in ORGANIZATIONS
    )
