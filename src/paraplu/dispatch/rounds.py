"""Rounds: what is done again and again beside runs, in one thread: folders, letters, heads of the log.

A round that fails stops no other one and is made again when its time comes.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from paraplu.store.database import StorageDown

Trouble = Callable[[str, Exception], None]
"""Told which round failed, and of what."""


@dataclass(frozen=True, slots=True)
class Round:
    """Something to do every so many seconds, by a name that the operational log knows."""

    name: str
    seconds: float
    make: Callable[[], object]


class Rounds:
    """Makes rounds one after the other, each when its time has come."""

    def __init__(self, rounds: Sequence[Round], trouble: Trouble) -> None:
        self._rounds = rounds
        self._trouble = trouble

    def beside(self, ended: threading.Event) -> None:
        """Make rounds until `ended`; each is made once at the beginning."""
        next_at = dict.fromkeys(range(len(self._rounds)), time.monotonic())
        while next_at:
            number = min(next_at, key=lambda one: next_at[one])
            if ended.wait(max(0.0, next_at[number] - time.monotonic())):
                return
            self._make(self._rounds[number])
            next_at[number] = time.monotonic() + self._rounds[number].seconds

    def _make(self, one: Round) -> None:
        try:
            one.make()
        except StorageDown:
            return  # the next time may reach it, and the worker tells of it
        except Exception as error:
            self._trouble(one.name, error)
