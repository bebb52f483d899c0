"""Claims: a run takes up cases, the most urgent first, and no two runs ever hold the same.

On PostgreSQL runs that claim at the same moment pass each other by (SKIP LOCKED) instead of waiting; on
SQLite one writes at a time. The lock by which two runs are kept from cases that share a recalculation is
an advisory one (PostgreSQL manual, section 13.3.5) until the claim is committed, and the row after that.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    literal,
    or_,
    select,
)
from sqlalchemy.sql.dml import ReturningUpdate

from paraplu.domain.case import DUE, State
from paraplu.domain.receipt import ReceiptState
from paraplu.store.lease_clock import lease_clock
from paraplu.store.tables import cases, receipts, runs

URGENT: tuple[ColumnElement[Any], ...] = (
    cases.c.state != State.WORKING.value,
    cases.c.latest.is_(None),
    cases.c.latest,
    cases.c.deadline,
    cases.c.received_at,
    cases.c.place,
    cases.c.uid,
)
"""The order in which cases are taken up: the one whose latest moment is nearest first.

But what a run broke off in the middle of comes before everything: it is judged by what stood around it
then, which the next change may alter.
"""

_AT_ONCE = 500  # values in one statement


def may_be_taken_up(now: int | ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a case is in a state for a run, and not put off."""
    return cases.c.state.in_([state.value for state in DUE]) & or_(
        cases.c.not_before.is_(None), cases.c.not_before <= now
    )


def claim_next(
    connection: Connection,
    client: str,
    service: str,
    run: str,
    now: int,
    *,
    most: int = 1,
    many: int,
    first: int,
    besides: Collection[str] = (),
) -> list[Row[Any]]:
    """Take up to `most` due cases for `run`, the most urgent first.

    Gives the rows of `cases` with their new fence, and `crashed`: a run had the case before and neither
    settled it nor gave it back. Left out are cases that another live run holds, cases that share a
    recalculation with one of those or with one that was broken off, cases in `besides` (uids that this
    turn has had already), and of a receipt of more than `many` cases that nobody has released all but
    the `first` ones and those that a run was working on. To be called in a writing transaction; `now` is
    in milliseconds; leases are told by their own clock.
    """
    clock = lease_clock(connection)
    left_out = set(besides)
    taken: list[Row[Any]] = []
    while len(taken) < most:
        found = connection.execute(
            _next(),
            {
                "client": client,
                "service": service,
                "run": run,
                "now": now,
                "clock": clock,
                "many": many,
                "first": first,
                "left_out": sorted(left_out),
                "most": most - len(taken),
            },
        ).all()
        if not found:
            break
        left_out.update(row.uid for row in found)
        free = _abandoned(connection, {row.run for row in found}, run, clock)
        shared = _free_shares(connection, {row.share_hash for row in found}, run, clock)
        taken += [row for row in found if row.run in free and row.share_hash in shared]
    return _take(connection, run, taken)


def due(
    connection: Connection, client: str, service: str, now: int, *, many: int, first: int
) -> list[str]:
    """The uids of the cases that a run might take up at `now`, the most urgent first."""
    query = (
        select(cases.c.uid)
        .join(receipts, receipts.c.uid == cases.c.receipt)
        .where(
            cases.c.client == client,
            cases.c.service == service,
            may_be_taken_up(now),
            _shown(many, first),
        )
        .order_by(*URGENT)
    )
    return list(connection.execute(query).scalars())


def put_off_until(connection: Connection, client: str, service: str, now: int) -> int | None:
    """The first moment after `now` at which a case that was put off is due again."""
    query = select(func.min(cases.c.not_before)).where(
        cases.c.client == client,
        cases.c.service == service,
        cases.c.state.in_([state.value for state in DUE]),
        cases.c.not_before > now,
    )
    return connection.execute(query).scalar()


def _shown(many: int | ColumnElement[int], first: int | ColumnElement[int]) -> ColumnElement[bool]:
    """Not kept back with its receipt; a case that a run was working on is always finished."""
    return or_(
        cases.c.state == State.WORKING.value,
        and_(
            receipts.c.state != ReceiptState.HELD.value,
            or_(
                receipts.c.cases <= many, receipts.c.released_by.is_not(None), cases.c.place < first
            ),
        ),
    )


