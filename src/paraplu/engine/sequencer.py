"""Gives the entries of the audit log their places, where many write at once (PostgreSQL).

Workers put entries into the intake, in the transaction of what they describe, and wait for nobody. One of
all sequencers moves them into the log: it is elected by an advisory lock of its session (PostgreSQL manual,
section 13.3.5), and works in that very session, so that it cannot write once the lock is lost. The server
ends the session when nothing is heard of it for a moment: a sequencer that was suspended, or whose machine
is gone, is followed by another one, and finds itself voted out when it wakes. That a place is never given
twice does not hang on the election: whoever gives places holds the tree's row, and a place is a primary key.

On SQLite the writing transaction gives the places, and nothing here does anything.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from sqlalchemy import Connection, func, select

from paraplu.engine.clock import Clock
from paraplu.engine.signing import CannotSign, Signing
from paraplu.store import entries, heads, logs
from paraplu.store.database import Database, StorageDown

_LOCK = 0x70617261_00000001  # ours among the advisory locks of a database
_PATIENCE_MS = 1_200  # after which the server ends the session of a silent sequencer
_STANDBY = 0.25  # seconds between two candidacies
# Seconds between two looks at the intake. NOTIFY would wake us at once, but every commit of every worker
# would then wait for one lock of the whole server (PostgreSQL manual, NOTIFY): looking costs them nothing.
_BUSY, _IDLE = 0.005, 0.025
_BATCH = 1_000
_PAUSE = 5.0  # seconds until a key that cannot be used is tried again
_KEPT = 1.0  # seconds between two heads that stay; those in between give way to the next one

Tell = Callable[[str], None]
"""Told ``sequencer-elected`` and ``sequencer-lost``, and ``signing-failed`` when a key cannot be used."""

Succeed = Callable[[Connection], object]
"""Goes over to a new log within a transaction, when that is due: see `paraplu.engine.journal.Journal`."""


def _stay(_connection: Connection) -> None:
    """Go on with the log that is open."""


def sequence_now(database: Database, succeed: Succeed = _stay) -> int:
    """Give every entry that is committed by now its place. Gives how many were moved by this call.

    For whoever is about to read the whole log. Waits for a sequencer at work, as long as for any row.
    Raises `StorageDown` when that takes too long.
    """
    moved = 0
    while not database.is_sqlite:
        with database.write() as connection:
            # Somebody who is suspended in the middle of this must not hold the log for long.
            connection.exec_driver_sql(
                f"SET LOCAL idle_in_transaction_session_timeout = {_PATIENCE_MS}"
            )
            # Rows that somebody is moving just now are still seen here, and are waited for.
            if not entries.waiting(connection):
                break
            succeed(connection)
            moved += entries.place_intake(connection, _BATCH)
    return moved


class Sequencer:
    """A candidate for the one sequencer; where no key is at hand it signs no heads.

    While entries come in a head is signed every `head_every` seconds at most, and one when they cease. Of
    those one a second stays.
    """

    def __init__(
        self,
        database: Database,
        *,
        clock: Clock,
        signing: Signing,
        head_every: float | None = None,
        tell: Tell = lambda _event: None,
        succeed: Succeed = _stay,
    ) -> None:
        self._database = database
        self._clock = clock
        self._signing = signing
        if head_every is None:
            head_every = 0.02 if signing.quick else 1.0
        self._head_every = head_every
        self._succeed = succeed
        self._tell = tell
        self._signed_at = float("-inf")
        self._unsigned = True  # what stood there before us may lack a head
        self._kept_at = float("-inf")
        self._passing: tuple[str, int] | None = None  # a head that gives way to the next one
        self.elected = threading.Event()
        """Whether this one is the sequencer now, as far as it knows."""

    def run(self, stop: threading.Event) -> None:
        """Be a candidate, and the sequencer when elected, until `stop`; to be run in a thread of its own.

        A database that fails or a lost election is borne. Raises `IntegrityBroken` when the log does not
        take its entries: somebody else changed it.
        """
        if self._database.is_sqlite:
            return
        settings = {
            "idle_session_timeout": _PATIENCE_MS,
            "idle_in_transaction_session_timeout": _PATIENCE_MS,
        }
        while not stop.is_set():
            try:
                with self._database.session(**settings) as connection:
                    self._stand(connection, stop)
            except StorageDown:
                stop.wait(_STANDBY)
            finally:
                if self.elected.is_set():
                    self.elected.clear()
                    self._tell("sequencer-lost")

    def _stand(self, connection: Connection, stop: threading.Event) -> None:
        while not stop.is_set():
            with connection.begin():
                won = connection.execute(select(func.pg_try_advisory_lock(_LOCK))).scalar_one()
            if won:
                self.elected.set()
                self._tell("sequencer-elected")
                self._preside(connection, stop)
            stop.wait(_STANDBY)

    def _preside(self, connection: Connection, stop: threading.Event) -> None:
        while not stop.is_set():
            moved = self._batch(connection)
            if moved < _BATCH:
                stop.wait(_BUSY if moved else _IDLE)

    def _batch(self, connection: Connection) -> int:
        """Move what stands in the intake, and sign the log with it when that is due."""
        now = time.monotonic()
        due = self._signing.at_hand and now - self._signed_at >= self._head_every
        with connection.begin():
            moved = 0
            if entries.waiting(connection):
                self._succeed(connection)
                moved = entries.place_intake(connection, _BATCH)
            signed = due and (moved > 0 or self._unsigned) and self._sign(connection, now)
        if signed:
            self._unsigned = False
        elif moved:
            self._unsigned = True
        return moved

    def _sign(self, connection: Connection, now: float) -> bool:
        """Sign the log that is open; False when the key cannot be used now."""
        self._signed_at = now
        log = logs.current(connection)
        try:
            note = self._signing.sign(log.log, log.frontier)
        except CannotSign:
            self._signed_at = now + _PAUSE
            self._tell("signing-failed")
            return False
        new = heads.keep(connection, log.log, log.frontier, self._clock.ms(), note)
        if self._passing is not None and self._passing != (log.log, log.size):
            heads.drop(connection, *self._passing)
            self._passing = None
        if now - self._kept_at >= _KEPT:
            self._kept_at = now
        elif new:
            self._passing = (log.log, log.size)
        return True
