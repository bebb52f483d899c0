"""The audit log in the database: entries with their place, the tree's edge, and disclosures.

Places are numbered through all logs; in its own log the entry has the index `place - first`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Select, bindparam, exists, func, select

from paraplu.audit.tree import Frontier, leaf_hash
from paraplu.errors import IntegrityBroken
from paraplu.store.tables import disclosures, entries, entry_intake, heads, tree

_NO_TREE = "The audit log has no tree: the database was not made by paraplu init."

# Each action is an entry, some forty of them a case: building these anew costs more than carrying them out.
_ADD, _ADD_TO_INTAKE, _ADD_SEALED = entries.insert(), entry_intake.insert(), disclosures.insert()
_STORED = select(entries.c.place, entries.c.leaf, entries.c.bytes)
_HOLD_TREE = (
    select(tree.c.log, tree.c.first, tree.c.frontier)
    .where(tree.c.closed_at.is_(None))
    .with_for_update()
)
_MOVE_EDGE = tree.update().where(tree.c.log == bindparam("this")).values(frontier=bindparam("edge"))


@dataclass(frozen=True, slots=True)
class NewEntry:
    """An entry about to be written; `sealed` are its encrypted disclosures, if it has any."""

    data: bytes
    uid: str
    kind: str
    time: int
    actor: str
    case: str | None
    run: str | None
    sealed: bytes | None = None


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as it stands in the log at `place` (from 0), with the leaf hash that stands beside it."""

    place: int
    leaf: bytes
    data: bytes


@dataclass(frozen=True, slots=True)
class Held:
    """The log that is open, held by this transaction: its name, first place and edge."""

    log: str
    first: int
    frontier: Frontier

    @property
    def next(self) -> int:
        """The place of its next entry."""
        return self.first + self.frontier.size


def open_log(connection: Connection, log: str, *, first: int = 0, at: int = 0) -> None:
    """Start the tree of `log`, whose first entry gets the place `first`, with nothing in it."""
    connection.execute(
        tree.insert().values(log=log, frontier=Frontier().to_bytes(), first=first, opened_at=at)
    )


def append(connection: Connection, new: Sequence[NewEntry]) -> None:
    """Write entries in this order, to be called inside the transaction of the state they describe.

    On SQLite they get the next places of the log at once. On PostgreSQL they go into the intake, where
    nobody waits for anybody, and the sequencer gives them their places after the commit.
    """
    rows = [_row(one) for one in new]
    if connection.dialect.name == "sqlite":
        _place(connection, rows, hold(connection))
    else:
        connection.execute(_ADD_TO_INTAKE, rows)
    sealed = [
        {"entry": entry.uid, "sealed": entry.sealed} for entry in new if entry.sealed is not None
    ]
    if sealed:
        connection.execute(_ADD_SEALED, sealed)


def place_intake(connection: Connection, most: int) -> int:
    """Give up to `most` entries of the intake their places, in the order of their numbers.

    Whatever stands there is taken, never "what is newer than the last": a number is given before the
    commit, so a lower one may appear later. Gives how many there were. Whoever does this holds the tree
    until the transaction ends, so that no place is given twice. An entry that was written once more,
    because nobody knew whether the first commit had come through, keeps its first place. Raises
    `IntegrityBroken` when two entries claim to be the same one.
    """
    held = hold(connection)  # before the look: it then shows all that was committed
    found = connection.execute(select(entry_intake).order_by(entry_intake.c.seq).limit(most)).all()
    if found:
        rows = [row._asdict() for row in found]
        numbers = [row.pop("seq") for row in rows]
        if fresh := _without_known(connection, rows):
            _place(connection, fresh, held)
        connection.execute(entry_intake.delete().where(entry_intake.c.seq.in_(numbers)))
    return len(found)


def waiting(connection: Connection) -> bool:
    """Whether entries stand in the intake."""
    return connection.execute(select(exists().where(entry_intake.c.seq > 0))).scalar_one()


