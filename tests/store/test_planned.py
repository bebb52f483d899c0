"""The ledger's tables on both databases: nothing twice, no move on a state that has changed meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from paraplu.domain.planned import PlannedState
from paraplu.errors import NotFound, Refused
from paraplu.store import pauses, planned, runs, schedules, tables
from paraplu.store.database import Connection, Database

CLIENT, SCHEDULE = "noordwijk", "noordwijk/bookings"


@pytest.fixture
def writing(database: Database) -> Iterator[Connection]:
    """A transaction with a client and a schedule."""
    with database.write() as connection:
        connection.execute(tables.clients.insert().values(id=CLIENT, settings="{}", changed_at=1))
        schedules.put(connection, CLIENT, "bookings", "ledger-booking", "{}", "somebody", 1_000)
        yield connection


def line(number: int, **more: Any) -> dict[str, Any]:
    return {
        "uid": f"line-{number}",
        "schedule": SCHEDULE,
        "planned_for": 1_000 * number,
        "client": CLIENT,
        "service": "ledger-booking",
        "changed_at": 1,
        **more,
    }


def test_a_time_of_a_schedule_stands_in_the_ledger_once(writing: Connection) -> None:
    assert planned.plan_all(writing, [line(1), line(2)]) == 2
    again = [line(2, uid="another"), line(3)]
    assert planned.plan_all(writing, again) == 1
    assert not planned.plan(writing, **line(3, uid="a-third"))
    assert [row.uid for row in planned.listed(writing)] == ["line-1", "line-2", "line-3"]
    assert planned.known(writing, SCHEDULE, [1_000, 5_000]) == {1_000}


def test_what_has_come_due_is_found_and_what_was_put_off_is_not(writing: Connection) -> None:
    planned.plan_all(writing, [line(1), line(2, due_at=9_000), line(3), line(7)])
    planned.write(writing, "line-1", PlannedState.SKIPPED, 1)
    assert planned.with_something_due(writing, 3_000) == [SCHEDULE]
    assert [row.uid for row in planned.come_due(writing, [SCHEDULE], 3_000)] == ["line-3"]
    assert planned.come_due(writing, ["noordwijk/other"], 3_000) == []
    assert planned.next_time(writing, 3_000) == 7_000
    assert planned.next_time(writing, 7_000) == 9_000
    assert planned.next_time(writing, 9_000) is None
    assert planned.totals(writing)["planned"] == 3


def test_a_move_on_a_state_that_has_changed_is_refused_and_nothing_is_written(
    database: Database, writing: Connection
) -> None:
    planned.plan_all(writing, [line(1), line(2)])
    seen = planned.listed(writing)
    planned.write(writing, "line-2", PlannedState.SKIPPED, 1)
    with pytest.raises(Refused, match="changed by somebody else"), writing.begin_nested():
        planned.write_all(writing, [(row, PlannedState.MISSED, {"why": "late"}) for row in seen], 2)
    assert [row.state for row in planned.listed(writing)] == ["planned", "skipped"]
    with pytest.raises(Refused, match="that is skipped cannot become due"):
        planned.write(writing, "line-2", PlannedState.DUE, 2)
    with pytest.raises(NotFound):
        planned.write(writing, "line-9", PlannedState.DUE, 2)


def test_writers_that_plan_the_same_at_once_double_nothing(database: Database) -> None:
    def plan(writer: int) -> int:
        added = 0
        for number in range(30):
            with database.write(power_safe=False) as connection:
                added += planned.plan(connection, **line(number, uid=f"{writer}-{number}"))
        return added

    with ThreadPoolExecutor(3) as pool:
        assert sum(pool.map(plan, range(3))) == 30
    with database.read() as connection:
        assert len(planned.listed(connection)) == 30


def test_planners_take_turns(database: Database) -> None:
    """Between reading and writing of one no other one reads."""
    order: list[str] = []

    def turn(_number: int) -> None:
        with database.write(power_safe=False) as connection:
            schedules.alone(connection)
            order.append("in")
            connection.execute(tables.meta.select())
            order.append("out")

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(turn, range(24)))
    assert order == ["in", "out"] * 24


def test_a_schedule_has_versions_and_an_ended_one_can_begin_anew(writing: Connection) -> None:
    assert schedules.put(writing, CLIENT, "bookings", "other", "{}", "somebody", 2_000) == 2
    assert schedules.end(writing, CLIENT, "bookings", "somebody", 3_000)
    assert not schedules.end(writing, CLIENT, "bookings", "somebody", 3_000)
    assert schedules.listed(writing) == []
    (ended,) = schedules.to_keep(writing)  # its future is still in the plan
    schedules.planned_up_to(writing, CLIENT, "bookings", 4_000)
    assert schedules.to_keep(writing) == []
    assert schedules.put(writing, CLIENT, "bookings", "other", "{}", "somebody", 5_000) == 4
    (row,) = schedules.listed(writing)
    assert (row.planned_until, row.ended_at, ended.version) == (5_000, None, 3)


def test_what_runs_are_computed_from_is_told_apart(writing: Connection) -> None:
    seen = {schedules.basis(writing)}
    for change in (
        lambda: schedules.put(writing, CLIENT, "second", "other", "{}", "somebody", 1_000),
        lambda: schedules.put(writing, CLIENT, "second", "other", "[]", "somebody", 1_000),
        lambda: writing.execute(tables.clients.update().values(changed_at=2)),
        lambda: writing.execute(
            tables.calendars.insert().values(
                id="payroll", settings="{}", changed_at=1, changed_by="somebody"
            )
        ),
    ):
        change()
        seen.add(schedules.basis(writing))
    assert len(seen) == 5


def test_a_pause_holds_until_it_is_ended_or_its_time_is_up(writing: Connection) -> None:
    values = {"scope": "client", "name": CLIENT, "begun_at": 1_000, "begun_by": "somebody"}
    pauses.begin(writing, uid="a", ends_at=None, sealed=b"", **values)
    pauses.begin(writing, uid="b", ends_at=5_000, sealed=b"", **values)
    pauses.end(writing, "a", 3_000, "somebody")
    held = {one.uid: one for one in pauses.since(writing, 2_000)}
    assert [held["a"].covers(at) for at in (999, 1_000, 2_999, 3_000)] == [False, True, True, False]
    assert [held["b"].covers(at) for at in (4_999, 5_000)] == [True, False]
    assert [one.uid for one in pauses.since(writing, 3_500)] == ["b"]
    assert [row.uid for row in pauses.open_ones(writing)] == ["b"]
    with pytest.raises(NotFound):
        pauses.get(writing, "c")


def test_only_a_run_that_nobody_has_taken_is_withdrawn(writing: Connection) -> None:
    run = {
        "client": CLIENT,
        "service": "ledger-booking",
        "credential": "robot",
        "purpose": "run",
        "started_by": "somebody",
        "due_at": 1_000,
        "planned_run": None,
    }
    runs.make_all_due(writing, [{**run, "uid": "a"}, {**run, "uid": "b", "due_at": 2_000}])
    pair = CLIENT, "ledger-booking"
    assert runs.going(writing, [pair], 1_500) == {pair: "a"}
    assert runs.take(writing, "a", "worker", 1, 60_000, 1_000) is not None
    assert not runs.withdraw(writing, "a", 2_000)
    assert runs.withdraw(writing, "b", 2_000)
    assert not runs.withdraw(writing, "b", 2_000)
    assert runs.to_take(writing, 9_000, shut=[pair]) == []
