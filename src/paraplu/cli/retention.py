"""`retention`: what is over and must go, and a class and year that goes as a whole."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path

import click

from paraplu.cli.erase import as_json, told_asked
from paraplu.cli.session import Session, shared


@click.group()
def retention() -> None:
    """What is kept until when; destroy what is over, two people as for any erasure."""


@retention.command()
@click.option("--within", default="0d", show_default=True, help="And what will be over soon (90d).")
@click.option("--all", "every", is_flag=True, help="Everything that is kept.")
@shared
def due(session: Session, within: str, every: bool) -> int:
    """List each client, class and year that is over: how many persons, cases, entries and files.

    Exit code 3 when something is over: it must be destroyed.

    \b
    Examples:
      paraplu retention due
      paraplu retention due --within 90d
    """
    days = re.fullmatch(r"(\d{1,5})d?", within.strip())
    if days is None:
        raise click.UsageError(f"'{within}' is no number of days: write 90d.")
    with session.centre() as centre:
        by = session.acting(centre)
        found = centre.retentions.due(by, None if every else timedelta(days=int(days[1])))
    session.out.table(
        (
            "client",
            "class",
            "year",
            "kept until",
            "",
            "persons",
            "cases",
            "open",
            "entries",
            "files",
        ),
        [
            (
                one.client or "ourselves",
                one.retention,
                str(one.year),
                f"{one.last_day}",
                "legal hold" if one.held else "over" if one.over else "",
                one.persons,
                one.cases,
                one.open,
                one.entries,
                one.files,
            )
            for one in found
        ],
    )
    over = sum(one.over and not one.held for one in found)
    session.out.line(
        f"{over} of {len(found)} over. Destroy one: paraplu retention destroy --client --class --year"
    )
    session.out.result(
        {
            "due": [
                {
                    "client": one.client,
                    "class": one.retention,
                    "year": one.year,
                    "kept_until": one.last_day.isoformat(),
                    "over": one.over,
                    "held": one.held,
                    "persons": one.persons,
                    "cases": one.cases,
                    "open": one.open,
                    "entries": one.entries,
                    "files": one.files,
                }
                for one in found
            ]
        }
    )
    return 3 if over else 0


@retention.command()
@click.option("--client", help="Of this client; without it, of our own people and settings.")
@click.option("--class", "code", required=True, help="The retention class (nl.payroll.7y).")
@click.option("--year", required=True, type=click.IntRange(2000, 2999), help="The year.")
@click.option("--ground", default="", help="A legal ground, when its time is not over yet.")
@shared
def destroy(session: Session, client: str | None, code: str, year: int, ground: str) -> int:
    """Ask to destroy everything of a class and year. Somebody else accepts it: paraplu erase accept.

    Exit code 3: a second person is needed.

    \b
    Example:
      paraplu retention destroy --client waterland --class nl.payroll.7y --year 2026
    """
    from paraplu.domain.retention import parse

    try:
        parse(code)
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    with session.centre() as centre:
        by = session.acting(centre)
        asked = centre.erasures.ask_class(client, code, year, by, ground=ground)
    return told_asked(session, asked)


@retention.command()
@click.argument("proposal")
@click.option(
    "--out", "path", type=click.Path(path_type=Path, dir_okay=False), help="To this file."
)
@shared
def declare(session: Session, proposal: str, path: Path | None) -> None:
    """Write the declaration of destruction ("verklaring van vernietiging") of an erasure, in Dutch.

    \b
    Example:
      paraplu retention declare 019e9f2c-6d5e-7c3a-9b7e-0d3c5a6b7c8d --out verklaring-2026.txt
    """
    from paraplu.assurance.erasure.holds import MAY
    from paraplu.assurance.erasure.retention import declaration
    from paraplu.domain.person import Role
    from paraplu.engine.people import require
    from paraplu.engine.proposals import OURS

    with session.centre() as centre:
        by = session.acting(centre)
        one = centre.erasures.one(proposal)
        require(by, one.client or OURS, *MAY, Role.AUDITOR)
        with centre.parts.database.read() as connection:
            names = centre.parts.people.names(connection)
            name = one.client and centre.parts.clients.get(connection, one.client).name
            left = centre.erasures.left_by(connection, one)
    text = declaration(one, names, name, left)
    if path is not None:
        path.write_text(text, encoding="utf-8")
        session.out.line(f"Wrote {path}.")
    else:
        session.out.line(text)
    session.out.result({**as_json(one), "declaration": text})
