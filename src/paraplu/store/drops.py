"""Files that were found in watched folders, and the answers that are to lie in the out-folders.

A row is open until its file was moved away (`moved_at`), and until the newest answer to it lies where the
client collects it (`delivered_at`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, func, or_, select

from paraplu.domain.case import CLOSED
from paraplu.store.database import add_missing
from paraplu.store.tables import cases, drops

TAKEN_IN, STOPPED, KNOWN, REFUSED = "taken-in", "stopped", "known", "refused"
"""The outcomes: a receipt, a stopped receipt, the file of an earlier receipt, no receipt at all."""


def add(connection: Connection, **values: Any) -> bool:
    """Add a row, unless the file lies there under a row already or was taken in before."""
    return add_missing(connection, drops, [values]) == 1


def knows_folder(connection: Connection, folder_hash: str) -> bool:
    """Whether a file was ever found in this folder."""
    query = select(drops.c.uid).where(drops.c.folder_hash == folder_hash).limit(1)
    return connection.execute(query).first() is not None


def lying(connection: Connection, folder_hash: str | None = None) -> list[Row[Any]]:
    """The rows (of a folder) whose file may still lie where the client put it, oldest first."""
    query = select(drops).where(drops.c.moved_at.is_(None))
    if folder_hash is not None:
        query = query.where(drops.c.folder_hash == folder_hash)
    return list(connection.execute(query.order_by(drops.c.seen_at, drops.c.uid)))


def moved(connection: Connection, uid: str, now: int) -> None:
    """The file does not lie in the in-folder any more."""
    connection.execute(drops.update().where(drops.c.uid == uid).values(moved_at=now))


def answered(
    connection: Connection, receipt: str, answer: str, answer_hash: str, *, final: bool
) -> None:
    """A receipt that came by a folder has a new answer, which is to be delivered if it says another thing."""
    mine = (drops.c.receipt == receipt) & (drops.c.outcome == TAKEN_IN)
    connection.execute(drops.update().where(mine).values(final=int(final)))
    other = or_(drops.c.answer_hash.is_(None), drops.c.answer_hash != answer_hash)
    connection.execute(
        drops.update()
        .where(mine, other)
        .values(answer=answer, answer_hash=answer_hash, delivered_at=None)
    )


def to_answer(
    connection: Connection, client: str | None = None, service: str | None = None
) -> list[Row[Any]]:
    """The rows of receipts that nobody has answered, or that are over while their last answer is not."""
    still_open = (
        select(func.count())
        .where(cases.c.receipt == drops.c.receipt, cases.c.state.not_in(CLOSED))
        .scalar_subquery()
    )
    query = select(drops).where(
        drops.c.outcome == TAKEN_IN,
        drops.c.final == 0,
        or_(drops.c.answer_hash.is_(None), still_open == 0),
    )
    return _oldest_first(connection, query, client, service)


def undelivered(
    connection: Connection, client: str | None = None, service: str | None = None
) -> list[Row[Any]]:
    """The rows whose answer does not lie in the out-folder yet."""
    query = select(drops).where(drops.c.delivered_at.is_(None), drops.c.answer_hash.is_not(None))
    return _oldest_first(connection, query, client, service)


def _oldest_first(
    connection: Connection, query: Select[Any], client: str | None, service: str | None
) -> list[Row[Any]]:
    if client is not None:
        query = query.where(drops.c.client == client, drops.c.service == service)
    return list(connection.execute(query.order_by(drops.c.seen_at, drops.c.uid)))


def delivered(connection: Connection, uid: str, answer_hash: str, now: int) -> bool:
    """This answer lies in the out-folder. False when there is a newer one by now, or it was said before."""
    row = drops.update().where(
        drops.c.uid == uid,
        drops.c.answer_hash == answer_hash,
        drops.c.delivered_at.is_(None),
    )
    return connection.execute(row.values(delivered_at=now)).rowcount == 1
