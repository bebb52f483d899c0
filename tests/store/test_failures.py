"""A database that fails says so in plain words, quotes no value, and is used again when it answers."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import DataError, IntegrityError, ProgrammingError

from paraplu.errors import NothingDone
from paraplu.store import cases, tables
from paraplu.store.database import Database, StorageDown
from postgres import Server
from store.rows import change, receive

SECRET = "salary 4711"  # nothing to hide: what errors must not quote


@pytest.fixture
def served(postgres_url: str) -> Iterator[Database]:
    """A database on PostgreSQL."""
    opened = Database(postgres_url)
    yield opened
    opened.close()


def names(database: Database) -> set[str]:
    with database.read() as connection:
        return set(connection.execute(select(tables.meta.c.name)).scalars())


def put(database: Database, name: str, value: str | None = "x") -> None:
    with database.write() as connection:
        connection.execute(tables.meta.insert().values(name=name, value=value))


@pytest.mark.parametrize(
    ("name", "value", "error"),
    [("schema", SECRET, IntegrityError), (SECRET, None, IntegrityError)],
    ids=["twice", "nothing where something must be"],
)
def test_no_error_quotes_what_was_to_be_written(
    database: Database, name: str, value: str | None, error: type[Exception]
) -> None:
    with pytest.raises(error) as failure:
        put(database, name, value)
    chain = [failure.value, failure.value.__cause__, getattr(failure.value, "orig", None)]
    assert SECRET not in " ".join(f"{one} {one!r}" for one in chain)


@pytest.mark.parametrize(
    ("query", "error"),
    [
        ("SELECT CAST(:value AS integer)", DataError),
        ("SELECT * FROM nowhere WHERE x = :value", ProgrammingError),
    ],
)
def test_nor_does_postgresql_when_a_value_is_of_the_wrong_kind(
    served: Database, query: str, error: type[Exception]
) -> None:
    with pytest.raises(error) as failure, served.write() as connection:
        connection.execute(text(query), {"value": SECRET})
    assert "4711" not in f"{failure.value} {failure.value.__cause__}"


def test_a_view_is_one_moment_and_writes_nothing(served: Database) -> None:
    with served.read() as connection:
        before = connection.execute(select(tables.meta.c.name)).all()
        put(served, "meanwhile")
        assert connection.execute(select(tables.meta.c.name)).all() == before
        with pytest.raises(Exception, match="read-only"):
            connection.execute(tables.meta.insert().values(name="never", value="x"))
    assert "meanwhile" in names(served)


def test_postgresql_waits_for_its_disk_unless_it_may_do_less(served: Database) -> None:
    def setting(power_safe: bool) -> str:
        with served.write(power_safe=power_safe) as connection:
            return str(connection.execute(text("SHOW synchronous_commit")).scalar_one())

    assert [setting(safe) for safe in (True, False, True)] == ["on", "off", "on"]


def test_a_server_that_is_gone_is_told_and_used_again_when_it_is_back(
    served: Database, postgres: Server
) -> None:
    put(served, "before")
    postgres.stop()
    try:
        for attempt in (served.write, served.read):
            with pytest.raises(StorageDown, match="cannot be used now") as failure, attempt():
                pytest.fail("there is no server")
            assert isinstance(failure.value, NothingDone)
            assert not failure.value.unsure
    finally:
        postgres.start()
    put(served, "after")
    assert {"before", "after"} <= names(served)


def test_a_server_that_was_restarted_between_two_transactions_is_not_noticed(
    served: Database, postgres: Server
) -> None:
    put(served, "before")
    postgres.restart()
    put(served, "after")
    assert {"before", "after"} <= names(served)


def test_a_connection_lost_in_the_middle_wrote_nothing(served: Database, postgres: Server) -> None:
    try:
        with pytest.raises(StorageDown, match="was lost") as failure, served.write() as connection:
            connection.execute(tables.meta.insert().values(name="half", value=SECRET))
            postgres.kill()
            for _ in range(3000):  # its processes notice a moment later that the server is gone
                connection.execute(tables.meta.insert().values(name=f"whole {_}", value=SECRET))
                time.sleep(0.01)
    finally:
        postgres.start()
    assert not failure.value.unsure
    assert SECRET not in str(failure.value)
    assert not {"half", "whole 0"} & names(served)


def test_a_connection_lost_during_the_commit_is_told_to_be_doubtful(
    served: Database, postgres: Server
) -> None:
    try:
        with pytest.raises(StorageDown, match="during the commit") as failure:  # noqa: SIM117
            with served.write() as connection:
                connection.execute(tables.meta.insert().values(name="half", value="x"))
                postgres.kill()
    finally:
        postgres.start()
    assert failure.value.unsure


def test_two_that_wait_for_each_other_are_parted(served: Database) -> None:
    receive(served, "a", "b")
    both, ended = threading.Barrier(2), list[str]()

    def change_both(first: str, second: str) -> None:
        try:
            with served.write() as connection:
                cases.write(connection, first, fence=None, reason=first)
                both.wait(20)
                cases.write(connection, second, fence=None, reason=first)
            ended.append("done")
        except StorageDown as error:
            ended.append(str(error))

    other = threading.Thread(target=change_both, args=("b", "a"))
    other.start()
    change_both("a", "b")
    other.join(60)
    done, parted = sorted(ended, key=len)
    assert done == "done"
    assert "Somebody else was changing the same" in parted


def test_a_case_that_is_read_to_be_changed_stands_still_until_that_is_done(
    served: Database,
) -> None:
    receive(served, "a")
    with served.write() as connection:
        assert cases.get(connection, "a").reason is None
        other = threading.Thread(target=change, args=(served, "a"), kwargs={"reason": "other"})
        other.start()
        other.join(0.3)
        assert other.is_alive()
        assert cases.get(connection, "a").reason is None
    other.join(20)
    with served.read() as connection:
        assert cases.get(connection, "a").reason == "other"


def test_a_full_disk_is_told_and_the_work_goes_on_when_there_is_room(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'x.db'}")
    database.create()

    def most_pages(number: int) -> None:
        with database.read() as connection:
            connection.exec_driver_sql(f"PRAGMA max_page_count={number}")

    with database.read() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    most_pages(pages)
    with pytest.raises(StorageDown, match=r"disk of the database is full.*Make room") as failure:
        put(database, "large", SECRET * 100_000)
    assert SECRET not in str(failure.value)
    assert names(database) == {"schema"}
    most_pages(pages + 10_000)
    put(database, "large", SECRET * 100_000)
    assert names(database) == {"schema", "large"}
    database.close()


def test_a_session_of_ones_own_ends_when_the_server_ends_it(served: Database) -> None:
    with pytest.raises(StorageDown), served.session() as connection:
        with connection.begin():
            own = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with served.write() as other:
            other.execute(text("SELECT pg_terminate_backend(:own)"), {"own": own})
        with connection.begin():
            connection.execute(text("SELECT 1"))
