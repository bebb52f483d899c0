"""A database that fails in the middle of the work: nothing is done without it, and all ends once."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Iterator
from typing import Any

import psutil
import pytest
from bureau import ORDER, Bureau, booking
from farm import Farm, ask, backlog, states, until
from sqlalchemy import Engine, event

import postgres
from paraplu.engine.report import RunReport
from paraplu.store.database import StorageDown
from paraplu.store.tables import intents

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not psutil.POSIX, reason="processes are stopped by signals here"),
]
on_postgresql = pytest.mark.parametrize("kind", ["postgresql"])
on_sqlite = pytest.mark.parametrize("kind", ["sqlite"])


@on_postgresql
def test_when_postgresql_is_restarted_in_the_middle_of_a_run_the_run_goes_on(
    bureau: Bureau, farm: Farm
) -> None:
    marks = backlog(bureau, 6)
    bureau.books.fault("slow-before-place", "0.3", left=-1)
    worker = farm.worker("--places", "1")
    ask(bureau, ORDER)
    until(lambda: len(bureau.books.orders()) == 2)
    postgres.server().restart()
    until(lambda: states(bureau) == {"done": 6})
    assert sorted(bureau.books.orders()) == marks
    worker.signal(signal.SIGTERM)
    assert worker.ends() == 0
    assert sum(row.crashes for row in bureau.every_case()) == 0
    bureau.assert_intact()


@on_postgresql
def test_while_the_database_is_away_nothing_is_done_outside(bureau: Bureau, farm: Farm) -> None:
    marks = backlog(bureau, 6)
    bureau.books.fault("slow-before-place", "0.3", left=-1)
    worker = farm.worker("--places", "1")
    ask(bureau, ORDER)
    until(lambda: len(bureau.books.orders()) == 2)
    postgres.server().stop()
    try:
        until(lambda: worker.told)  # the run broke off, with whatever act had begun
        (told,) = worker.told
        assert told["error"] == "StorageDown"
        before = bureau.books.orders()
        time.sleep(3)
        assert bureau.books.orders() == before
    finally:
        postgres.server().start()
    until(lambda: states(bureau) == {"done": 6})
    assert sorted(bureau.books.orders()) == marks
    worker.signal(signal.SIGTERM)
    assert worker.ends() == 0
    bureau.assert_intact()


@pytest.fixture
def most_pages() -> Iterator[dict[str, int]]:
    """How large SQLite files may grow, in pages: ``most_pages["number"]``; 0 is without an end."""
    most = {"number": 0}

    def bound(raw: Any, _record: Any, _proxy: Any) -> None:
        raw.execute(f"PRAGMA max_page_count={most['number'] or 1_000_000}")

    event.listen(Engine, "checkout", bound)
    yield most
    event.remove(Engine, "checkout", bound)


@on_sqlite
def test_when_the_disk_is_full_nothing_is_done_and_it_goes_on_when_there_is_room(
    bureau: Bureau, most_pages: dict[str, int]
) -> None:
    amounts = {"10001": "2500", "10002": "3100", "10003": "1800", "10004": "2000", "10005": "2750"}
    rows = [
        booking(f"A-{account}", account, now=amount, wanted=int(amount) + 10)
        for account, amount in amounts.items()
    ]
    bureau.send(*rows)
    ask(bureau)
    told: list[RunReport | Exception] = []
    worker = bureau.centre.worker(1, lambda _run, outcome: told.append(outcome))
    with bureau.centre.parts.database.read() as connection:
        most_pages["number"] = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
    working = threading.Thread(target=worker.work)
    working.start()
    try:
        until(lambda: told)
        assert isinstance(told[0], StorageDown)
        assert "Make room" in str(told[0])
        done = bureau.books.saves()
        time.sleep(2)
        assert bureau.books.saves() == done
        with bureau.centre.parts.database.read() as connection:
            written = list(connection.execute(intents.select()))
        assert len(done) <= len(written) < len(rows)
        most_pages["number"] = 0
        until(lambda: states(bureau) == {"done": len(rows)})
    finally:
        worker.stop()
        working.join()
    assert len(bureau.books.saves()) == len(set(bureau.books.saves())) == len(rows)
    bureau.assert_intact()
