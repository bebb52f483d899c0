"""Calendars that several agreements and schedules share: a file each, a setting of record."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Self

from pydantic import Field, field_validator, model_validator

from paraplu.domain.agreement import WorkingCalendar
from paraplu.domain.calendar import Calendar
from paraplu.domain.freeze import Freeze
from paraplu.domain.maintenance import Maintenance
from paraplu.domain.setting import Setting
from paraplu.errors import NotFound


class SharedCalendar(Setting):
    """Dates that schedules name (pay days, cut-offs), and days and times that agreements include.

    `dates` are sorted, without doubles. `ends` is the last day that the calendar speaks of: none of its
    days may lie after it. Nothing follows from its silence about later ones.
    """

    id: str = Field(pattern=r"^[a-z][a-z0-9-]{0,39}$")
    name: str = Field(min_length=1, max_length=120)
    dates: tuple[date, ...] = ()
    closed: tuple[date, ...] = ()
    opened: tuple[date, ...] = ()
    maintenance: tuple[Maintenance, ...] = ()
    freezes: tuple[Freeze, ...] = ()
    ends: date | None = None

    @property
    def last_day(self) -> date | None:
        """The last day that it speaks of: its end, or its last date when it has none."""
        return self.ends or (self.dates[-1] if self.dates else None)

    @field_validator("dates")
    @classmethod
    def _in_order(cls, value: tuple[date, ...]) -> tuple[date, ...]:
        return tuple(sorted(set(value)))

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        both = sorted(set(self.closed) & set(self.opened))
        if both:
            raise ValueError(f"{both[0]} is both closed and opened: take it out of one of them")
        if self.ends is not None:
            late = [day for day in (*self.dates, *self.closed, *self.opened) if day > self.ends]
            if late:
                raise ValueError(
                    f"{min(late)} lies after the day that the calendar ends on ({self.ends}): move ends"
                )
        return self


def combined(
    own: WorkingCalendar,
    *shared: SharedCalendar,
    holidays: Mapping[int, frozenset[date]] | None = None,
) -> Calendar:
    """The calendar of an agreement together with the shared ones that it includes.

    `shared` may hold more than those: only what `own.include` names counts. The agreement's own closed
    and opened days come before shared ones; a day that one shared calendar closes is closed, whatever
    another one opens. Maintenance and freezes add up. It ends when the first of them does. `holidays` as
    in `Calendar`. Raises `NotFound` for a name that is not among `shared`.
    """
    known = {calendar.id: calendar for calendar in shared}
    included: list[SharedCalendar] = []
    for name in own.include:
        if name not in known:
            there = ", ".join(sorted(known)) or "none"
            raise NotFound(f"There is no shared calendar '{name}'. There are: {there}.")
        included.append(known[name])
    own_closed, own_opened = frozenset(own.closed), frozenset(own.opened)
    closed = frozenset(day for one in included for day in one.closed) - own_opened
    opened = frozenset(day for one in included for day in one.opened) - own_closed - closed
    return Calendar(
        own.country,
        own.categories,
        own_closed | closed,
        own_opened | opened,
        holidays,
        own.maintenance + tuple(window for one in included for window in one.maintenance),
        own.freezes + tuple(freeze for one in included for freeze in one.freezes),
        min((one.ends for one in included if one.ends is not None), default=None),
    )
