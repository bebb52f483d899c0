"""The calendars that everything is counted by: agreements, shared calendars, accepted holidays.

Planned runs, deadlines of cases, the working hours of an approval and the calendar on a bot's desk: there is
one calendar of an agreement, and it is made here. What the installed `holidays` package says of a country and
a year is noted the first time that it is needed, and counts from then on, whatever a later version of the
package says; see `engine/holidays.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.agreement import Agreement, WorkingCalendar
from paraplu.domain.calendar import Calendar, holidays_of
from paraplu.domain.rule import AroundDates, OnDates
from paraplu.domain.schedule import Schedule
from paraplu.domain.shared_calendar import SharedCalendar, combined
from paraplu.engine.agreed import Agreed
from paraplu.engine.clients import Clients
from paraplu.engine.clock import Clock
from paraplu.engine.journal import OURSELVES, Journal
from paraplu.store import calendars
from paraplu.store.database import is_writing

Dates = Mapping[str, tuple[date, ...]]
"""The dates of shared calendars, by id."""

Key = tuple[str, tuple[str, ...]]
"""A country and categories of its holidays, in alphabetical order."""

Of = Callable[[Connection, str, str], tuple[Calendar, Dates]]
"""Gives the calendar of a client's service, and the dates of all shared calendars."""

Accepted = Mapping[Key, Mapping[int, frozenset[date]]]
"""The holidays that were accepted, by key and year."""

_SOON = 60  # days before its end that a calendar is spoken of


@dataclass(frozen=True, slots=True)
class View:
    """All calendars, as they stand in one transaction."""

    agreed: Agreed
    shared: Mapping[str, SharedCalendar]
    accepted: Accepted
    today: date

    def agreement(self, client: str, service: str) -> Agreement | None:
        """The agreement in force, or the newest one when none is."""
        versions = self.agreed.agreements.get((client, service), ())
        newest = max(versions, key=lambda one: one.version, default=None)
        return self.agreed.on(client, service, self.today) or newest

    def calendar(self, client: str, service: str, *, as_installed: bool = False) -> Calendar:
        """The calendar of a client's service; `as_installed` with what the package says by now."""
        agreement = self.agreement(client, service)
        own = WorkingCalendar() if agreement is None else agreement.calendar
        return _calendar(own, self.shared, {} if as_installed else self.accepted)

    def dates(self) -> Dates:
        """The dates of all shared calendars."""
        return {name: calendar.dates for name, calendar in self.shared.items()}

    def used(self, schedules: Iterable[Schedule]) -> dict[str, list[str]]:
        """Which agreements in force and which schedules use each shared calendar."""
        found: dict[str, list[str]] = {name: [] for name in self.shared}
        for client, service in self.agreed.agreements:
            agreement = self.agreed.on(client, service, self.today)
            for name in agreement.calendar.include if agreement is not None else ():
                found.setdefault(name, []).append(f"{client}/{service}")
        for schedule in schedules:
            named, over = dates_of(schedule), schedule.valid_until
            if named is not None and (over is None or over >= self.today):
                found.setdefault(named, []).append(schedule.id)
        return found


