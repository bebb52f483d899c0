"""The time, and chance: the only place where either comes in."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Callable
from datetime import UTC, datetime


def _system_now() -> datetime:
    return datetime.now(UTC)


class Clock:
    """Now in UTC, identifiers and salts. Tests give their own `now` and `passed`."""

    def __init__(
        self,
        now: Callable[[], datetime] = _system_now,
        passed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now = now
        self._passed = passed

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return self._now()

    def ms(self) -> int:
        """The present instant in milliseconds since 1970."""
        return to_ms(self._now())

    def passed(self) -> float:
        """Seconds of a clock that nobody sets, for how long something may take."""
        return self._passed()

    def uid(self) -> str:
        """A new UUID of version 7 (RFC 9562): its first 48 bits are the time in milliseconds."""
        random = int.from_bytes(os.urandom(10), "big")
        value = (self.ms() & (1 << 48) - 1) << 80 | random
        value = value & ~(0xF << 76) | 0x7 << 76
        value = value & ~(0x3 << 62) | 0x2 << 62
        return str(uuid.UUID(int=value))

    def salt(self) -> bytes:
        """128 random bits, for one disclosure or one plan."""
        return os.urandom(16)


def to_ms(moment: datetime) -> int:
    """Milliseconds since 1970 of an aware instant."""
    return int(moment.timestamp() * 1000)


def from_ms(milliseconds: int) -> datetime:
    """The aware instant in UTC."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC)
