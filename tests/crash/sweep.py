"""The sweep: a kill at every point that the work of a small backlog passes, one trial for several of them."""

from __future__ import annotations

import random
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crash.backlog import Backlog
from crash.batch import Outcome, in_processes
from crash.count import Row
from crash.point import HANDS, WORKER, Point, parsed, read
from crash.report import Report
from crash.scene import Scene
from crash.trial import Trial, undisturbed
from crash.victim import PASSED, deaths

STORIES = {
    "three corrections and two orders": Backlog(3, 2, approved=True),
    "two corrections that lose a line": Backlog(2, 0, losing=True),
}
"""Of every trial of the second one must come two cases that are collateral."""

QUICK = {
    "a correction and an order": Backlog(1, 1),
    "two corrections that lose a line": Backlog(2, 0, losing=True),
}
AT_ONCE = 2
"""Trials at a time when nothing else is asked for."""

_TELL = 60.0  # seconds between two words on how far it is


@dataclass(frozen=True)
class Planned:
    """A point of a story, and how many seconds after it the victim dies."""

    story: str
    point: Point
    delay: float = 0.0


@dataclass
class Sweep:
    """A sweep in `folder`. `seed` decides how far into an action the hands die.

    What `report` knows to be right is not tried again.
    """

    folder: Path
    seed: int
    tell: Callable[[str], None]
    report: Report
    at_once: int = AT_ONCE
    stories: dict[str, Backlog] = field(default_factory=lambda: STORIES)
    scenes: dict[str, tuple[Scene, Counter[Row]]] = field(default_factory=dict, init=False)
    _trials: int = field(default=0, init=False)

    def carry_out(self, most: int | None, until: float) -> list[Outcome]:
        """Try every point, or about `most`, spread evenly; no trial is begun after `until` (monotonic).

        A point that was not reached behind other deaths is tried once more, alone. Gives the trials.
        """
        points = chosen(self._points(), most)
        outcomes = self.report.outcomes("sweep")
        done = {(one.story, line) for one in outcomes for line in one.struck}
        if done:
            self.tell(f"{len(done)} points were right before, and are not tried again.")
        points = [one for one in points if (one.story, one.point.line) not in done]
        queue = deque(packed(points))
        self.tell(
            f"{len(points)} points are tried in {len(queue)} trials, {self.at_once} of them at a time."
        )
        tried: dict[str, list[Planned]] = {}
        progress = _Progress(len(points), self.tell)

        def following() -> Trial | None:
            if not queue or time.monotonic() > until:
                return None
            trial = self._trial(queue[0])
            tried[trial.name] = queue.popleft()
            return trial

        missed = list[Planned]()
        for outcome in in_processes(following, self.at_once):
            plan = tried[outcome.name]
            outcome.story = plan[0].story
            outcomes.append(outcome)
            self.report.add("sweep", outcome)
            for line in told(outcome, plan):
                self.tell(line)
            left = [one for one in plan if one.point.line not in outcome.struck]
            if outcome.right and len(plan) > 1:
                queue += [[Planned(one.story, one.point)] for one in left]
            elif outcome.right:
                missed += left
            progress.add(outcome)
        for one in missed:
            self.tell(f"Not reached again, and not counted: {one.point} ({one.story}).")
        if queue:
            self.tell(f"There was no time for {sum(map(len, queue))} points.")
        return outcomes

    def _points(self) -> list[Planned]:
        """Make the scenes, let an undisturbed worker work in each, and find what it passes."""
        chance = random.Random(self.seed)
        found = list[Planned]()
        for number, (story, asked) in enumerate(self.stories.items(), start=1):
            scene = Scene.prepare(self.folder / f"scene-{number}", asked)
            dry = self.folder / f"undisturbed-{number}"
            rows, outcome = undisturbed(scene, dry)
            self.scenes[story] = scene, rows
            counts = []
            for whom in (WORKER, HANDS):
                points = read(dry / f"{PASSED}-{whom}")
                found += [
                    Planned(story, point, delay) for point, delay in deaths(points, chance).items()
                ]
                outside = sum(not one.case for one in points)
                counts.append(f"{len(points)} points for the {whom} ({outside} outside of a case)")
            used = f"{outcome.seconds:.0f} s of processor time"
            self.tell(f"Undisturbed, {story}: {', '.join(counts)}, {used}.")
        self.tell(f"{len(found)} points were found.")
        return found

    def _trial(self, plan: list[Planned]) -> Trial:
        self._trials += 1
        scene, rows = self.scenes[plan[0].story]
        delays = {one.point: one.delay for one in plan}
        folder = self.folder / f"trial-{self._trials}"
        return Trial(scene, folder, rows, plan[0].point.whom, delays)


def packed(points: list[Planned]) -> list[list[Planned]]:
    """The points by trials: each has one of each case, and of what surrounds the cases of a service.

    In one trial all are of one story, and all are the worker's or all the hands'.
    """
    kinds: dict[tuple[str, str], dict[tuple[str, str], list[Planned]]] = {}
    for one in points:
        contexts = kinds.setdefault((one.story, one.point.whom), {})
        contexts.setdefault(one.point.context, []).append(one)
    trials = list[list[Planned]]()
    for contexts in kinds.values():
        longest = max(map(len, contexts.values()))
        trials += [
            [some[place] for some in contexts.values() if place < len(some)]
            for place in range(longest)
        ]
    return trials


def chosen(found: list[Planned], most: int | None) -> list[Planned]:
    """About `most` of the points, spread evenly; one right after an act of each story is among them."""
    if most is None or most >= len(found):
        return found
    step = len(found) / most
    numbers = {int(step / 2 + step * place) for place in range(most)}
    for story in {one.story for one in found}:
        acts = [n for n, one in enumerate(found) if one.story == story and one.point.ends_an_act]
        if acts and not numbers & set(acts) and numbers:
            act = acts[-1]
            numbers.remove(min(numbers, key=lambda number: abs(number - act)))
            numbers.add(act)
    return [found[number] for number in sorted(numbers)]


def told(outcome: Outcome, plan: list[Planned]) -> Iterator[str]:
    """What is to be said of a trial, nothing when all is well."""
    for one in plan:
        if outcome.right and one.point.line not in outcome.struck:
            yield f"{outcome.name}: not reached: {one.point}"
    if outcome.right:
        return
    yield f"{outcome.name} ({outcome.story}) went wrong, see {outcome.folder}. Killed were:"
    for line in outcome.struck:
        yield f"  {parsed(line)}"
    for what in ("lost", "doubled", "wrong"):
        for text in getattr(outcome, what):
            yield f"  {what}: {text}"


class _Progress:
    """Tells each minute how far it is, what a point takes, and how long it takes to the end."""

    def __init__(self, wanted: int, tell: Callable[[str], None]) -> None:
        self._wanted = wanted
        self._tell = tell
        self._began = self._told = time.monotonic()
        self._points = 0
        self._used = 0.0

    def add(self, outcome: Outcome) -> None:
        """One trial more."""
        self._points += outcome.kills
        self._used += outcome.seconds
        now = time.monotonic()
        if now - self._told < _TELL and self._points < self._wanted:
            return
        self._told = now
        each = (now - self._began) / max(self._points, 1)
        left = max(self._wanted - self._points, 0) * each / 60
        self._tell(
            f"{self._points} of {self._wanted} points, {each:.1f} s each ("
            f"{self._used / max(self._points, 1):.1f} s of processor time), {left:.0f} minutes left."
        )
