"""Entries with what opens them, in the order of the log: for whoever looks for something missing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, func, select, text

from paraplu.store.tables import cases, entries, evidence

_DIGEST = 43  # characters
_INDEX = "e.uid, e.kind, e.time, e.case_uid, e.actor, e.run"
# One row for each entry, the uids of keys beside the digests: a row for each value would carry the entry's
# bytes again and again.
_JOINED = {
    "sqlite": "group_concat(d.digest || hex(substr(d.sealed, 2, 16)), ',')",
    "postgresql": "string_agg(d.digest || encode(substr(d.sealed, 2, 16), 'hex'), ',')",
}


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

    `index` are the columns by which entries are found: uid, kind, time, case, actor and run; `digests` has
    each digest with the uid of its key in hex.
    """

    place: int
    index: Index
    data: bytes
    digests: dict[bytes, str]


def in_order(connection: Connection, newest: int | None = None) -> Iterator[Listed]:
    """Every entry, or the `newest` ones, in the order of the log; streamed."""
    joined = _JOINED[connection.dialect.name]
    query = text(
        f"SELECT e.place, {_INDEX}, e.bytes, (SELECT {joined} FROM disclosures d"  # noqa: S608 - ours
        " WHERE d.entry = e.uid) FROM entries e WHERE e.place >= :first ORDER BY e.place"
    )
    found = connection.execute(
        query.execution_options(yield_per=1000), {"first": first_of(connection, newest)}
    )
    for place, *index, data, beside in found:
        digests: dict[bytes, str] = {}
        if beside:
            for one in beside.split(","):
                digests[one[:_DIGEST].encode()] = one[_DIGEST:].lower()
        # What somebody put there as text is no entry: the check of the log itself names it.
        yield Listed(place, Index(*index), b"" if isinstance(data, str) else bytes(data), digests)


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
