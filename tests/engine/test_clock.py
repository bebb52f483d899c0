"""The time, and chance."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from paraplu.engine.clock import Clock, from_ms, to_ms

NOW = datetime(2026, 11, 17, 9, 0, 0, 123000, tzinfo=UTC)


def test_a_uid_is_a_uuid_of_version_7_that_begins_with_the_time() -> None:
    clock = Clock(lambda: NOW)
    uid = uuid.UUID(clock.uid())
    assert (uid.version, uid.variant) == (7, uuid.RFC_4122)
    assert uid.int >> 80 == to_ms(NOW)
    assert len({clock.uid() for _ in range(1000)}) == 1000


def test_uids_of_later_moments_sort_later() -> None:
    moments = iter([NOW, NOW + timedelta(milliseconds=1), NOW + timedelta(days=1)])
    clock = Clock(lambda: next(moments))
    uids = [clock.uid() for _ in range(3)]
    assert uids == sorted(uids)


def test_milliseconds_come_back_as_the_moment_they_were() -> None:
    assert from_ms(to_ms(NOW)) == NOW
    assert Clock().now().tzinfo is UTC


def test_salts_are_sixteen_random_bytes() -> None:
    salts = {Clock().salt() for _ in range(100)}
    assert {len(salt) for salt in salts} == {16}
    assert len(salts) == 100
