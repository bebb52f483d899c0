"""What tells workers that a run may be due.

It delivers nothing but a hint: whether a run is due, and who gets it, is decided by our own tables. A hint
may come twice, late, or for a run that has ended; a lost one is made up for by looking now and then.
"""

from __future__ import annotations

from typing import Protocol

from paraplu.store.database import Connection


class Dispatch(Protocol):
    """The two ways: `paraplu.dispatch.embedded` and `paraplu.dispatch.cluster`."""

    def offer(self, connection: Connection, run: str, due_at: int) -> None:
        """Tell workers of a run, in the transaction that makes it due at `due_at` (milliseconds)."""

    def listen(self) -> None:
        """Begin to hear of runs, in a worker. Raises `StorageDown` when that is not possible now."""

    def wait(self, seconds: float) -> None:
        """Wait until a run may be due, `seconds` at most."""

    def wake(self) -> None:
        """Let `wait` return at once: for any thread, and for handlers of signals."""

    def close(self) -> None:
        """Stop hearing."""
