"""Rules that say when a schedule's bot is due, and the one sentence of each.

`str` of a rule is its canonical sentence; `paraplu.domain.sentence.parse` reads it back as an equal rule.
Times of day are wall times, to the minute, in the schedule's own time zone. Weekdays count from Monday, 0,
to Sunday, 6. Whether a rule is sensible (a day that every month has, an end after its beginning) is for the
parser to say: a rule that is made by hand is taken as it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, time
from typing import Literal

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
Side = Literal["before", "after"]
MONTH_DAYS = 31


@dataclass(frozen=True)
class Daily:
    """Every day, holidays and weekends included."""

    at: time

    def __str__(self) -> str:
        return f"every day at {clock(self.at)}"


@dataclass(frozen=True)
class WorkingDays:
    """Every working day of the calendar."""

    at: time

    def __str__(self) -> str:
        return f"every working day at {clock(self.at)}"


@dataclass(frozen=True)
class Weekly:
    """On some days of each week, holidays included. `days` are sorted, without doubles."""

    days: tuple[int, ...]
    at: time

    def __str__(self) -> str:
        return f"every {listed([WEEKDAYS[day] for day in self.days])} at {clock(self.at)}"


@dataclass(frozen=True)
class MonthDay:
    """A day of each month, or the last one where a month is shorter (`day` 29 and more).

    With `instead` it moves to the working day before or after when it is none itself. 31 means the last
    day of the month.
    """

    day: int
    at: time
    instead: Side | None = None

    def __str__(self) -> str:
        return f"on {_named_day(self.day)} at {clock(self.at)}{_instead(self.instead)}"


@dataclass(frozen=True)
class WorkingDayOfMonth:
    """The `number`-th working day of each month; counted from its end when negative, -1 being the last."""

    number: int
    at: time

    def __str__(self) -> str:
        return f"on the {_place(self.number)} working day of the month at {clock(self.at)}"


@dataclass(frozen=True)
class AroundDay:
    """`count` working days before or after a day of each month.

    A named day that is no working day counts as the working day before it (`before`) or after it
    (`after`): three working days before a Sunday's cut-off are counted from the Friday.
    """

    count: int
    side: Side
    day: int
    at: time

    def __str__(self) -> str:
        return f"{_counted(self.count, self.side)} {_named_day(self.day)} at {clock(self.at)}"


@dataclass(frozen=True)
class OnDates:
    """On the dates of a shared calendar; `instead` as for a day of the month."""

    calendar: str
    at: time
    instead: Side | None = None

    def __str__(self) -> str:
        return f"on the dates of {self.calendar} at {clock(self.at)}{_instead(self.instead)}"


@dataclass(frozen=True)
class AroundDates:
    """`count` working days before or after each date of a shared calendar; counted as `AroundDay`."""

    count: int
    side: Side
    calendar: str
    at: time

    def __str__(self) -> str:
        counted = _counted(self.count, self.side)
        return f"{counted} the dates of {self.calendar} at {clock(self.at)}"


@dataclass(frozen=True)
class EveryMinutes:
    """Every so many minutes from `start` to `end`, both included, on working days or on every day."""

    minutes: int
    start: time
    end: time
    working_days: bool

    def __str__(self) -> str:
        every = "every minute" if self.minutes == 1 else f"every {self.minutes} minutes"
        days = "on working days" if self.working_days else "every day"
        return f"{every} between {clock(self.start)} and {clock(self.end)} {days}"


@dataclass(frozen=True)
class Once:
    """One single time."""

    day: date
    at: time

    def __str__(self) -> str:
        return f"once on {self.day.isoformat()} at {clock(self.at)}"


@dataclass(frozen=True)
class Cron:
    """The five fields of a crontab line, each as the sorted numbers it stands for.

    Never both a day of the month and a weekday: crontab(5) runs when either fits, others when both do.
    """

    minutes: tuple[int, ...]
    hours: tuple[int, ...]
    days: tuple[int, ...]
    months: tuple[int, ...]
    weekdays: tuple[int, ...]

    def __str__(self) -> str:
        fields = (
            _field(self.minutes, 0, 59),
            _field(self.hours, 0, 23),
            _field(self.days, 1, MONTH_DAYS),
            _field(self.months, 1, 12),
            _field(self.weekdays, 0, 6, [day[:3].lower() for day in WEEKDAYS]),
        )
        return f"cron: {' '.join(fields)}"


@dataclass(frozen=True)
class WorkbookArrives:
    """Each time a workbook of the client is taken in for the service."""

    def __str__(self) -> str:
        return "when a workbook arrives"


@dataclass(frozen=True)
class CasesReady:
    """As soon as `number` cases of the client and service are ready."""

    number: int

    def __str__(self) -> str:
        return "when 1 case is ready" if self.number == 1 else f"when {self.number} cases are ready"


@dataclass(frozen=True)
class AfterService:
    """Each time a run of another service of the same client has finished."""

    service: str

    def __str__(self) -> str:
        return f"after {self.service} has finished"


@dataclass(frozen=True)
class ByHand:
    """Only when a person says so."""

    def __str__(self) -> str:
        return "by hand"


TimeRule = (
    Daily
    | WorkingDays
    | Weekly
    | MonthDay
    | WorkingDayOfMonth
    | AroundDay
    | OnDates
    | AroundDates
    | EveryMinutes
    | Once
    | Cron
)
EventRule = WorkbookArrives | CasesReady | AfterService | ByHand
Rule = TimeRule | EventRule


def clock(at: time) -> str:
    """A time of day as sentences write it: 07:30."""
    return f"{at:%H:%M}"


def listed(words: Sequence[str]) -> str:
    """Words as a list in a sentence: Monday, Tuesday and Friday."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def ordinal(number: int) -> str:
    """A number as a place in a row: 1st, 2nd, 3rd, 4th, 11th, 21st."""
    ending = {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}th" if number % 100 in (11, 12, 13) else f"{number}{ending}"


def _place(number: int) -> str:
    if number in (1, -1):
        return "first" if number == 1 else "last"
    return ordinal(number) if number > 0 else f"{ordinal(-number)} last"


def _named_day(day: int) -> str:
    if day == MONTH_DAYS:
        return "the last day of the month"
    return f"the {ordinal(day)} or the last day" if day > 28 else f"the {ordinal(day)}"


def _instead(side: Side | None) -> str:
    return "" if side is None else f", or the working day {side}"


def _counted(count: int, side: Side) -> str:
    return f"{count} working day{'' if count == 1 else 's'} {side}"


def _field(numbers: tuple[int, ...], low: int, high: int, names: list[str] | None = None) -> str:
    """The shortest way to write one field of a crontab line."""
    size = high - low + 1
    if len(numbers) == size:
        return "*"
    for step in range(2, size):
        if size % step == 0 and numbers == tuple(range(low, high + 1, step)):
            return f"*/{step}"
    parts: list[str] = []
    start = 0
    for index in range(1, len(numbers) + 1):
        if index < len(numbers) and numbers[index] == numbers[index - 1] + 1:
            continue
        run = [names[number] if names else str(number) for number in numbers[start:index]]
        parts += run if len(run) < 3 else [f"{run[0]}-{run[-1]}"]
        start = index
    return ",".join(parts)
