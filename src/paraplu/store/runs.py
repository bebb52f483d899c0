"""Runs: due, held under a lease by a worker, or ended.

A run is *due* while nobody holds it, *held* while its lease lasts, *lost* when the lease ran out before it
ended. Whoever takes a run gets a token one higher than the one before; an older token writes no more.
Leases are told by one clock for all (`paraplu.store.lease_clock`).
"""

from __future__ import annotations

import functools
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, bindparam, select, tuple_
from sqlalchemy.exc import IntegrityError

from paraplu.domain.planned import PlannedState
from paraplu.errors import FenceLost
from paraplu.store import planned
from paraplu.store.lease_clock import lease_clock, lease_end
from paraplu.store.tables import runs

_ONE = select(runs).where(runs.c.uid == bindparam("this"))  # asked before every action


def make_due(connection: Connection, **values: Any) -> None:
    """Add a run that a worker should take."""
    connection.execute(runs.insert().values(**values))


def make_all_due(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add runs that workers should take."""
    if rows:
        connection.execute(runs.insert(), [dict(row) for row in rows])


def get(connection: Connection, uid: str) -> Row[Any] | None:
    """One run."""
    return connection.execute(_ONE, {"this": uid}).first()


def open_runs(connection: Connection, client: str, service: str) -> list[Row[Any]]:
    """Runs of a client's service that have not ended, the one that was due first first."""
    query = select(runs).where(
        runs.c.client == client, runs.c.service == service, runs.c.ended_at.is_(None)
    )
    return list(connection.execute(query.order_by(runs.c.due_at, runs.c.uid)))


def going(
    connection: Connection, pairs: Iterable[tuple[str, str]], now: int
) -> dict[tuple[str, str], str]:
    """The run of each client and service (no rehearsal) that is due or going: the one that was due first."""
    values = {"pairs": sorted(pairs), "now": now}
    return {(row.client, row.service): row.uid for row in connection.execute(_going(), values)}


@functools.cache
def _going() -> Select[Any]:
    pairs: ColumnElement[Any] = bindparam("pairs", expanding=True)
    return (
        select(runs.c.client, runs.c.service, runs.c.uid)
        .where(
            tuple_(runs.c.client, runs.c.service).in_(pairs),
            runs.c.purpose == "run",
            runs.c.ended_at.is_(None),
            runs.c.due_at <= bindparam("now"),
        )
        .order_by(runs.c.due_at.desc(), runs.c.uid.desc())
    )


def lengths(connection: Connection, since: int) -> list[tuple[str, str, int]]:
    """Client, service and milliseconds of every run that finished after `since` (milliseconds)."""
    query = select(runs.c.client, runs.c.service, runs.c.ended_at - runs.c.started_at).where(
        runs.c.ended_at > since, runs.c.ending == "finished", runs.c.started_at.is_not(None)
    )
    return [(row[0], row[1], int(row[2])) for row in connection.execute(query)]


def ended(
    connection: Connection, endings: Collection[str], after: int, until: int
) -> dict[tuple[str, str], list[int]]:
    """When runs ended so, after one instant and up to another (milliseconds), in order.

    By client and service.
    """
    values = {"endings": sorted(endings), "after": after, "until": until}
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    for client, service, at in connection.execute(_ended(), values):
        found[client, service].add(at)
    return {pair: sorted(times) for pair, times in found.items()}


@functools.cache
def _ended() -> Select[Any]:
    return select(runs.c.client, runs.c.service, runs.c.ended_at).where(
        runs.c.purpose == "run",
        runs.c.ending.in_(bindparam("endings", expanding=True)),
        runs.c.ended_at > bindparam("after"),
        runs.c.ended_at <= bindparam("until"),
    )


def to_take(
    connection: Connection,
    now: int,
    besides: Collection[str] = (),
    most: int | None = None,
    shut: Collection[tuple[str, str]] = (),
) -> list[Row[Any]]:
    """Runs that are lost, or due at `now`: the one that was due first first, `most` of them.

    One that was begun is due whatever the time is: the clock may have been set back since. Those that
    need one of the credentials `besides` are left out, and those of the clients' services `shut`.
    """
    query = (
        select(runs)
        .where(
            runs.c.ended_at.is_(None),
            (runs.c.due_at <= now) | (runs.c.token > 0),
            runs.c.worker.is_(None) | (runs.c.lease_until <= lease_clock(connection)),
        )
        .order_by(runs.c.due_at, runs.c.uid)
        .limit(most)
    )
    if besides:
        query = query.where(runs.c.credential.not_in(besides))
    if shut:
        query = query.where(tuple_(runs.c.client, runs.c.service).not_in(sorted(shut)))
    return list(connection.execute(query))


def take(
    connection: Connection, uid: str, worker: str, slots: int, lease_ms: int, now: int
) -> Row[Any] | None:
    """Take a run under a lease of `lease_ms` from here on, in one of the `slots` of its credential.

    None when it has ended, somebody holds it, or no slot is free. `now` is written as its start.
    """
    row = connection.execute(select(runs).where(runs.c.uid == uid).with_for_update()).first()
    if row is None or row.ended_at is not None:
        return None
    if row.worker is not None and row.lease_until > lease_clock(connection):
        return None
    taken = set(
        connection.execute(
            select(runs.c.slot).where(
                runs.c.credential == row.credential,
                runs.c.ended_at.is_(None),
                runs.c.slot.is_not(None),
                runs.c.uid != uid,
            )
        ).scalars()
    )
    slot = next((number for number in range(1, slots + 1) if number not in taken), None)
    if slot is None:
        return None
    try:
        with connection.begin_nested():
            connection.execute(
                runs.update()
                .where(runs.c.uid == uid)
                .values(
                    worker=worker,
                    token=row.token + 1,
                    slot=slot,
                    lease_until=lease_end(connection, lease_ms),
                    started_at=row.started_at if row.started_at is not None else now,
                )
            )
    except IntegrityError:  # another worker was quicker at this slot
        return None
    if row.planned_run is not None:
        planned.write(connection, row.planned_run, PlannedState.STARTED, now)
    return get(connection, uid)


def renew(connection: Connection, worker: str, lease_ms: int) -> None:
    """Lengthen the leases of everything that a worker holds."""
    connection.execute(
        runs.update()
        .where(runs.c.worker == worker, runs.c.ended_at.is_(None))
        .values(lease_until=lease_end(connection, lease_ms))
    )


def void(connection: Connection, workers: Iterable[str]) -> None:
    """End the leases of workers that are known to be dead."""
    connection.execute(
        runs.update()
        .where(runs.c.worker.in_(list(workers)), runs.c.ended_at.is_(None))
        .values(lease_until=0)
    )


def held(connection: Connection, uid: str, token: int) -> Row[Any]:
    """The run of whoever holds this token. Raises `FenceLost` when somebody else has taken it over."""
    row = get(connection, uid)
    if row is None or row.token != token or row.ended_at is not None:
        raise FenceLost("Another worker has taken this run over: nothing more is done in this one.")
    return row


def end(connection: Connection, uid: str, token: int, ending: str, now: int) -> None:
    """Write that a run has ended and how. Raises `FenceLost` as `held` does."""
    row = held(connection, uid, token)
    connection.execute(
        runs.update()
        .where(runs.c.uid == uid, runs.c.token == token)
        .values(ended_at=now, ending=ending, lease_until=None)
    )
    if row.planned_run is not None:
        # Not allowed any more when a worker took it: it never did anything.
        state = PlannedState.SKIPPED if ending == "not-allowed" else PlannedState.FINISHED
        planned.write(connection, row.planned_run, state, now, why=ending)


def ask_to_stop(connection: Connection, uid: str, how: str) -> bool:
    """Ask a run to stop (``after-case`` or ``now``). False when it has ended already."""
    done = connection.execute(
        runs.update().where(runs.c.uid == uid, runs.c.ended_at.is_(None)).values(stop=how)
    )
    return done.rowcount == 1


def hasten(connection: Connection, uid: str, now: int) -> None:
    """Make a run that is due later due now."""
    connection.execute(
        runs.update()
        .where(runs.c.uid == uid, runs.c.worker.is_(None), runs.c.due_at > now)
        .values(due_at=now)
    )


def withdraw(connection: Connection, uid: str, now: int) -> bool:
    """End a run that nobody has taken. False when somebody has, or it has ended.

    The planned run behind it is the caller's to settle.
    """
    done = connection.execute(
        runs.update()
        .where(runs.c.uid == uid, runs.c.worker.is_(None), runs.c.ended_at.is_(None))
        .values(ended_at=now, ending="withdrawn")
    )
    return done.rowcount == 1


def give_back(connection: Connection, uid: str, token: int, now: int) -> None:
    """Make a run due again for other workers. Raises `FenceLost` as `held` does."""
    row = held(connection, uid, token)
    connection.execute(
        runs.update().where(runs.c.uid == uid).values(worker=None, slot=None, lease_until=None)
    )
    if row.planned_run is not None:
        planned.write(connection, row.planned_run, PlannedState.DUE, now)
