"""What Google Cloud takes no more of: where a Setup goes beyond, one sentence says by how much, since half a twin would be another Setup.

https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers and https://cloud.google.com/iam/quotas
"""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING

from ciam_tui.core.gcp.grants import BINDINGS_LIMIT
from ciam_tui.core.gcp.identity import CONDITION_LENGTH, CUSTOM_ATTRIBUTES, MAPPING_LENGTH
from ciam_tui.core.gcp.names import NO_TWIN
from ciam_tui.core.problems import CiamError
from ciam_tui.core.strict_json import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ciam_tui.core.gcp.grants import Grants

# What is told and not refused: the one can be raised, and the other is advice.
ACCOUNTS_AT_FIRST = 100
CONDITIONS_ADVISED = 100
FOLDER_DEPTH = 15  # of managed folders in one another
_EXPRESSION_LENGTH = 4096
# What no managed folder, and no object, may be called or begin with: https://cloud.google.com/storage/docs/managed-folders#managed-folder-names
_NO_FOLDERS = ("./", "../")
_CHALLENGES = ".well-known/acme-challenge/"
# gcloud takes these for a pattern or a generation in an object's address, whatever quotes stand around it.
_READ_BY_GCLOUD = re.compile(r"[\[\]#]")
_SPLIT = "Name fewer projects or branches, or make a Setup of some of them."


def check(mapping: Mapping[str, str], condition: str, grants: Sequence[Grants]) -> None:
    """Nothing.

    Raises:
        CiamError: Google would refuse something of it.
    """
    for attribute, expression in mapping.items():
        if len(expression) > MAPPING_LENGTH:
            raise _refused(f"The mapping of {attribute} has {len(expression)} characters, and Google takes {MAPPING_LENGTH}.", _SPLIT)
    custom = sum(attribute.startswith("attribute.") for attribute in mapping)
    if custom > CUSTOM_ATTRIBUTES:
        raise _refused(f"{custom} attributes are mapped, and Google takes {CUSTOM_ATTRIBUTES}.", "Make a Setup of some of the stages.")
    if len(condition) > CONDITION_LENGTH:
        raise _refused(f"The attribute condition has {len(condition)} characters, and Google takes {CONDITION_LENGTH}.", _SPLIT)
    for each in grants:
        _check_grants(each)


def _check_grants(grants: Grants) -> None:
    for folder in grants.folders:
        if folder in _NO_FOLDERS:
            raise _refused(f"The prefix {quoted(folder, 60)} is a name which Google takes for no folder.", "Choose another prefix.")
        if folder.startswith(_CHALLENGES):
            raise _refused(
                f"The prefix {quoted(folder, 60)} begins with {_CHALLENGES}, under which Google keeps nothing of others.",
                "Choose another prefix.",
            )
        if found := _READ_BY_GCLOUD.search(folder):
            raise _refused(
                f"The prefix {quoted(folder, 60)} contains {found[0]}, which gcloud takes for more than text.", "Choose another prefix."
            )
        if folder.count("/") > FOLDER_DEPTH:
            raise _refused(
                f"The prefix {quoted(folder, 60)} is {folder.count('/')} folders deep, and Google manages {FOLDER_DEPTH}.",
                "Use a shorter prefix.",
            )
    for binding in grants.bindings:
        if len(binding.expression) > _EXPRESSION_LENGTH:
            raise _refused(
                f"The condition {binding.title} has {len(binding.expression)} characters, and Google takes {_EXPRESSION_LENGTH}.",
                "Use shorter prefixes.",
            )
    kind, count = max(Counter(binding.kind for binding in grants.bindings).items(), key=lambda each: each[1], default=("", 0))
    if count > BINDINGS_LIMIT:
        raise _refused(f"A stage would {kind} by {count} conditions, and Google takes {BINDINGS_LIMIT}.", "Name fewer read prefixes.")


def _refused(sentence: str, fix: str) -> CiamError:
    return CiamError(NO_TWIN, "There is no twin on Google Cloud", sentence, [fix])
