"""Entries with what opens them, in the order of the log: for whoever looks for something missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select, text

from paraplu.errors import IntegrityBroken
from paraplu.store.tables import cases, entries, evidence

ONE_BY_ONE = b"\x02"
"""What a row begins with whose values were sealed one by one, before schema 5."""

_DIGEST, _LENGTH = 43, 4  # bytes before each of those
_HEADER = 17  # what it begins with, and the uid of the key
_INDEX = "e.uid, e.kind, e.time, e.case_uid, e.actor, e.run"


class Index(NamedTuple):
    """By what an entry is found; `time` in milliseconds since 1970, UTC."""

    uid: str
    kind: str
    time: int
    case: str | None
    actor: str
    run: str | None


@dataclass(frozen=True, slots=True)
class Listed:
    """An entry: its place and bytes, and what stands beside them.

    `index` are the columns by which entries are found: uid, kind, time, case, actor and run; `key` is the
    uid, in hex, of the key that its values are sealed under, None when no sealed values stand beside it.
    """

    place: int
    index: Index
    data: bytes
    key: str | None


def in_order(connection: Connection, newest: int | None = None) -> Iterator[Listed]:
    """Every entry, or the `newest` ones, in the order of the log; streamed."""
    query = text(
        f"SELECT e.place, {_INDEX}, e.bytes, substr(d.sealed, 2, 16)"  # noqa: S608 - ours
        " FROM entries e LEFT JOIN disclosures d ON d.entry = e.uid"
        " WHERE e.place >= :first ORDER BY e.place"
    )
    found = connection.execute(
        query.execution_options(yield_per=1000), {"first": first_of(connection, newest)}
    )
    for place, *index, data, key in found:
        # What somebody put there as text is no entry: the check of the log itself names it.
        bytes_ = b"" if isinstance(data, str) else bytes(data)
        yield Listed(place, Index(*index), bytes_, None if key is None else _hex(key))


def pieces(row: bytes) -> Iterator[tuple[str, bytes]]:
    """The values (digest, sealed) in a row of those that were sealed one by one. Raises `IntegrityBroken`."""
    at = _HEADER
    while at < len(row):
        begin = at + _DIGEST + _LENGTH
        end = begin + int.from_bytes(row[at + _DIGEST : begin], "big")
        if end > len(row):
            raise IntegrityBroken("Sealed values of an entry are cut off.")
        yield row[at : at + _DIGEST].decode("ascii", "replace"), row[begin:end]
        at = end


def _hex(key: bytes | str) -> str:
    return (key.encode() if isinstance(key, str) else bytes(key)).hex()


def first_of(connection: Connection, newest: int | None) -> int:
    """The place of the first of the `newest` entries, 0 for all."""
    if newest is None:
        return 0
    last = connection.execute(select(func.max(entries.c.place))).scalar()
    return 0 if last is None else max(0, last + 1 - newest)


def listed_files(connection: Connection) -> set[str]:
    """The hashes of all files of evidence."""
    return set(connection.execute(select(evidence.c.hash)).scalars())


def keys_of_cases(connection: Connection) -> list[Row[Any]]:
    """Each key that cases are sealed under, with the client and the number of cases."""
    query = select(cases.c.key, cases.c.client, func.count().label("cases"))
    return list(connection.execute(query.group_by(cases.c.key, cases.c.client)))
