"""The log on PostgreSQL: many write, one gives places, and whoever that is may die at any moment."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
import uuid
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import insert, select, text

from paraplu.audit.tree import Frontier, leaf_hash
from paraplu.audit.verification import Place, verify
from paraplu.engine.clock import Clock
from paraplu.engine.sequencer import Sequencer, sequence_now
from paraplu.engine.signing import Signing
from paraplu.errors import IntegrityBroken
from paraplu.store import entries, tables
from paraplu.store.database import Database, StorageDown
from postgres import Server, postgres, postgres_url  # noqa: F401

LOG = "tests.example/audit/2026"
SIGNING = Signing.of_seed(b"s" * 32)

CANDIDATE = """
import sys, threading
from paraplu.engine.clock import Clock
from paraplu.engine.sequencer import Sequencer
from paraplu.engine.signing import Signing
from paraplu.store.database import Database, StorageDown
url = sys.argv[1]
told = lambda event: print(event, flush=True)
Sequencer(Database(url), clock=Clock(), signing=Signing.of_seed(b"s" * 32), tell=told).run(
    threading.Event()
)
"""


@pytest.fixture
def database(postgres_url: str) -> Iterator[Database]:  # noqa: F811
    """A database whose log is open, and empty."""
    opened = Database(postgres_url)
    with opened.write() as connection:
        entries.open_log(connection, LOG)
    yield opened
    opened.close()


def new(data: bytes, uid: str | None = None) -> entries.NewEntry:
    return entries.NewEntry(data, uid or str(uuid.uuid4()), "action", 1, "somebody", None, None)


def write(database: Database, *texts: str) -> None:
    """One transaction with these entries."""
    with database.write(power_safe=False) as connection:
        entries.append(connection, [new(text.encode()) for text in texts])


def log(database: Database) -> list[str]:
    """What stands in the log, in its order; the tree must be that of these entries."""
    with database.read() as connection:
        found = list(entries.in_order(connection))
        edge = entries.edge(connection)
    assert [one.place for one in found] == list(range(len(found)))
    frontier = Frontier()
    frontier.extend([leaf_hash(one.data) for one in found])
    assert (edge.size, edge.root()) == (len(found), frontier.root())
    return [one.data.decode() for one in found]


def until(what: Callable[[], object], seconds: float = 20) -> None:
    """Wait for it."""
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come true"
        time.sleep(0.01)


@contextlib.contextmanager
def sequencer(database: Database, **more: object) -> Iterator[Sequencer]:
    """A sequencer at work in this process."""
    stop = threading.Event()
    made = Sequencer(database, clock=Clock(), signing=SIGNING, **more)  # type: ignore[arg-type]
    thread = threading.Thread(target=made.run, args=(stop,))
    thread.start()
    try:
        yield made
    finally:
        stop.set()
        thread.join(20)


class Candidate:
    """A candidate that is a process of its own."""

    def __init__(self, database: Database) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", CANDIDATE, database.url], stdout=subprocess.PIPE, text=True
        )

    def says(self) -> str:
        assert self.process.stdout is not None
        return self.process.stdout.readline().strip()

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.communicate()


@pytest.fixture
def two(database: Database) -> Iterator[tuple[Candidate, Candidate]]:
    """The elected one and the one that stands by."""
    first = Candidate(database)
    assert first.says() == "sequencer-elected"
    second = Candidate(database)
    yield first, second
    for one in (first, second):
        one.end()


def test_entries_wait_in_the_intake_until_they_are_given_places(database: Database) -> None:
    write(database, "a", "b")
    write(database, "c")
    assert log(database) == []
    assert sequence_now(database) == 3
    assert log(database) == ["a", "b", "c"]
    assert sequence_now(database) == 0


def test_what_is_committed_late_is_not_lost_although_its_number_is_lower(
    database: Database,
) -> None:
    with database.write() as late:
        entries.append(late, [new(b"late")])
        write(database, "early")
        assert sequence_now(database) == 1
    assert sequence_now(database) == 1
    assert log(database) == ["early", "late"]


def test_what_is_rolled_back_never_comes_into_the_log(database: Database) -> None:
    with pytest.raises(ZeroDivisionError), database.write() as connection:
        entries.append(connection, [new(b"never")])
        raise ZeroDivisionError
    write(database, "a")
    sequence_now(database)
    assert log(database) == ["a"]


def test_nobody_waits_for_the_log_to_write_into_the_intake(database: Database) -> None:
    write(database, "first")
    with database.write() as slow:
        assert entries.place_intake(slow, 10) == 1
        write(database, "second")
    sequence_now(database)
    assert log(database) == ["first", "second"]


def test_an_entry_written_once_more_after_a_doubtful_commit_stands_once(
    database: Database,
) -> None:
    entry = new(b"once", str(uuid.uuid4()))
    for _ in range(2):
        with database.write() as connection:
            entries.append(connection, [entry])
        sequence_now(database)
    assert log(database) == ["once"]
    with database.write() as connection:
        entries.append(connection, [new(b"other", entry.uid)])
    with pytest.raises(IntegrityBroken, match="differs from the one in the log"):
        sequence_now(database)
    assert log(database) == ["once"]


def test_many_writers_and_two_sequencers_make_one_whole_log(database: Database) -> None:
    def work(name: int) -> None:
        for number in range(40):
            write(database, f"{name}/{number}/a", f"{name}/{number}/b")
            if number % 10 == 0:
                sequence_now(database)

    threads = [threading.Thread(target=work, args=(name,)) for name in range(6)]
    with sequencer(database, head_every=0) as one, sequencer(database, head_every=0) as other:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(120)
        assert [one.elected.is_set(), other.elected.is_set()].count(True) == 1
    sequence_now(database)
    found = log(database)
    assert len(found) == len(set(found)) == 480
    for name in range(6):  # what one writer commits in turn stands in that order
        mine = [text for text in found if text.startswith(f"{name}/")]
        assert mine == [f"{name}/{number}/{part}" for number in range(40) for part in "ab"]


def test_heads_are_signed_while_entries_come_in_and_when_they_cease(database: Database) -> None:
    def heads() -> list[int]:
        with database.read() as connection:
            return list(connection.execute(select(tables.heads.c.size)).scalars())

    with sequencer(database, head_every=0.2):
        until(lambda: 0 in heads())
        for number in range(5):
            write(database, str(number))
        until(lambda: 5 in heads())
    with database.read() as connection:
        places = (Place(o.place, o.data, o.leaf) for o in entries.in_order(connection))
        verdict = verify(places, entries.all_heads(connection), SIGNING.verifiers(LOG), LOG)
    assert verdict.heads >= 2
    assert not [one for one in verdict.findings if "head" in one.message.lower()]


def test_a_killed_sequencer_is_followed_by_another(
    database: Database, two: tuple[Candidate, Candidate]
) -> None:
    first, second = two
    write(database, "a")
    until(lambda: log(database) == ["a"])
    first.end()
    assert second.says() == "sequencer-elected"
    write(database, "b")
    until(lambda: log(database) == ["a", "b"])


def test_a_suspended_sequencer_is_voted_out_and_writes_nothing_when_it_wakes(
    database: Database, two: tuple[Candidate, Candidate]
) -> None:
    first, second = two
    write(database, "a")
    until(lambda: log(database) == ["a"])
    os.kill(first.process.pid, signal.SIGSTOP)
    write(database, "b")
    assert second.says() == "sequencer-elected"
    until(lambda: log(database) == ["a", "b"])
    os.kill(first.process.pid, signal.SIGCONT)
    assert first.says() == "sequencer-lost"
    write(database, "c")
    until(lambda: log(database) == ["a", "b", "c"])
    second.end()
    assert first.says() == "sequencer-elected"


def test_whoever_is_suspended_while_giving_places_holds_up_the_log_for_a_moment_only(
    database: Database,
) -> None:
    write(database, "a")
    with (
        pytest.raises(StorageDown, match="idle-in-transaction"),
        database.session() as asleep,
        asleep.begin(),
    ):
        assert entries.place_intake(asleep, 10) == 1
        # Only now: on a busy machine the time could be up before a place is given.
        asleep.execute(text("SET LOCAL idle_in_transaction_session_timeout = 300"))
        with sequencer(database):
            until(lambda: log(database) == ["a"])
        entries.edge(asleep)
    assert log(database) == ["a"]


def test_a_sequencer_goes_on_when_the_server_was_restarted(
    database: Database,
    postgres: Server,  # noqa: F811
) -> None:
    with sequencer(database) as one:
        write(database, "a")
        until(lambda: log(database) == ["a"])
        postgres.kill()
        until(lambda: not one.elected.is_set())
        postgres.start()
        write(database, "b")
        until(lambda: log(database) == ["a", "b"])


def test_a_place_cannot_be_given_twice(database: Database) -> None:
    write(database, "a")
    sequence_now(database)
    with database.write() as connection:  # as a program that knows nothing of elections would
        connection.execute(tables.tree.update().values(frontier=Frontier().to_bytes()))
    write(database, "b")
    with pytest.raises(Exception, match="entries_pkey"):
        sequence_now(database)


def test_on_sqlite_there_is_nothing_to_do(tmp_path: object) -> None:
    database = Database(f"sqlite:///{tmp_path}/x.db")
    database.create()
    with database.write() as connection:
        entries.open_log(connection, LOG)
        entries.append(connection, [new(b"a")])
        assert connection.execute(insert(tables.meta).values(name="x", value="y")).rowcount == 1
    assert sequence_now(database) == 0
    Sequencer(database, clock=Clock(), signing=Signing((), ())).run(threading.Event())
    assert log(database) == ["a"]
