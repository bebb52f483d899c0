"""A worker that is killed, or whose hands are: before or after a commit, at an action, by plan or by chance.

Points are found, not listed: a worker that lives leaves those that it passed.
"""

from __future__ import annotations

import json
import os
import random
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Protocol

from crash.point import HANDS, WORKER, Numbering, Point, written
from crash.scene import REFERENCES, opened
from paraplu.bootstrap import Centre
from paraplu.dispatch.worker import Worker
from paraplu.domain.connector import Action
from paraplu.engine.turn import Turn
from paraplu.store import claims
from paraplu.store.database import Database

PASSED = "passed"
"""The files in which a worker that lives leaves the points that it passed begin with this."""

STRUCK = "struck"
"""The file to which the points are added at which something was killed."""

_NOT_NAMED = ("contextlib.py", "database.py", "victim.py")
_BY_THE_CLOCK = ("Leases.beat",)  # not by what is done: there is no such point to come back to
_IN_THE_MIDDLE = (0.0, 0.06)  # seconds into an action


class Fate(Protocol):
    """Where a worker, or its hands, die."""

    @property
    def whom(self) -> str:
        """Who dies, see `crash.point`."""

    def delay(self, point: Point, passed: int) -> float | None:
        """Seconds after `point` (of `passed`, it included) until death; None when that is not due."""


@dataclass(frozen=True)
class Deaths:
    """Deaths at given points; the worker dies at the one that comes first."""

    whom: str
    delays: Mapping[Point, float] = field(default_factory=dict)

    def delay(self, point: Point, _passed: int) -> float | None:
        """See `Fate`."""
        return self.delays.get(point)


@dataclass(frozen=True)
class Chance:
    """The death of a worker so many seconds after its `at`-th point; 0 is when it begins."""

    at: int
    seconds: float
    whom: str = WORKER

    def delay(self, _point: Point, passed: int) -> float | None:
        """See `Fate`."""
        return self.seconds if passed == self.at else None


LIVES = Deaths("")


class _Here(threading.local):
    """What this thread works on."""

    service = ""
    case = ""
    action = ""


class _Counter:
    """Counts points. At a deadly one it calls `strike`, which gives whether something was killed."""

    def __init__(self, whom: str, fate: Fate, folder: Path, strike: Callable[..., bool]) -> None:
        self.passed: list[Point] = []
        self._fate = fate if fate.whom == whom else LIVES
        self._numbered = Numbering(whom)
        self._struck = folder / STRUCK
        self._strike = strike
        self._door = threading.Lock()

    def __call__(self, name: str, *about: Any) -> None:
        with self._door:
            point = self._numbered(_here.service, _here.case, name)
            self.passed.append(point)
            delay = self._fate.delay(point, len(self.passed))
        if delay is not None:
            self._die(point, delay, *about)

    def begin(self) -> None:
        """The beginning of the process."""
        point = Point(WORKER, "", "", "the beginning", 1)
        delay = self._fate.delay(point, 0)
        if delay is not None:
            self._die(point, delay)

    def _die(self, point: Point, delay: float, *about: Any) -> None:
        def die() -> None:
            if self._strike(point, *about):
                self.note(point)

        if not delay:
            die()
            return
        timer = threading.Timer(delay, die)
        timer.daemon = True
        timer.start()

    def note(self, point: Point) -> None:
        """Tell the trial that this one has struck."""
        descriptor = os.open(self._struck, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(descriptor, f"{point.line}\n".encode())
        os.close(descriptor)


_here = _Here()


def work(folder: Path, fate: Fate, later: timedelta, places: int) -> None:
    """Do what `paraplu worker --until-idle` does, and die as `fate` says.

    A worker that lives leaves the points that it passed in the folder: of commits, and of actions.
    """
    _know_cases(folder)

    def kill_this(point: Point) -> bool:
        commits.note(point)
        os.kill(os.getpid(), signal.SIGKILL)
        return False

    commits = _Counter(WORKER, fate, folder, kill_this)
    _count_commits(commits)
    commits.begin()
    centre = opened(folder, later)
    actions = _Counter(HANDS, fate, folder, lambda _point, run: _kill_hands(centre, run))
    _count_actions(actions)
    try:
        centre.worker(places, _tell).work(until_idle=True)
    finally:
        centre.close()
    for whom, counter in ((WORKER, commits), (HANDS, actions)):
        written(counter.passed, folder / f"{PASSED}-{whom}")


def deaths(found: list[Point], chance: random.Random) -> dict[Point, float]:
    """One death for each point, and its delay.

    A worker dies there; the hands by turns of chance there, or in the middle of the next action.
    """
    return {
        point: chance.choice((0.0, chance.uniform(*_IN_THE_MIDDLE))) if point.whom == HANDS else 0.0
        for point in found
    }


def _know_cases(folder: Path) -> None:
    """Have every thread know which case it works on: from its claim to the next one."""
    references = json.loads((folder / REFERENCES).read_text("utf-8"))
    claim_next, carry_out = claims.claim_next, Worker._carry_out

    def claimed(*given: Any, **terms: Any) -> Any:
        rows = claim_next(*given, **terms)
        _here.case = references[rows[0].uid] if rows else ""
        return rows

    def carried_out(self: Worker, row: Any) -> None:
        _here.service = row.service
        carry_out(self, row)

    claims.claim_next = claimed
    Worker._carry_out = carried_out  # type: ignore[method-assign]


def _count_commits(counter: _Counter) -> None:
    write = Database.write

    @contextmanager
    def watched(self: Database, **terms: Any) -> Iterator[Any]:
        name = _caller()
        with write(self, **terms) as connection:
            yield connection
            if name not in _BY_THE_CLOCK:
                counter(f"before commit of {name}")
        if name not in _BY_THE_CLOCK:
            counter(f"after commit of {name}")

    Database.write = watched  # type: ignore[method-assign]


def _count_actions(counter: _Counter) -> None:
    record = Turn.record

    def watched(self: Turn, action: Action) -> None:
        name = f"{action.verb} in {self.place.step}"
        counter(f"before the entry of {name}", self.uid)
        _here.action = f"the entry of {name}"
        try:
            record(self, action)
        finally:
            _here.action = ""
        counter(f"after the entry of {name}", self.uid)

    Turn.record = watched  # type: ignore[method-assign]


def _kill_hands(centre: Centre, run: str) -> bool:
    children = centre.children
    assert children is not None
    killed = False
    for child, taken in list(children._taken.items()):
        if taken == run and not child.ended:
            os.kill(child.pid, signal.SIGKILL)
            killed = True
    return killed


def _tell(run: str, outcome: Any) -> None:
    os.write(1, f"run {run}: {outcome!r}\n".encode())


def _caller() -> str:
    """Who writes: an action, or the first function that is not the store's or ours."""
    if _here.action:
        return _here.action
    frame = sys._getframe(1)
    while frame.f_code.co_filename.endswith(_NOT_NAMED) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_qualname
