"""The configurations that are exported, the demo's and this project's own are what CircleCI's published JSON Schema takes for one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ciam_tui.core.config.merge import StepWanted, merge_config
from ciam_tui.core.export.circleci import config_of, export_circleci, step_lines
from ciam_tui.core.export.circleci_recipe import take_role
from ciam_tui.ports.sandbox import circleci_configs
from ciam_tui.ports.sandbox.circleci_content import ORGANIZATIONS
from tests.circleci_schema import complaints
from tests.core.asking import everything_setup, example_setup
from tests.core.examples import answers, project
from tests.core.strategies import setups

if TYPE_CHECKING:
    from ciam_tui.core.setup import Setup

OWN = Path(__file__).parents[1] / ".circleci" / "config.yml"
PER_PROJECT = {"circleci__projects": [answers()["circleci"]["projects"][0], project("api")], "role__per_project": True}


@pytest.mark.parametrize("contexts", [False, True])
@pytest.mark.parametrize(
    "setup", [example_setup(), everything_setup(), example_setup(**PER_PROJECT)], ids=["example", "everything", "each"]
)
def test_both_exported_files_are_configurations(setup: Setup, contexts: bool) -> None:
    files = export_circleci(setup, contexts=contexts)
    assert files
    assert {file.path: complaints(file.text) for file in files} == {file.path: [] for file in files}


@settings(max_examples=12)
@given(setups(), st.booleans())
def test_whatever_setup_is_exported_it_is_a_configuration(setup: Setup, contexts: bool) -> None:
    for file in export_circleci(setup, contexts=contexts):
        assert complaints(file.text) == [], file.path


def test_a_configuration_stays_one_when_steps_are_added() -> None:
    config = OWN.read_text(encoding="utf-8")
    setup = example_setup()
    job = config_of(setup, None).jobs[0]
    merged = merge_config(config, take_role(), [StepWanted("test", "".join(f"{line}\n" for line in step_lines(setup, job)))])
    assert not merged.by_hand
    assert complaints(merged.text) == []


def test_this_project_s_own_is_one() -> None:
    assert complaints(OWN.read_text(encoding="utf-8")) == []


def test_those_that_the_demo_s_pipelines_ran_by_are() -> None:
    sources = {config.source for each in ORGANIZATIONS for one in each.projects if (config := circleci_configs.config_of(one)) is not None}
    assert len(sources) > 2
    assert {source: complaints(source) for source in sources} == {source: [] for source in sources}


@pytest.mark.parametrize(
    ("broken", "where"),
    [("version: 2.1\njobs:\n  a: 1\n", "$.jobs.a"), ("version: 2.1\njobs: {}\norbs: [x]\n", "$.orbs"), ("jobs: {}\n", "$")],
)
def test_what_is_none_is_found_out(broken: str, where: str) -> None:
    assert any(complaint.startswith(f"{where}:") for complaint in complaints(broken))
