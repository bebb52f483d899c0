"""The cache holds whole folders only, each built once, whoever is killed and whoever comes second."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from products.cache import Cache

BUILDER = """
import sys, time
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from products.cache import Cache

def build(folder):
    with Path(sys.argv[3]).open("a") as log:
        log.write("built\\n")
    (folder / "half").touch()
    time.sleep(float(sys.argv[4]))
    (folder / "whole").touch()

print(Cache(Path(sys.argv[2])).folder("thing", build), flush=True)
"""


def builder(root: Path, log: Path, seconds: float) -> subprocess.Popen[str]:
    """A process that builds the folder `thing` of the cache in that many seconds."""
    tests = Path(__file__).resolve().parents[1]
    arguments = [str(tests), str(root), str(log), str(seconds)]
    return subprocess.Popen(
        [sys.executable, "-c", BUILDER, *arguments], stdout=subprocess.PIPE, text=True
    )


def test_a_folder_is_built_once_and_found_again(tmp_path: Path) -> None:
    built: list[Path] = []
    cache = Cache(tmp_path)
    first = cache.folder("thing", built.append)
    assert cache.folder("thing", built.append) == first == tmp_path / "thing"
    assert len(built) == 1


def test_a_build_that_fails_leaves_nothing_behind(tmp_path: Path) -> None:
    def fail(folder: Path) -> None:
        (folder / "half").touch()
        raise RuntimeError("no network")

    with pytest.raises(RuntimeError, match="no network"):
        Cache(tmp_path).folder("thing", fail)
    assert [path.name for path in tmp_path.iterdir()] == ["thing.lock"]


def test_two_processes_at_once_build_one_folder(tmp_path: Path) -> None:
    log = tmp_path / "log"
    both = [builder(tmp_path / "cache", log, 0.5) for _ in range(2)]
    said = {process.communicate()[0].strip() for process in both}
    assert said == {str(tmp_path / "cache" / "thing")}
    assert log.read_text() == "built\n"


def test_a_killed_build_is_no_folder_and_the_next_one_clears_it_away(tmp_path: Path) -> None:
    log, root = tmp_path / "log", tmp_path / "cache"
    killed = builder(root, log, 60)
    while not list(root.glob("thing.building-*/half")):
        assert killed.poll() is None
        time.sleep(0.02)
    killed.kill()
    killed.communicate()
    assert not (root / "thing").exists()
    assert builder(root, log, 0).wait() == 0
    assert sorted(path.name for path in root.iterdir()) == ["thing", "thing.lock"]
    assert (root / "thing" / "whole").exists()
