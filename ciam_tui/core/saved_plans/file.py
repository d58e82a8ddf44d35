"""The file of a saved plan: written in one order, recognized by its first key, and read as strictly as a Setup file."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from ciam_tui.core.changes.kinds import Change  # noqa: TC001  pydantic resolves the annotation when a file is read
from ciam_tui.core.changes.made import made
from ciam_tui.core.codec import from_data, to_data
from ciam_tui.core.facts import Facts
from ciam_tui.core.ownership import setup_id
from ciam_tui.core.plan import Plan, make_steps
from ciam_tui.core.problems import CiamError
from ciam_tui.core.setup import read_setup, to_json
from ciam_tui.core.strict_json import load_json

if TYPE_CHECKING:
    from ciam_tui.core.plan import Step
    from ciam_tui.core.setup import Setup

FORMAT = "ciam-tui-plan/1"
PLAN_FILE_BYTES = 64 * 1024 * 1024  # some thousand roles with all that hangs on them
_FAMILY = "ciam-tui-plan/"
_KEYS = (
    "format",
    "tool_version",
    "made_at",
    "account_id",
    "operator",
    "setup_id",
    "fingerprint",
    "adopt",
    "wire",
    "setup",
    "steps",
    "facts",
)
_PLAN_AGAIN = "Make it again with `ciam-tui plan SETUP --out FILE`, and review that."


@dataclass(frozen=True, slots=True)
class SavedPlan:
    """A plan as it was reviewed. `adopt` and `wire` are the choices it was made with; `plan` holds the steps and the facts it rests on."""

    setup: Setup
    plan: Plan
    adopt: tuple[str, ...]
    wire: bool
    made_at: datetime
    tool_version: str


def saved_text(saved: SavedPlan) -> str:
    """The content of the file. It holds what `plan --json` shows of the steps, so that a review of the file is one of the plan."""
    plan = saved.plan
    content = {
        "format": FORMAT,
        "tool_version": saved.tool_version,
        "made_at": saved.made_at.isoformat(),
        "account_id": plan.account_id,
        "operator": plan.facts.identity.arn,
        "setup_id": plan.setup_id,
        "fingerprint": plan.fingerprint,
        "adopt": sorted(saved.adopt),
        "wire": saved.wire,
        "setup": json.loads(to_json(saved.setup)),
        "steps": [_step_data(step) for step in plan.steps],
        "facts": to_data(plan.facts),
    }
    return json.dumps(content, indent=2) + "\n"


def is_saved_plan(content: bytes) -> bool:
    """Whether a file says of itself that it is a saved plan, of whatever version; a Setup file has no such key."""
    if b"ciam-tui-plan" not in content:
        return False
    try:
        value = json.loads(content)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict) and str(value.get("format", "")).startswith(_FAMILY)


def read_saved(content: bytes) -> SavedPlan:
    """The saved plan that a file holds, once what it shows has been found to be what its facts and changes make.

    Raises:
        CiamError: `plan-unreadable`, another version's or damaged; `plan-edited`, where it shows something else than it would do.
        SetupInvalid: its Setup is none.
    """
    data = _object(content)
    setup = read_setup(json.dumps(data["setup"])).setup
    try:
        changes = [from_data(_Held, {"change": step["change"]}).change for step in data["steps"]]
        facts = from_data(Facts, data["facts"])
        made_at = datetime.fromisoformat(data["made_at"])
        plan = Plan(setup.account_id, setup_id(setup), facts, make_steps(changes, facts))
        saved = SavedPlan(setup, plan, tuple(data["adopt"]), data["wire"], made_at, data["tool_version"])
        said = json.loads(saved_text(saved))
    except (CiamError, ValidationError, ValueError, TypeError, LookupError, AttributeError, RecursionError):
        raise _unreadable("It is damaged, or was not written by this program.") from None
    # Whatever a reviewer may have read in it: all of it follows from the changes, the facts and the Setup, or is refused.
    if edited := [key for key in _KEYS if said[key] != data[key]]:
        message = f"Its {edited[0].replace('_', ' ')} is not what follows from the rest of it: somebody has edited it since it was written."
        raise CiamError("plan-edited", "The saved plan is not taken", message, (_PLAN_AGAIN,))
    return saved


@dataclass(frozen=True, slots=True)
class _Held:
    change: Change


def _step_data(step: Step) -> dict[str, Any]:
    call = step.call
    return {
        "id": step.id,
        "title": step.title,
        "call": {"service": call.service, "operation": call.operation, "params": json.loads(json.dumps(dict(call.params)))},
        "before": step.before,
        "after": made(step.change),
        "change": to_data(step.change),
    }


def _object(content: bytes) -> dict[str, Any]:
    if len(content) > PLAN_FILE_BYTES:
        raise _unreadable(f"It is larger than {PLAN_FILE_BYTES} bytes.")
    try:
        data = load_json(content.decode(), what="the saved plan", limit_bytes=PLAN_FILE_BYTES)
    except UnicodeDecodeError:
        raise _unreadable("It is not UTF-8 text.") from None
    except CiamError as error:
        raise _unreadable(error.message) from None
    if not isinstance(data, dict) or data.get("format") != FORMAT:
        said = data.get("format") if isinstance(data, dict) else None
        raise _unreadable(f"It has the format {json.dumps(said)[:60]}, and this program reads {FORMAT}.")
    if wrong := sorted({*data} ^ {*_KEYS}):
        raise _unreadable(f"Its key {json.dumps(wrong[0])[:60]} is {'missing' if wrong[0] in _KEYS else 'unknown'}.")
    texts = ("tool_version", "made_at", "account_id", "operator", "setup_id", "fingerprint")
    if not (
        all(isinstance(data[key], str) for key in texts)
        and isinstance(data["wire"], bool)
        and isinstance(data["adopt"], list)
        and all(isinstance(name, str) for name in data["adopt"])
        and isinstance(data["setup"], dict)
        and isinstance(data["steps"], list)
    ):
        raise _unreadable("It is damaged, or was not written by this program.")
    return data


def _unreadable(message: str) -> CiamError:
    return CiamError("plan-unreadable", "Cannot read the saved plan", message, (_PLAN_AGAIN,))
