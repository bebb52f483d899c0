"""One at a time: of all processes that share a database, one does something, and nobody waits for it.

On SQLite a locked file of the home tells, which the system lets go of when a process dies. On PostgreSQL an
advisory lock of a session of its own (PostgreSQL manual, section 13.3.5), which ends with the connection.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import func, select

from paraplu.store.database import Database

_OURS = 0x70617261_00010000  # among the advisory locks of a database; the sequencer has one below


@contextmanager
def only_one(database: Database, file: Path, number: int) -> Iterator[bool]:
    """Whether this process is the one, until the end. `file` and `number` say for what.

    Raises `StorageDown` when the database does not answer.
    """
    if not database.is_sqlite:
        with database.session() as connection:
            with connection.begin():
                wanted = select(func.pg_try_advisory_lock(_OURS + number))
                won = bool(connection.execute(wanted).scalar_one())
            yield won
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a+b") as held:
        yield locked(held.fileno())


def locked(descriptor: int) -> bool:
    """Lock a file for this process without waiting; False when another process holds it."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
