"""IAM's credential report as AWS gives it: moto's is dated 2015, so that every reader takes it for too old, and lacks half of its columns."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from moto.core.responses import ActionResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from moto.iam.models import User
    from moto.iam.responses import IamResponse

# Where region and service of each of two keys stand in a row, after the date of the last use.
_PLACES = ((11, 12), (16, 17))


def report_of_now(self: IamResponse) -> ActionResult:
    """`get_credential_report` with the time at which moto has made it, which is when it is asked for."""
    content = self.backend.get_credential_report()
    return ActionResult({"Content": content, "ReportFormat": "text/csv", "GeneratedTime": datetime.now(UTC).replace(microsecond=0)})


def with_region_and_service(original: Callable[[User], str], self: User) -> str:
    """A user's row with where each key was last used."""
    fields = original(self).rstrip("\n").split(",")
    for (region, service), told in zip(_PLACES, _told(self), strict=True):
        fields[region], fields[service] = told
    return ",".join(fields) + "\n"


def _told(user: User) -> Iterator[tuple[str, str]]:
    for slot in range(2):
        used = user.access_keys[slot].last_used if slot < len(user.access_keys) else None
        yield (used.region, used.service) if used is not None else ("N/A", "N/A")
