"""Recurrence by brute force, written apart from the code it checks.

Days are asked one by one whether a sentence names them; of wall times every UTC hour is asked what clocks
show. Nothing here knows how `paraplu.domain` goes about it: sentences are given as questions to a day.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from zoneinfo import ZoneInfo

import holidays

DAY = timedelta(days=1)
FAR = timedelta(days=62)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ZONES = {
    "NL": "Europe/Amsterdam",
    "DK": "Europe/Copenhagen",
    "NO": "Europe/Oslo",
    "SE": "Europe/Stockholm",
    "FI": "Europe/Helsinki",
    "IS": "Atlantic/Reykjavik",
}


Question = Callable[["Days", date], bool]


class Days:
    """Every day of some years, and how many working days came before it."""

    def __init__(self, country: str, first: int, last: int, pay_days: set[date]) -> None:
        self.pay_days = pay_days
        self._named: dict[Question, list[date]] = {}
        free = holidays.country_holidays(country, years=range(first - 1, last + 2))
        self.all = [
            date(first - 1, 1, 1) + n * DAY
            for n in range((date(last + 1, 12, 31) - date(first - 1, 1, 1)).days)
        ]
        self.works = {day: day.isoweekday() <= 5 and day not in free for day in self.all}
        counts = accumulate((self.works[day] for day in self.all), initial=0)
        self._before = dict(zip(self.all, counts, strict=False))

    def working(self, start: date, end: date) -> int:
        """Working days from `start` to `end`, both included."""
        return self._before[end + DAY] - self._before[start]

    def named(self, question: Question, start: date, end: date) -> list[date]:
        """The days from `start` to `end`, both included, that are named; each was asked once."""
        if question not in self._named:
            self._named[question] = [day for day in self.all if question(self, day)]
        known = self._named[question]
        return known[bisect_left(known, start) : bisect_right(known, end)]


def last_of_month(day: date) -> bool:
    return (day + DAY).day == 1


def numbered(number: int) -> Callable[[date], bool]:
    """The day of that number, or the last one of a shorter month."""
    return lambda day: day.day == number or (last_of_month(day) and day.day < number)


def before(count: int, named: Question) -> Question:
    """A working day with `count` others after it up to the last one not later than a named day."""
    return lambda days, day: (
        days.works[day]
        and any(
            days.working(day + DAY, other) == count for other in days.named(named, day, day + FAR)
        )
    )


def after(count: int, named: Question) -> Question:
    return lambda days, day: (
        days.works[day]
        and any(
            days.working(other, day - DAY) == count for other in days.named(named, day - FAR, day)
        )
    )


def of_month(number: int) -> Question:
    return lambda days, day: numbered(number)(day)


def pay_day(days: Days, day: date) -> bool:
    return day in days.pay_days


def place_from_start(number: int) -> Question:
    return lambda days, day: days.works[day] and days.working(day.replace(day=1), day) == number


def place_from_end(number: int) -> Question:
    def question(days: Days, day: date) -> bool:
        end = day
        while not last_of_month(end):
            end += DAY
        return days.works[day] and days.working(day, end) == number

    return question


class Clock:
    """What clocks of a zone show, learnt by asking for every hour of some years."""

    def __init__(self, zone: str, first: int, last: int) -> None:
        start = int((datetime(first, 1, 1, tzinfo=UTC) - EPOCH) / timedelta(hours=1)) - 72
        end = int((datetime(last + 1, 1, 1, tzinfo=UTC) - EPOCH) / timedelta(hours=1)) + 72
        where = ZoneInfo(zone)
        self.ahead = {}  # minutes by which clocks are ahead of UTC, by UTC hour since 1970
        for hour in range(start, end):
            ahead = datetime.fromtimestamp(hour * 3600, where).utcoffset()
            assert ahead is not None
            self.ahead[hour] = int(ahead / timedelta(minutes=1))
        self.offsets = sorted(set(self.ahead.values()))

    def first_shown(self, day: date, minute: int) -> datetime:
        """When clocks first show a wall time; when they never do, as much later as they are put on."""
        wall = (day - EPOCH.date()).days * 1440 + minute
        shown = [wall - off for off in self.offsets if self.ahead[(wall - off) // 60] == off]
        if shown:
            return EPOCH + timedelta(minutes=min(shown))
        return EPOCH + timedelta(minutes=wall - self.offsets[0])


@cache
def clock_of(zone: str, first: int, last: int) -> Clock:
    return Clock(zone, first, last)


def expected(
    days: Days, clock: Clock, question: Question, minutes: list[int], first: date, last: date
) -> list[datetime]:
    """Every instant at which it is due on the wall days from `first` to `last`."""
    return sorted(
        {
            clock.first_shown(day, minute)
            for day in days.all
            if first <= day <= last and question(days, day)
            for minute in minutes
        }
    )
