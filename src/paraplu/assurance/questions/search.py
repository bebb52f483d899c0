"""Finds entries for those who may read them, and writes down that they were read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal, InvalidOperation
from typing import Any

from sqlalchemy import Connection

from paraplu.assurance.questions.question import Question
from paraplu.assurance.questions.readings import Readings
from paraplu.assurance.questions.shown import Shown
from paraplu.audit.entry import Entry
from paraplu.domain.person import Person, Role
from paraplu.engine.parts import Parts
from paraplu.engine.people import Known, require
from paraplu.store import cases, entries

READERS = (Role.AUDITOR, Role.LEAD, Role.ADMINISTRATOR, Role.OPERATOR)
"""Who may question the log; each about the clients that they work for."""

PLANS = ("case-planned", "approval-asked")
"""The kinds of entries that tell of a plan and its effect."""


class Search:
    """The log as auditors question it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.readings = Readings(parts.journal)

    def find(self, reader: Known, question: Question, most: int = 1_000) -> list[Shown]:
        """The newest `most` entries that fit, in the order of the log, with their personal values.

        That they were read is an entry. Raises `NotAllowed` for a client that the reader does not work for,
        or without a role that may read the log.
        """
        shown = self.look(reader, question, most)
        self.readings.tell(
            reader, "entries", len(shown), [one.case for one in shown if one.case is not None]
        )
        return shown

    def look(self, reader: Known, question: Question, most: int = 1_000) -> list[Shown]:
        """As `find`, for whoever writes the reading down themselves."""
        self._parts.journal.complete()
        with self._parts.database.read() as connection:
            found: list[entries.StoredEntry] = []
            for one in self.stream(connection, reader, question):
                found.append(one)
                if len(found) == most:
                    break
            found.reverse()
            return self.shown(connection, found)

    def stream(
        self, connection: Connection, reader: Known, question: Question
    ) -> Iterator[entries.StoredEntry]:
        """Every entry that fits and that the reader may see, newest first, without personal values.

        Raises `NotAllowed` for a client that the reader does not work for, or without a role that may read
        the log: whatever is asked of the log goes through here.
        """
        require(reader, question.client, *READERS)
        return self._fitting(connection, reader, question)

    def _fitting(
        self, connection: Connection, reader: Known, question: Question
    ) -> Iterator[entries.StoredEntry]:
        chosen = entries.chosen(
            connection,
            cases=question.cases,
            kinds=sorted(question.wanted_kinds()),
            actor=question.actor,
            run=question.run,
            since=question.since,
            until=question.until,
        )
        for one in chosen:
            entry = Entry(one.data)
            if question.fits(entry) and may_see(entry, reader.person):
                yield one

    def shown(self, connection: Connection, found: Sequence[entries.StoredEntry]) -> list[Shown]:
        """These entries with their personal values."""
        values = self._parts.journal.disclosed(connection, [one.place for one in found])
        return [Shown(one.place, Entry(one.data), values.get(one.place, {})) for one in found]

    def cases_of(
        self, connection: Connection, reader: Known, person: str, client: str | None
    ) -> tuple[str, ...]:
        """The cases about a person: the number by which a client knows them (``00412``)."""
        clients = [one.id for one in self._parts.clients.every(connection)]
        asked = [one for one in clients if client in (None, one) and reader.person.sees(one)]
        hashes = [self._parts.keys.hash("subject", one, person.strip()) for one in asked]
        return cases.about(connection, hashes)

    def cases_in(
        self, connection: Connection, reader: Known, question: Question
    ) -> tuple[str, ...]:
        """The uids of the cases in which an entry fits, oldest first."""
        found = [
            case
            for one in self.stream(connection, reader, question)
            if (case := Entry(one.data).case) is not None
        ]
        return tuple(dict.fromkeys(reversed(found)))

    def readers(self, reader: Known, question: Question) -> list[Shown]:
        """The entries that tell of reading what belongs to the cases in question, in the order of the log.

        When it names no cases: every reading that fits. A reading is told to those who work for the client of
        a case that was read; one that names no case to those who work for all clients.
        """
        require(reader, question.client, *READERS)
        self._parts.journal.complete()
        of_reading = replace(
            question,
            cases=None,
            client=None,
            service=None,
            kinds=frozenset({"personal-data-read"}),
            phases=frozenset(),
        )
        with self._parts.database.read() as connection:
            found = [
                Shown(one.place, entry)
                for one in entries.chosen(
                    connection,
                    kinds=["personal-data-read"],
                    actor=question.actor,
                    since=question.since,
                    until=question.until,
                )
                if of_reading.fits(entry := Entry(one.data))
            ]
            read = {uid for one in found for uid in _read(one.entry)}
            if question.cases is not None:
                read &= set(question.cases)
            told = {
                row.uid
                for row in cases.of(connection, sorted(read))
                if reader.person.sees(row.client)
                and question.client in (None, row.client)
                and question.service in (None, row.service)
            }
        narrowed = (question.cases, question.client, question.service) != (None, None, None)
        everything = not narrowed and not reader.person.clients
        found.reverse()
        return [one for one in found if everything or told & _read(one.entry)]

    def received(self, connection: Connection, uids: Iterable[str]) -> dict[str, Shown]:
        """The entry by which each of these cases came in, by uid: its reference, and who asked for it."""
        wanted = tuple(sorted(set(uids)))
        found = entries.chosen(connection, cases=wanted, kinds=["case-received"])
        return {one.case: one for one in self.shown(connection, list(found)) if one.case}

    def deployed(self, connection: Connection) -> list[Shown]:
        """Everything that people wrote down about code that they put there, in the order of the log.

        Code serves all clients: whoever may read the log of one may read this.
        """
        found = entries.chosen(connection, kinds=["code-deployed"])
        return self.shown(connection, list(found)[::-1])

    def above(self, connection: Connection, uids: Sequence[str], amount: Decimal) -> list[str]:
        """Those of these cases whose planned effect is larger than `amount`, up or down, in any currency."""
        found = self.planned(connection, uids)
        return [uid for uid in uids if uid in found and abs(effect_of(found[uid].values)) > amount]

    def planned(self, connection: Connection, uids: Iterable[str]) -> dict[str, Shown]:
        """The entry of the newest plan of each of these cases, by uid: it names the effect."""
        wanted = tuple(sorted(set(uids)))
        found: dict[str, Shown] = {}
        for one in self.shown(
            connection, list(entries.chosen(connection, cases=wanted, kinds=PLANS))
        ):
            if one.case is not None:
                found.setdefault(one.case, one)  # newest first
        return found


def _read(entry: Entry) -> set[str]:
    """The cases whose values were read."""
    named = entry.rpa.get("detail", {}).get("cases", ())
    return {*named, *([entry.case] if entry.case is not None else [])}


def may_see(entry: Entry, reader: Person) -> bool:
    """Whether an entry is of a client that the reader works for; what is of no client is for all of them."""
    client = entry.rpa.get("client")
    return not reader.clients if client is None else reader.sees(client)


def effect_of(values: Any) -> Decimal:
    """The effect that a plan's entry names, zero when it names none."""
    try:
        return Decimal(values["effect"][0])
    except (KeyError, IndexError, TypeError, InvalidOperation):
        return Decimal(0)
