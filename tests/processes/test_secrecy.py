"""A wired run by a real process, from plan to undo: its secrets are in no file it leaves, nothing it prints, and no line of the process list."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from ciam_tui.ports.sandbox.circleci_content import ACME
from tests.processes.test_kill_and_faults import PATIENCE_SECONDS, process
from tests.runs import a_setup
from tests.served_account import written

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.served_account import ServedAccount

PROCESSES = Path("/proc")
WEB = ACME.project("web")


@contextmanager
def watched_process_list() -> Iterator[set[str]]:
    """The command lines of all processes that were seen meanwhile, as everybody on the machine may read them."""
    seen: set[str] = set()
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.1):
            for file in PROCESSES.glob("[0-9]*/cmdline"):
                try:
                    seen.add(file.read_text(errors="replace"))
                except OSError:  # it has ended since it was listed
                    continue

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield seen
    finally:
        over.set()
        watcher.join()


def texts_below(folder: Path) -> dict[str, str]:
    """Every file below `folder`, whole, by its path."""
    return {str(path): path.read_text(encoding="utf-8", errors="replace") for path in folder.rglob("*") if path.is_file()}


@pytest.mark.skipif(not PROCESSES.is_dir(), reason="the process list is read from /proc")
def test_a_wired_run_leaves_its_secrets_nowhere(account: ServedAccount, tmp_path: Path) -> None:
    variables = account.sandbox.environment()
    secrets = {name: variables[name] for name in ("CIRCLE_TOKEN", "AWS_SECRET_ACCESS_KEY")}
    refused = "CCIPAT_refused_0123456789abcdef0123456789abcdef"
    project = {"id": WEB.id, "name": WEB.name, "vcs_origin": WEB.vcs_origin}
    circleci = {"org_id": ACME.id, "org_slug": ACME.slug, "projects": [project]}
    setup = written(tmp_path, a_setup(circleci=circleci, stages=[{"name": "build", "prefix": "builds/", "access": ["read"]}]))
    left = tmp_path / "left"
    left.mkdir()
    everywhere = ("--state-dir", str(left / "state"), "--debug", str(left / "debug.log"))
    commands = (
        (("plan", setup, "--wire", "--circleci", "--json"), secrets["CIRCLE_TOKEN"], 3),
        (("apply", setup, "--wire", "--yes"), secrets["CIRCLE_TOKEN"], 0),
        (("undo", "last", "--yes"), refused, 1),
        (("undo", "last", "--yes"), secrets["CIRCLE_TOKEN"], 0),
    )

    printed = []
    with watched_process_list() as listed:
        for words, token, code in commands:
            with process(*words, *everywhere, environment=variables | {"CIRCLE_TOKEN": token}) as started:
                printed.append(started.communicate(timeout=PATIENCE_SECONDS)[0])
                assert started.returncode == code, printed[-1]

    kept = texts_below(left)
    assert any("CreateContext" in text or "create-context" in text for text in kept.values()), (
        "the journals are among what is looked through"
    )
    assert any(setup in line for line in listed), "the process list was watched while they ran"
    for secret in (*secrets.values(), refused):
        assert [path for path, text in kept.items() if secret in text] == []
        assert [text for text in printed if secret in text] == []
        assert [line for line in listed if secret in line] == []
