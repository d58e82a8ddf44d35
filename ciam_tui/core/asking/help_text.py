"""What a text of help consists of, for whoever writes one and whoever shows it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HelpText:
    """`short` fits under a form, with `keys` where a screen is answered by keys; `long` is what F1 adds to it."""

    title: str
    short: str
    long: str = ""
    keys: str = ""

    @property
    def guide(self) -> str:
        """What stands under a form."""
        return f"{self.short} {self.keys}".strip()
