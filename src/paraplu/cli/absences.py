"""`absences`: when an approver is away, approvals pass to the deputy and then to the next in line."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from paraplu.bootstrap import Centre
    from paraplu.engine.people import Known


@click.group()
def absences() -> None:
    """List, add and end absences. They change who is asked to decide; who may decide stays as it is."""


@absences.command("list")
@shared
def list_absences(session: Session) -> None:
    """List who is away or will be: you, and everybody whose absences you may note.

    \b
    Example:
      paraplu absences list
    """
    from paraplu.engine.clock import from_ms

    with session.centre() as centre:
        by = session.acting(centre)
        rows = centre.absences.listed(by)
        with centre.parts.database.read() as connection:
            names = centre.parts.people.names(connection)
        zone = _zone(centre, by)
    listed: list[dict[str, Any]] = [
        {
            "absence": row.uid,
            "person": names.get(row.person, row.person),
            "begins": from_ms(row.begins_at).astimezone(zone).isoformat(),
            "ends": from_ms(row.ends_at).astimezone(zone).isoformat(),
        }
        for row in rows
    ]
    session.out.table(
        ("absence", "who", "from", "until"),
        [(one["absence"], one["person"], one["begins"][:16], one["ends"][:16]) for one in listed],
    )
    session.out.result({"absences": listed})


@absences.command()
@click.option("--from", "begins", required=True, metavar="DAY", help="2026-12-21, or ...T13:00.")
@click.option("--until", "ends", required=True, metavar="DAY", help="The last day, or an hour.")
@click.option("--person", metavar="NAME", help="Somebody else (for leads and administrators).")
@shared
def add(session: Session, begins: str, ends: str, person: str | None) -> None:
    """Note that you are away. Days are whole days, the last one included.

    What waits for you is passed to your deputy, else to the next who may decide. You may still decide.

    \b
    Examples:
      paraplu absences add --from 2026-12-21 --until 2027-01-03
      paraplu absences add --from 2026-12-04T13:00 --until 2026-12-04 --person anna.kok
    """
    from paraplu.errors import NotFound

    with session.centre() as centre:
        by = session.acting(centre)
        who = by
        if person is not None:
            with centre.parts.database.read() as connection:
                found = centre.parts.people.by_handle(connection, person)
            if found is None:
                raise NotFound(f"Nobody here has the user name '{person}'.")
            who = found
        zone = _zone(centre, who)
        span = _moment(begins, zone, last=False), _moment(ends, zone, last=True)
        uid = centre.absences.note(who, *span, by)
    session.out.line(
        f"{who.person.name} is away from {span[0]:%Y-%m-%d %H:%M} to {span[1]:%Y-%m-%d %H:%M} ({zone})."
    )
    session.out.line(f"Back earlier? paraplu absences end {uid}")
    session.out.result({"absence": uid, "begins": span[0], "ends": span[1]})


@absences.command()
@click.argument("absence")
@shared
def end(session: Session, absence: str) -> None:
    """End ABSENCE (its uid, or the beginning of it) now, or take back one that is to come.

    \b
    Example:
      paraplu absences end 019e1c2d
    """
    with session.centre() as centre:
        by = session.acting(centre)
        uid = centre.absences.end(absence, by)
    session.out.line("Ended: what comes up is asked as before.")
    session.out.result({"absence": uid, "ended": True})


def _zone(centre: Centre, person: Known) -> tzinfo:
    """The time zone that the clients of a person share, else UTC."""
    from datetime import UTC

    with centre.parts.database.read() as connection:
        zones = {
            one.timezone: one.zone
            for one in centre.parts.clients.every(connection)
            if person.person.sees(one.id)
        }
    return next(iter(zones.values())) if len(zones) == 1 else UTC


def _moment(text: str, zone: tzinfo, *, last: bool) -> datetime:
    """A day (its beginning, or with `last` its end) or an hour of one, as it was written."""
    from datetime import date, datetime, time, timedelta

    try:
        if "T" not in text.upper():
            day = date.fromisoformat(text) + timedelta(days=int(last))
            return datetime.combine(day, time(), zone)
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise click.UsageError(
            f"'{text}' is no day: write 2026-12-21, or 2026-12-21T13:00 for an hour."
        ) from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
