"""Processes of the crash suite: forked from a clean one, and found again when their parent was killed.

Only a process without threads and without a browser forks. A trial is the reaper of everything below it
(prctl(2), PR_SET_CHILD_SUBREAPER), so what a killed worker leaves behind becomes its own child and is
seen. Linux only.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import sys
import threading
import time
import traceback
from collections.abc import Callable, Collection
from dataclasses import dataclass
from pathlib import Path

import psutil

_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, linux/prctl.h
_STEP = 0.05  # seconds between two looks
CAN_FORK = sys.platform == "linux"


def forked(work: Callable[[], object], log: Path) -> int:
    """Do `work` in a child process, what it says in `log`. Gives its process id.

    The child ends with 0, or with 99 after a traceback in the log.
    """
    if threading.active_count() > 1:
        raise RuntimeError("This process has threads: it must not be forked.")
    sys.stdout.flush()
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        _write_to(log)
        work()
        code = 0
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def ended(child: int, seconds: float) -> int | None:
    """How a child process ended: its exit code, a signal as a negative number. None when it still runs."""
    until = time.monotonic() + seconds
    while True:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return os.waitstatus_to_exitcode(status)
        if time.monotonic() >= until:
            return None
        time.sleep(_STEP)


def adopt_orphans() -> None:
    """Become the parent of every process whose parent dies below this one."""
    if ctypes.CDLL(None, use_errno=True).prctl(_SUBREAPER, 1, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl")


@dataclass
class Left:
    """What was left of processes that were killed.

    `late` are those that were there after the time they had, `still` those that had to be ended, by name.
    `seconds` is how long it took.
    """

    late: list[str]
    still: list[str]
    seconds: float


def await_gone(besides: Collection[int], seconds: float) -> Left:
    """Wait until nothing runs below this process but `besides`, children that may run.

    Things have so many seconds for that; on a machine with more to do than it has processors they are
    waited for longer. Orphans that have ended are reaped.
    """
    began = time.monotonic()
    longest = seconds * max(1.0, psutil.getloadavg()[0] / (os.cpu_count() or 1))
    late: list[str] | None = None
    while True:
        left = _below(besides)
        passed = time.monotonic() - began
        if late is None and passed >= seconds:
            late = [_named(one) for one in left]
        if not left or passed >= longest:
            return Left(late or [], [_named(one) for one in left], passed)
        time.sleep(_STEP)


def kill_below(besides: Collection[int] = ()) -> None:
    """Kill everything below this process."""
    for one in _below(besides):
        with contextlib.suppress(psutil.Error):
            one.kill()
    await_gone(besides, 5)


def _below(besides: Collection[int]) -> list[psutil.Process]:
    found: list[psutil.Process] = []
    for child in psutil.Process().children():
        if child.pid in besides:
            continue
        with contextlib.suppress(psutil.Error):
            if child.status() == psutil.STATUS_ZOMBIE:
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(child.pid, os.WNOHANG)
                continue
            found += [child, *child.children(recursive=True)]
    return found


def _named(process: psutil.Process) -> str:
    with contextlib.suppress(psutil.Error):
        return f"{process.pid} {' '.join(process.cmdline())[:120] or process.name()}"
    return f"{process.pid} (gone by now)"


def _write_to(log: Path) -> None:
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
