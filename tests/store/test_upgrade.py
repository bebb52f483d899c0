"""A database of an earlier release comes to this one's schema whole, or stays what it was."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from bureau import ORDER, Bureau
from sqlalchemy import select, text

from paraplu.bootstrap import upgrade_home
from paraplu.errors import Refused, SchemaMismatch
from paraplu.settings import Home
from paraplu.store import cases, tables
from paraplu.store.database import Database
from paraplu.store.upgrade import migrate, upgrade
from store.released import unpack_home

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)


@pytest.fixture
def released(tmp_path: Path) -> Home:
    return unpack_home(tmp_path)


@pytest.fixture
def bureau(released: Home, tmp_path: Path) -> Iterator[Bureau]:
    """That home after the upgrade, in the afternoon of its day."""
    upgrade_home(released.path, None)
    opened = Bureau(tmp_path)
    opened.time.go_on(hours=8)
    yield opened
    opened.close()


def nothing(*_: Any) -> None:
    """Nothing else is to be done."""


def names(database: Database) -> set[str]:
    """What the database itself says is in it: tables, indexes, constraints."""
    query = (
        "SELECT type || ' ' || name FROM sqlite_master"
        if database.is_sqlite
        else "SELECT 'index ' || indexdef FROM pg_indexes WHERE schemaname = 'public' UNION ALL"
        " SELECT conname || ' ' || pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace"
    )
    with database.read() as connection:
        return set(connection.execute(text(query)).scalars())


def test_a_database_made_step_by_step_is_the_same_as_a_new_one(
    empty_url: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    stepwise = Database(empty_url)
    if stepwise.is_sqlite:
        new = Database(f"sqlite:///{tmp_path / 'new.db'}")
        new.create()
    else:
        new = Database(request.getfixturevalue("postgres_url"))
    with stepwise.write() as connection:
        migrate(connection, None)
    stepwise.check()
    with stepwise.write() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "compare_server_default": True}
        )
        different = [str(one) for one in compare_metadata(context, tables.metadata)]
    if stepwise.is_sqlite:  # which does not know how long a text may be
        different = [one for one in different if "'entries', 'actor'" not in one]
    assert different == []
    assert names(stepwise) == names(new)
    stepwise.close()
    new.close()


def test_the_log_of_the_first_release_is_whole_after_the_upgrade(bureau: Bureau) -> None:
    entries = bureau.entries()
    assert len(entries) == 83
    assert entries[-1].kind == "database-upgraded"
    assert entries[-1].rpa["detail"] == {"schema": tables.SCHEMA, "schema_before": 1}
    bureau.assert_intact()
    shown = bureau.shown(case=bureau.case("A-1").uid)
    assert any("2600.00" in str(one.values) for one in shown)


def test_its_cases_can_be_read(bureau: Bureau) -> None:
    states = {f"A-{number}": bureau.state(f"A-{number}") for number in range(1, 8)}
    assert states == {
        "A-1": "done",
        "A-2": "done",
        "A-3": "waiting",
        "A-4": "returned",
        "A-5": "already-so",
        "A-6": "working",
        "A-7": "received",
    }
    assert bureau.state("B-1", ORDER) == "done"
    assert bureau.told("A-4")


def test_a_run_goes_on_where_the_first_release_was_broken_off(bureau: Bureau) -> None:
    bureau.approve("A-3")
    bureau.run()
    assert [bureau.state(f"A-{number}") for number in (3, 6, 7)] == ["done"] * 3
    assert bureau.intents("A-6") == ["confirmed"]  # seen to be done, not done once more
    assert bureau.case("A-6").crashes == 1
    bureau.assert_intact()


def test_the_backup_beside_it_is_what_was_there_before(released: Home) -> None:
    with closing(sqlite3.connect(released.path / "paraplu.db")) as database:
        before = list(database.iterdump())
    done = upgrade_home(released.path, None)
    assert (done.before, done.after) == (1, tables.SCHEMA)
    assert done.backup is not None
    assert done.backup.parent == released.path
    assert done.backup.stat().st_mode & 0o077 == 0
    with closing(sqlite3.connect(done.backup)) as database:
        assert list(database.iterdump()) == before


def test_what_is_up_to_date_is_left_alone(database: Database) -> None:
    done = upgrade(database, NOW, lambda *_: pytest.fail("nothing was to be done"))
    assert (done.before, done.after, done.backup) == (tables.SCHEMA, tables.SCHEMA, None)


def test_an_upgrade_that_fails_leaves_everything_as_it_was(released: Home) -> None:
    database = Database(released.database_url)

    def fail(*_: Any) -> None:
        raise ZeroDivisionError

    before = names(database)
    with pytest.raises(ZeroDivisionError):
        upgrade(database, NOW, fail)
    assert database.schema() == 1
    assert names(database) == before
    assert upgrade(database, NOW.replace(minute=1), nothing).after == tables.SCHEMA
    database.close()


def test_on_postgresql_a_failed_upgrade_leaves_nothing_either(empty_postgres_url: str) -> None:
    database = Database(empty_postgres_url)
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        migrate(connection, None)
        raise ZeroDivisionError
    assert database.schema() is None
    assert names(database) == set()
    database.close()


def test_without_a_backup_nothing_is_changed(released: Home) -> None:
    database = Database(released.database_url)
    (released.path / "paraplu-schema-1-20261122T080000Z.db").touch()
    with pytest.raises(Refused, match="is there already"):
        upgrade(database, NOW, nothing)
    assert database.schema() == 1
    database.close()


def test_a_start_on_another_schema_says_what_to_do(released: Home, tmp_path: Path) -> None:
    with pytest.raises(
        SchemaMismatch, match=r"has schema 1, .* needs \d\. Run: paraplu db upgrade"
    ):
        Bureau(tmp_path).centre  # noqa: B018
    database = Database(released.database_url)
    with database.write() as connection:
        connection.execute(tables.meta.update().values(value="99"))
    with pytest.raises(SchemaMismatch, match="Use the newer Paraplu version that wrote it"):
        database.check()
    with pytest.raises(SchemaMismatch, match="Use the newer Paraplu version that wrote it"):
        upgrade(database, NOW, nothing)
    database.close()


def test_an_empty_database_is_not_upgraded_but_made(empty_url: str) -> None:
    with pytest.raises(SchemaMismatch, match="Run: paraplu init"):
        upgrade(Database(empty_url), NOW, nothing)


def test_a_run_that_never_ended_is_not_due_after_the_upgrade(released: Home) -> None:
    upgrade_home(released.path, None)
    database = Database(released.database_url)
    with database.read() as connection:
        rows = list(connection.execute(select(tables.runs)))
        (left,) = [row for row in cases.listed(connection) if row.run is not None]
    assert {row.ending for row in rows} == {"finished", "died"}
    assert all(row.ended_at for row in rows)
    assert left.run == next(row.uid for row in rows if row.ending == "died")
    database.close()
