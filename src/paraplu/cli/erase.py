"""`erase`: personal data goes, by two people on a legal ground; legal holds keep it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.assurance.erasure.erased import Erasure
    from paraplu.assurance.erasure.erasing import Asked
    from paraplu.bootstrap import Centre

CLASS = click.option("--class", "retention", help="Of this retention class only (nl.payroll.7y).")
YEAR = click.option("--year", type=click.IntRange(2000, 2999), help="Of this year only.")


@click.group()
def erase() -> None:
    """Erase a person's data: one person asks, another one accepts, and then its keys are destroyed.

    The audit log stays whole. What cannot be reached is listed.
    """


@erase.command("ask")
@click.option("--client", help="The client whose person it is.")
@click.option("--person", help="The number by which the client knows them (00412).")
@click.option("--ours", metavar="NAME", help="One of our own people instead, by user name.")
@CLASS
@YEAR
@click.option(
    "--ground", default="", help="The legal ground; without one only what is over is erased."
)
@shared
def ask_(
    session: Session,
    client: str | None,
    person: str | None,
    ours: str | None,
    retention: str | None,
    year: int | None,
    ground: str,
) -> int:
    """Ask to erase a person's data. Nothing is erased before somebody else accepts.

    Exit code 3: a second person is needed.

    \b
    Examples:
      paraplu erase ask --client waterland --person 00412
      paraplu erase ask --client waterland --person 00412 --ground "art. 17(1)(d) GDPR, letter 2026-114"
      paraplu erase ask --ours jan.smit
    """
    if (ours is None) == (client is None or person is None):
        raise click.UsageError("Give --client and --person, or --ours.")
    if (retention is None) != (year is None):
        raise click.UsageError("Give --class and --year together.")
    with session.centre() as centre:
        by = session.acting(centre)
        if ours is not None:
            asked = centre.erasures.ask_one_of_ours(ours, by, ground=ground)
        else:
            pairs = {(retention, year)} if retention and year else set[tuple[str, int]]()
            asked = centre.erasures.ask_person(
                str(client), str(person), by, ground=ground, pairs=pairs
            )
    return told_asked(session, asked)


def told_asked(session: Session, asked: Asked) -> int:
    """Say what was asked for."""
    session.out.heading("Asked, and waits for a second person:")
    for line in asked.lines:
        session.out.line(f"  {line}")
    session.out.line(f"Somebody else accepts it with: paraplu erase accept {asked.proposal}")
    session.out.result(
        {
            "proposal": asked.proposal,
            "lines": list(asked.lines),
            **asked.doomed.counts,
            "classes": [list(pair) for pair in asked.doomed.pairs],
            "not_reached": list(asked.beyond.lines),
        }
    )
    return 3


@erase.command()
@click.argument("proposal")
@shared
def accept(session: Session, proposal: str) -> None:
    """Agree to what somebody else asked for. Its keys are destroyed at once, and for good.

    See it first with paraplu proposals show; decline it with paraplu proposals decline.

    \b
    Example:
      paraplu erase accept 019e9f2c-6d5e-7c3a-9b7e-0d3c5a6b7c8d
    """
    with session.centre() as centre:
        by = session.acting(centre)
        shown = centre.parts.proposals.show(proposal, by)
        done = centre.erasures.accept(proposal, by)
        for line in shown.lines:
            session.out.line(f"  {line}")
        _told(session, centre, [done])


@erase.command()
@shared
def finish(session: Session) -> None:
    """Carry out what two people agreed on and that broke off, or that a copy put back brought to life again.

    \b
    Example:
      paraplu erase finish
    """
    from paraplu.assurance.erasure.holds import MAY
    from paraplu.engine.people import require

    with session.centre() as centre:
        require(session.acting(centre), None, *MAY)
        _told(session, centre, centre.erasures.finish())


def _told(session: Session, centre: Centre, done: list[Erasure]) -> None:
    from paraplu.assurance.erasure.erased import in_words

    with centre.parts.database.read() as connection:
        names = centre.parts.people.names(connection)
    for one in done:
        counts = ", ".join(f"{number} {name}" for name, number in one.counts.items() if number)
        text = in_words(one, names)
        session.out.line(f"{text[0].upper()}{text[1:]}: {counts}.")
    if not done:
        session.out.line("There is nothing to finish.")
    session.out.result({"erased": [as_json(one) for one in done]})


def as_json(one: Erasure) -> dict[str, Any]:
    """An erasure as plain data."""
    return {
        "proposal": one.proposal,
        "what": one.what,
        "client": one.client,
        "classes": [list(pair) for pair in one.pairs],
        "basis": one.basis,
        "ground": one.ground,
        "asked_by": one.asked_by,
        "accepted_by": one.accepted_by,
        "accepted_at": one.accepted_at.isoformat(),
        "done_at": None if one.done_at is None else one.done_at.isoformat(),
        "entry": one.place,
        "done_entry": one.done_place,
        "keys": len(one.keys),
        **one.counts,
    }


@erase.command()
@click.option("--client", help="The client whose data it is; without it, our own people's.")
@click.option("--person", help="The number by which the client knows them (00412).")
@CLASS
@YEAR
@click.option("--reason", required=True, help="Why: who asked for it, the number of a case.")
@shared
def hold(
    session: Session,
    client: str | None,
    person: str | None,
    retention: str | None,
    year: int | None,
    reason: str,
) -> None:
    """Keep data from being erased, although its time is over: a legal hold.

    \b
    Examples:
      paraplu erase hold --client waterland --person 00412 --reason "court of Haarlem, 26/1881"
      paraplu erase hold --client waterland --class nl.payroll.7y --year 2026 --reason "audit office"
    """
    whole = retention is not None and year is not None
    if (person is None) != whole or (person is not None and client is None):
        raise click.UsageError("Give --client and --person, or --class and --year.")
    with session.centre() as centre:
        by, holds = session.acting(centre), centre.erasures.holds
        if person is not None and client is not None:
            uid = holds.hold_person(client, person, reason, by)
        else:
            uid = holds.hold_class(client, str(retention), int(year or 0), reason, by)
    session.out.line(f"Held. Somebody may end it with: paraplu erase release {uid}")
    session.out.result({"hold": uid})


@erase.command()
@click.argument("hold")
@shared
def release(session: Session, hold: str) -> None:
    """End a legal hold.

    \b
    Example:
      paraplu erase release 019e9f2c-6d5e-7c3a-9b7e-0d3c5a6b7c8d
    """
    with session.centre() as centre:
        centre.erasures.holds.release(hold, session.acting(centre))
    session.out.line("Released.")
    session.out.result({"released": hold})


@erase.command("holds")
@shared
def list_holds(session: Session) -> None:
    """List the legal holds of the clients you work for.

    \b
    Example:
      paraplu erase holds
    """
    from paraplu.assurance.erasure.holds import MAY
    from paraplu.domain.person import Role
    from paraplu.engine.people import require
    from paraplu.engine.proposals import OURS

    with session.centre() as centre:
        by = session.acting(centre)
        require(by, None, *MAY, Role.AUDITOR)
        with centre.parts.database.read() as connection:
            names = centre.parts.people.names(connection)
            found = [
                one
                for one in centre.erasures.holds.active(connection)
                if by.person.sees(one.client or OURS)
            ]
        centre.search.readings.tell(by, "holds", len(found))
    session.out.table(
        ("hold", "client", "person", "class", "year", "since", "by", "why"),
        [
            (
                one.uid,
                one.client or "ourselves",
                one.person,
                one.retention,
                one.year,
                f"{one.at:%Y-%m-%d}",
                names.get(one.by, one.by),
                one.reason,
            )
            for one in found
        ],
    )
    session.out.result(
        {
            "holds": [
                {
                    "hold": one.uid,
                    "client": one.client,
                    "person": one.person,
                    "class": one.retention,
                    "year": one.year,
                    "since": one.at.isoformat(),
                    "by": one.by,
                    "reason": one.reason,
                }
                for one in found
            ]
        }
    )
