"""What a failure of the database means, in plain words and without any value that was to be written.

SQLSTATE classes are those of the SQL standard and of PostgreSQL (appendix A of its manual).
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sqlalchemy import Engine, event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.exc import DatabaseError, DBAPIError, OperationalError, TimeoutError as PoolTimeout

from paraplu.errors import NothingDone

_FULL = ("53100", "database or disk is full")
_CONTENDED = ("40001", "40P01", "55P03", "database is locked", "database table is locked")
# Connection gone, server shutting down, out of something, not writable, broken inside.
_DOWN = ("08", "25006", "25P03", "40", "53", "55P03", "57", "58", "XX")
_QUOTED = re.compile(r'"[^"]*"')


class StorageDown(NothingDone):
    """The database cannot be reached or written. Nothing is done outside.

    Nothing was written either, unless `unsure`: then the connection was lost during the commit, and
    only a look at the database tells. An entry written once more is refused there by its uid.
    """

    def __init__(self, text: str, *, unsure: bool = False) -> None:
        super().__init__(text)
        self.unsure = unsure


@dataclass(slots=True)
class Stage:
    """What a transaction is for and how far it has come."""

    reading: bool = False
    committing: bool = False


def clean_errors(engine: Engine) -> None:
    """Take out of every error of this engine what quotes a value: PostgreSQL's details hold whole rows."""

    @event.listens_for(engine, "handle_error")
    def _clean(context: ExceptionContext) -> None:
        driver, ours = context.original_exception, context.sqlalchemy_exception
        if isinstance(ours, DBAPIError):
            text = reason(ours)
            driver.args = (text,)
            ours.args = (f"({type(driver).__name__}) {text}",)


def reason(error: DBAPIError) -> str:
    """The first line of what the driver says; what it quotes of the data is left out."""
    lines = str(error.orig).strip().splitlines() if error.orig else []
    text = lines[0].rstrip(".") if lines else "no reason given"
    return _QUOTED.sub('"..."', text) if _sqlstate(error).startswith("22") else text


@contextmanager
def plain_failures(stage: Stage) -> Iterator[None]:
    """Turn failures of the database itself into `StorageDown`; what is our own mistake goes through."""
    try:
        yield
    except PoolTimeout:
        raise StorageDown(
            "All connections to the database are in use: nothing was written, try again."
        ) from None
    except DBAPIError as error:
        told = _told(error, stage)
        if told is None:
            raise
        raise told from None
    except sqlite3.OperationalError as error:
        raise StorageDown(f"The database cannot be used now: {error}.") from None


def _told(error: DBAPIError, stage: Stage) -> StorageDown | None:
    why, state = reason(error), _sqlstate(error)
    if any(mark in (state, why) for mark in _FULL):
        return StorageDown(
            "The disk of the database is full: nothing was written and nothing was done. "
            "Make room there; the work then goes on where it was."
        )
    if any(mark in (state, why) for mark in _CONTENDED):
        return StorageDown(
            f"Somebody else was changing the same at that moment ({why}): nothing was written, try again."
        )
    lost = error.connection_invalidated or (not state and _closed(why))
    if lost and stage.committing:
        return StorageDown(
            "The connection to the database was lost during the commit: whether it was written is seen "
            "when the database answers again.",
            unsure=True,
        )
    if state == "25006" and stage.reading:
        return None  # our own mistake, not a server that only reads
    if lost:
        return StorageDown(f"The connection to the database was lost: {why}.")
    if isinstance(error, OperationalError) or (state and state.startswith(_DOWN)):
        return StorageDown(f"The database cannot be used now: {why}.")
    if type(error) is DatabaseError:
        return StorageDown(f"The database is damaged ({why}): put back a backup of it.")
    return None


def _closed(why: str) -> bool:
    return "connection is closed" in why or "connection is lost" in why


def _sqlstate(error: DBAPIError) -> str:
    return str(getattr(error.orig, "sqlstate", None) or "")
