"""A CircleCI configuration read for what it does about AWS: the orbs and calls that take roles, the tokens its steps present, static keys.

It is a stranger's text. It is read line by line in one pass, of any size and depth within a bound; nothing in it is followed, expanded or
run. Where its outline cannot be read with certainty, that is said, and only what stands in plain lines is found.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from ciam_tui.core.circleci.facts import visible_end
from ciam_tui.core.config.use import ConfigUse, OrbCall, OrbUse, StaticKey, StepToken, Token
from ciam_tui.core.config.yaml_outline import Entry, OutlineUnclear, outline, plain
from ciam_tui.core.static_keys import KEY_ID, STATIC_KEYS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ciam_tui.core.circleci.facts import PipelineConfig

CONFIG_CHARACTERS = 1_000_000  # ten times what a large configuration has
_MOST_ORBS = 100

# What has matched is not tried again by halves (++), and a word is only begun at its beginning: each of these reads its text once.
_REFERENCE = r"""[\w-]++/[\w-]++@[^\s,}"'#]++"""
_LOADED = re.compile(rf"""(?<![\w-])(?P<alias>[\w-]++)["']?\s*+:\s*+["']?(?P<reference>{_REFERENCE})""")
_CALLED = re.compile(r"(?<![\w/-])[\w-]++/[\w-]++(?![\w@/-])")
_ROLE_PARAMETERS = frozenset({"role-arn", "role_arn"})
_KEY_PARAMETERS = frozenset({"aws-access-key-id", "aws_access_key_id", "aws-secret-access-key", "aws_secret_access_key"})
_ENVIRONMENT_PARAMETERS = frozenset({"set-aws-env-vars", "set_aws_env_vars"})
_NO = frozenset({"false", "no", "off"})
_IN_BRACES = re.compile(r"""(?<![\w-])(?P<key>[\w-]++|<<)["']?\s*+:\s*+["']?(?P<value>[^\s,}"']*+)""")

# In shell: what is handed over by name, and otherwise which of the variables is spoken of where a web identity is, too.
_HANDED = re.compile(r"""--web-identity-token[=\s\\"']*+\$\{?CIRCLE_OIDC_TOKEN(?P<v2>_V2)?(?!\w)""")
_WEB_IDENTITY = re.compile(r"web[-_]?identity", re.IGNORECASE)
_GUARD = re.compile(r"\$\{CIRCLE_OIDC_TOKEN(?:_V2)?:\?[^}]*+\}")  # looks at a variable, and presents nothing
_V1 = re.compile(r"(?<!\w)CIRCLE_OIDC_TOKEN(?!\w)")
_V2 = re.compile(r"(?<!\w)CIRCLE_OIDC_TOKEN_V2(?!\w)")
_MINTS = re.compile(r"circleci +run +oidc +get")
_ROLE_ARN = re.compile(r"arn:[a-z-]+:iam::\d{12}:role/[\w+=,.@/-]+")
_GUARDS = (re.compile(r"\$\{CIRCLE_OIDC_TOKEN:\?"), re.compile(r"\$\{CIRCLE_OIDC_TOKEN_V2:\?"))


def read_config(text: str) -> ConfigUse:
    """What the configuration `text` does about AWS."""
    if len(text) > CONFIG_CHARACTERS:
        return ConfigUse(unclear=f"it has more than {CONFIG_CHARACTERS:,} characters")
    lines = text.split("\n")
    guards = all(guard.search(text) for guard in _GUARDS)
    try:
        entries = outline(lines).entries
    except OutlineUnclear as reason:
        orbs = [
            OrbUse(found["alias"], found["reference"], row + 1)
            for row, line in enumerate(lines)
            if not line.lstrip().startswith("#") and (found := _LOADED.search(line))
        ]
        return ConfigUse(_loaded(orbs), steps=tuple(_handed_over(_without_comments(lines))), guards=guards, unclear=str(reason))
    walk = _Walk(lines)
    for entry in entries:
        walk.take(entry)
    return replace(walk.result(), guards=guards)


