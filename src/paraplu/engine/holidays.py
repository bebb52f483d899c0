"""Accepted holidays that the installed package has other ideas about: shown, and taken over by a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy import Connection

from paraplu.domain.calendar import Calendar, holidays_of
from paraplu.domain.person import Role
from paraplu.domain.recurrence import CalendarEnded, grouped
from paraplu.domain.rule import EventRule, EveryMinutes, WorkingDays
from paraplu.domain.schedule import Schedule
from paraplu.engine.calendars import (
    Dates,
    Key,
    View,
    accepted_values,
    holidays_detail,
    key_of,
)
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, require
from paraplu.errors import NotFound, Refused
from paraplu.store import calendars, schedules

_NEAR = timedelta(days=12)  # that a planned run may have moved; what is further off is another one


@dataclass(frozen=True, slots=True)
class Differs:
    """What the installed package says otherwise about a country's year: days that come, days that go."""

    key: Key
    year: int
    come: tuple[date, ...]
    go: tuple[date, ...]

    def __str__(self) -> str:
        country, categories = self.key
        days = [f"-{day}" for day in self.go] + [f"+{day}" for day in self.come]
        return f"{country} {', '.join(categories)} {self.year}: {' '.join(days)}"


@dataclass(frozen=True, slots=True)
class MovedRun:
    """A planned run that would move: from when to when, None when it would come or go."""

    schedule: Schedule
    before: datetime | None
    after: datetime | None

    def __str__(self) -> str:
        def shown(at: datetime | None) -> str:
            if at is None:
                return "none"
            return f"{at.astimezone(self.schedule.zone):%a %Y-%m-%d %H:%M}"

        return f"{self.schedule.id}: {shown(self.before)} -> {shown(self.after)}"


class Holidays:
    """Compares accepted holidays with the installed package, and accepts what it says."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._calendars = parts.calendars

    def differences(self, connection: Connection) -> list[Differs]:
        """What the installed package says otherwise, from this year on."""
        view = self._calendars.view(connection)
        found = []
        for key, years in view.accepted.items():
            for year, accepted in years.items():
                installed = frozenset(holidays_of(*key, year))
                if year >= view.today.year and installed != accepted:
                    come, go = sorted(installed - accepted), sorted(accepted - installed)
                    found.append(Differs(key, year, tuple(come), tuple(go)))
        return found

    def moved(self, connection: Connection, differs: Iterable[Differs]) -> list[MovedRun]:
        """The planned runs that would move if what the package says was accepted, until those years end."""
        last = max((one.year for one in differs), default=None)
        if last is None:
            return []
        view, now = self._calendars.view(connection), self._parts.clock.now()
        until = datetime.combine(date(last, 12, 31), time(23, 59), UTC)
        keys = {one.key for one in differs}
        found: list[MovedRun] = []
        for schedule in self._affected(connection, view, keys):
            before = view.calendar(schedule.client, schedule.service)
            after = view.calendar(schedule.client, schedule.service, as_installed=True)
            times = [_times(schedule, one, view.dates(), now, until) for one in (before, after)]
            found += _paired(schedule, *times)
        return found

    def accept(self, country: str, year: int | None, by: Known) -> list[Differs]:
        """Take over what the installed package says about a country, of one year or of all that differ.

        Planned runs that are ahead move with it. Raises `NotFound` for a country whose holidays nobody needed
        yet, `Refused` when nothing differs, `NotAllowed` for a person without the role for it.
        """
        require(by, None, Role.ADMINISTRATOR, Role.LEAD)
        country, parts = country.upper(), self._parts
        with parts.database.write() as connection:
            schedules.alone(connection)
            view = self._calendars.view(connection)
            if country not in {name for name, _categories in view.accepted}:
                known = ", ".join(sorted({name for name, _ in view.accepted})) or "none yet"
                raise NotFound(
                    f"No holidays of '{country}' were needed so far. There are: {known}."
                )
            wanted = [
                one
                for one in self.differences(connection)
                if one.key[0] == country and year in (None, one.year)
            ]
            if not wanted:
                what = country if year is None else f"{country} in {year}"
                raise Refused(f"About {what} the installed package says what was accepted.")
            moving = self._affected(connection, view, {one.key for one in wanted})
            parts.ahead.bring(connection, moving)  # up to now as was accepted before
            for one in wanted:
                before = view.accepted[one.key][one.year]
                after = sorted((before - set(one.go)) | set(one.come))
                values = accepted_values(after, parts.clock.ms(), by.uid)
                calendars.accept(connection, one.key[0], ",".join(one.key[1]), one.year, **values)
                detail = holidays_detail(one.key, one.year, before=before, after=after)
                entry = parts.journal.entry("holidays-accepted", by.hand, detail=detail)
                parts.journal.write(connection, entry)
            parts.ahead.bring(connection, moving)
            return wanted

    def _affected(self, connection: Connection, view: View, keys: Iterable[Key]) -> list[Schedule]:
        """The schedules by the clock whose agreement has one of these holidays."""
        wanted = set(keys)
        found = []
        for schedule in self._parts.clients.schedules(connection):
            agreement = view.agreement(schedule.client, schedule.service)
            timed = not isinstance(schedule.rule, EventRule)
            if timed and agreement is not None and key_of(agreement.calendar) in wanted:
                found.append(schedule)
        return found


def _times(
    schedule: Schedule, calendar: Calendar, dates: Dates, after: datetime, until: datetime
) -> list[datetime]:
    """When a schedule is due first on each day."""

    def first() -> Iterator[datetime]:
        for one in grouped(schedule.rule, schedule.zone, calendar, dates, after, until):
            if schedule.valid_on(one.first.at.astimezone(schedule.zone).date()):
                yield one.first.at

    found: list[datetime] = []
    with suppress(CalendarEnded):  # what is known was given; that it ends is told elsewhere
        found.extend(first())
    return found


def _paired(schedule: Schedule, before: list[datetime], after: list[datetime]) -> list[MovedRun]:
    """What is only in one of both, as moves from one time to the next one that is near."""
    gone = [at for at in before if at not in set(after)]
    come = [at for at in after if at not in set(before)]
    # Of a run on each working day none moves: one falls away, or there is one more.
    every_day = isinstance(schedule.rule, WorkingDays | EveryMinutes)
    found = []
    for at in gone:
        near = sorted((abs(one - at), one) for one in come if not every_day)
        to = near[0][1] if near and near[0][0] <= _NEAR else None
        if to is not None:
            come.remove(to)
        found.append(MovedRun(schedule, at, to))
    found += [MovedRun(schedule, None, at) for at in come]
    return sorted(
        found, key=lambda one: one.before or one.after or datetime.max.replace(tzinfo=UTC)
    )
