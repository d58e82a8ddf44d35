"""One demo's account for all conversations here."""

from __future__ import annotations

from tests.plain.conversation import at_the_demo, demo_account, talk

__all__ = ["at_the_demo", "demo_account", "talk"]
