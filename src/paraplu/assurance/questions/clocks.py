"""Clocks that deviated: entries that claim a time before one that the log had already.

The place in the log is given when an entry is written, its time is what that machine's clock said. A clock
that was set back, or that runs behind another machine's, shows as an entry older than one before it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from paraplu.audit.entry import Entry
from paraplu.engine.clock import from_ms


@dataclass(frozen=True, slots=True)
class Deviation:
    """A stretch of entries behind the log's time. `behind` is the largest distance in it."""

    first: int
    last: int
    entries: int
    behind: timedelta
    at: datetime
    actor: str
    run: str | None


def deviations(
    found: Iterable[tuple[int, Entry]], tolerance: timedelta = timedelta(seconds=1)
) -> list[Deviation]:
    """The stretches in which entries (place and entry, in the order of the log) lag more than `tolerance`.

    Workers of one machine commit within a moment of each other, hence a tolerance.
    """
    stretches: list[Deviation] = []
    newest = 0
    going = False
    for place, entry in found:
        behind = timedelta(milliseconds=max(0, newest - entry.time_ms))
        newest = max(newest, entry.time_ms)
        if behind <= tolerance:
            going = False
            continue
        last = stretches[-1] if stretches and going else None
        if last is not None and (last.actor, last.run) == (entry.actor, entry.run):
            stretches[-1] = Deviation(
                last.first,
                place,
                last.entries + 1,
                max(last.behind, behind),
                last.at,
                last.actor,
                last.run,
            )
        else:
            at = from_ms(entry.time_ms)
            stretches.append(Deviation(place, place, 1, behind, at, entry.actor, entry.run))
        going = True
    return stretches
