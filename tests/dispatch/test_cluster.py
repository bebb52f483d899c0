"""What only the dispatch of a cluster has: tables of a library, a listener that may die, a home elsewhere."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from bureau import PEOPLE, Bureau, found_home
from farm import took, until

from paraplu.bootstrap import create_home, open_centre
from paraplu.dispatch.cluster import ClusterDispatch, apply_schema
from paraplu.errors import Refused, SchemaMismatch, SettingsWrong
from paraplu.store.database import Database
from paraplu.store.tables import meta
from postgres import Server, empty_postgres_url, postgres, postgres_url  # noqa: F401

LONG = 20.0


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:  # noqa: F811
    """A database with our tables, without those of the library."""
    opened = Database(postgres_url)
    yield opened
    opened.close()


@pytest.fixture
def dispatch(database: Database) -> Iterator[ClusterDispatch]:
    """A dispatch on it."""
    made = ClusterDispatch(database.url)
    yield made
    made.close()


def offer(database: Database, dispatch: ClusterDispatch, due_at: int = 0) -> None:
    with database.write() as connection:
        dispatch.offer(connection, "some run", due_at)


def jobs(database: Database) -> list[str]:
    """The states of the library's jobs that are there."""
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT status FROM procrastinate_jobs")
        return [str(row[0]) for row in rows]


def hears(dispatch: ClusterDispatch) -> bool:
    return took(lambda: dispatch.wait(LONG)) < LONG


def test_a_heard_job_is_gone(database: Database, dispatch: ClusterDispatch) -> None:
    apply_schema(database)
    offer(database, dispatch)
    assert jobs(database) == ["todo"]
    dispatch.listen()
    assert hears(dispatch)
    until(lambda: jobs(database) == [])


def test_without_its_tables_the_listening_says_what_to_do(dispatch: ClusterDispatch) -> None:
    with pytest.raises(SchemaMismatch, match="paraplu db upgrade"):
        dispatch.listen()


def test_without_its_tables_an_offer_says_what_to_do(
    database: Database, dispatch: ClusterDispatch
) -> None:
    with pytest.raises(SchemaMismatch, match="paraplu db upgrade"):
        offer(database, dispatch)


def test_its_tables_are_brought_from_an_older_version_to_the_installed_one(
    database: Database,
    dispatch: ClusterDispatch,
    postgres: Server,  # noqa: F811
) -> None:
    import procrastinate

    place = procrastinate.__file__
    assert place is not None
    steps = sorted((Path(place).parent / "sql" / "migrations").glob("*.sql"))
    old = [step for step in steps if step.name < "03.02"]
    assert 0 < len(old) < len(steps)
    name = database.url.rpartition("/")[2]
    for step in old:
        postgres.ask(step.read_text("utf-8"), name)
    with database.write() as connection:
        connection.execute(meta.insert().values(name="dispatch", value=old[-1].name))
    with pytest.raises(SchemaMismatch):
        dispatch.listen()
    for _again in range(2):
        apply_schema(database)
    dispatch.listen()
    offer(database, dispatch)
    assert hears(dispatch)


def test_jobs_of_a_listener_that_died_are_cleared_away(
    database: Database, dispatch: ClusterDispatch
) -> None:
    apply_schema(database)
    offer(database, dispatch)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE procrastinate_jobs SET status = 'doing'")
    dispatch.listen()
    until(lambda: jobs(database) == [])


def test_it_hears_again_when_its_connections_were_cut(
    database: Database,
    dispatch: ClusterDispatch,
    postgres: Server,  # noqa: F811
) -> None:
    apply_schema(database)
    dispatch.listen()
    listeners = "FROM pg_stat_activity WHERE application_name = 'paraplu-dispatch'"
    cut = f"SELECT pg_terminate_backend(pid) {listeners}"
    name = database.url.rpartition("/")[2]
    assert len(postgres.ask(cut, name)) >= 2
    until(lambda: postgres.ask(f"SELECT 1 {listeners} AND query LIKE 'LISTEN%'", name))
    for _ in range(2):
        offer(database, dispatch)
        assert hears(dispatch)


@pytest.mark.slow
def test_it_ends_also_while_the_server_is_away(
    database: Database,
    dispatch: ClusterDispatch,
    postgres: Server,  # noqa: F811
) -> None:
    apply_schema(database)
    dispatch.listen()
    postgres.stop()
    try:
        dispatch.wait(0.2)
        dispatch.close()
    finally:
        postgres.start()


def test_a_home_on_postgresql_is_made_and_opened(tmp_path: Path, empty_postgres_url: str) -> None:  # noqa: F811
    found_home(tmp_path, database=empty_postgres_url)
    bureau = Bureau(tmp_path)
    assert bureau.who("olga").person.name == "Olga Smit"
    bureau.centre.dispatch.listen()
    bureau.centre.dispatch.close()
    bureau.assert_intact()
    bureau.close()
    with pytest.raises(Refused, match="a Paraplu in this database already"):
        create_home(tmp_path / "another", PEOPLE[0], database=empty_postgres_url)


@pytest.mark.parametrize(
    "url", ["mysql://db/x", "postgresql://db/x", "paraplu", "postgresql+psycopg://db:port/x"]
)
def test_a_url_that_is_none_of_ours_is_refused_in_words(tmp_path: Path, url: str) -> None:
    with pytest.raises(SettingsWrong, match="postgresql\\+psycopg://"):
        create_home(tmp_path / "home", PEOPLE[0], database=url)
    assert not (tmp_path / "home").exists()


def test_a_home_whose_parts_cannot_lie_where_they_are_said_to_is_not_made(tmp_path: Path) -> None:
    one = "postgresql+psycopg://db/one"
    with pytest.raises(SettingsWrong, match="one database for cases and keys"):
        create_home(tmp_path / "home", PEOPLE[0], database=one, keys=one)
    with pytest.raises(SettingsWrong, match="a whole path"):
        create_home(tmp_path / "home", PEOPLE[0], evidence="here")
    assert not (tmp_path / "home").exists()


def test_a_database_that_does_not_answer_is_told_without_its_password(tmp_path: Path) -> None:
    found_home(tmp_path)
    nobody = "postgresql+psycopg://paraplu:s3cret@127.0.0.1:1/x"
    with pytest.raises(Exception, match="database") as failure:
        open_centre(tmp_path / "home", database=nobody)
    assert type(failure.value).__name__ == "StorageDown"
    assert "s3cret" not in str(failure.value)


def test_without_the_extra_it_says_what_to_install() -> None:
    without = "import sys; sys.modules['procrastinate'] = None; import paraplu.dispatch.cluster"
    done = subprocess.run([sys.executable, "-c", without], capture_output=True, text=True)
    assert "SettingsWrong" in done.stderr
    assert "pip install 'paraplu[cluster]'" in done.stderr
