"""One request being handled, from receipt to close: its states and the moves between them."""

from __future__ import annotations

from enum import StrEnum

from paraplu.errors import Refused


class State(StrEnum):
    """Where a case stands."""

    RECEIVED = "received"
    PLANNED = "planned"
    WAITING = "waiting"
    READY = "ready"
    WORKING = "working"
    WITH_PERSON = "with-person"
    DONE = "done"
    ALREADY = "already-so"
    RETURNED = "returned"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    BY_HAND = "by-hand"


CLOSED = frozenset(
    {State.DONE, State.ALREADY, State.RETURNED, State.DECLINED, State.WITHDRAWN, State.BY_HAND}
)
"""States that a case does not leave; what comes after is a case that follows it."""

DUE = frozenset({State.RECEIVED, State.PLANNED, State.READY, State.WORKING})
"""States in which a run takes a case up. One that is still working belongs to a run that died."""

_MOVES: dict[State, frozenset[State]] = {
    State.RECEIVED: frozenset(
        {
            State.PLANNED,
            State.WAITING,
            State.READY,
            State.WORKING,
            State.WITH_PERSON,
            State.ALREADY,
            State.RETURNED,
            State.WITHDRAWN,
            State.BY_HAND,
        }
    ),
    State.WITH_PERSON: frozenset(
        {State.RECEIVED, State.WORKING, State.RETURNED, State.WITHDRAWN, State.BY_HAND, State.DONE}
    ),
    State.WAITING: frozenset(
        {State.READY, State.DECLINED, State.WITHDRAWN, State.WITH_PERSON, State.RECEIVED}
    ),
    State.WORKING: frozenset({State.DONE, State.READY, State.WITH_PERSON, State.WORKING}),
}
_MOVES[State.PLANNED] = _MOVES[State.RECEIVED]
_MOVES[State.READY] = _MOVES[State.RECEIVED] | {State.RECEIVED}


def may_move(old: State, new: State) -> bool:
    """Whether a case may go from `old` to `new`."""
    return new in _MOVES.get(old, frozenset())


def move(old: State, new: State) -> State:
    """`new`, when a case may go there from `old`. Raises `Refused` otherwise."""
    if not may_move(old, new):
        raise Refused(f"A case that is {in_words(old)} cannot become {in_words(new)}.")
    return new


def in_words(state: State) -> str:
    """The state as people say it in English."""
    return {
        State.WAITING: "waiting for approval",
        State.WITH_PERSON: "with a person",
        State.ALREADY: "already so",
        State.BY_HAND: "closed by hand",
    }.get(state, state.value)
