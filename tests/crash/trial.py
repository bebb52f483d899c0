"""One trial of the sweep: a worker is killed at a point, another one goes on, and the office is counted."""

from __future__ import annotations

import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from crash.batch import Outcome, in_processes
from crash.count import Row, counted, office_rows
from crash.scene import Scene
from crash.stage import Stage
from crash.victim import Death

_LONGEST = 240.0  # seconds that a worker may take for a small backlog
_PER_CASE = 40.0  # more seconds for each case
_ROUNDS = 6  # workers after the one that was killed


@dataclass(frozen=True)
class Trial:
    """A trial of `death` on a copy of `scene` in `folder`; `wanted` is what an undisturbed one leaves."""

    scene: Scene
    folder: Path
    death: Death | None
    wanted: Counter[Row] | None

    @property
    def name(self) -> str:
        """Its death."""
        return str(self.death or "undisturbed")

    def carry_out(self) -> Outcome:
        """Do it, here. The folder goes when all was right."""
        outcome = Outcome(self.name, str(self.folder))
        with Stage.set(self.scene, self.folder) as stage:
            self._kill(stage, outcome)
            let_go_on(stage, outcome)
        found = counted(self.folder, self.scene.asked, self.wanted)
        outcome.lost, outcome.doubled = found.lost, found.doubled
        outcome.wrong += found.wrong
        if outcome.right and self.death is not None:
            stage.strike()
        return outcome

    def _kill(self, stage: Stage, outcome: Outcome) -> None:
        death = self.death
        code = stage.wait(stage.worker(death), patience(self.scene))
        if code is None:
            outcome.wrong.append("the worker took too long, and was ended")
        elif code not in (0, -signal.SIGKILL):
            outcome.wrong.append(f"the worker ended with {code}")
        if death is not None and death.whom == "hands":
            said = (self.folder / "killed.log").read_text("utf-8", "replace")
            outcome.kills = int(f"{death}:" in said)
        else:
            outcome.kills = int(code == -signal.SIGKILL)
        stage.await_gone(outcome)


def let_go_on(stage: Stage, outcome: Outcome) -> None:
    """Let workers work until nothing is due any more, the time for what was put off passing."""
    due = stage.due(0)
    while due.runs and outcome.rounds < _ROUNDS:
        code = stage.wait(stage.worker(rounds=outcome.rounds), patience(stage.scene))
        outcome.rounds += 1
        if code != 0:
            outcome.wrong.append(f"the next worker ended with {code}")
        stage.await_gone(outcome)
        outcome.handed_back += due.handed_back
        due = stage.due(outcome.rounds)
    if due.runs:
        outcome.wrong.append(f"{due.runs} runs are still under way after {outcome.rounds} workers")


def patience(scene: Scene) -> float:
    """Seconds after which a worker hangs."""
    return _LONGEST + _PER_CASE * (scene.asked.corrections + scene.asked.orders)


def undisturbed(scene: Scene, folder: Path) -> tuple[Counter[Row], Outcome]:
    """What a trial without a kill leaves in the office. Raises when that is not right itself."""
    only = iter([Trial(scene, folder, None, None)])
    outcome = next(in_processes(lambda: next(only, None), 1))
    if not outcome.right or outcome.rounds:
        raise RuntimeError(f"An undisturbed worker is not right: {outcome}")
    return office_rows(folder), outcome
