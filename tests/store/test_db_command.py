"""`paraplu db` as somebody types it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from paraplu.settings import Home
from paraplu.store.tables import SCHEMA
from store.released import unpack_home

pytestmark = pytest.mark.slow


def paraplu(home: Home, *arguments: str) -> tuple[int, dict[str, Any]]:
    """What a command answers: its exit code and its one line of JSON."""
    command = [sys.executable, "-m", "paraplu.cli.main", *arguments, "--json"]
    done = subprocess.run(
        [*command, "--home", str(home.path)],
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONWARNINGS": "error::ResourceWarning"},
    )
    assert "Traceback" not in done.stderr
    return done.returncode, json.loads(done.stdout)


def test_an_earlier_home_is_refused_upgraded_and_used(tmp_path: Path) -> None:
    home = unpack_home(tmp_path, demo=True)
    acting = ("--as", "ines.bakker")
    code, said = paraplu(home, "cases", "list", *acting)
    assert code == 1
    assert "paraplu db upgrade" in said["error"]
    code, said = paraplu(home, "db", "status")
    assert (code, said["schema"], said["needed"]) == (1, 1, SCHEMA)
    code, said = paraplu(home, "db", "upgrade", *acting)
    assert (code, said["before"], said["after"]) == (0, 1, SCHEMA)
    assert Path(said["backup"]).is_file()
    code, said = paraplu(home, "db", "status")
    assert (code, said["schema"]) == (0, SCHEMA)
    code, said = paraplu(home, "audit", "verify")
    assert (code, said["intact"], said["entries"]) == (0, True, 83)
    code, said = paraplu(home, "db", "upgrade", *acting)
    assert (code, said["before"], said["backup"]) == (0, SCHEMA, None)
