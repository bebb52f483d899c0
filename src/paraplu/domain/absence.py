"""Absence: who is asked to decide while an approver is away, and until when an answer is waited for.

An absence changes who is *asked*. It takes nothing away: a mandate stays what it is, and who comes back
early, or decides from afar, decides.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from paraplu.domain.calendar import Calendar

DAY_BEGINS, DAY_ENDS = time(9), time(17)
"""The working hours of a working day, in the client's time zone."""

_REACH = 3660  # days: a calendar without a working day in ten years is a mistake


@dataclass(frozen=True, slots=True)
class Absence:
    """A span in which a person decides nothing: from `begins` up to, and without, `ends`."""

    person: str
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class Holder:
    """A person (a uid) with a mandate to approve that covers a plan, and whom nothing bars from deciding.

    `limit` is that of the widest such mandate, None for any amount; `stands_in_for` are the persons that this
    one is deputy of, `own` whether one of the mandates is nobody's else.
    """

    person: str
    mandate: str
    limit: Decimal | None = None
    stands_in_for: frozenset[str] = frozenset()
    own: bool = True


def away(absences: Iterable[Absence], moment: datetime) -> dict[str, datetime]:
    """Who is away at `moment`, and until when: absences that follow each other are one."""
    found: dict[str, datetime] = {}
    for absence in sorted(absences, key=lambda one: one.begins):
        until = found.get(absence.person)
        here = absence.begins <= moment < absence.ends
        goes_on = until is not None and absence.begins <= until < absence.ends
        if here or goes_on:
            found[absence.person] = max(absence.ends, until or absence.ends)
    return found


def next_to_ask(
    holders: Collection[Holder], gone: Collection[str], asked: Collection[str]
) -> Holder | None:
    """Whom to ask next; None when nobody is left who is there.

    Holders of a mandate of their own come first, the one with the smallest limit before the others; in the
    place of one who is away, that one's deputies. When all of those were asked come deputies of whoever is
    there. `asked` are asked no second time.
    """
    there = [one for one in holders if one.person not in gone and one.person not in asked]
    for holder in sorted((one for one in holders if one.own), key=_order):
        if holder in there:
            return holder
        if holder.person in gone:
            deputies = [one for one in there if holder.person in one.stands_in_for]
            if deputies:
                return min(deputies, key=_order)
    return min(there, key=_order, default=None)


def _order(holder: Holder) -> tuple[bool, Decimal, str]:
    return (holder.limit is None, holder.limit or Decimal(0), holder.mandate)


def after_working_hours(
    calendar: Calendar, zone: ZoneInfo, start: datetime, hours: int
) -> datetime | None:
    """The instant (UTC) at which so many working hours have passed since `start`.

    Working hours are from nine to five on working days, by the wall clock of `zone`. None when the calendar
    has no working days.
    """
    left = timedelta(hours=hours)
    local = start.astimezone(zone)
    day = local.date()
    for _ in range(_REACH):
        if calendar.is_working_day(day):
            begins = datetime.combine(day, DAY_BEGINS, zone)
            ends = datetime.combine(day, DAY_ENDS, zone)
            begins = max(begins, local) if day == local.date() else begins
            # Of one zone: the difference is that of the wall clock, and no clock changes in these hours.
            if begins < ends:
                if left <= ends - begins:
                    return (begins + left).astimezone(UTC)
                left -= ends - begins
        day += timedelta(days=1)
    return None
