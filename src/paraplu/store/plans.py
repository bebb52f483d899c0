"""Plans, the approvals of them, and the intents that came of them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from paraplu.store.tables import approvals, intents, plans


def keep(connection: Connection, case: str, digest: str, sealed: bytes, now: int) -> None:
    """Keep a plan; one with the same digest replaces it (its bounds may be newer)."""
    changed = connection.execute(
        plans.update()
        .where(plans.c.case_uid == case, plans.c.digest == digest)
        .values(sealed=sealed, planned_at=now)
    )
    if changed.rowcount == 0:
        connection.execute(
            plans.insert().values(case_uid=case, digest=digest, sealed=sealed, planned_at=now)
        )


def sealed(connection: Connection, case: str, digest: str) -> bytes | None:
    """The sealed plan of a case with this digest."""
    query = select(plans.c.sealed).where(plans.c.case_uid == case, plans.c.digest == digest)
    return connection.execute(query).scalar()


def decide(connection: Connection, **values: Any) -> None:
    """Write a person's decision on a plan; a later one of the same person on the same plan replaces it."""
    same = approvals.c
    connection.execute(
        approvals.delete().where(
            same.case_uid == values["case_uid"],
            same.digest == values["digest"],
            same.person == values["person"],
        )
    )
    connection.execute(approvals.insert().values(**values))


def decisions(connection: Connection, case: str) -> list[Row[Any]]:
    """All decisions on a case, oldest first."""
    query = select(approvals).where(approvals.c.case_uid == case).order_by(approvals.c.decided_at)
    return list(connection.execute(query))


def open_intent(connection: Connection, **values: Any) -> None:
    """Write an intent. The database refuses a second open one for the same case."""
    connection.execute(intents.insert().values(**values))


def intent_of(connection: Connection, case: str) -> Row[Any] | None:
    """The open intent of a case, if any."""
    query = select(intents).where(intents.c.case_uid == case, intents.c.closed_at.is_(None))
    return connection.execute(query).first()


def intents_of(connection: Connection, case: str) -> list[Row[Any]]:
    """All intents of a case, oldest first."""
    query = select(intents).where(intents.c.case_uid == case).order_by(intents.c.opened_at)
    return list(connection.execute(query))


def close_intent(connection: Connection, uid: str, verdict: str, now: int) -> None:
    """Close an intent with what became of it."""
    connection.execute(
        intents.update().where(intents.c.uid == uid).values(verdict=verdict, closed_at=now)
    )


def slim_intents(connection: Connection, case: str) -> None:
    """Forget what was kept of lines that nobody asked about: the case is closed."""
    connection.execute(intents.update().where(intents.c.case_uid == case).values(sealed=None))
