"""Mandates judged on the records: who may ask for a case, and whether an approval still holds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal

from sqlalchemy import Connection

from paraplu.domain.absence import Absence, away
from paraplu.domain.approval import Hands, may_not_decide
from paraplu.domain.change import Effect
from paraplu.domain.finding import Finding, to_client
from paraplu.domain.mandate import Mandate, mandate_for
from paraplu.domain.message import Message
from paraplu.domain.request import Request
from paraplu.engine.clients import Terms
from paraplu.engine.clock import from_ms, to_ms
from paraplu.engine.people import Known
from paraplu.store import absences, clients, exceptions


@dataclass(frozen=True, slots=True)
class Held:
    """A mandate with the uid by which entries name it."""

    uid: str
    mandate: Mandate


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asked, under which mandate, and whether that is proved; or why it goes back."""

    held: Held | None
    proven: bool
    finding: Finding | None = None


def held_by(
    terms: Terms,
    person: str,
    may: Literal["ask", "approve"],
    day: date,
    cost_centres: Iterable[str],
    effect: Effect | None = None,
) -> Held | None:
    """The widest mandate by which `person` (a uid) may do this on `day`."""
    found = mandate_for(
        terms.mandates.values(),
        person=person,
        may=may,
        day=day,
        cost_centres=cost_centres,
        effect=effect,
    )
    return next((Held(uid, one) for uid, one in terms.mandates.items() if one is found), None)


def may_decide(
    connection: Connection,
    terms: Terms,
    row: Any,
    request: Request,
    effect: Effect,
    known: Known,
    day: date,
) -> tuple[Held | None, Message | None]:
    """The mandate by which somebody may decide about the plan of a case (a row), or why not.

    The rules of four eyes: nobody decides on what they delivered, asked for, worked on or are the subject
    of, nor under a mandate that they put into force themselves.
    """
    held = held_by(terms, known.uid, "approve", day, request.cost_centres(), effect)
    finished = {
        one.closed_by
        for one in exceptions.of_case(connection, row.uid)
        if one.closed_by is not None
    }
    own = clients.mandates_by(connection, row.client, known.uid)
    about_them = f"{row.client}/{request.subject()}" in known.person.subjects
    hands = Hands(
        row.submitter, row.requester, known.uid if about_them else None, finished_by=finished
    )
    why = may_not_decide(
        known.uid, hands, held.mandate if held else None, held is not None and held.uid in own
    )
    return held, why


def away_at(connection: Connection, moment: datetime) -> dict[str, datetime]:
    """Who is away at `moment`, by uid, and until when."""
    rows = absences.not_over(connection, to_ms(moment))
    spans = (Absence(row.person, from_ms(row.begins_at), from_ms(row.ends_at)) for row in rows)
    return away(spans, moment)


def who_asked(terms: Terms, row: Any, request: Request, day: date) -> Asked:
    """Judge the mandate to ask for a case (a row of `cases`) on `day`."""
    centres = request.cost_centres()
    if row.requester is None:
        return Asked(
            None,
            False,
            to_client(
                "requested_by",
                "asker-unknown",
                "Nobody with the user name {name} is known here: somebody with a mandate must ask.",
                name=request.requested_by or "",
            ),
        )
    held = held_by(terms, row.requester, "ask", day, centres)
    if held is None:
        where = tuple(sorted(centres))
        finding = (
            to_client(
                "requested_by",
                "no-mandate",
                "The person who asks has no mandate for this on cost centre {centres}.",
                centres=where,
            )
            if where
            else to_client(
                "requested_by", "no-mandate", "The person who asks has no mandate for this."
            )
        )
        return Asked(None, False, finding)
    proven = (
        row.submitter == row.requester
        or held_by(terms, row.submitter, "ask", day, centres) is not None
    )
    return Asked(held, proven)


def standing_approvals(
    terms: Terms, decisions: Iterable[Any], digest: str, day: date, request: Request, effect: Effect
) -> list[Any]:
    """The approvals of exactly this plan whose mandate still holds on `day`."""
    standing = []
    for decision in decisions:
        mandate = terms.mandates.get(decision.mandate)
        if (
            decision.digest == digest
            and decision.decision == "approved"
            and mandate is not None
            and mandate.person == decision.person
            and mandate.valid_on(day)
            and mandate.covers(request.cost_centres())
            and mandate.reaches(effect)
        ):
            standing.append(decision)
    return standing
