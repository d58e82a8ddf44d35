"""Starts the demo's account and takes it down again, without importing any of what it is made of.

The child gets an environment of its own making: no AWS variable, no credentials file, no home directory and no proxy of the machine can
reach it. It ends when its standard input does, so it cannot outlive this process.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.sandbox import account

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

SERVER_MODULE = "ciam_tui.ports.sandbox.server"
NEEDED_MODULES = ("moto", "flask", "flask_cors")

# It takes about a second; a cold disk or a busy CI machine can take fifty times as long. Who waits at a screen can leave at any time.
START_SECONDS = 180.0
STOP_SECONDS = 2.0

# What an interpreter needs to run at all on some machine; everything else is ours to choose.
KEPT_VARIABLES = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "TMPDIR", "SYSTEMROOT")
PROXY_VARIABLES = ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy")

# Other names under which tools look for the token and the host; a job of CircleCI has more variables of this kind, which lead nowhere.
CIRCLECI_VARIABLES = ("CIRCLECI_CLI_HOST", "CIRCLECI_CLI_TOKEN", "CIRCLECI_HOST", "CIRCLECI_TOKEN", "CIRCLE_URL")


class Sandbox:
    """A running demo account, with its CircleCI. Use it as a context manager, or call `stop`."""

    def __init__(self, process: subprocess.Popen[bytes], *, url: str, circleci_url: str, circleci_token: str) -> None:
        self.url = url
        self.circleci_url = circleci_url
        self.circleci_token = circleci_token
        self._process = process

    def environment(self) -> dict[str, str]:
        """The variables that point tools for AWS and CircleCI at this account, and away from everything real."""
        variables = {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": account.OPERATOR_ACCESS_KEY_ID,
            "AWS_SECRET_ACCESS_KEY": account.OPERATOR_SECRET_ACCESS_KEY,
            "AWS_DEFAULT_REGION": account.REGION,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "CIRCLE_HOST": self.circleci_url,
            "CIRCLE_TOKEN": self.circleci_token,
        }
        if any(os.environ.get(name) for name in PROXY_VARIABLES):
            # botocore would send even 127.0.0.1 through the proxy. Both spellings, since the lower-case one wins where both are set.
            reached_directly = ",".join(filter(None, (os.environ.get("no_proxy") or os.environ.get("NO_PROXY"), "127.0.0.1")))
            variables |= {"NO_PROXY": reached_directly, "no_proxy": reached_directly}
        return variables

    def conflicting(self, variables: Mapping[str, str]) -> list[str]:
        """The names in `variables` that would lead tools elsewhere in spite of `environment`: a profile, a session token, another host, ..."""
        ours = self.environment()
        return sorted(name for name in variables if name not in ours and (name.startswith("AWS_") or name in CIRCLECI_VARIABLES))

    def wait(self, seconds: float) -> bool:
        """Whether the account's process has ended, after waiting at most `seconds` for it."""
        try:
            self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self) -> None:
        """Ends the account; all that was made in it is gone. Calling it again does nothing."""
        _end(self._process)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.stop()


def start_sandbox(*, timeout_seconds: float = START_SECONDS, circleci_is_server: bool = False) -> Sandbox:
    """A filled account that answers, or CiamError `demo-missing` or `demo-failed`.

    Its CircleCI is the Cloud, or a Server, with the older API alone.
    """
    missing = [name for name in NEEDED_MODULES if find_spec(name) is None]
    if missing:
        raise CiamError(
            "demo-missing",
            "The demo account is not installed",
            f"it needs {' and '.join(missing)}, which the plain installation leaves out.",
            ["Run: pip install 'ciam-tui[demo]'"],
        )
    with tempfile.TemporaryFile() as complaints:
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", SERVER_MODULE, *([account.CIRCLECI_SERVER_FLAG] if circleci_is_server else [])],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=complaints,
            env=_clean_environment(),
            start_new_session=True,  # Ctrl+C in the terminal is for this process, which then ends the account itself
        )
        try:
            line = _first_line(process, time.monotonic() + timeout_seconds)
            told = json.loads(line)
            addresses = {name: str(told[name]) for name in ("url", "circleci_url", "circleci_token")}
        except (TimeoutError, ValueError, KeyError) as error:
            _end(process)
            raise _failure(error, complaints, timeout_seconds) from None
        except BaseException:
            _end(process)
            raise
    if process.stdout:
        process.stdout.close()
    return Sandbox(process, **addresses)


def _clean_environment() -> dict[str, str]:
    """The child finds the same modules as this process, whatever way they were installed, and nothing else of this machine."""
    return {
        **{name: os.environ[name] for name in KEPT_VARIABLES if name in os.environ},
        "PYTHONPATH": os.pathsep.join(str(Path(entry).absolute()) for entry in sys.path),
        "PYTHONHASHSEED": "0",
        "PYTHONUTF8": "1",
        "TZ": "UTC",
        "HOME": os.devnull,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "MOTO_DISABLE_GLOBAL_CORS": "true",  # no web page of the user's browser is to read the account
    }


def _first_line(process: subprocess.Popen[bytes], deadline: float) -> bytes:
    """The child's line, or TimeoutError; an incomplete line where the child ended before it was done."""
    if not process.stdout:
        return b""
    received = b""
    descriptor = process.stdout.fileno()
    while not received.endswith(b"\n"):
        readable, _, _ = select.select([descriptor], [], [], max(0.0, deadline - time.monotonic()))
        if not readable:
            raise TimeoutError
        piece = os.read(descriptor, 4096)
        if not piece:
            break
        received += piece
    return received


def _failure(error: Exception, complaints: IO[bytes], timeout_seconds: float) -> CiamError:
    complaints.seek(0)
    lines = complaints.read().decode(errors="replace").strip().splitlines()
    if isinstance(error, TimeoutError):
        reason = f"it did not answer within {timeout_seconds:g} seconds."
    else:
        reason = lines[-1] if lines else "it ended without a word."
    return CiamError("demo-failed", "The demo account did not start", reason, ["Try again, or run: pip install --upgrade 'ciam-tui[demo]'"])


def _end(process: subprocess.Popen[bytes]) -> None:
    """Closes the pipe the child lives by, and waits; a child that does not notice is killed."""
    for pipe in (process.stdin, process.stdout):
        if pipe and not pipe.closed:
            pipe.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
