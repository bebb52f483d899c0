"""Pauses: nothing of a scope begins until the pause ends. What has begun already goes on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """What a pause keeps from beginning."""

    ALL = "all"
    CLIENT = "client"
    SERVICE = "service"
    TARGET = "target"
    SCHEDULE = "schedule"


@dataclass(frozen=True, slots=True)
class Subject:
    """What might begin: a client's service on its target, by a schedule or by nobody's."""

    client: str
    service: str
    target: str | None = None
    schedule: str | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """One pause, from `begun` until before `ends` (milliseconds since 1970; None: until somebody ends it)."""

    uid: str
    scope: Scope
    name: str
    begun: int
    ends: int | None
    by: str = ""

    def stops(self, subject: Subject) -> bool:
        """Whether this is of its scope."""
        mine = {
            Scope.ALL: "",
            Scope.CLIENT: subject.client,
            Scope.SERVICE: subject.service,
            Scope.TARGET: subject.target,
            Scope.SCHEDULE: subject.schedule,
        }
        return mine[self.scope] == self.name

    def covers(self, at: int) -> bool:
        """Whether it holds at an instant (milliseconds)."""
        return self.begun <= at and (self.ends is None or at < self.ends)


def holding_back(pauses: Iterable[Pause], subject: Subject, at: int) -> Pause | None:
    """The pause that keeps this from beginning at an instant: the one that ends last."""
    found = [one for one in pauses if one.covers(at) and one.stops(subject)]
    forever = 1 << 62
    return max(found, key=lambda one: forever if one.ends is None else one.ends, default=None)
