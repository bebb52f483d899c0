"""The wheel holds the whole house: hatchling silently leaves out what git ignores or nobody names."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from email.parser import Parser
from pathlib import Path
from zipfile import ZipFile

import pytest
from hatchling.builders.wheel import WheelBuilder

pytestmark = pytest.mark.slow

_SOURCE_ROOTS = ("src", "bots", "connectors")


@pytest.fixture(scope="module")
def wheel(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the sources as they are, without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    (built,) = WheelBuilder(str(root)).build(directory=str(folder), versions=["standard"])
    return Path(built)


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_every_tracked_file_of_the_sources_is_in_the_wheel(
    root: Path, tracked: Sequence[Path], names: set[str]
) -> None:
    relative = [path.relative_to(root) for path in tracked]
    wanted = {
        path.relative_to(path.parts[0]).as_posix()
        for path in relative
        if path.parts[0] in _SOURCE_ROOTS
    }
    assert wanted - names == set()


@pytest.mark.parametrize(
    ("prefix", "suffix"),
    [
        ("paraplu_payroll/", ".py"),
        ("paraplu_procurement/", ".py"),
        ("paraplu_browser/", ".py"),
        ("paraplu_spreadsheet/", ".py"),
        ("paraplu_payroll/locale/", ".po"),
        ("paraplu_procurement/locale/", ".po"),
        ("paraplu/practice/templates/", ".html"),
        ("paraplu/practice/static/", ".css"),
        ("paraplu/practice/static/", ".js"),
        ("paraplu/", "py.typed"),
    ],
)
def test_bots_connectors_texts_and_pages_are_in_the_wheel(
    names: set[str], prefix: str, suffix: str
) -> None:
    assert any(name.startswith(prefix) and name.endswith(suffix) for name in names)


def test_every_top_level_name_in_the_wheel_is_ours(names: set[str]) -> None:
    tops = {name.partition("/")[0] for name in names}
    information = {top for top in tops if top.endswith(".dist-info")}
    assert len(information) == 1
    assert [top for top in tops - information if top.split("_")[0] != "paraplu"] == []


def test_nothing_of_a_build_or_a_test_is_in_the_wheel(names: set[str]) -> None:
    stray = ("__pycache__", ".pyc", "/tests/", "conftest.py", ".po~")
    assert [name for name in names if any(part in name for part in stray)] == []


def test_the_wheel_runs_from_itself(wheel: Path) -> None:
    """Imported straight from the zip, so that nothing of the source folder can help."""
    script = (
        f"import sys; sys.path.insert(0, {str(wheel)!r})\n"
        "import paraplu, paraplu_payroll, paraplu_browser\n"
        "print(paraplu.__file__)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(str(wheel))


def test_the_wheel_says_what_it_needs(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith("/METADATA"))
        metadata = Parser().parsestr(archive.read(name).decode())
    assert metadata["Requires-Python"] == ">=3.11"
    needs = " ".join(metadata.get_all("Requires-Dist", []))
    assert all(package in needs for package in ("playwright", "openpyxl", "sqlalchemy", "click"))
