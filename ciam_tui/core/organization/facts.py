"""An organization as it was read: its accounts, and of each what it is called and whether it is in use."""

from __future__ import annotations

from dataclasses import dataclass

ACTIVE = "ACTIVE"


@dataclass(frozen=True, slots=True)
class MemberAccount:
    """An account of an organization. `state` is AWS's word, ACTIVE for one in use; `name` is empty where the organization may not be listed."""

    account_id: str
    name: str = ""
    state: str = ACTIVE

    @property
    def is_active(self) -> bool:
        """Whether roles in it can be taken: not of one that is suspended or about to be closed."""
        return self.state == ACTIVE

    @property
    def label(self) -> str:
        """The id, and the name where there is one."""
        return f"{self.account_id} ({self.name})" if self.name else self.account_id
