"""A client at its watched folder, for tests: puts files there, and lets looks go by on a clock of its own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bureau import BOOKING, CLIENT, Bureau, booking, workbook
from openpyxl import load_workbook
from paraplu_ledger import BookingBot
from sqlalchemy import select

from paraplu.domain.folder import WatchedFolder
from paraplu.engine.folders import Happened, Looked
from paraplu.store import receipts, tables

SETTLE = 10


class Desk:
    """A client at its folder, and a clock of the looks that a test sets."""

    def __init__(self, bureau: Bureau, path: Path, **more: Any) -> None:
        self.bureau = bureau
        self.at = 1000.0
        self.path = path
        path.mkdir(parents=True, exist_ok=True)
        folder = WatchedFolder(path=str(path), submitter="carla.visser", **more)
        bureau.settings(folder=folder)

    def put(self, name: str, data: bytes) -> Path:
        """Put a file into the folder."""
        path = self.path / name
        path.write_bytes(data)
        return path

    def look(self, after: float = 0.0) -> Looked:
        """One look, some seconds later."""
        self.at += after
        return self.bureau.centre.folders.look(self.at)

    def settle(self) -> list[Happened]:
        """Two looks between which everything settles; what they did, without what only waits."""
        happened = [*self.look().happened, *self.look(SETTLE).happened]
        return [one for one in happened if one.what != "waiting"]

    def did(self) -> list[str]:
        """The same, as words."""
        return [one.what for one in self.settle()]

    def waits(self, after: float = 0.0) -> list[str]:
        """Why files wait after one look; it did nothing else."""
        happened = self.look(after).happened
        assert {one.what for one in happened} <= {"waiting"}
        return [one.reason for one in happened]

    def names(self, folder: str = "") -> list[str]:
        """The files in the folder, or in one of those in it."""
        return sorted(one.name for one in (self.path / folder).iterdir() if one.is_file())

    def text(self, name: str) -> str:
        """An answer that is a text."""
        return (self.path / "answered" / name).read_text("utf-8-sig")

    def receipts(self) -> list[Any]:
        """All receipts."""
        with self.bureau.centre.parts.database.read() as connection:
            return receipts.listed(connection, CLIENT, BOOKING)

    def drops(self) -> list[Any]:
        """All rows of files."""
        with self.bureau.centre.parts.database.read() as connection:
            query = select(tables.drops).order_by(tables.drops.c.seen_at)
            return list(connection.execute(query))


def book(*rows: Any, top: Any = None) -> bytes:
    """A workbook with these rows, each time another file."""
    return workbook(BookingBot, rows or [booking("A-1")], top)


def statuses(path: Path) -> list[Any]:
    """What stands in the status column of an answered workbook."""
    rows = list(load_workbook(path).worksheets[0].iter_rows(values_only=True))
    column = rows[0].index("Status")
    return [row[column] for row in rows[1:]]
