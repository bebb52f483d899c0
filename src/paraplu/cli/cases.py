"""`cases`: list and show them, and what a person does with one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from paraplu.bootstrap import Centre
    from paraplu.engine.askings import Outlook
    from paraplu.engine.people import Known


@click.group()
def cases() -> None:
    """List and show cases; take one, hand it back, reply, withdraw it, close it by hand.

    A case is named by its client's reference, or by eight or more characters of its uid.
    """


def _narrowed(function: Any) -> Any:
    function = click.option("--client", help="Of this client.")(function)
    return click.option("--service", help="Of this service.")(function)


@cases.command("list")
@_narrowed
@click.option(
    "--state", "states", multiple=True, help="In this state only (may be given several times)."
)
@click.option("--receipt", help="Of this delivery.")
@shared
def list_cases(
    session: Session,
    client: str | None,
    service: str | None,
    states: tuple[str, ...],
    receipt: str | None,
) -> None:
    """List cases, the nearest deadline first.

    \b
    Examples:
      paraplu cases list --state with-person --state waiting
      paraplu cases list --client waterland --json
    """
    from paraplu.domain.case import State, in_words
    from paraplu.engine.clock import from_ms
    from paraplu.store import cases as table

    unknown = [state for state in states if state not in {one.value for one in State}]
    if unknown:
        raise click.UsageError(
            f"'{unknown[0]}' is no state. States are: {', '.join(one.value for one in State)}."
        )
    with session.centre() as centre:
        by = session.acting(centre)
        with centre.parts.database.read() as connection:
            rows = table.listed(
                connection,
                client=client,
                service=service,
                states=[State(state) for state in states],
                receipt=receipt,
            )
            gone = centre.erasures.why_erased(connection, {row.key for row in rows})
        listed = [
            {
                "case": row.uid,
                "reference": None
                if row.key in gone
                else centre.parts.case_files.request_values(row)["reference"],
                "client": row.client,
                "service": row.service,
                "state": row.state,
                "reason": row.reason,
                "deadline": from_ms(row.deadline).date().isoformat(),
                "erased": gone.get(row.key),
            }
            for row in rows
            if by.person.sees(row.client)
        ]
        centre.search.readings.tell(by, "cases", len(listed), [one["case"] for one in listed])
    session.out.table(
        ("reference", "client", "service", "state", "because", "deadline"),
        [
            (
                one["reference"] or f"erased ({one['case']})",
                one["client"],
                one["service"],
                in_words(State(one["state"])),
                (one["reason"] or "").replace("-", " "),
                one["deadline"],
            )
            for one in listed
        ],
    )
    session.out.result({"cases": listed})


@cases.command()
@click.argument("case")
@_narrowed
@shared
def show(session: Session, case: str, client: str | None, service: str | None) -> None:
    """Show CASE: what was asked, what was planned, decided, done, and what is open.

    \b
    Example:
      paraplu cases show PC-1001
    """
    from paraplu.engine.people import require

    with session.centre() as centre:
        by = session.acting(centre)
        with centre.parts.database.read() as connection:
            row = centre.desks.find(connection, case, client, service)
            gone = centre.erasures.why_erased(connection, {row.key})
        require(by, row.client)
        erased = gone.get(row.key)
        told = _erased(session, row, erased) if erased else _story(session, centre, row)
        centre.search.readings.tell(by, "case", 1, [row.uid])
    session.out.result(told)


def _erased(session: Session, row: Any, why: str) -> dict[str, Any]:
    """What can be said still of a case whose key is gone."""
    from paraplu.domain.case import State, in_words
    from paraplu.engine.clock import from_ms

    session.out.heading(f"{row.client}  {row.service}  {in_words(State(row.state))}")
    session.out.line(f"  case {row.uid}, received {from_ms(row.received_at):%Y-%m-%d %H:%M} UTC")
    session.out.line(f"  What it was about is gone: {why}.")
    return {"case": row.uid, "state": row.state, "erased": why, "follows": row.follows}


def _story(session: Session, centre: Centre, row: Any) -> dict[str, Any]:
    from paraplu.cli.runs import show_plan
    from paraplu.domain.case import State, in_words
    from paraplu.engine.clock import from_ms
    from paraplu.store import evidence, exceptions, plans

    parts, out = centre.parts, session.out
    wording = parts.wording("en")
    request = {name: value for name, value in parts.case_files.request_values(row).items() if value}
    with parts.database.read() as connection:
        names = parts.people.names(connection)
        plan = centre.desks.plan(connection, row)
        decisions = plans.decisions(connection, row.uid)
        aside = exceptions.of_case(connection, row.uid)
        replies = centre.desks.replies(connection, row.uid)
        files = evidence.of_case(connection, row.uid)
        watches = exceptions.watches_of(connection, row.uid)
        outlook = centre.desks.askings.outlook(connection, row)
        zone = parts.clients.get(connection, row.client).zone
    said = [wording.say(one.message) for one in parts.case_files.story(row).said]
    out.heading(
        f"{request['reference']}  {row.client}  {row.service}  {in_words(State(row.state))}"
    )
    out.line(f"  case {row.uid}, received {from_ms(row.received_at):%Y-%m-%d %H:%M} UTC")
    for text in said:
        out.line(f"  {text}")
    out.line("Asked:")
    for name, value in request.items():
        out.line(f"  {name.replace('_', ' ')}: {value}")
    out.line(
        f"  by {names.get(row.requester or '', 'somebody unknown')}, "
        f"delivered by {names.get(row.submitter, 'somebody')}"
    )
    if plan is not None:
        out.line("Planned:")
        show_plan(session, plan)
    decided = [
        {
            "decision": one.decision,
            "by": names.get(one.person, one.person),
            "at": from_ms(one.decided_at),
        }
        for one in decisions
    ]
    for decision in decided:
        out.line(
            f"  {decision['decision']} by {decision['by']} at {decision['at']:%Y-%m-%d %H:%M} UTC"
        )
    asked = None if outlook is None else _outlook(session, outlook, names, zone)
    opened = []
    for one in aside:
        messages = [
            wording.say(item.message) for item in parts.case_files.messages(row.uid, one.sealed)
        ]
        opened.append({"code": one.code, "said": messages, "open": one.closed_at is None})
        ended = (
            "open"
            if one.closed_at is None
            else f"{one.resolution} by {names.get(one.closed_by or '', 'Paraplu')}"
        )
        out.line(f"Exception ({ended}): {' '.join(messages)}")
    for watch in watches:
        out.line(
            f"Watch {watch.code}: {watch.resolution or 'open'}, due {from_ms(watch.due):%Y-%m-%d}"
        )
    for text in replies:
        out.line(f"Told the client: {text}")
    if files:
        out.line(f"Evidence: {len(files)} files (paraplu audit evidence HASH --out FILE)")
        for file in files:
            out.line(f"  {file.what}  {file.hash}")
    return {
        "case": row.uid,
        "state": row.state,
        "request": request,
        "said": said,
        "plan": plan.to_json() if plan else None,
        "digest": row.digest,
        "decisions": decided,
        "asked": asked,
        "exceptions": opened,
        "replies": replies,
        "follows": row.follows,
        "watches": [{"code": one.code, "resolution": one.resolution} for one in watches],
        "evidence": [{"what": file.what, "hash": file.hash} for file in files],
    }


def _outlook(
    session: Session, outlook: Outlook, names: dict[str, str], zone: ZoneInfo
) -> dict[str, Any]:
    """Say who is asked, until when, and what happens if nobody decides."""

    def at(moment: datetime) -> str:
        return f"{moment.astimezone(zone):%Y-%m-%d %H:%M} ({zone})"

    out, nobody = session.out, "Nobody is asked: there is nobody who may decide and is there."
    asked = [{"person": names.get(who, who), "since": since} for who, since in outlook.asked]
    for who, since in outlook.asked:
        out.line(f"  Asked to decide: {names.get(who, who)}, since {at(since)}")
    if not asked:
        out.line(f"  {nobody}")
    then = None if outlook.then is None else names.get(outlook.then, outlook.then)
    if outlook.until is not None:
        comes = (
            "the service centre is told: there is nobody else to ask"
            if then is None
            else f"{then} is asked too"
        )
        out.line(f"  If nobody decides by {at(outlook.until)}: {comes}.")
    if outlook.latest is not None:
        out.line(
            f"  It must be carried out before {at(outlook.latest)}: a day earlier it goes to a person of the "
            "service centre, and later nothing is done any more."
        )
    return {"by": asked, "until": outlook.until, "then": then, "latest": outlook.latest}


def _on_case(
    session: Session,
    named: str,
    client: str | None,
    service: str | None,
    work: Callable[[Centre, str, Known], Any],
    done: str,
) -> None:
    with session.centre() as centre:
        by = session.acting(centre)
        with centre.parts.database.read() as connection:
            uid = centre.desks.find(connection, named, client, service).uid
        work(centre, uid, by)
    session.out.line(done)
    session.out.result({"case": uid, "done": done})


@cases.command()
@click.argument("case")
@_narrowed
@shared
def take(session: Session, case: str, client: str | None, service: str | None) -> None:
    """Take CASE in hand, so that others see that you are looking at it.

    \b
    Example:
      paraplu cases take PC-1001
    """
    _on_case(
        session, case, client, service, lambda c, uid, by: c.desks.take(uid, by), "It is yours now."
    )


@cases.command("hand-back")
@click.argument("case")
@click.option("--reason", required=True, help="What you found.")
@_narrowed
@shared
def hand_back(
    session: Session, case: str, reason: str, client: str | None, service: str | None
) -> None:
    """Give CASE back to the bot: what you read does not stop it again, all else is checked anew.

    \b
    Example:
      paraplu cases hand-back PC-1003 --reason "Read the remark; it changes nothing."
    """
    _on_case(
        session,
        case,
        client,
        service,
        lambda c, uid, by: c.desks.hand_back(uid, by, reason),
        "The bot takes it up with the next run.",
    )


@cases.command()
@click.argument("case")
@click.argument("text")
@_narrowed
@shared
def reply(session: Session, case: str, text: str, client: str | None, service: str | None) -> None:
    """Tell the client TEXT about CASE; it stands in the answered workbook.

    \b
    Example:
      paraplu cases reply PC-1003 "We called you about the amount on Tuesday."
    """
    _on_case(
        session,
        case,
        client,
        service,
        lambda c, uid, by: c.desks.reply(uid, by, text),
        "The client reads it in the next answer.",
    )


@cases.command()
@click.argument("case")
@click.option("--reason", required=True, help="Why it is not wanted any more.")
@_narrowed
@shared
def withdraw(
    session: Session, case: str, reason: str, client: str | None, service: str | None
) -> None:
    """Stop CASE for the client, before anything is done.

    \b
    Example:
      paraplu cases withdraw PO-2003 --reason "Ordered twice by mistake."
    """
    _on_case(
        session,
        case,
        client,
        service,
        lambda c, uid, by: c.desks.withdraw(uid, by, reason),
        "Withdrawn.",
    )


@cases.command()
@click.argument("case")
@click.option("--reason", required=True, help="What you did in the system, and why by hand.")
@_narrowed
@shared
def close(
    session: Session, case: str, reason: str, client: str | None, service: str | None
) -> None:
    """Close CASE that you finished by hand in the system.

    \b
    Example:
      paraplu cases close PC-1004 --reason "Put the line back by hand, checked the slip."
    """
    _on_case(
        session,
        case,
        client,
        service,
        lambda c, uid, by: c.desks.close_by_hand(uid, by, reason),
        "Closed by hand.",
    )
