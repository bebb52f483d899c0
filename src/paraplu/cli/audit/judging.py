"""`audit intents`, `decisions`, `powers`, `code` and `clocks`: what an auditor judges by."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import click

from paraplu.cli.audit.filters import Filters, filtered
from paraplu.cli.audit.wording import counted
from paraplu.cli.session import Session, shared

_OWN = {
    "own-request": "asked for it",
    "own-submission": "delivered it",
    "own-data": "is about them",
    "own-work": "worked on it",
    "own-mandate": "put the mandate in",
}
_FOUND = {
    "nothing": "nothing was done",
    "confirmed": "it was done",
    "stage": "it was half done",
    "collateral": "something else changed",
}


@click.command()
@filtered
@click.option("--all", "every", is_flag=True, help="Those that went straight to an outcome, too.")
@shared
def intents(session: Session, filters: Filters, every: bool) -> int:
    """Intents without outcome, and those that broke off: what was found, and how each ended.

    Exit code 3 when one has no outcome: somebody must look.

    \b
    Examples:
      paraplu audit intents
      paraplu audit intents --client waterland --from 2026-03-01 --to 2026-03-31 --all
    """
    with session.centre() as centre:
        by = session.acting(centre)
        found = centre.intents.trace(by, filters.question(centre, by))
        listed = [one for one in found if every or not one.straight]
        cases = [one.case for one in listed]
        with centre.parts.database.read() as connection:
            names = centre.stories.names(connection)
            received = centre.search.received(connection, cases)
        centre.search.readings.tell(by, "intents", len(listed), cases)
    marks = {
        uid: str(one.values["reference"])
        for uid, one in received.items()
        if "reference" in one.values
    }
    unknown = sum(one.outcome is None for one in found)
    if listed:
        session.out.table(
            (
                *("when (UTC)", "case", "client", "broke off, found"),
                *("looked by", "outcome", "ended (UTC)", "then", "entry"),
            ),
            [
                (
                    f"{one.at:%Y-%m-%d %H:%M:%S}",
                    marks.get(one.case, one.case),
                    one.client,
                    _FOUND.get(one.looked_into or "", one.looked_into or ""),
                    "" if one.looked_by is None else names.at(one.looked_by, 2**60),
                    one.outcome or "NOT KNOWN YET",
                    f"{one.ended_at:%Y-%m-%d %H:%M:%S}" if one.ended_at else "",
                    one.again or "",
                    one.place,
                )
                for one in listed
            ],
        )
    broke = sum(one.looked_into is not None for one in found)
    session.out.line(
        f"{counted(len(found), 'intent', 'intents')}: {unknown} without outcome, {broke} broke off and "
        f"{'was' if broke == 1 else 'were'} looked into."
    )
    session.out.result(
        {
            "intents": len(found),
            "without_outcome": unknown,
            "looked_into": broke,
            "listed": [{**_as_json(one), "reference": marks.get(one.case)} for one in listed],
        }
    )
    return 3 if unknown else 0


@click.command()
@filtered
@click.option(
    "--own",
    is_flag=True,
    help="Only about something of their own: asked for, delivered, worked on ...",
)
@shared
def decisions(session: Session, filters: Filters, own: bool) -> int:
    """Who approved and declined what, under which mandate. Exit code 4 when somebody decided for themselves.

    \b
    Examples:
      paraplu audit decisions --client waterland
      paraplu audit decisions --own
    """
    with session.centre() as centre:
        by = session.acting(centre)
        question = filters.question(centre, by)
        with centre.parts.database.read() as connection:
            names = centre.stories.names(connection)
        found = centre.decisions.made(by, question, names)
    wrong = sum(bool(one.own) for one in found)
    listed = [one for one in found if one.own or not own]
    if listed:
        session.out.table(
            ("when (UTC)", "decision", "by", "case", "effect", "asked by", "own", "entry"),
            [
                (
                    f"{one.at:%Y-%m-%d %H:%M:%S}",
                    one.decision,
                    one.by,
                    one.reference or one.case,
                    one.effect,
                    one.requested_by or "",
                    ", ".join(_OWN.get(code, code) for code in one.own),
                    one.place,
                )
                for one in listed
            ],
        )
    number = counted(len(found), "decision", "decisions")
    session.out.line(
        f"{number}, {wrong} about something of their own (asked for, delivered, about themselves, worked on, "
        "or under a mandate they put into force)."
    )
    session.out.result(
        {"decisions": len(found), "own": wrong, "listed": [_as_json(one) for one in listed]}
    )
    return 4 if wrong else 0


@click.command()
@filtered
@click.option("--seed", required=True, help="Any text of your own: the same one draws the same.")
@click.option("--size", type=click.IntRange(1), default=25, show_default=True, help="Cases.")
@click.option(
    "--out",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the work paper: a workbook with room for what you find.",
)
@shared
def sample(session: Session, filters: Filters, seed: str, size: int, path: Path | None) -> None:
    """Draw a random sample of finished changes; anybody can draw it again with the same seed.

    Each case is ranked by SHA-256 of the seed, a line feed and its uid; the lowest ranks are drawn.

    \b
    Examples:
      paraplu audit sample --seed 2026-Q4 --client waterland --from 2026-10-01 --to 2026-12-31
      paraplu audit sample --seed 2026-Q4 --size 25 --out work-paper.xlsx
    """
    from dataclasses import replace

    from paraplu.assurance.review import workpaper
    from paraplu.assurance.review.sample import draw
    from paraplu.domain.workbook import Table

    if path is not None and path.exists():
        raise click.UsageError(f"{path} is there already: name another file with --out.")
    with session.centre() as centre:
        by = session.acting(centre)
        question = filters.question(centre, by)
        if not question.wanted_kinds():
            question = replace(question, kinds=frozenset({"outcome-confirmed"}))
        with centre.parts.database.read() as connection:
            population = centre.search.cases_in(connection, by, question)
        drawn = draw(population, seed, size)
        rows = workpaper.rows(centre.stories.tell(by, drawn))
        if path is not None:
            how = (
                ("Seed", seed),
                ("Drawn", f"{len(drawn)} of {len(population)} cases"),
                ("How", "lowest SHA-256 of the seed, a line feed and the uid of the case"),
            )
            tables = [
                Table("Sample", workpaper.HEADINGS, tuple(rows)),
                Table("Drawn by", ("What", "Value"), how),
            ]
            path.write_bytes(centre.parts.workbooks().tables(tables))
    session.out.table(
        ("no.", "reference", "client", "service", "asked by", "outcome", "case"),
        [(row[0], row[2], row[3], row[4], row[5], row[8], row[1]) for row in rows],
    )
    session.out.line(f"{len(drawn)} of {len(population)} cases, drawn with the seed '{seed}'.")
    if path is not None:
        session.out.line(f"Wrote {path}.")
    session.out.result({"seed": seed, "population": len(population), "drawn": drawn, "rows": rows})


@click.command()
@click.option("--on", "day", type=click.DateTime(["%Y-%m-%d"]), help="On this day (else today).")
@click.option("--client", help="Of this client.")
@shared
def powers(session: Session, day: datetime | None, client: str | None) -> None:
    """Who could ask, approve and administer on a day, granted by whom, put into force by whom.

    \b
    Examples:
      paraplu audit powers --on 2026-03-31 --client waterland
      paraplu audit powers
    """
    with session.centre() as centre:
        by = session.acting(centre)
        with centre.parts.database.read() as connection:
            names = centre.stories.names(connection)
        on = (day or centre.parts.clock.now()).date()
        found = centre.powers.on(by, on, names, client)
    session.out.heading(f"At the end of {on}:")
    session.out.table(
        ("who", "may", "client", "service", "up to", "for", "granted by", "put in by", "since"),
        [
            (
                one.name,
                one.may,
                one.client or "all",
                one.service or "",
                "" if one.limit is None else one.limit,
                one.deputy_of or "",
                one.granted_by or "",
                one.put_in_by,
                f"{one.put_in_at:%Y-%m-%d}",
            )
            for one in found
        ],
    )
    session.out.result({"on": on.isoformat(), "powers": [_as_json(one) for one in found]})


@click.command()
@filtered
@shared
def code(session: Session, filters: Filters) -> int:
    """Which code ran, by its hash, from when to when, and who said that they put it there.

    The hash is over every Python file of Paraplu, the bot, the target and the connectors as they were
    loaded. Exit code 3 when code ran that nobody said they had put there (paraplu bots deployed).

    \b
    Example:
      paraplu audit code --service payroll-correction
    """
    from dataclasses import replace

    from paraplu.assurance.questions.code import ran
    from paraplu.audit.entry import Entry

    with session.centre() as centre:
        by = session.acting(centre)
        kinds = frozenset({"run-started"})
        question = replace(filters.question(centre, by), kinds=kinds, phases=frozenset())
        with centre.parts.database.read() as connection:
            names = centre.stories.names(connection)
            entries = [Entry(one.data) for one in centre.search.stream(connection, by, question)]
            put_there = centre.search.deployed(connection)
        found = ran(reversed(entries), put_there)
    session.out.table(
        (
            *("target", "bot", "code", "first run (UTC)", "last run (UTC)", "runs"),
            *("put there by", "on (UTC)", "reviewed"),
        ),
        [
            (
                one.target,
                one.bot,
                one.code[:12],
                f"{one.first:%Y-%m-%d %H:%M}",
                f"{one.last:%Y-%m-%d %H:%M}",
                one.runs,
                "nobody said so" if one.deployed_by is None else names.at(one.deployed_by, 2**60),
                "" if one.deployed_at is None else f"{one.deployed_at:%Y-%m-%d %H:%M}",
                one.reviewed or "",
            )
            for one in found
        ],
    )
    session.out.result({"code": [_as_json(one) for one in found]})
    return 3 if any(one.deployed_by is None for one in found) else 0


@click.command()
@filtered
@click.option("--seconds", type=click.IntRange(0), default=1, show_default=True, help="Tolerated.")
@shared
def clocks(session: Session, filters: Filters, seconds: int) -> None:
    """Which clocks deviated: entries that claim a time before one that the log had already.

    \b
    Example:
      paraplu audit clocks --from 2026-03-01 --seconds 5
    """
    from paraplu.assurance.questions.clocks import deviations
    from paraplu.audit.entry import Entry

    with session.centre() as centre:
        by = session.acting(centre)
        question = filters.question(centre, by)
        with centre.parts.database.read() as connection:
            entries = [
                (one.place, Entry(one.data))
                for one in centre.search.stream(connection, by, question)
            ]
            names = centre.stories.names(connection)
        found = deviations(reversed(entries), timedelta(seconds=seconds))
    if found:
        session.out.table(
            ("entries", "from", "to", "behind (s)", "claimed (UTC)", "by", "run"),
            [
                (
                    one.entries,
                    one.first,
                    one.last,
                    f"{one.behind.total_seconds():.1f}",
                    f"{one.at:%Y-%m-%d %H:%M:%S}",
                    names.at(one.actor, 2**60),
                    one.run or "",
                )
                for one in found
            ],
        )
    session.out.line(
        f"{counted(len(entries), 'entry', 'entries')}, {counted(len(found), 'stretch', 'stretches')} behind "
        f"by more than {seconds} s."
    )
    session.out.result({"entries": len(entries), "stretches": [_as_json(one) for one in found]})


def _as_json(one: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(one)
