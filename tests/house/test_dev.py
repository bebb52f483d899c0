"""The two commands: that they are there, say plainly what is missing, and need nothing but Python."""

from __future__ import annotations

import ast
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

import pytest


@pytest.fixture
def dev(root: Path) -> Path:
    return root / "dev"


def called(dev: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(dev), *arguments],
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )


def test_the_commands_of_the_readme_are_there(root: Path, dev: Path) -> None:
    named = set(re.findall(r"python3 dev ([a-z]+)", (root / "README.md").read_text("utf-8")))
    assert {"demo", "test"} <= named
    offered = set(re.findall(r"^  ([a-z]+)\b", called(dev, "--help").stdout, re.MULTILINE))
    assert named <= offered


def test_ci_calls_the_test_command_of_the_readme(root: Path) -> None:
    lines = (root / ".ci" / "run").read_text("utf-8").splitlines()
    assert lines[-1].split("<")[0].split() == ["exec", "python3", "dev", "test"]


def test_a_python_of_2016_can_read_the_file_and_so_say_that_it_is_too_old(dev: Path) -> None:
    ast.parse(dev.read_text("utf-8"), feature_version=(3, 6))


def test_the_age_of_python_is_looked_at_before_anything_new_is_imported(dev: Path) -> None:
    statements = ast.parse(dev.read_text("utf-8")).body
    before = next(number for number, one in enumerate(statements) if isinstance(one, ast.If))
    imports = [ast.unparse(one) for one in statements[:before] if isinstance(one, ast.Import)]
    assert imports == ["import sys"]
    assert not any(isinstance(one, ast.ImportFrom) for one in statements[:before])


def test_nothing_but_the_standard_library_is_imported(dev: Path) -> None:
    found: set[str] = set()
    for node in ast.walk(ast.parse(dev.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {name.name.partition(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add(str(node.module).partition(".")[0])
    assert found - set(sys.stdlib_module_names) == set()


def test_the_file_can_be_started_by_its_name(dev: Path) -> None:
    assert dev.read_text("utf-8").startswith("#!/usr/bin/env python3\n")
    if os.name == "posix":
        assert os.access(dev, os.X_OK)


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["demonstrate"], 2, "There is no command 'demonstrate'."),
        (["test", "--quick", "--all"], 2, "Choose one of --quick and --all."),
        (["check", "everything"], 2, "`check` takes no options"),
    ],
)
def test_a_wrong_command_is_told_apart_from_a_failure(
    dev: Path, arguments: Sequence[str], code: int, words: str
) -> None:
    done = called(dev, *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert "Traceback" not in done.stderr


def test_an_incomplete_copy_of_the_sources_is_named(dev: Path, tmp_path: Path) -> None:
    shutil.copy(dev, tmp_path)
    done = called(tmp_path / "dev", "setup")
    assert done.returncode == 1
    assert "is this a whole copy of the sources?" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_renewing_the_lock_without_uv_says_so(dev: Path) -> None:
    done = called(dev, "lock", PATH="")
    assert done.returncode == 1
    assert "needs uv" in done.stderr


@pytest.fixture
def copy(root: Path, tracked: Sequence[Path], tmp_path: Path) -> Path:
    """The tracked files in a new folder with a space in its name."""
    folder = tmp_path / "a new folder"
    for path in tracked:
        target = folder / path.relative_to(root)
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, target)
    return folder


@pytest.mark.slow
def test_no_index_to_be_reached_is_one_clear_sentence(copy: Path, tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    done = called(
        copy / "dev",
        "setup",
        HOME=str(tmp_path / "home"),
        # Nobody listens there.
        PIP_INDEX_URL="http://127.0.0.1:9/simple",
        PIP_EXTRA_INDEX_URL="",
        PIP_FIND_LINKS="",
        PIP_CONFIG_FILE=os.devnull,
        PIP_NO_CACHE_DIR="1",
        PIP_RETRIES="1",
    )
    assert done.returncode == 1
    assert "no package index can be reached. Look at the network" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (copy / ".venv" / "paraplu-setup.json").exists()


@pytest.mark.long
@pytest.mark.skipif(os.name != "posix", reason="kills as POSIX does")
def test_a_set_up_that_was_killed_is_made_anew_and_then_left_alone(copy: Path) -> None:
    """Needs a package index."""
    packages = copy / ".venv" / "lib" / f"python3.{sys.version_info[1]}" / "site-packages"
    first = subprocess.Popen(
        [sys.executable, str(copy / "dev"), "setup"],
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while first.poll() is None and not (packages / "annotated_types").exists():
        time.sleep(0.05)
    os.killpg(first.pid, signal.SIGKILL)
    assert first.wait() == -signal.SIGKILL

    second = called(copy / "dev", "setup")
    assert second.returncode == 0, second.stderr
    assert "Making .venv" in second.stderr
    names = subprocess.run(
        [str(copy / ".venv" / "bin" / "paraplu"), "--help"], capture_output=True, text=True
    )
    assert names.stdout.startswith("Usage: paraplu")

    third = called(copy / "dev", "setup")
    assert (third.returncode, third.stderr) == (0, "Ready.\n")

    with (copy / "pyproject.toml").open("a", encoding="utf-8") as file:
        file.write("# Changed.\n")
    fourth = called(copy / "dev", "setup")
    assert fourth.returncode == 0
    assert "Installing Paraplu itself" in fourth.stderr
    assert "what the lock names" not in fourth.stderr
