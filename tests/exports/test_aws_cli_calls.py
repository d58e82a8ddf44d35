"""In an account that has nothing the script asks AWS for the very calls of the plan, whatever the names: each word of each is looked at."""

from __future__ import annotations

import json
import os
import subprocess
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore import xform_name
from hypothesis import HealthCheck, given, settings

from ciam_tui.core.facts import Facts, Identity
from ciam_tui.core.planning import make_plan
from tests.core.asking import everything_setup
from tests.core.strategies import setups
from tests.exports.proofs import PATIENCE_SECONDS, script_of
from tests.exports.test_aws_cli import HOSTILE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from ciam_tui.core.setup import Setup

# Says that nothing is there, and keeps the words of what is to be made, each ended by a byte that no word holds.
_NOTHING_THERE = """\
#!/bin/bash
case "$3 $4" in
  "sts get-caller-identity") printf '%s\\tarn:%s:iam::%s:user/dana\\n' "$ACCOUNT" "$PARTITION" "$ACCOUNT" ;;
  "s3api head-bucket") echo "An error occurred (404) when calling the HeadBucket operation" >&2; exit 254 ;;
  "iam get-"*) echo "An error occurred (NoSuchEntity) when calling it" >&2; exit 254 ;;
  *" wait") ;;
  *) printf '%s\\0' "$#" "$@" >>"$CALLS" ;;
esac
"""


@cache
def _operations(service: str) -> dict[str, Any]:
    model = boto3.Session("a", "b", region_name="us-east-1").client(service).meta.service_model  # type: ignore[call-overload]  # the name is a variable here
    return {xform_name(name, "-"): model.operation_model(name) for name in model.operation_names}


def _recorded(content: bytes) -> Iterator[list[str]]:
    words = iter(content.decode().split("\0")[:-1])
    for count in words:
        yield [next(words) for _ in range(int(count))]


def _call(words: list[str], folder: Path) -> tuple[str, str, dict[str, Any]]:
    """The call as botocore would send it. Options say their value after an equals sign or as the next word; files are those of the export."""
    assert words[0] == "--region"
    service = words[2].removesuffix("api")
    operation = _operations(service)[words[3]]
    names = {xform_name(name, "-"): name for name in operation.input_shape.members}
    params: dict[str, Any] = {}
    rest = iter(words[4:])
    for word in rest:
        option, equals, value = word.partition("=")
        value = value if equals else next(rest)
        assert option.startswith("--")
        text = (folder / value.removeprefix("file://")).read_text() if value.startswith("file://") else value
        assert not value.startswith(("http:", "https:")), "the first version of the CLI would fetch it"
        if option == "--cli-input-json":
            params = json.loads(text) | params
        else:
            is_text = operation.input_shape.members[names[option[2:]]].type_name == "string"
            params[names[option[2:]]] = text if is_text else json.loads(text)
    return service, operation.name, params


def _compared(service: str, operation: str, params: dict[str, Any]) -> str:
    documents = {name: json.loads(value) for name, value in params.items() if name.endswith("Document") or name == "Policy"}
    return json.dumps([service, operation, params | documents], sort_keys=True)


def prove(setup: Setup, folder: Path) -> None:
    command, calls = folder / "aws", folder / "calls"
    command.write_text(_NOTHING_THERE)
    command.chmod(0o755)
    variables = {"PATH": f"{folder}:{os.environ['PATH']}", "ACCOUNT": setup.account_id, "PARTITION": setup.partition, "CALLS": str(calls)}
    script = script_of(setup, folder / "export")
    done = subprocess.run([script], env=variables, capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    made = [_compared(*_call(words, script.parent)) for words in _recorded(calls.read_bytes())]
    steps = make_plan(setup, Facts(Identity(setup.account_id, "", setup.partition))).steps
    planned = [_compared(step.call.service, step.call.operation, dict(step.call.params)) for step in steps if step.call.service]
    assert sorted(made) == sorted(planned)


@pytest.mark.parametrize("setup", [HOSTILE, everything_setup()], ids=["hostile names", "all there is"])
def test_the_calls_are_those_of_the_plan(setup: Setup, tmp_path: Path) -> None:
    prove(setup, tmp_path)


@settings(max_examples=12, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(setup=setups())
def test_the_calls_are_those_of_the_plan_for_any_setup(setup: Setup, tmp_path_factory: pytest.TempPathFactory) -> None:
    prove(setup, tmp_path_factory.mktemp("script"))


@pytest.mark.long
@settings(max_examples=400, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(setup=setups())
def test_the_calls_are_those_of_the_plan_for_many_setups(setup: Setup, tmp_path_factory: pytest.TempPathFactory) -> None:
    prove(setup, tmp_path_factory.mktemp("script"))
