"""Out of memory: in a bot's code, or where the system kills hands, browser or pages to get some back.

What is killed is replaced within the run, and the new hands look first: nothing is lost or done twice.
"""

from __future__ import annotations

import psutil
import pytest
from bureau import ORDER, Bureau, booking, order
from farm import Farm, ask, until
from town import Below, Town

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not psutil.POSIX, reason="processes are killed by signals here"),
]
on_sqlite = pytest.mark.parametrize("kind", ["sqlite"])  # hands know no database


@on_sqlite
@pytest.mark.parametrize("moment", ["read", "before-save", "after-save"])
def test_a_bot_that_runs_out_of_memory_loses_its_hands_and_not_its_case(
    bureau: Bureau, moment: str
) -> None:
    bureau.books.fault(f"exhausts-{moment}")
    report = bureau.story(booking("A-1"))
    assert (report.ending, report.put_off) == ("finished", 0)
    assert bureau.state("A-1") == "done"
    assert bureau.books.saves() == [bureau.mark("A-1")]
    assert "exception-opened" not in bureau.kinds("A-1")
    assert bureau.kinds().count("run-started") == 1
    bureau.assert_intact()


@on_sqlite
def test_a_case_that_takes_all_memory_every_time_is_set_aside_and_the_others_are_done(
    bureau: Bureau,
) -> None:
    bureau.books.fault("exhausts-before-save", "10002", left=-1)
    bureau.story(
        booking("A-1"),
        booking("A-2", "10002", now="3100", wanted="3200"),
        booking("A-3", "10003", now="1800", wanted="1900"),
    )
    assert [bureau.state(f"A-{number}") for number in (1, 2, 3)] == ["done", "with-person", "done"]
    assert bureau.asks("A-2") == ["crashed-often"]
    assert bureau.books.saves() == [bureau.mark("A-1"), bureau.mark("A-3")]


@on_sqlite
def test_a_case_whose_look_takes_all_memory_once_it_was_done_ends_with_a_person(
    bureau: Bureau,
) -> None:
    bureau.books.fault("blinds-after-save", "10002")
    bureau.send(
        booking("A-1"),
        booking("A-2", "10002", now="3100", wanted="3200"),
        booking("A-3", "10003", now="1800", wanted="1900"),
    )
    report = bureau.run_on()
    assert (report.ending, report.again_at) == ("finished", None)
    assert [bureau.state(f"A-{number}") for number in (1, 2, 3)] == ["done", "with-person", "done"]
    assert bureau.asks("A-2") == ["unresolved"]
    assert "hands died 4 times" in bureau.told("A-2")
    assert sorted(bureau.books.saves()) == sorted(
        bureau.mark(f"A-{number}") for number in (1, 2, 3)
    )


@on_sqlite
def test_a_watch_whose_look_takes_all_memory_keeps_no_case_from_being_done(
    bureau: Bureau,
) -> None:
    bureau.story(*order("O-1"), service=ORDER)
    bureau.books.fault("exhausts-placed", bureau.mark("O-1", ORDER), left=-1)
    report = bureau.story(*order("O-2", quantity=2), service=ORDER)
    assert report.ending == "finished"
    assert bureau.state("O-2", ORDER) == "done"
    assert bureau.asks("O-1", ORDER) == []


@on_sqlite
def test_hands_that_the_system_kills_are_replaced_in_the_same_run(
    bureau: Bureau, farm: Farm
) -> None:
    bureau.send(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))
    bureau.books.fault("hangs-after-save")
    worker = farm.worker("--places", "1")
    ask(bureau)
    until(lambda: "hangs-after-save" not in bureau.books.faults())
    # The only one below that is the child of what it is forked from: no other hands wait.
    (hands,) = (one for one in worker.below() if one.ppid() != worker.pid)
    hands.kill()
    (told,) = until(lambda: worker.told)
    assert (told["ending"], told["handled"]) == ("finished", {"done": 2})
    assert bureau.books.saves() == [bureau.mark("A-1"), bureau.mark("A-2")]
    assert bureau.case("A-1").crashes == 0  # what it did was found done
    bureau.assert_intact()


@pytest.mark.browser
@pytest.mark.parametrize(
    "what",
    [
        "renderers",
        pytest.param("browser", marks=pytest.mark.long),
        "driver",
        pytest.param("hands", marks=pytest.mark.long),
    ],
)
def test_whatever_of_a_browser_is_killed_in_the_middle_of_an_act_is_replaced_in_the_same_run(
    town: Town, what: str
) -> None:
    # Before anything is sent, while something is on its way, and again in an act of another service.
    for path in ("*/mutations/new", "*/apply", "*/place"):
        town.office.set_mood("slow", "4000", path=path, times=1)
    worker = town.worker("--until-idle")
    for number in (1, 2, 3):
        town.await_bite("slow", number)
        Below.of(worker).kill(what)
    town.await_end(worker)
    assert {one["ending"] for one in worker.told} == {"finished"}
    town.assert_right()
    assert {row.ending for row in town.runs()} == {"finished"}


@pytest.mark.browser
def test_what_a_killed_worker_had_sent_is_waited_for_before_it_is_looked_at_and_done_once(
    town: Town,
) -> None:
    for path in ("*/apply", "*/place"):
        town.office.set_mood("slow", "4000", path=path, times=1)
    for number in (1, 2):
        worker = town.worker("--until-idle")
        town.await_bite("slow", number)
        worker.kill()
    town.work()
    town.assert_right()
