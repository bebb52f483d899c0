"""`audit reconcile`: a period by the log, by our records, and by the target's own list."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.audit.filters import Filters, filtered
from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.assurance.review.reconciliation import Compared, Period

_SHOWN = 20


@click.command()
@filtered
@click.option(
    "--list",
    "path",
    type=click.Path(path_type=Path, dir_okay=False, exists=True),
    help="The target's own list of mutations, as CSV.",
)
@click.option("--column", help="The column of the list that holds our reference (else found).")
@click.option(
    "--amount", help="The column that holds the amount after: it must be the confirmed one."
)
@click.option("--only", multiple=True, metavar="COLUMN=VALUE", help="Only the rows that say so.")
@shared
def reconcile(
    session: Session,
    filters: Filters,
    path: Path | None,
    column: str | None,
    amount: str | None,
    only: tuple[str, ...],
) -> int:
    """Reconcile a period: the log with our records and, with --list, with what the target itself lists.

    Exit code 4 when log and records differ, 3 when the target's list needs an explanation.

    \b
    Examples:
      paraplu audit reconcile --client waterland --from 2026-03-01 --to 2026-03-31
      paraplu audit reconcile --client waterland --service payroll-correction --from 2026-03-01
        --to 2026-03-31 --list mutations.csv --amount after --only entered_by=robot.payroll
    """
    from paraplu.assurance.review.targetlist import read_list

    wanted = {}
    for text in only:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError(f"'{text}': write --only COLUMN=VALUE.")
        wanted[name] = value
    with session.centre() as centre:
        by = session.acting(centre)
        question = filters.question(centre, by)
        period = centre.reconciliation.period(by, question)
        compared = None
        if path is not None:
            compared = centre.reconciliation.against(
                by, question, read_list(path), column=column, amount=amount, only=wanted
            )
    _show_period(session, period)
    if compared is not None:
        _show_compared(session, compared)
    session.out.result(
        {
            "closes": period.closes,
            "log": dict(period.log),
            "records": period.records.to_json(),
            "amounts": period.amounts,
            "amounts_unread": period.unread,
            "unlike": list(period.unlike),
            "list": None if compared is None else _as_json(compared),
        }
    )
    if not period.closes:
        return 4
    return 3 if compared is not None and not compared.agrees else 0


def _show_period(session: Session, period: Period) -> None:
    records = period.records.to_json()
    session.out.table(
        ("what", "by the log", "by the records"),
        [(name.replace("_", " "), number, records[name]) for name, number in period.log.items()],
    )
    still = period.records.waiting + period.records.with_person + period.records.working
    session.out.line(f"{still} of those received are still open.")
    for currency, (up, down, both) in period.amounts.items():
        session.out.line(f"Done: {up} up, {down} down, {both} together {currency}.")
    if period.unread:
        session.out.line(
            f"{period.unread} of the done {'is' if period.unread == 1 else 'are'} not in these sums: the "
            "amounts were erased."
        )
    for uid in period.unlike:
        session.out.line(
            f"  The log and the records differ about case {uid}: paraplu audit story {uid}"
        )
    session.out.line(
        "Log and records agree, and the totals close."
        if period.closes
        else "Log and records do NOT agree."
    )


def _show_compared(session: Session, found: Compared) -> None:
    out = session.out
    out.heading(f"Beside the target's list (our reference stands in '{found.column}'):")
    out.line(f"  {found.matched} changes stand in both.")
    if found.erased:
        what = "its reference was" if len(found.erased) == 1 else "their references were"
        out.line(
            f"  {len(found.erased)} of ours cannot be compared: {what} erased here, and what is there of it "
            "counts as unknown."
        )
    for text, listed in (
        ("here but not there", [f"case {uid}, {mark}" for uid, mark in found.missing]),
        (
            "there but not here",
            [f"row {row.number}: {'; '.join(row.cells.values())}" for row in found.unknown],
        ),
        (
            "there more than once",
            [f"{mark}: {number} times" for mark, number in found.twice.items()],
        ),
        ("with another amount there", [f"{mark}: {shown}" for mark, shown in found.differing]),
    ):
        out.line(f"  {len(listed)} {text}{':' if listed else '.'}")
        for line in listed[:_SHOWN]:
            out.line(f"    {line}")
        if len(listed) > _SHOWN:
            out.line(f"    and {len(listed) - _SHOWN} more: --json lists all")


def _as_json(found: Compared) -> dict[str, Any]:
    return {
        "column": found.column,
        "matched": found.matched,
        "erased": list(found.erased),
        "here_not_there": [{"case": uid, "reference": mark} for uid, mark in found.missing],
        "there_not_here": [{"row": one.number, "cells": dict(one.cells)} for one in found.unknown],
        "twice": dict(found.twice),
        "differing": [{"reference": mark, "there": shown} for mark, shown in found.differing],
        "agrees": found.agrees,
    }
