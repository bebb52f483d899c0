"""Serving the office: the socket, the address line, the end when standard input closes."""

import json
import os
import socket
import sqlite3
import sys
import threading
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import uvicorn

from paraplu.practice import accounts, schema, seed
from paraplu.practice.app import create_app
from paraplu.practice.clock import Clock


class CannotServe(Exception):
    """The office cannot be opened; the message says why and what to do."""


class _Server(uvicorn.Server):
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if sockets:
            port = sockets[0].getsockname()[1]
            line = {"address": f"http://127.0.0.1:{port}", "pid": os.getpid()}
            print(json.dumps(line), flush=True)

    def drop(self, client: object) -> None:
        """Abort the connection of a client: neither an answer nor a farewell."""
        for connection in list(self.server_state.connections):
            transport = getattr(connection, "transport", None)
            if transport is not None and getattr(connection, "client", None) == client:
                transport.abort()


def serve(
    path: Path,
    *,
    port: int,
    today: date | None,
    passwords: Path | None,
    idle: timedelta,
    until_stdin_closes: bool,
) -> None:
    """Serve the office in this file until it is told to stop; seeds a new file first.

    Raises CannotServe or accounts.PasswordsMissing when it cannot begin.
    """
    clock = Clock.on(today)
    given = accounts.gather_passwords(passwords, os.environ)
    listening = _listen(port)
    database = _open(path)
    with schema.transaction(database):
        if schema.is_new(database):
            schema.create_tables(database)
            seed.seed(database, clock.today(), clock.stamp())
        accounts.set_passwords(database, given)
    servers: list[_Server] = []
    app = create_app(database, clock, idle, lambda client: servers[0].drop(client))
    config = uvicorn.Config(
        app,
        http="h11",
        ws="none",
        lifespan="off",
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = _Server(config)
    servers.append(server)
    if until_stdin_closes:
        threading.Thread(target=_stop_with_stdin, args=(server,), daemon=True).start()
    try:
        server.run(sockets=[listening])
    finally:
        database.close()


def _listen(port: int) -> socket.socket:
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    if os.name == "posix":
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind(("127.0.0.1", port))
        listening.listen(128)
    except (OSError, OverflowError):
        listening.close()
        raise CannotServe(
            f"Port {port} cannot be used: choose another with --port, or 0 for a free one."
        ) from None
    return listening


def _open(path: Path) -> sqlite3.Connection:
    try:
        database = schema.connect(path)
        database.execute("BEGIN IMMEDIATE")
        database.execute("ROLLBACK")
        new = schema.is_new(database)
        foreign = new and database.execute("SELECT 1 FROM sqlite_master").fetchone()
        version = "" if new else schema.setting(database, "schema")
    except sqlite3.Error as problem:
        raise CannotServe(
            f"The database {path} cannot be written ({problem}): "
            "choose a file in a folder where you may write."
        ) from None
    if foreign or (not new and version != str(schema.VERSION)):
        raise CannotServe(
            f"The database {path} is not a practice office of this version: choose a new file."
        )
    return database


def _stop_with_stdin(server: uvicorn.Server) -> None:
    descriptor = sys.stdin.fileno()
    while os.read(descriptor, 4096):
        pass
    server.should_exit = True
    # A page that is being answered slowly must not keep an orphan alive.
    threading.Event().wait(2)
    os._exit(0)


__all__: Sequence[str] = ("CannotServe", "serve")
