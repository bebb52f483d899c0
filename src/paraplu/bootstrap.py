"""Joins the parts: the only place that builds them."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache, partial
from importlib import import_module
from pathlib import Path
from typing import Any

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

import paraplu
from paraplu.dispatch.children import Children
from paraplu.dispatch.clock import ScheduleClock
from paraplu.dispatch.dispatch import Dispatch
from paraplu.dispatch.embedded import EmbeddedDispatch
from paraplu.dispatch.hands import ChildHands
from paraplu.dispatch.worker import Worker
from paraplu.domain.connector import Recorder
from paraplu.domain.person import Person
from paraplu.engine.absences import Absences
from paraplu.engine.ahead import Ahead
from paraplu.engine.answers import Answers
from paraplu.engine.asking import Asking
from paraplu.engine.calendars import Calendars
from paraplu.engine.casefile import CaseFiles
from paraplu.engine.cases import Desks
from paraplu.engine.clients import Clients
from paraplu.engine.clock import Clock
from paraplu.engine.folders import Folders
from paraplu.engine.hands import Hands, HandsTerms, OwnHands, Tools
from paraplu.engine.holidays import Holidays
from paraplu.engine.intake import Intake
from paraplu.engine.journal import OURSELVES, Journal
from paraplu.engine.leases import Leases
from paraplu.engine.notices import Notices
from paraplu.engine.outbox import Outbox
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, People
from paraplu.engine.planned import Planner
from paraplu.engine.proof import Proof
from paraplu.engine.proposals import Proposals
from paraplu.engine.records import Records
from paraplu.engine.report import RunReport
from paraplu.engine.runs import Runs
from paraplu.engine.schedules import Schedules
from paraplu.engine.sequencer import Sequencer
from paraplu.engine.wording import Wording
from paraplu.errors import Refused, SettingsWrong
from paraplu.logging import catch_forgotten, log_to
from paraplu.plugins import Plugins
from paraplu.settings import SETTINGS, Home, check_places, load_home
from paraplu.store.database import Database, StorageDown
from paraplu.store.entries import count
from paraplu.store.files import Files
from paraplu.store.keys import KeyStore, secret_bytes
from paraplu.store.tables import SCHEMA
from paraplu.store.upgrade import Upgraded, upgrade


@dataclass(frozen=True, slots=True)
class Centre:
    """One installation, joined and ready: what the command line and the console work with."""

    home: Home
    plugins: Plugins
    parts: Parts
    intake: Intake
    runs: Runs
    asking: Asking
    planner: Planner
    schedules: Schedules
    holidays: Holidays
    desks: Desks
    answers: Answers
    folders: Folders
    proof: Proof
    outbox: Outbox
    absences: Absences
    dispatch: Dispatch
    children: Children | None
    log: Any

    def worker(
        self, places: int, told: Callable[[str, RunReport | Exception], None] | None = None
    ) -> Worker:
        """A worker of this installation with `places` runs at once; see `Worker`.

        After each run the workbooks are answered, the operational log tells how it ended, and so does
        `told`. On PostgreSQL the worker is a candidate for the sequencer of the log, too.
        """

        def hear(run: str, outcome: RunReport | Exception) -> None:
            if told is not None:
                told(run, outcome)
            self._told(run, outcome)

        journal = self.parts.journal
        sequencer = Sequencer(
            self.parts.database,
            log=journal.log,
            clock=self.parts.clock,
            signer=self.home.signing()[0],
            tell=lambda event: self.log.info(event.replace("-", "_")),
        )
        beside = () if self.parts.database.is_sqlite else (sequencer.run,)
        return Worker(self.runs, self.dispatch, self.children, places, hear, beside)

    def clock(self) -> ScheduleClock:
        """The clock of this installation's schedules. Any number of them may go at once."""
        return ScheduleClock(self.planner, lambda one: self.log.error("clock_failed", exc_info=one))

    def _told(self, run: str, outcome: RunReport | Exception) -> None:
        if isinstance(outcome, Exception):
            self.log.error("run_failed", run=run, exc_info=outcome)
            with suppress(StorageDown):
                self.runs.tell_of_failure(run, outcome)
            return
        self.log.info("run_ended", run=run, ending=outcome.ending)
        if outcome.handled:
            self.answers.answer_all(outcome.client, outcome.service)

    def close(self) -> None:
        """Sign the log's head and let go of everything."""
        if self.children is not None:
            self.children.close()
        try:
            self.parts.journal.sign_head()
        finally:
            self.parts.database.close()
            self.parts.keys.close()


