"""The clock of the machine, the database's included, which a test sets while things are under way.

It goes on as clocks do; only `set_by` moves it. On SQLite that is the clock of this process. On PostgreSQL
it is the server's as well: a schema that is searched before the server's own has functions that give the
time as the test wants it. Child processes keep the true time: hands do not ask for it.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from paraplu.store.database import Database

HOUR = timedelta(hours=1)


class MachineClock:
    """Called, it gives the time. `database` must not be in use while this is made."""

    def __init__(self, database: Database, patch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta()
        self._true_ns = time.time_ns
        self._database = None if database.is_sqlite else Database(database.url)
        patch.setattr(time, "time_ns", self._ns)
        if self._database is not None:
            _make_functions(self._database)
        database.close()  # sessions that are there would not search the schema

    def __call__(self) -> datetime:
        """Now."""
        return datetime.now(UTC) + self.ahead

    def set_by(self, span: timedelta) -> None:
        """Set the clock forward, or back by a negative span."""
        self.ahead += span
        if self._database is not None:
            with self._database.write() as connection:
                seconds = self.ahead.total_seconds()
                connection.exec_driver_sql("UPDATE machine.ahead SET seconds = %s", (seconds,))
            self._database.close()

    def _ns(self) -> int:
        return self._true_ns() + int(self.ahead.total_seconds() * 1e9)


def _make_functions(database: Database) -> None:
    with database.write() as connection:
        run = connection.exec_driver_sql
        run("CREATE SCHEMA machine")
        run("CREATE TABLE machine.ahead (seconds double precision)")
        run("INSERT INTO machine.ahead VALUES (0)")
        for name in ("clock_timestamp", "now"):
            run(
                f"CREATE FUNCTION machine.{name}() RETURNS timestamptz LANGUAGE sql AS"
                f" 'SELECT pg_catalog.{name}() + make_interval(secs => seconds) FROM machine.ahead'"
            )
        (name,) = run("SELECT current_database()").one()
        run(f"ALTER DATABASE {name} SET search_path = machine, pg_catalog, public")
    database.close()
