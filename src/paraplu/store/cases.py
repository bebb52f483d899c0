"""Cases: found, and moved by whoever holds the fencing token that a claim gave."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, bindparam, or_, select
from sqlalchemy.sql.dml import ReturningUpdate

from paraplu.domain.case import DUE, State, may_move, move
from paraplu.domain.receipt import ReceiptState
from paraplu.errors import FenceLost, NotFound
from paraplu.store.database import holding
from paraplu.store.tables import cases, receipts


def add(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add new cases."""
    if rows:
        connection.execute(cases.insert(), [dict(row) for row in rows])


def get(connection: Connection, uid: str) -> Row[Any]:
    """One case; in a writing transaction nobody else changes it until that ends. Raises `NotFound`."""
    query = holding(connection, select(cases).where(cases.c.uid == uid), cases)
    row = connection.execute(query).first()
    if row is None:
        raise NotFound(f"There is no case {uid}.")
    return row


def by_prefix(connection: Connection, start: str) -> list[Row[Any]]:
    """Cases whose uid begins with `start`, ten at most."""
    return list(connection.execute(select(cases).where(cases.c.uid.startswith(start)).limit(10)))


def by_reference(
    connection: Connection, reference: str, client: str | None = None, service: str | None = None
) -> list[Row[Any]]:
    """Cases with this keyed hash of a reference, newest turn first."""
    query = select(cases).where(cases.c.reference_hash == reference).order_by(cases.c.turn.desc())
    if client is not None:
        query = query.where(cases.c.client == client)
    if service is not None:
        query = query.where(cases.c.service == service)
    return list(connection.execute(query))


def about(connection: Connection, subjects: Sequence[str]) -> tuple[str, ...]:
    """The uids of the cases with one of these keyed hashes of a subject, oldest first."""
    query = (
        select(cases.c.uid)
        .where(cases.c.subject_hash.in_(subjects))
        .order_by(cases.c.received_at, cases.c.uid)
    )
    return tuple(connection.execute(query).scalars())


def of(connection: Connection, uids: Sequence[str]) -> list[Row[Any]]:
    """These cases, as far as they exist."""
    found: list[Row[Any]] = []
    for start in range(0, len(uids), 500):
        query = select(cases).where(cases.c.uid.in_(uids[start : start + 500]))
        found += connection.execute(query)
    return found


def of_client(connection: Connection, client: str, service: str | None) -> list[Row[Any]]:
    """Every case of a client (and service)."""
    query = select(cases).where(cases.c.client == client)
    if service is not None:
        query = query.where(cases.c.service == service)
    return list(connection.execute(query))


def closed(
    connection: Connection, state: State, client: str | None, since: int | None, until: int | None
) -> list[Row[Any]]:
    """Cases that were closed in this state from `since` up to before `until` (ms), oldest first."""
    query = select(cases).where(cases.c.state == state.value).order_by(cases.c.closed_at)
    if client is not None:
        query = query.where(cases.c.client == client)
    if since is not None:
        query = query.where(cases.c.closed_at >= since)
    if until is not None:
        query = query.where(cases.c.closed_at < until)
    return list(connection.execute(query))


def by_content(
    connection: Connection, client: str, service: str, content: str, since: int
) -> Row[Any] | None:
    """A case with the same content received at or after `since` that was not given up."""
    given_up = (State.RETURNED.value, State.DECLINED.value, State.WITHDRAWN.value)
    query = select(cases).where(
        cases.c.client == client,
        cases.c.service == service,
        cases.c.content_hash == content,
        cases.c.received_at >= since,
        cases.c.state.not_in(given_up),
    )
    return connection.execute(query).first()


