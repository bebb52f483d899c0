"""A sample of the crash suite, and that its counting would notice; all of it: `python3 dev crash`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest

from crash.backlog import CORRECTIONS, ORDERS, Backlog
from crash.count import done_in_office, office_rows
from crash.office import FILE
from crash.processes import CAN_FORK
from crash.sweep import Point, chosen
from crash.victim import Death
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
        Point(story, number, Death("worker", at), name)
        for number, story in enumerate(("one", "two"), start=1)
        for at in range(1, 101)
        for name in [
            "before commit of the entry of clicked in act of x"
            if at == 60
            else "before commit of y"
        ]
    ]
    some = chosen(found, 10)
    assert len(some) == 10
    assert {one.story for one in some if one.ends_an_act} == {"one", "two"}
    places = [found.index(one) for one in some]
    assert max(after - before for before, after in pairwise(places)) <= 40
    assert chosen(found, None) == found


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
