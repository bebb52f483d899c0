"""A town: a practice office, a home in which its backlog is due, and workers that drive real browsers.

What became of it is counted in the office's own file, as the crash suite does (`crash.count`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
from farm import Farm, WorkerProcess, until

from crash.backlog import PAIRS, Backlog
from crash.count import Row, counted
from crash.scene import ROBOTS, Scene, go_on, opened
from paraplu.audit.entry import Entry
from paraplu.bootstrap import Centre
from paraplu.practice.office import Office
from paraplu.store import entries, tables

PATIENCE = 900.0
"""Seconds until a test gives up, on a machine with a lot else to do."""


@dataclass
class Town:
    """The town in `folder`. `wanted` is what an undisturbed worker leaves in its office."""

    folder: Path
    asked: Backlog
    office: Office
    farm: Farm
    wanted: Counter[Row] | None = None

    @classmethod
    @contextmanager
    def founded(cls, folder: Path, asked: Backlog) -> Iterator[Town]:
        """A new one, in a folder that is not there yet."""
        scene = Scene(folder, asked)
        folder.mkdir(parents=True)
        with Office.start(folder, passwords=ROBOTS) as office:
            scene.make_home(office.address)
            with cls._at_work(folder, asked, office) as town:
                yield town

    @classmethod
    @contextmanager
    def copied(cls, template: Path, folder: Path, asked: Backlog) -> Iterator[Town]:
        """A copy of one whose office is closed."""
        scene = Scene(template, asked)
        scene.copy(folder)
        with Office.start(folder, passwords=ROBOTS) as office:
            scene.move_in(folder, office.address)
            with cls._at_work(folder, asked, office) as town:
                yield town

    @classmethod
    @contextmanager
    def _at_work(cls, folder: Path, asked: Backlog, office: Office) -> Iterator[Town]:
        farm = Farm(folder / "home", folder)
        try:
            yield cls(folder, asked, office, farm)
        finally:
            farm.clear()

    def worker(self, *options: str) -> WorkerProcess:
        """A worker with one place."""
        return self.farm.worker("--places", "1", *options)

    def work(self) -> WorkerProcess:
        """Let a worker do what is due."""
        worker = self.worker("--until-idle")
        self.await_end(worker)
        return worker

    def await_end(self, worker: WorkerProcess) -> None:
        """Wait until a worker has ended, as it should."""
        assert worker.ends(PATIENCE) == 0, worker.errors.read_text("utf-8")

    def await_bite(self, mood: str, number: int = 1) -> None:
        """Wait until a mood has bitten so often."""
        until(lambda: self.bitten(mood) >= number, PATIENCE)

    @contextmanager
    def centre(self) -> Iterator[Centre]:
        """Its records."""
        centre = opened(self.folder)
        try:
            yield centre
        finally:
            centre.close()

    def ask(self) -> None:
        """Have somebody ask for a run of each service with cases that are due."""
        with self.centre() as centre:
            go_on(centre, 1)

    def ask_later(self) -> None:
        """The same when the time is over for what was put off."""
        with self.centre() as centre, centre.parts.database.write() as connection:
            connection.execute(tables.cases.update().values(not_before=None))
            open_ones = tables.runs.update().where(tables.runs.c.ended_at.is_(None))
            connection.execute(open_ones.values(due_at=centre.parts.clock.ms()))
        self.ask()

    def entries(self) -> list[Entry]:
        """The audit log until now."""
        with self.centre() as centre, centre.parts.database.read() as connection:
            return [Entry(row.data) for row in entries.in_order(connection)]

    def runs(self) -> list[Any]:
        """All runs."""
        with self.centre() as centre, centre.parts.database.read() as connection:
            return list(connection.execute(tables.runs.select()))

    def cases(self) -> dict[str, Any]:
        """Cases by their references."""
        with self.centre() as centre, centre.parts.database.read() as connection:
            return {
                reference: centre.desks.find(connection, reference, *pair)
                for pair in PAIRS
                for reference in self.asked.references[pair[1]]
            }

    def bitten(self, mood: str) -> int:
        """How often a mood has bitten."""
        return self.office.truth.bites().get(mood, 0)

    def assert_right(self) -> None:
        """Everything is there once, nothing else has changed, and our records say the same."""
        found = counted(self.folder, self.asked, self.wanted)
        assert found.right, found


@dataclass(frozen=True)
class Below:
    """What runs below a worker: its hands, and what drives and is the browser of theirs."""

    hands: psutil.Process
    driver: psutil.Process
    browser: psutil.Process
    renderers: tuple[psutil.Process, ...]

    @classmethod
    def of(cls, worker: WorkerProcess) -> Below:
        """What there is now, of a worker with one pair of hands."""
        everything = worker.below()
        (browser,) = (one for one in everything if _is_browser(one))
        driver = browser.parent()
        assert driver is not None
        hands = driver.parent()
        assert hands is not None
        renderers = (one for one in everything if "--type=renderer" in _line(one))
        return cls(hands, driver, browser, tuple(renderers))

    def kill(self, what: str) -> None:
        """Kill one of them as the system does that is out of memory."""
        found = getattr(self, what)
        for one in found if isinstance(found, tuple) else (found,):
            one.kill()


def _line(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def _is_browser(process: psutil.Process) -> bool:
    line = _line(process)
    return "--remote-debugging-pipe" in line and "--type=" not in line
