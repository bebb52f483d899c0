"""Working days of one client: a country's holidays plus the days that the client closed or opened."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from typing import Any

COUNTRIES = ("NL", "DK", "NO", "SE", "FI", "IS")
_REACH = 3660  # days: ten years; a calendar without a working day in that time is a mistake


@dataclass(frozen=True)
class Calendar:
    """Monday to Friday without holidays. `categories` are those of the `holidays` package.

    `closed` and `opened` are the client's own days; `opened` wins over everything.
    """

    country: str = "NL"
    categories: tuple[str, ...] = ("public",)
    closed: frozenset[date] = field(default_factory=frozenset)
    opened: frozenset[date] = field(default_factory=frozenset)

    @cached_property
    def _holidays(self) -> Any:
        import holidays  # slow to import, and most commands need no calendar

        return holidays.country_holidays(self.country, categories=self.categories)

    def is_working_day(self, day: date) -> bool:
        """Whether people work on `day`."""
        if day in self.opened:
            return True
        return day.weekday() < 5 and day not in self.closed and day not in self._holidays

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
        days = (end - start).days
        return sum(
            1
            for offset in range(1, days + 1)
            if self.is_working_day(start + timedelta(days=offset))
        )
