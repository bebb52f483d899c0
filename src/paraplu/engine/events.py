"""What sets a schedule off that has no times: a workbook, enough cases, the end of another service's run.

Each such event becomes a planned run, planned for the instant of the event, so that the ledger tells of it.
An event is seen by its own record, never by whoever was listening: one that came while nothing was running
is found afterwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.pause import holding_back
from paraplu.domain.schedule import (
    AfterService,
    ByHand,
    CasesReady,
    EventRule,
    Rule,
    WorkbookArrives,
)
from paraplu.engine.agreed import Agreed
from paraplu.engine.ahead import read_schedule
from paraplu.engine.clock import from_ms
from paraplu.store import claims, pauses, planned, receipts, runs

_LOOK_BACK = 600_000
"""Milliseconds before the last look in which an event is looked for: it may have been committed late."""

_ENDED_WELL = ("finished", "nothing-due")
_GOES_ON = (*_ENDED_WELL, "time-limit")


@dataclass(frozen=True, slots=True)
class Heard:
    """News of one schedule: the instants of events that stand not in the ledger (milliseconds), in order.

    `watermark` is how far it is known what happened, when that is later than what is on record.
    """

    times: list[int]
    watermark: int


def waits(row: Any) -> bool:
    """Whether events set a schedule off. A schedule that waits for a person's word waits for no event."""
    rule = _rule(row)
    return isinstance(rule, EventRule) and not isinstance(rule, ByHand)


def news(connection: Connection, rows: Sequence[Any], now: int, seen: int = 0) -> dict[str, Heard]:
    """What happened for these schedules, which all wait for events; those without news are left out.

    Everything until `seen` (milliseconds) stands in the ledger, but for what was committed late.
    """
    if not rows:
        return {}
    counting = {row.client for row in rows if isinstance(_rule(row), CasesReady)}
    agreed = Agreed.of(connection, counting) if counting else Agreed({}, {})
    since = {
        row.client + "/" + row.name: max(max(row.planned_until, seen) - _LOOK_BACK, row.applied_at)
        for row in rows
    }
    first = min(since.values())
    arrived = receipts.arrived(connection, first, now)
    ended = runs.ended(connection, _ENDED_WELL, first, now)
    found = {}
    for row in rows:
        schedule = read_schedule(row.settings)
        rule, watermark = schedule.rule, int(row.planned_until)
        if isinstance(rule, CasesReady):
            times, watermark = _ready(connection, row, rule, schedule.id, agreed, now)
        else:
            service = rule.service if isinstance(rule, AfterService) else row.service
            happened = arrived if isinstance(rule, WorkbookArrives) else ended
            times = [
                at for at in happened.get((row.client, service), ()) if at > since[schedule.id]
            ]
            watermark = max([watermark, *times])
        times = [
            at for at in times if schedule.valid_on(from_ms(at).astimezone(schedule.zone).date())
        ]
        there = planned.known(connection, schedule.id, times)
        fresh = [at for at in times if at not in there]
        if fresh or watermark > row.planned_until:
            found[schedule.id] = Heard(fresh, watermark)
    return found


def _ready(
    connection: Connection, row: Any, rule: CasesReady, schedule: str, agreed: Agreed, now: int
) -> tuple[list[int], int]:
    """Once, until the number has fallen below again (then the watermark is later) or the run has ended.

    A run that a target or a person ended does not set the schedule off anew: that would try a wrong password
    again and again. In a pause nothing is set off: as many cases will be ready when it ends.
    """
    agreement = agreed.in_force(row.client, row.service, now)
    number = 0
    if agreement is not None:
        limits = agreement.limits
        due = claims.due(
            connection, row.client, row.service, now, many=limits.many, first=limits.first
        )
        number = len(due)
    last = planned.last(connection, schedule)
    armed = last is None or last.planned_for < row.planned_until
    if number < rule.number:
        return [], int(row.planned_until) if armed else now
    subject = agreed.subject(row.client, row.service, now, schedule)
    if holding_back(pauses.since(connection, now), subject, now):
        return [], int(row.planned_until)
    if last is not None and not armed:
        run = None if last.run is None else runs.get(connection, last.run)
        armed = run is not None and run.ending in _GOES_ON
    return [now] if armed else [], int(row.planned_until)


def _rule(row: Any) -> Rule:
    return read_schedule(row.settings).rule
