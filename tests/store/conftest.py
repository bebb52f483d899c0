"""Makes the tests' own service centre importable: the store is tested on real databases with real cases."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[1] / "engine"
if str(ENGINE) not in sys.path:
    sys.path.insert(0, str(ENGINE))

from bureau import Bureau, found_home, moved_in  # noqa: E402
from sqlalchemy import create_engine, select  # noqa: E402

from paraplu.settings import load_home  # noqa: E402
from paraplu.store import tables  # noqa: E402
from paraplu.store.database import Database  # noqa: E402
from paraplu.store.keys import KeyStore  # noqa: E402
from postgres import empty_postgres_url, postgres, postgres_url  # noqa: E402, F401

MASTER, INDEX = b"m" * 32, b"i" * 32
BOTH = ("sqlite", "postgresql")


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with its settings in force and nothing taken in yet."""
    folder = tmp_path_factory.mktemp("founded")
    found_home(folder)
    return folder


@pytest.fixture(params=BOTH)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with our tables: each test runs on both kinds."""
    if request.param == "sqlite":
        made = Database(f"sqlite:///{tmp_path / 'fresh.db'}")
        made.create()
        made.close()
        yield made.url
    else:
        yield request.getfixturevalue("postgres_url")


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    """A database with our tables and nothing in them."""
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture
def bureau(founded: Path, tmp_path: Path, url: str) -> Iterator[Bureau]:
    """A bureau of the test's own, on both kinds of databases."""
    opened = moved_in(founded, tmp_path / "bureau")
    home = load_home(opened.home)
    if not url.startswith("sqlite"):
        _copy_rows(home.database_url, url)
        replace(home, database=url).save()
    yield opened
    opened.close()


@pytest.fixture(params=BOTH)
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without tables, of both kinds."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'empty.db'}"
    else:
        yield request.getfixturevalue("empty_postgres_url")


@pytest.fixture
def keys_url(empty_url: str) -> str:
    """Where the keys are kept."""
    return empty_url


@pytest.fixture
def store(keys_url: str) -> Iterator[KeyStore]:
    """An empty key store."""
    opened = KeyStore(keys_url, MASTER, INDEX)
    opened.create()
    yield opened
    opened.close()


def _copy_rows(here: str, there: str) -> None:
    source, target = create_engine(here), create_engine(there)
    with source.connect() as old, target.begin() as new:
        for table in tables.metadata.sorted_tables:
            new.execute(table.delete())
            if rows := [row._asdict() for row in old.execute(select(table))]:
                new.execute(table.insert(), rows)
    source.dispose()
    target.dispose()
