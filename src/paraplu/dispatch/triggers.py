"""Our rules as triggers of APScheduler, which is only the clock that wakes us."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from apscheduler.triggers.base import BaseTrigger

from paraplu.domain.calendar import Calendar
from paraplu.domain.recurrence import CalendarEnded, Dates, next_after
from paraplu.domain.rule import EventRule, Rule

_MOMENT = timedelta(microseconds=1)


class RuleTrigger(BaseTrigger):  # type: ignore[misc]  # APScheduler ships no type information
    """Fires at the occurrences of a rule about time. Fire times are in UTC: APScheduler compares them with
    each other, and aware datetimes of one zone compare by wall clock, also over a change of the clocks.

    Raises ValueError for a rule that waits for an event. When the dates of the rule's calendar are used
    up it stops, as it does when the rule is over: telling people is for whoever plans runs ahead.
    """

    __slots__ = ("calendar", "dates", "rule", "zone")

    def __init__(self, rule: Rule, zone: ZoneInfo, calendar: Calendar, dates: Dates) -> None:
        if isinstance(rule, EventRule):
            raise ValueError(f"A clock cannot wait for '{rule}': it has no times.")
        self.rule = rule
        self.zone = zone
        self.calendar = calendar
        self.dates = dates

    def get_next_fire_time(
        self, previous_fire_time: datetime | None, now: datetime
    ) -> datetime | None:
        """The first occurrence after the previous one, or from `now` on when there was none; aware.

        After a previous one it may lie before `now`: APScheduler asks for each that was missed.
        """
        # In UTC first: to count back in a zone forgets which of two equal hours it was.
        before = now.astimezone(UTC) - _MOMENT
        after = before if previous_fire_time is None else previous_fire_time
        try:
            found = next_after(self.rule, self.zone, self.calendar, self.dates, after)
        except CalendarEnded:
            return None
        return None if found is None else found.at

    def __str__(self) -> str:
        return f"{self.rule} ({self.zone.key})"

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self}>"
