"""A finding's fix applied to the answers as they stand: the wizard's half of what a robot does with the same patch and the Setup file.

A draft holds answers that a Setup does not have, and others that are not valid yet; a fix leaves all of them as they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ciam_tui.core.draft import Draft
from ciam_tui.core.json_patch import patched

if TYPE_CHECKING:
    from ciam_tui.core.findings import Finding


def with_fix(draft: Draft, finding: Finding) -> Draft:
    """`draft` with the patch of `finding` applied; as it is where the finding has none.

    Raises:
        CiamError: the answers have changed since the finding was told, so that its patch has no place in them.
    """
    return Draft.of(patched(draft.as_json(), finding.patch)) if finding.patch else draft
