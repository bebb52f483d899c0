"""Exceptions (cases set aside for a person), what people replied, and watches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, case, func, or_, select

from paraplu.domain.case import CLOSED
from paraplu.store.tables import cases, exceptions, replies, watches


def open_one(connection: Connection, **values: Any) -> None:
    """Set a case aside for a person."""
    connection.execute(exceptions.insert().values(**values))


def close_all(connection: Connection, case: str, *, by: str, resolution: str, now: int) -> int:
    """Close the open exceptions of a case. Gives how many there were."""
    done = connection.execute(
        exceptions.update()
        .where(exceptions.c.case_uid == case, exceptions.c.closed_at.is_(None))
        .values(closed_at=now, closed_by=by, resolution=resolution)
    )
    return done.rowcount


def close_codes(
    connection: Connection, case: str, codes: Sequence[str], resolution: str, now: int
) -> int:
    """Close the open exceptions of a case with one of these codes: nobody need look any more."""
    done = connection.execute(
        exceptions.update()
        .where(exceptions.c.case_uid == case, exceptions.c.closed_at.is_(None))
        .where(exceptions.c.code.in_(codes))
        .values(closed_at=now, resolution=resolution)
    )
    return done.rowcount


def of_case(connection: Connection, case: str) -> list[Row[Any]]:
    """All exceptions of a case, oldest first."""
    query = select(exceptions).where(exceptions.c.case_uid == case).order_by(exceptions.c.opened_at)
    return list(connection.execute(query))


def seen(connection: Connection, case: str) -> frozenset[str]:
    """Hashes of the findings that a person has read and handed back."""
    query = select(exceptions.c.finding_hash).where(
        exceptions.c.case_uid == case, exceptions.c.resolution == "handed-back"
    )
    return frozenset(connection.execute(query).scalars())


def reply(connection: Connection, **values: Any) -> None:
    """Keep what a person told the client."""
    connection.execute(replies.insert().values(**values))


def replies_of(connection: Connection, case: str) -> list[Row[Any]]:
    """What people told the client, oldest first."""
    query = select(replies).where(replies.c.case_uid == case).order_by(replies.c.said_at)
    return list(connection.execute(query))


def open_watch(connection: Connection, **values: Any) -> None:
    """Begin to watch something for a case."""
    connection.execute(watches.insert().values(**values))


def open_watches(connection: Connection, client: str, service: str) -> list[Row[Any]]:
    """Open watches of a client's service with their case, the nearest due first."""
    query = (
        select(watches, cases.c.state.label("case_state"))
        .join(cases, cases.c.uid == watches.c.case_uid)
        .where(cases.c.client == client, cases.c.service == service, watches.c.closed_at.is_(None))
        .order_by(watches.c.due)
    )
    return list(connection.execute(query))


def watches_of(connection: Connection, case: str) -> list[Row[Any]]:
    """All watches of a case."""
    return list(connection.execute(select(watches).where(watches.c.case_uid == case)))


def close_watch(connection: Connection, uid: str, resolution: str, now: int) -> bool:
    """End a watch with what became of it. False when another run has ended it already."""
    done = connection.execute(
        watches.update()
        .where(watches.c.uid == uid, watches.c.closed_at.is_(None))
        .values(closed_at=now, resolution=resolution)
    )
    return done.rowcount == 1


def overdue(connection: Connection, now: int) -> list[Row[Any]]:
    """Client, service and `due` (the earliest) of every case that somebody should have seen to before now.

    That is a case that is not closed after its deadline, or one with an exception that is open after its own.
    """
    is_open = cases.c.state.not_in([state.value for state in CLOSED])
    late = and_(exceptions.c.closed_at.is_(None), exceptions.c.due < now)
    earliest = func.min(case((late, exceptions.c.due), else_=cases.c.deadline))
    query = (
        select(cases.c.uid, cases.c.client, cases.c.service, earliest.label("due"))
        .outerjoin(exceptions, and_(exceptions.c.case_uid == cases.c.uid, late))
        .where(or_(and_(is_open, cases.c.deadline < now), exceptions.c.uid.is_not(None)))
        .group_by(cases.c.uid, cases.c.client, cases.c.service)
    )
    return list(connection.execute(query))
