"""Who approved and declined what; and whether anybody decided about their own request."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Connection

from paraplu.assurance.questions.names import Names
from paraplu.assurance.questions.question import Question
from paraplu.assurance.questions.search import PLANS, Search, effect_of
from paraplu.assurance.questions.shown import Shown
from paraplu.audit.entry import Entry
from paraplu.engine.clock import from_ms
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known
from paraplu.store import clients, entries

_DECISIONS = frozenset({"approved", "declined"})
_WORKED = ("case-handed-back", "closed-by-hand")
_ROLES = {"own-request": "requested_by", "own-submission": "submitted_by"}


@dataclass(frozen=True, slots=True)
class Decided:
    """One word on one plan. `own` says why it was somebody's own case: codes as those of
    `domain.approval.may_not_decide` (``own-request`` ...), none when somebody else decided.
    """

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
    own: tuple[str, ...]


class Decisions:
    """Reads decisions out of the log."""

    def __init__(self, parts: Parts, search: Search) -> None:
        self._parts = parts
        self._search = search

    def made(self, reader: Known, question: Question, names: Names) -> list[Decided]:
        """Every decision that fits the question, oldest first; that it was read is an entry.

        Who asked, delivered and worked on a case is read out of the log; whom a case is about, and who put a
        mandate into force, out of the records.
        """
        asked = replace(question, kinds=_DECISIONS, phases=frozenset())
        found = self._search.look(reader, asked, most=100_000)
        cases = list(dict.fromkeys(one.case for one in found if one.case is not None))
        with self._parts.database.read() as connection:
            told = list(self._search.received(connection, cases).values())
            told += self._search.shown(
                connection, list(entries.chosen(connection, cases=cases, kinds=PLANS))
            )
            worked = [
                (one.place, entry.case, entry.actor)
                for one in entries.chosen(connection, cases=cases, kinds=_WORKED)
                for entry in [Entry(one.data)]
            ]
            about, mandates = self._records(connection, reader, found)
        received = {one.case: one for one in told if one.kind == "case-received"}
        planned = {(one.case, one.rpa.get("plan")): one for one in told if one.kind in PLANS}
        self._search.readings.tell(reader, "decisions", len(found), cases)
        made = []
        for one in found:
            begun = received.get(one.case)
            own = (
                *(code for code, role in _ROLES.items() if one.actor in _named(role, one, begun)),
                *(["own-data"] if one.case in about.get(one.actor, ()) else []),
                *(
                    ["own-work"]
                    if any(
                        place < one.place and (case, actor) == (one.case, one.actor)
                        for place, case, actor in worked
                    )
                    else []
                ),
                *(["own-mandate"] if (one.actor, one.rpa.get("mandate")) in mandates else []),
            )
            plan = planned.get((one.case, one.rpa.get("plan")))
            made.append(_decided(one, begun, plan, names, own))
        return made

    def _records(
        self, connection: Connection, reader: Known, found: Sequence[Shown]
    ) -> tuple[dict[str, tuple[str, ...]], set[tuple[str, str]]]:
        """The cases about each of those who decided, and the mandates that each put into force."""
        about: dict[str, tuple[str, ...]] = {}
        mandates: set[tuple[str, str]] = set()
        for person in {one.actor for one in found}:
            known = self._parts.people.by_uid(connection, person)
            for subject in () if known is None else known.person.subjects:
                client, _slash, number = subject.partition("/")
                cases = self._search.cases_of(connection, reader, number, client)
                about[person] = (*about.get(person, ()), *cases)
            for client in {one.rpa.get("client", "") for one in found}:
                mandates |= {
                    (person, uid) for uid in clients.mandates_by(connection, client, person)
                }
        return about, mandates


def _named(role: str, *told: Shown | None) -> set[str]:
    """The uids of those whom entries name in a role."""
    return {
        said["user"]["uid"]
        for one in told
        if one is not None and (said := one.rpa.get(role)) is not None
    }


def _decided(
    one: Shown,
    received: Shown | None,
    planned: Shown | None,
    names: Names,
    own: tuple[str, ...],
) -> Decided:
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
        own=own,
    )
