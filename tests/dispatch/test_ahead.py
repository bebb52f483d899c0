"""What children need is loaded once, in the process that they are forked from."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys

import pytest
from farm import HERE, PATIENCE


@pytest.mark.slow
@pytest.mark.skipif(
    "forkserver" not in multiprocessing.get_all_start_methods(), reason="children are forked here"
)
def test_a_child_loads_nothing_of_what_it_makes_its_tools_of() -> None:
    """In a program of its own: here children may have been started before, from other tools."""
    environment = {**os.environ, "PYTHONPATH": str(HERE)}
    program = [sys.executable, "-c", "import begun; begun.begin()"]
    ended = subprocess.run(
        program, env=environment, capture_output=True, text=True, timeout=PATIENCE
    )
    assert (ended.stdout, ended.returncode) == ("ready\n", 0), ended.stderr
