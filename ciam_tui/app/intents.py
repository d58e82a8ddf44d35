"""What a person may want, in one table: keys, footer, tooltips, palette and help all read it, so that none of them can say something else.

Keys: a letter goes into a focused input, so that whatever has a letter has a twin that gets through; editors' terminals keep F1 and F3 for
themselves, so that those have one too.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from textual.binding import Binding


class Want(StrEnum):
    """The intents. Their values are what bindings carry."""

    NEXT = "next"
    BACK = "back"
    PREVIEW = "preview"
    DOCUMENT = "document"
    ROLE = "role"
    TOKEN = "token"  # noqa: S105 - the name of an intent
    FIX = "fix"
    FILTER = "filter"
    COPY = "copy"
    EXPORT = "export"
    RELOAD = "reload"
    PALETTE = "palette"
    HELP = "help"
    APPLY = "apply"
    UNDO = "undo"
    STOP = "stop"
    ADOPT = "adopt"
    WIRE = "wire"
    RUNS = "runs"
    AUDIT = "audit"
    MIGRATE = "migrate"
    ORDER = "order"
    THEME = "theme"
    LEAVE = "leave"


@dataclass(frozen=True, slots=True)
class Intent:
    """One thing to want. `palette` is empty where it makes no sense there."""

    want: Want
    keys: tuple[str, ...]
    footer: str
    tooltip: str
    palette: str = ""
    help: str = ""

    @property
    def key_shown(self) -> str:
        """The first key as the footer writes it."""
        return _SPELLED.get(self.keys[0], self.keys[0])

    @property
    def keys_shown(self) -> str:
        """All keys as the help page writes them."""
        return ", ".join(_SPELLED.get(key, key) for key in self.keys)


_SPELLED = {"escape": "esc", "slash": "/"}

INTENTS: tuple[Intent, ...] = (
    Intent(Want.NEXT, ("enter",), "Next", "Accept this and go on", help="accept the field, then go on; it never applies anything"),
    Intent(
        Want.BACK,
        ("escape",),
        "Back",
        "Close, clear, or one step back",
        "Back",
        "close what is open, else stop what is being read, else clear the filter, else one step back; it never quits",
    ),
    Intent(
        Want.PREVIEW,
        ("f3", "ctrl+o"),
        "Preview",
        "The policies, on the whole screen",
        "Show the policies",
        "the policies on the whole screen",
    ),
    Intent(
        Want.DOCUMENT,
        ("f4", "ctrl+t"),
        "Other policy",
        "Trust, permissions, access, findings",
        "Show the next policy",
        "trust, permissions, what they let the role do, or findings",
    ),
    Intent(
        Want.ROLE,
        ("f6", "ctrl+n"),
        "Other role",
        "The next role of this stage",
        "Show the next role",
        "the preview's next role, with one role a project",
    ),
    Intent(
        Want.TOKEN,
        ("f2", "ctrl+b"),
        "Test a token",
        "Who gets in by the trust policy, and whether a token would",
        "Test a token",
        "who gets in by the trust policy, and whether a token would; a pasted token is kept nowhere",
    ),
    Intent(
        Want.FIX,
        ("f", "ctrl+l"),
        "Fix",
        "Apply the fix of the finding at hand",
        "Fix the finding at hand",
        "apply the fix of the finding at hand to the answers; the preview marks what that changes",
    ),
    Intent(Want.FILTER, ("slash", "ctrl+f"), "Filter", "Filter the list", "Filter the list", "filter the list; Esc clears it"),
    Intent(Want.COPY, ("y", "ctrl+y"), "Copy", "Copy the row or the policy", "Copy", "copy the row of a list, or the policy shown"),
    Intent(
        Want.EXPORT,
        ("ctrl+s",),
        "Export",
        "Every export: look at it, copy it, save it",
        "Export",
        "every export of the set-up: look at its files, copy them or save them; again, or enter, saves",
    ),
    Intent(Want.RELOAD, ("f5", "ctrl+r"), "Read again", "Ask AWS again", "Read again from AWS", "read the list again"),
    Intent(
        Want.APPLY,
        ("ctrl+a", "f8"),
        "Apply",
        "Apply the plan, after a question; in a run that stopped, go on with it; in a retirement, the next stage",
        "Apply the plan, go on with a run, or do the next stage",
        "apply the plan that is shown, after a question; go on with a run that stopped; in a retirement, see what the next stage does",
    ),
    Intent(
        Want.UNDO,
        ("ctrl+u", "f9"),
        "Take back",
        "Take the run back: see how first; in the wizard, take back the last fix; in a retirement, the last stage",
        "Take back a run, a stage or a fix",
        "see how a run is taken back, and do it; in the wizard, take back the last fix; in a retirement, make the key active again",
    ),
    Intent(
        Want.STOP,
        ("ctrl+x",),
        "Stop",
        "Stop after the call that is under way",
        "Stop the run",
        "stop a run after the call that is under way",
    ),
    Intent(
        Want.ADOPT,
        ("ctrl+d",),
        "Adopt",
        "Take over a role or a context that exists and differs; decide about a retirement",
        "Adopt what exists, or decide about a retirement",
        "take over a role or a context that exists and is not ours, after a question; in a retirement, all that you decide about it",
    ),
    Intent(
        Want.WIRE,
        ("w", "ctrl+w"),
        "Wire CircleCI",
        "Plan contexts in CircleCI for the roles too, or leave CircleCI alone",
        "Wire CircleCI too, or not",
        "in Review: plan a context in CircleCI for each role too, or not",
    ),
    Intent(Want.RUNS, ("f7",), "Past runs", "What was applied before", "Past runs", "what was applied from this machine before"),
    Intent(
        Want.AUDIT,
        ("f10", "ctrl+e"),
        "Audit",
        "Every role of the account that trusts CircleCI, graded",
        "Audit this account",
        "every role of the account that trusts CircleCI, graded; it only reads",
    ),
    Intent(
        Want.MIGRATE,
        ("f11", "ctrl+k"),
        "Users with keys",
        "The account's users with access keys, and how their keys are retired",
        "Retire the keys of an old user",
        "users with access keys, and how the keys of one are retired, stage by stage",
    ),
    Intent(
        Want.ORDER,
        ("o", "ctrl+z"),
        "Sort",
        "Another order of the list: riskiest, oldest key, last used, name",
        "Sort the users",
        "in the list of users: the riskiest first, the oldest key, the last used, or by name",
    ),
    Intent(
        Want.THEME,
        ("f12",),
        "Light or dark",
        "Light colours or dark ones; the choice is kept",
        "Use light colours, or dark ones",
        "light colours or dark ones; the choice is kept",
    ),
    Intent(Want.PALETTE, ("ctrl+p",), "Commands", "Everything that can be done", help="all commands, by name"),
    Intent(Want.HELP, ("f1", "ctrl+g"), "Help", "About the focused thing", "Help", "what the focused thing means, and the keys"),
    Intent(
        Want.LEAVE,
        ("ctrl+q",),
        "Leave",
        "Leave; the draft is kept",
        "Leave",
        "leave; the draft is saved, and where is said",
    ),
)

BY_WANT: dict[Want, Intent] = {intent.want: intent for intent in INTENTS}

# The palette has a binding of Textual's own, and ctrl+f would otherwise delete a word in a focused input.
_TEXTUALS = frozenset({Want.PALETTE})
_BEFORE_INPUTS = frozenset({"ctrl+f", "ctrl+y", "ctrl+s", "ctrl+q", "ctrl+o", "ctrl+t", "ctrl+n", "ctrl+r", "ctrl+g", "ctrl+b", "ctrl+l"})


def bindings() -> list[Binding]:
    """A binding for every key of the table."""
    return [
        Binding(key, f"want('{intent.want}')", intent.footer, show=False, priority=key in _BEFORE_INPUTS, tooltip=intent.tooltip)
        for intent in INTENTS
        if intent.want not in _TEXTUALS
        for key in intent.keys
    ]
