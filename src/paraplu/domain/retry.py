"""What to do about a failure: a decision that is returned, and carried out by whoever asked.

Two questions decide. *Was anything done outside?* While an intent stands open, or the outcome is
unknown, nothing is tried again before somebody looked. *Whose problem is it?* A target that is down is
no case's fault: its cases wait, however long. What is not understood goes to a person.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from paraplu.domain.agreement import Limits
from paraplu.errors import (
    Collateral,
    IntegrityBroken,
    NothingDone,
    OutcomeUnknown,
    PageChanged,
    PluginWrong,
    TargetDown,
    TargetRefused,
)

FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=1)
"""The most that waiting times of our own grow to."""

LONGEST_OBEYED = timedelta(hours=24)
"""The most that a target's own Retry-After is obeyed: a slip of its pen must not close it for a year."""


class Kind(StrEnum):
    """What kind of failure it was."""

    NOTHING_DONE = "nothing-done"
    TARGET_DOWN = "target-down"
    PAGE_CHANGED = "page-changed"
    REFUSED_BY_TARGET = "refused-by-target"
    PLUGIN_WRONG = "plugin-wrong"
    OUTCOME_UNKNOWN = "outcome-unknown"
    MOVED = "moved"  # what the plan rests on, or was allowed by, has changed since
    HANDS_LOST = "hands-lost"  # the process that works outside died or had to be killed
    NOT_UNDERSTOOD = "not-understood"


_HOPELESS = (Kind.REFUSED_BY_TARGET, Kind.PLUGIN_WRONG, Kind.NOT_UNDERSTOOD)
"""Trying once more would end the same: a person or a developer must look."""


@dataclass(frozen=True, slots=True)
class Failure:
    """One failure on one case.

    `intent_open` says whether an intent of the case stands open, so that something may have been done.
    `attempts` counts the tries so far, the one that failed included; for a target that is down, the
    failures in a row. `crashes` counts how often the case took its run down, this time included.
    `retry_after` is the number of seconds that the target asked to wait. `alone`: the target has
    answered for other cases meanwhile, so that it is this case's own trouble.
    """

    kind: Kind
    attempts: int
    intent_open: bool
    crashes: int = 0
    retry_after: float | None = None
    alone: bool = False


@dataclass(frozen=True, slots=True)
class AgainAt:
    """Start the case again from the top, not before `moment`; now means at once."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class LookFirst:
    """Sign in anew and look what was done, not before `moment`, before anything else is."""

    moment: datetime


@dataclass(frozen=True, slots=True)
class SetAside:
    """Give the case to a person. `code` is the exception's: not-done, unresolved or crashed-often."""

    code: str


Decision = AgainAt | LookFirst | SetAside


def failure_of(
    error: Exception, attempts: int, *, intent_open: bool, crashes: int = 0, alone: bool = False
) -> Failure | None:
    """The failure that an error is, as far as its class tells.

    None for broken integrity, a lost fence and collateral, which are nobody's to decide about: they
    stop. Moved and hands lost are the engine's to name, as they are kinds of other errors.
    """
    if isinstance(error, IntegrityBroken | Collateral):
        return None
    retry_after = error.retry_after if isinstance(error, TargetDown) else None
    return Failure(_kind(error), attempts, intent_open, crashes, retry_after, alone)


def decide(failure: Failure, limits: Limits, now: datetime) -> Decision:
    """What is to be done about a failure. `now` has a time zone; the moment given is never before it.

    * The target is down: as many times as it takes, after 1, 2, 4 ... minutes, at most an hour, or when
      the target asked for. Only when it fails for this case `alone`, the limit counts.
    * The hands are lost: look what was done; at the agreement's number of crashes a person must. An open
      intent is looked at once more than that, for the look may tell that all is well.
    * Refused by the target, plugin wrong, not understood: to a person. With an open intent only a wrong
      plugin is; the rest is looked at again first.
    * Everything else at once, then after 1, 2, 4 ... minutes, as often as the agreement says.
    """
    open_end = failure.intent_open or failure.kind is Kind.OUTCOME_UNKNOWN
    if failure.kind is Kind.HANDS_LOST:
        if failure.crashes >= limits.crashes + (1 if failure.intent_open else 0):
            return SetAside("unresolved" if failure.intent_open else "crashed-often")
        return LookFirst(now) if failure.intent_open else AgainAt(now)
    down = failure.kind is Kind.TARGET_DOWN
    if failure.attempts >= limits.attempts and (failure.alone or not down):
        return SetAside("unresolved" if open_end else "not-done")
    hopeless = (Kind.PLUGIN_WRONG,) if failure.intent_open else _HOPELESS
    if failure.kind in hopeless:
        return SetAside("unresolved" if open_end else "not-done")
    wait = _asked(failure) if down else backoff(failure.attempts - 1)
    return LookFirst(now + wait) if open_end else AgainAt(now + wait)


def backoff(times: int) -> timedelta:
    """How long to wait after failing so often: nothing, then 1, 2, 4 ... minutes, at most an hour."""
    if times <= 0:
        return timedelta(0)
    return min(FIRST_WAIT * (1 << min(times - 1, 16)), LONGEST_WAIT)


def obeyed(asked: float) -> timedelta:
    """How long to wait for a target that asked for so many seconds: not less, and at most a day."""
    seconds = 0.0 if math.isnan(asked) else min(max(asked, 0.0), LONGEST_OBEYED.total_seconds())
    return timedelta(seconds=math.ceil(seconds))


@dataclass(frozen=True, slots=True)
class Breaker:
    """Counts a target's failures in a row, over the cases of one run; open means that the run pauses."""

    most: int
    failures: int = 0

    @property
    def open(self) -> bool:
        """Whether the target has failed so often that nothing more is tried in this run."""
        return self.failures >= self.most

    def failed(self) -> Breaker:
        """After one more failure of the target."""
        return Breaker(self.most, self.failures + 1)

    def succeeded(self) -> Breaker:
        """After the target has answered: one answer is enough."""
        return Breaker(self.most)


def too_many_exceptions(handled: int, set_aside: int, limits: Limits) -> bool:
    """Whether the rest of a receipt waits for a word, `set_aside` of `handled` cases being exceptions."""
    if handled < limits.exceptions_from:
        return False
    return set_aside * 100 > limits.exceptions_percent * handled


def _asked(failure: Failure) -> timedelta:
    """What the target asked for, or our own wait; one that asked in vain before is waited for longer."""
    asked = failure.retry_after
    if asked is None or math.isnan(asked):
        return backoff(failure.attempts)
    return max(obeyed(asked), backoff(failure.attempts - 1))


def _kind(error: Exception) -> Kind:
    match error:
        case TargetDown():
            return Kind.TARGET_DOWN
        case PageChanged():
            return Kind.PAGE_CHANGED
        case TargetRefused():
            return Kind.REFUSED_BY_TARGET
        case NothingDone():
            return Kind.NOTHING_DONE
        case OutcomeUnknown():
            return Kind.OUTCOME_UNKNOWN
        case PluginWrong():
            return Kind.PLUGIN_WRONG
        case _:
            return Kind.NOT_UNDERSTOOD
