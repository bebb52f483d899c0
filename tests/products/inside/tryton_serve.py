"""Serves Tryton and its web client on loopback. Runs inside the product's own environment.

Which database and which web client: the product's own variables, TRYTOND_DATABASE_NAMES and so on. The
web client looks for its libraries in a folder inside its own, where npm does not put them.
"""

import argparse
from pathlib import Path

from parent import Parent
from trytond.application import app
from werkzeug.middleware.shared_data import SharedDataMiddleware
from werkzeug.serving import make_server


def main() -> None:
    """Serve until the parent is gone."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    parser.add_argument("--libraries", type=Path, required=True, help="node_modules")
    given = parser.parse_args()
    parent = Parent()  # Only now: the product refuses to be loaded beside another thread.
    product = SharedDataMiddleware(app, {"/node_modules": str(given.libraries)})
    server = make_server("127.0.0.1", given.port, product, threaded=True)
    parent.announce(server.server_port)
    server.serve_forever()


if __name__ == "__main__":
    main()
