"""`audit erasures` and `extract`: what was erased and is due, and all about one person for themselves."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import click

from paraplu.cli.audit.wording import counted
from paraplu.cli.session import Session, shared

_QUARTER = 92  # days: what is due next quarter


@click.command()
@click.option("--client", help="Of this client.")
@click.option("--within", type=click.IntRange(0), default=_QUARTER, show_default=True, help="Days.")
@shared
def erasures(session: Session, client: str | None, within: int) -> int:
    """What was erased, when, on what legal ground, by whom, asked by whom; and what is due next.

    Exit code 3 when an erasure that two people agreed on is not finished.

    \b
    Examples:
      paraplu audit erasures
      paraplu audit erasures --client waterland --within 365
    """
    from paraplu.assurance.questions.search import READERS
    from paraplu.cli.erase import as_json
    from paraplu.engine.people import require
    from paraplu.engine.proposals import OURS

    with session.centre() as centre:
        by = session.acting(centre)
        require(by, client, *READERS)
        found = [
            one
            for one in centre.erasures.every()
            if client in (None, one.client) and by.person.sees(one.client or OURS)
        ]
        soon = [
            one
            for one in centre.retentions.due(by, timedelta(days=within))
            if client in (None, one.client)
        ]
        with centre.parts.database.read() as connection:
            names = centre.stories.names(connection)
        centre.search.readings.tell(by, "erasures", len(found))
    session.out.heading("Erased:")
    rows = []
    for one in found:
        moment = int(one.accepted_at.timestamp() * 1000)
        rows.append(
            (
                f"{one.done_at:%Y-%m-%d %H:%M}" if one.done_at else "not finished",
                one.client or "ourselves",
                {"person": "a person", "staff": "one of ours"}.get(one.what, "a class and year"),
                ", ".join(f"{code} {year}" for code, year in one.pairs),
                "its time was over" if one.basis == "period-over" else one.ground or "not kept",
                names.at(one.asked_by, moment),
                names.at(one.accepted_by, moment),
                one.counts["cases"],
                one.counts["values"],
                one.place,
            )
        )
    if rows:
        session.out.table(
            (
                *("when (UTC)", "client", "what", "class and year", "ground", "asked by"),
                *("accepted by", "cases", "values", "entry"),
            ),
            rows,
        )
    else:
        session.out.line("Nothing yet.")
    session.out.line()
    session.out.heading(f"Due within {within} days:")
    if soon:
        session.out.table(
            ("client", "class", "year", "kept until", "", "persons", "cases"),
            [
                (
                    one.client or "ourselves",
                    one.retention,
                    str(one.year),
                    f"{one.last_day}",
                    "legal hold" if one.held else "over" if one.over else "",
                    one.persons,
                    one.cases,
                )
                for one in soon
            ],
        )
    unfinished = sum(one.done_at is None for one in found)
    session.out.line(
        f"{counted(len(found), 'erasure', 'erasures')}, {unfinished} not finished; "
        f"{counted(len(soon), 'class and year', 'classes and years')} due."
    )
    session.out.result(
        {
            "erasures": [as_json(one) for one in found],
            "due": [
                {
                    "client": one.client,
                    "class": one.retention,
                    "year": one.year,
                    "kept_until": one.last_day.isoformat(),
                    "over": one.over,
                    "held": one.held,
                }
                for one in soon
            ],
        }
    )
    return 3 if unfinished else 0


@click.command()
@click.option("--client", required=True, help="The client whose person it is.")
@click.option("--person", required=True, help="The number by which the client knows them (00412).")
@click.option("--language", type=click.Choice(["en", "nl", "da"]), help="Else the client's own.")
@click.option("--out", "path", required=True, type=click.Path(path_type=Path, dir_okay=False))
@shared
def extract(session: Session, client: str, person: str, language: str | None, path: Path) -> None:
    """Write all that is kept about one person, for that person (GDPR art. 15), as a page to print.

    Read it before you hand it over: what people wrote freely (marked so) may be about others as well.
    That it was written is an entry.

    \b
    Example:
      paraplu audit extract --client waterland --person 00412 --language nl --out inzage.html
    """
    with session.centre() as centre:
        by = session.acting(centre)
        made = centre.extracts.make(client, person, by, language)
        path.write_text(made.page, encoding="utf-8")
        path.chmod(0o600)
    cases = counted(made.cases, "case", "cases")
    readings = counted(made.readings, "reading", "readings")
    session.out.line(f"Wrote {path}: {cases}, {readings} of them.")
    if made.free_texts:
        session.out.line(
            f"Read it before you hand it over: {made.free_texts} texts were written freely by people and may "
            "be about others as well."
        )
    session.out.result(
        {
            "file": str(path),
            "cases": made.cases,
            "readings": made.readings,
            "free_texts": made.free_texts,
        }
    )
