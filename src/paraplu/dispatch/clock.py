"""The clock: wakes the planner when a planned run is due, and now and then for what others have changed.

APScheduler 3.11 with its store in memory keeps the next instant. It decides nothing and may be lost at any
moment: what is due stands in the ledger of planned runs. Between two instants the planner looks every few
seconds by the clock that nobody sets, so that one that is set back makes nobody deaf.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any, Protocol

from paraplu.store.database import StorageDown

LOOKS = 5.0
"""Seconds between two looks for events and for settings that somebody has changed."""

_JOB = "due"


class Ticking(Protocol):
    """What the clock wakes: `paraplu.engine.planned.Planner`."""

    def tick(self) -> int | None:
        """Do what is due; give when the next is (milliseconds since 1970), None when nothing is planned."""


class ScheduleClock:
    """Wakes a planner in threads of its own. `trouble` hears of errors; after one the clock goes on."""

    def __init__(
        self, planner: Ticking, trouble: Callable[[Exception], None], looks: float = LOOKS
    ) -> None:
        self._planner = planner
        self._trouble = trouble
        self._looks = looks
        self._scheduler: Any = None
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._door = threading.Lock()

    def start(self) -> None:
        """Begin."""
        from apscheduler.executors.pool import ThreadPoolExecutor
        from apscheduler.schedulers.background import BackgroundScheduler

        self._scheduler = BackgroundScheduler(
            timezone=UTC, executors={"default": ThreadPoolExecutor(1)}
        )
        self._scheduler.start()
        self._stopped.clear()
        self._thread = threading.Thread(target=self._look_now_and_then, name="clock", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End; a tick that is going is waited for."""
        self._stopped.set()
        with self._door:
            pass  # a tick that sets the scheduler while that is shut down would wait for it for ever
        if self._thread is not None:
            self._thread.join()
            self._thread = None
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=True)
            self._scheduler = None

    @contextmanager
    def going(self) -> Iterator[None]:
        """Goes as long as the context."""
        self.start()
        try:
            yield
        finally:
            self.stop()

    def beside(self, ended: threading.Event) -> None:
        """Go until `ended`, beside a worker."""
        with self.going():
            ended.wait()

    def _look_now_and_then(self) -> None:
        while True:
            self._tick()
            if self._stopped.wait(self._looks):
                return

    def _tick(self) -> None:
        with self._door:
            if self._stopped.is_set():
                return
            try:
                due = self._planner.tick()
            except StorageDown:
                return  # the next look may reach it
            except Exception as error:
                self._trouble(error)
                return
            self._wake_at(due)

    def _wake_at(self, due: int | None) -> None:
        """Have the scheduler wake us at the next instant; one beyond the next look is left to that."""
        if due is None or due / 1000 - time.time() > self._looks:
            with contextlib.suppress(LookupError):
                self._scheduler.remove_job(_JOB)
            return
        self._scheduler.add_job(
            self._tick,
            "date",
            run_date=datetime.fromtimestamp(due / 1000, UTC),
            id=_JOB,
            replace_existing=True,
            misfire_grace_time=None,  # late or not, the ledger says what is to be done
            max_instances=2,  # it is set anew while it is still being done
        )
