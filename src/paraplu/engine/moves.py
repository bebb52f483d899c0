"""Moves of planned runs that a person or Paraplu made, and the entries that tell of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from paraplu.domain.planned import PlannedState
from paraplu.engine.clock import from_ms
from paraplu.engine.journal import Hand, Journal, Personal
from paraplu.store.entries import NewEntry

KINDS = {
    PlannedState.PLANNED: "planned-run-restored",
    PlannedState.DUE: "planned-run-due",
    PlannedState.MISSED: "planned-run-missed",
    PlannedState.SKIPPED: "planned-run-skipped",
    PlannedState.PAUSED: "planned-run-paused",
    PlannedState.MERGED: "planned-run-merged",
}
_IN_ONE = 300
"""Planned runs of a schedule that one entry tells of, when the same became of all of them."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A planned run (its row as it was) and what becomes of it."""

    row: Any
    state: PlannedState
    why: str | None = None
    run: str | None = None
    by: str | None = None

    @property
    def values(self) -> Mapping[str, Any]:
        """What is written besides the state."""
        return {"why": self.why, "run": self.run or self.row.run, "by": self.by}


def entries_of(
    journal: Journal, hand: Hand, moved: Iterable[Moved], personal: Personal | None = None
) -> Iterator[NewEntry]:
    """The entries of moves that `hand` made. Moves of one schedule with the same outcome share one."""
    for (schedule, state, why, run), group in groupby(moved, key=_outcome):
        ones = list(group)
        for start in range(0, len(ones), _IN_ONE):
            part = ones[start : start + _IN_ONE]
            yield journal.entry(
                KINDS[state],
                hand,
                client=part[0].row.client,
                service=part[0].row.service,
                status_code=why,
                personal=personal,
                detail={
                    "schedule": schedule,
                    "planned_for": [instant(one.row.planned_for) for one in part],
                    **({"run": run} if run else {}),
                },
            )


def instant(milliseconds: int) -> str:
    """An instant as entries write it: 2026-12-21T15:00:00Z."""
    moment = from_ms(milliseconds)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ" if moment.microsecond else "%Y-%m-%dT%H:%M:%SZ")


def _outcome(one: Moved) -> tuple[str, PlannedState, str | None, str | None]:
    return one.row.schedule, one.state, one.why, one.run
