"""What the exports are proven with: the real AWS CLI on an account over HTTP, and the same Setup applied by the plan to compare with.

The environment of the CLI is made by `make tests`; it lies in the one that the tests run in.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ciam_tui.core.export.formats import exported
from ciam_tui.core.journal import Verified
from ciam_tui.ports.aws import FixedAccess
from ciam_tui.ports.export_folder import write_export
from ciam_tui.ports.sandbox import account as operator
from ciam_tui.runs import apply_plan, plan_for
from tests.runs import MemoryJournals, ports

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ciam_tui.core.plan import Plan
    from ciam_tui.core.setup import Setup
    from tests.served_account import ServedAccount

PROOFS = Path(sys.prefix) / "proofs" / "bin"
FORKS = Path(__file__).with_name("aws_forks.py")
# Only a deadline against hanging: a machine may be as slow as it likes.
PATIENCE_SECONDS = 600

_CALLER = """\
#!/usr/bin/env bash
exec 3<>"/dev/tcp/127.0.0.1/{port}"
printf '%s\\0' "$PWD" "$#" "$@" >&3
read -r code <&3
cat {folder}/out
cat {folder}/err >&2
exit "$code"
"""


class Leading(Protocol):
    """What leads tools to an account."""

    def environment(self) -> dict[str, str]: ...


class Served(Protocol):
    """An account over HTTP."""

    @property
    def sandbox(self) -> Leading: ...


class AwsCli:
    """The first version of the AWS CLI, real but started once; `command` is the folder of an `aws` that leads to it."""

    def __init__(self, folder: Path, account: Served) -> None:
        self.command = folder
        # The output that people set for themselves is none that a script can read.
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            **account.sandbox.environment(),
            "AWS_DEFAULT_OUTPUT": "table",
        }
        self._process = subprocess.Popen(
            [PROOFS / "python", FORKS, folder], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=self.environment, text=True
        )
        assert self._process.stdout is not None
        caller = folder / "aws"
        caller.write_text(_CALLER.format(port=int(self._process.stdout.readline()), folder=folder))
        caller.chmod(0o755)

    def run(self, script: Path, *, path: Path | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
        """What came of `script`, which finds the CLI in the folder `path`, else this one."""
        (self.command / "calls").write_text("")
        environment = self.environment | {"PATH": f"{path or self.command}:{self.environment['PATH']}"} | variables
        return subprocess.run([script], env=environment, cwd="/", capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)

    def calls(self) -> list[list[str]]:
        """The words of every call that the last script made."""
        return [json.loads(line) for line in (self.command / "calls").read_text().splitlines()]

    def writes(self) -> list[str]:
        """The commands among them that are not known to read only."""
        return [words[3] for words in self.calls() if not words[3].startswith(("get-", "list-", "head-", "wait"))]

    def stop(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.stdout.close()
        self._process.wait(PATIENCE_SECONDS)


def script_of(setup: Setup, folder: Path) -> Path:
    """The script of `setup`, written with its files into `folder`."""
    write_export(folder, exported(setup, "aws-cli"))
    return folder / "apply.sh"


class ByPlan:
    """What `ciam-tui apply` does, on an account over HTTP, with the journals of its past runs."""

    def __init__(self, account: ServedAccount) -> None:
        self._journals = MemoryJournals()
        self._aws = FixedAccess(
            account.sandbox.url, operator.OPERATOR_ACCESS_KEY_ID, operator.OPERATOR_SECRET_ACCESS_KEY, operator.REGION
        ).open(None, None)

    def plan(self, setup: Setup, adopt: Sequence[str] = ()) -> Plan:
        return plan_for(setup, ports(self._aws, journals=self._journals), adopt=frozenset(adopt))

    def apply(self, setup: Setup, adopt: Sequence[str] = ()) -> None:
        plan = self.plan(setup, adopt)
        world = ports(self._aws, journals=self._journals)
        run_id = f"run-{len(self._journals.made)}"
        entries: list[Any] = list(apply_plan(plan, setup, world, run_id=run_id, adopt=frozenset(adopt)))
        if plan.steps:
            assert isinstance(entries[-1], Verified), entries[-1]

    def close(self) -> None:
        self._aws.close()


def applied_by_plan(account: ServedAccount, setup: Setup) -> dict[str, Any]:
    """What the account holds when `setup` was applied to it by the plan."""
    by_plan = ByPlan(account)
    try:
        by_plan.apply(setup)
    finally:
        by_plan.close()
    return account.shows()
