"""One trial of the sweep: some deaths, each in a case of its own, and then the office is counted."""

from __future__ import annotations

import signal
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from crash.batch import Outcome, in_processes
from crash.count import Row, counted, office_rows
from crash.point import Point
from crash.scene import Scene
from crash.stage import Stage
from crash.victim import Deaths

_LONGEST = 240.0  # seconds that a worker may take for a small backlog
_PER_CASE = 40.0  # more seconds for each case
_ROUNDS = 6  # workers that end by themselves with work left


@dataclass(frozen=True)
class Trial:
    """A trial on a copy of `scene` in `folder`; `wanted` is what an undisturbed one leaves.

    `delays` are the points at which somebody dies (all of them workers, or all of them hands), and how
    many seconds after it. After each death another worker, or other hands, go on to the next one; no case
    has more than one point, so that each death finds a case that none has touched.
    """

    scene: Scene
    folder: Path
    wanted: Counter[Row] | None = None
    whom: str = ""
    delays: Mapping[Point, float] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name of its folder."""
        return self.folder.name

    def carry_out(self) -> Outcome:
        """Do it, here. The folder goes when all was right."""
        outcome = Outcome(self.name, str(self.folder))
        with Stage.set(self.scene, self.folder) as stage:
            killed = self._kill(stage, outcome)
            let_go_on(stage, outcome, at_once=killed or not self.delays)
        found = counted(self.folder, self.scene.asked, self.wanted)
        outcome.lost, outcome.doubled = found.lost, found.doubled
        outcome.wrong += found.wrong
        if outcome.right and self.delays:
            stage.strike()
        return outcome

    def _kill(self, stage: Stage, outcome: Outcome) -> bool:
        """Begin workers until every death was died or nothing is due. Gives whether the last was killed."""
        left, ended = dict(self.delays), 0
        code: int | None = 0
        while left and ended < _ROUNDS:
            worker = stage.worker(Deaths(self.whom, left))
            code = stage.wait(worker, patience(self.scene))
            stage.await_gone(outcome)
            struck = [point for point in left if point in stage.struck()]
            outcome.struck += [point.line for point in struck]
            outcome.kills += len(struck)
            for point in struck:
                del left[point]
            if code == -signal.SIGKILL and struck:
                continue
            if code is None:
                outcome.wrong.append("a worker took too long, and was ended")
            elif code != 0:
                outcome.wrong.append(f"a worker ended with {code}")
            ended += 1
            if left:
                stage.let_time_pass()
                due = stage.due()
                outcome.handed_back += due.handed_back
                if not due.runs:
                    break
        return code == -signal.SIGKILL


def let_go_on(stage: Stage, outcome: Outcome, *, at_once: bool = False) -> None:
    """Let workers work until nothing is due any more, the time for what was put off passing.

    `at_once` says that there is work for one, as far as is known.
    """
    due = None if at_once else stage.due()
    while (due is None or due.runs) and outcome.rounds < _ROUNDS:
        code = stage.wait(stage.worker(), patience(stage.scene))
        outcome.rounds += 1
        if code != 0:
            outcome.wrong.append(f"the next worker ended with {code}")
        stage.await_gone(outcome)
        outcome.handed_back += due.handed_back if due else 0
        stage.let_time_pass()
        due = stage.due()
    if due is None or due.runs:
        runs = due.runs if due else "some"
        outcome.wrong.append(f"{runs} runs are still under way after {outcome.rounds} workers")


def patience(scene: Scene) -> float:
    """Seconds after which a worker hangs."""
    return _LONGEST + _PER_CASE * (scene.asked.corrections + scene.asked.orders)


def undisturbed(scene: Scene, folder: Path) -> tuple[Counter[Row], Outcome]:
    """What a trial without a death leaves in the office. Raises when that is not right itself."""
    only = iter([Trial(scene, folder)])
    outcome = next(in_processes(lambda: next(only, None), 1))
    if not outcome.right or outcome.rounds != 1:
        raise RuntimeError(f"An undisturbed worker is not right: {outcome}")
    return office_rows(folder), outcome
