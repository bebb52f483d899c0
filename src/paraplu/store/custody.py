"""What is known of the places where heads are kept elsewhere: up to which entry, since when, what fails.

A place is a copy or a witness, by its name in the settings; each log has a row of its own for it.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, select

from paraplu.store.database import add_missing
from paraplu.store.tables import custody


def every(connection: Connection) -> list[Any]:
    """All rows, by name and log."""
    return list(connection.execute(select(custody).order_by(custody.c.name, custody.c.log)))


def of(connection: Connection, name: str, log: str) -> Any:
    """The row of a place for a log, None when nothing was tried yet."""
    query = select(custody).where(custody.c.name == name, custody.c.log == log)
    return connection.execute(query).first()


def claim(
    connection: Connection, name: str, log: str, kind: str, *, due: int, until: int
) -> Any | None:
    """Take a place in hand until `until`, when it is due by `due` (milliseconds). Gives its row.

    None when somebody else has it in hand, or it is not due.
    """
    add_missing(connection, custody, [{"name": name, "log": log, "kind": kind}])
    taken = connection.execute(
        custody.update()
        .where(custody.c.name == name, custody.c.log == log, custody.c.try_at <= due)
        .values(try_at=until, kind=kind)
    )
    return of(connection, name, log) if taken.rowcount else None


def kept(
    connection: Connection,
    name: str,
    log: str,
    *,
    size: int,
    at: int,
    try_at: int,
    extent: int = 0,
    checked: bool = False,
) -> None:
    """A head over `size` entries is kept there; the next one may go at `try_at`."""
    values: dict[str, Any] = {
        "size": size,
        "kept_at": at,
        "try_at": try_at,
        "extent": extent,
        "tries": 0,
        "failing_since": None,
        "why": None,
    }
    if checked:
        values |= {"checked_at": at, "checked_size": size}
    _write(connection, name, log, values)


def failed(
    connection: Connection, name: str, log: str, *, why: str, since: int, try_at: int, tries: int
) -> None:
    """It did not work: why (a code), since when it does not, and when it is tried again."""
    values = {"why": why, "failing_since": since, "try_at": try_at, "tries": tries}
    _write(connection, name, log, values)


def checked(connection: Connection, name: str, log: str, *, size: int, at: int) -> None:
    """What is kept there was read back, and fitted the log up to `size` entries."""
    _write(connection, name, log, {"checked_at": at, "checked_size": size})


def _write(connection: Connection, name: str, log: str, values: dict[str, Any]) -> None:
    connection.execute(
        custody.update().where(custody.c.name == name, custody.c.log == log).values(**values)
    )
