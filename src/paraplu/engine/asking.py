"""Runs are asked for: by people, by schedules, and by runs for what they leave or cannot do alone."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from paraplu.engine.clients import Terms
from paraplu.engine.parts import Parts
from paraplu.engine.turn import Turn
from paraplu.errors import Refused
from paraplu.store import claims, runs

RUN, REHEARSAL = "run", "rehearsal"
_WORTH_SHARING = 10  # due cases for each run that takes part

Offer = Callable[[Connection, str, int], None]
"""Tells workers of a run, in the transaction that makes it due (at an instant in milliseconds)."""


class Asking:
    """Makes runs due, in the transaction of whatever makes them so."""

    def __init__(self, parts: Parts, offer: Offer) -> None:
        self._parts = parts
        self._offer = offer

    def ask(
        self,
        connection: Connection,
        client: str,
        service: str,
        by: str,
        *,
        due_at: int | None = None,
        purpose: str = RUN,
        planned_run: str | None = None,
    ) -> str:
        """Make a run due, and tell workers of it unless it is a rehearsal. Gives its uid.

        `by` is the uid of a person, or of what planned it; `due_at` (milliseconds) is now unless it is
        given; `planned_run` is the line of the ledger that it stands for. Raises `Refused` when no
        agreement is in force or no bot offers the service.
        """
        terms = self.terms(client, service)
        uid, now = self._parts.clock.uid(), self._parts.clock.ms()
        due_at = now if due_at is None else due_at
        runs.make_due(
            connection,
            uid=uid,
            client=client,
            service=service,
            credential=terms.agreement.credential,
            purpose=purpose,
            started_by=by,
            due_at=due_at,
            planned_run=planned_run,
        )
        if purpose == RUN:
            self._offer(connection, uid, due_at)
        return uid

    def ask_all(self, connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
        """Make the runs of planned runs due: `rows` are those of the table of runs, and all can begin now."""
        runs.make_all_due(connection, rows)
        for row in rows:
            self._offer(connection, row["uid"], row["due_at"])

    def share(self, connection: Connection, turn: Turn, slots: int) -> None:
        """Make one more run due when many cases are due and the credential has a slot for it.

        That run does the same when it is taken, so that as many take part as is worth it.
        """
        client, agreement = turn.terms.client.id, turn.terms.agreement
        taking_part = sum(
            row.purpose == RUN for row in runs.open_runs(connection, client, agreement.service)
        )
        if taking_part >= slots:
            return
        due = claims.due(
            connection,
            client,
            agreement.service,
            self._parts.clock.ms(),
            many=agreement.limits.many,
            first=agreement.limits.first,
        )
        if len(due) >= _WORTH_SHARING * (taking_part + 1):
            with contextlib.suppress(Refused):
                self.ask(connection, client, agreement.service, turn.started_by)

    def again(self, turn: Turn, connection: Connection, due_at: int) -> int | None:
        """Make another run due, unless one is or the agreement has ended. Gives when one is due.

        None when there is none, or one is going on: that one does the same when it ends.
        """
        client, service = turn.terms.client.id, turn.terms.agreement.service
        rows = [row for row in runs.open_runs(connection, client, service) if row.purpose == RUN]
        if rows:
            return min((int(row.due_at) for row in rows if row.worker is None), default=None)
        try:
            self.ask(connection, client, service, turn.started_by, due_at=due_at)
        except Refused:
            return None
        return due_at

    def terms(self, client: str, service: str) -> Terms:
        """What is agreed today. Raises `Refused` when nothing is, or no bot offers the service."""
        parts = self._parts
        if service not in parts.bots:
            raise Refused(
                f"No bot offers the service '{service}'. Offered are: {', '.join(parts.bots)}."
            )
        with parts.database.read() as connection:
            local = parts.clock.now().astimezone(parts.clients.get(connection, client).zone)
            return parts.clients.terms(connection, client, service, local.date())
