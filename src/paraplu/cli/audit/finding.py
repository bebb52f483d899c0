"""`audit find`, `story` and `readers`: what was done, to whom, by whom, and who looked at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from paraplu.cli.audit.filters import Filters, filtered
from paraplu.cli.session import Session, shared

if TYPE_CHECKING:
    from paraplu.assurance.shown import Shown
    from paraplu.assurance.story import Step, Story


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
    for one in shown:
        who = names.at(one.actor, one.entry.time_ms)
        verb = one.rpa.get("detail", {}).get("verb", "")
        what = f"{one.kind} {verb}".strip()
        session.out.line(f"{one.place:>6}  {one.time:%Y-%m-%d %H:%M:%S}  {what:<20}  {who}")
        for name, before, after in one.differences():
            session.out.line(f"        {name}: {_change(before, after)}")
        for name, value in one.others().items():
            session.out.line(f"        {name}: {_short(value)}")
        if one.closed:
            session.out.line(f"        {_closed(one.closed, erased.get(one.case or ''))}")
    session.out.line(_how_many(shown, most))
    session.out.result({"entries": [_entry(one, names) for one in shown]})


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
        f"{len(told)} {'case' if len(told) == 1 else 'cases'}."
        + (f" {more} more fit: give --most." if more > 0 else "")
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
    session.out.table(
        ("when (UTC)", "who", "what", "entry"),
        [
            (f"{one['time']:%Y-%m-%d %H:%M:%S}", one["who"], one["what"], one["place"])
            for one in rows
        ],
    )
    session.out.line(f"{len(rows)} readings.")
    session.out.result({"readings": rows})


def _tell(session: Session, one: Story, erased: str | None = None) -> None:
    out = session.out
    out.heading(
        f"{one.reference or one.case}  {one.client}  {one.service}  {one.outcome or 'open'}"
    )
    asked = f"Asked by {one.requested_by or 'somebody unknown'}"
    out.line(f"  {asked}, delivered by {one.submitted_by or 'somebody unknown'}.  Case {one.case}")
    if erased is not None:
        out.line(f"  What it was about is gone: {erased}.")
    for step in one.steps:
        if step.actions:
            out.line(f"                       ({step.actions} actions of the bot)")
        out.line(f"  {step.time:%Y-%m-%d %H:%M:%S}  {step.meaning}  {step.who}  [{step.place}]")
        for text in _lines(step, erased is not None):
            out.line(f"        {text}")
    out.line()


def _lines(step: Step, erased: bool) -> list[str]:
    found = [f"{name}: {_change(before, after)}" for name, before, after in step.differences]
    found += [f"{name}: {_short(value)}" for name, value in step.values.items()]
    found += [
        f"{one.decision} by {one.name} at {one.at:%Y-%m-%d %H:%M} UTC, mandate {one.mandate}"
        for one in step.decisions
    ]
    if step.mandate and not step.decisions:
        found.append(f"mandate {step.mandate}")
    if step.code:
        found.append(f"{step.bot}, code {step.code[:12]}")
    found += [f"evidence {name}" for name in step.evidence]
    if step.closed and not erased:
        found.append(_closed(step.closed))
    return found


def _as_json(one: Story) -> dict[str, Any]:
    from dataclasses import asdict

    return asdict(one)


def _entry(one: Shown, names: Any) -> dict[str, Any]:
    return {
        "place": one.place,
        "uid": one.entry.uid,
        "time": one.time.isoformat(),
        "kind": one.kind,
        "case": one.case,
        "actor": one.actor,
        "name": names.at(one.actor, one.entry.time_ms),
        "rpa": one.rpa,
        "values": dict(one.values),
        "closed": one.closed,
    }


def _change(before: Any, after: Any) -> str:
    if before is None:
        return f"- -> {_short(after)}"
    if after is None:
        return f"{_short(before)} -> -"
    return _short(after) if before == after else f"{_short(before)} -> {_short(after)}"


def _closed(number: int, erased: str | None = None) -> str:
    if erased is not None:
        return f"({number} {'value' if number == 1 else 'values'} {erased})"
    return f"({number} {'value' if number == 1 else 'values'} kept as a digest only)"


def _how_many(shown: list[Shown], most: int) -> str:
    if len(shown) == most:
        return f"The newest {most} entries; there may be more: narrow the question, or give --most."
    return f"{len(shown)} {'entry' if len(shown) == 1 else 'entries'}."


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 160 else text[:157] + "..."
