"""The ledger of planned runs: unique by schedule and time, so that two schedulers cannot double one."""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Update,
    and_,
    bindparam,
    func,
    or_,
    select,
    union_all,
)

from paraplu.domain.planned import PlannedState, move
from paraplu.errors import NotFound, Refused
from paraplu.store.database import add_missing, holding, is_writing
from paraplu.store.tables import planned_runs

_AT_ONCE = 300  # values in one statement


def plan(connection: Connection, **values: Any) -> bool:
    """Add a planned run. False when the schedule has one at that time already."""
    row = {"state": PlannedState.PLANNED.value, **values}
    return add_missing(connection, planned_runs, [row]) == 1


def plan_all(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add planned runs of one schedule that it has none of yet. Gives how many there were."""
    added = 0
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        there = known(connection, part[0]["schedule"], [row["planned_for"] for row in part])
        fresh = [
            {"state": PlannedState.PLANNED.value, "due_at": None, "why": None, **row}
            for row in part
            if row["planned_for"] not in there
        ]
        if fresh:
            connection.execute(planned_runs.insert(), fresh)
            added += len(fresh)
    return added


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


def known(connection: Connection, schedule: str, times: Collection[int]) -> set[int]:
    """Those of these times for which a schedule has a planned run."""
    if not times:
        return set()
    values = {"of": schedule, "times": sorted(times)}
    return set(connection.execute(_known(), values).scalars())


def last(connection: Connection, schedule: str) -> Row[Any] | None:
    """The latest planned run of a schedule."""
    query = (
        select(planned_runs)
        .where(planned_runs.c.schedule == schedule)
        .order_by(planned_runs.c.planned_for.desc())
    )
    return connection.execute(query.limit(1)).first()


def write(connection: Connection, uid: str, state: PlannedState, now: int, **values: Any) -> None:
    """Move a planned run. Raises `Refused` for a wrong move."""
    row = get(connection, uid)
    state = move(PlannedState(row.state), state)
    connection.execute(
        planned_runs.update()
        .where(planned_runs.c.uid == uid)
        .values(state=state.value, changed_at=now, **values)
    )


def write_all(
    connection: Connection,
    moves: Iterable[tuple[Row[Any], PlannedState, Mapping[str, Any]]],
    now: int,
) -> None:
    """Move planned runs that this transaction has read: row, new state, and `run`, `why`, `by` of each.

    Raises `Refused` for a wrong move, and when one is not in the state any more in which it was read.
    """
    values = [
        {
            "the_uid": row.uid,
            "old": row.state,
            "state": move(PlannedState(row.state), state).value,
            "changed_at": now,
            "run": more.get("run", row.run),
            "why": more.get("why"),
            "by": more.get("by"),
        }
        for row, state, more in moves
    ]
    if values and connection.execute(_writing(), values).rowcount != len(values):
        raise Refused("A planned run was changed by somebody else just now. Try again.")


def put_off(
    connection: Connection, uid: str, due_at: int | None, why: str | None, service: str
) -> None:
    """Note when a planned run will be due, what is known to keep it from its time, and what it runs."""
    connection.execute(
        planned_runs.update()
        .where(planned_runs.c.uid == uid, planned_runs.c.state == PlannedState.PLANNED.value)
        .values(due_at=due_at, why=why, service=service)
    )


def with_something_due(connection: Connection, now: int) -> list[str]:
    """The schedules that have a planned run whose time has come at `now` (milliseconds)."""
    return list(connection.execute(_with_something_due(), {"now": now}).scalars())


def come_due(connection: Connection, of: Collection[str], now: int) -> list[Row[Any]]:
    """Planned runs of these schedules whose time has come at `now`, by schedule, the earliest first.

    They are held until a writing transaction ends.
    """
    values = {"of": sorted(of), "now": now}
    return list(connection.execute(_those_due(is_writing(connection)), values))


def next_time(connection: Connection, now: int) -> int | None:
    """The first instant after `now` at which a planned run is due."""
    return connection.execute(_next_time(), {"now": now}).scalar()


def coming(
    connection: Connection, client: str, service: str, begin: int, end: int
) -> list[Row[Any]]:
    """Planned runs of a client's service that will be due after `begin`, up to and including `end`."""
    at = func.coalesce(planned_runs.c.due_at, planned_runs.c.planned_for)
    query = select(planned_runs).where(
        planned_runs.c.client == client,
        planned_runs.c.service == service,
        planned_runs.c.state == PlannedState.PLANNED.value,
        planned_runs.c.planned_for <= end,
        at > begin,
        at <= end,
    )
    return list(connection.execute(query.order_by(planned_runs.c.planned_for)))


def not_as_planned(connection: Connection, begin: int) -> list[Row[Any]]:
    """Planned runs for later than `begin` (milliseconds) of which something has become already."""
    query = select(planned_runs).where(
        planned_runs.c.state != PlannedState.PLANNED.value, planned_runs.c.planned_for > begin
    )
    return list(connection.execute(query))


def after(connection: Connection, schedule: str, begin: int) -> list[Row[Any]]:
    """All planned runs of a schedule for later than `begin`, held until a writing transaction ends."""
    return after_each(connection, [schedule], begin)[schedule]


def after_each(
    connection: Connection, of: Collection[str], begin: int
) -> dict[str, list[Row[Any]]]:
    """`after` of several schedules: each of them has its list."""
    found: dict[str, list[Row[Any]]] = {schedule: [] for schedule in of}
    values = {"of": sorted(of), "begin": begin}
    for row in connection.execute(_after(is_writing(connection)), values):
        found[row.schedule].append(row)
    return found


def listed(
    connection: Connection,
    *states: PlannedState,
    most: int = 200,
    client: str | None = None,
    schedule: str | None = None,
    since: int | None = None,
    until: int | None = None,
) -> list[Row[Any]]:
    """Planned runs in these states, all if none are given, the earliest first.

    `since` and `until` are the times that they are planned for, both included.
    """
    conditions: list[ColumnElement[bool]] = []
    if states:
        conditions.append(planned_runs.c.state.in_([state.value for state in states]))
    if client is not None:
        conditions.append(planned_runs.c.client == client)
    if schedule is not None:
        conditions.append(planned_runs.c.schedule == schedule)
    if since is not None:
        conditions.append(planned_runs.c.planned_for >= since)
    if until is not None:
        conditions.append(planned_runs.c.planned_for <= until)
    query = select(planned_runs).where(*conditions)
    return list(
        connection.execute(
            query.order_by(planned_runs.c.planned_for, planned_runs.c.uid).limit(most)
        )
    )


def totals(connection: Connection) -> dict[str, int]:
    """How many planned runs are in each state; every state is named."""
    found = connection.execute(
        select(planned_runs.c.state, func.count()).group_by(planned_runs.c.state)
    )
    counted = {state: int(number) for state, number in found}
    return {state.value: counted.get(state.value, 0) for state in PlannedState}


# Built once: that takes longer than it takes the database to answer. ---------------------------------


@functools.cache
def _known() -> Select[Any]:
    return select(planned_runs.c.planned_for).where(
        planned_runs.c.schedule == bindparam("of"),
        planned_runs.c.planned_for.in_(bindparam("times", expanding=True)),
    )


@functools.cache
def _writing() -> Update:
    return planned_runs.update().where(
        planned_runs.c.uid == bindparam("the_uid"), planned_runs.c.state == bindparam("old")
    )


def _time_has_come() -> ColumnElement[bool]:
    now: ColumnElement[int] = bindparam("now")
    return and_(
        planned_runs.c.state == PlannedState.PLANNED.value,
        planned_runs.c.planned_for <= now,
        or_(planned_runs.c.due_at.is_(None), planned_runs.c.due_at <= now),
    )


@functools.cache
def _with_something_due() -> Select[Any]:
    return select(planned_runs.c.schedule).where(_time_has_come()).distinct()


@functools.cache
def _those_due(holding: bool) -> Select[Any]:
    query = (
        select(planned_runs)
        .where(_time_has_come(), planned_runs.c.schedule.in_(bindparam("of", expanding=True)))
        .order_by(planned_runs.c.schedule, planned_runs.c.planned_for)
    )
    return query.with_for_update(of=planned_runs, key_share=True) if holding else query


@functools.cache
def _next_time() -> Select[Any]:
    """Put off, a run is due later than it is planned for: there are few of those."""
    now: ColumnElement[int] = bindparam("now")
    waiting = planned_runs.c.state == PlannedState.PLANNED.value
    first = select(func.min(planned_runs.c.planned_for)).where(
        waiting, planned_runs.c.planned_for > now
    )
    put_off = select(func.min(planned_runs.c.due_at)).where(
        waiting, planned_runs.c.planned_for <= now, planned_runs.c.due_at > now
    )
    both = union_all(first, put_off).subquery()
    return select(func.min(both.c[0]))


@functools.cache
def _after(holding: bool) -> Select[Any]:
    query = (
        select(planned_runs)
        .where(
            planned_runs.c.schedule.in_(bindparam("of", expanding=True)),
            planned_runs.c.planned_for > bindparam("begin"),
        )
        .order_by(planned_runs.c.schedule, planned_runs.c.planned_for)
    )
    return query.with_for_update(of=planned_runs, key_share=True) if holding else query
