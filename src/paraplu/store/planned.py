"""The ledger of planned runs: unique by schedule and time, so that two schedulers cannot double one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from paraplu.domain.planned import PlannedState, move
from paraplu.errors import NotFound
from paraplu.store.database import add_missing, holding
from paraplu.store.tables import planned_runs


def plan(connection: Connection, **values: Any) -> bool:
    """Add a planned run. False when the schedule has one at that time already."""
    row = {"state": PlannedState.PLANNED.value, **values}
    return add_missing(connection, planned_runs, [row]) == 1


def get(connection: Connection, uid: str) -> Row[Any]:
    """One planned run. Raises `NotFound`."""
    query = select(planned_runs).where(planned_runs.c.uid == uid)
    row = connection.execute(holding(connection, query, planned_runs)).first()
    if row is None:
        raise NotFound(f"There is no planned run {uid}.")
    return row


def at(connection: Connection, schedule: str, planned_for: int) -> Row[Any] | None:
    """The planned run of a schedule at a time (milliseconds)."""
    query = select(planned_runs).where(
        planned_runs.c.schedule == schedule, planned_runs.c.planned_for == planned_for
    )
    return connection.execute(query).first()


def write(connection: Connection, uid: str, state: PlannedState, now: int, **values: Any) -> None:
    """Move a planned run. Raises `Refused` for a wrong move."""
    row = get(connection, uid)
    state = move(PlannedState(row.state), state)
    connection.execute(
        planned_runs.update()
        .where(planned_runs.c.uid == uid)
        .values(state=state.value, changed_at=now, **values)
    )


def listed(connection: Connection, *states: PlannedState, most: int = 200) -> list[Row[Any]]:
    """Planned runs in these states, all if none are given, the earliest first."""
    query = select(planned_runs).order_by(planned_runs.c.planned_for, planned_runs.c.uid)
    if states:
        query = query.where(planned_runs.c.state.in_([state.value for state in states]))
    return list(connection.execute(query.limit(most)))
