"""`ciam-tui plan --second-opinions`: what AWS says of the policies that would be applied, and what is said where it says nothing."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from ciam_tui.core.evaluate import Outcome
from ciam_tui.core.opinions import SimulatedDecision
from ciam_tui.ports.aws import BotoAws
from tests.runs import a_setup
from tests.served_account import written

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ciam_tui.core.document import Document
    from ciam_tui.core.evaluate import Request
    from tests.commands.shell import Shell
    from tests.served_account import ServedAccount

pytestmark = pytest.mark.usefixtures("account")


def test_what_has_no_answer_is_not_checked_once_and_the_plan_is_the_same(account: ServedAccount, shell: Shell, tmp_path: Path) -> None:
    setup, before = written(tmp_path, a_setup()), account.shows()
    plain, asked = shell("plan", setup, "--json").document, shell("plan", setup, "--json", "--second-opinions")
    assert asked.code == 3
    assert plain["second_opinions"] is None
    told = asked.document["second_opinions"]
    assert list(told) == ["build", "deploy"]
    assert not any(opinion["simulation"]["checked"] or opinion["contradicts"] for opinion in told.values())
    assert asked.document | {"second_opinions": None} == plain
    words = shell("plan", setup, "--second-opinions").out
    assert words.count("not checked  Access Analyzer: ") == 1
    assert words.count("not checked  IAM's simulator: ") == 1
    assert account.shows() == before


def test_where_the_simulator_differs_both_reasons_are_told(shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def simulated(
        _: BotoAws, requests: Sequence[Request], policies: Sequence[tuple[str, Document]], boundary: Document | None = None
    ) -> tuple[SimulatedDecision, ...]:
        assert boundary is None
        assert [name for name, _ in policies] == ["the permission policy"]
        return tuple(SimulatedDecision(request, Outcome.IMPLICIT_DENY) for request in requests)

    monkeypatch.setattr(BotoAws, "simulated", simulated)
    monkeypatch.setattr(BotoAws, "validated", lambda *_: ())
    said = shell("plan", written(tmp_path, a_setup()), "--second-opinions")
    assert said.code == 3
    assert "differs      build: s3:GetObject on arn:aws:s3:::" in said.out
    assert re.search(r"allowed here, by .*Read.* of the permission policy\.", said.out)
    assert " by the simulator, no statement matched." in said.out
    assert "Access Analyzer contradicts us in none of 4 policies." in said.out
