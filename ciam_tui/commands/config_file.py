"""CircleCI configurations that are named on the command line: read whole or refused, and told what they do to a Setup's roles."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from ciam_tui.core.problems import CiamError

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from ciam_tui.core.findings import Finding
    from ciam_tui.core.shape import SetupShape

# Some thirty times what a large configuration has: a device or a mistaken file is not read to its end to be refused.
CONFIG_BYTES = 3_000_000


class Told(NamedTuple):
    """What there is to say about configurations, and what of them was not looked at."""

    findings: tuple[Finding, ...] = ()
    unread: tuple[str, ...] = ()


def add_config_argument(parser: argparse.ArgumentParser) -> None:
    """Adds `--config`, as `args.config`, to a command's arguments."""
    parser.add_argument(
        "--config",
        action="append",
        default=[],
        metavar="FILE",
        help="look at this CircleCI configuration too, and add what it does to the roles; may be repeated",
    )


def config_text(path: str) -> str:
    """The text of the configuration at `path`.

    Raises:
        CiamError: it cannot be read, is too large, or is no text.
    """
    try:
        with open(path, "rb") as file:  # noqa: PTH123 - the name is shown as it was typed, which a Path would tidy up
            content = file.read(CONFIG_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else type(error).__name__
        raise _unreadable(f'"{path}" cannot be read: {reason}.', "Check the path.") from None
    if len(content) > CONFIG_BYTES:
        raise _unreadable(f'"{path}" has more than {CONFIG_BYTES} bytes.', "Name a CircleCI configuration.")
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise _unreadable(f'"{path}" is not text in UTF-8.', "Name a CircleCI configuration.") from None


def told_of_files(setup: SetupShape, paths: Sequence[str]) -> Told:
    """What the configurations at `paths` do to the roles of `setup`.

    Raises:
        CiamError: one of them cannot be read.
    """
    told = [told_of_text(setup, config_text(path), path) for path in paths]
    return Told(tuple(finding for each in told for finding in each.findings), tuple(sentence for each in told for sentence in each.unread))


def told_of_text(setup: SetupShape, text: str, path: str) -> Told:
    """What the configuration `text`, called `path`, does to the roles of `setup`."""
    from ciam_tui.core.config.findings import config_findings
    from ciam_tui.core.config.reading import read_config
    from ciam_tui.core.findings import worst_first

    use = read_config(text)
    unread = (f"Configuration {path}: {use.unclear}; not all of it was looked at.",) if use.unclear else ()
    return Told(worst_first(config_findings(setup, use, path)), unread)


def _unreadable(message: str, fix: str) -> CiamError:
    return CiamError("config-unreadable", "Cannot read the configuration", message, (fix,))
