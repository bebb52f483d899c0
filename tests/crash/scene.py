"""What every trial starts from: an office and a home in which a backlog is due, made once and copied."""

from __future__ import annotations

import getpass
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from crash import backlog
from crash.backlog import APPROVER, CORRECTIONS, LOSES_A_LINE, PAIRS, SUBMITTERS, Backlog
from crash.office import FILE, serving, set_mood
from crash.processes import ended, forked
from paraplu.bootstrap import Centre, create_home, open_centre
from paraplu.domain.case import DUE, State
from paraplu.domain.person import Person, Role
from paraplu.engine.clock import Clock
from paraplu.engine.people import Known
from paraplu.engine.reviewed import given, read
from paraplu.practice import accounts
from paraplu.settings import load_home, to_toml
from paraplu.store import cases, runs

CLIENTS = ("ssc", "waterland", "nordvig")
ROBOTS = dict.fromkeys(("payroll-robot", "purchasing-robot"), "only-in-a-crash-trial")
TARGETS = ("practice-payroll", "practice-purchasing")
REFERENCES = "references.json"
"""The file that tells the references of cases by their uids."""

_PREPARING = 600.0  # seconds
_MOOD = "drops-line"


class Server(Protocol):
    """A PostgreSQL server, see `postgres.Server`."""

    def url(self, database: str = ...) -> str:
        """Where a database of it lies."""

    def ask(self, query: str, database: str = ...) -> object:
        """Put a question straight to it."""


@dataclass(frozen=True)
class Scene:
    """A scene in `folder`: `office.db`, and a home in which runs for a backlog are due.

    `places` is how many runs may use a credential at once, `at_once` how many a worker carries out at once.
    `server` is where databases of copies are made when they are not files.
    """

    folder: Path
    asked: Backlog
    places: int = 1
    server: Server | None = None
    database: str = ""
    at_once: int = 1

    @classmethod
    def prepare(
        cls,
        folder: Path,
        asked: Backlog,
        *,
        places: int = 1,
        server: Server | None = None,
        at_once: int = 1,
    ) -> Scene:
        """Make one, in a process of its own: what opens a browser is never forked."""
        folder.mkdir(parents=True)
        database = _new_database(server, "template1") if server is not None else ""
        scene = cls(folder, asked, places, server, database, at_once)
        with passwords_in_environment(), serving(folder) as (address, _process):
            log = folder / "prepare.log"
            code = ended(forked(lambda: scene.make_home(address), log), _PREPARING)
            if code != 0:
                said = log.read_text("utf-8", "replace")
                raise RuntimeError(f"The scene could not be prepared ({code}):\n{said}")
        if asked.losing:
            for component in LOSES_A_LINE.values():
                set_mood(folder, _MOOD, component)
        return scene

    def copy(self, folder: Path) -> None:
        """Make a copy of it, while nobody works in it."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns("*.log"))

    def move_in(self, folder: Path, address: str) -> None:
        """Point the home of a copy to its own office, and to a database of its own."""
        url = ""
        if self.server is not None:
            url = self.server.url(_new_database(self.server, self.database))
        home = load_home(folder / "home")
        replace(home, targets=dict.fromkeys(TARGETS, address), database=url).save()

    def make_home(
        self, address: str, *, keys: str = "", evidence: str = "", each: int = 0, runs: int = 0
    ) -> None:
        """Make its home, with a backlog from workbooks and runs due for it, for the office at `address`.

        `keys` and `evidence` are as in `paraplu.settings.Home`. `each` is how many requests a workbook has
        at most (all of a service), `runs` how many are asked for (as many as there are places).
        """
        folder, asked, url = self.folder, self.asked, ""
        if self.server is not None:
            url = self.server.url(self.database)
        roles = (Role.ADMINISTRATOR, Role.OPERATOR, Role.AUDITOR)
        person = Person(handle="you", name="You", roles=roles, system_user=getpass.getuser())
        home, _known = create_home(
            folder / "home", person, demo=True, database=url, keys=keys, evidence=evidence
        )
        replace(home, targets=dict.fromkeys(TARGETS, address)).save()
        credentials = home.secrets / "credentials.toml"
        credentials.touch(mode=0o600)
        robots = {name: {"user": name, "password": word} for name, word in ROBOTS.items()}
        credentials.write_text(to_toml(robots), "utf-8")
        centre = opened(folder)
        try:
            _agree(folder, centre, self.places)
            rows = asked.rows(folder / FILE)
            if asked.approved:
                _take_in(folder, centre, CORRECTIONS, rows[CORRECTIONS][:1])
                _have_approved(centre, asked.references[CORRECTIONS][0])
                rows[CORRECTIONS] = rows[CORRECTIONS][1:]
            for service, some in rows.items():
                for part in _parts(some, each):
                    _take_in(folder, centre, service, part)
            go_on(centre, runs or self.places)
            _tell_references(folder, centre, asked)
        finally:
            centre.close()


def opened(folder: Path, later: timedelta = timedelta()) -> Centre:
    """The centre of a scene; its clock is that much ahead."""
    return open_centre(folder / "home", clock=Clock(lambda: datetime.now(UTC) + later))


def go_on(centre: Centre, places: int) -> tuple[int, int]:
    """What people do when work stands still. Gives how many runs have not ended, and cases handed back.

    A case that was set aside because its runs broke off often is handed back. A service with cases that
    are due and no run gets runs, as many as may use the credential.
    """
    by, database = _you(centre), centre.parts.database
    with database.read() as connection:
        aside = cases.listed(connection, states=[State.WITH_PERSON], most=1000)
        broke_off = [row.uid for row in aside if row.reason == "crashed-often"]
    for uid in broke_off:
        centre.desks.hand_back(uid, by, "Its workers were killed on purpose.")
    with database.write() as connection:
        for client, service in PAIRS:
            found = cases.listed(connection, client=client, service=service, states=DUE, most=1000)
            if found and not runs.open_runs(connection, client, service):
                for _place in range(places):
                    centre.runs.ask(connection, client, service, by.uid)
        under_way = sum(len(runs.open_runs(connection, *pair)) for pair in PAIRS)
    return under_way, len(broke_off)


def _new_database(server: Server, template: str) -> str:
    """Make a database; its name is of this copy alone, as several processes make some."""
    name = f"crash_{uuid4().hex[:12]}"
    server.ask(f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


@contextmanager
def passwords_in_environment() -> Iterator[None]:
    """The robots' passwords as a new office takes them."""
    given = {accounts.environment_name(name): word for name, word in ROBOTS.items()}
    os.environ.update(given)
    try:
        yield
    finally:
        for name in given:
            del os.environ[name]


