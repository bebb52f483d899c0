"""A worker dies or is suspended: how long until another one goes on, and how often a change is made."""

from __future__ import annotations

import os
import signal
import time
from collections import Counter

from figure import Figure
from stage import DWELL, ask, first_lines, stage, until

_STALL = 5


def takeovers() -> list[Figure]:
    """Killed on another machine, killed on this one, suspended and woken."""
    os.environ[DWELL] = "2"
    figures = []
    for name, elsewhere in (("killed on another machine", True), ("killed on this machine", False)):
        with stage("sqlite", cases=3, timed=True, stall=_STALL) as (bureau, farm):
            first, second = farm.worker("--places", "1"), farm.worker("--places", "1")
            time.sleep(3)
            ask(bureau)
            until(first_lines)
            holder = next(one for one in (first, second) if one.below() and _holds(bureau, one.pid))
            if elsewhere:  # nothing on this machine tells that it died
                for lock in bureau.centre.home.locks.glob("*.lock"):
                    lock.unlink()
            seen = len(first_lines())
            begun = time.time_ns()
            holder.kill()
            until(lambda before=seen: len(first_lines()) > before)
            took = (first_lines()[-1] - begun) / 1e9
        figures.append(
            Figure(
                f"takeover of a dead worker's run, {name}, stall limit {_STALL} s",
                "21 s / never",
                f"<= {_STALL + 2} s",
                f"{took:.1f} s",
                took <= _STALL + 2,
            )
        )
    return [*figures, _suspended()]


def _suspended() -> Figure:
    os.environ[DWELL] = "1"
    with stage("sqlite", cases=4, timed=True, stall=_STALL) as (bureau, farm):
        first, second = farm.worker("--places", "1"), farm.worker("--places", "1")
        time.sleep(3)
        ask(bureau)
        until(first_lines)
        holder = next(one for one in (first, second) if _holds(bureau, one.pid))
        holder.signal(signal.SIGSTOP)
        until(lambda: len(bureau.books.saves()) >= 4)
        holder.signal(signal.SIGCONT)
        time.sleep(5)
        often = max(Counter(bureau.books.saves()).values())
        done = bureau.totals().get("done")
    os.environ[DWELL] = "0"
    return Figure(
        "suspended worker woken after takeover: effects of one change",
        "2",
        "1, its writes refused",
        f"{often}, {done} of 4 done",
        often == 1 and done == 4,
    )


def _holds(bureau: object, process: int) -> bool:
    from sqlalchemy import select

    from paraplu.store.tables import runs, workers

    database = bureau.centre.parts.database  # type: ignore[attr-defined]
    with database.read() as connection:
        query = (
            select(workers.c.process)
            .join(runs, runs.c.worker == workers.c.uid)
            .where(runs.c.ended_at.is_(None))
        )
        return process in set(connection.execute(query).scalars())
