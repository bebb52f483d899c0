"""Signed heads of the logs, witnesses' lines for them, and what proofs between two heads are made of."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from paraplu.audit.errors import Malformed
from paraplu.audit.tree import Frontier
from paraplu.store import entries
from paraplu.store.database import add_missing
from paraplu.store.logs import Log
from paraplu.store.tables import cosignatures, heads


@dataclass(frozen=True, slots=True)
class Head:
    """A signed head as it is kept."""

    log: str
    size: int
    signed_at: int
    note: bytes


@dataclass(frozen=True, slots=True)
class Cosigned:
    """A witness's line for the head of `log` at `size`."""

    log: str
    size: int
    witness: str
    at: int
    line: str


def keep(connection: Connection, log: str, frontier: Frontier, signed_at: int, note: bytes) -> bool:
    """Keep a signed head; False when one of that size is there already (nothing was added since)."""
    row = {
        "log": log,
        "size": frontier.size,
        "signed_at": signed_at,
        "note": note,
        "frontier": frontier.to_bytes(),
    }
    return add_missing(connection, heads, [row]) > 0


def signed_size(connection: Connection, log: str) -> int:
    """How many entries the largest signed head of a log covers."""
    query = select(func.max(heads.c.size)).where(heads.c.log == log)
    return connection.execute(query).scalar() or 0


def newest(connection: Connection, log: str) -> Head | None:
    """The largest signed head of a log."""
    query = (
        select(heads.c.log, heads.c.size, heads.c.signed_at, heads.c.note)
        .where(heads.c.log == log)
        .order_by(heads.c.size.desc())
        .limit(1)
    )
    row = connection.execute(query).first()
    return None if row is None else Head(row.log, row.size, row.signed_at, row.note)


def at(connection: Connection, log: str, size: int) -> bytes | None:
    """The signed head of a log at this size, if one was kept."""
    query = select(heads.c.note).where(heads.c.log == log, heads.c.size == size)
    found: bytes | None = connection.execute(query).scalar()
    return found


def drop(connection: Connection, log: str, size: int) -> None:
    """Let go of a head that a later one replaces, unless a witness has signed it."""
    signed = select(cosignatures.c.size).where(
        cosignatures.c.log == log, cosignatures.c.size == size
    )
    connection.execute(
        heads.delete().where(heads.c.log == log, heads.c.size == size, ~signed.exists())
    )


def frontier_at(connection: Connection, log: Log, size: int) -> Frontier:
    """The edge of a log's tree when it had `size` entries, from the leaf hashes that are kept.

    Raises ValueError when the log is shorter, or lacks entries.
    """
    if size > log.size:
        raise ValueError("the log is not that long")
    query = (
        select(heads.c.frontier)
        .where(heads.c.log == log.log, heads.c.size <= size, heads.c.frontier.is_not(None))
        .order_by(heads.c.size.desc())
        .limit(1)
    )
    kept = connection.execute(query).scalar()
    frontier = Frontier()
    if kept is not None:
        try:
            frontier = Frontier.from_bytes(kept)
        except Malformed:  # somebody changed it; the leaves tell
            frontier = Frontier()
    low = log.first + frontier.size
    while low < log.first + size:
        found = list(entries.leaves(connection, low, min(low + 10_000, log.first + size)))
        if not found:
            break
        frontier.extend(found)
        low += len(found)
    if frontier.size != size:
        raise ValueError("entries are missing")
    return frontier


def keep_cosigned(connection: Connection, new: Cosigned) -> None:
    """Keep a witness's line; the first one for a head stays."""
    row = {
        "log": new.log,
        "size": new.size,
        "witness": new.witness,
        "at": new.at,
        "line": new.line,
    }
    add_missing(connection, cosignatures, [row])


def cosigned(connection: Connection, log: str, least: int = 0) -> list[Cosigned]:
    """The lines of witnesses for heads of a log from size `least` on, smallest first."""
    query = (
        select(cosignatures)
        .where(cosignatures.c.log == log, cosignatures.c.size >= least)
        .order_by(cosignatures.c.size, cosignatures.c.witness)
    )
    return [
        Cosigned(row.log, row.size, row.witness, row.at, row.line)
        for row in connection.execute(query)
    ]


def has_cosigned(connection: Connection, log: str, size: int) -> bool:
    """Whether a witness has signed a head of a log that covers its first `size` entries."""
    query = select(func.count()).where(cosignatures.c.log == log, cosignatures.c.size >= size)
    return connection.execute(query).scalar_one() > 0
