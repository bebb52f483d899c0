"""Who approved and declined what; and whether anybody decided about their own request."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from paraplu.assurance.names import Names
from paraplu.assurance.question import Question
from paraplu.assurance.search import PLANS, Search, effect_of
from paraplu.assurance.shown import Shown
from paraplu.engine.clock import from_ms
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known
from paraplu.store import entries

_DECISIONS = frozenset({"approved", "declined"})


@dataclass(frozen=True, slots=True)
class Decided:
    """One word on one plan. `own` says that who decided had asked for it or delivered it."""

    place: int
    case: str
    reference: str | None
    client: str
    service: str
    decision: str
    by: str
    at: datetime
    mandate: str
    effect: Decimal
    requested_by: str | None
    own: bool


class Decisions:
    """Reads decisions out of the log."""

    def __init__(self, parts: Parts, search: Search) -> None:
        self._parts = parts
        self._search = search

    def made(self, reader: Known, question: Question, names: Names) -> list[Decided]:
        """Every decision that fits the question, oldest first; that it was read is an entry."""
        asked = replace(question, kinds=_DECISIONS, phases=frozenset())
        found = self._search.look(reader, asked, most=100_000)
        cases = list(dict.fromkeys(one.case for one in found if one.case is not None))
        with self._parts.database.read() as connection:
            about = entries.chosen(connection, cases=cases, kinds=["case-received", *PLANS])
            told = self._search.shown(connection, list(about))
        received = {one.case: one for one in told if one.kind == "case-received"}
        planned = {(one.case, one.rpa.get("plan")): one for one in told if one.kind in PLANS}
        self._search.readings.tell(reader, "decisions", len(found), cases)
        return [
            _decided(
                one, received.get(one.case), planned.get((one.case, one.rpa.get("plan"))), names
            )
            for one in found
        ]


def _decided(one: Shown, received: Shown | None, planned: Shown | None, names: Names) -> Decided:
    asked = {
        said["user"]["uid"]
        for shown in (one, received)
        if shown is not None
        for role in ("requested_by", "submitted_by")
        if (said := shown.rpa.get(role)) is not None
    }
    requester = None if received is None else received.rpa.get("requested_by")
    return Decided(
        place=one.place,
        case=one.case or "",
        reference=None if received is None else received.values.get("reference"),
        client=one.rpa.get("client", ""),
        service=one.rpa.get("service", ""),
        decision=one.kind,
        by=names.at(one.actor, one.entry.time_ms),
        at=from_ms(one.entry.time_ms),
        mandate=one.rpa.get("mandate", ""),
        effect=Decimal(0) if planned is None else effect_of(planned.values),
        requested_by=None
        if requester is None
        else names.at(requester["user"]["uid"], one.entry.time_ms),
        own=one.actor in asked,
    )
