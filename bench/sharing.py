"""`python3 dev bench sharing`: two machines share a backlog of orders, and one of them stops in the middle.

Two workers as an operator starts them, each with a home of its own, on one PostgreSQL. What was done is
counted in the practice office's own file; who did it is told by the audit log.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import psutil
import stage  # noqa: F401  makes the tests' own modules importable
from farm import Farm, WorkerProcess
from stage import until

import postgres
from crash.backlog import Backlog, Row
from crash.count import counted, done_in_office
from crash.scene import ROBOTS, Scene, opened
from paraplu.audit.entry import Entry
from paraplu.domain.case import DUE
from paraplu.practice.facts import Facts
from paraplu.practice.office import Office
from paraplu.settings import load_home
from paraplu.store import entries, tables

EACH = 50  # orders in one workbook: above its agreement's 80 a receipt waits for a word
STALL = 20  # seconds that a worker may be silent: a killed one is on another machine, as far as is known
PATIENCE = 4 * 3600.0  # seconds for the whole backlog, on a machine with a lot else to do


@dataclass(frozen=True)
class Orders(Backlog):
    """Orders that differ by quantity and day, and that contract and budget have room for."""

    def _orders(self, facts: Facts) -> Iterator[Row]:
        for row in super()._orders(facts):
            number = int(row["reference"].removeprefix("O-"))
            row["quantity"] = 1 + number % 4
            if "need_by" in row:
                # As the office counts.
                day = date.today() + timedelta(days=30 + number // 4)  # noqa: DTZ011
                row |= {"need_by": day, "budget_year": day.year}
            yield row


@dataclass
class Share:
    """What one worker did, as the log has it: the references of its orders, in order, and its runs."""

    name: str = ""
    runs: int = 0
    taken_over: int = 0
    orders: list[str] = field(default_factory=list)


@dataclass
class Machine:
    """A machine of the cluster: the worker on it."""

    name: str
    worker: WorkerProcess


def main(arguments: list[str]) -> int:
    """Do it once, and print what came of it. Gives 0 when nothing was lost or doubled and both worked."""
    parser = argparse.ArgumentParser(prog="python3 dev bench sharing", description=__doc__)
    parser.add_argument("--cases", type=int, default=200, help="how many orders (200)")
    parser.add_argument("--slots", type=int, default=4, help="runs that use the robot at once (4)")
    parser.add_argument("--places", type=int, default=2, help="runs that a worker does at once (2)")
    parser.add_argument("--kill", action="store_true", help="kill the worker, not stop it softly")
    parser.add_argument("--json", action="store_true", help="end with one line of JSON")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="paraplu-sharing-") as name:
        return _share(Path(name), given)


def _share(folder: Path, given: Any) -> int:
    server = postgres.server()
    database, keys = server.database(), server.database()
    url, evidence, town = server.url(database), folder / "evidence", folder / "town"
    evidence.mkdir()
    town.mkdir()
    asked = Orders(0, given.cases)
    scene = Scene(town, asked, places=given.slots, server=server, database=database)
    with Office.start(town, passwords=ROBOTS) as office:
        print(f"Taking in {given.cases} orders ...", file=sys.stderr, flush=True)
        scene.make_home(
            office.address, keys=server.url(keys), evidence=str(evidence), each=EACH, runs=1
        )
        homes = [town / "home", _other_machine(town / "home", folder / "other")]
        farms = [Farm(home, folder) for home in homes]
        try:
            begun = time.monotonic()
            options = ("--database", url, "--places", str(given.places))
            machines = [
                Machine(f"machine-{number}", farm.worker(*options))
                for number, farm in enumerate(farms, start=1)
            ]
            stopped = _stop_one(machines[0], office, given)
            until(lambda: _all_closed(server, database), PATIENCE)
            lasted = time.monotonic() - begun
            machines[1].worker.signal(signal.SIGTERM)
            code = machines[1].worker.ends(PATIENCE)
        finally:
            for farm in farms:
                farm.clear()
    return _told(town, asked, machines, given, stopped, lasted, code)


def _other_machine(home: Path, folder: Path) -> Path:
    """The home of another machine: what `docs/how-to/run-a-cluster.md` says is copied."""
    replace(load_home(home), stall_seconds=STALL).save()
    other = folder / "home"
    other.mkdir(parents=True, mode=0o700)
    for name in ("settings.toml", "log.vkey"):
        shutil.copy2(home / name, other / name)
    shutil.copytree(home / "secrets", other / "secrets")
    return other


def _stop_one(machine: Machine, office: Office, given: Any) -> str:
    """Stop a worker when 40 of 100 orders are placed. Gives what was done to it, in words."""
    wanted = max(1, given.cases * 2 // 5)
    until(lambda: _placed(office) >= wanted, PATIENCE)
    before, begun = _placed(office), time.monotonic()
    if given.kill:
        machine.worker.kill()
        how = "killed (SIGKILL)"
    else:
        machine.worker.signal(signal.SIGTERM)
        how = f"told to stop (SIGTERM) and ended with {machine.worker.ends(PATIENCE)}"
    print(f"{machine.name} was {how}", file=sys.stderr, flush=True)
    return f"{how}, when {before} orders were placed; gone {time.monotonic() - begun:.1f} s later"


def _placed(office: Office) -> int:
    return len(office.truth.orders("O-%", state="placed"))


def _all_closed(server: postgres.Server, database: str) -> bool:
    time.sleep(2)
    due = ", ".join(f"'{state.value}'" for state in DUE)
    query = f"SELECT count(*) FROM cases WHERE state IN ({due})"  # noqa: S608  our own words
    (cases,) = server.ask(query, database)
    (runs,) = server.ask("SELECT count(*) FROM runs WHERE ended_at IS NULL", database)
    return cases[0] == 0 and runs[0] == 0


def _told(
    town: Path,
    asked: Backlog,
    machines: list[Machine],
    given: Any,
    stopped: str,
    lasted: float,
    code: int,
) -> int:
    """Count, and say it."""
    found = counted(town, asked, None)
    times = done_in_office(town, asked)
    shares = _shares(town, {one.worker.pid: one.name for one in machines})
    how = f"{given.slots} slots, {given.places} places each"
    print(f"{given.cases} orders, two workers on PostgreSQL, {how}.")
    print(f"{machines[0].name} was {stopped}. {machines[1].name} ended with {code}.")
    load = psutil.getloadavg()[0]
    print(f"All closed after {lasted:.0f} s ({os.cpu_count()} cores, load {load:.1f}).\n")
    print("Who did what, from the audit log:\n")
    print("| worker | orders | runs begun | of these taken over | first and last order |")
    print("| --- | --- | --- | --- | --- |")
    for one in shares:
        ends = f"{one.orders[0]} ... {one.orders[-1]}" if one.orders else "-"
        print(f"| {one.name} | {len(one.orders)} | {one.runs} | {one.taken_over} | {ends} |")
    placed = sum(map(bool, times.values()))
    print(f"\nCounted in the office's own file: {placed} of {given.cases} placed.")
    for wrong in found.wrong:
        print(f"wrong: {wrong}")
    print(f"{len(found.lost)} lost, {len(found.doubled)} doubled, {len(found.wrong)} wrong")
    if given.json:
        facts = {
            "cases": given.cases,
            "killed": given.kill,
            "seconds": round(lasted, 1),
            "lost": len(found.lost),
            "doubled": len(found.doubled),
            "wrong": len(found.wrong),
            "who": {one.name: len(one.orders) for one in shares},
        }
        print(json.dumps(facts))
    shared = len(shares) == len(machines) and all(one.orders for one in shares)
    whole = sum(len(one.orders) for one in shares) == given.cases
    return 0 if found.right and shared and whole and code == 0 else 1


def _shares(town: Path, names: dict[int, str]) -> list[Share]:
    """What each worker did, by name; `names` are those of processes."""
    centre = opened(town)
    try:
        centre.parts.journal.complete()
        with centre.parts.database.read() as connection:
            workers = connection.execute(tables.workers.select())
            processes = {row.uid: names.get(row.process, row.uid) for row in workers}
            cases = connection.execute(tables.cases.select())
            references = {
                row.uid: str(centre.parts.case_files.request_values(row)["reference"])
                for row in cases
            }
            log = [Entry(row.data) for row in entries.in_order(connection)]
    finally:
        centre.close()
    return _shared_out(log, references, processes)


def _shared_out(log: list[Entry], references: dict[str, str], names: dict[str, str]) -> list[Share]:
    """What the log tells: entries of a run are of the worker that its last `run-started` names."""
    holders: dict[str, str] = {}
    taken_over: Counter[str] = Counter()
    found: dict[str, Share] = defaultdict(Share)
    for entry in log:
        run = entry.document["actor"].get("process", {}).get("uid", "")
        if entry.kind == "run-taken-over":
            taken_over[run] += 1
        elif entry.kind == "run-started":
            holders[run] = worker = entry.document["rpa"]["detail"]["worker"]
            found[worker].name = names.get(worker, worker)
            found[worker].runs += 1
            found[worker].taken_over += bool(taken_over.pop(run, 0))
        elif entry.kind == "outcome-confirmed":
            found[holders[run]].orders.append(references[str(entry.case)])
    return sorted(found.values(), key=lambda share: share.name)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
