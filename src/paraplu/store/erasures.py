"""What lies under keys: how much it is, what keeps it from being erased, and what is taken away with it."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, case, func, or_, select, text

from paraplu.audit.disclosure import disclosable
from paraplu.domain.case import CLOSED
from paraplu.store.tables import (
    cases,
    disclosures,
    entries,
    evidence,
    intents,
    pauses,
    persons,
    receipts,
    watches,
)

_ERASING = 0x65726173  # the advisory lock of whoever erases, shared by whoever takes requests in
_MOST = 500  # values in one statement
_OPEN = cases.c.state.not_in([state.value for state in CLOSED])
_FORGOTTEN = "erased"


def alone(connection: Connection) -> None:
    """Nobody takes requests in until this transaction ends; on SQLite it is alone anyway."""
    if connection.dialect.name != "sqlite":
        connection.execute(text(f"SELECT pg_advisory_xact_lock({_ERASING})"))


def apart(connection: Connection) -> None:
    """Nobody erases until this transaction ends. Many may take requests in at once."""
    if connection.dialect.name != "sqlite":
        connection.execute(text(f"SELECT pg_advisory_xact_lock_shared({_ERASING})"))


@dataclass(frozen=True, slots=True)
class Lying:
    """How many cases of a client lie under one key, how many of them are open, and entries and files."""

    client: str
    key: str
    cases: int
    open: int
    entries: int = 0
    files: int = 0


def lying(connection: Connection, client: str | None = None) -> list[Lying]:
    """What lies under each key that cases are sealed under, of a client or of all."""
    watched = select(watches.c.case_uid).where(watches.c.closed_at.is_(None))
    is_open = case((or_(_OPEN, cases.c.uid.in_(watched)), 1), else_=0)
    query = select(cases.c.client, cases.c.key, func.count(), func.sum(is_open))
    counted: list[dict[tuple[str, str], int]] = []
    for table in (entries, evidence):
        number = select(cases.c.client, cases.c.key, func.count()).join(
            table, table.c.case_uid == cases.c.uid
        )
        counted.append(
            {(row[0], row[1]): row[2] for row in connection.execute(_of(number, client))}
        )
    return [
        Lying(row[0], row[1], row[2], row[3], *(one.get((row[0], row[1]), 0) for one in counted))
        for row in connection.execute(_of(query, client))
    ]


def _of(query: Select[Any], client: str | None) -> Select[Any]:
    if client is not None:
        query = query.where(cases.c.client == client)
    return query.group_by(cases.c.client, cases.c.key)


def cases_under(connection: Connection, keys: Sequence[str]) -> list[Row[Any]]:
    """Uid, client, service, receipt and state of the cases that are sealed under these keys."""
    query = select(cases.c.uid, cases.c.client, cases.c.service, cases.c.receipt, cases.c.state)
    found: list[Row[Any]] = []
    for some in _parts(keys):
        found += connection.execute(query.where(cases.c.key.in_(some)).order_by(cases.c.uid))
    return found


def keys_of(connection: Connection, uids: Sequence[str]) -> dict[str, str]:
    """The uid of the key of each of these cases."""
    query = select(cases.c.uid, cases.c.key)
    return {
        row.uid: row.key
        for some in _parts(uids)
        for row in connection.execute(query.where(cases.c.uid.in_(some)))
    }


def open_under(connection: Connection, keys: Sequence[str]) -> list[str]:
    """The uids of cases under these keys that are open, or of which something is still watched."""
    watched = select(watches.c.case_uid).where(watches.c.closed_at.is_(None))
    query = select(cases.c.uid).where(or_(_OPEN, cases.c.uid.in_(watched)))
    return [
        uid
        for some in _parts(keys)
        for uid in connection.execute(query.where(cases.c.key.in_(some))).scalars()
    ]


def open_with(connection: Connection, person: str) -> int:
    """How many open cases one of our own people asked for, delivered or has in hand."""
    theirs = or_(cases.c.submitter == person, cases.c.requester == person, cases.c.owner == person)
    query = select(func.count()).select_from(cases).where(_OPEN, theirs)
    return connection.execute(query).scalar_one()


def entries_about(connection: Connection, uids: Sequence[str]) -> tuple[int, int]:
    """How many entries these cases have in the log, and how many personal values those have."""
    found = [0, 0]
    for some in _parts(uids):
        mine = entries.c.case_uid.in_(some)
        found[0] += connection.execute(
            select(func.count()).select_from(entries).where(mine)
        ).scalar_one()
        found[1] += _values(connection, mine)
    return found[0], found[1]


def values_under(connection: Connection, keys: Sequence[str]) -> int:
    """How many personal values of the log are sealed under these keys. Reads through all of them."""
    found = 0
    for some in _parts(keys):
        held = [uuid.UUID(key).bytes for key in some]
        found += _values(connection, func.substr(disclosures.c.sealed, 2, 16).in_(held))
    return found


def _values(connection: Connection, which: ColumnElement[bool]) -> int:
    """How many values stand sealed beside these entries, by the digests that the entries have."""
    query = select(entries.c.bytes).join(disclosures, entries.c.uid == disclosures.c.entry)
    found = connection.execute(query.where(which).execution_options(yield_per=1000)).scalars()
    return sum(len(disclosable(data)) for data in found)


def files_of(connection: Connection, uids: Sequence[str]) -> list[str]:
    """The hashes of the files of evidence of these cases."""
    return [
        name
        for some in _parts(uids)
        for name in connection.execute(
            select(evidence.c.hash).where(evidence.c.case_uid.in_(some)).order_by(evidence.c.hash)
        ).scalars()
    ]


def loose_files(connection: Connection, client: str) -> list[str]:
    """The hashes of a client's files of evidence that belong to no case: workbooks, pictures of a run."""
    query = select(evidence.c.hash).where(
        evidence.c.client == client, evidence.c.case_uid.is_(None)
    )
    return list(connection.execute(query.order_by(evidence.c.hash)).scalars())


