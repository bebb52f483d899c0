"""Writes planned runs into the ledger: everything up to now, and a stretch ahead.

Each schedule has a watermark: every planned run up to it stands in the ledger. After an outage of any
length what lies between watermark and now is written first, so that there is no gap. A schedule or a
calendar that was changed takes future runs out of the plan that are planned no more, and adds others; what
had its time before the change stays as it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from paraplu.domain.calendar import Calendar
from paraplu.domain.planned import REPLANNED, TOO_EARLY, PlannedState, Why
from paraplu.domain.recurrence import CalendarEnded, Occurrence, occurrences
from paraplu.domain.schedule import Schedule, TimeRule
from paraplu.engine.agreed import read_client
from paraplu.engine.clock import Clock, from_ms, to_ms
from paraplu.engine.journal import OURSELVES, Hand, Journal
from paraplu.engine.moves import Moved, entries_of, instant
from paraplu.store import clients, planned, schedules
from paraplu.store.entries import NewEntry

HORIZON = timedelta(days=7)
"""How far ahead planned runs stand in the ledger at least; when it is less, twice as much is written.

And always the next one after that, however far off.
"""

LEAST_AHEAD = int(HORIZON.total_seconds() * 1000)
"""The same in milliseconds."""

MOST_AHEAD = 200
"""How many of one schedule at most."""

_FAR = timedelta(days=400)  # within which the next one is looked for

Days = Mapping[str, tuple[date, ...]]
"""The dates of shared calendars, by the calendar's name."""

Calendars = Callable[[Connection, str, str], tuple[Calendar, Days]]
"""The calendar of a client's service, and the dates of the shared calendars that it includes."""


@dataclass(frozen=True, slots=True)
class Slot:
    """One time of a schedule (milliseconds): planned for when, due when if that is later, and why."""

    planned_for: int
    due_at: int | None
    why: Why | None


@dataclass(frozen=True, slots=True)
class Kept:
    """Up to when the planned runs of a schedule stand in the ledger (milliseconds), and what tells of it."""

    until: int
    entries: list[NewEntry]


@lru_cache(maxsize=4096)
def read_schedule(settings: str) -> Schedule:
    """A schedule from its settings of record."""
    return Schedule.model_validate_json(settings)


def times(
    schedule: Schedule, calendar: Calendar, days: Days, after: datetime, until: datetime
) -> Iterator[Occurrence]:
    """The times of a schedule after one instant, up to and including another. Events have none.

    Raises `CalendarEnded` when what is known has been given.
    """
    zone, bounded = schedule.zone, schedule.valid_from or schedule.valid_until
    for one in occurrences(schedule.rule, zone, calendar, days, after, until):
        if not bounded or schedule.valid_on(one.at.astimezone(zone).date()):
            yield one


