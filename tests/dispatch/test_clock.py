"""The clock wakes planners on time, on both databases, whatever happens to it."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import psutil
import pytest
from bureau import BOOKING, CLIENT, Bureau, booking
from farm import Farm, until
from simulation import Simulation
from timetable import every_run, put

from paraplu.bootstrap import Centre, open_centre
from paraplu.dispatch.clock import ScheduleClock
from paraplu.plugins import Plugins
from paraplu.store import planned, tables
from paraplu.store.database import StorageDown


def in_real_time(bureau: Bureau) -> Centre:
    """The bureau's centre with the clock on the wall."""
    bureau.close()
    bureau.time = lambda: datetime.now(UTC)
    return bureau.centre


def plan(centre: Centre, name: str, seconds: float, number: int = 1) -> list[int]:
    """Planned runs of a schedule that begin so many seconds from now, one a second. Gives their times."""
    now = centre.parts.clock.ms()
    times = [now + int(1000 * (seconds + one)) for one in range(number)]
    rows = [
        {
            "uid": centre.parts.clock.uid(),
            "schedule": f"{CLIENT}/{name}",
            "planned_for": at,
            "client": CLIENT,
            "service": BOOKING,
            "changed_at": now,
        }
        for at in times
    ]
    with centre.parts.database.write() as connection:
        planned.plan_all(connection, rows)
    return times


def ledger(centre: Centre) -> list[Any]:
    with centre.parts.database.read() as connection:
        return planned.listed(connection)


class Stub:
    """A planner that does what it is told to."""

    def __init__(self, *answers: int | Exception | None) -> None:
        self.answers = list(answers)
        self.woken: list[float] = []

    def tick(self) -> int | None:
        self.woken.append(time.time())
        answer = self.answers.pop(0) if self.answers else None
        if isinstance(answer, Exception):
            raise answer
        return answer


@contextmanager
def going(planner: Any, looks: float = 5.0) -> Iterator[list[Exception]]:
    told: list[Exception] = []
    with ScheduleClock(planner, told.append, looks).going():
        yield told


def test_a_planned_run_is_made_due_at_its_time_and_not_before(bureau: Bureau) -> None:
    centre = in_real_time(bureau)
    put(bureau, "by hand")
    (moment,) = plan(centre, "bookings", 1.5)
    with centre.clock().going():
        until(lambda: every_run(centre))
    (run,) = every_run(centre)
    assert run.due_at >= moment
    assert [row.state for row in ledger(centre)] == ["due"]


def test_what_came_while_no_clock_went_is_begun_when_one_goes_again(bureau: Bureau) -> None:
    centre = in_real_time(bureau)
    put(bureau, "by hand")
    plan(centre, "bookings", -3600)
    plan(centre, "bookings", -3 * 3600)
    with centre.clock().going():
        until(lambda: all(row.state != "planned" for row in ledger(centre)))
    assert [row.state for row in ledger(centre)] == ["missed", "due"]


@pytest.mark.slow
def test_two_clocks_double_nothing(bureau: Bureau) -> None:
    centre = in_real_time(bureau)
    names = [f"s{number}" for number in range(8)]
    for name in names:
        put(bureau, "by hand", name)
    for number, name in enumerate(names):
        plan(centre, name, 1 + number % 3 / 10, number=3)
    other = open_centre(bureau.home, plugins=Plugins(bots=bureau.bots, targets={}, connectors={}))
    try:
        with centre.clock().going(), other.clock().going():
            until(lambda: all(row.state != "planned" for row in ledger(centre)))
    finally:
        other.close()
    rows, runs = ledger(centre), every_run(centre)
    assert len(rows) == 24
    # All are of one service and nobody ends its first run: the others leave the work to it.
    assert sorted({row.state for row in rows}) == ["due", "merged"]
    assert {row.run for row in rows} == {run.uid for run in runs}
    assert len(runs) == 1
    bureau.assert_intact()


