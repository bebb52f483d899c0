"""Runs: taken under a lease, carried out, given back."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.notice import NoticeKind
from paraplu.domain.person import Role
from paraplu.engine.asking import REHEARSAL, RUN, Asking
from paraplu.engine.clients import Terms
from paraplu.engine.course import Course, Stop
from paraplu.engine.journal import Hand
from paraplu.engine.leases import Leases
from paraplu.engine.parts import Parts
from paraplu.engine.pausing import check_free, held_back, is_held_back
from paraplu.engine.people import Known, require
from paraplu.engine.report import Progress, RunReport
from paraplu.engine.turn import Turn
from paraplu.errors import FenceLost, Refused
from paraplu.store import cases, runs
from paraplu.store.database import StorageDown

_MAY = (Role.OPERATOR, Role.LEAD, Role.ADMINISTRATOR)


def never() -> Stop | None:
    """Nobody asks the run to stop."""
    return None


class Runs:
    """What is asked of runs, and the carrying out of one in this process."""

    def __init__(self, parts: Parts, leases: Leases, asking: Asking) -> None:
        self._parts = parts
        self.leases = leases
        self._asking = asking
        self.ask = asking.ask
        self._dropped: list[Turn] = []

    def run(
        self, client: str, service: str, by: Known, progress: Progress | None = None
    ) -> RunReport:
        """Take up everything that is due, here and now.

        Raises `Refused` in a pause and when a run is going already, `NotAllowed` for a person without the
        role for it.
        """
        require(by, client, *_MAY)
        with self.leases.working():
            self.leases.bury()
            with self._parts.database.write() as connection:
                check_free(connection, client, service, self._parts.clock.ms())
                open_runs = [
                    row for row in runs.open_runs(connection, client, service) if row.purpose == RUN
                ]
                uid = (
                    open_runs[0].uid if open_runs else self.ask(connection, client, service, by.uid)
                )
                runs.hasten(connection, uid, self._parts.clock.ms())
            return self._mine(uid, progress)

    def rehearse(
        self,
        client: str,
        service: str,
        by: Known,
        progress: Progress | None = None,
        case: str | None = None,
    ) -> RunReport:
        """Check and plan what is due on live reads; a safety net stops every write to the target.

        Raises `NotAllowed` for a person without the role for it.
        """
        require(by, client, *_MAY)
        with self.leases.working():
            self.leases.bury()
            self._end_lost_rehearsals(client, service)
            with self._parts.database.write() as connection:
                uid = self.ask(connection, client, service, by.uid, purpose=REHEARSAL)
            return self._mine(uid, progress, only=case)

    def to_take(self, besides: Collection[str] = (), most: int | None = None) -> list[Any]:
        """Runs that are due now, or whose worker has died: the one that was due first first.

        At most `most`, and none that needs one of the credentials `besides` or that a pause holds back.
        """
        with self._parts.database.read() as connection:
            shut = held_back(connection, self._parts.clock.ms())
            return runs.to_take(connection, self._parts.clock.ms(), besides, most, shut)

    def is_waiting(self, uid: str) -> bool:
        """Whether nobody has taken this run."""
        with self._parts.database.read() as connection:
            row = runs.get(connection, uid)
        return row is not None and row.ended_at is None and row.worker is None

    def to_stop_now(self, uids: list[str]) -> list[str]:
        """Those of these runs that somebody has asked to stop at once."""
        if not uids:
            return []
        with self._parts.database.read() as connection:
            rows = [runs.get(connection, uid) for uid in uids]
        return [
            row.uid
            for row in rows
            if row is not None and row.ended_at is None and row.stop == Stop.NOW.value
        ]

    def carry_out(
        self,
        uid: str,
        *,
        progress: Progress | None = None,
        stop: Callable[[], Stop | None] = never,
        only: str | None = None,
        share: bool = False,
    ) -> RunReport | None:
        """Take a run and carry it out. None when it is not to be had: ended, held, or no slot is free.

        `stop` is asked between cases. `only` is the uid of the one case to rehearse. With `share` other
        workers are asked to take part in a large backlog. To be called while this process is a worker.
        """
        with self._parts.database.read() as connection:
            row = runs.get(connection, uid)
        if row is None or row.ended_at is not None:
            return None
        try:
            terms = self._asking.terms(row.client, row.service)
        except Refused:
            self._refuse(uid)
            raise
        with self._parts.database.write() as connection:
            if is_held_back(connection, row, self._parts.clock.ms()):
                return None
            slots = self._parts.clients.slots(connection, row.credential)
            row = self.leases.take(connection, uid, slots)
            if row is None:
                return None
            turn = self._turn(row, terms)
            if row.token > 1 and row.purpose == REHEARSAL:
                runs.end(connection, uid, row.token, "died", self._parts.clock.ms())
                return RunReport(uid, row.client, row.service, "died")
            if row.token > 1:
                self._tell_taken_over(connection, turn)
            if share and row.purpose == RUN:
                self._asking.share(connection, turn, slots)
        again = partial(self._asking.again, turn)
        try:
            return Course(turn, again, progress or (lambda *_: None), stop).go(only)
        except FenceLost:
            self._tell_fenced(turn)
            raise
        except StorageDown:
            self._dropped.append(turn)
            raise

    def tell_of_failure(self, uid: str, error: Exception) -> None:
        """Tell the operators that a run broke off, unless somebody else goes on with it by itself."""
        if isinstance(error, StorageDown | FenceLost):
            return
        with self._parts.database.write() as connection:
            row = runs.get(connection, uid)
            if row is not None:
                self._parts.notices.tell(
                    connection, NoticeKind.FAILING, uid, row.client, {"service": row.service}
                )

    def give_back_dropped(self) -> None:
        """Give back the runs that broke off here because the database was away.

        This process still holds them, and would for ever. Raises `StorageDown` while it is away.
        """
        while self._dropped:
            turn = self._dropped[0]
            with self._parts.database.write() as connection:
                row = runs.get(connection, turn.uid)
                ours = row is not None and (row.token, row.worker, row.ended_at) == (
                    turn.token,
                    self.leases.worker,
                    None,
                )
                if ours:
                    cases.release(connection, turn.uid)
                    runs.give_back(connection, turn.uid, turn.token, self._parts.clock.ms())
                    entry = self._parts.journal.entry(
                        "run-ended", turn.hand, status_code="given-back", **turn.names
                    )
                    self._parts.journal.write(connection, entry)
            self._dropped.remove(turn)

    def stop(self, uid: str, how: Stop, by: Known) -> bool:
        """Ask a run to stop. False when it has ended already. Raises `NotAllowed` without the role."""
        with self._parts.database.write() as connection:
            row = runs.get(connection, uid)
            if row is not None:
                require(by, row.client, *_MAY)
            if row is None or not runs.ask_to_stop(connection, uid, how.value):
                return False
            self._parts.journal.write(
                connection,
                self._parts.journal.entry(
                    "run-stop-asked",
                    by.hand,
                    client=row.client,
                    service=row.service,
                    status_code=how.value,
                    detail={"stopped": uid},
                ),
            )
        return True

    def _mine(self, uid: str, progress: Progress | None, only: str | None = None) -> RunReport:
        report = self.carry_out(uid, progress=progress, only=only)
        if report is not None:
            return report
        with self._parts.database.write() as connection:
            row = runs.get(connection, uid)
            if row is not None and row.worker is None and row.ended_at is None:
                if row.planned_run is None:  # a planned one stays due for a worker
                    runs.withdraw(connection, uid, self._parts.clock.ms())
                raise Refused(
                    f"The credential '{row.credential}' is in use by other runs, as many as the agreement "
                    "allows: run again when one has ended."
                )
        raise Refused(
            "No run was begun."
            if row is None
            else f"A run of '{row.service}' for '{row.client}' is going already."
        )

    def _turn(self, row: Any, terms: Terms) -> Turn:
        code = self._parts.code_hash(row.service, terms.agreement.target)
        return Turn(
            self._parts,
            row.uid,
            row.token,
            terms,
            self._parts.bots[row.service],
            row.started_by,
            row.purpose == REHEARSAL,
            code,
            row.worker,
        )

    def _tell_taken_over(self, connection: Connection, turn: Turn) -> None:
        journal = self._parts.journal
        journal.write(
            connection,
            journal.entry("run-taken-over", turn.hand, detail={"token": turn.token}, **turn.names),
        )

    def _tell_fenced(self, turn: Turn) -> None:
        self._parts.journal.write_alone(
            "run-fenced", turn.hand, detail={"token": turn.token}, **turn.names
        )

    def _refuse(self, uid: str) -> None:
        """End a run that cannot begin: its agreement has ended since it was made due."""
        with self._parts.database.write() as connection:
            row = self.leases.take(connection, uid, 1_000_000)
            if row is None:
                return
            runs.end(connection, uid, row.token, "not-allowed", self._parts.clock.ms())
            hand = Hand("paraplu", app="paraplu", run=uid)
            self._parts.journal.write(
                connection,
                self._parts.journal.entry(
                    "run-ended",
                    hand,
                    client=row.client,
                    service=row.service,
                    status_code="not-allowed",
                ),
            )

    def _end_lost_rehearsals(self, client: str, service: str) -> None:
        """A rehearsal whose process died is not gone on with, but it must not keep its slot."""
        with self._parts.database.write() as connection:
            for row in runs.to_take(connection, self._parts.clock.ms()):
                if (row.client, row.service, row.purpose) == (client, service, REHEARSAL):
                    runs.end(connection, row.uid, row.token, "died", self._parts.clock.ms())
