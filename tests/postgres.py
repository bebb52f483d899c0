"""A real PostgreSQL for tests: one server a test process, a fresh database a test.

The server lies in a folder of its own, listens on loopback on a free port, and ends with the test process,
whatever that was ended with: a shell between the two reads its standard input and cleans up when that
closes. It has fsync on, as in life. Tests may stop, start and kill it.
"""

from __future__ import annotations

import functools
import itertools
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

_AND_CLEAN_UP = """
folder=$1; shift
"$@" & server=$!
cat >/dev/null
kill -QUIT $server 2>/dev/null
wait $server
[ -e "$folder/keep" ] || rm -rf "$folder"
"""
_OWNER = "paraplu"
_number = itertools.count(1)


@functools.cache
def binaries() -> Path | None:
    """The folder of `initdb` and `postgres`, None when PostgreSQL is not installed."""
    asked = []
    if config := shutil.which("pg_config"):
        found = subprocess.run([config, "--bindir"], capture_output=True, text=True, check=True)
        asked.append(Path(found.stdout.strip()))
    asked += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in asked if (folder / "initdb").is_file()), None)


@dataclass
class Server:
    """A server in `folder` on `port`. All methods wait until what they do is done."""

    bin: Path
    folder: Path
    port: int
    _shell: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @classmethod
    def make(cls, binaries: Path) -> Server:
        """A new server, started."""
        folder = Path(tempfile.mkdtemp(prefix="paraplu-postgres-"))
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "postgres", "postgres")
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        server = cls(binaries, folder, port)
        command = [
            *(str(binaries / "initdb"), "-D", str(folder / "data"), "-U", _OWNER),
            *("-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync", "--no-instructions"),
        ]
        subprocess.run(command, check=True, capture_output=True, cwd=folder, user=_user())
        server.start()
        return server

    def url(self, database: str = "postgres") -> str:
        """Where a database of it lies."""
        return f"postgresql+psycopg://{_OWNER}@127.0.0.1:{self.port}/{database}"

    def database(self, template: str = "template1") -> str:
        """The name of a new database that is a copy of `template`."""
        name = f"test_{next(_number)}"
        self.ask(f"CREATE DATABASE {name} TEMPLATE {template}")
        return name

    def ask(self, query: str, database: str = "postgres") -> list[tuple[object, ...]]:
        """Put a question straight to the server, past our own code."""
        import psycopg

        address = f"host=127.0.0.1 port={self.port} user={_OWNER} dbname={database}"
        with psycopg.connect(address, autocommit=True) as connection:
            answer = connection.execute(query.encode())
            return answer.fetchall() if answer.description else []

    def start(self) -> None:
        """Start it and wait until it answers."""
        assert self._shell is None
        (self.folder / "keep").unlink(missing_ok=True)
        settings = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.folder,
            "fsync": "on",
            "shared_buffers": "32MB",
            "max_connections": 60,
            "log_min_messages": "log",
            "restart_after_crash": "on",
        }
        arguments = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        log = (self.folder / "server.log").open("ab")
        shell = ["sh", "-c", _AND_CLEAN_UP, "sh", str(self.folder), str(self.bin / "postgres")]
        with log:
            self._shell = subprocess.Popen(
                [*shell, "-D", str(self.folder / "data"), *arguments],
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=log,
                cwd=self.folder,
                user=_user(),
                start_new_session=True,
            )
        for _attempt in range(600):
            if self._answers():
                return
            time.sleep(0.05)
        last = (self.folder / "server.log").read_text("utf-8", errors="replace").splitlines()[-8:]
        raise AssertionError("PostgreSQL did not start:\n" + "\n".join(last))

    def stop(self) -> None:
        """Stop it as an administrator does: connections are ended, the next start is clean."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """Kill it as a power cut does: the next start recovers."""
        self._end(signal.SIGKILL)

    def restart(self) -> None:
        """Stop and start it."""
        self.stop()
        self.start()

    def remove(self) -> None:
        """End it for good."""
        if self._shell is not None and self._shell.stdin is not None:
            self._shell.stdin.close()
            self._shell.wait(30)
            self._shell = None

    def _end(self, how: signal.Signals) -> None:
        shell = self._shell
        assert shell is not None and shell.stdin is not None
        keep = self.folder / "keep"
        keep.touch()
        os.kill(int((self.folder / "data" / "postmaster.pid").read_text().split()[0]), how)
        while self._answers():
            time.sleep(0.02)
        if how is not signal.SIGKILL:
            while (self.folder / "data" / "postmaster.pid").exists():
                time.sleep(0.02)
        shell.stdin.close()
        shell.wait(30)
        self._shell = None

    def _answers(self) -> bool:
        import psycopg

        try:
            self.ask("SELECT 1")
        except psycopg.OperationalError:
            return False
        return True


@functools.cache
def server() -> Server:
    """The server of this test process; a test that needs it is skipped when there is no PostgreSQL."""
    found = binaries()
    if found is None or sys.platform == "win32":
        pytest.skip("PostgreSQL is not installed here (initdb was not found)")
    pytest.importorskip("psycopg", reason="psycopg is not installed (paraplu[cluster])")
    return Server.make(found)


@functools.cache
def template() -> str:
    """The name of a database with our tables in it, to be copied."""
    from paraplu.store.database import Database

    name = server().database()
    made = Database(server().url(name))
    made.create()
    made.close()
    return name


@pytest.fixture
def postgres() -> Server:
    """The server; a test that ends it starts it again."""
    return server()


@pytest.fixture
def postgres_url() -> Iterator[str]:
    """The URL of a fresh database with our tables."""
    name = server().database(template())
    yield server().url(name)
    server().ask(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_postgres_url() -> Iterator[str]:
    """The URL of a database without tables."""
    name = server().database()
    yield server().url(name)
    server().ask(f"DROP DATABASE {name} WITH (FORCE)")


def _user() -> str | None:
    return "postgres" if os.geteuid() == 0 else None
