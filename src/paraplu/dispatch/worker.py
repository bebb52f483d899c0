"""A worker: carries out runs that are due, several at once, until it is asked to stop."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from paraplu.dispatch.children import Children
from paraplu.dispatch.dispatch import Dispatch
from paraplu.engine.course import Stop
from paraplu.engine.report import RunReport
from paraplu.engine.runs import Runs
from paraplu.store.database import StorageDown

_LOOK_ANYWAY = (
    1.0  # seconds after which runs are looked for without a hint: one may have become due
)
_BURY = 2.0  # seconds between two looks for workers of this machine that died
_NO_SLOT = 0.5  # seconds before a credential is tried again that had no free slot
_AWAY = 1.0  # seconds to wait while the database is away
_BESIDE = 10.0  # seconds for what is done beside to end
_HEED = 0.2  # seconds between two chances for signals while runs are ending


class Worker:
    """Carries out runs in `places` threads of this process, the hands of each in a child of its own.

    `told` hears of every run that ended here, or failed with an error. What is `beside` is done in threads
    of its own as long as the worker works: each is given the event that ends it.
    """

    def __init__(
        self,
        runs: Runs,
        dispatch: Dispatch,
        children: Children | None,
        places: int,
        told: Callable[[str, RunReport | Exception], None],
        beside: Sequence[Callable[[threading.Event], None]] = (),
    ) -> None:
        self._runs = runs
        self._dispatch = dispatch
        self._children = children
        self._places = places
        self._told = told
        self._beside = beside
        self._stop: Stop | None = None
        self._troubled = False
        self._busy: dict[str, threading.Thread] = {}
        self._full: dict[str, float] = {}  # credentials that are not tried, until when
        self._door = threading.Lock()

    @property
    def busy(self) -> int:
        """How many runs are being carried out here."""
        with self._door:
            return len(self._busy)

    def stop(self) -> None:
        """Take nothing new; each run finishes its case in hand and is given back."""
        self._stop = Stop.GIVE_BACK
        self._dispatch.wake()

    def stop_now(self) -> None:
        """End the hands of every run at once; what they were doing is looked at by the next run."""
        self._stop = Stop.NOW
        self._dispatch.wake()
        if self._children is not None:
            self._children.end_all()

    def work(self, *, until_idle: bool = False) -> None:
        """Work until `stop`, or with `until_idle` until nothing is due.

        While the database is away nothing is begun, and the worker waits for it.
        """
        with self._runs.leases.working(), self._doing_beside():
            self._dispatch.listen()
            try:
                self._take_until_stopped(until_idle)
            finally:
                self._stop = self._stop or Stop.GIVE_BACK
                for thread in self._running():
                    while thread.is_alive():  # without a timeout Windows hears of no signal
                        thread.join(_HEED)
                with contextlib.suppress(StorageDown):  # then the lease runs out
                    self._runs.give_back_dropped()
                self._dispatch.close()
                if self._children is not None:
                    self._children.close()

    def _take_until_stopped(self, until_idle: bool) -> None:
        buried = 0.0
        while self._stop is None:
            try:
                if time.monotonic() - buried >= _BURY:
                    self._runs.leases.bury()
                    buried = time.monotonic()
                if self._troubled:
                    self._runs.leases.beat()  # whether the database can be written again
                    self._troubled = False
                self._runs.give_back_dropped()
                self._end_stopped()
                busy = self.busy  # before the look: what ends after it may have made a run due
                waiting = self._begin()
                if self._children is not None and not until_idle and self.busy < self._places:
                    self._children.keep_spares(1)  # while every place is taken, nobody could use it
            except StorageDown:
                time.sleep(_AWAY)
                continue
            if until_idle and not (waiting or busy or self.busy):
                return
            self._dispatch.wait(_LOOK_ANYWAY)

    def _end_stopped(self) -> None:
        """End the hands of runs that somebody has asked to stop at once."""
        if self._children is None:
            return
        for uid in self._runs.to_stop_now(list(self._busy)):
            self._children.end_of(uid)

    def _begin(self) -> bool:
        """Begin as many runs as there is room for. Gives whether any is due."""
        with self._door:
            now = time.monotonic()
            full = [name for name, until in self._full.items() if until > now]
        due = self._runs.to_take(besides=full, most=2 * self._places)
        for row in due:
            if self.busy >= self._places:
                break
            with self._door:
                if row.uid in self._busy:
                    continue
                thread = threading.Thread(
                    target=self._carry_out, args=(row,), name=f"run {row.uid}"
                )
                self._busy[row.uid] = thread
            thread.start()
        return bool(due or full)

    def _carry_out(self, row: Any) -> None:
        pause: float | None = None
        try:
            report = self._runs.carry_out(row.uid, stop=lambda: self._stop, share=True)
            if report is not None:
                self._told(row.uid, report)
            elif self._runs.is_waiting(row.uid):
                pause = _NO_SLOT
        except Exception as error:
            pause = _AWAY
            if isinstance(error, StorageDown):
                self._troubled = True
            self._told(row.uid, error)
        finally:
            with self._door:
                self._busy.pop(row.uid, None)
                self._full.pop(row.credential, None)
                if pause is not None:
                    self._full[row.credential] = time.monotonic() + pause
            if pause is None:
                self._dispatch.wake()

    @contextmanager
    def _doing_beside(self) -> Iterator[None]:
        ended = threading.Event()
        threads = [
            threading.Thread(target=one, args=(ended,), name="beside", daemon=True)
            for one in self._beside
        ]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            ended.set()
            until = time.monotonic() + _BESIDE
            for thread in threads:
                thread.join(max(0.0, until - time.monotonic()))

    def _running(self) -> list[threading.Thread]:
        with self._door:
            return list(self._busy.values())
