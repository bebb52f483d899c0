"""Working days of a client."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, strategies as st
from pydantic import ValidationError

from paraplu.domain.agreement import WorkingCalendar
from paraplu.domain.calendar import COUNTRIES, Calendar, holidays_of
from paraplu.domain.freeze import Freeze
from paraplu.domain.maintenance import Maintenance
from paraplu.domain.shared_calendar import SharedCalendar, combined
from paraplu.errors import NotFound

AMSTERDAM = ZoneInfo("Europe/Amsterdam")

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


@pytest.mark.parametrize("country", COUNTRIES)
def test_every_country_has_its_holidays_in_every_year(country: str) -> None:
    calendar = Calendar(country)
    for year in range(2020, 2045):
        assert not calendar.is_working_day(date(year, 1, 1))
        assert not calendar.is_working_day(date(year, 12, 25))
        easter_monday = next(
            day for day, name in holidays_of(country, ("public",), year).items() if "Monday" in name
        )
        assert calendar.why_not(easter_monday) == "holiday"
        assert 245 < len(calendar.working_days(year)) < 260


def test_why_a_day_is_none_is_told() -> None:
    calendar = Calendar("NL", closed=frozenset({date(2026, 5, 15)}))
    days = [date(2026, 5, 14), date(2026, 5, 15), date(2026, 5, 16), date(2026, 5, 18)]
    assert [calendar.why_not(day) for day in days] == ["holiday", "closed", "weekend", None]


def test_accepted_holidays_count_instead_of_those_of_the_package() -> None:
    friday = date(2026, 11, 20)
    calendar = Calendar("NL", holidays={2026: frozenset({friday})})
    assert calendar.why_not(friday) == "holiday"
    assert calendar.is_working_day(date(2026, 12, 25))
    # Nobody has accepted 2027 yet: a year is never without holidays.
    assert calendar.why_not(date(2027, 4, 27)) == "holiday"


def test_a_category_that_the_country_has_not_is_refused() -> None:
    with pytest.raises(ValueError, match="sabbath"):
        Calendar("NL", ("sabbath",)).is_working_day(date(2026, 11, 20))


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


def maintained(*windows: Maintenance) -> Calendar:
    return Calendar("NL", maintenance=windows)


def test_maintenance_lasts_until_its_end_and_no_longer() -> None:
    calendar = maintained(
        Maintenance(weekdays=("sunday",), start=time(2), end=time(6)),
        Maintenance(dates=(date(2026, 11, 20),), start=time(22), end=time(1)),
    )
    for text, end in [
        ("2026-11-22 01:59", None),
        ("2026-11-22 02:00", "2026-11-22 06:00"),
        ("2026-11-22 05:59", "2026-11-22 06:00"),
        ("2026-11-22 06:00", None),
        ("2026-11-23 03:00", None),
        ("2026-11-20 21:59", None),
        ("2026-11-20 22:00", "2026-11-21 01:00"),
        ("2026-11-21 00:30", "2026-11-21 01:00"),
        ("2026-11-21 01:00", None),
        ("2026-11-21 22:30", None),
    ]:
        found = calendar.in_maintenance(at(text), AMSTERDAM)
        assert found == (end and at(end).astimezone(UTC)), text
        assert found is None or found.tzinfo is UTC


def test_windows_that_meet_or_overlap_are_one() -> None:
    calendar = maintained(
        Maintenance(weekdays=("Saturday",), start=time(22), end=time(0)),
        Maintenance(weekdays=("Sunday",), start=time(0), end=time(4)),
        Maintenance(weekdays=("Sunday",), start=time(3), end=time(5)),
    )
    assert calendar.in_maintenance(at("2026-11-21 23:00"), AMSTERDAM) == at("2026-11-22 05:00")


def test_maintenance_over_a_change_of_the_clocks_ends_by_the_clock_on_the_wall() -> None:
    night = maintained(Maintenance(weekdays=("Sunday",), start=time(1), end=time(2, 30)))
    # Spring: 02:30 does not exist and is 03:30. Autumn: 02:30 comes twice, and the second one ends it.
    assert night.in_maintenance(at("2026-03-29 01:30"), AMSTERDAM) == datetime(
        2026, 3, 29, 1, 30, tzinfo=UTC
    )
    assert night.in_maintenance(at("2026-10-25 01:30"), AMSTERDAM) == datetime(
        2026, 10, 25, 1, 30, tzinfo=UTC
    )


def test_maintenance_without_end_says_so() -> None:
    days = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
    calendar = maintained(Maintenance(weekdays=days, start=time(0), end=time(0)))
    with pytest.raises(ValueError, match="leave no time free"):
        calendar.in_maintenance(at("2026-11-22 01:00"), AMSTERDAM)


def test_an_instant_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        maintained().in_maintenance(datetime(2026, 11, 22, 1), AMSTERDAM)  # noqa: DTZ001


def test_a_freeze_holds_on_both_its_days() -> None:
    freeze = Freeze(start=date(2026, 12, 24), end=date(2027, 1, 3), reason="Year end")
    calendar = Calendar("NL", freezes=(freeze,))
    days = [date(2026, 12, 23), date(2026, 12, 24), date(2027, 1, 3), date(2027, 1, 4)]
    assert [calendar.frozen(day) for day in days] == [None, freeze, freeze, None]
    assert calendar.is_working_day(date(2026, 12, 24))


@pytest.mark.parametrize(
    ("model", "settings", "advice"),
    [
        (Maintenance, {"start": "02:00", "end": "06:00"}, "on which days"),
        (
            Maintenance,
            {"weekdays": ["sun"], "start": "02:00", "end": "06:00"},
            "write Monday, Tuesday",
        ),
        (
            Maintenance,
            {"weekdays": ["Sunday"], "start": "02:00:30", "end": "06:00"},
            "without seconds",
        ),
        (
            Maintenance,
            {"weekdays": ["Sunday"], "start": "02:00Z", "end": "06:00"},
            "without seconds and zone",
        ),
        (
            Freeze,
            {"start": date(2026, 12, 24), "end": date(2026, 12, 23), "reason": "x"},
            "before it starts",
        ),
        (Freeze, {"start": date(2026, 12, 24), "end": date(2026, 12, 24)}, "required"),
        (WorkingCalendar, {"country": "DE"}, "must be one of NL"),
        (
            SharedCalendar,
            {
                "id": "a",
                "name": "A",
                "closed": [date(2027, 1, 4)],
                "opened": [date(2027, 1, 4)],
            },
            "both closed and opened",
        ),
        (
            SharedCalendar,
            {"id": "a", "name": "A", "dates": [date(2027, 1, 4)], "ends": date(2027, 1, 3)},
            "move ends",
        ),
    ],
)
def test_a_wrong_setting_is_refused_with_what_to_do(
    model: Any, settings: dict[str, Any], advice: str
) -> None:
    with pytest.raises(ValidationError, match=advice):
        model.model_validate(settings)


def test_an_agreement_and_the_calendars_it_includes_are_one() -> None:
    monday, tuesday, wednesday = (date(2027, 1, number) for number in (4, 5, 6))
    saturday = date(2027, 1, 9)
    freeze = Freeze(start=monday, end=monday, reason="Closing")
    window = Maintenance(weekdays=("Sunday",), start=time(2), end=time(6))
    office = SharedCalendar(
        id="office",
        name="Office",
        closed=(monday, tuesday),
        opened=(saturday,),
        maintenance=(window,),
        ends=date(2027, 12, 31),
    )
    payroll = SharedCalendar(
        id="payroll-2027",
        name="Payroll",
        dates=(date(2027, 1, 22), date(2027, 1, 21), date(2027, 1, 22)),
        closed=(saturday,),
        freezes=(freeze,),
        ends=date(2027, 6, 30),
    )
    assert payroll.dates == (date(2027, 1, 21), date(2027, 1, 22))
    own = WorkingCalendar(
        opened=(tuesday,), closed=(wednesday,), include=("office", "payroll-2027")
    )
    calendar = combined(own, office, payroll, SharedCalendar(id="other", name="Not included"))
    assert not calendar.is_working_day(monday)
    assert calendar.is_working_day(tuesday)  # closed for the office, opened by the client
    assert not calendar.is_working_day(wednesday)
    assert not calendar.is_working_day(saturday)  # one shared calendar opens it, one closes it
    assert calendar.maintenance == (window,)
    assert calendar.freezes == (freeze,)
    assert calendar.ends == date(2027, 6, 30)


def test_a_calendar_that_is_not_there_is_named_with_those_that_are() -> None:
    own = WorkingCalendar(include=("ofice",))
    with pytest.raises(NotFound, match=r"'ofice'\. There are: office\."):
        combined(own, SharedCalendar(id="office", name="Office"))


def test_a_calendar_is_read_back_from_its_record() -> None:
    own = WorkingCalendar(
        maintenance=(Maintenance(weekdays=("Sunday",), start=time(2), end=time(6)),),
        freezes=(Freeze(start=date(2026, 12, 24), end=date(2027, 1, 3), reason="Year end"),),
        include=("office",),
    )
    assert WorkingCalendar.model_validate_json(own.model_dump_json()) == own


def test_what_another_process_is_sent_of_a_calendar_says_the_same_and_no_more() -> None:
    calendar = Calendar("NL", closed=frozenset({date(2026, 11, 20)}), holidays={2026: frozenset()})
    before = pickle.dumps(calendar)
    assert len(calendar.working_days(2026)) == 260
    sent = pickle.dumps(calendar)
    assert len(sent) == len(before)
    read = pickle.loads(sent)  # noqa: S301  our own bytes
    assert read == calendar
    assert read.working_days(2026) == calendar.working_days(2026)
