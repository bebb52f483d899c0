"""Sixteen writers on PostgreSQL beside sixteen bare INSERTs, and how soon an entry is under a signed head."""

from __future__ import annotations

import statistics
import threading
import time
from collections.abc import Callable
from typing import Any

from figure import Figure
from stage import stage, until

_WRITERS = 16
_SECONDS = 6.0
_ROUNDS = 3
_HEADS = 200


def together() -> list[Figure]:
    """Rates by turns, each of `_WRITERS` threads with a connection of its own."""
    from bureau import CLIENT
    from sqlalchemy import text

    from paraplu.engine.sequencer import Sequencer
    from paraplu.store import heads

    with stage("postgresql") as (bureau, _farm):
        parts = bureau.centre.parts
        journal, database, hand = parts.journal, parts.database, bureau.who("olga").hand
        data = journal.entry("log-verified", hand, client=CLIENT).data
        with database.write() as connection:
            connection.execute(
                text("CREATE TABLE bare (id bigserial PRIMARY KEY, bytes bytea NOT NULL)")
            )
        insert = text("INSERT INTO bare (bytes) VALUES (:data)")

        def bare() -> None:
            with database.write() as connection:
                connection.execute(insert, {"data": data})

        def ours() -> None:
            one = journal.entry("log-verified", hand, client=CLIENT)
            with database.write() as connection:
                journal.write(connection, one)

        stop = threading.Event()
        sequencer = Sequencer(
            database, clock=parts.clock, signing=journal.signing, succeed=journal.succeed
        )
        beside = threading.Thread(target=sequencer.run, args=(stop,))
        beside.start()
        try:
            until(sequencer.elected.is_set)
            shares = [_rate(ours) / _rate(bare) for _ in range(_ROUNDS)]
            waits = sorted(_until_signed(database, heads, journal.log, ours) for _ in range(_HEADS))
        finally:
            stop.set()
            beside.join()
    share = statistics.median(shares)
    middle, last = statistics.median(waits), waits[int(len(waits) * 0.99) - 1]
    return [
        Figure(
            f"PostgreSQL, {_WRITERS} writers, share of the bare INSERT rate",
            "0.68 in the study",
            ">= 0.75",
            f"{share:.2f}",
            share >= 0.75,
            f"median of {_ROUNDS} by turns ({', '.join(f'{one:.2f}' for one in shares)}), threads of one "
            "process, the sequencer beside them",
        ),
        Figure(
            "PostgreSQL, commit to signed head",
            "p50 8, p99 44 ms in the study",
            "p99 <= 50 ms",
            f"p50 {middle * 1e3:.0f}, p99 {last * 1e3:.0f} ms of {_HEADS}",
            last <= 0.050,
            "one entry at a time",
        ),
    ]


def _rate(what: Callable[[], None]) -> float:
    """How often a second all threads together do it."""
    done = [0] * _WRITERS
    end = time.monotonic() + _SECONDS

    def write(number: int) -> None:
        while time.monotonic() < end:
            what()
            done[number] += 1

    threads = [threading.Thread(target=write, args=(number,)) for number in range(_WRITERS)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return sum(done) / _SECONDS


def _until_signed(database: Any, heads: Any, log: str, write: Callable[[], None]) -> float:
    """Seconds from the commit of one entry until a signed head covers it."""
    time.sleep(0.02)
    with database.read() as connection:
        wanted = heads.signed_size(connection, log) + 1
    write()
    begun = time.perf_counter()
    while True:
        with database.read() as connection:
            if heads.signed_size(connection, log) >= wanted:
                return time.perf_counter() - begun
        time.sleep(0.001)
