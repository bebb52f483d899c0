"""A worker that is killed at a given point: before or after a commit, or with the hands at an action.

The points are found by number, not listed: a worker that lives counts them first.
"""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from crash.scene import opened
from paraplu.bootstrap import Centre
from paraplu.domain.connector import Action
from paraplu.engine.turn import Turn
from paraplu.store.database import Database

PLACES = 2
POINTS = "points"
"""The file in which a worker that lives leaves the points that it passed."""

_here = threading.local()
_NOT_NAMED = ("contextlib.py", "database.py", "victim.py")
_IN_THE_MIDDLE = (0.0, 0.06)  # seconds into an action


@dataclass(frozen=True)
class Death:
    """When to kill. `whom` is `worker` (at a commit) or `hands` (at an action).

    `at` counts points from 1, 0 is the beginning of the process; `delay` is seconds after that.
    """

    whom: str
    at: int
    delay: float = 0.0

    def __str__(self) -> str:
        after = f" + {1000 * self.delay:.0f} ms" if self.delay else ""
        return f"{self.whom} at {self.at}{after}"


class _Counter:
    """Counts points; at the deadly one it does what it was made for, once."""

    def __init__(self, death: Death | None, strike: Any) -> None:
        self.names: list[str] = []
        self._death = death
        self._strike = strike
        self._door = threading.Lock()

    def __call__(self, name: str, *about: Any) -> None:
        with self._door:
            self.names.append(name)
            deadly = self._death is not None and len(self.names) == self._death.at
            if deadly:
                _say(f"{self._death}: {name}")
        if deadly:
            self._die(*about)

    def begin(self) -> None:
        """The beginning of the process."""
        if self._death is not None and self._death.at == 0:
            self._die()

    def _die(self, *about: Any) -> None:
        if self._death is None or not self._death.delay:
            self._strike(*about)
            return
        timer = threading.Timer(self._death.delay, self._strike, about)
        timer.daemon = True
        timer.start()


def work(folder: Path, death: Death | None = None, later: timedelta = timedelta()) -> None:
    """Do what `paraplu worker --until-idle` does, and die as `death` says.

    A worker that lives leaves the points that it passed in the folder: of commits, and of actions.
    """
    whom = death.whom if death else ""
    commits = _Counter(death if whom == "worker" else None, _kill_this)
    _count_commits(commits)
    commits.begin()
    centre = opened(folder, later)
    actions = _Counter(death if whom == "hands" else None, lambda run: _kill_hands(centre, run))
    _count_actions(actions)
    try:
        centre.worker(PLACES, _tell).work(until_idle=True)
    finally:
        centre.close()
    for kind, counter in (("worker", commits), ("hands", actions)):
        text = "".join(f"{name}\n" for name in counter.names)
        (folder / f"{POINTS}-{kind}").write_text(text, "utf-8")


def points(folder: Path, whom: str) -> list[str]:
    """The points that the worker in this folder passed."""
    return (folder / f"{POINTS}-{whom}").read_text("utf-8").splitlines()


def deaths(found: list[str], whom: str, chance: random.Random) -> list[Death]:
    """One death for each point; the hands die after an action, or in the middle of the next one."""
    return [
        Death(whom, number, chance.choice((0.0, chance.uniform(*_IN_THE_MIDDLE))))
        if whom == "hands"
        else Death(whom, number)
        for number in range(1, len(found) + 1)
    ]


def _count_commits(counter: _Counter) -> None:
    write = Database.write

    @contextmanager
    def watched(self: Database, **terms: Any) -> Iterator[Any]:
        name = _caller()
        with write(self, **terms) as connection:
            yield connection
            counter(f"before commit of {name}")
        counter(f"after commit of {name}")

    Database.write = watched  # type: ignore[method-assign]


def _count_actions(counter: _Counter) -> None:
    record = Turn.record

    def watched(self: Turn, action: Action) -> None:
        name = f"{action.verb} in {self.place.step} of {self.terms.agreement.service}"
        counter(f"before the entry of {name}", self.uid)
        _here.action = f"the entry of {name}"
        try:
            record(self, action)
        finally:
            _here.action = ""
        counter(f"after the entry of {name}", self.uid)

    Turn.record = watched  # type: ignore[method-assign]


def _kill_this() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _kill_hands(centre: Centre, run: str) -> None:
    children = centre.children
    assert children is not None
    for child, taken in list(children._taken.items()):
        if taken == run:
            os.kill(child.pid, signal.SIGKILL)


def _tell(run: str, outcome: Any) -> None:
    _say(f"run {run}: {outcome!r}")


def _say(text: str) -> None:
    os.write(1, f"{text}\n".encode())


def _caller() -> str:
    """Who writes: an action, or the first function that is not the store's or ours."""
    if action := getattr(_here, "action", ""):
        return str(action)
    frame = sys._getframe(1)
    while frame.f_code.co_filename.endswith(_NOT_NAMED) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_qualname
