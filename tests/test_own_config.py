"""The project's own CircleCI configuration: it parses, and runs what a developer runs."""

from __future__ import annotations

from pathlib import Path

import yaml  # type: ignore[import-untyped]  # comes with moto, without types

CONFIG = yaml.safe_load((Path(__file__).parent.parent / ".circleci" / "config.yml").read_text(encoding="utf-8"))


def test_every_job_of_the_workflows_exists_and_one_runs_make_test_on_a_checkout() -> None:
    called = [job for workflow in CONFIG["workflows"].values() for job in workflow["jobs"]]
    assert set(called) == set(CONFIG["jobs"]) == {"test"}
    first, *others = CONFIG["jobs"]["test"]["steps"]
    assert first == "checkout"
    assert [step["run"]["command"] for step in others] == ["make test"]


def test_it_runs_on_the_oldest_python_that_the_project_supports() -> None:
    (image,) = CONFIG["jobs"]["test"]["docker"]
    assert image == {"image": "cimg/python:3.11"}
    assert 'requires-python = ">=3.11"' in (Path(__file__).parent.parent / "pyproject.toml").read_text(encoding="utf-8")
