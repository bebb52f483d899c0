"""Shared calendars, and the holidays that planned runs are computed from: settings of record, as JSON."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, Row, select

from paraplu.store.database import add_missing
from paraplu.store.tables import accepted_holidays, calendars

# Built once: that takes longer than it takes the database to answer.
_EVERY = select(calendars.c.id, calendars.c.settings).order_by(calendars.c.id)
_ACCEPTED = select(accepted_holidays).order_by(
    accepted_holidays.c.country, accepted_holidays.c.categories, accepted_holidays.c.year
)


def put(connection: Connection, calendar: str, settings: str, by: str, now: int) -> None:
    """Add a shared calendar or replace its settings."""
    values = {"settings": settings, "changed_at": now, "changed_by": by}
    changed = connection.execute(
        calendars.update().where(calendars.c.id == calendar).values(**values)
    )
    if changed.rowcount == 0:
        connection.execute(calendars.insert().values(id=calendar, **values))


def every(connection: Connection) -> dict[str, str]:
    """The settings of all shared calendars, by id."""
    return {row.id: row.settings for row in connection.execute(_EVERY)}


def accepted(connection: Connection) -> list[Row[Any]]:
    """The holidays that were accepted, by country, categories and year."""
    return list(connection.execute(_ACCEPTED))


def accept_first(
    connection: Connection, country: str, categories: str, year: int, **values: Any
) -> bool:
    """Note the holidays of a year unless they are there. False when they are."""
    row = {"country": country, "categories": categories, "year": year, **values}
    return add_missing(connection, accepted_holidays, [row]) == 1


def accept(connection: Connection, country: str, categories: str, year: int, **values: Any) -> None:
    """Replace the holidays of a year that is there."""
    table = accepted_holidays
    connection.execute(
        table.update()
        .where(table.c.country == country, table.c.categories == categories, table.c.year == year)
        .values(**values)
    )
