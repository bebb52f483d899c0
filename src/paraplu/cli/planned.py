"""What people ask of schedules and do with them: next, missed, pause, resume, run now, skip."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from paraplu.bootstrap import Centre
    from paraplu.domain.pause import Pause, Scope
    from paraplu.engine.outlook import Line

_BECAUSE = {
    "freeze": "nothing runs on that day (freeze)",
    "no-agreement": "no agreement is in force then",
    "no-bot": "no bot offers the service",
    "by-hand": "skipped by a person",
    "schedule-changed": "the schedule was changed",
    "calendar-changed": "the calendar was changed",
    "maintenance": "put off until the maintenance of the target is over",
    "spring-gap": "the clocks leave that time out",
    "calendar-ended": "the calendar does not speak of that day any more",
    "late": "too late when it could begin",
    "asks": "late, and the schedule asks a person",
    "not-computed": "the schedule could not be read",
    "paused": "paused",
}
_AT = '"2026-12-21 16:00"'


@click.command("next")
@click.option(
    "--days", type=click.IntRange(1, 400), default=30, show_default=True, help="How far ahead."
)
@click.option("--client", help="Of this client.")
@shared
def next_(session: Session, days: int, client: str | None) -> None:
    """What runs next and when; what will not, and why; what needs the same credential at the same time.

    Times are those of the schedule's own time zone.

    \b
    Examples:
      paraplu schedules next
      paraplu schedules next --days 7 --client waterland --json
    """
    with session.centre() as centre:
        by = session.acting(centre)
        with centre.parts.database.read() as connection:
            found = centre.schedules.next(connection, days, client)
            pauses = centre.schedules.pauses(connection)
            sees = by.person.sees
            lines = [one for one in found.lines if sees(one.schedule.partition("/")[0])]
            waiting = [one for one in found.waiting if sees(one.client)]
            ending = [one for one in found.ending if sees(one[0].partition("/")[0])]
            shown = [one for one in pauses if _concerns(one, sees)]
            reasons = {one.uid: centre.schedules.reason_of(connection, one.uid) for one in shown}
    out = session.out
    if not out.as_json:
        _show_pauses(session, shown, reasons)
        out.table(
            ("when", "schedule", "service", "", "because"),
            [
                (_when(one), one.schedule, one.service, "" if one.runs else "not", _because(one))
                for one in lines
            ],
        )
        for schedule in waiting:
            out.line(f"{schedule.id}: {schedule.when} ({schedule.service})")
        for name, why in ending:
            out.line(f"{name}: {why}")
        if not (lines or waiting or ending):
            out.line("Nothing is planned. Schedules stand in client files: paraplu apply FILE")
        return
    out.result(
        {
            "runs": [_facts(one) for one in lines],
            "waiting": [{"schedule": one.id, "when": one.when} for one in waiting],
            "ending": [{"schedule": name, "why": why} for name, why in ending],
            "pauses": [_pause_facts(one, reasons[one.uid]) for one in shown],
        }
    )


@click.command()
@click.option("--client", help="Of this client.")
@shared
def missed(session: Session, client: str | None) -> int:
    """Planned runs that were missed, and those that are due and that no worker has taken.

    Run them now or skip them. Exit code 3 says that there are some.

    \b
    Example:
      paraplu schedules missed --client waterland
    """
    with session.centre() as centre:
        by = session.acting(centre)
        with centre.parts.database.read() as connection:
            rows = [
                row
                for row in centre.schedules.overdue(connection, client)
                if by.person.sees(row.client)
            ]
            zones = {one.id: one.zone for one in centre.schedules.every(connection)}
    listed = [
        {
            "schedule": row.schedule,
            "planned_for": datetime.fromtimestamp(row.planned_for / 1000, UTC).isoformat(),
            "service": row.service,
            "state": row.state,
            "why": row.why,
        }
        for row in rows
    ]
    session.out.table(
        ("planned for", "schedule", "service", "state", "because"),
        [
            (
                _local(row.planned_for, zones.get(row.schedule)),
                row.schedule,
                row.service,
                row.state,
                "no worker has taken it" if row.state == "due" else _BECAUSE.get(row.why, row.why),
            )
            for row in rows
        ],
    )
    if not rows:
        session.out.line("Nothing was missed.")
    session.out.result({"planned_runs": listed})
    return 3 if rows else 0


def _scoped(function: Callable[..., Any]) -> Callable[..., Any]:
    for name, what in (
        ("schedule", "This schedule (client/name)."),
        ("target", "Everything that works on this target."),
        ("service", "This service, for all clients."),
        ("client", "Everything of this client."),
    ):
        function = click.option(f"--{name}", help=what)(function)
    return click.option("--all", "everything", is_flag=True, help="Everything.")(function)


@click.command()
@_scoped
@click.option("--reason", required=True, help="Why; kept sealed, shown to people.")
@click.option(
    "--until",
    metavar="TIME",
    help="Ends by itself: 2026-12-21 (the end of that day) or '2026-12-21 16:00', in the client's time zone.",
)
@shared
def pause(session: Session, reason: str, until: str | None, **scope: Any) -> None:
    """Let nothing of a schedule, client, service, target or of everything begin. What is going goes on.

    Planned runs of the time of a pause stand as paused in the ledger; they can be run when it has ended.

    \b
    Examples:
      paraplu schedules pause --client waterland --reason "new payroll system" --until 2026-12-21
      paraplu schedules pause --target practice-payroll --reason "it answers wrongly"
    """
    kind, name = _scope(scope)
    with session.centre() as centre:
        by = session.acting(centre)
        with centre.parts.database.read() as connection:
            zone = _zone_of(centre, connection, kind, name)
        ends = None if until is None else _moment(until, zone, day_end=True)
        uid = centre.schedules.pause(kind, name, reason, by, ends_at=ends)
    what = "Everything" if not name else f"{kind.value} {name}".capitalize()
    session.out.line(f"Paused: {what}. Resume it: paraplu schedules resume {uid}")
    session.out.result({"pause": uid})


@click.command()
@click.argument("uid", required=False, metavar="[PAUSE]")
@_scoped
@shared
def resume(session: Session, uid: str | None, **scope: Any) -> None:
    """End a pause: by its uid, or by what it is about.

    \b
    Examples:
      paraplu schedules resume --client waterland
      paraplu schedules resume 0193e1c2-7d6f-7cc3-9f51-30b1c1f0a7aa
    """
    with session.centre() as centre:
        by = session.acting(centre)
        if uid is None:
            kind, name = _scope(scope)
            with centre.parts.database.read() as connection:
                found = [
                    one
                    for one in centre.schedules.pauses(connection)
                    if (one.scope, one.name) == (kind, name)
                ]
            if not found:
                raise click.ClickException("That is not paused.")
            uid = found[0].uid
        centre.schedules.resume(uid, by)
    session.out.line("Resumed.")
    session.out.result({"pause": uid})


@click.command("run-now")
@click.argument("schedule", metavar="CLIENT/NAME")
@click.option("--planned-for", "at", metavar="TIME", help="This missed, paused or coming run.")
@shared
def run_now(session: Session, schedule: str, at: str | None) -> None:
    """Have a schedule's bot run now: once more, or for a planned run that was missed, paused or is ahead.

    A worker takes it. Times are those of the schedule's time zone.

    \b
    Examples:
      paraplu schedules run-now waterland/corrections-morning
      paraplu schedules run-now waterland/corrections-morning --planned-for "2026-12-21 07:30"
    """
    client, name = _named(schedule)
    with session.centre() as centre:
        by = session.acting(centre)
        planned_for = None if at is None else _moment(at, _zone_of_schedule(centre, schedule))
        row = centre.schedules.run_now(client, name, by, planned_for=planned_for)
    session.out.line(
        "It is due: a worker takes it."
        if row.state == "due"
        else f"A run of {row.service} for {client} is due or going already: that one does the work."
    )
    session.out.result({"planned_run": row.uid, "state": row.state, "run": row.run})


@click.command()
@click.argument("schedule", metavar="CLIENT/NAME")
@click.option("--planned-for", "at", required=True, metavar="TIME", help=f"Which one: {_AT}.")
@click.option("--reason", required=True, help="Why; kept sealed in the audit log.")
@shared
def skip(session: Session, schedule: str, at: str, reason: str) -> None:
    """Leave out a planned run that has not begun.

    \b
    Example:
      paraplu schedules skip waterland/corrections --planned-for "2026-12-21 07:30" --reason "done by hand"
    """
    client, name = _named(schedule)
    with session.centre() as centre:
        by = session.acting(centre)
        planned_for = _moment(at, _zone_of_schedule(centre, schedule))
        centre.schedules.skip(client, name, planned_for, reason, by)
    session.out.line("Skipped.")
    session.out.result({"schedule": schedule, "state": "skipped"})


COMMANDS = (next_, missed, pause, resume, run_now, skip)


def _scope(given: dict[str, Any]) -> tuple[Scope, str]:
    """The one scope that was given. Raises `UsageError`."""
    from paraplu.domain.pause import Scope

    chosen = [
        (Scope(name), value) for name, value in given.items() if value and name != "everything"
    ]
    if given["everything"]:
        chosen.append((Scope.ALL, ""))
    if len(chosen) != 1:
        raise click.UsageError("Give one of --schedule, --client, --service, --target and --all.")
    return chosen[0]


def _named(schedule: str) -> tuple[str, str]:
    client, slash, name = schedule.partition("/")
    if not slash:
        raise click.UsageError(f"Name a schedule by client and name: {schedule}/NAME.")
    return client, name


def _zone_of(centre: Centre, connection: Any, kind: Scope, name: str) -> ZoneInfo | None:
    """The time zone of the client that a scope is of, None when it is of several."""
    if kind.value not in ("client", "schedule"):
        return None
    return centre.parts.clients.get(connection, name.partition("/")[0]).zone


def _zone_of_schedule(centre: Centre, schedule: str) -> ZoneInfo | None:
    with centre.parts.database.read() as connection:
        zones = {one.id: one.zone for one in centre.schedules.every(connection)}
    return zones.get(schedule)


def _moment(text: str, zone: ZoneInfo | None, *, day_end: bool = False) -> int:
    """Milliseconds of a time that somebody wrote; without a zone this machine's. Raises `UsageError`."""
    try:
        wall = datetime.fromisoformat(text.strip())
    except ValueError:
        raise click.UsageError(f"'{text}' is no time: write it like {_AT}.") from None
    if day_end and len(text.strip()) == 10:
        wall = datetime.combine(wall.date() + timedelta(days=1), time.min)
    if wall.tzinfo is None:
        wall = wall.replace(tzinfo=zone) if zone is not None else wall.astimezone()
    return int(wall.timestamp() * 1000)


