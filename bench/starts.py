"""From due to the first line of the bot."""

from __future__ import annotations

import os
import statistics
import time

from figure import Figure
from stage import DWELL, ask, first_lines, stage, until

_ROUNDS = 40
_AT_ONCE = 20


def starts() -> list[Figure]:
    """One run after the other with a warm worker, and twenty at once."""
    os.environ[DWELL] = "0"
    waits: list[float] = []
    with stage("sqlite", timed=True) as (bureau, farm):
        from bureau import booking

        worker = farm.worker("--places", "2")
        until(lambda: len(worker.below()) >= 3)
        for number in range(_ROUNDS + 1):
            until(lambda ended=number: len(worker.told) >= ended)
            bureau.send(booking(f"S-{number}", "10003", f"{4000 + number}", None, "1.00"))
            time.sleep(0.8)  # a spare waits by now
            begun, seen = time.time_ns(), len(first_lines())
            ask(bureau)
            until(lambda before=seen: len(first_lines()) > before)
            waits.append((first_lines()[-1] - begun) / 1e9)
    waits = sorted(waits[1:])
    middle, last = statistics.median(waits), waits[-1]
    os.environ[DWELL] = "8"
    with stage("sqlite", cases=_AT_ONCE, timed=True, slots=_AT_ONCE) as (bureau, farm):
        worker = farm.worker("--places", str(_AT_ONCE))
        until(lambda: len(worker.below()) >= 3)
        time.sleep(3)
        begun = time.time_ns()
        for _ in range(_AT_ONCE):
            ask(bureau)
        until(lambda: len(first_lines()) >= _AT_ONCE)
        all_of_them = (first_lines()[_AT_ONCE - 1] - begun) / 1e9
    os.environ[DWELL] = "0"
    return [
        Figure(
            "due to the first line of the bot, warm worker",
            "2.8 s median",
            "<= 0.5 s median, <= 1 s at worst",
            f"{middle:.2f} s median, {last:.2f} s at worst of {len(waits)}",
            middle <= 0.5 and last <= 1.0,
            "without a browser",
        ),
        Figure(
            f"{_AT_ONCE} runs due at once, all started",
            "",
            "<= 5 s",
            f"{all_of_them:.1f} s",
            all_of_them <= 5.0,
            "without a browser",
        ),
    ]
