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

from paraplu.store.keys import KeyStore  # noqa: E402

MASTER, INDEX = b"m" * 32, b"i" * 32


@pytest.fixture(scope="session")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A home with its settings in force and nothing taken in yet."""
    folder = tmp_path_factory.mktemp("founded")
    found_home(folder)
    return folder


@pytest.fixture
def bureau(founded: Path, tmp_path: Path) -> Iterator[Bureau]:
    """A bureau of the test's own."""
    opened = moved_in(founded, tmp_path / "bureau")
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[KeyStore]:
    """An empty key store."""
    opened = KeyStore(f"sqlite:///{tmp_path / 'keys.db'}", MASTER, INDEX)
    opened.create()
    yield opened
    opened.close()
