"""Schedules of the tests' bureau, and the ledger of planned runs as tests read it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from bureau import BOOKING, CLIENT, Bureau

from paraplu.bootstrap import Centre
from paraplu.domain.schedule import Schedule
from paraplu.engine.clock import Clock, to_ms
from paraplu.store import planned, runs, tables

AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def schedule(when: str, name: str = "bookings", **more: Any) -> Schedule:
    """A schedule of the client, in Amsterdam."""
    values = {
        "client": CLIENT,
        "name": name,
        "service": BOOKING,
        "when": when,
        "timezone": "Europe/Amsterdam",
    }
    return Schedule.model_validate({**values, **more})


def put(bureau: Bureau, when: str, name: str = "bookings", **more: Any) -> Schedule:
    """Put a schedule into force."""
    made = schedule(when, name, **more)
    others = tuple(one for one in bureau.file.schedule if one.name != name)
    bureau.file = bureau.file.model_copy(update={"schedule": (*others, made)})
    with bureau.centre.parts.database.write() as connection:
        bureau.centre.parts.ahead.put(connection, made, bureau.who("ines").uid)
    return made


def end(bureau: Bureau, name: str = "bookings") -> bool:
    """End a schedule."""
    with bureau.centre.parts.database.write() as connection:
        return bureau.centre.parts.ahead.end(connection, CLIENT, name, bureau.who("ines").uid)


def at(text: str, zone: ZoneInfo = AMSTERDAM) -> datetime:
    """An instant as somebody there says it: 2026-11-18 07:30."""
    return datetime.fromisoformat(text).replace(tzinfo=zone).astimezone(UTC)


def tick_at(bureau: Bureau, text: str) -> None:
    """Let it be that time (in Amsterdam), and the planner look."""
    bureau.time.now = at(text)
    bureau.centre.planner.tick()


def lines(
    centre: Centre, name: str = "bookings", until: str | None = None
) -> list[tuple[str, str, str | None]]:
    """The ledger of a schedule up to an instant: local time, state and why."""
    with centre.parts.database.read() as connection:
        rows = planned.listed(connection, schedule=f"{CLIENT}/{name}", most=10_000)
    last = None if until is None else to_ms(at(until))
    return [
        (local(row.planned_for), row.state, row.why)
        for row in rows
        if last is None or row.planned_for <= last
    ]


def local(milliseconds: int) -> str:
    """An instant as it is said in Amsterdam."""
    return f"{datetime.fromtimestamp(milliseconds / 1000, AMSTERDAM):%Y-%m-%d %H:%M}"


def every_run(centre: Centre) -> list[Any]:
    """All runs, in the order in which they were due."""
    with centre.parts.database.read() as connection:
        return list(connection.execute(tables.runs.select().order_by(tables.runs.c.due_at)))


def end_runs(centre: Centre, ending: str = "finished", now: Callable[[], int] | None = None) -> int:
    """Take every run that is due and end it, as a worker without trouble does. Gives how many there were."""
    clock: Clock = centre.parts.clock
    ended = 0
    with centre.runs.leases.working():
        for row in centre.runs.to_take():
            with centre.parts.database.write() as connection:
                taken = centre.runs.leases.take(connection, row.uid, 1000)
                if taken is not None:
                    runs.end(connection, row.uid, taken.token, ending, clock.ms())
                    ended += 1
    return ended
