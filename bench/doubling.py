"""Two schedulers plan the same runs, and two dispatchers carry them out."""

from __future__ import annotations

import multiprocessing
import os
import sys
import time
from collections import Counter
from pathlib import Path

from figure import Figure
from stage import stage, until

_RUNS = 1_000
_DAY_MINUTES = "every minute between 00:00 and 23:59 every day"


def _schedule(home: Path, path: str) -> None:
    """A scheduler in a process of its own: it looks as often as it can until nothing waits any more."""
    sys.path[:0] = path.split(os.pathsep)
    from paraplu.bootstrap import open_centre
    from paraplu.domain.planned import PlannedState
    from paraplu.store import planned

    centre = open_centre(home)
    while True:
        centre.planner.tick()
        time.sleep(0.02)  # workers write, too
        now = centre.parts.clock.ms()
        with centre.parts.database.read() as connection:
            if not planned.listed(connection, PlannedState.PLANNED, until=now - 60_000, most=1):
                break
    centre.close()


def doublings() -> list[Figure]:
    """Two schedulers make what was missed due, one after the other, for two workers."""
    from bureau import BOOKING, CLIENT
    from sqlalchemy import func, select

    from paraplu.domain.schedule import Schedule
    from paraplu.store.tables import entries, planned_runs, runs, schedules

    with stage("sqlite") as (bureau, farm):
        path = farm._environment["PYTHONPATH"]
        schedule = Schedule(
            client=CLIENT,
            name="minutes",
            service=BOOKING,
            when=_DAY_MINUTES,
            timezone="UTC",
            missed="run all",
        )
        with bureau.centre.parts.database.write() as connection:
            bureau.centre.parts.ahead.put(connection, schedule, bureau.who("ines").uid)
            # As after an outage: nothing is written of the last minutes.
            connection.execute(planned_runs.delete())
            # One more than is waited for: the schedulers leave the newest minute to the clock.
            begun = int(time.time()) // 60 * 60_000 - (_RUNS + 1) * 60_000
            connection.execute(schedules.update().values(planned_until=begun, applied_at=1))
        workers = [farm.worker("--places", "2") for _ in range(2)]
        context = multiprocessing.get_context("spawn")
        schedulers = [context.Process(target=_schedule, args=(bureau.home, path)) for _ in range(2)]
        for one in schedulers:
            one.start()
        for one in schedulers:
            one.join()
        with_database = bureau.centre.parts.database

        def ended() -> bool:
            with with_database.read() as connection:
                query = select(func.count()).where(runs.c.ended_at.is_not(None))
                return int(connection.execute(query).scalar_one()) >= _RUNS

        until(ended, 600)
        told = Counter(line["run"] for worker in workers for line in worker.told)
        with with_database.read() as connection:
            ran = select(func.count()).where(planned_runs.c.run.is_not(None))
            planned = connection.execute(ran).scalar()
            made = connection.execute(select(func.count()).select_from(runs)).scalar()
            tokens = connection.execute(select(func.max(runs.c.token))).scalar()
            connection.execute(select(func.count()).select_from(entries)).scalar()
    doubled = (made or 0) - (planned or 0) + sum(number > 1 for number in told.values())
    return [
        Figure(
            f"two schedulers, two workers, {_RUNS} due runs: doubled",
            "187 of 200",
            "0",
            f"{doubled} ({planned} planned, {made} made, {len(told)} carried out, highest token {tokens})",
            doubled == 0 and (made or 0) >= _RUNS and tokens == 1,
        )
    ]
