"""Wall times: from what a clock on the wall shows to instants in UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo


def instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """The instant, in UTC, at which clocks in `zone` show the naive `wall`.

    A time that the clocks leave out in spring moves forward by as much as they do; of an hour that they
    show twice in autumn the first one counts (`fold` 0 of PEP 495 gives both).
    """
    return wall.replace(tzinfo=zone, fold=0).astimezone(UTC)


def last_instant(wall: datetime, zone: ZoneInfo) -> datetime:
    """As `instant`, but of an hour that is shown twice the second one counts: for the ends of spans."""
    later = wall.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return max(later, instant(wall, zone))


def left_out(wall: datetime, zone: ZoneInfo) -> bool:
    """Whether clocks in `zone` never show the naive `wall`."""
    return instant(wall, zone).astimezone(zone).replace(tzinfo=None, fold=0) != wall
