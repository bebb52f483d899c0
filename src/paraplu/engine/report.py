"""What a run came to."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from paraplu.domain.case import State
from paraplu.domain.plan import Plan
from paraplu.engine.casefile import Said

Progress = Callable[[int, int, str], None]
"""Told after each case: how many are handled, of how many, and the state it came to."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would happen to one case, and the plan it would happen by."""

    case: str
    reference: str
    verdict: str
    plan: Plan | None
    said: tuple[Said, ...]


@dataclass
class RunReport:
    """How a run went.

    `ending` is ``finished``, ``nothing-due``, ``paused`` (the target does not answer, `why` says more),
    ``stopped`` (somebody asked for it), ``time-limit`` or ``given-back`` (another worker goes on with
    it). `held` are receipts that wait for a word, `put_off` counts cases that are tried again later, and
    `again_at` is when another run is due for what is left.
    """

    run: str
    client: str
    service: str
    ending: str = "finished"
    handled: dict[State, int] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    rehearsed: list[Rehearsed] = field(default_factory=list)
    put_off: int = 0
    again_at: datetime | None = None
    why: str = ""
