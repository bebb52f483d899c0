"""Random kills: a backlog is worked off by workers that are killed at random moments, until all is done."""

from __future__ import annotations

import os
import random
import signal
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from crash.backlog import Backlog
from crash.batch import Outcome, in_processes
from crash.count import Row, counted
from crash.scene import Scene, Server
from crash.stage import Stage
from crash.trial import let_go_on, patience, undisturbed
from crash.victim import Death

FURTHEST = 300
"""The last commit (before and after it are two points) at which a worker may die."""

_EARLY = 0.1  # of the kills come while the worker starts
_START = 3.0  # seconds in which it starts
_AFTER = 0.1  # seconds after a point
_STEP = 0.05  # seconds between two looks at workers


@dataclass(frozen=True)
class Siege:
    """One backlog under random kills, `most` at most, none after `until` (of the monotonic clock)."""

    scene: Scene
    folder: Path
    wanted: Counter[Row]
    workers: int
    seed: int
    most: int
    until: float

    @property
    def name(self) -> str:
        """Its number among the others, by the name of its folder."""
        return self.folder.name

    def carry_out(self) -> Outcome:
        """Do it, here. The folder goes when all was right."""
        outcome = Outcome(self.name, str(self.folder))
        with Stage.set(self.scene, self.folder) as stage:
            self._besiege(stage, outcome)
            let_go_on(stage, outcome)
        found = counted(self.folder, self.scene.asked, self.wanted)
        outcome.lost, outcome.doubled = found.lost, found.doubled
        outcome.wrong += found.wrong
        if outcome.right:
            stage.strike()
        return outcome

    def _besiege(self, stage: Stage, outcome: Outcome) -> None:
        """Keep workers at work and kill them, until the kills are spent or nothing is due."""
        chance = random.Random(self.seed)
        alive: dict[int, float] = {}
        idle = False
        while outcome.kills + len(alive) < self.most and time.monotonic() < self.until:
            if idle:
                due = stage.due(0)
                outcome.handed_back += due.handed_back
                if not due.runs:
                    return
            while len(alive) < self.workers and outcome.kills + len(alive) < self.most:
                alive[stage.worker(_death(chance))] = time.monotonic() + patience(stage.scene)
            idle = not self._await_kill(stage, outcome, alive)
        while alive:
            self._await_kill(stage, outcome, alive)

    def _await_kill(self, stage: Stage, outcome: Outcome, alive: dict[int, float]) -> bool:
        """Wait until a worker was killed, or all have ended by themselves. Whether one was killed."""
        while alive:
            done, status = next(
                ((one, found[1]) for one in alive if (found := os.waitpid(one, os.WNOHANG))[0]),
                (0, 0),
            )
            late = [one for one, until in alive.items() if time.monotonic() > until]
            for one in late:
                os.kill(one, signal.SIGKILL)
                outcome.wrong.append("a worker took too long, and was ended")
                alive[one] = time.monotonic() + 60
            if not done:
                time.sleep(_STEP)
                continue
            del alive[done]
            code = os.waitstatus_to_exitcode(status)
            stage.await_gone(outcome, *alive)
            if code == -signal.SIGKILL:
                outcome.kills += 1
                return True
            if code != 0:
                outcome.wrong.append(f"a worker ended with {code}")
        return False


@dataclass
class Sieges:
    """Backlogs one after the other in `folder`, every second one with the mood that drops a line.

    With a server the databases are PostgreSQL's and three workers share each backlog; else it is one
    worker, and two backlogs at a time. `scenes` are used when they are given, else made.
    """

    folder: Path
    seed: int
    tell: Callable[[str], None]
    server: Server | None = None
    scenes: list[tuple[Scene, Counter[Row]]] = field(default_factory=list)
    _reserved: int = field(default=0, init=False)
    _quotas: dict[str, int] = field(default_factory=dict, init=False)

    def carry_out(self, kills: int, until: float) -> list[Outcome]:
        """Kill so many workers, or as many as there is time for (`until`, of the monotonic clock)."""
        workers, at_once = (3, 1) if self.server is not None else (1, 2)
        if not self.scenes:
            self._make_scenes(_size(kills), workers)
        began, outcomes, done = time.monotonic(), list[Outcome](), 0

        def following() -> Siege | None:
            return self._next(kills, until, workers, at_once)

        for outcome in in_processes(following, at_once):
            outcomes.append(outcome)
            done += outcome.kills
            self._reserved -= self._quotas[outcome.name] - outcome.kills
            each = (time.monotonic() - began) / max(done, 1)
            self.tell(
                f"{outcome.name}: {outcome.kills} kills, {len(outcome.lost)} lost, "
                f"{len(outcome.doubled)} doubled, {len(outcome.wrong)} wrong, "
                f"{outcome.handed_back} handed back; {done} of {kills} kills, {each:.1f} s each."
            )
            for what in ("lost", "doubled", "wrong"):
                for one in getattr(outcome, what):
                    self.tell(f"  {what}: {one} (see {outcome.folder})")
        if done < kills:
            self.tell(f"There was time for {done} of {kills} kills.")
        return outcomes

    def _make_scenes(self, size: int, places: int) -> None:
        for number, losing in enumerate((False, True), start=1):
            asked = Backlog(size - size // 2, size // 2, losing=losing)
            folder = self.folder / f"backlog-{number}"
            scene = Scene.prepare(folder, asked, places=places, server=self.server)
            rows, outcome = undisturbed(scene, self.folder / f"backlog-{number}-undisturbed")
            self.tell(f"Undisturbed, {size} cases: {outcome.seconds:.0f} s of processor time.")
            self.scenes.append((scene, rows))

    def _next(self, kills: int, until: float, workers: int, at_once: int) -> Siege | None:
        """The next siege. None while those under way may spend all kills that are left."""
        if self._reserved >= kills or time.monotonic() >= until:
            return None
        number = len(self._quotas) + 1
        scene, rows = self.scenes[number % len(self.scenes)]
        folder = self.folder / f"siege-{number}"
        most = min(
            2 * (scene.asked.corrections + scene.asked.orders),
            -(-kills // at_once),
            kills - self._reserved,
        )
        self._quotas[folder.name] = most
        self._reserved += most
        return Siege(scene, folder, rows, workers, self.seed + number, most, until)


def _death(chance: random.Random) -> Death:
    if chance.random() < _EARLY:
        return Death("worker", 0, chance.uniform(0, _START))
    return Death("worker", chance.randint(1, FURTHEST), chance.uniform(0, _AFTER))


def _size(kills: int) -> int:
    """How many cases a backlog has: enough that every worker is killed in the middle of it."""
    return 40 if kills >= 300 else 12 if kills >= 30 else 4