class Calendars:
    """The calendars of record."""

    def __init__(self, clock: Clock, journal: Journal, clients: Clients) -> None:
        self._clock = clock
        self._journal = journal
        self._clients = clients

    def of(self, connection: Connection, client: str, service: str) -> tuple[Calendar, Dates]:
        """The calendar of a client's service, and the dates of all shared calendars.

        It is that of the agreement in force (the newest one when none is) together with the shared calendars
        that it includes, with the holidays that were accepted. In a transaction that may write, the holidays
        of this year and the next are accepted when they are needed for the first time.
        """
        return self.of_many(connection, {client})(connection, client, service)

    def of_many(self, connection: Connection, wanted: Collection[str]) -> Of:
        """`of` for services of several clients in one transaction: what is on record is read once."""
        view = self.view(connection, wanted)
        known: dict[tuple[str, str], tuple[Calendar, Dates]] = {}

        def of(connection: Connection, client: str, service: str) -> tuple[Calendar, Dates]:
            nonlocal view
            if (client, service) not in known:
                agreement = view.agreement(client, service)
                if agreement is not None and self._noted(connection, agreement, view.accepted):
                    view = self.view(connection, wanted)
                known[client, service] = view.calendar(client, service), view.dates()
            return known[client, service]

        return of

    def under(self, connection: Connection, agreement: Agreement) -> Calendar:
        """The calendar of this very version of an agreement, made up as `of` does."""
        accepted = _accepted(connection)
        if self._noted(connection, agreement, accepted):
            accepted = _accepted(connection)
        shared = self.shared(connection) if agreement.calendar.include else {}
        return _calendar(agreement.calendar, shared, accepted)

    def view(self, connection: Connection, wanted: Collection[str] | None = None) -> View:
        """All calendars, of these clients only if they are given."""
        return View(
            Agreed.of(connection, wanted),
            self.shared(connection),
            _accepted(connection),
            self._clock.now().date(),
        )

    def shared(self, connection: Connection) -> dict[str, SharedCalendar]:
        """The shared calendars, by id."""
        return {name: _shared(text) for name, text in calendars.every(connection).items()}

    def users(self, connection: Connection, name: str) -> list[Schedule]:
        """The schedules whose planned runs a shared calendar bears on."""
        view = self.view(connection)
        found = []
        for schedule in self._clients.schedules(connection):
            agreement = view.agreement(schedule.client, schedule.service)
            included = () if agreement is None else agreement.calendar.include
            if name in included or name == dates_of(schedule):
                found.append(schedule)
        return found

    def ending(self, connection: Connection) -> list[str]:
        """A sentence about each calendar that is in use and has ended, or ends within 60 days."""
        view = self.view(connection)
        told = []
        for name, users in view.used(self._clients.schedules(connection)).items():
            last = view.shared[name].last_day if name in view.shared else None
            if not users or last is None or (left := (last - view.today).days) > _SOON:
                continue
            when = (
                f"ends in {left} days" if left > 0 else "ends today" if left == 0 else "has ended"
            )
            by = ", ".join(users[:5]) + (" and others" if len(users) > 5 else "")
            told.append(f"calendar {name} {when}, on {last} (used by {by}): apply the next one")
        return told

    def _noted(self, connection: Connection, agreement: Agreement, accepted: Accepted) -> bool:
        """Note the holidays that an agreement needs for the first time. Whether there were any."""
        key, year = key_of(agreement.calendar), self._clock.now().year
        missing = [one for one in (year, year + 1) if one not in accepted.get(key, {})]
        if not missing or not is_writing(connection):
            return False
        self._accept_first(connection, key, missing)
        return True

    def _accept_first(self, connection: Connection, key: Key, years: Iterable[int]) -> None:
        country, categories = key
        for year in years:
            days = sorted(holidays_of(country, categories, year))
            values = accepted_values(days, self._clock.ms(), None)
            joined = ",".join(categories)
            if calendars.accept_first(connection, country, joined, year, **values):
                detail = holidays_detail(key, year, before=None, after=days)
                entry = self._journal.entry("holidays-accepted", OURSELVES, detail=detail)
                self._journal.write(connection, entry)


def dates_of(schedule: Schedule) -> str | None:
    """The shared calendar whose dates a schedule names."""
    rule = schedule.rule
    return rule.calendar if isinstance(rule, OnDates | AroundDates) else None


def key_of(calendar: WorkingCalendar) -> Key:
    """Country and categories, as accepted holidays are kept by them."""
    return calendar.country, tuple(sorted(calendar.categories))


def accepted_values(days: Iterable[date], now: int, by: str | None) -> dict[str, Any]:
    """The columns of accepted holidays, with the installed package as their source."""
    return {
        "days": json.dumps([day.isoformat() for day in days]),
        "source": source(),
        "accepted_at": now,
        "accepted_by": by,
    }


def source() -> str:
    """The package that holidays come from, with its installed version."""
    return f"holidays@{version('holidays')}"


def holidays_detail(
    key: Key, year: int, *, before: Iterable[date] | None, after: Iterable[date]
) -> dict[str, Any]:
    """What an entry says of holidays that were accepted."""

    def listed(days: Iterable[date]) -> list[str]:
        return [day.isoformat() for day in sorted(days)]

    country, categories = key
    return {
        "country": country.lower(),
        "categories": list(categories),
        "year": year,
        "source": source(),
        "before": None if before is None else listed(before),
        "after": listed(after),
    }


def _accepted(connection: Connection) -> Accepted:
    found: dict[Key, dict[int, frozenset[date]]] = {}
    for row in calendars.accepted(connection):
        key = (row.country, tuple(row.categories.split(",")))
        found.setdefault(key, {})[row.year] = _days(row.days)
    return found


def _calendar(
    own: WorkingCalendar, shared: Mapping[str, SharedCalendar], accepted: Accepted
) -> Calendar:
    """The one calendar of these settings. A shared calendar that is on record no more counts for nothing."""
    included = tuple(shared[name] for name in own.include if name in shared)
    known = own.model_copy(update={"include": tuple(one.id for one in included)})
    return _combined(known, included, tuple(sorted(accepted.get(key_of(own), {}).items())))


@lru_cache(maxsize=512)
def _combined(
    own: WorkingCalendar,
    included: tuple[SharedCalendar, ...],
    holidays: tuple[tuple[int, frozenset[date]], ...],
) -> Calendar:
    """One calendar for all agreements that say the same: it computes its working days once."""
    return combined(own, *included, holidays=dict(holidays))


@lru_cache(maxsize=256)
def _shared(settings: str) -> SharedCalendar:
    return SharedCalendar.model_validate_json(settings)


@lru_cache(maxsize=256)
def _days(text: str) -> frozenset[date]:
    return frozenset(date.fromisoformat(day) for day in json.loads(text))
