"""The sweep: a kill at every point that the work of a small backlog passes, one trial for each."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from crash.backlog import Backlog
from crash.batch import Outcome, in_processes
from crash.scene import Scene
from crash.trial import Trial, undisturbed
from crash.victim import Death, deaths, points

STORIES = {
    "three corrections and two orders": Backlog(3, 2, approved=True),
    "two corrections that lose a line": Backlog(2, 0, losing=True),
}
"""Of every trial of the second one must come two cases that are collateral."""

VICTIMS = ("worker", "hands")
AT_ONCE = 2


@dataclass(frozen=True)
class Point:
    """A point of a story: where its victim dies."""

    story: str
    death: Death
    name: str

    @property
    def ends_an_act(self) -> bool:
        """Whether it lies between a click that alters the target and the entry of that click."""
        return self.name.startswith("before") and "clicked in act" in self.name


@dataclass
class Sweep:
    """A sweep in `folder`. `seed` decides how far into an action the hands die."""

    folder: Path
    seed: int
    tell: Callable[[str], None]

    def carry_out(self, most: int | None = None) -> list[Outcome]:
        """Try every point, or about `most`, spread evenly. Gives the trials in which the victim died."""
        trials: list[Trial] = []
        found = self._points()
        for point in chosen(found, most):
            trials.append(self._trial(point, len(trials) + 1))
        self.tell(f"{len(found)} points were found, {len(trials)} are tried, {AT_ONCE} at a time.")
        began, outcomes = time.monotonic(), list[Outcome]()
        for number, outcome in enumerate(in_processes(trials, AT_ONCE), start=1):
            if outcome.kills or not outcome.right:
                outcomes.append(outcome)
            for line in told(outcome):
                self.tell(line)
            if number % 10 == 0:
                each = (time.monotonic() - began) / number
                self.tell(f"{number} of {len(trials)} points, {each:.1f} s each.")
        return outcomes

    def _points(self) -> list[Point]:
        """Make the scenes, let an undisturbed worker work in each, and find what it passes."""
        chance = random.Random(self.seed)
        self._wanted = {}
        found = []
        for number, (story, asked) in enumerate(STORIES.items(), start=1):
            scene = Scene.prepare(self.folder / f"scene-{number}", asked)
            dry = self.folder / f"undisturbed-{number}"
            rows, outcome = undisturbed(scene, dry)
            self._wanted[story] = scene, rows
            self.tell(f"Undisturbed, {story}: {outcome.seconds:.0f} s of processor time.")
            for victim in VICTIMS:
                names = points(dry, victim)
                self.tell(f"  {len(names)} points for the {victim}.")
                some = deaths(names, victim, chance)
                found += [
                    Point(story, death, name) for death, name in zip(some, names, strict=True)
                ]
        return found

    def _trial(self, point: Point, number: int) -> Trial:
        scene, rows = self._wanted[point.story]
        folder = self.folder / f"trial-{number}"
        return Trial(scene, folder, point.death, rows)


def chosen(found: list[Point], most: int | None) -> list[Point]:
    """About `most` of the points, spread evenly; one right after an act of each story is among them."""
    if most is None or most >= len(found):
        return found
    step = len(found) / most
    numbers = {int(step / 2 + step * place) for place in range(most)}
    for story in STORIES:
        acts = [n for n, one in enumerate(found) if one.story == story and one.ends_an_act]
        if acts and not numbers & set(acts) and numbers:
            act = acts[-1]
            numbers.remove(min(numbers, key=lambda number: abs(number - act)))
            numbers.add(act)
    return [found[number] for number in sorted(numbers)]


def told(outcome: Outcome) -> Iterator[str]:
    """What is to be said of a trial, nothing when all is well."""
    if outcome.right and outcome.rounds <= 1:
        return
    yield f"{outcome.name}: {outcome.rounds} more workers" + (
        "" if outcome.right else f", see {outcome.folder}"
    )
    for what in ("lost", "doubled", "wrong"):
        for one in getattr(outcome, what):
            yield f"  {what}: {one}"
