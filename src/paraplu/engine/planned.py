"""The planner: keeps the ledger of planned runs ahead of time, and settles what has come due.

Whatever wakes it, and however often, decides nothing: what is due is a row of the ledger. Any number of
planners may run; each decision is made in the transaction that writes it, by one planner at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from paraplu.domain.pause import Pause, holding_back
from paraplu.domain.planned import Coming, PlannedState, Settled, Why, settle
from paraplu.engine import events
from paraplu.engine.agreed import Agreed
from paraplu.engine.ahead import LEAST_AHEAD, Ahead, Kept, read_schedule
from paraplu.engine.asking import RUN, Asking
from paraplu.engine.clock import from_ms
from paraplu.engine.journal import OURSELVES, Hand
from paraplu.engine.moves import Moved, entries_of
from paraplu.engine.parts import Parts
from paraplu.store import pauses, planned, runs, schedules
from paraplu.store.database import StorageDown
from paraplu.store.entries import NewEntry

_SET_BACK = (
    60_000  # milliseconds by which a clock that is set back has every schedule looked at anew
)
_SOON = 60_000  # milliseconds before the same schedule is planned again
_AFTER_TROUBLE = 3_600_000  # milliseconds until a schedule that could not be planned is tried again
_NO_TIMES = 86_400_000  # milliseconds until a schedule without times is looked at again
_AT_ONCE = 50  # schedules in one transaction

Tell = Callable[[Connection, Any], None]
"""Told of every planned run (its row) that is missed, in the transaction that writes it."""

Trouble = Callable[..., None]
"""Told of a schedule (`client`, `schedule`: its name) that cannot be planned, and why (`exc_info`)."""


@dataclass
class Going:
    """What one transaction knows of the present, and what it is about to write."""

    now: int
    pauses: Sequence[Pause]
    agreed: Agreed
    runs: dict[tuple[str, str], str]  # that are due or going, by client and service
    due: list[dict[str, Any]] = field(default_factory=list)


class Planner:
    """Writes planned runs ahead and makes them due."""

    def __init__(
        self,
        parts: Parts,
        asking: Asking,
        ahead: Ahead,
        tell: Tell = lambda _connection, _row: None,
        trouble: Trouble = lambda **_what: None,
    ) -> None:
        self._parts = parts
        self._asking = asking
        self._tell = tell
        self._trouble = trouble
        self.ahead = ahead
        self._basis: tuple[Any, ...] | None = None
        self._seen = 0  # what happened until then stands in the ledger
        self._waiting: list[tuple[str, str]] = []
        self._not_before: dict[tuple[str, str], int] = {}
        self._day = date.min

    def tick(self) -> int | None:
        """Plan and settle everything up to now. Gives when the next planned run is due (milliseconds).

        Events and changed settings are seen by the next tick after them. Raises `StorageDown`.
        """
        parts, now = self._parts, self._parts.clock.ms()
        with parts.database.read() as connection:
            basis = schedules.basis(connection)
            if basis != self._basis or not self._seen - _SET_BACK < now:
                keep = self._everything(connection)
            else:
                keep = self._running_out(connection, now)
            names = set(keep)
            names |= _names(planned.with_something_due(connection, now))
            waiting = schedules.held(connection, self._waiting)
            names |= _names(events.news(connection, waiting, now, self._seen))
            over = [
                row.uid
                for row in pauses.open_ones(connection)
                if row.ends_at is not None and row.ends_at <= now
            ]
        for uid in over:
            self._end_pause(uid, now)
        listed = sorted(names)
        for start in range(0, len(listed), _AT_ONCE):
            self._some(listed[start : start + _AT_ONCE], keep, now)
        self._basis, self._seen = basis, now
        with parts.database.read() as connection:
            return planned.next_time(connection, now)

    def _everything(self, connection: Connection) -> set[tuple[str, str]]:
        """Every schedule, when what runs are computed from has changed or is seen for the first time."""
        rows = schedules.to_keep(connection)
        self._waiting = [(row.client, row.name) for row in rows if _waits(row)]
        self._not_before = {}
        self._seen = 0
        self._day = self._parts.clock.now().date()
        return {(row.client, row.name) for row in rows}

    def _running_out(self, connection: Connection, now: int) -> set[tuple[str, str]]:
        """The schedules whose planned runs do not reach far enough ahead any more."""
        found = schedules.running_out(connection, now + LEAST_AHEAD) - set(self._waiting)
        found = {name for name in found if self._not_before.get(name, 0) <= now}
        today = from_ms(now).date()
        if today != self._day:
            found |= self._under_other_terms(connection, self._day, today)
            self._day = today
        return found

    @staticmethod
    def _under_other_terms(connection: Connection, day: date, today: date) -> set[tuple[str, str]]:
        """The schedules of which another agreement, with its calendar, is in force than on an earlier day."""
        agreed = Agreed.of(connection)
        changed = {
            pair for pair in agreed.agreements if agreed.on(*pair, day) != agreed.on(*pair, today)
        }
        rows = schedules.to_keep(connection) if changed else []
        return {(row.client, row.name) for row in rows if (row.client, row.service) in changed}

    def make_due(
        self, connection: Connection, row: Any, by: str, hand: Hand, reason: Any = None
    ) -> Moved:
        """Make a planned run due because a person says so; merged when a run is due or going already."""
        going = self._present(connection, [row], self._parts.clock.ms())
        pair = row.client, row.service
        if pair in going.runs:
            moved = Moved(row, PlannedState.MERGED, Why.GOING, going.runs[pair], by)
        else:
            moved = Moved(row, PlannedState.DUE, None, self._due(going, row, by), by)
        self._write(connection, going, [moved], hand, reason)
        return moved

    def _some(
        self, names: Sequence[tuple[str, str]], keep: Collection[tuple[str, str]], now: int
    ) -> None:
        """Some schedules, in one transaction. It is not power-safe: what is lost with it is planned again."""
        with self._parts.database.write(power_safe=False) as connection:
            schedules.alone(connection)
            held = {f"{row.client}/{row.name}": row for row in schedules.held(connection, names)}
            stale = [
                row
                for row in held.values()
                if (row.client, row.name) in keep or row.planned_until <= row.applied_at
            ]
            if stale:
                self._keep(connection, stale, now)
            self._hear(connection, [row for row in held.values() if _waits(row)], now)
            rows = planned.come_due(connection, held, now)
            if not rows:
                return
            going = self._present(connection, rows, now)
            moved: list[Moved] = []
            for schedule, group in groupby(rows, key=lambda one: one.schedule):
                moved += self._settled(held[schedule], list(group), going)
            self._write(connection, going, moved, OURSELVES)

    def _keep(self, connection: Connection, rows: Sequence[Any], now: int) -> None:
        """Plan schedules. One that cannot be planned stops no other."""
        try:
            with connection.begin_nested():
                calendars = self._parts.calendars.of_many(connection, {row.client for row in rows})
                there = planned.after_each(
                    connection, [f"{row.client}/{row.name}" for row in rows], now
                )
                together = [
                    (row, self.ahead.keep(connection, row, now, calendars, lines))
                    for row, lines in zip(rows, there.values(), strict=True)
                ]
        except StorageDown:
            raise
        except Exception:  # one of them cannot be planned: each by itself shows which
            each = [(row, self._keep_alone(connection, row, now)) for row in rows]
            together = [(row, kept) for row, kept in each if kept is not None]
        entries: list[NewEntry] = []
        for row, kept in together:
            entries += kept.entries
            # A dense one does not reach as far as others: it is planned again when half is used up.
            ahead = kept.until - now
            wait = max(ahead // 4, _SOON) if ahead > 0 else _NO_TIMES
            self._not_before[row.client, row.name] = now + wait
        self._parts.journal.write(connection, *entries)

    def _keep_alone(self, connection: Connection, row: Any, now: int) -> Kept | None:
        """Plan one schedule. None when it cannot be planned, which is told."""
        try:
            with connection.begin_nested():
                return self.ahead.keep(connection, row, now)
        except StorageDown:
            raise
        except Exception as error:
            self._not_before[row.client, row.name] = now + _AFTER_TROUBLE
            self._trouble(client=row.client, schedule=row.name, exc_info=error)
            return None

    def _hear(self, connection: Connection, rows: Sequence[Any], now: int) -> None:
        """Make planned runs of events."""
        by_id = {f"{row.client}/{row.name}": row for row in rows}
        for id, heard in events.news(connection, rows, now).items():
            row = by_id[id]
            fresh = [
                {
                    "uid": self._parts.clock.uid(),
                    "schedule": id,
                    "planned_for": at,
                    "client": row.client,
                    "service": row.service,
                    "changed_at": now,
                }
                for at in heard.times
            ]
            planned.plan_all(connection, fresh)
            if heard.watermark > row.planned_until:
                schedules.planned_up_to(connection, row.client, row.name, heard.watermark)

    def _present(self, connection: Connection, rows: Sequence[Any], now: int) -> Going:
        return Going(
            now,
            pauses.since(connection, min((row.planned_for for row in rows), default=now)),
            Agreed.of(connection, {row.client for row in rows}),
            runs.going(connection, {(row.client, row.service) for row in rows}, now),
        )

    def _settled(self, schedule: Any, rows: Sequence[Any], going: Going) -> Iterator[Moved]:
        """What becomes of the planned runs of one schedule whose time has come."""
        by_uid = {row.uid: row for row in rows}
        try:
            decided = self._decide(schedule, rows, going)
        except Exception as error:
            self._trouble(client=schedule.client, schedule=schedule.name, exc_info=error)
            decided = [Settled(uid, PlannedState.MISSED, Why.NOT_COMPUTED) for uid in by_uid]
        pair = rows[0].client, rows[0].service
        before = going.runs.get(pair)
        made = next((one.uid for one in decided if one.state is PlannedState.DUE), None)
        if made is not None:
            going.runs[pair] = self._due(going, by_uid[made], OURSELVES.uid)
        for one in decided:
            run = None
            if one.state is PlannedState.DUE or one.into is not None:
                run = going.runs[pair]
            elif one.state is PlannedState.MERGED:
                run = before
            yield Moved(by_uid[one.uid], one.state, one.why, run)

    def _decide(self, schedule: Any, rows: Sequence[Any], going: Going) -> list[Settled]:
        client, service, now = rows[0].client, rows[0].service, going.now
        subject = going.agreed.subject(client, service, now, rows[0].schedule)

        def held_at(at: int) -> tuple[PlannedState, Why] | None:
            if schedule.ended_at is not None and schedule.ended_at < now:
                return PlannedState.SKIPPED, Why.SCHEDULE_ENDED
            if holding_back(going.pauses, subject, at):
                return PlannedState.PAUSED, Why.PAUSED
            if service not in self._parts.bots:
                return PlannedState.SKIPPED, Why.NO_BOT
            if going.agreed.in_force(client, service, at) is None:
                return PlannedState.SKIPPED, Why.NO_AGREEMENT
            return None

        coming = []
        for row in rows:
            due = row.planned_for if row.due_at is None else row.due_at
            bar = held_at(due)
            if row.why == Why.FREEZE:
                bar = PlannedState.SKIPPED, Why.FREEZE
            coming.append(Coming(row.uid, due, bar))
        missed = read_schedule(schedule.settings).if_missed
        return settle(coming, now, missed, bar=held_at(now), going=(client, service) in going.runs)

    def _due(self, going: Going, row: Any, by: str) -> str:
        """Note that a run is to be made due. Gives its uid."""
        agreement = going.agreed.in_force(row.client, row.service, going.now)
        if agreement is None:
            raise LookupError(f"no agreement about {row.service} is in force")
        uid = self._parts.clock.uid()
        going.due.append(
            {
                "uid": uid,
                "client": row.client,
                "service": row.service,
                "credential": agreement.credential,
                "purpose": RUN,
                "started_by": by,
                "due_at": going.now,
                "planned_run": row.uid,
            }
        )
        return uid

    def _write(
        self,
        connection: Connection,
        going: Going,
        moved: Iterable[Moved],
        hand: Hand,
        reason: Any = None,
    ) -> None:
        moved = list(moved)
        self._asking.ask_all(connection, going.due)
        planned.write_all(
            connection, ((one.row, one.state, one.values) for one in moved), going.now
        )
        journal = self._parts.journal
        journal.write(connection, *entries_of(journal, hand, moved, reason))
        for one in moved:
            if one.state is PlannedState.MISSED:
                self._tell(connection, one.row)

    def _end_pause(self, uid: str, now: int) -> None:
        """Write down that the time of a pause was up."""
        journal = self._parts.journal
        with self._parts.database.write() as connection:
            row = pauses.get(connection, uid)
            if row.ended_at is None and row.ends_at is not None and row.ends_at <= now:
                pauses.end(connection, uid, now, None)
                detail = {"pause": uid, "scope": row.scope, "name": row.name or None}
                journal.write(connection, journal.entry("pause-ended", OURSELVES, detail=detail))


def _waits(row: Any) -> bool:
    try:
        return row.ended_at is None and events.waits(row)
    except Exception:  # a schedule that cannot be read is told of when it is planned
        return False


def _names(schedules: Iterable[str]) -> set[tuple[str, str]]:
    return {(client, name) for client, _, name in (one.partition("/") for one in schedules)}
