"""Runs: sign in once, look at watches, take up what is due, sign out."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from paraplu.domain.case import State
from paraplu.domain.finding import Finding, ToClient, ToPerson, to_person
from paraplu.domain.plan import Plan
from paraplu.domain.receipt import ReceiptState
from paraplu.engine.casefile import Said
from paraplu.engine.clock import from_ms
from paraplu.engine.handling import Handling
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known
from paraplu.engine.settling import Held, Settling
from paraplu.engine.turn import Place, Turn
from paraplu.engine.waiting import call_people
from paraplu.errors import (
    FenceLost,
    IntegrityBroken,
    NothingDone,
    OutcomeUnknown,
    ParapluError,
    Refused,
    TargetDown,
)
from paraplu.store import cases, exceptions, receipts, runs
from paraplu.store.database import StorageDown

_FAILURES_IN_A_ROW = 3  # of the target: then the run pauses itself, the cases stay due


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """What would happen to one case, and the plan it would happen by."""

    case: str
    reference: str
    verdict: str
    plan: Plan | None
    said: tuple[Said, ...]


@dataclass
class RunReport:
    """How a run went. `ending` is ``finished``, ``nothing-due`` or ``paused`` (no answer from the target)."""

    run: str
    client: str
    service: str
    ending: str = "finished"
    handled: dict[State, int] = field(default_factory=dict)
    held: list[str] = field(default_factory=list)
    rehearsed: list[Rehearsed] = field(default_factory=list)
    why: str = ""


Progress = Callable[[int, int, str], None]
"""Told after each case: how many are handled, of how many, and the state it came to."""


class Runs:
    """Carries out runs in this process. `locks` is a folder for the locks of this machine."""

    def __init__(self, parts: Parts, locks: Path) -> None:
        self._parts = parts
        self._locks = locks

    def run(
        self, client: str, service: str, by: Known, progress: Progress | None = None
    ) -> RunReport:
        """Take up everything that is due. Raises `Refused` when a run is going already."""
        with self._alone(client, service):
            turn = self._turn(client, service, by, rehearsal=False)
            self._end_dead_runs(turn)
            call_people(turn)
            return self._carry_out(turn, progress or (lambda *_: None))

    def rehearse(
        self,
        client: str,
        service: str,
        by: Known,
        progress: Progress | None = None,
        case: str | None = None,
    ) -> RunReport:
        """Check and plan what is due on live reads; a safety net stops every write to the target."""
        with self._alone(client, service):
            turn = self._turn(client, service, by, rehearsal=True)
            return self._carry_out(turn, progress or (lambda *_: None), only=case)

    def _turn(self, client: str, service: str, by: Known, *, rehearsal: bool) -> Turn:
        parts = self._parts
        bot = parts.bots.get(service)
        if bot is None:
            raise Refused(
                f"No bot offers the service '{service}'. Offered are: {', '.join(parts.bots)}."
            )
        with parts.database.read() as connection:
            local = parts.clock.now().astimezone(parts.clients.get(connection, client).zone)
            terms = parts.clients.terms(connection, client, service, local.date())
        code = parts.code_hash(service, terms.agreement.target)
        return Turn(parts, parts.clock.uid(), terms, bot, by.uid, rehearsal, code)

    def _carry_out(self, turn: Turn, progress: Progress, only: str | None = None) -> RunReport:
        report = RunReport(turn.uid, turn.terms.client.id, turn.terms.agreement.service)
        due = self._due(turn, report, only)
        watches = [] if turn.rehearsal else self._watches(turn)
        if not due and not watches:
            report.ending = "nothing-due"
            return report
        self._started(turn)
        ending = "interrupted"
        try:
            with contextlib.ExitStack() as stack:
                stack.callback(turn.close_hands)
                turn.open_hands()
                self._look_at_watches(turn, watches)
                self._each(turn, due, report, progress)
                turn.place = Place(key=turn.client_key(), step="sign-out")
                with contextlib.suppress(ParapluError):
                    turn.hands.sign_out()
            ending = report.ending
        except (TargetDown, OutcomeUnknown, NothingDone) as error:
            if isinstance(error, StorageDown):
                raise
            report.ending = ending = "paused"
            report.why = str(error)
        except KeyboardInterrupt:
            with self._parts.database.write() as connection:
                cases.release(connection, turn.uid)
            raise
        finally:
            self._ended(turn, ending)
        if not turn.rehearsal:
            self._hold_large_receipts(turn, report)
        return report

    def _each(self, turn: Turn, due: list[Any], report: RunReport, progress: Progress) -> None:
        handling = Handling(turn)
        failures = 0
        for number, row in enumerate(due, start=1):
            try:
                if turn.rehearsal:
                    verdict, plan, said = handling.rehearse(row.uid)
                    reference = str(self._parts.case_files.request_values(row)["reference"])
                    report.rehearsed.append(Rehearsed(row.uid, reference, verdict, plan, said))
                    progress(number, len(due), verdict)
                    continue
                state = handling.handle(row.uid)
                failures = 0
            except StorageDown:
                raise
            except FenceLost:
                continue
            except (TargetDown, OutcomeUnknown) as error:
                failures += 1
                report.why = str(error)
                if failures >= _FAILURES_IN_A_ROW or not turn.sign_in_again():
                    report.ending = "paused"
                    return
                continue
            report.handled[state] = report.handled.get(state, 0) + 1
            progress(number, len(due), state.value)

    def _due(self, turn: Turn, report: RunReport, only: str | None) -> list[Any]:
        """What a run takes up: of a large receipt the first few only, until a person has had a look."""
        limits = turn.terms.agreement.limits
        with self._parts.database.read() as connection:
            rows = cases.due(
                connection,
                turn.terms.client.id,
                turn.terms.agreement.service,
                self._parts.clock.ms(),
            )
            large = {
                receipt.uid
                for receipt in receipts.listed(
                    connection, turn.terms.client.id, turn.terms.agreement.service
                )
                if receipt.cases > limits.many and receipt.released_by is None
            }
        if only is not None:
            return [row for row in rows if row.uid == only]
        return [
            row
            for row in rows
            if row.receipt not in large
            or row.place < limits.first
            or row.state == State.WORKING.value
        ]

    def _hold_large_receipts(self, turn: Turn, report: RunReport) -> None:
        """A receipt whose first cases are through, and that has many more, waits for a word."""
        limits = turn.terms.agreement.limits
        client, service = turn.terms.client.id, turn.terms.agreement.service
        with self._parts.database.write() as connection:
            for receipt in receipts.listed(connection, client, service):
                if receipt.cases <= limits.many or receipt.released_by is not None:
                    continue
                first = cases.listed(connection, receipt=receipt.uid, most=receipt.cases)
                open_first = [
                    row
                    for row in first
                    if row.place < limits.first
                    and State(row.state)
                    in (State.RECEIVED, State.READY, State.PLANNED, State.WORKING)
                ]
                if open_first:
                    continue
                report.held.append(receipt.uid)
                if receipt.state == ReceiptState.HELD.value:
                    continue
                receipts.set_state(connection, receipt.uid, ReceiptState.HELD)
                self._parts.journal.write(
                    connection,
                    self._parts.journal.entry(
                        "receipt-stopped",
                        turn.hand,
                        receipt=receipt.uid,
                        status_code="first-cases-shown",
                        detail={"cases": receipt.cases, "first": limits.first},
                        **turn.names,
                    ),
                )

    def _watches(self, turn: Turn) -> list[Any]:
        with self._parts.database.read() as connection:
            return exceptions.open_watches(
                connection, turn.terms.client.id, turn.terms.agreement.service
            )

    def _look_at_watches(self, turn: Turn, watches: list[Any]) -> None:
        """See whether what must still come true has: an exception on the case when it cannot any more."""
        settling = Settling(turn)
        for watch in watches:
            with self._parts.database.read() as connection:
                row = cases.get(connection, watch.case_uid)
            turn.place.case, turn.place.key, turn.place.step = row.uid, row.key, "watch"
            found = _watched(turn, row, watch)
            if found is False:
                continue
            if isinstance(found, ToClient):
                found = ToPerson(found.message)
            with self._parts.database.write() as connection:
                kind = "watch-fulfilled" if found is True else "watch-missed"
                exceptions.close_watch(connection, watch.uid, kind, self._parts.clock.ms())
                said: dict[str, Any] = {}
                if isinstance(found, ToPerson):
                    settling.open_exception(connection, Held(row, row.fence), found)
                    said = {"status_code": found.message.code}
                self._parts.journal.write(
                    connection,
                    self._parts.journal.entry(kind, turn.hand, case=row.uid, **said, **turn.names),
                )
        turn.place.case, turn.place.key, turn.place.step = None, turn.client_key(), "run"

    def _started(self, turn: Turn) -> None:
        with self._parts.database.write() as connection:
            runs.start(
                connection,
                uid=turn.uid,
                client=turn.terms.client.id,
                service=turn.terms.agreement.service,
                credential=turn.terms.agreement.credential,
                purpose="rehearsal" if turn.rehearsal else "run",
                started_by=turn.started_by,
                due_at=self._parts.clock.ms(),
                started_at=self._parts.clock.ms(),
            )
            journal = self._parts.journal
            journal.write(
                connection,
                journal.entry(
                    "run-started",
                    turn.hand,
                    submitted_by=turn.started_by,
                    detail={"purpose": "rehearsal" if turn.rehearsal else "run"},
                    **turn.names,
                ),
                journal.entry(
                    "credential-used",
                    turn.hand,
                    credential=turn.terms.agreement.credential,
                    **turn.names,
                ),
            )

    def _ended(self, turn: Turn, ending: str) -> None:
        with self._parts.database.write() as connection:
            runs.end(connection, turn.uid, ending, self._parts.clock.ms())
            kind = "run-paused" if ending == "paused" else "run-ended"
            self._parts.journal.write(
                connection,
                self._parts.journal.entry(kind, turn.hand, status_code=ending, **turn.names),
            )

    def _end_dead_runs(self, turn: Turn) -> None:
        """Runs of this client and service that never ended died with their process: we hold the lock."""
        client, service = turn.terms.client.id, turn.terms.agreement.service
        with self._parts.database.write() as connection:
            for uid in runs.unfinished(connection, client, service):
                runs.end(connection, uid, "died", self._parts.clock.ms())
                self._parts.journal.write(
                    connection,
                    self._parts.journal.entry(
                        "run-ended",
                        turn.hand,
                        status_code="died",
                        detail={"died": uid},
                        **turn.names,
                    ),
                )

    @contextmanager
    def _alone(self, client: str, service: str) -> Iterator[None]:
        """Hold the lock of a client's service: the system lets go of it when the process dies."""
        self._locks.mkdir(parents=True, exist_ok=True)
        path = self._locks / f"{client}-{service}.lock"
        with path.open("a+b") as file:
            if not _lock(file.fileno()):
                raise Refused(
                    f"A run of '{service}' for '{client}' is going already on this machine."
                )
            yield


def _watched(turn: Turn, row: Any, watch: Any) -> Finding | bool:
    """What the bot sees of a watch. One that did not come true in time is an exception.

    A bot that cannot look sees nothing yet: its mistake stops no other case, and time runs on.
    """
    try:
        turn.take_up(row)
        found = turn.hands.watched(watch.code)
    except (TargetDown, OutcomeUnknown, IntegrityBroken, StorageDown):
        raise
    except Exception:
        found = False
    if found is not False or turn.parts.clock.ms() <= watch.due:
        return found
    due = from_ms(watch.due).astimezone(turn.terms.client.zone)
    return to_person(
        "watch-overdue",
        "What was expected by {due} has not come true: a person must look.",
        due=due,
    )


def _lock(descriptor: int) -> bool:
    """Take an exclusive lock on an open file, without waiting."""
    try:
        if os.name == "nt":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)  # type: ignore[attr-defined,unused-ignore]
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
