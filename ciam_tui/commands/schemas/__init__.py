"""The published schemas of what the commands print with `--json`: one JSON Schema (draft 2020-12) a command, printed by `ciam-tui schema COMMAND`.

A new command adds its document to `DOCUMENTS`, and nothing else. Whatever a command's document is, it may also be an error's: `ok` is false then, and `error` says
what and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ciam_tui.commands.schemas import accepting, asking, assurance, auditing, checking, creeping, migrating, running
from ciam_tui.commands.schemas.shapes import ERROR

if TYPE_CHECKING:
    from collections.abc import Mapping

DRAFT = "https://json-schema.org/draft/2020-12/schema"

# The shapes that a command's document may have, beside that of an error.
DOCUMENTS: Mapping[str, tuple[dict[str, Any], ...]] = {
    "check": (checking.SETUP, checking.POLICY),
    "export": (checking.EXPORTED, checking.INTO),
    "load": (checking.LOADED,),
    "can": (asking.DECISION,),
    "assume": (asking.ANSWER, asking.STANDING, asking.GCP_ANSWER, asking.GCP_STANDING),
    "plan": (running.PLAN,),
    "apply": (running.RUN,),
    "undo": (running.RUN,),
    "resume": (running.RUN,),
    "remove": (running.RUN,),
    "runs": (running.PAST_RUNS,),
    "audit": (auditing.AUDIT, auditing.ORGANIZATION),
    "creep": (creeping.CREEP,),
    "migrate": (migrating.LISTING, migrating.USER, migrating.RETIREMENT),
    "evidence": (assurance.COLLECTED, assurance.VERIFIED),
}
ERROR_NAME = "error"
# Files that people write beside a Setup, and that other programs read.
FILES: Mapping[str, dict[str, Any]] = {"accepted": accepting.FILE, "evidence.json": assurance.PACK | {"title": "ciam-tui: evidence.json"}}
NAMES = (*DOCUMENTS, ERROR_NAME, *FILES)


def document_schema(name: str) -> dict[str, Any]:
    """The schema of what the command `name` prints with `--json`; of `error`, that of the document that any of them prints when it cannot go on.

    A name of `FILES` is that of a file that the commands read, or write for other programs.
    """
    if name in FILES:
        return {"$schema": DRAFT, "title": f"ciam-tui: the file of {name} findings", **FILES[name]}
    shapes = (*DOCUMENTS.get(name, ()), ERROR)
    title = "ciam-tui: an error" if name == ERROR_NAME else f"ciam-tui {name} --json"
    return {"$schema": DRAFT, "title": title, **(shapes[0] if len(shapes) == 1 else {"anyOf": list(shapes)})}
