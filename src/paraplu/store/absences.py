"""Absences of persons, and who was asked to decide about a plan, one after the other."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, Row, and_, func, or_, select, update

from paraplu.domain.case import State
from paraplu.errors import NotFound
from paraplu.store.database import add_missing, holding
from paraplu.store.tables import absences, askings, cases


def add(connection: Connection, **values: Any) -> None:
    """Note an absence."""
    connection.execute(absences.insert().values(**values))


def get(connection: Connection, start: str) -> Row[Any]:
    """The one absence whose uid begins with `start`. Raises `NotFound` when there is none, or several."""
    query = select(absences).where(absences.c.uid.startswith(start, autoescape=True)).limit(2)
    found = connection.execute(holding(connection, query, absences)).all()
    if len(found) != 1:
        raise NotFound(
            f"{'Several absences begin' if found else 'No absence begins'} with '{start}'."
        )
    return found[0]


def end(connection: Connection, uid: str, now: int) -> bool:
    """End an absence before its time, or take back one to come. False when it has ended already."""
    done = connection.execute(
        update(absences)
        .where(absences.c.uid == uid, absences.c.ended_at.is_(None), absences.c.ends_at > now)
        .values(ended_at=now)
    )
    return done.rowcount == 1


def not_over(connection: Connection, now: int, person: str | None = None) -> list[Row[Any]]:
    """Absences that go on at `now` or are to come, those that begin first first."""
    query = select(absences).where(absences.c.ended_at.is_(None), absences.c.ends_at > now)
    if person is not None:
        query = query.where(absences.c.person == person)
    return list(connection.execute(query.order_by(absences.c.begins_at, absences.c.uid)))


# Askings -----------------------------------------------------------------------------------------------


def asked(connection: Connection, case: str, digest: str) -> list[Row[Any]]:
    """Who was asked about a plan, step by step; a step without a person found nobody to ask."""
    query = select(askings).where(askings.c.case_uid == case, askings.c.digest == digest)
    return list(connection.execute(query.order_by(askings.c.step)))


def ask(connection: Connection, **values: Any) -> bool:
    """Write a step. False when somebody else has made that step already."""
    return add_missing(connection, askings, [values]) == 1


def look_again(connection: Connection, uid: str, next_at: int | None) -> None:
    """When a step is looked at again."""
    connection.execute(update(askings).where(askings.c.uid == uid).values(next_at=next_at))


def look_soon(connection: Connection, now: int) -> None:
    """Whoever found nobody to ask looks again: somebody is there by now."""
    connection.execute(
        update(askings)
        .where(askings.c.person.is_(None), askings.c.next_at > now)
        .values(next_at=now)
    )


def to_pass_on(connection: Connection, now: int, gone: Collection[str]) -> list[str]:
    """Uids of waiting cases about whose plan nobody was asked, or for whose answer it was waited long enough.

    Also those that wait for somebody of `gone`.
    """
    later = askings.alias()
    last = ~(
        select(later.c.uid)
        .where(
            later.c.case_uid == askings.c.case_uid,
            later.c.digest == askings.c.digest,
            later.c.step > askings.c.step,
        )
        .exists()
    )
    mine = and_(askings.c.case_uid == cases.c.uid, askings.c.digest == cases.c.digest, last)
    query = (
        select(cases.c.uid)
        .select_from(cases)
        .outerjoin(askings, mine)
        .where(
            cases.c.state == State.WAITING.value,
            cases.c.digest.is_not(None),
            or_(
                askings.c.uid.is_(None), askings.c.next_at <= now, askings.c.person.in_(list(gone))
            ),
        )
        .order_by(cases.c.deadline, cases.c.uid)
    )
    return list(connection.execute(query).scalars())


def waiting_for(connection: Connection, before: int) -> list[Row[Any]]:
    """Person, client, service, `number` and `since` of waiting cases that somebody was asked about before."""
    query = (
        select(
            askings.c.person,
            cases.c.client,
            cases.c.service,
            func.count().label("number"),
            func.min(askings.c.asked_at).label("since"),
        )
        .join(cases, and_(cases.c.uid == askings.c.case_uid, cases.c.digest == askings.c.digest))
        .where(cases.c.state == State.WAITING.value, askings.c.person.is_not(None))
        .where(askings.c.asked_at < before)
        .group_by(askings.c.person, cases.c.client, cases.c.service)
        .order_by(askings.c.person, cases.c.client, cases.c.service)
    )
    return list(connection.execute(query))
