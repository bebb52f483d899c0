"""A simulated year: whatever happens, every planned run is accounted for."""

from __future__ import annotations

from collections import Counter

import pytest
from bureau import Bureau
from simulation import Simulation

from paraplu.store import tables

pytestmark = pytest.mark.slow


def test_in_a_year_with_forty_outages_no_planned_run_is_lost_or_doubled(
    bureau: Bureau, capsys: pytest.CaptureFixture[str]
) -> None:
    year = Simulation(bureau)
    year.prepare()
    assert len(year.schedules) == 500
    assert len(year.spans) == 40
    year.run()
    check(year)
    with capsys.disabled():
        states = ", ".join(f"{number} {state}" for state, number in year.totals().items())
        print(f"\nA year of 500 schedules, {year.ticks} looks, 40 outages: {states}.")
    bureau.assert_intact()


def check(year: Simulation) -> None:
    """Nothing lost, nothing doubled, everything accounted for."""
    ledger = year.ledger()
    wanted = {**year.due(), **year.events()}
    for schedule in year.schedules:
        times = [row.planned_for for row in ledger[schedule.id]]
        assert len(times) == len(set(times))
        assert set(times) == wanted.get(schedule.id, set()), schedule
        for row in ledger[schedule.id]:
            missed = year.must_be_missed(schedule, row.planned_for)
            assert (row.state == "missed") == missed, (schedule, row)
    rows = [row for lines in ledger.values() for row in lines]
    assert {row.state for row in rows} == {"finished", "merged", "missed"}
    with year.bureau.centre.parts.database.read() as connection:
        every_run = connection.execute(tables.runs.select()).all()
    # Every run stands for one planned run, and every planned run that ran has a run of its own.
    behind = Counter(run.planned_run for run in every_run)
    assert set(behind.values()) == {1}
    assert {run.uid: run.planned_run for run in every_run} == {
        row.run: row.uid for row in rows if row.state == "finished"
    }
    assert {row.run for row in rows if row.state == "merged"} <= {run.uid for run in every_run}
    # And the log tells of every move.
    told: Counter[str] = Counter()
    for entry in year.bureau.entries():
        if entry.kind.startswith("planned-run-"):
            told[entry.kind.removeprefix("planned-run-")] += len(entry.rpa["detail"]["planned_for"])
    states = Counter(row.state for row in rows)
    assert told == {
        "due": states["finished"],
        "merged": states["merged"],
        "missed": states["missed"],
    }
