"""The demo as a program uses it: its account, started by whoever asks first, and the ways into it; ended with the program."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from ciam_tui.ports.api import AwsAccess, CircleCi
    from ciam_tui.ports.circleci.secret import Secret
    from ciam_tui.ports.sandbox.launch import Sandbox


def demo_state_dir() -> Path:
    """Where the demo keeps its draft, beside the real one, whose place it never takes."""
    from platformdirs import user_state_path

    return user_state_path("ciam-tui", appauthor=False) / "demo"


class DemoAccount:
    """The demo's account, started when it is first asked for, by a worker, and ended with the app whether or not it had started by then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._starting = threading.Lock()
        self._sandbox: Sandbox | None = None
        self._stopped = False

    def open_access(self) -> AwsAccess:
        """Start the account, and the way into it; takes a second or two."""
        from ciam_tui.ports.aws import FixedAccess
        from ciam_tui.ports.sandbox import account

        sandbox = self.started()
        return FixedAccess(sandbox.url, account.OPERATOR_ACCESS_KEY_ID, account.OPERATOR_SECRET_ACCESS_KEY, account.REGION)

    def open_circleci(self, token: Secret | None) -> CircleCi:
        """The way into the demo's CircleCI, with the demo's token unless another was typed."""
        from ciam_tui.ports.circleci.client import HttpCircleCi
        from ciam_tui.ports.circleci.secret import Secret
        from ciam_tui.ports.circleci.sources import Access

        sandbox = self.started()
        return HttpCircleCi(Access(sandbox.circleci_url, token or Secret(sandbox.circleci_token), "the demo"))

    def started(self) -> Sandbox:
        """The account, started by whoever asks first; the others wait."""
        from ciam_tui.ports.sandbox.launch import start_sandbox

        with self._starting:
            with self._lock:
                if self._sandbox is not None:
                    return self._sandbox
            sandbox = start_sandbox()
            with self._lock:
                self._sandbox = sandbox
                if self._stopped:  # the app ended while the account was starting
                    sandbox.stop()
            return sandbox

    def stop(self) -> None:
        """End it."""
        with self._lock:
            self._stopped = True
            if self._sandbox is not None:
                self._sandbox.stop()
