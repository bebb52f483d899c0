"""Pauses: begun, and ended by their time or by a person."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, bindparam, or_, select

from paraplu.domain.pause import Pause, Scope
from paraplu.errors import NotFound
from paraplu.store.database import holding
from paraplu.store.tables import pauses

# Built once: that takes longer than it takes the database to answer.
_OPEN = select(pauses).where(pauses.c.ended_at.is_(None)).order_by(pauses.c.begun_at, pauses.c.uid)
_SINCE = select(pauses).where(
    or_(pauses.c.ended_at.is_(None), pauses.c.ended_at > bindparam("begin"))
)


def begin(connection: Connection, **values: Any) -> None:
    """Add a pause."""
    connection.execute(pauses.insert().values(**values))


def end(connection: Connection, uid: str, now: int, by: str | None) -> None:
    """End a pause; `by` None says that its time was up."""
    connection.execute(pauses.update().where(pauses.c.uid == uid).values(ended_at=now, ended_by=by))


def get(connection: Connection, uid: str) -> Row[Any]:
    """One pause. Raises `NotFound`."""
    query = select(pauses).where(pauses.c.uid == uid)
    row = connection.execute(holding(connection, query, pauses)).first()
    if row is None:
        raise NotFound(f"There is no pause {uid}.")
    return row


def open_ones(connection: Connection) -> list[Row[Any]]:
    """Pauses that nobody has ended, the first first. The time of some may be up."""
    return list(connection.execute(_OPEN))


def since(connection: Connection, begin: int) -> list[Pause]:
    """Every pause that held at some instant from `begin` (milliseconds) on."""
    return [pause(row) for row in connection.execute(_SINCE, {"begin": begin})]


def pause(row: Any) -> Pause:
    """A row as a pause: it ends when it was ended, or when its time is up, whichever comes first."""
    ends = [one for one in (row.ended_at, row.ends_at) if one is not None]
    return Pause(
        row.uid, Scope(row.scope), row.name, row.begun_at, min(ends, default=None), row.begun_by
    )
