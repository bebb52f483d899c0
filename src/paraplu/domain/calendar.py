"""Working days of one client, and the times in which nothing of it runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

from paraplu.domain.freeze import Freeze
from paraplu.domain.maintenance import Maintenance

COUNTRIES = ("NL", "DK", "NO", "SE", "FI", "IS")
_REACH = 3660  # days: ten years; a calendar without a working day in that time is a mistake
_WINDOWS = 1000  # maintenance windows one after the other; more is a mistake
_DAY = timedelta(days=1)
WhyNot = Literal["weekend", "holiday", "closed"]


@dataclass(frozen=True)
class Calendar:
    """Monday to Friday without holidays. `categories` are those of the `holidays` package.

    `closed` and `opened` are the client's own days; `opened` wins over everything. `holidays` are the days
    that somebody accepted as the country's, by year: they count instead of those of the package. A year
    that is not among them has the package's, so that no year is without holidays.

    `maintenance` are windows in which the target is not used, `freezes` days on which nothing runs; neither
    makes a day less of a working day. `ends` is the last day that the closed and opened days speak of:
    after it days are still computed, and `paraplu.domain.recurrence` marks what it says about them.
    """

    country: str = "NL"
    categories: tuple[str, ...] = ("public",)
    closed: frozenset[date] = field(default_factory=frozenset)
    opened: frozenset[date] = field(default_factory=frozenset)
    holidays: Mapping[int, frozenset[date]] | None = field(default=None, hash=False)
    maintenance: tuple[Maintenance, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    ends: date | None = None

    def __getstate__(self) -> dict[str, Any]:
        """What another process is sent of it: not the working days that were computed here."""
        return {name: value for name, value in self.__dict__.items() if name != "_years"}

    @cached_property
    def _years(self) -> dict[int, frozenset[date]]:
        return {}

    def working_days(self, year: int) -> frozenset[date]:
        """All working days of a year."""
        days = self._years.get(year)
        if days is None:
            first = date(year, 1, 1).toordinal()
            last = date(year, 12, 31).toordinal()
            # Ordinal 1, the first day of the year 1, is a Monday.
            week = {date.fromordinal(one) for one in range(first, last + 1) if (one - 1) % 7 < 5}
            opened = {day for day in self.opened if day.year == year}
            days = frozenset(week - self.closed - self._holidays(year) | opened)
            self._years[year] = days
        return days

    def _holidays(self, year: int) -> frozenset[date]:
        if self.holidays is not None and year in self.holidays:
            return self.holidays[year]
        return frozenset(holidays_of(self.country, self.categories, year))

    def is_working_day(self, day: date) -> bool:
        """Whether people work on `day`."""
        return day in self.working_days(day.year)

    def why_not(self, day: date) -> WhyNot | None:
        """Why people do not work on `day`; None when they do."""
        if self.is_working_day(day):
            return None
        if day.weekday() >= 5:
            return "weekend"
        return "holiday" if day in self._holidays(day.year) else "closed"

    def shift(self, day: date, working_days: int) -> date:
        """The working day `working_days` after `day` (before it when negative).

        Zero gives `day` itself or, when that is no working day, the next one. Raises ValueError when the
        calendar has no working day within ten years.
        """
        step = timedelta(days=-1 if working_days < 0 else 1)
        left = abs(working_days)
        for _ in range(_REACH + left * 10):
            if left == 0 and self.is_working_day(day):
                return day
            day += step
            if left and self.is_working_day(day):
                left -= 1
                if left == 0:
                    return day
        raise ValueError("This calendar has no working days.")

    def between(self, start: date, end: date) -> int:
        """How many working days lie after `start` up to and including `end`; 0 when `end` is not later."""
        if end <= start:
            return 0
        return sum(
            start < day <= end
            for year in range(start.year, end.year + 1)
            for day in self.working_days(year)
        )

    def in_maintenance(self, instant: datetime, zone: ZoneInfo) -> datetime | None:
        """When, in UTC, the maintenance that goes on at `instant` (aware) is over; None when there is none.

        Windows that meet or overlap are one. At its end it is over. Raises ValueError when it never ends.
        """
        if instant.tzinfo is None:
            raise ValueError("The instant has no time zone.")
        over: datetime | None = None
        for _ in range(_WINDOWS):
            now = over or instant
            today = now.astimezone(zone).date()
            windows = (
                window.window(day, zone)
                for day in (today - _DAY, today, today + _DAY)  # clocks may change at midnight
                for window in self.maintenance
                if window.begins_on(day)
            )
            end = max((end for start, end in windows if start <= now < end), default=None)
            if end is None:
                return over
            over = end
        raise ValueError(
            "The maintenance windows of this calendar leave no time free: one follows the other."
        )

    def frozen(self, day: date) -> Freeze | None:
        """The freeze that `day` lies in, the first one named when there are several."""
        return next((freeze for freeze in self.freezes if freeze.covers(day)), None)


@lru_cache(maxsize=512)
def _package(country: str, categories: tuple[str, ...], year: int) -> tuple[tuple[date, str], ...]:
    import holidays  # slow to import, and most commands need no calendar

    found = holidays.country_holidays(
        country, categories=categories, years=year, expand=False, language="en_US"
    )
    return tuple(sorted((day, name) for day, name in found.items() if day.year == year))


def categories_of(country: str) -> tuple[str, ...]:
    """The categories of holidays that the installed package knows of a country, in alphabetical order."""
    import holidays

    return tuple(sorted(holidays.country_holidays(country).supported_categories))


def holidays_of(country: str, categories: tuple[str, ...], year: int) -> dict[date, str]:
    """What the installed version of the `holidays` package says: the days, in order, with English names.

    `country` is an ISO 3166 code, `categories` are the package's. Raises ValueError for a category that
    the country has not.
    """
    return dict(_package(country, categories, year))
