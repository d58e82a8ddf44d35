"""Where the token and the host come from: the environment, then the CircleCI CLI's own file, so that who uses the CLI types nothing.

A token that stands in a file belongs to the host that stands beside it. It is never sent to a host named elsewhere: a copied CIRCLE_HOST
would otherwise be enough to collect it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ciam_tui.core.problems import CiamError
from ciam_tui.ports.circleci.hosts import CLOUD, host_of, same_origin
from ciam_tui.ports.circleci.secret import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOKEN_VARIABLES = ("CIRCLE_TOKEN", "CIRCLECI_CLI_TOKEN")
HOST_VARIABLES = ("CIRCLE_HOST", "CIRCLECI_CLI_HOST")
_FILE_LIMIT = 64 * 1024  # The CLI's file is a dozen lines.
_TOKEN = re.compile(r"[!-~]+")
# A top-level scalar of YAML: plain, or in one kind of quotes; a comment may follow.
_SCALAR = re.compile(
    r"""^(?P<key>token|host)[ \t]*:[ \t]+(?:"(?P<double>[^"\\]*)"|'(?P<single>[^']*)'|(?P<plain>[^\s"'#&*!|>%@`\[{][^\s]*))[ \t]*(?:[ \t]\#.*)?$"""
)


@dataclass(frozen=True, slots=True)
class Access:
    """What CircleCI is opened with. `source` names where the token stands (`CIRCLE_TOKEN`, a file's path, `typed`), None without one."""

    host: str
    token: Secret | None = None
    source: str | None = None


def found_access(environ: Mapping[str, str], *, host: str | None = None, token: Secret | None = None) -> Access:
    """What the environment and the CLI's file give; `host` and `token` are what the user said, and go before both.

    Raises:
        CiamError: the host that is named is none a token may be sent to.
    """
    named = host or _first(environ, HOST_VARIABLES)
    chosen = host_of(named) if named else None
    if token is not None:
        return Access(chosen or CLOUD, Secret(token.reveal().strip()), "typed")
    for variable in TOKEN_VARIABLES:
        if text := environ.get(variable, "").strip():
            return Access(chosen or CLOUD, Secret(text), variable)
    for path in cli_files(environ):
        settings = _settings_in(path)
        if settings.token is None:
            continue
        beside = host_of(settings.host or CLOUD)
        if chosen is None or same_origin(chosen, beside):
            return Access(beside, settings.token, str(path))
    return Access(chosen or CLOUD)


def cli_files(environ: Mapping[str, str]) -> tuple[Path, ...]:
    """The files in which the CircleCI CLI keeps its settings, the older one first."""
    home = environ.get("HOME") or environ.get("USERPROFILE")
    config = environ.get("XDG_CONFIG_HOME") or (str(Path(home) / ".config") if home else None)
    older = (Path(home) / ".circleci" / "cli.yml",) if home else ()
    newer = (Path(config) / "circleci" / "config.yml",) if config else ()
    return older + newer


def usable_token(access: Access) -> Secret:
    """The token that `access` holds.

    Raises:
        CiamError: there is none, or it holds what cannot stand in a header: a library that refused it later would quote it.
    """
    if access.token is None or not access.token.reveal():
        raise _token_missing()
    if not _TOKEN.fullmatch(access.token.reveal()):
        raise CiamError(
            "circleci-token-invalid",
            "Cannot open CircleCI",
            f"The token ({access.source}) holds a space or a character that no token has.",
            ("Copy it again, whole and without anything around it.",),
        )
    return access.token


def _token_missing() -> CiamError:
    """That there is no token, with all the places in which one is looked for."""
    return CiamError(
        "circleci-token-missing",
        "Cannot open CircleCI",
        "There is no CircleCI token: neither in CIRCLE_TOKEN or CIRCLECI_CLI_TOKEN, nor for this host in the CircleCI CLI's settings "
        "(~/.circleci/cli.yml, ~/.config/circleci/config.yml).",
        (
            "Make a personal API token in CircleCI's user settings, and set CIRCLE_TOKEN to it.",
            "Where the CircleCI CLI keeps its token in the system's keyring, set CIRCLE_TOKEN too: it is not read from there.",
            "Go on without one: every organization and project can be typed.",
        ),
    )


@dataclass(frozen=True, slots=True)
class _CliSettings:
    token: Secret | None = None
    host: str | None = None


def _settings_in(path: Path) -> _CliSettings:
    try:
        with path.open("rb") as file:
            text = file.read(_FILE_LIMIT).decode("utf-8", "replace")
    except (FileNotFoundError, NotADirectoryError):
        return _CliSettings()
    except OSError as error:
        raise CiamError(
            "circleci-settings-unreadable",
            "Cannot read the CircleCI CLI's settings",
            f"{path} cannot be read: {error.strerror}.",
            ("Set CIRCLE_TOKEN, or let the file be read.",),
        ) from None
    found = dict(_scalars(text))
    token, host = found.get("token"), found.get("host")
    return _CliSettings(Secret(token) if token else None, host or None)


def _scalars(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if match := _SCALAR.match(line):
            yield match["key"], match["double"] or match["single"] or match["plain"] or ""


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str | None:
    return next((text for name in names if (text := environ.get(name, "").strip())), None)
