"""A simulated year of planned runs: how many are lost or doubled, by Paraplu and by APScheduler alone."""

from __future__ import annotations

import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

from figure import Figure
from stage import ROOT as ROOT

_GRACE = 7_200  # seconds: as generous as "run within 2 h"


def planned_year() -> list[Figure]:
    """500 schedules in 5 countries, 40 outages, both changes of the clocks, a leap day, two schedulers."""
    from bureau import found_home, moved_in
    from simulation import Simulation

    with tempfile.TemporaryDirectory(prefix="paraplu-year-") as name:
        found_home(Path(name, "founded"))
        bureau = moved_in(Path(name, "founded"), Path(name, "bureau"))
        year = Simulation(bureau)
        begun = time.process_time()
        year.prepare()
        year.run()
        took = time.process_time() - begun
        lost, doubled = year.lost_and_doubled()
        year.check()
        counted = year.totals()
        totals = ", ".join(f"{number} {state}" for state, number in counted.items())
        vanished, told = _apscheduler_alone(year)
        bureau.close()
    planned = sum(counted.values())
    return [
        Figure(
            f"planned runs of a simulated year ({len(year.schedules)} schedules, {len(year.spans)} outages, "
            "two schedulers): lost, doubled",
            f"APScheduler 3.11.3 with coalesce: {vanished} lost without a trace, {told} in a log only",
            "0 lost, 0 doubled, each accounted for",
            f"{lost} lost, {doubled} doubled of {planned} ({totals})",
            lost == 0 and doubled == 0,
            f"{year.ticks} looks, {took:.0f} s of CPU; the other over the same outages with our own triggers",
        )
    ]


def _apscheduler_alone(year: Any) -> tuple[int, int]:
    """What its own jobs make of the same schedules and outages, kept in a job store that survives them.

    Coalesced away without a trace, and misfired (too late by its grace time, which it writes to its log).
    """
    from apscheduler.schedulers.background import BackgroundScheduler

    from paraplu.dispatch.triggers import RuleTrigger
    from paraplu.domain.schedule import TimeRule
    from paraplu.engine.clock import from_ms

    scheduler = BackgroundScheduler(timezone="UTC")
    scheduler.start(paused=True)
    vanished = told = 0
    parts = year.bureau.centre.parts
    try:
        with parts.database.read() as connection:
            for schedule in year.schedules:
                if not isinstance(schedule.rule, TimeRule):
                    continue
                calendar, dates = parts.calendars.of(connection, schedule.client, schedule.service)
                trigger = RuleTrigger(schedule.rule, schedule.zone, calendar, dates)
                first = trigger.get_next_fire_time(None, year.begin)
                job = scheduler.add_job(
                    print,
                    trigger,
                    coalesce=True,
                    misfire_grace_time=_GRACE,
                    next_run_time=first,
                )
                for begin, end in year.spans:
                    woken = from_ms(end)
                    while job.next_run_time is not None and job.next_run_time < from_ms(begin):
                        following = trigger.get_next_fire_time(job.next_run_time, woken)
                        job._modify(next_run_time=following)
                    times = job._get_run_times(woken)
                    if not times:
                        continue
                    vanished += len(times) - 1
                    told += woken - times[-1] > timedelta(seconds=_GRACE)
                    job._modify(next_run_time=trigger.get_next_fire_time(times[-1], woken))
    finally:
        scheduler.shutdown(wait=False)
    return vanished, told
