"""Intents and what became of each: a change that was announced must have an outcome."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime

from paraplu.assurance.questions.question import Question
from paraplu.assurance.questions.search import Search
from paraplu.audit.entry import Entry
from paraplu.audit.kind import Phase
from paraplu.audit.kinds import CATALOGUE
from paraplu.engine.clock import from_ms
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known

_KINDS = frozenset(
    code for code, kind in CATALOGUE.items() if kind.phase in (Phase.INTENT, Phase.OUTCOME)
)


@dataclass(frozen=True, slots=True)
class Traced:
    """One intent. `looked_into` is what was found after the run broke off and `looked_by` (a uid) who looked,
    `outcome` how it ended. All None: nobody knows yet what became of it.

    `again` is the outcome of the next intent of the same case, when there is one.
    """

    place: int
    uid: str
    at: datetime
    case: str
    client: str
    service: str
    bot: str
    looked_into: str | None = None
    outcome: str | None = None
    ended_at: datetime | None = None
    looked_by: str | None = None
    again: str | None = None

    @property
    def straight(self) -> bool:
        """Whether it went straight from intent to outcome, with no crash between."""
        return self.outcome is not None and self.looked_into is None


class Intents:
    """Follows intents through the log."""

    def __init__(self, parts: Parts, search: Search) -> None:
        self._parts = parts
        self._search = search

    def trace(self, reader: Known, question: Question) -> list[Traced]:
        """Every intent that fits the question, oldest first, with what became of it, however late."""
        self._parts.journal.complete()
        asked = replace(question, kinds=_KINDS, phases=frozenset(), until=None)
        with self._parts.database.read() as connection:
            found = [
                (one.place, Entry(one.data))
                for one in self._search.stream(connection, reader, asked)
            ]
        traced: dict[str, Traced] = {}
        for place, entry in reversed(found):
            if entry.kind == "intent":
                if question.until is None or entry.time_ms < question.until:
                    traced[entry.uid] = _begun(place, entry)
            elif (begun := traced.get(entry.rpa.get("intent_uid", ""))) is not None:
                traced[begun.uid] = _followed(begun, entry)
        return list(_with_next(traced.values()))

    def open(self, reader: Known, question: Question) -> Iterator[Traced]:
        """Those of which nobody knows yet what became."""
        return (one for one in self.trace(reader, question) if one.outcome is None)


def _with_next(traced: Iterable[Traced]) -> Iterator[Traced]:
    """Each of them with the outcome of the next intent of its case, in the same order."""
    later: dict[str, str | None] = {}
    found = []
    for one in reversed(list(traced)):
        found.append(replace(one, again=later.get(one.case)))
        later[one.case] = one.outcome
    return reversed(found)


def _begun(place: int, entry: Entry) -> Traced:
    rpa = entry.rpa
    return Traced(
        place=place,
        uid=entry.uid,
        at=from_ms(entry.time_ms),
        case=entry.case or "",
        client=rpa.get("client", ""),
        service=rpa.get("service", ""),
        bot=entry.document["actor"].get("app_uid", ""),
    )


def _followed(begun: Traced, entry: Entry) -> Traced:
    if entry.kind == "intent-resolved":
        found = entry.document.get("status_code", "looked into")
        # Acted again after the look: what came before is no outcome.
        return replace(begun, looked_into=found, looked_by=entry.actor, outcome=None, ended_at=None)
    return replace(begun, outcome=entry.kind, ended_at=from_ms(entry.time_ms))
