"""Makes the tests' own service centre importable: the store is tested on real databases with real cases."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ENGINE = Path(__file__).resolve().parents[1] / "engine"
if str(ENGINE) not in sys.path:
    sys.path.insert(0, str(ENGINE))

from bureau import Bureau, found_home, moved_in  # noqa: E402

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
def bureau(founded: Path, tmp_path: Path) -> Iterator[Bureau]:
    """A bureau of the test's own."""
    opened = moved_in(founded, tmp_path / "bureau")
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
