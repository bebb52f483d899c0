"""What `schedules next --days 365` over 500 schedules costs, and a system that has nothing to do."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psutil
from figure import Figure
from stage import ROOT

_DAYS = 365
_IDLE = 60.0  # seconds
_SETTLED = 8.0  # seconds until a system that was started has nothing more to begin


def looking_ahead() -> list[Figure]:
    """The question itself in this process, and the whole command."""
    with _many_schedules() as (bureau, environment):
        centre = bureau.centre
        best = float("inf")
        for _ in range(3):
            with centre.parts.database.read() as connection:
                begun = time.process_time()
                found = centre.schedules.next(connection, _DAYS)
                best = min(best, time.process_time() - begun)
        bureau.close()
        command = [sys.executable, "-m", "paraplu.cli.main", "schedules", "next"]
        before = _children()
        done = subprocess.run(
            [*command, "--days", str(_DAYS), "--json", "--home", str(bureau.home)],
            env=environment,
            capture_output=True,
            check=True,
        )
        whole = _children() - before
    return [
        Figure(
            f"schedules next --days {_DAYS} over 500 schedules",
            "",
            "<= 1 s CPU",
            f"{best:.2f} s to find {len(found.lines)} lines; {whole:.2f} s the whole command",
            best <= 1.0,
            f"the command starts Python, opens the home and prints {len(done.stdout) >> 20} MiB besides",
        )
    ]


def idle() -> list[Figure]:
    """Clock and worker of 500 schedules with nothing due, everything below them counted."""
    with _many_schedules() as (bureau, environment):
        bureau.close()
        with psutil.Popen(_up(bureau.home), env=environment) as process:
            try:
                time.sleep(_SETTLED)
                before, begun = _used(process), time.monotonic()
                time.sleep(_IDLE)
                used = (_used(process) - before) / (time.monotonic() - begun)
            finally:
                for one in [*process.children(recursive=True), process]:
                    one.kill()
    return [
        Figure(
            "idle CPU of paraplu up, 500 schedules",
            "3-4 %",
            "<= 1 % of one core",
            f"{100 * used:.2f} %",
            used <= 0.01,
            f"over {_IDLE:.0f} s, two places",
        )
    ]


def _up(home: Path) -> list[str]:
    """`paraplu up` on this home."""
    return [sys.executable, "-m", "paraplu.cli.main", "up", "--home", str(home)]


@contextmanager
def _many_schedules() -> Iterator[tuple[Any, dict[str, str]]]:
    """A home with 500 schedules of all kinds as they are today, and the environment that has its plugins."""
    from bureau import BOOKING, ORDER, found_home, moved_in
    from farm import install_ledger
    from simulation import Simulation

    with tempfile.TemporaryDirectory(prefix="paraplu-ahead-") as name:
        found_home(Path(name, "founded"))
        bureau = moved_in(Path(name, "founded"), Path(name, "bureau"))
        now = datetime.now(UTC)
        year = timedelta(days=_DAYS + 10)
        many = Simulation(bureau, services=(BOOKING, ORDER), begin=now, end=now + year)
        many.prepare()
        for planner in many.planners[:1]:
            planner.tick()
        Path(name, "installed").mkdir()
        installed = install_ledger(Path(name, "installed"))
        path = os.pathsep.join([str(installed), str(ROOT / "tests" / "engine")])
        yield bureau, {**os.environ, "PYTHONPATH": path}


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _used(process: psutil.Process) -> float:
    """Seconds of CPU of a process and everything below it."""
    total = 0.0
    for one in [process, *process.children(recursive=True)]:
        times = one.cpu_times()
        total += times.user + times.system
    return total
