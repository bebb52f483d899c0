"""Entries of the log that somebody looks for, streamed in their order."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import Connection, select

from paraplu.store.entries import StoredEntry
from paraplu.store.tables import entries


def candidates(
    connection: Connection,
    *,
    case: str | None = None,
    kind: str | None = None,
    since: int | None = None,
    until: int | None = None,
) -> Iterator[StoredEntry]:
    """Entries of a case, of a kind, from `since` up to before `until` (milliseconds, UTC), by place."""
    query = select(entries.c.place, entries.c.leaf, entries.c.bytes).order_by(entries.c.place)
    if case is not None:
        query = query.where(entries.c.case_uid == case)
    if kind is not None:
        query = query.where(entries.c.kind == kind)
    if since is not None:
        query = query.where(entries.c.time >= since)
    if until is not None:
        query = query.where(entries.c.time < until)
    for row in connection.execute(query.execution_options(yield_per=1000)):
        yield StoredEntry(row.place, row.leaf, row.bytes)


def leaves(connection: Connection, size: int) -> Iterator[bytes]:
    """The leaf hashes of the first `size` entries, in their order."""
    query = select(entries.c.leaf).where(entries.c.place < size).order_by(entries.c.place)
    yield from connection.execute(query.execution_options(yield_per=10_000)).scalars()
