"""The clock that leases are told by: the database's on PostgreSQL, the machine's on SQLite.

Clocks are set. Set back, it makes leases last longer. Set forward, it would end all of them at once while
their holders are alive, perhaps in the middle of an act, and what is begun twice may be done twice. So a
process compares the clock with the system's monotonic one whenever it looks, and when the clock has leapt
it judges leases by the time that has truly passed, until every lease that was written before has run out.
Holders, who look every second (`leaps`), renew theirs by the new time at once.

What it cannot see: a leap before its first look.
"""

from __future__ import annotations

import threading
import time
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, func, select

_LEAP_MS = 1_000
"""By how much more than it should the clock must go on to have leapt."""

_LONGEST_MS = 600_000
"""How long leases are taken to be in a process that has written none."""

_watches: WeakKeyDictionary[Engine, _Watch] = WeakKeyDictionary()
_door = threading.Lock()


def lease_clock(connection: Connection) -> int:
    """Now, in milliseconds, for judging whether a lease has run out."""
    return _watch(connection).judge(connection)


def lease_end(connection: Connection, lease_ms: int) -> int:
    """Until when a lease of `lease_ms` lasts that begins now, in milliseconds."""
    return _watch(connection).promise(connection, lease_ms)


def leaps(connection: Connection) -> int:
    """How often this process has seen the clock leap forward, this look included."""
    return _watch(connection).count(connection)


def _watch(connection: Connection) -> _Watch:
    with _door:
        return _watches.setdefault(connection.engine, _Watch())


class _Watch:
    """What one process knows of the clock of one database."""

    def __init__(self) -> None:
        self._door = threading.Lock()
        self._seen: tuple[float, int, float] | None = None
        self._longest = 0
        self._behind = 0  # milliseconds by which judging lags, until `_until`
        self._until = 0.0
        self._leaps = 0

    def judge(self, connection: Connection) -> int:
        look = _look(connection)
        with self._door:
            self._note(*look)
            return look[1] - self._behind

    def promise(self, connection: Connection, lease_ms: int) -> int:
        look = _look(connection)
        with self._door:
            self._longest = max(self._longest, lease_ms)
            self._note(*look)
        return look[1] + lease_ms

    def count(self, connection: Connection) -> int:
        look = _look(connection)
        with self._door:
            self._note(*look)
            return self._leaps

    def _note(self, before: float, clock: int, after: float) -> None:
        """Compare a look with the one before; of two threads the later one may come first."""
        if self._seen is not None:
            earliest, last, latest = self._seen
            passed = clock - last
            if (leapt := passed - int(1000 * (after - earliest))) > _LEAP_MS:
                self._leaps += 1
                self._behind += leapt
                self._until = after + (self._longest or _LONGEST_MS) / 1000
            elif (leapt := passed - int(1000 * (before - latest))) < -_LEAP_MS:
                self._behind = max(0, self._behind + leapt)
        if after >= self._until:
            self._behind = 0
        self._seen = before, clock, after


def _look(connection: Connection) -> tuple[float, int, float]:
    """The clock, between two looks at the monotonic one."""
    before = time.monotonic()
    clock = _read(connection)
    return before, clock, time.monotonic()


def _read(connection: Connection) -> int:
    if connection.dialect.name == "sqlite":
        return time.time_ns() // 1_000_000
    seconds = connection.execute(select(func.extract("epoch", func.clock_timestamp()))).scalar_one()
    return int(seconds * 1000)
