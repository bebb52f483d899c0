"""From a rule to the instants at which it is due.

Rules name days and times of day; a zone makes instants of them, in UTC, and only instants are compared. A
time that the clocks leave out in spring moves forward by as much as they do, of an hour that they show twice
in autumn the first one counts, and of two times that become one there is one. Maintenance and freezes are
not looked at here: an occurrence says when something is due, `Calendar.in_maintenance` and `Calendar.frozen`
what stands against it.

A schedule is never silently without runs. What depends on a calendar's working days goes on after the day
the calendar ends on, marked `calendar-ended`, since days closed later are not known. What depends on its
dates cannot go on: `CalendarEnded` is raised as soon as days after the last date are asked for.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from paraplu.domain.calendar import Calendar
from paraplu.domain.dueday import DueDay, due_days, last_date
from paraplu.domain.rule import Cron, EventRule, EveryMinutes, Rule, TimeRule
from paraplu.domain.walltime import instant, left_out
from paraplu.errors import Refused

Why = Literal["weekend", "holiday", "closed", "spring-gap", "calendar-ended"]
Dates = Mapping[str, Collection[date]]
_DAY = timedelta(days=1)
_NONE = timedelta()
_FAR = timedelta(days=3660)  # ten years: a rule that is not due for so long is never due again
# Clocks that change at midnight, or skip a day, push a time of one day into the next.
_MARGIN = timedelta(days=2)


class CalendarEnded(Refused):
    """A rule depends on the dates of a calendar, and it has none so late: somebody must add them.

    `calendar` is its name, `ends` its last date, None when it has no dates at all.
    """

    def __init__(self, calendar: str, ends: date | None) -> None:
        last = "has no dates" if ends is None else f"has no dates after {ends}"
        super().__init__(f"The calendar '{calendar}' {last}. Add the next ones to it and apply it.")
        self.calendar = calendar
        self.ends = ends


class Occurrence(NamedTuple):
    """One time at which a rule is due: `at`, in UTC.

    `nominal` is the day that the sentence names when the calendar moved the occurrence away from it, or
    counted from another day instead. `why` is the reason: what the named day is (`weekend`, `holiday`,
    `closed`), a time that the clocks leave out (`spring-gap`), or a calendar that does not speak of that
    day any more (`calendar-ended`). `closed` without a named day: the month has fewer working days than
    the sentence counts, and the nearest one stands in.
    """

    at: datetime
    nominal: date | None = None
    why: Why | None = None


class Group(NamedTuple):
    """The occurrences of one day: how many, from the first to the last."""

    first: Occurrence
    last: Occurrence
    number: int


class _Batch(NamedTuple):
    """What one day brings: `made`, or one occurrence at each of `times` after `base`."""

    base: datetime
    times: tuple[timedelta, ...]
    due: DueDay
    made: list[Occurrence] | None


def occurrences(
    rule: Rule,
    zone: ZoneInfo,
    calendar: Calendar,
    dates: Dates,
    after: datetime,
    until: datetime,
) -> Iterator[Occurrence]:
    """The occurrences of `rule` strictly after `after`, up to and including `until`, in order, lazily.

    `after` and `until` are aware. `dates` are the dates of shared calendars by name. Event rules have no
    occurrences. Raises ValueError for an instant without a zone, `NotFound` for a calendar that is not
    among `dates`, and, when what is known has been given, `CalendarEnded`.
    """
    batches = _batches(rule, zone, calendar, dates, after, until)
    return (one for batch in batches for one in _spread(batch))


def grouped(
    rule: Rule,
    zone: ZoneInfo,
    calendar: Calendar,
    dates: Dates,
    after: datetime,
    until: datetime,
) -> Iterator[Group]:
    """As `occurrences`, but those of one day together and not each one made: cheap for short intervals."""
    for batch in _batches(rule, zone, calendar, dates, after, until):
        made = batch.made
        if made is None:
            ends = batch._replace(times=(batch.times[0], batch.times[-1]))
            first, last = _spread(ends)
            yield Group(first, last, len(batch.times))
        elif made:
            yield Group(made[0], made[-1], len(made))


def next_after(
    rule: Rule, zone: ZoneInfo, calendar: Calendar, dates: Dates, after: datetime
) -> Occurrence | None:
    """The first occurrence after `after`; None when the rule is not due within ten years from then.

    Raises as `occurrences` does: `CalendarEnded` when the dates of its calendar are used up.
    """
    until = after + _FAR
    return next(occurrences(rule, zone, calendar, dates, after, until), None)


def _spread(batch: _Batch) -> Iterable[Occurrence]:
    if batch.made is not None:
        return batch.made
    base, nominal, why = batch.base, batch.due.nominal, batch.due.why
    return [Occurrence(base + time, nominal, why) for time in batch.times]


def _batches(
    rule: Rule,
    zone: ZoneInfo,
    calendar: Calendar,
    dates: Dates,
    after: datetime,
    until: datetime,
) -> Iterator[_Batch]:
    if after.tzinfo is None or until.tzinfo is None:
        raise ValueError("An instant has no time zone: occurrences are between aware datetimes.")
    if isinstance(rule, EventRule):
        return iter(())
    first = after.astimezone(zone).date() - _MARGIN
    last = until.astimezone(zone).date()
    known = last_date(rule, dates)
    days = due_days(rule, calendar, dates, first, last + _MARGIN)
    made = _made(days, _times(rule), zone, after.astimezone(UTC), until.astimezone(UTC))
    if known is None or (known.day is not None and last <= known.day):
        return made
    return _ending(made, CalendarEnded(known.calendar, known.day))


def _ending(batches: Iterator[_Batch], ended: CalendarEnded) -> Iterator[_Batch]:
    yield from batches
    raise ended


def _made(
    days: Iterator[DueDay],
    times: tuple[timedelta, ...],
    zone: ZoneInfo,
    after: datetime,
    until: datetime,
) -> Iterator[_Batch]:
    held: list[Occurrence] = []
    for due in days:
        offset = _offset(zone, due.day)
        base = datetime(due.day.year, due.day.month, due.day.day, tzinfo=UTC) - (offset or _NONE)
        if offset is not None and not held:
            if base + times[0] > until:
                return
            if base + times[0] > after and base + times[-1] <= until:
                yield _Batch(base, times, due, None)
                continue
            made = [Occurrence(base + time, due.nominal, due.why) for time in times]
        else:
            made = _merged([*held, *(_at(due, time, zone) for time in times)])
        # What the clocks push into the next day waits for that day's own occurrences.
        midnight = instant(datetime.combine(due.day + _DAY, time.min), zone)
        held = [one for one in made if one.at >= midnight]
        now = [one for one in made if one.at < midnight and after < one.at <= until]
        yield _Batch(base, times, due, now)
    yield _Batch(after, times, DueDay(date.min), [one for one in held if after < one.at <= until])


def _at(due: DueDay, after_midnight: timedelta, zone: ZoneInfo) -> Occurrence:
    wall = datetime.combine(due.day, time.min) + after_midnight
    gap: Why | None = "spring-gap" if left_out(wall, zone) else None
    return Occurrence(instant(wall, zone), due.nominal, due.why or gap)


def _merged(made: list[Occurrence]) -> list[Occurrence]:
    """In order and without doubles; of two at one instant the one that nothing has moved."""
    best: dict[datetime, Occurrence] = {}
    for one in made:
        if one.at not in best or one.why is None:
            best[one.at] = one
    return [best[at] for at in sorted(best)]


@lru_cache(maxsize=1 << 15)
def _offset(zone: ZoneInfo, day: date) -> timedelta | None:
    """The offset from UTC on a day; None when it changes on that day."""
    start = datetime.combine(day, time.min, zone)
    end = datetime.combine(day + _DAY, time.min, zone)
    offsets = {one.replace(fold=fold).utcoffset() for one in (start, end) for fold in (0, 1)}
    return offsets.pop() if len(offsets) == 1 else None


@lru_cache(maxsize=1024)
def _times(rule: TimeRule) -> tuple[timedelta, ...]:
    """The times of day of a rule, in order, as what has passed since midnight."""
    match rule:
        case EveryMinutes(minutes, start, end):
            first, last = start.hour * 60 + start.minute, end.hour * 60 + end.minute
            all_minutes: Iterable[int] = range(first, last + 1, minutes)
        case Cron(minutes_of_hour, hours):
            all_minutes = (hour * 60 + minute for hour in hours for minute in minutes_of_hour)
        case _:
            all_minutes = (rule.at.hour * 60 + rule.at.minute,)
    return tuple(timedelta(minutes=minute) for minute in all_minutes)
