"""What comes next: what will run and when, what will not and why, and what gets in each other's way.

Nothing is written. What the ledger says already comes before what rules say; beyond its horizon rules alone
speak.
"""

from __future__ import annotations

import statistics
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from paraplu.domain.pause import Pause, holding_back
from paraplu.domain.planned import PlannedState, Why
from paraplu.domain.recurrence import CalendarEnded, Occurrence, grouped
from paraplu.domain.schedule import EventRule, Schedule
from paraplu.engine.agreed import Agreed
from paraplu.engine.ahead import Calendars, read_schedule, slot, times
from paraplu.engine.clock import from_ms, to_ms
from paraplu.engine.parts import Parts
from paraplu.store import pauses, planned, runs, schedules

_USUAL = timedelta(minutes=10)  # of a service that has not run yet
_LOOK_BACK = timedelta(days=60)
_DAY = timedelta(days=1)


class Line(NamedTuple):
    """One run that is ahead, or several of one day.

    `at` is when it is due, in UTC, and `last` the last of several (`number`). `runs` is False when it will
    not run, and `why` says why not, or else what moved it; `named` is the day that its rule names when that
    is another. `pause` is the uid of the pause that holds it back. `with_` is the schedule whose run does its
    work, `meets` those that need the same credential at that time when it has no slot for all.
    """

    at: datetime
    schedule: str
    service: str
    zone: ZoneInfo
    runs: bool = True
    why: str | None = None
    named: date | None = None
    last: datetime | None = None
    number: int = 1
    pause: str | None = None
    with_: str | None = None
    meets: tuple[str, ...] = ()


@dataclass
class Outlook:
    """What is ahead, in order; what waits for an event; and what cannot be said any further, with why."""

    lines: list[Line] = field(default_factory=list)
    waiting: list[Schedule] = field(default_factory=list)
    ending: list[tuple[str, str]] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _View:
    """What is known of the present."""

    now: datetime
    until: datetime
    agreed: Agreed
    pauses: Sequence[Pause]
    settled: Mapping[str, Mapping[int, Any]]  # rows of the ledger that are not simply planned
    bots: frozenset[str]


def outlook(
    connection: Connection, parts: Parts, calendars: Calendars, days: int, client: str | None = None
) -> Outlook:
    """What is ahead in so many days, of one client or of all. Collisions are looked for among all of them."""
    now = parts.clock.now()
    until = now + timedelta(days=days)
    settled: dict[str, dict[int, Any]] = defaultdict(dict)
    for row in planned.not_as_planned(connection, to_ms(now)):
        settled[row.schedule][row.planned_for] = row
    agreed = Agreed.of(connection)
    view = _View(
        now, until, agreed, pauses.since(connection, to_ms(now)), settled, frozenset(parts.bots)
    )
    found = Outlook()
    known: dict[tuple[str, str], Any] = {}
    for row in schedules.listed(connection):
        schedule = read_schedule(row.settings)
        if isinstance(schedule.rule, EventRule):
            found.waiting.append(schedule)
            continue
        pair = row.client, row.service
        if pair not in known:
            known[pair] = calendars(connection, *pair)
        try:
            found.lines += _lines(schedule, view, *known[pair])
        except CalendarEnded as ended:
            found.ending.append((schedule.id, str(ended)))
    found.lines.sort()
    lengths = _usual_lengths(connection, to_ms(now - _LOOK_BACK))
    found.lines = _collided(found.lines, view, lengths)
    if client is not None:
        found.lines = [one for one in found.lines if one.schedule.partition("/")[0] == client]
        found.waiting = [one for one in found.waiting if one.client == client]
        found.ending = [one for one in found.ending if one[0].partition("/")[0] == client]
    return found


