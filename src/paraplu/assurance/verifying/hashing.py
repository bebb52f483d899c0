"""Reads a whole log straight from its file on SQLite; hashes it in stretches, by two processes if it is long.

SQLite is read beside SQLAlchemy here, because building its rows would cost as much as hashing them.
"""

from __future__ import annotations

import multiprocessing
import sqlite3
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing
from functools import partial
from pathlib import Path

from paraplu.audit.stretch import LONGEST, Stretch, hash_stretch

_TASK = 64 * LONGEST
_END = 2**62  # no log has so many entries
_LONG = 4 * _TASK
"""From so many entries on a second process is worth its start."""

_ROWS = """
    SELECT place - :offset, leaf, bytes FROM entries
    WHERE place >= :offset + :first AND place < :offset + :until ORDER BY place LIMIT :most
"""
# What somebody put there as text instead of bytes is not what was written, and counts as gone.
_EACH = """
    SELECT place - :offset, CASE typeof(bytes) WHEN 'blob' THEN bytes END,
        CASE typeof(leaf) WHEN 'blob' THEN leaf ELSE x'' END, CAST(uid AS TEXT)
    FROM entries WHERE place >= :offset + :first AND place < :offset + :until ORDER BY place
"""

Row = tuple[int, "bytes | None", bytes, "str | None"]


def places_of(file: Path, first: int, *, offset: int = 0, until: int = _END) -> Iterator[Row]:
    """Each entry of the SQLite database `file` from `first` up to `until`: place, bytes, leaf hash, uid kept.

    The bytes are None where there are none. Places are counted from `offset`, where a log begins.
    """
    with _reading(file) as database:
        wanted = {"offset": offset, "first": first, "until": until}
        yield from database.execute(_EACH, wanted)


def stretches_of(
    file: Path,
    first: int,
    size: int,
    cuts: Sequence[int],
    processes: int = 2,
    *,
    offset: int = 0,
) -> Iterator[Stretch | None]:
    """The entries of the SQLite database `file` from place `first` on up to `size`, in stretches.

    Places are counted from `offset`, where a log begins.

    None where something is odd, and nothing more after it. Entries under `size` do not change while this goes
    on: they only ever come in behind.
    """
    starts = range(first - first % _TASK, size, _TASK)
    tasks = [(max(first, start), min(start + _TASK, size)) for start in starts]
    work = partial(_hash_places, file, tuple(cuts), offset)
    if size - first < _LONG or processes < 2:
        for task in tasks:
            yield from work(task)
        return
    context = multiprocessing.get_context("spawn")  # a fork would share the caller's connections
    with ProcessPoolExecutor(processes, mp_context=context) as pool:
        for done in pool.map(work, tasks):
            yield from done
            if None in done:
                pool.shutdown(cancel_futures=True)
                return


def _hash_places(
    file: Path, cuts: tuple[int, ...], offset: int, task: tuple[int, int]
) -> list[Stretch | None]:
    """One task; the last is None when something is odd."""
    found: list[Stretch | None] = []
    first, end = task
    within = [cut for cut in cuts if first < cut < end]
    with _reading(file) as database:
        while first < end:
            until = min(first - first % LONGEST + LONGEST, end)
            wanted = {"offset": offset, "first": first, "until": until, "most": LONGEST + 1}
            rows = database.execute(_ROWS, wanted).fetchall()
            whole = len(rows) == until - first
            found.append(hash_stretch(first, rows, within) if whole else None)
            if found[-1] is None:
                break
            first = until
    return found


def _reading(file: Path) -> closing[sqlite3.Connection]:
    address = f"{file.absolute().as_uri()}?mode=ro"
    return closing(sqlite3.connect(address, uri=True, isolation_level=None, timeout=30))
