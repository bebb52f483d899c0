"""One database, SQLite or PostgreSQL: short transactions, and a version that must fit.

A write on SQLite begins IMMEDIATE, so that two writers wait for each other at the start and never fail
at the end. State and its audit entry are always written in one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, select
from sqlalchemy.engine import make_url
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError

from paraplu.errors import NothingDone, SchemaMismatch
from paraplu.store import tables

_WAIT_MS = 30_000  # for another writer of the same SQLite file


class StorageDown(NothingDone):
    """The database cannot be reached or written. Nothing was written and nothing is done."""


class Database:
    """The tables behind one URL (``sqlite:////home/ssc/paraplu.db``, ``postgresql+psycopg://...``)."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self._engine = create_engine(url, hide_parameters=True)  # errors quote no values
        if self.is_sqlite:
            _prepare_sqlite(self._engine)

    @contextmanager
    def write(self, *, power_safe: bool = True) -> Iterator[Connection]:
        """One transaction, committed at the end, rolled back on any error.

        `power_safe` False makes it durable against the death of the process only (SQLite WAL without
        fsync); the next power-safe commit covers it. Raises `StorageDown` when the database fails.
        """
        with _plain_failures(), self._engine.connect() as connection:
            if self.is_sqlite:
                _set_synchronous(connection, power_safe)
            with connection.execution_options(begin="IMMEDIATE").begin():
                yield connection

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent view. Raises `StorageDown` when the database fails."""
        with _plain_failures(), self._engine.connect() as connection, connection.begin():
            yield connection

    def create(self) -> None:
        """Make the tables in an empty database; one that has them is left as it is."""
        with self.write() as connection:
            tables.metadata.create_all(connection)
            known = connection.execute(
                select(tables.meta.c.value).where(tables.meta.c.name == "schema")
            ).scalar()
            if known is None:
                connection.execute(
                    tables.meta.insert().values(name="schema", value=str(tables.SCHEMA))
                )

    def check(self) -> None:
        """Raise `SchemaMismatch` unless the tables are there and of this program's version."""
        try:
            with self.read() as connection:
                found = connection.execute(
                    select(tables.meta.c.value).where(tables.meta.c.name == "schema")
                ).scalar()
        except StorageDown as error:
            raise SchemaMismatch(
                "The database has no tables of Paraplu, or cannot be read. Run: paraplu init"
            ) from error
        if found != str(tables.SCHEMA):
            raise SchemaMismatch(
                f"The database has schema {found}, this program needs {tables.SCHEMA}. "
                "Use the Paraplu version that wrote it, or upgrade the database with a newer one."
            )

    def close(self) -> None:
        """Let go of all connections."""
        self._engine.dispose()


@contextmanager
def _plain_failures() -> Iterator[None]:
    try:
        yield
    except OperationalError as error:
        raise StorageDown(f"The database cannot be used now: {_reason(error)}.") from None
    except DBAPIError as error:
        if error.connection_invalidated:
            raise StorageDown("The connection to the database was lost.") from None
        if type(error) is DatabaseError:
            raise StorageDown(
                f"The database is damaged ({_reason(error)}): put back a backup of it."
            ) from None
        raise


def _reason(error: DBAPIError) -> str:
    """The driver's own first line: SQLAlchemy's text would quote the parameters, which are secret."""
    return str(error.orig).strip().splitlines()[0].rstrip(".") if error.orig else "no reason given"


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
