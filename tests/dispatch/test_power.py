"""Power cuts: what lies on the disk at any moment opens, is whole, and can be gone on from.

A cut is modelled by copying the files of a home, one by one, while everything is at work. What fsync
guarantees decides the order, and what may be missing:

* The main file of a database before its WAL, and both anew when the WAL was begun anew in between. SQLite
  syncs the WAL before a checkpoint writes to the main file, and the main file before the WAL is begun anew,
  so after a cut the WAL has at least what the main file has. The other way round would be a state that no
  disk has ever been in. (The ``-shm`` file is no part of the state: it is made from the WAL.)
* Of the WAL whatever follows the last frame that was synced may be missing, cut off in the middle or
  rubbish: what the power-safe commits and checkpoints have synced is noted while they work.
* The keys and the evidence after the database: a key is durable before anything is sealed under it, a file
  before an entry lists it.
* The target last. It goes on meanwhile, as a system elsewhere does, and never goes back.
"""

from __future__ import annotations

import random
import shutil
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest
from bureau import BOOKING, ORDER, Bureau, moved_in
from farm import until
from plugged import ANSWERED, EACH, HERE, Index, names, synced

from machine_clock import MachineClock
from paraplu.audit.disclosure import disclosable
from paraplu.audit.entry import Entry
from paraplu.domain.case import CLOSED, State
from paraplu.settings import load_home
from paraplu.store import entries, plans, tables
from paraplu.store.database import Database

pytestmark = [
    pytest.mark.slow,
    pytest.mark.parametrize("kind", ["sqlite"]),
    pytest.mark.skipif(not psutil.POSIX, reason="files are copied from under a worker here"),
]

COPIES = 30
SEED = 20261117
BEGINNING = {
    State.RECEIVED: {"case-received"},
    State.PLANNED: {"case-planned"},
    State.WORKING: {"intent"},
    State.DONE: {"outcome-confirmed"},
    State.ALREADY: {"already-so"},
}
"""The entry that each state is written with."""


@dataclass(frozen=True)
class Copy:
    """One copy, and what must be in it: `answered` deliveries, and orders that were `placed` before."""

    folder: Path
    answered: int
    placed: list[str]
    cut: str


