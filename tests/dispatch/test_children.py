"""Hands in child processes that die, hang or are left alone: the case is resolved, nothing stays behind."""

from __future__ import annotations

import signal
from dataclasses import replace
from multiprocessing import forkserver

import psutil
import pytest
from bureau import BOOKING, CLIENT, ORDER, START, Bureau, booking, order
from farm import Farm, WorkerProcess, ask, until

from paraplu.dispatch import hands
from paraplu.engine.asking import Asking
from paraplu.engine.clientfile import CalendarFile
from paraplu.engine.report import RunReport
from paraplu.engine.reviewed import given
from paraplu.engine.runs import Runs

pytestmark = [
    pytest.mark.parametrize("kind", ["sqlite"]),  # hands know no database
    pytest.mark.skipif(not psutil.POSIX, reason="processes are killed by signals here"),
]
MANY = 100


def run_with_limits(bureau: Bureau, **limits: float) -> RunReport:
    """One run with other limits in seconds (`act_limit`, `case_limit`); agreements know whole minutes."""
    centre, parts = bureau.centre, bureau.centre.parts
    hasty = replace(
        parts, hands=lambda terms, record: parts.hands(replace(terms, **limits), record)
    )
    of_their_own = Runs(hasty, centre.runs.leases, Asking(hasty, centre.dispatch.offer))
    return of_their_own.run(CLIENT, BOOKING, bureau.who("olga"))


@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_child_killed_in_the_middle_of_an_act_is_replaced_in_the_same_run(
    bureau: Bureau, moment: str
) -> None:
    bureau.books.fault(f"dies-{moment}-save")
    report = bureau.story(booking("A-1"))
    assert report.ending == "finished"
    assert bureau.state("A-1") == "done"
    assert bureau.books.saves() == [bureau.mark("A-1")]
    assert bureau.kinds().count("run-started") == 1
    assert bureau.intents("A-1")[-1] == "confirmed"
    bureau.assert_intact()


@pytest.mark.parametrize("moment", [pytest.param("before", marks=pytest.mark.slow), "after"])
def test_an_act_that_hangs_is_ended_after_its_limit_and_resolved(
    bureau: Bureau, moment: str
) -> None:
    bureau.send(booking("A-1"))
    forkserver.ensure_running()
    before = set(psutil.Process().children(recursive=True))
    bureau.books.fault(f"hangs-{moment}-save")
    report = run_with_limits(bureau, act_limit=1.0)
    assert report.ending == "finished"
    assert bureau.state("A-1") == "done"
    assert bureau.books.saves() == [bureau.mark("A-1")]
    assert set(psutil.Process().children(recursive=True)) <= before


@pytest.mark.slow
def test_a_look_that_hangs_is_ended_when_the_time_of_its_case_is_up(
    bureau: Bureau, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "_LEAST", 1.0)
    bureau.send(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))
    bureau.books.fault("slow-read", "3600")
    report = run_with_limits(bureau, case_limit=1.0)
    assert report.ending == "finished"
    assert (bureau.state("A-1"), bureau.state("A-2")) == ("done", "done")
    assert bureau.books.saves() == [bureau.mark("A-1"), bureau.mark("A-2")]


def test_a_case_that_kills_its_hands_every_time_is_set_aside_and_the_others_are_done(
    bureau: Bureau,
) -> None:
    bureau.books.fault("dies-before-save", "10002", left=-1)
    report = bureau.story(
        booking("A-1"),
        booking("A-2", "10002", now="3100", wanted="3200"),
        booking("A-3", "10003", now="1800", wanted="1900"),
    )
    assert report.ending == "finished"
    assert [bureau.state(f"A-{number}") for number in (1, 2, 3)] == ["done", "with-person", "done"]
    assert bureau.asks("A-2") == ["crashed-often"]
    assert "3 times" in bureau.told("A-2")
    assert len(bureau.books.saves()) == 2


def test_hands_in_a_child_count_by_the_shared_calendars_of_the_agreement(bureau: Bureau) -> None:
    bureau.time.now = START
    office = CalendarFile(id="office", name="Office", closed=(START.date(),))
    bureau.centre.parts.records.apply([given(office)], bureau.who("ines"))
    bureau.settings(variants={"working_days_only": True}, calendar={"include": ["office"]})
    bureau.story(booking("A-1"))
    assert bureau.asks("A-1") == ["no-working-day"]


def hands_below(worker: WorkerProcess) -> int:
    """How many hands a worker has: what descends from the process that they are forked from."""
    return sum(one.ppid() != worker.pid for one in worker.below())


@pytest.mark.slow
def test_no_hands_wait_for_the_next_run_before_a_place_is_free(bureau: Bureau, farm: Farm) -> None:
    bureau.send(booking("A-1"))
    bureau.books.fault("slow-after-save", "2")
    worker = farm.worker("--places", "1")
    until(lambda: hands_below(worker) == 1)
    ask(bureau)
    until(lambda: bureau.books.saves())
    assert hands_below(worker) == 1
    until(lambda: worker.told)
    until(lambda: hands_below(worker) == 1)


@pytest.mark.slow
def test_one_pair_of_hands_waits_while_a_place_is_free(bureau: Bureau, farm: Farm) -> None:
    bureau.send(booking("A-1"))
    bureau.books.fault("hangs-after-save")
    worker = farm.worker("--places", "3")
    ask(bureau)
    until(lambda: bureau.books.saves())
    until(lambda: hands_below(worker) == 2)


@pytest.mark.slow
def test_when_a_worker_is_killed_its_hands_and_all_below_are_gone(
    bureau: Bureau, farm: Farm
) -> None:
    bureau.send(booking("A-1"))
    bureau.books.fault("starts-before-save")
    bureau.books.fault("hangs-after-save")
    ask(bureau)
    worker = farm.worker()
    until(lambda: bureau.books.saves())
    below = worker.below()
    assert any("time.sleep(3600)" in " ".join(one.cmdline()) for one in below)
    worker.kill()
    until(lambda: not any(one.is_running() and one.status() != "zombie" for one in below), 10.0)


@pytest.mark.long
def test_a_hundred_runs_leave_no_process_no_lock_and_no_memory(bureau: Bureau, farm: Farm) -> None:
    bureau.story(*order("O-1"), service=ORDER)  # from now on each run looks whether it is confirmed
    bureau.close()
    for _ in range(MANY):
        ask(bureau, ORDER)
    worker = farm.worker("--places", "1")
    until(lambda: len(worker.told) >= 20, 120.0)
    early = worker.process.memory_info().rss
    until(lambda: len(worker.told) >= MANY, 300.0)
    assert {one["ending"] for one in worker.told} == {"finished"}
    assert worker.process.memory_info().rss < early + 30_000_000
    # What stays is the spare child that waits, and what children are started from.
    assert len(worker.below()) <= 4
    worker.signal(signal.SIGTERM)
    assert worker.ends() == 0
    assert list(bureau.centre.home.locks.iterdir()) == []
