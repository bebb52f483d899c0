"""`db`: the version of the tables, and the way to this program's."""

from __future__ import annotations

import click

from paraplu.cli.session import Session, shared, system_user


@click.group()
def db() -> None:
    """Bring the database to this program's version; show how it stands."""


@db.command()
@shared
def status(session: Session) -> int:
    """Say which version the tables have and which one this program needs. Exit code 1 when they differ.

    \b
    Example:
      paraplu db status
    """
    from paraplu.settings import home_folder, load_home
    from paraplu.store.database import Database
    from paraplu.store.tables import SCHEMA

    database = Database(load_home(home_folder(session.home)).database_url)
    try:
        found = database.schema()
    finally:
        database.close()
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    if found is None:
        session.out.line(f"The {kind} database has no tables of Paraplu. Run: paraplu init")
    elif found == SCHEMA:
        session.out.line(f"The {kind} database has schema {found}, as this program needs it.")
    else:
        todo = (
            "Stop the workers, then run: paraplu db upgrade"
            if found < SCHEMA
            else "Use the newer Paraplu version that wrote it."
        )
        session.out.line(
            f"The {kind} database has schema {found}, this program needs {SCHEMA}. {todo}"
        )
    session.out.result({"database": kind, "schema": found, "needed": SCHEMA})
    return 0 if found == SCHEMA else 1


@db.command()
@shared
def upgrade(session: Session) -> None:
    """Bring the tables to this program's version. Stop the workers before.

    An SQLite file is copied beside itself first. PostgreSQL is backed up by its own means (pg_dump):
    do that before. Either everything is upgraded or nothing; an entry of the audit log tells of it.

    \b
    Example:
      paraplu db upgrade
    """
    from paraplu.bootstrap import upgrade_home
    from paraplu.settings import home_folder

    done = upgrade_home(home_folder(session.home), system_user(), session.claimed)
    if done.before == done.after:
        session.out.line(f"The database has schema {done.after} already: nothing was to be done.")
    else:
        session.out.line(f"The database was brought from schema {done.before} to {done.after}.")
    if done.backup is not None:
        session.out.line(f"What was there before is in {done.backup}")
    session.out.result(
        {
            "before": done.before,
            "after": done.after,
            "backup": None if done.backup is None else str(done.backup),
        }
    )
