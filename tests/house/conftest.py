"""The house as the tests about it see it: its root, its source files, its plugin packages."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE_ROOTS = ("src", "bots", "connectors")


@pytest.fixture(scope="session")
def root() -> Path:
    """The folder of pyproject.toml."""
    return ROOT


@pytest.fixture(scope="session")
def modules() -> Sequence[Path]:
    """Every Python module of the three source roots."""
    found = [path for name in SOURCE_ROOTS for path in sorted((ROOT / name).rglob("*.py"))]
    assert len(found) > 100
    return found


@pytest.fixture(scope="session")
def plugin_packages() -> Sequence[Path]:
    """The folders of the packages in bots/ and connectors/."""
    found = [
        path
        for name in ("bots", "connectors")
        for path in sorted((ROOT / name).iterdir())
        if path.is_dir() and path.name != "__pycache__"
    ]
    assert len(found) >= 4
    return found


@pytest.fixture(scope="session")
def tracked() -> Sequence[Path]:
    """Every file that git tracks here and that is still there."""
    if not (ROOT / ".git").exists():
        pytest.skip("this is not a git repository, so nothing is tracked")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    paths = [ROOT / name.decode() for name in listed.stdout.split(b"\0") if name]
    return [path for path in paths if path.is_file()]
