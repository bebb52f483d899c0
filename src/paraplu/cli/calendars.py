"""`calendars`: shared calendars, and the holidays that planned runs are computed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from collections.abc import Sequence

    from paraplu.bootstrap import Centre
    from paraplu.engine.holidays import Differs, MovedRun


@click.group()
def calendars() -> None:
    """Shared calendars, and the holidays that planned runs are computed from."""


@calendars.command("list")
@shared
def list_(session: Session) -> None:
    """List shared calendars and accepted holidays; show what a newer holidays package would change.

    \b
    Example:
      paraplu calendars list
    """
    with session.centre() as centre:
        _require(session, centre)
        with centre.parts.database.read() as connection:
            view = centre.parts.calendars.view(connection)
            used = view.used(centre.parts.clients.schedules(connection))
            ending = centre.parts.calendars.ending(connection)
            differs = centre.holidays.differences(connection)
            moved = centre.holidays.moved(connection, differs)
    session.out.table(
        ("calendar", "name", "dates", "last day", "used by"),
        [
            (one.id, one.name, len(one.dates), one.last_day or "", ", ".join(used[one.id]))
            for one in view.shared.values()
        ],
    )
    session.out.line()
    session.out.table(
        ("country", "holidays", "year", "days"),
        [
            (country, ", ".join(categories), str(year), len(days))
            for (country, categories), years in view.accepted.items()
            for year, days in years.items()
        ],
    )
    session.out.line()
    for text in ending:
        session.out.line(text)
    _show(session, differs, moved)
    session.out.result(
        {
            "calendars": [one.model_dump(mode="json") for one in view.shared.values()],
            "ending": ending,
            "differences": [str(one) for one in differs],
            "would_move": [str(one) for one in moved],
        }
    )


@calendars.command()
@click.argument("name")
@shared
def show(session: Session, name: str) -> None:
    """Show all days of the shared calendar NAME, and who uses it.

    \b
    Example:
      paraplu calendars show payroll-2027
    """
    from paraplu.errors import NotFound

    with session.centre() as centre:
        _require(session, centre)
        with centre.parts.database.read() as connection:
            view = centre.parts.calendars.view(connection)
            used = view.used(centre.parts.clients.schedules(connection))
    calendar = view.shared.get(name)
    if calendar is None:
        known = ", ".join(view.shared) or "none yet"
        raise NotFound(f"There is no shared calendar '{name}'. Known are: {known}.")
    session.out.heading(f"{calendar.id}: {calendar.name}")
    for what, days in (
        ("dates", calendar.dates),
        ("closed", calendar.closed),
        ("opened", calendar.opened),
    ):
        if days:
            session.out.line(f"{what:12} {', '.join(f'{day:%a} {day}' for day in days)}")
    for window in calendar.maintenance:
        days_of = [*window.weekdays, *(str(day) for day in window.dates)]
        between = f"{window.start:%H:%M} to {window.end:%H:%M}"
        session.out.line(f"{'maintenance':12} {', '.join(days_of)}, {between}: {window.reason}")
    for freeze in calendar.freezes:
        session.out.line(f"{'freeze':12} {freeze.start} to {freeze.end}: {freeze.reason}")
    session.out.line(f"{'last day':12} {calendar.last_day or 'none'}")
    session.out.line(f"{'used by':12} {', '.join(used[name]) or 'nobody'}")
    session.out.result({**calendar.model_dump(mode="json"), "used_by": used[name]})


@calendars.command()
@click.argument("country")
@click.option("--year", type=int, help="Of this year only (else of every year that differs).")
@shared
def accept(session: Session, country: str, year: int | None) -> None:
    """Take over what the installed holidays package says about COUNTRY; planned runs move with it.

    \b
    Examples:
      paraplu calendars accept NL
      paraplu calendars accept DK --year 2027
    """
    with session.centre() as centre:
        by = session.acting(centre)
        with centre.parts.database.read() as connection:
            differs = [
                one
                for one in centre.holidays.differences(connection)
                if one.key[0] == country.upper() and year in (None, one.year)
            ]
            moved = centre.holidays.moved(connection, differs)
        accepted = centre.holidays.accept(country, year, by)
    for one in accepted:
        session.out.line(f"Accepted {one}")
    for run in moved:
        session.out.line(f"  {run}")
    session.out.result(
        {"accepted": [str(one) for one in accepted], "moved": [str(run) for run in moved]}
    )


def _require(session: Session, centre: Centre) -> None:
    from paraplu.domain.person import Role
    from paraplu.engine.people import require

    roles = (Role.ADMINISTRATOR, Role.LEAD, Role.OPERATOR, Role.AUDITOR)
    require(session.acting(centre), None, *roles)


def _show(session: Session, differs: Sequence[Differs], moved: Sequence[MovedRun]) -> None:
    if not differs:
        session.out.line("The installed holidays package says what was accepted.")
        return
    session.out.heading("The installed holidays package says otherwise:")
    for one in differs:
        session.out.line(f"  {one}")
    session.out.line(f"{len(moved) or 'No'} planned runs would move:")
    for run in moved:
        session.out.line(f"  {run}")
    countries = sorted({one.key[0] for one in differs})
    session.out.line(f"To take it over: paraplu calendars accept {countries[0]}")
