"""Clients, their agreements in all versions, and their mandates: the settings of record, as JSON."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, bindparam, func, or_, select

from paraplu.store.tables import agreements, clients, mandates


def put(connection: Connection, client: str, settings: str, now: int) -> None:
    """Add a client or replace its settings."""
    values = {"settings": settings, "changed_at": now}
    changed = connection.execute(clients.update().where(clients.c.id == client).values(**values))
    if changed.rowcount == 0:
        connection.execute(clients.insert().values(id=client, **values))


def get(connection: Connection, client: str) -> str | None:
    """The settings of a client, None when there is none."""
    return connection.execute(select(clients.c.settings).where(clients.c.id == client)).scalar()


def every(connection: Connection) -> list[str]:
    """The ids of all clients."""
    return list(connection.execute(select(clients.c.id).order_by(clients.c.id)).scalars())


def as_of(connection: Connection) -> tuple[int, int, int]:
    """Figures that change whenever a client or an agreement does."""
    query = select(
        select(func.coalesce(func.max(clients.c.changed_at), 0)).scalar_subquery(),
        func.coalesce(func.max(agreements.c.applied_at), 0),
        func.count(),
    ).select_from(agreements)
    changed, applied, number = connection.execute(query).one()
    return changed, applied, number


def add_agreement(
    connection: Connection,
    *,
    client: str,
    service: str,
    version: int,
    settings: str,
    by: str,
    now: int,
) -> None:
    """Add one version of an agreement; a version is never changed."""
    connection.execute(
        agreements.insert().values(
            client=client,
            service=service,
            version=version,
            settings=settings,
            applied_at=now,
            applied_by=by,
        )
    )


def agreements_of(connection: Connection, client: str) -> list[str]:
    """All versions of all agreements of a client, the newest version of a service last."""
    query = (
        select(agreements.c.settings)
        .where(agreements.c.client == client)
        .order_by(agreements.c.service, agreements.c.version)
    )
    return list(connection.execute(query).scalars())


def everything(
    connection: Connection, wanted: Collection[str] | None = None
) -> tuple[dict[str, str], list[str]]:
    """The settings of these clients by id, and of all versions of their agreements; of all if None."""
    values = {} if wanted is None else {"wanted": sorted(wanted)}
    found, versions = _everything(wanted is not None)
    return (
        {row.id: row.settings for row in connection.execute(found, values)},
        list(connection.execute(versions, values).scalars()),
    )


@functools.cache
def _everything(some: bool) -> tuple[Select[Any], Select[Any]]:
    found = select(clients.c.id, clients.c.settings)
    versions = select(agreements.c.settings).order_by(
        agreements.c.client, agreements.c.service, agreements.c.version
    )
    if not some:
        return found, versions
    wanted: ColumnElement[Any] = bindparam("wanted", expanding=True)
    return found.where(clients.c.id.in_(wanted)), versions.where(agreements.c.client.in_(wanted))


def add_mandate(
    connection: Connection, *, uid: str, client: str, service: str, settings: str, by: str, now: int
) -> None:
    """Add a mandate; it is never changed, only ended."""
    connection.execute(
        mandates.insert().values(
            uid=uid,
            client=client,
            service=service,
            settings=settings,
            applied_at=now,
            applied_by=by,
        )
    )


def end_mandate(connection: Connection, uid: str, now: int) -> None:
    """End a mandate."""
    connection.execute(mandates.update().where(mandates.c.uid == uid).values(ended_at=now))


def mandates_of(
    connection: Connection, client: str, service: str | None = None
) -> list[tuple[str, str]]:
    """Uid and settings of the mandates of a client that have not been ended."""
    query = (
        select(mandates.c.uid, mandates.c.settings)
        .where(mandates.c.client == client, mandates.c.ended_at.is_(None))
        .order_by(mandates.c.service, mandates.c.uid)
    )
    if service is not None:
        query = query.where(mandates.c.service == service)
    return [(row.uid, row.settings) for row in connection.execute(query)]


def mandates_by(connection: Connection, client: str, person: str) -> frozenset[str]:
    """Uids of the mandates of a client that `person` put into force or ended: it may not use them."""
    query = select(mandates.c.uid).where(
        mandates.c.client == client, mandates.c.applied_by == person
    )
    return frozenset(connection.execute(query).scalars())


def mandates_named(connection: Connection, uids: Collection[str]) -> list[Any]:
    """The mandates (rows) with these uids, whether ended or not."""
    query = select(mandates).where(mandates.c.uid.in_(uids)).order_by(mandates.c.uid)
    return list(connection.execute(query)) if uids else []


def mandates_at(connection: Connection, client: str, moment: int) -> list[Any]:
    """The mandates (rows) that had been put into force before `moment` (ms) and not been ended by then."""
    query = (
        select(mandates)
        .where(
            mandates.c.client == client,
            mandates.c.applied_at < moment,
            or_(mandates.c.ended_at.is_(None), mandates.c.ended_at >= moment),
        )
        .order_by(mandates.c.service, mandates.c.uid)
    )
    return list(connection.execute(query))
