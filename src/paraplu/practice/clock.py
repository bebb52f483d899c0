"""The office's clock: its own day, the real time of day, and a time of day that can be set."""

import sqlite3
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from paraplu.practice.schema import setting

ZONE = ZoneInfo("Europe/Amsterdam")


@dataclass(frozen=True)
class Clock:
    """Days away from the real calendar, so that a practice day stays a practice day."""

    shift: timedelta

    @classmethod
    def on(cls, today: date | None) -> "Clock":
        """A clock for which today is the given day (the real one when None)."""
        real = datetime.now(ZONE).date()
        return cls((today or real) - real)

    def now(self) -> datetime:
        """This moment in the office, in Europe/Amsterdam."""
        return datetime.now(ZONE) + self.shift

    def today(self) -> date:
        """The office's day."""
        return self.now().date()

    def stamp(self) -> str:
        """This moment as stored text."""
        return self.now().isoformat(timespec="microseconds")

    def time_of_day(self, database: sqlite3.Connection) -> time:
        """The time of day: the one that was set on the moods page, or the real one."""
        fixed = setting(database, "time_of_day")
        return time.fromisoformat(fixed) if fixed else self.now().time()
