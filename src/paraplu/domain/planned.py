"""Planned runs: one line of the ledger of what was due, and what became of it. Nothing planned vanishes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from paraplu.domain.missed import Ask, Missed, RunAll, RunWithin
from paraplu.errors import Refused

ON_TIME = 60_000
"""Milliseconds after its time within which a run still begins on time."""


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


class Why(StrEnum):
    """Why a planned run did not become due at its time. A finished one tells how its run ended instead."""

    FREEZE = "freeze"
    MAINTENANCE = "maintenance"  # due at its end
    PAUSED = "paused"
    LATE = "late"  # later than the schedule's rule lets a run begin
    ASKS = "asks"  # late, and the schedule leaves it to a person
    GOING = "going"  # merged into the run that was due or going
    NEWER = "newer"  # merged into the run of a later time
    NO_AGREEMENT = "no-agreement"
    NO_BOT = "no-bot"
    BY_HAND = "by-hand"
    SCHEDULE_CHANGED = "schedule-changed"
    SCHEDULE_ENDED = "schedule-ended"
    CALENDAR_CHANGED = "calendar-changed"
    NOT_COMPUTED = "not-computed"


REPLANNED = (Why.SCHEDULE_CHANGED, Why.SCHEDULE_ENDED, Why.CALENDAR_CHANGED)
"""Why a run was taken out of the plan before its time: it comes back when it is planned again."""

TOO_EARLY = (Why.LATE, Why.ASKS, Why.NOT_COMPUTED)
"""Why a run was missed by a clock that ran ahead: it comes back when the clock has been set."""

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
        {
            PlannedState.STARTED,
            PlannedState.FINISHED,
            PlannedState.MISSED,
            PlannedState.SKIPPED,
            PlannedState.PAUSED,
        }
    ),
    # Given back, it is due again; not allowed any more, it never did anything.
    PlannedState.STARTED: frozenset(
        {PlannedState.FINISHED, PlannedState.DUE, PlannedState.SKIPPED}
    ),
    PlannedState.MISSED: frozenset(
        {PlannedState.DUE, PlannedState.SKIPPED, PlannedState.MERGED, PlannedState.PLANNED}
    ),
    PlannedState.PAUSED: frozenset(
        {PlannedState.DUE, PlannedState.SKIPPED, PlannedState.MISSED, PlannedState.MERGED}
    ),
    PlannedState.SKIPPED: frozenset({PlannedState.PLANNED}),  # it is in the plan again
}


def move(old: PlannedState, new: PlannedState) -> PlannedState:
    """`new`, when a planned run may go there from `old`. Raises `Refused` otherwise."""
    if new is not old and new not in _MOVES.get(old, frozenset()):
        raise Refused(f"A planned run that is {old.value} cannot become {new.value}.")
    return new


@dataclass(frozen=True, slots=True)
class Coming:
    """A planned run whose time has come. `bar` is what held at that time, and means that it does not run."""

    uid: str
    due: int  # milliseconds since 1970
    bar: tuple[PlannedState, Why] | None = None


@dataclass(frozen=True, slots=True)
class Settled:
    """What becomes of a planned run. `into` is the one whose run does its work, None: a run that is open."""

    uid: str
    state: PlannedState
    why: Why | None = None
    into: str | None = None


def settle(
    coming: Sequence[Coming],
    now: int,
    missed: Missed,
    *,
    bar: tuple[PlannedState, Why] | None = None,
    going: bool = False,
) -> list[Settled]:
    """Decide about the planned runs of one schedule whose time has come at `now`, the earliest first.

    `missed` is the schedule's rule for those that are late. `bar` is what holds now and keeps everything from
    beginning, `going` whether a run of the same client and service is due or going. At most one becomes due.
    What is not in the answer stays planned: it waits for the one before.
    """
    settled: list[Settled] = []
    wanted: list[Coming] = []
    limit = ON_TIME
    if isinstance(missed, RunWithin):
        limit = max(limit, int(missed.window.total_seconds() * 1000))
    for one in coming:
        if one.bar is not None:
            settled.append(Settled(one.uid, *one.bar))
        elif not isinstance(missed, RunAll) and now - one.due > limit:
            why = Why.ASKS if isinstance(missed, Ask) else Why.LATE
            settled.append(Settled(one.uid, PlannedState.MISSED, why))
        elif bar is not None:
            settled.append(Settled(one.uid, *bar))
        else:
            wanted.append(one)
    if isinstance(missed, RunAll):
        return settled + [Settled(one.uid, PlannedState.DUE) for one in wanted[:1] if not going]
    if going:
        return settled + [Settled(one.uid, PlannedState.MERGED, Why.GOING) for one in wanted]
    for one in wanted[:-1]:
        merged = PlannedState.MERGED, Why.NEWER, wanted[-1].uid
        settled.append(Settled(one.uid, *merged))
    return settled + [Settled(one.uid, PlannedState.DUE) for one in wanted[-1:]]