def read_pipeline(config: PipelineConfig) -> ConfigUse:
    """As `read_config`, of what a pipeline ran by: its configuration, the one that set it up, and both as CircleCI compiled them."""
    uses = [read_config(text) for text in (config.source, config.setup) if text]
    compiled = frozenset(token for text in (config.compiled, config.compiled_setup) if text for token in _compiled(text))
    return ConfigUse(
        orbs=tuple(orb for use in uses for orb in use.orbs),
        calls=tuple(call for use in uses for call in use.calls),
        steps=tuple(step for use in uses for step in use.steps),
        keys=tuple(key for use in uses for key in use.keys),
        guards=any(use.guards for use in uses),
        compiled=compiled,
        unclear=next((use.unclear for use in uses if use.unclear), ""),
    )


def _loaded(orbs: Iterable[OrbUse]) -> tuple[OrbUse, ...]:
    """One an alias, the last, as YAML has it."""
    return tuple({orb.alias: orb for orb in orbs}.values())[:_MOST_ORBS]


def _compiled(text: str) -> Iterator[Token]:
    """What is handed over in a configuration in which the orbs' own steps are written out."""
    for found in _HANDED.finditer(text):
        yield Token.V2 if found["v2"] else Token.V1
    if _MINTS.search(text) and _WEB_IDENTITY.search(text):
        yield Token.MINTED


def _handed_over(text: str) -> Iterator[StepToken]:
    """The first place where each of the tokens is handed over."""
    seen: set[Token] = set()
    for found in _HANDED.finditer(text):
        token = Token.V2 if found["v2"] else Token.V1
        if token not in seen:
            seen.add(token)
            yield StepToken(token, text.count("\n", 0, found.start()) + 1)


def _without_comments(lines: Sequence[str]) -> str:
    """The lines, with those that are comments, of YAML or of a shell, left empty."""
    return "\n".join("" if line.lstrip().startswith("#") else line for line in lines)


@dataclass(slots=True)
class _Open:
    """An entry within which the walk is; `call` is set for one that calls a command or job of what may be an orb."""

    entry: Entry
    call: OrbCall | None = None


@dataclass(slots=True)
class _Walk:
    """One pass over the entries of a configuration, with what they stand in."""

    lines: Sequence[str]
    orbs: list[OrbUse] = field(default_factory=list)
    calls: list[OrbCall] = field(default_factory=list)
    steps: list[StepToken] = field(default_factory=list)
    keys: list[StaticKey] = field(default_factory=list)
    within: list[_Open] = field(default_factory=list)
    calling: list[_Open] = field(default_factory=list)  # those of `within` that call something
    running: Entry | None = None  # the outermost `run` that the walk is in

    def take(self, entry: Entry) -> None:
        """Go on to `entry`."""
        self._leave(entry)
        opened = _Open(entry)
        top = self.within[0].entry.key if self.within else None
        if top == "orbs" and len(self.within) == 1 and entry.key:
            self._load(entry, f"{entry.key}: {plain(entry)}")
        elif entry.key == "orbs" and not self.within:
            self._load(entry, entry.value)
        if called := self._called(entry):
            opened.call = _with_braces(OrbCall(called, entry.row + 1, is_whole=not entry.value.startswith("*")), entry)
            self.calling.append(opened)
        elif entry.key is not None and self.calling:
            self._parameter(entry.key, plain(entry))
        if not called and entry.value.startswith(("[", "{")):
            # What is written in brackets is found, and what it is given is not.
            self.calls += (OrbCall(name, entry.row + 1, is_whole=False) for name in dict.fromkeys(_CALLED.findall(entry.value)))
        self._static(entry)
        if entry.key == "run" and self.running is None:
            self.running = entry
        self.within.append(opened)

    def result(self) -> ConfigUse:
        """All that was found, after the last entry."""
        self._leave(None)
        orbs = _loaded(self.orbs)
        aliases = {orb.alias for orb in orbs}
        calls = sorted((call for call in self.calls if call.called.partition("/")[0] in aliases), key=lambda call: call.line)
        return ConfigUse(orbs, tuple(calls), tuple(self.steps), tuple(self.keys))

    def _leave(self, entry: Entry | None) -> None:
        """Close what `entry` does not stand in."""
        row = len(self.lines) if entry is None else entry.row
        while self.within and not _stands_in(entry, self.within[-1].entry):
            closed = self.within.pop()
            if closed.call is not None:
                self.calling.pop()
                self.calls.append(closed.call)
            if closed.entry is self.running:
                self.running = None
                self._step(closed.entry, row)

    def _load(self, entry: Entry, text: str) -> None:
        for found in _LOADED.finditer(text):
            self.orbs.append(OrbUse(found["alias"], found["reference"], entry.row + 1))

    def _called(self, entry: Entry) -> str:
        """What an item of a list calls: `- aws-cli/setup`, or the key right behind its dash."""
        if entry.key is None:
            name = plain(entry)
        elif self.within and self.within[-1].entry.key is None and self.within[-1].entry.row == entry.row:
            name = entry.key
        else:
            return ""
        return name if _CALLED.fullmatch(name) else ""

    def _parameter(self, key: str, value: str) -> None:
        opened = self.calling[-1]
        if opened.call is None:
            return
        if key in _ROLE_PARAMETERS:
            opened.call = replace(opened.call, role=value or "?")
        elif key in _KEY_PARAMETERS:
            opened.call = replace(opened.call, has_keys=True)
        elif key in _ENVIRONMENT_PARAMETERS:
            opened.call = replace(opened.call, keeps_environment=value.lower() in _NO)
        elif key == "<<":
            opened.call = replace(opened.call, is_whole=False)

    def _static(self, entry: Entry) -> None:
        if entry.key in STATIC_KEYS:
            self.keys.append(_static_key(entry.key, plain(entry), entry.row + 1))
        elif entry.key == "environment" and entry.value.startswith("{"):
            for found in _IN_BRACES.finditer(entry.value):
                if found["key"] in STATIC_KEYS:
                    self.keys.append(_static_key(found["key"], found["value"], entry.row + 1))

    def _step(self, entry: Entry, end: int) -> None:
        text = _without_comments(self.lines[entry.row : end])
        token = _token_of_shell(text)
        if token is not None:
            self.steps.append(StepToken(token, entry.row + 1, tuple(dict.fromkeys(_ROLE_ARN.findall(text)))))