@pytest.mark.slow
@pytest.mark.skipif(not psutil.POSIX, reason="processes are stopped by signals here")
def test_a_planned_run_is_carried_out_by_a_worker(bureau: Bureau, farm: Farm) -> None:
    centre = in_real_time(bureau)
    bureau.send(booking("A-1"))
    put(bureau, "when a workbook arrives")
    plan(centre, "bookings", 2)
    worker = farm.worker("--places", "1")
    with centre.clock().going():
        until(lambda: [row.state for row in ledger(centre)] == ["finished"])
    assert bureau.state("A-1") == "done"
    worker.signal(signal.SIGTERM)
    assert worker.ends() == 0


@pytest.mark.slow
def test_in_a_simulated_month_with_two_planners_nothing_is_lost_or_doubled(bureau: Bureau) -> None:
    month = Simulation(bureau, share=0.1, outages=8)
    month.begin = datetime(2028, 2, 27, 12, tzinfo=UTC)
    month.end = datetime(2028, 3, 28, 20, tzinfo=UTC)
    month.at_once = 2  # both look at every second moment
    month.prepare()
    month.run()
    bureau.centre.parts.journal.complete()
    month.check()
    bureau.assert_intact()


def test_an_error_stops_no_clock_and_is_told() -> None:
    planner = Stub(ValueError("no"), StorageDown("away"), None)
    with going(planner, looks=0.02) as told:
        until(lambda: len(planner.woken) > 4)
    assert [str(one) for one in told] == ["no"]  # a database that is away is waited for


def test_it_is_woken_for_the_next_run_and_not_only_by_looking() -> None:
    soon = int((time.time() + 0.3) * 1000)
    planner = Stub(soon, None)
    with going(planner, looks=2.0):
        until(lambda: len(planner.woken) == 2)
    assert planner.woken[1] * 1000 >= soon
    assert planner.woken[1] - planner.woken[0] < 2.0


def test_a_run_that_comes_due_while_it_looks_is_not_left_to_the_next_look() -> None:
    class Slow(Stub):
        def tick(self) -> int | None:
            super().tick()
            soon = int((time.time() + 0.05) * 1000)
            time.sleep(0.2)
            return soon if len(self.woken) < 5 else None

    planner = Slow()
    with going(planner, looks=10_000.0):
        until(lambda: len(planner.woken) == 5)


def test_it_looks_now_and_then_whatever_the_next_run_is_said_to_be() -> None:
    far_off = int((datetime.now(UTC) + timedelta(days=1)).timestamp() * 1000)
    planner = Stub(*[far_off] * 100)
    with going(planner, looks=0.02):
        until(lambda: len(planner.woken) > 3)


def test_when_it_has_stopped_nothing_of_it_goes_on() -> None:
    before = set(threading.enumerate())
    planner = Stub()
    with going(planner, looks=0.02):
        until(lambda: planner.woken)
    woken = len(planner.woken)
    time.sleep(0.1)
    assert len(planner.woken) == woken
    assert set(threading.enumerate()) <= before


def test_it_goes_beside_a_worker_until_that_has_ended() -> None:
    planner, ended = Stub(), threading.Event()
    thread = threading.Thread(
        target=ScheduleClock(planner, lambda _error: None, 0.02).beside, args=(ended,)
    )
    thread.start()
    until(lambda: planner.woken)
    ended.set()
    thread.join(60)
    assert not thread.is_alive()


def test_the_table_of_runs_has_one_run_for_each_planned_run(bureau: Bureau) -> None:
    centre = in_real_time(bureau)
    put(bureau, "by hand")
    plan(centre, "bookings", -10)
    centre.planner.tick()
    centre.planner.tick()
    with centre.parts.database.read() as connection:
        lines = list(connection.execute(tables.runs.select()))
    assert [run.planned_run for run in lines] == [row.uid for row in ledger(centre)]
