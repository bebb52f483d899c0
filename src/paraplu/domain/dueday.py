"""From a rule to the days on which it is due; what clocks do is `paraplu.domain.recurrence`'s."""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Literal, NamedTuple

from paraplu.domain.calendar import Calendar
from paraplu.domain.rule import (
    AroundDates,
    AroundDay,
    Cron,
    Daily,
    EveryMinutes,
    MonthDay,
    Once,
    OnDates,
    Side,
    TimeRule,
    Weekly,
    WorkingDayOfMonth,
    WorkingDays,
)
from paraplu.errors import NotFound

_LAST_MONTH = date.max.year * 12 + 10  # November 9999: no day is counted over the end of dates


class DueDay(NamedTuple):
    """A day on which a rule is due; `nominal` and `why` as in `Occurrence`."""

    day: date
    nominal: date | None = None
    why: Literal["weekend", "holiday", "closed", "calendar-ended"] | None = None


class LastDate(NamedTuple):
    """Up to which day a calendar's dates reach, None when it has none."""

    calendar: str
    day: date | None


def last_date(rule: TimeRule, dates: Mapping[str, Collection[date]]) -> LastDate | None:
    """Where the dates end that a rule depends on; None when it depends on none.

    Raises `NotFound` when its calendar is not among `dates`.
    """
    if not isinstance(rule, OnDates | AroundDates):
        return None
    if rule.calendar not in dates:
        there = ", ".join(sorted(dates)) or "none"
        raise NotFound(f"There is no calendar '{rule.calendar}' with dates. There are: {there}.")
    return LastDate(rule.calendar, max(dates[rule.calendar], default=None))


def due_days(
    rule: TimeRule,
    calendar: Calendar,
    dates: Mapping[str, Collection[date]],
    first: date,
    last: date,
) -> Iterator[DueDay]:
    """The days from `first` to `last`, both included, on which `rule` is due, in order, without doubles.

    Raises ValueError when the calendar has no working day within ten years of a day that is counted from.
    """
    match rule:
        case Once(day):
            found: Iterable[DueDay] = (DueDay(day),)
        case MonthDay(day, _, None):
            found = (DueDay(_in_month(month, day)) for month in _months(first, last))
        case OnDates(name, _, None):
            found = map(DueDay, sorted(set(dates[name])))
        case WorkingDayOfMonth(number):
            found = _of_months(number, calendar, first, last)
        case MonthDay(day, _, side) if side is not None:
            found = _around_months(day, _Count(calendar, 0, side), first, last)
        case AroundDay(count, side, day):
            found = _around_months(day, _Count(calendar, count, side), first, last)
        case OnDates(name, _, side) if side is not None:
            found = map(_Count(calendar, 0, side), sorted(set(dates[name])))
        case AroundDates(count, side, name):
            found = map(_Count(calendar, count, side), sorted(set(dates[name])))
        case _:
            found = _each_day(rule, calendar, first, last)
    return _distinct(found, first, last)


def _distinct(found: Iterable[DueDay], first: date, last: date) -> Iterator[DueDay]:
    """Those from `first` to `last`; of several on one day the first one. `found` is in order."""
    before: date | None = None
    for due in found:
        if due.day > last:
            return
        if due.day >= first and due.day != before:
            yield due
            before = due.day


def _each_day(rule: TimeRule, calendar: Calendar, first: date, last: date) -> Iterator[DueDay]:
    fits, counts_working_days = _fits(rule, calendar)
    ends = calendar.ends if counts_working_days else None
    for number in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(number)
        if fits(day):
            ended = ends is not None and day > ends
            yield DueDay(day, None, "calendar-ended") if ended else DueDay(day)


def _fits(rule: TimeRule, calendar: Calendar) -> tuple[Callable[[date], bool], bool]:
    """Which days a rule takes, and whether working days are what it asks for."""
    match rule:
        case WorkingDays() | EveryMinutes(working_days=True):
            return calendar.is_working_day, True
        case Daily() | EveryMinutes():
            return lambda day: True, False
        case Weekly(days):
            return lambda day: day.weekday() in days, False
        case Cron(_, _, month_days, months, weekdays):
            return (
                lambda day: (
                    day.month in months and day.day in month_days and day.weekday() in weekdays
                ),
                False,
            )
        case _:
            raise AssertionError(f"{rule} has no days of its own")


@dataclass(frozen=True)
class _Count:
    """Counts working days away from a named day, which first moves to a working day itself."""

    calendar: Calendar
    count: int
    side: Side

    def __call__(self, named: date) -> DueDay:
        why = self.calendar.why_not(named)
        count = self.count if why is None else self.count + 1
        sign = -1 if self.side == "before" else 1
        day = self.calendar.shift(named, sign * count) if count else named
        ends = self.calendar.ends
        if ends is not None and max(day, named) > ends:
            return DueDay(day, named if why else None, "calendar-ended")
        return DueDay(day, named, why) if why else DueDay(day)


def _around_months(day: int, count: _Count, first: date, last: date) -> Iterator[DueDay]:
    """Counted from a day of each month: no later month leads to an earlier day."""
    month = _month(first)
    if count.side == "after":
        while month > 12 and count(_in_month(month, day)).day >= first:
            month -= 1
    while month <= _LAST_MONTH:
        named = _in_month(month, day)
        if count.side == "after" and named > last:
            return
        yield count(named)
        month += 1


def _of_months(number: int, calendar: Calendar, first: date, last: date) -> Iterator[DueDay]:
    for month in _months(first, last):
        days = [
            day
            for one in range(1, _length(month) + 1)
            if calendar.is_working_day(day := date(month // 12, month % 12 + 1, one))
        ]
        if not days:
            continue
        short = abs(number) > len(days)
        place = (-1 if number > 0 else 0) if short else number - 1 if number > 0 else number
        day = days[place]
        if calendar.ends is not None and _in_month(month, 31) > calendar.ends:
            yield DueDay(day, None, "calendar-ended")
        else:
            yield DueDay(day, None, "closed" if short else None)


def _month(day: date) -> int:
    """Months are counted from the year 0: January of the year 1 is 12."""
    return day.year * 12 + day.month - 1


def _months(first: date, last: date) -> Iterable[int]:
    return range(_month(first), _month(last) + 1)


def _length(month: int) -> int:
    return monthrange(month // 12, month % 12 + 1)[1]


def _in_month(month: int, day: int) -> date:
    """The day of a month, or its last one when it has not so many."""
    return date(month // 12, month % 12 + 1, min(day, _length(month)))
