"""A CircleCI configuration that is there already, with the steps by which its jobs take their roles: lines are added, none is changed.

What can be placed beyond doubt is inserted; for the rest the caller is told why not, and what to add by hand. The command comes first: where
it cannot be placed nothing is, since a step that calls a command that is not there would break every job.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import unified_diff
from textwrap import dedent, indent
from typing import TYPE_CHECKING

from ciam_tui.core.config.yaml_outline import Entry, Outline, OutlineUnclear, outline, plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# Steps that may bring the AWS CLI: what takes a role stands behind them.
_BRINGS_AWS = ("aws-cli/install", "aws-cli/setup")


@dataclass(frozen=True, slots=True)
class StepWanted:
    """A step, as YAML, and the job of the configuration that is to have it."""

    job: str
    text: str


@dataclass(frozen=True, slots=True)
class ByHand:
    """What could not be placed: why, in one sentence, and what to add where."""

    why: str
    what: str


@dataclass(frozen=True, slots=True)
class Merged:
    """The configuration with what could be placed, and what could not."""

    text: str
    by_hand: tuple[ByHand, ...]


class _NotPlaced(Exception):
    """Why something is not inserted, in one sentence."""


def merge_config(text: str, command: str, steps: Sequence[StepWanted]) -> Merged:
    """`text` with `command`, as YAML under its name, and each of `steps` at its place."""
    name = command.partition(":")[0]
    insertions: list[tuple[int, str]] = []
    by_hand: list[ByHand] = []
    try:
        config = _Config(text, name)
        insertions += config.command(command)
    except (_NotPlaced, OutlineUnclear) as reason:
        whole = "commands:\n" + indent(command, "  ") + "".join(f"\n# into the steps of the job {step.job}:\n{step.text}" for step in steps)
        return Merged(text, (ByHand(_sentence(reason), whole),))
    for step in steps:
        try:
            insertions += config.step(step)
        except (_NotPlaced, OutlineUnclear) as reason:
            by_hand.append(ByHand(_sentence(reason), f"# into the steps of the job {step.job}:\n{step.text}"))
    return Merged(_inserted(_rows(text), insertions), tuple(by_hand))


def config_diff(before: str, after: str, path: str) -> str:
    """The change as a unified diff that `git apply` and `patch` take; empty where there is none."""
    names = (path, path) if path.startswith("/") else (f"a/{path}", f"b/{path}")
    diff = unified_diff(_rows(before), _rows(after), *names)
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in diff)


def _rows(text: str) -> list[str]:
    return re.findall(r"[^\n]*\n|[^\n]+\Z", text)


def _has_odd_breaks(text: str) -> bool:
    """Whether the text has line breaks that Python or YAML know and a diff does not."""
    return len(text.splitlines()) != len(_rows(text)) or re.search(r"\r(?!\n)", text) is not None


def _sentence(reason: Exception) -> str:
    text = str(reason)
    return text if isinstance(reason, _NotPlaced) else f"The file cannot be read with certainty: {text}."


def _inserted(lines: Sequence[str], insertions: Sequence[tuple[int, str]]) -> str:
    ending = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    rows = list(lines)
    for row, text in sorted(insertions, reverse=True):
        if rows and row == len(rows) and not rows[-1].endswith("\n"):
            rows[-1] += ending
        rows[row:row] = [line + ending for line in text.splitlines()]
    return "".join(rows)


class _Config:
    """A configuration's outline, and where in it something goes."""

    def __init__(self, text: str, command_name: str) -> None:
        if _has_odd_breaks(text):
            raise _NotPlaced("The file breaks a line by a character other than a line feed.")
        self._lines = _rows(text)
        self._outline: Outline = outline(self._lines)
        self._name = command_name
        self._served: set[str] = set()
        self._aliases = frozenset(re.findall(r"\*([^\s\[\]{},]+)", text))
        self._top = {entry.key: entry for entry in self._level(self._outline.top(), "The file")}
        version = self._top.get("version")
        if version is None or plain(version) != "2.1":
            raise _NotPlaced("The file is not of version 2.1, the first that has commands.")
        self._jobs = self._mapping(self._top, "jobs", "The file")

    def command(self, text: str) -> Iterator[tuple[int, str]]:
        """Where the command goes: first of the commands, or in a section of its own above the jobs."""
        if "commands" not in self._top:
            row = self._top["jobs"].row
            while row and self._lines[row - 1].startswith("#"):
                row -= 1
            yield row, f"commands:\n{indent(text, '  ')}\n"
            return
        section = self._top["commands"]
        commands = self._mapping(self._top, "commands", "The file")
        if found := commands.get(self._name):
            if self._text(found) != text:
                raise _NotPlaced(f"The file has a command {self._name} that is another.")
            return
        column = next(iter(commands.values())).column
        yield section.row + 1, f"{indent(text, ' ' * column)}\n"

    def step(self, wanted: StepWanted) -> Iterator[tuple[int, str]]:
        """Where a step goes: behind the checkout and what brings the AWS CLI, or before all others."""
        if wanted.job in self._served:
            raise _NotPlaced(f"The job {wanted.job} takes another role already, and has one at a time.")
        if wanted.job not in self._jobs:
            raise _NotPlaced(f"The file has no job {wanted.job}.")
        job = f"The job {wanted.job}"
        keys = self._mapping(self._jobs, wanted.job, "The file", called=job)
        steps = keys.get("steps")
        items = self._outline.below(steps) if steps else ()
        if steps is None or steps.value or not items or any(item.key is not None for item in items):
            raise _NotPlaced(f"{job} has no list of steps of its own.")
        self._served.add(wanted.job)
        self._alone(steps, job)
        names = [self._step_name(item) for item in items]
        if self._name in names:
            if self._text(items[names.index(self._name)]) != wanted.text:
                raise _NotPlaced(f"{job} calls {self._name} with other parameters.")
            return
        behind = [names.index("checkout")] if "checkout" in names else []
        behind += [at for at, name in enumerate(names) if name in _BRINGS_AWS]
        row = self._outline.end(items[max(behind)]) if behind else items[0].row
        yield row, indent(wanted.text, " " * items[0].column)

    def _step_name(self, item: Entry) -> str:
        below = self._outline.below(item)
        return plain(item) or (below[0].key or "" if below else "")

    def _mapping(self, parent: dict[str | None, Entry], key: str, owner: str, called: str = "") -> dict[str | None, Entry]:
        """The keys below the key of `parent`, which must be written out in its place and be used nowhere else."""
        if key not in parent:
            raise _NotPlaced(f"{owner} has no {key}.")
        entry, called = parent[key], called or f"Its {key}"
        below = self._outline.below(entry)
        if entry.value or not below or any(each.key is None for each in below):
            raise _NotPlaced(f"{called} is not written as keys below it, each on a line of its own.")
        self._alone(entry, called)
        return {each.key: each for each in self._level(below, called)}

    def _alone(self, entry: Entry, called: str) -> None:
        if entry.anchor in self._aliases:
            raise _NotPlaced(f"{called} is shared with another place by the anchor &{entry.anchor}.")

    def _level(self, entries: Sequence[Entry], called: str) -> Sequence[Entry]:
        if len({entry.key for entry in entries}) != len(entries):
            raise _NotPlaced(f"{called} has a key twice.")
        return entries

    def _text(self, entry: Entry) -> str:
        rows = [line.rstrip("\r\n") for line in self._lines[entry.row : self._outline.end(entry)]]
        return dedent("\n".join(rows)) + "\n"
