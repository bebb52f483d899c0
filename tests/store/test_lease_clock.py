"""Leases are told by the time that has passed: a clock that is set ends none of them early."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest

from machine_clock import HOUR, MachineClock
from paraplu.store import claims, runs
from paraplu.store.database import Database
from paraplu.store.lease_clock import leaps, lease_clock, lease_end
from store.rows import CLIENT, NOW, SERVICE, receive

LEASE = 600_000
SHORT = 1_500


@pytest.fixture
def clock(database: Database, monkeypatch: pytest.MonkeyPatch) -> MachineClock:
    return MachineClock(database, monkeypatch)


@pytest.fixture
def another(database: Database, clock: MachineClock) -> Iterator[Database]:
    """The same database as another process sees it."""
    opened = Database(database.url)
    yield opened
    opened.close()


def make_due(database: Database, uid: str, due_at: int = 1) -> None:
    with database.write() as connection:
        runs.make_due(
            connection,
            uid=uid,
            client=CLIENT,
            service=SERVICE,
            credential=f"robot-{uid}",
            purpose="run",
            started_by="somebody",
            due_at=due_at,
        )


def take(database: Database, uid: str, worker: str, lease: int = LEASE) -> Any:
    with database.write() as connection:
        return runs.take(connection, uid, worker, 1, lease, NOW)


def look(database: Database) -> int:
    with database.read() as connection:
        return lease_clock(connection)


def test_a_clock_set_forward_ends_no_lease_for_who_has_seen_it_before(
    database: Database, another: Database, clock: MachineClock
) -> None:
    make_due(database, "r")
    take(database, "r", "one")
    look(another)
    clock.set_by(HOUR)
    assert take(another, "r", "two") is None
    with another.read() as connection:
        assert runs.to_take(connection, NOW) == []
    with database.write() as connection:
        assert leaps(connection) == 1  # by which a holder knows that it must renew
        runs.renew(connection, "one", LEASE)
    late = Database(database.url)  # of a process that knows nothing of the leap
    assert take(late, "r", "three") is None
    late.close()


def test_nor_does_it_let_another_run_have_the_cases_in_hand(
    database: Database, another: Database, clock: MachineClock
) -> None:
    receive(database, "a", "b")
    for uid in ("r", "s"):
        make_due(database, uid)
    limits: dict[str, Any] = {"many": 100, "first": 5}
    take(database, "r", "one")
    with database.write() as connection:
        (row,) = claims.claim_next(connection, CLIENT, SERVICE, "r", NOW, most=1, **limits)
    take(another, "s", "two")
    clock.set_by(HOUR)
    with another.write() as connection:
        rows = claims.claim_next(connection, CLIENT, SERVICE, "s", NOW, most=9, **limits)
    assert [row.uid, *(one.uid for one in rows)] == ["a", "b"]


def test_a_lease_that_was_not_renewed_ends_after_its_time_although_the_clock_was_set_forward(
    database: Database, another: Database, clock: MachineClock
) -> None:
    make_due(database, "r")
    take(database, "r", "one", SHORT)
    with another.read() as connection:
        lease_end(connection, SHORT)
    began = time.monotonic()
    clock.set_by(HOUR)
    while take(another, "r", "two", SHORT) is None:
        assert time.monotonic() < began + 60
        time.sleep(0.05)
    assert time.monotonic() >= began + SHORT / 1000 - 0.5  # it began a little before


def test_a_clock_set_back_makes_leases_last_longer_and_never_shorter(
    database: Database, another: Database, clock: MachineClock
) -> None:
    make_due(database, "r")
    take(database, "r", "one", 0)  # over as soon as it began
    look(another)
    clock.set_by(-HOUR)
    assert take(another, "r", "two") is None
    late = Database(database.url)
    assert take(late, "r", "three") is None
    late.close()


def test_a_clock_set_forward_and_back_again_is_believed_at_once(
    database: Database, clock: MachineClock
) -> None:
    before = look(database)
    clock.set_by(HOUR)
    look(database)
    clock.set_by(-HOUR)
    assert 0 <= look(database) - before < 60_000
    make_due(database, "r")
    take(database, "r", "one", 0)
    assert take(database, "r", "two") is not None


def test_a_run_that_was_begun_is_due_whatever_the_clock_says(
    database: Database, clock: MachineClock
) -> None:
    make_due(database, "r", due_at=NOW)
    make_due(database, "later", due_at=NOW)
    row = take(database, "r", "one")
    with database.write() as connection:
        runs.give_back(connection, "r", row.token, NOW)
    with database.read() as connection:
        assert [one.uid for one in runs.to_take(connection, NOW - 3_600_000)] == ["r"]
        assert [one.uid for one in runs.to_take(connection, NOW)] == ["later", "r"]
