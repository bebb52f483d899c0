"""Changes of settings of record that wait for a second person; what they say is sealed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from paraplu.store.database import holding
from paraplu.store.tables import proposals


def add(connection: Connection, **values: Any) -> None:
    """Add a proposal."""
    connection.execute(proposals.insert().values(**values))


def get(connection: Connection, uid: str) -> Row[Any] | None:
    """One proposal; in a writing transaction nobody else decides it until that ends."""
    query = select(proposals).where(proposals.c.uid == uid)
    return connection.execute(holding(connection, query, proposals)).first()


def undecided(connection: Connection) -> list[Row[Any]]:
    """Those that wait, the oldest first."""
    query = select(proposals).where(proposals.c.decided_at.is_(None))
    return list(connection.execute(query.order_by(proposals.c.made_at, proposals.c.uid)))


def forget(connection: Connection, uid: str) -> None:
    """Take away what a proposal said."""
    connection.execute(proposals.update().where(proposals.c.uid == uid).values(sealed=b""))


def decide(connection: Connection, uid: str, decision: str, by: str, now: int) -> None:
    """Note what somebody decided."""
    connection.execute(
        proposals.update()
        .where(proposals.c.uid == uid)
        .values(decision=decision, decided_by=by, decided_at=now)
    )
