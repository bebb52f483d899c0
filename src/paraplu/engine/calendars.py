"""The calendars that planned runs are computed from: agreements, shared calendars, accepted holidays.

What the installed `holidays` package says of a country and a year is noted the first time that it is
needed, and counts from then on, whatever a later version of the package says; see `engine/holidays.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
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

_SOON = 60  # days before its end that a calendar is spoken of


@dataclass(frozen=True, slots=True)
class View:
    """All calendars, as they stand in one transaction."""

    agreed: Agreed
    shared: Mapping[str, SharedCalendar]
    accepted: Mapping[Key, Mapping[int, frozenset[date]]]
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
        holidays = {} if as_installed else self.accepted.get(key_of(own), {})
        included = tuple(self.shared[name] for name in own.include if name in self.shared)
        own = own.model_copy(update={"include": tuple(one.id for one in included)})
        return _combined(own, included, tuple(sorted(holidays.items())))

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
        view = self.view(connection, client)
        agreement = view.agreement(client, service)
        if is_writing(connection) and agreement is not None:
            key = key_of(agreement.calendar)
            known = view.accepted.get(key, {})
            years = (view.today.year, view.today.year + 1)
            missing = [year for year in years if year not in known]
            if missing:
                self._accept_first(connection, key, missing)
                view = self.view(connection, client)
        return view.calendar(client, service), view.dates()

    def view(self, connection: Connection, client: str | None = None) -> View:
        """All calendars, of one client only if it is given."""
        accepted: dict[Key, dict[int, frozenset[date]]] = {}
        for row in calendars.accepted(connection):
            key = (row.country, tuple(row.categories.split(",")))
            accepted.setdefault(key, {})[row.year] = _days(row.days)
        return View(
            Agreed.of(connection, None if client is None else {client}),
            self.shared(connection),
            accepted,
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
