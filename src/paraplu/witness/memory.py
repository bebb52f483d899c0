"""What a witness remembers: the logs it trusts, and the largest head of each, durably.

One SQLite file. A head is judged and remembered in one transaction that no other can enter, also of another
process, and that is on the disk before anything is answered. So two requests at once never get signatures
over two histories, and neither does one before and one after a crash.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from paraplu.audit.cosignature import Cosigner
from paraplu.audit.errors import Malformed
from paraplu.audit.note import Verifier, check_name
from paraplu.errors import Refused, SettingsWrong

_KEY, _FILE, _PUBLIC = "witness.key", "witness.db", "witness.vkey"
_WAIT = 30.0  # seconds for another request's transaction
_MOST_REFUSED = 1_000  # of them are kept: they may prove that a log has two histories

_TABLES = """
CREATE TABLE meta (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE keys (vkey TEXT PRIMARY KEY, origin TEXT NOT NULL, later_years INTEGER NOT NULL);
CREATE TABLE heads (
    origin TEXT PRIMARY KEY, size INTEGER NOT NULL, root BLOB NOT NULL, note BLOB NOT NULL,
    at INTEGER NOT NULL
);
CREATE TABLE refused (
    id INTEGER PRIMARY KEY, origin TEXT NOT NULL, at INTEGER NOT NULL, why TEXT NOT NULL, note BLOB NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Seen:
    """The largest head of a log that was countersigned: `note` is it with the witness's line."""

    size: int
    root: bytes
    note: bytes
    at: int


@dataclass(frozen=True, slots=True)
class Trusted:
    """A log that is trusted: its name and key, whether its logs of later years are, too."""

    origin: str
    verifier: Verifier
    later_years: bool


class Memory:
    """The folder of a witness. Each call works on a connection of its own, so threads do not share any."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file = folder / _FILE
        if not self._file.is_file():
            raise SettingsWrong(
                f"There is no witness in {folder}. Make one with: paraplu witness init --folder {folder} "
                "--name witness.your-organisation.example"
            )
        with self._open() as db:
            row = db.execute("SELECT value FROM meta WHERE name = 'name'").fetchone()
        self.cosigner = Cosigner(str(row[0]), _secret(folder / _KEY))

    @classmethod
    def create(cls, folder: Path, name: str) -> Memory:
        """Make a witness with a key of its own. Raises `Refused` when there is one already."""
        try:
            check_name(name)
        except Malformed as error:
            raise Refused(f"--name: {error}.") from None
        if (folder / _FILE).exists():
            raise Refused(f"There is a witness in {folder} already.")
        try:
            folder.mkdir(parents=True, exist_ok=True)
            key = folder / _KEY
            if not key.exists():
                descriptor = os.open(key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
                with os.fdopen(descriptor, "wb") as file:
                    file.write(os.urandom(32))
                    file.flush()
                    os.fsync(descriptor)
            public = Cosigner(name, _secret(key)).verifier.vkey
            (folder / _PUBLIC).write_text(public + "\n", encoding="utf-8")
            draft = folder / f"{_FILE}.part"
            draft.unlink(missing_ok=True)
            with closing(sqlite3.connect(draft)) as db:
                db.executescript(_TABLES)
                db.execute("INSERT INTO meta VALUES ('name', ?)", (name,))
                db.commit()
            draft.chmod(0o600)
            draft.replace(folder / _FILE)
        except OSError as error:
            raise SettingsWrong(
                f"The folder {folder} cannot be written: {error.strerror}."
            ) from None
        return cls(folder)

    def trust(self, vkey: str, *, later_years: bool) -> Trusted:
        """Trust a log from now on. Raises `Malformed` for a key that is none."""
        verifier = Verifier.from_vkey(vkey)
        with self._open() as db:
            db.execute(
                "INSERT OR REPLACE INTO keys VALUES (?, ?, ?)",
                (verifier.vkey, verifier.name, later_years),
            )
        return Trusted(verifier.name, verifier, later_years)

    def trusted(self) -> list[Trusted]:
        """All logs that are trusted."""
        with self._open() as db:
            rows = db.execute("SELECT origin, vkey, later_years FROM keys ORDER BY origin")
            return [Trusted(row[0], Verifier.from_vkey(row[1]), bool(row[2])) for row in rows]

    def verifiers(self, origin: str) -> list[Verifier]:
        """The keys that are trusted for a log; empty when the log is not known.

        The log of a later year has the same name but for what comes after its last slash, and the same key.
        """
        found: list[Verifier] = []
        for one in self.trusted():
            if one.origin == origin:
                found.append(one.verifier)
            elif one.later_years and _stem(one.origin) == _stem(origin) != "":
                found.append(Verifier(origin, one.verifier.public_key))
        return found

    @contextmanager
    def alone(self) -> Iterator[sqlite3.Connection]:
        """A transaction that no other can enter; on the disk when it ends well, gone when it does not."""
        with self._open() as db:
            db.execute("BEGIN IMMEDIATE")
            try:
                yield db
            except BaseException:
                db.rollback()
                raise
            db.commit()

    def seen(self, origin: str, db: sqlite3.Connection | None = None) -> Seen | None:
        """The largest head of a log that was countersigned, in the transaction `db` if given."""
        if db is None:
            with self._open() as own:
                return self.seen(origin, own)
        query = "SELECT size, root, note, at FROM heads WHERE origin = ?"
        row = db.execute(query, (origin,)).fetchone()
        return None if row is None else Seen(*row)

    def logs(self) -> list[tuple[str, Seen]]:
        """The largest head of each log."""
        with self._open() as db:
            rows = db.execute("SELECT origin, size, root, note, at FROM heads ORDER BY origin")
            return [(row[0], Seen(*row[1:])) for row in rows]

    @staticmethod
    def remember(db: sqlite3.Connection, origin: str, seen: Seen) -> None:
        """Remember a head, in the transaction in which it was judged."""
        db.execute(
            "INSERT OR REPLACE INTO heads (origin, size, root, note, at) VALUES (?, ?, ?, ?, ?)",
            (origin, seen.size, seen.root, seen.note, seen.at),
        )

    def keep_refused(self, origin: str, why: str, note: bytes, at: int) -> None:
        """Keep a head that a trusted key has signed and that was refused: it may prove something."""
        with self._open() as db:
            if db.execute("SELECT count(*) FROM refused").fetchone()[0] < _MOST_REFUSED:
                db.execute(
                    "INSERT INTO refused (origin, at, why, note) VALUES (?, ?, ?, ?)",
                    (origin, at, why, note),
                )

    def refused(self) -> list[tuple[str, int, str, bytes]]:
        """What was refused: log, time (seconds since 1970), why, the note."""
        with self._open() as db:
            return list(db.execute("SELECT origin, at, why, note FROM refused ORDER BY id"))

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with closing(sqlite3.connect(self._file, timeout=_WAIT, isolation_level=None)) as db:
            db.execute("PRAGMA journal_mode=WAL")
            db.execute("PRAGMA synchronous=FULL")  # a commit is on the disk when it returns
            yield db


def _stem(origin: str) -> str:
    return origin.rpartition("/")[0]


def _secret(path: Path) -> bytes:
    try:
        if os.name == "posix" and path.stat().st_mode & 0o077:
            raise SettingsWrong(f"Others can read {path}. Run: chmod 600 '{path}'")
        data = path.read_bytes()
    except OSError as error:
        raise SettingsWrong(f"The key {path} cannot be read: {error.strerror}.") from None
    if len(data) != 32:
        raise SettingsWrong(f"The key file {path} is damaged: put back a copy of it.")
    return data
