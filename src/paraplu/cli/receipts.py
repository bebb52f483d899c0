"""`receive`, `receipts` and `answer`: a workbook comes in, and goes out answered."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.bootstrap import Centre
    from paraplu.engine.intake import TakenIn


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--client", required=True, help="Whose workbook it is.")
@click.option("--service", required=True, help="What it asks for.")
@shared
def receive(session: Session, file: Path, client: str, service: str) -> int:
    """Take a client's workbook in: right rows become cases, wrong rows are answered.

    \b
    Example:
      paraplu receive corrections.xlsx --client waterland --service payroll-correction
    """
    with session.centre() as centre:
        by = session.acting(centre)
        taken = centre.intake.receive(file, client, service, by)
        centre.log.info(
            "receipt_taken_in", receipt=taken.receipt, stopped=taken.stopped is not None
        )
        _tell(session, centre, file, client, taken)
        return 3 if taken.stopped is not None else 0


def _tell(session: Session, centre: Centre, file: Path, client: str, taken: TakenIn) -> None:
    stopped = None
    if taken.stopped is not None:
        with centre.parts.database.read() as connection:
            language = centre.parts.clients.get(connection, client).language
        stopped = centre.parts.wording("en").say(taken.stopped)
        session.out.line(f"Stopped: {stopped}")
        if language != "en":
            session.out.line(f"For the client: {centre.parts.wording(language).say(taken.stopped)}")
    else:
        totals = taken.totals
        session.out.line(
            f"{file.name}: {totals.rows} requests: {totals.received} received, "
            f"{totals.refused} refused, {totals.duplicates} known already."
        )
        for remark in taken.remarks:
            session.out.line(f"  {centre.parts.wording('en').say(remark)}")
    session.out.result({"receipt": taken.receipt, "stopped": stopped, **taken.totals.to_json()})


@click.group(invoke_without_command=True)
@click.option("--client", help="Of this client only.")
@click.option("--service", help="Of this service only.")
@shared
@click.pass_context
def receipts(
    context: click.Context, session: Session, client: str | None, service: str | None
) -> None:
    """List deliveries with their totals.

    \b
    Examples:
      paraplu receipts
      paraplu receipts go-on 019e...
    """
    if context.invoked_subcommand is not None:
        return
    from paraplu.store import receipts as table

    with session.centre() as centre:
        by = session.acting(centre)
        with centre.parts.database.read() as connection:
            rows = [
                row
                for row in table.listed(connection, client, service)
                if by.person.sees(row.client)
            ]
            totals = {
                row.uid: table.totals(connection, row.client, receipt=row.uid) for row in rows
            }
        listed: list[dict[str, Any]] = [
            {
                "receipt": row.uid,
                "client": row.client,
                "service": row.service,
                "state": row.state,
                **totals[row.uid].to_json(),
            }
            for row in rows
        ]
    session.out.table(
        ("receipt", "client", "service", "state", "rows", "received", "refused", "known"),
        [
            (
                one["receipt"],
                one["client"],
                one["service"],
                one["state"],
                one["rows"],
                one["received"],
                one["refused"],
                one["duplicates"],
            )
            for one in listed
        ],
    )
    session.out.result({"receipts": listed})


@receipts.command("go-on")
@click.argument("receipt")
@shared
def go_on(session: Session, receipt: str) -> None:
    """Let a large RECEIPT go on after its first cases were looked at.

    \b
    Example:
      paraplu receipts go-on 019e2a7b-...
    """
    with session.centre() as centre:
        centre.desks.release(receipt, session.acting(centre))
    session.out.line("It goes on with the next run.")
    session.out.result({"receipt": receipt, "released": True})


@click.command()
@click.option("--client", help="Of this client only.")
@click.option("--service", help="Of this service only.")
@shared
def answer(session: Session, client: str | None, service: str | None) -> None:
    """Write the answered workbooks: interim ones, and final ones where all cases are closed.

    \b
    Example:
      paraplu answer --client waterland
    """
    from paraplu.domain.person import Role
    from paraplu.engine.people import require

    with session.centre() as centre:
        by = session.acting(centre)
        require(by, client, Role.OPERATOR, Role.LEAD, Role.ADMINISTRATOR, Role.CLIENT_CONTACT)
        written = [
            one for one in centre.answers.answer_all(client, service) if by.person.sees(one.client)
        ]
    for one in written:
        session.out.line(f"{'final  ' if one.final else 'interim'}  {one.path}")
    if not written:
        session.out.line("There is nothing to answer.")
    session.out.result(
        {
            "workbooks": [
                {"receipt": one.receipt, "path": str(one.path), "final": one.final}
                for one in written
            ]
        }
    )