class Ahead:
    """The ledger's future."""

    def __init__(self, clock: Clock, journal: Journal, calendars: Calendars) -> None:
        self._clock = clock
        self._journal = journal
        self.calendars = calendars

    def put(self, connection: Connection, schedule: Schedule, by: str) -> bool:
        """Put a schedule into force, in the transaction of whatever does so. False when it is so already.

        `by` is the uid of a person. Until now the schedule's runs are planned as it said before, from now on
        as it says now: what is planned no more is skipped, what still is stays. That it was changed is the
        caller's to tell.
        """
        row = self._caught_up(connection, schedule.client, schedule.name)
        if row is not None and row.ended_at is None and read_schedule(row.settings) == schedule:
            return False
        settings, now = schedule.model_dump_json(), self._clock.ms()
        schedules.put(
            connection, schedule.client, schedule.name, schedule.service, settings, by, now
        )
        self._keep(connection, schedule.client, schedule.name)
        return True

    def end(self, connection: Connection, client: str, name: str, by: str) -> bool:
        """End a schedule: its future runs are skipped. False when there is none that has not ended."""
        self._caught_up(connection, client, name)
        if not schedules.end(connection, client, name, by, self._clock.ms()):
            return False
        self._keep(connection, client, name)
        return True

    def bring(self, connection: Connection, wanted: Iterable[Schedule]) -> None:
        """Bring the ledger of these up to now and ahead, in the transaction that changes their calendar.

        Called before the change, so that what lies behind is planned as it was, and again after it.
        """
        names = [(one.client, one.name) for one in wanted]
        if names:
            schedules.alone(connection)
        for row in schedules.held(connection, names):
            kept = self.keep(connection, row, self._clock.ms())
            self._journal.write(connection, *kept.entries)

    def _caught_up(self, connection: Connection, client: str, name: str) -> Any:
        """A schedule whose planned runs up to now stand in the ledger; None when there is none."""
        schedules.alone(connection)
        row = schedules.get(connection, client, name)
        if row is not None and row.ended_at is None:
            kept = self.keep(connection, row, self._clock.ms())
            self._journal.write(connection, *kept.entries)
        return row

    def _keep(self, connection: Connection, client: str, name: str) -> None:
        row = schedules.get(connection, client, name)
        if row is not None:
            kept = self.keep(connection, row, self._clock.ms())
            self._journal.write(connection, *kept.entries)

    def keep(
        self,
        connection: Connection,
        row: Any,
        now: int,
        calendars: Calendars | None = None,
        there: Sequence[Any] | None = None,
    ) -> Kept:
        """Bring the planned runs of one schedule up to `now` and ahead. `row` is held by this transaction.

        The entries that are given are the caller's to write. `calendars` are others than one's own, `there`
        the planned runs after `now` that stand in the ledger, for who has read them already.
        """
        changed = row.planned_until <= row.applied_at
        schedule = read_schedule(row.settings)
        if not changed and not isinstance(schedule.rule, TimeRule):
            return Kept(int(row.planned_until), [])  # events and people make its runs
        if there is None:
            there = planned.after(connection, schedule.id, now)
        wanted, until = self._wanted(
            connection, row, schedule, there, now, calendars or self.calendars
        )
        known = {one.planned_for: one for one in there}
        fresh = [slot for slot in wanted if slot.planned_for not in known]
        added = self._add(connection, row, schedule, fresh, now)
        why = Why.CALENDAR_CHANGED
        if changed:
            why = Why.SCHEDULE_ENDED if row.ended_at is not None else Why.SCHEDULE_CHANGED
        moved = self._change(
            connection, row, {slot.planned_for: slot for slot in wanted}, there, why, changed, now
        )
        if until != row.planned_until:
            schedules.planned_up_to(connection, row.client, row.name, until)
        hand = Hand(row.applied_by) if changed else OURSELVES
        journal = self._journal
        entries = list(entries_of(journal, hand, moved))
        if added:
            entry = journal.entry(
                "schedule-planned",
                OURSELVES,
                client=row.client,
                service=row.service,
                detail={
                    "schedule": schedule.id,
                    "runs": added,
                    "until": instant(until),
                },
            )
            entries.append(entry)
        return Kept(until, entries)

    def _wanted(
        self,
        connection: Connection,
        row: Any,
        schedule: Schedule,
        there: Sequence[Any],
        now: int,
        calendars: Calendars,
    ) -> tuple[list[Slot], int]:
        """What must stand in the ledger after the watermark, and the new watermark."""
        least = max(row.planned_until, row.applied_at + 1)
        if row.ended_at is not None or not isinstance(schedule.rule, TimeRule):
            return [], least
        calendar, days = calendars(connection, row.client, row.service)
        zone = schedule.zone
        if calendar.maintenance or calendar.freezes:  # they are meant in the client's time zone
            zone = read_client(clients.get(connection, row.client) or "").zone
        begin, present = from_ms(min(row.planned_until, now)), from_ms(now)

        def between(after: datetime, until: datetime) -> Iterator[Slot]:
            # Where the dates of a calendar end, those that are added to it are planned when they are.
            with contextlib.suppress(CalendarEnded):
                for one in times(schedule, calendar, days, after, until):
                    yield slot(one, calendar, zone)

        past = list(between(begin, present)) if begin < present else []
        ahead, reach = [], to_ms(present + _FAR)
        for one in between(present, present + _FAR):
            ahead.append(one)
            if len(ahead) == MOST_AHEAD or one.planned_for > now + 2 * LEAST_AHEAD:
                reach = one.planned_for
                break
        enough = min(LEAST_AHEAD, (reach - now) // 2)
        if row.planned_until > row.applied_at and row.planned_until - now >= enough:
            reach = row.planned_until
        last = max((one.planned_for for one in there), default=now)
        if last > reach:
            ahead = list(between(present, from_ms(last)))
            reach = last
        wanted = [*past, *(slot for slot in ahead if slot.planned_for <= reach)]
        return wanted, max(reach, least)

    def _add(
        self,
        connection: Connection,
        row: Any,
        schedule: Schedule,
        fresh: Sequence[Slot],
        now: int,
    ) -> int:
        uid = self._clock.uid
        rows = [
            {
                "uid": uid(),
                "schedule": schedule.id,
                "planned_for": slot.planned_for,
                "client": row.client,
                "service": row.service,
                "changed_at": now,
                "due_at": slot.due_at,
                "why": slot.why,
            }
            for slot in fresh
        ]
        return planned.plan_all(connection, rows)

    def _change(
        self,
        connection: Connection,
        row: Any,
        wanted: Mapping[int, Slot],
        there: Sequence[Any],
        why: Why,
        changed: bool,
        now: int,
    ) -> list[Moved]:
        """Take out of the plan what is planned no more, put back what is again, and note other times."""
        moves: list[Moved] = []
        others: list[tuple[Any, Slot]] = []
        by = row.applied_by if changed else None
        for one in there:
            slot = wanted.get(one.planned_for)
            if one.state == PlannedState.PLANNED.value and slot is None:
                moves.append(Moved(one, PlannedState.SKIPPED, why, by=by))
            elif slot is None:
                continue
            elif (one.state == PlannedState.SKIPPED.value and one.why in REPLANNED) or (
                one.state == PlannedState.MISSED.value and one.why in TOO_EARLY
            ):
                moves.append(Moved(one, PlannedState.PLANNED, by=by))
                others.append((one, slot))
            elif one.state == PlannedState.PLANNED.value and (
                (one.due_at, one.why, one.service) != (slot.due_at, slot.why, row.service)
            ):
                others.append((one, slot))
        planned.write_all(connection, ((one.row, one.state, one.values) for one in moves), now)
        for one, slot in others:
            planned.put_off(connection, one.uid, slot.due_at, slot.why, row.service)
        return moves


def slot(one: Occurrence, calendar: Calendar, zone: ZoneInfo) -> Slot:
    """A time as the ledger has it. Maintenance puts it off to its end, a freeze will have it skipped."""
    at = to_ms(one.at)
    over = calendar.in_maintenance(one.at, zone) if calendar.maintenance else None
    due = one.at if over is None else over
    why: Why | None = None if over is None else Why.MAINTENANCE
    if calendar.freezes and (
        calendar.frozen(one.at.astimezone(zone).date())
        or calendar.frozen(due.astimezone(zone).date())
    ):
        why = Why.FREEZE
    return Slot(at, None if over is None else to_ms(over), why)
