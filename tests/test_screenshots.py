"""The pictures of the README show the program as it is."""

from __future__ import annotations

import importlib.util
from pathlib import Path

FOLDER = Path(__file__).parent.parent / "screenshots"


def test_the_pictures_are_what_the_demo_draws_today() -> None:
    spec = importlib.util.spec_from_file_location("draw", FOLDER / "draw.py")
    assert spec is not None
    assert spec.loader is not None
    draw = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(draw)

    pictures: dict[str, str] = draw.drawn()

    kept = {path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.svg")}
    stale = sorted(name for name in kept.keys() | pictures.keys() if kept.get(name) != pictures.get(name))
    assert not stale, f"{', '.join(stale)} do not show the program as it is: run `make screenshots`"
