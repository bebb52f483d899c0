"""Trials at once, each in a process of its own that sees what killed workers leave behind."""

from __future__ import annotations

import json
import os
import resource
import select
import signal
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from typing import Any, Protocol

from crash.processes import adopt_orphans, kill_below


@dataclass
class Outcome:
    """What became of a trial.

    `story` names the backlog, `kills` is how many processes were killed, `struck` at which points
    (`Point.line`), `rounds` how many workers it took after the last kill, `handed_back` how often a person
    had to hand a case back to the bot, `gone` the most seconds until nothing was left of a worker, `late`
    what was left for too long, `seconds` processor time.
    """

    name: str
    folder: str = ""
    story: str = ""
    kills: int = 0
    struck: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    doubled: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    rounds: int = 0
    handed_back: int = 0
    gone: float = 0.0
    late: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def right(self) -> bool:
        """Whether nothing at all is to be said against it."""
        return not (self.lost or self.doubled or self.wrong)


class Attempt(Protocol):
    """What can be tried: a trial of the sweep, or a backlog under random kills."""

    @property
    def name(self) -> str:
        """What it is called in what is told."""

    def carry_out(self) -> Outcome:
        """Do it, here."""


def in_processes(following: Callable[[], Attempt | None], at_once: int) -> Iterator[Outcome]:
    """Carry attempts out, some at once; outcomes as they come.

    `following` gives the next one, None when there is none now; it is asked again when one has ended.
    """
    busy: dict[int, tuple[int, Attempt]] = {}
    try:
        while True:
            while len(busy) < at_once and (attempt := following()) is not None:
                reading, process = _begun(attempt)
                busy[reading] = process, attempt
            if not busy:
                return
            for reading in select.select(list(busy), [], [])[0]:
                process, attempt = busy.pop(reading)
                with os.fdopen(reading, "rb") as answer:
                    told = answer.read()
                os.waitpid(process, 0)
                if told:
                    yield Outcome(**json.loads(told))
                else:
                    yield Outcome(attempt.name, wrong=["the trial itself broke off"])
    finally:
        for process, _attempt in busy.values():
            with suppress(OSError):
                os.kill(process, signal.SIGTERM)
                os.waitpid(process, 0)


def _begun(attempt: Attempt) -> tuple[int, int]:
    reading, writing = os.pipe()
    sys.stdout.flush()
    process = os.fork()
    if process:
        os.close(writing)
        return reading, process
    try:
        os.close(reading)
        os.setsid()  # Ctrl-C is for the process that begins trials
        signal.signal(signal.SIGTERM, _give_up)
        adopt_orphans()
        with os.fdopen(writing, "wb") as answer:
            answer.write(json.dumps(asdict(_carried_out(attempt))).encode())
    finally:
        os._exit(0)


def _carried_out(attempt: Attempt) -> Outcome:
    try:
        outcome = attempt.carry_out()
    except Exception:
        outcome = Outcome(attempt.name, wrong=[traceback.format_exc()])
        kill_below()
    used = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    outcome.seconds = sum(one.ru_utime + one.ru_stime for one in used)
    return outcome


def _give_up(_number: int, _frame: Any) -> None:
    kill_below()
    os._exit(1)
