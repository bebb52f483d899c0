"""Somebody with access to the machine who changes a home by sqlite3 and files, behind Paraplu's back."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from paraplu.audit.tree import Frontier, leaf_hash
from paraplu.settings import load_home

_TIME = re.compile(rb'"time":(\d{13})')
_DAY_MS = 86_400_000


@dataclass(frozen=True, slots=True)
class Marks:
    """Where a home stood, in entries: `kept` when the copy got a head, `seen` when the witness last signed.

    `heads` are the sizes of the signed heads in the home; `intent` and `outcome` are places of the case whose
    intent the witness has countersigned. `logs` are the names of the logs, `until` where the first one ends.
    """

    size: int
    heads: tuple[int, ...]
    kept: int
    seen: int
    logs: tuple[str, ...]
    until: int = 0
    intent: int = 0
    outcome: int = 0

    def around(self, place: int) -> tuple[int, int]:
        """The last head that does not cover a place (0: none), and the first that does."""
        low = max((size for size in self.heads if size <= place), default=0)
        return low, min(size for size in self.heads if size > place)


class Intruder:
    """Works on the home in `folder`, beside which lie the backups and the copy of heads; it is closed."""

    def __init__(self, folder: Path, marks: Marks) -> None:
        self.folder, self.marks = folder, marks
        self.home = folder / "home"

    @contextmanager
    def database(self) -> Iterator[sqlite3.Connection]:
        """The database, open for anything."""
        with closing(sqlite3.connect(self.home / "paraplu.db")) as db, db:
            yield db

    def run(self, statement: str, *values: object) -> None:
        """One statement, which must change something."""
        with self.database() as db:
            assert db.execute(statement, values).rowcount > 0, statement

    # One entry ------------------------------------------------------------------------------------

    def bytes_of(self, place: int) -> bytes:
        """An entry as it stands there."""
        with self.database() as db:
            (data,) = db.execute("SELECT bytes FROM entries WHERE place = ?", (place,)).fetchone()
        return bytes(data)

    def received(self) -> tuple[int, str]:
        """Place and uid of the first entry with personal values of a case."""
        with self.database() as db:
            query = "SELECT place, uid FROM entries WHERE kind = 'case-received' ORDER BY place"
            place, uid = db.execute(query).fetchone()
        return place, uid

    def forged(self, place: int) -> bytes:
        """An entry that says the opposite of what became of it."""
        data = self.bytes_of(place)
        altered = data.replace(b'"status_id":1', b'"status_id":2')
        assert altered != data
        return altered

    def earlier(self, place: int) -> bytes:
        """An entry that says it was written a day before."""
        data = self.bytes_of(place)
        found = list(_TIME.finditer(data))[-1]
        time = int(found[1]) - _DAY_MS
        self.run("UPDATE entries SET time = ? WHERE place = ?", time, place)
        return data[: found.start(1)] + str(time).encode() + data[found.end(1) :]

    def put(self, place: int, data: bytes, *, leaf: bool = True) -> None:
        """Put other bytes in the place of an entry, with the hash that they give unless not `leaf`."""
        self.run("UPDATE entries SET bytes = ? WHERE place = ?", data, place)
        if leaf:
            self.run("UPDATE entries SET leaf = ? WHERE place = ?", leaf_hash(data), place)

    def swap(self, one: int, other: int, *columns: str) -> None:
        """Have two entries change places: all of them, or what stands in these columns."""
        with self.database() as db:
            if not columns:
                for old, new in ((one, -1), (other, one), (-1, other)):
                    db.execute("UPDATE entries SET place = ? WHERE place = ?", (new, old))
            for column in columns:
                query = f"SELECT {column} FROM entries WHERE place = ?"
                values = [db.execute(query, (place,)).fetchone()[0] for place in (other, one)]
                for place, value in zip((one, other), values, strict=True):
                    db.execute(f"UPDATE entries SET {column} = ? WHERE place = ?", (value, place))

    def move(self, first: int, by: int) -> None:
        """Move all entries from a place on up or down."""
        with self.database() as db:
            db.execute("UPDATE entries SET place = -1 - place WHERE place >= ?", (first,))
            db.execute("UPDATE entries SET place = -1 - place + ? WHERE place < 0", (by,))

    def insert(self, place: int) -> None:
        """Put one entry more in a place: what stood there once more, under a uid of its own."""
        data = self.bytes_of(place)
        self.move(place, 1)
        with self.database() as db:
            row = db.execute(
                "SELECT uid, kind, time, case_uid, actor, run FROM entries WHERE place = ?",
                (place + 1,),
            ).fetchone()
            uid = row[0][:-4] + "ffff"
            data = data.replace(row[0].encode(), uid.encode())
            db.execute(
                "INSERT INTO entries (place, leaf, uid, kind, time, case_uid, actor, run, bytes) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (place, leaf_hash(data), uid, *row[1:], data),
            )

    def cut(self, size: int) -> None:
        """Take away all entries from a place on."""
        self.run("DELETE FROM entries WHERE place >= ?", size)

    # The whole log --------------------------------------------------------------------------------

    def make_good(self, since: int, *, key: bool = False, log: int = 0) -> None:
        """Make hashes and tree of a log fit its entries, and take away what says otherwise since a place.

        That is heads, countersignatures, and what is known of the places where heads are kept. With the
        `key` a new head is signed.
        """
        names = self.marks.logs
        with self.database() as db:
            low = db.execute("SELECT first FROM tree WHERE log = ?", (names[log],)).fetchone()[0]
            rows = db.execute(
                "SELECT place, bytes FROM entries WHERE place >= ? AND place < ? ORDER BY place",
                (low, self.marks.until if log + 1 < len(names) else 2**40),
            ).fetchall()
            frontier = Frontier()
            for place, data in rows:
                frontier.extend([leaf_hash(data)])
                db.execute("UPDATE entries SET leaf = ? WHERE place = ?", (leaf_hash(data), place))
            edge = frontier.to_bytes()
            db.execute("UPDATE tree SET frontier = ? WHERE log = ?", (edge, names[log]))
            for table in ("heads", "cosignatures"):
                db.execute(
                    f"DELETE FROM {table} WHERE log = ? AND size > ?", (names[log], since - low)
                )
            db.execute("DELETE FROM custody")
            if key:
                note = load_home(self.home).signing().sign(names[log], frontier)
                db.execute(
                    "INSERT INTO heads (log, size, signed_at, note, frontier) VALUES (?, ?, 1, ?, ?)",
                    (names[log], frontier.size, note, edge),
                )

    def edge_of(self, log: int) -> tuple[int, bytes]:
        """Size and root of a log as its tree says."""
        with self.database() as db:
            query = "SELECT frontier FROM tree WHERE log = ?"
            (edge,) = db.execute(query, (self.marks.logs[log],)).fetchone()
        frontier = Frontier.from_bytes(edge)
        return frontier.size, frontier.root()

    def put_back(self, backup: str, *names: str) -> None:
        """Put files of a backup in the place of those of now."""
        for name in names:
            for file in self.home.glob(f"{name}*"):
                file.unlink()
            shutil.copy(self.folder / backup / name, self.home / name)

    # Evidence -------------------------------------------------------------------------------------

    def evidence(self) -> list[Path]:
        """The files of evidence, always in the same order."""
        return sorted(path for path in (self.home / "evidence").rglob("*") if path.is_file())
