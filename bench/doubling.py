"""Two schedulers plan the same runs, and two dispatchers carry them out."""

from __future__ import annotations

import multiprocessing
import time
from collections import Counter
from pathlib import Path

from figure import Figure
from stage import stage, until

_RUNS = 1000


def _schedule(home: Path, client: str, service: str, by: str, begun: int) -> None:
    from paraplu.bootstrap import open_centre

    centre = open_centre(home)
    for number in range(_RUNS):
        centre.planned.plan("bench", begun + number, client, service, by)
    centre.close()


def doublings() -> list[Figure]:
    """A thousand planned runs, planned twice and to be had by two workers."""
    from bureau import BOOKING, CLIENT
    from sqlalchemy import func, select

    from paraplu.store.tables import entries, planned_runs, runs

    with stage("sqlite") as (bureau, farm):
        by, begun = bureau.who("olga").uid, int(time.time() * 1000) - _RUNS
        import os

        os.environ["PYTHONPATH"] = farm._environment["PYTHONPATH"]
        workers = [farm.worker("--places", "2") for _ in range(2)]
        context = multiprocessing.get_context("spawn")
        schedulers = [
            context.Process(target=_schedule, args=(bureau.home, CLIENT, BOOKING, by, begun))
            for _ in range(2)
        ]
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
            planned = connection.execute(select(func.count()).select_from(planned_runs)).scalar()
            made = connection.execute(select(func.count()).select_from(runs)).scalar()
            tokens = connection.execute(select(func.max(runs.c.token))).scalar()
            connection.execute(select(func.count()).select_from(entries)).scalar()
    doubled = (made or 0) - _RUNS + sum(number > 1 for number in told.values())
    return [
        Figure(
            f"two schedulers, two workers, {_RUNS} due runs: doubled",
            "187 of 200",
            "0",
            f"{doubled} ({planned} planned, {made} made, {len(told)} carried out, highest token {tokens})",
            doubled == 0 and made == _RUNS and tokens == 1,
        )
    ]
