"""Our own bots and connectors are plugins like a stranger's: registered, and under a name of their own."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from importlib import import_module
from importlib.metadata import EntryPoint, distribution
from pathlib import Path

import pytest

from paraplu.plugins import Plugins

ROOT = Path(__file__).resolve().parents[2]
_PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
_GROUPS = {"bots": "paraplu.bots", "connectors": "paraplu.connectors"}
_POINTS = [
    EntryPoint(name, value, group)
    for group, points in _PROJECT["entry-points"].items()
    for name, value in points.items()
]


def test_every_package_is_registered_in_the_group_of_its_folder(
    plugin_packages: Sequence[Path],
) -> None:
    registered = {(point.group, point.module.partition(".")[0]) for point in _POINTS}
    wanted = {(_GROUPS[path.parent.name], path.name) for path in plugin_packages}
    assert wanted - registered == set()


def test_every_package_has_a_name_that_is_ours(root: Path, plugin_packages: Sequence[Path]) -> None:
    foreign = [path.name for path in plugin_packages if not path.name.startswith("paraplu_")]
    assert foreign == []
    assert [path.name for path in (root / "src").iterdir() if path.is_dir()] == ["paraplu"]


def test_what_is_installed_is_what_the_project_registers() -> None:
    """Red after a new entry point until `python3 dev setup` has installed it."""
    installed = {
        (point.group, point.name, point.value) for point in distribution("paraplu").entry_points
    }
    scripts = {("console_scripts", name, value) for name, value in _PROJECT["scripts"].items()}
    assert installed == scripts | {(point.group, point.name, point.value) for point in _POINTS}


def test_a_plugin_may_be_a_single_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "single_module.py").write_text("class Connector: pass\n")
    (tmp_path / "neighbour.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    given = import_module("single_module").Connector()
    alone = Plugins(connectors={"single": given})
    ours = Plugins()
    assert alone.catalogues == ours.catalogues
    service, target = next(iter(ours.bot_group)), next(iter(ours.target_group))
    before = alone.code_hash(service, target)
    assert before != ours.code_hash(service, target)
    (tmp_path / "neighbour.py").write_text("changed = True\n")
    assert alone.code_hash(service, target) == before


@pytest.mark.parametrize("point", _POINTS, ids=lambda point: point.name)
def test_what_is_registered_can_be_loaded(point: EntryPoint) -> None:
    assert point.load() is not None
