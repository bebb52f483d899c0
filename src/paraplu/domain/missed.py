"""What happens to a planned run whose time has passed while nothing was running."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta

_MOST = timedelta(days=31)
_EXAMPLES = "run within 2 h; run within 90 min; run all; ask"


@dataclass(frozen=True)
class RunWithin:
    """The latest one that is not older than `window` is run; the others are merged into it or missed."""

    window: timedelta

    def __str__(self) -> str:
        minutes = int(self.window.total_seconds()) // 60
        return f"run within {minutes} min" if minutes % 60 else f"run within {minutes // 60} h"


@dataclass(frozen=True)
class RunAll:
    """Each one is run, one after the other."""

    def __str__(self) -> str:
        return "run all"


@dataclass(frozen=True)
class Ask:
    """None is run before a person says so."""

    def __str__(self) -> str:
        return "ask"


Missed = RunWithin | RunAll | Ask


def parse_missed(text: str) -> Missed:
    """The rule that `missed` of a schedule stands for. Raises ValueError that says what to write."""
    sentence = " ".join(text.split()).lower()
    if sentence == "run all":
        return RunAll()
    if sentence == "ask":
        return Ask()
    match = re.fullmatch(r"run within ([0-9]{1,6}) ?(h|hours?|min|minutes?)", sentence)
    if match is None:
        raise ValueError(f"{text!r} does not say what becomes of a missed run. Write: {_EXAMPLES}")
    minutes = int(match[1]) * (60 if match[2].startswith("h") else 1)
    if minutes == 0:
        raise ValueError("Within 0 minutes nothing can be run. Write: ask; or: run within 30 min")
    window = timedelta(minutes=minutes)
    if window > _MOST:
        raise ValueError(
            f"A run is caught up with for at most {_MOST.days * 24} h. Write: run all; or: ask"
        )
    return RunWithin(window)
