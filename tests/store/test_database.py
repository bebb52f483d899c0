"""Short transactions on one SQLite file, and failures said in plain words."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from sqlalchemy import select

from paraplu.errors import NothingDone, SchemaMismatch
from paraplu.store import tables
from paraplu.store.database import Database, StorageDown


@pytest.fixture
def database(tmp_path: Path) -> Database:
    """A database with its tables."""
    made = Database(f"sqlite:///{tmp_path / 'a folder' / 'paraplu.db'}")
    (tmp_path / "a folder").mkdir()
    made.create()
    return made


def names(database: Database) -> list[str]:
    """What stands in the table of names."""
    with database.read() as connection:
        return list(connection.execute(select(tables.meta.c.name)).scalars())


def test_what_fails_in_the_middle_leaves_nothing_behind(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        connection.execute(tables.meta.insert().values(name="half", value="x"))
        raise ZeroDivisionError
    assert "half" not in names(database)


def test_every_connection_is_power_safe_unless_it_may_be_less(database: Database) -> None:
    def synchronous(power_safe: bool) -> int:
        with database.write(power_safe=power_safe) as connection:
            return int(connection.exec_driver_sql("PRAGMA synchronous").scalar_one())

    assert [synchronous(safe) for safe in (True, False, True, False)] == [2, 1, 2, 1]
    with database.read() as connection:
        pragmas = ("journal_mode", "foreign_keys", "secure_delete")
        found = [connection.exec_driver_sql(f"PRAGMA {name}").scalar_one() for name in pragmas]
    assert found == ["wal", 1, 1]


def test_two_writers_wait_for_each_other(database: Database) -> None:
    begun, errors = threading.Event(), []

    def second() -> None:
        begun.wait(10)
        try:
            with Database(database.url).write() as connection:
                connection.execute(tables.meta.insert().values(name="second", value="x"))
        except Exception as error:
            errors.append(error)

    other = threading.Thread(target=second)
    other.start()
    with database.write() as connection:
        connection.execute(tables.meta.insert().values(name="first", value="x"))
        begun.set()
        other.join(0.3)
        assert other.is_alive()
    other.join(20)
    assert errors == []
    assert {"first", "second"} <= set(names(database))


def test_making_the_tables_again_changes_nothing(database: Database) -> None:
    before = names(database)
    database.create()
    assert names(database) == before
    database.check()


def test_a_database_of_another_version_is_not_touched(database: Database) -> None:
    with database.write() as connection:
        connection.execute(tables.meta.update().values(value="99"))
    with pytest.raises(SchemaMismatch, match=f"has schema 99, this program needs {tables.SCHEMA}"):
        database.check()


def test_a_file_without_tables_says_what_to_run(tmp_path: Path) -> None:
    with pytest.raises(SchemaMismatch, match="Run: paraplu init"):
        Database(f"sqlite:///{tmp_path / 'empty.db'}").check()


@pytest.mark.parametrize("harm", ["damaged", "folder missing"])
def test_a_database_that_fails_says_so_without_any_value(tmp_path: Path, harm: str) -> None:
    path = tmp_path / ("nowhere/x.db" if harm == "folder missing" else "x.db")
    if harm == "damaged":
        path.write_bytes(b"this is not a database at all" * 100)
    broken = Database(f"sqlite:///{path}")
    with (
        pytest.raises(StorageDown, match=r"damaged|cannot be used now") as failure,
        broken.write() as connection,
    ):
        connection.execute(tables.meta.insert().values(name="secret", value="4711"))
    assert "4711" not in str(failure.value)
    assert isinstance(failure.value, NothingDone)


def test_an_error_of_the_database_does_not_quote_what_was_written(database: Database) -> None:
    with database.write() as connection:
        connection.execute(tables.meta.insert().values(name="once", value="a"))
    with pytest.raises(Exception, match="UNIQUE") as failure, database.write() as connection:
        connection.execute(tables.meta.insert().values(name="once", value="salary 4711"))
    assert "4711" not in str(failure.value)


def test_who_holds_the_lock_can_read_beside_it_however_many_wait(database: Database) -> None:
    failed: list[Exception] = []
    waiting = threading.Barrier(25)

    def write() -> None:
        waiting.wait(60)
        try:
            with database.write() as connection:
                connection.execute(tables.meta.update().values(value=tables.meta.c.value))
                with database.read() as beside:
                    beside.execute(select(tables.meta)).all()
        except Exception as error:
            failed.append(error)

    threads = [threading.Thread(target=write) for _ in range(24)]
    for thread in threads:
        thread.start()
    with database.write() as connection:
        connection.execute(tables.meta.update().values(value=tables.meta.c.value))
        waiting.wait(60)
        time.sleep(0.5)  # all of them have a connection now, and wait
        with database.read() as beside:
            beside.execute(select(tables.meta)).all()
    for thread in threads:
        thread.join(120)
    assert failed == []
