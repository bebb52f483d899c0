"""The uid of an entry: UUID version 7."""

from __future__ import annotations

import uuid

import pytest
from hypothesis import given, strategies as st

from paraplu.audit import uid
from paraplu.audit.errors import NotRecordable

TIMES = st.integers(0, 2**48 - 1)
CHANCE = st.binary(min_size=10, max_size=10)


def test_the_example_of_rfc_9562_comes_out() -> None:
    # Appendix A.6: 2022-02-22 19:22:22 UTC, rand_a 0xCC3, rand_b 0x18C4DC0C0C07398F.
    chance = (0xCC3 << 68 | 0x18C4DC0C0C07398F).to_bytes(10, "big")
    assert uid.from_time(0x017F22E279B0, chance) == "017f22e2-79b0-7cc3-98c4-dc0c0c07398f"


@given(TIMES, CHANCE)
def test_a_uid_is_a_uuid_of_version_7_that_holds_its_time(time_ms: int, chance: bytes) -> None:
    found = uid.from_time(time_ms, chance)
    assert uid.PATTERN.fullmatch(found)
    read = uuid.UUID(found)
    assert (read.version, read.variant, read.int >> 80) == (7, uuid.RFC_4122, time_ms)


@given(TIMES, TIMES, CHANCE)
def test_uids_sort_by_time(one: int, other: int, chance: bytes) -> None:
    low, high = sorted((one, other))
    assert uid.from_time(low, chance) <= uid.from_time(high, chance)


@pytest.mark.parametrize(("time_ms", "chance"), [(-1, bytes(10)), (2**48, bytes(10)), (1, b"x")])
def test_a_time_or_chance_that_does_not_fit_is_refused(time_ms: int, chance: bytes) -> None:
    with pytest.raises(NotRecordable):
        uid.from_time(time_ms, chance)
