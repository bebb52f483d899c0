"""A clock that is set while workers work and things are put off: nothing is doubled, taken over or lost."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from bureau import ORDER, Bureau, booking
from farm import Farm, ask, backlog, kinds, states, until

from machine_clock import HOUR, MachineClock
from paraplu.engine.report import RunReport
from paraplu.engine.runs import Stop

pytestmark = pytest.mark.slow

Told = list[RunReport | Exception]


@pytest.fixture
def clock(bureau: Bureau, monkeypatch: pytest.MonkeyPatch) -> MachineClock:
    """The clock of the bureau's machine."""
    made = MachineClock(bureau.centre.parts.database, monkeypatch)
    bureau.close()
    bureau.time = made  # type: ignore[assignment]
    return made


@pytest.fixture
def other(bureau: Bureau, clock: MachineClock) -> Iterator[Bureau]:
    """The same bureau once more, as another worker has it open."""
    opened = Bureau(bureau.folder)
    opened.time, opened.in_children = clock, True  # type: ignore[assignment]
    yield opened
    opened.close()


@contextmanager
def working(bureau: Bureau) -> Iterator[Told]:
    """A worker of the bureau in this process; gives what it tells of its runs."""
    told: Told = []
    worker = bureau.centre.worker(1, lambda _run, outcome: told.append(outcome))
    thread = threading.Thread(target=worker.work)
    thread.start()
    try:
        yield told
    finally:
        worker.stop()
        thread.join()


def runs_to_take(bureau: Bureau) -> list[str]:
    """The runs that a worker would take now."""
    return [row.uid for row in bureau.centre.runs.to_take()]


@pytest.mark.parametrize("by", [5 * HOUR, -HOUR], ids=["forward", "back"])
def test_a_clock_that_is_set_in_the_middle_of_an_act_lets_the_run_go_on_and_nobody_else(
    bureau: Bureau, other: Bureau, clock: MachineClock, by: timedelta
) -> None:
    marks = backlog(bureau, 4)
    bureau.books.fault("slow-before-place", "4")
    ask(bureau, ORDER)
    with working(bureau) as told, working(other) as told_by_other:
        until(lambda: "slow-before-place" not in bureau.books.faults())
        clock.set_by(by)
        until(lambda: states(bureau) == {"done": 4})
        until(lambda: told or told_by_other)
    (report,) = told + told_by_other
    assert isinstance(report, RunReport)
    assert report.ending == "finished"
    assert sorted(bureau.books.orders()) == marks
    written = kinds(bureau)
    assert "run-taken-over" not in written
    assert "run-fenced" not in written
    assert sum(row.crashes for row in bureau.every_case()) == 0
    bureau.assert_intact()


def test_entries_that_are_older_than_the_ones_before_stand_where_they_were_written(
    bureau: Bureau, clock: MachineClock
) -> None:
    bureau.in_children = False
    bureau.story(booking("A-1"))
    clock.set_by(-HOUR)
    bureau.story(booking("A-2", "10002", now="3100", wanted="3200"))
    bureau.centre.parts.journal.complete()
    log = bureau.entries()
    places = [one.kind for one in bureau.entries("A-1") + bureau.entries("A-2")]
    assert [one.kind for one in log if one.case is not None] == places
    assert log[-1].time_ms < log[len(log) // 2].time_ms
    verdict = bureau.centre.proof.check().verdict
    assert verdict.intact
    assert any("a clock was set back" in str(remark) for remark in verdict.remarks)


def test_what_was_put_off_comes_when_the_clock_gets_there_again(
    bureau: Bureau, clock: MachineClock
) -> None:
    bureau.in_children = False
    bureau.books.fault("saves-nothing", left=2)
    report = bureau.story(booking("A-1"))
    assert report.put_off == 1  # until a minute later, and a run is due then
    clock.set_by(-HOUR)
    clock.set_by(timedelta(minutes=2))
    assert runs_to_take(bureau) == []
    assert bureau.run().ending == "nothing-due"  # also when a person asks: it may not be tried yet
    clock.set_by(HOUR)
    (uid,) = runs_to_take(bureau)
    with bureau.centre.runs.leases.working():
        bureau.centre.runs.carry_out(uid)
    assert bureau.state("A-1") == "done"
    assert bureau.books.saves() == [bureau.mark("A-1")]


def test_a_run_that_was_asked_for_just_before_the_clock_was_set_back_can_be_had_at_once(
    bureau: Bureau, clock: MachineClock
) -> None:
    bureau.in_children = False
    bureau.send(booking("A-1"))
    uid = ask(bureau)
    clock.set_by(-HOUR)
    assert runs_to_take(bureau) == []  # a worker takes it an hour later
    report = bureau.run()
    assert (report.run, report.ending, bureau.state("A-1")) == (uid, "finished", "done")


def test_a_run_that_was_given_back_is_gone_on_with_although_the_clock_was_set_back(
    bureau: Bureau, other: Bureau, clock: MachineClock
) -> None:
    bureau.in_children = other.in_children = False
    marks = backlog(bureau, 2)
    uid = ask(bureau, ORDER)
    with bureau.centre.runs.leases.working():
        bureau.centre.runs.carry_out(uid, stop=lambda: Stop.GIVE_BACK)
    clock.set_by(-HOUR)
    assert runs_to_take(other) == [uid]
    other.centre.worker(1).work(until_idle=True)
    assert sorted(bureau.books.orders()) == marks


@pytest.mark.parametrize("by", [HOUR, -HOUR], ids=["forward", "back"])
def test_a_worker_that_is_killed_is_followed_at_once_whatever_the_clock_says_since(
    bureau: Bureau, farm: Farm, clock: MachineClock, by: timedelta
) -> None:
    marks = backlog(bureau, 3)
    bureau.books.fault("hangs-after-place")
    worker = farm.worker("--places", "1")
    ask(bureau, ORDER)
    until(lambda: "hangs-after-place" not in bureau.books.faults())
    worker.kill()
    clock.set_by(by)
    with working(bureau):
        until(lambda: states(bureau) == {"done": 3})
    assert sorted(bureau.books.orders()) == marks
    assert kinds(bureau).count("run-taken-over") == 1
    bureau.assert_intact()
