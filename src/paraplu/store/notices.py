"""The outbox of notices: written in the transaction of what they tell of, sent later.

Whoever sends claims the notices of one person first, by an update that finds only those that nobody holds,
while it holds the person's row; `sent_at` is written after the mail server has taken the mail. So two
senders cannot send the same notice, and a sender that dies between the two lets the claim run out: then the
notice is sent **again**. A mail is sent at least once, not exactly once; SMTP knows no better.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, distinct, func, or_, select, tuple_, update

from paraplu.store.database import add_missing, holding
from paraplu.store.tables import notices, persons

_LONGEST = 200  # the width of the column


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> int:
    """Add notices. Somebody who was told of the same thing is not told again. Gives how many are new."""
    return add_missing(connection, notices, [{**row, "about": fit(row["about"])} for row in rows])


def fit(about: str) -> str:
    """What a notice is about, as long as there is room for."""
    return about[:_LONGEST]


def told(connection: Connection, kind: str, abouts: Sequence[str]) -> set[str]:
    """Those of `abouts` that somebody was told of by a notice of this kind."""
    query = select(notices.c.about).where(
        notices.c.kind == kind, notices.c.about.in_([fit(about) for about in abouts])
    )
    return set(connection.execute(query).scalars())


def unanswered(connection: Connection, kind: str, answer: str) -> dict[str, str]:
    """What somebody was told of by a notice of one kind and nobody by one of the other: facts, by `about`."""
    answered = select(notices.c.about).where(notices.c.kind == answer)
    query = select(notices.c.about, notices.c.facts).where(
        notices.c.kind == kind, notices.c.about.not_in(answered)
    )
    return {row.about: row.facts for row in connection.execute(query)}


def told_persons(
    connection: Connection, kind: str, abouts: Sequence[tuple[str, str]]
) -> set[tuple[str, str]]:
    """Those pairs (about, uid of a person) of which that person was told."""
    query = select(notices.c.about, notices.c.person).where(
        notices.c.kind == kind,
        tuple_(notices.c.about, notices.c.person).in_(
            [(fit(about), person) for about, person in abouts]
        ),
    )
    return {(row.about, row.person) for row in connection.execute(query)}


def waiting(connection: Connection, now: int) -> dict[str, list[Row[Any]]]:
    """What is to be sent and nobody holds at `now`, by uid of the person; the oldest first."""
    query = select(notices).where(_free(now)).order_by(notices.c.made_at, notices.c.uid)
    found: dict[str, list[Row[Any]]] = {}
    for row in connection.execute(query):
        found.setdefault(row.person, []).append(row)
    return found


def mails_since(connection: Connection, person: str, since: int, now: int) -> int:
    """How many mails a person was sent since, those that are being sent at `now` included."""
    query = select(func.count(distinct(notices.c.mail))).where(
        notices.c.person == person,
        or_(
            notices.c.sent_at > since,
            and_(
                notices.c.sent_at.is_(None),
                notices.c.given_up_at.is_(None),
                notices.c.mail.is_not(None),
                notices.c.try_at > now,
            ),
        ),
    )
    return int(connection.execute(query).scalar_one())


def hold_person(connection: Connection, person: str) -> None:
    """Let nobody else claim notices for this person until the transaction ends."""
    query = select(persons.c.uid).where(persons.c.uid == person)
    connection.execute(holding(connection, query, persons)).all()


def claim(connection: Connection, person: str, mail: str, now: int, until: int) -> list[Row[Any]]:
    """Take what waits for a person into one mail. Nobody else takes it before `until`."""
    taken = connection.execute(
        update(notices)
        .where(notices.c.person == person, _free(now))
        .values(mail=mail, try_at=until, tries=notices.c.tries + 1)
        .returning(*notices.c)
    ).all()
    return sorted(taken, key=lambda row: (row.made_at, row.uid))


def sent(connection: Connection, mail: str, now: int) -> int:
    """The mail is with the mail server. Gives how many notices it was, as far as they are still its."""
    return _end(connection, mail, sent_at=now, why=None)


def not_sent(connection: Connection, mail: str, why: str, try_at: int) -> int:
    """The mail did not get through; its notices may be claimed again at `try_at`."""
    return _end(connection, mail, mail=None, why=why, try_at=try_at)


def give_up(connection: Connection, uids: Sequence[str], why: str, now: int) -> int:
    """These are not tried any more. Gives how many of them were neither sent nor given up."""
    done = connection.execute(
        update(notices)
        .where(notices.c.uid.in_(uids), notices.c.sent_at.is_(None))
        .where(notices.c.given_up_at.is_(None))
        .values(given_up_at=now, why=why)
    )
    return done.rowcount


def listed(
    connection: Connection, *, person: str | None = None, unsent: bool = False, most: int = 200
) -> list[Row[Any]]:
    """Notices, the newest first: of a person if given, with `unsent` those that were not sent."""
    query = select(notices).order_by(notices.c.made_at.desc(), notices.c.uid.desc()).limit(most)
    if person is not None:
        query = query.where(notices.c.person == person)
    if unsent:
        query = query.where(notices.c.sent_at.is_(None))
    return list(connection.execute(query))


def forget(connection: Connection, before: int) -> int:
    """Delete what was settled before. Gives how many there were."""
    settled = func.coalesce(notices.c.sent_at, notices.c.given_up_at) < before
    return connection.execute(delete(notices).where(settled)).rowcount


def has_settled_before(connection: Connection, before: int) -> bool:
    """Whether `forget` would find anything."""
    settled = func.coalesce(notices.c.sent_at, notices.c.given_up_at) < before
    return connection.execute(select(notices.c.uid).where(settled).limit(1)).first() is not None


def _free(now: int) -> Any:
    return and_(
        notices.c.sent_at.is_(None), notices.c.given_up_at.is_(None), notices.c.try_at <= now
    )


def _end(connection: Connection, mail_uid: str, **values: Any) -> int:
    done = connection.execute(
        update(notices)
        .where(notices.c.mail == mail_uid, notices.c.sent_at.is_(None))
        .where(notices.c.given_up_at.is_(None))
        .values(**values)
    )
    return done.rowcount
