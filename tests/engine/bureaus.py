"""Fixtures of bureaus: a home is made once and copied for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from bureau import Bureau, found_home, moved_in


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
