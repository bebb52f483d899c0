"""Schedules as people handle them: paused, resumed, run now, skipped, and what comes next."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection

from paraplu.domain.pause import Pause, Scope, holding_back
from paraplu.domain.person import Role
from paraplu.domain.planned import PlannedState, Why
from paraplu.domain.schedule import Schedule
from paraplu.engine.agreed import Agreed
from paraplu.engine.ahead import read_schedule
from paraplu.engine.clock import from_ms
from paraplu.engine.journal import OURSELVES, Personal, pack, unpack
from paraplu.engine.moves import Moved, entries_of, instant
from paraplu.engine.outlook import Outlook, outlook
from paraplu.engine.parts import Parts
from paraplu.engine.pausing import paused, words
from paraplu.engine.people import RETENTION, Known, require
from paraplu.engine.planned import Planner
from paraplu.errors import NotFound, Refused
from paraplu.store import pauses, planned, runs, schedules
from paraplu.store.keys import Scope as KeyScope

MAY = (Role.OPERATOR, Role.LEAD, Role.ADMINISTRATOR)
CENTRE = "centre"
"""The owner of the key under which reasons are sealed that concern more than one client."""

_REASON = 500  # characters
_NOT_TAKEN = (
    600_000  # milliseconds after which a run that is due should have been taken by a worker
)


class Schedules:
    """What people do with schedules and planned runs. Every act is an entry."""

    def __init__(self, parts: Parts, planner: Planner) -> None:
        self._parts = parts
        self._planner = planner

    def every(self, connection: Connection, client: str | None = None) -> list[Schedule]:
        """The schedules that have not ended, of a client or of all, by client and name."""
        return [read_schedule(row.settings) for row in schedules.listed(connection, client)]

    def pause(
        self, scope: Scope, name: str, reason: str, by: Known, *, ends_at: int | None = None
    ) -> str:
        """Let nothing of a scope begin until `ends_at` (milliseconds) or until it is resumed. Gives its uid.

        Planned runs that are due and that no worker has taken are paused, too; what is going goes on. Raises
        `Refused` without a reason, for an end that is past and for a pause that is there, `NotFound` for a
        name that nobody knows, `NotAllowed` without the role for it.
        """
        reason = _reason(reason)
        clock = self._parts.clock
        with self._parts.database.write() as connection:
            schedules.alone(connection)
            client = self._scope(connection, scope, name, by)
            now = clock.ms()
            if ends_at is not None and ends_at <= now:
                raise Refused("The pause would have ended already: give an end that lies ahead.")
            for one in pauses.since(connection, now):
                if (one.scope, one.name) == (scope, name) and one.covers(now):
                    raise Refused(
                        f"{words(one)} is paused already. Resume it first to pause it anew."
                    )
            uid, key = clock.uid(), self._key(client)
            pauses.begin(
                connection,
                uid=uid,
                scope=scope.value,
                name=name,
                begun_at=now,
                begun_by=by.uid,
                ends_at=ends_at,
                sealed=self._parts.keys.seal(key, pack(reason), f"pause:{uid}"),
            )
            entry = self._parts.journal.entry(
                "pause-begun",
                by.hand,
                client=client,
                personal=Personal(key, {"reason": reason}),
                detail={
                    "pause": uid,
                    "scope": scope.value,
                    "name": name or None,
                    "until": None if ends_at is None else instant(ends_at),
                },
            )
            self._parts.journal.write(connection, entry)
            self._hold_back_due(connection, Pause(uid, scope, name, now, ends_at), now)
        return uid

    def resume(self, uid: str, by: Known) -> None:
        """End a pause. What was paused meanwhile stays so, and can be run now.

        Raises `NotFound`, `Refused` when it has ended, `NotAllowed` without the role for it.
        """
        with self._parts.database.write() as connection:
            row = pauses.get(connection, uid)
            client = self._scope(connection, Scope(row.scope), row.name, by, known=True)
            now = self._parts.clock.ms()
            if row.ended_at is not None or (row.ends_at is not None and row.ends_at <= now):
                raise Refused("This pause has ended already.")
            pauses.end(connection, uid, now, by.uid)
            entry = self._parts.journal.entry(
                "pause-ended",
                by.hand,
                client=client,
                detail={"pause": uid, "scope": row.scope, "name": row.name or None},
            )
            self._parts.journal.write(connection, entry)

    def next(self, connection: Connection, days: int, client: str | None = None) -> Outlook:
        """What is ahead in so many days; see `paraplu.engine.outlook`."""
        return outlook(connection, self._parts, self._planner.ahead.calendars, days, client)

    def overdue(self, connection: Connection, client: str | None = None) -> list[Any]:
        """Planned runs that a person must see to: missed ones, and ones that no worker has taken in time."""
        limit = self._parts.clock.ms() - _NOT_TAKEN
        rows = planned.listed(
            connection, PlannedState.MISSED, PlannedState.DUE, most=10_000, client=client
        )
        return [row for row in rows if row.state == "missed" or row.changed_at < limit]

    def pauses(self, connection: Connection) -> list[Pause]:
        """The pauses that hold now, the first first."""
        now = self._parts.clock.ms()
        found = [pauses.pause(row) for row in pauses.open_ones(connection)]
        return [one for one in found if one.covers(now)]

    def reason_of(self, connection: Connection, uid: str) -> str:
        """Why somebody paused. Raises `NotFound`."""
        row = pauses.get(connection, uid)
        return str(unpack(self._parts.keys.open(row.sealed, f"pause:{uid}")))

    def run_now(self, client: str, name: str, by: Known, *, planned_for: int | None = None) -> Any:
        """Have a schedule's bot run now. Gives the planned run (its row).

        `planned_for` (milliseconds) names a planned run that was missed, paused or is still ahead; without it
        there is one more, planned for now. It is merged when a run is due or going already. Raises
        `NotFound`, `Refused` in a pause or freeze, without an agreement or a bot, or when that planned run
        has been settled, `NotAllowed` without the role for it.
        """
        require(by, client, *MAY)
        with self._parts.database.write() as connection:
            schedules.alone(connection)
            row = self._schedule(connection, client, name)
            now, id = self._parts.clock.ms(), f"{client}/{name}"
            self._check_free(connection, row, now)
            if planned_for is None:
                while not planned.plan(
                    connection,
                    uid=self._parts.clock.uid(),
                    schedule=id,
                    planned_for=now,
                    client=client,
                    service=row.service,
                    changed_at=now,
                ):
                    now += 1
                planned_for = now
            one = self._planned(connection, id, planned_for)
            if one.state not in ("planned", "missed", "paused"):
                raise Refused(f"The run planned for {instant(planned_for)} is {one.state} already.")
            self._planner.make_due(connection, one, by.uid, by.hand)
            return planned.get(connection, one.uid)

    def skip(self, client: str, name: str, planned_for: int, reason: str, by: Known) -> None:
        """Leave a planned run out that has not been begun.

        Raises `NotFound`, `Refused` without a reason or when it has begun or been settled, `NotAllowed`
        without the role for it.
        """
        require(by, client, *MAY)
        reason = _reason(reason)
        journal = self._parts.journal
        with self._parts.database.write() as connection:
            schedules.alone(connection)
            self._schedule(connection, client, name)
            now, id = self._parts.clock.ms(), f"{client}/{name}"
            seen = planned.at(connection, id, planned_for)
            # The run first: a worker that takes it holds it before the planned run, too.
            due = seen is not None and seen.state == "due"
            if seen is not None and due and not runs.withdraw(connection, seen.run, now):
                raise Refused("A worker has begun this run: stop it instead.")
            one = self._planned(connection, id, planned_for)
            if one.state not in ("planned", "missed", "paused", "due"):
                raise Refused(f"The run planned for {instant(planned_for)} is {one.state} already.")
            moved = Moved(one, PlannedState.SKIPPED, Why.BY_HAND, by=by.uid)
            planned.write_all(connection, [(one, moved.state, moved.values)], now)
            personal = Personal(self._key(client), {"reason": reason})
            journal.write(connection, *entries_of(journal, by.hand, [moved], personal))

    def _hold_back_due(self, connection: Connection, pause: Pause, now: int) -> None:
        """Pause the planned runs that are due and that nobody has taken."""
        rows = planned.listed(connection, PlannedState.DUE, most=100_000)
        agreed = Agreed.of(connection, {row.client for row in rows})
        moved = []
        for row in rows:
            subject = agreed.subject(row.client, row.service, now, row.schedule)
            if pause.stops(subject) and (runs.withdraw(connection, row.run, now)):
                moved.append(
                    Moved(planned.get(connection, row.uid), PlannedState.PAUSED, Why.PAUSED)
                )
        planned.write_all(connection, ((one.row, one.state, one.values) for one in moved), now)
        journal = self._parts.journal
        journal.write(connection, *entries_of(journal, OURSELVES, moved))

    def _check_free(self, connection: Connection, row: Any, now: int) -> None:
        """Raise `Refused` when nothing of a schedule may begin."""
        agreed = Agreed.of(connection, {row.client})
        agreement = agreed.in_force(row.client, row.service, now)
        if row.service not in self._parts.bots:
            raise Refused(f"No bot offers the service '{row.service}'.")
        if agreement is None:
            raise Refused(
                f"No agreement with '{row.client}' about '{row.service}' is in force today."
            )
        subject = agreed.subject(row.client, row.service, now, f"{row.client}/{row.name}")
        pause = holding_back(pauses.since(connection, now), subject, now)
        if pause is not None:
            raise paused(pause)
        calendar, _days = self._planner.ahead.calendars(connection, row.client, row.service)
        day = from_ms(now).astimezone(agreed.clients[row.client].zone).date()
        freeze = calendar.frozen(day)
        if freeze is not None:
            raise Refused(f"Nothing runs from {freeze.start} to {freeze.end}: {freeze.reason}.")

    def _scope(
        self, connection: Connection, scope: Scope, name: str, by: Known, *, known: bool = False
    ) -> str | None:
        """Check that somebody may pause a scope and that it is there. Gives the client, if it is of one."""
        client = None
        if scope in (Scope.CLIENT, Scope.SCHEDULE):
            client = name.partition("/")[0]
        require(by, client, *MAY)
        if client is None and by.person.clients:
            raise Refused("You work for some clients only: pause those clients or their schedules.")
        if known:
            return client
        agreed = Agreed.of(connection)
        there = {
            Scope.ALL: {""},
            Scope.CLIENT: set(agreed.clients),
            Scope.SERVICE: {service for _client, service in agreed.agreements},
            Scope.TARGET: {one.target for many in agreed.agreements.values() for one in many},
            Scope.SCHEDULE: {f"{row.client}/{row.name}" for row in schedules.listed(connection)},
        }[scope]
        if name not in there:
            raise NotFound(
                f"There is no {scope.value} '{name}'. There are: {', '.join(sorted(there)) or 'none'}."
            )
        return client

    def _schedule(self, connection: Connection, client: str, name: str) -> Any:
        row = schedules.get(connection, client, name)
        if row is None or row.ended_at is not None:
            there = ", ".join(one.name for one in schedules.listed(connection, client)) or "none"
            raise NotFound(f"'{client}' has no schedule '{name}'. There are: {there}.")
        return row

    def _planned(self, connection: Connection, schedule: str, planned_for: int) -> Any:
        row = planned.at(connection, schedule, planned_for)
        if row is None:
            raise NotFound(f"{schedule} has no run planned for {instant(planned_for)}.")
        return planned.get(connection, row.uid)  # held

    def _key(self, client: str | None) -> str:
        owner = CENTRE if client is None else f"client/{client}"
        return self._parts.keys.key_for(KeyScope(owner, RETENTION, self._parts.clock.now().year))


def _reason(text: str) -> str:
    """Raise `Refused` for none, and for one that is a story."""
    text = text.strip()
    if not text or len(text) > _REASON:
        raise Refused(f"Say why, in at most {_REASON} characters.")
    return text