@functools.cache
def _next() -> Select[Any]:
    """The query of `claim_next`, built once: that takes longer than it takes the database to answer."""
    run: ColumnElement[str] = bindparam("run")
    clock: ColumnElement[int] = bindparam("clock")
    working = cases.alias("working")
    shares = exists().where(
        working.c.share_hash == cases.c.share_hash,
        working.c.uid != cases.c.uid,
        working.c.state.in_([state.value for state in DUE]),
        or_(
            _lives(working.c.run, run, clock),
            and_(working.c.state == State.WORKING.value, working.c.run != run),
        ),
    )
    return (
        select(cases.c.uid, cases.c.run, cases.c.share_hash)
        .join(receipts, receipts.c.uid == cases.c.receipt)
        .where(
            cases.c.client == bindparam("client"),
            cases.c.service == bindparam("service"),
            may_be_taken_up(bindparam("now")),
            _shown(bindparam("many"), bindparam("first")),
            cases.c.uid.not_in(bindparam("left_out", expanding=True)),
            or_(cases.c.run.is_(None), ~_lives(cases.c.run, run, clock)),
            or_(cases.c.share_hash.is_(None), ~shares),
        )
        .order_by(*URGENT)
        .limit(bindparam("most"))
        .with_for_update(of=cases, key_share=True, skip_locked=True)
    )


def _lives(
    holder: ColumnElement[Any], run: str | ColumnElement[str], clock: int | ColumnElement[int]
) -> ColumnElement[bool]:
    """Whether `holder` is a run other than ours that is neither ended nor lost."""
    live = runs.alias()
    return and_(
        holder != run,
        exists().where(live.c.uid == holder, live.c.ended_at.is_(None), live.c.lease_until > clock),
    )


def _abandoned(
    connection: Connection, holders: Collection[str | None], run: str, clock: int
) -> set[str | None]:
    """Those that hold their cases no more. Seen anew: one may have begun since our first look."""
    if holders == {None}:
        return {None}
    alive = connection.execute(
        select(runs.c.uid).where(
            runs.c.uid.in_([one for one in holders if one is not None]),
            _lives(runs.c.uid, run, clock),
        )
    )
    return set(holders) - set(alive.scalars())


def _free_shares(
    connection: Connection, wanted: Collection[str | None], run: str, clock: int
) -> set[str | None]:
    """Those that no other run holds nor is about to; they stay ours until the claim is committed."""
    hashes = sorted(one for one in wanted if one is not None)
    if not hashes or connection.dialect.name == "sqlite":
        return set(wanted)
    ours = [
        one
        for one in hashes
        if connection.execute(
            select(func.pg_try_advisory_xact_lock(func.hashtextextended(one, 0)))
        ).scalar_one()
    ]
    # Seen anew: whoever had the lock before us may have committed since our first look.
    held = connection.execute(
        select(cases.c.share_hash).where(
            cases.c.share_hash.in_(ours),
            cases.c.state.in_([state.value for state in DUE]),
            _lives(cases.c.run, run, clock),
        )
    )
    return {None, *ours} - set(held.scalars())


def _take(connection: Connection, run: str, found: Sequence[Row[Any]]) -> list[Row[Any]]:
    claimed: dict[str, Row[Any]] = {}
    for crashed in (False, True):
        uids = [row.uid for row in found if (row.run is not None) is crashed]
        for start in range(0, len(uids), _AT_ONCE):
            values = {"new_run": run, "more": int(crashed), "uids": uids[start : start + _AT_ONCE]}
            changed = connection.execute(_claiming(crashed), values)
            claimed.update({row.uid: row for row in changed})
    return [claimed[row.uid] for row in found]


@functools.cache
def _claiming(crashed: bool) -> ReturningUpdate[Any]:
    return (
        cases.update()
        .where(cases.c.uid.in_(bindparam("uids", expanding=True)))
        .values(
            run=bindparam("new_run"),
            fence=cases.c.fence + 1,
            crashes=cases.c.crashes + bindparam("more"),
        )
        .returning(cases, literal(crashed).label("crashed"))
    )
