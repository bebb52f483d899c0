"""The latest order moment in working days, around Christmas and otherwise."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

import pytest

from paraplu import Calendar
from paraplu_procurement.deadline import Deadline, is_after

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def deadline(calendar: Calendar | None = None) -> Deadline:
    return Deadline(calendar or Calendar("NL"), time(16, 0), AMSTERDAM)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=AMSTERDAM)


def test_the_christmas_tree_is_ordered_in_time_for_christmas() -> None:
    # Needed on Wednesday 23 December 2026, ten working days on the way: Wednesday the 9th.
    assert deadline().latest_order(date(2026, 12, 23), 10) == at("2026-12-09T16:00")


def test_days_between_christmas_and_new_year_that_are_holidays_do_not_count() -> None:
    # 25 December 2026 is a Friday and a holiday, 1 January as well.
    assert deadline().latest_order(date(2027, 1, 4), 5) == at("2026-12-24T16:00")
    closed = Calendar("NL", closed=frozenset({date(2026, 12, 24), date(2026, 12, 31)}))
    assert deadline(closed).latest_order(date(2027, 1, 4), 5) == at("2026-12-22T16:00")


@pytest.mark.parametrize("need_by", [date(2026, 12, 25), date(2026, 12, 26), date(2026, 12, 27)])
def test_what_is_needed_on_a_day_off_must_be_there_on_the_working_day_before(need_by: date) -> None:
    assert deadline().latest_order(need_by, 2) == deadline().latest_order(date(2026, 12, 24), 2)


def test_without_lead_time_the_day_itself_is_the_latest() -> None:
    assert deadline().latest_order(date(2026, 12, 18), 0) == at("2026-12-18T16:00")


def test_what_is_ordered_at_the_latest_moment_arrives_in_time_and_a_second_later_does_not() -> None:
    rule = deadline()
    for need_by in (date(2026, 12, 18), date(2026, 12, 25), date(2027, 1, 2), date(2027, 4, 6)):
        for lead_time in range(12):
            latest = rule.latest_order(need_by, lead_time)
            assert rule.earliest_delivery(latest, lead_time) <= need_by
            assert rule.earliest_delivery(latest.replace(second=1), lead_time) > need_by


def test_an_order_after_closing_time_or_on_a_sunday_counts_for_the_next_working_day() -> None:
    assert deadline().earliest_delivery(at("2026-12-18T15:59"), 1) == date(2026, 12, 21)
    assert deadline().earliest_delivery(at("2026-12-18T16:01"), 1) == date(2026, 12, 22)
    assert deadline().earliest_delivery(at("2026-12-20T09:00"), 1) == date(2026, 12, 22)


def test_a_person_is_called_working_days_before_the_latest_moment() -> None:
    assert deadline().call_by(at("2026-12-28T16:00"), 1) == at("2026-12-24T16:00")
    assert deadline().call_by(at("2026-12-28T16:00"), 0) == at("2026-12-28T16:00")


def test_instants_are_compared_and_not_clock_faces() -> None:
    # 25 October 2026, 02:30 comes twice: first in summer time, then in winter time.
    first = datetime(2026, 10, 25, 2, 30, tzinfo=AMSTERDAM, fold=0)
    second = datetime(2026, 10, 25, 2, 30, tzinfo=AMSTERDAM, fold=1)
    assert is_after(second, first) and not is_after(first, second)
    assert not is_after(first, first.astimezone(UTC))
