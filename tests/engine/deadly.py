"""Work in child processes that are killed at a given point: every commit and every step in the target.

The points are found, not listed: a first child counts how often it passes one, before and after each
commit of ours and of the target's, and after each action.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from paraplu_ledger.books import die, passing, passing_by

from paraplu.store.database import Database

Work = Callable[[], object]


class Counter:
    """Counts the points that a process passes and dies at one of them."""

    def __init__(self, deadly: int | None) -> None:
        self.deadly = deadly
        self.points: list[str] = []

    def __call__(self, point: str) -> None:
        self.points.append(point)
        if len(self.points) == self.deadly:
            die()


def points_of(work: Work) -> list[str]:
    """The points that `work` passes, found by doing it in a child process that lives."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        with os.fdopen(writing, "w") as answer:
            answer.write("\n".join(_passed(work, None)))
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        points = answer.read().splitlines()
    assert os.waitpid(child, 0)[1] == 0
    return points


def killed_at(number: int, work: Work) -> bool:
    """Do `work` in a child process that is killed at the point `number` (from 1); whether it was."""
    child = os.fork()
    if child == 0:
        _passed(work, number)
        os._exit(0)
    status = os.waitpid(child, 0)[1]
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the child failed by itself"
    return os.WIFSIGNALED(status)


def _passed(work: Work, deadly: int | None) -> list[str]:
    """Only ever called in a child process, which never returns to its caller's caller."""
    counter = Counter(deadly)
    try:
        _listen(counter)
        work()
    except BaseException:
        import traceback

        traceback.print_exc()
        os._exit(99)
    return counter.points


def _listen(counter: Counter) -> None:
    write = Database.write

    @contextmanager
    def watched(self: Database, **terms: Any) -> Iterator[Any]:
        with write(self, **terms) as connection:
            yield connection
            passing_by("before-commit")
        passing_by("after-commit")

    Database.write = watched  # type: ignore[method-assign]
    passing.append(counter)
