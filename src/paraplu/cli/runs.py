"""`rehearse` and `run`: a turn of a bot, without and with effect."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.bootstrap import Centre
    from paraplu.domain.plan import Plan
    from paraplu.engine.report import RunReport


@click.command()
@click.option("--client", required=True, help="For this client.")
@click.option("--service", required=True, help="This service.")
@shared
def run(session: Session, client: str, service: str) -> int:
    """Carry out what is due and allowed, and write the interim answers.

    Exit code 3 says that something needs a person.

    \b
    Example:
      paraplu run --client waterland --service payroll-correction
    """
    from paraplu.store import receipts

    with session.centre() as centre:
        by = session.acting(centre)
        with session.out.progress(f"{client} {service}") as progress:
            report = centre.runs.run(client, service, by, progress)
        centre.log.info("run_ended", run=report.run, ending=report.ending)
        answered = centre.answers.answer_all(client, service)
        with centre.parts.database.read() as connection:
            totals = receipts.totals(connection, client, service)
    _tell(session, report)
    for one in answered:
        session.out.line(f"Answered ({'final' if one.final else 'interim'}): {one.path}")
    session.out.result(
        {
            "run": report.run,
            "ending": report.ending,
            "handled": {state.value: number for state, number in report.handled.items()},
            "held": report.held,
            "why": report.why,
            "totals": totals.to_json(),
        }
    )
    if report.ending == "paused":
        return 1
    return 3 if totals.waiting or totals.with_person or report.held else 0


def _tell(session: Session, report: RunReport) -> None:
    if report.ending == "nothing-due":
        session.out.line("Nothing is due.")
    if report.handled:
        told = ", ".join(
            f"{number} {state.value.replace('-', ' ')}" for state, number in report.handled.items()
        )
        session.out.line(f"Handled: {told}.")
    if report.ending == "paused":
        session.out.line(f"Paused: {report.why} The cases stay due.")
    for receipt in report.held:
        session.out.line(
            f"The first cases of receipt {receipt} are through. Look at them (paraplu cases list --receipt "
            f"{receipt}), then let it go on: paraplu receipts go-on {receipt}"
        )


@click.command()
@click.option("--client", required=True, help="For this client.")
@click.option("--service", required=True, help="This service.")
@click.option("--case", "named", help="This case only (its reference).")
@shared
def rehearse(session: Session, client: str, service: str, named: str | None) -> int:
    """Check and plan what is due on live reads; nothing is changed, a safety net stops every write.

    \b
    Example:
      paraplu rehearse --client waterland --service payroll-correction
    """
    with session.centre() as centre:
        by = session.acting(centre)
        only = None
        if named is not None:
            with centre.parts.database.read() as connection:
                only = centre.desks.find(connection, named, client, service).uid
        with session.out.progress(f"{client} {service}") as progress:
            report = centre.runs.rehearse(client, service, by, progress, only)
        told = _rehearsed(session, centre, report)
    session.out.result(
        {"run": report.run, "ending": report.ending, "why": report.why, "cases": told}
    )
    return 1 if report.ending == "paused" else 0


def _rehearsed(session: Session, centre: Centre, report: RunReport) -> list[dict[str, Any]]:
    wording = centre.parts.wording("en")
    told = []
    if not report.rehearsed:
        session.out.line("Nothing is due.")
    for one in report.rehearsed:
        said = [wording.say(item.message) for item in one.said]
        session.out.heading(f"{one.reference}: {one.verdict.replace('-', ' ')}")
        for text in said:
            session.out.line(f"  {text}")
        if one.plan is not None:
            show_plan(session, one.plan)
        told.append(
            {
                "case": one.case,
                "reference": one.reference,
                "verdict": one.verdict,
                "said": said,
                "plan": one.plan.to_json() if one.plan else None,
            }
        )
    return told


def show_plan(session: Session, plan: Plan) -> None:
    """Print a plan: where, what becomes of what, within which bounds, as long as what holds."""
    session.out.line(f"  In {plan.target}: {plan.record}")
    for field in plan.asked:
        if field.before != field.after:
            was = "(not there)" if field.before is None else field.before
            becomes = "(gone)" if field.after is None else field.after
            session.out.line(f"    {field.path}: {was} -> {becomes}")
    for path, bounds in plan.bounds.items():
        session.out.line(f"    {path}: must be {bounds}")
    for name, value in plan.preconditions.items():
        session.out.line(f"    as long as {name} is {value}")
    session.out.line(f"    total effect {plan.effect.amount} {plan.effect.currency}")
    if plan.latest is not None:
        session.out.line(f"    at the latest {plan.latest:%Y-%m-%d %H:%M %Z}")
