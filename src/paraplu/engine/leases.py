"""Who works on what: this process as a worker, and the leases of the runs it holds.

A worker that is killed stops renewing its leases, and after the stall limit others take its runs over. On
the machine where it lived that need not be waited for: a worker holds a file locked as long as it lives,
and the system lets go of the lock when the process dies. A worker that is only suspended keeps its lock,
so its leases run out by the clock.
"""

from __future__ import annotations

import contextlib
import os
import platform
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from sqlalchemy import Connection

from paraplu.domain.agreement import STALL_LIMIT
from paraplu.engine.clock import Clock
from paraplu.errors import ParapluError
from paraplu.store import runs, workers
from paraplu.store.database import Database
from paraplu.store.lease_clock import leaps

_BEATS = 5  # signs of life in one stall limit
_LOOK = 1.0  # seconds between two looks whether the clock was set


class Leases:
    """This process as one worker. `folder` is where the workers of this machine keep their locks.

    `stall` is how long a worker may be silent before its runs are taken over.
    """

    def __init__(
        self,
        database: Database,
        clock: Clock,
        version: str,
        folder: Path,
        stall: timedelta = STALL_LIMIT,
    ) -> None:
        self._database = database
        self._clock = clock
        self._version = version
        self._folder = folder
        self.stall = stall
        self._worker: str | None = None
        self._file: IO[bytes] | None = None
        self._stopped = threading.Event()
        self._beating: threading.Thread | None = None
        self._entered = 0
        self._door = threading.Lock()

    @property
    def worker(self) -> str:
        """The uid of this process as a worker. Only while it is working."""
        if self._worker is None:
            raise RuntimeError("This process is not a worker now.")
        return self._worker

    @contextmanager
    def working(self) -> Iterator[None]:
        """Be a worker: from here on leases are renewed. May be nested and shared by threads."""
        with self._door:
            if self._entered == 0:
                self._enter()
            self._entered += 1
        try:
            yield
        finally:
            with self._door:
                self._entered -= 1
                if self._entered == 0:
                    self._leave()

    def take(self, connection: Connection, uid: str, slots: int) -> Any:
        """Take a run, in one of the `slots` of its credential. None when it is not to be had.

        The row that is given has the token that every later write about the run must name.
        """
        return runs.take(connection, uid, self.worker, slots, self._lease_ms, self._clock.ms())

    def bury(self) -> None:
        """End the leases of workers of this machine that died without a word."""
        with self._database.read() as connection:
            silent = workers.of_machine(connection, _machine())
        dead = [row.uid for row in silent if row.uid != self._worker and self._is_dead(row.uid)]
        if not dead:
            return
        with self._database.write() as connection:
            for uid in dead:
                workers.leave(connection, uid, self._clock.ms())
            runs.void(connection, dead)
        for uid in dead:
            with contextlib.suppress(OSError):
                self._lock_of(uid).unlink()

    def beat(self) -> None:
        """Give a sign of life, and renew the leases of everything this worker holds."""
        with self._database.write(power_safe=False) as connection:
            workers.beat(connection, self.worker, self._clock.ms())
            runs.renew(connection, self.worker, self._lease_ms)

    @property
    def _lease_ms(self) -> int:
        return int(self.stall.total_seconds() * 1000)

    def _enter(self) -> None:
        self._worker = self._clock.uid()
        self._folder.mkdir(parents=True, exist_ok=True)
        self._file = self._lock_of(self._worker).open("a+b")
        _lock(self._file.fileno())
        now = self._clock.ms()
        with self._database.write(power_safe=False) as connection:
            workers.enter(
                connection,
                uid=self._worker,
                machine=_machine(),
                process=os.getpid(),
                version=self._version,
                started_at=now,
                beat_at=now,
            )
        self._stopped.clear()
        self._beating = threading.Thread(target=self._keep_beating, name="leases", daemon=True)
        self._beating.start()

    def _leave(self) -> None:
        self._stopped.set()
        if self._beating is not None:
            self._beating.join()
        try:
            with self._database.write(power_safe=False) as connection:
                workers.leave(connection, self.worker, self._clock.ms())
        except ParapluError:
            pass  # the free lock tells the others
        finally:
            if self._file is not None:
                self._file.close()
                with contextlib.suppress(OSError):
                    self._lock_of(self.worker).unlink()
            self._worker = self._file = self._beating = None

    def _keep_beating(self) -> None:
        every = self.stall.total_seconds() / _BEATS
        due, seen = time.monotonic() + every, 0
        while not self._stopped.wait(min(every, _LOOK)):
            with contextlib.suppress(
                ParapluError
            ):  # the database is away: the next beat may reach it
                leapt = self._leaps()
                if leapt != seen or time.monotonic() >= due:
                    self.beat()
                    due, seen = time.monotonic() + every, leapt

    def _leaps(self) -> int:
        with self._database.read() as connection:
            return leaps(connection)

    def _is_dead(self, worker: str) -> bool:
        """Whether nobody holds the lock of a worker of this machine. One without a file is not ours."""
        try:
            with self._lock_of(worker).open("r+b") as file:
                return _lock(file.fileno())
        except OSError:
            return False

    def _lock_of(self, worker: str) -> Path:
        return self._folder / f"{worker}.lock"


def _machine() -> str:
    return platform.node()[:80] or "unnamed"


def _lock(descriptor: int) -> bool:
    """Take an exclusive lock on an open file, without waiting."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