def listed(
    connection: Connection,
    *,
    client: str | None = None,
    service: str | None = None,
    states: Iterable[State] = (),
    receipt: str | None = None,
    most: int = 200,
) -> list[Row[Any]]:
    """Cases, the nearest deadline first."""
    query = select(cases).order_by(cases.c.deadline, cases.c.receipt, cases.c.place).limit(most)
    if client is not None:
        query = query.where(cases.c.client == client)
    if service is not None:
        query = query.where(cases.c.service == service)
    if receipt is not None:
        query = query.where(cases.c.receipt == receipt)
    wanted = [state.value for state in states]
    if wanted:
        query = query.where(cases.c.state.in_(wanted))
    return list(connection.execute(query))


def waiting_until(connection: Connection, moment: int) -> list[Row[Any]]:
    """Cases that wait for approval and must be done by `moment` (milliseconds) at the latest."""
    query = select(cases).where(
        cases.c.state == State.WAITING.value, cases.c.latest.is_not(None), cases.c.latest <= moment
    )
    return list(connection.execute(query.order_by(cases.c.latest)))


def due_until(connection: Connection, moment: int, now: int) -> list[Row[Any]]:
    """Cases that are due and that no run is working on, and must be done by `moment` (milliseconds).

    That is said by their plan. A case without one, which no run has looked at yet, is here when its deadline
    lies between `now` and `moment`, unless it is kept back with its receipt.
    """
    states = [state.value for state in DUE if state is not State.WORKING]
    soon = and_(cases.c.latest.is_(None), cases.c.deadline > now, cases.c.deadline <= moment)
    query = (
        select(cases)
        .join(receipts, receipts.c.uid == cases.c.receipt)
        .where(
            cases.c.state.in_(states),
            or_(cases.c.latest <= moment, and_(soon, receipts.c.state != ReceiptState.HELD.value)),
        )
    )
    return list(connection.execute(query.order_by(cases.c.deadline, cases.c.uid)))


def of_receipt(connection: Connection, receipt: str) -> list[Row[Any]]:
    """Place, state and reason of every case of a receipt, in the order of the sheet."""
    query = select(cases.c.uid, cases.c.place, cases.c.state, cases.c.reason)
    return list(connection.execute(query.where(cases.c.receipt == receipt).order_by(cases.c.place)))


def release(connection: Connection, run: str) -> None:
    """Leave the cases that a run holds to a later one: it was stopped, it did not crash."""
    connection.execute(cases.update().where(cases.c.run == run).values(run=None))


def write(
    connection: Connection,
    uid: str,
    *,
    fence: int | None,
    state: State | None = None,
    **values: Any,
) -> None:
    """Change a case. Raises `FenceLost` unless `fence` is still its token, `Refused` for a wrong move.

    People change cases without a token (`fence` None): a run that holds the case loses it by that.
    """
    names = frozenset(values)
    given = {"case_uid": uid, "token": fence, "to": None if state is None else state.value}
    statement = _writing(fence is not None, state, names)
    done = connection.execute(
        statement, {**given, **{f"new_{name}": values[name] for name in names}}
    )
    if done.first() is not None:
        return
    # One statement judges and writes, so that nothing comes in between; this only finds the words.
    row = get(connection, uid)
    if fence is not None and row.fence != fence:
        raise FenceLost(
            "Another run holds this case by now: what this run wanted to write was refused."
        )
    if state is not None:
        move(State(row.state), state)
    raise FenceLost("Somebody else changed this case just now: what was to be written was refused.")


@functools.cache
def _writing(
    by_token: bool, state: State | None, names: frozenset[str]
) -> ReturningUpdate[tuple[str]]:
    """The statement of `write`, built once for each sort of change."""
    held = cases.update().where(cases.c.uid == bindparam("case_uid"))
    if by_token:
        held = held.where(cases.c.fence == bindparam("token")).values(fence=cases.c.fence)
    else:
        held = held.values(fence=cases.c.fence + 1, run=None)
    if state is not None:
        from_here = [old.value for old in State if old is state or may_move(old, state)]
        held = held.where(cases.c.state.in_(from_here)).values(state=bindparam("to"))
    held = held.values({name: bindparam(f"new_{name}") for name in sorted(names)})
    return held.returning(cases.c.uid)
