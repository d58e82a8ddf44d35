"""The most memory that an audit of 5,000 roles of others takes, against collecting all pages first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.core.audit.issuers import CircleCiIssuers
from ciam_tui.ports.aws.authorization import read_wanted_roles
from tests.benchmarks.harness import interleaved
from tests.detail_pages import peak_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.harness import Row

NAME = "peak memory, audit of 5,000 roles"
AIM = "ratio <= 0.2"


def measure() -> Row:
    """Page by page, against all pages at once."""
    return interleaved(("page by page", _mebibytes(_read)), ("all pages at once", _mebibytes(_collect)), runs=2, unit="MiB")


def _mebibytes(work: Callable[[Any], object]) -> Callable[[], float]:
    return lambda: peak_bytes(work, 5000) / 2**20


def _read(pages: Any) -> object:
    return read_wanted_roles(pages, lambda _, trust: CircleCiIssuers().may_concern(trust), lambda _: None)


def _collect(pages: Any) -> object:
    return [role for page in list(pages.paginate()) for role in page["RoleDetailList"]]
