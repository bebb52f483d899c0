"""Killed at any moment, every case ends once: counted in the ledger's own file.

Each test finds the points where the work could die, kills a real process at some of them (at all of them
with ``--all``), starts again as a person would, and counts.
"""

from __future__ import annotations

import os
import shutil
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path

import pytest
from bureau import BOOKING, ORDER, Bureau, booking, moved_in
from deadly import killed_at, points_of

from paraplu.domain.case import CLOSED, State

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not hasattr(os, "fork"), reason="children are forked here"),
]

ENDINGS = {"outcome-confirmed", "already-so", "returned", "outcome-collateral"}
Prepare = Callable[[Bureau], None]


def bookings(bureau: Bureau) -> None:
    """Five cases that end in five ways, one of them approved before."""
    bureau.send(
        booking("A-1"),
        booking("A-2", "10002", now="3000", wanted="3200"),
        booking("A-3", "10003", now="1700", wanted="1800"),
        booking("A-4", "10004", now="2000", wanted="2100", remark="please call"),
        booking("A-5", "10004", line="2100", now="10", wanted="2000"),
        booking("A-6", "10001", line="2100", now="150", wanted=None),
    )
    bureau.run_only("A-5")
    bureau.approve("A-5")


def in_two_steps(bureau: Bureau) -> None:
    """The same with an act that passes through a draft."""
    bureau.settings(variants={"two_steps": True})
    bookings(bureau)


def losing_a_line(bureau: Bureau) -> None:
    """One booking that takes another line away."""
    bureau.books.fault("drops-a-line", "2200")
    bureau.send(booking("A-1"))


def orders(bureau: Bureau) -> None:
    """Two orders, which the target would gladly place twice."""
    head = {"supplier": "Boekhandel Smal", "cost_centre": "4100"}
    line = {"article": "FIR-200", "quantity": 1, "price": Decimal("89.50")}
    bureau.send(
        {"reference": "O-1", **head, **line},
        {"reference": "O-2", **head, **line, "quantity": 2},
        {**line, "article": "STAND"},
        service=ORDER,
    )


STORIES: dict[Prepare, tuple[str, dict[str, str], list[str]]] = {
    bookings: (
        BOOKING,
        {
            "A-1": "done",
            "A-2": "returned",
            "A-3": "already-so",
            "A-4": "with-person",
            "A-5": "done",
            "A-6": "done",
        },
        ["A-1", "A-5", "A-6"],
    ),
    losing_a_line: (BOOKING, {"A-1": "with-person"}, ["A-1"]),
    orders: (ORDER, {"O-1": "done", "O-2": "done"}, ["O-1", "O-2"]),
}
STORIES[in_two_steps] = STORIES[bookings]
SWEPT = [bookings, in_two_steps, losing_a_line, orders]


@pytest.fixture(scope="module")
def prepared(
    founded: Path, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[Prepare], tuple[Path, list[str]]]:
    """A folder in which a story is prepared and not run yet, and the points that its run passes."""
    known: dict[Prepare, tuple[Path, list[str]]] = {}

    def prepare(story: Prepare) -> tuple[Path, list[str]]:
        if story not in known:
            folder = tmp_path_factory.mktemp("prepared")
            bureau = moved_in(founded, folder)
            story(bureau)
            bureau.close()
            dry = tmp_path_factory.mktemp("dry")
            known[story] = (folder, points_of(running(moved_in(folder, dry), STORIES[story][0])))
            shutil.rmtree(dry)
        return known[story]

    return prepare


def running(bureau: Bureau, service: str) -> Callable[[], object]:
    """One run in a process of its own."""

    def work() -> None:
        bureau.run(service)
        bureau.close()

    return work


def assert_each_ended_once(bureau: Bureau, story: Prepare) -> None:
    """Nothing lost, nothing doubled, by the ledger's own file; and the log knows it all."""
    service, states, changed = STORIES[story]
    assert {name: bureau.state(name, service) for name in states} == states
    marks = [bureau.mark(name, service) for name in changed]
    found = bureau.books.orders() if service == ORDER else bureau.books.saves()
    assert sorted(found) == sorted(marks)
    assert bureau.books.drafts("10001") == bureau.books.drafts("10004") == {}
    assert bureau.totals().get("working", 0) == 0
    for name, state in states.items():
        assert None not in bureau.intents(name, service)
        ended = [kind for kind in bureau.kinds(name, service) if kind in ENDINGS]
        assert len(ended) == (1 if State(state) in CLOSED or story is losing_a_line else 0)
        assert len(bureau.asks(name, service)) == (1 if state == "with-person" else 0)
    bureau.assert_intact()


def survive(
    prepared: Callable[[Prepare], tuple[Path, list[str]]],
    story: Prepare,
    numbers: Sequence[int],
    tmp_path: Path,
) -> None:
    """Kill a run at each of these points in turn, from the same start each time, and go on."""
    service = STORIES[story][0]
    folder, points = prepared(story)
    for number in numbers:
        bureau = moved_in(folder, tmp_path / f"at-{number}")
        assert killed_at(number, running(bureau, service)), f"no point {number}"
        bureau.time.go_on(minutes=1)
        while bureau.run(service).ending == "finished" and bureau.totals().get("working"):
            bureau.time.go_on(minutes=1)
        try:
            assert_each_ended_once(bureau, story)
        except AssertionError as error:
            raise AssertionError(f"killed at {number} ({points[number - 1]})") from error
        bureau.close()
        shutil.rmtree(bureau.folder)


