"""`audit checks` and `audit controls`: what people look at afterwards, and which controls there are."""

from __future__ import annotations

from typing import Any

import click

from paraplu.cli.audit.filters import Filters, filtered
from paraplu.cli.session import Session, shared


@click.group()
def checks() -> None:
    """Finished cases that a person who took no part looks at afterwards."""


@checks.command("list")
@filtered
@click.option("--all", "every", is_flag=True, help="Those that were looked at, too.")
@shared
def list_checks(session: Session, filters: Filters, every: bool) -> int:
    """List what is still to be looked at. Exit code 3 when there is something.

    How many the agreement sends is `limits.after_check_percent` of a client file; which ones is told by
    their uid, so nobody chooses them.

    \b
    Example:
      paraplu audit checks list --client waterland --from 2026-03-01
    """
    with session.centre() as centre:
        by = session.acting(centre)
        asked = filters.question(centre, by)
        found = centre.after_checks.listed(by, filters.client, since=asked.since, until=asked.until)
        with centre.parts.database.read() as connection:
            names = centre.stories.names(connection)
    due = [one for one in found if one.verdict is None]
    session.out.table(
        ("finished (UTC)", "case", "client", "service", "found", "by"),
        [
            (
                f"{one.finished_at:%Y-%m-%d %H:%M}",
                one.case,
                one.client,
                one.service,
                one.verdict or "to be looked at",
                "" if one.by is None else names.at(one.by, 2**60),
            )
            for one in (found if every else due)
        ],
    )
    wrong = sum(one.verdict == "wrong" for one in found)
    session.out.line(
        f"{len(found)} of the finished cases are looked at afterwards: {len(due)} still to do, "
        f"{wrong} were wrong."
    )
    session.out.result(
        {"checks": [_as_json(one) for one in found], "due": len(due), "wrong": wrong}
    )
    return 3 if due else 0


@checks.command()
@click.argument("case")
@click.option("--right", "verdict", flag_value="right", help="What was done is what was asked.")
@click.option("--wrong", "verdict", flag_value="wrong", help="It is not: say what in --note.")
@click.option("--note", default="", help="What you found.")
@click.option("--client", help="Of this client.")
@click.option("--service", help="Of this service.")
@shared
def record(
    session: Session,
    case: str,
    verdict: str | None,
    note: str,
    client: str | None,
    service: str | None,
) -> None:
    """Write down what you found about CASE, in which you took no part.

    \b
    Example:
      paraplu audit checks record WZ-101 --right
    """
    if verdict is None or (verdict == "wrong" and not note):
        raise click.UsageError("Say --right, or --wrong with --note and what is wrong.")
    with session.centre() as centre:
        by = session.acting(centre)
        with centre.parts.database.read() as connection:
            row = centre.desks.find(connection, case, client, service)
        centre.after_checks.record(row.uid, by, "right" if verdict == "right" else "wrong", note)
    session.out.line(f"Written down: {verdict}.")
    session.out.result({"case": row.uid, "verdict": verdict})


@click.command()
@click.option("--markdown", is_flag=True, help="As the page docs/reference/controls.md.")
@shared
def controls(session: Session, markdown: bool) -> None:
    """The register of controls: owner, frequency, where it is built, its test, its evidence.

    \b
    Example:
      paraplu audit controls
    """
    from paraplu.assurance.review.controls import REGISTER, page

    if markdown:
        session.out.line(page().rstrip())
    else:
        for one in REGISTER:
            session.out.heading(f"{one.id}  {one.name}")
            session.out.line(f"  {one.what}")
            session.out.line(f"  Owner: {one.owner}. {one.frequency}.")
            session.out.line(f"  Evidence: {one.evidence}")
            session.out.line()
    session.out.result({"controls": [_as_json(one) for one in REGISTER]})


def _as_json(one: Any) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(one)
