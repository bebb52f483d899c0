"""Workers that share, die, sleep and are told to stop: every case is done once, whoever does it."""

from __future__ import annotations

import signal
from dataclasses import replace
from typing import Any

import psutil
import pytest
from bureau import ORDER, Bureau
from farm import Farm, allow, ask, backlog, kinds, states, until

from paraplu.settings import load_home
from paraplu.store import runs, workers
from paraplu.store.tables import runs as runs_table

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not psutil.POSIX, reason="processes are stopped by signals here"),
]
BACKLOG = 60
AT_ONCE = 20


def working(bureau: Bureau) -> list[Any]:
    """The workers that have begun to work."""
    with bureau.centre.parts.database.read() as connection:
        return workers.listed(connection)


def every_run(bureau: Bureau) -> list[Any]:
    """All runs, the first first."""
    with bureau.centre.parts.database.read() as connection:
        return list(connection.execute(runs_table.select().order_by(runs_table.c.due_at)))


def test_two_workers_share_a_backlog_and_when_one_is_killed_the_other_ends_it(
    bureau: Bureau, farm: Farm
) -> None:
    allow(bureau, slots=2)
    marks = backlog(bureau, BACKLOG)
    bureau.books.fault("slow-before-place", "0.05", left=-1)
    one, other = farm.worker("--places", "1"), farm.worker("--places", "1")
    until(lambda: len(working(bureau)) == 2)
    ask(bureau, ORDER)
    until(lambda: len({row.worker for row in every_run(bureau) if row.worker}) == 2)
    until(lambda: len(bureau.books.orders()) >= 10)
    one.kill()
    until(lambda: states(bureau) == {"done": BACKLOG})
    assert sorted(bureau.books.orders()) == marks
    until(lambda: all(row.ended_at for row in every_run(bureau)))
    other.signal(signal.SIGTERM)
    assert other.ends() == 0
    written = kinds(bureau)
    assert written.count("run-taken-over") == 1
    assert written.count("run-started") == 3  # two runs, and one of them once more
    bureau.assert_intact()


def test_a_worker_that_sleeps_is_taken_over_and_writes_nothing_when_it_wakes(
    bureau: Bureau, farm: Farm
) -> None:
    bureau.close()
    replace(load_home(bureau.home), stall_seconds=2).save()
    marks = backlog(bureau, 3)
    sleeper = farm.worker("--places", "1")
    until(lambda: working(bureau))
    bureau.books.fault("slow-read", "3")
    ask(bureau, ORDER)
    until(lambda: "slow-read" not in bureau.books.faults())
    sleeper.suspend()  # its hands are looking at the first case: no intent yet
    other = farm.worker("--places", "1")
    until(lambda: every_run(bureau)[0].ended_at)
    assert states(bureau) == {"done": 3}
    sleeper.wake()
    (told,) = until(lambda: sleeper.told)
    assert told["error"] == "FenceLost"
    assert sorted(bureau.books.orders()) == marks
    (row,) = every_run(bureau)
    assert (row.token, row.ending) == (2, "finished")
    written = kinds(bureau)
    fenced = written.index("run-fenced")
    assert written.index("run-taken-over") < fenced
    # The other worker answers the workbook, perhaps later; the sleeper writes nothing more.
    assert set(written[fenced + 1 :]) <= {"answer-written"}
    for worker in (sleeper, other):
        worker.signal(signal.SIGTERM)
        assert worker.ends() == 0
    bureau.assert_intact()


def test_a_worker_told_to_stop_finishes_the_case_in_hand_and_another_goes_on(
    bureau: Bureau, farm: Farm
) -> None:
    marks = backlog(bureau, 6)
    bureau.books.fault("slow-before-place", "0.3", left=-1)
    one = farm.worker("--places", "1")
    ask(bureau, ORDER)
    until(lambda: len(bureau.books.orders()) == 2)
    one.signal(signal.SIGTERM)
    assert one.ends() == 0
    (told,) = one.told
    assert told["ending"] == "given-back"
    done = len(bureau.books.orders())
    assert states(bureau) == {"done": done, "received": 6 - done}
    assert sum(row.crashes for row in bureau.every_case()) == 0
    other = farm.worker("--places", "1", "--until-idle")
    assert other.ends() == 0
    assert states(bureau) == {"done": 6}
    assert sorted(bureau.books.orders()) == marks


def test_a_worker_told_to_stop_twice_ends_the_act_and_the_next_one_looks_what_it_did(
    bureau: Bureau, farm: Farm
) -> None:
    marks = backlog(bureau, 2)
    bureau.books.fault("hangs-after-place")
    one = farm.worker("--places", "1", says="")
    ask(bureau, ORDER)
    until(lambda: "hangs-after-place" not in bureau.books.faults())
    one.signal(signal.SIGTERM)
    until(lambda: "Once more stops at once" in one.out.read_text("utf-8"))
    one.signal(signal.SIGTERM)
    assert one.ends() == 0
    other = farm.worker("--places", "1", "--until-idle")
    assert other.ends() == 0
    assert states(bureau) == {"done": 2}
    assert sorted(bureau.books.orders()) == marks


def test_twenty_runs_that_are_due_at_once_are_each_carried_out_once(
    bureau: Bureau, farm: Farm
) -> None:
    allow(bureau, slots=AT_ONCE)
    marks = backlog(bureau, AT_ONCE)
    asked = {ask(bureau, ORDER) for _ in range(AT_ONCE)}
    both = [farm.worker("--places", "10", "--until-idle") for _ in range(2)]
    assert [one.ends(600.0) for one in both] == [0, 0]
    told = [line["run"] for one in both for line in one.told]
    assert len(told) == len(set(told))
    assert asked <= set(told)
    assert {row.token for row in every_run(bureau)} == {1}
    assert states(bureau) == {"done": AT_ONCE}
    assert sorted(bureau.books.orders()) == marks


@pytest.mark.long
def test_two_dispatchers_carry_none_of_a_thousand_runs_out_twice(
    bureau: Bureau, farm: Farm
) -> None:
    allow(bureau, slots=4)
    parts = bureau.centre.parts
    now = parts.clock.ms()
    with parts.database.write() as connection:
        for number in range(1_000):
            runs.make_due(
                connection,
                uid=f"run-{number:04}",
                client="noordwijk",
                service=ORDER,
                credential="order-robot",
                purpose="run",
                started_by="tests",
                due_at=now,
            )
    both = [farm.worker("--places", "2", "--until-idle") for _ in range(2)]
    assert [one.ends(600.0) for one in both] == [0, 0]
    told = [line["run"] for one in both for line in one.told]
    assert sorted(told) == [f"run-{number:04}" for number in range(1_000)]
    assert all(one.told for one in both)
    assert {(row.token, row.ending) for row in every_run(bureau)} == {(1, "nothing-due")}
