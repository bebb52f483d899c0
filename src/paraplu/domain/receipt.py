"""One delivery of requests, and the totals that always close."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from paraplu.domain.case import State


class ReceiptState(StrEnum):
    """Where a delivery stands. A held one has its first cases done and waits for a person's word."""

    TAKEN_IN = "taken-in"
    HELD = "held"
    STOPPED = "stopped"


class Handled(StrEnum):
    """What became of one request of a delivery."""

    RECEIVED = "received"
    REFUSED = "refused"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class Totals:
    """Counts of requests. A request that fills several rows of a sheet (an order's lines) counts once."""

    rows: int = 0
    received: int = 0
    refused: int = 0
    duplicates: int = 0
    done: int = 0
    already: int = 0
    returned: int = 0
    declined: int = 0
    withdrawn: int = 0
    by_hand: int = 0
    waiting: int = 0
    with_person: int = 0
    working: int = 0

    @classmethod
    def of(cls, handled: Mapping[Handled, int], states: Mapping[State, int]) -> Totals:
        """The totals of what was taken in and where its cases stand. Open and untouched is working."""
        open_states = (State.RECEIVED, State.PLANNED, State.READY, State.WORKING)
        return cls(
            rows=sum(handled.values()),
            received=handled.get(Handled.RECEIVED, 0),
            refused=handled.get(Handled.REFUSED, 0),
            duplicates=handled.get(Handled.DUPLICATE, 0),
            done=states.get(State.DONE, 0),
            already=states.get(State.ALREADY, 0),
            returned=states.get(State.RETURNED, 0),
            declined=states.get(State.DECLINED, 0),
            withdrawn=states.get(State.WITHDRAWN, 0),
            by_hand=states.get(State.BY_HAND, 0),
            waiting=states.get(State.WAITING, 0),
            with_person=states.get(State.WITH_PERSON, 0),
            working=sum(states.get(state, 0) for state in open_states),
        )

    def __add__(self, other: Totals) -> Totals:
        return Totals(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(self)))

    @property
    def closes(self) -> bool:
        """Whether every row is accounted for, once and only once."""
        handled = (
            self.done
            + self.already
            + self.returned
            + self.declined
            + self.withdrawn
            + self.by_hand
            + self.waiting
            + self.with_person
            + self.working
        )
        return (
            self.rows == self.received + self.refused + self.duplicates and self.received == handled
        )

    def to_json(self) -> dict[str, int]:
        """Every count by its name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}
