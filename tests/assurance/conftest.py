"""Bureaus whose record is proved, questioned, exported."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
for _folder in (HERE, HERE.parent / "engine"):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from bureau import Bureau, moved_in  # noqa: E402
from bureaus import bureau, founded  # noqa: E402
from lives import live_through  # noqa: E402

__all__ = ["bureau", "founded"]


@pytest.fixture(scope="session")
def lived(founded: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which a whole story has happened."""
    folder = tmp_path_factory.mktemp("lived")
    bureau = moved_in(founded, folder)
    live_through(bureau)
    assert bureau.totals() == {
        "rows": 10,
        "received": 8,
        "refused": 1,
        "duplicates": 1,
        "done": 2,
        "already": 1,
        "returned": 2,
        "declined": 1,
        "withdrawn": 1,
        "by_hand": 1,
    }
    bureau.close()
    return folder


@pytest.fixture
def after(lived: Path, tmp_path: Path) -> Iterator[Bureau]:
    """A copy of it, to be tampered with."""
    bureau = moved_in(lived, tmp_path / "after")
    yield bureau
    bureau.close()
