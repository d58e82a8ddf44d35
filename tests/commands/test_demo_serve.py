"""`ciam-tui demo --serve` gives another shell everything it needs, says nothing else, and goes away without a trace when told to."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from ciam_tui.ports.sandbox import account

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_SECONDS = 300  # a busy machine takes its time; only what never comes fails by it
COMMAND = [sys.executable, "-X", "dev", "-m", "ciam_tui", "demo", "--serve"]


@contextmanager
def serving(**environment: str) -> Iterator[subprocess.Popen[str]]:
    pipe = subprocess.PIPE
    with subprocess.Popen(COMMAND, stdout=pipe, stderr=pipe, text=True, env=os.environ | environment) as process:
        try:
            yield process
        finally:
            process.kill()


def first_error_line(process: subprocess.Popen[str]) -> str:
    assert process.stderr is not None
    return process.stderr.readline()


def printed(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.read()


def is_served(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=PATIENCE_SECONDS):  # noqa: S310 - the address was printed by the program under test
            return True
    except urllib.error.URLError:
        return False


def circleci_user(variables: dict[str, str]) -> str:
    request = urllib.request.Request(f"{variables['CIRCLE_HOST']}/api/v2/me", headers={"Circle-Token": variables["CIRCLE_TOKEN"]})  # noqa: S310 - as above
    with urllib.request.urlopen(request, timeout=PATIENCE_SECONDS) as reply:  # noqa: S310 - as above
        return str(json.load(reply)["login"])


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_it_prints_exports_serves_and_ends_well_when_told_to(number: signal.Signals) -> None:
    with serving() as process:
        lines = printed(process).splitlines()
        assert first_error_line(process) == "The demo account is running. Press Ctrl+C to stop.\n"
        variables = dict(line.removeprefix("export ").split("=", 1) for line in lines)
        assert all(line.startswith(("export AWS_", "export CIRCLE_")) for line in lines)
        assert variables["AWS_ACCESS_KEY_ID"] == account.OPERATOR_ACCESS_KEY_ID
        assert circleci_user(variables) == "dana-operator"
        assert is_served(variables["AWS_ENDPOINT_URL"])
        process.send_signal(number)
        assert process.wait(PATIENCE_SECONDS) == 0
        assert first_error_line(process) == ""
    assert not is_served(variables["AWS_ENDPOINT_URL"])


def test_a_shell_that_evaluates_what_is_printed_is_led_to_the_account_and_nowhere_else() -> None:
    asking = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    with serving(AWS_PROFILE="prod", AWS_SESSION_TOKEN="t") as process:
        script = f'eval "$EXPORTS"; exec "{sys.executable}" -c "{asking}"'
        environment = os.environ | {"EXPORTS": printed(process), "AWS_PROFILE": "prod", "AWS_SESSION_TOKEN": "t"}
        done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, text=True, check=True, env=environment)
        assert done.stdout == f"arn:aws:iam::{account.ACCOUNT_ID}:user/{account.OPERATOR_NAME}\n"


def test_a_shell_with_a_token_of_its_own_is_led_to_the_demos_circleci() -> None:
    with serving(CIRCLE_TOKEN="real", CIRCLECI_CLI_TOKEN="real", CIRCLECI_CLI_HOST="https://circleci.com") as process:
        lines = printed(process).splitlines()
        assert {"unset CIRCLECI_CLI_TOKEN", "unset CIRCLECI_CLI_HOST"} <= set(lines)
        assert f"export CIRCLE_TOKEN={account.CIRCLECI_TOKEN}" in lines


def test_a_reader_that_leaves_at_once_does_not_end_it() -> None:
    with serving() as process:
        assert process.stdout is not None
        process.stdout.close()
        assert first_error_line(process).startswith("The demo account is running")
        time.sleep(0.5)
        assert process.poll() is None
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
        assert first_error_line(process) == ""


def test_a_closed_standard_output_does_not_end_it() -> None:
    closing = ["/bin/sh", "-c", 'exec "$@" >&-', "sh", *COMMAND]
    with subprocess.Popen(closing, stderr=subprocess.PIPE, text=True) as process:
        assert first_error_line(process).startswith("The demo account is running")
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0


def test_nohup_lets_it_outlive_its_terminal() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with serving() as process:
            assert first_error_line(process).startswith("The demo account is running")
            process.send_signal(signal.SIGHUP)
            time.sleep(0.5)
            assert process.poll() is None
    finally:
        signal.signal(signal.SIGHUP, before)


def test_it_does_not_pretend_when_the_account_is_gone() -> None:
    program = (
        "import ciam_tui.ports.sandbox.launch as launch; from ciam_tui.commands import demo; from ciam_tui.core.problems import CiamError\n"
        "start = launch.start_sandbox\n"
        "def start_and_lose():\n sandbox = start(); sandbox._process.kill(); return sandbox\n"
        "launch.start_sandbox = start_and_lose\n"
        "try: demo._serve()\nexcept CiamError as error: import sys; sys.exit(str(error))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=PATIENCE_SECONDS)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (1, "The demo account ended: its process is gone. Start it again.")
