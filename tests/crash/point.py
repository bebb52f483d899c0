"""Points at which something can be killed, named so that they are found again when work goes another way."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import astuple, dataclass
from pathlib import Path

WORKER, HANDS = "worker", "hands"
"""Who dies: a worker with everything below it, at a commit; or the hands of a run alone, at an action."""


@dataclass(frozen=True, order=True)
class Point:
    """The `number`-th time that `name` is passed for a case of a service, counted from 1 in each worker.

    Outside a case `case` is empty, outside a run `service` is, too. `whom` is who dies there.
    """

    whom: str
    service: str
    case: str
    name: str
    number: int

    def __str__(self) -> str:
        about = " of ".join(word for word in (self.case, self.service) if word) or "the worker"
        again = f" ({self.number})" if self.number > 1 else ""
        return f"{self.whom}, {about}: {self.name}{again}"

    @property
    def context(self) -> tuple[str, str]:
        """What it belongs to: service and case."""
        return self.service, self.case

    @property
    def ends_an_act(self) -> bool:
        """Whether it lies between a click that alters the target and the entry of that click."""
        return self.name.startswith("before") and "clicked in act" in self.name

    @property
    def line(self) -> str:
        """It as one line, see `parsed`."""
        return json.dumps(astuple(self))


def parsed(line: str) -> Point:
    """The inverse of `Point.line`."""
    return Point(*json.loads(line))


def written(points: Iterable[Point], path: Path) -> None:
    """Write points to a file."""
    path.write_text("".join(f"{one.line}\n" for one in points), "utf-8")


def read(path: Path) -> list[Point]:
    """The points of a file, none when there is no such file."""
    if not path.exists():
        return []
    return [parsed(line) for line in path.read_text("utf-8").splitlines()]


class Numbering:
    """Gives points their numbers."""

    def __init__(self, whom: str) -> None:
        self._whom = whom
        self._times: Counter[tuple[str, str, str]] = Counter()

    def __call__(self, service: str, case: str, name: str) -> Point:
        """The next point of that name there."""
        self._times[service, case, name] += 1
        return Point(self._whom, service, case, name, self._times[service, case, name])
