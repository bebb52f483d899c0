"""Puts this folder on the path, for the parts that its tests share, and finds what they are about."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_HERE = Path(__file__).resolve().parent
if str(_HERE) not in sys.path:
    sys.path.insert(0, str(_HERE))

from how_to import HowTo  # noqa: E402 - found on the path just given


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of pyproject.toml."""
    return _HERE.parents[1]


@pytest.fixture(scope="session")
def pages(root: Path) -> tuple[HowTo, HowTo]:
    """The pages "Add a bot" and "Add a target"."""
    folder = root / "docs" / "how-to"
    return HowTo(folder / "add-a-bot.md"), HowTo(folder / "add-a-target.md")


@pytest.fixture(scope="session")
def distribution() -> Path:
    """The stranger's distribution."""
    return _HERE / "phone_allowance"
