"""Our rules on APScheduler's clock."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from apscheduler.schedulers.background import BackgroundScheduler

from paraplu.dispatch.triggers import RuleTrigger
from paraplu.domain.calendar import Calendar
from paraplu.domain.rule import EveryMinutes
from paraplu.domain.sentence import parse

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def trigger(sentence: str, **dates: list[date]) -> RuleTrigger:
    return RuleTrigger(parse(sentence), AMSTERDAM, Calendar("NL"), dates)


def fired(one: RuleTrigger, now: datetime, most: int) -> list[datetime]:
    """The fire times that APScheduler would be given, one after the other."""
    times: list[datetime] = []
    following = one.get_next_fire_time(None, now)
    while following is not None and len(times) < most:
        times.append(following)
        following = one.get_next_fire_time(following, following)
    return times


def test_it_fires_at_the_occurrences_of_the_rule() -> None:
    one = trigger("3 working days before the 25th at 16:00")
    times = fired(one, datetime(2026, 11, 20, 15, tzinfo=UTC), 3)
    assert [f"{time.astimezone(AMSTERDAM):%Y-%m-%d %H:%M}" for time in times] == [
        "2026-11-20 16:00",  # now itself
        "2026-12-21 16:00",
        "2027-01-20 16:00",
    ]
    assert all(time.tzinfo is UTC for time in times)


def test_missed_times_are_given_one_by_one() -> None:
    one = trigger("every working day at 07:30")
    friday = datetime(2026, 11, 20, 6, 30, tzinfo=UTC)
    late = datetime(2026, 11, 25, tzinfo=UTC)
    assert one.get_next_fire_time(friday, late) == datetime(2026, 11, 23, 6, 30, tzinfo=UTC)


def test_it_fires_once_in_the_hour_that_comes_twice() -> None:
    one = trigger("every day at 02:30")
    times = fired(one, datetime(2026, 10, 24, 22, tzinfo=UTC), 2)
    assert times == [
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
        datetime(2026, 10, 26, 1, 30, tzinfo=UTC),
    ]
    # Woken between the first and the second 02:30, with the clock of the wall.
    between = datetime(2026, 10, 25, 2, 15, tzinfo=AMSTERDAM, fold=1)
    assert one.get_next_fire_time(None, between) == times[1]


def test_it_stops_when_the_rule_is_over_or_its_dates_are_used_up() -> None:
    now = datetime(2026, 11, 20, tzinfo=UTC)
    assert len(fired(trigger("once on 2026-11-21 at 16:00"), now, 9)) == 1
    dates = [date(2026, 11, 23), date(2026, 12, 21)]
    assert len(fired(trigger("on the dates of payroll at 09:00", payroll=dates), now, 9)) == 2


@pytest.mark.parametrize("sentence", ["by hand", "when a workbook arrives"])
def test_a_rule_that_waits_for_an_event_is_refused(sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        trigger(sentence)


def test_it_says_what_it_waits_for() -> None:
    one = trigger("EVERY day at 02:30")
    assert str(one) == "every day at 02:30 (Europe/Amsterdam)"
    assert repr(one) == "<RuleTrigger every day at 02:30 (Europe/Amsterdam)>"


def test_apschedulers_own_clock_wakes_by_it() -> None:
    # A rule that is due every minute, in a zone whose clock is put so that a minute begins at once.
    woken = threading.Event()
    scheduler = BackgroundScheduler(timezone=UTC)
    rule = parse("every minute between 00:00 and 23:59 every day")
    assert isinstance(rule, EveryMinutes)

    class Soon(RuleTrigger):
        """The rule's own times, brought near: what is waited for is the scheduler's waking."""

        __slots__ = ()

        def get_next_fire_time(
            self, previous_fire_time: datetime | None, now: datetime
        ) -> datetime | None:
            found = super().get_next_fire_time(previous_fire_time, now)
            assert found is not None
            assert found - now <= timedelta(minutes=1)
            return now + (found - now) / 600

    scheduler.add_job(woken.set, Soon(rule, AMSTERDAM, Calendar("NL"), {}))
    scheduler.start()
    try:
        assert woken.wait(60)
    finally:
        scheduler.shutdown()
