"""The child process of the demo: a moto server and a CircleCI on ports the system chose, filled, and gone when their parent is gone.

It is a process of its own so that moto's imports never stall the screen, and so that none of the machine's AWS settings reach it. It holds
its standard input, a pipe whose other end only the parent has: end of file there means that the parent ended, however it ended.
"""

from __future__ import annotations

import json
import os
import sys
import threading

# A number, any number: moto draws its ids from this seed, so that the account looks the same in every run.
ID_SEED = 20240517


def main() -> None:
    """Serves until standard input ends."""
    threading.Thread(target=_end_with_the_parent, name="end-with-the-parent", daemon=True).start()
    _serve()


def _end_with_the_parent() -> None:
    while os.read(0, 1024):
        pass
    os._exit(0)


def _serve() -> None:
    # Imported here, since the watch on the parent has to begin before a second of imports.
    from moto.moto_api._internal import mock_random
    from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
    from werkzeug.serving import make_server

    from ciam_tui.ports.sandbox import account, content, differences
    from ciam_tui.ports.sandbox.circleci_server import CircleCiServer

    class SilentHandler(MotoRequestHandler):
        """Says nothing about requests: nobody reads this process's standard error unless it fails."""

        def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
            pass

    mock_random.seed(ID_SEED)
    differences.mend()
    content.seed()
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=SilentHandler)
    circleci = CircleCiServer(is_server=account.CIRCLECI_SERVER_FLAG in sys.argv[1:])
    circleci.serve_in_a_thread()
    _say_once({"url": f"http://127.0.0.1:{server.port}", "circleci_url": circleci.url, "circleci_token": account.CIRCLECI_TOKEN})
    server.serve_forever()


def _say_once(line: dict[str, str]) -> None:
    """Writes the one line the parent waits for, then lets standard output go, since the parent no longer reads it."""
    sys.stdout.write(json.dumps(line) + "\n")
    sys.stdout.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.close(nowhere)


if __name__ == "__main__":
    main()
