"""Working days of a client."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, strategies as st

from paraplu.domain.calendar import Calendar

days = st.dates(date(2024, 1, 1), date(2030, 12, 31))


@pytest.mark.parametrize(
    ("country", "day", "works"),
    [
        ("NL", date(2026, 4, 27), False),  # King's Day
        ("NL", date(2026, 12, 25), False),
        ("NL", date(2026, 11, 21), False),  # a Saturday
        ("NL", date(2026, 11, 20), True),
        ("DK", date(2026, 6, 5), False),  # Constitution Day
        ("NO", date(2026, 5, 17), False),
        ("DK", date(2026, 5, 14), False),  # Ascension Day
    ],
)
def test_holidays_are_those_of_the_country(country: str, day: date, works: bool) -> None:
    categories = ("public", "optional") if day == date(2026, 6, 5) else ("public",)
    assert Calendar(country, categories).is_working_day(day) is works


def test_the_clients_own_days_come_before_the_countrys() -> None:
    friday, christmas = date(2026, 11, 20), date(2026, 12, 25)
    own = Calendar("NL", closed=frozenset({friday}), opened=frozenset({christmas}))
    assert not own.is_working_day(friday)
    assert own.is_working_day(christmas)
    both = Calendar("NL", closed=frozenset({friday}), opened=frozenset({friday}))
    assert both.is_working_day(friday)


def test_a_shift_passes_over_weekends_and_holidays() -> None:
    calendar = Calendar("NL")
    assert calendar.shift(date(2026, 12, 24), 1) == date(2026, 12, 28)
    assert calendar.shift(date(2026, 12, 28), -1) == date(2026, 12, 24)
    assert calendar.shift(date(2026, 12, 26), 0) == date(2026, 12, 28)


@given(days, st.integers(1, 40))
def test_as_many_working_days_lie_between_as_one_shifted(day: date, number: int) -> None:
    calendar = Calendar("NL")
    later = calendar.shift(day, number)
    assert calendar.is_working_day(later)
    assert calendar.between(day, later) == number
    earlier = calendar.shift(day, -number)
    assert calendar.is_working_day(earlier)
    assert calendar.between(earlier - timedelta(days=1), day - timedelta(days=1)) == number


def test_between_is_zero_when_the_end_is_not_later() -> None:
    calendar = Calendar("NL")
    assert calendar.between(date(2026, 11, 20), date(2026, 11, 20)) == 0
    assert calendar.between(date(2026, 11, 20), date(2026, 11, 2)) == 0


def test_a_calendar_without_working_days_says_so() -> None:
    closed = frozenset(date(2026, 1, 1) + timedelta(days=number) for number in range(12 * 366))
    with pytest.raises(ValueError, match="no working days"):
        Calendar("NL", closed=closed).shift(date(2026, 1, 1), 1)