def _stands_in(entry: Entry | None, outer: Entry) -> bool:
    if entry is None:
        return False
    # The items of a key may begin in its own column.
    return entry.column > outer.column or (entry.column == outer.column and entry.key is None and outer.key is not None)


def _with_braces(call: OrbCall, entry: Entry) -> OrbCall:
    """`call` with the parameters that stand in braces behind it."""
    if not entry.value.startswith("{"):
        return call
    given = {found["key"]: found["value"] for found in _IN_BRACES.finditer(entry.value)}
    role = next((value or "?" for key, value in given.items() if key in _ROLE_PARAMETERS), "")
    keeps = any(value.lower() in _NO for key, value in given.items() if key in _ENVIRONMENT_PARAMETERS)
    return replace(call, role=role, has_keys=not _KEY_PARAMETERS.isdisjoint(given), is_whole="<<" not in given, keeps_environment=keeps)


def _static_key(name: str, value: str, line: int) -> StaticKey:
    """A reference to something else begins with a $, `<<` or *; all other text is the value."""
    written_out = bool(value) and not value.startswith(("*", "|", ">")) and "$" not in value and "<<" not in value
    return StaticKey(name, line, written_out, visible_end(value) if written_out and name == KEY_ID else "")


def _token_of_shell(text: str) -> Token | None:
    """What a step presents to AWS; None where it presents nothing."""
    if not _WEB_IDENTITY.search(text):
        return None
    handed = {Token.V2 if found["v2"] else Token.V1 for found in _HANDED.finditer(text)}
    if not handed:
        presented = _GUARD.sub("", text)
        names_v1, names_v2 = _V1.search(presented) is not None, _V2.search(presented) is not None
        if names_v1 and names_v2:
            return Token.UNKNOWN
        handed = {token for token, named in ((Token.V1, names_v1), (Token.V2, names_v2)) if named}
    if Token.V1 in handed:
        return Token.V1
    return Token.MINTED if _MINTS.search(text) else next(iter(handed), None)
