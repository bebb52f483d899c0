"""Who is asked while somebody is away, and how long an answer is waited for."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings, strategies as st

from paraplu.domain.absence import Absence, Holder, after_working_hours, away, next_to_ask
from paraplu.domain.calendar import Calendar

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
PLAIN = Calendar("NL")


def at(day: int, hour: int, minute: int = 0, month: int = 11) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=AMSTERDAM)


def holder(person: str, limit: int | None = None, *deputy_of: str, own: bool = True) -> Holder:
    amount = None if limit is None else Decimal(limit)
    return Holder(person, f"mandate-{person}", amount, frozenset(deputy_of), own)


ANNA, PAUL = holder("anna", 1000), holder("paul")
DORA = holder("dora", 1000, "anna", own=False)
PETER = holder("peter", 5000, "paul", own=False)
ALL = [PETER, PAUL, DORA, ANNA]


@pytest.mark.parametrize(
    ("gone", "asked", "who"),
    [
        ([], [], "anna"),  # the smallest limit that covers it
        ([], ["anna"], "paul"),
        ([], ["anna", "paul"], "dora"),  # then deputies of whoever is there
        ([], ["anna", "paul", "dora"], "peter"),
        ([], ["anna", "paul", "dora", "peter"], None),
        (["anna"], [], "dora"),
        (["anna"], ["dora"], "paul"),
        (["anna", "dora"], [], "paul"),
        (["anna", "dora", "paul"], [], "peter"),
        (["paul"], ["anna"], "peter"),
        (["anna", "dora", "paul", "peter"], [], None),
    ],
)
def test_the_next_one_is_asked(gone: list[str], asked: list[str], who: str | None) -> None:
    found = next_to_ask(ALL, gone, asked)
    assert (None if found is None else found.person) == who


def test_nobody_is_asked_where_nobody_may_decide() -> None:
    assert next_to_ask([], [], []) is None


@given(
    st.sets(st.sampled_from(["anna", "paul", "dora", "peter"])),
    st.permutations(ALL),
)
@settings(max_examples=80, deadline=None)
def test_everybody_who_is_there_is_asked_once_and_nobody_who_is_away(
    gone: set[str], holders: list[Holder]
) -> None:
    asked: list[str] = []
    while (found := next_to_ask(holders, gone, asked)) is not None:
        asked.append(found.person)
    assert sorted(asked) == sorted({one.person for one in holders} - gone)


def test_absences_that_follow_each_other_are_one() -> None:
    spans = [
        Absence("anna", at(17, 9), at(18, 9)),
        Absence("anna", at(18, 9), at(20, 9)),
        Absence("anna", at(25, 9), at(26, 9)),
        Absence("paul", at(10, 9), at(11, 9)),
    ]
    assert away(spans, at(17, 10)) == {"anna": at(20, 9)}
    assert away(spans, at(17, 9)) == {"anna": at(20, 9)}
    assert away(spans, at(20, 9)) == {}
    assert away(reversed(spans), at(10, 12)) == {"paul": at(11, 9)}


@pytest.mark.parametrize(
    ("start", "hours", "until"),
    [
        (at(17, 10), 8, at(18, 10)),  # Tuesday to Wednesday
        (at(17, 9), 8, at(17, 17)),
        (at(17, 7), 8, at(17, 17)),
        (at(17, 17), 1, at(18, 10)),
        (at(17, 23), 1, at(18, 10)),
        (at(20, 16), 2, at(23, 10)),  # over the weekend
        (at(21, 12), 1, at(23, 10)),
        (at(24, 12, month=12), 8, at(28, 12, month=12)),  # Thursday, over Christmas and the weekend
        (at(17, 16, 30), 20, at(20, 12, 30)),
    ],
)
def test_only_working_hours_count(start: datetime, hours: int, until: datetime) -> None:
    found = after_working_hours(PLAIN, AMSTERDAM, start, hours)
    assert found == until.astimezone(UTC)
    assert found is not None and found.utcoffset() == timedelta(0)


def test_a_change_of_clocks_changes_no_working_hour() -> None:
    friday = datetime(2026, 10, 23, 16, 0, tzinfo=AMSTERDAM)  # the clocks go back on Sunday
    found = after_working_hours(PLAIN, AMSTERDAM, friday, 2)
    assert found == datetime(2026, 10, 26, 10, 0, tzinfo=AMSTERDAM)


def test_closed_days_do_not_count_and_opened_ones_do() -> None:
    calendar = Calendar(
        "NL", closed=frozenset({date(2026, 11, 18)}), opened=frozenset({date(2026, 11, 21)})
    )
    assert after_working_hours(calendar, AMSTERDAM, at(17, 16), 2) == at(19, 10)
    assert after_working_hours(calendar, AMSTERDAM, at(20, 16), 2) == at(21, 10)


def test_a_calendar_without_working_days_has_no_such_instant() -> None:
    days = frozenset(date(2026, 1, 1) + timedelta(days=number) for number in range(5000))
    assert after_working_hours(Calendar("NL", closed=days), AMSTERDAM, at(17, 10), 1) is None


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31), timezones=st.just(AMSTERDAM)),  # noqa: DTZ001
    st.integers(1, 60),
)
@settings(max_examples=60, deadline=None)
def test_counted_minute_by_minute_it_is_the_same(start: datetime, hours: int) -> None:
    """Against a clock that walks a quarter of an hour at a time, in UTC."""
    start = start.replace(minute=start.minute // 15 * 15, second=0, microsecond=0)
    moment, worked, step = start.astimezone(UTC), timedelta(), timedelta(minutes=15)
    while worked < timedelta(hours=hours):
        local = moment.astimezone(AMSTERDAM)
        if 9 <= local.hour < 17 and PLAIN.is_working_day(local.date()):
            worked += step
        moment += step
    assert after_working_hours(PLAIN, AMSTERDAM, start, hours) == moment
