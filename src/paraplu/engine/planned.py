"""Planned runs: a line of the ledger for each time of a schedule, and the run that it makes due."""

from __future__ import annotations

from paraplu.domain.planned import PlannedState
from paraplu.engine.asking import Asking
from paraplu.engine.parts import Parts
from paraplu.store import planned


class PlannedRuns:
    """What schedulers write into the ledger; several may do so at once."""

    def __init__(self, parts: Parts, asking: Asking) -> None:
        self._parts = parts
        self._asking = asking

    def plan(
        self, schedule: str, planned_for: int, client: str, service: str, by: str
    ) -> str | None:
        """Make the run due that a schedule has planned for a time (milliseconds). Gives the run's uid.

        None when somebody has done so already: two schedulers plan the same run, once. Raises `Refused`
        as `Asking.ask` does.
        """
        parts = self._parts
        uid, now = parts.clock.uid(), parts.clock.ms()
        with parts.database.write() as connection:
            if not planned.plan(
                connection,
                uid=uid,
                schedule=schedule,
                planned_for=planned_for,
                client=client,
                service=service,
                changed_at=now,
            ):
                return None
            run = self._asking.ask(connection, client, service, by, planned_run=uid)
            planned.write(connection, uid, PlannedState.DUE, now, run=run)
        return run
