"""Bureaus for tests: a home is made once and copied for each test."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

HERE = Path(__file__).resolve().parent
if str(HERE) not in sys.path:
    sys.path.insert(0, str(HERE))

from bureau import Bureau  # noqa: E402
from bureaus import bureau, founded  # noqa: E402
from desk import Desk  # noqa: E402

__all__ = ["bureau", "founded"]


@pytest.fixture
def desk(bureau: Bureau, tmp_path: Path) -> Desk:
    """A client at its watched folder."""
    return Desk(bureau, tmp_path / "share" / "noordwijk")
