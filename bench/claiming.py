"""Claiming a case and writing down how it ended, with its audit entry, by one worker."""

from __future__ import annotations

import statistics
import time
from typing import Any

from figure import Figure
from stage import stage

_CASES = 400
_BATCH = 20
_ROUNDS = 3


def claims() -> list[Figure]:
    """One case a transaction, as a run does it, and twenty, on both databases."""
    figures = []
    for kind, others in (("postgresql", "98 per s"), ("sqlite", "41 per s")):
        alone = statistics.median(_rate(kind, 1) for _ in range(_ROUNDS))
        batch = statistics.median(_rate(kind, _BATCH) for _ in range(_ROUNDS))
        figures.append(
            Figure(
                f"claim + finish with audit, one worker, {kind}",
                others,
                ">= 300 per s",
                f"{alone:.0f} per s one by one, {batch:.0f} per s in batches of {_BATCH}",
                batch >= 300,
                "a run claims one by one: a claimed case that was not begun would count as crashed",
            )
        )
    return figures


def _rate(kind: str, most: int) -> float:
    """Cases a second: claimed `most` at a time and finished as already so."""
    from bureau import BOOKING, CLIENT

    from paraplu.domain.case import State
    from paraplu.domain.message import Message
    from paraplu.engine.casefile import Said, Story
    from paraplu.engine.settling import Held, Settling
    from paraplu.store import claims as table

    with stage(kind, cases=_CASES) as (bureau, _farm):
        centre, runs = bureau.centre, bureau.centre.runs
        database = centre.parts.database
        with runs.leases.working():
            with database.write() as connection:
                uid = runs.ask(connection, CLIENT, BOOKING, bureau.who("olga").uid)
                row = runs.leases.take(connection, uid, 1)
            turn = runs._turn(row, runs._asking.terms(CLIENT, BOOKING))
            settling = Settling(turn)
            story = Story((Said(None, Message("already-so", "This is so already.")),))

            def claimed() -> list[Any]:
                with database.write(power_safe=False) as connection:
                    now = centre.parts.clock.ms()
                    return table.claim_next(
                        connection, CLIENT, BOOKING, uid, now, most=most, many=10**6, first=5
                    )

            begun, done = time.perf_counter(), 0
            while rows := claimed():
                with database.write() as connection:
                    for one in rows:
                        case = Held(one, one.fence)
                        settling._close(connection, case, State.ALREADY, story, "already-so")
                        settling._entry(connection, "already-so", case)
                done += len(rows)
            took = time.perf_counter() - begun
    assert done == _CASES
    return done / took
