"""Schedules that wait for each other's services: a loop of them would never come to rest."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from datetime import date

from paraplu.domain.rule import AfterService
from paraplu.domain.schedule import Schedule

_Window = tuple[date, date]


def loops(schedules: Iterable[Schedule]) -> list[tuple[Schedule, ...]]:
    """Schedules of one client of which each sets the next one off, and the last one the first: for ever.

    Each loop begins with the one that stands first; a schedule that stands in a loop already is not named
    again. Schedules that are not valid on a common day make none.
    """
    waiting = [(one, one.rule.service) for one in schedules if isinstance(one.rule, AfterService)]
    found: list[tuple[Schedule, ...]] = []
    for one, _service in waiting:
        if not any(one in loop for loop in found):
            loop = _shortest(one, waiting)
            if loop is not None:
                found.append(loop)
    return found


def _shortest(
    start: Schedule, waiting: Sequence[tuple[Schedule, str]]
) -> tuple[Schedule, ...] | None:
    """The shortest loop through a schedule."""
    ways: deque[tuple[tuple[Schedule, ...], _Window]] = deque([((start,), _window(start))])
    seen: set[tuple[str, _Window]] = set()
    while ways:
        way, (begin, end) = ways.popleft()
        for one, service in waiting:
            if service != way[-1].service:
                continue
            if one is start:
                return way
            first, last = _window(one)
            common = max(begin, first), min(end, last)
            if common[0] <= common[1] and (one.service, common) not in seen:
                seen.add((one.service, common))
                ways.append(((*way, one), common))
    return None


def _window(schedule: Schedule) -> _Window:
    return schedule.valid_from or date.min, schedule.valid_until or date.max