def around_the_act(points: Sequence[str]) -> list[int]:
    """The points just before and after each commit in the target, where the most can go wrong."""
    telling = ("before-", "after-")
    acts = [
        number
        for number, point in enumerate(points, 1)
        if point.startswith(telling) and point.partition("-")[2] not in ("commit", "read", "fill")
    ]
    return [number for act in acts for number in (act, act + 1)]


@pytest.mark.parametrize("story", SWEPT, ids=lambda story: story.__name__)
def test_killed_at_some_points_every_case_ends_once(
    story: Prepare,
    prepared: Callable[[Prepare], tuple[Path, list[str]]],
    tmp_path: Path,
) -> None:
    points = prepared(story)[1]
    some = {*around_the_act(points)[:6], *range(3, len(points), max(len(points) // 5, 1))}
    survive(prepared, story, sorted(some), tmp_path)


@pytest.mark.long
@pytest.mark.parametrize("story", SWEPT, ids=lambda story: story.__name__)
def test_killed_at_every_point_every_case_ends_once(
    story: Prepare,
    prepared: Callable[[Prepare], tuple[Path, list[str]]],
    tmp_path: Path,
) -> None:
    survive(prepared, story, range(1, len(prepared(story)[1]) + 1), tmp_path)


def test_killed_again_while_it_recovers_every_case_ends_once(
    prepared: Callable[[Prepare], tuple[Path, list[str]]], tmp_path: Path
) -> None:
    folder, points = prepared(in_two_steps)
    act = points.index("after-draft") + 1
    bureau = moved_in(folder, tmp_path / "twice")
    assert killed_at(act, running(bureau, BOOKING))
    bureau.time.go_on(minutes=1)
    again = points_of(running(moved_in(bureau.folder, tmp_path / "dry"), BOOKING))
    assert killed_at(again.index("after-apply") + 1, running(bureau, BOOKING))
    bureau.time.go_on(minutes=1)
    bureau.run()
    assert_each_ended_once(bureau, in_two_steps)
    bureau.close()


def test_a_delivery_killed_at_any_commit_is_taken_in_whole_or_not_at_all(
    founded: Path, tmp_path: Path
) -> None:
    rows = [booking("A-1"), booking("A-2", "10002"), booking("A-2", "10003"), booking("A-4", "9")]

    def taking_in(bureau: Bureau) -> Callable[[], object]:
        return lambda: (bureau.send(*rows), bureau.close())

    points = points_of(taking_in(moved_in(founded, tmp_path / "dry")))
    for number in range(1, len(points) + 1):
        bureau = moved_in(founded, tmp_path / f"at-{number}")
        assert killed_at(number, taking_in(bureau))
        first = bureau.totals()
        assert first.get("rows", 0) in (0, 4)
        bureau.send(*rows)
        assert Tally(row.state for row in bureau.every_case()) == {"received": 2}
        handled = bureau.totals()
        assert handled["rows"] == first.get("rows", 0) + 4
        bureau.assert_intact()
        bureau.close()


def test_a_case_that_takes_the_run_down_three_times_is_set_aside_and_the_others_go_on(
    bureau: Bureau,
) -> None:
    bureau.send(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))
    bureau.close()

    def deadly_look() -> object:
        points = iter(range(10_000))
        from paraplu_ledger.books import die, passing

        # The first case of the run dies at its first reading, always.
        passing.append(lambda point: die() if point == "after-read" and next(points) == 1 else None)
        return bureau.run()

    for _ in range(3):
        assert killed_at(10_000, deadly_look)
        bureau.time.go_on(minutes=1)
    bureau.run()
    assert bureau.asks("A-1") == ["crashed-often"]
    assert "broke off 3 times" in bureau.told("A-1")
    assert bureau.state("A-2") == "done"
    bureau.hand_back("A-1")
    bureau.run()
    assert bureau.state("A-1") == "done"


def test_a_case_that_takes_the_run_down_in_its_act_is_set_aside_and_not_acted_on_again(
    bureau: Bureau,
) -> None:
    bureau.send(booking("A-1"), booking("A-2", "10002", now="3100", wanted="3200"))
    bureau.close()

    def deadly_act() -> object:
        from paraplu_ledger.books import die, passing

        passing.append(lambda point: die() if point == "before-save" else None)
        return bureau.run()

    for _ in range(3):
        assert killed_at(10_000, deadly_act)
        bureau.time.go_on(minutes=1)
    bureau.run()
    assert bureau.asks("A-1") == ["crashed-often"]
    assert bureau.intents("A-1") == ["nothing"] * 3
    assert bureau.state("A-2") == "done"
    assert bureau.books.saves() == [bureau.mark("A-2")]


def test_a_run_that_died_is_told_of_in_the_log(bureau: Bureau) -> None:
    bureau.send(booking("A-1"))
    bureau.close()
    assert killed_at(12, running(bureau, BOOKING))
    bureau.run()
    assert bureau.kinds().count("run-taken-over") == 1
    assert bureau.kinds().count("run-ended") == 1