def _without_known(connection: Connection, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    query = select(entries.c.uid, entries.c.bytes).where(
        entries.c.uid.in_([row["uid"] for row in rows])
    )
    known = {row.uid: row.bytes for row in connection.execute(query)}
    if any(known.get(row["uid"], row["bytes"]) != row["bytes"] for row in rows):
        raise IntegrityBroken("The intake holds an entry that differs from the one in the log.")
    return [row for row in rows if row["uid"] not in known]


def _row(entry: NewEntry) -> dict[str, Any]:
    return {
        "uid": entry.uid,
        "kind": entry.kind,
        "time": entry.time,
        "case_uid": entry.case,
        "actor": entry.actor,
        "run": entry.run,
        "bytes": entry.data,
    }


def _place(connection: Connection, rows: Sequence[dict[str, Any]], held: Held) -> None:
    """Write entries at the next places and move the tree's edge."""
    next_place = held.next
    leaves = [leaf_hash(row["bytes"]) for row in rows]
    held.frontier.extend(leaves)
    connection.execute(
        _ADD,
        [
            {"place": next_place + offset, "leaf": leaf, **row}
            for offset, (leaf, row) in enumerate(zip(leaves, rows, strict=True))
        ],
    )
    connection.execute(_MOVE_EDGE, {"this": held.log, "edge": held.frontier.to_bytes()})


def hold(connection: Connection) -> Held:
    """The log that is open; nobody else moves its edge until the transaction ends."""
    for _look in range(2):  # who waited for a log that was closed meanwhile finds the new one
        row = connection.execute(_HOLD_TREE).first()
        if row is not None:
            return Held(row.log, row.first, Frontier.from_bytes(row.frontier))
    raise IntegrityBroken(_NO_TREE)


def append_held(connection: Connection, new: NewEntry, held: Held) -> None:
    """Give an entry the next place of a log that this transaction holds, on either database."""
    _place(connection, [_row(new)], held)


def edge(connection: Connection) -> Frontier:
    """The edge of the tree of the log that is open: its size and root."""
    row = connection.execute(select(tree.c.frontier).where(tree.c.closed_at.is_(None))).scalar()
    if row is None:
        raise IntegrityBroken(_NO_TREE)
    return Frontier.from_bytes(row)


def in_order(
    connection: Connection, after: int = -1, until: int | None = None
) -> Iterator[StoredEntry]:
    """All entries by place, before the place `until` if given, streamed."""
    query = _STORED.where(entries.c.place > after).order_by(entries.c.place)
    if until is not None:
        query = query.where(entries.c.place < until)
    yield from _streamed(connection, query)


def chosen(
    connection: Connection,
    *,
    cases: Sequence[str] | None = None,
    kinds: Sequence[str] = (),
    actor: str | None = None,
    run: str | None = None,
    since: int | None = None,
    until: int | None = None,
) -> Iterator[StoredEntry]:
    """Entries, newest first, streamed: of these cases, kinds, this actor and run, between two times (ms).

    `since` is included, `until` is not; None and nothing mean any.
    """
    query = _STORED.order_by(entries.c.place.desc())
    if kinds:
        query = query.where(entries.c.kind.in_(kinds))
    if actor is not None:
        query = query.where(entries.c.actor == actor)
    if run is not None:
        query = query.where(entries.c.run == run)
    if since is not None:
        query = query.where(entries.c.time >= since)
    if until is not None:
        query = query.where(entries.c.time < until)
    if cases is None:
        yield from _streamed(connection, query)
        return
    found: list[StoredEntry] = []
    for start in range(0, len(cases), 500):
        part = query.where(entries.c.case_uid.in_(cases[start : start + 500]))
        found += _streamed(connection, part)
    yield from sorted(found, key=lambda one: -one.place)


def extent(
    connection: Connection, *, first: int, end: int, since: int | None, until: int | None
) -> Any:
    """Number, first and last place, earliest and latest time of the entries between two places and times.

    The place `end` and the time `until` (ms) are not included. None when there are none.
    """
    query = select(
        func.count().label("number"),
        func.min(entries.c.place).label("first"),
        func.max(entries.c.place).label("last"),
        func.min(entries.c.time).label("begins"),
        func.max(entries.c.time).label("ends"),
    ).where(entries.c.place >= first, entries.c.place < end)
    if since is not None:
        query = query.where(entries.c.time >= since)
    if until is not None:
        query = query.where(entries.c.time < until)
    row = connection.execute(query).one()
    return row if row.number else None


def _streamed(connection: Connection, query: Select[Any]) -> Iterator[StoredEntry]:
    for row in connection.execute(query.execution_options(yield_per=1000)):
        yield StoredEntry(row.place, row.leaf, row.bytes)


def at(connection: Connection, places: Sequence[int]) -> list[StoredEntry]:
    """The entries at these places, in the order of the log."""
    found: list[StoredEntry] = []
    for start in range(0, len(places), 500):
        query = select(entries.c.place, entries.c.leaf, entries.c.bytes).where(
            entries.c.place.in_(places[start : start + 500])
        )
        found += [StoredEntry(row.place, row.leaf, row.bytes) for row in connection.execute(query)]
    return sorted(found, key=lambda one: one.place)


def sealed_of(connection: Connection, places: Sequence[int]) -> dict[int, tuple[str, bytes]]:
    """The encrypted disclosures of these entries, with the uid of each, by place."""
    found: dict[int, tuple[str, bytes]] = {}
    for start in range(0, len(places), 500):
        query = (
            select(entries.c.place, entries.c.uid, disclosures.c.sealed)
            .join(disclosures, disclosures.c.entry == entries.c.uid)
            .where(entries.c.place.in_(places[start : start + 500]))
        )
        for row in connection.execute(query):
            found[row.place] = row.uid, row.sealed
    return found


def leaves(connection: Connection, low: int, high: int) -> Iterator[bytes]:
    """The leaf hashes that stand beside the entries from place `low` up to `high`, in order, streamed."""
    query = (
        select(entries.c.leaf)
        .where(entries.c.place >= low, entries.c.place < high)
        .order_by(entries.c.place)
    )
    yield from connection.execute(query.execution_options(yield_per=10_000)).scalars()


def place_of(connection: Connection, uid: str) -> int | None:
    """The place of an entry; None when it has none yet."""
    query = select(entries.c.place).where(entries.c.uid == uid)
    found: int | None = connection.execute(query).scalar()
    return found


def all_heads(connection: Connection, log: str | None = None) -> list[bytes]:
    """Every signed head, of one log if given, smallest first."""
    query = select(heads.c.note).order_by(heads.c.log, heads.c.size)
    if log is not None:
        query = query.where(heads.c.log == log)
    return list(connection.execute(query).scalars())


def newest_time(connection: Connection) -> int:
    """The latest time that an entry has (milliseconds), 0 when there is none."""
    return connection.execute(select(func.max(entries.c.time))).scalar() or 0


def count(connection: Connection) -> int:
    """How many entries there are."""
    return connection.execute(select(func.count()).select_from(entries)).scalar_one()
