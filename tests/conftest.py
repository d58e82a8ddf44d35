"""Every test runs on a machine of its own: no credentials, no configuration, no proxy and no terminal settings of whoever runs it."""

from __future__ import annotations

import os
import signal
import sys
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

# The same examples on every run: a test that fails fails for everybody, and one that passes keeps passing. No deadline, since CI machines pause.
settings.register_profile("default", deadline=None, derandomize=True, max_examples=30)
settings.register_profile("long", deadline=None, derandomize=False, max_examples=3_000, print_blob=True, database=None)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))

# Every test has a home folder of its own, and many write as carefully as the program does: in memory, where there is room, it costs next to nothing.
_IN_MEMORY = Path("/dev/shm")  # noqa: S108 - a place for pytest's folders, which it makes private
_ROOM_BYTES = 1 << 30
if _IN_MEMORY.is_dir() and os.access(_IN_MEMORY, os.W_OK):
    _found = os.statvfs(_IN_MEMORY)
    if _found.f_bavail * _found.f_frsize >= _ROOM_BYTES and not _found.f_flag & getattr(os, "ST_NOEXEC", 0):
        os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_IN_MEMORY))

# A shell that runs the tests behind it has them ignore SIGINT, and `nohup` SIGHUP: every process inherits that, and never hears the signals that tests send.
for _number, _usual in ((signal.SIGINT, signal.default_int_handler), (signal.SIGHUP, signal.SIG_DFL)):
    if signal.getsignal(_number) is signal.SIG_IGN:
        signal.signal(_number, _usual)

_FOREIGN_PREFIXES = ("AWS_", "BOTO_", "CIRCLE", "CIAM_", "TEXTUAL")
# Where pytest-textual-snapshot puts its report: set by the test run itself.
_SNAPSHOTS = "TEXTUAL_SNAPSHOT"
_FOREIGN_NAMES = frozenset(
    [
        "HTTP_PROXY",
        "HTTPS_PROXY",
        "ALL_PROXY",
        "NO_PROXY",
        "http_proxy",
        "https_proxy",
        "all_proxy",
        "no_proxy",
        "REQUESTS_CA_BUNDLE",
        "CURL_CA_BUNDLE",
        "SSL_CERT_FILE",
        "NO_COLOR",
        "FORCE_COLOR",
        "CLICOLOR",
        "CLICOLOR_FORCE",
        "ACCESSIBLE",
        "COLUMNS",
        "LINES",
        "CI",
        "PYTHONPATH",
        "PYTHONWARNINGS",
        "PYTHONIOENCODING",
        "PYTHONUTF8",
        "LANG",
        "LC_ALL",
    ]
)


def pytest_collection_finish() -> None:
    """Read each of botocore's descriptions of AWS once, not once for each session that a test opens: two thirds of what a client costs."""
    loaders = sys.modules.get("botocore.loaders")
    if loaders is not None:
        reader = loaders.JSONFileLoader()
        loaders.JSONFileLoader._load_file = staticmethod(cache(reader._load_file))


@pytest.fixture(autouse=True)
def own_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """An empty home folder, which is also where AWS settings and the state of the program go; every process a test starts inherits it."""
    for name in list(os.environ):
        if (name.startswith(_FOREIGN_PREFIXES) and not name.startswith(_SNAPSHOTS)) or name in _FOREIGN_NAMES:
            monkeypatch.delenv(name)
    home = tmp_path / "home"
    home.mkdir()
    for name, place in {
        "HOME": home,
        "USERPROFILE": home,
        "XDG_STATE_HOME": home / "state",
        "XDG_CONFIG_HOME": home / "config",
        "XDG_CACHE_HOME": home / "cache",
        "XDG_DATA_HOME": home / "data",
        "AWS_CONFIG_FILE": home / "aws-config",
        "AWS_SHARED_CREDENTIALS_FILE": home / "aws-credentials",
    }.items():
        monkeypatch.setenv(name, str(place))
    # No request to the address of an instance's metadata: on a laptop it takes seconds to fail.
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    return home