def _agree(folder: Path, centre: Centre, places: int) -> None:
    """Put the demo's client files into force, with limits that random kills do not reach."""
    from paraplu import practice

    for name in CLIENTS:
        path = folder / f"{name}.toml"
        path.write_bytes(resources.files(practice).joinpath("clients", f"{name}.toml").read_bytes())
        file = read(path).client_file
        agreements = []
        for one in file.agreement:
            more = {"crashes": 10, "attempts": 10, "slots": places}
            limits = one.limits.model_copy(update=more)
            agreements.append(one.model_copy(update={"limits": limits}))
        changed = file.model_copy(update={"agreement": tuple(agreements)})
        centre.parts.records.apply([given(changed)], _you(centre), force=True)


def _take_in(folder: Path, centre: Centre, service: str, rows: list[backlog.Row]) -> None:
    client = next(one for one, other in PAIRS if other == service)
    path = folder / f"{service}-{len(list(folder.glob('*.xlsx')))}.xlsx"
    path.write_bytes(backlog.workbook(centre.parts.bots[service], rows))
    by = centre.parts.people.acting(getpass.getuser(), SUBMITTERS[service], demo=True)
    taken = centre.intake.receive(path, client, service, by, channel="demo")
    wanted = len({row["reference"] for row in rows})
    if taken.stopped is not None or taken.totals.received != wanted:
        raise AssertionError(f"The workbook was not taken in whole: {taken}")


def _parts(rows: list[backlog.Row], each: int) -> Iterator[list[backlog.Row]]:
    """Rows in parts of `each` references at most; 0 is all of them."""
    references = list(dict.fromkeys(row["reference"] for row in rows))
    size = each or len(references)
    for first in range(0, len(references), size or 1):
        some = set(references[first : first + size])
        yield [row for row in rows if row["reference"] in some]


def _have_approved(centre: Centre, reference: str) -> None:
    """Let a run plan the only correction that there is, and say yes to it."""
    go_on(centre, 1)
    centre.worker(1).work(until_idle=True)
    with centre.parts.database.read() as connection:
        row = centre.desks.find(connection, reference, *PAIRS[0])
    if row.state != State.WAITING:
        raise AssertionError(f"{reference} is {row.state}, and not waiting for an approval.")
    approver = centre.parts.people.acting(getpass.getuser(), APPROVER, demo=True)
    centre.desks.approve(row.uid, approver)


def _tell_references(folder: Path, centre: Centre, asked: Backlog) -> None:
    with centre.parts.database.read() as connection:
        found = {
            centre.desks.find(connection, reference, *pair).uid: reference
            for pair in PAIRS
            for reference in asked.references[pair[1]]
        }
    (folder / REFERENCES).write_text(json.dumps(found), "utf-8")


def _you(centre: Centre) -> Known:
    return centre.parts.people.acting(getpass.getuser(), None, demo=True)
