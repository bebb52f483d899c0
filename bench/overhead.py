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

_MANY, _FEW = 21, 4
"""Cases of two runs: what they differ by is what seventeen cases cost, without start and sign-in."""
_ROUNDS = 3
_LOOK = 0.05  # seconds between two looks at the processes


def overheads() -> list[Figure]:
    """The same corrections, by turns bare, with pictures, and with the engine."""
    from crash.backlog import Backlog
    from crash.scene import Scene
    from crash.stage import Stage

    each = {
        (how, cases): list[float]()
        for cases in (_FEW, _MANY)
        for how in ("bare", "pictures", "engine")
    }
    with tempfile.TemporaryDirectory(prefix="paraplu-bench-") as name:
        folder = Path(name)
        scenes = {
            cases: Scene.prepare(folder / f"scene-{cases}", Backlog(cases, 0))
            for cases in (_FEW, _MANY)
        }
        for number in range(_ROUNDS):
            for (how, cases), seconds in each.items():
                with Stage.set(scenes[cases], folder / f"{how}-{cases}-{number}") as stage:
                    seconds.append(_cpu(how, stage.folder, cases))
    middle = {key: statistics.median(seconds) for key, seconds in each.items()}
    bare, pictures, engine = (
        (middle[how, _MANY] - middle[how, _FEW]) / (_MANY - _FEW)
        for how in ("bare", "pictures", "engine")
    )
    whole = middle["engine", _MANY] / middle["pictures", _MANY]
    how_measured = (
        f"from medians of {_ROUNDS} runs of {_MANY} and {_FEW} cases: start and sign-in not counted"
    )
    return [
        Figure(
            "engine + audit over the bare change that takes the same pictures, CPU per case, "
            "practice office",
            "robocorp 1.05x without any of this",
            "<= 1.10x",
            f"{engine / pictures:.2f}x ({engine:.2f} s and {pictures:.2f} s)",
            engine / pictures <= 1.10,
            f"{how_measured}; {whole:.2f}x when they are",
        ),
        Figure(
            "two pictures as evidence over the bare change, CPU per case",
            "one PNG 1.10x",
            "",
            f"{pictures / bare:.2f}x ({pictures:.2f} s and {bare:.2f} s)",
            None,
            how_measured,
        ),
        Figure(
            "engine + audit + pictures over the bare change, CPU per case",
            "",
            "",
            f"{engine / bare:.2f}x",
            None,
            how_measured,
        ),
    ]


def _cpu(how: str, folder: Path, cases: int) -> float:
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
    if process.returncode != 0 or done != cases:
        raise RuntimeError(f"{how}: {done} of {cases} cases were done ({process.returncode}).")
    return sum(seen.values())
