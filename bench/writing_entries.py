"""What one entry costs: durable beside a bare durable INSERT, and in CPU by the thousand."""

from __future__ import annotations

import sqlite3
import statistics
import time
from pathlib import Path
from typing import Any

from figure import Figure
from stage import stage

_PAIRS = 400
_BATCH = 1_000
_ROUNDS = 7


def writing() -> list[Figure]:
    """An outcome with three personal values, as a change writes it."""
    from bureau import BOOKING, CLIENT

    from paraplu.engine.journal import Personal
    from paraplu.store.keys import Scope

    with stage("sqlite") as (bureau, _farm):
        parts = bureau.centre.parts
        journal, database = parts.journal, parts.database
        hand = bureau.who("olga").hand
        key = parts.keys.key_for(Scope("bench", "nl.7y", 2026))
        case = parts.clock.uid()

        def entry() -> Any:
            values = {"record": "account 1, line 1000"}
            before, after = {"lines.1000.amount": "2500.00"}, {"lines.1000.amount": "2600.00"}
            return journal.entry(
                "outcome-confirmed",
                hand,
                case=case,
                intent=case,
                fence=1,
                client=CLIENT,
                service=BOOKING,
                target="ledger",
                agreement=f"{CLIENT}/{BOOKING}@1",
                code="a" * 64,
                personal=Personal(key, values, before, after),
            )

        def written() -> None:
            one = entry()
            with database.write() as connection:
                journal.write(connection, one)

        bare = _bare(bureau.home / "bare.db")
        data = entry().data
        for _ in range(20):
            written()
            _insert(bare, data)
        ours: list[float] = []
        others: list[float] = []
        for _ in range(_PAIRS):  # by turns, so that the disk's moods meet both
            ours.append(_timed(written))
            others.append(_timed(lambda: _insert(bare, data)))
        ratio = statistics.median(ours) / statistics.median(others)

        composing: list[float] = []
        writing_: list[float] = []
        for _ in range(_ROUNDS):
            begun = time.process_time()
            batch = [entry() for _ in range(_BATCH)]
            composed = time.process_time()
            with database.write() as connection:
                journal.write(connection, *batch)
            ended = time.process_time()
            composing.append((composed - begun) / _BATCH * 1e6)
            writing_.append((ended - composed) / _BATCH * 1e6)
        bare.close()
        compose, write = statistics.median(composing), statistics.median(writing_)
    return [
        Figure(
            "durable single entry, whole design, over a bare durable INSERT",
            "0.94-1.08x in the study",
            "<= 1.10x",
            f"{ratio:.2f}x ({statistics.median(ours) * 1e3:.2f} and "
            f"{statistics.median(others) * 1e3:.2f} ms, medians of {_PAIRS} by turns)",
            ratio <= 1.10,
            "the same bytes, the same file system, synchronous=FULL",
        ),
        Figure(
            f"CPU per full entry at batch {_BATCH:,}",
            "27 us in the study",
            "<= 25 us",
            f"{compose + write:.0f} us: {compose:.0f} to compose and seal, {write:.0f} to write",
            compose + write <= 25,
            f"three sealed values an entry, medians of {_ROUNDS}",
        ),
    ]


def _bare(path: Path) -> sqlite3.Connection:
    """A table of bytes, as durable as ours."""
    found = sqlite3.connect(path, isolation_level=None)
    found.execute("PRAGMA journal_mode=WAL")
    found.execute("PRAGMA synchronous=FULL")
    found.execute("CREATE TABLE bare (id INTEGER PRIMARY KEY, bytes BLOB NOT NULL)")
    return found


def _insert(bare: sqlite3.Connection, data: bytes) -> None:
    bare.execute("BEGIN IMMEDIATE")
    bare.execute("INSERT INTO bare (bytes) VALUES (?)", (data,))
    bare.execute("COMMIT")


def _timed(what: Any) -> float:
    begun = time.perf_counter()
    what()
    return time.perf_counter() - begun
