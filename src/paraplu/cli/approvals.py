"""`approve` and `refuse`: a person's word on a plan."""

from __future__ import annotations

import click

from paraplu.cli.session import Session, shared


@click.command()
@click.argument("case")
@click.option("--client", help="Of this client.")
@click.option("--service", help="Of this service.")
@click.option("--reason", default="", help="What you want to be remembered of your decision.")
@shared
def approve(
    session: Session, case: str, client: str | None, service: str | None, reason: str
) -> None:
    """Say yes to the plan that CASE waits with. You approve exactly that plan and nothing else.

    \b
    Examples:
      paraplu cases show PC-1005
      paraplu approve PC-1005
    """
    _decide(session, case, client, service, reason, yes=True)


@click.command()
@click.argument("case")
@click.option("--client", help="Of this client.")
@click.option("--service", help="Of this service.")
@click.option("--reason", required=True, help="Why not; the client reads it.")
@shared
def refuse(
    session: Session, case: str, client: str | None, service: str | None, reason: str
) -> None:
    """Say no to the plan that CASE waits with.

    \b
    Example:
      paraplu refuse PC-1005 --reason "The old amount is right."
    """
    _decide(session, case, client, service, reason, yes=False)


def _decide(
    session: Session, case: str, client: str | None, service: str | None, reason: str, *, yes: bool
) -> None:
    from paraplu.cli.runs import show_plan

    with session.centre() as centre:
        by = session.acting(centre)
        with centre.parts.database.read() as connection:
            uid = centre.desks.find(connection, case, client, service).uid
        decide = centre.desks.approve if yes else centre.desks.decline
        plan = decide(uid, by, reason)
    session.out.line(f"{'Approved' if yes else 'Declined'}: {case}")
    show_plan(session, plan)
    if yes:
        session.out.line("It is carried out with the next run.")
    session.out.result({"case": uid, "decision": "approved" if yes else "declined"})
