"""What every dispatch must do, the embedded one on SQLite and the one of a cluster on PostgreSQL."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from bureau import BOOKING, CLIENT, Bureau
from farm import took, until

from paraplu.bootstrap import Centre

LONG = 20.0
"""Seconds that a wait would take if nothing were heard."""


@pytest.fixture
def listening(bureau: Bureau) -> Iterator[Centre]:
    """A centre whose dispatch listens; whatever it heard of until now is out of the way."""
    centre = bureau.centre
    centre.dispatch.listen()
    centre.dispatch.wait(0.3)
    yield centre
    centre.dispatch.close()


def offer(centre: Centre, due_in: float = 0.0) -> None:
    """Make a run due, in a transaction of its own."""
    with centre.parts.database.write() as connection:
        due_at = int((time.time() + due_in) * 1000)
        centre.runs.ask(connection, CLIENT, BOOKING, "tests", due_at=due_at)


def heard(centre: Centre) -> float:
    """Seconds until something is heard."""
    seconds = took(lambda: centre.dispatch.wait(LONG))
    assert seconds < LONG, "nothing was heard"
    return seconds


def test_an_offered_run_is_heard_of_at_once(listening: Centre) -> None:
    # Whoever only looked every second would hear of the second one and the others after a second each.
    waits = []
    for _ in range(6):
        timer = threading.Timer(0.05, offer, (listening,))
        timer.start()
        waits.append(heard(listening))
        timer.join()
    assert min(waits[1:]) < 0.7


def test_nothing_is_heard_of_a_run_whose_transaction_was_rolled_back(listening: Centre) -> None:
    with pytest.raises(ZeroDivisionError), listening.parts.database.write() as connection:
        listening.runs.ask(connection, CLIENT, BOOKING, "tests")
        _ = 1 // 0
    assert took(lambda: listening.dispatch.wait(0.5)) >= 0.5


def test_when_all_runs_were_heard_of_there_is_silence(listening: Centre) -> None:
    for _ in range(20):
        offer(listening)
    until(lambda: took(lambda: listening.dispatch.wait(0.5)) >= 0.5)


def test_a_run_that_is_due_later_can_be_taken_then_and_not_before(bureau: Bureau) -> None:
    centre = bureau.centre
    centre.dispatch.listen()
    offer(centre, due_in=1.5)
    assert centre.runs.to_take() == []

    def look() -> bool:
        centre.dispatch.wait(1.0)  # as a worker does
        bureau.time.now = datetime.now(UTC)
        return bool(centre.runs.to_take())

    until(look)


def test_closing_leaves_no_thread_and_listening_may_begin_again(bureau: Bureau) -> None:
    _ = bureau.centre
    before = set(threading.enumerate())
    for _ in range(2):
        bureau.centre.dispatch.listen()
        offer(bureau.centre)
        heard(bureau.centre)
        bureau.centre.dispatch.close()
        assert set(threading.enumerate()) <= before
    bureau.centre.dispatch.close()
