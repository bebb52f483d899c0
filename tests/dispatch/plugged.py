"""A machine at work whose plug may be pulled: deliveries come in, a worker carries them out.

Run as a program, with the folder of a bureau. It notes beside the home what a power cut could not take
any more: of each SQLite file the last frame of its log (WAL) that was on the disk when a power-safe commit
returned, and how many deliveries were answered. It ends softly when its standard input closes.
"""

from __future__ import annotations

import contextlib
import os
import struct
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
for _folder in (HERE, HERE.parent / "engine", HERE.parent):
    if str(_folder) not in sys.path:
        sys.path.insert(0, str(_folder))

from bureau import CLIENT, ORDER, Bureau, booking, order  # noqa: E402

from paraplu.store.database import Database  # noqa: E402

EACH = 4  # orders in one delivery
DATABASES = ("paraplu.db", "keys.db")
ANSWERED = "answered"

_PAUSE = 1.0  # seconds between two deliveries

_LINE = struct.Struct("=8sI")
# The index of a WAL (SQLite's walformat.html, section 2): the last committed frame, the salts, and how far
# a checkpoint may have come.
_LAST_FRAME, _SALTS, _BACKFILLED = 16, 32, 128


@dataclass(frozen=True)
class Index:
    """What the index of a WAL says: `salts` change whenever the WAL is begun anew."""

    salts: bytes
    last: int
    backfilled: int

    @classmethod
    def of(cls, data: bytes) -> Index:
        """From the first bytes of a ``-shm`` file."""
        (last,) = struct.unpack_from("=I", data, _LAST_FRAME)
        (backfilled,) = struct.unpack_from("=I", data, _BACKFILLED)
        return cls(data[_SALTS : _SALTS + 8], last, backfilled)


def synced(home: Path, name: str) -> tuple[bytes, int]:
    """Salts and last frame of what was on the disk for certain."""
    salts, last = _LINE.unpack((home / f"{name}.synced").read_bytes())
    return salts, last


def names(number: int) -> list[str]:
    """The references of the orders in a delivery."""
    return [f"O-{number:03}-{one}" for one in range(EACH)]


class _Notes:
    """Notes what is safe. Nothing that it opens is ever closed: that would free SQLite's own locks."""

    def __init__(self, home: Path) -> None:
        self._files = {
            name: (
                os.open(home / f"{name}-shm", os.O_RDONLY),
                os.open(home / f"{name}.synced", os.O_RDWR | os.O_CREAT, 0o600),
            )
            for name in DATABASES
        }
        self._answered = os.open(home / ANSWERED, os.O_RDWR | os.O_CREAT, 0o600)
        self.answered(0)

    def commit(self, name: str) -> None:
        index, notes = self._files[name]
        found = Index.of(os.pread(index, 136, 0))
        os.pwrite(notes, _LINE.pack(found.salts, found.last), 0)

    def answered(self, number: int) -> None:
        os.pwrite(self._answered, f"{number:08}".encode(), 0)


def _note_commits(notes: _Notes) -> None:
    write = Database.write

    @contextlib.contextmanager
    def noting(self: Database, *, power_safe: bool = True) -> Iterator[Any]:
        with write(self, power_safe=power_safe) as connection:
            yield connection
        if power_safe:
            notes.commit(Path(self.url).name)

    Database.write = noting


def main(folder: Path) -> None:
    """Work until the standard input closes."""
    bureau = Bureau(folder)
    bureau.in_children = True
    bureau.time = partial(datetime.now, UTC)
    centre = bureau.centre
    with centre.parts.keys._database.read() as keys, centre.parts.database.read() as main_database:
        for connection in (keys, main_database):  # so that there is an index of each
            connection.exec_driver_sql("SELECT count(*) FROM sqlite_master").one()
        notes = _Notes(bureau.home)
        for name in DATABASES:
            notes.commit(name)
    _note_commits(notes)
    worker = centre.worker(1)
    working = threading.Thread(target=worker.work)
    working.start()
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    number = 0
    while not ended.wait(_PAUSE):
        rows = [
            row
            for one in names(number)
            for row in order(one, price=Decimal(100 + number) + Decimal(one[-1]) / 100)
        ]
        bureau.send(
            booking(f"B-{number:03}", f"{20_000 + number}")
        )  # of somebody new: with a new key
        bureau.send(*rows, service=ORDER)
        number += 1
        notes.answered(number)
        with centre.parts.database.write() as connection:
            centre.runs.ask(connection, CLIENT, ORDER, bureau.who("olga").uid)
        centre.parts.journal.sign_head()  # as every command does at its end
    worker.stop()
    working.join()
    bureau.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
