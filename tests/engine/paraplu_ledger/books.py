"""The product that the bots work on: accounts with lines in a plain SQLite file, with faults to switch on.

The tests count in this file and nowhere else. Faults stand in the file as well, so that they survive the
death of a process: ``books.fault("cut", left=1)`` happens once, ``left=-1`` for ever.
"""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from pathlib import Path

from paraplu import OutcomeUnknown, TargetDown, TargetRefused

_TABLES = """
CREATE TABLE account (code TEXT PRIMARY KEY, state TEXT NOT NULL, total INTEGER NOT NULL);
CREATE TABLE line (account TEXT, key TEXT, text TEXT, cents INTEGER, PRIMARY KEY (account, key));
CREATE TABLE draft (mark TEXT PRIMARY KEY, account TEXT, key TEXT, cents INTEGER);
CREATE TABLE saved (id INTEGER PRIMARY KEY, mark TEXT, account TEXT, key TEXT, cents INTEGER);
CREATE TABLE placed (number INTEGER PRIMARY KEY, mark TEXT, supplier TEXT, confirmed TEXT);
CREATE TABLE placed_line (number INTEGER, article TEXT, quantity INTEGER, cents INTEGER);
CREATE TABLE fault (name TEXT PRIMARY KEY, argument TEXT, remaining INTEGER);
"""

_AT_A_POINT = ("dies", "hangs", "slow", "starts", "exhausts", "blinds")

passing: list[Callable[[str], None]] = []
"""Called with the name of every point where a process could die; the crash tests put a counter here."""


def die() -> None:
    """End this process as `kill -9` does: nothing is cleaned up."""
    if hasattr(signal, "SIGKILL"):
        os.kill(os.getpid(), signal.SIGKILL)
    os._exit(137)


def exhaust() -> None:
    """Run out of memory: ask for more than there can be."""
    bytearray(1 << 62)


