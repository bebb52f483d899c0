"""Planned runs: one line of the ledger of what was due, and what became of it. Nothing planned vanishes."""

from __future__ import annotations

from enum import StrEnum

from paraplu.errors import Refused


class PlannedState(StrEnum):
    """What became of a planned run."""

    PLANNED = "planned"
    DUE = "due"
    STARTED = "started"
    FINISHED = "finished"
    MISSED = "missed"
    SKIPPED = "skipped"
    PAUSED = "paused"
    MERGED = "merged"


_MOVES: dict[PlannedState, frozenset[PlannedState]] = {
    PlannedState.PLANNED: frozenset(
        {
            PlannedState.DUE,
            PlannedState.MISSED,
            PlannedState.SKIPPED,
            PlannedState.PAUSED,
            PlannedState.MERGED,
        }
    ),
    PlannedState.DUE: frozenset(
        {PlannedState.STARTED, PlannedState.FINISHED, PlannedState.MISSED, PlannedState.SKIPPED}
    ),
    PlannedState.STARTED: frozenset({PlannedState.FINISHED, PlannedState.DUE}),
    PlannedState.MISSED: frozenset({PlannedState.DUE, PlannedState.SKIPPED}),
    PlannedState.PAUSED: frozenset({PlannedState.DUE, PlannedState.SKIPPED, PlannedState.MISSED}),
}


def move(old: PlannedState, new: PlannedState) -> PlannedState:
    """`new`, when a planned run may go there from `old`. Raises `Refused` otherwise."""
    if new is not old and new not in _MOVES.get(old, frozenset()):
        raise Refused(f"A planned run that is {old.value} cannot become {new.value}.")
    return new
