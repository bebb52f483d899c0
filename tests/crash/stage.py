"""A copy of a scene with its office open, in which workers work one after the other or at once."""

from __future__ import annotations

import json
import os
import shutil
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from crash.batch import Outcome
from crash.office import serving
from crash.point import Point, read
from crash.processes import await_gone, ended, forked, kill_below
from crash.scene import Scene, go_on, opened
from crash.victim import LIVES, STRUCK, Fate, work

GONE_WITHIN = 3.0  # seconds for everything below a killed worker
LATER = timedelta(minutes=20)
"""By so much the clocks of further workers are ahead: what was put off is due again."""

_LOOKING = 120.0  # seconds


@dataclass(frozen=True)
class Due:
    """What is still to be done: runs that have not ended, and how many cases a person handed back."""

    runs: int
    handed_back: int


@dataclass
class Stage:
    """The copy in `folder`; `office` is the process id of its office.

    `passed` is how often time has passed for what was put off.
    """

    scene: Scene
    folder: Path
    office: int
    passed: int = 0

    @classmethod
    @contextmanager
    def set(cls, scene: Scene, folder: Path) -> Iterator[Stage]:
        """Copy a scene and open its office."""
        scene.copy(folder)
        with serving(folder) as (address, office):
            scene.move_in(folder, address)
            yield cls(scene, folder, office)

    def worker(self, fate: Fate = LIVES) -> int:
        """Begin a worker. Gives its process id."""
        log = self.folder / ("worker.log" if fate is LIVES else "killed.log")
        later, places = self.passed * LATER, self.scene.at_once
        return forked(lambda: work(self.folder, fate, later, places), log)

    def struck(self) -> list[Point]:
        """The points at which something was killed so far."""
        return read(self.folder / STRUCK)

    def let_time_pass(self) -> None:
        """What was put off is due for those that come."""
        self.passed += 1

    def wait(self, worker: int, seconds: float) -> int | None:
        """How a worker ended, None when it had to be ended after so many seconds."""
        code = ended(worker, seconds)
        if code is None:
            os.kill(worker, signal.SIGKILL)
            ended(worker, 5)
        return code

    def await_gone(self, outcome: Outcome, *alive: int) -> None:
        """Wait until nothing is left below workers that are dead; `alive` are the other workers.

        What is left after `GONE_WITHIN` is told in the outcome, and ended when it does not go.
        """
        left = await_gone((self.office, *alive), GONE_WITHIN)
        outcome.gone = max(outcome.gone, left.seconds)
        if left.late:
            outcome.late.append(f"{left.seconds:.1f} s until these were gone: {left.late}")
        if left.still:
            outcome.wrong.append(f"{left.seconds:.1f} s after a worker there was {left.still}")
            kill_below((self.office, *alive))

    def due(self) -> Due:
        """What is still to be done; where no run is under way for it, a person has one begin."""
        answer, log = self.folder / "due.json", self.folder / "due.log"

        def look() -> None:
            centre = opened(self.folder, self.passed * LATER)
            try:
                runs, handed_back = go_on(centre, self.scene.places)
                answer.write_text(json.dumps([runs, handed_back]), "utf-8")
            finally:
                centre.close()

        if ended(forked(look, log), _LOOKING) != 0:
            raise RuntimeError(log.read_text("utf-8"))
        return Due(*json.loads(answer.read_text("utf-8")))

    def strike(self) -> None:
        """Delete the copy."""
        shutil.rmtree(self.folder, ignore_errors=True)