def create_home(
    path: Path,
    person: Person,
    *,
    demo: bool = False,
    clock: Clock | None = None,
    database: str = "",
    keys: str = "",
    evidence: str = "",
) -> tuple[Home, Known]:
    """Make a home in `path` with its databases, keys and log, and its first person.

    `database`, `keys` and `evidence` are as in `Home`: empty means in the home. Raises `Refused` when there
    is one already, `SettingsWrong` when the folder cannot be written or the database is not one for us.
    """
    if (path / SETTINGS).exists():
        raise Refused(f"There is a home of Paraplu in {path} already.")
    clock = clock or Clock()
    home = Home(
        path,
        _origin(clock.now()),
        demo,
        database=database,
        keys=keys,
        evidence_folder=evidence,
    )
    check_places(home)
    for url in (home.database_url, home.keys_url):
        _require_database(url)
    begun = (home.secrets / "master.key").exists()
    try:
        home.path.mkdir(parents=True, exist_ok=True)
        home.path.chmod(0o700)  # answered workbooks lie in it, readable
        for folder in (home.secrets, home.evidence, home.answers, home.locks):
            folder.mkdir(exist_ok=True, parents=folder == home.evidence)
        home.secrets.chmod(0o700)
        for name in ("master.key", "index.key", "log.key"):
            secret_bytes(home.secrets / name, make=True)
    except OSError as error:
        raise SettingsWrong(f"The folder {path} cannot be written: {error.strerror}.") from None
    parts = _parts(home, Plugins(), clock)
    if not begun and parts.database.schema() is not None:
        raise Refused(
            "There is a Paraplu in this database already. For another machine of it copy the home: "
            f"{SETTINGS}, log.vkey and the folder secrets."
        )
    parts.database.create()
    _apply_dispatch(parts.database)
    parts.keys.create()
    (home.path / "log.vkey").write_text(parts.journal.verifier.vkey + "\n", encoding="utf-8")
    with parts.database.read() as connection:
        fresh = count(connection) == 0
    if fresh:
        parts.journal.open_log(OURSELVES)
    with parts.database.write() as connection:
        known = parts.people.put(connection, person, None)
    parts.journal.sign_head()
    parts.database.close()
    parts.keys.close()
    home.save()  # last: a home without settings file is not finished, and made again
    return home, known


def upgrade_home(
    path: Path, user: str | None, claimed: str | None = None, *, clock: Clock | None = None
) -> Upgraded:
    """Bring the database of the home in `path` to this program's schema; an entry tells who did it.

    `user` is the operating-system user, None when nobody in particular does it; `claimed` as for every
    command. Raises what `paraplu.store.upgrade.upgrade` raises.
    """
    home, clock = load_home(path), clock or Clock()
    parts = _parts(home, Plugins(), clock)
    try:
        people, journal = parts.people, parts.journal
        hand = people.acting(user, claimed, demo=home.demo).hand if user else OURSELVES

        def tell(connection: Any, before: int) -> None:
            detail = {"schema_before": before, "schema": SCHEMA}
            journal.write(connection, journal.entry("database-upgraded", hand, detail=detail))

        done = upgrade(parts.database, clock.now(), tell)
        _apply_dispatch(parts.database)
        if done.before != done.after:
            journal.sign_head()
        return done
    finally:
        parts.database.close()
        parts.keys.close()


def open_centre(
    path: Path,
    *,
    clock: Clock | None = None,
    plugins: Plugins | None = None,
    tools: Callable[[], Tools] | None = None,
    database: str | None = None,
) -> Centre:
    """Open the home in `path`. Raises `SettingsWrong` or `SchemaMismatch` with what to do.

    `database` is the URL of its database when that is not the one that its settings say.

    Runs have their hands in child processes, which find plugins by entry point. With `plugins` given (an
    author's tests) they have them in this one, unless `tools` says what children make their hands of.
    """
    home = load_home(path)
    if database is not None:
        home = replace(home, database=database)
    children: Children | None = None
    if plugins is None or tools is not None:
        plugins = plugins or Plugins()
        known = plugins
        children = Children(
            tools or partial(open_tools, path), lambda: connectors_in_use(parts, known)
        )
        parts = _parts(home, plugins, clock or Clock(), partial(ChildHands, children))
    else:
        parts = _parts(home, plugins, clock or Clock())
    parts.database.check()
    dispatch = _dispatch(home)
    leases = Leases(parts.database, parts.clock, paraplu.__version__, home.locks, home.stall)
    asking, desks = Asking(parts, dispatch.offer), Desks(parts)
    intake, answers = Intake(parts), Answers(parts, desks, home.answers)
    log = log_to(home.log_file)
    planner = Planner(parts, asking, parts.ahead, trouble=partial(log.error, "schedule_failed"))
    return Centre(
        home=home,
        plugins=plugins,
        parts=parts,
        intake=intake,
        runs=Runs(parts, leases, asking),
        asking=asking,
        planner=planner,
        schedules=Schedules(parts, planner),
        holidays=Holidays(parts),
        desks=desks,
        answers=answers,
        folders=Folders(parts, intake, answers, home.path, log.info),
        proof=Proof(parts),
        outbox=_outbox(home, parts),
        absences=Absences(parts),
        dispatch=dispatch,
        children=children,
        log=log,
    )


