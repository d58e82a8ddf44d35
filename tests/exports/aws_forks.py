"""The real AWS CLI of its own environment, started once: each call is a fork of it, at a tenth of what starting Python and the CLI takes.

Run by that environment's Python. It says its port, takes a folder and the words of a call, runs the CLI's own `main` on them, leaves what
that printed in the files `out` and `err` of the folder it was given, and answers with the exit code. The words of every call are a line of
its file `calls`. It ends with its standard input.
"""

from __future__ import annotations

import json
import os
import select
import socket
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from awscli.clidriver import create_clidriver

# Reads that end in "there is no such thing": what they load of each service's description is what takes the time.
_WARMING = (
    ("sts", "get-caller-identity"),
    ("iam", "get-role", "--role-name=none"),
    ("iam", "list-role-policies", "--role-name=none"),
    ("s3api", "head-bucket", "--bucket=none"),
)


def warmed_driver() -> Any:
    """A CLI that has run nothing yet, and shares the data that another one has read from its installation."""
    first, second = create_clidriver(), create_clidriver()
    for words in _WARMING:
        with suppress(SystemExit):
            first.main([*words])
    second.session.register_component("data_loader", first.session.get_component("data_loader"))
    return second


def serve(folder: Path) -> None:
    driver = _silently(warmed_driver)
    listening = socket.create_server(("127.0.0.1", 0))
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    while sys.stdin not in select.select([sys.stdin, listening], [], [])[0]:
        connection, _ = listening.accept()
        with connection, connection.makefile("rb") as request:
            here, count = _word(request), int(_word(request))
            words = [_word(request) for _ in range(count)]
            with (folder / "calls").open("a") as calls:
                calls.write(json.dumps(words) + "\n")
            connection.sendall(b"%d\n" % _forked(driver, folder, here, words))


def _silently(make: Any) -> Any:
    kept = [os.dup(number) for number in (1, 2)]
    nowhere = os.open(os.devnull, os.O_WRONLY)
    for number in (1, 2):
        os.dup2(nowhere, number)
    made = make()
    sys.stdout.flush()
    for number, its in zip((1, 2), kept, strict=True):
        os.dup2(its, number)
    return made


def _word(request: IO[bytes]) -> str:
    word = bytearray()
    while (byte := request.read(1)) not in {b"", b"\0"}:
        word += byte
    return word.decode()


def _forked(driver: Any, folder: Path, here: str, words: list[str]) -> int:
    pid = os.fork()
    if pid == 0:
        code = 70
        try:
            os.chdir(here)
            for number, name in ((1, "out"), (2, "err")):
                os.dup2(os.open(folder / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), number)
            code = driver.main(words)
            sys.stdout.flush()
            sys.stderr.flush()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


if __name__ == "__main__":
    serve(Path(sys.argv[1]))
