"""Persons: found by keyed hashes of their user names, everything else about them sealed."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, Select, select

from paraplu.store.tables import persons


def put(
    connection: Connection,
    *,
    uid: str,
    handle: str,
    system_user: str | None,
    sealed: bytes,
    now: int,
) -> None:
    """Add a person or replace what is kept of one. `handle` and `system_user` are keyed hashes."""
    values = {
        "handle_hash": handle,
        "system_user_hash": system_user,
        "sealed": sealed,
        "changed_at": now,
    }
    changed = connection.execute(persons.update().where(persons.c.uid == uid).values(**values))
    if changed.rowcount == 0:
        connection.execute(persons.insert().values(uid=uid, **values))


def reseal(connection: Connection, uid: str, sealed: bytes, now: int) -> None:
    """Replace the sealed description of a person."""
    connection.execute(
        persons.update().where(persons.c.uid == uid).values(sealed=sealed, changed_at=now)
    )


def by_handle(connection: Connection, handle: str) -> Row[Any] | None:
    """Uid and sealed person of the keyed hash of a user name."""
    query: Select[Any] = select(persons.c.uid, persons.c.sealed)
    return connection.execute(query.where(persons.c.handle_hash == handle)).first()


def by_system_user(connection: Connection, system_user: str) -> Row[Any] | None:
    """Uid and sealed person of the keyed hash of an operating-system user."""
    query: Select[Any] = select(persons.c.uid, persons.c.sealed)
    return connection.execute(query.where(persons.c.system_user_hash == system_user)).first()


def every(connection: Connection) -> list[tuple[str, bytes]]:
    """Uid and sealed person of everybody."""
    rows = connection.execute(select(persons.c.uid, persons.c.sealed).order_by(persons.c.uid))
    return [(row.uid, row.sealed) for row in rows]
