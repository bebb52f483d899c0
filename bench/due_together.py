"""From due to started: 500 schedules in force, twenty of them due at one moment, real workers."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from figure import Figure
from stage import DWELL, first_lines, stage, until

_SCHEDULES = 500
_AT_ONCE = 20
_ROUNDS = 3


def due_together() -> list[Figure]:
    """The twentieth of twenty runs that are planned for one moment, each for a client of its own."""
    os.environ[DWELL] = "8"
    waits = []
    with stage("sqlite", timed=True, slots=_AT_ONCE) as (bureau, farm):
        bureau.close()
        bureau.time = lambda: datetime.now(UTC)
        clients = _clients(bureau)
        _schedules(bureau, clients)
        centre = bureau.centre
        worker = farm.worker("--places", str(_AT_ONCE))
        until(lambda: len(worker.below()) >= 3)
        with centre.clock().going():
            for number in range(_ROUNDS):
                _deliver(bureau, clients, number)
                seen = len(first_lines())
                time.sleep(4)  # spares wait by now
                planned_for = int(time.time() * 1000) + 3000
                _plan(centre, clients, planned_for)
                until(lambda before=seen: len(first_lines()) >= before + _AT_ONCE)
                line = first_lines()[seen + _AT_ONCE - 1] / 1e9 - planned_for / 1000
                waits.append((line, *_steps(centre, planned_for)))
                until(lambda: not _going(centre))
    os.environ[DWELL] = "0"
    worst, due, taken = max(waits)
    return [
        Figure(
            f"due to started, {_SCHEDULES} schedules, {_AT_ONCE} due at once: the {_AT_ONCE}th",
            "47.8 s for the 8th",
            "<= 5 s",
            f"{worst:.1f} s, the longest of {_ROUNDS}",
            worst <= 5.0,
            "from its planned time to the first line of the bot, without a browser; made due after "
            f"{due:.2f} s, taken by the worker after {taken:.2f} s",
        )
    ]


def _clients(bureau: Any) -> list[str]:
    """Clients with an agreement each, for whom Carla may ask."""
    from bureau import BOOKING, agreement, mandate

    from paraplu import Client
    from paraplu.engine.clientfile import ClientFile

    names = [f"client-{number:02}" for number in range(_AT_ONCE)]
    people = tuple(
        person.model_copy(update={"clients": ()}) if person.handle == "carla.visser" else person
        for person in bureau.file.person
    )
    for name in names:
        file = ClientFile(
            client=Client(id=name, name=name),
            person=people,
            agreement=(
                agreement(
                    client=name,
                    limits={"many": 100_000, "slots": _AT_ONCE},
                    credential="ledger-robot",
                ),
            ),
            mandate=(mandate("carla.visser", "ask", "500", client=name, service=BOOKING),),
        )
        bureau.apply(file)
    return names


def _schedules(bureau: Any, clients: list[str]) -> None:
    from bureau import BOOKING

    from paraplu.domain.schedule import Schedule

    with bureau.centre.parts.database.write() as connection:
        for number in range(_SCHEDULES):
            schedule = Schedule(
                client=clients[number % len(clients)],
                name=f"schedule-{number}",
                service=BOOKING,
                when="by hand" if number < _AT_ONCE else "3 working days before the 25th at 16:00",
                timezone="Europe/Amsterdam",
            )
            bureau.centre.parts.ahead.put(connection, schedule, bureau.who("ines").uid)


def _deliver(bureau: Any, clients: list[str], round_: int) -> None:
    """One case each."""
    from bureau import BOOKING, booking, workbook

    for number, client in enumerate(clients):
        row = booking(
            f"D-{round_}-{number}", "10003", f"{3000 + 20 * round_ + number}", None, "1.00"
        )
        path = Path(bureau.folder, f"{client}-{round_}.xlsx")
        path.write_bytes(workbook(bureau.bots[BOOKING], [row]))
        bureau.centre.intake.receive(path, client, BOOKING, bureau.who("carla"))


def _plan(centre: Any, clients: list[str], planned_for: int) -> None:
    from bureau import BOOKING

    from paraplu.store import planned

    with centre.parts.database.write() as connection:
        for number, client in enumerate(clients):
            planned.plan(
                connection,
                uid=centre.parts.clock.uid(),
                schedule=f"{client}/schedule-{number}",
                planned_for=planned_for,
                client=client,
                service=BOOKING,
                changed_at=planned_for,
            )


def _steps(centre: Any, planned_for: int) -> tuple[float, float]:
    """Seconds until the last of these runs was due, and until it was taken."""
    from sqlalchemy import func, select

    from paraplu.store.tables import planned_runs, runs

    with centre.parts.database.read() as connection:
        due, taken = connection.execute(
            select(func.max(runs.c.due_at), func.max(runs.c.started_at))
            .join(planned_runs, planned_runs.c.uid == runs.c.planned_run)
            .where(planned_runs.c.planned_for == planned_for)
        ).one()
    return (due - planned_for) / 1000, (taken - planned_for) / 1000


def _going(centre: Any) -> bool:
    from sqlalchemy import func, select

    from paraplu.store.tables import runs

    with centre.parts.database.read() as connection:
        query = select(func.count()).where(runs.c.ended_at.is_(None))
        return bool(connection.execute(query).scalar())