@contextmanager
def plugged(folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """The bureau in `folder` at work in a process of its own."""
    with (folder / "plugged.log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(HERE / "plugged.py"), str(folder)],
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=log,
        )
    try:
        yield process
        process.stdin.close()
        assert process.wait(120) == 0, (folder / "plugged.log").read_text()
    finally:
        if process.poll() is None:
            for one in [*psutil.Process(process.pid).children(recursive=True), process]:
                one.kill()
            process.wait()


def copy(bureau: Bureau, folder: Path, chance: random.Random) -> Copy:
    """What a power cut leaves, in `folder`."""
    home, there = bureau.home, folder / "home"
    there.mkdir(parents=True)
    placed = bureau.books.orders()
    answered = int((home / ANSWERED).read_text())
    cut = copy_database(home, there, "paraplu.db", chance)
    later = ["keys.db", "evidence", "answers"]
    chance.shuffle(later)
    for name in later:
        time.sleep(chance.uniform(0, 0.03))
        if name.endswith(".db"):
            copy_database(home, there, name, chance)
        else:
            copy_folder(home / name, there / name)
    for name in ("secrets", "settings.toml", "log.vkey"):
        take = shutil.copytree if (home / name).is_dir() else shutil.copy2
        take(home / name, there / name)
    (there / "locks").mkdir()
    if chance.random() < 0.5:  # names of files that were made just now may be lost, too
        copy_folder(home / "locks", there / "locks")
    with (
        closing(sqlite3.connect(bureau.books.path, timeout=20)) as target,
        closing(sqlite3.connect(folder / "ledger.db")) as its_copy,
    ):
        target.backup(its_copy)
    return Copy(folder, answered, placed, cut)


def copy_database(home: Path, there: Path, name: str, chance: random.Random) -> str:
    """Copy a database as it may lie on a disk. Gives what was done to what had not been synced."""
    while True:
        before = index_of(home, name)
        shutil.copyfile(home / name, there / name)
        time.sleep(chance.uniform(0, 0.03))
        shutil.copyfile(home / f"{name}-wal", there / f"{name}-wal")
        after = index_of(home, name)
        salts, last = synced(home, name)
        if before.salts == after.salts == salts:
            return spoil(there / f"{name}-wal", max(last, after.backfilled), chance)


def index_of(home: Path, name: str) -> Index:
    """The index of a database's WAL now. Nobody in this process has the database open."""
    return Index.of((home / f"{name}-shm").read_bytes()[:136])


def spoil(wal: Path, safe: int, chance: random.Random) -> str:
    """Do to the frames after the `safe` ones what a power cut may do."""
    data = wal.read_bytes()
    page = int.from_bytes(data[8:12], "big")
    begin = min(32 + safe * (24 + page), len(data))
    at = chance.randint(begin, len(data))
    how = chance.choice(["left", "cut off", "zeros", "rubbish"])
    if how == "cut off":
        data = data[:at]
    elif how == "zeros":
        data = data[:at] + bytes(len(data) - at)
    elif how == "rubbish":
        data = data[:at] + chance.randbytes(len(data) - at)
    wal.write_bytes(data)
    return how


def copy_folder(source: Path, there: Path) -> None:
    """Copy the files of a folder in which others write: drafts may vanish meanwhile."""
    for path in [one for one in source.rglob("*") if one.suffix != ".part" and one.is_file()]:
        to = there / path.relative_to(source)
        to.parent.mkdir(parents=True, exist_ok=True)
        try:
            shutil.copy2(path, to)
        except FileNotFoundError:
            continue


def opened(one: Copy) -> Bureau:
    """The bureau of a copy, with the copy of the target."""
    bureau = Bureau(one.folder)
    home = load_home(bureau.home)
    replace(home, targets={"ledger": str(bureau.books.path)}).save()
    bureau.time = partial(datetime.now, UTC)
    return bureau


def assert_whole(bureau: Bureau, one: Copy) -> int:
    """The log is intact, no state lacks its entry, and nothing is missing. Gives how much is unsigned."""
    centre = bureau.centre
    checked = centre.proof.check()
    assert checked.intact, (checked.verdict.findings, checked.wrong_files)
    rows = bureau.every_case()
    by_case = {row.uid: row for row in rows}
    log = bureau.entries()
    with centre.parts.database.read() as connection:
        open_intents = {row.uid: plans.intent_of(connection, row.uid) for row in by_case.values()}
        everything = list(entries.in_order(connection))
        sealed = set(connection.execute(tables.disclosures.select()).scalars())
        values = centre.parts.journal.disclosed(connection, [each.place for each in everything])
    told = {uid: [each for each in log if each.case == uid] for uid in by_case}
    for uid, row in by_case.items():
        kinds = {each.kind for each in told[uid]}
        assert BEGINNING[State(row.state)] <= kinds, (row.state, kinds)
        intent = open_intents[uid]
        assert (intent is not None) == (State(row.state) is State.WORKING)
        assert intent is None or intent.uid in {each.uid for each in told[uid]}
    # Whatever is sealed can be opened: no key is missing.
    with_values = {Entry(each.data).uid: values.get(each.place, {}) for each in everything}
    assert {uid for uid, each in with_values.items() if each} == sealed
    digests = sum(len(disclosable(each.data)) for each in everything)
    assert digests == sum(map(len, with_values.values())) > 0
    # What was answered is there, each delivery as a whole.
    assert sum(row.service == BOOKING for row in rows) >= one.answered
    assert len(orders_of(bureau)) >= one.answered * EACH
    assert len(orders_of(bureau)) % EACH == 0
    # Whatever stood in the target had been announced.
    announced = {each.case for each in log if each.kind == "intent"}
    marks = {bureau.mark(name, ORDER): name for name in references(bureau)}
    assert {bureau.case(marks[mark], ORDER).uid for mark in one.placed} <= announced
    return checked.verdict.unsigned


def references(bureau: Bureau) -> list[str]:
    """The references of all orders that are there."""
    number = len(orders_of(bureau)) // EACH
    return [name for delivery in range(number) for name in names(delivery)]


def orders_of(bureau: Bureau) -> list[Any]:
    """The cases that are orders; bookings come in only, so that there are keys of many people."""
    return [row for row in bureau.every_case() if row.service == ORDER]


def go_on(bureau: Bureau, clock: MachineClock) -> None:
    """What an operator does after a power cut: runs the service, until all of it is done."""
    if not any(bureau.centre.home.locks.iterdir()):
        clock.set_by(timedelta(minutes=11))  # only its lease tells that the worker is dead
    for _ in range(3):
        bureau.run(ORDER)
        left = {State(row.state) for row in orders_of(bureau)} - CLOSED
        if not left:
            return
    raise AssertionError(f"not all is done: {left}")


@pytest.mark.parametrize("copies_made", [8, pytest.param(COPIES, marks=pytest.mark.long)])
def test_whatever_a_power_cut_leaves_is_whole_and_can_be_gone_on_from(
    founded_on: Callable[[str], tuple[Path, str]],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    copies_made: int,
) -> None:
    template, _ = founded_on(kind)
    bureau = moved_in(template, tmp_path / "bureau")
    bureau.books.fault("pictures", left=-1)
    for moment in ("before", "after"):  # so that many a copy falls into an act
        bureau.books.fault(f"slow-{moment}-place", "0.05", left=-1)
    chance = random.Random(SEED)
    with plugged(bureau.folder):
        until(lambda: len(bureau.books.orders()) >= 2)
        copies = []
        for number in range(copies_made):
            time.sleep(chance.uniform(0, 0.4))
            copies.append(copy(bureau, tmp_path / f"copy-{number:02}", chance))
    cuts, unsigned, states = set[str](), list[int](), Counter[str]()
    for one in copies:
        found = opened(one)
        found.books.heal()
        clock = MachineClock(Database(f"sqlite:///{found.home / 'paraplu.db'}"), monkeypatch)
        unsigned.append(assert_whole(found, one))
        states.update(row.state for row in found.every_case())
        cuts.add(one.cut)
        go_on(found, clock)
        marks = [found.mark(name, ORDER) for name in references(found)]
        placed = Counter(found.books.orders())
        assert [placed[mark] for mark in marks] == [1] * len(marks)
        assert_whole(found, one)
        found.close()
    if copies_made < COPIES:
        return
    # What was tried: acts broken off, logs whose last entries no head covers yet, and disks in disorder.
    assert states["working"] > 0
    assert max(unsigned) > 0
    assert len(cuts) > 1
