"""Receipts and what became of each of their requests."""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, Select, bindparam, func, select

from paraplu.domain.case import State
from paraplu.domain.receipt import Handled, ReceiptState, Totals
from paraplu.store.tables import cases, receipt_requests, receipts


def add(connection: Connection, **values: Any) -> None:
    """Add a receipt."""
    connection.execute(receipts.insert().values(**values))


def add_requests(connection: Connection, requests: Sequence[Mapping[str, Any]]) -> None:
    """Add what became of the requests of a receipt."""
    if requests:
        connection.execute(receipt_requests.insert(), [dict(request) for request in requests])


def get(connection: Connection, uid: str) -> Row[Any] | None:
    """One receipt."""
    return connection.execute(select(receipts).where(receipts.c.uid == uid)).first()


def same_file(connection: Connection, client: str, service: str, file_hash: str) -> Row[Any] | None:
    """An earlier receipt of exactly this file that was not stopped."""
    query = select(receipts).where(
        receipts.c.client == client,
        receipts.c.service == service,
        receipts.c.file_hash == file_hash,
        receipts.c.state != ReceiptState.STOPPED.value,
    )
    return connection.execute(query).first()


def listed(connection: Connection, client: str | None, service: str | None) -> list[Row[Any]]:
    """Receipts, oldest first, of a client and service if given."""
    query = select(receipts).order_by(receipts.c.received_at, receipts.c.uid)
    if client is not None:
        query = query.where(receipts.c.client == client)
    if service is not None:
        query = query.where(receipts.c.service == service)
    return list(connection.execute(query))


def unreleased(connection: Connection, client: str, service: str) -> list[Row[Any]]:
    """Receipts with cases that nobody has released yet, oldest first."""
    query = select(receipts).where(
        receipts.c.client == client,
        receipts.c.service == service,
        receipts.c.released_by.is_(None),
        receipts.c.cases > 0,
    )
    return list(connection.execute(query.order_by(receipts.c.received_at, receipts.c.uid)))


def arrived(connection: Connection, after: int, until: int) -> dict[tuple[str, str], list[int]]:
    """When deliveries with cases came in after one instant and up to another (milliseconds), in order.

    By client and service.
    """
    return _times(connection.execute(_arrived(), {"after": after, "until": until}))


@functools.cache
def _arrived() -> Select[Any]:
    """Built once: that takes longer than it takes the database to answer."""
    return select(receipts.c.client, receipts.c.service, receipts.c.received_at).where(
        receipts.c.cases > 0,
        receipts.c.received_at > bindparam("after"),
        receipts.c.received_at <= bindparam("until"),
    )


def _times(rows: Iterable[Any]) -> dict[tuple[str, str], list[int]]:
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for client, service, at in rows:
        found[client, service].add(at)
    return {pair: sorted(times) for pair, times in found.items()}


def requests_of(connection: Connection, receipt: str) -> list[Row[Any]]:
    """What became of each request of a receipt, in the order of the sheet."""
    query = (
        select(receipt_requests)
        .where(receipt_requests.c.receipt == receipt)
        .order_by(receipt_requests.c.first_row)
    )
    return list(connection.execute(query))


def set_state(
    connection: Connection, uid: str, state: ReceiptState, released_by: str | None = None
) -> None:
    """Move a receipt; `released_by` is the person whose word let it go on."""
    values: dict[str, Any] = {"state": state.value}
    if released_by is not None:
        values["released_by"] = released_by
    connection.execute(receipts.update().where(receipts.c.uid == uid).values(**values))


def totals(
    connection: Connection,
    client: str,
    service: str | None = None,
    receipt: str | None = None,
    *,
    since: int | None = None,
    until: int | None = None,
) -> Totals:
    """The totals of a client (and service, and receipt), counted anew from the rows.

    `since` and `until` (ms, the first included) are when the deliveries came in.
    """
    wanted = [receipts.c.client == client]
    if since is not None:
        wanted.append(receipts.c.received_at >= since)
    if until is not None:
        wanted.append(receipts.c.received_at < until)
    if service is not None:
        wanted.append(receipts.c.service == service)
    if receipt is not None:
        wanted.append(receipts.c.uid == receipt)
    handled = connection.execute(
        select(receipt_requests.c.handled, func.count())
        .join(receipts, receipts.c.uid == receipt_requests.c.receipt)
        .where(*wanted)
        .group_by(receipt_requests.c.handled)
    )
    states = connection.execute(
        select(cases.c.state, func.count())
        .join(receipts, receipts.c.uid == cases.c.receipt)
        .where(*wanted)
        .group_by(cases.c.state)
    )
    return Totals.of(
        {Handled(name): number for name, number in handled},
        {State(name): number for name, number in states},
    )


def answered(connection: Connection, receipt: str, says: str) -> bool:
    """Note what an answered workbook says (a keyed hash). False when it said the same before."""
    done = connection.execute(
        receipts.update()
        .where(receipts.c.uid == receipt, receipts.c.answer_hash.is_distinct_from(says))
        .values(answer_hash=says)
    )
    return done.rowcount == 1
