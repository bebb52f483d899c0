"""A browser that has been started ahead and waits for the next session of its thread.

Starting the driver and a browser is most of the time that a session takes to open. A process that waits
for work starts them before there is any. A spare is used once: a session that was worked in is never
given to another one. Playwright's objects belong to the thread that made them, and so does a spare.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paraplu_browser.launch import answers, processes_of, started_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser as Started


@dataclass(frozen=True, slots=True)
class _Spare:
    browser: Started
    processes: tuple[int, ...]
    stack: ExitStack

    @property
    def alive(self) -> bool:
        return answers(self.browser, self.processes)


_spares: dict[tuple[int, int], _Spare] = {}
"""By process and thread: a fork's child has its parent's spare in memory, and must not touch it."""


def keep_spare() -> None:
    """Start a browser that waits. One that waits already stays, unless it has died: then it is replaced.

    Raises `SettingsWrong` when there is no browser or it does not start.
    """
    waiting = _spares.get(_here())
    if waiting is not None:
        if waiting.alive:
            return
        drop_spare()
    stack = ExitStack()
    browser = stack.enter_context(started_browser())
    atexit.unregister(drop_spare)
    atexit.register(drop_spare)
    _spares[_here()] = _Spare(browser, processes_of(browser), stack)


def drop_spare() -> None:
    """Close this thread's spare; does nothing when there is none.

    Called for the main thread when Python ends. Those of other threads end with the process, as their
    driver does.
    """
    spare = _spares.pop(_here(), None)
    if spare is not None:
        spare.stack.close()


@contextmanager
def ready_browser() -> Iterator[Started]:
    """This thread's spare, or a browser started now; closed, and gone, at the end.

    Raises `SettingsWrong` as `keep_spare` does.
    """
    spare = _spares.pop(_here(), None)
    if spare is not None:
        with spare.stack:
            if spare.alive:
                yield spare.browser
                return
    with started_browser() as fresh:
        yield fresh


def _here() -> tuple[int, int]:
    return os.getpid(), threading.get_ident()
