"""Schedules of record, each with the instant up to which its planned runs stand in the ledger."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    Update,
    bindparam,
    func,
    or_,
    select,
    text,
    tuple_,
)

from paraplu.store.database import holding, is_writing
from paraplu.store.tables import accepted_holidays, agreements, calendars, clients, schedules

PLANNING = 0x706C616E
"""The advisory lock of whoever writes and settles planned runs."""


def alone(connection: Connection) -> None:
    """Keep every other planner waiting until this transaction ends; on SQLite it is alone anyway.

    Two planners that looked at the same moment would each see no run of a service and make one due.
    """
    if connection.dialect.name != "sqlite":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({PLANNING})"))


def put(
    connection: Connection, client: str, name: str, service: str, settings: str, by: str, now: int
) -> int:
    """Add a schedule or change it, also one that has ended. Gives its version.

    It begins at `now` (milliseconds): what it would have planned before is not planned.
    """
    row = get(connection, client, name)
    values = {
        "service": service,
        "settings": settings,
        "planned_until": now,
        "applied_at": now,
        "applied_by": by,
        "ended_at": None,
    }
    if row is None:
        connection.execute(schedules.insert().values(client=client, name=name, version=1, **values))
        return 1
    version = int(row.version) + 1
    connection.execute(
        schedules.update()
        .where(schedules.c.client == client, schedules.c.name == name)
        .values(version=version, **values)
    )
    return version


def end(connection: Connection, client: str, name: str, by: str, now: int) -> bool:
    """End a schedule. False when there is none that has not ended."""
    done = connection.execute(
        schedules.update()
        .where(
            schedules.c.client == client, schedules.c.name == name, schedules.c.ended_at.is_(None)
        )
        .values(
            ended_at=now,
            planned_until=now,
            applied_at=now,
            applied_by=by,
            version=schedules.c.version + 1,
        )
    )
    return done.rowcount == 1


def get(connection: Connection, client: str, name: str) -> Row[Any] | None:
    """One schedule, ended or not; in a writing transaction nobody else changes it until that ends."""
    query = select(schedules).where(schedules.c.client == client, schedules.c.name == name)
    return connection.execute(holding(connection, query, schedules)).first()


def held(connection: Connection, names: Iterable[tuple[str, str]]) -> list[Row[Any]]:
    """These schedules, by client and name; see `get`."""
    names = sorted(names)
    if not names:
        return []
    query = _held(is_writing(connection))
    return list(connection.execute(query, {"names": names}))


def listed(
    connection: Connection, client: str | None = None, *, ended: bool = False
) -> list[Row[Any]]:
    """The schedules of a client or of all, those that have ended only when asked for."""
    query = select(schedules).order_by(schedules.c.client, schedules.c.name)
    if client is not None:
        query = query.where(schedules.c.client == client)
    if not ended:
        query = query.where(schedules.c.ended_at.is_(None))
    return list(connection.execute(query))


def to_keep(connection: Connection) -> list[Row[Any]]:
    """The schedules that plan runs, and those that have ended and whose runs are still in the plan."""
    query = select(schedules).where(
        or_(schedules.c.ended_at.is_(None), schedules.c.planned_until <= schedules.c.applied_at)
    )
    return list(connection.execute(query.order_by(schedules.c.client, schedules.c.name)))


def running_out(connection: Connection, least: int) -> set[tuple[str, str]]:
    """The schedules whose planned runs stand in the ledger up to an instant before `least` only."""
    rows = connection.execute(_running_out(), {"least": least})
    return {(row.client, row.name) for row in rows}


def planned_up_to(connection: Connection, client: str, name: str, until: int) -> None:
    """Note that every planned run of a schedule up to `until` (milliseconds) stands in the ledger."""
    values = {"the_client": client, "the_name": name, "planned_until": until}
    connection.execute(_planned_up_to(), values)


def basis(connection: Connection) -> tuple[Any, ...]:
    """Something that is another when what planned runs are computed from may have changed."""
    return tuple(connection.execute(_basis()).one())


# Built once: that takes longer than it takes the database to answer. ---------------------------------


@functools.cache
def _running_out() -> Select[Any]:
    return select(schedules.c.client, schedules.c.name).where(
        schedules.c.ended_at.is_(None), schedules.c.planned_until < bindparam("least")
    )


@functools.cache
def _planned_up_to() -> Update:
    return (
        schedules.update()
        .where(
            schedules.c.client == bindparam("the_client"), schedules.c.name == bindparam("the_name")
        )
        .values(planned_until=bindparam("planned_until"))
    )


@functools.cache
def _held(holding: bool) -> Select[Any]:
    names: ColumnElement[Any] = bindparam("names", expanding=True)
    query = (
        select(schedules)
        .where(tuple_(schedules.c.client, schedules.c.name).in_(names))
        .order_by(schedules.c.client, schedules.c.name)
    )
    return query.with_for_update(of=schedules, key_share=True) if holding else query


@functools.cache
def _basis() -> Select[Any]:
    counted = (
        (schedules, schedules.c.applied_at),
        (agreements, agreements.c.applied_at),
        (clients, clients.c.changed_at),
        (calendars, calendars.c.changed_at),
        (accepted_holidays, accepted_holidays.c.accepted_at),
    )
    columns: list[Any] = [select(func.sum(schedules.c.version)).scalar_subquery()]
    for table, changed in counted:
        columns.append(select(func.count()).select_from(table).scalar_subquery())
        columns.append(select(func.max(changed)).scalar_subquery())
    return select(*(column.label(f"part_{n}") for n, column in enumerate(columns)))
