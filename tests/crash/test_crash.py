"""A sample of the crash suite, and that its counting would notice; all of it: `python3 dev crash`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections import Counter
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from crash.backlog import CORRECTIONS, ORDERS, Backlog
from crash.batch import Outcome
from crash.count import done_in_office, office_rows
from crash.office import FILE
from crash.point import HANDS, WORKER, Point, parsed
from crash.processes import CAN_FORK
from crash.report import Report
from crash.sweep import Planned, chosen, packed
from paraplu.practice import accounts, schema, seed

HERE = Path(__file__).resolve().parent


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A folder with the file of a new office."""
    database = schema.connect(tmp_path / FILE)
    with schema.transaction(database):
        schema.create_tables(database)
        seed.seed(database, date(2026, 11, 21), "2026-11-21T09:00:00+01:00")
        accounts.set_passwords(database, {"office": "only-here"})
    database.close()
    return tmp_path


def changed(office: Path, statement: str) -> None:
    database = schema.connect(office / FILE)
    database.execute("PRAGMA foreign_keys=OFF")
    assert database.execute(statement).rowcount > 0
    database.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM slip_line WHERE id = 100",
        "UPDATE slip_line SET amount = '0.01' WHERE id = 100",
        "UPDATE run SET version = version + 1 WHERE id = 1",
        "UPDATE budget SET committed = '0.01' WHERE cost_centre = '2310'",
        "UPDATE order_line SET order_id = order_id + 1 WHERE id = 1",
        "INSERT INTO purchase_order SELECT 999, organisation, NULL, state, supplier, contract,"
        " delivery_address, need_by, budget_year, reference, remark, drafted_by, drafted_at,"
        " placed_by, placed_at, confirmed_date, confirmed_at, cancelled_at, cancel_reason"
        " FROM purchase_order WHERE id = 1",
    ],
)
def test_whatever_is_changed_in_the_office_is_seen(office: Path, statement: str) -> None:
    before = office_rows(office)
    assert office_rows(office) == before
    changed(office, statement)
    assert office_rows(office) != before


def test_what_is_lost_and_what_is_doubled_is_counted_in_the_office(office: Path) -> None:
    asked = Backlog(3, 1)
    assert done_in_office(office, asked) == {"C-1": 0, "C-2": 0, "C-3": 0, "O-1": 0}
    for number, mark in enumerate(["C-1/0a0a0a0a", "C-1/0a0a0a0a", "C-2/0b0b0b0b"], start=1):
        changed(office, f"UPDATE mutation SET reference = '{mark}' WHERE id = {number}")
    changed(office, "UPDATE purchase_order SET reference = 'O-1/0c0c0c0c' WHERE id = 38")
    assert done_in_office(office, asked) == {"C-1": 2, "C-2": 1, "C-3": 0, "O-1": 1}
    changed(office, "UPDATE mutation SET state = 'draft' WHERE id = 3")
    assert done_in_office(office, asked)["C-2"] == 0


def test_backlogs_ask_for_what_the_office_has(office: Path) -> None:
    rows = Backlog(20, 20, losing=True).rows(office / FILE)
    assert len({row["employee"] for row in rows[CORRECTIONS]}) == 20
    assert len({row["reference"] for row in rows[ORDERS]}) == 20


def test_points_are_chosen_evenly_and_one_right_after_an_act_of_each_story_is_among_them() -> None:
    found = [
        Planned(story, Point(WORKER, CORRECTIONS, "C-1", name, at))
        for story in ("one", "two")
        for at in range(1, 101)
        for name in [
            "before commit of the entry of clicked in act" if at == 60 else "before commit of y"
        ]
    ]
    some = chosen(found, 10)
    assert len(some) == 10
    assert {one.story for one in some if one.point.ends_an_act} == {"one", "two"}
    places = [found.index(one) for one in some]
    assert max(after - before for before, after in pairwise(places)) <= 40
    assert chosen(found, None) == found


def test_every_point_is_in_one_trial_and_no_trial_has_two_of_a_case() -> None:
    found = [
        Planned(story, Point(whom, CORRECTIONS, case, "before commit of x", number))
        for story in ("one", "two")
        for whom in (WORKER, HANDS)
        for case, times in (("", 3), ("C-1", 7), ("C-2", 5))
        for number in range(1, times + 1)
    ]
    trials = packed(found)
    assert Counter(one for some in trials for one in some) == Counter(found)
    assert len(trials) == 4 * 7
    for some in trials:
        assert len({(one.story, one.point.whom) for one in some}) == 1
        assert len({one.point.case for one in some}) == len(some)


def test_a_turn_that_was_broken_off_is_gone_on_with_behind_what_was_right(tmp_path: Path) -> None:
    point = Point(HANDS, CORRECTIONS, "C-1", "after the entry of clicked in act", 2)
    right = Outcome("trial-1", story="one", kills=1, struck=[point.line])
    path = tmp_path / "report.jsonl"
    report = Report(path, resume=True)
    assert report.outcomes("sweep") == []
    wrong = Outcome("trial-2", kills=1, lost=["C-1"])
    for outcome in (right, wrong):
        report.add("sweep", outcome)
    report.add("sqlite", Outcome("siege-1", kills=16))
    path.write_text(path.read_text("utf-8") + '{"kind": "swe', "utf-8")
    assert report.outcomes("sweep") == [right]
    assert report.wrong() == [wrong]
    assert parsed(right.struck[0]) == point
    report.add("sweep", right)
    assert report.outcomes("sweep") == [right, right]
    assert Report(path).outcomes("sweep") == []


@pytest.mark.slow
@pytest.mark.browser
@pytest.mark.skipif(not CAN_FORK, reason="what killed workers leave behind is found on Linux only")
def test_killed_at_some_points_and_at_random_nothing_is_lost_or_doubled() -> None:
    # A process of its own: this one may have threads, and must not be forked.
    done = subprocess.run(
        [sys.executable, str(HERE), "--quick"],
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    last = done.stdout.splitlines()[-1] if done.stdout else done.stderr
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.fullmatch(r"(\d+) points, (\d+) kills, 0 lost, 0 doubled", last)
    assert found and int(found[1]) > 0 and int(found[2]) > 0, last
