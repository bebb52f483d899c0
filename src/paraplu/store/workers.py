"""Workers: processes that carry out runs, and when each last gave a sign of life."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from paraplu.store.tables import workers


def enter(connection: Connection, **values: Any) -> None:
    """Add a worker that starts."""
    connection.execute(workers.insert().values(**values))


def beat(connection: Connection, uid: str, now: int) -> None:
    """A sign of life."""
    connection.execute(workers.update().where(workers.c.uid == uid).values(beat_at=now))


def leave(connection: Connection, uid: str, now: int) -> None:
    """A worker has stopped, or is known to be dead."""
    connection.execute(workers.update().where(workers.c.uid == uid).values(stopped_at=now))


def of_machine(connection: Connection, machine: str) -> list[Row[Any]]:
    """Workers of a machine that never said that they stopped."""
    query = select(workers).where(workers.c.machine == machine, workers.c.stopped_at.is_(None))
    return list(connection.execute(query))


def listed(connection: Connection) -> list[Row[Any]]:
    """All workers that have not stopped, oldest first."""
    query = select(workers).where(workers.c.stopped_at.is_(None)).order_by(workers.c.started_at)
    return list(connection.execute(query))
