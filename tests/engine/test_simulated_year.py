"""A simulated year: whatever happens, every planned run is accounted for."""

from __future__ import annotations

import pytest
from bureau import Bureau
from simulation import Simulation

pytestmark = pytest.mark.slow


def test_in_a_year_with_forty_outages_no_planned_run_is_lost_or_doubled(
    bureau: Bureau, capsys: pytest.CaptureFixture[str]
) -> None:
    year = Simulation(bureau)
    year.prepare()
    assert len(year.schedules) == 500
    assert len(year.spans) == 40
    year.run()
    year.check()
    with capsys.disabled():
        states = ", ".join(f"{number} {state}" for state, number in year.totals().items())
        print(f"\nA year of 500 schedules, {year.ticks} looks, 40 outages: {states}.")
    bureau.assert_intact()