def _lines(schedule: Schedule, view: _View, calendar: Any, days: Any) -> Iterator[Line]:
    """Raises `CalendarEnded` behind the last line."""
    client = view.agreed.clients[schedule.client]
    settled = view.settled.get(schedule.id, {})
    held = [one for one in view.pauses if _may_stop(one, schedule, view)]
    versions = view.agreed.agreements.get((schedule.client, schedule.service), ())
    newest = max(versions, key=lambda one: one.version, default=None)
    always = (
        newest is not None
        and newest.valid_until is None
        and newest.valid_from < (view.now - _DAY).date()
    )
    plain = not (
        settled
        or held
        or calendar.maintenance
        or calendar.freezes
        or not always
        or schedule.valid_from
        or schedule.valid_until
        or schedule.service not in view.bots
    )
    id, service, zone = schedule.id, schedule.service, schedule.zone
    if plain:
        span = view.now, view.until
        for first, last, number in grouped(schedule.rule, zone, calendar, days, *span):
            at, named, why = first
            if number == 1:
                yield Line(at, id, service, zone, True, why, named)
            else:
                yield Line(at, id, service, zone, True, why, named, last.at, number)
        return
    one: Occurrence
    for one in times(schedule, calendar, days, view.now, view.until):
        yield _line(one, schedule, client.zone, view, calendar, settled, held)


def _line(
    one: Occurrence,
    schedule: Schedule,
    zone: ZoneInfo,
    view: _View,
    calendar: Any,
    settled: Mapping[int, Any],
    held: Sequence[Pause],
) -> Line:
    placed = slot(one, calendar, zone)
    due = placed.planned_for if placed.due_at is None else placed.due_at
    line = Line(
        from_ms(due), schedule.id, schedule.service, schedule.zone, True, one.why, one.nominal
    )
    row = settled.get(placed.planned_for)
    if row is not None:
        return line._replace(runs=False, why=row.why or row.state)
    subject = view.agreed.subject(schedule.client, schedule.service, due, schedule.id)
    pause = holding_back(held, subject, due)
    if placed.why == Why.FREEZE:
        return line._replace(runs=False, why=Why.FREEZE.value)
    if pause is not None:
        return line._replace(runs=False, why=Why.PAUSED.value, pause=pause.uid)
    if schedule.service not in view.bots:
        return line._replace(runs=False, why=Why.NO_BOT.value)
    if view.agreed.in_force(schedule.client, schedule.service, due) is None:
        return line._replace(runs=False, why=Why.NO_AGREEMENT.value)
    return line if placed.why is None else line._replace(why=placed.why.value)


def _may_stop(pause: Pause, schedule: Schedule, view: _View) -> bool:
    """Whether a pause is of the scope of a schedule, by any version of its agreement."""
    subject = view.agreed.subject(schedule.client, schedule.service, to_ms(view.now), schedule.id)
    return pause.stops(subject)


def _usual_lengths(connection: Connection, since: int) -> dict[tuple[str, str], timedelta]:
    """How long a run of each service of each client usually takes: the median of the last ones."""
    lengths: dict[tuple[str, str], list[int]] = defaultdict(list)
    for client, service, took in runs.lengths(connection, since):
        lengths[client, service].append(took)
    return {
        pair: timedelta(milliseconds=statistics.median(found)) for pair, found in lengths.items()
    }


def _collided(
    lines: list[Line], view: _View, lengths: Mapping[tuple[str, str], timedelta]
) -> list[Line]:
    """The lines, with what becomes of those that come at the same time as others."""
    slots: dict[str, int] = {}
    using: dict[tuple[str, str], str] = {}
    for (client, service), _versions in view.agreed.agreements.items():
        agreement = view.agreed.in_force(client, service, to_ms(view.now))
        if agreement is not None:
            using[client, service] = agreement.credential
            least = slots.get(agreement.credential, agreement.limits.slots)
            slots[agreement.credential] = min(least, agreement.limits.slots)
    busy: dict[str, list[tuple[datetime, tuple[str, str], int]]] = defaultdict(list)
    begun: dict[tuple[str, str], tuple[datetime, str]] = {}
    found = list(lines)
    for index, line in enumerate(lines):
        if not line.runs:
            continue
        pair = line.schedule.partition("/")[0], line.service
        before = begun.get(pair)
        if before is not None and before[0] == line.at and line.number == 1:
            found[index] = line._replace(runs=False, why=PlannedState.MERGED.value, with_=before[1])
            continue
        begun[pair] = line.at, line.schedule
        credential = using.get(pair)
        if credential is None:
            continue
        now_busy = [one for one in busy[credential] if one[0] > line.at]
        end = line.at + lengths.get(pair, _USUAL)
        if len(now_busy) >= slots[credential]:
            met = tuple(lines[number].schedule for _end, _pair, number in now_busy)
            found[index] = line._replace(meets=met)
        now_busy.append((end, pair, index))
        busy[credential] = now_busy
    return found
