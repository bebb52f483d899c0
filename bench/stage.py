"""What all figures are measured on: a bureau with a browser-free ledger, and real worker processes.

The ledger is the product of the engine's tests (``tests/engine/paraplu_ledger``): it costs next to nothing,
so that what is measured is Paraplu.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
for _folder in ("tests/dispatch", "tests/engine", "tests", "bench"):
    sys.path.insert(0, str(ROOT / _folder))

from bureau import BOOKING, CLIENT, Bureau, booking, found_home  # noqa: E402
from farm import Farm, install_ledger  # noqa: E402

import postgres  # noqa: E402

LINES = "BENCH_FIRST_LINES"
"""The environment variable that names the file in which the timed bot notes when its first line ran."""

DWELL = "BENCH_DWELL"
"""The environment variable with the seconds that the timed bot stays in its first line."""


@contextmanager
def stage(
    kind: str, *, cases: int = 0, timed: bool = False, stall: int = 600, slots: int = 1
) -> Iterator[tuple[Bureau, Farm]]:
    """A bureau on `kind` (sqlite or postgresql) with `cases` due, and a farm for its workers."""
    from dataclasses import replace

    with tempfile.TemporaryDirectory(prefix="paraplu-bench-") as name:
        folder = Path(name)
        server = postgres.server() if kind == "postgresql" else None
        database = server.database() if server else ""
        found_home(folder / "b", database=server.url(database) if server else "")
        bureau = Bureau(folder / "b")
        targets = {"ledger": str(folder / "b" / "ledger.db")}
        replace(bureau.centre.home, stall_seconds=stall, targets=targets).save()
        bureau.close()
        bureau.time.now = datetime.now(UTC)
        bureau.settings(limits={"many": 100_000, "slots": slots})
        if cases:
            bureau.send(
                *(booking(f"B-{n}", "10003", f"{3000 + n}", None, "1.00") for n in range(cases))
            )
        (folder / "installed").mkdir()
        installed = install_ledger(folder / "installed")
        if timed:
            points = next(installed.rglob("entry_points.txt"))
            text = points.read_text("utf-8")
            points.write_text(text.replace("paraplu_ledger:BookingBot", "timed:TimedBot"), "utf-8")
        os.environ[LINES] = str(folder / "first-lines")
        farm = Farm(bureau.home, installed)
        farm._environment["PYTHONPATH"] += os.pathsep + str(ROOT / "bench")  # the timed bot
        try:
            yield bureau, farm
        finally:
            farm.clear()
            bureau.close()


def ask(bureau: Bureau) -> str:
    """Make a run due. Gives its uid."""
    with bureau.centre.parts.database.write() as connection:
        return bureau.centre.runs.ask(connection, CLIENT, BOOKING, bureau.who("olga").uid)


def first_lines() -> list[int]:
    """When the first lines ran, in nanoseconds, in order."""
    path = Path(os.environ[LINES])
    return sorted(int(line) for line in path.read_text().split()) if path.exists() else []


def until(what: Callable[[], Any], patience: float = 120.0) -> Any:
    """Wait until something is so. Gives it; raises `TimeoutError` when it does not come to that."""
    end = time.monotonic() + patience
    while not (found := what()):
        if time.monotonic() > end:
            raise TimeoutError("what was waited for did not happen")
        time.sleep(0.01)
    return found
