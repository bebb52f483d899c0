"""The course of one run: sign in once, look at watches, take up what is due, sign out."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.case import State
from paraplu.domain.notice import NoticeKind
from paraplu.domain.retry import LONGEST_OBEYED, Breaker
from paraplu.engine.clock import from_ms, to_ms
from paraplu.engine.handling import Handling
from paraplu.engine.hands import HandsLost
from paraplu.engine.holding import hold_receipts
from paraplu.engine.report import Progress, Rehearsed, RunReport
from paraplu.engine.settling import Held
from paraplu.engine.turn import Place, Turn
from paraplu.engine.waiting import call_people
from paraplu.engine.watching import look_at_watches, open_watches
from paraplu.errors import (
    FenceLost,
    IntegrityBroken,
    NotCovered,
    NothingDone,
    OutcomeUnknown,
    ParapluError,
    PluginWrong,
    TargetDown,
)
from paraplu.store import cases, claims, runs
from paraplu.store.database import StorageDown

_SHORT_WAIT = 60.0  # seconds that a run waits with its session open when the target asks for it
_PAUSE = timedelta(minutes=10)  # until another run tries a target that was down, or what was left
_STEP = 0.2  # seconds between two looks whether somebody asks the run to stop


class Stop(StrEnum):
    """How a run is asked to stop: after the case in hand, at once, or giving the rest to other workers."""

    AFTER_CASE = "after-case"
    NOW = "now"
    GIVE_BACK = "give-back"


class Course:
    """Carries out a run that this process holds.

    `again` makes another run due at an instant in milliseconds, and gives when one is: None when there is
    none or one is going on; `stop` is asked between cases.
    """

    def __init__(
        self,
        turn: Turn,
        again: Callable[[Connection, int], int | None],
        progress: Progress,
        stop: Callable[[], Stop | None],
    ) -> None:
        self._turn = turn
        self._parts = turn.parts
        self._again = again
        self._progress = progress
        self._stop = stop
        agreement = turn.terms.agreement
        self._limits = agreement.limits
        self._who = (turn.terms.client.id, agreement.service)
        self._report = RunReport(turn.uid, *self._who)
        self._put_off: list[str] = []
        self._waited: set[str] = set()
        self._failing = agreement.target  # what a run pauses itself for
        self._must_look = False  # somebody, before another run is of use
        self._called = 0  # cases that a person was called to before anything was taken up
        self._until = (
            self._parts.clock.passed() + 60 * self._limits.run_minutes
        )  # a clock may be set

    def go(self, only: str | None = None) -> RunReport:
        """From sign-in to sign-out. Raises what is not the target's trouble: a storage that is down, say."""
        turn, report = self._turn, self._report
        if not turn.rehearsal:
            self._called = call_people(turn)
        with self._parts.database.read() as connection:
            due = claims.due(
                connection,
                *self._who,
                self._parts.clock.ms(),
                many=self._limits.many,
                first=self._limits.first,
            )
        if only is not None:
            due = [uid for uid in due if uid == only]
        watches = [] if turn.rehearsal else open_watches(turn)
        if not due and not watches:
            report.ending = "nothing-due"
            self._end()
            return report
        self._tell_started()
        report.ending = "interrupted"
        try:
            self._work(due, watches)
        except StorageDown:
            report.ending = "given-back"
            raise
        except (TargetDown, OutcomeUnknown, NothingDone) as error:
            if not self._must_end():
                self._pause(error)
        except (PluginWrong, IntegrityBroken):
            self._must_look = True
            raise
        except KeyboardInterrupt:
            report.ending = "stopped"
            with self._parts.database.write() as connection:
                cases.release(connection, turn.uid)
            raise
        finally:
            with contextlib.suppress(ParapluError):
                turn.close_hands()
            with contextlib.suppress(StorageDown, FenceLost):  # the lease runs out, others go on
                self._end()
        if not turn.rehearsal:
            report.held = hold_receipts(turn)
        return report

    def _work(self, due: list[str], watches: list[Any]) -> None:
        turn = self._turn
        turn.open_hands()
        if turn.rehearsal:
            self._rehearse(due)
        else:
            look_at_watches(turn, watches)
            self._each(len(due))
        turn.place = Place(key=turn.client_key(), step="sign-out")
        with contextlib.suppress(ParapluError):
            turn.hands.sign_out()
        turn.close_hands()
        if self._report.ending == "interrupted":
            self._report.ending = "finished"

    def _rehearse(self, due: list[str]) -> None:
        handling = Handling(self._turn)
        for number, uid in enumerate(due, start=1):
            verdict, plan, said = handling.rehearse(uid)
            with self._parts.database.read() as connection:
                row = cases.get(connection, uid)
            reference = str(self._parts.case_files.request_values(row)["reference"])
            self._report.rehearsed.append(Rehearsed(uid, reference, verdict, plan, said))
            self._progress(number, len(due), verdict)

    def _each(self, expected: int) -> None:
        """Take up one case after the other, the most urgent first, until none is left or it must end."""
        handling, breaker = Handling(self._turn), Breaker(self._limits.failures_in_a_row)
        number = 0
        while not self._must_end():
            case = self._claim()
            if case is None:
                return
            number += 1
            try:
                state = handling.handle(case, alone=bool(self._report.handled))
            except StorageDown:
                raise
            except FenceLost:
                self._put_off.append(case.uid)  # somebody else has it by now
                continue
            except (TargetDown, OutcomeUnknown) as error:
                self._put_off.append(case.uid)
                if self._must_end():
                    return
                breaker = breaker.failed()
                if breaker.open or not self._answers_again(error):
                    self._pause(error)
                    return
                if isinstance(error, TargetDown) and error.retry_after:
                    self._take_up_again(case.uid)
                continue
            if state is None:
                self._put_off.append(case.uid)
                self._report.put_off += 1
                continue
            breaker = breaker.succeeded()
            self._report.handled[state] = self._report.handled.get(state, 0) + 1
            self._progress(number, max(number, expected), state.value)
            if state is State.WITH_PERSON:
                hold_receipts(self._turn)

    def _take_up_again(self, uid: str) -> None:
        """Let a case that waited as the target asked come again in this run, once."""
        if uid not in self._waited:
            self._waited.add(uid)
            self._put_off.remove(uid)

    def _claim(self) -> Held | None:
        with self._parts.database.write(power_safe=False) as connection:
            runs.held(connection, self._turn.uid, self._turn.token)
            claimed = claims.claim_next(
                connection,
                *self._who,
                self._turn.uid,
                self._parts.clock.ms(),
                besides=self._put_off,
                many=self._limits.many,
                first=self._limits.first,
            )
        return Held(claimed[0], int(claimed[0].fence)) if claimed else None

    def _must_end(self) -> bool:
        """Whether somebody asks the run to stop, or its time is up."""
        stop = self._stop()
        if stop is None:
            with self._parts.database.read() as connection:
                row = runs.held(connection, self._turn.uid, self._turn.token)
            stop = None if row.stop is None else Stop(row.stop)
        if stop is not None:
            asked_here = self._stop() is not None  # the worker goes down: others go on
            self._report.ending = "given-back" if asked_here else "stopped"
        elif self._parts.clock.passed() >= self._until:
            self._report.ending = "time-limit"
        else:
            return False
        return True

    def _answers_again(self, error: Exception) -> bool:
        """Wait as long as the target asks for, if that is short, and sign in anew."""
        if isinstance(error, NotCovered):
            return False  # the target has done nothing wrong, and no other case would fare better
        wait = error.retry_after if isinstance(error, TargetDown) else None
        if wait is not None:
            if not 0 <= wait <= _SHORT_WAIT:
                return False
            until = time.monotonic() + wait
            while time.monotonic() < until and self._stop() is None:
                time.sleep(min(_STEP, max(0.0, until - time.monotonic())))
        return self._turn.sign_in_again()

    def _pause(self, error: Exception) -> None:
        self._report.ending = "paused"
        self._report.why = str(error)
        if isinstance(error, NotCovered):
            self._failing = "audit-log"
        wait = error.retry_after if isinstance(error, TargetDown) else None
        if wait is not None and wait > 0:
            asked = min(timedelta(seconds=wait), LONGEST_OBEYED)
            self._report.again_at = self._parts.clock.now() + asked
        elif isinstance(error, TargetDown | OutcomeUnknown):
            self._report.again_at = self._parts.clock.now() + _PAUSE
        else:
            # The target said no: a wrong password tried again and again locks the account.
            self._must_look = True
        if isinstance(error, HandsLost):
            self._report.why = "The browser hung or died, and a new one did not get through either."

    def _tell_started(self) -> None:
        turn, journal = self._turn, self._parts.journal
        with self._parts.database.write() as connection:
            runs.held(connection, turn.uid, turn.token)
            journal.write(
                connection,
                journal.entry(
                    "run-started",
                    turn.hand,
                    submitted_by=turn.started_by,
                    detail={
                        "purpose": "rehearsal" if turn.rehearsal else "run",
                        "worker": turn.worker,
                    },
                    **turn.names,
                ),
                journal.entry(
                    "credential-used",
                    turn.hand,
                    credential=turn.terms.agreement.credential,
                    **turn.names,
                ),
            )

    def _end(self) -> None:
        """Write how the run ended, and make one due for what is still to be done."""
        turn, report = self._turn, self._report
        with self._parts.database.write() as connection:
            if report.ending == "given-back":
                cases.release(connection, turn.uid)
                runs.give_back(connection, turn.uid, turn.token, self._parts.clock.ms())
            else:
                runs.end(connection, turn.uid, turn.token, report.ending, self._parts.clock.ms())
            wanted = self._when_again(connection, report.again_at)
            again = None if wanted is None else self._again(connection, to_ms(wanted))
            report.again_at = None if again is None else from_ms(again)
            self._tell_people(connection)
            if report.ending == "nothing-due":
                return
            kind = "run-paused" if report.ending == "paused" else "run-ended"
            self._parts.journal.write(
                connection,
                self._parts.journal.entry(kind, turn.hand, status_code=report.ending, **turn.names),
            )

    def _tell_people(self, connection: Connection) -> None:
        """Tell those who must look: the run paused itself, or set cases aside."""
        report, (client, service) = self._report, self._who
        aside = self._called + report.handled.get(State.WITH_PERSON, 0)
        if report.ending == "paused":
            facts = {"service": service, "target": self._failing}
            self._parts.notices.tell(
                connection,
                NoticeKind.CIRCUIT_OPEN,
                report.run,
                client,
                {**facts, "again_at": report.again_at},
            )
        if aside:
            handled = self._called + sum(report.handled.values())
            self._parts.notices.tell(
                connection,
                NoticeKind.SET_ASIDE,
                report.run,
                client,
                {"service": service, "handled": handled, "set_aside": aside},
            )

    def _when_again(self, connection: Connection, asked: datetime | None) -> datetime | None:
        """When another run must come: what the target asked for, or when there is something for it to do."""
        if self._turn.rehearsal or self._must_look or self._report.ending == "given-back":
            return None
        if asked is not None:
            return asked
        now = self._parts.clock.now()
        put_off = claims.put_off_until(connection, *self._who, to_ms(now))
        moments = [] if put_off is None else [from_ms(put_off)]
        rest = self._rest_after()
        if rest is not None and claims.due(
            connection,
            *self._who,
            to_ms(now),
            many=self._limits.many,
            first=self._limits.first,
        ):
            moments.append(now + rest)
        return min(moments, default=None)

    def _rest_after(self) -> timedelta | None:
        """How long what is due waits for another run. None: until somebody asks for one.

        At once only when this run got on, so that runs that come to nothing do not follow each other.
        """
        match self._report.ending:
            case "time-limit" if self._report.handled:
                return timedelta(0)
            case "finished" | "time-limit" | "interrupted":
                return _PAUSE
        return None
