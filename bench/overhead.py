"""What the engine and the audit log cost on top of the bare change, in CPU time, through a real browser."""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil
from figure import Figure
from stage import ROOT  # noqa: F401  puts the tests on the path

_CASES = 20
_ROUNDS = 3
_LOOK = 0.05  # seconds between two looks at the processes


def overheads() -> list[Figure]:
    """The same corrections, by turns with and without the engine."""
    from crash.backlog import Backlog
    from crash.scene import Scene
    from crash.stage import Stage

    with_engine, without = [], []
    with tempfile.TemporaryDirectory(prefix="paraplu-bench-") as name:
        folder = Path(name)
        scene = Scene.prepare(folder / "scene", Backlog(_CASES, 0))
        for number in range(_ROUNDS):
            for how, found in (("engine", with_engine), ("bare", without)):
                with Stage.set(scene, folder / f"{how}-{number}") as stage:
                    found.append(_cpu(how, stage.folder))
    ratio = statistics.median(with_engine) / statistics.median(without)
    each = [statistics.median(found) / _CASES for found in (with_engine, without)]
    return [
        Figure(
            "engine + audit over the bare change, CPU per case, practice office",
            "robocorp 1.05x without any of this",
            "<= 1.10x",
            f"{ratio:.2f}x ({each[0]:.2f} s and {each[1]:.2f} s)",
            ratio <= 1.10,
            f"medians of {_ROUNDS}, {_CASES} cases each, sign-in and start of the browser included",
        )
    ]


def _cpu(how: str, folder: Path) -> float:
    """CPU seconds of one turn: of its process and everything below it."""
    command = [sys.executable, str(Path(__file__).with_name("one_run.py")), how, str(folder)]
    process = psutil.Popen(command, stdout=subprocess.PIPE, text=True)
    seen: dict[tuple[int, float], float] = {}
    while process.poll() is None:
        for one in [process, *process.children(recursive=True)]:
            try:
                times = one.cpu_times()
                seen[one.pid, one.create_time()] = times.user + times.system
            except psutil.Error:
                continue
        time.sleep(_LOOK)
    done = int((process.stdout.read() if process.stdout else "").strip() or 0)
    if process.returncode != 0 or done != _CASES:
        raise RuntimeError(f"{how}: {done} of {_CASES} cases were done ({process.returncode}).")
    return sum(seen.values())