def receipts_of(connection: Connection, client: str) -> list[Row[Any]]:
    """Uid, channel and sealed description of every receipt of a client."""
    query = select(receipts.c.uid, receipts.c.channel, receipts.c.sealed, receipts.c.answer_hash)
    return list(connection.execute(query.where(receipts.c.client == client)))


def forget(connection: Connection, uids: Sequence[str], files: Sequence[str]) -> None:
    """Take away what still connects closed cases with somebody, and the list of their files.

    Only the keyed hash of a case's reference stays, so that no request is done a second time.
    """
    for some in _parts(uids):
        connection.execute(
            cases.update()
            .where(cases.c.uid.in_(some))
            .values(subject_hash=None, share_hash=None, content_hash=_FORGOTTEN)
        )
        connection.execute(intents.update().where(intents.c.case_uid.in_(some)).values(sealed=None))
    for some in _parts(files):
        connection.execute(evidence.delete().where(evidence.c.hash.in_(some)))


def forget_person(connection: Connection, uid: str) -> None:
    """Take a person who worked with us off the list of persons."""
    connection.execute(persons.delete().where(persons.c.uid == uid))


def persons_under(connection: Connection) -> list[tuple[str, bytes]]:
    """Uid and sealed description of everybody who works with us."""
    return [tuple(row) for row in connection.execute(select(persons.c.uid, persons.c.sealed))]


def open_pauses(connection: Connection) -> list[bytes]:
    """The sealed reasons of the pauses that have not been ended."""
    query = select(pauses.c.sealed).where(pauses.c.ended_at.is_(None))
    return [sealed for sealed in connection.execute(query).scalars() if sealed is not None]


def _parts(values: Iterable[str]) -> Iterator[list[str]]:
    every = list(values)
    for start in range(0, len(every), _MOST):
        yield every[start : start + _MOST]
