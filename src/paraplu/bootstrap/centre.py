"""One installation, joined and ready."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection

import paraplu
from paraplu.assurance.erasure.erasing import Erasures
from paraplu.assurance.erasure.extract import Extracts
from paraplu.assurance.erasure.reach import Backups
from paraplu.assurance.erasure.retention import Retentions
from paraplu.assurance.handout.bundle import Bundles
from paraplu.assurance.handout.siem import Siem
from paraplu.assurance.handout.tilelog import TileLog
from paraplu.assurance.keeping.custody import Custody
from paraplu.assurance.questions.decisions import Decisions
from paraplu.assurance.questions.intents import Intents
from paraplu.assurance.questions.powers import Powers
from paraplu.assurance.questions.search import Search
from paraplu.assurance.questions.story import Stories
from paraplu.assurance.review.afterchecks import AfterChecks
from paraplu.assurance.review.reconciliation import Reconciliation
from paraplu.assurance.verifying.proof import Proof
from paraplu.bootstrap.parts import (
    custody_of,
    dispatch_of,
    parts_of,
    tools_of,
)
from paraplu.dispatch.children import Children
from paraplu.dispatch.clock import ScheduleClock
from paraplu.dispatch.dispatch import Dispatch
from paraplu.dispatch.hands import ChildHands
from paraplu.dispatch.rounds import Round, Rounds
from paraplu.dispatch.worker import Worker
from paraplu.domain.notice import NoticeKind
from paraplu.engine.absences import Absences
from paraplu.engine.answers import Answers
from paraplu.engine.asking import Asking
from paraplu.engine.cases import Desks
from paraplu.engine.clock import Clock, from_ms
from paraplu.engine.deployments import Deployments
from paraplu.engine.folders import Folders
from paraplu.engine.hands import Tools
from paraplu.engine.holidays import Holidays
from paraplu.engine.intake import Intake
from paraplu.engine.late import Late
from paraplu.engine.leases import Leases
from paraplu.engine.outbox import Outbox
from paraplu.engine.parts import Parts
from paraplu.engine.planned import Planner
from paraplu.engine.report import RunReport
from paraplu.engine.runs import Runs
from paraplu.engine.schedules import Schedules
from paraplu.engine.sequencer import Sequencer
from paraplu.engine.signing import CannotSign
from paraplu.errors import SettingsWrong
from paraplu.logging import catch_forgotten, log_to
from paraplu.plugins import Plugins
from paraplu.settings import Home, load_home
from paraplu.store.database import StorageDown

Beside = Callable[[threading.Event], None]
"""Goes on until the event is set."""

_FOLDERS, _MINUTE, _HOUR = 5.0, 60.0, 3600.0  # seconds between two looks


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
    custody: Custody
    proof: Proof
    search: Search
    stories: Stories
    decisions: Decisions
    intents: Intents
    powers: Powers
    after_checks: AfterChecks
    reconciliation: Reconciliation
    erasures: Erasures
    retentions: Retentions
    extracts: Extracts
    deployments: Deployments
    bundles: Bundles
    tile_log: TileLog
    siem: Siem
    outbox: Outbox
    absences: Absences
    late: Late
    dispatch: Dispatch
    children: Children | None
    log: Any

    def worker(
        self,
        places: int,
        told: Callable[[str, RunReport | Exception], None] | None = None,
        beside: Sequence[Beside] = (),
    ) -> Worker:
        """A worker of this installation with `places` runs at once; see `Worker`.

        After each run the workbooks are answered, the operational log tells how it ended, and so does
        `told`. What is `beside` goes on as long as it works. On PostgreSQL the worker is a candidate for the
        sequencer of the log, too.
        """

        def hear(run: str, outcome: RunReport | Exception) -> None:
            if told is not None:
                told(run, outcome)
            self._told(run, outcome)

        journal = self.parts.journal
        sequencer = Sequencer(
            self.parts.database,
            clock=self.parts.clock,
            signing=journal.signing,
            tell=lambda event: self.log.info(event.replace("-", "_")),
            succeed=journal.succeed,
        )
        also = () if self.parts.database.is_sqlite else (sequencer.run,)
        return Worker(self.runs, self.dispatch, self.children, places, hear, (*also, *beside))

    def beside(self) -> tuple[Beside, ...]:
        """What an installation does beside runs: plan them, look at folders and absences, send notices, sign.

        Erasures that broke off are ended, too. Any number of machines may do it at once.
        """
        rounds = [Round("late", _MINUTE, self.late.look), Round("notices", _MINUTE, self._notices)]
        if self.parts.database.is_sqlite:  # on PostgreSQL the sequencer signs
            rounds.append(Round("heads", _MINUTE, self._sign))
        # What two people agreed on is done, also when the machine went down in the middle of it.
        rounds.append(Round("erasures", _HOUR, self.erasures.finish))
        # A share that hangs holds up nothing but the looks at folders.
        folders = [Round("folders", _FOLDERS, self.folders.look)]
        # Nor does a server that heads are kept at.
        custody = [Round("custody", _MINUTE, self.keep_heads)] if self.custody.places else []

        def failed(name: str, error: Exception) -> None:
            self.log.error("round_failed", what=name, exc_info=error)

        beside = [Rounds(each, failed).beside for each in (rounds, folders, custody) if each]
        return self.clock().beside, *beside

    def keep_heads(self) -> None:
        """Send heads to where they are kept elsewhere; the operational log tells of what fails."""
        if self.parts.database.is_sqlite:
            self._sign()
        for one in self.custody.send():
            if one.why:
                self.log.warning("head_not_kept", what=one.name, why=one.code)

    def _sign(self) -> None:
        if self.parts.journal.unsigned():
            self.parts.journal.sign_head()

    def _notices(self) -> None:
        try:
            self.outbox.look_and_send()
        except SettingsWrong:  # a password whose end cannot be read keeps no letter from going out
            self.outbox.send()
            raise

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
            try:
                self.parts.journal.sign_head()
            except (
                CannotSign
            ) as error:  # what was done stands; it is signed when the key is at hand
                self.log.warning("head_not_signed", exc_info=error)
            with suppress(StorageDown):
                self.custody.send(kinds=("file",))  # a command waits for no server
        finally:
            self.parts.database.close()
            self.parts.keys.close()


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
        parts = parts_of(home, plugins, clock or Clock(), partial(ChildHands, children))
    else:
        parts = parts_of(home, plugins, clock or Clock())
    parts.database.check()
    dispatch = dispatch_of(home)
    leases = Leases(parts.database, parts.clock, paraplu.__version__, home.locks, home.stall)
    asking, desks = Asking(parts, dispatch.offer), Desks(parts)
    search = Search(parts)
    custody = custody_of(home, parts)
    intake, answers = Intake(parts), Answers(parts, desks, home.answers)
    erasures = Erasures(parts, home.answers, Backups(*home.backups))
    log = log_to(home.log_file)
    planner = Planner(
        parts,
        asking,
        parts.ahead,
        partial(_tell_missed, parts),
        partial(log.error, "schedule_failed"),
    )
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
        search=search,
        stories=Stories(parts, search),
        decisions=Decisions(parts, search),
        intents=Intents(parts, search),
        powers=Powers(parts, search),
        after_checks=AfterChecks(parts),
        reconciliation=Reconciliation(parts, search),
        erasures=erasures,
        retentions=Retentions(parts, erasures),
        extracts=Extracts(parts, search),
        deployments=Deployments(parts),
        custody=custody,
        proof=Proof(parts, custody),
        bundles=Bundles(parts, search),
        tile_log=TileLog(parts),
        siem=Siem(parts),
        outbox=_outbox(home, parts),
        absences=Absences(parts),
        late=Late(parts, asking),
        dispatch=dispatch,
        children=children,
        log=log,
    )


def _outbox(home: Home, parts: Parts) -> Outbox:
    if home.mail is None:
        return Outbox(parts, None)
    from paraplu.dispatch.mail import Mail  # the standard library's mail is slow to import

    return Outbox(parts, Mail(home.mail, home.credential).post, home.mail.link)


def _tell_missed(parts: Parts, connection: Connection, row: Any) -> None:
    """A notice of a planned run (its row) that is missed."""
    facts = {
        "service": row.service,
        "schedule": row.schedule,
        "planned_for": from_ms(row.planned_for),
    }
    parts.notices.tell(connection, NoticeKind.MISSED, row.uid, row.client, facts)


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
