"""`audit find`, `story` and `readers`: what was done, to whom, by whom, and who looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.audit.filters import Filters, filtered
from paraplu.cli.audit.wording import change, counted, short
from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.assurance.questions.names import Names
    from paraplu.assurance.questions.shown import Shown
    from paraplu.assurance.questions.story import Decision, Step, Story

_PICTURE = {
    "intent": " before",
    "outcome-confirmed": " after",
    "outcome-nothing": " after",
    "outcome-collateral": " after",
}


@click.command()
@filtered
@click.option("--most", type=click.IntRange(1), default=200, show_default=True, help="The newest.")
@shared
def find(session: Session, filters: Filters, most: int) -> None:
    """Find entries, oldest first, with the personal values you may read. Reading is an entry, too.

    \b
    Examples:
      paraplu audit find --bot payroll-correction --client waterland --person 00412 --from 2026-03-01
      paraplu audit find --phase outcome --client waterland --above 500
      paraplu audit find --phase admin --by ines.bakker
      paraplu audit find --kind approved --json
    """
    with session.centre() as centre:
        by = session.acting(centre)
        shown = centre.search.find(by, filters.question(centre, by), most)
        with centre.parts.database.read() as connection:
            names = centre.stories.names(connection)
            cases = {one.case for one in shown if one.closed and one.case is not None}
            erased = centre.erasures.cases_erased(connection, cases)
            about = [one.case for one in shown if one.case is not None]
            received = centre.search.received(connection, about)
            planned = centre.search.planned(connection, about)
    for one in shown:
        who = names.at(one.actor, one.entry.time_ms)
        verb = one.rpa.get("detail", {}).get("verb", "")
        what = f"{one.kind} {verb}".strip()
        session.out.line(f"{one.place:>6}  {one.time:%Y-%m-%d %H:%M:%S}  {what:<20}  {who}")
        if one.case is not None:
            session.out.line(f"        {_of_case(one, received, planned, names)}")
        for name, before, after in one.differences():
            session.out.line(f"        {name}: {change(before, after)}")
        for name, value in one.others().items():
            session.out.line(f"        {name}: {short(value)}")
        if said := _detail(one, names):
            session.out.line(f"        {said}")
        if one.closed:
            session.out.line(f"        {_closed(one.closed, erased.get(one.case or ''))}")
    session.out.line(_how_many(shown, most))
    session.out.result(
        {"entries": [_entry(one, received.get(one.case or ""), names) for one in shown]}
    )


@click.command()
@click.argument("named", metavar="[REFERENCE]", required=False)
@filtered
@click.option("--actions", is_flag=True, help="With each single action of the bot.")
@click.option("--most", type=click.IntRange(1), default=50, show_default=True, help="Cases.")
@shared
def story(session: Session, named: str | None, filters: Filters, actions: bool, most: int) -> None:
    """Tell cases as stories: who asked, who approved, what was before and after, with which evidence.

    By reference, or those in which an entry fits the filters.

    \b
    Examples:
      paraplu audit story WZ-101
      paraplu audit story --client waterland --person 00412 --from 2026-03-01 --to 2026-03-31
    """
    from dataclasses import replace

    if named is not None:
        filters = replace(filters, reference=named)
    with session.centre() as centre:
        by = session.acting(centre)
        question = filters.question(centre, by)
        with centre.parts.database.read() as connection:
            cases = centre.search.cases_in(connection, by, question)
        told = centre.stories.tell(by, cases[:most], actions=actions)
        with centre.parts.database.read() as connection:
            erased = centre.erasures.cases_erased(connection, [one.case for one in told])
    for one in told:
        _tell(session, one, erased.get(one.case))
    more = len(cases) - most
    session.out.line(
        f"{counted(len(told), 'case', 'cases')}. Times are in UTC; a picture is opened with paraplu audit "
        "evidence." + (f" {more} more fit: give --most." if more > 0 else "")
    )
    listed = [{**_as_json(one), "erased": erased.get(one.case)} for one in told]
    session.out.result({"cases": listed, "more": max(0, more)})


@click.command()
@filtered
@shared
def readers(session: Session, filters: Filters) -> None:
    """Who looked at what: everybody who read personal values of the cases that fit, newest last.

    \b
    Examples:
      paraplu audit readers --client waterland --person 00412
      paraplu audit readers --case WZ-101
    """
    with session.centre() as centre:
        by = session.acting(centre)
        found = centre.search.readers(by, filters.question(centre, by))
        with centre.parts.database.read() as connection:
            names = centre.stories.names(connection)
    rows = [
        {
            "time": one.time,
            "who": names.at(one.actor, one.entry.time_ms),
            "what": one.rpa.get("detail", {}).get("what", ""),
            "place": one.place,
        }
        for one in found
    ]
    if rows:
        session.out.table(
            ("when (UTC)", "who", "what", "entry"),
            [
                (f"{one['time']:%Y-%m-%d %H:%M:%S}", one["who"], one["what"], one["place"])
                for one in rows
            ],
        )
    session.out.line(f"{counted(len(rows), 'reading', 'readings')}.")
    session.out.result({"readings": rows})


def _tell(session: Session, one: Story, erased: str | None = None) -> None:
    out = session.out
    out.heading(
        f"{one.reference or one.case}  {one.client}  {one.service}  {one.outcome or 'open'}"
    )
    asked = f"Asked by {one.requested_by or 'somebody unknown'}"
    out.line(f"  {asked}, delivered by {one.submitted_by or 'somebody unknown'}.  Case {one.case}")
    for said in one.decisions:
        out.line(f"  {_decided(said, one)}")
    if one.outcome == "outcome-confirmed" and not one.decisions:
        asked_for = any(step.kind == "approval-asked" for step in one.steps)
        out.line(f"  Approved by nobody{'' if asked_for else ': no approval was asked for'}.")
    if erased is not None:
        out.line(f"  What it was about is gone: {erased}.")
    for step in one.steps:
        if step.actions:
            number = counted(step.actions, "action", "actions")
            out.line(f"                       ({number} of the bot)")
        out.line(f"  {step.time:%Y-%m-%d %H:%M:%S}  {step.meaning}  {step.who}  [{step.place}]")
        for text in _lines(step, one, erased is not None):
            out.line(f"        {text}")
    out.line()


def _lines(step: Step, one: Story, erased: bool) -> list[str]:
    found = [f"{name}: {change(before, after)}" for name, before, after in step.differences]
    found += [
        f"{name}: {' '.join(value) if name == 'effect' else short(value)}"
        for name, value in step.values.items()
    ]
    found += [
        f"{said.decision} by {said.name} on {said.at:%Y-%m-%d %H:%M}" for said in step.decisions
    ]
    if step.mandate and not step.decisions:
        found.append(f"mandate {one.mandates.get(step.mandate, step.mandate)}")
    if step.code:
        found.append(f"{step.bot}, code {step.code[:12]}")
    when = _PICTURE.get(step.kind, "")
    found += [
        f"picture{when}: {name}" if name in step.pictures else f"file: {name}"
        for name in step.evidence
    ]
    if step.closed and not erased:
        found.append(_closed(step.closed))
    return found


def _decided(said: Decision, one: Story) -> str:
    mandate = one.mandates.get(said.mandate, said.mandate)
    text = f"{said.decision.capitalize()} by {said.name} on {said.at:%Y-%m-%d %H:%M} UTC"
    return f"{text}, mandate {mandate}" if mandate else text


def _of_case(
    one: Shown, received: dict[str, Shown], planned: dict[str, Shown], names: Names
) -> str:
    """Which case an entry is of, its effect, who had asked for it, and who had said yes to it."""
    begun, plan = received.get(one.case or ""), planned.get(one.case or "")
    reference = None if begun is None else begun.values.get("reference")
    text = f"{reference or f'case {one.case}'} of {one.rpa.get('client', '')}"
    if plan is not None and "effect" in plan.values:
        text += f", effect {' '.join(plan.values['effect'])}"
    if asked := _requester(begun, names):
        text += f", asked by {asked}"
    for said in one.rpa.get("approved_by", ()):
        text += f", {said['decision']} by {names.at(said['user']['uid'], said['time'])}"
    return text


def _requester(received: Shown | None, names: Names) -> str | None:
    said = None if received is None else received.rpa.get("requested_by")
    if said is None or received is None:
        return None
    return names.at(said["user"]["uid"], received.entry.time_ms)


def _detail(one: Shown, names: Names) -> str:
    """What an administrative entry says besides its values: counts and codes, people by name."""
    if one.rpa["phase"] != "admin":
        return ""
    shown = {name.split(" ")[0] for name in one.values}
    shown |= {key for value in one.values.values() if isinstance(value, dict) for key in value}
    said = {
        name: names.at(value, one.entry.time_ms) if isinstance(value, str) else value
        for name, value in one.rpa.get("detail", {}).items()
        if name not in shown and value
    }
    return short(said)


def _as_json(one: Story) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(one)


def _entry(one: Shown, received: Shown | None, names: Names) -> dict[str, Any]:
    return {
        "place": one.place,
        "uid": one.entry.uid,
        "time": one.time.isoformat(),
        "kind": one.kind,
        "case": one.case,
        "reference": None if received is None else received.values.get("reference"),
        "requested_by": _requester(received, names),
        "actor": one.actor,
        "name": names.at(one.actor, one.entry.time_ms),
        "rpa": one.rpa,
        "values": dict(one.values),
        "closed": one.closed,
    }


def _closed(number: int, erased: str | None = None) -> str:
    if erased is not None:
        return f"({number} {'value' if number == 1 else 'values'} {erased})"
    return f"({number} {'value' if number == 1 else 'values'} kept as a digest only)"


def _how_many(shown: list[Shown], most: int) -> str:
    if len(shown) == most:
        return (
            f"The newest {most} entries; there may be more: narrow the question, or give --most. "
            "Times are in UTC."
        )
    return f"{counted(len(shown), 'entry', 'entries')}. Times are in UTC."