def _local(milliseconds: int, zone: ZoneInfo | None) -> str:
    return f"{datetime.fromtimestamp(milliseconds / 1000, zone or UTC):%Y-%m-%d %H:%M %Z}"


def _when(line: Line) -> str:
    first = line.at.astimezone(line.zone)
    if line.last is None:
        return f"{first:%a %Y-%m-%d %H:%M %Z}"
    return (
        f"{first:%a %Y-%m-%d %H:%M}-{line.last.astimezone(line.zone):%H:%M %Z}, {line.number} times"
    )


def _because(line: Line) -> str:
    if line.why == "merged":
        return f"the run of {line.with_} does the work"
    if line.named is not None:
        kind = {"holiday": "a holiday", "closed": "closed"}.get(line.why or "", "a weekend")
        told = f"{line.named} is {kind}"
    else:
        told = _BECAUSE.get(line.why or "", (line.why or "").replace("-", " "))
    if line.meets:
        others = ", ".join(line.meets)
        told = "; ".join(filter(None, (told, f"needs its credential while {others} may have it")))
    return told


def _concerns(pause: Pause, sees: Callable[[str], bool]) -> bool:
    of_client = pause.scope.value in ("client", "schedule")
    return not of_client or sees(pause.name.partition("/")[0])


def _show_pauses(session: Session, pauses: list[Pause], reasons: dict[str, str]) -> None:
    from paraplu.engine.pausing import words

    for one in pauses:
        until = "" if one.ends is None else f" until {_local(one.ends, None)}"
        session.out.line(f"{words(one)} is paused{until}: {reasons[one.uid]}")


def _pause_facts(pause: Pause, reason: str) -> dict[str, Any]:
    return {
        "pause": pause.uid,
        "scope": pause.scope.value,
        "name": pause.name or None,
        "until": None
        if pause.ends is None
        else datetime.fromtimestamp(pause.ends / 1000, UTC).isoformat(),
        "reason": reason,
    }


def _facts(line: Line) -> dict[str, Any]:
    return {
        "at": line.at.isoformat(),
        "last": None if line.last is None else line.last.isoformat(),
        "number": line.number,
        "schedule": line.schedule,
        "service": line.service,
        "runs": line.runs,
        "why": line.why,
        "named": None if line.named is None else line.named.isoformat(),
        "merged_with": line.with_,
        "meets": list(line.meets),
    }
