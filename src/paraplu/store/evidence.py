"""The list of evidence: which files are kept, and what they are about."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from paraplu.store.tables import evidence


def add(connection: Connection, **values: Any) -> None:
    """Write that a file of evidence is kept; the same bytes are listed once."""
    known = select(evidence.c.hash).where(evidence.c.hash == values["hash"])
    if connection.execute(known).scalar() is None:
        connection.execute(evidence.insert().values(**values))


def of_case(connection: Connection, case: str) -> list[Row[Any]]:
    """The evidence of a case, oldest first."""
    query = select(evidence).where(evidence.c.case_uid == case).order_by(evidence.c.kept_at)
    return list(connection.execute(query))


def by_hash(connection: Connection, name: str) -> Row[Any] | None:
    """One file of evidence."""
    return connection.execute(select(evidence).where(evidence.c.hash == name)).first()


def listed(connection: Connection) -> list[Row[Any]]:
    """Every file of evidence."""
    return list(connection.execute(select(evidence).order_by(evidence.c.kept_at)))
