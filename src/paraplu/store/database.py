"""One database, SQLite or PostgreSQL: short transactions, and a version that must fit.

A write on SQLite begins IMMEDIATE, so that two writers wait for each other at the start and never fail
at the end. A write on PostgreSQL is READ COMMITTED and holds the rows it reads in order to change them
(`holding`). State and its audit entry are always written in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    URL,
    Connection,
    Engine,
    NullPool,
    Select,
    Table,
    create_engine,
    event,
    inspect,
    literal,
    select,
    text,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError

from paraplu.errors import SchemaMismatch
from paraplu.store import tables
from paraplu.store.failures import Stage, StorageDown, clean_errors, plain_failures

__all__ = ["Connection", "Database", "StorageDown", "add_missing", "holding", "is_writing"]

_WAIT_MS = 30_000  # for another writer: of the same SQLite file, or of the same row
CREATING = 0x70617261
"""The advisory lock under which tables are made and changed."""


# A process that was suspended in the middle of a transaction must not hold its rows for ever.
_SESSION: Mapping[str, int | str] = {
    "lock_timeout": _WAIT_MS,
    "idle_in_transaction_session_timeout": 60_000,
    "synchronous_commit": "on",
}
# Seconds (tcp_user_timeout: milliseconds) after which a server that is gone is seen to be gone.
_NETWORK = {
    "connect_timeout": 5,
    "keepalives_idle": 10,
    "keepalives_interval": 3,
    "keepalives_count": 3,
    "tcp_user_timeout": 15_000,
    "application_name": "paraplu",
}


# Who holds a lock may need a second connection to read. With a limit, those who wait for the lock would have
# taken the last one, and all would wait for each other.
_AS_THREADS_NEED = -1


class Database:
    """The tables behind one URL (``sqlite:////home/ssc/paraplu.db``, ``postgresql+psycopg://...``)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self._url = make_url(url)
        self.is_sqlite = self._url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            # Errors quote no values.
            self._engine = create_engine(url, hide_parameters=True, max_overflow=_AS_THREADS_NEED)
            _prepare_sqlite(self._engine)
        else:
            self._engine = create_engine(
                url,
                hide_parameters=True,
                max_overflow=_AS_THREADS_NEED,
                pool_pre_ping=True,  # the server may have been restarted since
                isolation_level="READ COMMITTED",
                connect_args=_server_settings(self._url, _SESSION),
            )
        clean_errors(self._engine)

    @property
    def file(self) -> Path | None:
        """The file of an SQLite database, for a reader that goes round SQLAlchemy; None on PostgreSQL."""
        return Path(self._url.database) if self.is_sqlite and self._url.database else None

    @contextmanager
    def write(self, *, power_safe: bool = True) -> Iterator[Connection]:
        """One transaction, committed at the end, rolled back on any error.

        `power_safe` False makes it durable against the death of the process only (SQLite WAL without
        fsync, PostgreSQL without waiting for its log); the next power-safe commit covers it. Raises
        `StorageDown` when the database fails.
        """
        stage = Stage()
        with plain_failures(stage), self._engine.connect() as connection:
            if self.is_sqlite:
                _set_synchronous(connection, power_safe)
            with connection.execution_options(begin="IMMEDIATE").begin():
                if not (power_safe or self.is_sqlite):
                    connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
                yield connection
                stage.committing = True

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view. Raises `StorageDown` when the database fails."""
        with plain_failures(Stage(reading=True)), self._engine.connect() as connection:
            if not self.is_sqlite:
                connection = connection.execution_options(
                    isolation_level="REPEATABLE READ", postgresql_readonly=True
                )
            with connection.begin():
                yield connection

    @contextmanager
    def session(self, **settings: int) -> Iterator[Connection]:
        """A connection of one's own for a lock that lives as long as it does; PostgreSQL only.

        `settings` are settings of the server for this session. Transactions are the caller's to begin.
        Raises `StorageDown` when the connection is lost.
        """
        engine = create_engine(
            self._url,
            hide_parameters=True,
            poolclass=NullPool,
            isolation_level="READ COMMITTED",
            connect_args=_server_settings(self._url, {**_SESSION, **settings}),
        )
        clean_errors(engine)
        with plain_failures(Stage()), engine.connect() as connection:
            yield connection.execution_options(begin="IMMEDIATE")

    def scrub(self, table: Table) -> bool:
        """Leave no bytes of deleted rows of `table` in the database's own files. Not in a transaction.

        SQLite overwrote them when they were deleted (``secure_delete``); here the write-ahead log is put into
        the file and emptied. PostgreSQL: the table is written anew (``VACUUM FULL``); its own write-ahead log
        keeps them until its segments are used again. False when a reader or another writer was in the
        way for 30 seconds.
        """
        with plain_failures(Stage()), self._engine.connect() as connection:
            raw: Any = connection.connection.dbapi_connection
            if self.is_sqlite:
                busy, _pages, _moved = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
                return not busy
            automatic = connection.execution_options(isolation_level="AUTOCOMMIT")
            try:
                automatic.execute(text(f"VACUUM (FULL) {table.name}"))
            except OperationalError:  # the lock on the table was not to be had
                return False
            return True

    def create(self) -> None:
        """Make the tables in an empty database; one that has them is left as it is."""
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(text(f"SELECT pg_advisory_xact_lock({CREATING})"))
            tables.metadata.create_all(connection)
            add_missing(connection, tables.meta, [{"name": "schema", "value": str(tables.SCHEMA)}])

    def schema(self) -> int | None:
        """The version of the schema that is there, None when there is none."""
        with self.read() as connection:
            if not inspect(connection).has_table("meta"):
                return None
            found = connection.execute(
                select(tables.meta.c.value).where(tables.meta.c.name == "schema")
            ).scalar()
        return int(found) if found and found.isdecimal() else None

    def check(self) -> None:
        """Raise `SchemaMismatch` unless the tables are there and of this program's version."""
        found = self.schema()
        if found is None:
            raise SchemaMismatch("The database has no tables of Paraplu. Run: paraplu init")
        if found == tables.SCHEMA:
            return
        todo = (
            "Run: paraplu db upgrade"
            if found < tables.SCHEMA
            else "Use the newer Paraplu version that wrote it."
        )
        raise SchemaMismatch(
            f"The database has schema {found}, this program needs {tables.SCHEMA}. {todo}"
        )

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


def is_writing(connection: Connection) -> bool:
    """Whether this connection is in a transaction that may write."""
    return connection.get_execution_options().get("begin") == "IMMEDIATE"


def holding(connection: Connection, query: Select[Any], of: Table) -> Select[Any]:
    """`query`, and in a writing transaction nobody else changes the rows of `of` until it ends.

    On SQLite the whole transaction is alone anyway.
    """
    return query.with_for_update(of=of, key_share=True) if is_writing(connection) else query


def add_missing(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add rows unless such rows are there already, also when somebody else adds them just now.

    Gives how many were added. What is there stays as it is.
    """
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    added = 0
    for row in rows:
        insert = dialect.insert(table).values(**row).on_conflict_do_nothing()
        added += len(connection.execute(insert.returning(literal(1))).all())
    return added


def _server_settings(url: URL, settings: Mapping[str, int | str]) -> dict[str, Any]:
    """Arguments of libpq; what the URL says comes first."""
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    given = url.query.get("options")
    options = f"{ours} {given}" if isinstance(given, str) else ours
    network = {name: value for name, value in _NETWORK.items() if name not in url.query}
    return {**network, "options": options}


def _set_synchronous(connection: Connection, power_safe: bool) -> None:
    wanted = "FULL" if power_safe else "NORMAL"
    if connection.info.get("synchronous") != wanted:
        raw: Any = connection.connection.dbapi_connection
        raw.execute(f"PRAGMA synchronous={wanted}")
        connection.info["synchronous"] = wanted


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _connect(raw: sqlite3.Connection, _record: object) -> None:
        raw.isolation_level = None  # transactions are begun below, not by the driver
        for pragma in (
            f"busy_timeout={_WAIT_MS}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",
        ):
            raw.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(
            f"BEGIN {connection.get_execution_options().get('begin', '')}".strip()
        )
