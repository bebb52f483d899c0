"""The log as OCSF JSON lines in a file, for a SIEM to collect: the exact entries, each with its place.

A line is an entry with ``,"unmapped":{"place":N}`` put before its last brace (OCSF keeps `unmapped` for what
its classes do not know): without that it is the entry again, byte for byte. No personal value stands in one.
Where it was is read from the file itself, or from the newest one that was rotated away from it.
"""

from __future__ import annotations

import gzip
import os
import re
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from paraplu.engine.parts import Parts
from paraplu.engine.people import Known
from paraplu.errors import NotAllowed, Refused
from paraplu.store import entries
from paraplu.store.mutex import locked

_PLACE = re.compile(rb',"unmapped":\{"place":(\d+)\}\}$')
_BATCH = 1_000
_TAIL = 1 << 17  # more than the longest line


class Siem:
    """Appends the log to a file."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def open(self, path: Path, by: Known) -> Feed:
        """Go on with `path` where it was left; an entry tells that the log goes there.

        Raises `NotAllowed` for who works for some clients only, `Refused` when another process writes the
        file or when it is not one of these.
        """
        if by.person.clients:
            raise NotAllowed("The whole log is for those who work for all clients.")
        feed = Feed(self._parts, path)
        self._parts.journal.write_alone(
            "log-exported", by.hand, detail={"what": "siem", "from": feed.next}
        )
        return feed


class Feed:
    """One file that is appended to. `next` is the place of the entry that comes next."""

    def __init__(self, parts: Parts, path: Path) -> None:
        self._parts = parts
        self._path = path
        self._file = _opened(path)
        try:
            last = _last_place(path)
            if last is None:
                last = _last_of_rotated(path)
        except BaseException:
            self._file.close()
            raise
        self.next = 0 if last is None else last + 1

    def append(self) -> int:
        """Write what is new in the log, durably. Gives how many lines.

        When the file was rotated away meanwhile, a new one is begun.
        """
        self._follow_rotation()
        self._parts.journal.complete()
        written = 0
        with self._parts.database.read() as connection:
            stored = entries.in_order(connection, after=self.next - 1)
            while batch := list(islice(stored, _BATCH)):
                self._file.write(b"".join(line(one.place, one.data) for one in batch))
                written += len(batch)
                self.next = batch[-1].place + 1
        if written:
            self._file.flush()
            os.fsync(self._file.fileno())
        return written

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def _follow_rotation(self) -> None:
        held = os.fstat(self._file.fileno())
        try:
            there = self._path.stat()
        except FileNotFoundError:
            there = None
        if there is None or (there.st_dev, there.st_ino) != (held.st_dev, held.st_ino):
            self._file.close()
            self._file = _opened(self._path)


def line(place: int, data: bytes) -> bytes:
    """The line of an entry."""
    return b'%b,"unmapped":{"place":%d}}\n' % (data[:-1], place)


def entry_in(text: bytes) -> tuple[int, bytes]:
    """The place and the exact bytes of the entry in a line; raises `Refused` when it is none."""
    found = _PLACE.search(text.rstrip(b"\n"))
    if found is None:
        raise Refused("a line that is not an entry of the audit log")
    return int(found[1]), text[: found.start()] + b"}"


def _opened(path: Path) -> BinaryIO:
    path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab")
    if not locked(file.fileno()):
        file.close()
        raise Refused(f"Another process is writing {path}.")
    return file


def _last_place(path: Path) -> int | None:
    """The place of the last whole line; what a crash left half behind it is cut off."""
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - _TAIL))
        tail = file.read()
        whole = tail.rfind(b"\n") + 1
        if whole < len(tail):
            file.truncate(size - len(tail) + whole)
    return _place_at_end(tail[:whole], path)


def _last_of_rotated(path: Path) -> int | None:
    """The last place in the newest file that was rotated away: `siem.log.1`, `siem.log-20261128.gz`."""
    others = [one for one in path.parent.glob(f"{path.name}[.-]*") if one.is_file()]
    for one in sorted(others, key=lambda other: other.stat().st_mtime, reverse=True):
        tail = b""
        for tail in _pieces(one):  # noqa: B007 - the last one counts
            pass
        found = _place_at_end(tail[: tail.rfind(b"\n") + 1], one)
        if found is not None:
            return found
    return None


def _pieces(path: Path) -> Iterator[bytes]:
    """The file as it grows in the hand: each time what came, behind enough of what was before."""
    kept = b""
    with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
        while piece := file.read(_TAIL):
            kept = (kept + piece)[-2 * _TAIL :]
            yield kept


def _place_at_end(text: bytes, path: Path) -> int | None:
    if not text:
        return None
    found = _PLACE.search(text[:-1])
    if found is None:
        raise Refused(f"{path} does not hold entries of the audit log: name a file of its own.")
    return int(found[1])
