"""Brings a database to this program's schema: a backup first, then everything in one transaction.

The steps are those of `paraplu.store.migrations`; which of them are to be done is told by the version that
stands in the database itself. alembic is loaded only here: a start needs none of it.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Connection, inspect, select, text
from sqlalchemy.engine import make_url

from paraplu.errors import Refused, SchemaMismatch
from paraplu.store import migrations, tables
from paraplu.store.database import CREATING, Database

Also = Callable[[Connection, int], None]


@dataclass(frozen=True, slots=True)
class Upgraded:
    """The schema before and after, and where the backup lies (None when nothing was to be done, and on
    PostgreSQL, which is backed up by its own means).
    """

    before: int
    after: int
    backup: Path | None


def upgrade(database: Database, now: datetime, also: Also) -> Upgraded:
    """Bring the tables to this program's schema. `also` is called in the transaction, with the schema
    that was there before, when everything is done.

    Raises `SchemaMismatch` when there are no tables or newer ones, `Refused` when the backup fails; then
    nothing was changed.
    """
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text(f"SELECT pg_advisory_xact_lock({CREATING})"))
        before = _schema(connection)
        if before is None:
            raise SchemaMismatch("The database has no tables of Paraplu. Run: paraplu init")
        if before > tables.SCHEMA:
            raise SchemaMismatch(
                f"The database has schema {before}, this program knows {tables.SCHEMA} at most. "
                "Use the newer Paraplu version that wrote it."
            )
        if before == tables.SCHEMA:
            return Upgraded(before, before, None)
        # Nobody else can write from here on, so the backup is what is upgraded.
        backup = _back_up(database.url, before, now) if database.is_sqlite else None
        migrate(connection, before)
        also(connection, before)
    return Upgraded(before, tables.SCHEMA, backup)


def migrate(connection: Connection, before: int | None) -> None:
    """Run the steps after schema `before` (None: all of them) in the transaction of `connection`."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    folder = Path(migrations.__file__).parent
    config.set_main_option("script_location", str(folder).replace("%", "%%"))
    config.attributes["connection"] = connection
    if before is not None:
        command.stamp(config, f"{before:04}")
    command.upgrade(config, "head")
    # The version stands in `meta` alone; a second place could say something else one day.
    connection.execute(text("DROP TABLE alembic_version"))


def _schema(connection: Connection) -> int | None:
    if not inspect(connection).has_table("meta"):
        return None
    query = select(tables.meta.c.value).where(tables.meta.c.name == "schema")
    found = connection.execute(query).scalar()
    return int(found) if found and found.isdecimal() else None


def _back_up(url: str, schema: int, now: datetime) -> Path | None:
    """Copy an SQLite file beside itself, durably, readable by its owner only."""
    name = make_url(url).database
    if not name or name == ":memory:":
        return None
    path = Path(name)
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    backup = path.with_name(f"{path.stem}-schema-{schema}-{moment}{path.suffix}")
    try:
        os.close(os.open(backup, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        with closing(sqlite3.connect(path)) as here, closing(sqlite3.connect(backup)) as there:
            here.backup(there)
        with backup.open("rb+") as file:
            os.fsync(file.fileno())
    except FileExistsError:
        raise Refused(f"The backup {backup} is there already: try again in a moment.") from None
    except (OSError, sqlite3.Error) as error:
        backup.unlink(missing_ok=True)
        raise Refused(
            f"The database cannot be backed up to {backup} ({error}): make room there or put it right. "
            "Nothing was changed."
        ) from None
    return backup
