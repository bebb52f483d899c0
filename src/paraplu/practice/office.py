"""The office as a child process: start it, steer it, look into its file, stop it.

    with Office.start(folder, today=date(2026, 11, 21), passwords={"office": "..."}) as office:
        office.set_mood("drops-line", times=1)
        ... a browser at office.address ...
        assert len(office.truth.orders("PC-0012")) == 1

Steering writes into the office's own file, so it works while the office serves and needs no
sign-in. The child ends by itself when the parent dies.
"""

import json
import os
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import date, time
from pathlib import Path
from types import TracebackType
from typing import Self

from paraplu.practice import moods, orders, payroll, schema
from paraplu.practice.accounts import environment_name
from paraplu.practice.clock import Clock
from paraplu.practice.truth import Truth


class OfficeDidNotStart(Exception):
    """The child process ended or stayed silent; the message is what it said."""


class Office:
    """A running office: `address` (http://127.0.0.1:PORT), `pid`, `database`, `log`, `truth`."""

    def __init__(
        self, process: subprocess.Popen[str], address: str, pid: int, database: Path, log: Path
    ) -> None:
        self._process = process
        self.address = address
        self.pid = pid
        self.database = database
        self.log = log
        self.truth = Truth(database)

    @classmethod
    def start(
        cls,
        folder: Path,
        *,
        today: date | None = None,
        passwords: Mapping[str, str] | None = None,
        passwords_file: Path | None = None,
        port: int = 0,
        session_minutes: float = 15,
        timeout: float = 30,
    ) -> Self:
        """Start an office on the file `office.db` in a folder, seeding it when it is new.

        `passwords` (by account: payroll-robot, purchasing-robot, office) reach the child through
        its environment; `passwords_file` by its path. `today` is the office's day, the real one
        when None. Raises OfficeDidNotStart, also when it takes longer than `timeout` seconds.
        """
        folder.mkdir(parents=True, exist_ok=True)
        database, log = folder / "office.db", folder / "office.log"
        command = [sys.executable, "-m", "paraplu.practice", "serve"]
        command += ["--database", str(database), "--port", str(port), "--until-stdin-closes"]
        command += ["--session-minutes", str(session_minutes)]
        if today is not None:
            command += ["--today", today.isoformat()]
        if passwords_file is not None:
            command += ["--passwords", str(passwords_file)]
        given = {environment_name(name): word for name, word in (passwords or {}).items()}
        begin = log.stat().st_size if log.exists() else 0
        with log.open("a", encoding="utf-8") as errors:
            process = subprocess.Popen(  # noqa: S603 - our own module
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                encoding="utf-8",
                env={**os.environ, **given},
            )
        assert process.stdout is not None  # noqa: S101 - asked for two lines above
        watch = threading.Timer(timeout, process.kill)
        watch.start()
        line = process.stdout.readline()
        watch.cancel()
        if not line:
            process.wait()
            said = log.read_bytes()[begin:].decode("utf-8", "replace").strip()
            raise OfficeDidNotStart(said or f"The office was silent for {timeout:g} seconds.")
        said_here = json.loads(line)
        return cls(process, said_here["address"], said_here["pid"], database, log)

    def stop(self, timeout: float = 10) -> None:
        """End the office in order; kill it when it takes longer than `timeout` seconds."""
        if self._process.stdin:
            self._process.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout)
        self.kill()

    def kill(self) -> None:
        """End the office at once, as a power cut would; its file can be started again."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    @contextmanager
    def _write(self) -> Iterator[sqlite3.Connection]:
        database = schema.connect(self.database)
        try:
            with schema.transaction(database):
                yield database
        finally:
            database.close()

    def set_mood(
        self, name: str, value: str = "", *, path: str = "", times: int | None = None
    ) -> int:
        """Set a mood for good, always or `times` times; returns its id. ValueError if it is none."""
        mood = moods.checked(name, value, path, times)
        with self._write() as database:
            return moods.set_mood(database, mood)

    def clear_moods(self) -> None:
        """Clear all moods that were set for good."""
        with self._write() as database:
            moods.clear(database)

    def set_time_of_day(self, moment: time | None) -> None:
        """Stop the office's clock at a time of day, or let it run again (None)."""
        with self._write() as database:
            text = moment.isoformat("minutes") if moment else ""
            schema.set_setting(database, "time_of_day", text)

    def set_run_state(self, organisation: str, period: str, state: str) -> None:
        """Put a run in a state; raises ValueError for an unknown state or run."""
        if state not in payroll.RUN_STATES:
            raise ValueError(f"A run is one of {', '.join(payroll.RUN_STATES)}, not {state}.")
        with self._write() as database:
            changed = database.execute(
                "UPDATE run SET state = ? WHERE organisation = ? AND period = ?",
                (state, organisation, period),
            )
            if changed.rowcount != 1:
                raise ValueError(f"There is no run of {organisation} in {period}.")

    def confirm_order(self, number: str, day: date) -> None:
        """The supplier confirms a date for a placed order; raises ValueError if it is not placed."""
        with self._write() as database:
            order_id = _placed(database, number)
            orders.confirm(database, order_id, day, Clock.on(None).stamp())

    def ship_order(self, number: str) -> None:
        """The supplier ships a placed order; raises ValueError if it is not placed."""
        with self._write() as database:
            orders.ship(database, _placed(database, number))


def _placed(database: sqlite3.Connection, number: str) -> int:
    row = database.execute(
        "SELECT id FROM purchase_order WHERE number = ? AND state = 'placed'", (number,)
    ).fetchone()
    if row is None:
        raise ValueError(f"There is no placed order {number}.")
    return int(row["id"])
