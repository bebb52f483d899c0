"""Process trees: ending a process with everything that it started."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable

import psutil

_WAIT = 3.0  # seconds for killed processes to be gone


def below(process: int) -> list[psutil.Process]:
    """Everything that descends from a process now."""
    try:
        return list(psutil.Process(process).children(recursive=True))
    except psutil.Error:
        return []


def kill_below(process: int) -> None:
    """End everything that descends from a process, but not itself. Does not wait: it is about to end."""
    _kill(below(process), 0)


def kill_tree(process: int, known: Iterable[psutil.Process] = ()) -> None:
    """End a process and everything that descends from it.

    `known` are descendants seen earlier: when the process is dead already, nothing leads to them any
    more. A process id that was given to another process since is left alone.
    """
    seen = {*known, *below(process)}
    with contextlib.suppress(psutil.Error):
        seen.add(psutil.Process(process))
    _kill(seen, _WAIT)


def _kill(processes: Iterable[psutil.Process], wait: float) -> None:
    killed = []
    for one in processes:
        with contextlib.suppress(psutil.Error):
            if one.is_running():  # false for another process with the same id
                one.kill()
                killed.append(one)
    if wait:
        psutil.wait_procs(killed, timeout=wait)
