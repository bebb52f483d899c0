"""Children of a worker: started, kept waiting warm, and ended with everything below them."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import threading
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from typing import Any

import psutil

from paraplu.dispatch.child import RAISED, READY, child_main
from paraplu.dispatch.trees import below, kill_tree
from paraplu.engine.hands import HandsLost, Tools

START_LIMIT = 60.0  # seconds for a process and a browser to start
LARGEST = 64_000_000  # bytes of one message; pictures and downloads are far below that


class Child:
    """One child process, from its start to its end."""

    def __init__(self, process: Any, pipe: Connection) -> None:
        self._process = process
        self.pipe = pipe
        self._ready = False
        self.ended = False
        self._known: list[psutil.Process] = []

    @property
    def alive(self) -> bool:
        """Whether the process lives, and was not ended."""
        return not self.ended and bool(self._process.is_alive())

    @property
    def pid(self) -> int:
        """The process id."""
        return int(self._process.pid)

    def wait_ready(self) -> None:
        """Wait until it has loaded what it needs. Raises what went wrong there."""
        if not self._ready:
            self.receive(time.monotonic() + START_LIMIT, (READY,))
            self._ready = True

    def remember(self) -> None:
        """Look what it has started, so that this can be ended too when the child itself is dead."""
        self._known = below(self.pid)

    def send(self, message: Any) -> None:
        """Send a message. Raises `HandsLost` when nobody is there to take it."""
        try:
            self.pipe.send(message)
        except OSError:
            raise self.lost("The process of the hands died.") from None

    def receive(self, until: float, wanted: tuple[str, ...]) -> tuple[str, Any]:
        """The next message, which must be one of the `wanted` kinds; what was raised there is raised.

        `until` is an instant of the monotonic clock. Raises `HandsLost` when it passes, when the child dies,
        or when the message is larger than `LARGEST`.
        """
        try:
            if not self.pipe.poll(max(0.0, until - time.monotonic())):
                raise self.lost("The hands took longer than they may, and were ended.")
            kind, value = pickle.loads(self.pipe.recv_bytes(LARGEST))  # noqa: S301  as `recv` does
        except (EOFError, OSError):
            if not self.pipe.readable:  # what the pipe becomes by a message above the limit
                raise self.lost(
                    "The hands sent more than they may at once, and were ended."
                ) from None
            raise self.lost("The process of the hands died.") from None
        if kind == RAISED:
            raise value
        if kind not in wanted:
            raise self.lost("The process of the hands spoke out of turn, and was ended.")
        return kind, value

    def lost(self, why: str) -> HandsLost:
        """End it, and the error that says so."""
        self.end()
        return HandsLost(why)

    def kill(self) -> None:
        """End the process and everything below it, from another thread: who waits for it hears of it."""
        if not self.ended:  # afterwards its number may be another process's
            kill_tree(self.pid, self._known)

    def end(self) -> None:
        """End it with everything below it, and let go of it. May be called again."""
        if self.ended:
            return
        self.pipe.close()
        kill_tree(self.pid, self._known)
        self._process.join(5)
        self.ended = True


class Children:
    """Starts children for runs, and some that wait warm for the next ones when it is asked to.

    `make_tools` is called in the child and must be picklable. `warm` gives the names of the connectors to
    start ahead. Where the system can fork, what all children need is loaded once: `paraplu.dispatch.ahead`,
    and the module of `make_tools` with all that it imports, which would be nearly all that a start takes.
    """

    def __init__(self, make_tools: Callable[[], Tools], warm: Callable[[], Sequence[str]]) -> None:
        can_fork = "forkserver" in multiprocessing.get_all_start_methods()
        self._context: Any = multiprocessing.get_context("forkserver" if can_fork else "spawn")
        if can_fork:
            made_by = make_tools.func if isinstance(make_tools, partial) else make_tools
            self._context.set_forkserver_preload(["paraplu.dispatch.ahead", made_by.__module__])
        self._make_tools = make_tools
        self._warm = warm
        self._spares: list[Child] = []
        self._taken: dict[Child, str] = {}
        self._closed = False
        self._door = threading.Lock()

    def keep_spares(self, number: int) -> None:
        """Have so many children wait for the next runs; those that wait already count, if they live."""
        with self._door:
            dead = [one for one in self._spares if not one.alive]
            self._spares = [one for one in self._spares if one not in dead]
            while len(self._spares) < number and not self._closed:
                self._spares.append(self._start(self._warm()))
        for one in dead:
            one.end()

    def take(self, run: str) -> Child:
        """A child for a run: one that waits, or a new one.

        Raises `HandsLost` after `end_all`.
        """
        with self._door:
            if self._closed:
                raise HandsLost("This worker is going down: no new hands are taken.")
            child = self._spares.pop(0) if self._spares else None
        if child is not None and not child.alive:
            child.end()
            child = None
        if child is None:
            child = self._start(())
        with self._door:
            self._taken = {one: its for one, its in self._taken.items() if not one.ended}
            self._taken[child] = run
        return child

    def end_of(self, run: str) -> None:
        """End the children of a run: whatever they are doing breaks off."""
        with self._door:
            children = [child for child, one in self._taken.items() if one == run]
        for child in children:
            child.kill()

    def end_all(self) -> None:
        """End every child now; no new one is given any more."""
        with self._door:
            self._closed = True
            children = list(self._taken)
        for child in children:
            child.kill()
        self.close()

    def close(self) -> None:
        """End the children that wait."""
        with self._door:
            waiting, self._spares = self._spares, []
        for one in waiting:
            one.end()

    def _start(self, warm: Sequence[str]) -> Child:
        ours, theirs = self._context.Pipe()
        environment = {
            name: value for name, value in os.environ.items() if name.startswith("PARAPLU_")
        }
        process = self._context.Process(
            target=child_main,
            args=(theirs, self._make_tools, tuple(warm), environment),
            name="paraplu-hands",
            daemon=True,
        )
        process.start()
        theirs.close()
        return Child(process, ours)
