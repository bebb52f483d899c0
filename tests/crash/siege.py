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
from crash.report import Report
from crash.scene import Scene, Server
from crash.stage import Stage
from crash.trial import let_go_on, patience, undisturbed
from crash.victim import Chance

NEAR = (1, 160)
"""The points between which a worker dies: while it signs in, or in a case (about 90 points each)."""

FAR, FAR_EACH = (280, 420), 5
"""Every fifth one comes farther, so that no case is broken off more often than its agreement says (10).

For then it is a person's, rightly, and this counts it as lost. Two runs at once share the points.
"""

SIZE = 8
"""How many cases a backlog has, and a third more for each worker more."""

KILLS_PER_CASE = 2
"""At most so many kills for each case of a backlog."""

_EARLY = 0.1  # of the kills come while the worker starts
_START = 3.0  # seconds in which it starts
_AFTER = 0.1  # seconds after a point
PLACES = 2
"""How many runs a worker carries out at once."""

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
        outcome = Outcome(self.name, str(self.folder), "losing" if self.scene.asked.losing else "")
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
        idle, begun = False, 0
        while outcome.kills + len(alive) < self.most and time.monotonic() < self.until:
            if idle:
                due = stage.due()
                outcome.handed_back += due.handed_back
                if not due.runs:
                    return
            while len(alive) < self.workers and outcome.kills + len(alive) < self.most:
                begun += 1
                death = _chance(chance, far=begun % FAR_EACH == 0)
                alive[stage.worker(death)] = time.monotonic() + patience(stage.scene)
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
    """Backlogs in turn in `folder`: corrections, orders, and both.

    At least half of the kills come in those in which the mood is on that drops a line. With a server the
    databases are PostgreSQL's and three workers share each backlog; else it is one worker, and `at_once`
    backlogs at a time. `scenes` are used when they are given, else made first. What `report` knows to be
    right is counted.
    """

    folder: Path
    seed: int
    tell: Callable[[str], None]
    report: Report
    server: Server | None = None
    at_once: int = 2
    scenes: list[tuple[Scene, Counter[Row]]] = field(default_factory=list)
    _earlier: int = field(default=0, init=False)
    _quotas: dict[str, int] = field(default_factory=dict, init=False)
    _reserved: Counter[bool] = field(default_factory=Counter, init=False)
    _turns: Counter[bool] = field(default_factory=Counter, init=False)

    def carry_out(self, kills: int, until: float) -> list[Outcome]:
        """Kill so many workers, or as many as there is time for (`until`, of the monotonic clock)."""
        kind = "sqlite" if self.server is None else "postgresql"
        workers, at_once = (1, self.at_once) if self.server is None else (3, 1)
        outcomes = self.report.outcomes(kind)
        for one in outcomes:
            self._reserved[bool(one.story)] += one.kills
        self._earlier = len(outcomes)
        done = before = sum(one.kills for one in outcomes)
        if before:
            self.tell(f"{before} kills were right before, and are counted.")
        if not self.scenes and done < kills:
            self._make_scenes(workers, small=kills < SIZE * KILLS_PER_CASE)
        began, used = time.monotonic(), 0.0

        def following() -> Siege | None:
            return self._next(kills, until, workers, at_once)

        for outcome in in_processes(following, at_once):
            outcomes.append(outcome)
            self.report.add(kind, outcome)
            done += outcome.kills
            used += outcome.seconds
            self._reserved[bool(outcome.story)] -= self._quotas[outcome.name] - outcome.kills
            each = (time.monotonic() - began) / max(done - before, 1)
            self.tell(
                f"{outcome.name}: {outcome.kills} kills, {len(outcome.lost)} lost, "
                f"{len(outcome.doubled)} doubled, {len(outcome.wrong)} wrong, "
                f"{outcome.handed_back} handed back; {done} of {kills} kills, {each:.1f} s each ("
                f"{used / max(done - before, 1):.1f} s of processor time), "
                f"{max(kills - done, 0) * each / 60:.0f} minutes left."
            )
            for what in ("lost", "doubled", "wrong"):
                for one in getattr(outcome, what):
                    self.tell(f"  {what}: {one} (see {outcome.folder})")
        losing = sum(one.kills for one in outcomes if one.story)
        self.tell(f"{done} of {kills} kills, {losing} of them while the office dropped lines.")
        return outcomes

    def _make_scenes(self, workers: int, *, small: bool) -> None:
        size = 4 if small else SIZE * (workers + 2) // 3
        mixed, half = size - size // 2, size // 2
        for number, asked in enumerate(
            (
                Backlog(mixed, half, losing=True),
                Backlog(mixed, half),
                Backlog(size, 0, losing=True),
                Backlog(size, 0),
                Backlog(0, size),
            ),
            start=1,
        ):
            folder = self.folder / f"backlog-{number}"
            scene = Scene.prepare(folder, asked, places=workers, server=self.server, at_once=PLACES)
            rows, outcome = undisturbed(scene, self.folder / f"backlog-{number}-undisturbed")
            self.tell(
                f"Undisturbed, {asked.corrections} corrections and {asked.orders} orders"
                f"{', lines dropped' * asked.losing}: {outcome.seconds:.0f} s of processor time."
            )
            self.scenes.append((scene, rows))

    def _next(self, kills: int, until: float, workers: int, at_once: int) -> Siege | None:
        """The next siege. None while those under way may spend all kills that are left."""
        left = kills - self._reserved.total()
        if left <= 0 or time.monotonic() >= until:
            return None
        room = kills // 2 - self._reserved[False]
        losing = self._reserved[True] <= self._reserved[False] or room <= 0
        some = [one for one in self.scenes if one[0].asked.losing == losing] or self.scenes
        scene, rows = some[self._turns[losing] % len(some)]
        self._turns[losing] += 1
        number = self._earlier + self._turns.total()
        folder = self.folder / f"siege-{number}"
        size = scene.asked.corrections + scene.asked.orders
        most = min(KILLS_PER_CASE * size, -(-kills // at_once), left if losing else min(left, room))
        self._quotas[folder.name] = most
        self._reserved[losing] += most
        return Siege(scene, folder, rows, workers, self.seed + number, most, until)


def _chance(chance: random.Random, *, far: bool) -> Chance:
    if not far and chance.random() < _EARLY:
        return Chance(0, chance.uniform(0, _START))
    return Chance(chance.randint(*(FAR if far else NEAR)), chance.uniform(0, _AFTER))
