"""`paraplu worker` as an operator meets it."""

from __future__ import annotations

import getpass
import json
import subprocess
import sys
from pathlib import Path

import pytest

from paraplu.bootstrap import create_home
from paraplu.domain.person import Person, Role


def paraplu(home: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """One call of the command line."""
    command = [sys.executable, "-m", "paraplu.cli.main", *arguments, "--home", str(home)]
    return subprocess.run(command, capture_output=True, text=True, timeout=120)


def home_of(folder: Path, role: Role) -> Path:
    """A home whose only person, the user of this computer, has this role."""
    somebody = Person(
        handle="somebody", name="Somebody", roles=(role,), system_user=getpass.getuser()
    )
    home, _known = create_home(folder / "home", somebody)
    return home.path


def test_a_worker_without_work_says_so_and_ends_when_asked_to(tmp_path: Path) -> None:
    done = paraplu(home_of(tmp_path, Role.OPERATOR), "worker", "--until-idle", "--places", "1")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [
        "Working, 1 run at once. Ctrl-C stops after the case in hand.",
        "Stopped.",
    ]


def test_only_who_may_run_may_start_a_worker(tmp_path: Path) -> None:
    done = paraplu(home_of(tmp_path, Role.AUDITOR), "worker", "--until-idle", "--json")
    assert done.returncode == 1
    assert "takes the role operator" in json.loads(done.stdout)["error"]


@pytest.mark.parametrize("places", ["0", "65", "many"])
def test_a_number_of_places_that_cannot_be_is_refused(tmp_path: Path, places: str) -> None:
    done = paraplu(tmp_path, "worker", "--places", places)
    assert done.returncode == 2
    assert "--places" in done.stderr
