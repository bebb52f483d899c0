"""Runs and the evidence they left."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from paraplu.store.tables import evidence, runs


def start(connection: Connection, **values: Any) -> None:
    """Write that a run begins."""
    connection.execute(runs.insert().values(**values))


def end(connection: Connection, uid: str, ending: str, now: int) -> None:
    """Write that a run has ended and how."""
    connection.execute(runs.update().where(runs.c.uid == uid).values(ended_at=now, ending=ending))


def unfinished(connection: Connection, client: str, service: str) -> list[str]:
    """Uids of runs that never ended: their process died."""
    query = select(runs.c.uid).where(
        runs.c.client == client, runs.c.service == service, runs.c.ended_at.is_(None)
    )
    return list(connection.execute(query).scalars())


def list_evidence(connection: Connection, **values: Any) -> None:
    """Write that a file of evidence is kept; the same bytes are listed once."""
    known = select(evidence.c.hash).where(evidence.c.hash == values["hash"])
    if connection.execute(known).scalar() is None:
        connection.execute(evidence.insert().values(**values))


def evidence_of(connection: Connection, case: str) -> list[Row[Any]]:
    """The evidence of a case, oldest first."""
    query = select(evidence).where(evidence.c.case_uid == case).order_by(evidence.c.kept_at)
    return list(connection.execute(query))


def evidence_by_hash(connection: Connection, name: str) -> Row[Any] | None:
    """One file of evidence."""
    return connection.execute(select(evidence).where(evidence.c.hash == name)).first()


def all_evidence(connection: Connection) -> list[Row[Any]]:
    """Every file of evidence."""
    return list(connection.execute(select(evidence).order_by(evidence.c.kept_at)))