class Books:
    """The file at `path`."""

    def __init__(self, path: Path | str) -> None:
        self.path = Path(path)

    @classmethod
    def create(cls, path: Path, accounts: Mapping[str, Mapping[str, str]]) -> Books:
        """A new file with these accounts and lines (amounts as text, ``"1200.00"``)."""
        books = cls(path)
        with books._open() as db:
            db.executescript(_TABLES)
            for code, lines in accounts.items():
                cents = {key: _cents(Decimal(amount)) for key, amount in lines.items()}
                db.execute("INSERT INTO account VALUES (?, 'open', ?)", (code, sum(cents.values())))
                db.executemany(
                    "INSERT INTO line VALUES (?, ?, ?, ?)",
                    [(code, key, f"line {key}", value) for key, value in cents.items()],
                )
        return books

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        db = sqlite3.connect(self.path, timeout=20)
        try:
            with db:
                yield db
        finally:
            db.close()

    # What the product does ------------------------------------------------------------------------

    def lines(self, account: str) -> dict[str, tuple[str, Decimal]] | None:
        """Text and amount of every line, None for an account that is not there."""
        self._up("read")
        with self._open() as db:
            self._exhaust("read", account, db)
            if not db.execute("SELECT 1 FROM account WHERE code = ?", (account,)).fetchall():
                return None
            rows = db.execute("SELECT key, text, cents FROM line WHERE account = ?", (account,))
            return {key: (text, Decimal(cents) / 100) for key, text, cents in rows}

    def drafts(self, account: str) -> dict[str, Decimal]:
        """Amounts drafted and not applied yet, by mark."""
        with self._open() as db:
            rows = db.execute("SELECT mark, cents FROM draft WHERE account = ?", (account,))
            return {mark: Decimal(cents) / 100 for mark, cents in rows}

    def totals(self) -> dict[str, Decimal]:
        """The cheap list of everybody's total."""
        with self._open() as db:
            rows = db.execute("SELECT code, total FROM account ORDER BY code")
            return {code: Decimal(cents) / 100 for code, cents in rows}

    def state(self, account: str) -> str:
        """Open or paid."""
        self._up("read")
        with self._open() as db:
            found = db.execute("SELECT state FROM account WHERE code = ?", (account,)).fetchone()
        self._after_reading_the_state(account)
        return str(found[0])

    def save(self, account: str, key: str, amount: Decimal | None, mark: str) -> None:
        """Set a line (take it away when `amount` is None) and count the total anew."""
        self._up("write")
        self._refuse()
        self._pass("before-save", account)
        if self._takes("saves-nothing"):
            return
        with self._open() as db:
            self._write_line(db, account, key, amount, mark)
        self._pass("after-save", account)
        self._cut()

    def draft(self, account: str, key: str, amount: Decimal | None, mark: str) -> None:
        """Keep an amount as a draft; nothing else changes."""
        self._up("write")
        self._refuse()
        self._pass("before-draft", account)
        cents = -1 if amount is None else _cents(amount)
        with self._open() as db:
            db.execute("INSERT INTO draft VALUES (?, ?, ?, ?)", (mark, account, key, cents))
        self._pass("after-draft", account)
        self._cut()

    def apply(self, mark: str) -> None:
        """Make a draft real."""
        self._up("write")
        self._refuse()
        self._pass("before-apply", mark)
        if self._takes("stuck"):
            return
        with self._open() as db:
            account, key, cents = db.execute(
                "SELECT account, key, cents FROM draft WHERE mark = ?", (mark,)
            ).fetchone()
            db.execute("DELETE FROM draft WHERE mark = ?", (mark,))
            self._write_line(db, account, key, None if cents == -1 else Decimal(cents) / 100, mark)
        self._pass("after-apply", mark)
        self._cut()

    def place(self, mark: str, supplier: str, lines: Mapping[str, tuple[int, Decimal]]) -> None:
        """Place an order; two calls make two orders."""
        self._up("write")
        self._refuse()
        self._pass("before-place", mark)
        times = 2 if self._takes("double-line") else 1
        with self._open() as db:
            for _ in range(times):
                number = db.execute(
                    "INSERT INTO placed (mark, supplier) VALUES (?, ?)", (mark, supplier)
                ).lastrowid
                db.executemany(
                    "INSERT INTO placed_line VALUES (?, ?, ?, ?)",
                    [
                        (number, article, quantity, _cents(price))
                        for article, (quantity, price) in lines.items()
                    ],
                )
        self._pass("after-place", mark)
        self._cut()

    def placed(
        self, mark: str
    ) -> list[tuple[int, str, str | None, dict[str, tuple[int, Decimal]]]]:
        """Number, supplier, confirmed date and lines of the orders that carry this mark."""
        self._up("read")
        with self._open() as db:
            self._exhaust("placed", mark, db)
            orders = db.execute(
                "SELECT number, supplier, confirmed FROM placed WHERE mark = ?", (mark,)
            ).fetchall()
            found = []
            for number, supplier, confirmed in orders:
                rows = db.execute("SELECT * FROM placed_line WHERE number = ?", (number,))
                lines = {row[1]: (row[2], Decimal(row[3]) / 100) for row in rows}
                found.append((number, supplier, confirmed, lines))
            return found

    # What tests do with it ------------------------------------------------------------------------

    def fault(self, name: str, argument: str = "", *, left: int = 1) -> None:
        """Switch a fault on for the next `left` times, for ever with -1."""
        with self._open() as db:
            db.execute("INSERT OR REPLACE INTO fault VALUES (?, ?, ?)", (name, argument, left))

    def faults(self) -> list[str]:
        """The faults that are on."""
        with self._open() as db:
            return [row[0] for row in db.execute("SELECT name FROM fault WHERE remaining <> 0")]

    def heal(self) -> None:
        """Switch all faults off."""
        with self._open() as db:
            db.execute("DELETE FROM fault")

    def set_state(self, account: str, state: str) -> None:
        """Make an account open or paid."""
        with self._open() as db:
            db.execute("UPDATE account SET state = ? WHERE code = ?", (state, account))

    def open_account(self, account: str, total: str) -> None:
        """Somebody else opens an account, whose total the list shows."""
        with self._open() as db:
            cents = _cents(Decimal(total))
            db.execute("INSERT INTO account VALUES (?, 'open', ?)", (account, cents))

    def put(self, account: str, key: str, amount: str) -> None:
        """Somebody else changes a line."""
        with self._open() as db:
            self._write_line(db, account, key, Decimal(amount), None)

    def confirm(self, mark: str, on: str) -> None:
        """The supplier confirms a date."""
        with self._open() as db:
            db.execute("UPDATE placed SET confirmed = ? WHERE mark = ?", (on, mark))

    def amounts(self, account: str) -> dict[str, str]:
        """The amounts of an account, counted here and not asked of the product."""
        with self._open() as db:
            rows = db.execute(
                "SELECT key, cents FROM line WHERE account = ? ORDER BY key", (account,)
            )
            return {key: f"{Decimal(cents) / 100:.2f}" for key, cents in rows}

    def saves(self) -> list[str]:
        """The mark of every save that was ever made, in order."""
        with self._open() as db:
            return [row[0] for row in db.execute("SELECT mark FROM saved ORDER BY id")]

    def orders(self) -> list[str]:
        """The mark of every order."""
        with self._open() as db:
            return [row[0] for row in db.execute("SELECT mark FROM placed ORDER BY number")]

    # Faults ---------------------------------------------------------------------------------------

    def _write_line(
        self,
        db: sqlite3.Connection,
        account: str,
        key: str,
        amount: Decimal | None,
        mark: str | None,
    ) -> None:
        db.execute("DELETE FROM line WHERE account = ? AND key = ?", (account, key))
        cents = None if amount is None else _cents(amount)
        if cents is not None:
            db.execute("INSERT INTO line VALUES (?, ?, ?, ?)", (account, key, f"line {key}", cents))
        if mark is not None:
            db.execute(
                "INSERT INTO saved (mark, account, key, cents) VALUES (?, ?, ?, ?)",
                (mark, account, key, cents),
            )
            if lost := self._takes("drops-a-line", db):
                db.execute("DELETE FROM line WHERE account = ? AND key = ?", (account, lost))
            if self._takes("double-line", db):
                db.execute(
                    "INSERT INTO line VALUES (?, ?, ?, ?)", (account, f"{key}-2", "twice", cents)
                )
            if self._takes("moves-everybody", db):
                db.execute("UPDATE account SET total = total + 1 WHERE code <> ?", (account,))
        db.execute(
            "UPDATE account SET total = (SELECT coalesce(sum(cents), 0) FROM line WHERE account = ?)"
            " WHERE code = ?",
            (account, account),
        )

    def _takes(self, name: str, db: sqlite3.Connection | None = None) -> str | None:
        """The argument of a fault that is on (its name when it has none); counts it down."""
        if db is None:
            with self._open() as own:
                return self._takes(name, own)
        found = db.execute(
            "SELECT argument, remaining FROM fault WHERE name = ?", (name,)
        ).fetchone()
        if found is None or found[1] == 0:
            return None
        if found[1] > 0:
            db.execute("UPDATE fault SET remaining = remaining - 1 WHERE name = ?", (name,))
        return str(found[0] or name)

    def _counts_down(self, name: str) -> bool:
        """Whether this was the last of the `left` times after which the fault comes."""
        with self._open() as db:
            query = "SELECT remaining FROM fault WHERE name = ?"
            on = self._takes(name, db) is not None
            return on and db.execute(query, (name,)).fetchone()[0] == 0

    def _up(self, what: str) -> None:
        if seconds := self._takes(f"slow-{what}"):
            time.sleep(float(seconds))
        if self._takes("down") or self._takes(f"down-on-{what}"):
            raise TargetDown("The ledger does not answer.")

    def _exhaust(self, what: str, record: str, db: sqlite3.Connection) -> None:
        """Run out of memory if that is on; ``exhausts-read`` with an argument only for that account."""
        query = "SELECT argument FROM fault WHERE name = ? AND remaining <> 0"
        found = db.execute(query, (f"exhausts-{what}",)).fetchone()
        if found is not None and found[0] in ("", record):
            self._takes(f"exhausts-{what}")
            exhaust()

    def _refuse(self) -> None:
        if self._takes("refuses"):
            raise TargetRefused("The ledger refuses this entry.")

    def _cut(self) -> None:
        if self._takes("down-afterwards"):
            self.fault("down", left=-1)
        if self._takes("cut"):
            raise OutcomeUnknown("The connection was cut after the ledger had saved.")

    def _pass(self, point: str, record: str) -> None:
        """A point where the process may die, hang or be slow, as the faults say.

        ``dies-before-save``, ``hangs-after-save`` and so on; with an argument only for that account or mark.
        ``slow-before-save`` takes seconds as its argument. ``starts-before-save`` starts a process that
        hangs, in a session of its own, as a browser's driver does. ``exhausts-before-save`` runs out of
        memory, ``blinds-after-save`` does so whenever the account is read from then on.
        """
        passing_by(point)
        with self._open() as db:
            on = db.execute(
                "SELECT name, argument FROM fault WHERE name IN (?, ?, ?, ?, ?, ?) AND remaining <> 0",
                tuple(f"{what}-{point}" for what in _AT_A_POINT),
            ).fetchall()
            meant = {
                name.partition("-")[0]: argument
                for name, argument in on
                if argument in ("", record) or name.startswith("slow-")
            }
            for what in meant:
                self._takes(f"{what}-{point}", db)
        if "slow" in meant:
            time.sleep(float(meant["slow"]))
        if "starts" in meant:
            hangs = [sys.executable, "-c", "import time; time.sleep(3600)"]
            subprocess.Popen(hangs, start_new_session=True)
        if "blinds" in meant:
            self.fault("exhausts-read", record, left=-1)
        if "exhausts" in meant:
            exhaust()
        if "dies" in meant:
            die()
        if "hangs" in meant:
            time.sleep(3600)

    def _after_reading_the_state(self, account: str) -> None:
        if self._counts_down("reads-until-paid"):
            self.set_state(account, "paid")


def passing_by(point: str) -> None:
    """Tell whoever listens that the process is at `point` now."""
    for listener in passing:
        listener(point)


def _cents(amount: Decimal) -> int:
    return int((amount * 100).to_integral_value())
