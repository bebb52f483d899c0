"""Runs take up cases, the most urgent first, and no two hold the same or what shares with it."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Sequence
from typing import Any

import pytest

from paraplu.domain.case import State
from paraplu.errors import FenceLost
from paraplu.store import cases, claims, tables
from paraplu.store.database import Database
from store.rows import CLIENT, LONG_PAST, NOW, SERVICE, begin, change, receive


def take(database: Database, run: str, most: int = 10, **more: Any) -> list[Any]:
    with database.write() as connection:
        limits: dict[str, Any] = {"many": 100, "first": 5, **more}
        return claims.claim_next(connection, CLIENT, SERVICE, run, NOW, most=most, **limits)


def due(database: Database, now: int = NOW) -> list[str]:
    with database.read() as connection:
        return claims.due(connection, CLIENT, SERVICE, now, many=100, first=5)


def names(rows: Sequence[Any]) -> list[str]:
    return [row.uid for row in rows]


def test_the_most_urgent_come_first_as_they_are_due(database: Database) -> None:
    receive(database, "a", "b", "c", "d", "e")
    change(database, "d", latest=NOW + 5)
    change(database, "b", latest=NOW + 9)
    change(database, "e", deadline=NOW + 1)
    assert due(database) == ["d", "b", "e", "a", "c"]
    assert names(take(database, "run-1", 2)) == ["d", "b"]
    assert names(take(database, "run-1", 9, besides=["d", "b"])) == ["e", "a", "c"]


def test_a_claim_raises_the_fence_and_the_old_token_writes_nothing(database: Database) -> None:
    receive(database, "a")
    begin(database, "old", lease_until=LONG_PAST)
    (old,) = take(database, "old")
    (new,) = take(database, "new")
    assert (old.fence, old.run, old.crashed, old.crashes) == (1, "old", False, 0)
    assert (new.fence, new.run, new.crashed, new.crashes) == (2, "new", True, 1)
    with pytest.raises(FenceLost), database.write() as connection:
        cases.write(connection, "a", fence=old.fence, state=State.WORKING)
    with database.write() as connection:
        cases.write(connection, "a", fence=new.fence, state=State.WORKING)


def test_what_a_live_run_holds_is_left_to_it(database: Database) -> None:
    receive(database, "a", "b")
    begin(database, "one", "two")
    assert names(take(database, "one", 1)) == ["a"]
    assert names(take(database, "two")) == ["b"]
    assert take(database, "two", besides=["b"]) == []


@pytest.mark.parametrize(
    "end", [{"ended_at": NOW}, {"lease_until": LONG_PAST}, {"lease_until": None}], ids=str
)
def test_what_a_run_left_behind_is_taken_over_and_counted(
    database: Database, end: dict[str, Any]
) -> None:
    receive(database, "a")
    begin(database, "one", "two")
    take(database, "one")
    with database.write() as connection:
        connection.execute(tables.runs.update().where(tables.runs.c.uid == "one").values(**end))
    (row,) = take(database, "two")
    assert (row.crashed, row.crashes, row.run) == (True, 1, "two")


def test_a_run_that_was_taken_over_finds_its_own_cases_again(database: Database) -> None:
    receive(database, "a", "b")
    begin(database, "one")
    take(database, "one", 1)
    assert [(row.uid, row.crashed) for row in take(database, "one")] == [("a", True), ("b", False)]


def test_what_was_given_back_did_not_crash(database: Database) -> None:
    receive(database, "a")
    begin(database, "one")
    take(database, "one")
    with database.write() as connection:
        cases.release(connection, "one")
    (row,) = take(database, "two")
    assert (row.crashed, row.crashes, row.fence) == (False, 0, 2)


def test_cases_that_share_a_recalculation_are_in_one_hand_at_a_time(database: Database) -> None:
    receive(database, "a", "b", "c")
    for uid in ("a", "c"):
        change(database, uid, share_hash="period-11")
    begin(database, "one", "two")
    assert names(take(database, "one", 1)) == ["a"]
    assert names(take(database, "two")) == ["b"]
    assert names(take(database, "one", besides=["a"])) == ["c"]  # its own turn works in a row
    with database.write() as connection:
        cases.release(connection, "one")
    assert names(take(database, "two", besides=["b"])) == ["a", "c"]


def test_a_case_that_is_settled_keeps_nobody_from_what_shares_with_it(database: Database) -> None:
    receive(database, "a", "b")
    for uid in ("a", "b"):
        change(database, uid, share_hash="period-11")
    begin(database, "one", "two")
    (row,) = take(database, "one", 1)
    with database.write() as connection:
        cases.write(connection, "a", fence=row.fence, state=State.WITH_PERSON)
    assert names(take(database, "two")) == ["b"]


def test_what_was_broken_off_comes_first_and_before_all_that_shares_with_it(
    database: Database,
) -> None:
    receive(database, "a", "b", "c", "d")
    for uid in ("a", "c"):
        change(database, uid, share_hash="period-11")
    begin(database, "one", lease_until=LONG_PAST)
    change(database, "c", state=State.WORKING.value, run="one")
    begin(database, "two", "three")
    assert due(database) == ["c", "a", "b", "d"]
    assert names(take(database, "two", besides=["c"])) == [
        "b",
        "d",
    ]  # a would alter what c is judged by
    assert names(take(database, "three")) == ["c"]
    assert names(take(database, "three", besides=["c"])) == ["a"]


def test_of_a_large_receipt_the_first_are_taken_and_what_was_begun(database: Database) -> None:
    receive(database, *"abcdefgh")
    receive(database, "small", receipt="other")
    change(database, "g", state=State.WORKING.value)
    limits = {"many": 7, "first": 2}
    assert names(take(database, "one", **limits)) == ["g", "a", "small", "b"]
    with database.write() as connection:
        connection.execute(tables.receipts.update().values(released_by="somebody"))
    left = names(take(database, "one", besides=["a", "small", "b", "g"], **limits))
    assert left == ["c", "d", "e", "f", "h"]


def test_what_is_put_off_is_not_due_before_its_time(database: Database) -> None:
    receive(database, "a")
    change(database, "a", not_before=1000)
    assert due(database, 999) == []
    assert due(database, 1000) == ["a"]


def test_only_what_may_be_worked_on_now_is_taken(database: Database) -> None:
    receive(database, *"abcd")
    change(database, "a", state=State.WAITING.value)
    change(database, "b", not_before=NOW + 1)
    change(database, "c", client="another")
    assert names(take(database, "one")) == ["d"]


@pytest.mark.parametrize("shared", [False, True])
def test_runs_that_claim_at_once_never_get_the_same(database: Database, shared: bool) -> None:
    """And of cases that share a recalculation, only one run has any at a time."""
    receive(database, *(str(uuid.uuid4()) for _ in range(60)))
    runs = ("one", "two", "three")
    begin(database, *runs)
    with database.write() as connection:
        if shared:
            connection.execute(tables.cases.update().values(share_hash="all"))
    found: dict[str, list[str]] = {run: [] for run in runs}
    start = threading.Barrier(len(runs))

    def work(run: str) -> None:
        start.wait(20)
        for _ in range(12):
            found[run] += names(take(database, run, 3, besides=found[run]))

    threads = [threading.Thread(target=work, args=(run,)) for run in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    everything = [uid for uids in found.values() for uid in uids]
    assert len(everything) == len(set(everything))
    if shared:
        assert sum(1 for uids in found.values() if uids) == 1
    else:
        assert len(everything) == 60


def test_a_claim_that_is_not_committed_yet_is_passed_by_on_postgresql(postgres_url: str) -> None:
    database = Database(postgres_url)
    receive(database, "a", "b", "c")
    for uid in ("a", "c"):
        change(database, uid, share_hash="period-11")
    begin(database, "one", "two")
    with database.write() as first:
        limits = {"many": 100, "first": 5}
        mine = claims.claim_next(first, CLIENT, SERVICE, "one", NOW, most=1, **limits)
        assert names(mine) == ["a"]
        assert names(take(database, "two")) == ["b"]  # neither a nor what shares with it
    database.close()
