"""The last resort against a browser that does not answer: it is killed, and the call that waits fails.

Playwright keeps time limits of its own for what it waits for on a page. It has none for a script that
never ends, a key that a busy page does not take, a download that goes on for ever, and none at all when
its driver hangs. So each call of a target has a deadline, generous enough for every wait inside it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

_TICK = 0.5
"""Seconds between two looks at the clock: a thread that looks is cheaper than a timer for each call."""

_NEXT = 3.0
"""Seconds that the rest is given after one process was killed."""


class Deadline:
    """Watches over the calls of one session; kills `processes` in turn, the browser before its driver."""

    def __init__(self, processes: tuple[int, ...], kill: Callable[[int], None]) -> None:
        self._processes = list(processes)
        self._kill = kill
        self._until: float | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="browser deadline", daemon=True)
        self._thread.start()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """What happens inside ends after so many seconds, by itself or because nothing is left to wait for.

        Inside another one, the outer deadline holds.
        """
        if self._until is not None:
            yield
            return
        self._until = time.monotonic() + seconds
        try:
            yield
        finally:
            self._until = None

    def end(self) -> None:
        """Watch no more."""
        self._over.set()

    def _watch(self) -> None:
        while self._processes and not self._over.wait(_TICK):
            until = self._until
            if until is not None and time.monotonic() > until:
                self._kill(self._processes.pop(0))
                self._over.wait(_NEXT)
