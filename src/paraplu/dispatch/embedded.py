"""Dispatch on one machine: the worker looks whether the database has changed.

SQLite counts the commits of all connections of all processes in `data_version`; asking for the count
takes microseconds and reads no table.
"""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

from paraplu.store.database import Connection, StorageDown

_LOOKS = 0.05  # seconds between two looks


class EmbeddedDispatch:
    """Hints from one SQLite file; see `Dispatch`. It is used by one thread."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._connection: sqlite3.Connection | None = None
        self._seen = -1
        self._woken = False

    def offer(self, connection: Connection, run: str, due_at: int) -> None:
        """The commit itself is the hint."""

    def listen(self) -> None:
        """See `Dispatch`."""
        try:
            self._connection = sqlite3.connect(self._file)
        except sqlite3.Error as error:
            raise StorageDown(f"The database cannot be opened: {error}.") from None
        self._seen = self._version()

    def wait(self, seconds: float) -> None:
        """See `Dispatch`."""
        until = time.monotonic() + seconds
        while time.monotonic() < until and not self._woken:
            version = self._version()
            if version != self._seen:
                self._seen = version
                return
            time.sleep(min(_LOOKS, seconds))
        self._woken = False

    def wake(self) -> None:
        """See `Dispatch`."""
        self._woken = True

    def close(self) -> None:
        """See `Dispatch`."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _version(self) -> int:
        if self._connection is None:
            return -1
        try:
            return int(self._connection.execute("PRAGMA data_version").fetchone()[0])
        except sqlite3.Error:
            return -1
