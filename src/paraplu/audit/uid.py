"""The uid of an entry: a UUID of version 7 (RFC 9562, section 5.7), from a time and random bytes."""

from __future__ import annotations

import re

from paraplu.audit.errors import NotRecordable

RANDOM_BYTES = 10

PATTERN = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")


def from_time(time_ms: int, randomness: bytes) -> str:
    """Give the UUIDv7 of `time_ms` (milliseconds since 1970, UTC) and ten random bytes.

    Raises `NotRecordable` for a time outside 48 bits or another number of bytes.
    """
    if not 0 <= time_ms < 1 << 48 or len(randomness) != RANDOM_BYTES:
        raise NotRecordable("a uid needs a time in milliseconds since 1970 and ten random bytes")
    chance = int.from_bytes(randomness, "big")
    high = (time_ms << 16) | 0x7000 | (chance >> 68)
    low = (0b10 << 62) | (chance & ((1 << 62) - 1))
    digits = f"{high:016x}{low:016x}"
    return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))
