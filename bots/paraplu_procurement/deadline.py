"""The latest moment at which an order can still arrive in time, counted in working days.

Lead times are working days: what is ordered on a working day before the time of day `until` is
delivered that many working days later. What comes later counts for the next working day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from paraplu import Calendar


@dataclass(frozen=True, slots=True)
class Deadline:
    """What a need-by date means for one client: its calendar, zone and daily closing time."""

    calendar: Calendar
    until: time
    zone: tzinfo | None

    def moment(self, day: date) -> datetime:
        """The closing time of `day` (aware)."""
        return datetime.combine(day, self.until, tzinfo=self.zone)

    def latest_order(self, need_by: date, lead_time: int) -> datetime:
        """The last moment (aware) to order what takes `lead_time` working days.

        When nobody works on `need_by`, it must be there on the working day before.
        """
        delivery = self.calendar.shift(need_by + timedelta(days=1), -1)
        return self.moment(self.calendar.shift(delivery, -lead_time))

    def call_by(self, latest: datetime, working_days: int) -> datetime:
        """The moment `working_days` before `latest` from which on a person must look (aware)."""
        return self.moment(self.calendar.shift(latest.date(), -working_days))

    def earliest_delivery(self, now: datetime, lead_time: int) -> date:
        """When it is there at the earliest if it is ordered at `now` (aware, in this zone)."""
        today = now.date()
        in_time = self.calendar.is_working_day(today) and not is_after(now, self.moment(today))
        ordered = today if in_time else self.calendar.shift(today, 1)
        return self.calendar.shift(ordered, lead_time)


def is_after(moment: datetime, limit: datetime) -> bool:
    """Whether the instant `moment` lies after `limit`, whatever the clocks show (PEP 495)."""
    return moment.astimezone(UTC) > limit.astimezone(UTC)
