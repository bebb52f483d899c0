"""The sweep: a kill at every point that the work of a small backlog passes, one trial for each."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from crash.backlog import Backlog
from crash.batch import Outcome, in_processes
from crash.count import Row
from crash.scene import Scene
from crash.trial import Trial, undisturbed
from crash.victim import Death, deaths, points as points_of

STORIES = {
    "three corrections and two orders": Backlog(3, 2, approved=True),
    "two corrections that lose a line": Backlog(2, 0, losing=True),
}
"""Of every trial of the second one must come two cases that are collateral."""

QUICK = {
    "a correction and an order": Backlog(1, 1),
    "two corrections that lose a line": Backlog(2, 0, losing=True),
}
VICTIMS = ("worker", "hands")
AT_ONCE = 2


@dataclass(frozen=True)
class Point:
    """A point of a story (by its name and number): where its victim dies."""

    story: str
    number: int
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
    stories: dict[str, Backlog] = field(default_factory=lambda: STORIES)
    scenes: list[tuple[Scene, Counter[Row]]] = field(default_factory=list, init=False)

    def carry_out(self, most: int | None, until: float) -> list[Outcome]:
        """Try every point, or about `most`, spread evenly; none is begun after `until` (monotonic).

        Gives the trials in which the victim died, and those in which something went wrong.
        """
        found = self._points()
        points = chosen(found, most)
        self.tell(f"{len(found)} points were found, {len(points)} are tried, {AT_ONCE} at a time.")
        began, outcomes = time.monotonic(), list[Outcome]()
        trials = self._trials(points, until)
        for number, outcome in enumerate(in_processes(lambda: next(trials, None), AT_ONCE), 1):
            if outcome.kills or not outcome.right:
                outcomes.append(outcome)
            for line in told(outcome):
                self.tell(line)
            if number % 10 == 0:
                each = (time.monotonic() - began) / number
                self.tell(f"{number} of {len(points)} points, {each:.1f} s each.")
        if len(outcomes) < len(points):
            self.tell(f"{len(outcomes)} of {len(points)} points were reached in time.")
        return outcomes

    def _points(self) -> list[Point]:
        """Make the scenes, let an undisturbed worker work in each, and find what it passes."""
        chance = random.Random(self.seed)
        found = []
        for number, (story, asked) in enumerate(self.stories.items(), start=1):
            scene = Scene.prepare(self.folder / f"scene-{number}", asked)
            dry = self.folder / f"undisturbed-{number}"
            rows, outcome = undisturbed(scene, dry)
            self.scenes.append((scene, rows))
            counts = []
            for victim in VICTIMS:
                names = points_of(dry, victim)
                counts.append(f"{len(names)} points for the {victim}")
                some = deaths(names, victim, chance)
                found += [
                    Point(story, number, death, name)
                    for death, name in zip(some, names, strict=True)
                ]
            used = f"{outcome.seconds:.0f} s of processor time"
            self.tell(f"Undisturbed, {story}: {', '.join(counts)}, {used}.")
        return found

    def _trials(self, points: list[Point], until: float) -> Iterator[Trial]:
        for number, point in enumerate(points, start=1):
            if time.monotonic() > until:
                return
            scene, rows = self.scenes[point.number - 1]
            yield Trial(scene, self.folder / f"trial-{number}", point.death, rows)


def chosen(found: list[Point], most: int | None) -> list[Point]:
    """About `most` of the points, spread evenly; one right after an act of each story is among them."""
    if most is None or most >= len(found):
        return found
    step = len(found) / most
    numbers = {int(step / 2 + step * place) for place in range(most)}
    for story in {one.story for one in found}:
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
