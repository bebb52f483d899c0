"""Maintenance windows: times in which a target is not to be used."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Self
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator, model_validator

from paraplu.domain.rule import WEEKDAYS
from paraplu.domain.setting import Setting
from paraplu.domain.walltime import instant, last_instant


class Maintenance(Setting):
    """A window on some weekdays or on some dates, in the client's time zone.

    It begins at `start` of each of its days, and is over at `end`: of the same day, or of the next one
    when `end` is not later (00:00 to 00:00 is the whole day).
    """

    weekdays: tuple[str, ...] = ()
    dates: tuple[date, ...] = ()
    start: time
    end: time
    reason: str = Field(default="", max_length=200)

    @field_validator("weekdays")
    @classmethod
    def _known_days(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        days = tuple(day.strip().capitalize() for day in value)
        for day in days:
            if day not in WEEKDAYS:
                raise ValueError(f"{day!r} is no day of the week: write {', '.join(WEEKDAYS)}")
        return days

    @field_validator("start", "end")
    @classmethod
    def _wall_time(cls, value: time) -> time:
        if value.tzinfo is not None or value.second or value.microsecond:
            raise ValueError("must be a time of day without seconds and zone, for instance 02:00")
        return value

    @model_validator(mode="after")
    def _has_days(self) -> Self:
        if not self.weekdays and not self.dates:
            raise ValueError(
                'say on which days: weekdays = ["Sunday"], or dates = [2026-12-19], or both'
            )
        return self

    def begins_on(self, day: date) -> bool:
        """Whether a window begins on `day`."""
        return day in self.dates or WEEKDAYS[day.weekday()] in self.weekdays

    def window(self, day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
        """Beginning and end, in UTC, of the window that begins on `day`; the end is no part of it."""
        over = day if self.end > self.start else day + timedelta(days=1)
        return (
            instant(datetime.combine(day, self.start), zone),
            last_instant(datetime.combine(over, self.end), zone),
        )
