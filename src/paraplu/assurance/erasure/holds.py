"""Legal holds: what must not be erased, although its time is over or somebody asks for it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from paraplu.audit.entry import Entry
from paraplu.domain.person import Role
from paraplu.engine.clock import from_ms
from paraplu.engine.journal import Personal
from paraplu.engine.opening import owner_of
from paraplu.engine.parts import Parts
from paraplu.engine.people import RETENTION, Known, require
from paraplu.engine.proposals import OURS
from paraplu.errors import NotFound, Refused
from paraplu.store import entries
from paraplu.store.keys import Held, Scope

_SET, _RELEASED = "legal-hold-set", "legal-hold-released"
MAY = (Role.LEAD, Role.ADMINISTRATOR)


@dataclass(frozen=True, slots=True)
class Hold:
    """What is held: a person of a client, or a class and year of it. `client` None is our own house.

    `person` is the number by which the client knows them, `reason` why; None when those cannot be read
    any more.
    """

    uid: str
    client: str | None
    retention: str | None
    year: int | None
    person: str | None
    reason: str | None
    by: str
    at: datetime


class Holds:
    """Legal holds. They stand in the log and nowhere else."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def hold_person(self, client: str, person: str, reason: str, by: Known) -> str:
        """Keep everything about a person from being erased until it is released. Gives the hold's uid.

        Raises `NotFound` when nothing is kept about them.
        """
        require(by, client, *MAY)
        person = person.strip()
        held = self._parts.keys.held(owner_of(client, person))
        if not held:
            raise NotFound(f"Nothing is kept about a person {person} of '{client}'.")
        newest = max(held, key=lambda one: one.year)
        values = {"person": person, "reason": _reason(reason)}
        return self._set(client, Personal(newest.uid, values, thing="hold"), {}, by)

    def hold_class(
        self, client: str | None, retention: str, year: int, reason: str, by: Known
    ) -> str:
        """Keep everything of a class and year from being erased; `client` None: of our own people."""
        require(by, client or OURS, *MAY)
        scope = f"client/{client}" if client else "centre"
        this_year = self._parts.clock.now().year
        key = self._parts.keys.key_for(Scope(scope, RETENTION, this_year))
        personal = Personal(key, {"reason": _reason(reason)}, thing="hold")
        return self._set(client, personal, {"retention": retention, "year": year}, by)

    def _set(
        self, client: str | None, personal: Personal, detail: dict[str, object], by: Known
    ) -> str:
        uid = self._parts.clock.uid()
        self._parts.journal.write_alone(
            _SET, by.hand, client=client, personal=personal, detail={"hold": uid, **detail}
        )
        return uid

    def release(self, uid: str, by: Known) -> None:
        """End a hold. Raises `NotFound` when there is none of that uid."""
        self._parts.journal.complete()
        with self._parts.database.read() as connection:
            found = next((one for one in self.active(connection) if one.uid == uid), None)
        if found is None:
            raise NotFound(f"There is no legal hold {uid}. See: paraplu erase holds")
        require(by, found.client or OURS, *MAY)
        self._parts.journal.write_alone(
            _RELEASED, by.hand, client=found.client, detail={"hold": uid}
        )

    def active(self, connection: Connection) -> list[Hold]:
        """The holds that were not released, oldest first."""
        found = list(entries.chosen(connection, kinds=[_SET, _RELEASED]))[::-1]
        values = self._parts.journal.disclosed(connection, [one.place for one in found])
        holds: dict[str, Hold] = {}
        for one in found:
            entry = Entry(one.data)
            detail = entry.rpa["detail"]
            if entry.kind == _RELEASED:
                holds.pop(detail["hold"], None)
                continue
            said = values.get(one.place, {})
            holds[detail["hold"]] = Hold(
                detail["hold"],
                entry.rpa.get("client"),
                detail.get("retention"),
                detail.get("year"),
                said.get("person"),
                said.get("reason"),
                entry.actor,
                from_ms(entry.time_ms),
            )
        return list(holds.values())

    def on(self, connection: Connection, client: str | None, keys: Collection[Held]) -> list[Hold]:
        """The holds that keep these keys of a client from being destroyed."""
        doomed = {one.uid for one in keys}
        pairs = {(one.retention, one.year) for one in keys}
        return [
            one
            for one in self.active(connection)
            if one.client == client
            and (
                (one.retention, one.year) in pairs
                if one.retention is not None
                else bool(doomed & self._of_person(one))
            )
        ]

    def _of_person(self, hold: Hold) -> set[str]:
        if hold.client is None or hold.person is None:
            return set()
        return {one.uid for one in self._parts.keys.held(owner_of(hold.client, hold.person))}


def _reason(text: str) -> str:
    if not text.strip():
        raise Refused("Say why it must be kept: a case number of the court, who asked for it.")
    return text.strip()[:500]
