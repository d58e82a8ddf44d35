"""A moto server that has CloudFormation, run by the Python of the proofs' environment: it says its address, and ends with its standard input."""

from __future__ import annotations

import logging
import sys

from moto.server import ThreadedMotoServer


def serve() -> None:
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    sys.stdout.write(f"http://{host}:{port}\n")
    sys.stdout.flush()
    sys.stdin.read()
    server.stop()


if __name__ == "__main__":
    serve()