def _outbox(home: Home, parts: Parts) -> Outbox:
    if home.mail is None:
        return Outbox(parts, None)
    from paraplu.dispatch.mail import Mail  # the standard library's mail is slow to import

    return Outbox(parts, Mail(home.mail, home.credential).post, home.mail.link)


def _dispatch(home: Home) -> Dispatch:
    url = make_url(home.database_url)
    if url.get_backend_name() == "sqlite":
        return EmbeddedDispatch(Path(url.database or ""))
    from paraplu.dispatch.cluster import ClusterDispatch

    return ClusterDispatch(home.database_url)


def _apply_dispatch(database: Database) -> None:
    """Make what dispatch needs in the database, or bring it to the installed version."""
    if database.is_sqlite:
        return
    from paraplu.dispatch.cluster import apply_schema

    apply_schema(database)


def _require_database(url: str) -> None:
    """Raise `SettingsWrong` unless this is the URL of a database of a kind that we know how to use."""
    kind = url.partition(":")[0]
    if kind not in ("sqlite", "postgresql+psycopg"):
        raise SettingsWrong(
            "A database is named by a URL like postgresql+psycopg://user@host/name "
            f"(or sqlite:////folder/file.db), not by one that begins with '{kind[:30]}'."
        )
    try:
        make_url(url)
    except (ArgumentError, ValueError):
        raise SettingsWrong(
            "The URL of the database cannot be read: write it like "
            "postgresql+psycopg://user@host:5432/name, special characters in it as %XX."
        ) from None
    if kind != "sqlite":
        import_module("paraplu.dispatch.cluster")  # says so when the extra is not installed


def open_tools(path: Path) -> Tools:
    """What hands in a process of their own are made of; they know the home's settings only.

    To be called at the beginning of that process. What its libraries say, when its driver is killed for
    instance, goes to the operational log without their words, not to standard error with them.
    """
    home = load_home(path)
    catch_forgotten(log_to(home.log_file))
    return tools_of(home, Plugins())


def connectors_in_use(parts: Parts, plugins: Plugins) -> list[str]:
    """The connectors that the agreements in force work through."""
    with parts.database.read() as connection:
        targets = {
            agreement.target
            for client in parts.clients.every(connection)
            for agreement in parts.clients.agreements(connection, client.id)
        }
    known = [plugins.target(name) for name in sorted(targets) if name in plugins.target_group]
    return sorted({kind.connector for kind in known})


def _parts(
    home: Home,
    plugins: Plugins,
    clock: Clock,
    hands: Callable[[HandsTerms, Recorder], Hands] | None = None,
) -> Parts:
    for url in (home.database_url, home.keys_url):
        _require_database(url)
    database = Database(home.database_url)
    keys = KeyStore(
        home.keys_url,
        secret_bytes(home.secrets / "master.key"),
        secret_bytes(home.secrets / "index.key"),
    )
    signer, verifier = home.signing()
    journal = Journal(
        database=database,
        keys=keys,
        clock=clock,
        log=home.log,
        version=paraplu.__version__,
        signer=signer,
        verifier=verifier,
    )
    people = People(database, keys, clock, journal)
    known = Clients(clock, people)
    calendars = Calendars(clock, journal, known)
    ahead = Ahead(clock, journal, calendars.of)
    proposals = Proposals(database, keys, clock, journal, people, known)
    wordings = lru_cache(maxsize=None)(lambda language: Wording(language, plugins.catalogues))
    return Parts(
        database=database,
        keys=keys,
        files=Files(home.evidence, keys),
        clock=clock,
        journal=journal,
        people=people,
        clients=known,
        calendars=calendars,
        proposals=proposals,
        records=Records(
            *(database, keys, clock, journal, people, known, plugins.bots),
            *(calendars, ahead, proposals),
        ),
        ahead=ahead,
        notices=Notices(database, clock, people, known, home.expiries),
        case_files=CaseFiles(keys),
        bots=plugins.bots,
        workbooks=lambda: plugins.connector("spreadsheet"),
        hands=hands or partial(OwnHands, tools_of(home, plugins)),
        code_hash=lru_cache(maxsize=None)(plugins.code_hash),
        wording=wordings,
    )


def tools_of(home: Home, plugins: Plugins) -> Tools:
    """What hands are made of in this home."""
    return Tools(
        bots=plugins.bots,
        targets=plugins.target,
        connectors=plugins.connector,
        address=home.address,
        credential=home.credential,
    )


def _origin(now: datetime) -> str:
    """A name for the log that others do not have: this machine's name, and the year it was opened in."""
    host = re.sub(r"[^a-z0-9.-]+", "-", socket.gethostname().lower()).strip("-.") or "paraplu"
    return f"{host[:60]}/audit/{now.astimezone(UTC).year}-{os.urandom(3).hex()}"
