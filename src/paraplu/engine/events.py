"""What sets a schedule off that has no times: a workbook, enough cases, the end of another service's run.

Each such event becomes a planned run, planned for the instant of the event, so that the ledger tells of it.
An event is seen by its own record, never by whoever was listening: one that came while nothing was running
is found afterwards.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from paraplu.domain.agreement import Limits
from paraplu.domain.schedule import AfterService, CasesReady, EventRule, WorkbookArrives
from paraplu.engine.ahead import read_schedule
from paraplu.engine.clock import from_ms
from paraplu.store import claims, planned, receipts, runs

_LOOK_BACK = 600_000
"""Milliseconds before the watermark in which an event is looked for: it may have been committed late."""

_ENDED_WELL = ("finished", "nothing-due")
_GOES_ON = (*_ENDED_WELL, "time-limit")


def instants(connection: Connection, row: Any, limits: Limits | None, now: int) -> list[int]:
    """When the events of a schedule happened that may not stand in the ledger yet, in order.

    `limits` are those of the agreement in force, None when there is none: then no case can be ready.
    """
    schedule = read_schedule(row.settings)
    rule = schedule.rule
    since = max(row.planned_until - _LOOK_BACK, row.applied_at)
    found: list[int] = []
    if isinstance(rule, WorkbookArrives):
        found = receipts.arrived(connection, row.client, row.service, since, now)
    elif isinstance(rule, AfterService):
        found = runs.ended(connection, row.client, rule.service, _ENDED_WELL, since, now)
    elif isinstance(rule, CasesReady) and limits is not None:
        found = [now] if _enough(connection, row, rule, schedule.id, limits, now) else []
    there = planned.known(connection, schedule.id, found)
    return [
        at
        for at in found
        if at not in there and schedule.valid_on(from_ms(at).astimezone(schedule.zone).date())
    ]


def fell(connection: Connection, row: Any, limits: Limits | None, now: int) -> bool:
    """Whether there are fewer cases again than a schedule waits for, since they set it off."""
    schedule = read_schedule(row.settings)
    if not isinstance(schedule.rule, CasesReady):
        return False
    last = planned.last(connection, schedule.id)
    if last is None or last.planned_for < row.planned_until:
        return False
    return limits is None or _ready(connection, row, limits, now) < schedule.rule.number


def by_number(row: Any) -> bool:
    """Whether a schedule waits for cases, which stay ready, and not for something that happens once."""
    return isinstance(read_schedule(row.settings).rule, CasesReady)


def is_event(row: Any) -> bool:
    """Whether events set a schedule off."""
    rule = read_schedule(row.settings).rule
    return isinstance(rule, EventRule)


def _enough(
    connection: Connection, row: Any, rule: CasesReady, schedule: str, limits: Limits, now: int
) -> bool:
    """Once, until the number has fallen below again (then the watermark is later) or the run has ended.

    A run that a target or a person ended does not set the schedule off anew: that would try a wrong password
    again and again.
    """
    if _ready(connection, row, limits, now) < rule.number:
        return False
    last = planned.last(connection, schedule)
    if last is None or last.planned_for < row.planned_until:
        return True
    run = None if last.run is None else runs.get(connection, last.run)
    return run is not None and run.ending in _GOES_ON


def _ready(connection: Connection, row: Any, limits: Limits, now: int) -> int:
    return len(
        claims.due(connection, row.client, row.service, now, many=limits.many, first=limits.first)
    )
